"""Computing the figures and keeping them: the same facts give the same rows (figures.md)."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from accountability.actions.thresholds import ANSWERABLE, known_thresholds, open_unit_lead, threshold_key
from organisation import clock
from organisation.models import Unit
from organisation.rules.paths import STEP, at_or_below
from reports.enums import Formula, RateState
from reports.models import KEPT_NIGHTLY, Snapshot, SnapshotPupil
from reports.queries.rates import Computed, compute, ledger_pupils

BATCH = 2000


def compute_rates(unit: Unit | None = None, *, as_of: date | None = None, job=None) -> Computed:
    """Compute and store all figures of a unit and of all below it; of every province without one."""
    as_of = as_of or clock.today()
    roots = [unit] if unit else list(Unit.objects.filter(depth=1))
    whole = Computed(as_of)
    for root in roots:
        computed = compute(root, as_of=as_of)
        _store(root, computed, job)
        whole.figures += computed.figures
    return whole


def open_leads_over_limits(computed: Computed) -> int:
    """Each unit over its limit today has its lead (F50); run as often as one likes. Returns how many were opened."""
    if computed.as_of != clock.today():
        return 0
    over = {
        threshold_key(one.unit.pk, one.stage, computed.year): one
        for one in computed.figures
        if one.state == RateState.OVER and one.unit.kind in ANSWERABLE
    }
    missing = over.keys() - (known_thresholds(over) if over else set())
    for key in sorted(missing):
        _open_lead(over[key], computed)
    return len(missing)


def _open_lead(figure, computed):
    kept = Snapshot.objects.filter(
        unit=figure.unit, stage=figure.stage, formula=figure.formula, as_of=computed.as_of
    ).first()
    label = f"{figure.unit.name}辍学率 {computed.as_of:%Y-%m-%d}"
    open_unit_lead(
        figure.unit,
        stage=figure.stage,
        year=computed.year,
        numerator=figure.numerator,
        denominator=figure.denominator,
        permille=figure.threshold * 1000,
        as_of=computed.as_of,
        references=[{"kind": "figure", "key": str(kept.pk), "label": label}] if kept else [],
    )


@transaction.atomic
def _store(root, computed: Computed, job):
    now = timezone.now()
    list(Unit.objects.select_for_update(no_key=True).filter(path=root.path[:STEP]))  # of two computations one at a time
    Snapshot.objects.bulk_create(
        (
            Snapshot(
                unit=figure.unit,
                path=figure.unit.path,
                stage=figure.stage,
                formula=figure.formula,
                school_year=computed.year,
                as_of=computed.as_of,
                numerator=figure.numerator,
                denominator=figure.denominator,
                denominator_hash=figure.denominator_hash,
                digest=figure.digest,
                computed_at=now,
                job=job,
            )
            for figure in computed.figures
        ),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["unit", "stage", "formula", "as_of"],
        update_fields=["numerator", "denominator", "denominator_hash", "digest", "computed_at", "job", "path"],
    )
    Snapshot.objects.below(root.path).filter(as_of=computed.as_of, computed_at__lt=now).delete()  # of no pupil any more
    SnapshotPupil.objects.filter(at_or_below("path", [root.path]), as_of=computed.as_of).delete()
    rows = [
        SnapshotPupil(as_of=computed.as_of, formula=formula, stage=stage, path=path, pupil_id=pupil, since=since)
        for formula, stage, path, pupil, since in computed.named
    ]
    rows += [
        SnapshotPupil(
            as_of=computed.as_of,
            formula=Formula.DROPOUT_STOCK,
            stage=stage,
            path=path,
            pupil_id=pupil,
            since=since,
        )
        for pupil, path, since, stage in ledger_pupils(root.path, as_of=computed.as_of)
    ]
    SnapshotPupil.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,  # a pupil whose dropout moved to another school since that one's figures were computed
        unique_fields=["as_of", "formula", "pupil"],
        update_fields=["stage", "path", "since"],
    )
    _thin_out(root, computed.as_of)


def _thin_out(root, as_of):
    """Cohorts and classes keep the latest figures and those of month-ends."""
    below = Snapshot.objects.below(root.path).exclude(unit__kind__in=KEPT_NIGHTLY)
    days = below.filter(as_of__lt=as_of).order_by().values_list("as_of", flat=True).distinct()
    ordinary = [day for day in days if (day + timedelta(days=1)).day != 1]
    below.filter(as_of__in=ordinary).delete()

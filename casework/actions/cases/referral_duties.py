"""The duties to refer a case (F34, P13), settled with every change of the case: owed while no referral was made."""

from datetime import time

from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.enums import CaseState
from casework.models import Case, Duty
from casework.queries.cases import chair_for
from casework.rules.referrals import suspected_harms, wants_labour_referral
from organisation import clock
from organisation.enums import PostKind
from organisation.queries.edition import rule_book


def settle_referral_duties(case: Case, *, by=None):
    """Open what the case's causes ask for, close what was done, cancel what is no longer owed; twice changes nothing."""
    prefix = f"referral:{case.pk}:"
    open_ones = list(Duty.objects.open().filter(key__startswith=prefix))
    wanted = {f"{prefix}{key}": one for key, one in _wanted(case).items()}
    if not open_ones and not wanted:
        return
    done = {f"{prefix}{key}" for key in _referred(case)}
    for duty in open_ones:
        if duty.key in done:
            close_duty(duty, by=by, text="已移送")
        elif duty.key not in wanted:
            cancel_duty(duty, text="原因已更正,不再需要移送")
    for key, (kind, post, title, due_on) in wanted.items():
        if key not in done and key not in {duty.key for duty in open_ones}:  # an open one keeps its term
            open_duty(
                kind,
                key,
                title=title,
                chair=chair_for(case, post),
                path=case.path,
                due_at=clock.end_of(due_on),
                pupil=case.pupil_id,
                about=case.pk,
            )


def _wanted(case) -> dict[str, tuple]:
    """{key: kind, post, title, due}. The restricted duty's title names no suspicion: inboxes show it."""
    causes = set(case.causes.values_list("cause", flat=True))
    if not causes:
        return {}
    today, name = clock.today(), case.pupil.name
    found = {}
    if case.state != CaseState.CLEARED:
        for harm in suspected_harms(causes):
            found[f"restricted:{harm}"] = (
                "restricted_refer",
                PostKind.DROPOUT_OFFICER,
                f"{name}:立即办理移送,见个案",
                today,
            )
    book = rule_book(case.path)
    rules = book.rules(case.path, on=today).labour
    if wants_labour_referral(case.state, causes, case.pupil.born_on, today, rules):
        due = book.calendar(case.path).add_working_days(today, rules.refer_days)
        found["labour"] = ("labour_refer", PostKind.DROPOUT_OFFICER, f"{name}外出务工,移送人社部门", due)
    return found


def _referred(case) -> set[str]:
    """The referrals of the present episode: a relapse is put before the authorities again."""
    since = clock.at(case.episode.suspected_on, time(0))
    harms = case.restricted_referrals.filter(at__gte=since).values_list("harm", flat=True)
    labour = case.labour_referrals.filter(at__gte=since).exists()
    return {f"restricted:{harm}" for harm in harms} | ({"labour"} if labour else set())

"""What the cases say in numbers on any day (F36, F60): from their moves, so that an old day stays as it was."""

from datetime import date

from django.db.models import Exists, OuterRef

from casework.enums import CaseState
from casework.models import Case, CaseMove
from organisation.rules.paths import at_or_below


def suspected(path: str, *, on: date):
    """Cases at or below a unit that were suspected on a day and neither confirmed nor cleared by then."""
    settled = CaseMove.objects.filter(case=OuterRef("pk"), before=CaseState.SUSPECTED, on__lte=on)
    opened = Case.objects.filter(at_or_below("path", [path]), opened_on__lte=on)
    return opened.exclude(Exists(settled))

"""Until when complaints have to be taken up or answered."""

from casework.models import Duty


def due_of(complaints) -> dict[int, object]:
    """{complaint: the term of its open step}, in one statement."""
    kinds = ("complaint_accept", "complaint_answer")
    open_ones = Duty.objects.open().filter(kind__in=kinds, about__in=[one.pk for one in complaints])
    return dict(open_ones.values_list("about", "due_at"))

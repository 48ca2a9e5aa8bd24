"""Papers that a form or a request names by their keys."""

from organisation.errors import Malformed
from students.models import Attachment, LeaveSlip, RegisterChange


def papers_of(person, pupil_id, ids, *, on, field="papers") -> list[Attachment]:
    """The papers of these keys, as far as the person sees them and no other child's change or slip rests on them.

    Raises Malformed (`bad_paper`): what one may not see, and what belongs to another child, does not exist here.
    """
    wanted = set(ids)
    papers = list(Attachment.objects.visible_to(person, on=on).filter(pk__in=wanted)) if wanted else []
    changes = RegisterChange.objects.filter(papers__in=papers).exclude(pupil=pupil_id)
    slips = LeaveSlip.objects.filter(certificate__in=papers).exclude(pupil=pupil_id)
    if len(papers) < len(wanted) or (papers and (changes.exists() or slips.exists())):
        raise Malformed("bad_paper", "证明材料不存在。", fields={field: ["不存在"]})
    return papers

"""Plain factories of accountability: papers, sheets, points of a self-inspection."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accountability.actions.commitments.making import make_commitments
from accountability.actions.inspections import Finding
from accountability.models import Commitment
from organisation.rules.routine import CHECKLIST
from students.models import Attachment

OWNER = "head_of_teaching"


def photo(name="签字页.jpg") -> SimpleUploadedFile:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8)).save(kept, "JPEG")
    return SimpleUploadedFile(name, kept.getvalue(), content_type="image/jpeg")


def make_paper(path, by):
    return Attachment.objects.create(
        name="签字页.jpg", content_type="image/jpeg", size=1, sha256="0", path=path, uploaded_by=by
    )


def make_sheet(kind, unit, by, **found) -> Commitment:
    """The first sheet of a kind at and below a unit."""
    make_commitments(unit, [kind], by=by)
    return Commitment.objects.below(unit).filter(kind=kind, **found).order_by("pk").first()


def findings(*, due_on=None, wrong=()) -> dict[str, Finding]:
    """Every point in order but those that are `wrong`."""
    fine = {item.key: Finding("fine") for item in CHECKLIST}
    return fine | {key: Finding("not", "有两个重点班", OWNER, due_on) for key in wrong}

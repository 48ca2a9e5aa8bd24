"""Papers and photos of a matter: checked as every attachment is, kept outside the web root under a random name."""

import hashlib

from django.conf import settings

from accountability.models import Exhibit
from organisation import clock
from organisation.errors import Malformed
from students.actions.attachments import checked_paper

MOST = 3
LIMIT_MB = 5  # of a file from somebody who has not signed in


def check_uploads(uploads, *, limit_mb=None) -> list[tuple]:
    """[(name, content, type)] of what was sent. Raises Malformed (`too_many_files`, `too_large`, `bad_file`)."""
    if len(uploads) > MOST:
        raise Malformed("too_many_files", f"最多上传 {MOST} 个文件。")
    limit = min(limit_mb or settings.UPLOAD_LIMIT_MB, settings.UPLOAD_LIMIT_MB)
    return [(upload.name[-120:], *checked_paper(upload, limit_mb=limit)) for upload in uploads]


def keep_exhibits(checked, *, by=None, **matter) -> list[Exhibit]:
    """Keep what was checked with its `lead` or `complaint`."""
    kept = []
    for name, content, kind in checked:
        exhibit = Exhibit(
            name=name,
            content_type=kind,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            by=by,
            at=clock.now(),
            **matter,
        )
        target = file_of_exhibit(exhibit)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)
        exhibit.save(force_insert=True)
        kept.append(exhibit)
    return kept


def file_of_exhibit(exhibit: Exhibit):
    return settings.DATA_DIR / "uploads" / str(exhibit.pk)

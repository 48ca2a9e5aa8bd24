"""Papers of a matter: content-checked as elsewhere, encrypted on disk under a key that lies sealed in the database."""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from django.conf import settings

from accountability.models import FindingFile
from organisation import clock
from organisation.errors import Refused
from organisation.sealing import KEY_BYTES, seal_bytes, unseal_bytes
from students.actions.attachments import checked_paper

FOLDER = "evidence"


def keep_upload(finding, upload, *, by) -> FindingFile | None:
    """An uploaded paper, where there is one. Raises Malformed (`too_large`, `bad_file`)."""
    if not upload:
        return None
    content, kind = checked_paper(upload)
    return keep_file(finding, content, name=upload.name[-120:], content_type=kind, by=by)


def keep_file(finding, content: bytes, *, name, content_type, by) -> FindingFile:
    key = secrets.token_bytes(KEY_BYTES)
    file = FindingFile(
        finding=finding,
        name=name,
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        key=key.hex(),
        by=by,
        at=clock.now(),
    )
    target = place_of(file)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.touch(mode=0o600)
    target.write_bytes(seal_bytes(content, key=key))
    file.save()
    return file


def read_file(file: FindingFile) -> bytes:
    """The content as it was kept. Raises Refused (`file_lost`)."""
    try:
        content = unseal_bytes(place_of(file).read_bytes(), key=bytes.fromhex(file.key))
    except (OSError, ValueError, InvalidTag) as error:
        raise Refused("file_lost", "这份材料的文件已丢失或被改动,请告诉管理员从备份恢复。") from error
    return content


def place_of(file: FindingFile):
    return settings.DATA_DIR / FOLDER / str(file.pk)

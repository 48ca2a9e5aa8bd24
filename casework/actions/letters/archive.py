"""Where templates and issued Word files lie: outside the web root, named by what is in them."""

import hashlib
import os
from pathlib import Path

from django.conf import settings


def keep(folder: str, content: bytes) -> str:
    """Keep a file; the same content is kept once. Returns its SHA-256, which is its name."""
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(folder, digest)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not target.exists():
        draft = target.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.rename(target)
    return digest


def path_of(folder: str, digest: str) -> Path:
    return settings.DATA_DIR / folder / f"{digest}.docx"


def read(folder: str, digest: str) -> bytes | None:
    """The content; None where it is gone or no longer what it was."""
    try:
        content = path_of(folder, digest).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None

"""The key under which history is sealed: made once, beside the data, in no backup, and never changed with the others."""

import os
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32


def history_key() -> bytes:
    return _read(str(Path(settings.DATA_DIR) / "keys" / "history.key"))


def history_key_id() -> str:
    """Tells two keys apart, and nothing about either."""
    return sha256(b"kongchuo history key" + history_key()).hexdigest()[:8]


@lru_cache(maxsize=4)
def _read(path: str) -> bytes:
    file = Path(path)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        with draft.open("w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(KEY_BYTES))
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(draft, file)  # of two first starts at once, one key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(file.read_text(encoding="ascii"))

"""Numbers that identify a child are sealed at rest (AES-256-GCM) and found again by a blind index (HMAC-SHA-256).

The keys lie beside the data, never in the repository and never in a backup. A sealed value names its key, so that
keys can be changed; the column is authenticated with it, so that a value cannot be moved to another column.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True)
class KeyRing:
    """The keys by id; the current one seals, all of them open."""

    current: str
    sealing: dict[str, bytes]
    index: bytes


def _write_new(path: Path):
    ring = {
        "current": "k1",
        "sealing": {"k1": secrets.token_hex(KEY_BYTES)},
        "index": secrets.token_hex(KEY_BYTES),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(ring), encoding="ascii")
    try:
        os.link(draft, path)  # of two first starts at once, one ring stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@lru_cache(maxsize=1)
def key_ring() -> KeyRing:
    """The keys of this installation, made on first use."""
    path = Path(settings.DATA_DIR) / "keys" / "sealing.json"
    if not path.exists():
        _write_new(path)
    raw = json.loads(path.read_text(encoding="ascii"))
    keys = {name: bytes.fromhex(key) for name, key in raw["sealing"].items()}
    return KeyRing(raw["current"], keys, bytes.fromhex(raw["index"]))


def seal(value: str, *, column: str) -> str:
    """`value` as it may lie on a disk: key id and ciphertext."""
    ring = key_ring()
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(ring.sealing[ring.current]).encrypt(nonce, value.encode(), column.encode())
    return f"{ring.current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, column: str) -> str:
    """The value again. Raises `cryptography.exceptions.InvalidTag` where it was altered or moved."""
    name, _, body = sealed.partition(".")
    raw = base64.urlsafe_b64decode(body)
    return AESGCM(key_ring().sealing[name]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], column.encode()).decode()


def blind_index(value: str, *, column: str) -> str:
    """What stands in the index for `value`: equal values give equal marks, and no mark gives its value back."""
    return hmac.new(key_ring().index, f"{column}:{value}".encode(), hashlib.sha256).hexdigest()[:40]


def masked(value: str) -> str:
    """All but the last four characters hidden."""
    return "*" * max(len(value) - 4, 0) + value[-4:] if value else ""

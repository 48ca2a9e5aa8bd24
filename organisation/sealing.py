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
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True)
class KeyRing:
    """The keys by id; the current one seals, all of them open. `next_index` is there while keys are being rotated."""

    current: str
    sealing: dict[str, bytes]
    index: bytes
    next_index: bytes | None = None

    @property
    def fingerprint(self) -> str:
        """Tells whether two installations hold the same keys, and nothing about the keys."""
        return hashlib.sha256(b"kongchuo key ring" + self.sealing[self.current]).hexdigest()[:16]


def ring_path() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "sealing.json"


def _write_new(path: Path):
    ring = KeyRing("k1", {"k1": secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(path, ring)
    try:
        os.link(draft, path)  # of two first starts at once, one ring stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(path, ring: KeyRing) -> Path:
    """The ring in a file of its own, forced to disk: the ring itself is only ever replaced whole."""
    raw = {
        "current": ring.current,
        "sealing": {name: key.hex() for name, key in ring.sealing.items()},
        "index": ring.index.hex(),
    }
    if ring.next_index is not None:
        raw["next_index"] = ring.next_index.hex()
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="ascii") as file:
        json.dump(raw, file)
        file.flush()
        os.fsync(file.fileno())
    moment = time.time_ns()  # finer than the file system's own clock: every ring has a stamp of its own
    os.utime(draft, ns=(moment, moment))
    return draft


def replace_ring(ring: KeyRing):
    """Put another ring in the place of the present one; every process reads it at its next use."""
    _draft(ring_path(), ring).replace(ring_path())


def key_ring() -> KeyRing:
    """The keys of this installation, made on first use, read again when they were replaced."""
    path = f"{settings.DATA_DIR}/keys/sealing.json"
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        _write_new(ring_path())
        stat = os.stat(path)
    return _read(path, stat.st_ino, stat.st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path, inode, written) -> KeyRing:
    raw = json.loads(Path(path).read_text(encoding="ascii"))
    keys = {name: bytes.fromhex(key) for name, key in raw["sealing"].items()}
    following = bytes.fromhex(raw["next_index"]) if "next_index" in raw else None
    return KeyRing(raw["current"], keys, bytes.fromhex(raw["index"]), following)


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(value: str, *, column: str) -> str:
    """`value` as it may lie on a disk: key id and ciphertext."""
    ring = key_ring()
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(ring.sealing[ring.current]).encrypt(nonce, value.encode(), column.encode())
    return f"{ring.current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def sealer(*, column: str) -> Callable[[str], str]:
    """`seal` for many values on end: the keys are looked at once."""
    ring, bound = key_ring(), column.encode()
    name, encrypt = ring.current, _cipher(ring.sealing[ring.current]).encrypt

    def one(value):
        nonce = os.urandom(NONCE_BYTES)
        return f"{name}.{base64.urlsafe_b64encode(nonce + encrypt(nonce, value.encode(), bound)).decode()}"

    return one


def unseal(sealed: str, *, column: str) -> str:
    """The value again. Raises `cryptography.exceptions.InvalidTag` where it was altered or moved."""
    name, _, body = sealed.partition(".")
    raw = base64.urlsafe_b64decode(body)
    return _cipher(key_ring().sealing[name]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], column.encode()).decode()


def seal_bytes(content: bytes, *, key: bytes) -> bytes:
    """A file as it may lie on a disk, under a key of its own: the key lies sealed in the database, so that changing the
    keys of the house leaves files alone."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, None)


def unseal_bytes(sealed: bytes, *, key: bytes) -> bytes:
    """The file again. Raises `cryptography.exceptions.InvalidTag` where it was altered."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def blind_index(value: str, *, column: str, key: bytes | None = None) -> str:
    """What stands in the index for `value`: equal values give equal marks, and no mark gives its value back."""
    return hmac.digest(key or key_ring().index, f"{column}:{value}".encode(), "sha256").hex()[:40]


def indexer(*, column: str) -> Callable[[str], str | None]:
    """`blind_index` for many values on end, None for an empty one: the keys are looked at once."""
    key, start = key_ring().index, f"{column}:"
    return lambda value: hmac.digest(key, f"{start}{value}".encode(), "sha256").hex()[:40] if value else None


def masked(value: str) -> str:
    """All but the last four characters hidden."""
    return "*" * max(len(value) - 4, 0) + value[-4:] if value else ""

"""API keys: what one looks like, what is kept of it, and who is whose.

Of a key only its SHA-256 is stored. A slow, salted hash is for passwords, which can be guessed: a key has 256 random
bits, so the fastest hash there is leaves nothing to try, and one can be looked up by it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NewType, Protocol
from uuid import UUID

from app.chat.errors import BadInput
from app.chat.identifiers import new_uuid
from app.chat.text import check_characters

KeyId = NewType("KeyId", UUID)

KEY_PREFIX: Final = "parley_"  # by which scanners of leaked secrets know it
_RANDOM_BYTES: Final = 32
_CHECKSUM_BYTES: Final = 4
_TEXT_LENGTH: Final = len(KEY_PREFIX) + 58  # 36 bytes in base32, without padding

MAX_KEY_NAME_CHARACTERS: Final = 100
MAX_OWNER_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Key:
    """Args:
    owner: whose conversations a caller with this key reads and writes.
    last_used_at: accurate to a minute; None where it has never been.
    revoked_at: None while it opens anything.
    """

    id: KeyId
    name: str
    owner: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class KeyNameTaken(Exception):
    """A key of that name is in use."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a key named {name!r} is in use: revoke it first, or choose another name")


class NoSuchKey(Exception):
    """No key of that name is in use."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no key named {name!r} is in use: `parley keys list` shows those that are")


class Keys(Protocol):
    """Stored keys. All methods raise StorageUnavailable."""

    async def create(self, key: Key, digest: bytes) -> None:
        """Raises:
        KeyNameTaken: names are unique among keys that are not revoked.
        """
        ...

    async def list(self) -> Sequence[Key]:
        """All that were ever made, oldest first."""
        ...

    async def revoke(self, name: str) -> Key:
        """Raises:
        NoSuchKey: there is none that is not revoked already.
        """
        ...

    async def find(self, digest: bytes) -> Key | None:
        """The key with that digest, unless it is revoked; notes that it was used."""
        ...

    async def any(self) -> bool:
        """Whether there is one that is not revoked."""
        ...


def new_key(name: str, owner: str | None = None) -> Key:
    """A key as it is to be stored.

    Args:
        owner: None for the key's own, `key:<id>`; the same for several keys makes them share conversations.

    Raises:
        BadInput: a name is empty, too long, or does not print.
    """
    id = KeyId(new_uuid())
    _check_name(name, "name", MAX_KEY_NAME_CHARACTERS)
    if owner is not None:
        _check_name(owner, "owner", MAX_OWNER_CHARACTERS)
    return Key(id, name, f"key:{id}" if owner is None else owner, datetime.now(UTC))


def new_secret() -> str:
    """The key itself, as it is shown once and sent with each request."""
    random = secrets.token_bytes(_RANDOM_BYTES)
    return KEY_PREFIX + _base32(random + _checksum(random))


def is_secret(text: str) -> bool:
    """Whether it has the form of a key: what is mistyped, cut off or another service's is refused without a look-up."""
    if len(text) != _TEXT_LENGTH or not text.startswith(KEY_PREFIX):
        return False
    body = text.removeprefix(KEY_PREFIX)
    if not body.isascii() or body != body.lower():
        return False
    try:
        decoded = base64.b32decode(body.upper() + "======")
    except ValueError:
        return False
    return _base32(decoded) == body and _checksum(decoded[:_RANDOM_BYTES]) == decoded[_RANDOM_BYTES:]


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM_BYTES)


def _check_name(value: str, field: str, most: int) -> None:
    check_characters(value, field, most)
    if not value.strip() or not value.isprintable():
        raise BadInput(field, "must be text that prints, and not empty")

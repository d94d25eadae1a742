"""Storage keys as clients spell them, and how many one request may name."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.primitives.hexcodec import to_word
from megadev.rpc.codec import Decode, decode_slot

MAX_SLOTS = 1024
"""Storage slots per request."""


_FULL_KEY_LENGTH = 66


class StorageKey(msgspec.Struct, frozen=True):
    """A slot, and how the answer spells it: as a 32-byte word if it came as one, else as a quantity (as geth)."""

    slot: int
    spelling: str


def _decode_storage_key(value: Any) -> StorageKey:
    slot = decode_slot(value, is_exact=True)
    is_word = isinstance(value, str) and len(value) == _FULL_KEY_LENGTH
    return StorageKey(slot, to_word(slot) if is_word else hex(slot))


StorageKeyParam: TypeAlias = Annotated[StorageKey, Decode(_decode_storage_key)]

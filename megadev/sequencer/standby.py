"""Several sequencers of one chain: who is next when one crashes, and how many of them must sign a mini-block.

Values and rules alone; what a takeover does to the chain is in ``fault_control``, when it happens in ``node/standby``.
Members are known by their numbers: 0 is the first to sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from megadev.sequencer.signers import Signer


class Succession(Protocol):
    """Decides which of the members that are up sequences which block."""

    def term(self, first_block: int, keys: Sequence[bytes]) -> Signer:
        """Returns the signer from ``first_block`` on, of the members with these keys, in their order; at least one."""
        ...


class FixedOrder(msgspec.Struct, frozen=True):
    """The first one sequences until it crashes."""

    def term(self, first_block: int, keys: Sequence[bytes]) -> Signer:
        """The first one, for good."""
        return Signer(first_block, keys[0])


class RoundRobin(msgspec.Struct, frozen=True):
    """They take turns of so many ``blocks``."""

    blocks: int

    def term(self, first_block: int, keys: Sequence[bytes]) -> Signer:
        """All of them, the first one first."""
        first, *others = keys
        return Signer(first_block, first, tuple(others), self.blocks if others else 0)


def quorum(members: int) -> int:
    """The number of members that must agree if up to f of 3f + 1 may be faulty: 2f + 1."""
    return 2 * ((members - 1) // 3) + 1


def without(up: tuple[int, ...], crashed: int) -> tuple[int, ...]:
    """The remaining members, starting with the one after ``crashed``."""
    at = up.index(crashed)
    return up[at + 1 :] + up[:at]

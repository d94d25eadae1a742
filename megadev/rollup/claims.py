"""Claims on L1 about L2's state, read over JSON-RPC by a verifier: dispute games and their output roots (OP Stack
specification, "Dispute Game Interface"; the factory is named by L1's SystemConfig).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from megadev.errors import MegadevError
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.rollup.derivation.l1_source import L1Unavailable
from megadev.rollup.derivation.remote_l1 import Ask
from megadev.rollup.games import GameStatus

AT_ONCE = 200
"""Calls in one request."""


class Claim(msgspec.Struct, frozen=True):
    """A dispute game's claim that L2's output root after block ``number`` is ``root``."""

    index: int
    game: Address
    root: Hash32
    number: int


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """The base of a claim: L1 up to the block ``l1_head``, L2's output root ``starting_root`` after block
    ``starting_number``, and a run of the program ``program_id``, which the ``verifier`` wants proven. ``is_open``: it
    is neither settled nor proven.
    """

    l1_head: Hash32
    starting_root: Hash32
    starting_number: int
    program_id: Hash32
    verifier: Address
    is_open: bool


class ClaimsOnL1:
    """The claims of the rollup whose SystemConfig stands at ``system_config``, asked for with ``ask``. Methods raise
    ``L1Unavailable``.
    """

    def __init__(self, ask: Ask, system_config: Address) -> None:
        self._ask = ask
        self._system_config = system_config

    def read(self, first: int) -> list[Claim]:
        """Returns the claims from index ``first`` on, in order; none if there are fewer now."""
        named = self._words([(self._system_config, encode_call("disputeGameFactory()"))], empty=True)[0]
        if len(named) < 32 or not any(named):
            return []  # an L1 that is told nothing
        factory = named[12:32]
        count = _number(self._words([(factory, encode_call("gameCount()"))])[0])
        indices = range(first, count)
        games = [
            found[76:96] for found in self._words([(factory, encode_call("gameAtIndex(uint256)", i)) for i in indices])
        ]
        roots = self._words([(game, encode_call("rootClaim()")) for game in games])
        numbers = self._words([(game, encode_call("l2SequenceNumber()")) for game in games])
        return [
            Claim(index, game, root[:32], _number(number))
            for index, game, root, number in zip(indices, games, roots, numbers, strict=True)
        ]

    def basis(self, claim: Claim) -> Basis:
        """Find the base of the claim of a devnet's own game, and whether a proof of it would still count."""
        names = (
            "l1Head()",
            "startingRootHash()",
            "startingBlockNumber()",
            "absolutePrestate()",
            "verifier()",
            "status()",
            "prover()",
        )
        words = self._words([(claim.game, encode_call(name)) for name in names])
        status, prover = _number(words[5]), _number(words[6])
        return Basis(
            l1_head=words[0][:32],
            starting_root=words[1][:32],
            starting_number=_number(words[2]),
            program_id=words[3][:32],
            verifier=words[4][12:32],
            is_open=status == GameStatus.IN_PROGRESS and prover == 0,
        )

    def is_attester(self, verifier: Address, who: Address) -> bool:
        """True if the verifier on L1 accepts the signatures of ``who``."""
        return _number(self._words([(verifier, encode_call("isAttester(address)", who))])[0]) != 0

    def is_rejected(self, claim: Claim) -> bool:
        """True if L1 itself has rejected the claim."""
        return _number(self._words([(claim.game, encode_call("status()"))])[0]) == GameStatus.CHALLENGER_WINS

    def _words(self, calls: Sequence[tuple[Address, bytes]], *, empty: bool = False) -> list[bytes]:
        """Returns the results of contract calls; each at least one word, unless it may be ``empty``."""
        answers: list[Any] = []
        try:
            for start in range(0, len(calls), AT_ONCE):
                piece = calls[start : start + AT_ONCE]
                answers += self._ask(
                    [("eth_call", ({"to": to_data(to), "data": to_data(data)}, "latest")) for to, data in piece]
                )
            found = [bytes.fromhex(each.removeprefix("0x")) for each in answers]
        except (MegadevError, OSError) as problem:
            raise L1Unavailable(f"cannot read the claims on L1: {problem}") from None
        except (ValueError, AttributeError):
            raise L1Unavailable("L1 returned invalid data for a call") from None
        if not empty and any(len(each) < 32 for each in found):
            raise L1Unavailable("L1's dispute games do not answer as such")
        return found


def _number(word: bytes) -> int:
    return int.from_bytes(word[:32], "big")


Check = Callable[[int], Hash32 | None]
"""The output root after an L2 block, None where that is not derived."""


class CheckedClaims(msgspec.Struct):
    """The claims compared with derived blocks: the number of right ones, the wrong ones that L1 has not rejected, and
    those about blocks that are not derived (yet).
    """

    right: int = 0
    rejected: int = 0
    wrong: list[Claim] = []
    waiting: list[Claim] = []
    read: int = 0

    def look(self, claims: ClaimsOnL1, root_after: Check) -> list[Claim]:
        """Read those that are new, and compare all that can be; those that were found right now. Raises
        ``L1Unavailable``; then nothing changed.
        """
        found = [*self.waiting, *claims.read(self.read)]
        waiting: list[Claim] = []
        wrong: list[Claim] = []
        right: list[Claim] = []
        rejected = 0
        for claim in found:
            root = root_after(claim.number)
            if root is None:
                waiting.append(claim)
            elif root == claim.root:
                right.append(claim)
            elif claims.is_rejected(claim):
                rejected += 1
            else:
                wrong.append(claim)
        self.read = max([self.read, *(claim.index + 1 for claim in found)])
        self.right += len(right)
        self.rejected += rejected
        self.wrong += wrong
        self.waiting = waiting
        return right

    def start_over(self) -> None:
        """Forget all results, because L1 was replaced by another chain."""
        self.right = self.rejected = self.read = 0
        self.wrong, self.waiting = [], []

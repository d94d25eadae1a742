"""What the sequencer promised and did not keep, and what it signed twice: the evidence, kept with its signatures.

Only faults that were asked for break promises (``sequencer/faults``). A revert takes back promises and their breaking
alike, so its snapshot holds this too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import Preconfirmation, sign_mini_block, sign_preconfirmation
from megadev.events import Event, MiniBlockEquivocated, PreconfirmationsLost
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.signers import Signer

KEPT = 10_000
"""Broken promises; the oldest goes when there are more. Of equivocations a tenth as many."""


@dataclass(frozen=True, slots=True)
class SignedPromise:
    """A promise and the signature (r ‖ s ‖ v) that was given for it."""

    promise: Preconfirmation
    signer: Address
    signature: bytes


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A promise that was not kept, and why."""

    promised: SignedPromise
    reason: str


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Two mini-blocks with one number, each with its signature (y parity, r, s), and what was promised about the first
    one's last transaction by each.
    """

    signer: Address
    mini_blocks: tuple[MiniBlock, MiniBlock]
    signatures: tuple[tuple[int, int, int], tuple[int, int, int]]
    promises: tuple[SignedPromise, SignedPromise]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it at one moment."""

    broken: dict[Hash32, BrokenPromise]
    equivocations: tuple[Equivocation, ...]


NO_EVIDENCE = Evidence({}, ())


class BrokenPromises:
    """The evidence against the sequencer. ``signer_at`` tells who signs a block."""

    def __init__(self, signer_at: Callable[[int], Signer]) -> None:
        self._signer_at = signer_at
        self.evidence = NO_EVIDENCE
        """Replaced as a whole, so that it may be read on any thread."""

    def event(self, event: Event) -> None:
        """Take notice of what happened on the chain."""
        broken, equivocations = self.evidence.broken, self.evidence.equivocations
        if type(event) is PreconfirmationsLost:
            broken = dict(broken)
            for promise in event.promises:
                broken.pop(promise.transaction_hash, None)  # the newest stands last
                broken[promise.transaction_hash] = BrokenPromise(self._signed(promise), event.reason)
            for oldest in list(broken)[: max(len(broken) - KEPT, 0)]:
                del broken[oldest]
            self.evidence = Evidence(broken, equivocations)
        elif type(event) is MiniBlockEquivocated:
            signer = self._signer_at(event.mini_block.block_number)
            pair = (event.mini_block, event.rival)
            found = Equivocation(
                signer.address,
                pair,
                (sign_mini_block(pair[0], signer.key), sign_mini_block(pair[1], signer.key)),
                (self._signed(event.promises[0]), self._signed(event.promises[1])),
            )
            self.evidence = Evidence(broken, (*equivocations, found)[-KEPT // 10 :])

    def rivals_of(self, tx_hash: Hash32) -> list[SignedPromise]:
        """What was promised about a transaction besides what it was told."""
        return [
            found.promises[1]
            for found in self.evidence.equivocations
            if found.promises[1].promise.transaction_hash == tx_hash
        ]

    def _signed(self, promise: Preconfirmation) -> SignedPromise:
        signer = self._signer_at(promise.block_number)
        return SignedPromise(promise, signer.address, sign_preconfirmation(promise, signer.key))

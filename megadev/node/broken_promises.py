"""Evidence of promises that the sequencer did not keep or signed twice, with its signatures.

What breaks promises: faults that were asked for (``sequencer/faults``), crashes that lose what was announced, and L1
where it says otherwise than the sequencer had (``rollup/consolidator``). A reorganisation of L1 is not the sequencer's
doing: blocks that go with it are no evidence here, and what is signed depends on an L1 block (``SignedOrigin``). A
revert takes back promises and their breaking alike, so its snapshot holds this too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock, mini_blocks
from megadev.chain.preconfirmations import (
    Preconfirmation,
    SignedOrigin,
    promise,
    sign_mini_block,
    sign_preconfirmation,
)
from megadev.chain.transactions import DEPOSIT
from megadev.events import BlocksRemoved, Event, MiniBlockEquivocated, PreconfirmationsLost
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Hash32
from megadev.state.reader import StateReader
from megadev.state.world import World

KEPT = 10_000
"""Broken promises; the oldest goes when there are more. Of equivocations a tenth as many."""
MINI_BLOCKS_KEPT = 100
"""Void mini-blocks, which are large: one is enough to take a bond."""


class SignedPromise(msgspec.Struct, frozen=True):
    """A promise and the signature (r ‖ s ‖ v) that was given for it. ``origin``: the L1 block that it depends on; None
    where L2 follows none.
    """

    promise: Preconfirmation
    signer: Address
    signature: bytes
    origin: SignedOrigin | None = None


class BrokenPromise(msgspec.Struct, frozen=True):
    """A promise that was not kept, and why."""

    promised: SignedPromise
    reason: str


class VoidMiniBlock(msgspec.Struct, frozen=True):
    """A mini-block that was signed (y parity, r, s) and is not as it was told in what became of its block, and why."""

    mini_block: MiniBlock
    signer: Address
    signature: tuple[int, int, int]
    reason: str
    origin: SignedOrigin | None = None


class Equivocation(msgspec.Struct, frozen=True):
    """Two mini-blocks with one number, each with its signature (y parity, r, s), and what was promised about the first
    one's last transaction by each. ``origins``: the L1 block that each depends on; None where L2 follows none.
    """

    signer: Address
    mini_blocks: tuple[MiniBlock, MiniBlock]
    signatures: tuple[tuple[int, int, int], tuple[int, int, int]]
    promises: tuple[SignedPromise, SignedPromise]
    origins: tuple[SignedOrigin, SignedOrigin] | None = None


class Evidence(msgspec.Struct, frozen=True):
    """All of it at one moment."""

    broken: dict[Hash32, BrokenPromise]
    equivocations: tuple[Equivocation, ...]
    mini_blocks: tuple[VoidMiniBlock, ...] = ()
    """Those that hold transactions, the oldest first."""


NO_EVIDENCE = Evidence({}, ())


State: TypeAlias = StateReader | World


class BrokenPromises:
    """The evidence against the sequencer of ``chain()``."""

    def __init__(self, chain: Callable[[], LocalChain]) -> None:
        self._chain = chain
        self.evidence = NO_EVIDENCE
        """Replaced as a whole, so that it may be read on any thread."""

    def event(self, event: Event) -> None:
        """Take notice of what happened on the chain."""
        evidence = self.evidence
        if type(event) is PreconfirmationsLost:
            self._take(event.promises, event.mini_blocks, event.reason, event.state)
        elif type(event) is BlocksRemoved:
            if event.contradicted:
                self._take_blocks(event.blocks[::-1])
        elif type(event) is MiniBlockEquivocated:
            signer = self._chain().signers.at(event.mini_block.block_number)
            pair = (event.mini_block, event.rival)
            state = event.state
            number = event.mini_block.block_number
            origins = [self._chain().signed_origin(each.digest, number, state) for each in pair]
            found = Equivocation(
                signer.address,
                pair,
                (sign_mini_block(pair[0], signer.key), sign_mini_block(pair[1], signer.key)),
                (self.signed(event.promises[0], state), self.signed(event.promises[1], state)),
                None if origins[0] is None or origins[1] is None else (origins[0], origins[1]),
            )
            self.evidence = replace(evidence, equivocations=(*evidence.equivocations, found)[-KEPT // 10 :])

    def _take_blocks(self, blocks: Iterable[SealedBlock]) -> None:
        """Of what L1 decides about, which is deposits, nothing was promised."""
        chain_id = self._chain().spec.chain_id
        for block in blocks:
            places = [place for place, tx in enumerate(block.transactions) if tx.type != DEPOSIT]
            if places:
                promised = [promise(block, place, chain_id) for place in places]
                reason = "derivation from L1 has another block in its place"
                self._take(promised, mini_blocks(block), reason, block.world)

    def _take(
        self, promises: Sequence[Preconfirmation], minis: Sequence[MiniBlock], reason: str, state: State | None
    ) -> None:
        broken = dict(self.evidence.broken)
        for promised in promises[-KEPT:]:
            broken.pop(promised.transaction_hash, None)  # the newest stands last
            broken[promised.transaction_hash] = BrokenPromise(self.signed(promised, state), reason)
        for oldest in list(broken)[: max(len(broken) - KEPT, 0)]:
            del broken[oldest]
        void = [self._void(each, reason, state) for each in minis[-MINI_BLOCKS_KEPT:] if each.transactions]
        self.evidence = replace(
            self.evidence, broken=broken, mini_blocks=(*self.evidence.mini_blocks, *void)[-MINI_BLOCKS_KEPT:]
        )

    def _void(self, mini_block: MiniBlock, reason: str, state: State | None) -> VoidMiniBlock:
        signer = self._chain().signers.at(mini_block.block_number)
        origin = self._chain().signed_origin(mini_block.digest, mini_block.block_number, state)
        return VoidMiniBlock(mini_block, signer.address, sign_mini_block(mini_block, signer.key), reason, origin)

    def rivals_of(self, tx_hash: Hash32) -> list[SignedPromise]:
        """Returns the other promises about a transaction."""
        return [
            found.promises[1]
            for found in self.evidence.equivocations
            if found.promises[1].promise.transaction_hash == tx_hash
        ]

    def signed(self, promised: Preconfirmation, state: State | None) -> SignedPromise:
        """A promise about a transaction of a block, signed, where the block has got to ``state``."""
        signer = self._chain().signers.at(promised.block_number)
        signature = sign_preconfirmation(promised, signer.key)
        origin = self._chain().signed_origin(promised.digest, promised.block_number, state)
        return SignedPromise(promised, signer.address, signature, origin)

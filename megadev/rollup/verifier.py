"""L2 made from L1 by somebody who has nothing else: what the pipeline derives becomes the chain of a node that builds
no blocks of its own, and what stands against it is named.

Nothing here asks a sequencer. Two things on L1 itself can contradict what is derived: output roots (``claims``), and
batches that follow a block which nobody derives. A batch says the hash of the block that it comes after. Where the
sequencer's chain has a block that L1 alone does not make (state set by hand, a transaction nobody signed), its next
batch follows a strange block, does not count, and tells which block it is that differs (``Contradiction``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.errors import MegadevError
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.batches import SingularBatch, SpanBatch
from megadev.rollup.da.store import DataSource
from megadev.rollup.derivation.attributes import Attributes
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import BlockId, RollupConfig
from megadev.rollup.derivation.consolidation import difference
from megadev.rollup.derivation.execution import execute
from megadev.rollup.derivation.l1_origin import origin_told
from megadev.rollup.derivation.l1_source import L1Source
from megadev.rollup.derivation.pipeline import (
    Derived,
    InvalidAttributes,
    Pipeline,
    SafeHead,
    SafeHistory,
    Step,
    genesis_block,
)
from megadev.rollup.withdrawals import output_after
from megadev.sequencer.reorganisation import replace_above, rewind
from megadev.sequencer.sequencer import Sequencer

Change = Callable[[Callable[[], object]], object]
"""Makes a change of the chain where those are made."""


STRANGE = (
    "batches on L1 continue from another block: the sequencer's chain has one there that cannot be derived from L1 "
    "(state changed by a cheat or a reload, a transaction for an impersonated account, a value set by a cheat)"
)


class Differs(MegadevError):
    """A claim or block differs from what is derived from L1. ``found``: the difference for programs."""

    def __init__(self, message: str, **found: Any) -> None:
        super().__init__(message)
        self.found = found


class Incomplete(MegadevError):
    """Not all that was asked for can be derived at present."""


class Contradiction(msgspec.Struct, frozen=True):
    """A contradiction between L1's batches and the derived L2 block ``number``. ``said``: the hash that they have for
    it, or its beginning, where they say it. ``l1``: the block that they are in. The first block that differs may be one
    from ``first`` on: a batch says its parent's hash alone.
    """

    first: int
    number: int
    derived: Hash32
    said: bytes | None
    l1: BlockId
    reason: str


class FollowedChain:
    """A node's chain, as the pipeline sees it. Derived blocks are executed by the calling thread, and join the chain of
    ``sequencer``, which builds none, by ``change``. Blocks that are there from an earlier run are kept.
    """

    def __init__(self, sequencer: Sequencer, config: RollupConfig, change: Change) -> None:
        genesis = sequencer.store.genesis
        if genesis.hash != config.l2_genesis.hash:
            raise ValueError(
                f"L2's first block is {to_data(genesis.hash)}, the rollup configuration has "
                f"{to_data(config.l2_genesis.hash)}"
            )
        self._sequencer = sequencer
        self._change = change
        self._blocks = [genesis_block(config)]
        for block in sequencer.store.blocks(genesis.number + 1, sequencer.store.head.number):
            told = origin_told(block)
            origin = self._blocks[-1].origin if told is None else told
            self._blocks.append(L2Block(block.number, block.hash, block.timestamp, origin))
        self.refused: str | None = None
        """Why the last block that could not be built as its batch says could not."""

    @property
    def newest(self) -> L2Block:
        return self._blocks[-1]

    def block(self, number: int) -> L2Block | None:
        """The derived block with that number, if there is one."""
        index = number - self._blocks[0].number
        return self._blocks[index] if 0 <= index < len(self._blocks) else None

    def blocks(self) -> Sequence[L2Block]:
        """All of them, oldest first."""
        return tuple(self._blocks)

    def sealed(self, number: int) -> SealedBlock | None:
        """The same with all that it holds."""
        return self._sequencer.store.by_number(number)

    def find(self, block_hash: bytes) -> L2Block | None:
        """The derived block whose hash is, or begins with, ``block_hash``."""
        return next((block for block in reversed(self._blocks) if block.hash.startswith(block_hash)), None)

    def execute(self, attributes: Attributes) -> L2Block:
        """The block that ``attributes`` describe, at the end of the chain. Raises ``InvalidAttributes``."""
        sequencer = self._sequencer
        store, number = sequencer.store, attributes.parent.number
        parent, found = store.resolve(number), store.by_number(number + 1)
        assert parent.hash == attributes.parent.hash, "the pipeline continues from a block that it had executed"
        if found is None or difference(attributes, found) is not None:
            try:
                made = execute(attributes, parent, sequencer.spec, sequencer.engine, store.block_hash)
            except InvalidAttributes as refused:
                self.refused = str(refused)
                raise
            self._change(lambda: replace_above(sequencer, number, (made,)))
            found = made
        block = L2Block(number + 1, found.hash, found.timestamp, attributes.origin)
        del self._blocks[block.number - self._blocks[0].number :]
        self._blocks.append(block)
        return block

    def rewind(self, number: int) -> None:
        """Forget every block above ``number``."""
        if self.newest.number > number:
            self._change(lambda: rewind(self._sequencer, number))
            del self._blocks[number - self._blocks[0].number + 1 :]


class Verifier:
    """Derivation of a rollup from ``l1`` and ``data`` onto ``chain``. ``heads``: what an earlier run had derived at
    which L1 block; the chain goes on from the newest of them that both chains still have.

    Methods raise ``L1Unavailable`` where L1 cannot be asked.
    """

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Source,
        chain: FollowedChain,
        data: DataSource,
        heads: Iterable[SafeHead] = (),
    ) -> None:
        self.chain = chain
        kept = [head for head in heads if (found := chain.block(head.safe.number)) and found.hash == head.safe.hash]
        self.pipeline = Pipeline(config, l1, chain, data, SafeHistory(config, kept), self._dropped)
        self.contradiction: Contradiction | None = None
        """What the newest batches say of the derived head, where they go on from another block."""
        self.derived = 0
        """How many blocks were derived in this run."""
        self.transactions = 0
        """How many transactions they hold."""
        self._confirmed = 0
        """The newest block whose hash L1 has said, and it is the one derived."""

    def recover(self) -> L2Block:
        """Go back to the newest block that still follows from L1."""
        safe = self.pipeline.recover()
        self.chain.rewind(safe.number)
        self.contradiction = None
        return safe

    def step(self) -> Step:
        """Do the next thing there is to do."""
        step = self.pipeline.step()
        if isinstance(step, Derived):
            self.derived += 1
            self.transactions += len(step.attributes.transactions) + len(step.attributes.start.transactions)
            number = step.block.number
            if step.names_parent or self._confirmed >= number:
                self._confirmed = number - 1
            if step.is_emptied:
                reason = f"a batch has transactions for it that cannot be included: {self.chain.refused}"
                self.contradiction = Contradiction(self._confirmed + 1, number, step.block.hash, None, step.l1, reason)
            elif not step.is_forced:
                self.contradiction = None
        return step

    def root_after(self, number: int) -> Hash32 | None:
        """The output root after a derived block, None where it is not derived."""
        if number > self.pipeline.safe.number:
            return None
        block = self.chain.sealed(number)
        return None if block is None else output_after(block).root

    def _dropped(self, batch: SingularBatch | SpanBatch, l1: BlockId) -> None:
        if self.contradiction is not None:
            return
        parent = batch.parent_hash if isinstance(batch, SingularBatch) else batch.parent_check
        safe = self.pipeline.safe
        found = self.chain.find(parent)
        if found is None:
            self.contradiction = Contradiction(self._confirmed + 1, safe.number, safe.hash, parent, l1, STRANGE)
        elif found.number < safe.number and (following := self.chain.block(found.number + 1)) is not None:
            reason = f"batches on L1 continue from block {found.number} again: L2 was reverted to it, L1 was not"
            self.contradiction = Contradiction(following.number, following.number, following.hash, None, l1, reason)

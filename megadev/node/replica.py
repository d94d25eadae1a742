"""A chain that is another's, told by its sequencer: state differences are applied, nothing is executed.

What is checked: that a block's hash is its header's, that its transactions, receipts and the state after it have the
roots that the header says, that the sequencer signed its hash; and of each mini-block its signature, which is over its
transactions and receipts. Who the sequencer is, ``signer_at`` says. What is not: that the state follows from the
transactions. Whoever wants that derives (``rollup/verifier``) or executes.
"""

from __future__ import annotations

from collections.abc import Callable

from megadev.chain.blocks import header_hash, transactions_root
from megadev.chain.genesis import Genesis
from megadev.chain.receipts import receipts_root
from megadev.chain.spec import ChainSpec
from megadev.errors import MegadevError
from megadev.node.behind import OpenCopy
from megadev.node.chain import LocalChain
from megadev.node.genesis import ChainOrigin
from megadev.node.replication import BlockUpdate, LostUpdate, MiniBlockUpdate, RemovedUpdate, Update
from megadev.node.storage.records import block_of
from megadev.primitives.hexcodec import to_data
from megadev.primitives.signatures import HALF_N, recover
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.reorganisation import replace_above, rewind
from megadev.state.world import World

KEPT_SIGNATURES = 10_000
"""The newest that are remembered, for subscribers."""


class UpdateRefused(MegadevError):
    """An update is inconsistent, or is not signed by the sequencer."""


class Gap(Exception):
    """An update does not follow the last one; those in between must be requested."""


def beginning_of_replica(update: BlockUpdate) -> ChainOrigin:
    """Returns the start of a replica that receives its chain's first block. Raises ``UpdateRefused``."""
    record, spec = update.block, update.spec
    if spec is None or record.state != "whole":
        raise UpdateRefused(f"block {record.header.number}: the first block came without its state and rules")
    world = World()
    for diff in record.diffs:
        world = world.apply(diff)
    _check(update, world, spec)
    header = record.header
    genesis = Genesis(
        accounts={},
        timestamp=header.timestamp,
        number=header.number,
        gas_limit=header.gas_limit,
        base_fee=header.base_fee,
        coinbase=header.coinbase,
        extra_data=header.extra_data,
    )
    return ChainOrigin(spec, genesis, block_of(record, world, spec), None)


class Replica:
    """Keeps ``chain``, which builds no blocks, as it is told. ``change`` makes a change where those are made."""

    def __init__(
        self,
        chain: LocalChain,
        change: Callable[[Callable[[], object]], object],
        signer_at: Callable[[int], Address],
    ) -> None:
        self._chain = chain
        self._change = change
        self._signer_at = signer_at
        self._open = OpenCopy(chain)
        self.blocks = self.mini_blocks = 0
        """How many were taken."""

    def take(self, update: Update) -> None:
        """Apply an update. Raises ``UpdateRefused``, and ``Gap``."""
        if isinstance(update, BlockUpdate):
            self._take_block(update)
        elif isinstance(update, MiniBlockUpdate):
            self._take_mini_block(update)
        elif isinstance(update, RemovedUpdate):
            self._remove(update.first)
        elif isinstance(update, LostUpdate):
            self._change(self._open.close)

    def _take_block(self, update: BlockUpdate) -> None:
        record, store = update.block, self._chain.store
        number = record.header.number
        known = store.by_number(number)
        if known is not None and known.hash == record.hash:
            return
        parent = store.by_number(number - 1)
        if parent is None or parent.hash != record.header.parent_hash:
            raise Gap
        spec = update.spec or parent.spec or self._chain.spec
        if record.state not in ("changes", "whole"):
            raise UpdateRefused(f"block {number}: it came without its state")
        world = World() if record.state == "whole" else parent.world
        for diff in record.diffs:
            world = world.apply(diff)
        _check(update, world, spec)
        self._check_signer(number, record.hash, _parts(update.signature), f"block {number}")
        block = block_of(record, world, spec)
        announced = self._open.is_of(number)

        def put() -> None:
            self._open.close()
            replace_above(self._chain.sequencer, number - 1, (block,), announced=announced)

        self._change(put)
        self.blocks += 1

    def _take_mini_block(self, update: MiniBlockUpdate) -> None:
        mini_block = update.mini_block
        head = self._chain.store.head
        if mini_block.block_number <= head.number:
            return
        if mini_block.block_number > head.number + 1:
            raise Gap
        self._check_signer(
            mini_block.block_number, mini_block.digest, update.signature, f"mini-block {mini_block.number}"
        )
        if self._change(lambda: self._open.take(mini_block)):
            self.mini_blocks += 1

    def _remove(self, first: int) -> None:
        store = self._chain.store
        if first <= store.genesis.number:
            raise Gap  # another chain takes its place

        def put() -> None:
            self._open.close()
            if first <= store.head.number:
                rewind(self._chain.sequencer, first - 1)

        self._change(put)

    def _check_signer(self, number: int, digest: Hash32, signature: tuple[int, int, int], what: str) -> None:
        y_parity, r, s = signature
        found = recover(digest, y_parity, r, s) if s <= HALF_N else None
        expected = self._signer_at(number)
        if found != expected:
            shown = "nobody" if found is None else f"{to_data(found)}"
            raise UpdateRefused(f"{what}: it is signed by {shown}, the sequencer is {to_data(expected)}")
        told = self._chain.told_signatures
        if told is not None:
            if len(told) >= KEPT_SIGNATURES:
                del told[next(iter(told))]
            told[digest] = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))


def _check(update: BlockUpdate, world: World, spec: ChainSpec) -> None:
    """Checks that a block matches its header. Raises ``UpdateRefused``."""
    record = update.block
    header, number = record.header, record.header.number
    if record.hash != header_hash(header) and record.transactions:  # empty ones in a row have hashes of their own
        raise UpdateRefused(f"block {number}: its hash is not its header's")
    for what, said, found in (
        ("transactions root", header.transactions_root, transactions_root(record.transactions)),
        ("receipts root", header.receipts_root, receipts_root(record.receipts)),
        ("state root", header.state_root, world.state_root),
    ):
        if said != found:
            raise UpdateRefused(
                f"block {number}: its {what} is {to_data(said)}, the received data gives {to_data(found)}"
            )
    passer = spec.withdrawals_root_of
    if passer is not None and header.withdrawals_root != world.storage_root(passer):
        raise UpdateRefused(f"block {number}: its withdrawals root is not that of the state")


def _parts(signature: bytes) -> tuple[int, int, int]:
    """``(y_parity, r, s)`` of r ‖ s ‖ v."""
    if len(signature) != 65:
        return 0, 0, HALF_N + 1
    return (
        signature[64] - 27,
        int.from_bytes(signature[:32], "big"),
        int.from_bytes(signature[32:64], "big"),
    )

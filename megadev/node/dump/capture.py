"""A running node's chains at one moment, as a dump is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from megadev.node.chain import LocalChain
from megadev.node.dump.document import encode_accounts, encode_dump
from megadev.node.dump.rollup import DumpedRollup, rollup_of, with_prices
from megadev.node.dump.settings import NOTHING_SET, Settings, settings_of, with_earlier_buckets
from megadev.node.faults import faults_on
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node


class Capture:
    """A node's chains at one moment, as a dump is made of them: taken on any thread in no time, encoded on any
    other. ``at_fault``: what was wrong before it was mended for the dump; None: what is.
    """

    def __init__(self, node: Node, at_fault: tuple[tuple[str, ...], ...] | None = None) -> None:
        self._l2 = _ChainCapture(node.l2)
        self._l1 = None if node.l1 is None else _ChainCapture(node.l1)
        faults = faults_on(node) if at_fault is None else at_fault
        standbys = () if node.standbys is None else node.standbys.up
        self._settings = msgspec.structs.replace(settings_of(node.l2), faults=faults, standbys=standbys)
        self._adopted = 0 if node.driver is None else node.driver.progress.adopted
        self._rollup = rollup_of(node)
        sequencer = node.l2.sequencer
        self.moment: tuple[object, ...] = (
            *self._l2.moment,
            *(() if self._l1 is None else self._l1.moment),
            sequencer.spec,
            node.l2.rotated_signers,
            None if sequencer.oracle is None else sequencer.oracle.values,
            sequencer.faults,
            node.da_store.faults,
            node.replica_lag,
            None if node.driver is None else node.driver.progress,
        )
        """The same objects as long as nothing changed."""

    def encode(self, *, history: bool) -> bytes:
        """The dump as JSON; ``history``: with the state after each block."""
        return b"".join(self.pieces(history=history))

    def pieces(self, *, history: bool) -> Iterator[bytes]:
        """The same, piece by piece: other threads get a turn between two."""
        l1 = None if self._l1 is None else b"".join(self._l1.pieces(history))
        rollup = with_prices(self._rollup, self._l2.blocks.made)
        settings = with_earlier_buckets(self._settings, self._l2.blocks)
        return self._l2.pieces(history, l1, self._adopted, settings, rollup)

    def ever_less(self, *, history: bool) -> Iterator[Callable[[], bytes]]:
        """Ways to encode it, each leaving out more than the one before: older states, L1, blocks."""
        yield lambda: self.encode(history=history)
        yield lambda: self.encode(history=False)
        yield lambda: b"".join(self._l2.pieces(history))
        yield lambda: b"".join(self._l2.pieces(False))
        yield self._l2.encode_accounts


class _ChainCapture:
    """One chain's part of it."""

    def __init__(self, chain: LocalChain) -> None:
        head, irregular, _ = chain.sequencer.tip  # what is not sealed yet is in no dump
        self._spec = chain.sequencer.spec
        self._settings = chain.sequencer.blocks
        self.blocks = chain.store.blocks(chain.store.genesis.number, head.number)
        self._state = world_of_now(chain)
        self._zeroed = {address: account.storage for address, account in chain.genesis.accounts.items()}
        self.moment: tuple[object, object] = (head, irregular)

    def pieces(
        self,
        history: bool,
        l1: bytes | None = None,
        adopted: int = 0,
        settings: Settings = NOTHING_SET,
        rollup: DumpedRollup | None = None,
    ) -> Iterator[bytes]:
        return encode_dump(
            self.blocks,
            self._state,
            self._spec,
            coinbase=self._settings.coinbase,
            gas_limit=self._settings.gas_limit,
            zeroed=self._zeroed,
            history=history,
            l1=l1,
            adopted=adopted,
            settings=settings,
            rollup=rollup,
        )

    def encode_accounts(self) -> bytes:
        """The state of now alone."""
        return encode_accounts(self._state, self._zeroed)


def world_of_now(chain: LocalChain) -> World:
    """The whole state, with what was changed since the head was sealed."""
    head, irregular, _ = chain.sequencer.tip
    return head.world if irregular is None else head.world.apply(irregular)

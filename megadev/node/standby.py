"""Hot standby: sequencers that follow L2's mini-block stream, one of which takes over when the active one crashes.

It is the protocol that is simulated, in one process: every member's key is here, and what a standby has seen of the
stream is what was announced long enough ago for it to have arrived (the latency of notifications is its latency too).
A takeover closes the block that was open, with what was seen of it and, where L2 has a sequencer registry, with the
transaction that announces the new key there; from the next block on the new sequencer signs. Whatever was promised and
not seen is told as lost.

What waits in the txpool waits on: gateways hold that, not the sequencer. Faults go with the sequencer that had them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from megadev.clock import SystemClock
from megadev.errors import InvalidParams, InvalidTransaction, MegadevError
from megadev.events import SequencerCondition
from megadev.node import registry
from megadev.node.roles import standby_keys
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address
from megadev.sequencer import fault_control
from megadev.sequencer.standby import Succession, quorum, without

if TYPE_CHECKING:
    from megadev.node.node import Node

_LOG = logging.getLogger("megadev.standby")
NOTICED = 1 / 3
"""The share of the takeover time after which a standby has noticed; the rest is for taking over."""

monotonic_ns = SystemClock().monotonic_ns
"""Takeovers happen in real time, as blocks by timer do."""


class Takeover(msgspec.Struct, frozen=True):
    """One that happened: who took over from which block on, how many preconfirmed transactions were lost, and
    nanoseconds from the crash until it could take transactions.
    """

    member: int
    first_block: int
    lost: int
    elapsed: int


class Standbys:
    """The sequencers of a node: ``count`` standbys beside the first, one of which takes over within ``seconds``. On the
    writer's thread, but for the timer, which is set on the loop.
    """

    def __init__(self, node: Node, count: int, seconds: float, succession: Succession) -> None:
        self._node = node
        self._count = count
        self.seconds = seconds
        self.succession = succession
        self.up: tuple[int, ...] = tuple(range(count + 1))
        """The members that are up, in the order in which they sequence; replaced as a whole."""
        self.needed = 1
        """How many must be up for any to go on."""
        self.last: Takeover | None = None
        """The newest takeover."""
        self.call_when_timer_needed: Callable[[], object] = lambda: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._crashed_at: int | None = None
        self._keys: tuple[bytes, ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Every member's private key, by its number; derived when they are asked for."""
        if not self._keys:
            node = self._node
            self._keys = (node.roles.sequencer.raw_key, *standby_keys(node.mnemonic, self._count))
        return self._keys

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every member's address."""
        return tuple(map(address_of, self.keys))

    @property
    def quorum(self) -> int:
        """The number of members that must agree."""
        return quorum(self._count + 1)

    @property
    def active(self) -> int | None:
        """The sequencer of the next block; None if the key is not a member's, or all are down."""
        chain = self._node.l2
        key = chain.signers.at(chain.head.number + 1).key
        found = self.keys.index(key) if key in self.keys else None
        return found if found in self.up else None

    def reset(self) -> None:
        """All are up again, in the first order."""
        self._cancel()
        self.up, self.last = tuple(range(self._count + 1)), None

    def check_order(self, up: tuple[int, ...]) -> bool:
        """True if ``up`` is a valid order of members: each known and at most once."""
        return len(set(up)) == len(up) and all(0 <= member <= self._count for member in up)

    # -- crash and takeover -------------------------------------------------------------------------------------------

    def crashed(self) -> None:
        """Handle a crash of the active sequencer: another one takes over, if any is up."""
        node, crashed_at = self._node, monotonic_ns()
        number = node.l2.head.number + 1
        key = node.l2.signers.at(number).key
        member = self.keys.index(key) if key in self.keys else next(iter(self.up), None)  # or its key was changed
        if member in self.up:
            self.up = without(self.up, member)
        if len(self.up) >= self.needed:
            self._crashed_at = crashed_at
            node.writer.on_loop(self._set_timer)

    def came_back(self) -> None:
        """Restarts the crashed sequencer: before a takeover in its old role, after one as the last standby."""
        self._cancel()
        down = tuple(member for member in range(self._count + 1) if member not in self.up)
        chain = self._node.l2
        number = chain.head.number + 1
        key = chain.signers.at(number).key
        first = tuple(member for member in down if self.keys[member] == key)
        self.up = (*first, *self.up, *(member for member in down if member not in first))
        if not first:
            term = self.succession.term(number + (chain.sequencer.unsealed > 0), [self.keys[each] for each in self.up])
            if term.others:  # it gets its turns again
                chain.rotated_signers = chain.signers.followed_by(term)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over on ``loop`` from now on."""
        self._loop = loop
        self._set_timer()

    def stop(self) -> None:
        """Nobody takes over any more."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cancel(self) -> None:
        self._crashed_at = None

    def _set_timer(self) -> None:
        if self._crashed_at is None or self._timer is not None:
            return
        if self._loop is None:
            self.call_when_timer_needed()
            return
        left = self.seconds * NOTICED - (monotonic_ns() - self._crashed_at) / 1e9
        self._timer = self._loop.call_later(max(left, 0), self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._node.writer.when_free(self._take_over_if_due)

    def _take_over_if_due(self) -> None:
        node, crashed_at = self._node, self._crashed_at
        self._crashed_at = None
        if crashed_at is None or node.l2.sequencer.condition is not SequencerCondition.CRASHED:
            return
        try:
            self._take_over(crashed_at)
        except MegadevError as problem:
            _LOG.error("no standby could take over: %s", problem)
        node.wake()
        node.settle()

    def _take_over(self, crashed_at: int) -> None:
        node, chain = self._node, self._node.l2
        sequencer, member = chain.sequencer, self.up[0]
        builder = sequencer.written_ahead
        seen = 0 if builder is None else self._seen([cut.timestamp for cut in builder.cuts])
        lost = fault_control.take_over(sequencer, seen)
        node.link.is_cut = False
        first = self._announce(member)
        fault_control.go_on(sequencer)
        self.last = Takeover(member, first, lost, monotonic_ns() - crashed_at)
        _LOG.warning(
            "sequencer %d (0x%s) took over: it signs from block %d on; %d preconfirmed transactions are lost",
            member,
            self.addresses[member].hex(),
            first,
            self.last.lost,
        )

    def _seen(self, ends: list[int]) -> int:
        """Returns the number of mini-blocks with these ends (µs of L2's time) that have arrived at the standbys."""
        stream = self._node.link.stream
        if stream is None:
            return len(ends)
        latest = self._node.l2.time.now_us() - int(stream.seconds * 1_000_000)
        return sum(end <= latest for end in ends)

    def _announce(self, member: int) -> int:
        """Have ``member`` and those after it sign from the next block on, behind the one that is open or that holds the
        announcement; the number of the first.
        """
        node, chain = self._node, self._node.l2
        sequencer, announced = chain.sequencer, False
        has_registry = registry.has_registry(chain)
        first = chain.head.number + 1 + (has_registry or sequencer.open is not None)
        keys = [self.keys[each] for each in self.up]
        if has_registry:
            try:
                registry.schedule(chain, self.keys[member], first, node.roles.owner, in_block=True)
                announced = True
            except (InvalidParams, InvalidTransaction) as refused:
                _LOG.warning("the takeover is not in the registry: %s", refused)
        if has_registry and not announced and sequencer.open is None:
            first -= 1
        sequencer.between_blocks()
        if has_registry and chain.head.number + 1 < first:  # mining on request: the announcement waits in the txpool
            sequencer.mine()
        chain.rotated_signers = chain.signers.followed_by(self.succession.term(first, keys))
        return first

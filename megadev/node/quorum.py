"""Agreement among sequencers before anything is preconfirmed: 2f + 1 of n sign each mini-block (``--quorum``).

The active one proposes a mini-block, the others that are up sign it and answer, each after a round trip of the latency
that was asked for. What was sent is answered, and subscribers hear of a mini-block, once the last signature that is
needed has come back. All signatures are made: that is what agreeing costs of a processor; round trips are simulated.

Reads of this node show what was executed before a quorum has signed it, as the active sequencer's own would.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import sign_mini_block
from megadev.clock import SystemClock
from megadev.errors import SequencerUnavailable
from megadev.events import BlocksRemoved, Event, MiniBlockSealed, SequencerCondition, SequencerTurned
from megadev.node.standby import Standbys
from megadev.primitives.latency import Latency
from megadev.primitives.types import Address

if TYPE_CHECKING:
    from megadev.node.node import Node

KEPT = 1_024
"""Mini-blocks whose signatures are kept."""

monotonic_ns = SystemClock().monotonic_ns
"""Round trips take real time, as latencies do."""


Vote: TypeAlias = tuple[Address, tuple[int, int, int]]
"""Who signed a mini-block, and the signature: (y parity, r, s)."""


class Certificate(msgspec.Struct, frozen=True):
    """The votes for a mini-block, and when (monotonic nanoseconds) the last of them came in."""

    digest: bytes
    votes: tuple[Vote, ...]
    complete_at: int


class Quorum:
    """The votes for L2's mini-blocks. On the writer's thread, ``agreed`` on the loop."""

    def __init__(self, node: Node, standbys: Standbys, latency: Latency) -> None:
        self._node = node
        self._standbys = standbys
        self.latency = latency
        """Of each way between two members."""
        self._random = random.Random(0)
        self._certificates: dict[int, Certificate] = {}
        self._latest = 0
        self._waiting: dict[asyncio.Future[None], int] = {}
        """Who waits for the mini-block with that number."""
        self.signed = 0
        """How many mini-blocks were signed since the node started."""

    @property
    def needed(self) -> int:
        """The number of signatures required."""
        return self._standbys.quorum

    @property
    def remaining(self) -> float:
        """Seconds until all that was signed so far has come back."""
        return max(self._latest - monotonic_ns(), 0) / 1e9

    def event(self, event: Event) -> None:
        """Take notice of what happened on L2."""
        if type(event) is MiniBlockSealed:
            self.sign(event.mini_block)
            self._release(event.mini_block.number)
        elif type(event) is SequencerTurned and event.condition is SequencerCondition.CRASHED:
            self._give_up("the sequencer crashed before a quorum had signed it")
        elif type(event) is BlocksRemoved:
            self._certificates.clear()
            self._release(None)

    def votes(self, mini_block: MiniBlock) -> Sequence[Vote]:
        """The signers of a mini-block, if they are still known."""
        found = self._certificates.get(mini_block.number)
        return () if found is None or found.digest != mini_block.digest else found.votes

    async def agreed(self) -> None:
        """Return once a quorum has signed all that was executed so far. Raises ``SequencerUnavailable`` where a crash
        comes before that.
        """
        node, sequencer = self._node, self._node.l2.sequencer
        await node.writer.free()
        node.settle()
        builder = sequencer.open
        if builder is not None and builder.has_uncut:
            number = builder.plan.mini_block_offset + len(builder.cuts)
            if node.loop is None:
                sequencer.close_mini_block()  # no timer does
            else:
                signed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting[signed] = number
                await signed
            certificate = self._certificates.get(number)
            left = 0 if certificate is None else certificate.complete_at - monotonic_ns()
        else:
            left = self._latest - monotonic_ns()
        if left > 0:
            await node.link.sleep(left / 1e9)

    def sign(self, mini_block: MiniBlock) -> None:
        """Have as many members as are needed sign, those first whose answers are the first to come back."""
        keys, addresses = self._standbys.keys, self._standbys.addresses
        active = self._node.l2.signers.at(mini_block.block_number)
        others = [each for each in self._standbys.up if keys[each] != active.key]
        trips = sorted((self._round_trip(), member) for member in others)[: self.needed - 1]
        votes = [(active.address, sign_mini_block(mini_block, active.key))]
        votes += [(addresses[member], sign_mini_block(mini_block, keys[member])) for _, member in trips]
        slowest = trips[-1][0] if trips else 0
        self._latest = max(self._latest, monotonic_ns() + slowest)
        self._certificates[mini_block.number] = Certificate(mini_block.digest, tuple(votes), self._latest)
        self.signed += 1
        if len(self._certificates) > KEPT:
            del self._certificates[next(iter(self._certificates))]

    def _round_trip(self) -> int:
        """Nanoseconds there and back."""
        there, back = self._random.random(), self._random.random()
        return int((self.latency.at(there) + self.latency.at(back)) * 1e9)

    def _release(self, number: int | None) -> None:
        """Let those go on who wait for a mini-block up to that one; None: for any."""
        done = [waiter for waiter, wanted in self._waiting.items() if number is None or wanted <= number]
        for waiter in done:
            del self._waiting[waiter]
            _settle(waiter, None)

    def _give_up(self, why: str) -> None:
        waiting, self._waiting = list(self._waiting), {}
        for waiter in waiting:
            _settle(waiter, SequencerUnavailable(why))


def _settle(waiter: asyncio.Future[None], problem: SequencerUnavailable | None) -> None:
    if waiter.done():
        return
    if problem is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(problem)

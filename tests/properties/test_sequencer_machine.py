"""The laws of mini-blocks hold through pauses, crashes, restarts, rotations and broken promises too: a transaction that
was preconfirmed is in exactly one mini-block and one block, or was reported lost, and whoever announced a mini-block
is the one registered for its block.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from megadev.chain.preconfirmations import sign_mini_block
from megadev.events import Event, MiniBlockEquivocated, MiniBlockSealed, PreconfirmationsLost, SequencerTurned
from megadev.primitives.signatures import recover
from megadev.rpc.client import RpcError
from megadev.rpc.promises import format_promise
from megadev.sequencer.block_builder import OpenBlock
from tests.properties.test_mini_block_machine import STRANGER, WHO, MiniBlockMachine

KEYS = [bytes((number,)) * 32 for number in range(1, 5)]


class SequencerMachine(MiniBlockMachine):
    def notice(self, event: Event) -> None:
        if not hasattr(self, "signed"):
            self.signed: dict[int, tuple[int, bytes]] = {}
            """By number, the block of each mini-block announced and whose signature it came with."""
            self.condition = "running"
        if isinstance(event, PreconfirmationsLost):
            lost = {tx.hash for tx in event.transactions}
            assert [promise.transaction_hash for promise in event.promises] == [tx.hash for tx in event.transactions]
            known = {tx_hash for tx_hash, number in self.executed if number == event.block_number}
            assert event.block_number < len(self.sealed) or lost <= known or not event.mini_blocks
            self.executed = [entry for entry in self.executed if entry[1] != event.block_number or entry[0] not in lost]
            for mini in reversed(event.mini_blocks):
                assert self.announced.pop() == mini
        elif isinstance(event, SequencerTurned):
            assert event.condition.value != self.condition
            self.condition = event.condition.value
        elif isinstance(event, MiniBlockEquivocated):
            assert event.mini_block is self.announced[-1] and event.rival.digest != event.mini_block.digest
            assert event.promises[0].digest != event.promises[1].digest
        super().notice(event)
        if isinstance(event, MiniBlockSealed):
            mini = event.mini_block
            key = self.net.l2.chain.signers.at(mini.block_number).key
            address = recover(mini.digest, *sign_mini_block(mini, key))
            assert address is not None
            self.signed[mini.number] = (mini.block_number, address)

    def open_block(self) -> Any:
        hidden = self.net.l2.chain.sequencer.written_ahead
        return self.net.l2.chain.open_block if hidden is None else OpenBlock(hidden)

    def done(self, *call: Any) -> bool:
        """Whether it was not refused."""
        try:
            self.net.rpc(*call)
        except RpcError as refusal:
            assert refusal.code != -32603, refusal
            return False
        return True

    # -- as before, but it may be refused -------------------------------------------------------------------------

    @rule(balance=st.integers(0, 100))
    def cheat(self, balance: int) -> None:
        if self.done("anvil_setBalance", STRANGER, hex(balance)):
            self.balance = balance

    @rule()
    def snapshot(self) -> None:
        taken = self.ask("evm_snapshot")
        if taken is not None:
            self.snapshots.append((taken, self.balance))

    # -- what may go wrong ----------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(("pause", "resume", "restart", "reorder", "equivocate", "behave")))
    def control(self, what: str) -> None:
        self.done(f"megadev_sequencer_{what}")

    @rule(survive=st.booleans(), blocks=st.sampled_from((0, 0, 1, 2)))
    def crash(self, survive: bool, blocks: int) -> None:
        self.done("megadev_sequencer_crash", {"survive": survive, "blocks": blocks})
        self.balance = int(self.net.rpc("eth_getBalance", STRANGER), 16)

    @rule(
        senders=st.lists(WHO, min_size=1, max_size=5),
        milliseconds=st.sampled_from((0, 20, 100)),
        end=st.sampled_from(("survive", "survive", "lose", "pause", "")),
    )
    def burst(self, senders: list[int], milliseconds: int, end: str) -> None:
        """A sequencer that runs again, work for it, and an end to that: or it would stand still most of the time."""
        self.done("megadev_sequencer_restart")
        self.done("megadev_sequencer_resume")
        for sender in senders:
            self.pay(sender, 4, 0, 60_000)
            self.loop.advance(milliseconds / 1000 / len(senders))
        if end == "pause":
            self.control("pause")
        elif end:
            self.crash(end == "survive", 0)

    @rule(who=WHO, delay=st.booleans())
    def withhold(self, who: int, delay: bool) -> None:
        self.done("megadev_sequencer_withhold", {"addresses": [self.who[who]], "delay": delay})

    @rule(who=st.lists(WHO, max_size=2))
    def censor(self, who: list[int]) -> None:
        self.done("megadev_sequencer_censor", [self.who[one] for one in who])

    @rule(key=st.sampled_from(KEYS), ahead=st.integers(0, 3))
    def rotate(self, key: bytes, ahead: int) -> None:
        block = self.net.l2.chain.head.number + ahead
        self.done("megadev_sequencer_rotateKey", {"key": "0x" + key.hex(), "block": hex(block)})

    # -- what always holds ----------------------------------------------------------------------------------------

    @invariant()
    def whoever_signed_is_the_one_registered_for_the_block(self) -> None:
        if hasattr(self, "net"):
            signers = self.net.l2.chain.signers
            for mini in self.announced:
                block, address = self.signed[mini.number]
                assert block == mini.block_number and signers.at(block).address == address

    @invariant()
    def it_is_as_it_said(self) -> None:
        if hasattr(self, "net"):
            assert self.net.l2.chain.sequencer.condition.value == getattr(self, "condition", "running")

    @invariant()
    def a_broken_promise_is_not_told_as_kept(self) -> None:
        """Unless it came to be kept after all: another block has the transaction in the same place, to the same end."""
        if hasattr(self, "net"):
            for tx_hash, broken in self.net.node.broken_promises.evidence.broken.items():
                told = self.net.rpc("megadev_getPreconfirmation", "0x" + tx_hash.hex())
                assert told["transactionHash"] == "0x" + tx_hash.hex()
                assert told["status"] == "broken" or format_promise(broken.promised).items() <= told.items()


TestSequencerMachine = SequencerMachine.TestCase
TestSequencerMachine.settings = settings(
    max_examples=50, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

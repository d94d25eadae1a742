"""An honest sequencer cannot be slashed: whatever it signed, however it was stopped and started, none of it contradicts
the chain or the rest of it, for anybody who tries to have L1's contract believe so.

All that it ever signed is kept as an adversary would: each mini-block, and promises about each transaction, asked for
when it was executed and again later. Then every pair of signatures is shown to the contract, and each of them against
the block it is about, with the claim about L2 proven. Nothing of what is tried may succeed. Taking the chain back by
hand (reverts, rollbacks, lost blocks) is not the sequencer's doing and is left out; so are its faults.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from megadev import Devnet
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import Preconfirmation, promise, sign_mini_block, sign_preconfirmation
from megadev.clock import ManualClock
from megadev.events import Event, MiniBlockEquivocated, MiniBlockSealed, PreconfirmationsLost
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup import slashing
from megadev.rollup.games import anchor_number
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.withdrawals import output_after
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.manual_loop import ManualLoop

START = 1_700_000_000
WHO = st.integers(0, 3)
SLASHER = to_data(MAINNET_ADDRESSES.preconfirmation_slasher)
PAIRS = 60
"""Of signatures that are shown against each other, the newest ones."""


class HonestSequencer(RuleBasedStateMachine):
    @initialize(preset=st.sampled_from(("dev", "megaeth")))
    def start(self, preset: str) -> None:
        self.clock = ManualClock(START)
        self.loop = ManualLoop(self.clock)
        self.net = Devnet(preset=preset, accounts=4, batch=False, clock=self.clock, loop=self.loop)  # type: ignore[arg-type]
        self.chain = self.net.node.l2
        self.bridge = Bridge(self.net.l1, self.net.l2)
        self.who = [account.address for account in self.net.accounts]
        self.minis: dict[bytes, tuple[MiniBlock, tuple[int, int, int]]] = {}
        self.promised: dict[bytes, tuple[Preconfirmation, bytes]] = {}
        self.was_lost = False
        self.chain.bus.subscribe(self.notice)

    def teardown(self) -> None:
        if hasattr(self, "net"):
            self.try_everything()
            self.net.close()

    def notice(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            mini = event.mini_block
            self.minis[mini.digest] = mini, sign_mini_block(mini, self.chain.signers.at(mini.block_number).key)
        elif isinstance(event, PreconfirmationsLost | MiniBlockEquivocated):
            self.was_lost = True

    @invariant()
    def remember_promises(self) -> None:
        """Ask for all that is promised now."""
        if not hasattr(self, "chain"):
            return
        open_block = self.chain.open_block
        recent = self.chain.store.blocks(max(self.chain.head.number - 2, 1), self.chain.head.number)
        for block in [*recent, *([] if open_block is None else [open_block])]:
            key = self.chain.signers.at(block.number).key
            for index in range(len(block.transactions)):
                made = promise(block, index, self.chain.spec.chain_id)
                if made.digest not in self.promised:
                    self.promised[made.digest] = made, sign_preconfirmation(made, key)

    def ask(self, *call: Any) -> None:
        try:
            self.net.rpc(*call)
        except RpcError as refusal:
            assert refusal.code != -32603, refusal

    # -- what an honest sequencer meets -------------------------------------------------------------------------------

    @rule(sender=WHO, to=WHO, milliseconds=st.sampled_from((0, 3, 15, 400)))
    def pay(self, sender: int, to: int, milliseconds: int) -> None:
        self.ask("eth_sendTransaction", {"from": self.who[sender], "to": self.who[to], "value": "0x1"})
        self.loop.advance(milliseconds / 1000)

    @rule(sender=WHO)
    def deposit(self, sender: int) -> None:
        portal = to_data(MAINNET_ADDRESSES.portal)
        self.net.l1.rpc("eth_sendTransaction", {"from": self.who[sender], "to": portal, "value": "0x1"})

    @rule(milliseconds=st.sampled_from((5, 20, 1_100)))
    def wait(self, milliseconds: int) -> None:
        self.loop.advance(milliseconds / 1000)

    @rule(what=st.sampled_from(("evm_mine", "megadev_sequencer_pause", "megadev_sequencer_resume")))
    def control(self, what: str) -> None:
        self.ask(what)

    @rule()
    def crash_and_come_back(self) -> None:
        """What it had announced survives."""
        self.ask("megadev_sequencer_crash", {"survive": True})
        self.ask("megadev_sequencer_restart")

    @rule()
    def change_the_key(self) -> None:
        self.ask("megadev_sequencer_rotateKey")

    # -- the adversary ------------------------------------------------------------------------------------------------

    def try_everything(self) -> None:
        if self.was_lost:  # where it had to take back a promise it said so, and answers for it
            return
        self.ask("megadev_sequencer_resume")
        self.ask("megadev_sequencer_restart")
        self.loop.advance(2)
        self.ask("evm_mine")
        signers = dict.fromkeys(
            self.chain.signers.at(block.number).address for block in self.chain.store.blocks(0, self.chain.head.number)
        )
        for signer in signers:  # each has something to lose
            call = "0x" + encode_call("deposit(address)", signer).hex()
            self.net.l1.rpc("eth_sendTransaction", {"from": self.who[0], "to": SLASHER, "value": "0x5", "data": call})
        calls = self.evidence_against_the_chain()
        promised, minis = list(self.promised.values())[-PAIRS:], list(self.minis.values())[-PAIRS:]
        for first in promised:
            calls += [slashing.promises_call(*first, *second) for second in promised[:5]]
            for mini in minis[:10]:
                call = slashing.promise_and_mini_block_call(*first, *mini)
                assert call is None, "a promise and a mini-block that contradict each other"
        for mini in minis:
            calls += [slashing.mini_blocks_call(*mini, *other) for other in minis]
        before = [slashing.bond_of(self.l1_state, MAINNET_ADDRESSES, signer) for signer in signers]
        for call in calls:
            with pytest.raises(RpcError, match="NoContradiction|DifferentSigners|BlockNotProven|WrongHeader"):
                self.net.l1.rpc("eth_call", {"from": self.who[1], "to": SLASHER, "data": to_data(call)})
        found = self.bridge.submit_evidence()
        assert all(each["status"] in ("kept", "waiting", "nothing left") for each in found["evidence"])
        assert [slashing.bond_of(self.l1_state, MAINNET_ADDRESSES, signer) for signer in signers] == before

    @property
    def l1_state(self) -> Any:
        l1 = self.net.node.l1
        assert l1 is not None
        return l1.sequencer.head_state()

    def evidence_against_the_chain(self) -> list[bytes]:
        """Each signature against its block, which L1 is shown: a few of them."""
        head = self.chain.head
        first = anchor_number(self.l1_state, MAINNET_ADDRESSES)
        if head.number <= first:
            return []
        game = int(self.bridge.prove_range(first, head.number)["index"], 16)
        self.net.l1.rpc("evm_increaseTime", 3)
        self.net.l1.rpc("evm_mine")
        shown = range(max(1, head.number - 3), head.number + 1)
        for number in shown:
            blocks = self.chain.store.blocks(number, head.number)
            for call in slashing.block_proofs(game, output_after(head), blocks):
                self.net.l1.rpc("eth_sendTransaction", {"from": self.who[0], "to": SLASHER, "data": to_data(call)})
        calls = []
        for made, signature in self.promised.values():
            if made.block_number in shown:
                block = self.chain.block(made.block_number)
                assert slashing.broken_promise_call(made, signature, block) is None
                calls.append(slashing.kept_promise_call(made, signature, block))
        for mini, signed in self.minis.values():
            if mini.block_number in shown:
                block = self.chain.block(mini.block_number)
                assert slashing.broken_mini_block_call(mini, signed, block) is None
                calls += [slashing.misplaced_call(mini, signed, block, place) for place in range(len(mini.receipts))]
        return calls


QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}

TestHonestSequencer = HonestSequencer.TestCase
TestHonestSequencer.settings = settings(max_examples=4, stateful_step_count=12, **QUICK)  # type: ignore[arg-type]


@pytest.mark.long
def test_an_honest_sequencer_cannot_be_slashed_however_long_one_tries() -> None:
    run_state_machine_as_test(
        HonestSequencer,
        settings=settings(max_examples=150, stateful_step_count=40, **QUICK),  # type: ignore[arg-type]
    )

"""An honest sequencer cannot be slashed: whatever it signed, however it was stopped and started, none of it contradicts
the chain or the rest of it, for anybody who tries to have L1's contract believe so.

All that it ever signed is kept as an adversary would: each mini-block, and promises about each transaction, asked for
when it was executed and again later, with the L1 block that they depend on. Then every pair of signatures is shown to
the contract, and each of them against the block it is about, with the claim about L2 proven. Nothing of what is tried
may succeed. L1 is reorganised and rolled back meanwhile, to any depth; sequencers crash, and others take over; time is
moved; cheats change state; snapshots bring both chains back, and with them what the adversary has, who is of that world.
Taking L2 alone back by hand is not the sequencer's doing and is left out; so are its faults.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from megadev import Devnet
from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import Preconfirmation, promise, sign_mini_block
from megadev.clock import ManualClock
from megadev.events import Event, MiniBlockEquivocated, MiniBlockSealed, PreconfirmationsLost
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup import slashing
from megadev.rollup.games import anchor_number
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.slashing import Word
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
    @initialize(preset=st.sampled_from(("dev", "megaeth")), batch=st.booleans(), with_standbys=st.booleans())
    def start(self, preset: str, batch: bool, with_standbys: bool) -> None:
        self.clock = ManualClock(START)
        self.loop = ManualLoop(self.clock)
        self.net = Devnet(
            preset=preset,
            accounts=4,
            batch=batch,
            standby=2 * with_standbys,
            clock=self.clock,
            loop=self.loop,  # type: ignore[arg-type]
        )
        self.chain = self.net.node.l2
        self.bridge = Bridge(self.net.l1, self.net.l2)
        self.who = [account.address for account in self.net.accounts]
        self.minis: dict[tuple[bytes, bytes], tuple[MiniBlock, Word]] = {}
        self.promised: dict[tuple[bytes, bytes], tuple[Preconfirmation, Word]] = {}
        self.was_lost = False
        self.snapshots: list[tuple[str, Any]] = []
        self.chain.bus.subscribe(self.notice)

    def teardown(self) -> None:
        if hasattr(self, "net"):
            self.try_everything()
            self.net.close()
            self.loop.close()

    def notice(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            mini = event.mini_block
            signer = self.chain.signers.at(mini.block_number)
            origin = self.chain.signed_origin(mini.digest, mini.block_number, event.state)
            assert origin is not None
            word = Word.on_mini_block(sign_mini_block(mini, signer.key), origin)
            self.minis[mini.digest, origin.hash] = mini, word
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
            state = block.world if isinstance(block, SealedBlock) else block.state
            for index in range(len(block.transactions)):
                made = promise(block, index, self.chain.spec.chain_id)
                signed = self.net.node.broken_promises.signed(made, state)
                assert signed.origin is not None
                self.promised[made.digest, signed.origin.hash] = made, Word(signed.signature, signed.origin)

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

    @rule(depth=st.integers(1, 8), kind=st.sampled_from(("anvil_reorg", "anvil_rollback")))
    def reorganise_l1(self, depth: int, kind: str) -> None:
        l1 = self.net.l1
        depth = min(depth, int(l1.rpc("eth_blockNumber"), 16))
        params: list[Any] = [depth] if kind == "anvil_rollback" else [depth, []]
        with suppress(RpcError):  # L2 would have to lose a block that it has open, or whose sequencer stands still
            l1.rpc(kind, *params)

    @rule(count=st.integers(1, 3))
    def mine_l1(self, count: int) -> None:
        self.net.l1.rpc("anvil_mine", hex(count))

    @rule()
    def post_batches(self) -> None:
        self.ask("megadev_batcher_flush")

    @rule(who=WHO, seconds=st.sampled_from((1, 90)))
    def cheat(self, who: int, seconds: int) -> None:
        self.ask("anvil_setBalance", self.who[who], "0xde0b6b3a7640000")
        self.ask("evm_increaseTime", seconds)

    @rule()
    def take_a_snapshot(self) -> None:
        with suppress(RpcError):  # a block is open, and its sequencer stands still
            taken = self.net.rpc("evm_snapshot")
            self.snapshots.append((taken, (dict(self.minis), dict(self.promised))))

    @precondition(lambda self: bool(getattr(self, "snapshots", None)))
    @rule()
    def revert(self) -> None:
        taken, (minis, promised) = self.snapshots.pop()
        with suppress(RpcError):
            assert self.net.rpc("evm_revert", taken)
            self.minis, self.promised = dict(minis), dict(promised)

    @rule()
    def crash_and_come_back(self) -> None:
        """What it had announced survives; or another takes over."""
        self.ask("megadev_sequencer_crash", {"survive": True})
        self.loop.advance(0.05)
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
            calls += [slashing.promises_call(*first, *other) for other in promised if is_rival(first[0], other[0])]
            for mini in minis:
                call = slashing.promise_and_mini_block_call(*first, *mini)
                if call is not None:
                    assert not self.holds(first[1]) or not self.holds(mini[1]), "they contradict each other"
                    calls.append(call)
        for mini in minis:
            calls += [
                slashing.mini_blocks_call(*mini, *other)
                for other in minis
                if mini[0].number == other[0].number or mini[0].block_number == other[0].block_number
            ]
        self.net.l1.rpc("evm_mine")  # a contract knows only the blocks before its own
        self.net.l1.rpc("evm_mine")
        before = [slashing.bond_of(self.l1_state, MAINNET_ADDRESSES, signer) for signer in signers]
        for call in calls:
            with pytest.raises(
                RpcError, match="NoContradiction|DifferentSigners|BlockNotProven|WrongHeader|OriginNotOnL1"
            ):
                self.net.l1.rpc("eth_call", {"from": self.who[1], "to": SLASHER, "data": to_data(call)})
        found = self.bridge.submit_evidence()
        assert all(each["status"] in ("kept", "waiting", "nothing left", "void") for each in found["evidence"])
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
        for made, word in self.promised.values():
            if made.block_number in shown:
                block = self.chain.block(made.block_number)
                assert slashing.broken_promise_call(made, word, block) is None or not self.holds(word)
                calls.append(slashing.kept_promise_call(made, word, block))
        for mini, word in self.minis.values():
            if mini.block_number in shown:
                block = self.chain.block(mini.block_number)
                broken = slashing.broken_mini_block_call(mini, word, block)
                assert broken is None or not self.holds(word)
                calls += [] if broken is None else [broken]
                calls += [slashing.misplaced_call(mini, word, block, place) for place in range(len(mini.receipts))]
        return calls

    def holds(self, word: Word) -> bool:
        """Whether the L1 block is on L1 that it depends on."""
        l1 = self.net.node.l1
        assert l1 is not None
        return l1.store.by_hash(word.origin.hash) is not None


def is_rival(first: Preconfirmation, second: Preconfirmation) -> bool:
    """Whether two promises are about one transaction or one place."""
    is_of_one = first.transaction_hash == second.transaction_hash
    places = [(each.block_number, each.transaction_index) for each in (first, second)]
    return is_of_one or places[0] == places[1]


QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}

TestHonestSequencer = HonestSequencer.TestCase
TestHonestSequencer.settings = settings(max_examples=4, stateful_step_count=12, **QUICK)  # type: ignore[arg-type]


@pytest.mark.long
def test_an_honest_sequencer_cannot_be_slashed() -> None:
    run_state_machine_as_test(
        HonestSequencer,
        settings=settings(max_examples=150, stateful_step_count=40, **QUICK),  # type: ignore[arg-type]
    )

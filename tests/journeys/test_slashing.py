"""What a sequencer put up for its word, taken on L1 when it is shown to have broken it: by two signatures, or by one
and the chain; and left alone by everything that shows no such thing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from eth_utils import to_checksum_address
from msgspec.structs import replace

from megadev import Devnet
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import (
    Preconfirmation,
    promise,
    sign_mini_block,
    sign_origin,
    sign_preconfirmation,
)
from megadev.cli.main import cli
from megadev.clock import StoppedClock
from megadev.events import Event, MiniBlockSealed
from megadev.primitives.hexcodec import to_data
from megadev.rollup import slashing
from megadev.rollup.contracts import load
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.slashing import Word
from megadev.rollup.withdrawals import output_after
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.conftest import RunningNode
from tests.units.rollup.chains import contract, refusal

START = 1_800_000_000
SLASHER = to_data(MAINNET_ADDRESSES.preconfirmation_slasher)
ETHER = 10**18
BURNT = "0x000000000000000000000000000000000000dEaD"


class Stage:
    """A devnet whose blocks are sealed when asked, with two of them, and all mini-blocks that were signed."""

    def __init__(self, preset: str, **settings: Any) -> None:
        self.net = Devnet(preset=preset, clock=StoppedClock(START), accounts=4, **({"no_mining": True} | settings))
        self.bridge = Bridge(self.net.l1, self.net.l2)
        self.alice, self.bob, self.carol = (account.address for account in self.net.accounts[:3])
        self.minis: list[MiniBlock] = []
        self.net.node.l2.bus.subscribe(self.notice)
        self.chain = self.net.node.l2
        self.slasher = contract(self.net.l1, load("PreconfirmationSlasher"), SLASHER)  # type: ignore[arg-type]
        self.pay(self.alice, self.bob)
        self.net.rpc("evm_mine")

    def notice(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            self.minis.append(event.mini_block)

    def alice_pays_in(self, mini_block: MiniBlock) -> bool:
        return any(to_data(tx.sender) == self.alice.lower() for tx in mini_block.transactions)

    def pay(self, sender: str, to: str) -> str:
        return str(self.net.rpc("eth_sendTransaction", {"from": sender, "to": to, "value": "0x1"}))

    def word(self, number: int, digest: bytes, signature: bytes | tuple[int, int, int], key: bytes = b"") -> Word:
        """A signature with the L1 block that L2's block ``number`` follows, signed with ``key``."""
        followed = self.chain.l1_block_in(self.chain.block(number).world)
        assert followed is not None
        origin = sign_origin(digest, *followed, self.chain.spec.chain_id, key or self.key)
        return Word(signature, origin) if isinstance(signature, bytes) else Word.on_mini_block(signature, origin)

    def promised(self, made: Preconfirmation, key: bytes = b"", number: int = 2) -> tuple[Preconfirmation, Word]:
        """A promise, signed as if it depended on what L2's block ``number`` follows."""
        return made, self.word(number, made.digest, sign_preconfirmation(made, key or self.key), key)

    def announced(self, made: MiniBlock, number: int = 2) -> tuple[MiniBlock, Word]:
        return made, self.word(number, made.digest, sign_mini_block(made, self.key))

    @property
    def key(self) -> bytes:
        return self.chain.signers.at(self.chain.head.number).key

    def bond(self) -> int:
        return int(self.slasher.functions.bondOf(to_checksum_address(self.net.rpc("megadev_sequencerAt"))).call())

    def balance(self, who: str) -> int:
        return int(self.net.l1.rpc("eth_getBalance", who, "latest"), 16)

    def try_out(self, call: bytes | None) -> str:
        """How L1 answers a call of the slasher; the state stays."""
        assert call is not None
        try:
            self.net.l1.rpc("eth_call", {"from": self.carol, "to": SLASHER, "data": to_data(call)})
        except RpcError as problem:
            return str(problem).removeprefix("execution reverted: ").split("(")[0]
        return "slashed"

    def show(self, number: int) -> None:
        """Have the slasher know L2's block ``number``, by a proven claim about the head."""
        head = self.chain.head
        anchor = int(
            contract(self.net.l1, load("AnchorStateRegistry"), MAINNET_ADDRESSES.anchor_state_registry)
            .functions.getAnchorRoot()
            .call()[1]
        )  # type: ignore[arg-type]
        game = int(self.bridge.prove_range(anchor, head.number)["index"], 16)
        self.net.l1.rpc("evm_increaseTime", 3)
        self.net.l1.rpc("evm_mine")
        output = output_after(head)
        for call in slashing.block_proofs(game, output, self.chain.store.blocks(number, head.number)):
            request = {"from": self.carol, "to": SLASHER, "data": to_data(call)}
            tx_hash = self.net.l1.rpc("eth_sendTransaction", request)
            assert self.net.l1.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"


@pytest.fixture(params=["dev", "megaeth"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(request.param)
    yield made
    made.net.close()


FAULTS = {
    "withhold": ("broken promise", lambda stage: ({"addresses": [stage.bob]},)),
    "reorder": ("broken promise", lambda stage: ()),
    "equivocate": ("equivocation", lambda stage: ()),
}


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_the_bond_is_slashed_for_each_fault_and_restored_by_a_revert(preset: str) -> None:
    stage = Stage(preset, no_mining=False)
    net, bridge = stage.net, stage.bridge
    assert stage.bond() == 100 * ETHER
    nothing = bridge.submit_evidence()
    assert nothing["evidence"] == [] and nothing["sequencers"][0]["bond"] == hex(100 * ETHER)
    for fault, (kind, options) in FAULTS.items():
        snapshot = net.rpc("evm_snapshot")
        net.rpc(f"megadev_sequencer_{fault}", *options(stage))
        if preset == "dev":  # both in one block
            net.rpc("evm_setAutomine", False)
        stage.pay(stage.alice, stage.carol)
        stage.pay(stage.bob, stage.carol)
        if preset == "dev":
            net.rpc("evm_setAutomine", True)
        net.rpc("evm_mine")
        held = stage.balance(stage.carol)
        found = bridge.submit_evidence(sender=stage.carol)
        first = found["evidence"][0]
        assert (first["kind"], first["status"], first["taken"]) == (kind, "slashed", hex(100 * ETHER)), fault
        assert {each["status"] for each in found["evidence"][1:]} <= {"nothing left"}
        assert found["sequencers"][0]["isSlashed"] is True and stage.bond() == 0
        assert 49 * ETHER < stage.balance(stage.carol) - held < 50 * ETHER
        assert stage.balance(BURNT) >= 50 * ETHER
        deposit = stage.slasher.functions.deposit(to_checksum_address(net.rpc("megadev_sequencerAt")))
        assert refusal(deposit, stage.alice, value=1) == "AlreadySlashed"
        assert net.rpc("evm_revert", snapshot) is True
        assert stage.bond() == 100 * ETHER and bridge.submit_evidence()["evidence"] == []
    net.close()


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_derivation_replacements_are_evidence_and_l1_reorganisations_are_not(preset: str, tmp_path: Path) -> None:
    settings = {"batch": True, "sequencing_window": 4, "channel_seconds": 10**6, "state": f"{tmp_path}/store/"}
    stage = Stage(preset, **settings)
    net = stage.net
    net.l1.rpc("evm_mine")
    stage.pay(stage.alice, stage.bob)
    net.rpc("evm_mine")
    net.l1.rpc("anvil_reorg", 1, [])
    assert net.rpc("megadev_sequencer_evidence") == {"brokenPromises": [], "equivocations": [], "voidMiniBlocks": []}
    net.rpc("evm_mine")
    net.rpc("megadev_batcher_flush")
    net.rpc("megadev_fault_set", "withhold-batches")
    sent = stage.pay(stage.alice, stage.bob)
    net.rpc("evm_mine")
    number = int(net.rpc("eth_getTransactionReceipt", sent)["blockNumber"], 16)
    before = net.rpc("eth_getBlockByNumber", hex(number), False)["hash"]
    net.l1.rpc("anvil_mine", hex(20))
    assert net.rpc("eth_getBlockByNumber", hex(number), False)["hash"] != before
    found = net.rpc("megadev_sequencer_evidence")
    [promised], [void] = found["brokenPromises"], found["voidMiniBlocks"]
    assert promised["transactionHash"] == sent and void["block_number"] == hex(number)
    net.close()
    net = Devnet(preset=preset, clock=StoppedClock(START), accounts=4, no_mining=True, **settings)  # type: ignore[arg-type]
    assert net.rpc("megadev_sequencer_evidence") == found
    promises = net.node.broken_promises
    promises.evidence = replace(promises.evidence, broken={})  # the mini-block alone is enough
    taken = net.rpc("megadev_sequencer_submitEvidence", {"skipWindow": True})
    assert [(each["kind"], each["status"]) for each in taken["evidence"]] == [("broken mini-block", "slashed")]
    assert taken["sequencers"][0]["isSlashed"] is True
    net.close()


def test_an_honest_sequencer_keeps_its_bond(stage: Stage) -> None:
    net, chain = stage.net, stage.chain
    for _ in range(3):
        stage.pay(stage.alice, stage.bob)
        stage.pay(stage.bob, stage.carol)
        net.rpc("evm_mine")
    stage.show(2)
    block = chain.block(2)
    promised = [promise(block, index, chain.spec.chain_id) for index in range(len(block.transactions))]
    signed = [stage.promised(each) for each in promised]
    for first, first_word in signed:
        assert slashing.broken_promise_call(first, first_word, block) is None
        for second, second_word in signed:
            call = slashing.promises_call(first, first_word, second, second_word)
            assert stage.try_out(call) == "NoContradiction"
        assert stage.try_out(slashing.kept_promise_call(first, first_word, block)) == "NoContradiction"
    minis = [stage.announced(each, each.block_number) for each in stage.minis]
    assert minis
    for mini, word in minis:
        shown = mini.block_number == 2
        for other, other_word in minis:
            answer = stage.try_out(slashing.mini_blocks_call(mini, word, other, other_word))
            assert answer == "NoContradiction"
        if shown:
            assert slashing.broken_mini_block_call(mini, word, block) is None
            for place in range(len(mini.transactions)):
                call = slashing.misplaced_call(mini, word, block, place)
                assert stage.try_out(call) == "NoContradiction"
        for first, first_word in signed:
            assert slashing.promise_and_mini_block_call(first, first_word, mini, word) is None
    # a promise of another signer's, of another chain, and one about a block that L1 was not shown
    lie = msgspec.structs.replace(promised[-1], receipt_hash=bytes(32))
    broken: Callable[..., bytes | None] = slashing.broken_promise_call
    assert stage.try_out(broken(*stage.promised(lie, b"\7" * 32), block)) == "NoBond"
    elsewhere = msgspec.structs.replace(lie, chain_id=4326)
    assert stage.try_out(broken(*stage.promised(elsewhere), block)) == "DifferentSigners"
    later = msgspec.structs.replace(lie, block_number=3)
    assert stage.try_out(broken(*stage.promised(later), chain.block(3))) == "BlockNotProven"
    assert stage.try_out(broken(*stage.promised(lie), chain.block(3))) == "WrongHeader"


def test_each_way_of_contradicting_is_punished(stage: Stage) -> None:
    """Signed by the sequencer's own key, as if it had lied."""
    net, chain = stage.net, stage.chain
    for sender in (stage.alice, stage.bob):
        stage.pay(sender, stage.carol)
    net.rpc("evm_mine")
    net.rpc("evm_mine")
    stage.show(2)
    block = chain.block(2)
    index = len(block.transactions) - 1
    truth = promise(block, index, chain.spec.chain_id)

    def lie(**changes: Any) -> tuple[Preconfirmation, Word]:
        made = msgspec.structs.replace(truth, **changes)
        return stage.promised(made)

    for changes in (
        {"receipt_hash": b"\1" * 32},
        {"transaction_hash": b"\1" * 32},
        {"transaction_index": index + 1},  # nothing stands there
        {"transaction_index": index + 200, "transaction_hash": b"\1" * 32},
        {"transaction_index": index - 1},
    ):
        assert stage.try_out(slashing.broken_promise_call(*lie(**changes), block)) == "slashed", changes
    _, signed = stage.promised(truth)
    for changes in (
        {"mini_block_number": 77},
        {"receipt_hash": b"\1" * 32},
        {"block_number": 3},
        {"transaction_hash": b"\1" * 32},
    ):
        assert stage.try_out(slashing.promises_call(truth, signed, *lie(**changes))) == "slashed", changes

    mini = next(each for each in stage.minis if each.block_number == 2)
    _, word = stage.announced(mini)

    def false_mini(**changes: Any) -> tuple[MiniBlock, Word]:
        made = MiniBlock(**({name: getattr(mini, name) for name in mini.__struct_fields__} | changes))
        return stage.announced(made)

    for changes in ({"timestamp": mini.timestamp + 1}, {"gas_used": 1}, {"number": mini.number + 9}):
        assert stage.try_out(slashing.mini_blocks_call(mini, word, *false_mini(**changes))) == "slashed", changes
    assert stage.try_out(slashing.mini_blocks_call(mini, word, *false_mini(number=99, index=99))) == "NoContradiction"
    # against a promise: of another block; with another receipt
    made, by = lie(mini_block_number=mini.number, block_number=9)
    assert stage.try_out(slashing.promise_and_mini_block_call(made, by, mini, word)) == "slashed"
    made, by = lie(transaction_hash=mini.transactions[-1].hash, receipt_hash=b"\1" * 32, mini_block_number=mini.number)
    assert stage.try_out(slashing.promise_and_mini_block_call(made, by, mini, word)) == "slashed"
    # against the chain: its time; a receipt that is nowhere (less gas, more gas than all); another transaction
    broken = slashing.broken_mini_block_call
    assert stage.try_out(broken(*false_mini(block_timestamp=mini.block_timestamp + 1), block)) == "slashed"
    last = mini.receipts[-1]
    for gas in (1, last.cumulative_gas_used - 1, 10**7):
        false = (*mini.receipts[:-1], msgspec.structs.replace(last, cumulative_gas_used=gas))
        assert stage.try_out(broken(*false_mini(receipts=false), block)) == "slashed", gas
    failed = (*mini.receipts[:-1], msgspec.structs.replace(last, succeeded=False))
    assert stage.try_out(broken(*false_mini(receipts=failed), block)) == "slashed"
    swapped = (*mini.transactions[:-1], chain.block(1).transactions[-1])
    assert stage.try_out(broken(*false_mini(transactions=swapped), block)) == "slashed"


def test_promises_on_a_removed_l1_block_are_not_evidence(stage: Stage) -> None:
    """Or a sequencer that kept its word could lose its bond because L1 was reorganised."""
    net, l1 = stage.net, stage.net.l1
    l1.rpc("evm_mine")
    stage.pay(stage.alice, stage.carol)
    net.rpc("evm_mine")
    net.rpc("evm_mine")
    number = next(each.block_number for each in reversed(stage.minis) if stage.alice_pays_in(each))
    block = stage.chain.block(number)
    index = len(block.transactions) - 1
    truth = promise(block, index, stage.chain.spec.chain_id)
    told, other = (
        stage.promised(each, number=number) for each in (truth, msgspec.structs.replace(truth, receipt_hash=b"\1" * 32))
    )
    l1.rpc("evm_mine")
    assert stage.try_out(slashing.promises_call(*told, *other)) == "slashed"
    _, word = other
    followed = word.origin.number
    # neither a signature about another L1 block, nor another's, nor one of something else
    for false in (
        msgspec.structs.replace(word.origin, number=followed - 1),
        msgspec.structs.replace(word.origin, hash=b"\1" * 32),
        told[1].origin,
    ):
        call = slashing.promises_call(*told, other[0], msgspec.structs.replace(word, origin=false))
        assert stage.try_out(call) == "DifferentSigners"
    # what shall count for longer than L1 remembers is written down
    remembering = stage.slasher.functions.rememberL1Block
    assert refusal(remembering(10**6), stage.bob) == "UnknownL1Block"
    snapshot = net.rpc("evm_snapshot")
    l1.rpc("anvil_mine", hex(8_200))
    assert stage.try_out(slashing.promises_call(*told, *other)) == "OriginNotOnL1"
    assert net.rpc("evm_revert", snapshot)
    snapshot = net.rpc("evm_snapshot")
    remembering(followed).transact({"from": stage.bob})
    l1.rpc("anvil_mine", hex(8_200))
    assert stage.try_out(slashing.promises_call(*told, *other)) == "slashed"
    assert net.rpc("evm_revert", snapshot)
    depth = int(l1.rpc("eth_blockNumber"), 16) - followed + 1
    l1.rpc("anvil_reorg", depth, [])
    l1.rpc("evm_mine")
    assert stage.try_out(slashing.promises_call(*told, *other)) == "OriginNotOnL1"


def test_an_unproven_claim_is_not_accepted_as_evidence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or who makes a wrong one that nobody challenges could slash a sequencer that kept its word."""
    monkeypatch.setattr(slashing, "HEADERS_PER_CALL", 3)
    net, chain = stage.net, stage.chain
    for _ in range(9):
        net.rpc("evm_mine")
    head = chain.head
    index = stage.bridge.propose(block=head.number)
    blocks = chain.store.blocks(1, head.number)
    calls = slashing.block_proofs(index, output_after(head), blocks)
    assert len(calls) > 3
    net.l1.rpc("evm_increaseTime", 5)
    net.l1.rpc("evm_mine")
    assert stage.bridge.games[index]["status"] == "defender-wins"
    net.l1.rpc("evm_increaseTime", 5)
    net.l1.rpc("evm_mine")
    assert stage.try_out(calls[0]) == "ClaimNotProven"
    net.rpc("evm_mine")
    stage.show(1)  # by several calls
    l1 = net.node.l1
    assert l1 is not None
    assert slashing.shown_block(l1.sequencer.head_state(), MAINNET_ADDRESSES, 1) == chain.block(1).hash
    game = int(stage.bridge.games[-1]["index"], 16)
    head = chain.head
    wrong = msgspec.structs.replace(output_after(head), state_root=bytes(32))
    assert stage.try_out(slashing.block_proofs(game, wrong, [head])[0]) == "WrongOutputRoot"
    assert stage.try_out(slashing.block_proofs(game, output_after(head), [chain.block(3)])[0]) == "WrongHeader"


def test_a_bond_is_given_back_after_its_delay(stage: Stage) -> None:
    net, slasher = stage.net, stage.slasher.functions
    for function in (slasher.requestWithdrawal(), slasher.withdraw(stage.bob)):
        assert refusal(function, stage.bob) == "NoBond"
    slasher.deposit(stage.bob).transact({"from": stage.alice, "value": 3 * ETHER})
    assert refusal(slasher.withdraw(stage.bob), stage.bob) == "NotYetWithdrawable"
    slasher.requestWithdrawal().transact({"from": stage.bob})
    net.l1.rpc("evm_increaseTime", 7 * 86_400 - 10)
    net.l1.rpc("evm_mine")
    assert refusal(slasher.withdraw(stage.bob), stage.bob) == "NotYetWithdrawable"
    net.l1.rpc("evm_increaseTime", 20)
    net.l1.rpc("evm_mine")
    before = stage.balance(stage.carol)
    slasher.withdraw(stage.carol).transact({"from": stage.bob})
    assert stage.balance(stage.carol) == before + 3 * ETHER
    assert slasher.bondOf(stage.bob).call() == 0


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_evidence_is_submitted_from_the_command_line(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, preset: str
) -> None:
    flags = ("--preset", preset, "--state", str(tmp_path / "state.json"), "--sequencer-bond", "5")
    node = megadev_up(*flags)

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(
            cli, ["sequencer", "evidence", *arguments, "--rpc-url", node.url], prog_name="megadev"
        )
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.output)

    assert run("--submit")["evidence"] == []
    node.rpc("megadev_sequencer_equivocate")
    alice, bob = node.rpc("eth_accounts")[:2]
    node.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
    node.rpc("evm_mine")
    assert len(run()["equivocations"]) == 1
    found = run("--submit", "--from", bob)
    assert found["evidence"][0]["status"] == "slashed" and found["evidence"][0]["taken"] == hex(5 * ETHER)
    assert node.stop() == 0
    node = megadev_up(*flags)
    assert run("--submit")["sequencers"][0] == found["sequencers"][0]

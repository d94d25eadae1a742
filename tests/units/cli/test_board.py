"""What the board makes of a running node: a value with everything that is worth a look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.cli.terminal.board import Board, ForkView, TransactionView, View
from megadev.cli.terminal.calls import ether
from megadev.cli.terminal.screen import draw
from megadev.cli.terminal.ui import in_keys
from megadev.clock import ManualClock
from megadev.events import SequencerCondition
from megadev.primitives.abi import encode, encode_call
from megadev.reload.notices import Notice
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.stage.failing_project import PROJECT, bytecode, line_of

ARTIFACT = json.loads((Path(__file__).parents[2] / "contracts" / "Reverter.json").read_text())


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(manual_clock=True, timestamp=1_700_000_000) as net:
        yield net


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000)


@pytest.fixture
def board(net: Devnet, clock: ManualClock) -> Board:
    board = Board(net, monotonic_ns=clock.monotonic_ns)
    board.subscribe()
    return board


def transfer(net: Devnet, value: int = 10**18) -> None:
    alice, bob = (account.address for account in net.accounts[:2])
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": hex(value)})


def fail(net: Devnet) -> None:
    """Deploy a contract, known by an artifact, and have it revert."""
    fields = {"name": "Reverter", "abi": ARTIFACT["abi"], "bytecode": ARTIFACT["creation"]}
    net.rpc("megadev_addArtifact", {**fields, "deployedBytecode": ARTIFACT["runtime"]})
    alice = net.accounts[0].address
    sent = net.rpc("eth_sendTransaction", {"from": alice, "data": ARTIFACT["creation"]})
    made = net.rpc("eth_getTransactionReceipt", sent)["contractAddress"]
    data = net.w3.keccak(text="withReason()")[:4].to_0x_hex()
    net.rpc("eth_sendTransaction", {"from": alice, "to": made, "data": data, "gas": "0x20000"})


def read(board: Board) -> View:
    board.read_messages()
    return board.view()


def test_both_chains_show_heads_and_waiting_transactions(net: Devnet, board: Board) -> None:
    transfer(net)
    net.l1.rpc("anvil_mine", "0x2")
    net.rpc("evm_setAutomine", False)
    transfer(net)
    l2, l1 = board.view().chains
    assert (l2.name, l2.chain_id, l2.newest, l2.waiting) == ("L2", 31337, 1, 1)
    assert (l1.name, l1.chain_id, l1.newest, l1.waiting) == ("L1", 900, 2, 0)
    assert l2.safe <= l2.newest and l1.finalized <= l1.safe


def test_calls_are_decoded_on_both_chains(net: Devnet, board: Board) -> None:
    transfer(net)
    fail(net)
    Bridge(net.l1, net.l2).deposit(10**18)
    rows = board.view().transactions
    arrived, deposited, failed, created, sent = rows
    assert sent.says.startswith("1 ETH to 0x7099…79C8") and sent.succeeded and sent.took_ms is not None
    assert created.says == "new Reverter.constructor()"
    assert failed.says == "out of luck: Reverter.withReason()" and not failed.succeeded
    assert (deposited.chain, deposited.says[:36]) == ("L1", "OptimismPortal2.depositTransaction(t")
    assert (arrived.chain, arrived.took_ms) == ("L2", None) and arrived.says.startswith("deposit: 1 ETH to 0x")


def test_an_unknown_call_is_shown_by_its_size(net: Devnet, board: Board) -> None:
    net.rpc("anvil_setCode", "0x" + "11" * 20, "0x00")
    net.rpc(
        "eth_sendTransaction",
        {"from": net.accounts[0].address, "to": "0x" + "11" * 20, "data": "0x12345678" + "00" * 64},
    )
    assert board.view().transactions[0].says == "0x1111…1111 0x12345678 and 64 bytes"


def test_only_visible_calls_are_decoded_once(net: Devnet, board: Board) -> None:
    for value in range(1, 5):
        transfer(net, value)
    first = board.view(2).transactions
    assert [row.says.split()[0] for row in first] == ["4", "3"]
    transfer(net, 5)
    again = board.view(2).transactions
    assert again[1] is first[0]


def test_rates_are_of_the_last_seconds(net: Devnet, board: Board, clock: ManualClock) -> None:
    assert board.view().rates.transactions == 0.0
    for _ in range(20):
        transfer(net)
    clock.advance(2)
    assert board.view().rates.transactions == 10.0
    assert board.view().rates.blocks == 10.0
    clock.advance(6)
    board.view()
    clock.advance(6)
    assert board.view().rates.transactions == 0.0


def test_every_preconfirmation_is_in_the_histogram(net: Devnet, board: Board) -> None:
    assert board.view().durations is None
    for _ in range(3):
        transfer(net)
    durations = board.view().durations
    assert durations is not None
    assert durations.count == 3
    assert 0 < durations.p50 <= durations.p99


def test_a_withdrawal_is_followed_to_its_end(net: Devnet, board: Board) -> None:
    bridge = Bridge(net.l1, net.l2)
    assert read(board).messages == ()
    sent = bridge.withdraw(10**17)
    states = []
    for step in (
        lambda: None,
        lambda: net.rpc("megadev_proposeOutput"),
        lambda: bridge.prove(sent),
        lambda: net.rpc("megadev_skipWithdrawalWindows"),
        lambda: bridge.finalize(sent),
    ):
        step()
        messages = read(board).messages
        assert messages is not None
        assert (messages[0].way, messages[0].amount) == ("L2 → L1", "0.1 ETH")
        states.append((messages[0].mark, messages[0].state, messages[0].left is not None))
    assert states[0] in ((".", "initiated, awaits a proposal", False), ("!", "ready to prove", False))
    assert states[1:] == [
        ("!", "ready to prove", False),
        (".", "proven", True),
        ("!", "ready to finalize", False),
        ("+", "finalized", False),
    ]


def test_pending_messages_are_listed_before_finished_ones(net: Devnet, board: Board) -> None:
    bridge = Bridge(net.l1, net.l2)
    bridge.withdraw(10**17)
    bridge.deposit(10**18)
    messages = read(board).messages
    assert messages is not None
    assert [each.state == "arrived" for each in messages] == [False, True]
    assert not board.is_behind


def test_the_sequencers_faults_are_shown(net: Devnet, board: Board) -> None:
    assert board.view().troubles == ()
    net.rpc("megadev_sequencer_censor", ["0x" + "11" * 20])
    net.rpc("megadev_sequencer_setLatency", {"answer": "5ms"})
    net.rpc("megadev_sequencer_pause")
    view = board.view()
    assert view.condition is SequencerCondition.PAUSED
    assert view.troubles == ("censor 0x1111…1111", "answers 5ms late")
    assert view.happenings[0].lines == ("paused",)


def test_a_revert_is_an_event(net: Devnet, board: Board) -> None:
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_mine", "0x3")
    net.rpc("evm_revert", snapshot)
    assert board.view().happenings[0].lines == ("blocks 1 to 3 reverted",)


def test_a_failed_compilation_is_shown_with_its_place(net: Devnet, board: Board) -> None:
    board.tell(Notice("failed", "src/Vault.sol:12:9: TypeError: no\nnot reloaded, the chain is unchanged"))
    (told,) = board.view().happenings
    assert (told.kind, told.level) == ("failed", "bad")
    assert told.lines == ("src/Vault.sol:12:9: TypeError: no", "not reloaded, the chain is unchanged")


def test_a_plan_that_waits_can_be_applied_by_a_key() -> None:
    with Devnet(manual_clock=True, reload="ask", watch=(".",)) as net:
        board = Board(net)
        board.tell(Notice("plan", "Vault: replace code", {"contracts": [{}]}))
        assert board.view().offer == "apply"
        board.tell(Notice("reloaded", "reload 1: Vault replaced"))
        assert board.view().offer == "undo"
        board.tell(Notice("undone", "reload 1 undone"))
        assert board.view().offer == ""


def test_contract_output_cannot_control_the_terminal(net: Devnet, board: Board) -> None:
    board.happened("console", "\x1b[2J\x1b[31mboo\x07\nsecond")
    board.answer("\x1b[2Jboo\x07")
    lines = draw(board.view(), 80, 24)
    assert all(line.plain.isprintable() for line in lines)
    assert any("second" in line.plain for line in lines)


def test_a_fork_is_shown_without_its_key(net: Devnet, tmp_path: Path) -> None:
    from megadev.cli.terminal.board import _fork

    upstream = net.serve().replace("http://", "http://user:secret@") + "/v2/key"
    with Devnet(fork_url=(upstream,), fork_cache=tmp_path, no_l1=True) as forked:
        fork = _fork(forked.node.l2)
        assert isinstance(fork, ForkView)
        assert fork.source.endswith("/…") and "secret" not in fork.source and "key" not in fork.source
        assert (fork.block, fork.requests > 0, fork.prefetch) == (0, True, None)
        view = Board(forked).view()
        assert view.messages is None and len(view.chains) == 1


def test_amounts_are_for_people() -> None:
    assert [ether(wei) for wei in (0, 1, 10**18, 15 * 10**17, 10**24)] == [
        "0 ETH", "1 wei", "1 ETH", "1.5 ETH", "1000000 ETH",
    ]  # fmt: skip


def test_the_open_block_counts() -> None:
    """Under MegaETH's preset the newest block is open most of the time."""
    with Devnet(preset="megaeth", no_mining=True, manual_clock=True) as net:
        board = Board(net)
        board.subscribe()
        transfer(net)
        view = board.view()
        assert (view.chains[0].newest, view.chains[0].is_open) == (1, True)
        assert view.transactions[0].block == 1
        passer = "0x4200000000000000000000000000000000000016"
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": passer, "value": "0x5"})
        assert board.is_behind
        (message,) = read(board).messages or ()
        assert (message.amount, message.mark) == ("5 wei", ".")
        assert net.rpc("eth_blockNumber") == "0x0", "it is open still"
        net.rpc("evm_mine")
        assert board.view().chains[0].is_open is False


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_failure_shows_its_line_once_it_is_found(preset: str) -> None:
    with Devnet(preset=preset, no_mining=preset == "megaeth", manual_clock=True, project=PROJECT) as net:
        board = Board(net)
        board.subscribe()
        sender, gas = net.accounts[0].address, hex(20_000_000)
        made = bytecode("Box") + encode(["uint256"], [5]).hex()
        sent = net.rpc("eth_sendTransaction", {"from": sender, "gas": gas, "data": made})
        box = net.rpc("eth_getTransactionReceipt", sent)["contractAddress"]
        call = "0x" + encode_call("put(uint256)", 0).hex()
        sent = net.rpc("eth_sendTransaction", {"from": sender, "gas": gas, "to": box, "data": call})
        row = board.view().transactions[0]
        assert (row.succeeded, row.source, row.hash) == (False, "", sent)
        assert row.about.startswith(f"from {sender} · ")
        net.rpc("evm_mine")
        board.read_sources(0)
        line = line_of("Box.vy", "assert amount > 0")
        assert board.view().transactions[0].source.startswith(f"src/Box.vy:{line}  assert amount > 0")


def test_a_transaction_is_chosen_by_steps(net: Devnet, board: Board) -> None:
    assert board.chosen is None
    board.select(1)
    for value in (1, 2, 3):
        transfer(net, value)
    assert board.chosen is not None and board.chosen[1].tx.value == 3, "the newest"
    chosen = []
    for step in (1, 1, 1, 5, -1, -9):
        board.select(step)
        assert board.chosen is not None
        chosen.append((board.chosen[1].tx.value, board.view().selected))
    assert chosen == [(3, 0), (2, 1), (1, 2), (1, 2), (2, 1), (3, 0)]
    transfer(net, 4)
    assert board.view().selected == 1, "it stays with what was chosen"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the sequencer has crashed: restart it with megadev_sequencer_restart", "the sequencer has crashed: press p"),
        (
            "the sequencer is paused: nothing is executed or sealed until megadev_sequencer_resume",
            "the sequencer is paused: nothing is executed or sealed until you press p",
        ),
        ("there is nothing to undo", "there is nothing to undo"),
    ],
)
def test_a_message_names_the_key_not_the_method(message: str, said: str) -> None:
    assert in_keys(message) == said


def test_every_refusal_of_a_paused_sequencer_names_the_key(net: Devnet) -> None:
    for stop in ("pause", "crash"):
        net.rpc(f"megadev_sequencer_{stop}")
        with pytest.raises(RpcError) as refused:
            net.rpc("evm_mine")
        assert "press p" in in_keys(str(refused.value))
        assert "megadev_" not in in_keys(str(refused.value))


def test_the_view_is_a_value(net: Devnet, board: Board) -> None:
    """The same twice where nothing has happened: so nothing is drawn."""
    transfer(net)
    assert board.view() == board.view()
    assert hash(TransactionView("L2", 1, "0x", True, "", None))

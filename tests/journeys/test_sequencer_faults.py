"""A sequencer broken on purpose, as an application sees it: over HTTP and WebSocket, with nothing but requests.

Blocks and mini-blocks close when a test says so (``evm_mine``): their timers are set to an hour.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.cli.client import CallFailed, call
from megadev.cli.main import run
from megadev.clock import ManualClock
from megadev.primitives import rlp
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.latency import Latency
from megadev.primitives.signatures import address_of, recover
from tests.contracts import load
from tests.manual_loop import ManualLoop
from tests.stage.sockets import Socket

NOBODY = "0x" + "99" * 20
UNSEALED = "0x" + "ff" * 32
NEW_KEY = "0x" + "34" * 32
SLOW = {"preset": "megaeth", "no_l1": True, "block_time": 3_600, "mini_block_time": 3_600}


class App:
    """A client of a served node, by HTTP and by WebSocket."""

    def __init__(self, **settings: Any) -> None:
        self.net = Devnet(**(SLOW | settings))
        self.net.serve()
        self.url = self.net.url
        self.socket = Socket(self.url.replace("http", "ws"))
        self.alice, self.bob, self.carol = (account.address for account in self.net.accounts[:3])

    def rpc(self, method: str, *params: Any) -> Any:
        return call(self.url, method, list(params))

    def refusal(self, method: str, *params: Any) -> CallFailed:
        with pytest.raises(CallFailed) as refused:
            self.rpc(method, *params)
        return refused.value

    def control(self, name: str, *params: Any) -> Any:
        return self.rpc(f"megadev_sequencer_{name}", *params)

    def pay(self, sender: str = "", **fields: Any) -> str:
        request = {"from": sender or self.alice, "to": NOBODY, "value": "0x1", "gas": "0x186a0", **fields}
        tx_hash: str = self.rpc("eth_sendTransaction", request)
        return tx_hash

    def receipt(self, tx_hash: str) -> Any:
        return self.rpc("eth_getTransactionReceipt", tx_hash)

    def promise(self, tx_hash: str) -> Any:
        return self.rpc("megadev_getPreconfirmation", tx_hash)

    def nonce(self, sender: str = "") -> int:
        return int(self.rpc("eth_getTransactionCount", sender or self.alice, "latest"), 16)

    def balance(self) -> int:
        return int(self.rpc("eth_getBalance", NOBODY, "latest"), 16)

    def content(self, block: str = "latest") -> list[str]:
        found: list[str] = self.rpc("eth_getBlockByNumber", block, False)["transactions"]
        return found

    def close(self) -> None:
        self.socket.close()
        self.net.close()


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    yield app
    app.close()


@pytest.fixture
def dev() -> Iterator[App]:
    """A block for each transaction."""
    app = App(preset="dev", block_time=None, mini_block_time=0)
    yield app
    app.close()


# -- pause --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("app", -32000), ("dev", 4)])
def test_while_paused_transactions_wait_and_sync_sends_time_out(
    name: str, code: int, request: pytest.FixtureRequest
) -> None:
    app: App = request.getfixturevalue(name)
    assert app.control("pause")["condition"] == "paused"
    request_ = {"from": app.alice, "to": NOBODY, "value": "0x1"}
    assert app.refusal("eth_sendTransactionSync", request_, 1).code == code
    waiting = app.content("pending")
    assert len(waiting) == 1 and app.receipt(waiting[0]) is None
    assert app.control("status")["waiting"] == "0x1"
    assert "paused" in str(app.refusal("evm_mine"))
    assert app.rpc("eth_blockNumber") == "0x0"
    assert app.control("resume")["condition"] == "running"
    assert app.receipt(waiting[0])["blockNumber"] == "0x1"
    assert app.promise(waiting[0])["status"] == ("kept" if name == "dev" else "pending")


def test_a_pause_leaves_preconfirmed_transactions_unsealed(app: App) -> None:
    tx_hash = app.pay()
    app.control("pause")
    later = app.pay()
    assert (app.receipt(tx_hash)["blockHash"], app.receipt(later)) == (UNSEALED, None)
    for change in (("anvil_setBalance", NOBODY, "0x5"), ("evm_snapshot",), ("evm_setNextBlockTimestamp", 10**11)):
        refused = app.refusal(*change)
        assert refused.code == -32000 and "paused" in str(refused)
    app.control("resume")
    app.rpc("evm_mine")
    assert app.content() == [tx_hash, later]


def test_a_wait_ends_once_the_sequencer_resumes(app: App) -> None:
    app.control("pause")
    heard = app.socket.rpc("eth_subscribe", "newPendingTransactions")
    answers: list[Any] = []
    sender = threading.Thread(
        target=lambda: answers.append(
            app.rpc("eth_sendTransactionSync", {"from": app.alice, "to": NOBODY, "value": "0x1"}, 60_000)
        )
    )
    sender.start()
    tx_hash = app.socket.next(heard)
    app.control("resume")
    sender.join(60)
    assert answers[0]["transactionHash"] == tx_hash


# -- crash --------------------------------------------------------------------------------------------------------


def test_after_a_crash_sends_are_refused_and_a_restart_restores_the_rest(app: App) -> None:
    hashes = [app.pay(), app.pay(app.bob), app.pay()]
    promises = [app.promise(tx_hash) for tx_hash in hashes]
    receipts = [app.receipt(tx_hash) for tx_hash in hashes]
    heard = app.socket.rpc("eth_subscribe", "lostPreconfirmations")
    assert app.control("crash") | {"unsealed": "0x3", "condition": "crashed"} == app.control("status")
    refused = app.refusal("eth_sendTransaction", {"from": app.alice, "to": NOBODY})
    assert (refused.code, "permanent error forwarding request" in str(refused)) == (-32000, True)
    assert [app.receipt(tx_hash) for tx_hash in hashes] == [None] * 3, "a replica knows what was sealed"
    assert (app.nonce(), app.rpc("eth_blockNumber")) == (0, "0x0")
    for steered in ("evm_mine", "evm_snapshot", "megadev_sequencer_pause", "megadev_sequencer_crash"):
        assert "crash" in str(app.refusal(steered))
    app.control("restart")
    assert [app.receipt(tx_hash) for tx_hash in hashes] == receipts
    app.rpc("evm_mine")
    assert app.content() == hashes
    assert [app.promise(tx_hash) for tx_hash in hashes] == [promise | {"status": "kept"} for promise in promises]
    assert app.socket.is_quiet(), heard


def test_a_crash_that_loses_transactions_reports_them_and_rolls_back_nonces(app: App) -> None:
    app.pay()
    app.rpc("anvil_setBalance", NOBODY, "0x64")
    lost = [app.pay(), app.pay(app.bob)]
    waiting = app.pay(app.carol, nonce="0x1")
    promised = [app.promise(tx_hash) for tx_hash in lost]
    assert (app.nonce(), app.balance()) == (2, 102)
    notices = app.socket.rpc("eth_subscribe", "lostPreconfirmations")
    app.control("crash", {"survive": False})
    assert app.socket.next(notices) == {
        "blockNumber": "0x2",
        "transactionHashes": lost,
        "miniBlockNumbers": [],
        "reason": "the sequencer crashed and has lost it",
    }
    assert [app.receipt(tx_hash) for tx_hash in lost] == [None, None]
    assert app.rpc("eth_getTransactionByHash", waiting) is None, "what waited is gone too"
    assert (app.nonce(), app.balance()) == (1, 100), "cheats are not the sequencer's to lose"
    for tx_hash, promise in zip(lost, promised, strict=True):
        told = app.promise(tx_hash)
        assert told == promise | {"status": "broken", "reason": told["reason"], "actual": None}
    assert app.control("restart")["brokenPromises"] == "0x2"
    again = app.pay(nonce="0x1")
    app.rpc("evm_mine")
    assert app.content() == [again]


@pytest.mark.parametrize("name", ["app", "dev"])
def test_a_crash_that_loses_sealed_blocks_is_a_reorganisation_that_subscribers_see(
    name: str, request: pytest.FixtureRequest
) -> None:
    app: App = request.getfixturevalue(name)
    created = app.rpc("eth_sendTransactionSync", {"from": app.alice, "data": "0x" + load("Logger").creation.hex()})
    if name == "app":
        app.rpc("evm_mine")
    logged = app.pay(value="0x0", to=created["contractAddress"], data=_many(2))
    if name == "app":
        app.rpc("evm_mine")
    kinds = ("logs", "newHeads", "lostPreconfirmations")
    logs, heads, notices = (app.socket.rpc("eth_subscribe", kind) for kind in kinds)
    app.control("crash", {"survive": False, "blocks": 1})
    told = [app.socket.next(logs), app.socket.next(logs)]
    assert [(log["removed"], log["transactionHash"], log["logIndex"]) for log in told] == [
        (True, logged, "0x0"), (True, logged, "0x1"),
    ]  # fmt: skip
    assert app.socket.next(heads)["number"] == "0x1"
    notice = app.socket.next(notices)
    assert (notice["blockNumber"], notice["transactionHashes"]) == ("0x2", [logged])
    assert app.receipt(logged) is None and app.nonce() == 1
    app.control("restart")
    app.pay()
    if name == "app":
        app.rpc("evm_mine")
    assert app.socket.next(heads)["number"] == "0x2"


def test_requests_that_wait_for_a_receipt_fail_when_the_sequencer_crashes(app: App) -> None:
    app.control("pause")
    heard = app.socket.rpc("eth_subscribe", "newPendingTransactions")
    refusals: list[CallFailed] = []
    sender = threading.Thread(
        target=lambda: refusals.append(
            app.refusal("eth_sendTransactionSync", {"from": app.alice, "to": NOBODY}, 60_000)
        )
    )
    sender.start()
    tx_hash = app.socket.next(heard)
    app.control("crash")
    sender.join(60)
    assert refusals[0].code == -32000 and tx_hash in str(refusals[0])
    app.control("restart")
    assert app.receipt(tx_hash)["status"] == "0x1", "what waited survived too"


def test_a_gateway_can_go_down_with_it(app: App) -> None:
    app.control("crash", {"reads": False})
    refused = app.refusal("eth_blockNumber")
    assert (refused.code, "context deadline exceeded" in str(refused)) == (-32000, True)
    assert app.control("status")["condition"] == "crashed"
    app.control("restart")
    assert app.rpc("eth_blockNumber") == "0x0"


def test_a_crash_cannot_lose_missing_blocks(app: App) -> None:
    assert app.refusal("megadev_sequencer_crash", {"survive": False, "blocks": 1}).code == -32602
    app.rpc("evm_mine")
    assert app.refusal("megadev_sequencer_crash", {"blocks": 1}).code == -32602
    assert app.control("status")["condition"] == "running"
    assert "has not crashed" in str(app.refusal("megadev_sequencer_restart"))


# -- the key ------------------------------------------------------------------------------------------------------


def test_a_key_changes_where_a_block_begins_and_signatures_go_by_the_block(app: App) -> None:
    minis = app.socket.rpc("eth_subscribe", "miniBlocks")
    old = app.rpc("megadev_sequencerAt", "latest")
    before = app.pay()
    new = app.control("rotateKey", {"key": NEW_KEY})
    assert new == {"signer": "0x" + address_of(bytes.fromhex(NEW_KEY[2:])).hex(), "fromBlock": "0x2"}
    status = app.control("status")
    assert (status["signer"], status["nextSigner"]) == (old, new)
    still = app.pay()
    app.rpc("evm_mine")
    after = app.pay()
    app.rpc("evm_mine")
    assert [app.promise(tx_hash)["signer"] for tx_hash in (before, still, after)] == [old, old, new["signer"]]
    for number, signer in (("0x1", old), ("0x2", new["signer"])):
        mini = app.socket.next(minis)
        assert (mini["block_number"], _signer(mini)) == (number, signer)
        assert app.rpc("megadev_sequencerAt", number) == signer
    assert app.refusal("megadev_sequencer_rotateKey", {"block": 1}).code == -32602
    assert app.refusal("megadev_sequencer_rotateKey", {"key": "0x" + "00" * 32}).code == -32602
    drawn = app.control("rotateKey", {"block": 9})
    assert drawn["signer"] not in (old, new["signer"]) and drawn["fromBlock"] == "0x9"


# -- latency ------------------------------------------------------------------------------------------------------


def test_latency_delays_only_answers_to_sends(app: App) -> None:
    held: list[float] = []

    async def note(seconds: float) -> None:
        held.append(seconds)

    app.net.node.link.sleep = note
    app.control("setLatency", {"answer": "5ms±2ms", "seed": 7})
    app.rpc("eth_blockNumber")
    assert held == []
    for _ in range(20):
        app.pay()
    assert len(held) == 20 and all(0.003 <= seconds <= 0.007 for seconds in held) and len(set(held)) > 10
    assert app.control("status")["latency"]["delayedAnswers"] == "0x14"
    first, held[:] = held[:], []
    app.control("setLatency", {"answer": "5ms+-2ms", "seed": 7})
    for _ in range(20):
        app.pay()
    assert held == first, "the same seed draws the same"
    app.control("setLatency", {})
    app.pay()
    assert len(held) == 20


def test_a_delayed_answer_does_not_delay_others(app: App) -> None:
    """The sender waits for ever; the chain, and everybody else, goes on."""
    never = threading.Event()

    async def hold(seconds: float) -> None:
        await asyncio.get_running_loop().run_in_executor(None, never.wait)

    app.net.node.link.sleep = hold
    app.control("setLatency", {"answer": "1s"})
    heard = app.socket.rpc("eth_subscribe", "newPendingTransactions")
    sender = threading.Thread(target=app.pay)
    sender.start()
    try:
        tx_hash = app.socket.next(heard)
        assert app.receipt(tx_hash)["status"] == "0x1"
        app.rpc("evm_mine")
        assert app.content() == [tx_hash] and sender.is_alive()
    finally:
        never.set()
        sender.join(60)


def test_notifications_come_later_and_in_order(dev: App) -> None:
    heads = dev.socket.rpc("eth_subscribe", "newHeads")
    dev.control("setLatency", {"stream": "3ms±3ms"})
    for _ in range(20):
        dev.rpc("evm_mine")
    dev.control("setLatency", {})
    dev.rpc("evm_mine")
    assert [int(dev.socket.next(heads)["number"], 16) for _ in range(21)] == list(range(1, 22))
    assert int(dev.control("status")["latency"]["delayedNotices"], 16) == 20


def test_latency_is_a_setting_too() -> None:
    for given in ("5ms±2ms", "5ms+-2ms", "5 ms +/- 2 ms", "5000us±2000µs", Latency(0.005, 0.002)):
        with Devnet(latency=given) as net:
            assert net.rpc("megadev_sequencer_status")["latency"] | {"answer": "", "seed": ""} == {
                "answer": "", "stream": "5ms±2ms", "seed": "", "delayedAnswers": "0x0", "delayedNotices": "0x0",
            }  # fmt: skip
            net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY})
            assert net.rpc("megadev_sequencer_status")["latency"]["delayedAnswers"] == "0x1"


# -- broken promises ----------------------------------------------------------------------------------------------


def test_a_withheld_transaction_is_promised_and_not_in_the_block(app: App) -> None:
    minis, notices, heads = (
        app.socket.rpc("eth_subscribe", kind) for kind in ("miniBlocks", "lostPreconfirmations", "newHeads")
    )
    first, withheld, behind, other = app.pay(), app.pay(app.bob), app.pay(app.bob), app.pay(app.carol)
    assert app.receipt(withheld)["status"] == "0x1"
    app.control("withhold", {"transactions": [withheld]})
    assert app.control("status")["faults"]["withhold"] == {"transactions": [withheld], "addresses": [], "delay": False}
    app.rpc("evm_mine")
    assert app.content() == [first, other]
    notice = app.socket.next(notices)
    assert notice["transactionHashes"] == [withheld, behind, other]
    assert withheld in notice["reason"]
    assert [tx["hash"] for tx in app.socket.next(minis)["transactions"]] == [first, other]
    assert app.socket.next(heads)["number"] == "0x1"
    assert [app.promise(tx_hash)["status"] for tx_hash in (first, withheld, behind, other)] == ["kept"] + ["broken"] * 3
    assert app.promise(withheld)["actual"] is None
    assert app.promise(other)["actual"]["transactionIndex"] == "0x1", "it moved: that is not what was promised"
    assert app.receipt(withheld) is None and app.nonce(app.bob) == 0
    assert app.control("status")["faults"]["withhold"] is None, "it happens once"


def test_announced_mini_blocks_become_void_if_the_block_differs(app: App) -> None:
    """Announced once with both, then, under the same number, with what is left."""
    minis, notices = (app.socket.rpc("eth_subscribe", kind) for kind in ("miniBlocks", "lostPreconfirmations"))
    pair = [app.pay(), app.pay(app.bob)]
    _on_the_loop(app, app.net.l2.chain.sequencer.close_mini_block)
    assert [tx["hash"] for tx in app.socket.next(minis)["transactions"]] == pair
    app.control("withhold", {"addresses": [app.alice]})
    app.rpc("evm_mine")
    assert app.socket.next(notices)["miniBlockNumbers"] == ["0x0"]
    again = app.socket.next(minis)
    assert (again["mini_block_number"], [tx["hash"] for tx in again["transactions"]]) == ("0x0", pair[1:])


def test_a_delayed_transaction_is_in_the_next_block(app: App) -> None:
    tx_hash = app.pay()
    app.control("withhold", {"addresses": [NOBODY], "delay": True})
    app.rpc("evm_mine")
    assert app.content() == []
    app.rpc("evm_mine")
    assert app.content() == [tx_hash]
    told = app.promise(tx_hash)
    assert (told["status"], told["blockNumber"], told["actual"]["blockNumber"]) == ("broken", "0x1", "0x2")


def test_in_the_dev_preset_an_instant_block_can_do_without_its_transaction(dev: App) -> None:
    dev.control("withhold", {"addresses": [dev.alice]})
    notices = dev.socket.rpc("eth_subscribe", "lostPreconfirmations")
    tx_hash = dev.pay()
    assert dev.socket.next(notices)["transactionHashes"] == [tx_hash]
    assert (dev.receipt(tx_hash), dev.content("0x1"), dev.promise(tx_hash)["status"]) == (None, [], "broken")
    later = dev.pay(value="0x2")
    assert dev.content() == [later]


def test_reorder_seals_another_order_than_promised(app: App) -> None:
    app.control("reorder")
    alone = [app.pay(), app.pay()]
    app.rpc("evm_mine")
    assert app.content() == alone, "one sender's can come in no other order"
    promised = [app.pay(), app.pay(app.bob), app.pay()]
    app.rpc("evm_mine")
    assert app.content() == [promised[1], promised[0], promised[2]]
    told = [app.promise(tx_hash) for tx_hash in promised]
    assert [promise["status"] for promise in told] == ["broken", "broken", "kept"]
    assert [promise["actual"]["transactionIndex"] for promise in told[:2]] == ["0x1", "0x0"]
    following = [app.pay(), app.pay(app.bob)]
    app.rpc("evm_mine")
    assert app.content() == following, "it happens once"


@pytest.mark.parametrize("name", ["app", "dev"])
def test_only_censored_accounts_are_excluded(name: str, request: pytest.FixtureRequest) -> None:
    app: App = request.getfixturevalue(name)
    app.control("censor", [app.bob])
    censored = [app.pay(app.bob), app.pay(to=app.bob), app.pay()]
    other = app.pay(app.carol)
    for _ in range(2):
        app.rpc("evm_mine")
    assert [app.receipt(tx_hash) for tx_hash in censored] == [None] * 3, "the last follows one that is censored"
    assert app.receipt(other)["status"] == "0x1"
    refused = app.refusal("eth_sendTransactionSync", {"from": app.bob, "to": NOBODY}, 1)
    assert refused.code in (4, -32000)
    assert [app.promise(tx_hash) for tx_hash in censored] == [None] * 3, "nothing was promised"
    app.control("behave")
    assert [app.receipt(tx_hash)["status"] for tx_hash in censored] == ["0x1"] * 3


def test_two_mini_blocks_with_one_number_are_evidence_that_verifies(
    app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    minis = app.socket.rpc("eth_subscribe", "miniBlocks")
    app.control("equivocate")
    pair = [app.pay(), app.pay(app.bob)]
    app.rpc("evm_mine")
    told, rival = app.socket.next(minis), app.socket.next(minis)
    assert [told["mini_block_number"], rival["mini_block_number"]] == ["0x0", "0x0"]
    assert [[tx["hash"] for tx in mini["transactions"]] for mini in (told, rival)] == [pair, pair[:1]]
    sequencer = app.rpc("megadev_sequencerAt", "0x1")
    assert [_signer(mini) for mini in (told, rival)] == [sequencer] * 2
    (found,) = app.control("evidence")["equivocations"]
    assert found["miniBlocks"] == [told, rival]
    first, second = found["preconfirmations"]
    assert (first["transactionHash"], first["miniBlockNumber"]) == (second["transactionHash"], "0x0")
    assert second["miniBlockNumber"] == "0x1"
    for name, promise in (("first", first), ("second", second)):
        path = tmp_path / name
        path.write_text(json.dumps(promise))
        assert run(["preconf", "verify", str(path), "--signer", sequencer]) == 0
    assert capsys.readouterr().out.count("valid: ") == 2
    assert app.promise(pair[1])["conflicting"] == [second]
    assert "conflicting" not in app.promise(pair[0])
    app.pay()
    app.rpc("evm_mine")
    assert app.socket.next(minis)["mini_block_number"] == "0x1"
    assert app.socket.is_quiet(), "it happens once"


# -- going back, and the command line -----------------------------------------------------------------------------


def test_a_revert_clears_faults_set_since_its_snapshot(app: App) -> None:
    app.control("censor", [app.carol])
    before = app.control("status")
    snapshot = app.rpc("evm_snapshot")
    app.control("rotateKey", {"key": NEW_KEY})
    app.control("setLatency", {"stream": "1ms"})
    app.control("withhold", {"addresses": [app.alice]})
    tx_hash = app.pay()
    app.rpc("evm_mine")
    assert app.promise(tx_hash)["status"] == "broken"
    app.pay(app.bob)
    app.control("crash", {"reads": False})
    assert app.rpc("evm_revert", snapshot) is True
    after = app.control("status")
    assert after["latency"].pop("delayedNotices") and before["latency"].pop("delayedNotices")
    assert after == before
    assert app.promise(tx_hash) is None
    app.pay()
    app.rpc("evm_mine")
    assert len(app.content()) == 1


def test_a_reset_ends_all_faults(app: App) -> None:
    app.pay()
    app.control("censor", [app.bob])
    app.control("crash", {"reads": False})
    app.rpc("anvil_reset")
    status = app.control("status")
    assert (status["condition"], status["faults"]["censor"], status["unsealed"]) == ("running", [], "0x0")
    assert app.rpc("eth_blockNumber") == "0x0"


def test_a_paused_chain_is_saved_with_its_open_block(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Devnet(**SLOW, state=path) as net:
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY, "value": "0x7"})
        net.rpc("megadev_sequencer_pause")
    with Devnet(**SLOW, state=path) as net:
        assert net.rpc("eth_getBalance", NOBODY) == "0x7"


def test_timers_do_not_seal_for_a_stopped_sequencer() -> None:
    clock = ManualClock(1_700_000_000)
    loop = ManualLoop(clock)
    net = Devnet(preset="megaeth", no_l1=True, clock=clock, loop=loop)  # type: ignore[arg-type]
    sender = net.accounts[0].address
    net.rpc("eth_sendTransaction", {"from": sender, "to": NOBODY, "value": "0x1"})
    net.rpc("megadev_sequencer_pause")
    loop.advance(5)
    assert net.rpc("eth_blockNumber") == "0x0"
    net.rpc("megadev_sequencer_crash")
    loop.advance(5)
    assert net.rpc("eth_blockNumber") == "0x0"
    net.rpc("megadev_sequencer_restart")
    loop.advance(0.01)
    assert net.l2.chain.mini_block(0) is not None
    loop.advance(2)
    assert int(net.rpc("eth_blockNumber"), 16) >= 2
    net.close()


def test_the_command_line_controls_it_and_the_terminal_reports_it(
    megadev_up: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    node = megadev_up("--color", "never")

    def steer(*arguments: str) -> Any:
        assert run(["sequencer", *arguments, "--rpc-url", node.url]) == 0
        return json.loads(capsys.readouterr().out)

    alice = node.rpc("eth_accounts")[0]
    assert steer("fault", "withhold", alice)["faults"]["withhold"]["addresses"] == [alice.lower()]
    tx_hash = node.rpc("eth_sendTransaction", {"from": alice, "to": NOBODY})
    node.wait_for(f"promise broken {tx_hash}: block 1 was sealed without {tx_hash}")
    assert [broken["transactionHash"] for broken in steer("evidence")["brokenPromises"]] == [tx_hash]
    assert steer("pause")["condition"] == "paused"
    node.wait_for("sequencer paused")
    assert steer("resume")["condition"] == "running"
    node.rpc("evm_mine")
    assert steer("crash", "--lose")["blockNumber"] == "0x1", "with nothing unsealed, the last block is lost"
    assert steer("restart")["condition"] == "running"
    assert steer("crash", "--lose", "--blocks", "1", "--no-reads")["blockNumber"] == "0x0"
    assert steer("restart")["condition"] == "running"
    assert steer("latency", "1ms±1ms", "--only", "answers", "--seed", "3")["latency"]["stream"] is None
    assert steer("rotate", "--key", NEW_KEY)["fromBlock"] == "0x1"
    assert steer("fault", "censor", alice)["faults"]["censor"] == [alice.lower()]
    assert steer("fault", "reorder")["faults"]["reorder"] is True
    assert steer("fault", "equivocate")["faults"]["equivocate"] is True
    assert steer("fault", "clear") == steer("status")
    assert run(["sequencer", "restart", "--rpc-url", node.url]) == 1
    assert "has not crashed" in capsys.readouterr().err


def test_invalid_fault_parameters_are_refused(app: App) -> None:
    for name, given in (
        ("withhold", {}),
        ("withhold", {"transactions": ["0x12"]}),
        ("censor", ["nobody"]),
        ("setLatency", {"answer": "5"}),
        ("setLatency", {"answer": 5}),
        ("setLatency", {"stream": "5ms±6ms"}),
        ("setLatency", {"stream": "61s"}),
        ("crash", {"survive": "maybe"}),
        ("rotateKey", {"key": "0x12"}),
    ):
        assert app.refusal(f"megadev_sequencer_{name}", given).code == -32602, (name, given)


def _many(count: int) -> str:
    return "0x" + encode_call("many(uint256)", count).hex()


def _on_the_loop(app: App, action: Any) -> None:
    """Have the node's own thread do something that has no method."""
    done = threading.Event()
    loop = app.net.dispatcher.writer.loop
    assert loop is not None
    loop.call_soon_threadsafe(lambda: (action(), done.set()))
    assert done.wait(60)


def _signer(mini: dict[str, Any]) -> str:
    """Who signed a mini-block, as it was announced."""
    numbers = ("block_number", "block_timestamp", "index", "mini_block_number", "mini_block_timestamp", "gas_used")
    fields: list[Any] = [int(mini[name], 16) for name in numbers]
    fields += [bytes.fromhex(mini[root][2:]) for root in ("transaction_root", "receipt_root")]
    signature = mini["signature"]
    y_parity, r, s = (int(signature[name], 16) for name in ("yParity", "r", "s"))
    found = recover(keccak(rlp.encode(fields)), y_parity, r, s)
    assert found is not None
    return "0x" + found.hex()

"""Hot standby as clients see it: a crash, another sequencer with a key of its own, and promises that are kept or told as
lost, under both presets; who is next; what a snapshot and a restart bring back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from megadev import Devnet
from megadev.cli.client import CallFailed, call
from megadev.errors import ConfigError
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import recover
from tests.stage.sockets import Socket
from tests.stage.waiting import until

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
PRESETS: dict[str, dict[str, Any]] = {"dev": {"batch": True}, "megaeth": {"preset": "megaeth", "channel_seconds": 0}}
BY_HAND: dict[str, Any] = {"preset": "megaeth", "block_time": 3_600, "mini_block_time": 3_600}
"""Blocks and mini-blocks end when a test says so."""


class Sequencers:
    """A node with standbys, and a client of it."""

    def __init__(self, **settings: Any) -> None:
        self.net = Devnet(**{"standby": 2} | settings)
        self.rpc = self.net.rpc
        self.paid = 0
        self.alice = self.net.accounts[0].address

    def pay(self, rpc: Callable[..., Any] | None = None) -> str:
        self.paid += 1  # each is another, also where a nonce comes back
        request = {"from": self.alice, "to": BOB, "value": hex(self.paid), "gas": "0x186a0"}
        sent: str = (rpc or self.rpc)("eth_sendTransaction", request)
        return sent

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.rpc("megadev_sequencer_status")
        return found

    def crash(self, **how: Any) -> dict[str, Any]:
        """Crash the active sequencer, and wait for the takeover; the status then."""
        before = self.status()["standby"]["order"]
        self.rpc("megadev_sequencer_crash", how)
        until(lambda: self.status()["condition"] == "running")
        after = self.status()
        assert after["standby"]["order"] == before[1:]
        return after

    def signer(self, number: int) -> str:
        found: str = self.rpc("megadev_sequencerAt", hex(number))
        return found

    def height(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)


@pytest.fixture
def opened() -> Iterator[Callable[..., Sequencers]]:
    made: list[Sequencers] = []

    def make(**settings: Any) -> Sequencers:
        made.append(Sequencers(**settings))
        return made[-1]

    yield make
    for each in made:
        each.net.close()


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_standby_takes_over_with_its_own_key(opened: Callable[..., Sequencers], preset: str) -> None:
    sequencers = opened(**PRESETS[preset])
    sent = sequencers.pay()
    members = [member["signer"] for member in sequencers.status()["standby"]["members"]]
    assert len(set(members)) == 3 and sequencers.status()["signer"] == members[0]
    after = sequencers.crash()
    last = after["standby"]["lastTakeover"]
    first = int(last["fromBlock"], 16)
    assert (last["member"], after["standby"]["active"]) == (1, 1)
    assert (sequencers.signer(first - 1), sequencers.signer(first)) == (members[0], members[1])
    assert after["signer"] == members[1]
    if preset == "megaeth":  # announced in the registry, by a transaction that L1 has too
        registry = after["registry"]
        assert registry["signer"] == members[1] or registry["nextSigner"] == {
            "signer": members[1], "fromBlock": hex(first),
        }  # fmt: skip
    again = sequencers.pay()
    sequencers.rpc("evm_mine")
    assert sequencers.rpc("eth_getTransactionReceipt", again)["status"] == "0x1"
    told = sequencers.rpc("megadev_getPreconfirmation", again)
    assert (told["signer"], told["status"]) == (members[1], "kept")
    old = sequencers.rpc("megadev_getPreconfirmation", sent)
    assert old["signer"] == members[0] and old["status"] in ("kept", "broken")
    assert sequencers.crash()["standby"]["active"] == 2
    sequencers.rpc("megadev_batcher_flush")
    found = sequencers.rpc("megadev_getBatches")
    assert found["underivable"] is None, "what a takeover changes is on L1 as well"
    sequencers.rpc("megadev_sequencer_crash")
    time.sleep(0.06)
    assert sequencers.status()["condition"] == "crashed", "nobody is left"
    assert sequencers.rpc("megadev_sequencer_restart")["standby"]["order"] == [2, 0, 1]


def test_a_takeover_keeps_received_mini_blocks_and_reports_the_rest_as_lost(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened(**BY_HAND)
    kept = [sequencers.pay(), sequencers.pay()]
    sequencers.net.call(sequencers.net.node.l2.sequencer.close_mini_block)
    lost = sequencers.pay()
    promised = [sequencers.rpc("megadev_getPreconfirmation", tx_hash) for tx_hash in kept]
    socket = Socket(sequencers.net.serve().replace("http", "ws"))
    notices = socket.rpc("eth_subscribe", "lostPreconfirmations")
    after = sequencers.crash()
    assert after["standby"]["lastTakeover"]["lost"] == "0x1"
    notice = socket.next(notices)
    assert (notice["transactionHashes"], notice["miniBlockNumbers"]) == ([lost], [])
    assert "standbys" in notice["reason"]
    socket.close()
    assert [sequencers.rpc("megadev_getPreconfirmation", tx_hash) for tx_hash in kept] == [
        each | {"status": "kept"} for each in promised
    ]
    assert sequencers.rpc("megadev_getPreconfirmation", lost)["status"] == "broken"
    assert sequencers.rpc("eth_getTransactionReceipt", lost) is None
    assert sequencers.rpc("eth_getTransactionCount", sequencers.alice, "latest") == "0x2"


def test_transactions_delayed_by_a_slow_stream_are_lost_in_a_takeover(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened(**BY_HAND)
    sequencers.rpc("megadev_sequencer_setLatency", {"stream": "10s"})
    sent = sequencers.pay()
    sequencers.net.call(sequencers.net.node.l2.sequencer.close_mini_block)
    first = sequencers.status()["signer"]
    assert sequencers.crash()["standby"]["lastTakeover"]["lost"] == "0x1"
    assert sequencers.rpc("megadev_getPreconfirmation", sent)["status"] == "broken"
    [void] = sequencers.rpc("megadev_sequencer_evidence")["voidMiniBlocks"]
    assert void["signer"] == first and "standbys" in void["reason"]
    sequencers.rpc("evm_mine")
    sequencers.net.l1.rpc("evm_mine")
    promises = sequencers.net.node.broken_promises
    promises.evidence = replace(promises.evidence, broken={})  # the mini-block alone is enough
    found = sequencers.rpc("megadev_sequencer_submitEvidence", {"skipWindow": True})
    assert [(each["kind"], each["status"]) for each in found["evidence"]] == [("broken mini-block", "slashed")]
    assert found["sequencers"][0] == {"signer": first, "bond": "0x0", "isSlashed": True}
    assert found["sequencers"][1]["isSlashed"] is False, "the standby keeps its bond"


def test_under_load_every_promise_is_kept_or_announced(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened(preset="megaeth", standby=3, takeover="30ms")
    url = sequencers.net.serve()
    socket = Socket(url.replace("http", "ws"))
    notices = socket.rpc("eth_subscribe", "lostPreconfirmations")
    promised: list[str] = []
    refusals: list[str] = []
    is_over = threading.Event()

    def load() -> None:
        while not is_over.is_set():
            try:
                promised.append(sequencers.pay(lambda method, *params: call(url, method, list(params))))
            except CallFailed as refused:
                refusals.append(str(refused))
                time.sleep(0.001)

    sender = threading.Thread(target=load)
    sender.start()
    for member in (1, 2, 3):
        sent = len(promised)
        until(lambda sent=sent: len(promised) > sent + 40)
        sequencers.rpc("megadev_sequencer_crash")
        until(lambda member=member: sequencers.status()["standby"]["active"] == member)
    sent = len(promised)
    until(lambda: len(promised) > sent + 20)
    is_over.set()
    sender.join()
    sequencers.rpc("evm_mine")
    assert refusals and all("crashed" in each for each in refusals)
    assert sequencers.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    broken = int(sequencers.status()["brokenPromises"], 16)
    missing = [each for each in promised if sequencers.rpc("eth_getTransactionReceipt", each) is None]
    announced: list[str] = []
    while len(announced) < len(missing):
        announced += socket.next(notices)["transactionHashes"]
    socket.close()
    assert len(promised) > 140
    assert sorted(announced) == sorted(missing) and len(missing) == broken


def test_sequencers_take_turns(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened(turn=2)
    members = [member["signer"] for member in sequencers.status()["standby"]["members"]]
    sequencers.rpc("anvil_mine", "0x5")
    assert [members.index(sequencers.signer(number)) for number in range(8)] == [0, 0, 1, 1, 2, 2, 0, 0]
    last = sequencers.crash()["standby"]["lastTakeover"]
    assert (last["member"], last["fromBlock"]) == (1, "0x6"), "block 6 was the first's turn"
    assert [members.index(sequencers.signer(number)) for number in range(6, 12)] == [1, 1, 2, 2, 1, 1]
    assert sequencers.rpc("megadev_sequencer_restart")["standby"]["order"] == [1, 2, 0]
    assert {sequencers.signer(number) for number in range(6, 12)} == set(members)


def test_a_snapshot_restores_order_and_keys(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened()
    taken = sequencers.rpc("evm_snapshot")
    before = sequencers.status()
    sequencers.crash()
    sequencers.pay()
    sequencers.rpc("evm_revert", taken)
    after = sequencers.status()
    assert (after["signer"], after["standby"]["order"]) == (before["signer"], [0, 1, 2])
    assert sequencers.crash()["standby"]["active"] == 1


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("kept_in", ["state.json", "store/"])
def test_a_restart_restores_order_and_keys(preset: str, kept_in: str, tmp_path: Path) -> None:
    settings = PRESETS[preset] | {"state": f"{tmp_path}/{kept_in}"}
    before = Sequencers(**settings)
    before.pay()
    told = before.crash()
    signers = [before.signer(number) for number in range(6)]
    before.net.close()
    after = Sequencers(**settings)
    assert after.status()["standby"]["order"] == told["standby"]["order"] == [1, 2]
    assert [after.signer(number) for number in range(6)] == signers
    assert after.crash()["standby"]["active"] == 2
    after.net.close()


def test_turns_need_standbys() -> None:
    with pytest.raises(ConfigError, match="--standby"):
        Devnet(turn=3)


# -- agreement --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_quorum_signs_before_preconfirmation(opened: Callable[..., Sequencers], preset: str) -> None:
    sequencers = opened(standby=3, quorum="20ms", **PRESETS[preset])
    url = sequencers.net.serve()
    told = sequencers.status()["standby"]["quorum"]
    assert (told["needed"], told["of"], told["latency"]) == (3, 4, "20ms")
    socket = Socket(url.replace("http", "ws"))
    minis = socket.rpc("eth_subscribe", "miniBlocks")
    begun = time.monotonic()
    sequencers.pay(lambda method, *params: call(url, method, list(params)))
    assert time.monotonic() - begun >= 0.04, "there and back"
    mini_block = socket.next(minis)
    socket.close()
    members = [member["signer"] for member in sequencers.status()["standby"]["members"]]
    digest = _digest(mini_block)
    voted = []
    for vote in mini_block["quorum"]:
        signature = int(vote["yParity"], 16), int(vote["r"], 16), int(vote["s"], 16)
        assert "0x" + recover(digest, *signature).hex() == vote["signer"]
        voted.append(vote["signer"])
    assert voted[0] == members[0] and len(set(voted)) == 3 and set(voted) <= set(members)
    assert sequencers.crash()["standby"]["active"] == 1, "three are enough"
    sequencers.rpc("megadev_sequencer_crash")
    time.sleep(0.06)
    assert sequencers.status()["condition"] == "crashed", "two are not"


def test_requests_that_wait_for_a_quorum_fail_when_the_sequencer_crashes(opened: Callable[..., Sequencers]) -> None:
    sequencers = opened(standby=3, quorum="1ms", **BY_HAND)
    url = sequencers.net.serve()
    refused: list[CallFailed] = []

    def send() -> None:
        try:
            sequencers.pay(lambda method, *params: call(url, method, list(params)))
        except CallFailed as problem:
            refused.append(problem)

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: sequencers.status()["unsealed"] != "0x0")  # its mini-block ends in an hour
    sequencers.rpc("megadev_sequencer_crash")
    sender.join(10)
    assert refused[0].code == -32000 and "before a quorum had signed it" in str(refused[0])


def test_a_quorum_needs_four() -> None:
    with pytest.raises(ConfigError, match="--standby 3"):
        Devnet(quorum="1ms", standby=2)


def _digest(mini_block: dict[str, Any]) -> bytes:
    """What is signed of a mini-block (MegaETH, "miniBlocks")."""
    numbers = ("block_number", "block_timestamp", "index", "mini_block_number", "mini_block_timestamp", "gas_used")
    fields = [int(mini_block[name], 16) for name in numbers]
    roots = [bytes.fromhex(mini_block[name][2:]) for name in ("transaction_root", "receipt_root")]
    minimal = [value.to_bytes((value.bit_length() + 7) // 8, "big") for value in fields]
    return keccak(rlp.encode([*minimal, *roots]))

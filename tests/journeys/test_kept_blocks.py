"""--keep-blocks and --keep-bodies: memory holds the newest blocks, the store has the others, and nobody can tell."""

from __future__ import annotations

import json
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.chain import packed_blocks
from megadev.chain.kept_blocks import PartlyKept
from megadev.errors import ConfigError
from megadev.node.storage import archive, recorder, recovery
from megadev.node.storage.recorder import Recorder
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from megadev.sequencer import aging
from megadev.state import thin
from tests.contracts import load

SOMEBODY = "0x00000000000000000000000000000000000a11ce"
PRESETS = ("dev", "megaeth")
BLOCKS = 60


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have happen after tens of blocks what happens after thousands."""
    monkeypatch.setattr(recorder, "AT_ONCE", 8)
    monkeypatch.setattr(recorder, "STATE_EVERY", 16)
    monkeypatch.setattr(recovery, "MANY", 32)


def _open(preset: str, path: Path | None = None, **settings: Any) -> Devnet:
    quiet = {} if preset == "dev" else {"block_time": None, "mini_block_time": None}
    kept: dict[str, Any] = {} if path is None else {"state": path, "durability": "block"}
    return Devnet(preset=preset, manual_clock=True, timestamp=1_700_000_000, accounts=3, **(quiet | kept | settings))


def _live(net: Devnet, count: int = BLOCKS) -> None:
    alice, bob = (account.address for account in net.accounts[:2])
    logger = "0x" + load("Logger").creation.hex()
    contract = net.rpc("eth_sendTransactionSync", {"from": alice, "data": logger})["contractAddress"]
    for number in range(count):
        kind = number % 5
        if kind == 0:
            net.rpc("eth_sendTransaction", {"from": bob, "to": contract, "data": _log_call(number), "gas": "0x30d40"})
        elif kind == 1:
            net.rpc("anvil_setBalance", SOMEBODY, hex(number))
            net.rpc("evm_mine")
        elif kind == 2:
            net.l1.rpc("eth_sendTransaction", {"from": bob, "to": alice, "value": hex(number)})
        else:
            net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": hex(number)})


def _log_call(number: int) -> str:
    return "0x" + encode_call("each(uint256,uint256,uint256,bytes)", number % 3, number, 7, b"").hex()


def _told(net: Devnet) -> list[Any]:
    """Everything that can be asked of old blocks, but for states."""
    found: list[Any] = []
    for endpoint in net.endpoints:
        for number in range(endpoint.chain.head.number + 1):
            block = endpoint.rpc("eth_getBlockByNumber", hex(number), True)
            found += [block, endpoint.rpc("eth_getBlockReceipts", hex(number))]
            found.append(endpoint.rpc("eth_getBlockByHash", block["hash"], False)["hash"])
            for tx in block["transactions"]:
                found.append(endpoint.rpc("eth_getTransactionByHash", tx["hash"]))
                found.append(endpoint.rpc("eth_getTransactionReceipt", tx["hash"]))
        logs = endpoint.rpc("eth_getLogs", {"fromBlock": "0x0"})
        found.append(logs)
        for log in logs[:3]:
            found.append(endpoint.rpc("eth_getLogs", {"fromBlock": "0x0", "address": log["address"]}))
            found.append(endpoint.rpc("eth_getLogs", {"fromBlock": "0x2", "topics": log["topics"][:1]}))
        store = endpoint.chain.store
        found.append([store.block_hash(number) for number in range(store.head.number + 1)])
        count = store.head.mini_block_offset + len(store.head.cuts)
        found.append([store.by_mini_block(number).hash for number in range(count)])  # type: ignore[union-attr]
        found.append(store.by_mini_block(count))
        found.append([block.number for block in store.blocks(3, store.head.number - 3).with_transactions_reversed()])
    return found


def _states(net: Devnet) -> list[Any]:
    """The states after all blocks, with their roots."""
    store = net.l2.chain.store
    numbers = range(store.head.number + 1)
    roots = [store.resolve(number).world.state_root for number in numbers]
    assert roots == [store.resolve(number).header.state_root for number in numbers]
    who = (SOMEBODY, net.accounts[1].address)
    return [net.rpc("eth_getBalance", each, hex(number)) for number in numbers for each in who]


def _in_memory(net: Devnet) -> int:
    store = net.l2.chain.store
    return len(list(store.in_memory(0, store.head.number)))


@pytest.fixture(params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def twin(preset: str) -> Iterator[Devnet]:
    """A node that keeps all of the same chain in memory."""
    with _open(preset) as net:
        _live(net)
        yield net


def test_blocks_read_from_the_store_equal_those_in_memory(tmp_path: Path, preset: str, twin: Devnet) -> None:
    told, states = _told(twin), _states(twin)
    limits = {"keep_blocks": 20, "keep_bodies": 30}
    (tmp_path / "kept").mkdir()
    with _open(preset, tmp_path / "kept", **limits) as net:
        _live(net)
        assert _told(net) == told
        assert _in_memory(net) < 30 + 3 * 8
        head = net.l2.chain.head.number
        assert net.rpc("eth_getBalance", SOMEBODY, hex(head - 19)) == states[-40]
        for number in (1, head - 40, head - 20):
            with pytest.raises(RpcError, match="--keep-blocks") as refused:
                net.rpc("eth_getBalance", SOMEBODY, hex(number))
            assert refused.value.code == -32000
        with pytest.raises(RpcError, match="--keep-blocks"):
            net.rpc("anvil_rollback", head - 5)
        assert net.rpc("eth_capabilities")["state"]["oldestBlock"] == hex(head - 19)
        assert net.rpc("anvil_dumpState") == twin.rpc("anvil_dumpState")
    with _open(preset, tmp_path / "kept", **limits) as net:
        assert _told(net) == told
        assert _in_memory(net) < 120
    with _open(preset, tmp_path / "kept", keep_bodies=30) as net:  # and the states are there all the same
        assert _told(net) == told
        assert _states(net) == states
        for node in (net, twin):
            node.rpc("anvil_rollback", 38)
            _live(node, 30)
            node.rpc("anvil_rollback", 3)
        assert _told(net) == _told(twin)
        assert _states(net) == _states(twin)
    with _open(preset, tmp_path / "kept") as net:
        assert _told(net) == _told(twin)
        assert _states(net) == _states(twin)


@pytest.mark.parametrize(("preset", "kept"), [("megaeth", "in memory"), ("dev", "in a store")])
def test_packed_blocks_equal_those_that_are_not(
    tmp_path: Path, preset: str, kept: str, twin: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked of them, after reverts and rollbacks into them, and after a restart."""

    def blocks(net: Devnet) -> list[Any]:
        stores = [endpoint.chain.store for endpoint in net.endpoints]
        return [
            msgspec.structs.replace(block, world=None)  # type: ignore[arg-type]
            for store in stores
            for block in store.blocks(0, store.head.number)
        ]

    for module, name, value in ((aging, "RECENT", 8), (aging, "AT_ONCE", 4), (packed_blocks, "AT_ONCE", 4)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(thin, "LONGEST", 5)
    monkeypatch.setattr(thin, "MOST_IN_A_ROW", 3)
    path = tmp_path / "kept"
    if kept == "in a store":
        path.mkdir()
    with _open(preset, path if kept == "in a store" else None) as net:
        _live(net)
        assert isinstance(net.l2.chain.store.blocks(0, 40).made, PartlyKept)
        assert _in_memory(net) < 8 + 3 * 4 + BLOCKS // 5
        assert (_told(net), blocks(net), _states(net)) == (_told(twin), blocks(twin), _states(twin))
        for node in (net, twin):
            node.rpc("anvil_mine", 20)
            later = node.rpc("evm_snapshot")
            node.rpc("anvil_rollback", 50)
            node.rpc("evm_mine")
            _live(node, 20)
            node.rpc("evm_revert", later)
            node.l1.rpc("anvil_rollback", 3)
            _live(node, 10)
        assert (_told(net), blocks(net), _states(net)) == (_told(twin), blocks(twin), _states(twin))
        assert net.rpc("anvil_dumpState", True) == twin.rpc("anvil_dumpState", True)
    if kept == "in a store":
        monkeypatch.setattr(recovery, "MANY", 10)
        with _open(preset, path) as net:
            for node in (net, twin):
                _live(node, 20)
                node.rpc("anvil_rollback", 40)
            assert (_told(net), blocks(net), _states(net)) == (_told(twin), blocks(twin), _states(twin))


@pytest.mark.parametrize("preset", ["megaeth"])
def test_snapshots_restore_blocks_that_left_memory(tmp_path: Path, preset: str, twin: Devnet) -> None:
    (tmp_path / "kept").mkdir()
    with _open(preset, tmp_path / "kept", keep_blocks=10, keep_bodies=16) as net:
        _live(net)
        snapshots = [node.rpc("evm_snapshot") for node in (net, twin)]
        for node in (net, twin):
            _live(node, 30)
        assert isinstance(net.l2.chain.store.blocks(0, 10).made, PartlyKept)
        with net.isolated():
            net.rpc("anvil_reset")
            assert net.rpc("eth_blockNumber") == "0x0"
            _live(net, 20)
        assert _told(net) == _told(twin)
        for node, snapshot in zip((net, twin), snapshots, strict=True):
            assert node.rpc("evm_revert", snapshot) is True
            _live(node, 30)
        assert _told(net) == _told(twin)
    with _open(preset, tmp_path / "kept") as net:
        assert _told(net) == _told(twin)


@pytest.mark.parametrize("preset", ["megaeth"])
def test_blocks_that_a_snapshot_brings_back_have_their_states(tmp_path: Path, preset: str, twin: Devnet) -> None:
    (tmp_path / "kept").mkdir()
    with _open(preset, tmp_path / "kept", keep_bodies=16) as net:
        _live(net)
        snapshots = [node.rpc("evm_snapshot") for node in (net, twin)]
        for node in (net, twin):
            node.rpc("anvil_rollback", 38)
            _live(node, 10)
        for node, snapshot in zip((net, twin), snapshots, strict=True):
            assert node.rpc("evm_revert", snapshot) is True
        assert (_told(net), _states(net)) == (_told(twin), _states(twin))
        with net.isolated():
            net.rpc("anvil_reset")
        assert _states(net) == _states(twin)
        for node in (net, twin):
            _live(node, 10)
    with _open(preset, tmp_path / "kept") as net:
        assert (_told(net), _states(net)) == (_told(twin), _states(twin))


@pytest.mark.parametrize("preset", ["dev"])
def test_a_missing_index_is_rebuilt(tmp_path: Path, preset: str, twin: Devnet) -> None:
    """Version 1: the same blocks, and nothing that leads to them."""
    (tmp_path / "kept").mkdir()
    with _open(preset, tmp_path / "kept") as net:
        _live(net)
    with sqlite3.connect(tmp_path / "kept" / "chain.sqlite") as connection:
        for table in ("places", "found", "states"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    with _open(preset, tmp_path / "kept", keep_bodies=10) as net:
        _live(net, 40)
        _live(twin, 40)
        assert _in_memory(net) < 30
        assert _told(net) == _told(twin)


def test_keep_bodies_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--state DIR"):
        Devnet(keep_bodies=10)
    with pytest.raises(ConfigError, match="--keep-bodies"):
        Devnet(keep_bodies=10, state=tmp_path / "state.json")
    with pytest.raises(ConfigError, match="--prune-history"):
        Devnet(keep_blocks=10, prune_history=3)


def test_an_unreadable_block_has_a_specific_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "REMEMBERED_BLOCKS", 0)
    (tmp_path / "kept").mkdir()
    with _open("dev", tmp_path / "kept", keep_bodies=10) as net:
        _live(net, 60)
        with sqlite3.connect(tmp_path / "kept" / "chain.sqlite") as connection:
            connection.execute("UPDATE pieces SET data = x'00' WHERE chain = 0 AND first = 7")
        with pytest.raises(RpcError, match="block 7 cannot be read from the store") as refused:
            net.rpc("eth_getBlockByNumber", "0x7", True)
        assert refused.value.code == -32000
        assert net.rpc("eth_getBlockByNumber", "0x8", True)["number"] == "0x8"


def test_changes_wait_for_a_disk_that_does_not_keep_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not written cannot leave memory: so that it is bounded, no more may come than the disk takes."""
    monkeypatch.setattr(recorder, "TAKEN_AFTER", 16)
    monkeypatch.setattr(recorder, "MOST_BEHIND", 64)
    monkeypatch.setattr(recorder, "WAIT_SECONDS", 60)
    free, most = threading.Event(), 0
    (tmp_path / "kept").mkdir()
    with Devnet(state=tmp_path / "kept", no_l1=True, accounts=2, keep_bodies=16, durability_interval=3600) as net:
        write = Recorder._write

        def slowly(self: Recorder, captures: list[Any]) -> None:
            assert free.wait(60)
            write(self, captures)

        monkeypatch.setattr(Recorder, "_write", slowly)
        url, store = net.serve(), net.l2.chain.store
        alice, bob = (account.address for account in net.accounts)
        pay = ["eth_sendTransaction", [{"from": alice, "to": bob, "value": "0x1", "gas": "0x5208"}]]
        sending = threading.Thread(target=lambda: [_ask(url, *pay) for _ in range(300)])
        sending.start()
        while not net.node.writer.is_engaged and sending.is_alive():
            most = int(_ask(url, "eth_blockNumber", []), 16)
        assert 64 <= most < 300, "changes wait, and reads are answered"
        free.set()
        sending.join(120)
        assert int(_ask(url, "eth_blockNumber", []), 16) == 300
        assert len(list(store.in_memory(0, 300))) < 64 + 16 + 3 * 16


def _ask(url: str, name: str, params: list[Any]) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as response:
        return json.load(response)["result"]

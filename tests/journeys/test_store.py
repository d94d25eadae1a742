"""--state DIR: a store that keeps the chains, and all that was set, whatever happens to the process."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.rollup import consolidator
from megadev.rollup.derivation.l1_source import ChainL1
from tests.stage.crashing import Step, crashed, open_node, take, told_of

SOMEBODY = "0x00000000000000000000000000000000000a11ce"
STRANGER = "0x" + "42" * 20
PRESETS = ("dev", "megaeth")
STILL: dict[str, Any] = {"manual_clock": True, "timestamp": 1_700_000_000}
"""No second passes, so that L1 does nothing by itself between two looks."""


def _open(path: Path, preset: str = "dev", **settings: Any) -> Devnet:
    path.mkdir(exist_ok=True)
    quiet = {} if preset == "dev" else {"block_time": None, "mini_block_time": None}
    return Devnet(preset=preset, state=path, **(quiet | settings))


def _send(net: Devnet, count: int = 1) -> None:
    alice, bob = net.accounts[:2]
    for _ in range(count):
        net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"})


def _told(net: Devnet) -> dict[str, Any]:
    """What clients are told of both chains, and what each chain's state really is."""
    told: dict[str, Any] = {}
    for endpoint in net.endpoints:
        head = endpoint.rpc("eth_getBlockByNumber", "latest", True)
        assert head["stateRoot"] == f"0x{endpoint.chain.head.world.state_root.hex()}"
        told[f"head of {endpoint.chain.spec.chain_id}"] = head
        told[f"receipts of {endpoint.chain.spec.chain_id}"] = endpoint.rpc("eth_getBlockReceipts", "latest")
        told[f"pool of {endpoint.chain.spec.chain_id}"] = endpoint.rpc("txpool_content")
    told["accounts"] = net.rpc("eth_accounts")
    told["balances"] = [net.rpc("eth_getBalance", each, "latest") for each in (*told["accounts"], SOMEBODY)]
    return told


def _live(net: Devnet) -> None:
    """Change something of every kind."""
    alice, bob = net.accounts[:2]
    _send(net, 3)
    net.l1.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x5"})
    portal = net.l1.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
    net.l1.rpc("eth_sendTransaction", {"from": alice.address, "to": portal, "value": "0x64"})
    net.rpc("anvil_setBalance", SOMEBODY, "0x77")
    net.rpc("eth_sendTransaction", {"from": bob.address, "to": alice.address, "value": "0x1", "nonce": "0x99"})
    net.rpc("anvil_mine", "0x3e8")
    net.rpc("evm_increaseTime", 1000)
    net.rpc("anvil_impersonateAccount", SOMEBODY)
    net.rpc("anvil_setCoinbase", SOMEBODY)
    net.rpc("evm_mine")
    net.rpc("anvil_setBalance", SOMEBODY, "0x78")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_restart_changes_nothing(tmp_path: Path, preset: str) -> None:
    with _open(tmp_path / "kept", preset, **STILL) as net:
        _live(net)
        before = _told(net)
    with _open(tmp_path / "kept", preset, **STILL) as net:
        assert _told(net) == before
        assert net.rpc("eth_getBalance", SOMEBODY, "latest") == "0x78"
        assert SOMEBODY in net.rpc("eth_accounts")
        net.rpc("evm_mine")
        block = net.rpc("eth_getBlockByNumber", "latest", False)
        assert block["miner"] == SOMEBODY
        old = before[f"head of {net.l2.chain.spec.chain_id}"]
        assert int(block["number"], 16) == int(old["number"], 16) + 1
        assert block["parentHash"] == old["hash"]
        assert net.rpc("eth_getBalance", net.accounts[1].address, "0x1") != "0x0", "old states are there too"
        replayed = net.rpc("debug_traceBlockByNumber", "0x1", {"tracer": "callTracer"})
        assert len(replayed) >= 1


@pytest.mark.parametrize("preset", PRESETS)
def test_a_restart_goes_on_deriving_where_it_was(tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    block = ChainL1.block

    def seen(self: ChainL1, number: int) -> Any:
        read.append(number)
        return block(self, number)

    monkeypatch.setattr(ChainL1, "block", seen)

    def safe(net: Devnet) -> int:
        return int(net.rpc("eth_getBlockByNumber", "safe", False)["number"], 16)

    def post(net: Devnet) -> None:
        _send(net, 3)
        net.rpc("evm_mine")
        net.rpc("megadev_batcher_flush")
        net.l1.rpc("evm_mine")

    with _open(tmp_path / "kept", preset, batch=True, channel_timeout=20, **STILL) as net:
        for _ in range(4):
            post(net)
            net.l1.rpc("anvil_mine", "0x28")
        heads, l1 = [(safe(net), net.l2.chain.head.number)], net.l1.chain.head.number
        assert heads[0][0] > 12
        post(net)
        heads.append((safe(net), net.l2.chain.head.number))
    with _open(tmp_path / "kept", preset, batch=True, channel_timeout=20, **STILL) as net:
        read.clear()
        assert (safe(net), net.l2.chain.head.number) == heads[1]
        assert read, "the last blocks are read again, for a channel may be open"
        assert min(read) > l1 - 41
        post(net)
        assert safe(net) > heads[1][0], "it goes on"
        net.rpc("anvil_rollback", net.l2.chain.head.number - heads[0][0] + 2)
        assert safe(net) == heads[0][0] - 2, "what an earlier process derived is known to be so"
        post(net)
        told = _told(net)
        safe_then = safe(net)
        assert safe_then > heads[0][0] - 2
    with _open(tmp_path / "kept", preset, batch=True, channel_timeout=20, **STILL) as net:
        assert (_told(net), safe(net)) == (told, safe_then)


FLUSH = (0, "megadev_batcher_flush", [])
LIVES: dict[str, list[list[Step]]] = {
    "blocks that were told of L1 long ago": [
        [(0, "evm_increaseTime", [4637]), (0, "anvil_mine", ["0x600"]), FLUSH],
        [(0, "anvil_rollback", ["0x2"]), FLUSH],
        [(0, "anvil_rollback", ["0x580"]), FLUSH],
    ],
    "blocks that were told nothing": [
        [(0, "anvil_mine", ["0xe"]), (0, "anvil_reorg", [3, []]), FLUSH],
        [(0, "anvil_rollback", ["0x1"])],
    ],
    "L1 goes back behind what was read": [
        [step for _ in range(9) for step in ((0, "anvil_mine", ["0x3"]), FLUSH)],
        [(1, "anvil_rollback", ["0x4"]), (0, "anvil_mine", ["0x1"]), (0, "anvil_rollback", ["0x3"]), FLUSH],
        [(1, "anvil_reorg", [3, []]), FLUSH],
        [(1, "anvil_rollback", ["0xb"]), FLUSH],
    ],
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("lives", LIVES.values(), ids=list(LIVES))
def test_a_node_that_was_restarted_acts_as_one_that_was_not(
    tmp_path: Path, preset: str, lives: list[list[Step]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consolidator, "KEPT_HEADS", 4)
    monkeypatch.setattr(consolidator, "AT_HAND", 8)
    with open_node(preset, None, "block") as model:
        model.node.driver.progress = msgspec.structs.replace(model.node.driver.progress, finalized_distance=7)
        for number, life in enumerate(lives):
            with open_node(preset, tmp_path, "block") as net:
                if not number:
                    net.node.driver.progress = model.node.driver.progress
                for step in (None, *life):
                    if step is not None:
                        take(model, step)
                        take(net, step)
                    assert told_of(net) == told_of(model), step
                    assert net.node.driver.heads() == model.node.driver.heads(), step


@pytest.mark.parametrize("preset", PRESETS)
def test_removed_blocks_leave_the_store(tmp_path: Path, preset: str) -> None:
    with _open(tmp_path / "kept", preset, durability="block", **STILL) as net:
        _send(net, 2)
        snapshot = net.rpc("evm_snapshot")
        net.rpc("anvil_mine", "0x400")
        _send(net, 2)
        net.rpc("evm_revert", snapshot)
        _send(net)
        net.rpc("anvil_mine", "0x500")
        net.rpc("anvil_rollback", "0x80")
        _send(net)
        before = _told(net)
    with _open(tmp_path / "kept", preset, **STILL) as net:
        assert _told(net) == before
        dump = net.rpc("anvil_dumpState")
        _send(net, 2)
        net.rpc("anvil_loadState", dump)
        before = _told(net)
    with _open(tmp_path / "kept", preset, **STILL) as net:
        assert _told(net) == before
        net.rpc("anvil_reset")
        before = _told(net)
    with _open(tmp_path / "kept", preset, **STILL) as net:
        assert _told(net) == before


def test_up_to_which_block_it_is_durable(tmp_path: Path) -> None:
    with Devnet() as net:
        assert net.rpc("megadev_durable")["isDurable"] is False
    with _open(tmp_path / "kept", durability="block") as net:
        _send(net, 3)
        durable = net.rpc("megadev_durable")
        assert durable == {
            "store": str(tmp_path / "kept"),
            "durability": "block",
            "isDurable": True,
            "l2": "0x3",
            "l1": "0x0",
            "problem": None,
        }
    with _open(tmp_path / "kept", durability="off") as net:
        assert net.rpc("eth_blockNumber") == "0x3"
        assert net.rpc("megadev_durable")["l2"] is None


def test_blocks_have_a_durable_field_on_request(tmp_path: Path) -> None:
    with _open(tmp_path / "kept", durability_interval=3600, block_durability=True) as net:
        _send(net, 2)
        net.node.storage.recorder.take().result()  # type: ignore[union-attr]
        _send(net)
        durable = [net.rpc("eth_getBlockByNumber", number, False)["durable"] for number in ("0x1", "0x2", "0x3")]
        assert durable == [True, True, False]
        assert net.rpc("eth_getBlockByNumber", "pending", False)["durable"] is False
        assert net.l1.rpc("eth_getBlockByNumber", "0x0", False)["durable"] is True
    with _open(tmp_path / "kept") as net:
        assert "durable" not in net.rpc("eth_getBlockByNumber", "0x1", False)


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with _open(tmp_path / "kept"), pytest.raises(ConfigError, match=rf"process {os.getpid()}\)"):
        _open(tmp_path / "kept")
    with _open(tmp_path / "kept"):
        pass


def test_a_store_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    with _open(tmp_path / "kept"):
        pass
    with sqlite3.connect(tmp_path / "kept" / "chain.sqlite") as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(ConfigError, match="the store has version 7"):
        _open(tmp_path / "kept")


def test_other_chains_are_refused(tmp_path: Path) -> None:
    with _open(tmp_path / "kept"):
        pass
    with pytest.raises(ConfigError, match="chain id 31337"):
        _open(tmp_path / "kept", chain_id=5)
    with pytest.raises(ConfigError, match="an L1: drop --no-l1"):
        _open(tmp_path / "kept", no_l1=True)


def _damage(path: Path, chain: int, first: int) -> None:
    with sqlite3.connect(path / "chain.sqlite") as connection:
        data = connection.execute("SELECT data FROM pieces WHERE chain = ? AND first = ?", (chain, first)).fetchone()[0]
        flipped = bytes((*data[:-40], data[-40] ^ 1, *data[-39:]))
        connection.execute("UPDATE pieces SET data = ? WHERE chain = ? AND first = ?", (flipped, chain, first))


def test_a_flipped_bit_costs_the_blocks_from_there_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept") as net:
        _send(net, 6)
        fourth = net.rpc("eth_getBlockByNumber", "0x4", False)
    _damage(tmp_path / "kept", 0, 5)
    with _open(tmp_path / "kept") as net:
        assert net.rpc("eth_getBlockByNumber", "latest", False) == fourth
        assert "blocks of L2 from 5 to 6 are lost" in caplog.text
        _send(net)
    with _open(tmp_path / "kept") as net:
        assert net.rpc("eth_blockNumber") == "0x5"
    assert (tmp_path / "kept" / "chain.sqlite.damaged-1").exists()


def test_a_torn_end_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept") as net:
        _send(net, 6)
    with sqlite3.connect(tmp_path / "kept" / "chain.sqlite") as connection:
        connection.execute("DELETE FROM pieces WHERE chain = 0 AND first > 3")
    with _open(tmp_path / "kept") as net:
        assert net.rpc("eth_blockNumber") == "0x3"
    assert "blocks of L2 from 4 to 6 are lost" in caplog.text


def test_a_file_that_is_torn_is_read_as_far_as_it_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept", no_l1=True) as net:
        _send(net, 300)
        hashes = [net.l2.chain.store.block_hash(number) for number in range(301)]
    file = tmp_path / "kept" / "chain.sqlite"
    os.truncate(file, file.stat().st_size * 3 // 4)
    with _open(tmp_path / "kept", no_l1=True) as net:
        head = net.l2.chain.head.number
        assert 0 < head < 300
        assert [net.l2.chain.store.block_hash(number) for number in range(head + 1)] == hashes[: head + 1]
    assert "the store is torn" in caplog.text
    assert f"blocks of L2 from {head + 1} to 300 are lost" in caplog.text


def test_a_first_block_that_is_damaged_is_read_from_its_copy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept", **STILL) as net:
        _live(net)
        before = _told(net)
    for chain in (0, 1):
        _damage(tmp_path / "kept", chain, 0)
    with _open(tmp_path / "kept", **STILL) as net:
        assert _told(net) == before
    assert caplog.text.count("read from its copy") >= 2


def test_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "chain.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(ConfigError, match="damaged from its start"):
        _open(tmp_path / "kept")
    assert (tmp_path / "kept" / "chain.sqlite").read_bytes().startswith(b"no database")


def test_a_full_disk_is_reported_once_and_the_node_continues(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept", durability="block") as net:
        _send(net)
        storage = net.node.storage
        assert storage is not None
        connection = storage._database._connection
        size = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {size}")
        _send(net, 40)
        durable = net.rpc("megadev_durable")
        assert durable["isDurable"] is False
        assert "full" in durable["problem"]
        assert caplog.text.count("no longer durable") == 1
        assert int(durable["l2"], 16) < 41
        connection.execute("PRAGMA max_page_count = 1000000")
        _send(net)
        assert net.rpc("megadev_durable")["isDurable"] is True
        before = _told(net)
    with _open(tmp_path / "kept") as net:
        assert _told(net) == before


class _Failing:
    """A connection that fails once it comes to a statement that begins so."""

    def __init__(self, connection: sqlite3.Connection, *statements: str) -> None:
        self.connection = connection
        self.statements = statements

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.connection, name)
        return self._checked(attribute) if name in ("execute", "executemany") else attribute

    def _checked(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        def checked(statement: str, *values: Any) -> Any:
            if statement.startswith(self.statements):
                raise sqlite3.OperationalError("disk I/O error")
            return execute(statement, *values)

        return checked


@pytest.mark.parametrize("statement", ("BEGIN", "DELETE FROM pieces", "INSERT OR REPLACE INTO rest", "COMMIT"))
def test_a_write_or_a_sync_that_fails_is_made_up_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, statement: str
) -> None:
    with _open(tmp_path / "kept", durability="block") as net:
        _send(net)
        database = net.node.storage._database  # type: ignore[union-attr]
        sound = database._connection
        database._connection = _Failing(sound, statement)  # type: ignore[assignment]
        _live(net)
        assert net.rpc("megadev_durable")["problem"] == "disk I/O error"
        assert net.rpc("megadev_durable")["l2"] == "0x1"
        assert caplog.text.count("no longer durable") == 1
        database._connection = sound
        _send(net)
        assert net.rpc("megadev_durable")["problem"] is None
        before = _told(net)
    with _open(tmp_path / "kept") as net:
        assert _told(net) == before


def test_an_unwritable_store_is_reported_and_the_node_continues(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file may not grow any more, as on a disk that is full: the system itself refuses."""
    with _open(tmp_path / "kept", durability="block") as net:
        _send(net)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = max(path.stat().st_size for path in (tmp_path / "kept").iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            _send(net, 40)
            assert net.rpc("eth_blockNumber") == "0x29"
            assert net.rpc("megadev_durable")["isDurable"] is False
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert caplog.text.count("no longer durable") == 1
        _send(net)
        assert net.rpc("megadev_durable") | {"l2": "0x2a", "isDurable": True} == net.rpc("megadev_durable")
        told = _told(net)
    with _open(tmp_path / "kept") as net:
        assert _told(net) == told


def test_a_store_that_is_removed_is_no_longer_durable(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _open(tmp_path / "kept", durability="block") as net:
        _send(net)
        shutil.rmtree(tmp_path / "kept")
        _send(net, 2)
        assert net.rpc("megadev_durable")["problem"] == "the store was removed"
        assert net.rpc("eth_blockNumber") == "0x3"
        assert caplog.text.count("no longer durable") == 1


def test_a_damaged_store_that_cannot_be_renamed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(tmp_path / "kept") as net:
        _send(net, 6)
    _damage(tmp_path / "kept", 0, 5)

    def refuse(*paths: Any) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(ConfigError, match="cannot be kept under another name: Permission denied"):
            _open(tmp_path / "kept")
    with _open(tmp_path / "kept") as net:
        assert net.rpc("eth_blockNumber") == "0x4"


def test_removed_blocks_are_no_longer_durable(tmp_path: Path) -> None:
    with _open(tmp_path / "kept", durability_interval=3600) as net:
        _send(net, 5)
        net.node.storage.recorder.take().result()  # type: ignore[union-attr]
        assert net.rpc("megadev_durable")["l2"] == "0x5"
        net.rpc("anvil_rollback", 2)
        _send(net, 4)
        assert net.rpc("megadev_durable")["l2"] == "0x3"


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot create a store there: Not a directory"):
        Devnet(state=tmp_path / "file" / "kept" / "chain.sqlite")


def test_killed_nodes_lose_no_durable_block() -> None:
    for preset, durability in (("dev", "block"), ("megaeth", "interval")):
        assert crashed(10, preset, durability)["kills"] == 10


@pytest.mark.long
@pytest.mark.parametrize("durability", ("block", "interval"))
@pytest.mark.parametrize("preset", PRESETS)
def test_nodes_killed_hundreds_of_times_lose_no_durable_block(preset: str, durability: str) -> None:
    """python -m pytest -m long tests/journeys/test_store.py: a few minutes."""
    assert crashed(100, preset, durability)["kills"] == 100


def test_a_new_store_begins_with_the_directorys_dump(tmp_path: Path) -> None:
    with Devnet(state=tmp_path / "state.json") as net:
        _send(net, 3)
        before = _told(net)
    for _ in range(2):
        with _open(tmp_path) as net:
            assert _told(net) == before


def test_a_killed_node_continues_from_its_last_durable_block(tmp_path: Path, megadev_up: Callable[..., Any]) -> None:
    first = megadev_up("--state", "kept/", "--durability", "block")
    first.wait_for("each answer waits until it is durable")
    sender, other = first.rpc("eth_accounts")[:2]
    for _ in range(5):
        first.rpc("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
    assert first.rpc("megadev_durable")["l2"] == "0x5"
    first.wait_for(r"durable up to L2 block \d and L1 block 0")
    head = first.rpc("eth_getBlockByNumber", "latest", True)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    second = megadev_up("--state", "kept/")
    assert second.rpc("eth_getBlockByNumber", "latest", True) == head


def _fork_and_change(path: Path, preset: str, **forked: Any) -> Devnet:
    net = _open(path, preset, accounts=2, fork_cache=path.parent / "cache", durability="block", **forked)
    if net.rpc("eth_getBalance", SOMEBODY, "latest") != "0x77":
        _send(net, 3)
        net.rpc("anvil_setBalance", SOMEBODY, "0x77")
        net.rpc("anvil_setStorageAt", SOMEBODY, "0x1", f"0x{7:064x}")
        net.rpc("evm_mine")
        assert net.rpc("megadev_durable")["isDurable"], net.rpc("megadev_durable")
        assert net.rpc("megadev_durable")["l2"] == net.rpc("eth_blockNumber")
    return net


def _changed(net: Devnet) -> list[Any]:
    return [
        net.rpc("eth_getBlockByNumber", "latest", True),
        net.rpc("eth_getStorageAt", SOMEBODY, "0x1", "latest"),
        net.rpc("eth_getBalance", STRANGER, "latest"),
        [net.rpc("eth_getBalance", account.address, "latest") for account in net.accounts],
        net.rpc("anvil_nodeInfo")["forkConfig"]["forkBlockNumber"],
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_changes_on_a_fork_or_a_bundle_are_kept(tmp_path: Path, preset: str) -> None:
    bundle = tmp_path / "bundle.json"
    with Devnet(accounts=3) as upstream:
        upstream.rpc("anvil_setBalance", STRANGER, "0x1234")
        _send(upstream, 3)
        url = (upstream.serve(),)
        with _fork_and_change(tmp_path / "kept", preset, fork_url=url, fork_record=bundle) as net:
            before = _changed(net)
        upstream.rpc("anvil_setBalance", STRANGER, "0x9999")
        _send(upstream, 3)  # what is forked stays the block that it was
        with _fork_and_change(tmp_path / "kept", preset, fork_url=url) as net:
            assert _changed(net) == before
            _send(net)
        with _fork_and_change(tmp_path / "kept", preset, fork_url=url) as net:
            assert int(net.rpc("eth_blockNumber"), 16) == int(before[0]["number"], 16) + 1
    with _fork_and_change(tmp_path / "bundled", preset, fork_bundle=bundle) as net:
        before = _changed(net)
    with _fork_and_change(tmp_path / "bundled", preset, fork_bundle=bundle) as net:
        assert _changed(net) == before
    with pytest.raises(ConfigError, match="is a fork of chain 31337 at block 3"):
        _open(tmp_path / "bundled", preset)


def test_settings_are_durable_before_the_answer(tmp_path: Path) -> None:
    """With --durability block: what is read back here is what a process that was killed now would have left."""
    with _open(tmp_path / "kept", "megaeth", durability="block") as net:
        client = net.rpc
        for change in (
            lambda: client("anvil_setCoinbase", SOMEBODY),
            lambda: client("anvil_impersonateAccount", SOMEBODY),
            lambda: client("anvil_autoImpersonateAccount", True),
            lambda: client("evm_increaseTime", 100),
            lambda: client("megadev_oracle_setSlots", {"7": "0x2a"}),
            lambda: client("megadev_salt_setCapacities", {"70000": 1024}),
            lambda: client("megadev_sequencer_rotateKey"),
            lambda: client("megadev_sequencer_censor", [SOMEBODY]),
            lambda: client("megadev_sequencer_setLatency", {"answer": "1ms"}),
            lambda: client("anvil_setBalance", SOMEBODY, "0x77"),
            lambda: client("anvil_setLoggingEnabled", False),
        ):
            before = _rows(tmp_path / "kept")
            change()
            assert _rows(tmp_path / "kept") != before


def _rows(path: Path) -> list[Any]:
    with sqlite3.connect(path / "chain.sqlite") as connection:
        return connection.execute("SELECT name, data FROM rest ORDER BY name").fetchall()

"""A chain outlives its node: dumped in one process, loaded in another, by flags and by RPC."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from megadev import ConfigError, Devnet
from megadev.rpc.client import RpcError
from megadev.state.diff import Cause, StateDiff
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import World
from tests.conftest import REPOSITORY, START_SECONDS, RunningNode
from tests.stage.wallet import Wallet

START = 1_700_000_000
STRANGER = "0x1111111111111111111111111111111111111111"
STORE_42 = "0x602a6001556001602a60005260206000a1600060005360016000f3"
"""Creation code: 42 into slot 1, a log with topic 1 and 42 as data, and a STOP as the contract."""


def devnet(**settings: Any) -> Devnet:
    return Devnet(**({"timestamp": START, "manual_clock": True, "accounts": 3} | settings))


def payer(net: Devnet, number: int) -> Wallet:
    """One of the devnet's accounts."""
    return Wallet(net.rpc, net.accounts[number].address)


def deploy(net: Devnet) -> Any:
    return net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "data": STORE_42})


def lived_in(**settings: Any) -> Devnet:
    """A chain of three blocks: a transfer, a contract with a log, another transfer."""
    net = devnet(**settings)
    payer(net, 0).submit(net.accounts[1].address, value=5)
    deploy(net)
    payer(net, 1).submit(net.accounts[2].address, value=7)
    return net


def everything(net: Devnet) -> dict[str, Any]:
    """What RPC tells of the chain."""
    numbers = range(net.l2.chain.store.genesis.number, net.l2.chain.head.number + 1)
    return {
        "blocks": [net.rpc("eth_getBlockByNumber", hex(number), True) for number in numbers],
        "receipts": [net.rpc("eth_getBlockReceipts", hex(number)) for number in numbers],
        "logs": net.rpc("eth_getLogs", {"fromBlock": "0x0"}),
        "balances": [net.rpc("eth_getBalance", account.address, "latest") for account in net.accounts],
    }


def true_root(world: World) -> bytes:
    """The state root, made from nothing but accounts, slots and codes."""
    diff = StateDiff(Cause.GENESIS)
    for address, account in world.accounts():
        diff.accounts[address] = account
        diff.storage[address] = dict(world.storage_of(address))
        diff.codes[account.code_hash] = world.code(account.code_hash)
    return World().apply(diff).state_root


def packed(document: Any) -> str:
    return "0x" + json.dumps(document).encode().hex()


def unpacked(dump: str) -> Any:
    return json.loads(gzip.decompress(bytes.fromhex(dump[2:])))


# -- from one process to the next --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_chain_in_a_file_continues_in_the_next_process(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, number: int
) -> None:
    first = megadev_up("--state", "kept.json")
    tx_hash = first.rpc("eth_sendTransaction", {"from": first.rpc("eth_accounts")[0], "to": STRANGER, "value": "0x7"})
    block = first.rpc("eth_getBlockByNumber", "0x1", True)
    receipt = first.rpc("eth_getTransactionReceipt", tx_hash)
    assert first.stop(number) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]

    second = megadev_up("--state", "kept.json")
    assert second.rpc("eth_blockNumber") == "0x1"
    assert second.rpc("eth_getBlockByNumber", "0x1", True) == block
    assert second.rpc("eth_getTransactionReceipt", tx_hash) == receipt
    assert second.rpc("eth_getBalance", STRANGER, "latest") == "0x7"
    second.rpc("eth_sendTransaction", {"from": second.rpc("eth_accounts")[0], "to": STRANGER, "value": "0x1"})
    assert second.rpc("eth_getBlockByNumber", "0x2", False)["parentHash"] == block["hash"]
    assert second.stop() == 0
    assert json.loads((tmp_path / "kept.json").read_bytes())["best_block_number"] == 2


def test_a_dump_is_written_now_and_then_into_a_directory_too(
    megadev_up: Callable[..., RunningNode], tmp_path: Path
) -> None:
    node = megadev_up("--dump-state", str(tmp_path), "-s", "0.05")
    node.rpc("anvil_mine", "0x3")
    written = tmp_path / "state.json"
    while node.rpc("eth_blockNumber") == "0x3":
        if written.exists() and json.loads(written.read_bytes())["best_block_number"] == 3:
            break
    assert node.stop(signal.SIGKILL) != 0
    with Devnet(load_state=written) as net:
        assert net.rpc("eth_blockNumber") == "0x3"


def test_an_invalid_dump_stops_the_start_and_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text('{"accounts": {}, "blocks": [{"header": {}}]}')
    done = subprocess.run(
        [sys.executable, "-m", "megadev", "up", "--port", "0", "--state", str(file)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert done.returncode == 2
    assert "kept.json: failed to decode state dump: blocks[0].header.parentHash: expected a value" in done.stderr
    assert file.read_text() == '{"accounts": {}, "blocks": [{"header": {}}]}'


def test_an_unwritable_path_is_reported_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Devnet(dump_state=tmp_path / "missing" / "state.json")
    with pytest.raises(ConfigError, match="No such file"):
        Devnet(load_state=tmp_path / "missing.json")
    with pytest.raises(ConfigError, match="--state combines --load-state and --dump-state"):
        Devnet(state=tmp_path / "a.json", dump_state=tmp_path / "b.json")


def test_a_failed_start_keeps_an_earlier_dump(megadev_up: Callable[..., RunningNode], tmp_path: Path) -> None:
    taken = megadev_up()
    (tmp_path / "kept.json").write_text("an earlier dump")
    for wrong in (["--port", str(taken.port)], ["--config-out", "missing/out.json"]):
        failing = megadev_up(*wrong, "--dump-state", "kept.json", listening="")
        assert failing.process.wait(timeout=START_SECONDS) in (1, 2)
        assert (tmp_path / "kept.json").read_text() == "an earlier dump"


def test_a_devnet_in_python_keeps_its_chain_too(tmp_path: Path) -> None:
    with lived_in(state=tmp_path / "kept.json") as net:
        before = everything(net)
    with devnet(state=tmp_path / "kept.json") as net:
        assert everything(net) == before


# -- by RPC ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("anvil_dumpState", "anvil_loadState"), ("hardhat_dumpState", "hardhat_loadState")])
def test_a_loaded_chain_equals_the_dumped_one(names: tuple[str, str]) -> None:
    with lived_in() as net, devnet() as other:
        assert other.rpc(names[1], net.rpc(names[0])) is True
        assert everything(other) == everything(net)
        assert other.l2.chain.head.world.state_root == net.l2.chain.head.header.state_root
        assert [payer(other, 0).submit(other.accounts[1].address, value=1), everything(other)] == [
            payer(net, 0).submit(net.accounts[1].address, value=1),
            everything(net),
        ]


def test_a_dump_includes_what_cheats_changed_since_the_last_block() -> None:
    with lived_in() as net, devnet() as other:
        net.rpc("anvil_setBalance", STRANGER, "0x9")
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        assert other.rpc("eth_getBalance", STRANGER, "latest") == "0x9"
        other.rpc("anvil_mine")
        assert other.rpc("eth_getBalance", STRANGER, "latest") == "0x9"


def test_old_blocks_without_state_give_an_error() -> None:
    with lived_in() as net, devnet(timestamp=START - 100) as other:
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        reader = net.accounts[1].address
        for ask in (
            lambda: other.rpc("eth_getBalance", reader, "0x2"),
            lambda: other.rpc("eth_getStorageAt", reader, "0x0", "0x1"),
            lambda: other.rpc("eth_getProof", reader, [], "0x1"),
            lambda: other.rpc("eth_call", {"to": reader}, "0x1"),
        ):
            with pytest.raises(RpcError, match="block [12] was loaded from a dump without its state") as refused:
                ask()
            assert refused.value.code == -32000
        assert other.rpc("eth_getBalance", reader, "0x3") == net.rpc("eth_getBalance", reader, "0x3")


def test_queries_of_a_missing_state_are_refused() -> None:
    asked = {name for name in vars(World) if not name.startswith("_")}
    assert asked <= vars(UnavailableWorld).keys(), "World has learnt something that would be answered with nothing"


def test_old_blocks_answer_when_their_states_were_dumped() -> None:
    with lived_in() as net, devnet(timestamp=START - 100) as other:
        dump = net.rpc("anvil_dumpState", True)
        assert len(unpacked(dump)["historical_states"]) == 3
        other.rpc("anvil_loadState", dump)
        for number in range(4):
            for account in net.accounts:
                asked = ("eth_getProof", account.address, ["0x1"], hex(number))
                assert other.rpc(*asked) == net.rpc(*asked)
        assert other.rpc("anvil_dumpState", True) == dump


def test_loading_keeps_other_accounts_and_the_higher_nonce() -> None:
    with lived_in() as net, devnet(timestamp=START - 100) as other:
        for _ in range(4):
            payer(other, 0).submit(other.accounts[1].address, value=1)
        other.rpc("anvil_setBalance", STRANGER, "0x9")
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        alice = net.accounts[0].address
        assert other.rpc("eth_getTransactionCount", alice, "latest") == "0x4"
        assert other.rpc("eth_getBalance", alice, "latest") == net.rpc("eth_getBalance", alice, "latest")
        assert other.rpc("eth_getBalance", STRANGER, "latest") == "0x9"
        assert (
            other.rpc("eth_getTransactionByHash", payer(other, 0).submit(other.accounts[1].address, value=1))[
                "blockNumber"
            ]
            == "0x4"
        )
        assert other.l2.chain.head.header.state_root == true_root(other.l2.chain.head.world)


def test_a_slot_of_the_genesis_that_was_emptied_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_text(json.dumps({"alloc": {STRANGER: {"storage": {"0x1": "0x5"}}}}))
    with devnet(init=tmp_path / "genesis.json") as net, devnet(init=tmp_path / "genesis.json") as other:
        net.rpc("anvil_setStorageAt", STRANGER, "0x1", "0x" + bytes(32).hex())
        net.rpc("anvil_mine")
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        assert int(other.rpc("eth_getStorageAt", STRANGER, "0x1", "latest"), 16) == 0
        assert other.l2.chain.head.world.state_root == net.l2.chain.head.header.state_root


def test_loading_an_earlier_dump_keeps_the_states_of_common_blocks() -> None:
    with devnet() as net:
        payer(net, 0).submit(net.accounts[1].address, value=5)
        payer(net, 0).submit(net.accounts[1].address, value=6)
        kept, dump = everything(net), net.rpc("anvil_dumpState")
        snapshot = net.rpc("evm_snapshot")
        watching = net.rpc("eth_newBlockFilter")
        payer(net, 1).submit(net.accounts[2].address, value=7)
        net.rpc("anvil_loadState", dump)
        assert everything(net) == kept
        assert net.rpc("eth_getBalance", net.accounts[1].address, "0x1") == hex(10_000 * 10**18 + 5)
        assert net.rpc("eth_getFilterChanges", watching) == [], "the blocks that both have did not change"
        payer(net, 1).submit(net.accounts[2].address, value=8)
        assert net.rpc("evm_revert", snapshot) is True
        assert everything(net) == kept


def test_loading_drops_snapshots_and_a_reset_restores_the_first_genesis() -> None:
    with lived_in() as net, devnet(timestamp=START - 100) as other:
        first = everything(other)
        snapshot = other.rpc("evm_snapshot")
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        assert other.rpc("evm_revert", snapshot) is False
        other.rpc("anvil_reset")
        assert everything(other) == first


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda dump: dump.pop("accounts"), "accounts: expected an object"),
        (lambda dump: dump["accounts"].update({"0x01": {}}), "accounts.0x01: expected 20 bytes"),
        (lambda dump: dump.update(best_block_number=9), "which blocks does not have"),
        (lambda dump: dump["blocks"][2]["header"].update(gasUsed="lots"), "blocks[2].header.gasUsed: expected a num"),
        (lambda dump: dump["blocks"][1]["transactions"][0]["transaction"].update(value="0x6"), "hash: expected the ha"),
        (lambda dump: dump["transactions"].clear(), "an entry in transactions"),
        (lambda dump: dump["transactions"][1]["receipt"].pop("status"), "receipt.status: expected"),
        (lambda dump: dump["transactions"][1]["receipt"]["logs"][0].update(topics=["0x1"]), "topics[0]: expected 32"),
    ],
)
def test_a_malformed_dump_changes_nothing_and_names_the_error(damage: Callable[[Any], object], complaint: str) -> None:
    with lived_in() as net, devnet(timestamp=START - 100) as other:
        dump, before = unpacked(net.rpc("anvil_dumpState")), everything(other)
        damage(dump)
        with pytest.raises(RpcError) as refused:
            other.rpc("anvil_loadState", packed(dump))
        assert refused.value.code == -32602
        assert complaint in refused.value.message
        assert everything(other) == before


def test_damaged_bytes_are_refused() -> None:
    with devnet() as net:
        dump = net.rpc("anvil_dumpState")
        for bytes_of_it in (dump[:-40], dump[:60] + "00" * 40 + dump[140:], "0x", "0x6e6f"):
            with pytest.raises(RpcError, match="failed to decode state dump") as refused:
                net.rpc("anvil_loadState", bytes_of_it)
            assert refused.value.code == -32602


def test_a_waiting_transaction_whose_nonce_the_loaded_chain_has_used_is_dropped() -> None:
    with lived_in() as net, devnet(no_mining=True, timestamp=START - 100) as other:
        stale, waiting = (
            payer(other, 0).submit(other.accounts[1].address, value=1),
            payer(other, 2).submit(other.accounts[1].address, value=1),
        )
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        assert other.rpc("eth_getTransactionByHash", stale) is None
        assert other.rpc("eth_getTransactionByHash", waiting)["blockHash"] is None


# -- blobs -------------------------------------------------------------------------------------------------------------


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=START_SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_blobs_can_be_fetched_by_hash_by_transaction_and_as_from_a_beacon_node() -> None:
    blob = "0x" + (b"\x00" + b"\x07" * 31).hex() + bytes(131_040).hex()
    with devnet() as net:
        tx_hash = payer(net, 0).submit(net.accounts[1].address, value=0, blobs=[blob], maxFeePerBlobGas="0x10")
        versioned = net.rpc("eth_getTransactionByHash", tx_hash)["blobVersionedHashes"][0]
        dump = net.rpc("anvil_dumpState")
    with devnet() as net:
        net.rpc("anvil_loadState", dump)
        assert net.rpc("anvil_getBlobByHash", versioned) == blob
        assert net.rpc("anvil_getBlobByHash", "0x01" + "00" * 31) is None
        assert net.rpc("anvil_getBlobsByTransactionHash", tx_hash) == [blob]
        assert net.rpc("anvil_getBlobsByTransactionHash", "0x" + "00" * 32) is None
        beacon = net.serve() + "/eth/v1/beacon"
        assert get(f"{beacon}/genesis")[1]["data"]["genesis_time"] == str(net.rpc("anvil_getGenesisTime"))
        found = (200, {"execution_optimistic": False, "finalized": False, "data": [blob]})
        for block_id in ("1", "head", net.rpc("eth_getBlockByNumber", "0x1", False)["hash"]):
            assert get(f"{beacon}/blobs/{block_id}") == found
        assert get(f"{beacon}/blobs/1?versioned_hashes={versioned}") == found
        assert get(f"{beacon}/blobs/1?versioned_hashes=0x01")[1]["data"] == []
        assert get(f"{beacon}/blobs/genesis")[1] == {"execution_optimistic": False, "finalized": True, "data": []}
        assert get(f"{beacon}/blobs/2") == (404, {"code": 404, "message": "Block not found"})
        assert get(f"{beacon}/blobs/latest") == (400, {"code": 400, "message": "Invalid block ID: latest"})
        assert get(f"{beacon}/blob_sidecars/1")[0] == 410
        assert get(f"{beacon}/states")[0] == 404

"""The L1 beside the L2: a chain like the other, with one clock, one snapshot and one dump for both, in nobody's way."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import ConfigError, Devnet
from megadev.cli.main import run
from megadev.devnet import Endpoint
from megadev.events import BlockSealed
from megadev.rollup.predeploys import MAINNET_ADDRESSES, PREDEPLOYS
from megadev.rpc.client import RpcError
from tests.conftest import RunningNode
from tests.contracts import load
from tests.stage.javascript import NODE_MODULES, SCRIPTS

ETHER = 10**18
START = 1_700_000_000
STRANGER = "0x" + "5a" * 20
DAY = 86_400


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(manual_clock=True, timestamp=START) as net:
        yield net


@pytest.fixture(params=["l1", "l2"])
def pair(request: pytest.FixtureRequest, net: Devnet) -> tuple[Endpoint, Endpoint]:
    """A chain and the other one."""
    return (net.l1, net.l2) if request.param == "l1" else (net.l2, net.l1)


def pay(endpoint: Endpoint, value: int = 1, **fields: Any) -> str:
    sender = endpoint.rpc("eth_accounts")[0]
    sent: str = endpoint.rpc("eth_sendTransaction", {"from": sender, "to": STRANGER, "value": hex(value)} | fields)
    return sent


def height(endpoint: Endpoint) -> int:
    return int(endpoint.rpc("eth_blockNumber"), 16)


def newest(endpoint: Endpoint) -> int:
    return int(endpoint.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def balance(endpoint: Endpoint, address: str = STRANGER) -> int:
    return int(endpoint.rpc("eth_getBalance", address, "latest"), 16)


def asked(url: str, method: str, *params: Any) -> Any:
    """The result of one request over HTTP."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["result"]


def code(endpoint: Endpoint, address: bytes) -> str:
    found: str = endpoint.rpc("eth_getCode", "0x" + address.hex(), "latest")
    return found


# -- a chain of its own -------------------------------------------------------------------------------------------


def test_l1_is_another_chain_with_the_same_accounts(net: Devnet) -> None:
    assert (net.l1.rpc("eth_chainId"), net.rpc("eth_chainId")) == ("0x384", "0x7a69")
    assert net.l1.rpc("eth_accounts") == net.rpc("eth_accounts")
    assert balance(net.l1, net.accounts[3].address) == balance(net.l2, net.accounts[3].address) == 10_000 * ETHER
    assert net.l1.rpc("anvil_nodeInfo")["hardFork"] == "Prague"


def test_changes_of_one_chain_do_not_affect_the_other(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    pay(here, 7)
    here.rpc("anvil_setCode", STRANGER, "0x00")
    here.rpc("evm_mine")
    assert (height(here), height(there)) == (2, 0)
    assert (balance(here), balance(there)) == (7, 0)
    assert here.rpc("eth_getCode", STRANGER) == "0x00"
    assert there.rpc("eth_getCode", STRANGER) == "0x"
    assert there.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_transaction_of_one_chain_is_not_good_on_the_other(net: Devnet) -> None:
    alice = net.accounts[0]
    tx = {"to": bytes.fromhex(STRANGER[2:]), "value": 1, "gas": 21_000, "gasPrice": 10**10, "nonce": 0, "chainId": 900}
    raw = "0x" + net.l1.w3.eth.account.sign_transaction(tx, alice.private_key).raw_transaction.hex()
    with pytest.raises(RpcError, match="chain id"):
        net.rpc("eth_sendRawTransaction", raw)
    net.l1.rpc("eth_sendRawTransaction", raw)
    assert balance(net.l1) == 1


def test_the_bridge_is_deployed_on_both_chains(net: Devnet) -> None:
    addresses = [getattr(MAINNET_ADDRESSES, name) for name in MAINNET_ADDRESSES.__struct_fields__]
    assert all(len(code(net.l1, address)) > 2 for address in addresses)
    assert all(len(code(net.l2, predeploy.address)) > 2 for predeploy in PREDEPLOYS)
    assert balance(net.l1, "0x" + MAINNET_ADDRESSES.portal.hex()) == 10 * 10_000 * ETHER


def test_without_an_l1_there_is_neither_chain_nor_bridge() -> None:
    with Devnet(no_l1=True) as net:
        with pytest.raises(ConfigError, match="no L1"):
            net.l1  # noqa: B018
        assert all(code(net.l2, predeploy.address) == "0x" for predeploy in PREDEPLOYS)
        assert net.rpc("megadev_chainConfig")["l1"] is None
        net.serve()
        assert pay(net.l2)


def test_l1_has_separate_settings() -> None:
    with Devnet(l1_chain_id=1234, l1_hardfork="osaka", gas_price=5, chain_id=900) as net:
        assert net.l1.rpc("eth_chainId") == "0x4d2"
        assert net.l1.rpc("anvil_nodeInfo")["hardFork"] == "Osaka"
        assert (net.rpc("eth_gasPrice"), net.l1.rpc("eth_gasPrice")) == ("0x5", hex(1_875_000_000))
    with Devnet(chain_id=900) as net:
        assert net.l1.rpc("eth_chainId") == hex(901)
    with pytest.raises(ConfigError, match="--l1-chain-id"):
        Devnet(chain_id=7, l1_chain_id=7)


def test_each_chain_mines_in_its_own_way(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    here.rpc("evm_setAutomine", False)
    here.rpc("anvil_setCoinbase", STRANGER)
    here.rpc("evm_setBlockGasLimit", 12_345_678)
    pay(here)
    pay(there)
    assert (height(here), height(there)) == (0, 1)
    assert (here.rpc("anvil_getAutomine"), there.rpc("anvil_getAutomine")) == (False, True)
    here.rpc("evm_mine")
    block, other = (each.rpc("eth_getBlockByNumber", "latest", False) for each in pair)
    assert (block["miner"], int(block["gasLimit"], 16)) == (STRANGER, 12_345_678)
    assert (other["miner"], int(other["gasLimit"], 16)) == ("0x" + "00" * 20, 30_000_000)


def test_l1_blocks_can_be_sealed_by_timer() -> None:
    with Devnet(l1_block_time=0.01) as net:
        three = threading.Event()
        net.node.l1.bus.subscribe(  # type: ignore[union-attr]
            lambda event: three.set() if isinstance(event, BlockSealed) and event.block.number >= 3 else None
        )
        assert three.wait(60)
        assert height(net.l2) == 0
        assert net.l1.rpc("anvil_getIntervalMining") == 0.01
        assert net.rpc("anvil_getIntervalMining") is None


def test_filters_and_logs_belong_to_one_chain(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    blocks, pending, logs = (
        here.rpc("eth_newBlockFilter"),
        here.rpc("eth_newPendingTransactionFilter"),
        here.rpc("eth_newFilter", {}),
    )
    creation = "0x" + load("Logger").creation.hex()
    for endpoint in pair:
        sender = endpoint.rpc("eth_accounts")[0]
        endpoint.rpc("eth_sendTransaction", {"from": sender, "data": creation, "gas": hex(2_000_000)})
    assert len(here.rpc("eth_getFilterChanges", blocks)) == 1
    assert len(here.rpc("eth_getFilterChanges", pending)) == 1
    assert here.rpc("eth_getFilterChanges", logs) == []
    with pytest.raises(RpcError, match="filter not found"):
        there.rpc("eth_getFilterChanges", blocks)


def test_subscribers_hear_of_the_chain_that_they_asked(net: Devnet) -> None:
    from web3 import AsyncWeb3, WebSocketProvider

    net.serve()

    async def hear() -> tuple[int, int]:
        url = net.l1.url.replace("http", "ws", 1)
        async with AsyncWeb3(WebSocketProvider(url)) as w3:
            await w3.eth.subscribe("newHeads")
            await asyncio.to_thread(pay, net.l2)
            await asyncio.to_thread(pay, net.l1)
            async for message in w3.socket.process_subscriptions():
                return int(message["result"]["number"]), await w3.eth.chain_id
        raise AssertionError("the connection ended")

    assert asyncio.run(asyncio.wait_for(hear(), 60)) == (1, 900)


def test_state_calls_and_traces_are_of_the_chain_asked(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    here.rpc("anvil_setStorageAt", STRANGER, "0x0", "0x" + "07".zfill(64))
    here.rpc("anvil_setCode", STRANGER, "0x5f545f5260205ff3")  # return(sload(0))
    assert here.rpc("eth_call", {"to": STRANGER}, "latest") == "0x" + "07".zfill(64)
    assert there.rpc("eth_call", {"to": STRANGER}, "latest") == "0x"
    sent = pay(here, 0)
    assert here.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})["output"] == "0x" + "07".zfill(64)
    with pytest.raises(RpcError):
        there.rpc("debug_traceTransaction", sent)
    assert there.rpc("eth_getTransactionByHash", sent) is None


def test_one_chain_can_roll_back_without_the_other(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    there.rpc("anvil_mine", 2)  # first: what L2 builds on an L1 block goes with it
    here.rpc("anvil_mine", 5)
    here.rpc("anvil_rollback", 2)
    assert (height(here), height(there)) == (3, 2)
    here.rpc("anvil_reorg", 2, [])
    assert (height(here), height(there)) == (3, 2)
    here.rpc("anvil_reset")
    assert (height(here), height(there)) == (0, 2)


def test_an_l2_that_was_built_on_lost_l1_blocks_loses_its_own(net: Devnet) -> None:
    net.rpc("evm_mine")
    net.l1.rpc("anvil_mine", 3)
    pay(net.l2, 5)
    net.l1.rpc("anvil_reorg", 2, [])
    assert height(net.l1) == 3
    assert balance(net.l2) == 5, "the users' transactions are sent again"
    assert height(net.l2) == 2


# -- blobs --------------------------------------------------------------------------------------------------------


def test_blobs_that_l1_took_are_served_by_its_beacon_endpoint(net: Devnet) -> None:
    blob = "0x" + "00" * 131_072
    alice = net.accounts[0].address
    sent = net.l1.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "blobs": [blob], "type": "0x3"})
    receipt = net.l1.rpc("eth_getTransactionReceipt", sent)
    assert (receipt["status"], receipt["blobGasUsed"]) == ("0x1", hex(131_072))
    assert net.l1.rpc("anvil_getBlobsByTransactionHash", sent) == [blob]
    net.serve()

    def served(endpoint: Endpoint) -> list[str]:
        with urllib.request.urlopen(f"{endpoint.url}/eth/v1/beacon/blobs/head", timeout=60) as response:
            found: list[str] = json.load(response)["data"]
        return found

    assert (served(net.l1), served(net.l2)) == ([blob], [])


# -- one clock ----------------------------------------------------------------------------------------------------


def test_both_chains_travel_together(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    here.rpc("evm_increaseTime", DAY)
    for endpoint in pair:
        endpoint.rpc("evm_mine")
        assert newest(endpoint) == START + DAY
    here.rpc("evm_setNextBlockTimestamp", START + 2 * DAY)
    here.rpc("evm_mine")
    there.rpc("evm_mine")
    assert newest(here) == newest(there) == START + 2 * DAY
    here.rpc("evm_setTime", START + 3 * DAY)
    there.rpc("evm_mine")
    assert newest(there) == START + 3 * DAY


def test_time_can_be_moved_on_one_chain_only(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    here.rpc("evm_increaseTime", DAY, True)
    for endpoint in pair:
        endpoint.rpc("evm_mine")
    assert (newest(here), newest(there)) == (START + DAY, START + 1)
    there.rpc("evm_increaseTime", 100)
    for endpoint in pair:
        endpoint.rpc("evm_mine")
    assert newest(here) - newest(there) in (DAY - 1, DAY)
    here.rpc("evm_setTime", START + 5 * DAY, True)
    for endpoint in pair:
        endpoint.rpc("evm_mine")
    assert newest(here) == START + 5 * DAY
    assert newest(there) < START + DAY


def test_l1_s_blocks_do_not_date_l2_s(net: Devnet) -> None:
    net.l1.rpc("anvil_mine", 500)
    net.rpc("evm_mine")
    assert newest(net.l2) == START + 1


# -- one snapshot, one dump ---------------------------------------------------------------------------------------


def test_a_snapshot_of_either_chain_contains_both(pair: tuple[Endpoint, Endpoint]) -> None:
    here, there = pair
    for endpoint in pair:
        pay(endpoint, 1)
        endpoint.rpc("evm_setAutomine", False)
        pay(endpoint, 2)
    snapshot = here.rpc("evm_snapshot")
    before = [endpoint.rpc("eth_getBlockByNumber", "latest", True) for endpoint in pair]
    for endpoint in pair:
        endpoint.rpc("anvil_mine", 3)
        endpoint.rpc("anvil_setBalance", STRANGER, "0x999")
        endpoint.rpc("evm_increaseTime", DAY, True)
    there.rpc("anvil_rollback", 4)
    assert there.rpc("evm_revert", snapshot) is True
    assert here.rpc("evm_revert", snapshot) is False
    assert [endpoint.rpc("eth_getBlockByNumber", "latest", True) for endpoint in pair] == before
    for endpoint in pair:
        assert balance(endpoint) == 1
        assert endpoint.rpc("txpool_status")["pending"] == "0x1"
        endpoint.rpc("evm_mine")
        assert newest(endpoint) < START + 100
        assert balance(endpoint) == 3
    listed = [endpoint.rpc("anvil_metadata")["snapshots"] for endpoint in pair]
    assert listed == [{}, {}]


def test_a_dump_of_either_chain_is_of_both(pair: tuple[Endpoint, Endpoint], net: Devnet) -> None:
    here, there = pair
    pay(here, 5)
    pay(there, 6)
    there.rpc("evm_mine")
    dump = here.rpc("anvil_dumpState")
    assert there.rpc("anvil_dumpState") == dump
    with Devnet() as other:
        other.rpc("anvil_loadState", dump)
        for mine, theirs in ((net.l1, other.l1), (net.l2, other.l2)):
            assert theirs.rpc("eth_getBlockByNumber", "latest", True) == mine.rpc(
                "eth_getBlockByNumber", "latest", True
            )
            assert balance(theirs) == balance(mine) > 0
        assert other.l1.rpc("anvil_dumpState") == dump
        assert pay(other.l1)
        assert pay(other.l2)


def test_a_dump_without_an_l1_leaves_l1_as_it_is(net: Devnet) -> None:
    with Devnet(no_l1=True, timestamp=START) as plain:
        pay(plain.l2, 5)
        dump = plain.rpc("anvil_dumpState")
        pay(net.l1, 9)
        full, first = net.rpc("anvil_dumpState"), net.rpc("eth_getBlockByNumber", "0x0", False)
        net.rpc("anvil_loadState", dump)
        assert (balance(net.l2), balance(net.l1), height(net.l1)) == (5, 9, 1)
        plain.rpc("anvil_loadState", full)
        assert plain.rpc("eth_getBlockByNumber", "0x0", False) == first


def test_a_dump_whose_l1_cannot_be_read_changes_neither_chain(net: Devnet, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with Devnet(dump_state=file) as other:
        pay(other.l2, 5)
    document = json.loads(file.read_bytes())
    document["l1"]["accounts"] = 7
    before = height(net.l2)
    with pytest.raises(RpcError, match="accounts"):
        net.rpc("anvil_loadState", "0x" + json.dumps(document).encode().hex())
    assert (height(net.l2), balance(net.l2)) == (before, 0)


def test_both_chains_are_kept_in_one_file(tmp_path: Path) -> None:
    with Devnet(state=tmp_path / "state.json") as net:
        pay(net.l1, 5)
        pay(net.l2, 6)
    with Devnet(state=tmp_path / "state.json") as net:
        assert (balance(net.l1), balance(net.l2)) == (5, 6)
        pay(net.l1, 1)
    with Devnet(state=tmp_path / "state.json") as net:
        assert (balance(net.l1), balance(net.l2)) == (6, 6)


# -- in nobody's way ----------------------------------------------------------------------------------------------


def test_a_suite_that_ignores_l1_sees_the_same_l2() -> None:
    """All but what the predeploys change: the state's root, and with it every hash."""

    def story(net: Devnet) -> list[Any]:
        alice = net.accounts[0].address
        net.rpc("anvil_mine", 3)
        sent = pay(net.l2, 5)
        net.rpc("evm_increaseTime", 60)
        created = net.rpc(
            "eth_sendTransaction", {"from": alice, "data": "0x" + load("Logger").creation.hex(), "gas": hex(2_000_000)}
        )
        answers = [
            net.rpc("eth_getBlockByNumber", number, True) for number in ("earliest", "0x1", "latest", "pending", "safe")
        ]
        answers += [net.rpc("eth_getTransactionReceipt", each) for each in (sent, created)]
        answers += [net.rpc("anvil_nodeInfo"), net.rpc("eth_feeHistory", 5, "latest", [50]), net.rpc("eth_gasPrice")]
        answers += [net.rpc("eth_getTransactionCount", alice, "latest"), balance(net.l2, alice)]
        return answers

    def without_hashes(answer: Any) -> Any:
        if isinstance(answer, list):
            return [without_hashes(each) for each in answer]
        if not isinstance(answer, dict):
            return answer
        depend = {
            "hash",
            "parentHash",
            "stateRoot",
            "blockHash",
            "mixHash",
            "currentBlockHash",
            "size",
            "withdrawalsRoot",
        }
        return {key: without_hashes(value) for key, value in answer.items() if key not in depend}

    settings: dict[str, Any] = {"manual_clock": True, "timestamp": START}
    with Devnet(**settings) as net, Devnet(no_l1=True, **settings) as alone:
        assert without_hashes(story(net)) == without_hashes(story(alone))


# -- served -------------------------------------------------------------------------------------------------------


def test_each_chain_has_its_own_port(net: Devnet) -> None:
    with pytest.raises(ConfigError, match="not served"):
        net.l1.url  # noqa: B018
    assert net.serve() == net.url == net.l2.url != net.l1.url
    for endpoint in (net.l1, net.l2):
        with urllib.request.urlopen(f"{endpoint.url}/health", timeout=60) as response:
            assert json.load(response)["chainId"] == int(endpoint.rpc("eth_chainId"), 16)
        with urllib.request.urlopen(endpoint.url, timeout=60) as response:
            assert endpoint.url in response.read().decode()
    threads = [threading.Thread(target=lambda e=e: [pay(e) for _ in range(20)]) for e in (net.l1, net.l2)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (balance(net.l1), balance(net.l2)) == (20, 20)
    net.close()
    with pytest.raises(ConfigError, match="not served"):
        net.l1.url  # noqa: B018


def test_the_command_serves_l1_beside_and_names_it_only_when_it_does_something(
    megadev_up: Callable[..., RunningNode],
) -> None:
    node = megadev_up()
    banner = "".join(node.printed)
    url = "http://" + banner[banner.index("L1\n====") :].split("http://")[1].split()[0]
    assert "chain id 900, prague" in banner

    assert node.rpc("eth_chainId") == "0x7a69"
    assert "L1" not in node.wait_for("eth_chainId").string
    sender = asked(url, "eth_accounts")[0]
    node.wait_for(r"^L1  eth_accounts")
    asked(url, "eth_sendTransaction", {"from": sender, "to": STRANGER})
    node.wait_for(r"^L1    0x[0-9a-f]{64}")
    node.wait_for(r"^L1 .* success")
    node.rpc("eth_blockNumber")
    assert node.wait_for("eth_blockNumber").string.startswith("eth_blockNumber")
    assert node.stop() == 0


def test_the_command_reports_l1_to_programs(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--json", "--l1-port", "0", "--l1-chain-id", "77")
    started = json.loads(next(line for line in node.printed if "listening" in line))
    assert started["l1"]["chainId"] == 77
    (url,) = started["l1"]["urls"]
    assert asked(url, "eth_chainId") == hex(77)
    assert json.loads(node.wait_for("eth_chainId").string)["chain"] == "L1"
    node.rpc("eth_blockNumber")
    assert "chain" not in json.loads(node.wait_for("eth_blockNumber").string)


def test_a_port_that_was_named_for_l1_must_be_free(megadev_up: Callable[..., RunningNode]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        node = megadev_up("--l1-port", str(taken.getsockname()[1]), listening="")
        node.wait_for("is in use")
        assert node.process.wait(timeout=60) == 1


# -- megadev chain ------------------------------------------------------------------------------------------------


def test_the_chains_are_described_with_every_address(net: Devnet, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chain", "--json", "--rpc-url", net.serve()]) == 0
    described = json.loads(capsys.readouterr().out)
    l2, l1 = described["l2"], described["l1"]
    assert (l2["id"], l1["id"], l2["sourceId"]) == (31337, 900, 900)
    assert l2["rpcUrls"]["default"] == {"http": [net.url], "webSocket": [net.url.replace("http", "ws")]}
    assert l1["rpcUrls"]["default"]["http"] == [net.l1.url]
    for chain, endpoint in ((l1, net.l1), (l2, net.l2)):
        for contract in chain["contracts"].values():
            at = contract if "address" in contract else contract["900"]
            assert len((endpoint if "address" in contract else net.l1).rpc("eth_getCode", at["address"])) > 2
    for name in ("portal", "disputeGameFactory", "l1StandardBridge"):
        assert l2["contracts"][name]["900"] == l1["contracts"][name]


def test_a_chain_without_l1_is_described_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with Devnet(no_l1=True) as net:
        assert run(["chain", "--rpc-url", net.serve()]) == 0
    printed = capsys.readouterr().out
    assert "export const l2" in printed
    assert "l1" not in printed


@pytest.mark.node_js
def test_viem_takes_the_chains_as_they_are_printed(
    net: Devnet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None or not NODE_MODULES or not (Path(NODE_MODULES) / "viem").is_dir():
        pytest.skip("needs Node.js, and MEGADEV_NODE_MODULES set to a node_modules directory that has viem")
    assert run(["chain", "--viem", "--rpc-url", net.serve()]) == 0
    (tmp_path / "chains.mjs").write_text(capsys.readouterr().out)
    (tmp_path / "node_modules").symlink_to(Path(NODE_MODULES).resolve())
    shutil.copy(SCRIPTS / "chains.mjs", tmp_path / "main.mjs")
    done = subprocess.run(
        [node, str(tmp_path / "main.mjs")],
        cwd=tmp_path,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["chainIds"] == [900, 31337]
    assert told["portalVersion"] >= 3
    assert told["games"] == 0
    assert told["hashes"] == 1

"""Test tools that people bring along, unmodified: hardhat-network-helpers, viem's test client, ``forge script``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.forge import solc_for_forge
from tests.stage.javascript import NODE_MODULES, SCRIPTS, outcomes
from tests.stage.programs import program

FORGE = os.environ.get("MEGADEV_FORGE", "forge")
"""Foundry's forge."""


ETHER = 10**18


GWEI = 10**9


WHALE = "0x" + "99" * 20


T = TypeVar("T")


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(accounts=20) as net:
        net.serve()
        yield net


class Helpers:
    """@nomicfoundation/hardhat-network-helpers, as far as its requests go: the same methods, parameters and checks."""

    def __init__(self, net: Devnet) -> None:
        self.request = net.rpc
        self._fixtures: dict[Callable[[], Any], tuple[str, Any]] = {}

    # fixtures

    def take_snapshot(self) -> str:
        snapshot = self.request("evm_snapshot")
        assert isinstance(snapshot, str)
        return snapshot

    def restore(self, snapshot: str) -> str:
        """Go back; the id to come back with once more."""
        assert self.request("evm_revert", snapshot) is True, "Trying to restore an invalid snapshot."
        return self.take_snapshot()

    def load_fixture(self, fixture: Callable[[], T]) -> T:
        known = self._fixtures.get(fixture)
        if known is None:
            data = fixture()
            self._fixtures[fixture] = (self.take_snapshot(), data)
            return data
        snapshot = self.restore(known[0])
        self._fixtures = {
            other: kept for other, kept in self._fixtures.items() if int(kept[0], 16) <= int(known[0], 16)
        }
        self._fixtures[fixture] = (snapshot, known[1])
        return known[1]  # type: ignore[no-any-return]

    # time

    def latest(self) -> int:
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def latest_block(self) -> int:
        return int(self.request("eth_blockNumber"), 16)

    def increase(self, seconds: int) -> int:
        return self.increase_to(self.latest() + seconds)

    def increase_to(self, timestamp: int) -> int:
        self.request("evm_setNextBlockTimestamp", hex(timestamp))
        self.mine()
        return self.latest()

    def set_next_block_timestamp(self, timestamp: int) -> None:
        self.request("evm_setNextBlockTimestamp", hex(timestamp))

    # blocks and accounts

    def mine(self, blocks: int = 1, interval: int = 1) -> None:
        self.request("hardhat_mine", hex(blocks), hex(interval))

    def mine_up_to(self, number: int) -> None:
        assert number > self.latest_block()
        self.request("hardhat_mine", hex(number - self.latest_block()))

    def get_storage_at(self, address: str, index: int, block: str = "latest") -> str:
        answer: str = self.request("eth_getStorageAt", address, f"0x{index:064x}", block)
        return answer

    def set_storage_at(self, address: str, index: int, value: int) -> None:
        self.request("hardhat_setStorageAt", address, hex(index), f"0x{value:064x}")


@pytest.fixture
def helpers() -> Iterator[tuple[Devnet, Helpers]]:
    with Devnet(accounts=3) as net:
        yield net, Helpers(net)


def test_a_fixture_is_loaded_again_and_again(helpers: tuple[Devnet, Helpers]) -> None:
    net, hh = helpers
    alice, bob = (account.address for account in net.accounts[:2])
    built: list[str] = []

    def deploy_token() -> str:
        code = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
        receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "data": "0x" + code.hex()})
        built.append(receipt["contractAddress"])
        return str(receipt["contractAddress"])

    def with_a_rich_bob() -> str:
        token = hh.load_fixture(deploy_token)
        net.rpc("hardhat_setBalance", bob, hex(123 * ETHER))
        return token

    for _ in range(3):
        token = hh.load_fixture(deploy_token)
        number, when = hh.latest_block(), hh.latest()
        transfer = encode_call("transfer(address,uint256)", bytes.fromhex(bob[2:]), 400)
        net.rpc("eth_sendTransaction", {"from": alice, "to": token, "data": "0x" + transfer.hex()})
        hh.increase(3600)
        net.rpc("hardhat_setCode", WHALE, "0x00")
        assert hh.load_fixture(with_a_rich_bob) == token
        assert (hh.latest_block(), hh.latest()) == (number, when)
        assert net.rpc("eth_getBalance", bob) == hex(123 * ETHER)
        balance = encode_call("balanceOf(address)", bytes.fromhex(bob[2:]))
        assert int(net.rpc("eth_call", {"to": token, "data": "0x" + balance.hex()}), 16) == 0
    assert len(built) == 1, "the rest came from snapshots"


def test_network_helpers_work(helpers: tuple[Devnet, Helpers]) -> None:
    net, hh = helpers
    alice, bob, carol = (account.address for account in net.accounts)

    # time
    start = hh.latest()
    assert hh.increase(100) == start + 100
    assert hh.increase_to(start + 1000) == start + 1000
    hh.set_next_block_timestamp(start + 5000)
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": bob})
    assert int(net.rpc("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16) == start + 5000
    with pytest.raises(RpcError, match="Timestamp"):
        hh.increase_to(start)

    # mine, mineUpTo
    number = hh.latest_block()
    before = hh.latest()
    hh.mine(3, 60)
    assert hh.latest_block() == number + 3
    times = [int(net.rpc("eth_getBlockByNumber", hex(number + i), False)["timestamp"], 16) for i in (1, 2, 3)]
    assert [times[1] - times[0], times[2] - times[1]] == [60, 60]
    assert times[0] - before < 60, "the interval lies between blocks, not before the first"
    hh.mine_up_to(number + 1000)
    assert hh.latest_block() == number + 1000

    # setBalance, setCode, setNonce, setStorageAt, getStorageAt
    net.rpc("hardhat_setBalance", WHALE, hex(ETHER))
    net.rpc("hardhat_setNonce", WHALE, "0x5")
    assert (net.rpc("eth_getBalance", WHALE), net.rpc("eth_getTransactionCount", WHALE)) == (hex(ETHER), "0x5")
    net.rpc("hardhat_setCode", carol, "0x602a5f5260205ff3")
    assert int(net.rpc("eth_call", {"to": carol}), 16) == 42
    hh.set_storage_at(carol, 7, 8)
    assert int(hh.get_storage_at(carol, 7), 16) == 8
    assert int(hh.get_storage_at(carol, 7, "earliest"), 16) == 0

    # impersonateAccount, stopImpersonatingAccount
    net.rpc("hardhat_impersonateAccount", WHALE)
    assert net.rpc("eth_sendTransactionSync", {"from": WHALE, "to": bob, "value": "0x1"})["status"] == "0x1"
    net.rpc("hardhat_stopImpersonatingAccount", WHALE)
    with pytest.raises(RpcError, match="unknown account"):
        net.rpc("eth_sendTransaction", {"from": WHALE, "to": bob})

    # setCoinbase, setPrevRandao, setBlockGasLimit, setNextBlockBaseFeePerGas
    net.rpc("hardhat_setCoinbase", WHALE)
    net.rpc("hardhat_setPrevRandao", f"0x{77:064x}")
    net.rpc("evm_setBlockGasLimit", hex(20_000_000))
    net.rpc("hardhat_setNextBlockBaseFeePerGas", hex(3 * GWEI))
    hh.mine()
    block = net.rpc("eth_getBlockByNumber", "latest", False)
    assert (block["miner"], int(block["mixHash"], 16)) == (WHALE, 77)
    assert (int(block["gasLimit"], 16), int(block["baseFeePerGas"], 16)) == (20_000_000, 3 * GWEI)

    # dropTransaction, between evm_setAutomine calls
    net.rpc("evm_setAutomine", False)
    waiting = net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    assert net.rpc("hardhat_dropTransaction", waiting)
    assert net.rpc("eth_getTransactionByHash", waiting) is None
    net.rpc("evm_setAutomine", True)

    # takeSnapshot, restored twice
    snapshot = hh.take_snapshot()
    for _ in range(2):
        hh.mine(5)
        snapshot = hh.restore(snapshot)
    with pytest.raises(AssertionError, match="invalid snapshot"):
        hh.restore("0x1234")


ACTIONS = (
    "dropTransaction", "dumpState", "getAutomine", "getTxpoolContent", "getTxpoolStatus", "impersonateAccount", "increaseTime",
    "inspectTxpool", "loadState", "mine", "removeBlockTimestampInterval", "reset", "revert", "sendUnsignedTransaction",
    "setAutomine", "setBalance", "setBlockGasLimit", "setBlockTimestampInterval", "setCode", "setCoinbase",
    "setIntervalMining", "setLoggingEnabled", "setMinGasPrice", "setNextBlockBaseFeePerGas", "setNextBlockTimestamp", "setNonce",
    "setRpcUrl", "setStorageAt", "snapshot", "stopImpersonatingAccount",
)  # fmt: skip
"""Every action of viem's test client (``viem/actions``)."""


@pytest.fixture(scope="module")
def viem_outcomes(net: Devnet) -> dict[str, str]:
    return outcomes(net, "viem", "viem_test_actions")


@pytest.mark.node_js
@pytest.mark.parametrize("action", ACTIONS)
def test_viem_test_action(viem_outcomes: dict[str, str], action: str) -> None:
    assert viem_outcomes[action] == "ok"


@pytest.mark.node_js
def test_every_action_that_viem_has_is_listed(viem_outcomes: dict[str, str]) -> None:
    folder = Path(NODE_MODULES) / "viem" / "_esm" / "actions" / "test"
    assert {path.name.removesuffix(".js") for path in folder.glob("*.js")} == set(ACTIONS)
    assert tuple(viem_outcomes) == ACTIONS


SCRIPT = program("test_clients/script.sol")


@pytest.mark.foundry
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_forge_deploys_by_script(tmp_path: Path, preset: str) -> None:
    forge = shutil.which(FORGE)
    if forge is None:
        pytest.skip("forge is not installed: set MEGADEV_FORGE to where it is")
    compiler = solc_for_forge(tmp_path)
    for folder, name, text in (
        ("script", "Deploy.s.sol", SCRIPT),
        ("src", "Token.sol", (SCRIPTS.parents[1] / "contracts" / "Token.sol").read_text(encoding="utf-8")),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "foundry.toml").write_text(
        f'[profile.default]\nsolc = "{compiler}"\nevm_version = "prague"\noffline = true\n'
    )
    with Devnet(preset=preset) as net:
        key = net.accounts[0].private_key
        command = [
            forge,
            "script",
            "script/Deploy.s.sol:Deploy",
            "--rpc-url",
            net.serve(),
            "--private-key",
            key,
            "--broadcast",
            *(["--skip-simulation"] if preset == "megaeth" else []),  # forge's own gas is Ethereum's
        ]
        env = {**os.environ, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0 and "Error:" not in done.stderr, (
            done.stdout + done.stderr
        )  # npm's forge ends with 0
        run = json.loads(next((tmp_path / "broadcast").rglob("run-latest.json")).read_bytes())
        assert [receipt["status"] for receipt in run["receipts"]] == ["0x1"] * 4
        assert {entry["transactionType"] for entry in run["transactions"]} >= {"CREATE", "CREATE2"}
        gold = run["receipts"][0]["contractAddress"]
        balance = encode_call("balanceOf(address)", bytes.fromhex("beef".rjust(40, "0")))
        assert int(net.rpc("eth_call", {"to": gold, "data": "0x" + balance.hex()}), 16) == 300

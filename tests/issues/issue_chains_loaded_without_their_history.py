"""A chain that came from a dump without history could be bricked; messages between the chains stood still for ever."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import StoppedClock
from megadev.errors import ConfigError
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.bridging import Bridge, deposits_of
from tests.units.rollup.chains import START

STRANGER = "0x" + "57" * 20
MEGA: dict[str, Any] = {"preset": "megaeth", "mini_block_time": None, "block_time": None, "l1_fee": False}
WAITS: dict[str, Any] = {"preset": "megaeth", "no_mining": True, "l1_fee": False}


@pytest.fixture(params=[{}, MEGA], ids=["dev", "megaeth"])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    settings: dict[str, Any] = request.param
    return settings


def deposit(bridge: Bridge, value: int = 3, gas: int = 100_000) -> Any:
    function = bridge.portal.functions.depositTransaction(STRANGER, value, gas, False, b"")
    sent = function.transact({"from": bridge.alice, "value": value, "gas": 1_000_000, "gasPrice": 0})
    return bridge.l1.w3.eth.get_transaction_receipt(sent)


def pay(bridge: Any, value: int = 1) -> str:
    tx_hash: str = bridge.l2.rpc(
        "eth_sendTransaction", {"from": bridge.bob, "to": STRANGER, "value": hex(value), "gasPrice": "0x0"}
    )
    return tx_hash


def height(net: Any) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def balance(net: Any, address: str = STRANGER) -> int:
    return int(net.rpc("eth_getBalance", address), 16)


def reloaded(bridge: Bridge, settings: dict[str, Any], *, history: bool = False) -> Bridge:
    """A new node with what the other one dumps."""
    dump = bridge.l2.rpc("anvil_dumpState", history)
    bridge.close()
    again = Bridge(**settings)
    again.l2.rpc("anvil_loadState", dump)
    return again


@pytest.fixture
def loaded(settings: dict[str, Any]) -> Iterator[Bridge]:
    """Both chains from a dump without history, three blocks each at least."""
    bridge = Bridge(**settings)
    for _ in range(3):
        pay(bridge)
        bridge.l1.rpc("evm_mine")
        bridge.l2.rpc("evm_mine")
    again = reloaded(bridge, settings)
    yield again
    again.close()


@pytest.mark.parametrize(
    "call",
    [
        ("anvil_rollback", 1),
        ("anvil_rollback", 2),
        ("anvil_reorg", 1),
        ("megadev_sequencer_crash", {"survive": False, "blocks": 1}),
    ],
    ids=str,
)
@pytest.mark.parametrize("on_l1", [False, True], ids=["L2", "L1"])
def test_calls_that_need_a_missing_state_are_refused(loaded: Bridge, call: tuple[Any, ...], on_l1: bool) -> None:
    net = loaded.l1 if on_l1 and not call[0].startswith("megadev") else loaded.l2
    before = [chain.rpc("eth_getBlockByNumber", "latest", False) for chain in (loaded.l1, loaded.l2)]
    with pytest.raises(RpcError, match="without (its|the) state"):
        net.rpc(*call)
    assert [chain.rpc("eth_getBlockByNumber", "latest", False) for chain in (loaded.l1, loaded.l2)] == before
    assert loaded.l2.rpc("megadev_sequencer_status")["condition"] == "running"
    pay(loaded)
    loaded.l2.rpc("evm_mine")
    loaded.l1.rpc("evm_mine")
    assert loaded.l2.rpc("anvil_dumpState")


def test_blocks_made_since_can_be_taken_back(loaded: Bridge) -> None:
    start = height(loaded.l2)
    loaded.l1.rpc("evm_mine")
    pay(loaded)
    loaded.l2.rpc("evm_mine")
    loaded.l2.rpc("anvil_rollback", height(loaded.l2) - start)
    pay(loaded)
    loaded.l1.rpc("anvil_rollback", 1)
    loaded.l2.rpc("evm_mine")
    assert loaded.l2.rpc("anvil_dumpState")


def test_l2_keeps_its_blocks_where_l1_starts_over(loaded: Bridge) -> None:
    before = height(loaded.l2)
    loaded.l1.rpc("anvil_reset")
    assert height(loaded.l2) == before
    loaded.l2.rpc("evm_mine")
    loaded.l1.rpc("anvil_setNextBlockBaseFeePerGas", "0x0")
    arrived = deposit(loaded)
    loaded.l2.rpc("evm_mine")
    (tx,) = deposits_of(arrived)
    assert loaded.l2.rpc("eth_getTransactionReceipt", "0x" + tx.hash.hex())["status"] == "0x1"
    assert loaded.l2.rpc("anvil_dumpState")


def test_a_deposit_below_l1s_head_arrives_after_a_reload(settings: dict[str, Any]) -> None:
    # a block has room for one of the deposits, and so gets to the L1 block before the second
    waiting = settings | {"no_mining": True, "gas_limit": 390_000}
    bridge = Bridge(**waiting)
    receipt = deposit(bridge, gas=200_000)
    for _ in range(2):
        bridge.l1.rpc("evm_mine")
    deposit(bridge, gas=200_000)
    owner = bridge.net.node.roles.owner.address
    bridge.l1.rpc("anvil_impersonateAccount", owner)
    config = bridge.net.node.driver.addresses.system_config.hex()  # type: ignore[union-attr]
    set_config = "0x" + encode_call("setGasConfigEcotone(uint32,uint32)", 1234, 5678).hex()
    if settings:
        request = {"from": owner, "to": "0x" + config, "data": set_config, "gas": "0x100000", "gasPrice": "0x0"}
        sent = bridge.l1.rpc("eth_sendTransaction", request)
        assert bridge.l1.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    again = reloaded(bridge, waiting)
    again.l2.rpc("evm_mine")
    (tx,) = deposits_of(receipt)
    assert again.l2.rpc("eth_getTransactionReceipt", "0x" + tx.hash.hex())["status"] == "0x1"
    before = again.l2.w3.eth.get_storage_at(again.l1_block.address, 3)
    sent = pay(again)
    again.l2.rpc("anvil_mine", "0x2")
    assert again.l2.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    after = again.l2.w3.eth.get_storage_at(again.l1_block.address, 3)
    if settings:
        told = int.from_bytes(after, "big")
        assert (told >> 96 & 0xFFFFFFFF, told >> 64 & 0xFFFFFFFF) == (1234, 5678)
        assert bytes(before)[:24] != bytes(after)[:24], "the deposit's own block is from before the update"
    again.close()


@pytest.mark.parametrize("l1_only", [False, True])
def test_withdrawals_continue_after_loading(settings: dict[str, Any], l1_only: bool) -> None:
    bridge = Bridge(**settings)
    old = withdraw(bridge)
    bridge.l2.rpc("evm_mine")
    if not l1_only:
        pay(bridge)  # a block behind the claim
        bridge.l2.rpc("evm_mine")
    again = reloaded(bridge, settings)
    new = withdraw(again)
    again.l2.rpc("evm_mine")
    for each in (old, new):
        assert again.l2.rpc("megadev_getWithdrawal", each)["status"] == "ready-to-prove"
        found = again.l2.rpc("megadev_getWithdrawal", each)
        sent = again.l1.rpc("eth_sendTransaction", {"from": again.alice, "gasPrice": "0x0", **found["call"]})
        assert again.l1.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    again.close()


def withdraw(bridge: Bridge) -> str:
    function = bridge.passer.functions.initiateWithdrawal(STRANGER, 100_000, b"")
    sent = function.transact({"from": bridge.alice, "value": 5, "gas": 1_000_000, "gasPrice": 0})
    bridge.l2.rpc("evm_mine")
    receipt = bridge.l2.rpc("eth_getTransactionReceipt", "0x" + sent.hex().removeprefix("0x"))
    return "0x" + receipt["logs"][0]["data"][2:][3 * 64 : 4 * 64]


def without_l1(dump: str) -> str:
    document = json.loads(gzip.decompress(bytes.fromhex(dump[2:])))
    document.pop("l1")
    return "0x" + gzip.compress(json.dumps(document).encode()).hex()


@pytest.mark.parametrize("history", [False, True])
def test_an_l2_loaded_without_its_l1_keeps_blocks_and_gets_deposits(settings: dict[str, Any], history: bool) -> None:
    bridge = Bridge(**settings)
    deposit(bridge)
    bridge.l2.rpc("evm_mine")
    sent = pay(bridge)
    bridge.l2.rpc("evm_mine")
    dump, before = bridge.l2.rpc("anvil_dumpState", history), height(bridge.l2)
    bridge.close()
    other = Bridge(**settings)
    other.l1.rpc("evm_mine")
    other.l2.rpc("anvil_loadState", without_l1(dump))
    assert height(other.l2) == before and other.l2.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    had = balance(other.l2)
    deposit(other, 7)
    other.l2.rpc("evm_mine")
    assert balance(other.l2) == had + 7
    other.l1.rpc("anvil_rollback", 1)
    other.l2.rpc("evm_mine")
    assert balance(other.l2) == had and other.l2.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    again = reloaded(other, settings, history=history)
    assert height(again.l2) >= before and again.l2.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    again.close()


def test_deposits_arrive_at_once_after_an_anvil_dump(settings: dict[str, Any]) -> None:
    with Devnet(no_l1=True, clock=StoppedClock(START)) as plain:
        plain.rpc("evm_mine")
        dump = json.loads(gzip.decompress(bytes.fromhex(plain.rpc("anvil_dumpState")[2:])))
    dump["accounts"] = {name: each for name, each in dump["accounts"].items() if not name.startswith("0x42")}
    bridge = Bridge(**settings)
    bridge.l2.rpc("anvil_loadState", "0x" + gzip.compress(json.dumps(dump).encode()).hex())
    had = balance(bridge.l2)
    deposit(bridge)
    assert balance(bridge.l2) == had + 3
    bridge.close()


def test_an_incomplete_dump_contains_as_much_as_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state.json"
    net = Devnet(state=file, clock=StoppedClock(START))
    net.rpc("anvil_setBalance", STRANGER, "0x7")
    monkeypatch.setattr("megadev.node.dump.document.written_block", lambda block: 1 // 0)
    with pytest.raises(ConfigError, match="state.json") as failed:
        net.close()
    monkeypatch.undo()
    (saved,) = tmp_path.iterdir()
    assert saved.name in str(failed.value)
    with Devnet(load_state=saved, clock=StoppedClock(START)) as again:
        assert balance(again) == 7

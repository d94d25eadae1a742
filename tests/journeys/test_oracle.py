"""MegaETH's oracle: what a transaction reads comes from outside the chain, and stands on it before the transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi import decode, encode
from eth_utils import keccak

from megadev import Devnet
from megadev.chain.system_contracts import HIGH_PRECISION_TIMESTAMP, MEGA_SYSTEM_ADDRESS, ORACLE
from megadev.cli.main import cli
from megadev.clock import ManualClock
from megadev.errors import ConfigError
from megadev.rpc.client import RpcError

AT, CLOCK, SYSTEM = ("0x" + address.hex() for address in (ORACLE, HIGH_PRECISION_TIMESTAMP, MEGA_SYSTEM_ADDRESS))
START = 1_780_973_018.031375
START_US = 1_780_973_018_031_375
READER = "0x" + "4e" * 20


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def net(clock: ManualClock) -> Iterator[Devnet]:
    with Devnet(preset="megaeth", no_mining=True, clock=clock) as net:
        yield net


def call(signature: str, *arguments: object) -> str:
    inside = signature[signature.index("(") + 1 : -1]
    return "0x" + (keccak(text=signature)[:4] + encode(inside.split(",") if inside else [], arguments)).hex()


def word(value: int) -> str:
    return f"0x{value:064x}"


def send(net: Devnet, to: str, data: str) -> dict[str, Any]:
    return {"from": net.accounts[0].address, "to": to, "data": data, "gas": hex(5_000_000)}


def mined(net: Devnet, *transactions: dict[str, Any]) -> list[dict[str, Any]]:
    """Blocks' newest transactions, whole, with their receipts, after these were sent."""
    for tx in transactions:
        net.rpc("eth_sendTransaction", tx)
    net.rpc("evm_mine")
    block = net.rpc("eth_getBlockByNumber", "latest", True)
    receipts = net.rpc("eth_getBlockReceipts", "latest")
    return [tx | {"receipt": receipt} for tx, receipt in zip(block["transactions"], receipts, strict=True)][1:]


def told(net: Devnet) -> int:
    """What a call of timestamp() answers."""
    return int(net.rpc("eth_call", {"to": CLOCK, "data": call("timestamp()")}, "latest"), 16)


def test_an_oracle_read_is_preceded_by_a_system_transaction(net: Devnet) -> None:
    net.rpc("megadev_oracle_setSlots", {"100": 42, "0x65": "0x7"})
    system, reader = mined(net, send(net, AT, call("getSlots(uint256[])", [100, 101, 102])))
    assert (system["from"], system["to"], system["type"]) == (SYSTEM, AT, "0x0")
    assert (system["gasPrice"], system["nonce"], system["value"]) == ("0x0", "0x0", "0x0")
    slots, values = decode(["uint256[]", "bytes32[]"], bytes.fromhex(system["input"][10:]))
    assert (slots, [int.from_bytes(value, "big") for value in values]) == ((100, 101), [42, 7])
    assert system["receipt"]["status"] == reader["receipt"]["status"] == "0x1"
    assert system["receipt"]["effectiveGasPrice"] == "0x0" and "l1Fee" not in system["receipt"]
    assert net.rpc("eth_getStorageAt", AT, "0x64", "latest") == word(42)
    trace = net.rpc("debug_traceTransaction", reader["hash"], {"tracer": "callTracer"})
    assert decode(["bytes32[]"], bytes.fromhex(trace["output"][2:]))[0][0] == bytes.fromhex(word(42)[2:])


def test_unread_and_unchanged_oracle_values_are_not_written(net: Devnet) -> None:
    net.rpc("megadev_oracle_setSlots", {"100": 42})
    assert len(mined(net, send(net, READER, "0x"))) == 1
    assert net.rpc("eth_getStorageAt", AT, "0x64", "latest") == word(0)
    read = send(net, AT, call("getSlot(uint256)", 100))
    assert len(mined(net, read)) == 2
    assert len(mined(net, read)) == 1
    net.rpc("megadev_oracle_setSlots", {"100": None})
    assert len(mined(net, read)) == 1
    assert net.rpc("eth_getStorageAt", AT, "0x64", "latest") == word(42), "what was written stays"


def test_a_slot_that_depends_on_another_is_read_as_well(net: Devnet) -> None:
    """A contract that asks for the slot whose number another slot holds. What it read before that was known, the time in
    slot 0, is not written.
    """
    get = call("getSlot(uint256)", 0)[2:10]
    # getSlot(9) into memory 32, getSlot(of that) into 64, kept in storage slot 0
    code = f"63{get}60e01b5f52600960045260205f60245f5f73{AT[2:]}5af1505f51"  # the answer in memory 0
    code += f"63{get}60e01b5f5260045260205f60245f5f73{AT[2:]}5af1505f515f5500"
    net.rpc("anvil_setCode", READER, "0x" + code)
    net.rpc("megadev_oracle_setSlots", {"9": 500, "500": 77})
    system, _ = mined(net, send(net, READER, "0x"))
    slots, _ = decode(["uint256[]", "bytes32[]"], bytes.fromhex(system["input"][10:]))
    assert slots == (9, 500)
    assert net.rpc("eth_getStorageAt", READER, "0x0", "latest") == word(77)


def test_the_time_is_the_clocks_in_microseconds_and_within_the_block(net: Devnet, clock: ManualClock) -> None:
    first = send(net, CLOCK, call("timestamp()"))
    clock.advance(0.25)
    system, _ = mined(net, first)
    stamp = int(net.rpc("eth_getStorageAt", AT, "0x0", "latest"), 16)
    block = net.rpc("eth_getBlockByNumber", "latest", False)
    parent = net.rpc("eth_getBlockByNumber", hex(int(block["number"], 16) - 1), False)
    assert int(parent["timestamp"], 16) * 10**6 < stamp <= int(block["timestamp"], 16) * 10**6
    assert system["from"] == SYSTEM


def test_each_transaction_in_an_open_block_reads_its_own_time(clock: ManualClock) -> None:
    with Devnet(preset="megaeth", clock=clock, block_time=3600) as net:
        stamps = []
        for _ in range(3):
            clock.advance(0.002)
            tx_hash = net.rpc("eth_sendTransaction", send(net, CLOCK, call("timestamp()")))
            assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
            stamps.append(int(net.rpc("eth_getStorageAt", AT, "0x0", "pending"), 16))
        assert stamps == [START_US + n * 2_000 for n in (1, 2, 3)]
        assert told(net) == stamps[-1]
        clock.advance(0.5)
        assert told(net) == stamps[-1] + 500_000


def test_a_set_oracle_time_holds_until_it_is_unset(net: Devnet) -> None:
    net.rpc("megadev_oracle_setSlots", {"0": str(START_US)})
    assert told(net) == START_US
    assert net.rpc("megadev_oracle_status")["timestamp"] == "set"
    net.rpc("megadev_oracle_setSlots", {"0": None})
    assert net.rpc("megadev_oracle_status")["timestamp"] == "clock"


def test_a_revert_takes_values_back_and_blocks_are_replayed_as_they_were(net: Devnet) -> None:
    taken = net.rpc("evm_snapshot")
    net.rpc("megadev_oracle_setSlots", {"100": 42})
    read = send(net, AT, call("getSlot(uint256)", 100))
    mined(net, read)
    number = net.rpc("eth_blockNumber")
    net.rpc("megadev_oracle_setSlots", {"100": 43})
    results = net.rpc("debug_traceBlockByNumber", number, {"tracer": "callTracer"})
    assert [result["result"].get("output", "0x") for result in results][-1] == word(42)
    net.rpc("evm_revert", taken)
    assert net.rpc("megadev_oracle_status")["values"] == {}
    assert len(mined(net, read)) == 1


def test_an_oracle_scripts_errors_do_not_stop_the_node(tmp_path: Path) -> None:
    script = tmp_path / "prices.py"
    script.write_text(
        "def read(slot):\n    if slot == 9:\n        raise OSError('no network')\n    return {8: 'x', 100: 5}.get(slot)\n"
    )
    with Devnet(preset="megaeth", no_mining=True, oracle_script=script) as net:
        mined(net, send(net, AT, call("getSlots(uint256[])", [8, 9, 100])))
        assert net.rpc("eth_getStorageAt", AT, "0x64", "latest") == word(5)
        assert net.rpc("megadev_oracle_status")["hasScript"] is True
    with pytest.raises(ConfigError, match="not a Python file"):
        Devnet(preset="megaeth", oracle_script=tmp_path / "missing.py")
    script.write_text("x = 1\n")
    with pytest.raises(ConfigError, match="neither"):
        Devnet(preset="megaeth", oracle_script=script)
    with pytest.raises(ConfigError, match="has no oracle"):
        script.write_text("def read(slot): return 1\n")
        Devnet(oracle_script=script)


def test_hints_arrive_before_the_read(tmp_path: Path) -> None:
    script = tmp_path / "prices.py"
    script.write_text(
        "told = {}\ndef hint(sender, topic, data):\n    told[int.from_bytes(topic, 'big')] = int.from_bytes(data, 'big')\n"
        "def read(slot):\n    return told.get(slot)\n"
    )
    topic = (100).to_bytes(32, "big")
    with Devnet(preset="megaeth", no_mining=True, oracle_script=script) as net:
        hint = send(net, AT, call("sendHint(bytes32,bytes)", topic, (7).to_bytes(32, "big")))
        assert len(mined(net, hint)) == 1
        (kept,) = net.rpc("megadev_oracle_hints")
        assert (kept["from"], kept["topic"]) == (net.accounts[0].address.lower(), "0x" + topic.hex())
        assert int(kept["data"], 16) == 7
        mined(net, send(net, AT, call("getSlot(uint256)", 100)))
        assert net.rpc("eth_getStorageAt", AT, "0x64", "latest") == word(7)


def test_ethereums_chain_has_no_oracle() -> None:
    with Devnet() as net, pytest.raises(RpcError, match="has no oracle") as refused:
        net.rpc("megadev_oracle_status")
    assert refused.value.code == -32602


@pytest.mark.parametrize("slots", [[], {"x": 1}, {"1": -1}, {"1": 2**256}, {"1": []}, "1"])
def test_invalid_slots_and_values_are_refused(net: Devnet, slots: object) -> None:
    with pytest.raises(RpcError) as refused:
        net.rpc("megadev_oracle_setSlots", slots)
    assert refused.value.code == -32602
    assert net.rpc("megadev_oracle_status")["values"] == {}


def test_the_command_sets_and_shows(net: Devnet) -> None:
    net.serve()
    runner = CliRunner()
    run = runner.invoke(cli, ["oracle", "set", "100=0x2a", "--rpc-url", net.url])
    assert (run.exit_code, '"0x64"' in run.output) == (0, True), run.output
    assert runner.invoke(cli, ["oracle", "unset", "100", "--rpc-url", net.url]).exit_code == 0
    assert '"values": {}' in runner.invoke(cli, ["oracle", "status", "--rpc-url", net.url]).output
    assert runner.invoke(cli, ["oracle", "hints", "--rpc-url", net.url]).output.strip() == "[]"
    assert runner.invoke(cli, ["oracle", "set", "100", "--rpc-url", net.url]).exit_code == 2

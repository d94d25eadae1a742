"""Dumps with deposits were refused by Anvil, repeated the predeploys' code with each block, and were larger than the
node's own limit for requests.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.cli import up
from megadev.cli.client import CallFailed, call
from megadev.errors import ConfigError, StateUnavailable
from megadev.node.dump.capture import Capture
from tests.anvil import Anvil

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ANSWER = "0x600a600c600039600a6000f3" + "602a60005260206000f3"
"""Creates a contract that answers 42."""
ETHER = 10**18


def document(net: Devnet, *, history: bool) -> dict[str, object]:
    net.node.between_blocks()
    found: dict[str, object] = json.loads(Capture(net.node).encode(history=history))
    return found


def with_a_contract_and_a_deposit(net: Devnet) -> tuple[str, str]:
    """A contract, and the hash of a deposit."""
    created = net.rpc("eth_sendTransaction", {"from": ALICE, "data": ANSWER})
    assert net.node.driver is not None
    portal = "0x" + net.node.driver.addresses.portal.hex()
    net.l1.rpc("eth_sendTransaction", {"from": ALICE, "to": portal, "value": hex(ETHER), "gas": "0x100000"})
    for _ in range(2):  # what was open, then what L1 has
        net.rpc("evm_mine")
    blocks = [net.rpc("eth_getBlockByNumber", hex(n), True) for n in range(int(net.rpc("eth_blockNumber"), 16) + 1)]
    deposits = [tx["hash"] for block in blocks for tx in block["transactions"] if tx["type"] == "0x7e" and tx["mint"]]
    return str(net.rpc("eth_getTransactionReceipt", created)["contractAddress"]), str(deposits[-1])


@pytest.mark.anvil
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_anvil_loads_deposits_older_states_and_parts_of_rows(preset: str, tmp_path: Path) -> None:
    with Devnet(preset=preset) as net:
        contract, deposit = with_a_contract_and_a_deposit(net)
        net.rpc("evm_mine")
        before = int(net.rpc("eth_blockNumber"), 16)
        net.rpc("anvil_mine", 5_000)
        head = int(net.rpc("eth_blockNumber"), 16)
        path = tmp_path / "dump.json"
        path.write_text(json.dumps(document(net, history=True)))
    anvil = Anvil("--load-state", str(path))
    try:
        assert int(anvil.rpc("eth_blockNumber"), 16) == head
        assert anvil.rpc("eth_getTransactionReceipt", deposit)["status"] == "0x1"
        for at in ("latest", hex(before)):
            assert int(anvil.rpc("eth_call", {"to": contract}, at), 16) == 42
    finally:
        anvil.close()


def test_genesis_code_is_written_once() -> None:
    with Devnet() as net:
        net.rpc("anvil_mine", 30)
        without, whole = document(net, history=False), document(net, history=True)
        states = whole["historical_states"]
        assert isinstance(states, list) and len(states) == 30
        assert len(json.dumps(states)) / 30 < len(json.dumps(without["accounts"])) / 4
        loaded = json.dumps(whole).encode()
    with Devnet() as net:
        net.rpc("anvil_loadState", "0x" + loaded.hex())
        assert net.rpc("eth_getCode", "0x4e59b44847b379578588920cA78FbF26c0B4956C", "0x5") != "0x"
        bridge = "0x4200000000000000000000000000000000000010"
        assert net.rpc("eth_getCode", bridge, "0x5") == net.rpc("eth_getCode", bridge, "latest") != "0x"


def test_a_dump_fits_into_the_nodes_request_limit() -> None:
    """Of chains with full history contracts, on both sides."""
    with Devnet() as net:
        net.serve(port=0)
        for chain in (net.l2, net.l1):
            for _ in range(2):
                chain.rpc("anvil_mine", 20_000)
        dump = call(net.url, "anvil_dumpState", [])
        assert len(dump) > 2 * 1024 * 1024
        assert call(net.url, "anvil_loadState", [dump]) is True
        with pytest.raises(CallFailed, match="request body over the limit"):
            call(net.url, "eth_sendRawTransaction", [dump])


def test_a_blocked_interval_mining_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    with Devnet(block_time=1000) as net:
        mining = net.node.l2.mining

        def refuse(*_: object) -> None:
            raise StateUnavailable("state unavailable: ask again later")

        sequencer = net.node.l2.sequencer
        with caplog.at_level(logging.WARNING, logger="megadev.node"), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sequencer, "mine", refuse)
            for _ in range(3):
                mining._mine_now()
            assert [record.message for record in caplog.records] == [
                "no block is mined for now: state unavailable: ask again later"
            ]
        mining._mine_now()
        with caplog.at_level(logging.WARNING, logger="megadev.node"), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sequencer, "mine", refuse)
            mining._mine_now()
        assert len(caplog.records) == 2, "something was mined in between"


def test_an_unwritable_disk_is_reported_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    with Devnet(state=tmp_path / "state.json") as net:
        file = net.node.state_file
        assert file is not None
        save, failures = file.save, [True, True, True, False, False]

        def save_or_fail(capture: Capture) -> None:
            if failures.pop(0):
                raise ConfigError(f"{file.path}: cannot dump the state: Read-only file system")
            save(capture)

        monkeypatch.setattr(file, "save", save_or_fail)

        async def dump() -> None:
            task = asyncio.create_task(up._dump_now_and_then(net, 0.001))
            while failures:
                await asyncio.sleep(0.001)
            task.cancel()

        asyncio.run(dump())
        said = capsys.readouterr().err
        monkeypatch.undo()
    assert said.count("Read-only file system") == 1
    assert said.count("the state is dumped again") == 1

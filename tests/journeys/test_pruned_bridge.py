"""--prune-history drops the old states of both chains, and what crosses the bridge still does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from megadev.rpc.client import RpcError
from tests.bridging import Bridge
from tests.units.rollup.chains import unhex

PASSER = "0x4200000000000000000000000000000000000016"
NOBODY = "0x" + "34" * 20


def _mine(bridge: Bridge, count: int = 6) -> None:
    for _ in range(count):
        bridge.l2.rpc("evm_mine")
        bridge.l1.rpc("evm_mine")


def _deposit(bridge: Bridge, value: int) -> None:
    receipt = bridge.send(
        bridge.portal.functions.depositTransaction(NOBODY, value, 100_000, False, b""), value=value, gas=1_000_000
    )
    bridge.settle()
    (arrived,) = bridge.on_l2_after(receipt)
    assert arrived["status"] == 1


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_deposits_arrive_and_withdrawals_are_proven_after_pruning(preset: str, batch: bool, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"preset": preset, "batch": batch, "prune_history": 0, "state": tmp_path / "state.json"}
    if preset == "megaeth":
        settings["block_time"] = 3_600.0
    bridge = Bridge(**settings)
    bridge.seals_itself = preset == "megaeth"
    try:
        _deposit(bridge, 7)
        _mine(bridge)
        sent = bridge.passer.functions.initiateWithdrawal(NOBODY, 100_000, b"")
        tx_hash = sent.transact({"from": bridge.alice, "value": 5, "gasPrice": 10**7})
        bridge.settle()
        (withdrawal,) = bridge.withdrawals(bridge.l2.w3.eth.get_transaction_receipt(tx_hash))
        _mine(bridge)
        games = bridge.l2.rpc("megadev_getGames")["games"]
        assert len(games) == 1, "a claim that proves it is enough"
        claimed = games[0]["l2BlockNumber"]
        proof = bridge.l2.rpc("eth_getProof", PASSER, ["0x" + withdrawal.slot.hex()], claimed)
        assert proof["storageProof"][0]["value"] == "0x1" and proof["accountProof"]
        assert bridge.output(int(claimed, 16))[2] == unhex(proof["storageHash"])
        for chain in (bridge.l2, bridge.l1):
            with pytest.raises(RpcError, match="--prune-history"):
                chain.rpc("eth_getBalance", bridge.alice, hex(chain.w3.eth.block_number - 3))
        bridge.next_step(withdrawal, "ready-to-prove")
        _mine(bridge)
        bridge.l2.rpc("megadev_skipWithdrawalWindows", "0x" + withdrawal.hash.hex())
        bridge.next_step(withdrawal, "ready-to-finalize")
        assert bridge.l1.w3.eth.get_balance(bridge.l1.w3.to_checksum_address(NOBODY)) == 5
    finally:
        bridge.close()
    bridge = Bridge(**settings)
    bridge.seals_itself = preset == "megaeth"
    try:
        _mine(bridge, 2)
        _deposit(bridge, 9)
        again = bridge.passer.functions.initiateWithdrawal(NOBODY, 100_000, b"")
        tx_hash = again.transact({"from": bridge.alice, "value": 3, "gasPrice": 10**7})
        bridge.settle()
        (withdrawal,) = bridge.withdrawals(bridge.l2.w3.eth.get_transaction_receipt(tx_hash))
        _mine(bridge)
        bridge.bring(withdrawal)
        assert bridge.l1.w3.eth.get_balance(bridge.l1.w3.to_checksum_address(NOBODY)) == 8
    finally:
        bridge.close()

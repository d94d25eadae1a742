"""Both chains of one devnet with the bridge between them, as ``Chains`` but for what carries messages over: here the node
does that, and the test only finds what became of them.
"""

from __future__ import annotations

from typing import Any

from eth_utils import to_checksum_address
from web3.types import TxReceipt

from megadev import Devnet
from megadev.chain.receipts import Log
from megadev.chain.transactions import Transaction
from megadev.clock import StoppedClock
from megadev.rollup.deposits import deposit_of_log
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from tests.units.rollup.chains import START, TRANSACTION_DEPOSITED, Chains, Withdrawal

PORTAL = to_checksum_address(MAINNET_ADDRESSES.portal)


def deposits_of(receipt: TxReceipt) -> list[Transaction]:
    """What an L1 receipt's logs ask L2 for, as a client predicts it from the logs alone."""
    return [
        deposit_of_log(
            Log(MAINNET_ADDRESSES.portal, tuple(map(bytes, log["topics"])), bytes(log["data"])),
            bytes(log["blockHash"]),
            log["logIndex"],
        )
        for log in receipt["logs"]
        if log["address"] == PORTAL and log["topics"][0].hex() == TRANSACTION_DEPOSITED
    ]


class Bridge(Chains):
    """A devnet with an L1, on both chains of which gas costs nothing unless settings say so."""

    def __init__(self, *, free: bool = True, **settings: Any) -> None:
        options: dict[str, Any] = {"accounts": 4, "clock": StoppedClock(START)}
        if free:
            options |= {"base_fee": 0, "disable_min_priority_fee": True}
        self.net = Devnet(**(options | settings))
        self.seals_itself = False
        """Whether ``settle`` has to seal L2's block: where blocks come by timer, and time stands still."""
        self.l1, self.l2 = self.net.l1, self.net.l2  # type: ignore[assignment]
        if free:
            self.l1.rpc("anvil_setNextBlockBaseFeePerGas", "0x0")
            self.l1.rpc("evm_mine")
        self.bind(MAINNET_ADDRESSES, self.net.accounts)

    def close(self) -> None:
        self.net.close()

    def settle(self) -> None:
        """Let L2 build the block that what was just done waits for, or is open in."""
        if self.seals_itself:
            self.l2.rpc("evm_mine")

    def on_l2_after(self, receipt: TxReceipt) -> list[TxReceipt]:
        """The deposits of an L1 receipt as they ran on L2, found by the hashes that the logs predict."""
        return [self.l2.w3.eth.get_transaction_receipt(tx.hash) for tx in deposits_of(receipt)]

    carry = on_l2_after

    def bring(self, withdrawal: Withdrawal) -> TxReceipt:
        """Prove ``withdrawal``, let the windows pass and finalize it; the receipt of the last."""
        self.next_step(withdrawal, "ready-to-prove")
        self.l2.rpc("megadev_skipWithdrawalWindows", "0x" + withdrawal.hash.hex())
        return self.next_step(withdrawal, "ready-to-finalize")

    def next_step(self, withdrawal: Withdrawal, status: str) -> TxReceipt:
        """Send the L1 call that the node says comes next, which must be from ``status``."""
        found = self.l2.rpc("megadev_getWithdrawal", "0x" + withdrawal.hash.hex())
        assert found["status"] == status
        tx_hash = self.l1.rpc("eth_sendTransaction", {"from": self.alice, **found["call"]})
        receipt = self.l1.w3.eth.get_transaction_receipt(tx_hash)
        assert receipt["status"] == 1
        return receipt

    def status(self, withdrawal: Withdrawal) -> str:
        return str(self.l2.rpc("megadev_getWithdrawal", "0x" + withdrawal.hash.hex())["status"])

"""L2's fees for L1, adjusted to the cost of batches there: SystemConfig's owner sets the fee scalars so that the
transactions of the newest batch would have paid for it.

So amortisation can be watched: the more transactions share a batch, the lower the fee of each in the blocks to come.
What a batch cost is read off L1's receipts; the scalars are set by an ordinary L1 transaction, which derivation follows
like any other's.
"""

from __future__ import annotations

from megadev.chain.receipts import Receipt
from megadev.chain.transactions import DEPOSIT, DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.errors import InvalidTransaction
from megadev.primitives.abi import encode_call
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address, Wei
from megadev.rollup.batcher import Batcher, Sent
from megadev.rollup.system_config import config_at
from megadev.sequencer.sequencer import Sequencer

_GAS = 200_000
_MOST = 2**32 - 1
_DATA_GAS = 16
TOLERANCE = 20
"""Scalars stay that are right to one part in so many."""


class FeePolicy:
    """Sets the fee scalars at ``system_config`` on L1 with the owner's ``key`` (32 bytes). On the writer thread."""

    def __init__(self, l1: Sequencer, l2: Sequencer, batcher: Batcher, key: bytes) -> None:
        self._l1 = l1
        self._l2 = l2
        self._batcher = batcher
        self._key = key
        self._owner = address_of(key)
        self._done: Sent | None = None

    def act(self, system_config: Address) -> bool:
        """Follow the newest batch, once it is on L1; False where there is nothing to do."""
        sent = self._batcher.newest
        if sent is None or sent is self._done or self._l1.pool.holds_any_of(self._owner):
            return False
        receipts = self._receipts(sent)
        if receipts is None:
            return False
        self._done = sent
        size = self._estimated_size(sent)
        if not size:
            return False
        head = self._l1.store.head
        found = scalars(
            size,
            sum(receipt.gas_used * receipt.effective_gas_price for receipt in receipts),
            sum(receipt.blob_gas_used * receipt.blob_gas_price for receipt in receipts),
            head.header.base_fee,
            receipts[-1].blob_gas_price,
        )
        now = config_at(self._l1.store, head, system_config)
        if _is_near(now.base_fee_scalar, found[0]) and _is_near(now.blob_base_fee_scalar, found[1]):
            return False
        return self._send(system_config, encode_call("setGasConfigEcotone(uint32,uint32)", *found))

    def _receipts(self, sent: Sent) -> list[Receipt] | None:
        """Returns the receipts of the batch's L1 transactions; None if not all are on L1."""
        found = []
        for tx_hash in sent.transactions:
            located = self._l1.store.transaction(tx_hash)
            if located is None:
                return None
            block, index = located
            found.append(block.receipts[index])
        return found

    def _estimated_size(self, sent: Sent) -> int:
        """Of the transactions that pay for L1, in millionths of a byte, as they were charged for it."""
        last = self._l2.store.by_hash(sent.last)
        if last is None:
            return 0
        gas = 0
        for block in self._l2.store.blocks(sent.parent.number + 1, last.number).made:
            for tx, receipt in zip(block.transactions, block.receipts, strict=True):
                if tx.type != DEPOSIT and receipt.l1_cost is not None:
                    gas += receipt.l1_cost.gas_used
        return gas * 10**6 // _DATA_GAS

    def _send(self, to: Address, data: bytes) -> bool:
        l1, fees = self._l1, self._l1.spec.fees
        tx = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=l1.spec.chain_id,
            nonce=l1.next_nonce(self._owner),
            gas_limit=_GAS,
            to=to,
            data=data,
            max_fee_per_gas=10 * l1.next_base_fee() + fees.minimum_tip,
            max_priority_fee_per_gas=fees.minimum_tip,
        )
        try:
            l1.submit(sign_transaction(tx, self._key))
        except InvalidTransaction:
            return False
        l1.settle()
        return True


def scalars(size: int, gas_cost: Wei, blob_cost: Wei, base_fee: Wei, blob_base_fee: Wei) -> tuple[int, int]:
    """The base fee and blob base fee scalars by which transactions of an estimated ``size`` (in millionths of a byte)
    pay so much together, at these prices (OP Stack specification, "L1-Cost fees", Ecotone and Fjord).
    """
    base = gas_cost * 10**12 // (size * _DATA_GAS * max(base_fee, 1))
    blob = blob_cost * 10**12 // (size * max(blob_base_fee, 1))
    return min(base, _MOST), min(blob, _MOST)


def _is_near(now: int, wanted: int) -> bool:
    return abs(now - wanted) * TOLERANCE <= max(now, wanted)

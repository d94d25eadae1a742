"""Usage of a block's MegaETH limits, and whether another transaction fits (MegaETH's specification, "Resource limits";
the words are mega-evm's).

What a transaction will use is not known before it ran, so one is taken as long as a limit is not reached yet, and the
last may go beyond it; sizes are known, and exact.
"""

from __future__ import annotations

import msgspec

from megadev.chain.l1_fees import da_size
from megadev.chain.spec import MegaLimits
from megadev.errors import BlockGasUsedUp, BlockLimitReached, TransactionOverLimit


class BlockUsage(msgspec.Struct):
    """Totals of a block's transactions, those that failed included. Sizes are bytes; ``da`` leaves out deposits."""

    gas: int = 0
    compute: int = 0
    data: int = 0
    kv: int = 0
    growth: int = 0
    encoded: int = 0
    da: int = 0

    def add(self, gas: int, meters: tuple[int, int, int, int], encoded: bytes, counts_da: bool) -> None:
        """Count a transaction in: ``meters`` are its compute gas, data size, KV updates and state growth. Its size as
        data availability is estimated by compressing it, so only where ``counts_da``: no deposit, and a limit to hold.
        """
        self.gas += gas
        self.compute += meters[0]
        self.data += meters[1]
        self.kv += meters[2]
        self.growth += meters[3]
        self.encoded += len(encoded)
        if counts_da:
            self.da += da_size(encoded)


def check_fits(
    used: BlockUsage, limits: MegaLimits, block_gas: int, gas_limit: int, encoded: bytes, is_deposit: bool
) -> None:
    """Raises ``BlockGasUsedUp`` or ``BlockLimitReached`` where the transaction has to wait for another block, and
    ``TransactionOverLimit`` where it fits into none.
    """
    if limits.tx_gas is not None and gas_limit > limits.tx_gas:
        raise TransactionOverLimit(
            "Transaction gas limit exceeded: tx_gas_limit={got} > limit={limit}", gas_limit, limits.tx_gas
        )
    if gas_limit > block_gas - used.gas:
        raise BlockGasUsedUp(gas_limit, block_gas - used.gas)
    _check_size("encode", len(encoded), used.encoded, limits.tx_encoded_size, limits.block_encoded_size)
    if not is_deposit and (limits.tx_da_size is not None or limits.block_da_size is not None):
        _check_size("data availability", da_size(encoded), used.da, limits.tx_da_size, limits.block_da_size)
    for what, so_far, limit in (
        ("Block transactions data limit", used.data, limits.block_data_size),
        ("Block KV update limit", used.kv, limits.block_kv_updates),
        ("Block compute gas limit", used.compute, limits.block_compute_gas),
        ("Block state growth limit", used.growth, limits.block_state_growth),
    ):
        if limit is not None and so_far >= limit:
            raise BlockLimitReached(f"{what} reached: block_used={{used}} >= limit={{limit}}", so_far, 0, limit)


def _check_size(what: str, own: int, used: int, tx_limit: int | None, block_limit: int | None) -> None:
    name = "da_size" if what.startswith("data") else "tx_size"
    if tx_limit is not None and own > tx_limit:
        text = f"Transaction {what} size limit exceeded: {name}={{got}} > limit={{limit}}"
        raise TransactionOverLimit(text, own, tx_limit)
    if block_limit is not None and used + own > block_limit:
        text = f"Block {what if what == 'data availability' else f'transactions {what}'} size limit exceeded: "
        text += "block_used={used} + tx_used={own} > limit={limit}"
        raise BlockLimitReached(text, used, own, block_limit)

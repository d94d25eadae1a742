"""Suggested fees for senders that do not set them."""

from __future__ import annotations

from megadev.chain import fees
from megadev.node.chain import LocalChain
from megadev.primitives.types import Wei


def gas_price(chain: LocalChain) -> Wei:
    """Enough for the next block: its base fee and the suggested tip, or what ``--gas-price`` says."""
    fixed = chain.gas_price
    return fixed if fixed is not None else chain.sequencer.next_base_fee() + suggested_tip(chain)


def suggested_tip(chain: LocalChain) -> Wei:
    """A tip worth offering now, in wei per gas."""
    head = chain.head.number
    return fees.suggested_tip(chain.store.blocks(head - fees.TIP_SAMPLE_BLOCKS + 1, head), chain.spec.fees)

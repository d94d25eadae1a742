"""The settings of L2 that are made on L1 (SystemConfig) as of one L1 block. Pure functions.

They are read from L1's state where that is at hand. Where an L1 block came without its state they follow from the
ConfigUpdate logs around it, as derivation follows them (OP Stack specification, "System configuration").
"""

from __future__ import annotations

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log
from megadev.chain.store import ChainStore
from megadev.primitives.types import Address
from megadev.rollup.derivation import system_config_in
from megadev.rollup.derivation.config import CONFIG_UPDATE_TOPIC, SystemConfig

_FIELDS = {
    0: ("batcher",),
    1: ("base_fee_scalar", "blob_base_fee_scalar"),
    2: ("gas_limit",),
    5: ("operator_fee_scalar", "operator_fee_constant"),
}
"""What an update of each kind sets."""


def config_at(
    l1: ChainStore, block: SealedBlock, address: Address, earlier: SystemConfig | None = None
) -> SystemConfig:
    """The settings as of the L1 block ``block``, of the SystemConfig at ``address``. ``earlier``: those of some L1
    block not after it, where they are known.

    Where the state after ``block`` is not at hand, each setting is what the last log up to ``block`` says or, without
    one, what it is now where no log changed it since, or else what it was ``earlier``.
    """
    if block.world.is_known:
        return system_config_in(block.world, address)
    located = l1.logs(l1.genesis.number, l1.head.number, (address,), ((CONFIG_UPDATE_TOPIC,),))
    config = system_config_in(l1.head.world, address)
    if earlier is not None:
        changed = {name for each in located if each.block.number > block.number for name in _set_by(each.log)}
        config = msgspec.structs.replace(config, **{name: getattr(earlier, name) for name in changed})
    for each in located:
        if each.block.number <= block.number:
            config = config.after(each.log)
    return config


def _set_by(log: Log) -> tuple[str, ...]:
    return _FIELDS.get(int.from_bytes(log.topics[2], "big"), ()) if len(log.topics) == 3 else ()

"""megadev_salt_*: how large MegaETH's state buckets are, which multiplies the storage gas of what is new in them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec.structs import replace

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.spec import SMALLEST_CAPACITY, Salt
from megadev.errors import InvalidParams
from megadev.evm.engines import open_engine
from megadev.evm.salt import bucket_of, slot_bucket
from megadev.evm.salt_buckets import capacities
from megadev.primitives.types import Address
from megadev.rpc.codec import AddressParam, BlockParam, Decode, SlotParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


def _decode_capacities(value: Any) -> dict[int, int | None]:
    if type(value) is not dict:
        raise InvalidParams(f"expected an object of buckets and capacities, got {value!r}")
    return {_number(bucket): None if size is None else _number(size) for bucket, size in value.items()}


def _number(value: Any) -> int:
    """A number: JSON's, decimal text, or hex."""
    if type(value) is int:
        return value
    try:
        return int(value, 16) if value[:2].lower() == "0x" else int(value)
    except (ValueError, TypeError):
        raise InvalidParams(f"expected a number, in decimal or as 0x hex, got {value!r}") from None


CapacitiesParam: TypeAlias = Annotated[dict[int, int | None], Decode(_decode_capacities)]


@method("megadev_salt_status")
def megadev_salt_status(node: RpcNode) -> JsonObject:
    """Returns the SALT settings: whether buckets grow with their entries, and the configured sizes."""
    salt = _salt(node)
    return {
        "mode": "live" if salt.live else "fixed",
        "capacities": {hex(bucket): hex(capacity) for bucket, capacity in salt.capacities},
    }


@method("megadev_salt_setCapacities")
def megadev_salt_setCapacities(node: RpcNode, sizes: CapacitiesParam) -> JsonObject:
    """Give these buckets these sizes, in entries, from the next block on; null: what they had without."""
    salt = _salt(node)
    given = dict(salt.capacities)
    for bucket, capacity in sizes.items():
        try:
            Salt.check(bucket, SMALLEST_CAPACITY if capacity is None else capacity)
        except ValueError as problem:
            raise InvalidParams(str(problem)) from None
        if capacity is None:
            given.pop(bucket, None)
        else:
            given[bucket] = capacity
    sequencer = node.chain.sequencer
    spec = replace(node.chain.spec, salt=replace(salt, capacities=tuple(sorted(given.items()))))
    sequencer.set_rules(spec, open_engine(sequencer.engine.info.name, spec))
    return megadev_salt_status(node)


@method("megadev_salt_bucketOf")
def megadev_salt_bucketOf(
    node: RpcNode, address: AddressParam, slot: SlotParam | None = None, block: BlockParam = Tag.LATEST
) -> JsonObject:
    """The bucket of an account, or of one of its slots, and how large it is for what comes after the block."""
    salt = _salt(node)
    bucket = _bucket(address, slot)
    capacity_of = capacities(salt, node.chain.block(block).world)
    capacity = SMALLEST_CAPACITY if capacity_of is None else capacity_of(bucket)
    return {"bucket": hex(bucket), "capacity": hex(capacity), "multiplier": hex(capacity // SMALLEST_CAPACITY)}


def _bucket(address: Address, slot: int | None) -> int:
    return bucket_of(address) if slot is None else slot_bucket(address, slot)


def _salt(node: RpcNode) -> Salt:
    spec = node.chain.spec
    if not spec.is_metered:
        raise InvalidParams("this chain has no state buckets: they are MegaETH's (--preset megaeth)")
    return spec.salt

"""The description of a chain's rules (EIP-7910, eth_config): fork id, blob schedule, precompiles, system contracts.

Values, not JSON: hex and camel case are made in ``rpc``.
"""

from __future__ import annotations

from zlib import crc32

import msgspec

from megadev.chain.spec import BlobSchedule, ChainSpec, Hardfork
from megadev.primitives.types import Address, Hash32


def _low(number: int) -> Address:
    return number.to_bytes(20, "big")


PRECOMPILES: dict[str, Address] = {
    "BLAKE2F": _low(0x09),
    "BLS12_G1ADD": _low(0x0B),
    "BLS12_G1MSM": _low(0x0C),
    "BLS12_G2ADD": _low(0x0D),
    "BLS12_G2MSM": _low(0x0E),
    "BLS12_MAP_FP2_TO_G2": _low(0x11),
    "BLS12_MAP_FP_TO_G1": _low(0x10),
    "BLS12_PAIRING_CHECK": _low(0x0F),
    "BN254_ADD": _low(0x06),
    "BN254_MUL": _low(0x07),
    "BN254_PAIRING": _low(0x08),
    "ECREC": _low(0x01),
    "ID": _low(0x04),
    "KZG_POINT_EVALUATION": _low(0x0A),
    "MODEXP": _low(0x05),
    "P256VERIFY": _low(0x0100),
    "RIPEMD160": _low(0x03),
    "SHA256": _low(0x02),
}
"""By the names of EIP-7910, in its order. P256VERIFY (EIP-7951) is there under Prague too, as on OP Stack chains."""

BEACON_ROOTS_ADDRESS: Address = bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02")
HISTORY_STORAGE_ADDRESS: Address = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")

SYSTEM_CONTRACTS: dict[str, Address] = {
    "BEACON_ROOTS_ADDRESS": BEACON_ROOTS_ADDRESS,
    "HISTORY_STORAGE_ADDRESS": HISTORY_STORAGE_ADDRESS,
}
"""By the names of EIP-7910. None that deals with validators (EIP-6110, EIP-7002,
EIP-7251): this chain has none."""


class ForkConfig(msgspec.Struct, frozen=True):
    """The rules in force. ``activation_time`` is 0 for rules since genesis; ``fork_id`` has 4 bytes (EIP-6122)."""

    activation_time: int
    blob_schedule: BlobSchedule
    chain_id: int
    fork_id: bytes
    precompiles: dict[str, Address]
    system_contracts: dict[str, Address]


class ChainConfig(msgspec.Struct, frozen=True):
    """The answer to eth_config. ``upcoming`` (``next`` in JSON) and ``last`` are scheduled forks, if any."""

    current: ForkConfig
    upcoming: ForkConfig | None = None
    last: ForkConfig | None = None


def chain_config(spec: ChainSpec, genesis_hash: Hash32) -> ChainConfig:
    """Returns eth_config's answer for a chain of ``spec`` that began with ``genesis_hash``: one fork, since genesis."""
    return ChainConfig(
        ForkConfig(
            activation_time=0,
            blob_schedule=spec.blobs,
            chain_id=spec.chain_id,
            fork_id=fork_id(genesis_hash),
            precompiles={name: at for name, at in PRECOMPILES.items() if _since(name) <= spec.hardfork},
            system_contracts={
                name: at
                for name, at in SYSTEM_CONTRACTS.items()
                if spec.hardfork >= (Hardfork.CANCUN if at == BEACON_ROOTS_ADDRESS else Hardfork.PRAGUE)
            },
        )
    )


def _since(precompile: str) -> Hardfork:
    """The hardfork that brought it, or London."""
    if precompile.startswith("BLS12_") or precompile == "P256VERIFY":
        return Hardfork.PRAGUE
    return Hardfork.CANCUN if precompile == "KZG_POINT_EVALUATION" else Hardfork.LONDON


def fork_id(genesis_hash: Hash32) -> bytes:
    """EIP-6122's FORK_HASH, 4 bytes, of a chain whose forks all took place at genesis: CRC-32 of the genesis hash."""
    return crc32(genesis_hash).to_bytes(4, "big")

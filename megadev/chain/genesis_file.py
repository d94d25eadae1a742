"""A chain's first block as a file, for whoever begins the same chain in a process of their own.

The form is geth's ``genesis.json`` (``config``, header fields, ``alloc``). What geth's ``config`` has no word for, the
rules of the chain (``ChainSpec``), stands there under ``megadev``. Reading it back gives the same block, hash and all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from megadev.chain.blocks import SealedBlock, header_hash
from megadev.chain.documents import JsonObject
from megadev.chain.genesis import Genesis, genesis_header, parse_genesis
from megadev.chain.spec import ChainSpec, Hardfork
from megadev.errors import ConfigError, StateUnavailable
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.hexcodec import to_data, to_word

_BLOCK_FORKS = (
    "homestead",
    "eip150",
    "eip155",
    "eip158",
    "byzantium",
    "constantinople",
    "petersburg",
    "istanbul",
    "muirGlacier",
    "berlin",
    "london",
    "arrowGlacier",
    "grayGlacier",
)
"""Forks that geth's config activates by block; here they are all there from the first one on."""
_TIME_FORKS = (
    ("shanghaiTime", Hardfork.SHANGHAI),
    ("cancunTime", Hardfork.CANCUN),
    ("pragueTime", Hardfork.PRAGUE),
    ("osakaTime", Hardfork.OSAKA),
)
"""Those that it activates by time."""
_BYTES = ("coinbase", "extra_data", "withdrawals_root_of")
"""Fields of ``ChainSpec`` that are bytes; so are two of its system contracts'."""
_SYSTEM_BYTES = ("sequencer", "admin")


def genesis_document(block: SealedBlock, spec: ChainSpec) -> JsonObject:
    """``block``, the first one of a chain under ``spec``. Raises ``StateUnavailable`` where not all of its state is
    here, or where a genesis file cannot say what is in it.
    """
    world, header = block.world, block.header
    if not (world.is_known and world.is_whole):
        raise StateUnavailable(
            "state unavailable: the first block cannot be exported: this chain is a fork and holds only part "
            "of its state"
        )
    document = {
        "config": _config(spec),
        "nonce": to_data(header.nonce),
        "timestamp": hex(header.timestamp),
        "extraData": to_data(header.extra_data),
        "gasLimit": hex(header.gas_limit),
        "difficulty": hex(header.difficulty),
        "mixHash": to_data(header.prev_randao),
        "coinbase": to_data(header.coinbase),
        "number": hex(header.number),
        "parentHash": to_data(header.parent_hash),
        "baseFeePerGas": hex(header.base_fee),
        "excessBlobGas": hex(header.excess_blob_gas),
        "blobGasUsed": hex(header.blob_gas_used),
        "alloc": {
            to_data(address): _account(account.balance, account.nonce, world.code(account.code_hash))
            | (
                {"storage": {to_word(slot): to_word(word) for slot, word in sorted(slots.items())}}
                if (slots := world.storage_of(address))
                else {}
            )
            for address, account in sorted(world.accounts())
        },
    }
    again = genesis_header(parse_genesis(document, spec), header.state_root, spec.hardfork)
    if header_hash(again) != block.hash:
        raise StateUnavailable(
            f"state unavailable: a genesis file cannot describe the first block here, {block.number}: the chain "
            "was loaded without its earlier blocks"
        )
    return document


def read_json(path: Path) -> Any:
    """Read a JSON file, of a genesis or of what describes a rollup. Raises ``ConfigError`` naming it."""
    try:
        return decode_json(path.read_bytes())
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    except DecodeError as problem:
        raise ConfigError(f"{path}: not JSON: {problem}") from None


def read_genesis_file(document: object, where: str) -> tuple[ChainSpec, Genesis]:
    """The rules and the first block that ``genesis_document`` wrote. Raises ``ConfigError`` naming ``where``."""
    config = document.get("config") if isinstance(document, dict) else None
    ours = config.get("megadev") if isinstance(config, dict) else None
    if not isinstance(ours, dict):
        raise ConfigError(
            f"{where}: config.megadev (the chain's rules) is missing: export the file with `megadev chain --genesis`"
        )
    try:
        spec = msgspec.convert(_with_bytes(ours), ChainSpec, builtin_types=(bytes,))
    except (msgspec.ValidationError, ValueError, TypeError, AttributeError) as problem:
        raise ConfigError(f"{where}: config.megadev: {problem}") from None
    return spec, parse_genesis(document, spec)


def _account(balance: int, nonce: int, code: bytes) -> JsonObject:
    shown: JsonObject = {"balance": hex(balance)}
    if nonce:
        shown["nonce"] = hex(nonce)
    if code:
        shown["code"] = to_data(code)
    return shown


def _config(spec: ChainSpec) -> JsonObject:
    config: JsonObject = {"chainId": spec.chain_id, **{f"{fork}Block": 0 for fork in _BLOCK_FORKS}}
    if spec.hardfork >= Hardfork.PARIS:
        config |= {"mergeNetsplitBlock": 0, "terminalTotalDifficulty": 0, "terminalTotalDifficultyPassed": True}
    times = [(name, fork) for name, fork in _TIME_FORKS if spec.hardfork >= fork]
    config |= {name: 0 for name, _ in times}
    blobs = spec.blobs
    config["blobSchedule"] = {
        fork.label: {"target": blobs.target, "max": blobs.max, "baseFeeUpdateFraction": blobs.base_fee_update_fraction}
        for _, fork in times
        if fork >= Hardfork.CANCUN
    }
    config["megadev"] = _with_hex(msgspec.to_builtins(spec, builtin_types=(bytes,)))
    return config


def _with_hex(value: Any) -> Any:
    if isinstance(value, bytes):
        return to_data(value)
    if isinstance(value, dict):
        return {name: _with_hex(each) for name, each in value.items()}
    return list(map(_with_hex, value)) if isinstance(value, (list, tuple)) else value


def _with_bytes(rules: Mapping[str, Any]) -> dict[str, Any]:
    """``rules`` with bytes where a ``ChainSpec`` has them. Raises ``ValueError``, ``TypeError``, ``AttributeError``."""
    read = dict(rules)
    for name in _BYTES:
        if read.get(name) is not None:
            read[name] = bytes.fromhex(read[name].removeprefix("0x"))
    system = read.get("system_contracts")
    if system is not None:
        read["system_contracts"] = system | {
            name: bytes.fromhex(system[name].removeprefix("0x")) for name in _SYSTEM_BYTES if name in system
        }
    return read

"""The first block: who has what, which contracts are there from the start, and the header around it. Pure values; the
world is made of them above, and the state root comes from that world.

Geth's ``genesis.json`` is read into the same values (``parse_genesis``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import Header, SealedBlock, seal_block
from megadev.chain.config import (
    BEACON_ROOTS_ADDRESS,
    HISTORY_STORAGE_ADDRESS,
)
from megadev.chain.spec import ChainSpec, Hardfork
from megadev.errors import ConfigError
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei

if TYPE_CHECKING:
    from megadev.chain.blocks import World

# Runtime code of the system contracts, as their EIPs give it. Each EIP also fixes the transaction that deploys its
# contract, and with it the address; our tests recompute the address from the code.

BEACON_ROOTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414"
    "603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500"
)
"""EIP-4788: the parent beacon block roots of the last 8,191 timestamps."""

HISTORY_STORAGE_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257"
    "611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
"""EIP-2935: the hashes of the last 8,191 blocks."""


class GenesisAccount(msgspec.Struct, frozen=True):
    """An account as the chain begins. ``storage``: slot to value; ``balance`` in wei."""

    balance: Wei = 0
    nonce: int = 0
    code: bytes = b""
    storage: dict[int, int] = {}


class Genesis(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the first block is made of. Timestamps in seconds, fees in wei.

    ``chain_id`` and ``private_keys`` come from a genesis file that names them: Anvil's ``secretKey`` entries.
    """

    accounts: dict[Address, GenesisAccount]
    timestamp: int = 0
    number: int = 0
    gas_limit: int = 30_000_000
    base_fee: Wei = 1_000_000_000
    coinbase: Address = ZERO_ADDRESS
    difficulty: int = 0
    nonce: bytes = bytes(8)
    prev_randao: Hash32 = ZERO_HASH
    parent_hash: Hash32 = ZERO_HASH
    extra_data: bytes = b""
    excess_blob_gas: int = 0
    blob_gas_used: int = 0
    chain_id: int | None = None
    private_keys: tuple[bytes, ...] = ()


SYSTEM_ACCOUNTS: dict[Address, GenesisAccount] = {
    BEACON_ROOTS_ADDRESS: GenesisAccount(nonce=1, code=BEACON_ROOTS_CODE),
    HISTORY_STORAGE_ADDRESS: GenesisAccount(nonce=1, code=HISTORY_STORAGE_CODE),
}
"""The system contracts a rollup has. Those that queue requests to validators (EIP-7002, EIP-7251) are left out: there
are no validators to read the queues."""


def make_genesis(
    spec: ChainSpec,
    *,
    balances: Mapping[Address, Wei],
    contracts: Mapping[Address, bytes | GenesisAccount],
    timestamp: int,
    number: int = 0,
    gas_limit: int | None = None,
    base_fee: Wei | None = None,
    coinbase: Address = ZERO_ADDRESS,
    extra_data: bytes = b"",
    system_contracts: bool = True,
) -> Genesis:
    """A genesis with funded accounts and contracts (code alone, or a whole account) and, unless declined, the system
    contracts. Gas limit and base fee are ``spec``'s where not given. A contract given as code has nonce 1 (EIP-161).
    """
    accounts: dict[Address, GenesisAccount] = dict(SYSTEM_ACCOUNTS) if system_contracts else {}
    for address, contract in contracts.items():
        accounts[address] = contract if isinstance(contract, GenesisAccount) else GenesisAccount(nonce=1, code=contract)
    for address, balance in balances.items():
        accounts[address] = msgspec.structs.replace(accounts.get(address, GenesisAccount()), balance=balance)
    return Genesis(
        accounts=accounts,
        timestamp=timestamp,
        number=number,
        gas_limit=spec.gas_limit if gas_limit is None else gas_limit,
        base_fee=_first_base_fee(spec) if base_fee is None else base_fee,
        coinbase=coinbase,
        extra_data=extra_data,
    )


def _first_base_fee(spec: ChainSpec) -> Wei:
    constant = spec.fees.constant_base_fee
    return spec.fees.initial_base_fee if constant is None else constant


def genesis_header(genesis: Genesis, state_root: Hash32, hardfork: Hardfork = Hardfork.PRAGUE) -> Header:
    """The first header, over a state with that root, with the fields that ``hardfork`` has."""
    return Header(
        fields=hardfork.header_fields,
        parent_hash=genesis.parent_hash,
        coinbase=genesis.coinbase,
        state_root=state_root,
        difficulty=genesis.difficulty,
        number=genesis.number,
        gas_limit=genesis.gas_limit,
        timestamp=genesis.timestamp,
        extra_data=genesis.extra_data,
        prev_randao=genesis.prev_randao,
        nonce=genesis.nonce,
        base_fee=genesis.base_fee,
        blob_gas_used=genesis.blob_gas_used,
        excess_blob_gas=genesis.excess_blob_gas,
    )


def genesis_block(genesis: Genesis, world: World, spec: ChainSpec | None = None) -> SealedBlock:
    """The first block, over ``world`` (to which the genesis accounts were applied)."""
    return seal_block(
        genesis_header(genesis, world.state_root, Hardfork.PRAGUE if spec is None else spec.hardfork),
        (),
        (),
        world,
        spec=spec,
    )


def parse_genesis(document: object, spec: ChainSpec) -> Genesis:
    """The genesis that a geth-format ``genesis.json`` (already parsed) describes.

    Numbers may be hex or decimal strings or JSON numbers, addresses with or without 0x, as geth and Anvil take them;
    what is missing is ``spec``'s. The fork schedule in ``config`` is not read: the chain runs ``spec``'s rules.

    Raises ``ConfigError`` naming the entry that cannot be used.
    """
    entries = _object(document, "genesis")
    config = _object(entries.get("config") or {}, "config")
    accounts, keys = parse_accounts(entries.get("alloc") or {})

    def number(key: str, default: int, bits: int = 64) -> int:
        value = entries.get(key)
        return default if value is None else _number(value, key, bits)

    return Genesis(
        accounts=accounts,
        timestamp=number("timestamp", 0),
        number=number("number", 0),
        gas_limit=number("gasLimit", spec.gas_limit),
        base_fee=number("baseFeePerGas", _first_base_fee(spec), 256),
        coinbase=_bytes(entries.get("coinbase") or "00" * 20, "coinbase", 20),
        difficulty=number("difficulty", 0, 256),
        nonce=number("nonce", 0).to_bytes(8, "big"),
        prev_randao=_bytes(entries.get("mixHash") or entries.get("mixhash") or "00" * 32, "mixHash", 32),
        parent_hash=_bytes(entries.get("parentHash") or "00" * 32, "parentHash", 32),
        extra_data=_bytes(entries.get("extraData") or "", "extraData", None),
        excess_blob_gas=number("excessBlobGas", 0),
        blob_gas_used=number("blobGasUsed", 0),
        chain_id=None if config.get("chainId") is None else _number(config["chainId"], "config.chainId", bits=64),
        private_keys=keys,
    )


def parse_accounts(alloc: object) -> tuple[dict[Address, GenesisAccount], tuple[bytes, ...]]:
    """The accounts in a genesis document's ``alloc``, and the private keys it has for some of them.

    Raises ``ConfigError`` naming the entry that cannot be used.
    """
    accounts: dict[Address, GenesisAccount] = {}
    keys: list[bytes] = []
    for name, entry in _object(alloc, "alloc").items():
        where = f"alloc.{name}"
        address = _bytes(name, where, 20)
        fields = _object(entry, where)
        storage = {
            int.from_bytes(_bytes(slot, f"{where}.storage", None, width=32), "big"): int.from_bytes(
                _bytes(value, f"{where}.storage.{slot}", None, width=32), "big"
            )
            for slot, value in _object(fields.get("storage") or {}, f"{where}.storage").items()
        }
        accounts[address] = GenesisAccount(
            balance=_number(fields.get("balance", 0), f"{where}.balance"),
            nonce=_number(fields.get("nonce", 0), f"{where}.nonce", bits=64),
            code=_bytes(fields.get("code") or "", f"{where}.code", None),
            storage={slot: value for slot, value in storage.items() if value},
        )
        secret = fields.get("secretKey") or fields.get("privateKey")
        if secret:
            keys.append(_bytes(secret, f"{where}.secretKey", 32))
    return accounts, tuple(keys)


_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]*)")


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(f"genesis file: {where} must be an object, got {value!r:.80}")
    return value


def _number(value: object, where: str, bits: int = 256) -> int:
    number = -1
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str):
        digits = value.strip()
        if re.fullmatch(r"0[xX][0-9a-fA-F]{1,64}", digits):
            number = int(digits, 16)
        elif re.fullmatch(r"[0-9]{1,78}", digits):
            number = int(digits)
    if not 0 <= number < 1 << bits:
        raise ConfigError(f"genesis file: {where} must be a number below 2**{bits}, hex or decimal, got {value!r:.80}")
    return number


def _bytes(value: object, where: str, size: int | None, width: int = 0) -> bytes:
    """Hex digits as bytes, exactly ``size`` if given; ``width`` pads short words on the left and is a limit."""
    match = _HEX.fullmatch(value) if isinstance(value, str) else None
    digits = match[1] if match else None
    if digits is not None and width:
        digits = digits.rjust(2 * width, "0") if len(digits) <= 2 * width else None
    if digits is None or len(digits) % 2 or (size is not None and len(digits) != 2 * size):
        wanted = f"{size} bytes of hex" if size else f"at most {width} bytes of hex" if width else "hex"
        raise ConfigError(f"genesis file: {where} must be {wanted}, got {value!r:.80}")
    return bytes.fromhex(digits)

"""Every setting of a node: one table, and the rule for which source wins.

The table is ``DevnetConfig`` itself: each field is one row with its type, default, flags, group, help text and check.
The command line, ``MEGADEV_*`` variables, ``megadev.toml``, ``Devnet(...)`` in Python and the README's reference all
read it. This module reads no environment and looks for no file on its own: callers pass both to ``resolve``.

Why names follow Anvil's flags: people arrive with scripts. A flag Anvil has is spelled the same here, aliases included.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Protocol

from megadev.chain.spec import FORKS, L1_CHAIN_ID, fork_named
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.latency import Latency, parse_latency
from megadev.primitives.types import Address, Wei

DEFAULT_FILE = "megadev.toml"
"""Read from the working directory where it exists."""
ENVIRONMENT_PREFIX = "MEGADEV_"
GIVEN: dict[str, str] = {
    "MEGADEV_RPC_URL": "the L2's URL",
    "ETH_RPC_URL": "the same, for Foundry's tools",
    "MEGADEV_WS_URL": "the same over WebSocket",
    "MEGADEV_L1_RPC_URL": "the L1's URL, unless there is none",
    "MEGADEV_L1_WS_URL": "the same over WebSocket",
    "MEGADEV_ADDRESSES": "the funded accounts, separated by commas: the same on both chains",
    "MEGADEV_PRIVATE_KEYS": "their keys, in the same order",
    "MEGADEV_ADDRESS": "the first account",
    "MEGADEV_PRIVATE_KEY": "its key",
}
"""Variables that the programs find that the command line starts, in the order in which they are told."""
NOT_SETTINGS = frozenset({"MEGADEV_CONFIG", "MEGADEV_DEBUG", *GIVEN})
"""Variables that the command line reads itself, or gives to programs."""
DEFAULT_MNEMONIC = "test test test test test test test test test test test junk"
DEFAULT_IPC_PATH = Path("/tmp/megadev.ipc")
DEFAULT_L1_PORT = 9545
_EXACT = Context(prec=100)
"""More digits than any amount that ``Ether`` reads; the usual 28 would round."""
MNEMONIC_LENGTHS = (12, 15, 18, 21, 24)
"""Words a BIP-39 phrase may have."""


class Kind(Protocol):
    """The type of a setting: how to read it from any source, and how to name it in a help text."""

    @property
    def metavar(self) -> str: ...

    def read(self, given: object) -> object:
        """The value in its final type; ValueError says what is wrong with ``given`` (a string from flags and
        environment, any TOML or Python value otherwise)."""
        ...


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, decimal or 0x-hexadecimal; both limits included."""

    minimum: int = 0
    maximum: int = 2**64 - 1
    among: tuple[int, ...] = ()
    metavar: str = "N"

    def read(self, given: object) -> int:
        if isinstance(given, str):
            try:
                value = int(given, 16 if given[:2].lower() == "0x" else 10)
            except ValueError:
                raise ValueError(f"must be a whole number, not {given!r}") from None
        elif isinstance(given, int) and not isinstance(given, bool):
            value = given
        else:
            raise ValueError(f"must be a whole number, not {given!r}")
        if self.among and value not in self.among:
            raise ValueError(f"must be one of {', '.join(map(str, self.among))}, not {value}")
        if value < self.minimum or value > self.maximum:
            raise ValueError(f"must be between {self.minimum} and {self.maximum}, not {value}")
        return value


@dataclass(frozen=True, slots=True)
class Ether:
    """A non-negative amount in ETH with up to 18 decimals."""

    metavar: str = "ETH"

    def read(self, given: object) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise ValueError(f"must be an amount in ETH, not {given!r}")
        try:
            value = Decimal(str(given))
        except InvalidOperation:
            raise ValueError(f"must be an amount in ETH, not {given!r}") from None
        if not value.is_finite() or not 0 <= value < 10**50:
            raise ValueError(f"must be an amount in ETH of at least 0, not {given!r}")
        if value.as_tuple().exponent < -18:  # type: ignore[operator]  # finite: the exponent is an int
            raise ValueError(f"has more than 18 decimals: {given!r}")
        return value


@dataclass(frozen=True, slots=True)
class Seconds:
    """A positive duration in seconds; fractions allowed. With ``zero``, 0 means none."""

    zero: bool = False
    metavar: str = "SECONDS"

    def read(self, given: object) -> float:
        try:
            value = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else math.nan
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise ValueError(f"must be a number of seconds, not {given!r}")
        if not 0.001 <= value <= 10**9 and not (self.zero and value == 0):
            raise ValueError(f"must be at least 0.001 seconds, not {given}")
        return value


@dataclass(frozen=True, slots=True)
class Delay:
    """A latency with its unit and, if it varies, its jitter (``primitives/latency``)."""

    metavar: str = "TIME[±TIME]"

    def read(self, given: object) -> Latency:
        if isinstance(given, Latency):
            return given
        if not isinstance(given, str):
            raise ValueError(f"must be like 5ms or 5ms±2ms, not {given!r}")
        return parse_latency(given)


@dataclass(frozen=True, slots=True)
class Boolean:
    """A switch. As a flag it takes no value; elsewhere true/false, yes/no, on/off, 1/0."""

    metavar: str = ""

    def read(self, given: object) -> bool:
        word = str(given).lower()
        if word in ("true", "yes", "on", "1"):
            return True
        if word in ("false", "no", "off", "0"):
            return False
        raise ValueError(f"must be true or false, not {given!r}")


@dataclass(frozen=True, slots=True)
class Text:
    """A non-empty string."""

    metavar: str = "TEXT"

    def read(self, given: object) -> str:
        if not isinstance(given, str) or not given.strip():
            raise ValueError(f"must be a non-empty text, not {given!r}")
        return given.strip()


@dataclass(frozen=True, slots=True)
class TextList:
    """Strings: separated by commas, a repeated flag, or a list."""

    metavar: str = "TEXT"

    def read(self, given: object) -> tuple[str, ...]:
        parts = [given] if isinstance(given, str) else given
        if not isinstance(parts, list | tuple | frozenset | set) or not all(isinstance(part, str) for part in parts):
            raise ValueError(f"must be a text or a list of texts, not {given!r}")
        items = tuple(item.strip() for part in parts for item in part.split(","))
        if not items or not all(items):
            raise ValueError(f"must not be empty or have empty parts: {given!r}")
        return tuple(dict.fromkeys(items))


@dataclass(frozen=True, slots=True)
class Funding:
    """What an account owns at genesis, in ETH with up to 18 decimals."""

    address: Address
    ether: Decimal

    @property
    def wei(self) -> Wei:
        """The same in wei."""
        return wei_in(self.ether)

    def __str__(self) -> str:
        return f"{checksum_address(self.address)}={self.ether}"


@dataclass(frozen=True, slots=True)
class Fundings:
    """Accounts with what they own: ADDRESS=AMOUNT, separated by commas, a repeated flag, a list, or a table."""

    metavar: str = "ADDRESS=AMOUNT"

    def read(self, given: object) -> tuple[Funding, ...]:
        if isinstance(given, Mapping):
            pairs = list(given.items())
        else:
            parts = [given] if isinstance(given, str) else given
            if not isinstance(parts, list | tuple) or not all(isinstance(part, str | Funding) for part in parts):
                raise ValueError(f"must be like {self.metavar}, not {given!r}")
            pairs = [pair for part in parts for pair in self._split(part)]
        found: dict[Address, Funding] = {}
        for name, amount in pairs:
            address = _read_address(name)
            if address in found:
                raise ValueError(f"names {name} twice")
            try:
                found[address] = Funding(address, Ether().read(amount))
            except ValueError as problem:
                raise ValueError(f"{name}: {problem}") from None
        if not found:
            raise ValueError(f"must be like {self.metavar}, not empty")
        return tuple(found.values())

    def _split(self, part: str | Funding) -> list[tuple[str, str]]:
        """Addresses with their amounts; a colon does as well as an equals sign."""
        pairs = []
        for item in str(part).split(","):
            name, sign, amount = item.replace(":", "=", 1).partition("=")
            if not sign:
                raise ValueError(f"must be like {self.metavar}, not {item!r}")
            pairs.append((name.strip(), amount.strip()))
        return pairs


def wei_in(ether: Decimal) -> Wei:
    """An amount in ETH, with up to 18 decimals, in wei."""
    return int(ether.scaleb(18, _EXACT))


def _read_address(given: object) -> Address:
    if not isinstance(given, str) or not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", given):
        raise ValueError(f"needs an address (0x and 40 hex digits), not {given!r}")
    return bytes.fromhex(given[2:])


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secp256k1 key: 0x and 64 hex digits; read as 32 bytes. No message repeats what was given."""

    metavar: str = "KEY"

    def read(self, given: object) -> bytes:
        from megadev.primitives.signatures import SECP256K1_N  # loads the library, which help does without

        if isinstance(given, str) and re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", given):
            given = bytes.fromhex(given[-64:])
        if not isinstance(given, bytes) or len(given) != 32 or not 0 < int.from_bytes(given, "big") < SECP256K1_N:
            raise ValueError("must be a private key: 0x and 64 hex digits, not 0 and below the order of secp256k1")
        return given


@dataclass(frozen=True, slots=True)
class FilePath:
    """A path, relative to the working directory; ``~`` is the home directory."""

    metavar: str = "PATH"

    def read(self, given: object) -> Path:
        if not isinstance(given, str | Path) or not str(given):
            raise ValueError(f"must be a path, not {given!r}")
        return Path(given).expanduser()


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a list."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        return "|".join(self.words)

    def read(self, given: object) -> str:
        word = given.lower() if isinstance(given, str) else given
        if word not in self.words:
            raise ValueError(f"must be {_either(self.words)}, not {given!r}{_did_you_mean(str(given), self.words)}")
        return str(word)


@dataclass(frozen=True, slots=True)
class HardforkName:
    """A rule set by name or alias (``chain.spec.FORKS``); read as its proper name."""

    metavar: str = "NAME"

    def read(self, given: object) -> str:
        try:
            return fork_named(str(given)).name
        except ConfigError:
            names = [name for fork in FORKS for name in (fork.name, *fork.aliases)]
            word = str(given).lower()
            raise ValueError(f"must be {_either(tuple(names))}, not {given!r}{_did_you_mean(word, names)}") from None


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    ``flags``: the first is the canonical one. ``bare``: what the flag means when given without a value (None: it needs
    one). ``optional``: the value may be absent, which is then the default. ``presets``: the default under presets that
    have another one.
    """

    name: str
    kind: Kind
    default: object
    group: str
    flags: tuple[str, ...]
    help: str
    bare: object
    presets: Mapping[str, object]
    optional: bool

    @property
    def key(self) -> str:
        """Its name in megadev.toml."""
        return self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    def default_under(self, preset: str) -> object:
        """What holds where nobody says anything."""
        return self.presets.get(preset, self.default)

    def read(self, given: object) -> object:
        """``given`` in its final type; ValueError says what is wrong."""
        return None if given is None and self.optional else self.kind.read(given)

    def describe(self, value: object) -> str:
        """A value of this setting as a user would type it."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple):
            return ",".join(map(str, value))
        return "" if value is None else str(value)


DEV, MEGAETH = "dev", "megaeth"
"""Presets. They only change what other settings are where nobody says anything."""


class _Unsaid:
    """In the place of a value whose default depends on the preset, until that is known."""


_UNSAID = _Unsaid()


def _setting(
    default: Any, kind: Kind, group: str, flags: str, help: str, *, bare: object = None, megaeth: object = _UNSAID
) -> Any:
    """A table row as a dataclass field; ``flags`` separated by spaces, the canonical one first. ``megaeth`` is the
    default under that preset where it is another."""
    presets = {} if megaeth is _UNSAID else {MEGAETH: megaeth}
    notes = "".join(f" [{preset}: {value}]" for preset, value in presets.items())
    row = {
        "kind": kind,
        "group": group,
        "flags": tuple(flags.split()),
        "help": help + notes,
        "bare": bare,
        "presets": presets,
        "default": default,
    }
    return field(default=_UNSAID if presets else default, metadata=row)


ACCOUNTS, CHAIN, GAS, MINING, SERVER, TERMINAL = "Accounts", "Chain", "Gas and fees", "Mining", "Server", "Terminal"
FORKING, L1, RELOAD = "Forking", "L1", "Hot reload"
GROUPS = (ACCOUNTS, CHAIN, FORKING, GAS, MINING, L1, RELOAD, SERVER, TERMINAL)
"""In the order help shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetConfig:
    """The settings of one node, checked. Raises ConfigError when a value, or two together, cannot be used.

    Units are in each row's help text; fees are in wei, ``balance`` is in ETH, durations and timestamps are in seconds.
    """

    preset: str = _setting(
        DEV,
        Choice((DEV, MEGAETH)),
        CHAIN,
        "--preset",
        "What to be like: dev seals a block for each transaction, under Ethereum's rules; megaeth has MegaETH's "
        "parameters, mini-blocks and block time (and Ethereum's gas, for now). Any other setting can be changed.",
    )

    accounts: int = _setting(10, Integer(0, 100_000), ACCOUNTS, "--accounts -a", "Funded accounts to create.")
    balance: Decimal = _setting(
        Decimal(10_000), Ether(), ACCOUNTS, "--balance", "What each account owns at genesis, in ETH."
    )
    fund: tuple[Funding, ...] | None = _setting(
        None,
        Fundings(),
        ACCOUNTS,
        "--fund --fund-accounts",
        "Also give this address so many ETH at genesis; several with commas or repeated.",
    )
    mnemonic: str = _setting(
        DEFAULT_MNEMONIC, Text("PHRASE"), ACCOUNTS, "--mnemonic -m", "BIP-39 phrase that the accounts are derived from."
    )
    mnemonic_random: int | None = _setting(
        None,
        Integer(12, 24, among=MNEMONIC_LENGTHS, metavar="[WORDS]"),
        ACCOUNTS,
        "--mnemonic-random",
        "Draw a new phrase of that many words (12 when none is said).",
        bare=12,
    )
    mnemonic_seed_unsafe: int | None = _setting(
        None,
        Integer(metavar="SEED"),
        ACCOUNTS,
        "--mnemonic-seed-unsafe",
        "Draw the phrase from this seed: the same seed, the same accounts. Never send real funds to them.",
    )
    derivation_path: str = _setting(
        "m/44'/60'/0'/0/", Text("PATH"), ACCOUNTS, "--derivation-path", "BIP-32 path; each account's index is appended."
    )
    auto_impersonate: bool = _setting(
        False,
        Boolean(),
        ACCOUNTS,
        "--auto-impersonate --auto-unlock",
        "Accept transactions from any account without a signature.",
    )

    chain_id: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        CHAIN,
        "--chain-id",
        "The chain id (EIP-155). [default: the genesis file's, upstream's on a fork, or 31337] [megaeth: 432631337]",
    )
    hardfork: str = _setting(
        "osaka",
        HardforkName(),
        CHAIN,
        "--hardfork --spec",
        f"Ethereum rules to run: {', '.join(fork.name for fork in FORKS)} or latest.",
        megaeth="prague",
    )
    engine: str = _setting(
        "python",
        Choice(("python", "py-evm")),
        CHAIN,
        "--engine",
        "What runs the EVM: megadev's own loop, or py-evm's (about 15 times slower, no traces) as a second opinion.",
    )
    init: Path | None = _setting(
        None, FilePath(), CHAIN, "--init", "Start from a genesis.json as geth writes it; accounts are added to it."
    )
    project: Path | None = _setting(
        None,
        FilePath("DIR"),
        CHAIN,
        "--project",
        "Name contracts, errors and source lines by the compiled artifacts of the project that this directory is in "
        "(Foundry, Hardhat, Ape, Brownie, solc, vyper). They are read when first needed. [default: the working "
        "directory]",
    )
    state: Path | None = _setting(
        None,
        FilePath(),
        CHAIN,
        "--state",
        "Keep the chain in this file: --load-state, if it exists, and --dump-state. A directory means its state.json.",
    )
    load_state: Path | None = _setting(
        None, FilePath(), CHAIN, "--load-state", "Start with the chain in a dump, Anvil's (1.7.1 and before) or ours."
    )
    dump_state: Path | None = _setting(
        None,
        FilePath(),
        CHAIN,
        "--dump-state",
        "Write the chain to this file at the end, and now and then, in Anvil's format.",
    )
    state_interval: float = _setting(
        60.0, Seconds(), CHAIN, "--state-interval -s", "Seconds between dumps, with --state or --dump-state."
    )
    preserve_historical_states: bool = _setting(
        False,
        Boolean(),
        CHAIN,
        "--preserve-historical-states",
        "Dump also the state after every block, so that old blocks can be asked about once it is loaded.",
    )
    timestamp: int | None = _setting(
        None,
        Integer(0, 2**63 - 1, metavar="SECONDS"),
        CHAIN,
        "--timestamp",
        "Timestamp of the genesis block, in seconds since 1970. [default: the genesis file's, or now]",
    )
    number: int | None = _setting(
        None,
        Integer(0, 2**63 - 1),
        CHAIN,
        "--number",
        "Number of the genesis block. [default: the genesis file's, or 0]",
    )
    manual_clock: bool = _setting(
        False,
        Boolean(),
        CHAIN,
        "--manual-clock",
        "Time stands still but for one second per block and what is asked for by RPC. With --timestamp, the same "
        "script gives the same hashes on every machine.",
    )
    disable_default_create2_deployer: bool = _setting(
        False,
        Boolean(),
        CHAIN,
        "--disable-default-create2-deployer --no-create2",
        "Leave out the CREATE2 deployer at 0x4e59b44847b379578588920cA78FbF26c0B4956C.",
    )

    fork_url: tuple[str, ...] | None = _setting(
        None,
        TextList("URL[@BLOCK]"),
        FORKING,
        "--fork-url --fork -f --rpc-url",
        "Fork the chain of this node: state is fetched when it is needed. Several, with commas or repeated, "
        "share the work, and stand in for each other. [default: none]",
    )
    fork_block_number: int | None = _setting(
        None,
        Integer(-(2**63), 2**63 - 1, metavar="BLOCK"),
        FORKING,
        "--fork-block-number --fork-block",
        "The block to fork; a negative number counts back from the latest. [default: the latest]",
    )
    fork_transaction_hash: str | None = _setting(
        None,
        Text("HASH"),
        FORKING,
        "--fork-transaction-hash",
        "Fork the state just after this transaction: those before it in its block are run again.",
    )
    fork_l1: tuple[str, ...] | None = _setting(
        None,
        TextList("URL[@BLOCK]"),
        FORKING,
        "--fork-l1",
        "Fork L1 from this node, alone or beside a forked L2; the bridge on it is megadev's. [default: none; BLOCK: "
        "the one that the forked L2 has got to, or the latest]",
    )
    fork_chain_id: int | None = _setting(
        None, Integer(1, 2**63 - 1), FORKING, "--fork-chain-id", "Upstream's chain id, which it is not asked for then."
    )
    fork_header: tuple[str, ...] | None = _setting(
        None,
        TextList("NAME:VALUE"),
        FORKING,
        "--fork-header --fork-headers",
        "Send this HTTP header to the forked node; several with commas or repeated.",
    )
    timeout: int = _setting(
        45_000, Integer(1, 10**8, metavar="MS"), FORKING, "--timeout", "How long one request upstream may take."
    )
    retries: int = _setting(
        5, Integer(0, 1_000), FORKING, "--retries", "How often a request upstream is repeated before it fails."
    )
    fork_retry_backoff: int = _setting(
        1_000,
        Integer(0, 10**6, metavar="MS"),
        FORKING,
        "--fork-retry-backoff",
        "The pause before the first repetition; it doubles each time, and is jittered.",
    )
    compute_units_per_second: int | None = _setting(
        None,
        Integer(1, 10**9, metavar="UNITS"),
        FORKING,
        "--compute-units-per-second --cups",
        "Ask no faster than this, a call being 20 units. [default: no limit until upstream complains, then 330]",
    )
    no_rate_limit: bool = _setting(
        False,
        Boolean(),
        FORKING,
        "--no-rate-limit --no-rpc-rate-limit --no-cups",
        "Ask as fast as possible, even when upstream complains.",
    )
    no_storage_caching: bool = _setting(
        False, Boolean(), FORKING, "--no-storage-caching", "Keep nothing of what was fetched on disk."
    )
    fork_cache: Path | None = _setting(
        None,
        FilePath("DIR"),
        FORKING,
        "--fork-cache",
        "Where fetched state is kept on disk. [default: ~/.cache/megadev/fork]",
    )
    fork_bundle: Path | None = _setting(
        None,
        FilePath("FILE"),
        FORKING,
        "--fork-bundle",
        "Fork from this file, which megadev fork record made, and ask no node; what it does not hold is an error.",
    )
    fork_record: Path | None = _setting(
        None,
        FilePath("FILE"),
        FORKING,
        "--fork-record",
        "When the node ends, write all that was read from upstream to this bundle.",
    )

    gas_limit: int | None = _setting(
        None,
        Integer(21_000, 2**63 - 1, metavar="GAS"),
        GAS,
        "--gas-limit",
        "Gas per block. [default: the genesis file's, or 30000000] [megaeth: 10000000000]",
    )
    disable_block_gas_limit: bool = _setting(
        False, Boolean(), GAS, "--disable-block-gas-limit", "Let a transaction ask for more gas than a block has."
    )
    enable_tx_gas_limit: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--enable-tx-gas-limit --tx-gas-limit",
        "Refuse transactions above 16,777,216 gas, as Osaka does (EIP-7825).",
    )
    base_fee: int | None = _setting(
        None,
        Integer(0, 2**128 - 1, metavar="WEI"),
        GAS,
        "--block-base-fee-per-gas --base-fee",
        "Base fee of the genesis block, in wei (EIP-1559). [default: the genesis file's, or 1000000000] "
        "[megaeth: 1000000, in every block]",
    )
    gas_price: int | None = _setting(
        None,
        Integer(0, 2**128 - 1, metavar="WEI"),
        GAS,
        "--gas-price",
        "What eth_gasPrice answers, in wei. [default: base fee + suggested tip]",
    )
    disable_min_priority_fee: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--disable-min-priority-fee --no-priority-fee",
        "Suggest the tips seen in recent blocks, even below 1 gwei.",
    )
    code_size_limit: int = _setting(
        24_576,
        Integer(1, 2**31 - 1, metavar="BYTES"),
        GAS,
        "--code-size-limit",
        "Largest contract, in bytes (EIP-170); creation code may be twice as long (EIP-3860).",
    )
    disable_code_size_limit: bool = _setting(
        False, Boolean(), GAS, "--disable-code-size-limit", "Contracts and creation code of any size."
    )

    disable_pool_balance_checks: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--disable-pool-balance-checks",
        "Let transactions wait that their senders cannot pay for yet; they are dropped if that is still so when their "
        "turn comes.",
    )

    block_time: float | None = _setting(
        None,
        Seconds(),
        MINING,
        "--block-time -b --blockTime",
        "Seal a block every so many seconds (fractions allowed) instead of one per transaction.",
        megaeth=1.0,
    )
    mini_block_time: float | None = _setting(
        None,
        Seconds(zero=True),
        MINING,
        "--mini-block-time",
        "Execute each transaction as it arrives, in a block that --block-time seals later (with --no-mining: that "
        "evm_mine seals), and close a mini-block so many seconds after its first transaction. 0: not so.",
        megaeth=0.01,
    )
    no_mining: bool = _setting(
        False, Boolean(), MINING, "--no-mining --no-mine", "Seal blocks only when asked by RPC (evm_mine)."
    )
    mixed_mining: bool = _setting(
        False, Boolean(), MINING, "--mixed-mining", "With --block-time: also seal a block for each transaction."
    )
    order: str = _setting(
        "fees",
        Choice(("fees", "fifo")),
        MINING,
        "--order",
        "Which waiting transaction goes first: best paid or oldest.",
    )
    max_transactions: int | None = _setting(
        None,
        Integer(1, 2**31 - 1),
        MINING,
        "--max-transactions",
        "Most transactions per block. [default: no limit but gas]",
    )
    slots_in_an_epoch: int = _setting(
        32,
        Integer(0, 2**31 - 1),
        MINING,
        "--slots-in-an-epoch",
        "The safe head trails by so many blocks, the finalized head by twice as many.",
    )
    allow_same_timestamp: bool = _setting(
        False, Boolean(), MINING, "--allow-same-timestamp", "Let blocks sealed within one second share its timestamp."
    )

    sequencer_key: bytes | None = _setting(
        None,
        PrivateKey(),
        MINING,
        "--sequencer-key",
        "Private key with which the sequencer signs mini-blocks and preconfirmations. "
        "[default: the mnemonic's at m/44'/60'/4326'/0/0]",
    )
    preconf_receipts: bool = _setting(
        False,
        Boolean(),
        MINING,
        "--preconf-receipts",
        "Add a signed preconfirmation to the receipts that the *Sync methods answer with.",
    )

    receipt_timestamps: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--receipt-timestamps",
        "Add blockTimestamp to receipts, as Anvil does; the execution API has none.",
    )
    sync_timeout: float = _setting(
        2.0,
        Seconds(),
        MINING,
        "--sync-timeout",
        "How long the *Sync methods and realtime_sendRawTransaction wait for a receipt where the caller does not say.",
        megaeth=5.0,
    )
    sync_errors: str = _setting(
        "wait",
        Choice(("wait", "eip-7966", "megaeth")),
        MINING,
        "--sync-errors",
        "What they answer without one: wait gives up after the timeout with code 4; eip-7966 also refuses at once what "
        "is not ready (code 5) or waits behind a nonce gap (code 6, with the nonce that is missing); megaeth gives up "
        "with -32000 'realtime transaction expired'.",
        megaeth="megaeth",
    )

    no_l1: bool = _setting(
        False, Boolean(), L1, "--no-l1", "No L1 beside the L2: neither its chain and port nor the bridge's predeploys."
    )
    l1_port: int | None = _setting(
        None,
        Integer(0, 65535, metavar="PORT"),
        L1,
        "--l1-port",
        "Port for L1's HTTP and WebSocket; 0 takes any free one. [default: 9545, or any free one where that is taken "
        "or --port is 0]",
    )
    l1_chain_id: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        L1,
        "--l1-chain-id",
        f"L1's chain id. [default: {L1_CHAIN_ID}, or {L1_CHAIN_ID + 1} where the L2 has that]",
    )
    l1_block_time: float | None = _setting(
        None,
        Seconds(),
        L1,
        "--l1-block-time",
        "Seal an L1 block every so many seconds (fractions allowed) instead of one per transaction.",
    )
    l1_hardfork: str = _setting(
        "prague", HardforkName(), L1, "--l1-hardfork", "Ethereum rules that L1 runs: the names that --hardfork takes."
    )

    challenge_window: int = _setting(
        1,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--challenge-window",
        "How long a claim about L2's state can be challenged on L1.",
    )
    proof_maturity_delay: int = _setting(
        1,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--proof-maturity-delay",
        "How old the proof of a withdrawal must be to finalize it.",
    )
    finality_delay: int = _setting(
        1,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--finality-delay",
        "How old the outcome of a claim must be to rely on it.",
    )
    propose_every: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--propose-every",
        "Claim L2's state on L1 every so many L2 blocks; 0: never. [default: when there is a withdrawal to prove]",
    )
    safe_distance: int = _setting(
        0,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--safe-distance",
        "How many blocks behind L1's head the L1 block of a safe L2 block lies.",
    )
    finalized_distance: int = _setting(
        0,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--finalized-distance",
        "The same for a finalized L2 block.",
    )
    l1_fee: bool = _setting(
        False,
        Boolean(),
        L1,
        "--l1-fee",
        "Charge L2 transactions for their data on L1.",
        megaeth=True,
    )

    watch: tuple[str, ...] | None = _setting(
        None,
        TextList("[PATHS]"),
        RELOAD,
        "--watch",
        "Give deployed contracts the code of their sources whenever these are saved, and keep their storage: of the "
        "project here, or of these folders and files (--watch src vy, or separated by commas).",
        bare=".",
    )
    reload: str = _setting(
        "auto",
        Choice(("auto", "ask", "dry-run")),
        RELOAD,
        "--reload",
        "After a save: reload at once; print the plan and ask on the terminal or, where there is none, wait for "
        "`megadev reload apply`; or print the plan only.",
    )
    reload_conflict: str = _setting(
        "refuse",
        Choice(("refuse", "redeploy", "script")),
        RELOAD,
        "--reload-conflict",
        "Where new code cannot go on with the storage: change nothing; run the constructor again at the same address, "
        "with its arguments and empty storage; or run --reload-script.",
    )
    reload_script: str | None = _setting(
        None,
        Text("COMMAND"),
        RELOAD,
        "--reload-script",
        "What deploys everything again, for a shell; it finds the chains in ETH_RPC_URL and MEGADEV_L1_RPC_URL.",
    )
    reload_manifest: Path | None = _setting(
        None,
        FilePath("FILE"),
        RELOAD,
        "--reload-manifest",
        "JSON that says which contract stands where, for those whose code does not tell: "
        '{"0x…": "src/A.sol:A", "l1": {"0x…": "B"}}.',
    )
    reload_abi_out: Path | None = _setting(
        None,
        FilePath("FILE"),
        RELOAD,
        "--reload-abi-out",
        "Write addresses and ABIs of what is deployed, chain by chain, to this file, and keep it up to date: "
        "TypeScript (as const) where it ends in .ts, JSON otherwise.",
    )
    solc: Path | None = _setting(
        None,
        FilePath("PATH"),
        RELOAD,
        "--solc",
        "The Solidity compiler for sources without a build tool: a program, or the folder of the npm package solc. "
        "[default: solc on PATH, node_modules/solc, or py-solc-x]",
    )

    host: tuple[str, ...] = _setting(
        ("127.0.0.1",), TextList("HOST"), SERVER, "--host", "Address to listen on; several with commas or repeated."
    )
    port: int = _setting(
        8545,
        Integer(0, 65535, metavar="PORT"),
        SERVER,
        "--port -p",
        "Port for HTTP and WebSocket; 0 takes any free one.",
    )
    ipc: Path | None = _setting(
        None,
        FilePath("[PATH]"),
        SERVER,
        "--ipc --ipcpath",
        f"Also listen on a Unix socket ({DEFAULT_IPC_PATH} when no path is said).",
        bare=DEFAULT_IPC_PATH,
    )
    allow_origin: str = _setting(
        "*",
        Text("ORIGIN"),
        SERVER,
        "--allow-origin",
        "Web pages that may read answers (CORS): an origin, or * for all.",
    )
    no_cors: bool = _setting(False, Boolean(), SERVER, "--no-cors", "Send no CORS headers at all.")
    allowed_hosts: tuple[str, ...] | None = _setting(
        None,
        TextList("HOST"),
        SERVER,
        "--allowed-hosts",
        "Host names, besides localhost and IP addresses, under which the node may be reached; * for all. "
        "Stops DNS rebinding.",
    )
    no_request_size_limit: bool = _setting(
        False, Boolean(), SERVER, "--no-request-size-limit", "Accept request bodies of more than 2 MB."
    )
    gateway_limits: str = _setting(
        "off",
        Choice(("off", "public", "control")),
        SERVER,
        "--gateway-limits",
        "Answer over HTTP and WebSocket with the method list, sizes and rates of MegaETH's public endpoint (public, if "
        "no word is said); control lets the methods that steer a devnet through (anvil_*, evm_*, …).",
        bare="public",
    )
    flashblocks: bool = _setting(
        False,
        Boolean(),
        SERVER,
        "--flashblocks",
        "Also stream Flashblocks, as clients made for Base and Unichain read them, at /flashblocks (WebSocket): one in "
        "every 20 mini-blocks' time.",
    )
    latency: Latency | None = _setting(
        None,
        Delay(),
        SERVER,
        "--latency",
        "Hold back answers to transactions, and notifications, for so long: like 5ms, or 5ms±2ms (5ms+-2ms) to vary by "
        "so much; in us, ms or s.",
    )
    max_subscriptions: int = _setting(
        10_000,
        Integer(0, 10**6),
        SERVER,
        "--max-subscriptions",
        "Most subscriptions on this node at once; further ones are refused with -32005.",
    )
    subscriber_backlog: int = _setting(
        16 * 1024 * 1024,
        Integer(1, 2**31 - 1, metavar="BYTES"),
        SERVER,
        "--subscriber-backlog",
        "Notifications that may wait, in bytes, for a subscriber that reads too slowly; one that stays above this is "
        "told so and dropped.",
    )

    config_out: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--config-out",
        "Write accounts, keys and fees to this file as JSON, then start.",
    )
    script: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--script",
        "Run this once the node listens, with URLs and keys in its environment: a .py, a .sh, or any program. The node "
        "stops with exit code 1 if it fails; what it leaves in the background ends with the node.",
    )
    ready_file: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--ready-file",
        "Write URLs, accounts and keys to this file as JSON once the node listens and --script is done; it is removed "
        "in the end.",
    )
    disable_console_log: bool = _setting(
        False,
        Boolean(),
        TERMINAL,
        "--disable-console-log --no-console-log",
        "Do not show what contracts print with console.log; megadev_getConsoleLogs still tells.",
    )
    ui: bool = _setting(
        False,
        Boolean(),
        TERMINAL,
        "--ui",
        "Show a live view of both chains instead of the log, with keys to mine, travel in time, snapshot and pause; "
        "where there is no terminal, the log.",
    )
    quiet: bool = _setting(False, Boolean(), TERMINAL, "--quiet -q --silent", "Print errors only.")
    json: bool = _setting(False, Boolean(), TERMINAL, "--json", "Print one JSON object per line instead of text.")
    color: str = _setting(
        "auto",
        Choice(("auto", "always", "never")),
        TERMINAL,
        "--color",
        "Colours: auto is on for a terminal, unless NO_COLOR is set.",
    )

    said: frozenset[str] = field(default=frozenset(), init=False, repr=False, compare=False)
    """Settings with a default that depends on the preset, and that somebody decided otherwise."""

    def __post_init__(self) -> None:
        said = frozenset(row.name for row in SETTINGS if row.presets and getattr(self, row.name) is not _UNSAID)
        object.__setattr__(self, "said", said)
        for row in SETTINGS:  # the preset is the first of them
            given = getattr(self, row.name)
            try:
                value = row.read(row.default_under(self.preset) if given is _UNSAID else given)
            except ValueError as problem:
                raise ConfigError(f"{row.name}: {problem}") from None
            object.__setattr__(self, row.name, value)
        _drop_what_yields(self)
        _check_together(self)

    @property
    def balance_wei(self) -> int:
        """``balance`` in wei."""
        return wei_in(self.balance)

    def replace(self, **changes: object) -> DevnetConfig:
        """A copy with some settings changed, by the names of the fields. Raises ConfigError for an unknown name or an
        unusable value."""
        for name in changes:
            if name not in _BY_NAME:
                raise ConfigError(f"{name}: there is no such setting{_did_you_mean(name, _BY_NAME)}")
        kept = {row.name: getattr(self, row.name) for row in SETTINGS if not row.presets or row.name in self.said}
        return DevnetConfig(**(kept | changes))  # __post_init__ checks the types


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(row.name, optional=row.metadata["default"] is None, **row.metadata)
    for row in dataclasses.fields(DevnetConfig)
    if row.metadata
)
"""The table."""
_BY_NAME = {row.name: row for row in SETTINGS}


def resolve(
    flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None, *, among: frozenset[str] | None = None
) -> DevnetConfig:
    """The configuration that results from all sources; for each setting the first that has it wins: ``flags`` (by
    setting name; None means not given), ``environ`` (MEGADEV_*), ``file`` (TOML), the default.

    ``among`` limits which settings are taken; the others keep their defaults and are not even read. Raises ConfigError
    that begins with the source at fault: ``--port: …``, ``MEGADEV_PORT: …``, ``megadev.toml: port: …``.
    """
    in_file = {} if file is None else _read_file(file)
    in_environ = _read_environment(environ)
    values: dict[str, object] = {}
    for row in SETTINGS:
        if among is not None and row.name not in among:
            continue
        if flags.get(row.name) is not None:
            source, given = row.flags[0], flags[row.name]
        elif row.name in in_environ:
            source, given = row.variable, in_environ[row.name]
        elif row.name in in_file:
            source, given = f"{file}: {row.key}", in_file[row.name]
        else:
            continue
        try:
            values[row.name] = row.read(given)
        except ValueError as problem:
            raise ConfigError(f"{source}: {problem}") from None
    return DevnetConfig().replace(**values)


def _read_file(file: Path) -> dict[str, object]:
    """A TOML file's settings by name. Keys may be written like flags (``chain-id``) or fields (``chain_id``)."""
    try:
        with file.open("rb") as opened:
            table = tomllib.load(opened)
    except OSError as problem:
        raise ConfigError(f"{file}: {problem.strerror or problem}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{file}: {problem}") from None
    found: dict[str, object] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in _BY_NAME:
            known = [row.key for row in SETTINGS]
            raise ConfigError(f"{file}: {key}: there is no such setting{_did_you_mean(key.replace('_', '-'), known)}")
        if name in found:
            raise ConfigError(f"{file}: {key}: given twice")
        found[name] = value
    return found


def _read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The MEGADEV_* variables that name a setting. One that nearly does is refused.

    Why only nearly: a typing error must not go unnoticed, but other programs may use the prefix for their own ends.
    """
    known = {row.variable: row.name for row in SETTINGS}
    found: dict[str, str] = {}
    for variable, value in environ.items():
        if variable in known:
            found[known[variable]] = value
        elif variable.startswith(ENVIRONMENT_PREFIX) and variable not in NOT_SETTINGS:
            close = _closest(variable.removeprefix(ENVIRONMENT_PREFIX), [row.name.upper() for row in SETTINGS])
            if close:
                raise ConfigError(f"{variable}: there is no such setting. Did you mean {ENVIRONMENT_PREFIX}{close}?")
    return found


def _drop_what_yields(config: DevnetConfig) -> None:
    """A preset's cadence yields to a flag that asks for another."""
    if config.no_mining and "block_time" not in config.said:
        object.__setattr__(config, "block_time", None)
    if config.mini_block_time == 0 or (config.mixed_mining and "mini_block_time" not in config.said):
        object.__setattr__(config, "mini_block_time", None)


def _check_together(config: DevnetConfig) -> None:
    """Refuse settings that contradict each other."""
    phrases = [
        flag
        for flag, given in (
            ("--mnemonic", config.mnemonic != DEFAULT_MNEMONIC),
            ("--mnemonic-random", config.mnemonic_random is not None),
            ("--mnemonic-seed-unsafe", config.mnemonic_seed_unsafe is not None),
        )
        if given
    ]
    if len(phrases) > 1:
        raise ConfigError(f"{' and '.join(phrases)} exclude each other: the accounts come from one phrase")
    if config.no_mining and config.block_time is not None:
        raise ConfigError("--no-mining and --block-time exclude each other: drop one of them")
    if config.mixed_mining and config.block_time is None:
        raise ConfigError("--mixed-mining needs --block-time: say how often a block is sealed anyway")
    if config.mini_block_time is not None:
        if config.mixed_mining:
            raise ConfigError("--mixed-mining and --mini-block-time exclude each other: drop one of them")
        if config.block_time is None and not config.no_mining:
            raise ConfigError("--mini-block-time needs --block-time (or --no-mining): say when a block is sealed")
    forks_node = config.fork_url is not None or config.fork_l1 is not None
    if config.fork_bundle is not None and (forks_node or config.fork_record is not None):
        raise ConfigError("--fork-bundle needs no node: drop --fork-url, --fork-l1 and --fork-record")
    if config.fork_record is not None and not forks_node:
        raise ConfigError("--fork-record records what a fork reads: give --fork-url or --fork-l1 too")
    if config.fork_l1 is not None and config.no_l1:
        raise ConfigError("--fork-l1 and --no-l1 exclude each other: drop one of them")
    for flag, value in (
        ("--fork-block-number", config.fork_block_number),
        ("--fork-transaction-hash", config.fork_transaction_hash),
        ("--fork-chain-id", config.fork_chain_id),
    ):
        if value is not None and config.fork_url is None:
            raise ConfigError(f"{flag} says what to fork of --fork-url: give that too")
    if config.fork_transaction_hash is not None and config.fork_block_number is not None:
        raise ConfigError("--fork-transaction-hash says which block it is: drop --fork-block-number")
    if config.no_rate_limit and config.compute_units_per_second is not None:
        raise ConfigError("--no-rate-limit and --compute-units-per-second exclude each other: drop one of them")
    if config.init is not None and (config.fork_url is not None or config.fork_bundle is not None):
        raise ConfigError("--init and a fork exclude each other: a fork begins with upstream's block")
    if config.l1_port is not None and config.l1_port == config.port != 0 and not config.no_l1:
        raise ConfigError("--port and --l1-port are the same: each chain listens on a port of its own")
    if (config.reload_conflict == "script") != (config.reload_script is not None):
        raise ConfigError("--reload-conflict script and --reload-script go together: say both")
    if config.state is not None and (config.load_state is not None or config.dump_state is not None):
        raise ConfigError("--state is --load-state and --dump-state in one: drop it, or drop those")
    if config.disable_code_size_limit and config.code_size_limit != _BY_NAME["code_size_limit"].default:
        raise ConfigError("--code-size-limit and --disable-code-size-limit exclude each other: drop one of them")


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to append to a message, or nothing."""
    close = _closest(word, known)
    return f". Did you mean {close}?" if close else ""


def _closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is probably a misspelling of."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)), None)

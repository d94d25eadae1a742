"""Every setting of a node in one table: ``DevnetConfig`` itself. Each field is one row with its type, default, flags,
group, help text and check.

The command line, ``MEGADEV_*`` variables, ``megadev.toml``, ``Devnet(...)`` in Python and the README's reference all
read it.

Why names follow Anvil's flags: people arrive with scripts. A flag Anvil has is spelled the same here, aliases included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from megadev.chain.spec import FORKS, L1_CHAIN_ID
from megadev.config.conflicts import CONFLICTS
from megadev.config.kinds import (
    Boolean,
    Capacities,
    Choice,
    Delay,
    Ether,
    EthereumAddress,
    FilePath,
    Funding,
    Fundings,
    HardforkName,
    Integer,
    Kind,
    PrivateKey,
    Seconds,
    StatePath,
    Text,
    TextList,
    wei_in,
)
from megadev.errors import ConfigError
from megadev.primitives.latency import Latency
from megadev.primitives.suggestions import did_you_mean

DEFAULT_FILE = "megadev.toml"
"""Read from the working directory where it exists."""
ENVIRONMENT_PREFIX = "MEGADEV_"
GIVEN: dict[str, str] = {
    "MEGADEV_RPC_URL": "the L2's URL",
    "ETH_RPC_URL": "the same, for Foundry's tools",
    "MEGADEV_WS_URL": "the same over WebSocket",
    "MEGADEV_L1_RPC_URL": "the L1's URL, if there is one",
    "MEGADEV_L1_WS_URL": "the same over WebSocket",
    "MEGADEV_ADDRESSES": "the funded accounts, separated by commas: the same on both chains",
    "MEGADEV_PRIVATE_KEYS": "their keys, in the same order",
    "MEGADEV_ADDRESS": "the first account",
    "MEGADEV_PRIVATE_KEY": "its key",
}
"""Variables that the programs find that the command line starts, in the order in which they are told."""
NOT_SETTINGS = frozenset({"MEGADEV_CONFIG", "MEGADEV_DEBUG", "MEGADEV_TRUST", *GIVEN})
"""Variables that the command line reads itself, or gives to programs."""
DEFAULT_MNEMONIC = "test test test test test test test test test test test junk"
DEFAULT_IPC_PATH = Path("/tmp/megadev.ipc")
DEFAULT_L1_PORT = 9545
MNEMONIC_LENGTHS = (12, 15, 18, 21, 24)
"""Words a BIP-39 phrase may have."""


class Setting(msgspec.Struct, frozen=True):
    """One row of the table.

    ``flags``: the first is the canonical one. ``bare``: what the flag means when given without a value (None: it needs
    one). ``optional``: the value may be absent, which is then the default. ``presets``: the default under presets that
    have another one. ``reach``: what it does beyond the node, "runs a program" or "writes files"; a file that was
    merely found may say it only once it is trusted (``config/trust``).
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
    reach: str = ""

    @property
    def key(self) -> str:
        """Its name in megadev.toml."""
        return self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    def default_under(self, preset: str) -> object:
        """Returns the default of a setting under a preset."""
        return self.presets.get(preset, self.default)

    def read(self, given: object) -> object:
        """``given`` in its final type; ValueError says what is wrong."""
        return None if given is None and self.optional else self.kind.read(given)

    def describe(self, value: object) -> str:
        """A value of this setting as a user would type it."""
        return described(value)


def described(value: object) -> str:
    """A setting's value as a user would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


class RollupTiming(msgspec.Struct, frozen=True):
    """The distances and windows between the chains: in L1 blocks, except ``max_drift`` (None: any) and
    ``l1_block_time`` (None: a block for each transaction), which are in seconds.
    """

    sequencing_window: int
    max_drift: int | None
    channel_timeout: int
    safe_distance: int
    finalized_distance: int
    l1_block_time: float | None


QUICK_TIMING = RollupTiming(3_600, None, 50, 0, 2, None)
REAL_TIMING = RollupTiming(3_600, 1_800, 50, 4, 64, 12.0)
"""The OP Stack's: window and drift as MegaETH has them, the channel timeout since Granite, op-node's usual number of
confirmations, two epochs of Ethereum until a block is final.
"""


DEV, MEGAETH, ANVIL = "dev", "megaeth", "anvil"
"""Presets. They only change what other settings are where nobody says anything."""


class _Unsaid:
    """In the place of a value whose default depends on the preset, until that is known."""


_UNSAID = _Unsaid()


def _setting(
    default: Any,
    kind: Kind,
    group: str,
    flags: str,
    help: str,
    *,
    bare: object = None,
    megaeth: object = _UNSAID,
    reach: str = "",
    anvil: object = _UNSAID,
) -> Any:
    """A table row as a dataclass field; ``flags`` separated by spaces, the canonical one first. ``megaeth`` and
    ``anvil`` are the defaults under those presets where they are others."""
    presets = {name: value for name, value in ((MEGAETH, megaeth), (ANVIL, anvil)) if value is not _UNSAID}
    notes = "".join(f" [{preset}: {described(value)}]" for preset, value in presets.items())
    row = {
        "kind": kind,
        "group": group,
        "flags": tuple(flags.split()),
        "help": help + notes,
        "bare": bare,
        "presets": presets,
        "default": default,
        "reach": reach,
    }
    return field(default=_UNSAID if presets else default, metadata=row)


RUNS, WRITES = "runs a program", "writes files"
ACCOUNTS, CHAIN, GAS, MINING, SERVER, TERMINAL = "Accounts", "Chain", "Gas and fees", "Mining", "Server", "Terminal"
FORKING, L1, BATCHES, RELOAD = "Forking", "L1", "Batches", "Hot reload"
GROUPS = (ACCOUNTS, CHAIN, FORKING, GAS, MINING, L1, BATCHES, RELOAD, SERVER, TERMINAL)
"""In the order help shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetConfig:
    """The settings of one node, checked. Raises ConfigError when a value, or two together, cannot be used.

    Units are in each row's help text; fees are in wei, ``balance`` is in ETH, durations and timestamps are in seconds.
    """

    preset: str = _setting(
        DEV,
        Choice((DEV, MEGAETH, ANVIL)),
        CHAIN,
        "--preset",
        "Set of defaults: dev seals one block per transaction under Ethereum's rules; megaeth has MegaETH's gas, "
        "limits, mini-blocks and block time; anvil is dev as Anvil has it, also where that differs: no L1, no "
        "Multicall3, block 1 with genesis's base fee, bare bytes from eth_signTransaction. Any other setting can be "
        "changed.",
    )

    accounts: int = _setting(10, Integer(0, 100_000), ACCOUNTS, "--accounts -a", "Number of funded accounts.")
    balance: Decimal = _setting(
        Decimal(10_000), Ether(), ACCOUNTS, "--balance", "Balance of each account at genesis, in ETH."
    )
    fund: tuple[Funding, ...] | None = _setting(
        None,
        Fundings(),
        ACCOUNTS,
        "--fund --fund-accounts",
        "Also fund this address with this number of ETH at genesis. Separate several with commas, or repeat the flag.",
    )
    mnemonic: str = _setting(
        DEFAULT_MNEMONIC, Text("PHRASE"), ACCOUNTS, "--mnemonic -m", "BIP-39 phrase that the accounts are derived from."
    )
    mnemonic_random: int | None = _setting(
        None,
        Integer(12, 24, among=MNEMONIC_LENGTHS, metavar="[WORDS]"),
        ACCOUNTS,
        "--mnemonic-random",
        "Generate a phrase of this many words (default: 12).",
        bare=12,
    )
    mnemonic_seed_unsafe: int | None = _setting(
        None,
        Integer(metavar="SEED"),
        ACCOUNTS,
        "--mnemonic-seed-unsafe",
        "Generate the phrase from this seed: the same seed gives the same accounts. Never send real funds to them.",
    )
    derivation_path: str = _setting(
        "m/44'/60'/0'/0/",
        Text("PATH"),
        ACCOUNTS,
        "--derivation-path",
        "BIP-32 path; the index of each account is appended.",
    )
    auto_impersonate: bool = _setting(
        False,
        Boolean(),
        ACCOUNTS,
        "--auto-impersonate --auto-unlock",
        "Accept unsigned transactions from any account.",
    )

    chain_id: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        CHAIN,
        "--chain-id",
        "Chain id (EIP-155). [default: the genesis file's, upstream's on a fork, or 31337] [megaeth: 432631337]",
    )
    hardfork: str = _setting(
        "osaka",
        HardforkName(),
        CHAIN,
        "--hardfork --spec",
        f"Ethereum rules to run: {', '.join(fork.name for fork in FORKS)} or latest.",
        megaeth="rex6",
    )
    engine: str = _setting(
        "auto",
        Choice(("auto", "interpreter", "compiled", "py-evm"), (("python", "interpreter"),)),
        CHAIN,
        "--engine",
        "What runs the EVM: native code, compiled once it is hot (auto; where the host allows none, megadev's "
        "interpreter in Python), the same or refuse to start (compiled), that interpreter alone, or py-evm (about 15 "
        "times slower than the interpreter, no traces, not MegaETH's rules) as a second opinion.",
    )
    init: Path | None = _setting(
        None, FilePath(), CHAIN, "--init", "Start from a genesis.json in geth's format; the accounts are added to it."
    )
    preinstalls: Path | None = _setting(
        None,
        FilePath("FILE"),
        CHAIN,
        "--preinstalls",
        "Add contracts to the genesis of both chains: a file written by megadev preinstalls fetch, or the "
        "accounts of a genesis.json.",
    )
    project: Path | None = _setting(
        None,
        FilePath("DIR"),
        CHAIN,
        "--project",
        "Directory of the project whose compiled artifacts name contracts, errors and source lines (Foundry, "
        "Hardhat, Ape, Brownie, solc, vyper). They are read when first needed. [default: the working directory]",
    )
    state: Path | None = _setting(
        None,
        StatePath(),
        CHAIN,
        "--state",
        "Keep the chain there. A directory (one that exists, or a path that ends in /) is a store that survives a "
        "crash: each block is written to it as it comes. A file is --load-state if it exists, and --dump-state.",
        reach=WRITES,
    )
    durability: str = _setting(
        "interval",
        Choice(("off", "interval", "block")),
        CHAIN,
        "--durability",
        "When the store of --state DIR is written and synced: at intervals, in the background; before each answer "
        "(block), so that what was answered is there after a crash; or (off) without syncing and without any promise.",
    )
    durability_interval: float = _setting(
        1.0,
        Seconds(),
        CHAIN,
        "--durability-interval",
        "Seconds between two times that the store is written: what a crash can take, unless --durability is block.",
    )
    load_state: Path | None = _setting(
        None, FilePath(), CHAIN, "--load-state", "Load the chain from a dump: Anvil's (1.7.1 and earlier) or megadev's."
    )
    dump_state: Path | None = _setting(
        None,
        FilePath(),
        CHAIN,
        "--dump-state",
        "Write the chain to this file on exit and at intervals, in Anvil's format.",
        reach=WRITES,
    )
    state_interval: float = _setting(
        60.0, Seconds(), CHAIN, "--state-interval -s", "Seconds between dumps, with --state or --dump-state."
    )
    preserve_historical_states: bool = _setting(
        False,
        Boolean(),
        CHAIN,
        "--preserve-historical-states",
        "Also dump the state after every block, so that old blocks can be queried after loading.",
    )
    keep_blocks: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        CHAIN,
        "--keep-blocks",
        "Keep the states of the newest N blocks of each chain only; older ones are refused. Blocks, transactions, "
        "receipts and logs are all kept.",
    )
    keep_bodies: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        CHAIN,
        "--keep-bodies",
        "Keep the newest N blocks of each chain in memory only; older ones, their receipts and logs, are read from the "
        "store of --state DIR when they are asked for, and so are states that --keep-blocks does not drop.",
    )
    prune_history: int | None = _setting(
        None,
        Integer(0, 2**63 - 1, metavar="[N]"),
        CHAIN,
        "--prune-history",
        "Keep the states of the newest N blocks of both chains only (without N: of the newest one); older ones are "
        "refused. Blocks, transactions, receipts and logs are all kept, and so is what proves withdrawals.",
        bare=0,
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
        "Time moves by one second per block and by RPC only. With --timestamp, the same script gives the same "
        "hashes on every machine.",
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
        "Fork the chain of this node; state is fetched when it is needed. Several URLs (commas, or the flag "
        "repeated) share the work and replace each other on failure. [default: none]",
    )
    fork_block_number: int | None = _setting(
        None,
        Integer(-(2**63), 2**63 - 1, metavar="BLOCK"),
        FORKING,
        "--fork-block-number --fork-block",
        "Block to fork; a negative number counts back from the latest. [default: the latest]",
    )
    fork_transaction_hash: str | None = _setting(
        None,
        Text("HASH"),
        FORKING,
        "--fork-transaction-hash",
        "Fork the state just after this transaction; earlier transactions of its block are executed again.",
    )
    fork_l1: tuple[str, ...] | None = _setting(
        None,
        TextList("URL[@BLOCK]"),
        FORKING,
        "--fork-l1",
        "Fork L1 from this node, alone or beside a forked L2, with megadev's bridge on it. [default: none; BLOCK:"
        " the L1 block that the forked L2 has reached, or the latest]",
    )
    fork_chain_id: int | None = _setting(
        None,
        Integer(1, 2**63 - 1),
        FORKING,
        "--fork-chain-id",
        "Upstream's chain id; upstream is not asked for it then.",
    )
    fork_header: tuple[str, ...] | None = _setting(
        None,
        TextList("NAME:VALUE"),
        FORKING,
        "--fork-header --fork-headers",
        "Send this HTTP header to the forked node. Separate several with commas, or repeat the flag.",
    )
    timeout: int = _setting(
        45_000, Integer(1, 10**8, metavar="MS"), FORKING, "--timeout", "Timeout of one request to upstream."
    )
    retries: int = _setting(
        5, Integer(0, 1_000), FORKING, "--retries", "How often a failed request to upstream is repeated."
    )
    fork_retry_backoff: int = _setting(
        1_000,
        Integer(0, 10**6, metavar="MS"),
        FORKING,
        "--fork-retry-backoff",
        "Pause before the first repetition; it doubles each time, with jitter.",
    )
    compute_units_per_second: int | None = _setting(
        None,
        Integer(1, 10**9, metavar="UNITS"),
        FORKING,
        "--compute-units-per-second --cups",
        "Rate limit for upstream; a call counts as 20 units. [default: no limit until upstream complains, then 330]",
    )
    no_rate_limit: bool = _setting(
        False,
        Boolean(),
        FORKING,
        "--no-rate-limit --no-rpc-rate-limit --no-cups",
        "Send requests as fast as possible, even when upstream complains.",
    )
    no_storage_caching: bool = _setting(
        False, Boolean(), FORKING, "--no-storage-caching", "Do not cache fetched state on disk."
    )
    fork_cache: Path | None = _setting(
        None,
        FilePath("DIR"),
        FORKING,
        "--fork-cache",
        "Folder in which fetched state is cached. [default: ~/.cache/megadev/fork]",
        reach=WRITES,
    )
    fork_bundle: Path | None = _setting(
        None,
        FilePath("FILE"),
        FORKING,
        "--fork-bundle",
        "Fork from this file, made by megadev fork record, without a network. Reads that it does not contain fail.",
    )
    fork_record: Path | None = _setting(
        None,
        FilePath("FILE"),
        FORKING,
        "--fork-record",
        "On exit, write everything that was read from upstream to this bundle.",
        reach=WRITES,
    )

    gas_limit: int | None = _setting(
        None,
        Integer(21_000, 2**63 - 1, metavar="GAS"),
        GAS,
        "--gas-limit",
        "Gas per block. [default: the genesis file's, or 30000000] [megaeth: 10000000000]",
    )
    disable_block_gas_limit: bool = _setting(
        False, Boolean(), GAS, "--disable-block-gas-limit", "Allow transactions with a gas limit above the block's."
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
        "Answer of eth_gasPrice, in wei. [default: base fee + suggested tip]",
    )
    disable_min_priority_fee: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--disable-min-priority-fee --no-priority-fee",
        "Suggest the tips of recent blocks, even below 1 gwei.",
    )
    code_size_limit: int = _setting(
        24_576,
        Integer(1, 2**31 - 1, metavar="BYTES"),
        GAS,
        "--code-size-limit",
        "Maximum contract size in bytes (EIP-170); creation code may be twice as long (EIP-3860).",
    )
    disable_code_size_limit: bool = _setting(
        False, Boolean(), GAS, "--disable-code-size-limit", "Allow contracts and creation code of any size."
    )

    disable_pool_balance_checks: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--disable-pool-balance-checks",
        "Admit transactions that their senders cannot pay for yet; they are dropped if that is still so when they"
        " are executed.",
    )

    block_time: float | None = _setting(
        None,
        Seconds(),
        MINING,
        "--block-time -b --blockTime",
        "Seal a block at this interval in seconds (fractions allowed) instead of one per transaction.",
        megaeth=1.0,
    )
    mini_block_time: float | None = _setting(
        None,
        Seconds(zero=True),
        MINING,
        "--mini-block-time",
        "Execute each transaction as it arrives, in a block that --block-time seals later (with --no-mining: that"
        " evm_mine seals), and close a mini-block this number of seconds after its first transaction. 0 disables mini-"
        "blocks.",
        megaeth=0.01,
    )
    no_mining: bool = _setting(
        False, Boolean(), MINING, "--no-mining --no-mine", "Seal blocks only on request (evm_mine)."
    )
    mixed_mining: bool = _setting(
        False, Boolean(), MINING, "--mixed-mining", "With --block-time: also seal a block for each transaction."
    )
    order: str = _setting(
        "fees",
        Choice(("fees", "fifo")),
        MINING,
        "--order",
        "Order of waiting transactions: highest fee first, or first in, first out.",
    )
    max_transactions: int | None = _setting(
        None,
        Integer(1, 2**31 - 1),
        MINING,
        "--max-transactions",
        "Maximum number of transactions per block. [default: no limit but gas]",
    )
    slots_in_an_epoch: int = _setting(
        32,
        Integer(0, 2**31 - 1),
        MINING,
        "--slots-in-an-epoch",
        "Blocks that the safe head trails behind the latest; the finalized head trails twice as many.",
    )
    allow_same_timestamp: bool = _setting(
        False,
        Boolean(),
        MINING,
        "--allow-same-timestamp",
        "Allow blocks sealed within one second to share its timestamp.",
        anvil=True,
    )

    sequencer_key: bytes | None = _setting(
        None,
        PrivateKey(),
        MINING,
        "--sequencer-key",
        "Private key with which the sequencer signs mini-blocks and preconfirmations. [default: the mnemonic's at"
        " m/44'/60'/4326'/0/0]",
    )
    preconf_receipts: bool = _setting(
        False,
        Boolean(),
        MINING,
        "--preconf-receipts",
        "Add a signed preconfirmation to the receipts of the *Sync methods.",
    )

    throw_on_revert: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--throw-on-revert",
        "Answer as Hardhat's node: a send whose transaction fails returns an error (the transaction is mined), "
        "one without a gas limit takes the block's, calls and estimates run as if the sender could pay, and "
        "struct logs show storage at every step. For one client only: http://HOST:PORT/?dialect=hardhat.",
    )
    receipt_timestamps: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--receipt-timestamps",
        "Add blockTimestamp to receipts, as Anvil does; the execution API does not have it.",
        anvil=True,
    )
    block_durability: bool = _setting(
        False,
        Boolean(),
        GAS,
        "--block-durability",
        "Add durable to blocks: whether one is still there after a crash (--state DIR); the execution API has none.",
    )
    sync_timeout: float = _setting(
        2.0,
        Seconds(),
        MINING,
        "--sync-timeout",
        "Default timeout of the *Sync methods and realtime_sendRawTransaction.",
        megaeth=5.0,
    )
    sync_errors: str = _setting(
        "wait",
        Choice(("wait", "eip-7966", "megaeth")),
        MINING,
        "--sync-errors",
        "What the *Sync methods do without a receipt: wait fails after the timeout with code 4; eip-7966 also "
        "fails at once for what is not ready (code 5) or waits behind a nonce gap (code 6, with the missing "
        "nonce); megaeth fails with -32000 'realtime transaction expired'.",
        megaeth="megaeth",
    )

    no_l1: bool = _setting(
        False,
        Boolean(),
        L1,
        "--no-l1",
        "Run no L1: no second chain and port, no predeploys of the bridge.",
        anvil=True,
    )
    l1_port: int | None = _setting(
        None,
        Integer(0, 65535, metavar="PORT"),
        L1,
        "--l1-port",
        "Port of L1's HTTP and WebSocket; 0 takes a free one. [default: 9545, or a free one if that is taken or "
        "--port is 0]",
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
        "Seal an L1 block at this interval in seconds (fractions allowed) instead of one per transaction.",
    )
    l1_hardfork: str = _setting("prague", HardforkName(), L1, "--l1-hardfork", "Rules of L1: the names of --hardfork.")

    l1_contracts: str = _setting(
        "viem",
        Choice(("viem", "mainnet-3.15")),
        L1,
        "--l1-contracts",
        "Contracts of the bridge on L1: viem works with current clients; mainnet-3.15 behaves like MegaETH's mainnet: "
        "the portal of that version with its errors, and games that stock viem cannot read.",
    )
    challenge_window: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--challenge-window",
        "How long a claim about L2's state can be challenged on L1. [default: 1, or 3600 with --prove]",
    )
    prove_window: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--prove-window",
        "Time within which a challenged claim must be proven, or it is lost; 0 disables challenges. [default: "
        "as long as "
        "--challenge-window]",
    )
    proposer_bond: Decimal = _setting(
        Decimal(0), Ether(), L1, "--proposer-bond", "Bond of a claim, in ETH; lost with the claim."
    )
    challenger_bond: Decimal = _setting(
        Decimal(0), Ether(), L1, "--challenger-bond", "Bond of a challenge, in ETH; lost to the prover."
    )
    proof_maturity_delay: int = _setting(
        1,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--proof-maturity-delay",
        "Age that a withdrawal's proof needs before the withdrawal can be finalized.",
    )
    finality_delay: int = _setting(
        1,
        Integer(0, 2**32, metavar="SECONDS"),
        L1,
        "--finality-delay",
        "Age that a resolved claim needs before it is final.",
    )
    propose_every: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--propose-every",
        "Propose an output root on L1 every N L2 blocks; 0 disables it. [default: when there is a withdrawal to prove]",
    )
    prove: bool = _setting(
        False,
        Boolean(),
        L1,
        "--prove",
        "Have the attesters prove every right claim as soon as it is made, which settles it: by a signed re-execution, "
        "not a zero-knowledge proof.",
    )
    attesters: int = _setting(
        1,
        Integer(1, 100),
        L1,
        "--attesters",
        "Number of attesters in the AttestationVerifier on L1; their keys come from the mnemonic.",
    )
    attestation_threshold: int = _setting(
        1,
        Integer(1, 100),
        L1,
        "--attestation-threshold",
        "Number of attesters that must sign.",
    )
    attest_apart: bool = _setting(
        False,
        Boolean(),
        L1,
        "--attest-apart",
        "Let no attester run in this process: each is a `megadev attest` of its own, which derives L2 from L1 and "
        "hands in its signature. Claims are proven once enough have.",
    )
    proof_verifier: str | None = _setting(
        None,
        EthereumAddress(),
        L1,
        "--proof-verifier",
        "The contract on L1 that decides what proves a claim, such as a zero-knowledge verifier (IZKVerifier). "
        "[default: the AttestationVerifier]",
    )
    sequencer_bond: Decimal = _setting(
        Decimal(100),
        Ether(),
        L1,
        "--sequencer-bond",
        "The sequencer's initial bond in the PreconfirmationSlasher on L1, in ETH.",
    )
    safe_distance: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--safe-distance --l1-confirmations",
        "How many blocks behind L1's head the L1 block of a safe L2 block lies: the one that completed what was posted "
        "of it, or, where no batches are posted, its L1 origin. [default: 0] [--rollup-timing real: 4]",
    )
    finalized_distance: int | None = _setting(
        None,
        Integer(0, 2**32, metavar="BLOCKS"),
        L1,
        "--finalized-distance",
        "The same for a finalized L2 block. [default: 0, or 2 where batches are posted] [--rollup-timing real: 64]",
    )
    l1_fee: bool = _setting(
        False,
        Boolean(),
        L1,
        "--l1-fee",
        "Charge L2 transactions for their data on L1.",
        megaeth=True,
    )

    l1_fee_policy: str = _setting(
        "fixed",
        Choice(("fixed", "cost")),
        L1,
        "--l1-fee-policy",
        "Scalars of that charge: fixed uses those of L1's SystemConfig; cost adjusts them to the cost of the newest "
        "batch, so the more transactions share a batch, the less each pays.",
    )

    batch: bool = _setting(
        False,
        Boolean(),
        BATCHES,
        "--batch",
        "Post L2's blocks to L1 in batches, and derive them from there: what was derived is safe.",
        megaeth=True,
    )
    da: str = _setting(
        "calldata",
        Choice(("calldata", "blobs", "external")),
        BATCHES,
        "--da",
        "Where the data of batches is: in the calldata of L1 transactions, in blobs (EIP-4844), or in a store beside "
        "L1, and L1 has a commitment to it.",
    )
    da_dir: Path | None = _setting(
        None,
        FilePath("DIR"),
        BATCHES,
        "--da-dir",
        "With --da external: where the store keeps its data. [default: in memory]",
    )
    batch_format: str = _setting(
        "span",
        Choice(("span", "singular")),
        BATCHES,
        "--batch-format",
        "Post blocks one by one (singular batches), or evenly spaced blocks together (span batches).",
    )
    batch_compression: str = _setting(
        "brotli",
        Choice(("brotli", "zlib")),
        BATCHES,
        "--batch-compression",
        "Compression of channels.",
    )
    channel_bytes: int = _setting(
        1_000_000,
        Integer(1, 50_000_000, metavar="BYTES"),
        BATCHES,
        "--channel-bytes",
        "Post a channel once its batches reach this number of bytes before compression.",
    )
    channel_seconds: int = _setting(
        6,
        Integer(0, 2**31 - 1, metavar="SECONDS"),
        BATCHES,
        "--channel-seconds",
        "Post a channel once its first block is this old.",
    )
    channel_blocks: int = _setting(
        100,
        Integer(1, 2**31 - 1, metavar="BLOCKS"),
        BATCHES,
        "--channel-blocks",
        "Post a channel once L1 has grown by this number of blocks since the L1 origin of its first block.",
    )
    rollup_timing: str = _setting(
        "quick",
        Choice(("quick", "real")),
        BATCHES,
        "--rollup-timing",
        "The windows below, and the distances of heads from L1's: quick ones, or the real ones of OP Stack chains, "
        "with an L1 block every 12 seconds.",
    )
    sequencing_window: int | None = _setting(
        None,
        Integer(1, 2**31 - 1, metavar="BLOCKS"),
        BATCHES,
        "--sequencing-window",
        "L1 blocks after which an L1 block's deposits are forced into L2 if nothing was posted, replacing the "
        "blocks that L2 has built meanwhile. [default: 3600]",
    )
    max_drift: int | None = _setting(
        None,
        Integer(0, 2**31 - 1, metavar="SECONDS"),
        BATCHES,
        "--max-drift",
        "How much later than its L1 origin an L2 block may be that holds transactions. [default: no limit] "
        "[--rollup-timing real: 1800]",
    )
    channel_timeout: int | None = _setting(
        None,
        Integer(1, 2**31 - 1, metavar="BLOCKS"),
        BATCHES,
        "--channel-timeout",
        "L1 blocks within which all of a channel must be posted. [default: 50]",
    )

    watch: tuple[str, ...] | None = _setting(
        None,
        TextList("[PATHS]"),
        RELOAD,
        "--watch",
        "Replace the code of deployed contracts when their sources are saved, and keep their storage: sources of "
        "the project here, or of these folders and files (--watch src vy, or separated by commas).",
        bare=".",
    )
    reload: str = _setting(
        "auto",
        Choice(("auto", "ask", "dry-run")),
        RELOAD,
        "--reload",
        "After a save: reload at once; show the plan and ask on the terminal or, without one, wait for `megadev "
        "reload apply`; or show the plan only.",
    )
    reload_conflict: str = _setting(
        "refuse",
        Choice(("refuse", "redeploy", "script")),
        RELOAD,
        "--reload-conflict",
        "If new code cannot use the existing storage: change nothing; run the constructor again at the same "
        "address, with its arguments and empty storage; or run --reload-script.",
    )
    reload_script: str | None = _setting(
        None,
        Text("COMMAND"),
        RELOAD,
        "--reload-script",
        "Shell command that deploys everything again; it finds the chains in ETH_RPC_URL and MEGADEV_L1_RPC_URL.",
        reach=RUNS,
    )
    reload_manifest: Path | None = _setting(
        None,
        FilePath("FILE"),
        RELOAD,
        "--reload-manifest",
        'JSON file that names contracts which their code does not identify: {"0x…": "src/A.sol:A", "l1": {"0x…": '
        '"B"}}.',
        reach=WRITES,
    )
    reload_abi_out: Path | None = _setting(
        None,
        FilePath("FILE"),
        RELOAD,
        "--reload-abi-out",
        "Write addresses and ABIs of deployed contracts, by chain, to this file and keep it up to date: "
        "TypeScript (as const) if it ends in .ts, else JSON.",
        reach=WRITES,
    )
    solc: Path | None = _setting(
        None,
        FilePath("PATH"),
        RELOAD,
        "--solc",
        "Solidity compiler for sources without a build tool: a program, or the folder of the npm package solc. "
        "[default: solc on PATH, node_modules/solc, or py-solc-x]",
        reach=RUNS,
    )

    host: tuple[str, ...] = _setting(
        ("127.0.0.1",),
        TextList("HOST"),
        SERVER,
        "--host",
        "Address to listen on. Separate several with commas, or repeat the flag.",
    )
    port: int = _setting(
        8545,
        Integer(0, 65535, metavar="PORT"),
        SERVER,
        "--port -p",
        "Port for HTTP and WebSocket; 0 takes a free one.",
    )
    ipc: Path | None = _setting(
        None,
        FilePath("[PATH]"),
        SERVER,
        "--ipc --ipcpath",
        f"Also listen on a Unix socket (default path: {DEFAULT_IPC_PATH}).",
        bare=DEFAULT_IPC_PATH,
        reach=WRITES,
    )
    allow_origin: tuple[str, ...] = _setting(
        ("*",),
        TextList("ORIGIN"),
        SERVER,
        "--allow-origin",
        "Web pages that may read answers (CORS): origins, or * for all; several with commas or repeated. Those named, "
        "and pages on this machine, may also call methods that reach outside of the node.",
    )
    no_cors: bool = _setting(False, Boolean(), SERVER, "--no-cors", "Send no CORS headers.")
    allowed_hosts: tuple[str, ...] | None = _setting(
        None,
        TextList("HOST"),
        SERVER,
        "--allowed-hosts",
        "Host names under which the node may be reached, besides those that cannot be registered in public DNS "
        "(addresses, "
        "localhost, names without a dot or under .local, .internal, .test); * for all. Stops DNS rebinding.",
    )
    no_request_size_limit: bool = _setting(
        False, Boolean(), SERVER, "--no-request-size-limit", "Accept request bodies above 2 MB."
    )
    gateway_limits: str = _setting(
        "off",
        Choice(("off", "public", "control")),
        SERVER,
        "--gateway-limits",
        "Apply the method list, sizes and rates of MegaETH's public endpoint to HTTP and WebSocket (default without a "
        "value: public); control allows the methods that steer a devnet (anvil_*, evm_*, …).",
        bare="public",
    )
    explorer: str = _setting(
        "on",
        Choice(("on", "read-only", "off")),
        SERVER,
        "--explorer",
        "Explorer at the L2's address: on; read-only, without what changes the chain; or off, with a plain page.",
    )
    flashblocks: bool = _setting(
        False,
        Boolean(),
        SERVER,
        "--flashblocks",
        "Also stream Flashblocks, in the format of Base and Unichain, at /flashblocks (WebSocket): one per 20 "
        "mini-blocks' time.",
    )
    standby: int = _setting(
        0,
        Integer(0, 31, metavar="N"),
        MINING,
        "--standby",
        "Sequencers that follow the mini-block stream, one of which takes over with its own key after a crash.",
    )
    takeover: Latency = _setting(
        Latency(0.03), Delay("TIME"), MINING, "--takeover", "Within which time a standby takes over, like 30ms."
    )
    turn: int | None = _setting(
        None,
        Integer(1, 2**31 - 1, metavar="BLOCKS"),
        MINING,
        "--turn",
        "Let the sequencers take turns of this number of blocks. [default: the first one sequences until it crashes]",
    )
    quorum: Latency | None = _setting(
        None,
        Delay("[TIME[±TIME]]"),
        MINING,
        "--quorum",
        "Have 2f+1 of the n = 3f+1 sequencers sign each mini-block before what it holds is preconfirmed, with this "
        "latency between them (default: 1ms).",
        bare=Latency(0.001),
    )
    fault: tuple[str, ...] | None = _setting(
        None,
        TextList("FAULT"),
        MINING,
        "--fault",
        "Misbehave from the start: a fault's name and what it takes, as in 'censor 0x…' (megadev fault --help lists "
        "them). Separate several with commas, or repeat the flag.",
    )
    latency: Latency | None = _setting(
        None,
        Delay(),
        SERVER,
        "--latency",
        "Delay answers to transactions, and notifications: 5ms, or 5ms±2ms (5ms+-2ms) to vary it; in us, ms or s.",
    )
    replica_lag: Latency | None = _setting(
        None,
        Delay(),
        SERVER,
        "--replica-lag",
        "Answer reads of L2 like a replica that lags by this time: 50ms, or 50ms±20ms. Methods that change the chain "
        "are answered at once, so a receipt may be null for a moment after the answer to eth_sendRawTransactionSync.",
    )
    call_timeout: float = _setting(
        5.0,
        Seconds(zero=True),
        SERVER,
        "--call-timeout",
        "Time limit of a read such as eth_call, like geth's --rpc.evmtimeout; traces and simulations have twelve "
        "times as long. 0 disables it.",
    )
    workers: int | None = _setting(
        None,
        Integer(0, 64),
        SERVER,
        "--workers",
        "Worker processes that recover the senders of large batches and execute waiting transactions in parallel, "
        "started when they are first needed. [default: one per core but one, at most 4]",
    )
    max_logs: int = _setting(
        100_000,
        Integer(0, 2**31 - 1),
        SERVER,
        "--max-logs",
        "Maximum number of logs that eth_getLogs and eth_getFilterLogs answer with for several blocks; more is refused "
        "with -32005 and a range to try. 0 disables it.",
        anvil=0,
    )
    max_subscriptions: int = _setting(
        10_000,
        Integer(0, 10**6),
        SERVER,
        "--max-subscriptions",
        "Maximum number of subscriptions at once; more are refused with -32005.",
    )
    subscriber_backlog: int = _setting(
        16 * 1024 * 1024,
        Integer(1, 2**31 - 1, metavar="BYTES"),
        SERVER,
        "--subscriber-backlog",
        "Maximum bytes of unread notifications per subscriber; one that stays above this is dropped with a reason.",
    )

    config_out: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--config-out",
        "Write accounts, keys and fees to this file as JSON, then start.",
        reach=WRITES,
    )
    script: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--script",
        "Run this once the node listens, with URLs and keys in its environment: a .py or .sh file, or any "
        "program. If it fails, the node stops with exit code 1; its background processes end with the node.",
        reach=RUNS,
    )
    salt: str = _setting(
        "fixed",
        Choice(("fixed", "live")),
        CHAIN,
        "--salt",
        "Size of MegaETH's state buckets, which multiply storage gas: the smallest (fixed, multiplier 1), or growing "
        "with what is stored (live).",
    )
    bucket_capacity: tuple[tuple[int, int], ...] | None = _setting(
        None,
        Capacities(),
        CHAIN,
        "--bucket-capacity",
        "Size of one of MegaETH's state buckets in entries; a 256th of it multiplies storage gas there. Separate "
        "several with commas, or repeat the flag; megadev_salt_bucketOf returns the bucket of an account or slot.",
    )
    oracle_script: Path | None = _setting(
        None,
        FilePath("FILE"),
        CHAIN,
        "--oracle-script",
        "Python file that answers for MegaETH's oracle: read(slot) returns a number or None, and hint(sender, "
        "topic, data) receives what contracts send.",
        reach=RUNS,
    )
    ready_file: Path | None = _setting(
        None,
        FilePath("FILE"),
        TERMINAL,
        "--ready-file",
        "Write URLs, accounts and keys to this file as JSON once the node listens and --script is done; it is "
        "removed on exit.",
        reach=WRITES,
    )
    disable_console_log: bool = _setting(
        False,
        Boolean(),
        TERMINAL,
        "--disable-console-log --no-console-log",
        "Do not print console.log output; megadev_getConsoleLogs still returns it.",
    )
    ui: bool = _setting(
        False,
        Boolean(),
        TERMINAL,
        "--ui",
        "Show a live view of both chains instead of the log, with keys to mine, travel in time, snapshot and "
        "pause. Without a terminal, print the log.",
    )
    quiet: bool = _setting(False, Boolean(), TERMINAL, "--quiet -q --silent", "Print errors only.")
    json: bool = _setting(False, Boolean(), TERMINAL, "--json", "Print one JSON object per line instead of text.")
    color: str = _setting(
        "auto",
        Choice(("auto", "always", "never")),
        TERMINAL,
        "--color",
        "Colours: auto uses them on a terminal unless NO_COLOR is set.",
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
        for conflict in CONFLICTS:
            if conflict.met(self):
                raise ConfigError(conflict.message)

    def changed(self, name: str) -> bool:
        """True if the setting ``name`` is another than its preset's default."""
        return bool(getattr(self, name) != SETTING_BY_NAME[name].default_under(self.preset))

    @property
    def posts_batches(self) -> bool:
        """True if there is an L1 to post to, and batches are posted."""
        return self.batch and not self.no_l1

    @property
    def challenge_seconds(self) -> int:
        """``challenge_window`` as it holds."""
        if self.challenge_window is not None:
            return self.challenge_window
        return 3600 if self.prove or self.attest_apart else 1

    @property
    def timing(self) -> RollupTiming:
        """The timing of --rollup-timing, with the settings that override it."""
        base = REAL_TIMING if self.rollup_timing == "real" else QUICK_TIMING
        if not self.posts_batches:
            base = replace(base, finalized_distance=0 if base is QUICK_TIMING else base.finalized_distance)
        names = (row.name for row in msgspec.structs.fields(RollupTiming))
        return replace(base, **{name: said for name in names if (said := getattr(self, name)) is not None})

    @property
    def balance_wei(self) -> int:
        """``balance`` in wei."""
        return wei_in(self.balance)

    def replace(self, **changes: object) -> DevnetConfig:
        """A copy with some settings changed, by the names of the fields. Raises ConfigError for an unknown name or an
        unusable value."""
        for name in changes:
            if name not in SETTING_BY_NAME:
                raise ConfigError(f"{name}: unknown setting{did_you_mean(name, SETTING_BY_NAME)}")
        kept = {row.name: getattr(self, row.name) for row in SETTINGS if not row.presets or row.name in self.said}
        return DevnetConfig(**(kept | changes))  # __post_init__ checks the types


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(row.name, optional=row.metadata["default"] is None, **row.metadata)
    for row in dataclasses.fields(DevnetConfig)
    if row.metadata
)
"""The table."""
SETTING_BY_NAME = {row.name: row for row in SETTINGS}


def _drop_what_yields(config: DevnetConfig) -> None:
    """A preset's cadence yields to a flag that asks for another."""
    if config.no_mining and "block_time" not in config.said:
        object.__setattr__(config, "block_time", None)
    if config.mini_block_time == 0 or (config.mixed_mining and "mini_block_time" not in config.said):
        object.__setattr__(config, "mini_block_time", None)

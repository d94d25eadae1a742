"""The differences between chains, as a value. L1 and L2, dev and megaeth presets, are the same classes under different
``ChainSpec``s; nothing else in the house asks which chain it is on.

Why ``osaka`` means blob parameters 6/9: Osaka itself changed none of them. The higher numbers mainnet runs came with
two later forks that change nothing else (EIP-7892), and those can be had by their own names, ``bpo1`` and ``bpo2``.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec
from msgspec.structs import replace

from megadev.errors import ConfigError
from megadev.primitives.types import ZERO_ADDRESS, Address

GAS_PER_BLOB = 131_072
"""Blob gas that one blob uses (EIP-4844)."""


class Hardfork(IntEnum):
    """Ethereum execution hardforks megadev can run, in order of activation."""

    LONDON = 1
    """Also Arrow Glacier and Gray Glacier, which only put off the difficulty bomb."""
    PARIS = 2
    """The merge (EIP-3675, EIP-4399)."""
    SHANGHAI = 3
    CANCUN = 4
    PRAGUE = 5
    OSAKA = 6

    @property
    def label(self) -> str:
        """The name users type: ``prague``, ``osaka``."""
        return self.name.lower()

    @property
    def transaction_types(self) -> frozenset[int]:
        """EIP-2718 types people may send: blobs since Cancun (EIP-4844), authorizations since Prague (EIP-7702)."""
        return _TRANSACTION_TYPES[self]

    @property
    def header_fields(self) -> int:
        """The number of header fields: withdrawals' root since Shanghai (EIP-4895), blob gas and the beacon block's
        root since Cancun (EIP-4844, EIP-4788), the requests' hash since Prague (EIP-7685).
        """
        return _HEADER_FIELDS[self]


_UNTIL_CANCUN = frozenset({0, 1, 2})
_WITH_BLOBS = frozenset({3})
_TRANSACTION_TYPES = {
    Hardfork.LONDON: _UNTIL_CANCUN,
    Hardfork.PARIS: _UNTIL_CANCUN,
    Hardfork.SHANGHAI: _UNTIL_CANCUN,
    Hardfork.CANCUN: _UNTIL_CANCUN | _WITH_BLOBS,
    Hardfork.PRAGUE: _UNTIL_CANCUN | _WITH_BLOBS | {4},
    Hardfork.OSAKA: _UNTIL_CANCUN | _WITH_BLOBS | {4},
}
_HEADER_FIELDS = {
    Hardfork.LONDON: 16,
    Hardfork.PARIS: 16,
    Hardfork.SHANGHAI: 17,
    Hardfork.CANCUN: 20,
    Hardfork.PRAGUE: 21,
    Hardfork.OSAKA: 21,
}


class Model(IntEnum):
    """The gas and limits on top of a hardfork's opcodes: Ethereum's, or a spec of MegaETH's, in order of activation.
    What each means stands in ``evm.mega_rules``.
    """

    ETHEREUM = 0
    ISTHMUS = 1
    """An OP Stack chain without MegaETH's own rules: mega-evm's "Equivalence"."""
    REX4 = 2
    REX5 = 3
    REX6 = 4

    @property
    def label(self) -> str:
        """The name users type: ``rex6``."""
        return self.name.lower()


class ModelTraits(msgspec.Struct, frozen=True):
    """The effects of a model outside the EVM. ``meters``: storage has gas of its own and resources are limited.
    ``raises_floor``: so is the floor of a transaction's gas, before it is let in. ``code_size`` is what its networks
    allow, in bytes; creation code may have ``initcode_excess`` more than that (None: as much again).
    ``calls_with_block_gas``: the protocol's own calls have the block's gas, where that is more than the usual.
    ``takes_blobs``: transactions may carry blobs (EIP-4844); on the OP Stack they may not.
    """

    meters: bool = False
    raises_floor: bool = False
    calls_with_block_gas: bool = False
    takes_blobs: bool = True
    code_size: int = 24_576
    initcode_excess: int | None = None


MEGA_CODE_SIZE = 524_288
"""Bytes of code a contract may have under MegaETH's models."""
_METERED = ModelTraits(
    meters=True,
    raises_floor=True,
    calls_with_block_gas=True,
    takes_blobs=False,
    code_size=MEGA_CODE_SIZE,
    initcode_excess=24_576,
)
MODELS: dict[Model, ModelTraits] = {
    Model.ETHEREUM: ModelTraits(),
    Model.ISTHMUS: ModelTraits(takes_blobs=False),
    Model.REX4: replace(_METERED, raises_floor=False, calls_with_block_gas=False),
    Model.REX5: _METERED,
    Model.REX6: _METERED,
}
"""Every model has a row here, and one in ``evm.mega_rules`` if it meters."""


SMALLEST_CAPACITY, LARGEST_CAPACITY = 256, 1 << 40
"""Entries that one of MegaETH's state buckets may have room for."""
FIRST_BUCKET, BUCKETS = 65_536, 16_711_680
"""The number of the first bucket of accounts and slots (those before it hold the tree's own metadata), and how many
there are.
"""


class Salt(msgspec.Struct, frozen=True):
    """The sizes of MegaETH's state buckets: those in ``capacities`` (bucket, entries; at least 256), 256 for others;
    ``live``: larger where the content does not fit.
    """

    live: bool = False
    capacities: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def check(bucket: int, capacity: int) -> None:
        """Raises ValueError where there is no such bucket, or none can be so large."""
        if not FIRST_BUCKET <= bucket < FIRST_BUCKET + BUCKETS:
            raise ValueError(
                f"invalid bucket {bucket}: must be between {FIRST_BUCKET} and {FIRST_BUCKET + BUCKETS - 1}"
            )
        if not SMALLEST_CAPACITY <= capacity <= LARGEST_CAPACITY:
            raise ValueError(
                f"invalid capacity {capacity} of bucket {bucket}: must be between {SMALLEST_CAPACITY} and "
                f"{LARGEST_CAPACITY}"
            )


class MegaLimits(msgspec.Struct, frozen=True):
    """The limits on MegaETH's resources for one transaction and one block, and on gas after volatile data was read.

    ``None`` is no limit. Data sizes are bytes; ``volatile_compute`` and ``oracle_compute`` the compute gas that a
    transaction may still use once it has seen the block's environment, or the oracle's storage. ``tx_gas``,
    ``tx_encoded_size``, ``tx_da_size`` and the two for blocks are settings of a sequencer and off by default.
    """

    tx_compute_gas: int = 200_000_000
    tx_data_size: int = 13_107_200
    tx_kv_updates: int = 500_000
    tx_state_growth: int = 1_000
    block_compute_gas: int | None = None
    block_data_size: int | None = 13_107_200
    block_kv_updates: int | None = 500_000
    block_state_growth: int | None = 1_000
    volatile_compute: int = 20_000_000
    oracle_compute: int = 20_000_000
    tx_gas: int | None = None
    tx_encoded_size: int | None = None
    tx_da_size: int | None = None
    block_encoded_size: int | None = None
    block_da_size: int | None = None


class BlobSchedule(msgspec.Struct, frozen=True):
    """Blob parameters of a fork (EIP-7840): blobs per block and the fraction that sets the price's slope."""

    target: int
    max: int
    base_fee_update_fraction: int


class FeeRules(msgspec.Struct, frozen=True):
    """EIP-1559 parameters. ``constant_base_fee`` (wei) switches the market off, as on MegaETH."""

    initial_base_fee: int = 1_000_000_000
    elasticity_multiplier: int = 2
    base_fee_change_denominator: int = 8
    constant_base_fee: int | None = None
    minimum_tip: int = 1_000_000_000
    """The tip suggested by eth_maxPriorityFeePerGas when nothing else is known, in wei."""
    level_after: int | None = None
    """The number of the block whose successor has the same base fee, as Anvil's genesis block does."""


class SystemContracts(msgspec.Struct, frozen=True):
    """MegaETH's own contracts, in the versions of the spec ``version`` ('rex6'); who the sequencer registry begins
    with, and how many blocks ahead of its change a sequencer must be announced.
    """

    version: str
    sequencer: Address
    admin: Address
    min_rotation_delay: int = 1


class ChainSpec(msgspec.Struct, frozen=True):
    """Everything the rules of one chain depend on.

    ``code_size_limit`` is EIP-170's, in bytes; creation code may be twice that (EIP-3860). ``None`` lifts a limit.
    ``transaction_gas_cap`` is EIP-7825's 16,777,216 where enforced (off by default, as in Anvil). ``coinbase`` and
    ``extra_data`` are what blocks carry where nobody says anything else. ``shows_mini_blocks``: headers are shown with
    their place among mini-blocks, as MegaETH's are.

    For a chain that settles on an L1: ``leads_with_l1_attributes``, every block starts with the transaction that says
    which L1 block it has got to; ``withdrawals_root_of``, whose storage root stands in headers as ``withdrawalsRoot``
    (OP Stack, Isthmus; None: the empty root); ``charges_l1_fee``, transactions pay for their data on L1;
    ``keeps_base_fee``, the base fee goes to its vault instead of being burned, and an operator fee to another where L1
    says that there is one. ``system_contracts``: MegaETH's, where they are there.

    ``model`` says whose gas rules hold on top of ``hardfork``'s opcodes, ``limits`` are those of MegaETH's models,
    ``salt`` what multiplies their storage gas.
    """

    name: str
    chain_id: int
    hardfork: Hardfork
    blobs: BlobSchedule
    fees: FeeRules = FeeRules()
    gas_limit: int = 30_000_000
    code_size_limit: int | None = 24_576
    transaction_gas_cap: int | None = None
    enforce_block_gas_limit: bool = True
    coinbase: Address = ZERO_ADDRESS
    extra_data: bytes = b""
    shows_mini_blocks: bool = False
    leads_with_l1_attributes: bool = False
    withdrawals_root_of: Address | None = None
    charges_l1_fee: bool = False
    keeps_base_fee: bool = False
    system_contracts: SystemContracts | None = None
    model: Model = Model.ETHEREUM
    limits: MegaLimits = MegaLimits()
    salt: Salt = Salt()

    @property
    def is_metered(self) -> bool:
        """True if storage has gas of its own, and what a transaction computes is limited however much gas it has."""
        return MODELS[self.model].meters

    @property
    def transaction_types(self) -> frozenset[int]:
        """The types that users may send: the hardfork's, without blobs where the model has none."""
        types = self.hardfork.transaction_types
        return types if MODELS[self.model].takes_blobs else types - _WITH_BLOBS

    @property
    def initcode_size_limit(self) -> int | None:
        """Bytes of creation code allowed: twice the code size limit (EIP-3860, since Shanghai), on MegaETH 24 KiB more
        than it."""
        if self.code_size_limit is None or self.hardfork < Hardfork.SHANGHAI:
            return None
        excess = MODELS[self.model].initcode_excess
        return self.code_size_limit + (self.code_size_limit if excess is None else excess)

    @property
    def blobs_per_transaction(self) -> int:
        """Blobs one transaction may carry: six since Osaka (EIP-7594), a block's worth before."""
        return min(6, self.blobs.max) if self.hardfork >= Hardfork.OSAKA else self.blobs.max


TRANSACTION_GAS_CAP = 16_777_216
"""EIP-7825: the most gas one transaction may ask for, where a chain enforces it."""

NO_BLOBS = BlobSchedule(target=0, max=0, base_fee_update_fraction=1)
"""Before Cancun."""
CANCUN_BLOBS = BlobSchedule(target=3, max=6, base_fee_update_fraction=3_338_477)
"""EIP-4844."""
PRAGUE_BLOBS = BlobSchedule(target=6, max=9, base_fee_update_fraction=5_007_716)
"""EIP-7691."""
BPO1_BLOBS = BlobSchedule(target=10, max=15, base_fee_update_fraction=8_346_193)
"""EIP-8134: mainnet's first blob-parameter-only fork."""
BPO2_BLOBS = BlobSchedule(target=14, max=21, base_fee_update_fraction=11_684_671)
"""EIP-8135: mainnet's second."""

BLOB_SCHEDULES: dict[Hardfork, BlobSchedule] = {
    Hardfork.LONDON: NO_BLOBS,
    Hardfork.PARIS: NO_BLOBS,
    Hardfork.SHANGHAI: NO_BLOBS,
    Hardfork.CANCUN: CANCUN_BLOBS,
    Hardfork.PRAGUE: PRAGUE_BLOBS,
    Hardfork.OSAKA: PRAGUE_BLOBS,
}
"""What each hardfork brings by itself; Osaka keeps EIP-7691's until its blob-parameter-only forks (EIP-7892)."""


class Fork(msgspec.Struct, frozen=True):
    """A rule set users can name: the hardfork whose opcodes apply, its blob parameters, and whose gas rules hold."""

    name: str
    hardfork: Hardfork
    blobs: BlobSchedule
    aliases: tuple[str, ...] = ()
    model: Model = Model.ETHEREUM


FORKS: tuple[Fork, ...] = (
    Fork("london", Hardfork.LONDON, NO_BLOBS, ("arrow-glacier", "arrowglacier", "gray-glacier", "grayglacier")),
    Fork("paris", Hardfork.PARIS, NO_BLOBS, aliases=("merge",)),
    Fork("shanghai", Hardfork.SHANGHAI, NO_BLOBS, aliases=("shapella",)),
    Fork("cancun", Hardfork.CANCUN, CANCUN_BLOBS, aliases=("dencun",)),
    Fork("prague", Hardfork.PRAGUE, PRAGUE_BLOBS, aliases=("pectra",)),
    Fork("osaka", Hardfork.OSAKA, PRAGUE_BLOBS, aliases=("fusaka", "latest")),
    Fork("bpo1", Hardfork.OSAKA, BPO1_BLOBS),
    Fork("bpo2", Hardfork.OSAKA, BPO2_BLOBS),
    Fork("isthmus", Hardfork.PRAGUE, PRAGUE_BLOBS, model=Model.ISTHMUS),
    Fork("rex4", Hardfork.PRAGUE, PRAGUE_BLOBS, model=Model.REX4),
    Fork("rex5", Hardfork.PRAGUE, PRAGUE_BLOBS, model=Model.REX5),
    Fork("rex6", Hardfork.PRAGUE, PRAGUE_BLOBS, model=Model.REX6),
)
"""Every name ``--hardfork`` understands, oldest first."""


def fork_named(name: str) -> Fork:
    """The fork a user means, by name or alias, in any case.

    Raises ``ConfigError`` for a fork megadev does not run, listing those it does.
    """
    wanted = name.strip().lower()
    for fork in FORKS:
        if wanted == fork.name or wanted in fork.aliases:
            return fork
    known = ", ".join(" or ".join((fork.name, *fork.aliases)) for fork in FORKS)
    raise ConfigError(f"unknown hardfork {name!r}; choose one of: {known}")


def dev_spec(chain_id: int = 31337, hardfork: Hardfork = Hardfork.OSAKA, **changes: object) -> ChainSpec:
    """The ``dev`` preset's L2: Ethereum's rules and gas, Anvil's defaults.

    ``changes`` are fields of ``ChainSpec``; ``blobs=fork_named('bpo2').blobs`` gives mainnet's latest blob parameters.
    """
    return ChainSpec(
        **{
            "name": "dev",
            "chain_id": chain_id,
            "hardfork": hardfork,  # type: ignore[arg-type]
            "blobs": BLOB_SCHEDULES[hardfork],
            **changes,
        }
    )


MEGAETH_CHAIN_ID = 432_631_337
"""The ``megaeth`` preset's own: MegaETH's (4326, and 6343 for its testnet) would let a transaction signed for a devnet
be sent to the real chain. Both can be asked for."""
SEQUENCER_FEE_VAULT: Address = bytes.fromhex("4200000000000000000000000000000000000011")
"""The OP Stack's predeploy that receives tips."""
L1_FEE_VAULT: Address = bytes.fromhex("420000000000000000000000000000000000001a")
"""The one that receives what transactions pay for their data on L1."""
MEGA_SYSTEM_ADDRESS: Address = bytes.fromhex("a887dcb9d5f39ef79272801d05abdf707cfbbd1d")
"""Who sends MegaETH's own transactions, until its registry says otherwise. Nobody here has its key."""
BASE_FEE_VAULT: Address = bytes.fromhex("4200000000000000000000000000000000000019")
"""The one that receives the base fee, where it is not burned."""
OPERATOR_FEE_VAULT: Address = bytes.fromhex("420000000000000000000000000000000000001b")
"""The one that receives the operator fee (OP Stack, Isthmus)."""
L1_BLOCK: Address = bytes.fromhex("4200000000000000000000000000000000000015")
"""The one that knows how far L2 has got on L1."""
MESSAGE_PASSER: Address = bytes.fromhex("4200000000000000000000000000000000000016")
"""The one that keeps withdrawals."""


def megaeth_spec(
    chain_id: int = MEGAETH_CHAIN_ID,
    hardfork: Hardfork = Hardfork.PRAGUE,
    model: Model = Model.ETHEREUM,
    **changes: object,
) -> ChainSpec:
    """The ``megaeth`` preset's L2: MegaETH's parameters as its mainnet has them; gas is still Ethereum's.

    The base fee stays the same in every block and no tip is needed. ``extra_data`` holds the fee market's parameters as
    OP Stack's Holocene encodes them (version 0, denominator 1000, elasticity 2), which mainnet carries all the same.
    """
    return dev_spec(
        chain_id,
        hardfork,
        **{
            "name": "megaeth",
            "fees": FeeRules(constant_base_fee=1_000_000, minimum_tip=0),
            "gas_limit": 10_000_000_000,
            "coinbase": SEQUENCER_FEE_VAULT,
            "extra_data": bytes.fromhex("00000003e800000002"),
            "shows_mini_blocks": True,
            "leads_with_l1_attributes": True,
            "withdrawals_root_of": MESSAGE_PASSER,
            "model": model,
            "code_size_limit": MODELS[model].code_size,
            "keeps_base_fee": True,
            "system_contracts": SystemContracts("rex6", MEGA_SYSTEM_ADDRESS, MEGA_SYSTEM_ADDRESS),
            **changes,
        },
    )


L1_CHAIN_ID = 900
"""L1's own, as the OP Stack's devnets have it."""


def l1_spec(chain_id: int = L1_CHAIN_ID, hardfork: Hardfork = Hardfork.PRAGUE, **changes: object) -> ChainSpec:
    """The L1 that the L2 settles on: Ethereum's rules, fee market and blobs."""
    return dev_spec(chain_id, hardfork, **{"name": "l1", **changes})

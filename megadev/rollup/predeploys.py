"""The addresses of the bridge's contracts, on L1 and on L2, and their variables when the chains begin.

Pure: ``l1_contracts`` and ``l2_predeploys`` turn ``BridgeSettings`` into genesis accounts. The slots written here are
those that the sources in ``contracts/`` name in comments; the tests ask each contract for what was written.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from megadev.chain.contracts import MULTICALL3
from megadev.chain.contracts import load as load_shared
from megadev.chain.genesis import GenesisAccount
from megadev.chain.spec import L1_BLOCK as L1_BLOCK  # execution knows them too
from megadev.chain.spec import L1_FEE_VAULT as L1_FEE_VAULT
from megadev.chain.spec import MESSAGE_PASSER as MESSAGE_PASSER
from megadev.chain.spec import SEQUENCER_FEE_VAULT
from megadev.primitives.abi import encode
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from megadev.rollup.contracts import load


def _predeploy(suffix: int) -> Address:
    return (0x42 << 152 | suffix).to_bytes(20, "big")


class Predeploy(msgspec.Struct, frozen=True):
    """A contract that L2 has from genesis: its OP Stack ``name`` and the ``contract`` whose code it runs."""

    address: Address
    name: str
    contract: str


WETH = _predeploy(0x06)
L2_MESSENGER = _predeploy(0x07)
GAS_PRICE_ORACLE = _predeploy(0x0F)
L2_BRIDGE = _predeploy(0x10)
L2_TOKEN_FACTORY = _predeploy(0x12)
BASE_FEE_VAULT = _predeploy(0x19)
OPERATOR_FEE_VAULT = _predeploy(0x1B)

PREDEPLOYS: tuple[Predeploy, ...] = (
    Predeploy(WETH, "WETH", "WETH9"),
    Predeploy(L2_MESSENGER, "L2CrossDomainMessenger", "L2CrossDomainMessenger"),
    Predeploy(GAS_PRICE_ORACLE, "GasPriceOracle", "GasPriceOracle"),
    Predeploy(L2_BRIDGE, "L2StandardBridge", "L2StandardBridge"),
    Predeploy(SEQUENCER_FEE_VAULT, "SequencerFeeVault", "FeeVault"),
    Predeploy(L2_TOKEN_FACTORY, "OptimismMintableERC20Factory", "OptimismMintableERC20Factory"),
    Predeploy(L1_BLOCK, "L1Block", "L1Block"),
    Predeploy(MESSAGE_PASSER, "L2ToL1MessagePasser", "L2ToL1MessagePasser"),
    Predeploy(BASE_FEE_VAULT, "BaseFeeVault", "FeeVault"),
    Predeploy(L1_FEE_VAULT, "L1FeeVault", "FeeVault"),
    Predeploy(OPERATOR_FEE_VAULT, "OperatorFeeVault", "FeeVault"),
)
"""By address (OP Stack specification, "Predeploys")."""

FEE_VAULTS = (SEQUENCER_FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT)


class L1Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """The bridge's addresses on L1. ``dispute_game`` is the implementation that games are proxies of;
    ``attestation_verifier`` and ``preconfirmation_slasher`` are a devnet's own.
    """

    portal: Address
    system_config: Address
    superchain_config: Address
    dispute_game_factory: Address
    anchor_state_registry: Address
    messenger: Address
    bridge: Address
    token_factory: Address
    dispute_game: Address
    attestation_verifier: Address
    preconfirmation_slasher: Address

    @property
    def profile(self) -> Profile:
        """The profile of the contracts on L1."""
        return VIEM


class Mainnet315Addresses(L1Addresses, frozen=True, kw_only=True):
    """The same where the contracts behave as MegaETH's on mainnet do."""

    @property
    def profile(self) -> Profile:
        return MAINNET_315


MAINNET_ADDRESSES = L1Addresses(
    portal=bytes.fromhex("7f82f57f0dd546519324392e408b01fcc7d709e8"),
    system_config=bytes.fromhex("1ed92e1bc9a2735216540eddd0191144681cb77e"),
    superchain_config=bytes.fromhex("5d0ff601bc8580d8682c0462df55343cb0b99285"),
    dispute_game_factory=bytes.fromhex("8546840adf796875cd9aacc5b3b048f6b2c9d563"),
    anchor_state_registry=bytes.fromhex("eed67e139cc7721ec656b449f01b7b4d7dcfd671"),
    messenger=bytes.fromhex("6c7198250087b29a8040ec63903bc130f4831cc9"),
    bridge=bytes.fromhex("0ca3a2fbc3d770b578223fbb6b062fa875a2ee75"),
    token_factory=bytes.fromhex("f875030b9464001fc0f964e47546b0afeebd7c61"),
    dispute_game=bytes.fromhex("6d656761646576000000000000000000000ca11e"),
    attestation_verifier=bytes.fromhex("6d656761646576000000000000000000000a77e5"),
    preconfirmation_slasher=bytes.fromhex("6d65676164657600000000000000000000051a5e"),
)
"""Where MegaETH's mainnet has it, so that what is written for mainnet finds it; the last three are ours alone and stand
where nothing else does."""


def addresses_for(profile: str, at: L1Addresses = MAINNET_ADDRESSES) -> L1Addresses:
    """``at`` with the contracts of the profile of that name."""
    if profile == VIEM.name:
        return at
    return Mainnet315Addresses(**{field.name: getattr(at, field.name) for field in msgspec.structs.fields(at)})


L1_CONTRACTS: dict[str, str] = {
    "portal": "OptimismPortal2",
    "system_config": "SystemConfig",
    "superchain_config": "SuperchainConfig",
    "dispute_game_factory": "DisputeGameFactory",
    "anchor_state_registry": "AnchorStateRegistry",
    "messenger": "L1CrossDomainMessenger",
    "bridge": "L1StandardBridge",
    "token_factory": "OptimismMintableERC20Factory",
    "dispute_game": "ValidityDisputeGame",
    "attestation_verifier": "AttestationVerifier",
    "preconfirmation_slasher": "PreconfirmationSlasher",
}
"""Field of ``L1Addresses`` → the contract there. Multicall3 joins them at its usual address."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A set of contracts on L1: which stands at each field of ``L1Addresses``, and the field and slot of what is read
    here: the ``blacklist``, the ``respected`` type (and above it when games were retired), the ``finality_delay``.
    """

    name: str
    contracts: Mapping[str, str]
    blacklist: tuple[str, int]
    respected: tuple[str, int]
    finality_delay: tuple[str, int]


_REGISTRY = "anchor_state_registry"
VIEM = Profile(
    name="viem",
    contracts=L1_CONTRACTS,
    blacklist=(_REGISTRY, 6),
    respected=(_REGISTRY, 8),
    finality_delay=(_REGISTRY, 7),
)
"""Works with today's clients; what a devnet has unless said."""
MAINNET_315 = Profile(
    name="mainnet-3.15",
    contracts=L1_CONTRACTS
    | {
        "portal": "OptimismPortal315",
        "anchor_state_registry": "AnchorStateRegistry222",
        "dispute_game": "KailuaGame",
    },
    blacklist=("portal", 58),
    respected=("portal", 59),
    finality_delay=("portal", 65),
)
"""Shows clients what MegaETH's mainnet does: the portal of the 3.15 line with its errors, and Kailua's games, which
stock viem cannot read.
"""
PROFILES: dict[str, Profile] = {profile.name: profile for profile in (VIEM, MAINNET_315)}
"""By name."""

GAME_TYPE = 1337
"""The only one there is, under the number that MegaETH's mainnet respects."""
NO_PARENT = 2**32 - 1
"""The parent index of a claim that builds on the anchor."""
BATCH_INBOX: Address = bytes.fromhex("00656c604fc470e6a566a695b74455e18a6d75d3")
"""Where MegaETH's mainnet sends its batches: an address without a contract."""
GWEI = 10**9


class BridgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the contracts' first values depend on. Durations in seconds, amounts in wei.

    ``locked_ether`` is what L2's accounts own from genesis: the portal must hold it, or their withdrawals would find it
    empty. ``starting_root`` and ``starting_number`` are the output root and number of L2's first block.

    ``challenge_window`` is how long a claim can be challenged; ``prove_window`` how long a challenged one has to be
    proven, 0 for no challenges at all. ``proposer`` alone may claim; the zero address lets anybody. ``verifier`` and
    ``program_id`` say what a proof is; the zero address refuses every proof. Of ``attesters`` (in no order) so many as
    ``attestation_threshold`` make a proof for the verifier that is there. ``sequencer_bond`` is what the sequencer, who
    signs as ``unsafe_block_signer``, put up for its word; it gets it back ``bond_delay`` after it asks.
    """

    l1: L1Addresses = MAINNET_ADDRESSES
    l2_chain_id: int

    owner: Address
    guardian: Address
    batcher: Address
    unsafe_block_signer: Address
    proposer: Address = ZERO_ADDRESS

    locked_ether: Wei = 0
    starting_root: Hash32 = ZERO_HASH
    starting_number: int = 0
    start_block: int = 0

    proof_maturity_delay: int = 1
    finality_delay: int = 1
    challenge_window: int = 1
    prove_window: int = 0
    proposer_bond: Wei = 0
    challenger_bond: Wei = 0
    verifier: Address = ZERO_ADDRESS
    program_id: Hash32 = ZERO_HASH
    attesters: tuple[Address, ...] = ()
    attestation_threshold: int = 1
    sequencer_bond: Wei = 0
    bond_delay: int = 0

    batch_inbox: Address = BATCH_INBOX
    gas_limit: int = 60_000_000
    base_fee_scalar: int = 1368
    blob_base_fee_scalar: int = 0
    operator_fee_scalar: int = 0
    operator_fee_constant: Wei = 0
    burns_deposit_gas: bool = False

    fee_recipient: Address = ZERO_ADDRESS
    fee_minimum: Wei = 0
    fees_stay_on_l2: bool = True


def game_arguments(settings: BridgeSettings) -> bytes:
    """Returns the configuration of games, packed as in the factory's ``gameArgs``."""
    return b"".join(
        (
            settings.program_id,
            settings.verifier,
            settings.challenge_window.to_bytes(8, "big"),
            settings.prove_window.to_bytes(8, "big"),
            settings.challenger_bond.to_bytes(32, "big"),
            settings.l1.anchor_state_registry,
            settings.proposer,
            settings.l2_chain_id.to_bytes(32, "big"),
        )
    )


def claim_data(block_number: int, parent: int = NO_PARENT, profile: Profile = VIEM) -> bytes:
    """The ``extraData`` of a claim about an L2 block: its number, and the index of the game it builds on. Kailua's
    games have them in 8 bytes each, and a counter of claims that are equal otherwise.
    """
    if profile is MAINNET_315:
        index = 2**64 - 1 if parent == NO_PARENT else parent
        return block_number.to_bytes(8, "big") + index.to_bytes(8, "big") + bytes(8)
    return block_number.to_bytes(32, "big") + parent.to_bytes(4, "big")


def other_profile(at: L1Addresses, portal: bytes) -> Profile | None:
    """The profile whose portal has that code, where it is not that of ``at``."""
    for profile in PROFILES.values():
        if profile is not at.profile and portal == load(profile.contracts["portal"]).runtime:
            return profile
    return None


def l1_contracts(settings: BridgeSettings) -> dict[Address, GenesisAccount]:
    """The bridge's accounts on L1, Multicall3 among them."""
    at = settings.l1
    storage: dict[str, dict[int, int]] = {
        "portal": {
            1: _packed((GWEI, 128)),  # what deposits have paid for gas, at first
            50: _NO_SENDER,
            55: _word(at.system_config),
            62: _word(at.anchor_state_registry),
            63: settings.proof_maturity_delay,
            64: int(settings.burns_deposit_gas),
        },
        "system_config": {
            51: _word(settings.owner),
            102: 1 << 248 | settings.blob_base_fee_scalar << 32 | settings.base_fee_scalar,
            103: _word(settings.batcher),
            104: _packed(
                (settings.gas_limit, 64),
                (settings.base_fee_scalar, 32),
                (settings.blob_base_fee_scalar, 32),
                (8, 32),  # the denominator and elasticity of L2's base fee
                (2, 32),
            ),
            105: _packed((20_000_000, 32), (10, 8), (8, 8), (GWEI, 32), (1_000_000, 32), (2**128 - 1, 128)),
            106: _packed((settings.operator_fee_constant, 64), (settings.operator_fee_scalar, 32), (100 * GWEI, 64)),
            107: _word(at.superchain_config),
            108: settings.l2_chain_id,
            _named("unsafeblocksigner", 0): _word(settings.unsafe_block_signer),
            _named("batchinbox"): _word(settings.batch_inbox),
            _named("startBlock"): settings.start_block,
            _named("optimismportal"): _word(at.portal),
            _named("l1crossdomainmessenger"): _word(at.messenger),
            _named("l1standardbridge"): _word(at.bridge),
            _named("optimismmintableerc20factory"): _word(at.token_factory),
            _named("disputegamefactory"): _word(at.dispute_game_factory),
        },
        "superchain_config": {0: _word(settings.guardian)},
        "dispute_game_factory": {
            51: _word(settings.owner),
            _entry(101, GAME_TYPE): _word(at.dispute_game),
            _entry(102, GAME_TYPE): settings.proposer_bond,
            **_long_bytes(_entry(105, GAME_TYPE), game_arguments(settings)),
        },
        "anchor_state_registry": {
            0: _word(at.system_config),
            1: _word(at.dispute_game_factory),
            2: _word(at.portal),
            4: _word(settings.starting_root),
            5: settings.starting_number,
            7: settings.finality_delay,
            8: GAME_TYPE,
        },
        "messenger": {
            204: _NO_SENDER,
            207: _word(L2_MESSENGER),
            252: _word(at.portal),
            253: _word(at.system_config),
        },
        "bridge": {3: _word(at.messenger), 4: _word(L2_BRIDGE)},
        "token_factory": {1: _word(at.bridge)},
        "attestation_verifier": {
            0: _word(settings.owner),
            1: settings.attestation_threshold,
            **_addresses(2, settings.attesters),
            **{_entry(3, _word(attester)): 1 for attester in settings.attesters},
        },
        "preconfirmation_slasher": {
            0: _word(at.anchor_state_registry),
            1: settings.l2_chain_id,
            2: settings.bond_delay,
            _entry(3, _word(settings.unsafe_block_signer)): settings.sequencer_bond,
        },
    }
    if at.profile is MAINNET_315:
        storage |= _of_mainnet(settings, storage)
    contracts = at.profile.contracts
    accounts = {getattr(at, field): _account(name, storage.get(field, {})) for field, name in contracts.items()}
    held = {at.portal: settings.locked_ether, at.preconfirmation_slasher: settings.sequencer_bond}
    return {
        **accounts,
        **{address: msgspec.structs.replace(accounts[address], balance=amount) for address, amount in held.items()},
        MULTICALL3: GenesisAccount(nonce=1, code=load_shared("Multicall3").runtime),
    }


def _of_mainnet(settings: BridgeSettings, storage: dict[str, dict[int, int]]) -> dict[str, dict[int, int]]:
    """Returns the differing variables of the contracts of ``MAINNET_315``."""
    at, portal = settings.l1, dict(storage["portal"])
    del portal[62]
    portal |= {56: _word(at.dispute_game_factory), 59: GAME_TYPE, 65: settings.finality_delay}
    factory, registry = storage["dispute_game_factory"], storage["anchor_state_registry"]
    kept = (51, _entry(101, GAME_TYPE), _entry(102, GAME_TYPE))  # and no arguments: games ask their implementation
    clock = _packed((settings.challenge_window, 64), (GAME_TYPE, 32), (_word(at.anchor_state_registry), 160))
    return {
        "portal": portal,
        "dispute_game_factory": {slot: factory[slot] for slot in kept},
        "anchor_state_registry": {slot: registry[slot] for slot in (1, 2, 4, 5)},
        "dispute_game": {10: clock},
    }


def l2_predeploys(settings: BridgeSettings) -> dict[Address, GenesisAccount]:
    """The accounts of ``PREDEPLOYS``. L1Block knows no L1 block yet: all its values are zero."""
    vault = {
        1: settings.fee_minimum,
        2: _packed((_word(settings.fee_recipient), 160), (int(settings.fees_stay_on_l2), 8)),
    }
    storage: dict[Address, dict[int, int]] = {
        L2_MESSENGER: {204: _NO_SENDER, 207: _word(settings.l1.messenger)},
        GAS_PRICE_ORACLE: {0: _packed((1, 8), (1, 8), (1, 8))},  # Ecotone, Fjord, Isthmus
        L2_BRIDGE: {3: _word(L2_MESSENGER), 4: _word(settings.l1.bridge)},
        L2_TOKEN_FACTORY: {1: _word(L2_BRIDGE)},
        **dict.fromkeys(FEE_VAULTS, vault),
    }
    return {found.address: _account(found.contract, storage.get(found.address, {})) for found in PREDEPLOYS}


_NO_SENDER = 0xDEAD
"""What the portal and the messengers hold while they relay nothing."""


def _account(contract: str, storage: dict[int, int]) -> GenesisAccount:
    held = {slot: value for slot, value in storage.items() if value}
    return GenesisAccount(nonce=1, code=load(contract).runtime, storage=held)


def _word(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _packed(*fields: tuple[int, int]) -> int:
    """Values that share a slot, each with its width in bits, from the lowest bits on."""
    word, position = 0, 0
    for value, width in fields:
        word |= value << position
        position += width
    return word


def _named(name: str, before: int = 1) -> int:
    """The slot of SystemConfig that a hash names, less one for all but the oldest."""
    return _word(keccak(f"systemconfig.{name}".encode())) - before


def _entry(mapping: int, key: int) -> int:
    """The slot of a mapping's entry (Solidity, "Layout of State Variables in Storage")."""
    return _word(keccak(encode(["uint256", "uint256"], [key, mapping])))


def _long_bytes(slot: int, value: bytes) -> dict[int, int]:
    """A ``bytes`` variable of 32 bytes or more: twice the length and one, and the words at the slot's hash."""
    first = _word(keccak(slot.to_bytes(32, "big")))
    words = [value[start : start + 32].ljust(32, b"\0") for start in range(0, len(value), 32)]
    return {slot: 2 * len(value) + 1, **{first + index: _word(word) for index, word in enumerate(words)}}


def _addresses(slot: int, values: tuple[Address, ...]) -> dict[int, int]:
    """A variable that is an array of addresses: its length, and the members at the slot's hash."""
    first = _word(keccak(slot.to_bytes(32, "big")))
    return {slot: len(values), **{first + index: _word(value) for index, value in enumerate(values)}}

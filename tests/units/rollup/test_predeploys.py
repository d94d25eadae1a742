"""What genesis writes into the bridge's variables is what the contracts answer."""

from __future__ import annotations

from eth_utils import keccak, to_checksum_address

from megadev.rollup.predeploys import (
    FEE_VAULTS,
    GAME_TYPE,
    L1_CONTRACTS,
    MAINNET_ADDRESSES,
    NO_PARENT,
    PREDEPLOYS,
    BridgeSettings,
    claim_data,
    game_arguments,
    l1_contracts,
    l2_predeploys,
)
from tests.units.rollup.chains import GWEI, L2_CHAIN_ID, LOCKED, Chains, aliased

ROLES = {name: bytes([position]) * 20 for position, name in enumerate(("owner", "guardian", "batcher", "signer"), 1)}
SETTINGS = BridgeSettings(
    l2_chain_id=7,
    owner=ROLES["owner"],
    guardian=ROLES["guardian"],
    batcher=ROLES["batcher"],
    unsafe_block_signer=ROLES["signer"],
)


def address(value: bytes) -> str:
    return str(to_checksum_address(value))


def test_every_predeploy_has_code(shared: Chains) -> None:
    for found in PREDEPLOYS:
        assert shared.l2.rpc("eth_getCode", address(found.address), "latest") != "0x", found.name
    for field in L1_CONTRACTS:
        assert shared.l1.rpc("eth_getCode", address(getattr(shared.settings.l1, field)), "latest") != "0x", field
    assert len({found.address for found in PREDEPLOYS}) == len(PREDEPLOYS)
    assert all(found.address.hex().startswith("42" + "00" * 18) for found in PREDEPLOYS)


def test_no_slot_is_written_with_zero() -> None:
    """Zero is what a slot holds without being there: such an entry would give another state root."""
    for accounts in (l1_contracts(SETTINGS), l2_predeploys(SETTINGS)):
        assert all(value for account in accounts.values() for value in account.storage.values())


def test_the_messenger_speaks_to_l2_under_the_alias_that_mainnet_has() -> None:
    assert aliased(MAINNET_ADDRESSES.messenger.hex()).lower() == "0x7d8298250087b29a8040ec63903bc130f4832dda"


def test_l1_contracts_reference_each_other(shared: Chains) -> None:
    at = shared.settings.l1
    portal, registry, config = shared.portal.functions, shared.registry.functions, shared.system_config.functions
    assert portal.systemConfig().call() == address(at.system_config)
    assert portal.superchainConfig().call() == address(at.superchain_config)
    assert portal.anchorStateRegistry().call() == address(at.anchor_state_registry)
    assert portal.disputeGameFactory().call() == address(at.dispute_game_factory)
    assert portal.guardian().call() == shared.superchain_config.functions.guardian().call() == shared.role
    assert portal.l2Sender().call() == "0x000000000000000000000000000000000000dEaD"
    assert registry.systemConfig().call() == address(at.system_config)
    assert registry.disputeGameFactory().call() == address(at.dispute_game_factory)
    assert registry.portal().call() == address(at.portal)
    assert config.optimismPortal().call() == address(at.portal)
    assert config.l1CrossDomainMessenger().call() == address(at.messenger)
    assert config.l1StandardBridge().call() == address(at.bridge)
    assert config.optimismMintableERC20Factory().call() == address(at.token_factory)
    assert config.disputeGameFactory().call() == address(at.dispute_game_factory)
    assert shared.l1_messenger.functions.PORTAL().call() == address(at.portal)
    assert shared.l1_messenger.functions.systemConfig().call() == address(at.system_config)
    assert shared.l1_messenger.functions.otherMessenger().call() == shared.l2_messenger.address
    assert shared.l1_bridge.functions.MESSENGER().call() == address(at.messenger)
    assert shared.l1_bridge.functions.l2TokenBridge().call() == shared.l2_bridge.address
    assert shared.l1_factory.functions.BRIDGE().call() == address(at.bridge)
    assert not portal.paused().call() and not shared.l1_messenger.functions.paused().call()


def test_l2_contracts_reference_each_other_and_l1(shared: Chains) -> None:
    at = shared.settings.l1
    assert shared.l2_messenger.functions.OTHER_MESSENGER().call() == address(at.messenger)
    assert shared.l2_messenger.functions.l1CrossDomainMessenger().call() == address(at.messenger)
    assert shared.l2_bridge.functions.messenger().call() == shared.l2_messenger.address
    assert shared.l2_bridge.functions.l1TokenBridge().call() == address(at.bridge)
    assert shared.l2_factory.functions.bridge().call() == shared.l2_bridge.address
    assert shared.l1_block.functions.DEPOSITOR_ACCOUNT().call() == "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001"
    flags = shared.oracle.functions
    assert [flags.isEcotone().call(), flags.isFjord().call(), flags.isIsthmus().call()] == [True] * 3
    assert flags.isJovian().call() is False


def test_the_settings_of_the_portal_and_its_games(shared: Chains) -> None:
    portal, registry, factory = shared.portal.functions, shared.registry.functions, shared.factory.functions
    assert portal.params().call() == [GWEI, 0, 0]
    assert portal.proofMaturityDelaySeconds().call() == 1
    assert portal.disputeGameFinalityDelaySeconds().call() == 1
    assert portal.respectedGameType().call() == registry.respectedGameType().call() == GAME_TYPE
    assert portal.respectedGameTypeUpdatedAt().call() == 0
    assert shared.l1.w3.eth.get_balance(shared.portal.address) == LOCKED
    assert registry.getAnchorRoot().call() == [shared.settings.starting_root, 0]
    assert registry.anchors(0).call() == registry.startingAnchorRoot().call() == registry.getAnchorRoot().call()
    assert factory.gameImpls(GAME_TYPE).call() == address(shared.settings.l1.dispute_game)
    assert factory.gameArgs(GAME_TYPE).call() == game_arguments(shared.settings)
    assert factory.owner().call() == shared.role
    assert factory.gameCount().call() == 0


def test_the_settings_of_the_system_config(shared: Chains) -> None:
    config = shared.system_config.functions
    assert config.owner().call() == config.guardian().call() == config.unsafeBlockSigner().call() == shared.role
    assert config.batcherHash().call().hex() == "00" * 12 + shared.role[2:].lower()
    assert config.batchInbox().call() == "0x00656C604FC470e6a566A695B74455e18a6D75D3"
    assert config.gasLimit().call() == 60_000_000
    assert config.maximumGasLimit().call() == 100 * GWEI
    assert config.minimumGasLimit().call() == 21_000_000
    assert (config.basefeeScalar().call(), config.blobbasefeeScalar().call()) == (1368, 0)
    assert config.scalar().call() == 1 << 248 | 1368
    assert (config.eip1559Denominator().call(), config.eip1559Elasticity().call()) == (8, 2)
    assert (config.operatorFeeScalar().call(), config.operatorFeeConstant().call()) == (0, 0)
    assert config.resourceConfig().call() == (20_000_000, 10, 8, GWEI, 1_000_000, 2**128 - 1)
    assert config.l2ChainId().call() == L2_CHAIN_ID
    for name, slot in [
        ("BATCH_INBOX_SLOT", "71ac12829d66ee73d8d95bff50b3589745ce57edae70a3fb111a2342464dc597"),
        ("OPTIMISM_PORTAL_SLOT", "4b6c74f9e688cb39801f2112c14a8c57232a3fc5202e1444126d4bce86eb19ac"),
        ("START_BLOCK_SLOT", "a11ee3ab75b40e88a0105e935d17cd36c8faee0138320d776c411291bdbbb19f"),
        ("UNSAFE_BLOCK_SIGNER_SLOT", "65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08"),
    ]:
        assert config[name]().call().hex() == slot


def test_a_claims_extra_data_begins_with_its_block() -> None:
    """Clients that know no other way read it from there."""
    assert claim_data(7) == (7).to_bytes(32, "big") + b"\xff" * 4
    assert claim_data(2**64, 3)[32:] == bytes([0, 0, 0, 3])
    assert NO_PARENT == 0xFFFFFFFF


def test_fee_vaults_send_to_the_configured_recipient() -> None:
    settings = BridgeSettings(
        l2_chain_id=7, owner=ROLES["owner"], guardian=ROLES["guardian"], batcher=ROLES["batcher"],
        unsafe_block_signer=ROLES["signer"], fee_recipient=b"\x11" * 20, fee_minimum=5, fees_stay_on_l2=True,
    )  # fmt: skip
    accounts = l2_predeploys(settings)
    for vault in FEE_VAULTS:
        assert accounts[vault].storage == {1: 5, 2: 1 << 160 | int("11" * 20, 16)}


def test_other_slots_are_those_the_layout_of_mappings_gives() -> None:
    slot = int.from_bytes(keccak((GAME_TYPE).to_bytes(32, "big") + (101).to_bytes(32, "big")))
    factory = l1_contracts(SETTINGS)[SETTINGS.l1.dispute_game_factory]
    assert factory.storage[slot] == int.from_bytes(SETTINGS.l1.dispute_game)

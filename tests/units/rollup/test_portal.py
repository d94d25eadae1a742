"""The portal: what a deposit says, what it may cost, and every reason for which a withdrawal is refused."""

from __future__ import annotations

import pytest
from eth_utils import keccak, to_checksum_address

from megadev.chain.transactions import deposit_transaction
from megadev.rollup.predeploys import GAME_TYPE, MESSAGE_PASSER
from tests.units.rollup.chains import (
    ETHER,
    GWEI,
    Chains,
    Claim,
    Withdrawal,
    aliased,
    deploy,
    output_root,
    refusal,
    unhex,
)
from tests.units.rollup.contracts import load as load_test_contract

AA = to_checksum_address("0x" + "aa".rjust(40, "0"))
BB = to_checksum_address("0x" + "bb".rjust(40, "0"))
L1_BLOCK_HASH = b"\x11" * 32


def impersonate(chains: Chains, address: str) -> None:
    for net in (chains.l1, chains.l2):
        net.rpc("anvil_impersonateAccount", address)
        net.rpc("anvil_setBalance", address, hex(10 * ETHER))


def withdrawal_to(chains: Chains, target: str, *, value: int = 0, gas: int = 100_000, data: bytes = b"") -> Withdrawal:
    receipt = chains.send(chains.passer.functions.initiateWithdrawal(target, gas, data), value=value)
    return chains.withdrawals(receipt)[0]


def proven(chains: Chains, withdrawal: Withdrawal) -> Claim:
    claim = chains.propose()
    chains.send(chains.proving(withdrawal, claim))
    return claim


# ---- deposits


def test_the_deposit_vector(chains: Chains) -> None:
    """From the portal's log to the hash that L2 has to include."""
    impersonate(chains, AA)
    deposit = chains.portal.functions.depositTransaction(BB, ETHER, 100_000, False, bytes.fromhex("1234"))
    receipt = chains.send(deposit, AA, value=ETHER)
    (log,) = receipt["logs"]
    assert log["topics"][1].hex()[-2:] == "aa" and log["topics"][2].hex()[-2:] == "bb"
    opaque = ETHER.to_bytes(32, "big") * 2 + (100_000).to_bytes(8, "big") + b"\x00" + bytes.fromhex("1234")
    assert log["data"] == (32).to_bytes(32, "big") + (75).to_bytes(32, "big") + opaque + bytes(21)

    source = keccak(bytes(32) + keccak(L1_BLOCK_HASH + (5).to_bytes(32, "big")))
    assert source.hex() == "146ccb4da69238482601254dfabe54985997c192573912fdcf46520b5d64b9a4"
    (said,) = chains.deposits(receipt)
    tx = deposit_transaction(
        source_hash=source, sender=unhex(said.sender), to=unhex(said.to), mint=said.mint, value=said.value,
        gas_limit=said.gas, data=said.data,
    )  # fmt: skip
    assert tx.hash.hex() == "64e73bc0b8df22f4ed6f3ee71883469c7aed43cab9276c33bcdb02b56667e4ae"


def test_attributes_have_a_distinct_source_hash() -> None:
    source = keccak((1).to_bytes(32, "big") + keccak(L1_BLOCK_HASH + (3).to_bytes(32, "big")))
    assert source.hex() == "01922cf960cd4db2030b18f451acdc3380e3d0fb75dd1143a26868768c807aa7"


def test_ether_sent_to_the_portal_is_a_deposit_to_oneself(chains: Chains) -> None:
    w3 = chains.l1.w3
    tx_hash = w3.eth.send_transaction({"from": chains.alice, "to": chains.portal.address, "value": 3, "gasPrice": 0})
    (said,) = chains.deposits(w3.eth.get_transaction_receipt(tx_hash))
    assert (said.sender, said.to, said.mint, said.value, said.gas, said.data) == (
        chains.alice,
        chains.alice,
        3,
        3,
        100_000,
        b"",
    )
    assert chains.send(chains.portal.functions.donateETH(), value=3)["logs"] == []


def test_a_contract_is_called_by_its_alias(chains: Chains) -> None:
    contract = chains.receiver(chains.l1)
    data = chains.portal.encode_abi("depositTransaction", [AA, 0, 100_000, False, b""])
    receipt = chains.send(contract.functions.call(chains.portal.address, data), value=7)
    (said,) = chains.deposits(receipt)
    assert said.sender == aliased(contract.address)
    assert (said.mint, said.value) == (7, 0)


def test_an_account_that_has_only_delegated_keeps_its_address(chains: Chains) -> None:
    """EIP-7702: the account's key still answers for it, also where another one sent the transaction."""
    contract = chains.receiver(chains.l1)
    chains.l1.rpc("anvil_setCode", chains.bob, "0xef0100" + contract.address[2:])
    data = chains.portal.encode_abi("depositTransaction", [AA, 0, 100_000, False, b""])
    delegated = chains.l1.w3.eth.contract(chains.bob, abi=contract.abi)
    (said,) = chains.deposits(chains.send(delegated.functions.call(chains.portal.address, data)))
    assert said.sender == chains.bob


@pytest.mark.parametrize(
    ("to", "gas", "is_creation", "size", "why"),
    [
        (BB, 100_000, True, 0, "BadTarget"),
        (BB, 20_999, False, 0, "SmallGasLimit"),
        (BB, 21_000 + 40 * 7 - 1, False, 7, "SmallGasLimit"),
        (BB, 10_000_000, False, 120_001, "LargeCalldata"),
        (BB, 20_000_001, False, 0, "OutOfGas"),
    ],
)
def test_a_deposit_that_cannot_be_is_refused(
    shared: Chains, to: str, gas: int, is_creation: bool, size: int, why: str
) -> None:
    deposit = shared.portal.functions.depositTransaction(to, 0, gas, is_creation, bytes(size))
    assert refusal(deposit, shared.alice, gas=29_000_000) == why


def test_a_deposit_at_the_limits_is_taken(chains: Chains) -> None:
    for gas, size in [(21_000, 0), (21_000 + 40 * 7, 7), (10_000_000, 120_000)]:
        assert chains.portal.functions.minimumGasLimit(size).call() == 21_000 + 40 * size
        deposit = chains.portal.functions.depositTransaction(BB, 0, gas, False, bytes(size))
        (said,) = chains.deposits(chains.send(deposit, gas=29_000_000))
        assert (said.gas, len(said.data), said.is_creation) == (gas, size, False)
    deposit = chains.portal.functions.depositTransaction("0x" + "00" * 20, 0, 100_000, True, b"\x00")
    (said,) = chains.deposits(chains.send(deposit))
    assert said.is_creation


# ---- the market for L2 gas


def buy(chains: Chains, gas: int) -> int:
    """A deposit's price for L2 gas."""
    chains.send(chains.portal.functions.depositTransaction(BB, 0, gas, False, b""), gas=29_000_000)
    price: int = chains.portal.functions.params().call()[0]
    return price


def test_the_price_of_deposit_gas_follows_demand(chains: Chains) -> None:
    assert buy(chains, 20_000_000) == GWEI
    # ten times the target of 2,000,000: up by nine eighths in the next block
    assert buy(chains, 21_000) == GWEI + 9 * GWEI // 8
    bought = chains.portal.functions.params().call()
    assert bought == [2_125_000_000, 21_000, chains.l1.w3.eth.block_number]
    chains.l1.rpc("anvil_mine", 2)
    first = 2_125_000_000 + -(2_125_000_000 * (2_000_000 - 21_000) // (2_000_000 * 8))
    expected = first
    for _ in range(2):
        expected -= expected // 8
    assert buy(chains, 21_000) == expected
    chains.l1.rpc("anvil_mine", 100)
    assert buy(chains, 21_000) == GWEI


def test_the_deposit_gas_of_one_block_is_limited(chains: Chains) -> None:
    chains.l1.rpc("evm_setAutomine", False)
    deposit = chains.portal.functions.depositTransaction(BB, 0, 15_000_000, False, b"")
    hashes = [
        deposit.transact({"from": sender, "gas": 1_000_000, "gasPrice": 0}) for sender in (chains.alice, chains.bob)
    ]
    chains.l1.rpc("evm_mine")
    receipts = [chains.l1.w3.eth.get_transaction_receipt(one) for one in hashes]
    assert [receipt["status"] for receipt in receipts] == [1, 0]
    assert len({receipt["blockNumber"] for receipt in receipts}) == 1


@pytest.mark.parametrize("burns", [False, True])
def test_the_gas_of_a_deposit_is_burned_where_that_is_on(tmp_path_factory: pytest.TempPathFactory, burns: bool) -> None:
    chains = Chains(tmp_path_factory.mktemp("burning"), burns_deposit_gas=burns)
    deposit = chains.portal.functions.depositTransaction(BB, 0, 1_000_000, False, b"")
    used = chains.send(deposit, gas=5_000_000)["gasUsed"]
    chains.close()
    # at the lowest price, and on an L1 that costs less than a gwei, gas of L2 costs as much gas of L1
    assert (1_000_000 < used < 1_100_000) if burns else used < 100_000


# ---- withdrawals


def test_the_withdrawal_vector(chains: Chains) -> None:
    impersonate(chains, AA)
    passer = chains.passer
    chains.l2.rpc("anvil_setStorageAt", passer.address, "0x1", "0x" + (7).to_bytes(32, "big").hex())
    assert passer.functions.messageNonce().call() == 2**240 + 7
    receipt = chains.send(passer.functions.initiateWithdrawal(BB, 100_000, b""), AA, value=5)
    (withdrawal,) = chains.withdrawals(receipt)
    assert withdrawal.hash.hex() == "167db0a27334ce5bb5bebbcf85636171f91f4793c329b59493ee405f056fd970"
    assert withdrawal.slot.hex() == "9e5fd079aeaa4f11ad6f6aad2658e87f8ad69659ff478e72a2b0d6673dfe1e9d"
    assert passer.functions.sentMessages(withdrawal.hash).call() is True
    assert int(chains.l2.rpc("eth_getStorageAt", passer.address, "0x" + withdrawal.slot.hex(), "latest"), 16) == 1
    assert passer.functions.messageNonce().call() == 2**240 + 8


def test_the_output_root_vectors(chains: Chains) -> None:
    output = (bytes(32), b"\x22" * 32, b"\x33" * 32, b"\x44" * 32)
    assert output_root(output).hex() == "a0f4dc3bfbe0572989a33a87bb347ae1e610343d84300dfecc591d0cb9cf2f89"
    live = (
        bytes(32),
        bytes.fromhex("686f5150a2aec8f1b5ae15108288530860fa4157a9f39c71e55b0fa24783d506"),
        bytes.fromhex("891f4462376be7ecac17a67a0ee5be7bc0c35979c182e5f7f19ebb2b1e320cc3"),
        bytes.fromhex("ce5344be15fecbe70574c97e57626f79a0816e8ebfc37a53ad535e82dd2def56"),
    )
    assert output_root(live).hex() == "f90851c88ec4adfe04b03f33beab99bbabbd73fc474ab7b3a8fa109a3913f047"
    # the portal takes the root apart in the same way
    withdrawal = withdrawal_to(chains, BB)
    claim = chains.claim(output, 7)
    call = chains.portal.functions.proveWithdrawalTransaction(withdrawal.as_tuple(), claim.index, output, [])
    assert refusal(call, chains.alice) == "InvalidMerkleProof"


def test_a_withdrawal_is_proven_and_paid_out_once(chains: Chains) -> None:
    before = chains.l1.w3.eth.get_balance(BB)
    withdrawal = withdrawal_to(chains, BB, value=5)
    for _ in range(30):  # its proof has some length
        withdrawal_to(chains, AA)
    claim = chains.propose()
    receipt = chains.send(chains.proving(withdrawal, claim), chains.bob)
    assert [log["topics"][0].hex()[:8] for log in receipt["logs"]] == ["67a6208c", "798f9f13"]
    assert receipt["logs"][0]["topics"][1] == receipt["logs"][1]["topics"][1] == withdrawal.hash
    portal = chains.portal.functions
    assert portal.numProofSubmitters(withdrawal.hash).call() == 1
    assert portal.proofSubmitters(withdrawal.hash, 0).call() == chains.bob
    game, proven_at = portal.provenWithdrawals(withdrawal.hash, chains.bob).call()
    assert game == claim.address and proven_at == chains.l1.w3.eth.get_block("latest")["timestamp"]

    chains.resolve(claim)
    assert refusal(chains.finalizing(withdrawal), chains.alice) == "OptimismPortal_Unproven"
    finalize = portal.finalizeWithdrawalTransactionExternalProof(withdrawal.as_tuple(), chains.bob)
    (log,) = chains.send(finalize)["logs"]
    assert (log["topics"][1], int.from_bytes(log["data"])) == (withdrawal.hash, 1)
    assert chains.l1.w3.eth.get_balance(BB) == before + 5
    assert portal.finalizedWithdrawals(withdrawal.hash).call() is True
    assert refusal(finalize, chains.alice) == "OptimismPortal_AlreadyFinalized"
    assert (
        refusal(portal.checkWithdrawal(withdrawal.hash, chains.bob), chains.alice) == "OptimismPortal_AlreadyFinalized"
    )


def test_each_reason_why_a_withdrawal_waits(chains: Chains) -> None:
    withdrawal = withdrawal_to(chains, BB)
    check = chains.portal.functions.checkWithdrawal(withdrawal.hash, chains.alice)
    assert refusal(check, chains.alice) == "OptimismPortal_Unproven"
    claim = proven(chains, withdrawal)
    assert refusal(check, chains.alice) == "OptimismPortal_ProofNotOldEnough"
    chains.pass_time(2)
    assert refusal(check, chains.alice) == "OptimismPortal_InvalidRootClaim"  # not resolved
    chains.send(chains.game(claim).functions.resolve())
    assert chains.registry.functions.isGameResolved(claim.address).call() is True
    assert chains.registry.functions.isGameFinalized(claim.address).call() is False
    assert refusal(check, chains.alice) == "OptimismPortal_InvalidRootClaim"
    chains.pass_time(2)
    assert chains.registry.functions.isGameFinalized(claim.address).call() is True
    assert check.call() == []


def test_proving_again_starts_the_wait_anew(chains: Chains) -> None:
    withdrawal = withdrawal_to(chains, BB)
    claim = proven(chains, withdrawal)
    chains.resolve(claim)
    chains.send(chains.proving(withdrawal, claim))
    assert chains.portal.functions.numProofSubmitters(withdrawal.hash).call() == 2
    assert refusal(chains.finalizing(withdrawal), chains.alice) == "OptimismPortal_ProofNotOldEnough"


def test_a_proof_must_be_younger_than_its_game(chains: Chains) -> None:
    """Both in one block: the proof counts for nothing and has to be given again."""
    withdrawal = withdrawal_to(chains, BB)
    block = chains.l2.w3.eth.block_number
    output = chains.output(block)
    chains.l1.rpc("evm_setAutomine", False)
    create = chains.factory.functions.create(GAME_TYPE, output_root(output), block.to_bytes(32, "big") + b"\xff" * 4)
    create.transact({"from": chains.alice, "gas": 1_000_000, "gasPrice": 0})
    claim = Claim(0, "", output, block)
    chains.proving(withdrawal, claim).transact({"from": chains.alice, "gas": 1_000_000, "gasPrice": 0})
    chains.l1.rpc("evm_mine")
    check = chains.portal.functions.checkWithdrawal(withdrawal.hash, chains.alice)
    assert chains.portal.functions.numProofSubmitters(withdrawal.hash).call() == 1
    assert refusal(check, chains.alice) == "OptimismPortal_InvalidProofTimestamp"


def test_each_reason_why_a_proof_is_refused(chains: Chains) -> None:
    withdrawal, other = withdrawal_to(chains, BB), withdrawal_to(chains, AA)
    claim = chains.propose()
    proving, portal = chains.proving(withdrawal, claim), chains.portal.functions
    good = chains.proof(withdrawal, claim.block)

    def prove(given: Withdrawal, index: int, output: tuple[bytes, ...], proof: list[bytes]) -> str:
        return refusal(portal.proveWithdrawalTransaction(given.as_tuple(), index, output, proof), chains.alice)

    version, state, storage, block = claim.output
    assert prove(withdrawal, claim.index, (b"\x01" * 32, state, storage, block), good) == "InvalidProof"
    assert prove(withdrawal, claim.index, (version, state, storage, bytes(32)), good) == "InvalidProof"
    assert prove(withdrawal, claim.index, claim.output, []) == "InvalidMerkleProof"
    assert prove(other, claim.index, claim.output, good) == "InvalidMerkleProof"
    assert prove(withdrawal, claim.index + 1, claim.output, good) == "panic"
    to_portal = withdrawal_to(chains, chains.portal.address)
    assert refusal(chains.proving(to_portal, chains.propose()), chains.alice) == "BadTarget"

    chains.send(chains.superchain_config.functions.pause("0x" + "00" * 20), chains.role)
    assert refusal(proving, chains.alice) == "CallPaused"
    assert refusal(chains.finalizing(withdrawal), chains.alice) == "CallPaused"
    chains.send(chains.superchain_config.functions.unpause("0x" + "00" * 20), chains.role)
    assert proving.call({"from": chains.alice}) == []


def test_a_blacklisted_game_proves_no_withdrawal(chains: Chains) -> None:
    withdrawal = withdrawal_to(chains, BB)
    claim = proven(chains, withdrawal)
    chains.resolve(claim)
    check = chains.portal.functions.checkWithdrawal(withdrawal.hash, chains.alice)
    assert check.call() == []
    portal, registry = chains.portal.functions, chains.registry.functions
    for function in (portal.blacklistDisputeGame(claim.address), portal.setRespectedGameType(1)):
        assert refusal(function, chains.alice) == "Unauthorized"
    assert refusal(registry.blacklistDisputeGame(claim.address), chains.alice) == "AnchorStateRegistry_Unauthorized"

    chains.send(portal.blacklistDisputeGame(claim.address), chains.role)
    assert portal.disputeGameBlacklist(claim.address).call() is True
    assert registry.isGameProper(claim.address).call() is False
    assert refusal(check, chains.alice) == "OptimismPortal_InvalidRootClaim"
    assert refusal(chains.proving(withdrawal, claim), chains.alice) == "Blacklisted"


def test_retired_games_and_other_types_prove_no_withdrawal(chains: Chains) -> None:
    withdrawal = withdrawal_to(chains, BB)
    early = proven(chains, withdrawal)
    chains.send(chains.portal.functions.setRespectedGameType(1), chains.role)
    chains.l2.rpc("evm_mine")
    late = chains.propose()
    assert chains.registry.functions.isGameRespected(early.address).call() is True
    assert chains.registry.functions.isGameRespected(late.address).call() is False
    assert refusal(chains.proving(withdrawal, late), chains.alice) == "InvalidGameType"

    chains.send(chains.portal.functions.setRespectedGameType(2**32 - 1), chains.role)
    assert chains.portal.functions.respectedGameType().call() == 1
    assert chains.registry.functions.isGameRetired(early.address).call() is True
    assert refusal(chains.proving(withdrawal, early), chains.alice) == "InvalidDisputeGame"

    old_game = deploy(chains.l1, load_test_contract("OldGame"))
    chains.send(chains.factory.functions.setImplementation(99, old_game.address), chains.role)
    chains.send(chains.factory.functions.create(99, bytes(32), b""))
    call = chains.portal.functions.proveWithdrawalTransaction(withdrawal.as_tuple(), 2, early.output, [])
    assert refusal(call, chains.alice) == "LegacyGame"


def test_a_failing_target_uses_its_withdrawal_up(chains: Chains) -> None:
    target = chains.receiver(chains.l1)
    chains.send(target.functions.setBroken(True))
    withdrawal = withdrawal_to(chains, target.address, value=5)
    claim = proven(chains, withdrawal)
    chains.resolve(claim)
    finalize = chains.portal.functions.finalizeWithdrawalTransactionExternalProof(withdrawal.as_tuple(), chains.alice)
    assert refusal(finalize, "0x" + "00" * 19 + "01", gas=1_000_000) == "GasEstimation"
    (log,) = chains.send(chains.finalizing(withdrawal), gas=1_000_000)["logs"]
    assert int.from_bytes(log["data"]) == 0
    assert refusal(chains.finalizing(withdrawal), chains.alice) == "OptimismPortal_AlreadyFinalized"
    assert chains.l1.w3.eth.get_balance(target.address) == 0


def test_a_target_gets_its_gas_or_the_call_fails(chains: Chains) -> None:
    target = chains.receiver(chains.l1)
    fill = bytes.fromhex(target.encode_abi("fill", [20])[2:])
    withdrawal = withdrawal_to(chains, target.address, gas=600_000, data=fill)
    claim = proven(chains, withdrawal)
    chains.resolve(claim)
    assert refusal(chains.finalizing(withdrawal), chains.alice, gas=600_000) == "SafeCall: Not enough gas"
    (log,) = chains.send(chains.finalizing(withdrawal), gas=900_000)["logs"]
    assert int.from_bytes(log["data"]) == 1


def test_no_withdrawal_runs_inside_another(chains: Chains) -> None:
    target = chains.receiver(chains.l1)
    inner = withdrawal_to(chains, AA)
    finalize = chains.finalizing(inner)
    inside = bytes.fromhex(chains.portal.encode_abi("finalizeWithdrawalTransaction", finalize.args)[2:])
    attempt = bytes.fromhex(target.encode_abi("attempt", [chains.portal.address, inside])[2:])
    outer = withdrawal_to(chains, target.address, gas=500_000, data=attempt)
    claim = chains.propose()
    for withdrawal in (inner, outer):
        chains.send(chains.proving(withdrawal, claim))
    chains.resolve(claim)
    chains.send(chains.finalizing(outer), gas=1_500_000)
    assert target.functions.lastAnswer().call() == keccak(b"NonReentrant()")[:4]
    assert chains.portal.functions.l2Sender().call()[-4:] == "dEaD"
    chains.send(finalize)


def test_ether_on_its_way_to_l1_can_be_burned_on_l2(chains: Chains) -> None:
    withdrawal_to(chains, BB, value=11)
    w3 = chains.l2.w3
    tx_hash = w3.eth.send_transaction({"from": chains.alice, "to": chains.passer.address, "value": 4, "gasPrice": 0})
    (said,) = chains.withdrawals(w3.eth.get_transaction_receipt(tx_hash))
    assert (said.target, said.value, said.gas_limit) == (chains.alice, 4, 100_000)
    assert w3.eth.get_balance(chains.passer.address) == 15
    (log,) = chains.send(chains.passer.functions.burn())["logs"]
    assert int.from_bytes(log["topics"][1]) == 15
    assert w3.eth.get_balance(to_checksum_address(MESSAGE_PASSER)) == 0

"""Claims about L2: how they are listed, when they are won, and who gets the bonds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.contract import Contract

from megadev.rollup.predeploys import GAME_TYPE, NO_PARENT, claim_data, game_arguments
from tests.units.rollup.chains import ETHER, L2_CHAIN_ID, Chains, Claim, deploy, output_root, refusal
from tests.units.rollup.contracts import load as load_test_contract

IN_PROGRESS, CHALLENGER_WINS, DEFENDER_WINS = range(3)
PROGRAM = b"\x77" * 32
WINDOW, PROVING, BOND = 100, 50, 3

Make = Callable[..., Chains]


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    made = []

    def start(**changes: Any) -> Chains:
        made.append(Chains(tmp_path_factory.mktemp("games"), **changes))
        return made[-1]

    yield start
    for chains in made:
        chains.close()


@pytest.fixture
def challenged(make: Make) -> Chains:
    """Chains whose games can be challenged."""
    return make(
        challenge_window=WINDOW, prove_window=PROVING, challenger_bond=BOND, proposer_bond=5, program_id=PROGRAM
    )


def claim_about(chains: Chains, number: int, salt: int = 0, **fields: Any) -> Claim:
    return chains.claim((bytes(32), salt.to_bytes(32, "big"), bytes(32), bytes(32)), number, **fields)


def verified_by(chains: Chains) -> Contract:
    """Let games made from now on be proven with HashVerifier."""
    verifier = deploy(chains.l1, load_test_contract("HashVerifier"))
    arguments = game_arguments(chains.settings)
    with_verifier = arguments[:32] + bytes.fromhex(verifier.address[2:]) + arguments[52:]
    implementation = chains.factory.functions.gameImpls(GAME_TYPE).call()
    chains.send(chains.factory.functions.setImplementation(GAME_TYPE, implementation, with_verifier), chains.role)
    return verifier


def proof_for(chains: Chains, game: Contract) -> bytes:
    """What HashVerifier takes for a proof of the values that a game has to prove."""
    ask = game.functions
    values = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "uint256"],
        [ask.l1Head().call(), ask.startingRootHash().call(), ask.rootClaim().call(), ask.l2SequenceNumber().call(), L2_CHAIN_ID],
    )  # fmt: skip
    return encode(["bytes32"], [keccak(encode(["bytes32", "bytes"], [PROGRAM, values]))])


# ---- the factory


def test_games_are_found_newest_first(chains: Chains) -> None:
    find = chains.factory.functions.findLatestGames
    assert find(GAME_TYPE, 0, 10).call() == []
    claims = [claim_about(chains, number) for number in (1, 2, 3, 4)]
    assert find(GAME_TYPE, 4, 10).call() == []
    assert find(GAME_TYPE, 3, 0).call() == []
    assert find(7, 3, 10).call() == []
    for start, count in [(3, 10), (3, 2), (1, 2), (0, 5)]:
        found = find(GAME_TYPE, start, count).call()
        expected = claims[: start + 1][::-1][:count]
        assert [game[0] for game in found] == [claim.index for claim in expected]
        for (index, metadata, timestamp, root, extra), claim in zip(found, expected, strict=True):
            assert chains.factory.functions.gameAtIndex(index).call() == [GAME_TYPE, timestamp, claim.address]
            assert metadata == bytes.fromhex(f"{GAME_TYPE:08x}{timestamp:016x}{claim.address[2:]}")
            assert (root, extra) == (output_root(claim.output), claim_data(claim.block))
            assert chains.factory.functions.games(GAME_TYPE, root, extra).call() == [claim.address, timestamp]


def test_a_claim_is_made_once(chains: Chains) -> None:
    claim_about(chains, 1)
    root, extra = output_root((bytes(32),) * 4), claim_data(1)
    uuid = chains.factory.functions.getGameUUID(GAME_TYPE, root, extra).call()
    assert uuid == keccak(encode(["uint32", "bytes32", "bytes"], [GAME_TYPE, root, extra]))
    assert refusal(chains.factory.functions.create(GAME_TYPE, root, extra), chains.alice) == "GameAlreadyExists"
    assert refusal(chains.factory.functions.create(7, root, extra), chains.alice) == "NoImplementation"
    assert chains.factory.functions.games(7, root, extra).call() == ["0x" + "00" * 20, 0]


def test_only_the_owner_changes_game_implementations(chains: Chains) -> None:
    factory = chains.factory.functions
    for function in (
        factory.setImplementation(1, chains.bob),
        factory.setImplementation(1, chains.bob, b"\x01"),
        factory.setInitBond(1, 5),
        factory.transferOwnership(chains.bob),
        factory.renounceOwnership(),
    ):
        assert refusal(function, chains.alice) == "Ownable: caller is not the owner"
    chains.send(factory.setInitBond(GAME_TYPE, 5), chains.role)
    chains.send(factory.transferOwnership(chains.bob), chains.role)
    assert factory.owner().call() == chains.bob
    create = factory.create(GAME_TYPE, bytes(32), claim_data(1))
    assert refusal(create, chains.alice, value=4) == "InsufficientBond"
    chains.send(create, value=5)


# ---- a game


def test_a_game_returns_its_claim(chains: Chains) -> None:
    claim = claim_about(chains, 2**70 + 1, salt=9)
    game = chains.game(claim).functions
    root = output_root(claim.output)
    block = chains.l1.w3.eth.get_block("latest")
    assert game.gameCreator().call() == chains.alice
    assert game.rootClaim().call() == root
    assert game.l1Head().call() == block["parentHash"]
    assert game.gameType().call() == GAME_TYPE
    assert game.l2SequenceNumber().call() == game.l2BlockNumber().call() == 2**70 + 1
    assert game.parentIndex().call() == NO_PARENT
    assert game.extraData().call() == claim_data(2**70 + 1)
    assert game.gameData().call() == [GAME_TYPE, root, claim_data(2**70 + 1)]
    assert game.createdAt().call() == block["timestamp"]
    assert game.maxClockDuration().call() == game.maxChallengeDuration().call() == 1
    assert game.expectedResolution().call() == block["timestamp"] + 1
    assert game.anchorStateRegistry().call() == chains.registry.address
    assert game.l2ChainId().call() == L2_CHAIN_ID
    assert game.wasRespectedGameTypeWhenCreated().call() is True
    assert (game.status().call(), game.resolvedAt().call()) == (IN_PROGRESS, 0)
    assert game.startingRootHash().call() == chains.settings.starting_root
    assert game.startingBlockNumber().call() == 0
    assert chains.registry.functions.isGameRegistered(claim.address).call() is True
    assert refusal(game.initialize(), chains.alice) == "AlreadyInitialized"


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (b"", "BadExtraData"),
        ((1).to_bytes(32, "big"), "BadExtraData"),
        (claim_data(1) + b"\x00", "BadExtraData"),
        (claim_data(0), "UnexpectedSequenceNumber"),
        (claim_data(1, 0), "panic"),
    ],
    ids=["nothing", "no parent", "too much", "the anchor's block", "a parent that is not there"],
)
def test_a_claim_that_cannot_be_is_refused(shared: Chains, extra: bytes, why: str) -> None:
    assert refusal(shared.factory.functions.create(GAME_TYPE, bytes(32), extra), shared.alice) == why


def test_only_a_configured_proposer_can_claim(make: Make) -> None:
    chains = make(proposer=bytes.fromhex("70997970c51812dc3a010c7d01b50e0d17dc79c8"))  # Bob
    create = chains.factory.functions.create(GAME_TYPE, bytes(32), claim_data(1))
    assert refusal(create, chains.alice) == "BadAuth"
    chains.l2.rpc("evm_mine")
    assert chains.game(chains.propose(1, sender=chains.bob)).functions.gameCreator().call() == chains.bob


def test_an_unchallenged_claim_wins_when_its_time_has_passed(chains: Chains) -> None:
    claim = claim_about(chains, 1)
    game = chains.game(claim).functions
    registry = chains.registry.functions
    assert refusal(game.challenge(), chains.alice) == "ChallengesDisabled"
    assert game.gameOver().call() is False
    assert refusal(game.resolve(), chains.alice) == "GameNotOver"
    assert refusal(game.closeGame(), chains.alice) == "GameNotFinalized"
    chains.pass_time(1)
    assert game.gameOver().call() is True
    (log,) = chains.send(game.resolve(), chains.carol)["logs"]
    assert int.from_bytes(log["topics"][1]) == game.status().call() == DEFENDER_WINS
    assert game.resolvedAt().call() == chains.l1.w3.eth.get_block("latest")["timestamp"]
    assert refusal(game.resolve(), chains.alice) == "ClaimAlreadyResolved"
    assert registry.isGameClaimValid(claim.address).call() is False
    chains.pass_time(2)
    assert registry.isGameClaimValid(claim.address).call() is True


def test_the_newest_claim_that_holds_becomes_the_anchor(chains: Chains) -> None:
    claims = [claim_about(chains, number) for number in (5, 6, 7)]
    registry = chains.registry.functions
    assert refusal(registry.setAnchorState(claims[0].address), chains.alice) == "AnchorStateRegistry_InvalidAnchorGame"
    chains.pass_time(1)
    for claim in claims:
        chains.send(chains.game(claim).functions.resolve())
    chains.pass_time(2)
    (log,) = chains.send(chains.game(claims[1]).functions.closeGame())["logs"]
    assert log["topics"][1].hex()[-40:] == claims[1].address[2:].lower()
    assert registry.anchorGame().call() == claims[1].address
    assert registry.getAnchorRoot().call() == [output_root(claims[1].output), 6]
    assert refusal(registry.setAnchorState(claims[0].address), chains.alice) == "AnchorStateRegistry_InvalidAnchorGame"
    assert chains.send(chains.game(claims[0]).functions.closeGame())["logs"] == []
    create = chains.factory.functions.create(GAME_TYPE, bytes(32), claim_data(6))
    assert refusal(create, chains.alice) == "UnexpectedSequenceNumber"
    assert chains.game(claim_about(chains, 8)).functions.startingBlockNumber().call() == 6


def test_an_unanswered_challenge_wins(challenged: Chains) -> None:
    chains = challenged
    claim = claim_about(chains, 1, value=5)
    game = chains.game(claim).functions
    assert refusal(game.challenge(), chains.bob, value=BOND - 1) == "IncorrectBondAmount"
    chains.send(game.challenge(), chains.bob, value=BOND)
    assert game.challenger().call() == chains.bob
    assert refusal(game.challenge(), chains.bob, value=BOND) == "ClaimAlreadyChallenged"
    assert refusal(game.prove(b""), chains.alice) == "NoVerifier"
    assert refusal(game.resolve(), chains.alice) == "GameNotOver"
    chains.pass_time(PROVING)
    assert refusal(game.prove(b""), chains.alice) == "GameOver"
    chains.send(game.resolve())
    assert game.status().call() == CHALLENGER_WINS
    assert refusal(game.claimCredit(chains.bob), chains.bob) == "GameNotFinalized"
    chains.pass_time(2)
    assert chains.registry.functions.isGameClaimValid(claim.address).call() is False
    before = chains.l1.w3.eth.get_balance(chains.bob)
    chains.send(game.claimCredit(chains.bob), chains.carol)
    assert chains.l1.w3.eth.get_balance(chains.bob) == before + 5 + BOND
    assert refusal(game.claimCredit(chains.bob), chains.bob) == "NoCreditToClaim"
    assert refusal(game.claimCredit(chains.alice), chains.bob) == "NoCreditToClaim"


def test_a_lost_claim_proves_no_withdrawal_and_takes_its_children_along(challenged: Chains) -> None:
    chains = challenged
    (withdrawal,) = chains.withdrawals(chains.send(chains.passer.functions.initiateWithdrawal(chains.bob, 0, b"")))
    claim = chains.propose(value=5)
    child = claim_about(chains, claim.block + 1, parent=claim.index, value=5)
    assert chains.game(child).functions.startingRootHash().call() == output_root(claim.output)
    chains.send(chains.proving(withdrawal, claim))
    chains.send(chains.game(claim).functions.challenge(), chains.bob, value=BOND)
    chains.pass_time(WINDOW)
    assert refusal(chains.game(child).functions.resolve(), chains.alice) == "ParentGameNotResolved"
    chains.send(chains.game(claim).functions.resolve())
    assert refusal(chains.proving(withdrawal, claim), chains.alice) == "InvalidDisputeGame"
    chains.pass_time(2)
    assert refusal(chains.finalizing(withdrawal), chains.alice) == "OptimismPortal_InvalidRootClaim"
    chains.send(chains.game(child).functions.resolve())
    assert chains.game(child).functions.status().call() == CHALLENGER_WINS
    chains.pass_time(2)
    assert refusal(chains.game(child).functions.claimCredit(chains.alice), chains.alice) == "NoCreditToClaim"
    create = chains.factory.functions.create(GAME_TYPE, b"\x01" * 32, claim_data(claim.block + 9, claim.index))
    assert refusal(create, chains.alice, value=5) == "InvalidParentGame"


def test_a_valid_proof_settles_a_game_at_once(challenged: Chains) -> None:
    chains = challenged
    verified_by(chains)
    claim = claim_about(chains, 1, value=5)
    contract = chains.game(claim)
    game, proof = contract.functions, proof_for(chains, contract)
    chains.send(game.challenge(), chains.bob, value=BOND)
    assert refusal(game.prove(proof[:-1] + b"\x00"), chains.carol) == "no proof"
    chains.send(game.prove(proof), chains.carol)
    assert refusal(game.prove(proof), chains.carol) == "GameOver"
    chains.send(game.resolve())
    assert (game.status().call(), game.prover().call()) == (DEFENDER_WINS, chains.carol)
    chains.pass_time(2)
    balances = {who: chains.l1.w3.eth.get_balance(who) for who in (chains.alice, chains.carol)}
    for who in balances:
        chains.send(game.claimCredit(who), chains.bob)
    assert {who: chains.l1.w3.eth.get_balance(who) - before for who, before in balances.items()} == {
        chains.alice: 5, chains.carol: BOND,
    }  # fmt: skip
    assert chains.l1.w3.eth.get_balance(claim.address) == 0


def test_an_unchallenged_claim_can_be_proven_too(challenged: Chains) -> None:
    verified_by(challenged)
    game = challenged.game(claim_about(challenged, 1, value=5))
    challenged.send(game.functions.prove(proof_for(challenged, game)))
    assert game.functions.expectedResolution().call() == game.functions.createdAt().call()
    assert refusal(game.functions.challenge(), challenged.bob, value=BOND) == "ClaimAlreadyChallenged"
    challenged.send(game.functions.resolve())
    assert game.functions.status().call() == DEFENDER_WINS
    assert refusal(game.functions.prove(b""), challenged.bob) == "ClaimAlreadyResolved"


def test_a_game_of_another_factory_is_invalid(chains: Chains) -> None:
    """The same code over the same values, made by hand."""
    claim = claim_about(chains, 1)
    code = chains.l1.rpc("eth_getCode", claim.address, "latest")
    impostor = "0x" + "66" * 20
    chains.l1.rpc("anvil_setCode", impostor, code)
    registry = chains.registry.functions
    assert registry.isGameRegistered(impostor).call() is False
    assert registry.isGameProper(impostor).call() is False
    assert chains.l1.w3.eth.get_balance(impostor) < ETHER

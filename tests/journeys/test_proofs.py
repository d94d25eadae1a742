"""Claims about L2 proven on L1 by attestation: a range, every claim as it is made, by k of n, through each of the
verifier's faces; what attesters refuse to sign; and another verifier in its place.
"""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.cli.main import cli
from megadev.clock import StoppedClock
from megadev.errors import MegadevError
from megadev.node.roles import derive_roles
from megadev.primitives.abi import encode_call
from megadev.rollup.attestations import NOTE, SELECTOR, VERIFIER_HASH, claim_digest
from megadev.rollup.predeploys import GAME_TYPE, MAINNET_ADDRESSES
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.conftest import RunningNode
from tests.contracts import load as load_contract
from tests.stage.waiting import until
from tests.units.rollup.chains import contract, deploy, refusal
from tests.units.rollup.contracts import load as load_test_contract

START = 1_800_000_000
VERIFIER = "0x" + MAINNET_ADDRESSES.attestation_verifier.hex()
WRONG = "0x" + "66" * 32


def opened(**settings: Any) -> tuple[Devnet, Bridge]:
    options: dict[str, Any] = {"clock": StoppedClock(START), "accounts": 4, "challenge_window": 100, **settings}
    net = Devnet(**options)
    return net, Bridge(net.l1, net.l2)


@pytest.fixture(params=["dev", "megaeth"])
def devnet_and_bridge(request: pytest.FixtureRequest) -> Iterator[tuple[Devnet, Bridge]]:
    net, bridge = opened(preset=request.param, challenger_bond="0.25", attesters=3, attestation_threshold=2)
    yield net, bridge
    net.close()


def blocks_with_something_in_them(net: Devnet, count: int = 3) -> int:
    """The number of the last."""
    token = load_contract("Token")
    alice, bob = (account.address for account in net.accounts[:2])
    factory = net.w3.eth.contract(abi=token.abi, bytecode=token.creation)
    tx_hash = factory.constructor("Gold", "AU", 10**24).transact({"from": alice})
    net.rpc("evm_mine")
    gold = net.w3.eth.contract(net.w3.eth.get_transaction_receipt(tx_hash)["contractAddress"], abi=token.abi)
    for amount in range(1, count):
        gold.functions.transfer(bob, amount).transact({"from": alice})
        net.rpc("eth_sendTransaction", {"from": bob, "to": alice, "value": "0x1"})
        net.rpc("evm_mine")
    posted(net)
    return int(net.rpc("eth_blockNumber"), 16)


def posted(net: Devnet) -> None:
    """Have all of L2 on L1, where batches are posted: attesters sign nothing else."""
    if net.node.config.posts_batches:
        net.rpc("megadev_batcher_flush")


def verifier_on(net: Devnet) -> Any:
    from megadev.rollup.contracts import load

    return contract(net.l1, load("AttestationVerifier"), VERIFIER)  # type: ignore[arg-type]


def test_a_range_is_proven_and_settled_at_once(devnet_and_bridge: tuple[Devnet, Bridge]) -> None:
    net, bridge = devnet_and_bridge
    last = blocks_with_something_in_them(net)
    bridge.deposit(5)
    found = bridge.prove_range(0, last)
    assert NOTE in found["note"] and found["changedByHand"] == []
    assert len(found["attesters"]) == 3 and found["threshold"] == "0x2"
    game = bridge.games[int(found["index"], 16)]
    assert (game["status"], game["isTrue"], game["proof"]) == ("defender-wins", True, NOTE)

    # the next range builds on that claim, and no other
    net.rpc("evm_mine")
    later = int(net.rpc("eth_blockNumber"), 16)
    with pytest.raises(RpcError, match=rf"a range starts at .*{last}"):
        bridge.prove_range(last - 1, later)
    child = bridge.prove_range(last, later)
    assert bridge.games[int(child["index"], 16)]["parentIndex"] in (found["index"], None)


def test_anyone_can_prove_a_challenged_claim_and_gets_the_bond(
    devnet_and_bridge: tuple[Devnet, Bridge],
) -> None:
    net, bridge = devnet_and_bridge
    bob, carol = net.accounts[1].address, net.accounts[2].address
    last = blocks_with_something_in_them(net)
    game = bridge.propose(block=last)
    bridge.challenge(game, sender=bob)
    bridge.prove_range(0, last, sender=carol)
    assert bridge.games[game]["status"] == "defender-wins"
    net.l1.rpc("evm_increaseTime", 2)
    net.l1.rpc("evm_mine")
    assert bridge.games[game]["credit"] == {carol.lower(): hex(10**18 // 4)}
    bridge.claim_bond(game, sender=carol)

    # a wrong claim finds nobody to sign for it
    wrong = bridge.propose(block=last + 5, root=WRONG)
    bridge.challenge(wrong, sender=bob)
    with pytest.raises(RpcError, match="NotEnoughAttesters|WrongVerifierSelector"):
        net.l1.rpc(
            "eth_call", {"to": bridge.games[wrong]["address"], "data": "0x" + encode_call("prove(bytes)", b"").hex()}
        )
    net.l1.rpc("evm_increaseTime", 101)
    net.l1.rpc("evm_mine")
    assert bridge.games[wrong]["status"] == "challenger-wins"


def test_each_verifier_interface_accepts_only_the_signed_values(
    devnet_and_bridge: tuple[Devnet, Bridge],
) -> None:
    net, _ = devnet_and_bridge
    last = blocks_with_something_in_them(net)
    found = net.rpc("megadev_attestRange", "0x0", hex(last))
    verifier, alice = verifier_on(net), net.accounts[0].address
    ask = verifier.functions
    program, values, proof = (bytes.fromhex(found[key][2:]) for key in ("programId", "encodedPublicValues", "proof"))
    zero_knowledge = verifier.get_function_by_signature("verify(bytes32,bytes,bytes)")
    risc_zero = verifier.get_function_by_signature("verify(bytes,bytes32,bytes32)")
    seal, journal = (bytes.fromhex(found["riscZero"][key][2:]) for key in ("seal", "journal"))
    digest = hashlib.sha256(journal).digest()
    assert ask.VERIFIER_HASH().call() == VERIFIER_HASH and proof[:4] == SELECTOR
    assert "not a zero-knowledge proof" in ask.verifierType().call()
    assert ask.claimDigest(program, digest).call() == claim_digest(program, digest)
    zero_knowledge(program, values, proof).call()
    ask.verifyProof(program, values, proof).call()
    risc_zero(seal, program, digest).call()
    ask.verifyIntegrity((seal, claim_digest(program, digest))).call()

    other = bytes(32)
    refused = [
        (zero_knowledge(other, values, proof), "NotAnAttester"),  # another program, such as other rules
        (zero_knowledge(program, values[:-1] + b"\xff", proof), "NotAnAttester"),
        (ask.verifyProof(program, values, b""), "WrongVerifierSelector"),
        (ask.verifyProof(program, values, b"\0" + proof[1:]), "WrongVerifierSelector"),
        (zero_knowledge(program, values, proof[:-70] + bytes(70)), "NotAnAttester"),
        (risc_zero(seal, other, digest), "NotAnAttester"),
        (risc_zero(seal, program, other), "NotAnAttester"),
        (ask.verifyIntegrity((b"", digest)), "WrongVerifierSelector"),
        (ask.setAttesters([alice], 1), "Unauthorized"),
        (ask.setRollupConfigHash(other), "Unauthorized"),
    ]
    for function, why in refused:
        assert refusal(function, alice) == why

    owner = ask.owner().call()
    net.l1.rpc("anvil_impersonateAccount", owner)
    net.l1.rpc("anvil_setBalance", owner, hex(10**18))
    attesters = ask.attesters().call()
    assert len(attesters) == 3 and ask.threshold().call() == 2
    assert refusal(ask.setAttesters(attesters, 4), owner) == "InvalidThreshold"
    assert refusal(ask.setAttesters([attesters[0]] * 2, 1), owner) == "InvalidThreshold"
    config = bytes.fromhex(found["publicValues"]["rollupConfigHash"][2:])
    ask.setRollupConfigHash(config).transact({"from": owner})
    zero_knowledge(program, values, proof).call()
    ask.setRollupConfigHash(b"\1" * 32).transact({"from": owner})
    assert refusal(zero_knowledge(program, values, proof), alice) == "WrongRollupConfig"
    ask.setRollupConfigHash(other).transact({"from": owner})
    ask.setAttesters([*attesters, alice], 4).transact({"from": owner})
    assert refusal(zero_knowledge(program, values, proof), alice) == "NotEnoughAttesters"
    ask.setAttesters([alice, attesters[0], attesters[1]], 2).transact({"from": owner})
    assert refusal(zero_knowledge(program, values, proof), alice) == "NotAnAttester"


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_with_prove_no_withdrawal_waits_for_the_challenge_window(preset: str) -> None:
    net, bridge = opened(preset=preset, prove=True, challenge_window=None)
    blocks_with_something_in_them(net)
    withdrawal = bridge.withdraw(5)
    net.rpc("evm_mine")
    posted(net)
    until(lambda: [each["status"] for each in bridge.games] == ["defender-wins"])  # it is made aside
    assert net.rpc("megadev_getGames")["games"][0]["proof"] == NOTE
    bridge.prove(withdrawal)
    snapshot = net.rpc("evm_snapshot")
    before = bridge.games
    net.rpc("anvil_setBalance", "0x" + "11" * 20, "0x1")  # by hand: it is taken as it is
    bridge.finalize(withdrawal)
    bridge.withdraw(6)
    net.rpc("evm_mine")
    posted(net)
    until(lambda: [each["status"] for each in bridge.games] == ["defender-wins"] * 2)
    assert net.rpc("evm_revert", snapshot) is True
    assert bridge.games == before
    # others' claims are proven, too, unless they are wrong
    wrong = bridge.propose(root=WRONG, sender=net.accounts[1].address)
    net.rpc("evm_mine")
    assert bridge.games[wrong]["prover"] is None
    net.close()


def test_an_attestation_covers_batches_on_l1() -> None:
    net, _ = opened(batch=True)
    last = blocks_with_something_in_them(net)
    before = net.rpc("megadev_attestRange", "0x0", hex(last))["publicValues"]
    blocks_with_something_in_them(net)
    after = net.rpc("megadev_attestRange", "0x0", hex(last))["publicValues"]
    assert after["batchDataHash"] != before["batchDataHash"]
    assert after["rollupConfigHash"] == before["rollupConfigHash"]
    net.close()


def test_another_verifier_is_configured_by_address_alone() -> None:
    net, bridge = opened()
    verifier = deploy(net.l1, load_test_contract("HashVerifier"))  # type: ignore[arg-type]
    other, other_bridge = opened(proof_verifier=verifier.address)
    deploy(other.l1, load_test_contract("HashVerifier"))  # type: ignore[arg-type]
    last = blocks_with_something_in_them(other)
    game = other_bridge.propose(block=last)
    address = other_bridge.games[game]["address"]
    from megadev.rollup.contracts import load

    found = contract(other.l1, load("ValidityDisputeGame"), address)  # type: ignore[arg-type]
    assert found.functions.verifier().call() == verifier.address
    with pytest.raises(RpcError, match="verifier of its own"):
        other_bridge.prove_range(0, last)
    # what games ask that verifier for is what the OP Stack's ask theirs for: five words
    from eth_abi import encode
    from eth_utils import keccak

    ask = found.functions
    values = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "uint256"],
        [ask.l1Head().call(), ask.startingRootHash().call(), ask.rootClaim().call(), last, 31337],
    )
    proof = encode(["bytes32"], [keccak(encode(["bytes32", "bytes"], [ask.absolutePrestate().call(), values]))])
    ask.prove(proof).transact({"from": other.accounts[0].address})
    other.l1.rpc("eth_blockNumber")
    shown = other_bridge.games[game]
    assert shown["status"] == "defender-wins" and verifier.address.lower() in shown["proof"]
    assert bridge.games == [] and GAME_TYPE == 1337
    net.close()
    other.close()


def test_attesters_come_from_the_mnemonic() -> None:
    net, _ = opened(attesters=2)
    keys = derive_roles(
        "test test test test test test test test test test test junk",
        None,
        2,
    )
    net.rpc("evm_mine")
    found = net.rpc("megadev_attestRange", "0x0", "0x1")
    assert set(found["attesters"]) == {account.address.lower() for account in keys.attesters}
    net.close()


def test_ranges_that_cannot_be_are_refused() -> None:
    net, bridge = opened()
    net.rpc("evm_mine")
    for bounds, why in [((1, 1), "not below"), ((1, 0), "not below"), ((0, 9), "no block 9")]:
        for method in ("megadev_attestRange", "megadev_proveRange"):
            with pytest.raises(RpcError, match=why):
                net.rpc(method, *map(hex, bounds))
    net.l1.rpc("evm_setAutomine", False)
    with pytest.raises(RpcError, match="waits for an L1 block"):
        bridge.prove_range(0, 1)
    net.l1.rpc("evm_mine")
    net.l1.rpc("evm_setAutomine", True)
    bridge.prove_range(0, 1)
    net.close()
    with Devnet(no_l1=True) as alone, pytest.raises(RpcError, match="no L1"):
        alone.rpc("megadev_attestRange", "0x0", "0x1")


# -- commands -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_proofs_from_the_command_line_and_across_a_restart(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, preset: str
) -> None:
    flags = ("--preset", preset, "--state", str(tmp_path / "state.json"), "--challenge-window", "3600")
    flags += ("--preserve-historical-states",)
    node = megadev_up(*flags)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--rpc-url", node.url], prog_name="megadev")
        if isinstance(done.exception, MegadevError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output.strip()

    run("mine", "3")
    said = run("prove-range", "0", "2")
    assert said.startswith("game 0 at 0x") and NOTE in said
    assert NOTE in run("prove-range", "0", "3", "--print")
    assert node.stop(signal.SIGTERM) == 0
    node = megadev_up(*flags)
    assert NOTE in run("games", "list")
    run("mine", "2")
    assert NOTE in run("prove-range", "2", "4")
    with pytest.raises(MegadevError, match="not below"):
        run("prove-range", "3", "3")

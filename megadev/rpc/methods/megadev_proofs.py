"""megadev_*: attestations of ranges of L2, and claims proven by them. What they are is said in each answer: a signed
re-execution, not a zero-knowledge proof. Both chains' endpoints give the same answers.
"""

from __future__ import annotations

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams
from megadev.node.attester import Attester
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.rollup.attestations import NOTE, Attestation, Signed
from megadev.rollup.driver import Driver
from megadev.rollup.games import attestation_threshold, game_at, game_count
from megadev.rollup.withdrawals import output_after
from megadev.rpc.codec import AddressParam, DataParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode, bridge
from megadev.rpc.proving import attester_of, check_range, prove_range


class ProveOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sender of the claim and the proof (default: the proposer)."""

    sender: AddressParam | None = msgspec.field(default=None, name="from")


@method("megadev_attestRange")
def megadev_attestRange(node: RpcNode, first: Uint64Param, last: Uint64Param) -> JsonObject:
    """Have the attesters execute the L2 blocks after ``first`` up to ``last`` again and sign what that leads to; with
    L1's newest block as its head. Nothing is sent.
    """
    l1, l2, driver = bridge(node)
    attester = attester_of(node)
    check_range(l2, first, last)
    found = attester.attest(first, output_after(l2.block(last)).root, last, l1.head)
    return _format(found, first, attester, l1, driver)


@method("megadev_proveRange")
def megadev_proveRange(
    node: RpcNode,
    first: Uint64Param,
    last: Uint64Param,
    options: ProveOptions = ProveOptions(),  # noqa: B008  (frozen)
) -> JsonObject:
    """Have a claim about L2 after block ``last``, which builds on block ``first``, proven on L1 by an attestation: the
    one that is there, or a new one. The proof settles it at once.
    """
    game, found = prove_range(node, first, last, options.sender)
    l1, _, driver = bridge(node)
    shown = _format(found, first, attester_of(node), l1, driver)
    return {**shown, "game": to_data(game.address), "index": hex(game.index)}


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The signatures of an attester: for a proof, and for RISC Zero's seal."""

    attester: AddressParam
    signature: DataParam
    seal: DataParam


@method("megadev_submitAttestation")
def megadev_submitAttestation(node: RpcNode, index: Uint64Param, signed: Submitted) -> JsonObject:
    """Hand in what an attester that runs apart (``megadev attest``) signed about a game. Once enough have signed, the
    proposer proves the claim with that.
    """
    l1, _, driver = bridge(node)
    state, at = l1.sequencer.head_state(), driver.addresses
    game = game_at(state, at, index) if index < game_count(state, at) else None
    if game is None:
        raise InvalidParams(f"there is no game {index} of the devnet's own type")
    count = attester_of(node).hand_in(game, Signed(signed.attester, signed.signature, signed.seal))
    if driver.proposer is not None:
        driver.proposer.wake()
    driver.advance()
    return {
        "note": f"This is {NOTE}.",
        "game": to_data(game.address),
        "signed": hex(count),
        "threshold": hex(attestation_threshold(l1.sequencer.head_state(), driver.addresses)),
    }


def _format(found: Attestation, first: int, attester: Attester, l1: LocalChain, driver: Driver) -> JsonObject:
    values = found.values
    verifier = to_data(driver.addresses.attestation_verifier)
    return {
        "note": f"This is {NOTE}.",
        "programId": to_data(found.program_id),
        "publicValues": {
            "l1Head": to_data(values.l1_head),
            "startingOutputRoot": to_data(values.starting_root),
            "rootClaim": to_data(values.root),
            "l2BlockNumber": hex(values.l2_number),
            "l2ChainId": hex(values.l2_chain_id),
            "rollupConfigHash": to_data(found.config_hash),
            "batchDataHash": to_data(found.batch_data_hash),
        },
        "startingBlockNumber": hex(first),
        "blocks": hex(values.l2_number - first),
        "changedByHand": [hex(number) for number in attester.changed_by_hand(first, values.l2_number)],
        "attesters": [to_data(address) for address in found.attesters],
        "threshold": hex(attestation_threshold(l1.sequencer.head_state(), driver.addresses)),
        "verifier": verifier,
        "encodedPublicValues": to_data(values.encoded),
        "proof": to_data(found.proof),
        "riscZero": {
            "seal": to_data(found.seal),
            "imageId": to_data(found.program_id),
            "journal": to_data(found.journal),
            "journalDigest": to_data(found.journal_digest),
        },
    }

"""megadev_*: attestations of ranges of L2, and claims proven by them. What they are is said in each answer: a signed
re-execution, not a zero-knowledge proof. Both chains' endpoints give the same answers.
"""

from __future__ import annotations

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import AttestationRefused, InvalidParams
from megadev.node.attester import Attester
from megadev.node.chain import LocalChain
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup.attestations import NOTE, Attestation
from megadev.rollup.driver import Driver
from megadev.rollup.games import (
    Game,
    GameStatus,
    anchor_number,
    attestation_threshold,
    claim_bond,
    claiming_call,
    game_at,
    game_count,
)
from megadev.rollup.withdrawals import output_after, provable_output
from megadev.rpc.codec import AddressParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.l1_acts import act_on_l1
from megadev.rpc.node import RpcNode, bridge


class ProveOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who sends the claim and the proof: the proposer unless said."""

    sender: AddressParam | None = msgspec.field(default=None, name="from")


@method("megadev_attestRange")
def megadev_attestRange(node: RpcNode, first: Uint64Param, last: Uint64Param) -> JsonObject:
    """Have the attesters execute the L2 blocks after ``first`` up to ``last`` again and sign what that leads to; with
    L1's newest block as its head. Nothing is sent.
    """
    l1, l2, driver = bridge(node)
    attester = _attester(node)
    _check_range(l2, first, last)
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
    l1, l2, driver = bridge(node)
    attester = _attester(node)
    _check_range(l2, first, last)
    node.node.between_blocks()
    driver.advance()
    sender = node.node.roles.proposer.raw_address if options.sender is None else options.sender
    game = _claim(l1, l2, driver, first, last)
    if game is None:
        state, at = l1.sequencer.head_state(), driver.addresses
        root = output_after(l2.block(last)).root
        data = claiming_call(root, last, _parent(l1, l2, driver, first))
        act_on_l1(node, l1, sender, at.dispute_game_factory, data, claim_bond(state, at))
        game = _claim(l1, l2, driver, first, last)
        if game is None:
            raise AttestationRefused("the claim waits for an L1 block: mine one on L1, and prove the range then")
    found = attester.attest_game(game)
    act_on_l1(node, l1, sender, game.address, encode_call("prove(bytes)", found.proof))
    return {**_format(found, first, attester, l1, driver), "game": to_data(game.address), "index": hex(game.index)}


def _attester(node: RpcNode) -> Attester:
    attester = node.node.attester
    assert attester is not None, "there is one where there is an L1"
    return attester


def _check_range(l2: LocalChain, first: int, last: int) -> None:
    if first >= last:
        raise InvalidParams(f"a range is of the blocks after one up to a later one: {first} is not below {last}")
    if last > l2.head.number:
        raise InvalidParams(f"L2 has no block {last} yet: its head is block {l2.head.number}")


def _games(l1: LocalChain, driver: Driver) -> list[Game]:
    """Newest first."""
    state, at = l1.sequencer.head_state(), driver.addresses
    found = (game_at(state, at, index) for index in range(game_count(state, at) - 1, -1, -1))
    return [game for game in found if game is not None]


def _claim(l1: LocalChain, l2: LocalChain, driver: Driver, first: int, last: int) -> Game | None:
    """A claim about that range that is right and can still be proven."""
    root, now = output_after(l2.block(last)).root, l1.time.now()
    for game in _games(l1, driver):
        is_that = (game.starting_number, game.l2_number, game.root) == (first, last, root)
        if is_that and game.counts and game.status is GameStatus.IN_PROGRESS and not game.is_over(now):
            return game
    return None


def _parent(l1: LocalChain, l2: LocalChain, driver: Driver, first: int) -> int | None:
    """The game that a claim which starts at block ``first`` builds on; None: the anchor."""
    anchor = anchor_number(l1.sequencer.head_state(), driver.addresses)
    if first == anchor:
        return None
    starts = {anchor}
    for game in _games(l1, driver):
        block = l2.store.by_number(game.l2_number)
        if game.status is GameStatus.CHALLENGER_WINS or not game.counts or block is None:
            continue
        output = provable_output(block)
        if output is not None and output.root == game.root:
            if game.l2_number == first:
                return game.index
            starts.add(game.l2_number)
    said = ", ".join(map(str, sorted(starts)))
    raise InvalidParams(f"no claim on L1 ends at block {first}, for this one to build on: a range starts at {said}")


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

"""Proving a claim on L1 for who asks: the claim about a range of L2 that is there, or a new one, and an attestation."""

from __future__ import annotations

from megadev.errors import AttestationRefused, InvalidParams
from megadev.node.attester import Attester
from megadev.node.chain import LocalChain
from megadev.primitives.abi import encode_call
from megadev.primitives.types import Address
from megadev.rollup.attestations import Attestation
from megadev.rollup.driver import Driver
from megadev.rollup.games import Game, GameStatus, anchor_number, claim_bond, claiming_call
from megadev.rollup.withdrawals import output_after, provable_output
from megadev.rpc.l1_acts import act_on_l1
from megadev.rpc.node import RpcNode, bridge


def prove_range(node: RpcNode, first: int, last: int, sender: Address | None) -> tuple[Game, Attestation]:
    """Have a claim about L2 after block ``last`` that builds on block ``first`` proven by ``sender``, the proposer
    where it is None; the game and what was signed.

    Raises ``InvalidParams`` where no such claim can be made, ``AttestationRefused``, and what sending raises.
    """
    l1, l2, driver = bridge(node)
    attester = attester_of(node)
    check_range(l2, first, last)
    node.node.between_blocks()
    driver.advance()
    who = node.node.roles.proposer.raw_address if sender is None else sender
    game = _claim(l1, l2, driver, first, last)
    if game is None:
        derived = driver.consolidator
        if derived is not None and derived.safe_at(l1.head.number).safe.number < last:
            driver.flush()  # what is signed must be on L1 before the claim is
        state, at = l1.sequencer.head_state(), driver.addresses
        root = output_after(l2.block(last)).root
        data = claiming_call(at, root, last, _parent(l1, l2, driver, first))
        act_on_l1(node, l1, who, at.dispute_game_factory, data, claim_bond(state, at))
        game = _claim(l1, l2, driver, first, last)
        if game is None:
            raise AttestationRefused("the claim waits for an L1 block: mine one on L1, and prove the range then")
    found = attester.attest_game(game)
    act_on_l1(node, l1, who, game.address, encode_call("prove(bytes)", found.proof))
    return game, found


def attester_of(node: RpcNode) -> Attester:
    """Returns the attester of a node with an L1."""
    attester = node.node.attester
    assert attester is not None, "there is one where there is an L1"
    return attester


def check_range(l2: LocalChain, first: int, last: int) -> None:
    """Raises ``InvalidParams`` where L2 has no such blocks."""
    if first >= last:
        raise InvalidParams(f"a range is of the blocks after one up to a later one: {first} is not below {last}")
    if last > l2.head.number:
        raise InvalidParams(f"L2 has no block {last} yet: its head is block {l2.head.number}")


def games_of(l1: LocalChain, driver: Driver) -> list[Game]:
    """All games, newest first."""
    known = driver.games.of(l1.sequencer.head_state(), driver.addresses)
    return [game for game in reversed(known) if game is not None]


def is_true(l2: LocalChain, game: Game) -> bool | None:
    """Returns whether L2 matches the claim; None if that is unknown: the block is yet to come, or its state was
    dropped.
    """
    block = l2.store.by_number(game.l2_number)
    output = None if block is None else provable_output(block)
    return None if output is None else output.root == game.root


def _claim(l1: LocalChain, l2: LocalChain, driver: Driver, first: int, last: int) -> Game | None:
    """A claim about that range that is right and can still be proven.

    Raises ``AttestationRefused`` for one that was made before L1 had what is claimed: it cannot be, nor made again.
    """
    root, now = output_after(l2.block(last)).root, l1.time.now()
    for game in games_of(l1, driver):
        is_that = (game.starting_number, game.l2_number, game.root) == (first, last, root)
        if is_that and game.counts and game.is_provable(now):
            head, derived = l1.store.by_hash(game.l1_head), driver.consolidator
            if head is not None and derived is not None and derived.safe_at(head.number).safe.number < last:
                raise AttestationRefused(
                    f"game {game.index} claims that, and was made before the batches up to block {last} were on L1: "
                    "attesters sign what derives from the L1 that a claim is based on; prove a range that ends later"
                )
            return game
    return None


def _parent(l1: LocalChain, l2: LocalChain, driver: Driver, first: int) -> int | None:
    """The game that a claim which starts at block ``first`` builds on; None: the anchor."""
    anchor = anchor_number(l1.sequencer.head_state(), driver.addresses)
    if first == anchor:
        return None
    starts = {anchor}
    for game in games_of(l1, driver):
        if game.status is not GameStatus.CHALLENGER_WINS and game.counts and is_true(l2, game):
            if game.l2_number == first:
                return game.index
            starts.add(game.l2_number)
    said = ", ".join(map(str, sorted(starts)))
    raise InvalidParams(f"no claim on L1 ends at block {first}, for this one to build on: a range starts at {said}")

"""megadev_*: the games that claims about L2 are on L1, and what anybody, or the guardian, can do about them.

Each act is an ordinary transaction on L1 from the account that ``from`` names (the first one unless said, the
guardian's own for what the guardian alone may do); it is refused with the contract's error where it would fail. Both
chains' endpoints give the same answers.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, ResourceNotFound
from megadev.node.chain import LocalChain
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.rollup.attestations import NOTE
from megadev.rollup.driver import Driver
from megadev.rollup.games import (
    Game,
    GameStatus,
    claim_bond,
    claiming_call,
    credit,
    game_at,
    game_count,
    guardian,
    respected_type,
)
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.withdrawals import output_after
from megadev.rpc.codec import AddressParam, Decode, HashParam, Uint64Param, decode_uint64
from megadev.rpc.dispatch import method
from megadev.rpc.l1_acts import act_on_l1
from megadev.rpc.node import RpcNode, bridge
from megadev.rpc.proving import games_of, is_true

RETIRE = 2**32 - 1
"""The type that no game has: to have the portal respect it is to retire all games that there are."""


def _decode_game_type(value: Any) -> int:
    number = decode_uint64(value)
    if number >= RETIRE:
        raise InvalidParams(f"expected a game type (a number below {RETIRE}), got {value!r}")
    return number


GameTypeParam: TypeAlias = Annotated[int, Decode(_decode_game_type)]


class ClaimOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sender and content of a claim. Default: the proposer claims L2's newest output root on the anchor."""

    sender: AddressParam | None = msgspec.field(default=None, name="from")
    block_number: Uint64Param | None = None
    output_root: HashParam | None = None
    parent_index: Uint64Param | None = None


class ActOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sender of an action."""

    sender: AddressParam | None = msgspec.field(default=None, name="from")


class CreditOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sender, and the beneficiary (default: the sender)."""

    sender: AddressParam | None = msgspec.field(default=None, name="from")
    recipient: AddressParam | None = None


ANYBODY = ActOptions()


@method("megadev_getGames")
def megadev_getGames(node: RpcNode) -> JsonObject:
    """Every game, oldest first, with its status and possible actions; and the game type that the portal respects."""
    l1, l2, driver = bridge(node)
    state, at = l1.sequencer.head_state(), driver.addresses
    return {
        "respectedGameType": hex(respected_type(state, at)),
        "guardian": to_data(guardian(state, at)),
        "games": [_format_game(each, l1, l2, driver) for each in reversed(games_of(l1, driver))],
    }


@method("megadev_proposeOutput")
def megadev_proposeOutput(node: RpcNode, options: ClaimOptions = ClaimOptions()) -> JsonObject | None:  # noqa: B008
    """Claim an output root on L1. By default the proposer claims L2's newest one; null if L1 accepts none for that
    block. Any account may claim any root.
    """
    l1, l2, driver = bridge(node)
    node.node.between_blocks()
    driver.advance()
    state, at = l1.sequencer.head_state(), driver.addresses
    count = game_count(state, at)
    if options == ClaimOptions():
        block = l2.head
        if driver.proposer is None or not driver.proposer.claim(block):
            return None
        return _claimed(l1, driver, count, block.number, output_after(block).root)
    number = l2.head.number if options.block_number is None else options.block_number
    root = options.output_root
    if root is None:
        if number > l2.head.number:
            raise InvalidParams(f"L2 has no block {number} yet: give the outputRoot to claim, or another block")
        root = output_after(l2.block(number)).root
    sender = options.sender
    if sender is None:
        sender = node.node.roles.proposer.raw_address
    if options.parent_index is not None:
        _game(l1, driver, options.parent_index)
    data = claiming_call(at, root, number, options.parent_index)
    act_on_l1(node, l1, sender, at.dispute_game_factory, data, claim_bond(state, at))
    return _claimed(l1, driver, count, number, root)


@method("megadev_challengeGame")
def megadev_challengeGame(node: RpcNode, index: Uint64Param, options: ActOptions = ANYBODY) -> JsonObject:
    """Challenge a claim, with the bond that takes: unless it is proven in time, it is lost. The game then."""
    l1, _, driver = bridge(node)
    game = _game(l1, driver, index)
    act_on_l1(node, l1, options.sender, game.address, encode_call("challenge()"), game.challenger_bond)
    return _shown(node, index)


@method("megadev_resolveGame")
def megadev_resolveGame(node: RpcNode, index: Uint64Param, options: ActOptions = ANYBODY) -> JsonObject:
    """Settle a game whose outcome nothing can change any more. The game then."""
    l1, _, driver = bridge(node)
    act_on_l1(node, l1, options.sender, _game(l1, driver, index).address, encode_call("resolve()"))
    return _shown(node, index)


@method("megadev_claimBond")
def megadev_claimBond(node: RpcNode, index: Uint64Param, options: CreditOptions = CreditOptions()) -> JsonObject:  # noqa: B008
    """Pay out an account's share of a final game's bonds. Returns the game."""
    l1, _, driver = bridge(node)
    game = _game(l1, driver, index)
    recipient = options.recipient or options.sender or _first(node)
    act_on_l1(node, l1, options.sender, game.address, encode_call("claimCredit(address)", recipient))
    return _shown(node, index)


@method("megadev_blacklistGame")
def megadev_blacklistGame(node: RpcNode, index: Uint64Param) -> JsonObject:
    """As the guardian, blacklist a game, whatever its outcome. Returns the game."""
    l1, _, driver = bridge(node)
    data = encode_call("blacklistDisputeGame(address)", _game(l1, driver, index).address)
    act_on_l1(node, l1, guardian(l1.sequencer.head_state(), driver.addresses), driver.addresses.portal, data)
    return _shown(node, index)


@method("megadev_retireGames")
def megadev_retireGames(node: RpcNode) -> JsonObject:
    """As the guardian: no game that there is counts any more. The games then, as megadev_getGames."""
    return _respect(node, RETIRE)


@method("megadev_setRespectedGameType")
def megadev_setRespectedGameType(node: RpcNode, game_type: GameTypeParam) -> JsonObject:
    """As the guardian: from now on games of another type prove withdrawals. The games then, as megadev_getGames."""
    return _respect(node, game_type)


def _respect(node: RpcNode, game_type: int) -> JsonObject:
    l1, _, driver = bridge(node)
    data = encode_call("setRespectedGameType(uint32)", game_type)
    act_on_l1(node, l1, guardian(l1.sequencer.head_state(), driver.addresses), driver.addresses.portal, data)
    return megadev_getGames(node)


def _first(node: RpcNode) -> Address:
    return node.node.accounts.addresses[0]


def _game(l1: LocalChain, driver: Driver, index: int) -> Game:
    state, at = l1.sequencer.head_state(), driver.addresses
    count = game_count(state, at)
    game = game_at(state, at, index) if index < count else None
    if game is None:
        raise ResourceNotFound(f"resource not found: there is no game {index}: L1 has {count}")
    return game


def _shown(node: RpcNode, index: int) -> JsonObject:
    l1, l2, driver = bridge(node)
    return _format_game(_game(l1, driver, index), l1, l2, driver)


def _claimed(l1: LocalChain, driver: Driver, index: int, number: int, root: Hash32) -> JsonObject:
    """Returns the claim, and the index of the game that it becomes once L1 has a block with it."""
    state, at = l1.sequencer.head_state(), driver.addresses
    game = game_at(state, at, index) if index < game_count(state, at) else None
    return {
        "l2BlockNumber": hex(number),
        "outputRoot": to_data(root if game is None else game.root),
        "game": None if game is None else to_data(game.address),
        "index": None if game is None else hex(index),
    }


def _format_game(game: Game, l1: LocalChain, l2: LocalChain, driver: Driver) -> JsonObject:
    now, state = max(l1.time.now(), l1.head.timestamp), l1.sequencer.head_state()
    people = {game.creator, *(each for each in (game.challenger, game.prover) if each is not None)}
    credits = {who: amount for who in sorted(people) if (amount := credit(state, game, who))}
    return {
        "index": hex(game.index),
        "address": to_data(game.address),
        "type": hex(game.type),
        "creator": to_data(game.creator),
        "outputRoot": to_data(game.root),
        "l2BlockNumber": hex(game.l2_number),
        "parentIndex": None if game.parent is None else hex(game.parent),
        "startingBlockNumber": hex(game.starting_number),
        "isTrue": is_true(l2, game),
        "status": _STATUS[game.status],
        "challenger": None if game.challenger is None else to_data(game.challenger),
        "prover": None if game.prover is None else to_data(game.prover),
        "proof": _proof(game, driver.addresses),
        "createdAt": hex(game.created_at),
        "deadline": hex(game.deadline),
        "resolvedAt": hex(game.resolved_at) if game.resolved_at else None,
        "isRespected": game.is_respected,
        "isBlacklisted": game.is_blacklisted,
        "isRetired": game.is_retired,
        "challengerBond": hex(game.challenger_bond),
        "credit": {to_data(who): hex(amount) for who, amount in credits.items()},
        "next": _next(game, now),
    }


_STATUS = {
    GameStatus.IN_PROGRESS: "in-progress",
    GameStatus.CHALLENGER_WINS: "challenger-wins",
    GameStatus.DEFENDER_WINS: "defender-wins",
}


def _proof(game: Game, at: L1Addresses) -> str | None:
    """By what a claim was proven, in words."""
    if game.prover is None:
        return None
    return NOTE if game.verifier == at.attestation_verifier else f"as the verifier at {to_data(game.verifier)} checks"


def _next(game: Game, now: int) -> str:
    if game.status is not GameStatus.IN_PROGRESS:
        return "once its finality delay has passed, what its bonds came to can be claimed"
    if game.is_over(now):
        return f"anybody can resolve it: `megadev games resolve {game.index}`"
    left = game.deadline - now
    if game.is_doubted:
        return f"a proof must come within {left} s, or it is lost"
    if not game.prove_window:
        return f"it wins in {left} s: nobody can challenge it"
    return f"it can be challenged for {left} s: `megadev challenge {game.index}`"

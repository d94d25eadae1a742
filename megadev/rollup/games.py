"""The claims about L2 that L1 holds, read straight from its state: which games there are and how they stand, and how
far withdrawals have got with them. Pure functions of a reader of L1's state.

Slots are those that the sources in ``contracts/`` name; a game's own values stand behind its proxy's code.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from megadev.rollup.predeploys import GAME_TYPE, L1Addresses
from megadev.state.reader import StateReader

_U64 = 2**64 - 1
_BONDS, _LIST = 102, 104
"""Slots of the factory: what a claim of each type costs, and all games."""
_FINALIZED, _PROVEN, _MATURITY_DELAY, _SUBMITTERS = 51, 57, 63, 60
"""Slots of the portal."""
_ANCHOR_GAME, _STARTING_NUMBER, _FINALITY_DELAY = 3, 5, 7
"""Slots of the anchor registry."""
_CHALLENGED = 1
"""Of a game's proposal status."""
_ARGUMENTS = 45
"""Where a game's values begin in its code: creator 20, root 32, L1 head 32, type 4, L2 number 32, parent 4, …"""


class GameStatus(IntEnum):
    """How a game stands, as its contract counts."""

    IN_PROGRESS = 0
    CHALLENGER_WINS = 1
    DEFENDER_WINS = 2


class Game(msgspec.Struct, frozen=True):
    """A claim about L2's output root after block ``l2_number``. Times in seconds; 0 is never. ``is_doubted``: it was
    challenged, and no proof has come so far.
    """

    index: int
    address: Address
    creator: Address
    root: Hash32
    l2_number: int
    created_at: int
    resolved_at: int
    deadline: int
    status: GameStatus
    is_doubted: bool


class Proven(msgspec.Struct, frozen=True):
    """A proof that the portal keeps: who gave it, by which game, when (seconds)."""

    submitter: Address
    game: Address
    timestamp: int


def game_count(l1: StateReader, at: L1Addresses) -> int:
    """How many games there are."""
    return l1.storage(at.dispute_game_factory, _LIST)


def claim_bond(l1: StateReader, at: L1Addresses) -> Wei:
    """What has to be sent along with a claim."""
    return l1.storage(at.dispute_game_factory, _entry(_BONDS.to_bytes(32, "big"), GAME_TYPE.to_bytes(32, "big")))


def game_at(l1: StateReader, at: L1Addresses, index: int) -> Game | None:
    """The game with that index; None where it is not one of ours."""
    metadata = l1.storage(at.dispute_game_factory, _word(keccak(_LIST.to_bytes(32, "big"))) + index)
    return read_game(l1, (metadata & 2**160 - 1).to_bytes(20, "big"), index)


def read_game(l1: StateReader, address: Address, index: int = 0) -> Game | None:
    """The game at ``address``; None where nothing there looks like one of ours."""
    account = l1.account(address)
    code = l1.code(account.code_hash) if account is not None and account.code_hash != EMPTY_CODE_HASH else b""
    if len(code) < _ARGUMENTS + 0x7C:
        return None
    arguments = code[_ARGUMENTS:]
    times = l1.storage(address, 0)
    return Game(
        index=index,
        address=address,
        creator=arguments[:20],
        root=arguments[0x14:0x34],
        l2_number=_word(arguments[0x58:0x78]),
        created_at=times & _U64,
        resolved_at=times >> 64 & _U64,
        deadline=times >> 128 & _U64,
        status=GameStatus(times >> 192 & 0xFF),
        is_doubted=times >> 200 & 0xFF == _CHALLENGED,
    )


def anchor_number(l1: StateReader, at: L1Addresses) -> int:
    """The L2 block that new claims must come after."""
    registry = at.anchor_state_registry
    address = l1.storage(registry, _ANCHOR_GAME)
    game = read_game(l1, address.to_bytes(20, "big")) if address else None
    return l1.storage(registry, _STARTING_NUMBER) if game is None else game.l2_number


def maturity_delay(l1: StateReader, at: L1Addresses) -> int:
    """Seconds that a proof must be older than."""
    return l1.storage(at.portal, _MATURITY_DELAY)


def finality_delay(l1: StateReader, at: L1Addresses) -> int:
    """Seconds that a game's outcome must be older than."""
    return l1.storage(at.anchor_state_registry, _FINALITY_DELAY)


def is_finalized(l1: StateReader, at: L1Addresses, withdrawal_hash: Hash32) -> bool:
    """Whether the portal has made the withdrawal's call."""
    return l1.storage(at.portal, _entry(_FINALIZED.to_bytes(32, "big"), withdrawal_hash)) != 0


def last_proof(l1: StateReader, at: L1Addresses, withdrawal_hash: Hash32) -> Proven | None:
    """The proof that was given last for the withdrawal, by whomever."""
    submitters = _entry(_SUBMITTERS.to_bytes(32, "big"), withdrawal_hash)
    count = l1.storage(at.portal, submitters)
    if not count:
        return None
    submitter = l1.storage(at.portal, _word(keccak(submitters.to_bytes(32, "big"))) + count - 1)
    by_hash = _entry(_PROVEN.to_bytes(32, "big"), withdrawal_hash)
    entry = _entry(by_hash.to_bytes(32, "big"), submitter.to_bytes(32, "big"))
    packed = l1.storage(at.portal, entry)
    return Proven(submitter.to_bytes(20, "big"), (packed & 2**160 - 1).to_bytes(20, "big"), packed >> 160 & _U64)


def _entry(mapping: bytes, key: bytes) -> int:
    """The slot of a mapping's entry (Solidity, "Layout of State Variables in Storage")."""
    return _word(keccak(key + mapping))


def _word(value: bytes) -> int:
    return int.from_bytes(value, "big")

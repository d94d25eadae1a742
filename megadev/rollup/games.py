"""The claims about L2 that L1 holds, read straight from its state: which games there are and how they stand, and how
far withdrawals have got with them. Pure functions of a reader of L1's state.

Slots are those that the sources in ``contracts/`` name; a game's own values stand behind its proxy's code.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from megadev.rollup.predeploys import GAME_TYPE, MAINNET_315, NO_PARENT, L1Addresses, claim_data
from megadev.state.reader import StateReader

_U64 = 2**64 - 1
_BONDS, _LIST = 102, 104
"""Slots of the factory: what a claim of each type costs, and all games."""
_FIRST_GAME = int.from_bytes(keccak(_LIST.to_bytes(32, "big")), "big")
"""Slot of the list's first entry."""
_FINALIZED, _PROVEN, _MATURITY_DELAY, _SUBMITTERS = 51, 57, 63, 60
"""Slots of the portal."""
_ANCHOR_GAME, _STARTING_NUMBER = 3, 5
"""Slots of the anchor registry."""
_THRESHOLD, _ATTESTERS = 1, 3
"""Slot of the attestation verifier."""
_GUARDIAN = 0
"""Slot of the superchain config."""
_CHALLENGER, _PROVER, _STARTING_ROOT, _STARTING_BLOCK, _CREDIT = 1, 2, 3, 4, 5
"""Slots of a game, after the one that packs its times and statuses."""
_KAILUA_SIZE = 0x6C
"""Of the values of one of Kailua's games."""
_CHALLENGED = 1
"""Of a game's proposal status."""
_ARGUMENTS = 45
"""Where a game's values begin in its code: creator 20, root 32, L1 head 32, type 4, L2 number 32, parent 4, …"""


class GameStatus(IntEnum):
    """The status of a game, with its contract's values."""

    IN_PROGRESS = 0
    CHALLENGER_WINS = 1
    DEFENDER_WINS = 2


class Game(msgspec.Struct, frozen=True, kw_only=True):
    """A claim about L2's output root after block ``l2_number``, which builds on the root ``starting_root`` after block
    ``starting_number``: another game's (``parent``, its index) or the anchor's. Times in seconds; 0 is never.

    A proof is of a run of the program ``program_id``; ``verifier`` decides whether it is one. ``is_doubted``: the claim
    was challenged, and no proof has come so far. ``counts``: it is of the type that was respected when it was made, and
    the guardian has neither blacklisted nor retired it; one that does not proves no withdrawal. Where the
    ``prove_window`` is 0, nobody can challenge it.
    """

    index: int
    address: Address
    type: int
    creator: Address
    root: Hash32
    l1_head: Hash32
    l2_number: int
    parent: int | None
    starting_root: Hash32
    starting_number: int
    created_at: int
    resolved_at: int
    deadline: int
    status: GameStatus
    is_doubted: bool
    challenger: Address | None
    prover: Address | None
    program_id: Hash32
    verifier: Address
    prove_window: int
    challenger_bond: Wei
    is_respected: bool
    is_blacklisted: bool
    is_retired: bool

    @property
    def counts(self) -> bool:
        return self.is_respected and not self.is_blacklisted and not self.is_retired

    def is_provable(self, now: int) -> bool:
        """True if a proof of it would still count at ``now`` (seconds)."""
        is_late = self.is_doubted and now >= self.deadline
        return self.status is GameStatus.IN_PROGRESS and self.prover is None and not is_late

    def is_over(self, now: int) -> bool:
        """True if nothing can change its outcome any more at ``now`` (seconds)."""
        return self.prover is not None or now >= self.deadline


class Proven(msgspec.Struct, frozen=True):
    """A proof that the portal keeps: who gave it, by which game, when (seconds)."""

    submitter: Address
    game: Address
    timestamp: int


def game_count(l1: StateReader, at: L1Addresses) -> int:
    """The number of games."""
    return l1.storage(at.dispute_game_factory, _LIST)


def claim_bond(l1: StateReader, at: L1Addresses) -> Wei:
    """The bond that a claim requires."""
    return l1.storage(at.dispute_game_factory, _entry(_BONDS.to_bytes(32, "big"), GAME_TYPE.to_bytes(32, "big")))


def game_at(l1: StateReader, at: L1Addresses, index: int) -> Game | None:
    """The game with that index; None where it is not one of ours."""
    return read_game(l1, at, _address(l1.storage(*game_place(at, index))), index)


def game_place(at: L1Addresses, index: int) -> tuple[Address, int]:
    """The contract and the slot that hold, in the low 20 bytes, the address of the game with that index."""
    return at.dispute_game_factory, _FIRST_GAME + index


def blacklist_place(at: L1Addresses, game: Address) -> tuple[Address, int]:
    """The contract and the slot that say whether the game at that address is blacklisted: then they hold no 0."""
    keeper, slot = at.profile.blacklist
    return getattr(at, keeper), _entry(slot.to_bytes(32, "big"), game.rjust(32, b"\0"))


def retired_until(l1: StateReader, at: L1Addresses) -> int:
    """The time, in seconds, up to which games that were made are retired."""
    return _setting(l1, at, at.profile.respected) >> 32 & _U64


def read_game(l1: StateReader, at: L1Addresses, address: Address, index: int = 0) -> Game | None:
    """The game at ``address``; None where nothing there looks like one of ours."""
    account = l1.account(address)
    code = l1.code(account.code_hash) if account is not None and account.code_hash != EMPTY_CODE_HASH else b""
    is_kailuas = at.profile is MAINNET_315 and len(code) == _ARGUMENTS + _KAILUA_SIZE
    if len(code) < _ARGUMENTS + 0xE0 and not is_kailuas:
        return None
    arguments = _as_ours(code[_ARGUMENTS:]) if is_kailuas else code[_ARGUMENTS:]
    times = l1.storage(address, 0)
    parent = _word(arguments[0x78:0x7C])
    created_at, challenger, prover = times & _U64, l1.storage(address, _CHALLENGER), l1.storage(address, _PROVER)
    return Game(
        index=index,
        address=address,
        type=_word(arguments[0x54:0x58]),
        creator=arguments[:20],
        root=arguments[0x14:0x34],
        l1_head=arguments[0x34:0x54],
        l2_number=_word(arguments[0x58:0x78]),
        parent=None if parent == NO_PARENT else parent,
        starting_root=l1.storage(address, _STARTING_ROOT).to_bytes(32, "big"),
        starting_number=l1.storage(address, _STARTING_BLOCK),
        created_at=created_at,
        resolved_at=times >> 64 & _U64,
        deadline=times >> 128 & _U64,
        status=GameStatus(times >> 192 & 0xFF),
        is_doubted=times >> 200 & 0xFF == _CHALLENGED,
        challenger=_address(challenger) if challenger else None,
        prover=_address(prover) if prover else None,
        program_id=arguments[0x7C:0x9C],
        verifier=arguments[0x9C:0xB0],
        prove_window=_word(arguments[0xB8:0xC0]),
        challenger_bond=_word(arguments[0xC0:0xE0]),
        is_respected=bool(times >> 208 & 0xFF),
        is_blacklisted=l1.storage(*blacklist_place(at, address)) != 0,
        is_retired=created_at <= retired_until(l1, at),
    )


def _as_ours(arguments: bytes) -> bytes:
    """The values of one of Kailua's games (creator 20, root 32, L1 head 32, L2 number 8, parent 8, counter 8) where
    ours have theirs. It has no bonds, and nothing proves it.
    """
    number, parent = _word(arguments[0x54:0x5C]), min(_word(arguments[0x5C:0x64]), NO_PARENT)
    head = arguments[:0x54] + GAME_TYPE.to_bytes(4, "big")
    return head + number.to_bytes(32, "big") + parent.to_bytes(4, "big") + bytes(0xE0 - 0x7C)


def _setting(l1: StateReader, at: L1Addresses, place: tuple[str, int]) -> int:
    """Returns the value in a slot of the contract at a field of ``at``."""
    return l1.storage(getattr(at, place[0]), place[1])


def credit(l1: StateReader, game: Game, who: Address) -> Wei:
    """The share of a final game's bonds that ``who`` can claim."""
    return l1.storage(game.address, _entry(_CREDIT.to_bytes(32, "big"), who.rjust(32, b"\0")))


def respected_type(l1: StateReader, at: L1Addresses) -> int:
    """The type of game that proves withdrawals if it is made now."""
    return _setting(l1, at, at.profile.respected) & 2**32 - 1


def guardian(l1: StateReader, at: L1Addresses) -> Address:
    """The account that may blacklist and retire games."""
    return _address(l1.storage(at.superchain_config, _GUARDIAN))


def attestation_threshold(l1: StateReader, at: L1Addresses) -> int:
    """The number of attesters' signatures that a proof requires."""
    return l1.storage(at.attestation_verifier, _THRESHOLD)


def is_attester(l1: StateReader, at: L1Addresses, who: Address) -> bool:
    """True if the signatures of ``who`` count."""
    return l1.storage(at.attestation_verifier, _entry(_ATTESTERS.to_bytes(32, "big"), who.rjust(32, b"\0"))) != 0


def claiming_call(at: L1Addresses, root: Hash32, block_number: int, parent: int | None = None) -> bytes:
    """The factory's call data that claims an output root, on the anchor or on the game with the index ``parent``."""
    extra = claim_data(block_number, NO_PARENT if parent is None else parent, at.profile)
    return encode_call("create(uint32,bytes32,bytes)", GAME_TYPE, root, extra)


def anchor_number(l1: StateReader, at: L1Addresses) -> int:
    """The L2 block that new claims must come after."""
    registry = at.anchor_state_registry
    address = l1.storage(registry, _ANCHOR_GAME)
    game = read_game(l1, at, _address(address)) if address else None
    return l1.storage(registry, _STARTING_NUMBER) if game is None else game.l2_number


def maturity_delay(l1: StateReader, at: L1Addresses) -> int:
    """Seconds that a proof must be older than."""
    return l1.storage(at.portal, _MATURITY_DELAY)


def finality_delay(l1: StateReader, at: L1Addresses) -> int:
    """Seconds that a game's outcome must be older than."""
    return _setting(l1, at, at.profile.finality_delay)


def is_finalized(l1: StateReader, at: L1Addresses, withdrawal_hash: Hash32) -> bool:
    """True if the portal has executed the withdrawal's call."""
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
    return Proven(_address(submitter), _address(packed), packed >> 160 & _U64)


def _entry(mapping: bytes, key: bytes) -> int:
    """The slot of a mapping's entry (Solidity, "Layout of State Variables in Storage")."""
    return _word(keccak(key + mapping))


def _word(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _address(word: int) -> Address:
    return (word & 2**160 - 1).to_bytes(20, "big")

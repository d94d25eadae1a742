"""Balances and allowances of ERC-20 tokens (EIP-20), changed at will: which bits of which storage word decide them.

A token says nowhere where it keeps a balance, so we look: ask ``balanceOf`` and note which words it reads; leave out
those that it reads for a stranger too (flags, totals, a proxy's implementation); and change what is left, bit by bit,
to see which bits the answer copies. That finds mappings whatever their layout (Solidity, Vyper, ERC-7201), storage of a
proxy or of another contract, and balances that share a word with something else, which is kept. Nothing is written
before the token itself, asked again, has answered with the new amount, and a stranger's answer has stayed as it was.

A balance that the token computes (rebasing, shares, interest, votes by checkpoint) is decided by no word alone; it is
refused, and so is everything that cannot be verified.
"""

from __future__ import annotations

import msgspec

from megadev.errors import InvalidParams, InvalidTransaction, SlotNotFound
from megadev.evm import calls
from megadev.evm.engine import CALL, BlockEnv, Engine, Execution, TxEnv
from megadev.node.chain import LocalChain
from megadev.primitives.abi import encode_call, revert_reason
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_ADDRESS, Address
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

CALL_GAS = 10_000_000
"""What asking may cost; a balanceOf takes thousands."""
MAX_WORDS = 64
"""Words that are tried before giving up: each may take some hundred questions."""
_STRANGERS = (keccak(b"megadev: a stranger")[12:], keccak(b"megadev: another stranger")[12:])
_ALL_BITS = 2**256 - 1
_PATTERN = int.from_bytes(keccak(b"megadev: a pattern"), "big")


class Field(msgspec.Struct, frozen=True):
    """Bits of one storage word: ``width`` of them from ``shift`` on, least significant first."""

    account: Address
    slot: int
    shift: int
    width: int

    def put(self, word: int, value: int) -> int:
        """``word`` with ``value`` in this field and everything else kept."""
        return word & ~(((1 << self.width) - 1) << self.shift) | value << self.shift


def set_token_balance(chain: LocalChain, token: Address, holder: Address, amount: int) -> None:
    """Have ``token`` answer ``balanceOf(holder)`` with ``amount`` (in its smallest unit). Its total supply stays.

    Raises ``SlotNotFound`` where no word decides the balance alone, ``InvalidParams`` where ``token`` is no token or
    the word's field is too small; then nothing has changed.
    """
    strangers = tuple(encode_call("balanceOf(address)", stranger) for stranger in _STRANGERS)
    question = _Question(chain, token, "balanceOf", encode_call("balanceOf(address)", holder), strangers)
    _set(chain, question, amount, "impersonate a holder and transfer")


def set_token_allowance(chain: LocalChain, token: Address, owner: Address, spender: Address, amount: int) -> None:
    """Have ``token`` answer ``allowance(owner, spender)`` with ``amount`` (in its smallest unit).

    Raises as ``set_token_balance`` does.
    """
    ask, (first, second) = "allowance(address,address)", _STRANGERS
    strangers = (encode_call(ask, owner, first), encode_call(ask, second, spender))
    question = _Question(chain, token, "allowance", encode_call(ask, owner, spender), strangers)
    _set(chain, question, amount, "impersonate the owner and approve")


class _Question:
    """A view function asked at the head, over storage with changed words; ``strangers`` are the same for others."""

    def __init__(self, chain: LocalChain, token: Address, name: str, data: bytes, strangers: tuple[bytes, ...]) -> None:
        self.token = token
        self.name = name
        self.data = data
        self.strangers = strangers
        self.state: StateReader = chain.sequencer.head_state()
        self._engine: Engine = chain.engine
        self._block: BlockEnv = chain.env_of(chain.head)
        self._gas = CALL_GAS
        self.asked = self.run(data)
        # a changed word may be a length that a loop runs to: no trial gets much more than the question needs
        self._gas = min(2 * self.asked.gas.limit_needed + 50_000, CALL_GAS)

    def run(self, data: bytes, words: dict[tuple[Address, int], int] | None = None) -> Execution:
        """The call, with ``words`` in place of what storage holds."""
        diff = StateDiff(Cause.OVERRIDE)
        for (account, slot), word in (words or {}).items():
            diff.storage.setdefault(account, {})[slot] = word
        tx = TxEnv(sender=ZERO_ADDRESS, to=self.token, data=data, gas_limit=self._gas)
        return calls.call(self._engine, self._block, tx, Overlay(self.state, diff), rules=CALL)

    def answer(self, data: bytes, words: dict[tuple[Address, int], int] | None = None) -> int | None:
        """The number that a call returns, None where it fails or returns none."""
        try:
            return _number(self.run(data, words))
        except InvalidTransaction:
            return None

    def words_read(self) -> list[tuple[Address, int]]:
        """The words that decide this answer and no stranger's, in order."""
        others = [self.run(data).accessed.slots for data in self.strangers]
        return sorted(self.asked.accessed.slots.difference(*others))


def _set(chain: LocalChain, question: _Question, amount: int, remedy: str) -> None:
    token = checksum_address(question.token)
    account = question.state.account(question.token)
    if account is None or account.code_hash == EMPTY_CODE_HASH:
        raise InvalidParams(f"no token at {token}: it has no code")
    now = _number(question.asked)
    if now is None:
        said = revert_reason(question.asked.result.output)
        raise InvalidParams(
            f"no token at {token}: {question.name} fails or does not return a number{said and f' ({said})'}"
        )
    if now == amount:
        return
    widest = 0
    words = question.words_read()
    for account_and_slot in words[:MAX_WORDS]:
        field = _field(question, *account_and_slot, now)
        if field is None:
            continue
        if amount >> field.width:
            if _ends(question, field, now):
                widest = max(widest, field.width)
            continue
        word = field.put(question.state.storage(*account_and_slot), amount)
        if _is_verified(question, account_and_slot, word, amount):
            chain.sequencer.apply_irregular(StateDiff(Cause.CHEAT, storage={field.account: {field.slot: word}}))
            return
    if widest:
        raise InvalidParams(f"{amount} is too large: {token} stores the {question.name} in {widest} bits")
    reads = f"{len(words)} of its own words" if words else "no word of its own"
    raise SlotNotFound(
        f"no slot found: the {question.name} of {token} reads {reads} and is computed or fixed by code; {remedy}, "
        "or set its storage with anvil_setStorageAt"
    )


def _field(question: _Question, account: Address, slot: int, now: int) -> Field | None:
    """The bits of a word that the answer, ``now``, copies; None where it does something else with them."""
    key = (account, slot)
    if all(question.answer(question.data, {key: probe}) == probe for probe in (_PATTERN, _PATTERN ^ _ALL_BITS)):
        return Field(account, slot, 0, 256)
    word = question.state.storage(account, slot)

    def flips(bit: int) -> int | None:
        """Returns the bit of the answer that follows this bit of the word, if exactly one does."""
        answer = question.answer(question.data, {key: word ^ 1 << bit})
        changed = 0 if answer is None else answer ^ now
        return changed.bit_length() - 1 if changed and changed & (changed - 1) == 0 else None

    # a field of at least a byte has one of these 32 bits, wherever it starts
    for bit in range(0, 256, 8):
        follows = flips(bit)
        if follows is None:
            continue
        shift = bit - follows
        if shift < 0 or (follows and flips(shift) != 0):
            return None
        width = 0
        while shift + width < 256 and flips(shift + width) == width:
            width += 1
        return Field(account, slot, shift, width) if width >= 8 else None
    return None


def _ends(question: _Question, field: Field, now: int) -> bool:
    """Nothing of the number lies beyond the field. Where something does, the number is computed and its lower bits
    happen to look like a copy.
    """
    beyond = field.shift + field.width
    if beyond == 256:
        return True
    word = question.state.storage(field.account, field.slot)
    return question.answer(question.data, {(field.account, field.slot): word ^ 1 << beyond}) == now


def _is_verified(question: _Question, key: tuple[Address, int], word: int, amount: int) -> bool:
    """With ``word`` the token answers ``amount``, and strangers what it answered before."""
    changed = {key: word}
    return question.answer(question.data, changed) == amount and all(
        question.answer(data, changed) == question.answer(data) for data in question.strangers
    )


def _number(execution: Execution) -> int | None:
    output = execution.result.output
    return int.from_bytes(output[:32], "big") if execution.succeeded and len(output) >= 32 else None

"""State that a developer changes by hand. Each cheat is a ``StateDiff`` with cause ``cheat``, applied by the sequencer:
visible at once and part of the next block's state root, like anything else that happened to the state.
"""

from __future__ import annotations

from msgspec.structs import replace

from megadev.evm.engines import open_engine
from megadev.node.chain import LocalChain
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Wei
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff

MAX_BALANCE: Wei = 2**256 - 1


def set_balance(chain: LocalChain, address: Address, balance: Wei) -> None:
    """Give an account exactly ``balance`` wei."""
    old = _account(chain, address)
    _put(chain, address, Account(old.nonce, balance, old.code_hash))


def add_balance(chain: LocalChain, address: Address, amount: Wei) -> None:
    """Give an account ``amount`` wei more, saturating at 2**256 - 1."""
    old = _account(chain, address)
    _put(chain, address, Account(old.nonce, min(old.balance + amount, MAX_BALANCE), old.code_hash))


def set_nonce(chain: LocalChain, address: Address, nonce: int) -> None:
    """Set an account's next nonce; lowering it is allowed."""
    old = _account(chain, address)
    _put(chain, address, Account(nonce, old.balance, old.code_hash))


def set_code(chain: LocalChain, address: Address, code: bytes) -> None:
    """Replace an account's code; its storage stays."""
    old = _account(chain, address)
    code_hash = keccak(code) if code else EMPTY_CODE_HASH
    diff = StateDiff(Cause.CHEAT, accounts={address: Account(old.nonce, old.balance, code_hash)})
    if code:
        diff.codes[code_hash] = code
    chain.sequencer.apply_irregular(diff)


def set_storage(chain: LocalChain, address: Address, slot: int, value: int) -> None:
    """Write one storage word; creates the account if it does not exist."""
    diff = StateDiff(Cause.CHEAT, storage={address: {slot: value}})
    if chain.sequencer.head_state().account(address) is None:
        diff.accounts[address] = EMPTY_ACCOUNT
    chain.sequencer.apply_irregular(diff)


def set_chain_id(chain: LocalChain, chain_id: int, engine: str) -> None:
    """Go on under another chain id with the ``engine`` of that name: what CHAINID answers and what signatures are for
    changes at once, and transactions that wait with the old id are dropped.
    """
    spec = replace(chain.spec, chain_id=chain_id)
    chain.sequencer.set_rules(spec, open_engine(engine, spec))


def _account(chain: LocalChain, address: Address) -> Account:
    return chain.sequencer.head_state().account(address) or EMPTY_ACCOUNT


def _put(chain: LocalChain, address: Address, account: Account) -> None:
    chain.sequencer.apply_irregular(StateDiff(Cause.CHEAT, accounts={address: account}))

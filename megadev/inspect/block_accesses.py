"""The reads and changes of each transaction in some blocks: slots, and each field of accounts separately.

Blocks are run again. What an engine tells of an execution (slots and accounts touched, post-values) leaves one thing
open: whether who touched an account looked at its balance and nonce, or only called it. Where that matters, because an
earlier transaction changed them, the transaction is run once more with its instructions watched. They also tell what
was hashed, from which the names of slots follow, and whose code used a slot, where a proxy calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log
from megadev.chain.spec import BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT
from megadev.chain.transactions import Transaction
from megadev.evm.engine import Frame, FrameExit, Step, Tracer
from megadev.inspect.parallelism import Kind, Parallelism, Resource, Touched, contended, parallelism_of
from megadev.inspect.replay import Replayed, replay
from megadev.node.chain import LocalChain
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address
from megadev.state.account import EMPTY_ACCOUNT

MOST_WATCHED = 200
"""Transactions run with their instructions watched, which takes a hundred times as long; of others it is assumed that
they looked."""
_UNTOLD = (Kind.BALANCE, Kind.NONCE)
"""What an engine does not tell reads of."""
_VAULTS = frozenset((BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT))
_KECCAK256, _BALANCE, _SELFBALANCE, _EXTCODEHASH = 0x20, 0x31, 0x47, 0x3F
_SLOAD, _SSTORE, _CALL, _CALLCODE, _CREATE, _CREATE2, _SELFDESTRUCT = 0x54, 0x55, 0xF1, 0xF2, 0xF0, 0xF5, 0xFF
_LONGEST_KEY = 1_024
"""Bytes hashed that may be a key and a slot."""
_ADDRESS = (1 << 160) - 1

Bound = Callable[[Tracer], Tracer]
"""Puts a tracer on a budget."""


@dataclass
class BlockAccesses:
    """Transactions of all blocks in their order, with the number of their block and their index in it.

    ``preimages``: what was hashed by those that were watched. ``code_of``: whose code used a slot of an account, where
    it is known. ``is_exact``: False where some were too many to be watched, so that there may be fewer conflicts.
    """

    transactions: list[Transaction] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    preimages: dict[int, bytes] = field(default_factory=dict)
    code_of: dict[tuple[Address, int], Address] = field(default_factory=dict)
    is_exact: bool = True
    parallelism: Parallelism = field(default_factory=lambda: Parallelism((), ()))


def block_accesses(chain: LocalChain, blocks: Sequence[SealedBlock], bound: Bound) -> BlockAccesses:
    """Of ``blocks``, taken as if they were one. Raises as ``replay``, and what ``bound`` ends it with."""
    found = BlockAccesses()
    maybe: list[set[Resource]] = []
    for block in blocks:
        for replayed in replay(chain, block):
            touched, unclear = _touched(replayed, block)
            found.transactions.append(replayed.tx)
            found.places.append((block.number, replayed.index))
            found.touched.append(touched)
            maybe.append(unclear)
    asked = _unclear(found.touched, maybe)
    found.touched = [
        Touched(each.reads | more, each.writes, each.pays, each.cost)
        for each, more in zip(found.touched, asked, strict=True)
    ]
    found.parallelism = parallelism_of(found.touched)
    watched = _worth_watching(found.parallelism, asked)
    if not watched:
        return found
    found.is_exact = all(index in watched for index, more in enumerate(asked) if more)
    number = 0
    for block in blocks:
        mine = {index - number for index in watched if 0 <= index - number < len(block.transactions)}
        if mine:
            for index, watcher in _watch(chain, block, mine, bound):
                found.preimages |= watcher.preimages
                found.code_of |= watcher.code_of
                each, more = found.touched[number + index], asked[number + index]
                reads = each.reads - (more - watcher.reads)
                found.touched[number + index] = Touched(reads, each.writes, each.pays, each.cost)
        number += len(block.transactions)
    found.parallelism = parallelism_of(found.touched)
    return found


def _touched(replayed: Replayed, block: SealedBlock) -> tuple[Touched, set[Resource]]:
    """Returns the values that one transaction touched, and those it may have read without changing them."""
    execution, before, sender = replayed.execution, replayed.before, replayed.tx.sender
    accessed, diff = execution.accessed, execution.diff
    reads = {Resource(Kind.STORAGE, address, slot) for address, slot in accessed.slots}
    reads |= {Resource(Kind.CODE, address) for address in accessed.accounts}
    reads |= {Resource(Kind.NONCE, sender), Resource(Kind.BALANCE, sender)}
    writes: set[Resource] = set()
    pays: set[Resource] = set()
    for address, slots in diff.storage.items():
        for slot in slots:
            resource = Resource(Kind.STORAGE, address, slot)
            reads.add(resource)
            writes.add(resource)
    looked_at = accessed.accounts | {sender}
    for address, account in diff.accounts.items():
        old, new = before.account(address) or EMPTY_ACCOUNT, account or EMPTY_ACCOUNT
        if address not in looked_at and (address == block.header.coinbase or address in _VAULTS):
            pays.add(Resource(Kind.BALANCE, address))
            continue
        for kind, changed in (
            (Kind.BALANCE, new.balance != old.balance),
            (Kind.NONCE, new.nonce != old.nonce),
            (Kind.CODE, new.code_hash != old.code_hash or account is None),
        ):
            if changed:
                resource = Resource(kind, address)
                reads.add(resource)
                writes.add(resource)
        if Resource(Kind.CODE, address) in writes:  # whoever creates looks at whether anything was there
            reads |= {Resource(Kind.BALANCE, address), Resource(Kind.NONCE, address)}
    unclear = {Resource(kind, address) for address in looked_at for kind in _UNTOLD} - reads
    touched = Touched(frozenset(reads), frozenset(writes), frozenset(pays), execution.gas.used)
    return touched, unclear


def _unclear(touched: Sequence[Touched], maybe: Sequence[set[Resource]]) -> list[set[Resource]]:
    """By transaction: what of ``maybe`` an earlier one changed."""
    changed: set[Resource] = set()
    found = []
    for each, unclear in zip(touched, maybe, strict=True):
        found.append(unclear & changed)
        changed |= {resource for resource in each.writes | each.pays if resource.kind in _UNTOLD}
    return found


def _worth_watching(parallelism: Parallelism, asked: Sequence[set[Resource]]) -> set[int]:
    """Transactions of which more must be known: what they looked at, or what a contended slot is called."""
    watched = [index for index, more in enumerate(asked) if more][:MOST_WATCHED]
    slots = (each for resource, each in contended(parallelism.conflicts).items() if resource.kind is Kind.STORAGE)
    for conflicts in slots:
        if len(watched) >= MOST_WATCHED:
            break
        if not any(conflict.later in watched for conflict in conflicts[:20]):
            watched.append(conflicts[0].later)
    return set(watched)


def _watch(
    chain: LocalChain, block: SealedBlock, watched: Iterable[int], bound: Bound
) -> Iterable[tuple[int, _Watcher]]:
    watchers = {index: _Watcher() for index in watched}
    for _ in replay(
        chain,
        block,
        lambda index, tx, state: bound(watchers[index]) if index in watchers else None,
        stop=max(watchers) + 1,
    ):
        pass
    return watchers.items()


class _Watcher:
    """A tracer that notes whose balance and nonce are looked at, whose code uses which slot, and what is hashed."""

    wants_steps = True

    def __init__(self) -> None:
        self.reads: set[Resource] = set()
        self.code_of: dict[tuple[Address, int], Address] = {}
        self.preimages: dict[int, bytes] = {}

    def enter(self, frame: Frame) -> None:
        if frame.value:
            self._reads(frame.sender, frame.to)

    def exit(self, frame: Frame, outcome: FrameExit) -> None: ...

    def step(self, step: Step) -> None:
        op, stack = step.op, step.stack
        if op == _KECCAK256 and len(stack) > 1:
            self._hashes(stack[-1], stack[-2], step)
        elif op in (_SLOAD, _SSTORE) and stack:
            self.code_of[step.frame.to, stack[-1]] = step.frame.code_address
        elif op == _BALANCE and stack:
            self._reads(_address(stack[-1]))
        elif op == _EXTCODEHASH and stack:  # which says whether the account is empty
            self._reads(_address(stack[-1]))
            self.reads.add(Resource(Kind.NONCE, _address(stack[-1])))
        elif op == _SELFBALANCE:
            self._reads(step.frame.to)
        elif op == _SELFDESTRUCT and stack:
            self._reads(step.frame.to, _address(stack[-1]))
        elif op in (_CALL, _CALLCODE) and len(stack) > 2 and stack[-3]:
            self._reads(step.frame.to, _address(stack[-2]))
        elif op in (_CREATE, _CREATE2) and stack:
            self.reads.add(Resource(Kind.NONCE, step.frame.to))
            if stack[-1]:
                self._reads(step.frame.to)

    def _hashes(self, offset: int, size: int, step: Step) -> None:
        if 32 <= size <= _LONGEST_KEY and offset < 1 << 32:
            hashed = bytes(step.memory[offset : offset + size]).ljust(size, b"\0")
            self.preimages[int.from_bytes(keccak(hashed), "big")] = hashed

    def _reads(self, *addresses: Address) -> None:
        self.reads.update(Resource(Kind.BALANCE, address) for address in addresses)

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...


def _address(word: int) -> Address:
    return (word & _ADDRESS).to_bytes(20, "big")

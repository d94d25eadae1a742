"""Dump and load on a running node, and the files that keep a chain from one run to the next.

What a dump holds is each chain and its state: blocks, transactions, receipts, accounts. What it does not hold, as in
Anvil: the txpool, impersonations, filters, snapshots, the clock's offset and the chain id.

Why a file is written beside its place and then moved there: a node that is killed while it writes must leave the
former dump whole.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from megadev.chain.blocks import SealedBlock
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError, InvalidParams
from megadev.node.chain import LocalChain
from megadev.node.persistence import (
    Accounts,
    Dump,
    DumpedAccount,
    OnProgress,
    UnavailableWorld,
    decode_dump,
    encode_dump,
    put_account,
    silent,
)
from megadev.state.diff import Cause, StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.remote import load
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node

FILE_NAME = "state.json"
"""The file meant where a directory is named."""


class Capture:
    """A node's chains at one moment, as a dump is made of them: taken on any thread in no time, encoded on any
    other.
    """

    def __init__(self, node: Node) -> None:
        self._l2 = _ChainCapture(node.l2)
        self._l1 = None if node.l1 is None else _ChainCapture(node.l1)
        self.moment: tuple[object, ...] = (*self._l2.moment, *(() if self._l1 is None else self._l1.moment))
        """The same objects as long as nothing changed."""

    def encode(self, *, history: bool) -> bytes:
        """The dump as JSON; ``history``: with the state after each block."""
        return self._l2.encode(history, None if self._l1 is None else self._l1.encode(history))


class _ChainCapture:
    """One chain's part of it."""

    def __init__(self, chain: LocalChain) -> None:
        head, irregular, _ = chain.sequencer.tip  # what is not sealed yet is in no dump
        self._spec = chain.sequencer.spec
        self._settings = chain.sequencer.blocks
        self._blocks = chain.store.blocks(chain.store.genesis.number, head.number)
        self._state = world_of_now(chain)
        self._zeroed = {address: account.storage for address, account in chain.genesis.accounts.items()}
        self.moment: tuple[object, object] = (head, irregular)

    def encode(self, history: bool, l1: bytes | None = None) -> bytes:
        return encode_dump(
            self._blocks,
            self._state,
            self._spec,
            coinbase=self._settings.coinbase,
            gas_limit=self._settings.gas_limit,
            zeroed=self._zeroed,
            history=history,
            l1=l1,
        )


def load_state(node: Node, data: bytes, on_progress: OnProgress = silent) -> None:
    """Make what a dump (JSON, plain or compressed) says the node's chains and state, whole or not at all.

    A chain is the dump's from then on; blocks that both have are kept as they are. Accounts are laid over those that
    are here, as in Anvil: the higher nonce counts, what the dump does not name stays. A dump without blocks only
    changes accounts, and so does any on a fork: its blocks would be without the state that is not in the dump. L1 stays
    as it is where the dump has none, as Anvil's have not. Raises ``InvalidParams`` saying what is wrong with it; then
    nothing changed.
    """
    node.between_blocks()
    l1 = node.l1
    dump, l1_dump = decode_dump(data, node.l2.spec, None if l1 is None else l1.spec, on_progress)
    _load_chain(node, node.l2, dump)
    if l1 is not None and l1_dump is not None:
        _load_chain(node, l1, l1_dump)


def _load_chain(node: Node, chain: LocalChain, dump: Dump) -> None:
    sequencer, present = chain.sequencer, world_of_now(chain)
    if not dump.blocks or not present.is_whole:
        if isinstance(present, ForkWorld):
            load(present.base, dump.accounts)
        diff = StateDiff(Cause.CHEAT)
        for address, account in _merged(dump.accounts, present).items():
            put_account(diff, address, account)
        sequencer.apply_irregular(diff)
        return
    irregular = _left_over(dump, present)
    common = _last_common(chain, dump.blocks)
    if common is None:
        node.snapshots.forget()
        sequencer.restart(dump.blocks, irregular)
    else:
        node.snapshots.keep_blocks_above(chain, common)
        sequencer.replace(common, (block for block in dump.blocks if block.number > common), irregular)
    _set_blocks_to_come(chain, dump)
    for tx in chain.pool.transactions():
        if tx.nonce < sequencer.next_nonce(tx.sender):
            sequencer.drop(tx.hash, "its nonce was used in the chain that was loaded")


def world_of_now(chain: LocalChain) -> World:
    """The whole state, with what was changed since the head was sealed."""
    head, irregular, _ = chain.sequencer.tip
    return head.world if irregular is None else head.world.apply(irregular)


def _merged(accounts: Accounts, present: World) -> Accounts:
    """``accounts`` with the nonces of those that are here, where these are higher."""
    merged: Accounts = {}
    for address, account in accounts.items():
        here = present.account(address)
        nonce = account.nonce if here is None else max(account.nonce, here.nonce)
        merged[address] = DumpedAccount(nonce, account.balance, account.code, account.storage)
    return merged


def _left_over(dump: Dump, present: World) -> StateDiff | None:
    """What is to be added to the dump's own state, so that what is here and not in the dump stays; None: nothing."""
    loaded = dump.blocks[-1].world
    diff = StateDiff(Cause.CHEAT)
    for address, here in present.accounts():
        account = dump.accounts.get(address)
        if account is None:
            diff.accounts[address] = here
            code = present.code(here.code_hash)
            if code:
                diff.codes[here.code_hash] = code
        elif here.nonce > account.nonce:
            put_account(diff, address, DumpedAccount(here.nonce, account.balance, account.code, {}))
        named = account.storage if account is not None else {}
        slots = {slot: value for slot, value in present.storage_of(address).items() if slot not in named}
        if slots:
            diff.storage[address] = slots
    return None if diff.is_empty or loaded is present else diff


def _last_common(chain: LocalChain, blocks: tuple[SealedBlock, ...]) -> int | None:
    """The number up to which the chain has the same blocks as the dump; None: not even the first."""
    if blocks[0].number != chain.store.genesis.number:
        return None
    common = None
    for block in blocks:
        here = chain.store.by_number(block.number)
        if here is None or here.hash != block.hash:
            break
        # the head's state is the dump's; an older block's is the one that is here, and better known
        if block is blocks[-1] and not _have_same_state(here, block):
            break
        common = block.number
    return common


def _have_same_state(here: SealedBlock, loaded: SealedBlock) -> bool:
    return not isinstance(here.world, UnavailableWorld) and here.world.state_root == loaded.world.state_root


def _set_blocks_to_come(chain: LocalChain, dump: Dump) -> None:
    """What the dump says of coinbase and gas limit; a base fee or PREVRANDAO that waited for one block is forgotten."""
    sequencer = chain.sequencer
    before = sequencer.blocks
    sequencer.blocks = type(before)(
        coinbase=before.coinbase if dump.coinbase is None else dump.coinbase,
        gas_limit=dump.gas_limit or before.gas_limit,
        max_transactions=before.max_transactions,
        extra_data=before.extra_data,
    )


def _are_same(these: tuple[object, ...], those: tuple[object, ...]) -> bool:
    return len(these) == len(those) and all(a is b for a, b in zip(these, those, strict=True))


def state_file(config: DevnetConfig) -> StateFile | None:
    """The file that the settings say to dump to. Raises ``ConfigError`` where nothing can be written there."""
    path = config.dump_state or config.state
    if path is None:
        return None
    file = StateFile(path, history=config.preserve_historical_states)
    file.check_writable()
    return file


def load_first(node: Node, config: DevnetConfig, on_progress: OnProgress = silent) -> None:
    """Load what the settings say to start from. Raises ``ConfigError`` where it cannot be used."""
    if config.load_state is not None:
        StateFile(config.load_state).load(node, on_progress)
    elif config.state is not None:
        file = StateFile(config.state)
        if file.path.exists():
            file.load(node, on_progress)


class StateFile:
    """Where a node's chain is kept. ``path`` may be a directory, which stands for a file in it."""

    def __init__(self, path: Path, *, history: bool = False) -> None:
        self.path = path / FILE_NAME if path.is_dir() else path
        self._history = history
        self._written: tuple[object, ...] | None = None
        self._writing = Lock()

    def load(self, node: Node, on_progress: OnProgress = silent) -> None:
        """Load it. Raises ``ConfigError`` where it cannot be read or used."""
        try:
            load_state(node, self.path.read_bytes(), on_progress)
        except OSError as problem:
            raise ConfigError(f"{self.path}: {problem.strerror or problem}") from None
        except InvalidParams as problem:
            raise ConfigError(f"{self.path}: {problem}") from None

    def check_writable(self) -> None:
        """That a dump can be written there, before hours of work depend on it. Raises ``ConfigError``."""
        folder = self.path.parent
        if not folder.is_dir():
            raise ConfigError(f"{self.path}: there is no directory {folder} to dump into")
        if not os.access(folder, os.W_OK):
            raise ConfigError(f"{self.path}: no permission to write to {folder}")

    def save(self, capture: Capture) -> None:
        """Write a dump, in one step, unless the file holds it already. Any thread; one writes at a time.

        Raises ``ConfigError`` where it cannot be written.
        """
        with self._writing:
            written = self._written
            if written is None or not _are_same(written, capture.moment):
                self._write(capture.encode(history=self._history))
                self._written = capture.moment

    def _write(self, document: bytes) -> None:
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            with beside.open("wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as problem:
            beside.unlink(missing_ok=True)
            raise ConfigError(f"{self.path}: cannot dump the state: {problem.strerror or problem}") from None

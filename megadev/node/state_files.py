"""Dump and load on a running node, and the files that keep a chain from one run to the next.

What a dump holds is each chain and its state: blocks, transactions, receipts, accounts. What it does not hold, as in
Anvil: the txpool, impersonations, filters, snapshots, the clock's offset and the chain id.

Why a file is written beside its place and then moved there: a node that is killed while it writes must leave the
former dump whole.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TextIO

import msgspec

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
    encode_accounts,
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
        self._adopted = 0 if node.driver is None else node.driver.progress.adopted
        self.moment: tuple[object, ...] = (*self._l2.moment, *(() if self._l1 is None else self._l1.moment))
        """The same objects as long as nothing changed."""

    def encode(self, *, history: bool) -> bytes:
        """The dump as JSON; ``history``: with the state after each block."""
        l1 = None if self._l1 is None else self._l1.encode(history)
        return self._l2.encode(history, l1, self._adopted)

    def ever_less(self, *, history: bool) -> Iterator[Callable[[], bytes]]:
        """Ways to encode it, each leaving out more than the one before: older states, L1, blocks."""
        yield lambda: self.encode(history=history)
        yield lambda: self.encode(history=False)
        yield lambda: self._l2.encode(history)
        yield lambda: self._l2.encode(False)
        yield self._l2.encode_accounts


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

    def encode(self, history: bool, l1: bytes | None = None, adopted: int = 0) -> bytes:
        return encode_dump(
            self._blocks,
            self._state,
            self._spec,
            coinbase=self._settings.coinbase,
            gas_limit=self._settings.gas_limit,
            zeroed=self._zeroed,
            history=history,
            l1=l1,
            adopted=adopted,
        )

    def encode_accounts(self) -> bytes:
        """The state of now alone."""
        return encode_accounts(self._state, self._zeroed)


def load_state(node: Node, data: bytes, on_progress: OnProgress = silent) -> None:
    """Make what a dump (JSON, plain or compressed) says the node's chains and state, whole or not at all.

    A chain is the dump's from then on; blocks that both have are kept as they are. Accounts are laid over those that
    are here, as in Anvil: the higher nonce counts, what the dump does not name stays. A dump without blocks only
    changes accounts, and so does any on a fork: its blocks would be without the state that is not in the dump. L1 stays
    as it is where the dump has none, as Anvil's have not, and L2 follows it from there on.

    Raises ``InvalidParams`` saying what is wrong with it, and ``SequencerStopped`` where L2 has a block open that must
    stay; then nothing changed.
    """
    node.between_blocks()
    l1 = node.l1
    dump, l1_dump = decode_dump(data, node.l2.spec, None if l1 is None else l1.spec, on_progress)
    _load_chain(node, node.l2, dump)
    if l1 is not None and l1_dump is not None:
        _load_chain(node, l1, l1_dump)
    if node.driver is not None and dump.blocks:
        if l1_dump is not None:
            node.driver.adopt(dump.adopted)
        else:
            node.driver.adopt_if_strange()


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
        sequencer.replace(common, _following(chain, dump.blocks, common), irregular)
    _set_blocks_to_come(chain, dump)
    for tx in chain.pool.transactions():
        if tx.nonce < sequencer.next_nonce(tx.sender):
            sequencer.drop(tx.hash, "its nonce was used in the chain that was loaded")


def _following(chain: LocalChain, blocks: tuple[SealedBlock, ...], common: int) -> list[SealedBlock]:
    """The blocks of a dump after ``common``. Where its state there differs from that of the block here, cheats made the
    difference before the next block.
    """
    following = [block for block in blocks if block.number > common]
    here, there = chain.block_with_state(common).world, blocks[common - blocks[0].number].world
    if following and following[0].irregular is None and here.is_known and there.is_known:
        following[0] = msgspec.structs.replace(following[0], irregular=_between(here, there))
    return following


def _between(before: World, after: World) -> StateDiff | None:
    """What makes the state ``after`` of the state ``before``; None: nothing."""
    diff = StateDiff(Cause.CHEAT)
    if before.state_root == after.state_root:
        return None
    for address, account in after.accounts():
        if before.account(address) != account:
            diff.accounts[address] = account
            code = after.code(account.code_hash)
            if code:
                diff.codes[account.code_hash] = code
        were, are = before.storage_of(address), after.storage_of(address)
        slots = {slot: are.get(slot, 0) for slot in were.keys() | are.keys() if were.get(slot, 0) != are.get(slot, 0)}
        if slots:
            diff.storage[address] = slots
    for address, _ in before.accounts():
        if after.account(address) is None:
            diff.accounts[address] = None
    return diff


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
    """The file that the settings say to dump to, claimed. Raises ``ConfigError`` where nothing can be written there, or
    another node writes there.
    """
    path = config.dump_state or config.state
    if path is None:
        return None
    file = StateFile(path, history=config.preserve_historical_states)
    file.check_writable()
    file.claim()
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
        self._claim: TextIO | None = None

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

    def claim(self) -> None:
        """Keep other processes from dumping to the same file until ``release``; they would overwrite each other's.
        Raises ``ConfigError`` where another does so already.
        """
        beside = self.path.with_name(f".{self.path.name}.lock")
        while self._claim is None:
            try:
                lock = beside.open("w")
            except OSError as problem:
                raise ConfigError(f"{self.path}: cannot dump there: {problem.strerror or problem}") from None
            if not _try_lock(lock):
                lock.close()
                raise ConfigError(f"{self.path}: another node dumps its state to this file: stop it, or name another")
            if _is_at(lock, beside):  # not one that whoever had it has just removed
                self._claim = lock

    def release(self) -> None:
        """Let others dump to the file."""
        claim, self._claim = self._claim, None
        if claim is not None:
            with suppress(OSError):
                Path(claim.name).unlink(missing_ok=True)
            claim.close()

    def save(self, capture: Capture) -> None:
        """Write a dump, in one step, unless the file holds it already. Any thread; one writes at a time.

        Raises ``ConfigError`` where it cannot be written.
        """
        with self._writing:
            written = self._written
            if written is None or not _are_same(written, capture.moment):
                self._write(capture.encode(history=self._history))
                self._written = capture.moment

    def save_at_last(self, capture: Capture) -> None:
        """As ``save``, when there will be no other time: what cannot be written as it should be is written as far as,
        and where, it can be. Raises ``ConfigError`` saying where, or that nothing could be.
        """
        try:
            self.save(capture)
        except Exception as problem:
            place = self._rescue(capture)
            saved = "nothing could be saved" if place is None else f"what could be saved is in {place}"
            reason = str(problem).removeprefix(f"{self.path}: ")
            raise ConfigError(f"{self.path}: {reason or type(problem).__name__}; {saved}") from problem

    def _rescue(self, capture: Capture) -> Path | None:
        """Where as much as can be saved of ``capture`` is now; None where nothing is."""
        for encode in capture.ever_less(history=self._history):
            try:
                document = encode()
            except Exception:
                continue
            for folder in (self.path.parent, Path.cwd(), Path(tempfile.gettempdir())):
                with suppress(OSError):
                    number, name = tempfile.mkstemp(".json", f"{self.path.stem}.rescued-", folder)
                    with os.fdopen(number, "wb") as file:
                        file.write(document)
                    return Path(name)
        return None

    def _write(self, document: bytes) -> None:
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            with beside.open("wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as problem:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise ConfigError(f"{self.path}: cannot dump the state: {problem.strerror or problem}") from None
        _make_lasting(self.path.parent)


def _make_lasting(folder: Path) -> None:
    """See to it that a name put into ``folder`` is there after a power cut, where the system can promise that."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _try_lock(file: TextIO) -> bool:
    """Whether this process has ``file`` to itself now; where the system knows no such locks, that is taken for yes."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_at(file: TextIO, path: Path) -> bool:
    """Whether the open ``file`` is the one that ``path`` names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False

"""What a worker process does for a sequencer: it keeps a replica of the chain's state, and executes transactions on it
ahead of their turn (``outcomes``).

The replica is fed by what each block wrote, so nothing is asked for while a block is built. It is flat: what is in it
is what is there, and what is not does not exist.

``python -m megadev.sequencer.executing FD`` serves messages on the socket FD until its other end is closed. A message
is a pair (what, more) in ``marshal``'s form behind its length, 4 bytes, little-endian:

===========  ==========================================================  ===========================================
what         more                                                        answer
===========  ==========================================================  ===========================================
recover      transactions (bytes)                                        ``recovered`` of each
chain        the engine's name and the chain's spec, pickled             none
state        a whole state, in place of what was there: ``told_diff``    none
written      what was written since: ``told_diff``                       none
block        the block's environment, and what was written in it so far  none
run          what others wrote or None, transactions: ``TxEnv``'s fields (outcome or None, nanoseconds) of each
===========  ==========================================================  ===========================================

Why ``marshal``: both ends are the same Python, and nothing else reads tuples of numbers and bytes as fast.
"""

from __future__ import annotations

import contextlib
import marshal
import pickle
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from megadev.chain.recovering import recovered
from megadev.chain.spec import SMALLEST_CAPACITY
from megadev.clock import processor_ns
from megadev.errors import MegadevError, StateUnavailable
from megadev.evm.engine import BlockEnv, Engine, Execution, MegaEnv, OperatorFee, TxEnv
from megadev.evm.engines import open_engine
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.sequencer.outcomes import Outcome, fee_recipients, may_tell_balances, told
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World

LENGTH = 4
_PLAIN_FORM = 2
"""The version of ``marshal``'s form without references between objects, which take longer to find than they save."""
ToldDiff: TypeAlias = tuple[Any, ...]
_LARGEST_RECEIVE = 1 << 18


def packed(what: str, more: Any) -> bytes:
    """A message as it is sent."""
    body = marshal.dumps((what, more), _PLAIN_FORM)
    return len(body).to_bytes(LENGTH, "little") + body


def told_diff(diff: StateDiff) -> ToldDiff:
    """``diff`` as it is sent."""
    accounts = {
        address: None if account is None else (account.nonce, account.balance, account.code_hash)
        for address, account in diff.accounts.items()
    }
    return accounts, diff.storage, tuple(diff.cleared), diff.codes


def told_world(world: World, most: int) -> tuple[ToldDiff, int] | None:
    """A whole state as it is sent, and its number of accounts and slots; None if there are more than ``most``."""
    if len(world) > most:
        return None
    accounts: dict[Address, Any] = {}
    codes: dict[Hash32, bytes] = {}
    for address, account in world.accounts():
        accounts[address] = account.nonce, account.balance, account.code_hash
        if account.code_hash != EMPTY_CODE_HASH:
            codes[account.code_hash] = world.code(account.code_hash)
    size = len(accounts)
    storage = {}
    for address, slots in world.storages():
        size += len(slots)
        if size > most:
            return None
        storage[address] = dict(slots)
    return (accounts, storage, (), codes), size


def _diff(value: ToldDiff) -> StateDiff:
    accounts, storage, cleared, codes = value
    return StateDiff(
        Cause.TRANSACTION,
        {address: None if account is None else Account(*account) for address, account in accounts.items()},
        storage,
        set(cleared),
        codes,
    )


def told_environment(env: BlockEnv) -> tuple[Any, ...]:
    """``env`` as it is sent."""
    operator, mega = env.operator_fee, env.mega
    return (
        (env.number, env.timestamp, env.gas_limit, env.coinbase, env.prev_randao, env.base_fee, env.blob_base_fee),
        None if operator is None else (operator.scalar, operator.constant),
        None if mega is None else (mega.system_address, mega.capacity is not None),
    )


class Replica:
    """A ``StateReader`` of the state after a block, kept as plain dicts."""

    must_be_asked = False

    def __init__(self) -> None:
        self._accounts: dict[Address, Account] = {}
        self._storage: dict[Address, dict[int, int]] = {}
        self._codes: dict[Hash32, bytes] = {EMPTY_CODE_HASH: b""}

    def account(self, address: Address) -> Account | None:
        return self._accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        slots = self._storage.get(address)
        return 0 if slots is None else slots.get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        return self._codes.get(code_hash, b"")

    def block_hash(self, number: int) -> Hash32:
        """Raises ``StateUnavailable``: blocks are not kept here."""
        raise StateUnavailable(f"the hash of block {number} is not known to a worker")

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        """See ``KnowsStorage``."""
        slots = self._storage.get(address, {})
        return slots if len(slots) <= most else None

    def has_storage(self, address: Address) -> bool:
        """See ``KnowsStorage``."""
        return any(self._storage.get(address, {}).values())

    def apply(self, diff: StateDiff) -> None:
        """Write it, in the order of ``World.apply``."""
        accounts, storage = self._accounts, self._storage
        for address in diff.cleared:
            storage.pop(address, None)
        for address, account in diff.accounts.items():
            if account is None:
                accounts.pop(address, None)
                storage.pop(address, None)
            else:
                accounts[address] = account
        for address, written in diff.storage.items():
            slots = storage.setdefault(address, {})
            for slot, word in written.items():
                if word:
                    slots[slot] = word
                else:
                    slots.pop(slot, None)
            if not slots:
                del storage[address]
        self._codes.update(diff.codes)


class Executor:
    """The worker's part of the talk: ``handle`` takes a message and returns what is answered, None for nothing."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._replica = Replica()
        self._state = Overlay(self._replica)
        self._env: BlockEnv | None = None
        self._paid: tuple[Address, ...] = ()
        self._tells: dict[Hash32, bool] = {}
        self._buckets: set[int] = set()
        self._took = 0

    def handle(self, what: str, more: Any) -> object | None:
        """See the module. Raises ``ValueError`` for a message that is none."""
        if what == "run":
            missed, transactions = more
            if missed is not None:
                self._state.apply(_diff(missed))
            return [self._run(TxEnv(*fields)) for fields in transactions]
        if what == "recover":
            return [recovered(raw) for raw in more]
        if what == "block":
            self._begin(*more)
        elif what == "written":
            self._replica.apply(_diff(more))
        elif what == "state":
            self._replica = Replica()
            self._replica.apply(_diff(more))
        elif what == "chain":
            name, self._spec = pickle.loads(more)
            self._engine = None
            with contextlib.suppress(MegadevError):  # without one, nothing is executed here
                self._engine = open_engine(name, self._spec)
        else:
            raise ValueError(f"unknown message {what!r}")
        return None

    def _begin(self, environment: tuple[Any, ...], written: ToldDiff) -> None:
        plain, operator, mega = environment
        number, timestamp, gas_limit, coinbase, prev_randao, base_fee, blob_base_fee = plain
        self._env = BlockEnv(
            number,
            timestamp,
            gas_limit,
            coinbase,
            prev_randao,
            base_fee,
            blob_base_fee,
            None if operator is None else OperatorFee(*operator),
            None if mega is None else MegaEnv(mega[0], self._capacity if mega[1] else None),
        )
        self._paid = fee_recipients(self._spec, coinbase)
        self._state = Overlay(self._replica, _diff(written))

    def _capacity(self, bucket: int) -> int:
        """The smallest, as nearly all have; who adopts the outcome knows better."""
        self._buckets.add(bucket)
        return SMALLEST_CAPACITY

    def _tells_balances(self, code_hash: Hash32) -> bool:
        known = self._tells.get(code_hash)
        if known is None:
            known = self._tells[code_hash] = may_tell_balances(self._state.code(code_hash))
        return known

    def _execute(self, env: BlockEnv, tx: TxEnv, state: StateReader) -> Execution:
        assert self._engine is not None, "the chain comes first"
        started = processor_ns()
        execution = self._engine.execute(env, tx, state)
        self._took = processor_ns() - started
        return execution

    def _run(self, tx: TxEnv) -> tuple[Outcome | None, int]:
        self._buckets = set()
        try:
            assert self._env is not None, "the block comes first"
            outcome = told(self._execute, self._env, tx, self._state, self._paid, self._tells_balances, self._buckets)
        except Exception:  # it is executed in its turn, where whatever is wrong with it is told
            outcome = None
        return outcome, self._took


def serve(connection: socket.socket, handle: Callable[[str, Any], object | None]) -> None:
    """Say that it is there, then answer until the other end is closed."""
    buffer = bytearray()
    connection.sendall(packed("ready", None))
    while received := connection.recv(_LARGEST_RECEIVE):
        buffer += received
        for what, more in unpacked(buffer):
            answer = handle(what, more)
            if answer is not None:
                connection.sendall(packed(what, answer))


def unpacked(buffer: bytearray) -> Iterable[tuple[str, Any]]:
    """Take the whole messages out of ``buffer``, from its beginning."""
    while len(buffer) >= LENGTH and len(buffer) >= (end := LENGTH + int.from_bytes(buffer[:LENGTH], "little")):
        body = bytes(memoryview(buffer)[LENGTH:end])
        del buffer[:end]
        yield marshal.loads(body)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the node too, which closes the other end
    with contextlib.suppress(ConnectionError):
        serve(socket.socket(fileno=int(sys.argv[1])), Executor().handle)

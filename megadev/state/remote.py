"""State as upstream has it after one block: fetched when it is asked for, once, and kept. History before it likewise.

``RemoteState`` is a ``StateReader`` like any other to whoever executes over it. Everything it learns is pinned to the
block by its hash (EIP-1898), so that a reorganisation upstream gives an error and never a mixture of two chains. Where
upstream knows only numbers, every batch ends with asking for the block's hash, which tells of a reorganisation before
or during it, though not of one between two attempts at what is left of a batch. What is asked about history comes with
a question of state, for the same reason; where upstream refuses that for its form, history is taken on trust.

Why a thread that runs an event loop is never made to wait: on it everybody else would wait too. It gets
``PrefetchNeeded`` instead, fetches on another thread and asks again; a worker thread just waits. ``load`` fetches many
keys in one batch, for whoever knows beforehand what will be asked; a reader made by ``with_hint`` carries who may know,
should anything be missing at all: upstream is asked then, once, what it thinks will be touched, and all of that comes
in one batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from megadev.chain.transactions import is_delegation
from megadev.errors import (
    NotInBundle,
    PrefetchNeeded,
    StateUnavailable,
    UpstreamFailed,
    UpstreamRefused,
)
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_HASH, Address, Hash32, Wei
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.answers import Answers
from megadev.state.reader import Keys, PrefetchHint, Slot, StateReader
from megadev.state.upstream import BATCH, Call, Upstream


def call_hint(sender: Address | None, to: Address | None, value: Wei, data: bytes) -> PrefetchHint | None:
    """Returns the state that a call is likely to touch, by upstream's ``eth_createAccessList``; None for a creation."""
    if to is None:
        return None
    call = {"to": to_data(to), "value": hex(value), "data": to_data(data)}
    if sender is not None:
        call["from"] = to_data(sender)

    def ask(state: RemoteState) -> Keys:
        (found,) = state.source.hints([("eth_createAccessList", (call, hex(state.number)))])
        return access_list_keys([found])

    return ask


def access_list_keys(answers: Iterable[Any]) -> Keys:
    """The keys in answers of eth_createAccessList, None among them for those that failed."""
    entries = [entry for answer in answers if answer for entry in answer.get("accessList") or ()]
    addresses = [bytes.fromhex(entry["address"][2:]) for entry in entries]
    keys = [entry["storageKeys"] for entry in entries]
    return addresses, [(address, int(key, 16)) for address, mine in zip(addresses, keys, strict=True) for key in mine]


NOTHING: dict[str, Any] = {}
"""What is kept for an answer of null, which would look like no answer."""


class Source:
    """The source of answers: kept ones, then upstream; without one (``upstream`` None), only kept ones.

    ``used`` collects the keys that were really asked for, where somebody records them.
    """

    def __init__(
        self,
        answers: Answers,
        upstream: Upstream | None,
        *,
        pinned: Hash32 | None = None,
        recording: bool = False,
    ) -> None:
        self.answers = answers
        self.upstream = upstream
        self._guards: list[Call] = []
        """What is asked beside each question about history: something small that fails once the block is gone."""
        if pinned is not None:
            canonical = {"blockHash": to_data(pinned), "requireCanonical": True}
            self._guards.append(("eth_getTransactionCount", ("0x" + "00" * 20, canonical)))
        self.used: dict[str, Any] | None = {} if recording else None
        self._waiting: dict[tuple[str, ...], Any] = {}

    def lookup(self, key: str) -> Any | None:
        """Returns the kept value of ``key``, or None."""
        return self.answers.get(key)

    def lacks(self, keys: Iterable[str]) -> NotInBundle:
        """The error for what is not kept where there is no upstream to ask."""
        shown = list(dict.fromkeys(keys))
        more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
        where = getattr(self.answers, "path", None)
        return NotInBundle(
            f"state unavailable: the fork bundle{f' {where}' if where else ''} does not hold {'; '.join(shown[:10])}"
            f"{more}: record it again with what is run now (megadev fork record), or fork with --fork-url"
        )

    def note(self, key: str, value: Any) -> None:
        """``key`` was asked for, and this is the answer."""
        if self.used is not None:
            self.used[key] = NOTHING if value is None else value

    def query(self, key: str, method: str, *params: Any, keep: Callable[[Any], bool] = lambda result: True) -> Any:
        """The result of a call about history, kept under ``key`` where ``keep`` says that it stays true.

        Raises ``PrefetchNeeded`` on the thread of an event loop, ``NotInBundle``, and what ``Upstream.ask`` raises.
        """
        return self._query(key, [(method, params)], lambda results: results[0], keep)

    def query_each(self, key: str, calls: Sequence[Call]) -> list[Any]:
        """As ``query``: the results of several calls, kept together under ``key`` where none of them is null."""
        found = self._query(key, calls, lambda results: results, all)
        return list(found)

    def _query(
        self, key: str, calls: Sequence[Call], told: Callable[[list[Any]], Any], keep: Callable[[Any], bool]
    ) -> Any:
        kept = self.lookup(key)
        if kept is not None:
            self.note(key, kept)
            return None if kept == NOTHING else kept
        if self.upstream is None:
            raise self.lacks([key])
        upstream = self.upstream

        def fetch() -> Any:
            outcomes = upstream.outcomes([*calls, *self._guards])
            asked, guarded = outcomes[: len(calls)], outcomes[len(calls) :]
            for each in guarded:
                if isinstance(each, UpstreamFailed) and each.is_reorganised:
                    raise each
            for each in asked:
                if isinstance(each, Exception):
                    raise each
            result = told(asked)
            if result is not None and keep(result):
                self.answers.put({key: result})
            return result

        lacking = upstream.lacking(calls)
        if lacking is not None:
            raise lacking
        if may_not_wait():
            asked_by = (key, *(method for method, _ in calls[:1]))
            if asked_by in self._waiting:
                result = self._waiting.pop(asked_by)
                if isinstance(result, UpstreamRefused):
                    raise result
                self.note(key, result)
                return result

            def put_by() -> None:
                try:
                    self._put_by(asked_by, fetch())
                except UpstreamRefused as refused:  # whoever asks may have an answer to that
                    self._put_by(asked_by, refused)

            raise PrefetchNeeded(key, put_by)
        result = fetch()
        self.note(key, result)
        return result

    def hints(self, calls: Sequence[Call]) -> list[Any]:
        """The results of calls that nothing depends on: None for each that fails, in whatever way. Blocks."""
        if self.upstream is None:
            return [None] * len(calls)
        outcomes = self.upstream.outcomes(calls, retries=0)
        return [None if isinstance(outcome, Exception) else outcome for outcome in outcomes]

    def _put_by(self, key: tuple[str, ...], result: Any) -> None:
        """Keep an answer until whoever wanted it asks again."""
        while len(self._waiting) >= 64:
            self._waiting.pop(next(iter(self._waiting)), None)
        self._waiting[key] = result


class _Thread(threading.local):
    """The state of the calling thread."""

    may_not_wait = False


_THREAD = _Thread()


def may_not_wait() -> bool:
    """True if others wait for this thread: it runs an event loop, or the node's changes."""
    return asyncio._get_running_loop() is not None or _THREAD.may_not_wait


def forbid_waiting() -> None:
    """On this thread, which is no event loop's, nothing is waited for either."""
    _THREAD.may_not_wait = True


class RemoteState:
    """A ``StateReader`` of the state after block ``number``, which has ``block_hash``.

    ``scope`` goes in front of the keys under which answers are kept, to tell several blocks apart in one place.
    ``balances`` (wei) are what some accounts own instead of what upstream says: the funded accounts of a fork.
    ``undelegated``: accounts that delegate to nobody (EIP-7702) whatever upstream says.
    """

    def __init__(
        self,
        source: Source,
        number: int,
        block_hash: Hash32,
        *,
        scope: str = "",
        balances: Mapping[Address, Wei] | None = None,
        undelegated: Iterable[Address] = (),
    ) -> None:
        self.source = source
        self.number = number
        self.hash = block_hash
        self._scope = scope
        self._balances = dict(balances or {})
        self._undelegated = frozenset(undelegated)
        self._accounts: dict[Address, Account | None] = {}
        self._slots: dict[Slot, int] = {}
        self._codes: dict[Hash32, bytes] = {EMPTY_CODE_HASH: b""}
        self._hashes: dict[int, Hash32] = {number: block_hash}
        self._by_hash = True
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}
        self._notes = source.used is not None
        self._hint: PrefetchHint | None = None

    # -- reading --------------------------------------------------------------------------------------------------

    def account(self, address: Address) -> Account | None:
        """The account, or None where none exists."""
        try:
            found = self._accounts[address]
        except KeyError:
            self._ensure(accounts=(address,))
            found = self._accounts[address]
        if self._notes:
            self._note_account(address, found)
        balance = self._balances.get(address)
        if balance is not None:
            found = found or EMPTY_ACCOUNT
            code_hash = found.code_hash
            if address in self._undelegated and is_delegation(self._codes[code_hash]):
                code_hash = EMPTY_CODE_HASH
            return Account(found.nonce, balance, code_hash)
        return found

    def storage(self, address: Address, slot: int) -> int:
        """The word in ``slot``."""
        key = (address, slot)
        value = self._slots.get(key)
        if value is None:
            self._ensure(slots=(key,))
            value = self._slots[key]
        if self._notes:
            self.source.note(self._slot_key(key), hex(value))
        return value

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that hash, of an account that was asked for before; b'' for any other."""
        return self._codes.get(code_hash, b"")

    def block_hash(self, number: int) -> Hash32:
        """The hash of a block up to the pinned one; 32 zero bytes beyond it."""
        if number > self.number or number < 0:
            return ZERO_HASH
        found = self._hashes.get(number)
        if found is None:
            block = self.source.query(f"hash {number:#x}", "eth_getBlockByNumber", hex(number), False)
            text = block if isinstance(block, str) else (block or {}).get("hash", to_data(ZERO_HASH))
            found = self._hashes[number] = bytes.fromhex(text[2:])
        return found

    def with_hint(self, hint: PrefetchHint) -> RemoteState:
        """See ``Prefetches``: what either of the two fetches, both have."""
        reader = copy.copy(self)
        reader._hint = hint
        return reader

    def is_funded(self, address: Address) -> bool:
        """True if the account's balance is not upstream's."""
        return address in self._balances

    def load(
        self, accounts: Iterable[Address] = (), slots: Iterable[Slot] = (), *, may_be_for_nothing: bool = False
    ) -> None:
        """Fetch what is not there yet, in one go: for whoever knows what will be asked. Blocks.

        What a bundle does not hold is left out: whether it is needed shows when it is asked for. What
        ``may_be_for_nothing`` and fails is asked anew by whoever needs some of it meanwhile.
        """
        wanted_accounts = [address for address in dict.fromkeys(accounts) if address not in self._accounts]
        wanted_slots = [key for key in dict.fromkeys(slots) if key not in self._slots]
        self._take_kept(wanted_accounts, wanted_slots)
        if self.source.upstream is not None:
            self._fetch(
                [address for address in wanted_accounts if address not in self._accounts],
                [key for key in wanted_slots if key not in self._slots],
                may_be_for_nothing=may_be_for_nothing,
            )

    def prefetch_or_raise(self, accounts: Iterable[Address] = (), slots: Iterable[Slot] = ()) -> None:
        """As ``load``; on the thread of an event loop it raises ``PrefetchNeeded`` where something is to be fetched."""
        if not may_not_wait():
            self.load(accounts, slots)
        elif self.source.upstream is not None:
            self._ensure(
                tuple(address for address in dict.fromkeys(accounts) if address not in self._accounts),
                tuple(key for key in dict.fromkeys(slots) if key not in self._slots),
            )

    def touched(self) -> tuple[list[Address], list[Slot]]:
        """Everything that was fetched, for a prefetch another time."""
        return list(self._accounts), list(self._slots)

    # -- fetching -------------------------------------------------------------------------------------------------

    def _ensure(self, accounts: tuple[Address, ...] = (), slots: tuple[Slot, ...] = ()) -> None:
        self._take_kept(accounts, slots)
        accounts = tuple(address for address in accounts if address not in self._accounts)
        slots = tuple(key for key in slots if key not in self._slots)
        if not accounts and not slots:
            return
        names = [*map(self._account_key, accounts), *map(self._slot_key, slots)]
        if self.source.upstream is None:
            raise self.source.lacks(names)
        if may_not_wait():
            raise PrefetchNeeded(", ".join(names), lambda: self._fetch(accounts, slots))
        hint, self._hint = self._hint, None
        if hint is not None:
            more_accounts, more_slots = _told(hint, self)
            self.load([*accounts, *more_accounts], [*slots, *more_slots])
        self._fetch(accounts, slots)

    def _take_kept(self, accounts: Iterable[Address], slots: Iterable[Slot]) -> None:
        """Into memory with what is kept; an account only with its code."""
        lookup = self.source.lookup
        for address in accounts:
            kept = lookup(self._account_key(address))
            if kept is None:
                continue
            nonce, balance, code_hash = int(kept[0], 16), int(kept[1], 16), bytes.fromhex(kept[2][2:])
            if code_hash not in self._codes:
                code = lookup("code " + kept[2])
                if code is None:
                    continue
                self._codes[code_hash] = bytes.fromhex(code[2:])
            self._set_account(address, Account(nonce, balance, code_hash))
        for key in slots:
            kept = lookup(self._slot_key(key))
            if kept is not None:
                self._slots[key] = int(kept, 16)

    def _fetch(self, accounts: Sequence[Address], slots: Sequence[Slot], *, may_be_for_nothing: bool = False) -> None:
        """Ask upstream, each key once however many threads want it, who share the error, too: but that of what
        ``may_be_for_nothing``, which had other keys with it and nobody who needed them.
        """
        mine: list[tuple[str, Address | Slot]] = []
        others: list[Future[None]] = []
        done: Future[None] = Future()
        trouble: BaseException | None = None
        try:
            with self._lock:
                wanted: list[tuple[str, Address | Slot]] = [
                    (self._account_key(address), address) for address in accounts if address not in self._accounts
                ]
                wanted += [(self._slot_key(key), key) for key in slots if key not in self._slots]
                for name, what in wanted:
                    under_way = self._under_way.get(name)
                    if under_way is None:
                        mine.append((name, what))
                        self._under_way[name] = done
                    else:
                        others.append(under_way)
            if mine:
                self._fetch_mine([what for _, what in mine])
        except BaseException as error:
            trouble = error
            raise
        finally:
            with self._lock:
                for name, _ in mine:
                    if self._under_way.get(name) is done:
                        del self._under_way[name]
            if trouble is None or may_be_for_nothing:
                done.set_result(None)
            else:
                done.set_exception(trouble)
        for future in others:
            future.result()
        left = [address for address in accounts if address not in self._accounts]
        left_slots = [key for key in slots if key not in self._slots]
        if left or left_slots:
            self._fetch(left, left_slots, may_be_for_nothing=may_be_for_nothing)

    def _fetch_mine(self, wanted: list[Address | Slot]) -> None:
        upstream = self.source.upstream
        assert upstream is not None, "the caller asked"
        accounts = [what for what in wanted if isinstance(what, bytes)]
        slots = [what for what in wanted if not isinstance(what, bytes)]
        results = self._asked(upstream, accounts, slots)
        found: dict[str, Any] = {}
        ready: dict[Address, Account] = {}
        codes: dict[Hash32, bytes] = {}
        try:
            for place, address in enumerate(accounts):
                balance, nonce, code = results[3 * place : 3 * place + 3]
                raw = bytes.fromhex(code[2:])
                code_hash = keccak(raw) if raw else EMPTY_CODE_HASH
                codes[code_hash] = raw
                ready[address] = Account(_number(nonce), _number(balance), code_hash)
                if raw:
                    found[f"code {to_data(code_hash)}"] = code.lower()
                found[self._account_key(address)] = _written(ready[address])
            values = [_number(value) for value in results[3 * len(accounts) :]]
        except (TypeError, ValueError):
            asked = zip(_calls(accounts, slots, None), results, strict=True)
            method, result = next((method, result) for (method, _), result in asked if not _is_value(method, result))
            raise UpstreamFailed(
                f"state unavailable: {upstream.name} answered {method} with {str(result)[:80]!r}; check that "
                "the URL is of an Ethereum node"
            ) from None
        for key, value in zip(slots, values, strict=True):
            found[self._slot_key(key)] = hex(value)
        # all of it is here and good: from now on it is seen, codes first
        self._codes.update(codes)
        for address, account in ready.items():
            self._set_account(address, account)
        self._slots.update(zip(slots, values, strict=True))
        self.source.answers.put(found)

    def _asked(self, upstream: Upstream, accounts: list[Address], slots: list[Slot]) -> list[Any]:
        """Upstream's results: three for each account, one for each slot."""
        if self._by_hash:
            pinned: Any = {"blockHash": to_data(self.hash), "requireCanonical": True}
            outcomes = upstream.outcomes(_calls(accounts, slots, pinned))
            errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            if not errors:
                return outcomes
            if isinstance(errors[0], UpstreamFailed):
                raise errors[0]
            self._by_hash = False  # it was refused for its form: not every node knows EIP-1898
        guard: Call = ("eth_getBlockByNumber", (hex(self.number), False))
        calls = _calls(accounts, slots, hex(self.number))
        guarded: list[Call] = []
        for start in range(0, len(calls), BATCH - 1):
            guarded += [*calls[start : start + BATCH - 1], guard]
        results: list[Any] = []
        for call, result in zip(guarded, upstream.ask(guarded), strict=True):
            if call is not guard:
                results.append(result)
                continue
            now = result.get("hash") if isinstance(result, dict) else None
            if now != to_data(self.hash):
                raise UpstreamFailed(
                    f"state unavailable: block {self.number} of {upstream.name} is now {now}, but the fork began at "
                    f"{to_data(self.hash)}: a reorganisation has removed it; fork again (anvil_reset), from a block "
                    "that is final",
                    is_reorganised=True,
                )
        return results

    def _set_account(self, address: Address, account: Account) -> None:
        """Upstream tells an empty account from none at all as little as its RPC does (EIP-161: there are no empty
        ones).
        """
        self._accounts[address] = None if account.is_empty else account

    def _account_key(self, address: Address) -> str:
        return f"{self._scope}account {to_data(address)}"

    def _slot_key(self, key: Slot) -> str:
        return f"{self._scope}slot {to_data(key[0])} {key[1]:#066x}"

    def _note_account(self, address: Address, account: Account | None) -> None:
        account = account or EMPTY_ACCOUNT
        self.source.note(self._account_key(address), _written(account))
        if account.code_hash != EMPTY_CODE_HASH:
            self.source.note(f"code {to_data(account.code_hash)}", to_data(self._codes[account.code_hash]))


def _told(hint: PrefetchHint, state: RemoteState) -> Keys:
    """Returns the content of ``hint``; nothing if upstream's answer cannot be read."""
    try:
        accounts, slots = hint(state)
        return list(accounts), list(slots)
    except (TypeError, ValueError, KeyError, AttributeError):
        return (), ()


def load(state: StateReader, accounts: Iterable[Address] = (), slots: Iterable[Slot] = ()) -> None:
    """Fetches these in one go if ``state`` is a ``RemoteState``, unless this thread may not wait. It is a favour to
    what comes next, so what fails here fails there.
    """
    if isinstance(state, RemoteState) and not may_not_wait():
        with contextlib.suppress(StateUnavailable):
            state.load(accounts, slots)


def _number(result: str) -> int:
    """A quantity or word; Ganache writes the words of accounts without storage as ``0x``."""
    return 0 if result == "0x" else int(result, 16)


def _is_value(method: str, result: Any) -> bool:
    try:
        bytes.fromhex(result[2:]) if method == "eth_getCode" else _number(result)
    except (TypeError, ValueError):
        return False
    return True


def _written(account: Account) -> list[str]:
    return [hex(account.nonce), hex(account.balance), to_data(account.code_hash)]


def _calls(accounts: Iterable[Address], slots: Iterable[Slot], block: Any) -> list[Call]:
    calls: list[Call] = []
    for address in accounts:
        name = to_data(address)
        calls.append(("eth_getBalance", (name, block)))
        calls.append(("eth_getTransactionCount", (name, block)))
        calls.append(("eth_getCode", (name, block)))
    calls += [("eth_getStorageAt", (to_data(address), f"{slot:#066x}", block)) for address, slot in slots]
    return calls

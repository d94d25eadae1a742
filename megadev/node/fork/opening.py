"""Opening a fork: upstream, or a bundle, is asked for the forked block, and what the last run touched is fetched."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import Header, SealedBlock
from megadev.chain.documents import JsonObject, read_header
from megadev.chain.spec import MESSAGE_PASSER, ChainSpec
from megadev.errors import (
    ConfigError,
    StateUnavailable,
    UpstreamRefused,
)
from megadev.files import write_whole
from megadev.node.fork.bundle import Recorded
from megadev.node.fork.history import ForkHistory, header_block
from megadev.node.fork.request import HASH_DIGITS, ForkRequest
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import (
    Address,
    Hash32,
    Wei,
)
from megadev.rollup.derivation import L1Origin
from megadev.state.answers import Answers, DiskCache, Forgetful, Part, read_bundle
from megadev.state.diff import StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.remote import RemoteState, Source
from megadev.state.upstream import Upstream

MOST_TOUCHED = 2_000
"""Accounts, and slots, that are fetched beforehand at most."""


class _Touched(msgspec.Struct):
    """Accounts and slots, in hex."""

    accounts: list[str]
    slots: list[tuple[str, str]]


def _endpoint(request: ForkRequest) -> str:
    """A name for the URL, in which no key can be read."""
    return hashlib.sha256(request.urls[0].encode()).hexdigest()[:12]


class Fork(msgspec.Struct, eq=False):
    """An open fork. ``url`` is fit for messages; ``document`` is the forked block as upstream tells it."""

    request: ForkRequest
    url: str
    chain_id: int
    document: JsonObject
    header: Header
    hash: Hash32
    source: Source
    state: RemoteState
    history: ForkHistory
    replay: str | None = None
    """The hash of a transaction that is to be run again, with those before it in its block."""
    remarks: tuple[str, ...] = msgspec.field(default=())
    """What the user should know of it, besides its rules."""
    rules_warnings: tuple[str, ...] = msgspec.field(default=())
    _prefetching: tuple[int, int] | None = None
    """While what the last run touched is fetched: upstream's calls before, and how many that takes."""

    @property
    def prefetched(self) -> tuple[int, int] | None:
        """The number of finished upstream calls that fetch the last run's state, and their total; None after that. On
        any thread.
        """
        begun, upstream = self._prefetching, self.source.upstream
        if begun is None or upstream is None:
            return None
        before, count = begun
        return min(upstream.counts.calls - before, count), count

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the fork for the user."""
        return self.remarks + self.rules_warnings

    @property
    def number(self) -> int:
        """The forked block's number."""
        return self.header.number

    def world(self) -> ForkWorld:
        """The state after the forked block."""
        return ForkWorld(self.state, self.header.state_root, frozenset((MESSAGE_PASSER,)))

    def first_block(self, spec: ChainSpec, laid: StateDiff | None = None) -> SealedBlock:
        """The forked block as the first one of a chain, without what it holds (that the past tells); ``laid`` is put
        over its state.
        """
        world = self.world() if laid is None else self.world().apply(laid)
        block = header_block(self.header, self.hash, world, spec)
        self.history.forked = block
        return block

    def prefetch(self) -> threading.Thread | None:
        """Begin to fetch, on a thread of its own, what the last run with this endpoint and chain touched; None where
        that is not known.
        """
        if self.source.upstream is None or self._notes is None:
            return None
        try:
            told = decode_json(self._notes.read_bytes(), _Touched)
        except (OSError, DecodeError):
            return None
        self._prefetching = (self.source.upstream.counts.calls, 3 * len(told.accounts) + len(told.slots))
        thread = threading.Thread(target=self._fetch, args=(told,), name="megadev-prefetch", daemon=True)
        thread.start()
        return thread

    def _fetch(self, told: _Touched) -> None:
        with contextlib.suppress(StateUnavailable, UpstreamRefused, ValueError, RuntimeError):  # also: closed meanwhile
            self.state.load(
                [bytes.fromhex(address) for address in told.accounts],
                [(bytes.fromhex(address), int(slot, 16)) for address, slot in told.slots],
                may_be_for_nothing=True,
            )
        self._prefetching = None

    def _remember(self) -> None:
        """Note what was touched, for the next run's ``prefetch``."""
        accounts, slots = self.state.touched()
        if self._notes is None or not accounts:
            return
        touched = _Touched(
            [address.hex() for address in accounts[:MOST_TOUCHED]],
            [(address.hex(), hex(slot)) for address, slot in slots[:MOST_TOUCHED]],
        )
        with contextlib.suppress(OSError):
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._notes, msgspec.json.encode(touched))

    @property
    def _notes(self) -> Path | None:
        """The path of notes about the state that a run touched, for any block; None: nowhere."""
        if self.request.cache is None:
            return None
        return self.request.cache / str(self.chain_id) / f"touched-{_endpoint(self.request)}.json"

    @property
    def recorded(self) -> Recorded:
        """The fork's recording for a bundle: its block, and the answers that were used until now."""
        return Recorded({"chainId": hex(self.chain_id), "block": self.document}, self.source.used or {})

    def move(self, url: str) -> None:
        """Ask the node at ``url`` from now on. Blocks. Raises ``ConfigError`` for a node without the forked block, and
        ``StateUnavailable`` where it does not answer; then nothing changed.
        """
        upstream = Upstream((url,), self.request.policy)
        (document,) = upstream.ask([("eth_getBlockByNumber", (hex(self.number), False))])
        if not isinstance(document, dict) or document.get("hash") != to_data(self.hash):
            upstream.close()
            raise ConfigError(f"{upstream.name} does not have the forked block {self.number}, {to_data(self.hash)}")
        before, self.source.upstream = self.source.upstream, upstream
        self.url = upstream.name
        self.request = replace(self.request, urls=(url,))
        if before is not None:
            before.close()

    def close(self) -> None:
        """Let go of connections."""
        if self.source.upstream is not None:
            self._remember()
            self.source.upstream.close()


def open_fork(
    request: ForkRequest,
    balances: Mapping[Address, Wei],
    undelegated: Collection[Address] = (),
    origin: L1Origin | None = None,
) -> Fork:
    """Ask for the block to fork. Blocks. ``balances``: what some accounts own there instead (wei); ``undelegated``:
    those of them that delegate to nobody. ``origin``: for an L1, the block that the L2 beside it has got to, which is
    forked where the request does not say otherwise.

    Why the dev accounts delegate to nobody: everybody has their keys, and on live networks somebody has delegated them
    (EIP-7702) to contracts that take away whatever they are sent.

    Raises ``ConfigError`` where there is no such block or bundle, ``StateUnavailable`` where upstream fails.
    """
    if request.bundle is not None:
        return _open_bundle(request, balances, undelegated)
    upstream = Upstream(request.urls, request.policy)
    chain_id, number, tx = request.chain_id, request.block, request.tx_hash
    remarks: tuple[str, ...] = ()
    try:
        if origin is not None and number is None:
            (at_origin,) = upstream.ask([("eth_getBlockByHash", (to_data(origin.hash), False))])
            if at_origin is None:
                remarks = (
                    f"{upstream.name} does not have the forked L2's L1 origin, block {origin.number}, "
                    f"{to_data(origin.hash)}: its latest block is forked instead, and the L1 attributes of L2 "
                    "change with the next L2 block",
                )
            else:
                number = origin.number
        if tx is not None:
            (found,) = upstream.ask([("eth_getTransactionByHash", (tx,))])
            if not found or found.get("blockNumber") is None:
                raise ConfigError(f"--fork-transaction-hash: {upstream.name} has no block with transaction {tx}")
            number = int(found["blockNumber"], 16) - 1
        elif isinstance(number, int) and number < 0:
            (latest,) = upstream.ask([("eth_blockNumber", ())])
            number = max(int(latest, 16) + number, 0)
        tag = "latest" if number is None else number if isinstance(number, str) else hex(number)
        method = "eth_getBlockByHash" if len(tag) == HASH_DIGITS else "eth_getBlockByNumber"
        asked: list[tuple[str, tuple[Any, ...]]] = [(method, (tag, False))]
        if chain_id is None:
            asked.append(("eth_chainId", ()))
        try:
            document, *rest = upstream.ask(asked)
        except UpstreamRefused as refused:
            if isinstance(number, str) and refused.method == method:
                problem = f"{upstream.name} does not know the block {tag} ({refused.reason}): give its number"
                raise ConfigError(problem) from None
            if refused.method == "eth_chainId":
                raise ConfigError(f"{refused}; or give its chain id with --fork-chain-id") from None
            raise
        if document is None:
            raise ConfigError(f"{upstream.name} has no block {tag}: fork one that exists")
        header, block_hash = read_header(document)
        chain_id = int(rest[0], 16) if chain_id is None else chain_id
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        upstream.close()
        raise ConfigError(f"{upstream.name} does not answer like an Ethereum node ({problem!r})") from None
    except BaseException:
        upstream.close()
        raise
    answers: Answers = Forgetful()
    if request.cache is not None:
        name = f"{header.number}-{block_hash.hex()[:16]}-{_endpoint(request)}.answers"
        answers = DiskCache(request.cache / str(chain_id) / name)
    source = Source(answers, upstream, pinned=block_hash, recording=request.recording)
    state = RemoteState(source, header.number, block_hash, balances=balances, undelegated=undelegated)
    history = ForkHistory(source, chain_id, header.number)
    history.state = state
    return Fork(
        request,
        upstream.name,
        chain_id,
        _lasting(document),
        header,
        block_hash,
        source,
        state,
        history,
        replay=tx,
        remarks=remarks,
    )


def _open_bundle(request: ForkRequest, balances: Mapping[Address, Wei], undelegated: Collection[Address]) -> Fork:
    assert request.bundle is not None
    bundle = read_bundle(request.bundle)
    head = bundle.head["l1"] if request.part else bundle.head
    try:
        document, chain_id = head["block"], int(head["chainId"], 16)
        header, block_hash = read_header(document)
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{request.bundle}: the bundle does not name its block; record it again") from None
    source = Source(Part(bundle, f"{request.part} ") if request.part else bundle, None)
    state = RemoteState(source, header.number, block_hash, balances=balances, undelegated=undelegated)
    history = ForkHistory(source, chain_id, header.number)
    history.state = state
    return Fork(request, str(request.bundle), chain_id, document, header, block_hash, source, state, history)


def _lasting(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name not in ("totalDifficulty", "size")}

"""A fork of a live chain: what is opened at the start, and what came before the forked block.

``open_fork`` asks upstream (or a bundle) for the forked block and gives a ``Fork``: the first block of the local chain,
with a world that fetches the rest when it is asked for. ``Fork.past`` answers for everything up to that block.
Nothing here changes a chain. L2 and L1 are forked alike, each on its own; one bundle holds both.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from megadev.chain.blocks import Header, SealedBlock, block_size
from megadev.chain.documents import read_log, read_transaction
from megadev.chain.fees import blob_base_fee
from megadev.chain.networks import knows_rules, rules_at
from megadev.chain.receipts import Receipt
from megadev.chain.spec import GAS_PER_BLOB, MESSAGE_PASSER, ChainSpec
from megadev.config.settings import DevnetConfig
from megadev.errors import (
    ConfigError,
    InvalidParams,
    StateUnavailable,
    UnknownBlock,
    UpstreamFailed,
    UpstreamLacksMethod,
    UpstreamRefused,
)
from megadev.primitives.bloom import logs_bloom
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.types import (
    EMPTY_CODE_HASH,
    EMPTY_OMMERS_HASH,
    EMPTY_REQUESTS_HASH,
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    Wei,
)
from megadev.rollup.derivation import L1Origin
from megadev.state.answers import Answers, Bundle, DiskCache, Forgetful, Part, check_place, read_bundle, write_whole
from megadev.state.diff import StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.remote import Keys, RemoteState, Source, access_list_keys
from megadev.state.upstream import Call, RequestPolicy, Upstream

L1_PART = "L1"
"""What a bundle's keys begin with that are of L1."""
WITHOUT_L1 = "noL1"
"""What a bundle's head says of a run that had no L1."""
PAST_BLOCKS = 64
"""Blocks from before the fork that are kept in memory, with what was read of their state."""
CACHE = Path("~/.cache/megadev/fork")
"""Where fetched state is kept unless somebody says otherwise."""
MOST_TOUCHED = 2_000
"""Accounts, and slots, that are fetched beforehand at most."""
_AT_BLOCK = re.compile(r"(.*[^/@]/?)@(latest|safe|finalized|earliest|0x[0-9a-fA-F]+|-?[0-9]+)")
_HASH_DIGITS = 66
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ForkRequest:
    """What to fork, and how. ``block``: a number, or negative so many before the latest; a tag or a hash; None: the
    latest, or the one that a forked L2 has got to.
    """

    urls: tuple[str, ...]
    block: int | str | None = None
    tx_hash: str | None = None
    chain_id: int | None = None
    policy: RequestPolicy = field(default_factory=RequestPolicy)
    cache: Path | None = None
    bundle: Path | None = None
    part: str = ""
    """Which of a bundle's forks: L2's, or ``L1``."""
    recording: bool = False


def fork_request(config: DevnetConfig) -> ForkRequest | None:
    """What the settings say that L2 forks; None: nothing. Raises ``ConfigError``, also where what is read could not be
    recorded.
    """
    if config.fork_record is not None:
        check_place(config.fork_record)
    if config.fork_bundle is not None:
        head = read_bundle(config.fork_bundle).head
        if head.get(WITHOUT_L1) and not config.no_l1:
            raise ConfigError(
                f"{config.fork_bundle}: the bundle is of a run without L1, and lacks what a bridge to one needs: start "
                "with --no-l1 too, or record it again with an L1"
            )
        return ForkRequest((), bundle=config.fork_bundle) if _holds(head, "") else None
    if config.fork_url is None:
        return None
    urls, named = _urls_and_blocks(config.fork_url)
    if config.fork_block_number is not None:
        named.add(config.fork_block_number)
    return ForkRequest(
        urls,
        _only("--fork-url", named),
        config.fork_transaction_hash,
        config.fork_chain_id,
        _policy(config),
        _cache(config),
        recording=config.fork_record is not None,
    )


def l1_fork_request(config: DevnetConfig) -> ForkRequest | None:
    """The same for L1."""
    if config.fork_bundle is not None:
        head = read_bundle(config.fork_bundle).head
        return ForkRequest((), bundle=config.fork_bundle, part=L1_PART) if _holds(head, L1_PART) else None
    if config.fork_l1 is None:
        return None
    urls, named = _urls_and_blocks(config.fork_l1)
    return ForkRequest(
        urls,
        _only("--fork-l1", named),
        policy=_policy(config),
        cache=_cache(config),
        part=L1_PART,
        recording=config.fork_record is not None,
    )


def _urls_and_blocks(given: Sequence[str]) -> tuple[tuple[str, ...], set[int | str]]:
    """URLs without the block that may stand behind each, and those blocks."""
    urls: list[str] = []
    named: set[int | str] = set()
    for each in given:
        match = _AT_BLOCK.fullmatch(each)
        urls.append(match[1] if match else each)
        if match:
            is_number = match[2][-1].isdigit() if match[2][:2] != "0x" else len(match[2]) != _HASH_DIGITS
            named.add(int(match[2], 16 if match[2][:2] == "0x" else 10) if is_number else match[2].lower())
    return tuple(urls), named


def _only(flag: str, named: set[int | str]) -> int | str | None:
    if len(named) > 1:
        raise ConfigError(f"{flag} names several blocks to fork: {', '.join(sorted(map(str, named)))}")
    return next(iter(named), None)


def _cache(config: DevnetConfig) -> Path | None:
    return None if config.no_storage_caching else config.fork_cache or CACHE.expanduser()


def _policy(config: DevnetConfig) -> RequestPolicy:
    headers = []
    for header in config.fork_header or ():
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"--fork-header: must be like NAME:VALUE, not {name!r}")
        if not header.isascii() or not header.strip().isprintable() or " " in name.strip():
            raise ConfigError(f"--fork-header {name.strip()!r}: a header is one line of ASCII characters")
        headers.append((name.strip(), value.strip()))
    units = 0 if config.no_rate_limit else config.compute_units_per_second
    return RequestPolicy(config.timeout / 1000, config.retries, config.fork_retry_backoff / 1000, units, tuple(headers))


class _Touched(msgspec.Struct):
    """Accounts and slots, in hex."""

    accounts: list[str]
    slots: list[tuple[str, str]]


def _endpoint(request: ForkRequest) -> str:
    """A name for the URL, in which no key can be read."""
    return hashlib.sha256(request.urls[0].encode()).hexdigest()[:12]


@dataclass(slots=True, eq=False)
class Fork:
    """An open fork. ``url`` is fit for messages; ``document`` is the forked block as upstream tells it."""

    request: ForkRequest
    url: str
    chain_id: int
    document: JsonObject
    header: Header
    hash: Hash32
    source: Source
    state: RemoteState
    past: Past
    replay: str | None = None
    """The hash of a transaction that is to be run again, with those before it in its block."""
    remarks: tuple[str, ...] = field(default=())
    """What the user should know of it, besides its rules."""
    rules_warnings: tuple[str, ...] = field(default=())
    _prefetching: tuple[int, int] | None = None
    """While what the last run touched is fetched: upstream's calls before, and how many that takes."""

    @property
    def prefetched(self) -> tuple[int, int] | None:
        """How many calls of upstream were made to fetch what the last run touched, and of how many; None when that is
        over. On any thread.
        """
        begun, upstream = self._prefetching, self.source.upstream
        if begun is None or upstream is None:
            return None
        before, count = begun
        return min(upstream.counts.calls - before, count), count

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of it."""
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
        block = _block(self.header, self.hash, world, spec)
        self.past.first = block
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
            write_whole(self._notes, msgspec.json.encode(touched))

    @property
    def _notes(self) -> Path | None:
        """Where it is noted what a run touched, whatever its block; None: nowhere."""
        if self.request.cache is None:
            return None
        return self.request.cache / str(self.chain_id) / f"touched-{_endpoint(self.request)}.json"

    @property
    def described(self) -> JsonObject:
        """What a bundle says at its head."""
        return {"chainId": hex(self.chain_id), "block": self.document}

    def move(self, url: str) -> None:
        """Ask the node at ``url`` from now on. Blocks. Raises ``ConfigError`` for a node without the forked block, and
        ``StateUnavailable`` where it does not answer; then nothing changed.
        """
        upstream = Upstream((url,), self.request.policy)
        (document,) = upstream.ask([("eth_getBlockByNumber", (hex(self.number), False))])
        if not isinstance(document, dict) or document.get("hash") != "0x" + self.hash.hex():
            upstream.close()
            raise ConfigError(f"{upstream.name} does not have the forked block {self.number}, 0x{self.hash.hex()}")
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


def write_bundle(path: Path, l2: Fork | None, l1: Fork | None, *, has_l1: bool) -> None:
    """Write what was asked for until now as a bundle. ``has_l1``: whether the run had one, forked or not. Raises
    ``ConfigError``.
    """
    head: JsonObject = {} if l2 is None else l2.described
    if not has_l1:
        head[WITHOUT_L1] = True
    found = {} if l2 is None else dict(l2.source.used or {})
    if l1 is not None:
        head["l1"] = l1.described
        found |= {f"{L1_PART} {key}": value for key, value in (l1.source.used or {}).items()}
    Bundle(head, found).write(path)


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
            (at_origin,) = upstream.ask([("eth_getBlockByHash", ("0x" + origin.hash.hex(), False))])
            if at_origin is None:
                remarks = (
                    f"{upstream.name} does not have L1's block {origin.number}, 0x{origin.hash.hex()}, that the forked "
                    "L2 has got to: its latest is forked, and what L2 knows of L1 changes with its next block",
                )
            else:
                number = origin.number
        if tx is not None:
            (found,) = upstream.ask([("eth_getTransactionByHash", (tx,))])
            if not found or found.get("blockNumber") is None:
                raise ConfigError(f"--fork-transaction-hash: {upstream.name} knows no block with transaction {tx}")
            number = int(found["blockNumber"], 16) - 1
        elif isinstance(number, int) and number < 0:
            (latest,) = upstream.ask([("eth_blockNumber", ())])
            number = max(int(latest, 16) + number, 0)
        tag = "latest" if number is None else number if isinstance(number, str) else hex(number)
        method = "eth_getBlockByHash" if len(tag) == _HASH_DIGITS else "eth_getBlockByNumber"
        asked: list[tuple[str, tuple[Any, ...]]] = [(method, (tag, False))]
        if chain_id is None:
            asked.append(("eth_chainId", ()))
        try:
            document, *rest = upstream.ask(asked)
        except UpstreamRefused as refused:
            if isinstance(number, str) and refused.method == method:
                problem = (
                    f"{upstream.name} does not know the block {tag} ({refused.reason}): name the block by its number"
                )
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
        raise ConfigError(f"{upstream.name} does not answer as an Ethereum node does ({problem!r})") from None
    except BaseException:
        upstream.close()
        raise
    answers: Answers = Forgetful()
    if request.cache is not None:
        name = f"{header.number}-{block_hash.hex()[:16]}-{_endpoint(request)}.answers"
        answers = DiskCache(request.cache / str(chain_id) / name)
    source = Source(answers, upstream, pinned=block_hash, recording=request.recording)
    state = RemoteState(source, header.number, block_hash, balances=balances, undelegated=undelegated)
    past = Past(source, chain_id, header.number)
    past.state = state
    return Fork(
        request,
        upstream.name,
        chain_id,
        _lasting(document),
        header,
        block_hash,
        source,
        state,
        past,
        replay=tx,
        remarks=remarks,
    )


def _holds(head: Mapping[str, Any], part: str) -> bool:
    """Whether a bundle with this head holds that fork."""
    return "l1" in head if part else "block" in head or "l1" not in head


def _open_bundle(request: ForkRequest, balances: Mapping[Address, Wei], undelegated: Collection[Address]) -> Fork:
    assert request.bundle is not None
    bundle = read_bundle(request.bundle)
    head = bundle.head["l1"] if request.part else bundle.head
    try:
        document, chain_id = head["block"], int(head["chainId"], 16)
        header, block_hash = read_header(document)
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{request.bundle}: the bundle does not say which block it is of; record it again") from None
    source = Source(Part(bundle, f"{request.part} ") if request.part else bundle, None)
    state = RemoteState(source, header.number, block_hash, balances=balances, undelegated=undelegated)
    past = Past(source, chain_id, header.number)
    past.state = state
    return Fork(request, str(request.bundle), chain_id, document, header, block_hash, source, state, past)


def _lasting(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name not in ("totalDifficulty", "size")}


class Past:
    """Blocks up to the forked one, as upstream has them, and the state after each: read when they are asked for.

    On the thread of an event loop everything raises ``NotFetchedYet`` where something is to be fetched.
    """

    def __init__(self, source: Source, chain_id: int, last: int) -> None:
        self.source = source
        self.last = last
        """The forked block's number."""
        self.state: RemoteState | None = None
        self.first: SealedBlock | None = None
        self._chain_id = chain_id
        self._headers: OrderedDict[int, SealedBlock] = OrderedDict()
        self._blocks: OrderedDict[int, SealedBlock] = OrderedDict()
        self._lock = threading.Lock()

    def is_funded(self, address: Address) -> bool:
        """Whether the fork gave the account a balance."""
        return self.state is not None and self.state.is_funded(address)

    def header(self, ref: int | Hash32) -> SealedBlock:
        """The block with that number or hash, its state at hand, its transactions left out. Raises ``UnknownBlock``."""
        if isinstance(ref, int) and (kept := self._headers.get(ref)) is not None:
            return kept
        return self._seen(self.document(ref, full=False))

    def block(self, ref: int | Hash32, spec: ChainSpec) -> SealedBlock:
        """The same with transactions and receipts; ``spec`` is what it is read under.

        Raises ``UnknownBlock``, and ``StateUnavailable`` where it holds what megadev does not know.
        """
        if isinstance(ref, int) and (kept := self._blocks.get(ref)) is not None:
            return kept
        document = self.document(ref, full=True)
        head = self._seen(document)
        if (kept := self._blocks.get(head.number)) is not None and kept.hash == head.hash:
            return kept
        block = self._read(head, document, self.receipts(document), spec)
        self._keep(self._blocks, block)
        return block

    def _read(
        self, head: SealedBlock, document: JsonObject, receipts: list[JsonObject], spec: ChainSpec
    ) -> SealedBlock:
        """``head`` with what upstream tells of its transactions. Raises ``StateUnavailable``."""
        try:
            return _with_content(head, document, receipts, self.rules(spec, head.header))
        except (InvalidParams, KeyError, TypeError, ValueError) as problem:
            reason = str(problem).removeprefix("failed to decode state dump: ")
            raise StateUnavailable(
                f"state unavailable: upstream's block {head.number} holds what megadev cannot read ({reason}); ask "
                "upstream itself about it"
            ) from None

    def receipts(self, document: JsonObject) -> list[JsonObject]:
        """The receipts of a block that upstream told of, in its own words; one by one where it has no
        eth_getBlockReceipts, as Hardhat's node and Ganache have none. Raises as ``Source.query``.
        """
        number = int(document["number"], 16)
        key = f"receipts {number:#x}"
        try:
            return self.source.query(key, "eth_getBlockReceipts", hex(number)) or []
        except UpstreamLacksMethod:
            hashes = [tx if isinstance(tx, str) else tx["hash"] for tx in document["transactions"]]
            found = self.source.query_each(key, [("eth_getTransactionReceipt", (each,)) for each in hashes])
        if None in found:
            raise UpstreamFailed(
                f"state unavailable: the forked node has block {number} but no receipt of its transaction "
                f"{hashes[found.index(None)]}; ask again, or fork another node"
            )
        return found

    def blocks(self, first: int, last: int, spec: ChainSpec, *, full: bool) -> list[SealedBlock]:
        """Blocks in a row, in few requests: as ``header`` gives them, or (``full``) as ``block``."""
        numbers = [hex(number) for number in range(first, last + 1)]
        span = f"{first:#x}-{last:#x}"
        asked: list[Call] = [("eth_getBlockByNumber", (number, full)) for number in numbers]
        documents = self.source.query_each(f"{'blocks' if full else 'headers'} {span}", asked)
        if None in documents:
            raise UnknownBlock(f"header not found: upstream does not have block {numbers[documents.index(None)]}")
        heads = [self._seen(document) for document in documents]
        if not full:
            return heads
        try:
            calls: list[Call] = [("eth_getBlockReceipts", (number,)) for number in numbers]
            receipts = [found or [] for found in self.source.query_each(f"receipts {span}", calls)]
        except UpstreamLacksMethod:
            receipts = [self.receipts(document) for document in documents]
        told = zip(heads, documents, receipts, strict=True)
        return [self._read(head, document, found, spec) for head, document, found in told]

    def beyond(self, number: int, spec: ChainSpec) -> SealedBlock:
        """Upstream's block ``number`` after the forked one, whose state nobody needs."""
        document = self.source.query(f"block {number:#x}", "eth_getBlockByNumber", hex(number), True)
        receipts = self.receipts(document)
        header, block_hash = read_header(document)
        state = RemoteState(self.source, number, block_hash, scope=f"@{number:#x} ")
        head = _block(header, block_hash, ForkWorld(state, header.state_root), None)
        return self._read(head, document, receipts, spec)

    def find(self, tx_hash: Hash32, spec: ChainSpec) -> tuple[SealedBlock, int] | None:
        """The block up to the forked one that holds a transaction, and its index; None where there is none."""
        name = "0x" + tx_hash.hex()
        found = self.source.query(
            f"transaction {name}", "eth_getTransactionByHash", name, keep=lambda result: self._is_past(result)
        )
        if not self._is_past(found):
            return None
        return self.block(int(found["blockNumber"], 16), spec), int(found["transactionIndex"], 16)

    def touched_by(self, state: RemoteState, block: SealedBlock, stop: int | None) -> Keys:
        """What the transactions of upstream's ``block`` (before number ``stop``) touch, as far as upstream tells: from
        the prestate of each, or else an access list of each on ``state``, which is that of the block before. Blocks.
        """
        txs = block.transactions[:stop]
        options = {"tracer": "prestateTracer"}
        if len(txs) == 1:
            asked: Call = ("debug_traceTransaction", ("0x" + txs[0].hash.hex(), options))
        else:
            asked = ("debug_traceBlockByHash", ("0x" + block.hash.hex(), options))
        (told,) = self.source.hints([asked])
        if told is not None:
            prestates = [told] if isinstance(told, dict) else [item["result"] for item in told[: len(txs)]]
            touched: dict[Address, dict[int, None]] = {}
            for prestate in prestates:
                for name, account in prestate.items():
                    slots = touched.setdefault(bytes.fromhex(name[2:]), {})
                    slots.update(dict.fromkeys(int(slot, 16) for slot in account.get("storage") or ()))
            return touched, [(address, slot) for address, slots in touched.items() for slot in slots]
        calls: list[Call] = []
        for tx in txs:
            target = None if tx.to is None else state.account(tx.to)
            if tx.to is not None and target is not None and target.code_hash != EMPTY_CODE_HASH:
                names = {"from": "0x" + tx.sender.hex(), "to": "0x" + tx.to.hex(), "value": hex(tx.value)}
                call = names | {"data": "0x" + tx.data.hex()}
                calls.append(("eth_createAccessList", (call, hex(state.number))))
        return access_list_keys(self.source.hints(calls))

    def _is_past(self, document: Any) -> bool:
        number = document.get("blockNumber") if isinstance(document, dict) else None
        return number is not None and int(number, 16) <= self.last

    def document(self, ref: int | Hash32, *, full: bool) -> JsonObject:
        kind = "block" if full else "header"
        if isinstance(ref, int):
            document = self.source.query(f"{kind} {ref:#x}", "eth_getBlockByNumber", hex(ref), full)
        else:
            name = "0x" + ref.hex()
            document = self.source.query(f"{kind} {name}", "eth_getBlockByHash", name, full)
        if document is None or int(document["number"], 16) > self.last:
            named = str(ref) if isinstance(ref, int) else f"0x{ref.hex()}"
            raise UnknownBlock(f"header not found: neither this fork nor upstream up to block {self.last} has {named}")
        return dict(document)

    def _seen(self, document: JsonObject) -> SealedBlock:
        header, block_hash = read_header(document)
        if header.number == self.last and self.first is not None:
            return self.first
        kept = self._headers.get(header.number)
        if kept is not None and kept.hash == block_hash:
            return kept
        state = RemoteState(self.source, header.number, block_hash, scope=f"@{header.number:#x} ")
        block = _block(header, block_hash, ForkWorld(state, header.state_root), None)
        self._keep(self._headers, block)
        return block

    def _keep(self, kept: OrderedDict[int, SealedBlock], block: SealedBlock) -> None:
        with self._lock:
            kept[block.number] = block
            if len(kept) > PAST_BLOCKS:
                kept.popitem(last=False)

    def can_run_again(self, header: Header) -> bool:
        """Whether megadev has the rules under which ``header``'s block was made, as far as it knows."""
        return knows_rules(self._chain_id, header.timestamp)

    def block_number_of(self, tx_hash: Hash32) -> int | None:
        """The number of the block up to the forked one that holds a transaction; None where there is none."""
        name = "0x" + tx_hash.hex()
        found = self.source.query(f"transaction {name}", "eth_getTransactionByHash", name, keep=self._is_past)
        return int(found["blockNumber"], 16) if self._is_past(found) else None

    def rules(self, spec: ChainSpec, header: Header) -> ChainSpec:
        """``spec`` as it was when ``header``'s block was made, as far as megadev has those rules."""
        fork, _ = rules_at(self._chain_id, header.timestamp, None, spec.hardfork.label)
        return replace(spec, hardfork=fork.hardfork, blobs=fork.blobs)


_SINCE = ((21, "requestsHash"), (20, "parentBeaconBlockRoot"), (17, "withdrawalsRoot"))
"""What a header with so many fields has and one with fewer lacks."""


def read_header(document: Mapping[str, Any]) -> tuple[Header, Hash32]:
    """A block's header and hash, from how a node tells it. Fields that its chain does not have are as if empty, so the
    hash is upstream's word. Raises ``KeyError``, ``TypeError``, ``ValueError``.
    """

    def number(name: str) -> int:
        value = document.get(name)
        return 0 if value is None else int(value, 16)

    def data(name: str, default: bytes) -> bytes:
        value = document.get(name)
        return default if value is None else bytes.fromhex(value[2:])

    zero = bytes(32)
    header = Header(
        parent_hash=data("parentHash", zero),
        ommers_hash=data("sha3Uncles", EMPTY_OMMERS_HASH),
        coinbase=data("miner", bytes(20)),
        state_root=data("stateRoot", zero),
        transactions_root=data("transactionsRoot", EMPTY_TRIE_ROOT),
        receipts_root=data("receiptsRoot", EMPTY_TRIE_ROOT),
        logs_bloom=data("logsBloom", bytes(256)),
        difficulty=number("difficulty"),
        number=int(document["number"], 16),
        gas_limit=number("gasLimit"),
        gas_used=number("gasUsed"),
        timestamp=int(document["timestamp"], 16),
        extra_data=data("extraData", b""),
        prev_randao=data("mixHash", zero),
        nonce=data("nonce", bytes(8)),
        base_fee=number("baseFeePerGas"),
        withdrawals_root=data("withdrawalsRoot", EMPTY_TRIE_ROOT),
        blob_gas_used=number("blobGasUsed"),
        excess_blob_gas=number("excessBlobGas"),
        parent_beacon_root=data("parentBeaconBlockRoot", zero),
        requests_hash=data("requestsHash", EMPTY_REQUESTS_HASH),
        fields=next((size for size, name in _SINCE if document.get(name) is not None), 16),
    )
    return header, bytes.fromhex(document["hash"][2:])


def _block(header: Header, block_hash: Hash32, world: ForkWorld, spec: ChainSpec | None) -> SealedBlock:
    return SealedBlock(
        header=header,
        hash=block_hash,
        transactions=(),
        receipts=(),
        world=world,
        size=block_size(header, ()),
        spec=spec,
    )


def _with_content(
    head: SealedBlock, document: Mapping[str, Any], documents: list[JsonObject], spec: ChainSpec
) -> SealedBlock:
    """``head`` with the transactions and receipts that upstream tells of."""
    header = head.header
    by_hash = {receipt["transactionHash"]: receipt for receipt in documents}
    transactions, receipts = [], []
    for index, item in enumerate(document["transactions"]):
        where = f"transactions[{index}]"
        tx = read_transaction(item, where)
        told = by_hash[item["hash"]]
        logs = tuple(read_log(log, f"{where}.logs[{place}]") for place, log in enumerate(told["logs"]))
        succeeded = int(told.get("status", "0x1"), 16) == 1
        created = told.get("contractAddress")
        transactions.append(tx)
        receipts.append(
            Receipt(
                type=tx.type,
                succeeded=succeeded,
                cumulative_gas_used=int(told["cumulativeGasUsed"], 16),
                gas_used=int(told["gasUsed"], 16),
                effective_gas_price=int(told.get("effectiveGasPrice") or item.get("gasPrice") or "0x0", 16),
                logs=logs,
                bloom=logs_bloom(logs),
                created=None if created is None else bytes.fromhex(created[2:]),
                blob_gas_used=GAS_PER_BLOB * len(tx.blob_versioned_hashes),
                blob_gas_price=blob_base_fee(header.excess_blob_gas, spec),
                error=None if succeeded else "execution reverted",
                deposit_nonce=None if told.get("depositNonce") is None else int(told["depositNonce"], 16),
            )
        )
    return SealedBlock(
        header=header,
        hash=head.hash,
        transactions=tuple(transactions),
        receipts=tuple(receipts),
        world=head.world,
        size=block_size(header, transactions),
        spec=spec,
    )

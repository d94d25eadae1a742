"""The dispatch of a request to a plain function, and of its outcome to an answer.

A method is a function of the node and of decoded parameters, registered under its name in the catalog::

    @method("eth_getBalance")
    def eth_getBalance(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> JSON:
        return quantity(node.chain.balance(address, block))

Its annotations say how the parameters are decoded (``codec``); a parameter with a default may be absent or null. It
returns JSON and raises exceptions of ``megadev/errors.py``. It may be a coroutine function where it must wait, or
return a coroutine where it finds that it must. Aliases, and whether it is heavy, stand in its row of the catalog.

Four moments matter to whoever owns the chain. ``before_request`` runs before each request is dispatched, batch members
included, and may give what the request is to wait for, a moment at most; ``after_answer`` is called by the transport
once the answer has left the process. Giving both "seal what is open" is what lets a caller be answered before its block
is sealed and yet never see an unsealed one. ``when_idle``
comes after that and behind every request that has arrived: time to work ahead. ``on_request`` hears of each outcome,
for the request log.

Why ``handle`` answers with bytes whenever it can, and with a coroutine only when it must wait: a task per request costs
as much as decoding and answering one, and the common request waits for nothing.

While a change runs on the writer's thread (``node/writer``), further changes wait for their turn and reads are answered
from what was sealed before.

Why heavy methods run in a worker thread, and known quick calls do not: in Python a call that burns 30 million gas takes
seconds, and nobody else may be kept waiting for it; but the way to the thread and back costs about 0.1 ms (measured on
two slow cores), a third of a balanceOf. So a call is sent there until the same one (contract, input and block) has been
seen to take less than ``QUICK_NS``; from then on it runs in place, until it takes long.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import inf
from types import CoroutineType
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import Tag
from megadev.clock import SystemClock
from megadev.errors import CallTimeout, InvalidParams, MegadevError, OriginRefused, PrefetchNeeded, SequencerUnavailable
from megadev.node.link import Link
from megadev.node.recovery import Ahead
from megadev.node.writer import Writer
from megadev.primitives.json_pieces import LargeData
from megadev.rpc import envelope
from megadev.rpc.by_name import members_of, positional
from megadev.rpc.catalog import CATALOG, Entry
from megadev.rpc.codec import Decoder, decoder_for
from megadev.rpc.dialects import Dialect
from megadev.rpc.envelope import Failure, Malformed, Request
from megadev.rpc.errors import DEFECT, failure_for, row_for
from megadev.rpc.node import RpcNode
from megadev.rpc.session import Session

perf_counter_ns = SystemClock().monotonic_ns
"""How long answers take is shown to people; it decides nothing on the chain, so no clock is injected."""
MethodFunction = TypeVar("MethodFunction", bound=Callable[..., Any])
Answer: TypeAlias = bytes | None
"""None: nothing is to be answered (notifications only)."""
Offload: TypeAlias = Callable[[Callable[[], Answer], float], Awaitable[Answer]]
"""Runs a function in a worker thread for so many seconds at most; then it raises ``CallTimeout``."""

History: TypeAlias = Callable[["RpcNode", "Method", list[Any], list[Any]], Callable[[], Any] | None]
"""What answers a request about a fork's past, on a thread that may wait; None: the chain itself does."""

_SEQUENCERS = frozenset(
    {
        "megadev_getPreconfirmation",
        "megadev_sequencerAt",
        "megadev_sequencer_status",
        "megadev_sequencer_evidence",
    }
)
"""Methods that change nothing, and that only who builds the chain can answer."""


LENIENT = ("anvil_", "hardhat_", "evm_", "tenderly_", "megadev_", "ots_")
"""How the names of methods begin that take numbers in decimal text from everybody: those of development nodes, which
are called from shells."""
_REPLICATED = ("eth_", "debug_", "trace_", "ots_", "erigon_")
"""How the names of methods begin that replicas answer, unless they change something."""
_WATCHES = frozenset(
    ("eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter", "eth_unsubscribe", "megadev_unsubscribe")
)
"""Those about a filter or a subscription that is there."""


class Elsewhere(msgspec.Struct, frozen=True):
    """The node that answers for one that only follows a chain: ``ask`` returns the result of a method by its
    parameters. That is whatever changes the chain, what only its sequencer knows, and the methods named in ``also``.
    """

    ask: Callable[[str, list[Any]], Awaitable[Any]]
    also: frozenset[str] = frozenset()

    def answers(self, name: str, *, writes: bool) -> bool:
        """True if a method is answered elsewhere."""
        return writes or name in _SEQUENCERS or name in self.also


CATCH_UP_SECONDS = 2.0
"""How long a request waits for the bridge of a fork to go on."""
BATCH_TURN_NS = 2_000_000
"""How long a batch may keep the event loop before others get a turn."""

BATCH_ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of answers after which a batch's other members are refused: one request of 2 MB can ask for gigabytes."""
LARGE_BATCH = 1 << 20
"""Bytes of a batch's answers that are put together on another thread."""
RESPONSE_TOO_LARGE = Failure(-32003, f"response too large: over {BATCH_ANSWER_LIMIT} bytes so far; split the batch")
"""geth's code and words."""

_SEND = re.compile(rb'"method"\s*:\s*"(?:eth_send|realtime_send)')
"""Whether a body sends a transaction, alone or in a batch."""

PATIENT = ("debug_", "trace_", "ots_", "megadev_", "eth_simulateV1", "eth_callMany", "optimism_", "erigon_")
PATIENCE = 12
"""How many times as long as a call may take what runs many of them, or one step by step."""
QUICK_NS = 1_000_000
"""A heavy method's call that took less is not worth a thread the next time."""
QUICK_CALLS = 4_096
"""How many calls are remembered as quick."""
QUICK_INPUT = 1_024
"""Characters of input that are remembered; a call with more always goes to the thread."""


def _weighs_nothing(node: RpcNode, arguments: list[Any]) -> bool:
    return False


def _always(arguments: list[Any]) -> bool:
    return True


class Signature(msgspec.Struct, frozen=True):
    """A function's parameters, compiled."""

    parameters: tuple[str, ...]
    decoders: tuple[Decoder, ...]
    required: int
    defaults: tuple[Any, ...]
    names: tuple[tuple[str, ...], ...]
    """What each parameter may be called, where a client sends them by name."""
    members: frozenset[str]
    """Of the object that the first parameter is, where it is one."""


class Method:
    """A registered function; its parameters, or those of the function it wraps, are compiled when it is first called: a
    node starts sooner for it.

    ``weighs``: whether a call of a method that is quick as a rule may take milliseconds, going by what it is asked.
    ``reaches``: whether a call of a method that ``reaches`` outside (``catalog``) does so, going by what it is asked.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        weighs: Callable[[RpcNode, list[Any]], bool] = _weighs_nothing,
        reaches: Callable[[list[Any]], bool] = _always,
    ) -> None:
        self.name = name
        self.function = function
        self.weighs = weighs
        self.reaches = reaches
        self.is_async = inspect.iscoroutinefunction(inspect.unwrap(function))

    @cached_property
    def signature(self) -> Signature:
        """See ``Signature``: what the method's owner takes."""
        return _compile(self.name, self.function, is_exact=not self.name.startswith(LENIENT))

    @cached_property
    def lenient(self) -> Signature:
        """What Anvil takes: numbers in decimal text, too."""
        return self.signature if self.name.startswith(LENIENT) else _compile(self.name, self.function, is_exact=False)

    def in_order(self, params: Any) -> list[Any]:
        """``params`` as an array, however they were sent. Raises ``InvalidParams``."""
        if type(params) is list:
            return params
        if params is None or params is msgspec.UNSET:
            return []
        if type(params) is dict:
            return positional(self.name, params, self.signature.names, self.signature.members)
        raise InvalidParams("non-array args: params must be an array, by position, or an object, by name")

    def arguments(self, params: list[Any], *, is_lenient: bool = False) -> list[Any]:
        """Decode positional parameters. Raises ``InvalidParams`` naming the one at fault."""
        signature, given = self.lenient if is_lenient else self.signature, len(params)
        decoders, required = signature.decoders, signature.required
        if given > len(decoders):
            raise InvalidParams(f"too many arguments, want at most {len(decoders)}, got {given}")
        if given < required:
            raise InvalidParams(f"missing value for required argument {given} ({signature.parameters[given]})")
        arguments: list[Any] = []
        for index, value in enumerate(params):
            if value is None and index >= required:
                arguments.append(signature.defaults[index - required])
                continue
            try:
                arguments.append(decoders[index](value))
            except InvalidParams as error:
                text = str(error)
                where = f"invalid argument {index} ({signature.parameters[index]})"
                raise InvalidParams(where + (text if text[:1] in "[." else f": {text}")) from None
        return arguments


class Registry(dict[str, Method]):
    """Registered functions by name. ``others``: what registers those that nobody has asked for yet."""

    others: Callable[[], None] | None = None

    def complete(self) -> None:
        """Register all that there are."""
        others, self.others = self.others, None
        if others is not None:
            others()


_CATALOG_PARAMETERS = {name: entry.parameters for entry in CATALOG for name in (entry.name, *entry.aliases)}
METHODS = Registry()
"""Every function that ``@method`` registered, by name."""


def method(
    name: str,
    registry: Registry | None = None,
    *,
    weighs: Callable[[RpcNode, list[Any]], bool] = _weighs_nothing,
    reaches: Callable[[list[Any]], bool] = _always,
) -> Callable[[MethodFunction], MethodFunction]:
    """Register a function as the method ``name`` (in ``METHODS`` unless told otherwise) and return it unchanged.

    ``weighs``: whether one of its calls, by its arguments, is one for a worker thread though the method is not heavy.
    ``reaches``: whether one of them gets at what is outside, where the catalog says that the method may.
    """

    def register(function: MethodFunction) -> MethodFunction:
        methods = METHODS if registry is None else registry
        if name in methods:
            raise ValueError(f"{name} is registered twice")
        methods[name] = Method(name, function, weighs, reaches)
        return function

    return register


def _compile(name: str, function: Callable[..., Any], *, is_exact: bool) -> Signature:
    function = inspect.unwrap(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    decoders: list[Decoder] = []
    members: frozenset[str] = frozenset()
    for parameter in parameters:
        annotation = parameter.annotation
        if isinstance(annotation, str):
            annotation = eval(annotation, getattr(function, "__globals__", {}))
        if not decoders:
            members = members_of(annotation)
        decoders.append(decoder_for(annotation, is_exact=is_exact))
    own = [p.name.rstrip("_") for p in parameters]
    told = [name.rstrip("?") for name in _CATALOG_PARAMETERS.get(name, own)]
    defaults = tuple(p.default for p in parameters if p.default is not inspect.Parameter.empty)
    return Signature(
        parameters=tuple(own),
        decoders=tuple(decoders),
        required=len(parameters) - len(defaults),
        defaults=defaults,
        names=tuple(zip(own, told, strict=False)),
        members=members,
    )


def _decoded(called: Method, params: list[Any], node: RpcNode) -> list[Any]:
    """The parameters of a call, as the method's owner has them, and for a client of Anvil's as Anvil does."""
    try:
        return called.arguments(params)
    except InvalidParams:
        if not node.speaks_anvil:
            raise
        return called.arguments(params, is_lenient=True)


def _nothing() -> None:
    """The hook of whoever needs none."""


class Dispatcher:
    """Answers JSON-RPC bodies for one chain. ``writer`` is given where another chain has the same.

    ``before_request``, ``after_answer`` and ``when_idle``: see the module. ``link``: how bad the way to clients is.
    ``call_timeout``: seconds that a heavy read may take. ``moment``: an object and a number that are others once the
    newest state is another. ``kept``: what answers wait for, where they are to tell of nothing that a crash can take.
    ``elsewhere``: who answers for changes, where this node only follows a chain. ``behind``: what reads are answered
    from, where they show the chain as it was a moment ago. ``ahead``: what is done ahead of a batch's members while
    others have their turn.
    ``on_request(method, failure or None,
    nanoseconds)`` hears of each request that named a method. ``on_defect(method, exception)`` hears of what was
    answered with "internal error"; by default it is logged with its traceback. Both may be called on a worker thread,
    for heavy methods.
    """

    def __init__(
        self,
        node: RpcNode,
        *,
        catalog: Iterable[Entry] = CATALOG,
        registry: Mapping[str, Method] = METHODS,
        before_request: Callable[[], asyncio.Task[None] | None] = _nothing,
        after_answer: Callable[[], object] = _nothing,
        when_idle: Callable[[], None] = _nothing,
        history: History | None = None,
        link: Link | None = None,
        on_request: Callable[[str, Failure | None, int], None] | None = None,
        on_defect: Callable[[str, BaseException], None] | None = None,
        writer: Writer | None = None,
        is_laden: Callable[[], bool] = lambda: False,
        call_timeout: float = inf,
        moment: Callable[[], tuple[object, int]] = lambda: (None, 0),
        kept: Callable[[], Awaitable[None]] | None = None,
        elsewhere: Elsewhere | None = None,
        ahead: Callable[[Sequence[msgspec.Raw]], Ahead | None] = lambda members: None,
    ) -> None:
        self.node = node
        self.behind: RpcNode | None = None
        """The chain as reads show it that are answered from behind, and who watches that."""
        self.ahead = ahead
        self.elsewhere = elsewhere
        self.writer = Writer() if writer is None else writer
        self.before_request = before_request
        self.after_answer = after_answer
        self.when_idle = when_idle
        self.link = link if link is not None else Link()
        self.on_request = on_request
        self.on_defect = on_defect or _log_defect
        self.on_refused: Callable[[str], None] | None = None
        """Hears why a server did not serve a request: one for another host, or from another origin."""
        self.history = history
        self.is_laden = is_laden
        self.call_timeout = call_timeout
        self.moment = moment
        self.kept = kept
        self._quick: set[tuple[str, str, str, str] | None] = set()
        self._quick_on: tuple[object, int] = (None, 0)
        self._catalog = tuple(catalog)
        self._registry = registry
        self._tabulate()
        self._nodes = {
            (dialect, is_foreign): replace(node, dialect=dialect, is_foreign=is_foreign)
            for dialect in (None, *Dialect)
            for is_foreign in (False, True)
        }

    def _tabulate(self) -> None:
        """Look at what is registered now."""
        registry = self._registry
        self._registered = len(registry)
        self._methods: dict[str, tuple[Method, bool, bool]] = {}
        self._notes: dict[str, str] = {}
        self._reaching: dict[str, str] = {}
        for entry in self._catalog:
            for name in (entry.name, *entry.aliases):
                registered = registry.get(name) or registry.get(entry.name)  # an alias may answer otherwise
                if entry.is_available and registered is not None:
                    self._methods[name] = (registered, entry.heavy, entry.writes)
                    if entry.reaches:
                        self._reaching[name] = entry.reaches
                else:
                    self._notes[name] = entry.status

    def _found(self, name: str) -> tuple[Method, bool, bool] | None:
        """The method with that name, whether it is heavy and whether it writes; it may be one that is yet to be
        registered.
        """
        found = self._methods.get(name)
        if found is None and isinstance(self._registry, Registry):
            self._registry.complete()
            if len(self._registry) != self._registered:
                self._tabulate()
                found = self._methods.get(name)
        return found

    def node_for(self, session: Session, dialect: Dialect | None = None, *, is_foreign: bool = False) -> RpcNode:
        """The node as methods called over ``session`` see it."""
        return replace(self.node, session=session, dialect=dialect, is_foreign=is_foreign)

    def node_in(self, dialect: Dialect | None, *, is_foreign: bool = False) -> RpcNode:
        """The node as a client sees it that speaks ``dialect``, or is a page of a foreign origin."""
        return self._nodes[dialect, is_foreign]

    def in_order(self, name: str, params: Any) -> list[Any]:
        """Returns the positional arguments of a request for the method ``name``; empty if they cannot be determined."""
        found = self._found(name)
        try:
            return [] if found is None else found[0].in_order(params)
        except InvalidParams:
            return []

    def handle(
        self, body: bytes, node: RpcNode | None = None, offload: Offload | None = None
    ) -> Answer | Awaitable[Answer]:
        """Answer one body: a request or a batch. Never raises for what a client sent.

        The answer is bytes, or None where nothing is to be answered, or an awaitable of either: for a batch, for a
        method that waits, and for a heavy method when ``offload`` is given to run it elsewhere.
        """
        if node is None:
            node = self.node
        if envelope.is_batch(body):
            try:
                members = envelope.decode_members(body)
            except Malformed as malformed:
                return envelope.write_failure(b"null", malformed.failure)
            if not members:
                failure = Failure(envelope.INVALID_REQUEST, "invalid request: empty batch")
                return envelope.write_failure(b"null", failure)
            answer: Answer | Awaitable[Answer] = self._batch(members, node, offload)
        else:
            answer = self._member(body, node, offload)
        if self.kept is not None:
            answer = self._once_kept(answer, self.kept)
        if self.link.holds_back and _SEND.search(body):
            return self._hold_back(answer, body, 0.0 if self.link.answer is None else self.link.answer_delay())
        return answer

    async def _once_kept(self, answer: Answer | Awaitable[Answer], kept: Callable[[], Awaitable[None]]) -> Answer:
        """The answer, once what it may tell of will survive a crash."""
        if answer is not None and not isinstance(answer, bytes):
            answer = await answer
        await kept()
        return answer

    async def _hold_back(self, answer: Answer | Awaitable[Answer], body: bytes, seconds: float) -> Answer:
        """The answer, so many seconds after it is there and was agreed on; what it leaves due does not wait for it."""
        if answer is not None and not isinstance(answer, bytes):
            answer = await answer
        asyncio.get_running_loop().call_soon(self.after_answer)
        if self.link.agreement is not None:
            try:
                await self.link.agreement.agreed()
            except SequencerUnavailable as lost:
                if not envelope.is_batch(body):  # members of a batch have been answered one by one
                    request_id, _ = _check(envelope.decode_request(body))
                    answer = (
                        None
                        if request_id is None
                        else envelope.write_failure(request_id, failure_for(lost, row_for(type(lost))))
                    )
        if seconds:
            await self.link.sleep(seconds)
        return answer

    async def _batch(self, members: list[msgspec.Raw], node: RpcNode, offload: Offload | None) -> Answer:
        """Members in order, each on its own; others get a turn every ``BATCH_TURN_NS``."""
        answers: list[bytes] = []
        size = 0
        turn_began = perf_counter_ns()
        ahead = self.ahead(members)
        for index, member in enumerate(members):
            if ahead is not None:
                ahead.reach(index)
            answer = self._member(member, node, offload) if size <= BATCH_ANSWER_LIMIT else _refused_for_size(member)
            if answer is not None and not isinstance(answer, bytes):
                answer = await answer
            if answer is not None:
                answers.append(answer)
                size += len(answer)
            if perf_counter_ns() - turn_began > BATCH_TURN_NS:
                await asyncio.sleep(0)
                turn_began = perf_counter_ns()
        if size > LARGE_BATCH:
            return await asyncio.to_thread(envelope.write_large_batch, answers)
        return envelope.write_batch(answers) if answers else None

    def _member(
        self,
        body: bytes | msgspec.Raw,
        node: RpcNode,
        offload: Offload | None,
        *,
        has_waited: bool = False,
        is_turn: bool = False,
    ) -> Answer | Awaitable[Answer]:
        try:
            request = envelope.decode_request(body)
        except Malformed as malformed:
            return envelope.write_failure(b"null", malformed.failure)
        request_id, failure = _check(request)
        if failure is not None:
            return envelope.write_failure(request_id or b"null", failure)
        name: str = request.method
        observer = self.on_request
        started = 0 if observer is None else perf_counter_ns()
        found = self._methods.get(name) or self._found(name)
        if found is None:
            failure = self._unavailable(name)
            if observer is not None:
                observer(name, failure, perf_counter_ns() - started)
            return None if request_id is None else envelope.write_failure(request_id, failure)
        called, heavy, writes = found
        if self.behind is not None:
            node = self._placed(node, name, request.params, writes=writes)
        if writes and not is_turn and self.writer.is_engaged:
            return self._in_turn(body, node, offload)
        arguments: list[Any] = []
        try:
            if self.link.is_cut:
                _check_steers(name)
            under_way = self.before_request()
            if writes and not self.writer.is_here:
                return self._in_turn(body, node, offload)
            if under_way is not None and not has_waited:
                return self._wait_a_moment(under_way, body, node, offload)
            if node.is_foreign and name in self._reaching and called.reaches is _always:  # whatever it is asked
                raise OriginRefused(name, self._reaching[name])
            params = request.params
            if type(params) is not list:
                params = called.in_order(params)
            if self.elsewhere is not None and self.elsewhere.answers(name, writes=writes):
                if node.is_foreign and name in self._reaching:
                    raise OriginRefused(name, self._reaching[name])
                return self._later(name, self.elsewhere.ask(name, params), request_id, started)
            arguments = _decoded(called, params, node)
            if node.is_foreign and name in self._reaching and called.reaches(arguments):
                raise OriginRefused(name, self._reaching[name])
            if writes and (heavy or self.is_laden()) and not called.is_async:
                coming = self.writer.run_apart(lambda: self._change(called, node, arguments))
                if inspect.isawaitable(coming):
                    return self._later(name, self._refetching(coming, called, node, arguments), request_id, started)
                return None if request_id is None else envelope.write_result(request_id, coming)
            if called.is_async:
                return self._later(name, self._fetching(lambda: called.function(node, *arguments)), request_id, started)
            if self.history is not None and node.chain.history.is_remote:
                asked = self.history(node, called, arguments, params)
                if asked is not None:
                    return self._later(name, asyncio.to_thread(asked), request_id, started)
                if heavy and offload is None:
                    apart = asyncio.to_thread(called.function, node, *arguments)
                    return self._later(name, apart, request_id, started)
            if offload is not None and (
                heavy or _weighs(called, node, arguments) or (not writes and _is_in_row(node, arguments))
            ):
                key = _call_key(name, params)
                if not self._is_quick(key):
                    is_forked = self.history is not None and node.chain.history.is_remote  # upstream takes its time
                    is_patient = is_forked or name.startswith(PATIENT)
                    seconds = self.call_timeout * (PATIENCE if is_patient else 1)
                    run = offload(lambda: self._run(called, node, arguments, request_id, started, key), seconds)
                    return self._in_time(run, name, request_id, started)
                return self._run(called, node, arguments, request_id, started, key)
            result = called.function(node, *arguments)
            if type(result) is CoroutineType:
                coming = self._refetching(result, called, node, arguments) if writes else result
                return self._later(name, coming, request_id, started)
            if observer is not None:
                observer(name, None, perf_counter_ns() - started)
            return None if request_id is None else envelope.write_result(request_id, result)
        except PrefetchNeeded as missing:
            again = self._fetching(lambda: called.function(node, *arguments), missing)
            return self._later(name, again, request_id, started)
        except Exception as error:
            if not writes and self._is_torn(error):
                return self._in_turn(body, node, offload)
            return self._failed(name, error, request_id, started)

    def _placed(self, node: RpcNode, name: str, params: object, *, writes: bool) -> RpcNode:
        """The node as a method sees it where reads are, or were, answered from behind."""
        behind = self.behind
        if behind is None or behind.node.behind is None:
            return node
        behind.node.behind.catch_up()
        if name in _WATCHES:  # what was opened while reads were behind, or while they were not, goes on
            watched = params[0] if isinstance(params, list) and params else None
            is_there = watched in behind.filters or watched in behind.subscriptions
        else:
            is_there = behind.node.replica_lag is not None and not writes and name.startswith(_REPLICATED)
        if not is_there:
            return node
        return replace(node, chain=behind.chain, filters=behind.filters, subscriptions=behind.subscriptions)

    def _is_torn(self, error: Exception) -> bool:
        """True if a read may have met a change half made on the writer's thread: it is asked again after it."""
        return self.writer.is_engaged and not isinstance(error, MegadevError) and row_for(type(error)).is_defect

    async def _in_turn(self, body: bytes | msgspec.Raw, node: RpcNode, offload: Offload | None) -> Answer:
        """Answer once all changes that were asked for before are made."""
        answer = await self.writer.take_turn(lambda: self._member(body, node, offload, is_turn=True))
        return answer if answer is None or isinstance(answer, bytes) else await answer

    def _change(self, called: Method, node: RpcNode, arguments: list[Any]) -> Any:
        """A change that may take long, and what it leaves due."""
        try:
            return called.function(node, *arguments)
        finally:
            self.before_request()

    async def _refetching(self, coming: Awaitable[Any], called: Method, node: RpcNode, arguments: list[Any]) -> Any:
        """Returns the result of a change; it is restarted after fetching what it lacked."""
        while True:
            try:
                result = await coming
                return await result if type(result) is CoroutineType else result
            except PrefetchNeeded as missing:
                await asyncio.to_thread(missing.fetch)
            again = await self.writer.take_turn(
                lambda: self.writer.run_apart(lambda: self._change(called, node, arguments))
            )
            coming = again if inspect.isawaitable(again) else _ready(again)

    async def _wait_a_moment(
        self, work: asyncio.Task[None], body: bytes | msgspec.Raw, node: RpcNode, offload: Offload | None
    ) -> Answer:
        """Answer when ``work`` is done: what one chain has for the other arrives before anybody asks, on a fork too.
        Where upstream takes long, it arrives later.
        """
        await asyncio.wait((work,), timeout=CATCH_UP_SECONDS)
        answer = self._member(body, node, offload, has_waited=True)
        return answer if answer is None or isinstance(answer, bytes) else await answer

    async def _fetching(self, call: Callable[[], Any], missing: PrefetchNeeded | None = None) -> Any:
        """Returns the result of ``call`` once all that it reads is fetched, on another thread; it is restarted each
        time.
        """
        while True:
            if missing is not None:
                await asyncio.to_thread(missing.fetch)
                self.before_request()
            try:
                result = call()
                return await result if type(result) is CoroutineType else result
            except PrefetchNeeded as more:
                missing = more

    async def _later(self, name: str, coming: Awaitable[Any], request_id: bytes | None, started: int) -> Answer:
        """The answer to a request whose result is still to come."""
        try:
            result = await coming
            if type(result) is CoroutineType:
                result = await result
            if type(result) is LargeData and request_id is not None:
                answer: Answer = await asyncio.to_thread(envelope.write_large_result, request_id, [result])
            else:
                answer = None if request_id is None else envelope.write_result(request_id, result)
        except Exception as error:
            return self._failed(name, error, request_id, started)
        if self.on_request is not None:
            self.on_request(name, None, perf_counter_ns() - started)
        return answer

    def _is_quick(self, key: tuple[str, str, str, str] | None) -> bool:
        """True if the same call was quick before, on the same state: what it runs into may have changed with that."""
        moment, before = self.moment(), self._quick_on
        if moment[0] is not before[0] or moment[1] != before[1]:
            self._quick_on = moment
            self._quick.clear()
        return key in self._quick

    async def _in_time(self, run: Awaitable[Answer], name: str, request_id: bytes | None, started: int) -> Answer:
        try:
            return await run
        except CallTimeout as error:
            return self._failed(name, error, request_id, started)

    def _run(
        self,
        called: Method,
        node: RpcNode,
        arguments: list[Any],
        request_id: bytes | None,
        started: int,
        key: tuple[str, str, str, str] | None,
    ) -> Answer:
        """A heavy method, from call to encoded answer, in a worker thread or not; learns whether it is quick."""
        began = perf_counter_ns()
        try:
            holder = [called.function(node, *arguments)]
            answer = None if request_id is None else envelope.write_large_result(request_id, holder)
        except Exception as error:
            return self._failed(called.name, error, request_id, started)
        finally:
            if perf_counter_ns() - began > 2 * QUICK_NS:
                self._quick.discard(key)
            elif key is not None and perf_counter_ns() - began < QUICK_NS:
                if len(self._quick) >= QUICK_CALLS:
                    self._quick.clear()
                self._quick.add(key)
        if self.on_request is not None:
            self.on_request(called.name, None, perf_counter_ns() - started)
        return answer

    def _failed(self, name: str, error: Exception, request_id: bytes | None, started: int) -> Answer:
        row = row_for(type(error))
        failure = failure_for(error, row)
        if row.is_defect:
            self.on_defect(name, error)
        if self.on_request is not None:
            self.on_request(name, failure, perf_counter_ns() - started)
        if request_id is None:
            return None
        try:
            return envelope.write_failure(request_id, failure)
        except Exception as unwritable:  # a message that is no text, say
            self.on_defect(name, unwritable)
            return envelope.write_failure(request_id, failure_for(unwritable, DEFECT))

    def _unavailable(self, name: str) -> Failure:
        """geth's words, which clients look for, and why if the catalog knows."""
        shown = name if len(name) <= 100 else name[:100] + "…"
        message = f"the method {shown} does not exist/is not available"
        status = self._notes.get(name, "")
        if status.startswith("refused: "):
            message += f": {status.removeprefix('refused: ')}"
        elif status:
            message += ": megadev does not offer it yet"
        return Failure(envelope.METHOD_NOT_FOUND, message)


async def _ready(result: Any) -> Any:
    return result


def _check_steers(name: str) -> None:
    """Raises ``SequencerUnavailable`` for a method that does not get through to a node whose link is cut."""
    from megadev.rpc.gateway_limits import CONTROL  # what few nodes need is loaded by those

    if not name.startswith(CONTROL):
        raise SequencerUnavailable(
            "permanent error forwarding request context deadline exceeded: the sequencer and its gateway "
            "crashed; restart them with megadev_sequencer_restart"
        )


def _weighs(called: Method, node: RpcNode, arguments: list[Any]) -> bool:
    """True if a method that is quick as a rule is not this time: a pending block may be yet to be built."""
    if any(argument is Tag.PENDING for argument in arguments) and len(node.chain.pool):
        return True
    return called.weighs(node, arguments)


def _is_in_row(node: RpcNode, arguments: list[Any]) -> bool:
    """True if a block is asked for that stands in a row of empty ones, and may be yet to be made."""
    rows = node.chain.store.rows
    return bool(rows) and any(
        row.first <= argument <= row.last
        if type(argument) is int
        else type(argument) is bytes
        and len(argument) == 32
        and (row.number_of(argument) or row.transaction(argument)) is not None
        for argument in arguments
        for row in rows
    )


def _call_key(name: str, params: list[Any]) -> tuple[str, str, str, str] | None:
    """Returns the key of equally quick calls: method, contract, its input and its block. None: not to tell.

    The whole input, since one word of it may be how often a loop runs; and the block, since the pending one may be yet
    to be built.
    """
    call = params[0] if params else None
    if type(call) is not dict or len(params) > 2:  # overrides can make anything of a call
        return None
    to, block = call.get("to"), params[1] if len(params) == 2 else ""
    data = call.get("data") or call.get("input") or ""
    if type(to) is not str or type(data) is not str or type(block) is not str or len(data) > QUICK_INPUT:
        return None
    return name, to.lower(), data, block


def _refused_for_size(member: msgspec.Raw) -> Answer:
    """Returns the error for a member of a batch whose answers are large enough already."""
    try:
        request_id, failure = _check(envelope.decode_request(member))
    except Malformed as malformed:
        return envelope.write_failure(b"null", malformed.failure)
    if request_id is None and failure is None:
        return None
    return envelope.write_failure(request_id or b"null", failure or RESPONSE_TOO_LARGE)


def _check(request: Request) -> tuple[bytes | None, Failure | None]:
    """The id to echo (None for a notification) and what is wrong with the envelope, if something is."""
    request_id: bytes | None = None
    raw_id = request.id
    if raw_id is not msgspec.UNSET:
        request_id = envelope.usable_id(raw_id)
        if request_id is None:
            return None, Failure(envelope.INVALID_REQUEST, "invalid request: id must be a string, a number or null")
    if request.jsonrpc != "2.0":
        return request_id, Failure(envelope.INVALID_REQUEST, 'invalid request: jsonrpc must be "2.0"')
    if type(request.method) is not str:
        return request_id, Failure(envelope.INVALID_REQUEST, "invalid request: method must be a string")
    return request_id, None


def _log_defect(name: str, error: BaseException) -> None:
    logging.getLogger("megadev.rpc").error("%s failed", name, exc_info=error)

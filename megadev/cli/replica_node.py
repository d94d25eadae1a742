"""A replica's connection: what the node at the other end tells, in order, at its time; lost and found again."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from megadev.cli.node_hashes import upstream_of
from megadev.clock import SystemClock
from megadev.config.settings import DevnetConfig
from megadev.devnet import Devnet
from megadev.errors import ConfigError, MegadevError, UpstreamRefused
from megadev.node.replica import Gap, Replica, UpdateRefused, beginning_of_replica
from megadev.node.replication import Update, Updates
from megadev.primitives.guarded_json import decode_guarded
from megadev.primitives.types import Address
from megadev.rpc.dispatch import Elsewhere

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_ASKED = frozenset(
    {
        "eth_accounts",
        "eth_requestAccounts",
        "eth_sign",
        "personal_sign",
        "eth_signTransaction",
        "eth_signTypedData_v3",
        "eth_signTypedData_v4",
        "eth_pendingTransactions",
        "txpool_content",
        "txpool_contentFrom",
        "txpool_inspect",
        "txpool_status",
    }
)
"""What is asked of the sequencer besides changes: its keys and its txpool."""
MANY = 200
"""Blocks that are asked for at once."""
ANSWER_SECONDS = 30.0
"""How long an answer may take."""
RETRY_SECONDS = 0.2
"""Between two attempts to connect again."""
_Result = TypeVar("_Result")


class CannotFollow(MegadevError):
    """The node cannot be reached, or does not support replicas."""


class SequencerRefused(UpstreamRefused):
    """The sequencer's error for a forwarded request, unchanged."""

    def __init__(self, refused: UpstreamRefused) -> None:
        super().__init__(refused.upstream, refused.method, refused.reason, refused.code, refused.data)

    def __str__(self) -> str:
        return self.reason


class _Error(msgspec.Struct):
    message: str


class _Told(msgspec.Struct):
    result: msgspec.Raw


class _Message(msgspec.Struct):
    """An answer or a notification."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None
    params: _Told | None = None


_MESSAGES, _UPDATE, _UPDATES = (
    msgspec.json.Decoder(_Message),
    msgspec.json.Decoder(Update),
    msgspec.json.Decoder(Updates),
)


class ReplicaNode:
    """The chain of the node at ``url``, what is told of it applied ``lag`` seconds later. ``pinned``: whose signatures
    count; where it is empty, those whom the node names. Raises ``ConfigError`` for what is no URL.
    """

    def __init__(self, url: str, lag: float, pinned: Sequence[Address] = ()) -> None:
        if not url.startswith(("http://", "https://", "ws://", "wss://")):
            raise ConfigError(f"--of: must be like http://127.0.0.1:8545, not {url!r}")
        self._url = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._socket_url = self._url.replace("http", "ws", 1)
        self._lag_ns = int(lag * 1e9)
        self._pinned = tuple(pinned)
        self._signers: dict[int, Address] = {}
        self._forward = upstream_of(self._url)
        self._waiting: deque[tuple[int, Update]] = deque()
        self._clock = SystemClock()
        self._id = 0
        self._socket: ClientConnection | None = None
        self._held = contextlib.ExitStack()
        """Closes the connection."""
        self.seconds = 0.0
        """How long applying took."""

    @contextmanager
    def opened(self) -> Iterator[Devnet]:
        """The node that holds the copy, with all blocks that there are by now. Raises ``CannotFollow``."""
        try:
            self._connect()
            first = self._updates(None, 1)
            beginning = beginning_of_replica(first.blocks[0])
            # mini-blocks are seen where a block is open; nothing is executed here, so no timer is needed
            settings = DevnetConfig(
                no_l1=True,
                no_mining=True,
                mini_block_time=0.01 if first.continuous else None,
                accounts=0,
                chain_id=beginning.spec.chain_id,
            )
            with Devnet(settings, beginning=beginning, elsewhere=Elsewhere(self._ask_sequencer, _ASKED)) as net:
                self._net = net
                self.replica = Replica(net.node.l2, net.call, self._signer_at)
                self._catch_up()
                yield net
        finally:
            self._hang_up()
            self._forward.close()

    def follow(self, stop: threading.Event, until: int | None = None) -> None:
        """Apply what is told until ``stop`` is set, or block ``until`` is there. Raises ``UpdateRefused``."""
        while not stop.is_set():
            try:
                if self._socket is None:
                    self._connect()
                    self._catch_up()
                self._listen(stop)
                self._apply_due()
            except Gap:
                self._waiting.clear()
                self._catch_up()
            except CannotFollow:
                self._hang_up()
                stop.wait(RETRY_SECONDS)
            if until is not None and self._net.node.l2.head.number >= until:
                return

    # -- applying -------------------------------------------------------------------------------------------------

    def _apply_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._clock.monotonic_ns():
            self._take(self._waiting.popleft()[1])

    def _take(self, update: Update) -> None:
        began = self._clock.monotonic_ns()
        try:
            self.replica.take(update)
        finally:
            self.seconds += (self._clock.monotonic_ns() - began) / 1e9

    def _catch_up(self) -> None:
        """Ask for all blocks that are not known. Raises ``CannotFollow``, ``UpdateRefused``."""
        store = self._net.node.l2.store
        number = store.head.number + 1
        while True:
            found = self._updates(number, MANY)
            if found.first != store.genesis.number:
                raise UpdateRefused(f"the chain begins with block {found.first} now, it was {store.genesis.number}")
            if number > found.head + 1:
                number = found.head + 1
            if not found.blocks:
                if number <= store.genesis.number + 1 or self._is_known(number - 1):
                    return
                number -= 1
                continue
            for update in found.blocks:
                try:
                    self._take(update)
                except Gap:  # another block came before it: go back until they meet
                    number = update.block.header.number - 1
                    if number <= store.genesis.number:
                        raise UpdateRefused("the node has another chain than the one that was followed") from None
                    break
                number = update.block.header.number + 1

    def _is_known(self, number: int) -> bool:
        """True if the node's newest block, with that number, is the newest here."""
        found = self._updates(number, 1)
        known = self._net.node.l2.store.by_number(number)
        return bool(found.blocks) and known is not None and known.hash == found.blocks[0].block.hash

    def _signer_at(self, number: int) -> Address:
        if self._pinned:
            return self._pinned[0] if len(self._pinned) == 1 else self._one_of_many(number)
        return self._told_signer(number)

    def _one_of_many(self, number: int) -> Address:
        told = self._told_signer(number)
        return told if told in self._pinned else self._pinned[0]

    def _told_signer(self, number: int) -> Address:
        known = self._signers.get(number)
        if known is None:
            if len(self._signers) > MANY:
                self._signers.clear()
            text = self._asked("megadev_sequencerAt", (hex(number),), msgspec.json.Decoder(str))
            try:
                known = self._signers[number] = bytes.fromhex(text.removeprefix("0x"))
            except ValueError:
                raise CannotFollow(f"{self._url} named an invalid signer of block {number}") from None
        return known

    # -- the connection -------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:
            self._socket = self._held.enter_context(
                connect(self._socket_url, compression=None, max_size=None, max_queue=None, open_timeout=ANSWER_SECONDS)
            )
        except (OSError, WebSocketException, TimeoutError) as problem:
            raise CannotFollow(f"{self._url} cannot be reached: {problem}") from None
        self._waiting.clear()
        self._ask("eth_subscribe", "replicaUpdates")

    def _hang_up(self) -> None:
        self._socket = None
        with contextlib.suppress(Exception):
            self._held.close()

    def _updates(self, first: int | None, limit: int) -> Updates:
        return self._asked("megadev_getReplicaUpdates", (None if first is None else hex(first), limit), _UPDATES)

    def _asked(self, method: str, params: Sequence[Any], decoder: msgspec.json.Decoder[_Result]) -> _Result:
        """The result of a request, decoded. Raises ``CannotFollow``."""
        try:
            return decode_guarded(self._ask(method, *params), decoder)
        except msgspec.DecodeError as problem:
            raise CannotFollow(f"{self._url} answered {method} with invalid data: {problem}") from None

    def _ask(self, method: str, *params: Any) -> bytes:
        """The result of a request, as JSON; what is told meanwhile waits. Raises ``CannotFollow``."""
        self._id += 1
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}).decode()
        socket = self._socket
        if socket is None:
            raise CannotFollow(f"{self._url} hung up")
        try:
            socket.send(body)
        except Exception as problem:
            raise CannotFollow(f"{self._url} hung up: {problem}") from None
        while True:
            message = self._receive(ANSWER_SECONDS)
            if message is None:
                raise CannotFollow(f"{self._url} did not answer {method} within {ANSWER_SECONDS:g} s")
            if message.id != self._id:
                self._hear(message)
            elif message.error is not None:
                raise CannotFollow(f"{self._url} refused {method}: {message.error.message}")
            else:
                return bytes(message.result)

    def _listen(self, stop: threading.Event) -> None:
        """Hear what is told until something is due, for a moment at most."""
        seconds = 0.05
        if self._waiting:
            seconds = max(min(seconds, (self._waiting[0][0] - self._clock.monotonic_ns()) / 1e9), 0)
        message = self._receive(seconds)
        while message is not None and not stop.is_set():
            self._hear(message)
            message = None if self._waiting[0][0] <= self._clock.monotonic_ns() else self._receive(0)

    def _hear(self, message: _Message) -> None:
        if message.params is not None:
            try:
                update = decode_guarded(message.params.result, _UPDATE)
            except msgspec.DecodeError as problem:
                raise UpdateRefused(f"received data cannot be read: {problem}") from None
            self._waiting.append((self._clock.monotonic_ns() + self._lag_ns, update))

    def _receive(self, seconds: float) -> _Message | None:
        from websockets.exceptions import ConnectionClosed

        socket = self._socket
        if socket is None:
            raise CannotFollow(f"{self._url} hung up")
        try:
            return decode_guarded(socket.recv(timeout=seconds), _MESSAGES)
        except TimeoutError:
            return None
        except (ConnectionClosed, OSError) as problem:
            raise CannotFollow(f"{self._url} hung up: {problem}") from None
        except msgspec.DecodeError as problem:
            raise CannotFollow(f"{self._url} sent invalid JSON-RPC: {problem}") from None

    async def _ask_sequencer(self, method: str, params: list[Any]) -> Any:
        """Forwards a change to the sequencer and returns its answer. Raises as it refuses."""
        try:
            return (await asyncio.to_thread(self._forward.ask, [(method, params)]))[0]
        except UpstreamRefused as refused:
            raise SequencerRefused(refused) from None

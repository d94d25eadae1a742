"""An in-process client: the same dispatcher that servers use, without a socket.

Works from any thread, with or without a running event loop. While a server serves the dispatcher, requests go to its
loop, so there is still one writer; otherwise they run on the calling thread, one at a time.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from megadev.primitives.guarded_json import decode_deep
from megadev.rpc.dispatch import Answer, Dispatcher

__tracebackhide__ = True
"""pytest leaves this module's frames out of a failing test's report."""
_Result = TypeVar("_Result")
LOOK_EVERY = 1.0
"""Seconds between looks at whether the loop that is to answer still runs."""
_ERROR_WITHIN = 64
"""Bytes of an answer within which an error shows: what comes before it is the version and our own number."""


class RpcError(Exception):
    """An error answer. ``data`` is None where the answer had none."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data


class InProcessClient:
    """Speaks JSON-RPC to a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._ids = itertools.count(1)
        self.on_failure: Callable[[bytes], None] | None = None
        """Hears the body of each request, other than batches, whose answer is an error."""

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a method and return its result. Raises ``RpcError`` for an error answer."""
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})
        decoded = decode_deep(self.request(body))
        error = decoded.get("error")
        if error is not None:
            raise RpcError(error["code"], error["message"], error.get("data"))
        return decoded["result"]

    def request(self, body: bytes) -> bytes:
        """The bytes that answer a body: none for notifications. Blocks until they are there."""
        answer = self._answer(body)
        if self.on_failure is not None and b'"error":' in answer[:_ERROR_WITHIN]:
            self.on_failure(body)
        return answer

    def run(self, change: Callable[[], _Result]) -> _Result:
        """Call ``change`` as requests are answered: by whoever is the one writer, between two of them."""
        dispatcher = self._dispatcher
        loop = dispatcher.writer.loop

        def prepared() -> _Result:
            dispatcher.before_request()
            return change()

        async def call() -> _Result:
            return await dispatcher.writer.take_turn(prepared)

        if loop is not None and loop.is_running() and not _is_running_here(loop):
            return await_outcome(asyncio.run_coroutine_threadsafe(call(), loop), loop)
        with dispatcher.writer.turn:
            dispatcher.before_request()
            return change()

    def _answer(self, body: bytes) -> bytes:
        dispatcher = self._dispatcher
        loop = dispatcher.writer.loop
        if loop is not None and loop.is_running() and not _is_running_here(loop):
            return await_outcome(asyncio.run_coroutine_threadsafe(self._handle(body), loop), loop) or b""
        with dispatcher.writer.turn:
            answer = dispatcher.handle(body)
            if answer is not None and not isinstance(answer, bytes):
                answer = _run(answer)
            dispatcher.after_answer()
        return answer or b""

    async def _handle(self, body: bytes) -> Answer:
        """On the server's loop: answer, and let what follows the answer run after it."""
        dispatcher = self._dispatcher
        answer = dispatcher.handle(body)
        if answer is not None and not isinstance(answer, bytes):
            answer = await answer
        asyncio.get_running_loop().call_soon(dispatcher.after_answer)
        return answer


def await_outcome(outcome: Future[_Result], loop: asyncio.AbstractEventLoop) -> _Result:
    """The outcome of work that ``loop`` was given by another thread. Raises ``ConnectionError`` if it ends first."""
    while True:
        try:
            return outcome.result(LOOK_EVERY)
        except TimeoutError:
            if outcome.done():  # it came now, or it is what the work raised
                return outcome.result()
        if loop.is_closed():
            raise ConnectionError("the node was closed before it answered")


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _run(answer: Awaitable[Answer]) -> Answer:
    """Run to its end what must wait: here, or on a thread of its own where a loop is running already."""

    async def wait() -> Answer:
        return await answer

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    return _run_elsewhere(wait())


def _run_elsewhere(waiting: Coroutine[Any, Any, Answer]) -> Answer:
    outcome: list[Answer | BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(waiting))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, name="megadev-client")
    thread.start()
    thread.join()
    result = outcome[0]
    if isinstance(result, BaseException):
        raise result
    return result

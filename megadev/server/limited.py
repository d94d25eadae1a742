"""HTTP and WebSocket connections with the public endpoint's limits (``rpc/gateway``). Made instead of the plain ones
where ``--gateway-limits`` is on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from megadev.rpc.dispatch import Answer
from megadev.rpc.envelope import Failure, write_failure
from megadev.rpc.gateway import Gateway, Reply, SocketClient
from megadev.rpc.gateway_limits import RATE_LIMITED, TOO_LARGE
from megadev.server.http import HttpConnection, Request, status_line
from megadev.server.hub import JSON_TYPE, Hub
from megadev.server.websocket import WebSocketConnection

IDLE = 1001
"""The close code (RFC 6455 §7.4.1: going away) for a client that has said nothing for too long."""
NO_STORE = b"cache-control: no-store\r\n"


class LimitedHttp(HttpConnection):
    """One client's connection."""

    def __init__(self, hub: Hub, gateway: Gateway) -> None:
        super().__init__(hub)
        self.gateway = gateway
        self.limit = gateway.limits.submission_body

    def _post(self, request: Request) -> None:
        reply = self.gateway.post(
            request.body,
            _address(self.transport),
            self.offload,
            self.hub.dispatcher.node_in(None, is_foreign=self._is_foreign(request)),
        )
        if isinstance(reply, tuple):
            self._reply(request, reply)
            self.hub.answered()
        else:
            self.task = self.hub.loop.create_task(self._reply_later(request, reply))

    async def _reply_later(self, request: Request, reply: Awaitable[Reply]) -> None:
        result = await reply
        self.task = None
        self._reply(request, result)
        self.hub.answered()
        self._proceed()

    def _reply(self, request: Request, reply: Reply) -> None:
        status, answer = reply
        self._write_answer(request, answer, status_line(status) + NO_STORE)

    def _failure(self, status: int, message: str) -> Failure:
        if status == TOO_LARGE.status:
            return Failure(TOO_LARGE.code, TOO_LARGE.message)
        return super()._failure(status, message)

    def _session(self, request: Request) -> WebSocketConnection | None:
        client = self.gateway.connect(_address(self.transport))
        if client is None:
            refused = write_failure(b"null", Failure(RATE_LIMITED.code, RATE_LIMITED.message))
            self._write(request, RATE_LIMITED.status, refused.decode(), JSON_TYPE)
            return None
        return LimitedWebSocket(self.hub, self.gateway, client, is_foreign=self._is_foreign(request))


class LimitedWebSocket(WebSocketConnection):
    """One WebSocket."""

    def __init__(self, hub: Hub, gateway: Gateway, client: SocketClient, *, is_foreign: bool = False) -> None:
        super().__init__(hub, gateway.limits.socket_message, is_foreign=is_foreign)
        self.gateway = gateway
        self.client = client

    def connection_lost(self, exc: Exception | None) -> None:
        self.gateway.disconnect(self.client)
        super().connection_lost(exc)

    def check(self, now: float) -> None:
        super().check(now)
        if self.gateway.is_idle(self.client):
            self._leave(IDLE, f"idle timeout: nothing was sent for {self.gateway.limits.socket_idle} seconds")

    def _handle(self, message: bytes) -> Answer | Awaitable[Answer]:
        return self.gateway.message(message, self.client, self.node, self.offload)


def _address(transport: asyncio.Transport | None) -> str:
    """Returns a client's address without its port."""
    peer: Any = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""

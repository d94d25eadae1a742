"""Bytes in, bytes out: HTTP and WebSocket on one port, IPC beside them. What they carry is ``rpc``'s matter.

May import: errors, primitives, evm, rollup, rpc.

Start with ``server`` (``serve`` and ``ServerThread``), then ``http``. ``websocket`` and ``ipc`` frame what ``sessions``
have in common, ``access`` says who may ask, ``hub`` holds what connections share, ``limited`` has the connections
of a server that imitates the public endpoint.

Why our own HTTP connection over uvloop and httptools, and not uvicorn: measured with a trivial POST of 300 bytes on two
slow cores, the server's processor time for each request was 45-60 µs against 90-115 µs (dispatch included, 5 µs), with
8 connections 15,000 requests a second against 7,000; with 180 µs of work in each, 3,700 against 2,700. On asyncio's own
loop it is as fast with 8 connections, and half as fast with one.
"""

from __future__ import annotations

from megadev.server.access import Access
from megadev.server.hub import ServerOptions
from megadev.server.server import LoopThread, Server, ServerThread, new_event_loop, serve

__all__ = ["Access", "LoopThread", "Server", "ServerOptions", "ServerThread", "new_event_loop", "serve"]

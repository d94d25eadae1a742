"""Bytes in, bytes out: HTTP and WebSocket on one port, IPC beside them. Imports ``rpc.dispatch`` and nothing below it.

Start with ``server`` (``serve`` and ``ServerThread``), then ``http``.
"""

from __future__ import annotations

from megadev.server.access import Access
from megadev.server.endpoint import ServerOptions
from megadev.server.server import Server, ServerThread, new_event_loop, serve

__all__ = ["Access", "Server", "ServerOptions", "ServerThread", "new_event_loop", "serve"]

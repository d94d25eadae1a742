"""A WebSocket as a subscriber has it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import connect

from megadev.rpc.client import RpcError

SECONDS = 30


class Socket:
    """A WebSocket client that keeps answers and notifications apart."""

    def __init__(self, url: str) -> None:
        self._open = ExitStack()
        self.socket = self._open.enter_context(connect(url, max_size=None))
        self.waiting: list[dict[str, Any]] = []

    def rpc(self, method: str, *params: Any) -> Any:
        self.socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(SECONDS))
            if "id" not in message:
                self.waiting.append(message)
                continue
            if "error" in message:
                raise RpcError(message["error"]["code"], message["error"]["message"])
            return message["result"]

    def next(self, subscription: str) -> Any:
        """The next notification, which must be of that subscription."""
        message = self.waiting.pop(0) if self.waiting else json.loads(self.socket.recv(SECONDS))
        assert message["jsonrpc"] == "2.0"
        assert message["method"] == "eth_subscription"
        assert message["params"]["subscription"] == subscription
        return message["params"]["result"]

    def is_quiet(self) -> bool:
        """Nothing more has been sent: an answer comes first."""
        self.rpc("eth_chainId")
        return not self.waiting

    def close(self) -> None:
        self._open.close()

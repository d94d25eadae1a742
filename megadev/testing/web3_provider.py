"""web3.py providers that talk to a node in this process: no sockets, the same bytes.

Importing this module imports web3 (most of a second), so only ``Devnet.w3`` and ``Devnet.async_w3`` do, on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from web3.providers.async_base import AsyncJSONBaseProvider
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

Transport = Callable[[bytes], bytes]
"""A JSON-RPC body to the body of its answer."""


class InProcessProvider(JSONBaseProvider):
    """A synchronous provider over ``transport``."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.decode_rpc_response(self._transport(self.encode_rpc_request(method, params)))

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        answers = self.decode_rpc_response(self._transport(self.encode_batch_rpc_request(requests)))
        return cast("list[RPCResponse] | RPCResponse", answers)


class AsyncInProcessProvider(AsyncJSONBaseProvider):
    """An asynchronous provider over ``transport``, which answers without waiting on the caller's loop."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.decode_rpc_response(self._transport(self.encode_rpc_request(method, params)))

    async def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        answers = self.decode_rpc_response(self._transport(self.encode_batch_rpc_request(requests)))
        return cast("list[RPCResponse] | RPCResponse", answers)

"""Transactions of one account that the node signs for, over any client's ``rpc``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from megadev.primitives.abi import Value, encode_call

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first of the accounts that every devnet has."""


class Wallet:
    """``sender``'s. ``gas``: what each transaction has; None: what the node estimates. ``fields`` are JSON-RPC's, and
    take precedence.
    """

    def __init__(self, rpc: Callable[..., Any], sender: str = ALICE, *, gas: int | None = None) -> None:
        self.rpc = rpc
        self.sender = sender
        self.gas = gas

    def submit(self, to: str | None = None, data: bytes | str = "0x", value: int | str = 0, **fields: Any) -> str:
        """Send a transaction; its hash."""
        return str(self.rpc("eth_sendTransaction", self._request(to, data, value, fields)))

    def send(
        self, to: str | None = None, data: bytes | str = "0x", value: int | str = 0, **fields: Any
    ) -> dict[str, Any]:
        """Send a transaction and wait for its block; the receipt, also where it failed."""
        receipt: dict[str, Any] = self.rpc("eth_sendTransactionSync", self._request(to, data, value, fields))
        return receipt

    def make(
        self, to: str | None = None, data: bytes | str = "0x", value: int | str = 0, **fields: Any
    ) -> dict[str, Any]:
        """As ``send``, of one that succeeds."""
        receipt = self.send(to, data, value, **fields)
        assert receipt["status"] == "0x1", receipt
        return receipt

    def call(self, to: str, signature: str, *arguments: Value) -> int:
        """The first word that a call returns."""
        data = "0x" + encode_call(signature, *arguments).hex()
        return int(self.rpc("eth_call", {"to": to, "data": data}, "latest")[:66], 16)

    def _request(self, to: str | None, data: bytes | str, value: int | str, fields: dict[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {"from": self.sender}
        if to is not None:
            request["to"] = to
        text = data if isinstance(data, str) else "0x" + data.hex()
        if text != "0x":
            request["data"] = text
        if value:
            request["value"] = value if isinstance(value, str) else hex(value)
        if self.gas is not None:
            request["gas"] = hex(self.gas)
        return {**request, **fields}

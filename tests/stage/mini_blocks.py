"""A chain of mini-blocks, and its parts by name."""

from __future__ import annotations

from typing import Any

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.events import Event
from tests.manual_loop import ManualLoop

START = 1_700_000_000


NOBODY = "0x" + "99" * 20


UNSEALED = "0x" + "ff" * 32


class Chain:
    """A devnet under the preset, with time in the test's hand, and all that it reports.

    Without an L1: each block would begin with a transaction that nobody here sent.
    """

    def __init__(self, **settings: Any) -> None:
        self.clock = ManualClock(START)
        self.loop = ManualLoop(self.clock)
        chosen: dict[str, Any] = {"preset": "megaeth", "no_l1": True, **settings}
        self.net = Devnet(clock=self.clock, loop=self.loop, **chosen)  # type: ignore[arg-type]
        self.rpc = self.net.rpc
        self.events: list[Event] = []
        self.net.node.l2.bus.subscribe(self.events.append)
        self.sender, self.other = (account.address for account in self.net.accounts[:2])

    def pay(self, to: str = NOBODY, **fields: Any) -> str:
        request = {"from": self.sender, "to": to, "value": "0x1", "gas": "0x30000", **fields}
        tx_hash: str = self.rpc("eth_sendTransaction", request)
        return tx_hash

    def receipt(self, tx_hash: str) -> Any:
        return self.rpc("eth_getTransactionReceipt", tx_hash)

    def height(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)

    def nonce(self, tag: str) -> int:
        return int(self.rpc("eth_getTransactionCount", self.sender, tag), 16)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

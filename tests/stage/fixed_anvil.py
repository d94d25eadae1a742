"""Anvil with a chain that is the same each time, and what may differ between it and a node."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

from megadev.chain.transactions import encode_network_form
from tests.anvil import Anvil
from tests.conformance.rpc.fixed_chain import START, fixed_transactions

VERSION = "1.7.1"


ANSWER_SECONDS = 4
"""After that a request counts as never answered; Anvil's slowest answers here take milliseconds."""


CLOCK_SLACK = 60
"""Seconds by which timestamps may differ: Anvil's clock runs while ours stands still."""


TIMES = {"timestamp", "blockTimestamp", "currentBlockTimestamp"}


UNORDERED = {"accessList", "storageKeys"}
"""Lists whose order means nothing; Anvil's is another each time."""


class Unanswered(Exception):
    """Anvil did not answer in time."""


class FixedAnvil(Anvil):
    """One with the fixed chain."""

    def __init__(self, *flags: str, paused: bool) -> None:
        super().__init__("--timestamp", str(START), "--hardfork", "osaka", *flags)
        self._build(paused)

    def _build(self, paused: bool) -> None:
        alone, together, waiting = fixed_transactions()
        for number, tx in enumerate(alone, 1):
            self.rpc("evm_setNextBlockTimestamp", START + number)
            if number == 1:  # Anvil's base fee stays where it is for a block; EIP-1559 lets it fall by an eighth
                self.rpc("anvil_setNextBlockBaseFeePerGas", 875_000_000)
            self.rpc("eth_sendRawTransactionSync", "0x" + encode_network_form(tx).hex())
        self.rpc("evm_setAutomine", False)
        for tx in together:
            self.rpc("eth_sendRawTransaction", "0x" + encode_network_form(tx).hex())
        self.rpc("evm_setNextBlockTimestamp", START + len(alone) + 1)
        self.rpc("evm_mine")
        if paused:
            for tx in waiting:
                self.rpc("eth_sendRawTransaction", "0x" + encode_network_form(tx).hex())
        else:
            self.rpc("evm_setAutomine", True)

    def names(self) -> dict[str, str]:
        """What conversations call its blocks and transactions."""
        names = {f"waiting:{index}": "0x" + tx.hash.hex() for index, tx in enumerate(fixed_transactions()[2])}
        for number in range(int(self.rpc("eth_blockNumber"), 16) + 1):
            block = self.rpc("eth_getBlockByNumber", hex(number), False)
            names[f"block:{number}"] = block["hash"]
            names |= {f"tx:{number}:{index}": tx_hash for index, tx_hash in enumerate(block["transactions"])}
        return names

    def ask(self, request: str) -> str:
        """The answer's text. Raises ``Unanswered``."""
        sent = urllib.request.Request(self.url, request.encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(sent, timeout=ANSWER_SECONDS) as response:
                return str(response.read().decode())
        except TimeoutError:
            raise Unanswered from None

    def settle(self) -> None:
        """Wait until nothing that could be mined waits in an instant mode."""
        if self.rpc("anvil_getAutomine"):
            for _ in range(200):
                if self.rpc("txpool_status")["pending"] == "0x0":
                    break


def values_differ(path: str, ours: Any, theirs: Any) -> Iterator[tuple[str, str, Any, Any]]:
    key = path.rpartition(".")[2]
    if type(ours) is not type(theirs):
        yield path, "type", ours, theirs
    elif isinstance(ours, dict):
        for name in ours.keys() | theirs.keys():
            if name not in theirs:
                yield f"{path}.{name}", "only here", ours[name], None
            elif name not in ours:
                yield f"{path}.{name}", "only there", None, theirs[name]
            else:
                yield from values_differ(f"{path}.{name}", ours[name], theirs[name])
    elif isinstance(ours, list):
        if len(ours) != len(theirs):
            yield path, "length", ours, theirs
        else:
            if key in UNORDERED:
                ours, theirs = sorted(ours, key=json.dumps), sorted(theirs, key=json.dumps)
            for one, other in zip(ours, theirs, strict=True):
                yield from values_differ(path + "[]", one, other)
    elif ours != theirs and not (key in TIMES and abs(_number(ours) - _number(theirs)) <= CLOCK_SLACK):
        yield path, "value", ours, theirs


def _number(value: Any) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)

"""Every method of the catalog, a thousand times in one batch, with the parameters of the recorded conversations: what is
cheap once may not be when a page asks for it again and again.

Run as a program it prints those that kept another client's ``eth_chainId`` waiting for longer than ``NOTABLE``, asked
twice: ``python -m tests.journeys.hostile.catalog [dev|megaeth] [COUNT]``.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from megadev.rpc.catalog import GROUPS
from tests.journeys.hostile.heartbeat import ALICE, CODES, LOGS, REPOSITORY, Client, Heart, node

NOTABLE = 50.0
"""Milliseconds."""
PATIENCE = 30.0
"""Seconds for a batch."""
LARGEST = 2_000_000
"""Bytes of a batch: more is refused."""
LEFT_OUT = {"anvil_reset", "anvil_setLoggingEnabled", "megadev_fault", "evm_setIntervalMining"}
"""After these, others do other things than they are asked for here."""


def recorded() -> Iterator[tuple[str, Any]]:
    """The first request of each method's conversations that stands for itself."""
    for entries in GROUPS.values():
        for entry in entries:
            folder = REPOSITORY / "tests" / "conformance" / "rpc" / entry.name
            if not entry.is_available or entry.name in LEFT_OUT:
                continue
            lines = (line for path in sorted(folder.glob("*.io")) for line in path.read_text().splitlines())
            for line in lines:
                if not line.startswith(">> "):
                    continue
                try:
                    request = json.loads(line[3:])
                except ValueError:
                    continue
                named = isinstance(request, dict) and request.get("method") in (entry.name, *entry.aliases)
                if named and '"{' not in line:  # what the chain fills in
                    yield request["method"], request.get("params", [])
                    break


def batch(port: int, method: str, params: Any, count: int) -> tuple[float, float]:
    """How long ``count`` requests took, and the longest answer to another client meanwhile, in ms."""
    one = {"jsonrpc": "2.0", "method": method, "params": params}
    body = json.dumps([{**one, "id": number} for number in range(count)]).encode()
    if len(body) > LARGEST:
        return batch(port, method, params, count // 2)
    heart = Heart(port)
    heart.start()
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/", body, {"content-type": "application/json"})
        connection.getresponse().read()
    except OSError:
        pass
    finally:
        connection.close()
    took = (time.perf_counter() - began) * 1_000
    heart.is_on = False
    heart.join(PATIENCE)
    return took, took if heart.is_alive() else heart.longest


def main() -> None:
    """Print the table."""
    preset = sys.argv[1] if len(sys.argv) > 1 else "dev"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    print(f"| {preset}: {count} of | longest heartbeat ms | again | took |\n|---|---|---|---|")
    with node("--preset", preset) as port:
        ask = Client(port)
        for to, code in CODES.items():
            ask("anvil_setCode", to, code)
        for _ in range(100):
            ask("eth_sendTransaction", {"from": ALICE, "to": LOGS, "gas": "0x30000"})
        asked = 0
        for method, params in recorded():
            asked += 1
            took, longest = batch(port, method, params, count)
            if longest > NOTABLE:
                _, again = batch(port, method, params, count)
                print(f"| {method} | {longest:.0f} | {again:.0f} | {took:.0f} |", flush=True)
    print(f"\n{asked} methods were asked.")


if __name__ == "__main__":
    main()

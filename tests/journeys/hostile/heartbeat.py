"""How long one client's request keeps another waiting: while each expensive request runs, a second client asks for
``eth_chainId`` again and again, and the longest answer counts.

Run as a program it prints the table in Markdown: ``python -m tests.journeys.hostile.heartbeat [dev|megaeth]...``. With
``--against anvil`` it has Anvil's figures beside ours, for the requests that Anvil has, from the same run; with
``--against PATH`` those of another version of megadev, whose source is there.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
CHAIN_ID = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
ALICE, BOB = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
UP = (sys.executable, "-m", "megadev", "up", "--port", "0", "--l1-port", "0")
ENOUGH = 10.0
"""Seconds after which a request's answer is not waited for any longer."""


def contract(number: int) -> str:
    """An address for code of ours."""
    return "0x" + f"c0de{number:036x}"


LOOP, KECCAK, STORES, CREATES, CALLS, MODEXP, BLAKE, LOGS, MEMORY, DEEP, PAIRING, SLOADS = map(contract, range(12))
CODES = {
    LOOP: "0x5f5b600101600156",
    KECCAK: "0x5b620100005f20505f56",
    STORES: "0x5b5a5a555f56",
    CREATES: "0x5b5f5f5ff0505f56",
    CALLS: "0x5b5f5f5f5f600461fffffa505f56",
    MODEXP: "0x365f5f375b5f5f365f60055afa50600456",
    BLAKE: "0x6300ffffff60e01b5f525f5f60d55f60095afa00",
    LOGS: "0x5b6020600060006000a25f56",
    MEMORY: "0x5b621000005f5f5e5f56",
    DEEP: "0x5f5f5f5f5f305af15f5f5f5f5f305af100",
    PAIRING: "0x5b5f5f6101805f60085afa505f56",
    SLOADS: "0x5f5b600101805450600156",
}
"""Each goes on until its gas is used up."""


@dataclass(frozen=True)
class Request:
    """One expensive request. ``prepare`` makes what it needs; ``params`` may be made then, too."""

    name: str
    method: str
    params: Any = ()
    prepare: Callable[[Ask], object] | None = None
    is_ours: bool = False
    """Anvil has no such method."""


Ask = Callable[..., Any]


def _call(to: str, data: str = "0x", **more: Any) -> dict[str, Any]:
    return {"from": ALICE, "to": to, "data": data, **more}


def _modexp(size: int) -> str:
    head = "".join(f"{number:064x}" for number in (size, size, size))
    return "0x" + head + "ff" * (3 * size)


def _many_transfers(count: int) -> Callable[[Ask], None]:
    """Let transactions wait, then in one block."""

    def prepare(ask: Ask) -> None:
        ask("evm_setAutomine", False)
        for start in range(0, count, 100):
            ask.batch(  # type: ignore[attr-defined]
                [
                    ("eth_sendTransaction", [{"from": ALICE, "to": BOB, "value": "0x1", "gas": "0x5208"}])
                    for _ in range(min(100, count - start))
                ]
            )

    return prepare


def _automine(ask: Ask) -> None:
    ask("evm_mine")
    ask("evm_setAutomine", True)


def _waiting(*, to: str, gas: int, count: int = 1) -> Callable[[Ask], None]:
    def prepare(ask: Ask) -> None:
        ask("evm_setAutomine", False)
        for _ in range(count):
            ask("eth_sendTransaction", {"from": ALICE, "to": to, "gas": hex(gas), "value": "0x0"})

    return prepare


def _sent(to: str, gas: int = 15_000_000) -> Callable[[Ask], None]:
    def prepare(ask: Ask) -> None:
        ask("eth_sendTransaction", {"from": ALICE, "to": to, "gas": hex(gas)})

    return prepare


def _typed_data(count: int) -> dict[str, Any]:
    return {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}],
            "Item": [{"name": "a", "type": "uint256"}, {"name": "b", "type": "string"}],
            "All": [{"name": "items", "type": "Item[]"}],
        },
        "primaryType": "All",
        "domain": {"name": "x"},
        "message": {"items": [{"a": number, "b": "text"} for number in range(count)]},
    }


def requests(gas: int = 30_000_000) -> list[Request]:
    """The list, by groups of the catalog."""
    g = hex(gas)
    found: list[Request] = []
    kinds = {
        "a loop": LOOP, "hashing": KECCAK, "storing": STORES, "creating": CREATES, "calls": CALLS, "logs": LOGS,
        "memory": MEMORY, "two calls each": DEEP, "pairings": PAIRING, "loads": SLOADS, "BLAKE2F": BLAKE,
    }  # fmt: skip
    for what, to in kinds.items():
        found.append(Request(f"eth_call: {what}", "eth_call", [_call(to, gas=g), "latest"]))
    for size in (1_024, 256):
        found.append(
            Request(f"eth_call: MODEXP of {size}", "eth_call", [_call(MODEXP, _modexp(size), gas=g), "latest"])
        )
    for what, to in kinds.items():
        found.append(Request(f"send: {what}", "eth_sendTransaction", [_call(to, gas=hex(gas // 2))]))
    found.append(Request("send: MODEXP", "eth_sendTransaction", [_call(MODEXP, _modexp(1_024), gas=hex(gas // 2))]))
    for what in ("a loop", "hashing", "calls", "loads"):
        to = kinds[what]
        found += [
            Request(f"estimate: {what}", "eth_estimateGas", [_call(to)]),
            Request(f"send without gas: {what}", "eth_sendTransaction", [_call(to)]),
            Request(f"access list: {what}", "eth_createAccessList", [_call(to, gas=g), "latest"]),
            Request(f"debug_traceCall: {what}", "debug_traceCall", [_call(to, gas=hex(gas // 30)), "latest", {}]),
            Request(f"callTracer: {what}", "debug_traceCall", [_call(to, gas=g), "latest", {"tracer": "callTracer"}]),
            Request(f"trace_call: {what}", "trace_call", [_call(to, gas=g), ["trace"]], is_ours=True),
        ]
    many = [{"blockStateCalls": [{"calls": [_call(LOOP, gas="0x100000") for _ in range(20)]}]}]
    overrides = {contract(n): {"balance": "0x1", "code": "0x" + "5b" * 20_000} for n in range(100, 140)}
    found += [
        Request("eth_simulateV1", "eth_simulateV1", [many[0], "latest"]),
        Request(
            "eth_simulateV1: 200 blocks", "eth_simulateV1", [{"blockStateCalls": [{}] * 200}, "latest"]
        ),
        Request("eth_callMany", "eth_callMany", [[{"transactions": [_call(LOOP, gas="0x200000")] * 20}], {}], is_ours=True),
        Request("eth_call: 40 codes overridden", "eth_call", [_call(LOOP, gas=g), "latest", overrides]),
        Request("eth_call: 1 MB of input", "eth_call", [_call(BOB, "0x" + "ff" * 900_000, gas=g), "latest"]),
        Request("eth_fillTransaction", "eth_fillTransaction", [_call(LOOP)]),
        Request("anvil_mine 10,000", "anvil_mine", ["0x2710"]),
        Request("evm_mine 1,000", "evm_mine", [{"blocks": 1_000}], is_ours=True),
        Request("anvil_mine 100, far apart", "anvil_mine", ["0x64", "0x3c"]),
        Request("mine 2,000 transfers", "evm_mine", [], _many_transfers(2_000)),
        Request("getBlock of 2,000, full", "eth_getBlockByNumber", ["latest", True]),
        Request("getBlockReceipts of 2,000", "eth_getBlockReceipts", ["latest"]),
        Request("debug_traceBlock of 2,000", "debug_traceBlockByNumber", ["latest", {"tracer": "callTracer"}]),
        Request("trace_block of 2,000", "trace_block", ["latest"]),
        Request("debug_getRawBlock", "debug_getRawBlock", ["latest"], is_ours=True),
        Request("debug_getRawReceipts", "debug_getRawReceipts", ["latest"], is_ours=True),
        Request("ots_getBlockTransactions", "ots_getBlockTransactions", ["latest", 0, 2_000]),
        Request("debug_executionWitness", "debug_executionWitness", ["latest"], is_ours=True),
        Request("eth_getBlockAccessList", "eth_getBlockAccessList", ["latest"], is_ours=True),
        Request("trace_filter", "trace_filter", [{"fromBlock": "0x0", "toBlock": "latest"}]),
        Request("txpool_content of 2,000", "txpool_content", [], _many_transfers(2_000)),
        Request("txpool_inspect", "txpool_inspect", []),
        Request("eth_pendingTransactions", "eth_pendingTransactions", [], is_ours=True),
        Request("pending block of 2,000", "eth_getBlockByNumber", ["pending", True]),
        Request("nonce while they wait", "eth_getTransactionCount", [ALICE, "pending"]),
        Request("balance at pending", "eth_getBalance", [ALICE, "pending"]),
        Request("anvil_dropAllTransactions", "anvil_dropAllTransactions", []),
        Request("automine again", "evm_setAutomine", [True]),
        Request("pending block, heavy", "eth_getBlockByNumber", ["pending", True], _waiting(to=LOOP, gas=gas // 2)),
        Request("call at pending, heavy", "eth_call", [_call(BOB), "pending"], _waiting(to=KECCAK, gas=gas // 4)),
        Request("mine what is heavy", "evm_mine", []),
        Request("automine with heavy ones", "evm_setAutomine", [True], _waiting(to=LOOP, gas=gas // 2, count=2)),
        Request("eth_getLogs of many", "eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}], _sent(LOGS)),
        Request("eth_getLogsWithCursor", "eth_getLogsWithCursor", [{"fromBlock": "0x0"}], is_ours=True),
        Request("debug_traceTransaction", "debug_traceTransaction", ["$last", {}], _sent(LOOP, 1_000_000)),
        Request("prestateTracer", "debug_traceTransaction", ["$last", {"tracer": "prestateTracer"}], _sent(STORES)),
        Request("debug_traceTransaction: storing", "debug_traceTransaction", ["$last", {}], _sent(STORES, 10_000_000)),
        Request("trace_replayBlock", "trace_replayBlockTransactions", ["latest", ["trace", "stateDiff"]]),
        Request("trace_transaction", "trace_transaction", ["$last"]),
        Request("trace_transactionOpcodeGas", "trace_transactionOpcodeGas", ["$last"], is_ours=True),
        Request("ots_traceTransaction", "ots_traceTransaction", ["$last"]),
        Request("stack trace", "megadev_getStackTrace", ["$last"], is_ours=True),
        Request("storage range", "debug_storageRangeAt", ["latest", 0, STORES, "0x00", 100_000], is_ours=True),
        Request("modified accounts", "debug_getModifiedAccountsByNumber", ["latest"], is_ours=True),
        Request("eth_getProof of 500 slots", "eth_getProof", [STORES, [hex(n) for n in range(500)], "latest"]),
        Request(
            "eth_getStorageValues of 1,000", "eth_getStorageValues", [{STORES: [hex(n) for n in range(1_000)]}, "latest"],
            is_ours=True,
        ),
        Request("eth_feeHistory of 1,024", "eth_feeHistory", ["0x400", "latest", [1, 5, 10, 25, 50, 75, 90, 95, 99]]),
        Request("sign 1 MB", "personal_sign", ["0x" + "ff" * 900_000, ALICE]),
        Request("typed data of 5,000", "eth_signTypedData_v4", [ALICE, _typed_data(5_000)]),
        Request("dealERC20", "anvil_dealERC20", [BOB, LOOP, "0x1"]),
        Request("anvil_setCode of 500 kB", "anvil_setCode", [contract(99), "0x" + "5b" * 500_000]),
        Request("anvil_dumpState", "anvil_dumpState", [True]),
        Request("anvil_loadState", "anvil_loadState", ["$dump"]),
        Request("evm_revert", "evm_revert", ["$snapshot"]),
        Request("anvil_reorg", "anvil_reorg", [50, []]),
        Request("anvil_rollback", "anvil_rollback", [20]),
        Request("bridge status", "megadev_getBridgeStatus", [], is_ours=True),
        Request("artifacts", "megadev_listArtifacts", [], is_ours=True),
        Request("fork configuration", "eth_config", []),
        Request("proposal", "megadev_proposeOutput", [], is_ours=True),
        Request("windows", "megadev_skipWithdrawalWindows", [], is_ours=True),
        Request("anvil_reset", "anvil_reset", []),
    ]  # fmt: skip
    return found


class Client:
    """JSON-RPC over one kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ENOUGH + 10)

    def post(self, body: bytes) -> bytes:
        self.connection.request("POST", "/", body, {"content-type": "application/json"})
        return self.connection.getresponse().read()

    def __call__(self, method: str, *params: Any) -> Any:
        answer = json.loads(self.post(_body(method, params)))
        return answer.get("result")

    def batch(self, calls: Sequence[tuple[str, Any]]) -> None:
        self.post(b"[" + b",".join(_body(method, params) for method, params in calls) + b"]")


def _body(method: str, params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


class Heart(threading.Thread):
    """Asks for the chain id every few milliseconds and remembers how long each answer took."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.client = Client(port)
        self.longest = 0.0
        self.beats: list[float] = []
        self.is_on = True

    def run(self) -> None:
        while self.is_on:
            began = time.perf_counter()
            self.client.post(CHAIN_ID)
            took = (time.perf_counter() - began) * 1_000
            self.beats.append(took)
            self.longest = max(self.longest, took)
            time.sleep(0.003)


@dataclass(frozen=True)
class Measured:
    """What one request did: how long it took, and the longest answer to another client meanwhile, in ms."""

    request: Request
    took: float
    longest: float
    typical: float
    outcome: str


def measure(
    server: Callable[[], contextlib.AbstractContextManager[int]], wanted: Sequence[Request]
) -> Iterator[Measured]:
    """Ask each request once, one after the other; a node that goes on with one that nobody waits for is started anew."""
    left: list[Request] = list(wanted)
    while left:
        with server() as port:
            ask = Client(port)
            for to, code in CODES.items():
                ask("anvil_setCode", to, code)
            ask("anvil_setBalance", ALICE, hex(10**30))
            memory: dict[str, Any] = {"$dump": None, "$snapshot": None, "$last": None}
            while left:
                request = left.pop(0)
                try:
                    found = _measured(port, ask, request, memory)
                except OSError:
                    found = Measured(request, ENOUGH * 1_000, ENOUGH * 1_000, ENOUGH * 1_000, "left")
                yield found
                if found.outcome == "left" or found.longest > ENOUGH * 500:
                    break


def _measured(port: int, ask: Ask, request: Request, memory: dict[str, Any]) -> Measured:
    if request.prepare is not None:
        request.prepare(ask)
    if request.method == "evm_revert":
        memory["$snapshot"] = ask("evm_snapshot")
        ask("anvil_mine", "0x3e8")
    if request.method == "anvil_loadState":
        memory["$dump"] = ask("anvil_dumpState")
    if "$last" in request.params:
        block = ask("eth_getBlockByNumber", "latest", False)
        memory["$last"] = (block["transactions"] or ["0x" + "00" * 32])[-1]
    params = [memory.get(param, param) if isinstance(param, str) else param for param in request.params]
    heart = Heart(port)
    heart.start()
    time.sleep(0.02)
    began = time.perf_counter()
    outcome = _outcome(port, _body(request.method, params))
    took = (time.perf_counter() - began) * 1_000
    time.sleep(0.03)
    heart.is_on = False
    heart.join(ENOUGH)
    beats = sorted(heart.beats) or [heart.longest]
    longest = took if heart.is_alive() else heart.longest
    return Measured(request, took, longest, beats[len(beats) // 2], outcome)


def _outcome(port: int, body: bytes) -> str:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=ENOUGH)
    try:
        with contextlib.closing(client):
            client.request("POST", "/", body, {"content-type": "application/json"})
            answer = client.getresponse().read()
    except OSError:
        return "left"
    start = answer[:200]
    return (
        "error: " + str(json.loads(answer)["error"]["message"])[:60]
        if b'"id":1,"error"' in start
        else f"{len(answer)} bytes"
    )


@contextlib.contextmanager
def started(*command: str, source: str | None = None) -> Iterator[tuple[int, int]]:
    """A node's process id and port. ``source``: where its program is from, where that is not this one's."""
    environment = {**os.environ, "PYTHONPATH": source or os.environ.get("PYTHONPATH", str(REPOSITORY))}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
    )
    assert process.stdout is not None
    port = 0
    for line in process.stdout:
        if "Listening on" in line:
            port = int(line.rsplit(":", 1)[1].split()[0])
            break
    output = process.stdout
    threading.Thread(target=lambda: [None for _ in output], daemon=True).start()
    try:
        yield process.pid, port
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # and what a wrapper, as npm's of Anvil, has started
        process.wait()


@contextlib.contextmanager
def running(*command: str, source: str | None = None) -> Iterator[int]:
    """A node's port."""
    with started(*command, source=source) as (_, port):
        yield port


def node(*flags: str, source: str | None = None) -> contextlib.AbstractContextManager[int]:
    """A ``megadev up``."""
    return running(*UP, *flags, source=source)


def other(name: str, preset: str) -> contextlib.AbstractContextManager[int]:
    """Anvil, or the version of megadev in a directory."""
    if name == "anvil":
        return running(shutil.which("anvil") or "anvil", "--port", "0")
    return node("--preset", preset, source=name)


def compare(preset: str, others: Sequence[str]) -> None:
    """Print the table of one preset."""
    measured: list[dict[str, Measured]] = []
    for name in others:
        wanted = [request for request in requests() if name != "anvil" or not request.is_ours]
        measured.append({one.request.name: one for one in measure(partial(other, name, preset), wanted)})
    head = "".join(f" {Path(name).name}: longest | took |" for name in others)
    print(f"| {preset}: request | longest heartbeat ms | median | took |{head} answer |\n|---|---|---|---|", end="")
    print("---|---|" * len(others) + "---|")
    for one in measure(partial(node, "--preset", preset), requests()):
        there = [found.get(one.request.name) for found in measured]
        cells = "".join(" – | – |" if each is None else f" {each.longest:.0f} | {each.took:.0f} |" for each in there)
        print(
            f"| {one.request.name} | {one.longest:.0f} | {one.typical:.1f} | {one.took:.0f} |{cells} {one.outcome} |",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="heartbeat")
    parser.add_argument("presets", nargs="*", default=["dev"])
    parser.add_argument("--against", action="append", default=[], metavar="anvil|PATH")
    chosen = parser.parse_args()
    for preset in chosen.presets:
        compare(preset, chosen.against)


if __name__ == "__main__":
    main()

"""The rows of ``megadev bench`` that are about running EVM code: calls that compute, calls that use storage, swaps.

What runs is ``contracts/BenchCompute.sol``, ``BenchStore.sol`` and ``BenchExchange.sol``, deployed when a row first
needs them. The rows of first calls start a node that has nothing cached, for each call anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, TypeAlias

from megadev.bench.client import (
    Measure,
    Measured,
    Probe,
    Samples,
    calldata,
    request_body,
    result_of,
    seconds_of,
    send_and_wait,
    timed,
)
from megadev.primitives.hexcodec import parse_data, to_data

SWAPS: Final = 10_000
SWAP_GAS: Final = 250_000
_ETHER: Final = 10**18

_CALLS: Final[dict[str, tuple[str, str, bytes]]] = {
    "sort": ("insertion sort of 500 words", "BenchCompute", calldata("sort(uint256)", 500)),
    "sha": ("SHA-256 in Solidity, 40 blocks", "BenchCompute", calldata("sha(uint256)", 40)),
    "fibonacci": ("50,000 Fibonacci numbers", "BenchCompute", calldata("fibonacci(uint256)", 50_000)),
    "checked": ("20,000 × checked arithmetic", "BenchCompute", calldata("checkedArithmetic(uint256)", 20_000)),
    "divide": ("20,000 × mod and div by constants", "BenchCompute", calldata("divide(uint256)", 20_000)),
    "keccak": ("20,000 × KECCAK256 of abi.encode", "BenchCompute", calldata("hashes(uint256)", 20_000)),
    "mulmod": ("5 inverses in bn254's field by MULMOD", "BenchCompute", calldata("power(uint256)", 5)),
    "poseidon": ("20 permutations as Poseidon's", "BenchCompute", calldata("poseidon(uint256)", 20)),
    "exp": ("500 × EXP of 32 bytes", "BenchCompute", calldata("exponents(uint256)", 500)),
    "swaps": ("20 swaps", "BenchExchange", calldata("swaps(uint256,uint256)", 20, _ETHER)),
    "slots": ("1,000 slots written, read, written", "BenchStore", calldata("slots(uint256)", 1_000)),
    "counter": ("one slot read and written 2,000 times", "BenchStore", calldata("counter(uint256)", 2_000)),
}
"""By name: what it is, and the contract and data of the call."""
_FIRST: Final = {"first-keccak": "keccak", "first-sort": "sort"}


def _call(endpoint: Measured, name: str) -> bytes:
    """The framed request of a workload."""
    _, contract, data = _CALLS[name]
    call = {
        "from": to_data(endpoint.senders[0]),
        "to": to_data(endpoint.contract(contract)),
        "data": to_data(data),
        "gas": "0x1c9c380",
    }
    return endpoint.connection.frame(request_body("eth_call", call, "latest"))


def _computed(name: str) -> Callable[[Measured, int], Samples]:
    def run(endpoint: Measured, count: int) -> Samples:
        return {f"call-{name}": timed(endpoint, [_call(endpoint, name)] * count, _is_word)}

    return run


def _is_word(result: str) -> bool:
    return len(parse_data(result)) == 32


def _swap(endpoint: Measured, is_first: bool = True) -> bytes:
    """A signed swap by the first sender."""
    data = calldata("swap(bool,uint256,uint256)", int(is_first), _ETHER, 0)
    return endpoint.sign(0, endpoint.contract("BenchExchange"), SWAP_GAS, data)


def _send_swaps(endpoint: Measured, count: int) -> Samples:
    samples: Samples = {"send-swap": [], "receipt-swap": []}
    for index in range(count):
        answered, had = send_and_wait(endpoint.connection, _swap(endpoint, index % 2 == 0))
        samples["send-swap"].append(answered)
        samples["receipt-swap"].append(had)
    return samples


def _many_swaps(endpoint: Measured, count: int) -> Samples:
    """Sent one by one, until all are included."""
    requests = [endpoint.submission(_swap(endpoint, index % 2 == 0)) for index in range(count)]

    def work() -> None:
        for request in requests:
            result_of(endpoint.connection.exchange(request))
        endpoint.await_inclusion([0], patience=600)

    return {"rate-swaps": [count / seconds_of(work)]}


COMPUTE_PROBES: Final[tuple[Probe, ...]] = (
    *(
        Probe((Measure(f"call-{name}", f"eth_call: {title}"),), _computed(name), 5)
        for name, (title, _, _) in _CALLS.items()
    ),
    Probe(
        (Measure("send-swap", "swap: send answered"), Measure("receipt-swap", "swap: send → receipt")), _send_swaps, 20
    ),
    Probe((Measure("rate-swaps", f"swaps one by one, {SWAPS:,} in a row", "tx/s"),), _many_swaps, SWAPS, 1, alone=True),
)
FIRST_ROWS: Final = tuple(Measure(label, f"first eth_call ever: {_CALLS[name][0]}") for label, name in _FIRST.items())

Running: TypeAlias = Callable[[Path], AbstractContextManager[tuple[str, int, float]]]
"""Starts a node with that home directory: its URL, its process id, seconds to its first answer."""


def first_calls(start: Running, keys: list[bytes]) -> Samples:
    """Each of the first calls, once, on a node of its own that has never run any code but its deployment."""
    samples: Samples = {}
    for label, name in _FIRST.items():
        with tempfile.TemporaryDirectory(prefix="megadev-bench-") as home, start(Path(home)) as (url, pid, _):
            endpoint = Measured(label, url, keys, pid)
            samples[label] = timed(endpoint, [_call(endpoint, name)], _is_word)
            endpoint.connection.close()
    return samples

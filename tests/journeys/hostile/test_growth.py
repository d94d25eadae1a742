"""What many requests cost: memory by bytes, and work in proportion to their number."""

from __future__ import annotations

import gc
import re
import sys
import time
from collections.abc import Callable

import pytest

from megadev import Devnet
from megadev.testing.bridge import Bridge

Prepare = Callable[[Devnet], Callable[[int], object]]


def impersonations(net: Devnet) -> Callable[[int], object]:
    return lambda number: net.rpc("anvil_impersonateAccount", f"0x{number + 1:040x}")


def signatures(net: Devnet) -> Callable[[int], object]:
    word, somebody = "22" * 32, "0x" + "aa" * 20
    return lambda number: net.rpc("anvil_impersonateSignature", f"0x{number + 1:064x}{word}1b", somebody)


def artifacts(net: Devnet) -> Callable[[int], object]:
    function = {"type": "function", "inputs": [], "outputs": []}
    return lambda number: net.rpc(
        "megadev_addArtifact", {"name": f"C{number}", "abi": [{**function, "name": f"f{number}"}]}
    )


def _transfer(net: Devnet, **more: str) -> dict[str, str]:
    alice, bob = (account.address for account in net.accounts[:2])
    return {"from": alice, "to": bob, "gas": "0x5208", "value": "0x1", **more}


def waiting_transactions(net: Devnet) -> Callable[[int], object]:
    net.rpc("evm_setAutomine", False)
    return lambda number: net.rpc("eth_sendTransaction", _transfer(net))


def queued_transactions(net: Devnet) -> Callable[[int], object]:
    net.rpc("evm_setAutomine", False)
    return lambda number: net.rpc("eth_sendTransaction", _transfer(net, nonce=hex(number + 5)))


def pending_filters(net: Devnet) -> Callable[[int], object]:
    return lambda number: net.rpc("eth_newPendingTransactionFilter")


def snapshots(net: Devnet) -> Callable[[int], object]:
    return lambda number: net.rpc("evm_snapshot")


def withdrawals(net: Devnet) -> Callable[[int], object]:
    """Each claimed by a game of its own, which stays open: L1's time does not pass by itself."""
    bridge = Bridge(net.l1, net)
    return lambda number: bridge.prove(bridge.withdraw(1))


@pytest.mark.parametrize(
    ("prepare", "count"),
    [
        (impersonations, 4_000),
        (signatures, 2_000),
        (artifacts, 600),
        (waiting_transactions, 1_000),
        (queued_transactions, 1_000),
        (pending_filters, 2_000),
        (snapshots, 400),
        (withdrawals, 100),
    ],
)
def test_four_times_as_many_are_not_sixteen_times_the_work(prepare: Prepare, count: int) -> None:
    """Whatever else the machine does only adds to a time: the least of several is compared, up to six where it must."""

    def seconds(times: int) -> float:
        with Devnet(no_l1=prepare is not withdrawals, accounts=2) as net:
            act = prepare(net)
            gc.collect()
            began = time.process_time()
            for number in range(times):
                act(number)
            return time.process_time() - began

    few, many = [seconds(count) for _ in range(3)], [seconds(4 * count)]
    while min(many) >= 7 * min(few) and len(many) < 6:
        few.append(seconds(count))
        many.append(seconds(4 * count))
    assert min(many) < 7 * min(few)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_overriding_with_large_codes_leaves_little_behind() -> None:
    """Each of them, analysed, takes 60 megabytes: 40 remembered by number would be more than two gigabytes."""

    def megabytes() -> int:
        with open("/proc/self/status") as status:
            found = re.search(r"VmRSS:\s+(\d+) kB", status.read())
        assert found is not None
        return int(found[1]) // 1024

    here = "0x" + "aa" * 20
    with Devnet(no_l1=True, engine="interpreter") as net:
        before = megabytes()
        for number in range(40):
            code = "0x00" + "5b" * 900_000 + f"{number:04x}"
            net.rpc("eth_call", {"to": here, "gas": "0x20000"}, "latest", {here: {"code": code}})
        assert megabytes() - before < 500

"""The law of dumps: what a node dumps and a fresh one loads is the same chain: roots, blocks, receipts and, where they
were asked for, old states; and both go on to the same next block.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from megadev import Devnet

STORE = "0x602a6001556001602a60005260206000a1600060005360016000f3"
"""Creation code: 42 into slot 1, one log, STOP as the contract."""
WHO = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("transfer"), WHO, WHO, st.integers(0, 10**19), st.sampled_from((0, 1, 2))),
        st.tuples(st.just("create"), WHO, st.sampled_from((STORE, "0xfe", "0x5f5ffd", "0x"))),
        st.tuples(st.just("pretend"), WHO, st.integers(0, 9), st.booleans()),
        st.tuples(st.just("slot"), st.integers(0, 3), st.integers(0, 2)),
        st.tuples(st.just("mine"), st.integers(1, 3)),
    ),
    max_size=8,
)


def fresh() -> Devnet:
    return Devnet(accounts=3, timestamp=1_700_000_000, manual_clock=True)


def take(net: Devnet, step: tuple[Any, ...]) -> None:
    who = [account.address for account in net.accounts]
    match step:
        case ("transfer", sender, to, value, kind):
            price: dict[str, Any] = {} if kind == 2 else {"gasPrice": hex(5 * 10**9)}
            if kind == 1:
                price["accessList"] = [{"address": who[to], "storageKeys": []}]
            net.rpc("eth_sendTransaction", {"from": who[sender], "to": who[to], "value": hex(value), **price})
        case ("create", sender, code):
            net.rpc("eth_sendTransaction", {"from": who[sender], "data": code, "gas": hex(200_000)})
        case ("pretend", to, value, legacy):
            stranger = "0x" + "aa" * 20
            net.rpc("anvil_setBalance", stranger, hex(10**18))
            price = {"gasPrice": hex(5 * 10**9)} if legacy else {}
            net.rpc("eth_sendUnsignedTransaction", {"from": stranger, "to": who[to], "value": hex(value), **price})
        case ("slot", slot, value):
            net.rpc("anvil_setStorageAt", "0x" + "bb" * 20, hex(slot), f"0x{value:064x}")
        case ("mine", count):
            net.rpc("anvil_mine", count)


def told(net: Devnet) -> list[Any]:
    """The chain as RPC tells it."""
    numbers = [hex(number) for number in range(net.l2.chain.head.number + 1)]
    return [
        [net.rpc("eth_getBlockByNumber", number, True) for number in numbers],
        [net.rpc("eth_getBlockReceipts", number) for number in numbers],
        net.rpc("eth_getLogs", {"fromBlock": "0x0"}),
    ]


def root_at(net: Devnet, number: int) -> bytes:
    """The root of the state at a block, with what cheats changed before the next one."""
    block, irregular = net.l2.chain.block_and_irregular(number)
    return (block.world if irregular is None else block.world.apply(irregular)).state_root


@given(STEPS, st.booleans())
@settings(max_examples=40)
def test_a_node_that_loads_a_dump_continues_identically(steps: list[tuple[Any, ...]], history: bool) -> None:
    with fresh() as net, fresh() as other:
        for step in steps:
            take(net, step)
        dump = net.rpc("anvil_dumpState", history)
        other.rpc("anvil_loadState", dump)
        assert told(other) == told(net)
        assert other.rpc("anvil_dumpState", history) == dump
        if history:
            for number in range(net.l2.chain.head.number):
                assert root_at(other, number) == root_at(net, number)
        for node in (net, other):
            node.rpc("anvil_setTime", 1_800_000_000)
            take(node, ("transfer", 0, 1, 1, 2))
        assert told(other) == told(net)

"""Laws of the report about conflicts: what it says depends on nothing gives the same alone on the block's first state,
and each transaction gives the same once all that it depends on went before it.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from megadev.chain.blocks import SealedBlock
from megadev.devnet import Devnet
from megadev.evm.engine import Execution
from megadev.inspect.block_accesses import BlockAccesses, block_accesses
from megadev.inspect.parallelism import Conflict, Kind, Resource, Touched, parallelism_of
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.keccak import keccak
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

# ---- arithmetic, against definitions

RESOURCES = [Resource(Kind.STORAGE, b"\x01" * 20, slot) for slot in range(4)]
SETS = st.frozensets(st.sampled_from(RESOURCES), max_size=3)
TOUCHED = st.lists(
    st.tuples(SETS, SETS, SETS, st.integers(1, 100)).map(
        lambda drawn: Touched(drawn[0] | drawn[1], drawn[1], drawn[2] - drawn[0] - drawn[1], drawn[3])
    ),
    max_size=8,
)


def in_order(touched: list[Touched]) -> set[tuple[int, int, Resource]]:
    """Conflicts by their definition: with the last that changed it, and with all that paid since."""
    found = set()
    for later, each in enumerate(touched):
        for resource in each.reads:
            for earlier in range(later - 1, -1, -1):
                if resource in touched[earlier].pays:
                    found.add((earlier, later, resource))
                if resource in touched[earlier].writes:
                    found.add((earlier, later, resource))
                    break
    return found


@given(TOUCHED)
def test_conflicts_paths_and_schedules_are_as_defined(touched: list[Touched]) -> None:
    found = parallelism_of(touched)
    assert {(each.earlier, each.later, each.resource) for each in found.conflicts} == in_order(touched)

    def longest(index: int) -> int:
        return touched[index].cost + max((longest(each) for each in found.depends_on[index]), default=0)

    def depth(index: int) -> int:
        return max((depth(each) + 1 for each in found.depends_on[index]), default=0)

    indices = range(len(touched))
    assert found.critical_cost == max(map(longest, indices), default=0)
    path = found.critical_path
    assert all(earlier in found.depends_on[later] for earlier, later in pairwise(path))
    assert found.waves == [depth(index) for index in indices]
    speeds = [found.with_workers(workers) for workers in (1, 2, 4, 8)]
    assert speeds[0] == 1 and all(1 <= speed <= found.speed_up + 1e-9 for speed in speeds)
    assert found.with_workers(len(touched) + 1) == pytest.approx(found.speed_up)
    assert found.speed_up_without(RESOURCES) == pytest.approx(
        sum(each.cost for each in touched) / max((each.cost for each in touched), default=1) if touched else 1
    )


def test_a_conflict_is_with_the_last_that_changed_it() -> None:
    (slot, *_) = RESOURCES
    write = Touched(frozenset({slot}), frozenset({slot}), frozenset(), 1)
    assert parallelism_of([write, write, write]).conflicts == [Conflict(0, 1, slot), Conflict(1, 2, slot)]


# ---- real blocks, against execution

ONLY = "sends its only wei to and tells whether"
TELL = "5f5260205f"
"""Puts what is on the stack into memory, to be returned or reverted with."""
FIRST = "c0" * 19 + "00"
PROGRAMS = {
    "increments the slot": "5f358054600101905500",
    "tells the balance of": f"5f3531{TELL}f3",
    "tells the code hash of": f"5f353f{TELL}f3",
    "tells the code size of": f"5f353b{TELL}f3",
    "tells its own balance": f"47{TELL}f3",
    "tells the coinbase's balance": f"4131{TELL}f3",
    "tells the slot": f"5f3554{TELL}f3",
    "reverts with the balance of": f"5f3531{TELL}fd",
    "sends a wei to": "5f5f5f5f60015f355af15000",
    ONLY: f"5f5f5f5f60015f355af1{TELL}f3",
    "destructs itself for": "5f35ff",
    "creates, and without value reverts": "5f5f5ff05f5234600e57 60205ffd 5b60205ff3",
    "creates code where it can": "6360015ff35f525f6004601c5ff55000",
    "delegates to the first": f"365f5f375f5f365f73{FIRST}5af400",
}
"""Runtime codes, each of which takes one word."""
PLACES = {name: "0x" + "c0" * 19 + f"{index:02x}" for index, name in enumerate(PROGRAMS)}
PLACES["nobody"] = "0x" + "d0" * 20
PLACES["what is created"] = (
    "0x"
    + keccak(
        b"\xff" + bytes.fromhex(PLACES["creates code where it can"][2:]) + bytes(32) + keccak(bytes.fromhex("60015ff3"))
    )[12:].hex()
)
OTHERS = sorted(PLACES)
COINBASE = "coinbase"


def actions(accounts: int) -> st.SearchStrategy[list[tuple[int, str, str, int]]]:
    """(sender, whom it calls, the address or slot in its word, value), among a few, so that they meet."""
    places = [*OTHERS, COINBASE, *(f"account {index}" for index in range(accounts))]

    def among(few: list[str]) -> st.SearchStrategy[list[tuple[int, str, str, int]]]:
        place = st.sampled_from(few)
        return st.lists(
            st.tuples(st.integers(0, accounts - 1), place, place, st.integers(0, 1)), min_size=2, max_size=6
        )

    return st.lists(st.sampled_from(places), min_size=2, max_size=4, unique=True).flatmap(among)


def block_of(net: Devnet, drawn: list[tuple[int, str, str, int]]) -> SealedBlock:
    """The block that holds what was drawn."""
    senders = [account.address for account in net.accounts]
    coinbase = net.rpc("eth_getBlockByNumber", "latest", False)["miner"]
    where = PLACES | {f"account {index}": sender for index, sender in enumerate(senders)} | {COINBASE: coinbase}
    for sender, place, word, value in drawn:
        data = f"0x{int(where[word], 16):064x}" if place in PROGRAMS else "0x"
        net.rpc(
            "eth_sendTransaction",
            {"from": senders[sender], "to": where[place], "data": data, "value": hex(value), "gas": "0x200000"},
        )
    net.rpc("evm_mine")
    return net.node.l2.head


def outcome(execution: Execution, before: StateReader, accesses: BlockAccesses, index: int) -> object:
    """What must be the same: of accounts, the fields that it changes, without what fees do to who only gets them."""
    paid = {each.address for each in accesses.touched[index].pays}
    accounts = {}
    for address, account in execution.diff.accounts.items():
        old, new = before.account(address) or EMPTY_ACCOUNT, account or EMPTY_ACCOUNT
        if address not in paid:
            accounts[address] = [
                getattr(new, field) if getattr(new, field) != getattr(old, field) else None
                for field in ("balance", "nonce", "code_hash")
            ]
    diff = execution.diff
    return execution.result, execution.gas, execution.logs, accounts, diff.storage, diff.cleared, diff.codes


def check(chain: LocalChain, block: SealedBlock, accesses: BlockAccesses) -> None:
    builder = block_start(chain, block)
    there = []
    for index, tx in enumerate(block.transactions):
        execution = builder.execute(tx)
        there.append(outcome(execution, builder.state, accesses, index))
        builder.append(tx, execution)
    found = accesses.parallelism
    for index, tx in enumerate(block.transactions):
        needed: set[int] = set()
        waiting = [index]
        while waiting:
            waiting += found.depends_on[waiting.pop()] - needed
            needed.update(waiting)
        builder = block_start(chain, block)
        state = Overlay(builder.state)
        for earlier in sorted(needed):
            state.apply(builder.execute(block.transactions[earlier], state=state).diff)
        alone = outcome(builder.execute(tx, state=state), state, accesses, index)
        assert alone == there[index], (index, sorted(needed), found.conflicts)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_independent_transactions_give_the_same_result_alone(preset: str) -> None:
    more = {"block_time": None, "mini_block_time": None} if preset == "megaeth" else {}
    with Devnet(
        preset=preset, accounts=3, no_l1=True, no_mining=True, timestamp=1_800_000_000, manual_clock=True, **more
    ) as net:
        for name, code in PROGRAMS.items():
            net.rpc("anvil_setCode", PLACES[name], f"0x{code.replace(' ', '')}")
            net.rpc("anvil_setBalance", PLACES[name], "0x1" if name == ONLY else "0xff")
        block_of(
            net, [(0, "nobody", "nobody", 1)]
        )  # who gets the fees is there then: MegaETH meters who creates an account
        start = net.rpc("evm_snapshot")

        @example([(0, "what is created", "nobody", 1), (1, "tells the code hash of", "what is created", 0)])
        @example([(0, "tells its own balance", "nobody", 1), (1, "tells its own balance", "nobody", 0)])
        @example([(0, ONLY, "nobody", 0), (1, ONLY, "account 2", 0)])
        @example([(0, "creates code where it can", "nobody", 0), (1, "tells the code size of", "what is created", 0)])
        @example([(0, "what is created", "nobody", 1), (1, "creates code where it can", "nobody", 0)])
        @example([(0, "destructs itself for", "nobody", 0), (1, "destructs itself for", "account 2", 0)])
        @example(
            [
                (0, "increments the slot", "nobody", 0),
                (1, COINBASE, "nobody", 1),
                (2, "tells the balance of", COINBASE, 0),
            ]
        )
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(actions(3))
        def law(drawn: list[tuple[int, str, str, int]]) -> None:
            nonlocal start
            block = block_of(net, drawn)
            assert len(block.transactions) >= len(drawn)
            check(net.node.l2, block, block_accesses(net.node.l2, [block], lambda tracer: tracer))
            net.rpc("evm_revert", start)
            start = net.rpc("evm_snapshot")

        law()

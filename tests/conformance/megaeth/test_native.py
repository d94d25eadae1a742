"""MegaETH's rules in native frames, interpreted and compiled, give what the run loop in Python gives: result, gas,
meters, logs, diff, accesses and every event of a frame tracer. What contracts usually do is not given up to Python.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from megadev.bench.client import calldata
from megadev.bench.contracts import load
from megadev.chain.spec import MegaLimits, fork_named, megaeth_spec
from megadev.errors import InvalidTransaction
from megadev.evm.engine import CALL, BlockEnv, Engine, Execution, Halt, MegaEnv, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.native.frames import NativeRun
from megadev.evm.engines.native.host import HostUnavailable
from megadev.evm.engines.native.host import load as load_library
from megadev.evm.engines.native.loop import NativeMegaLoop
from megadev.evm.engines.native.tier import Tier
from megadev.evm.mega_rules import ACCESS_CONTROL, LIMIT_CONTROL, ORACLE
from tests.conformance.engine_suite.cases import BLOCK_HASHES, CONTRACT, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.fuzz import Prompt, Writer
from tests.conformance.engine_suite.worlds import DictState, Has, WholeState, asm
from tests.conformance.megaeth import cases
from tests.conformance.megaeth.cases import LEVELS, differences, expected, files, read, run_case
from tests.stage.frame_events import Events

CHAIN_ID = 4326
GWEI = 10**9
COINBASE = bytes.fromhex("4200000000000000000000000000000000000011")


class Counting(Tier):
    """Counts the runs that were made natively, and those that were given up."""

    native = given_up = 0

    def run(self, machine: Machine, call: Call, kind: type[NativeRun] = NativeRun) -> bool:
        made = super().run(machine, call, kind)
        self.native += made
        self.given_up += not made
        return made


NATIVE, AT_ONCE = Counting(), Counting(at_once=True)
TIERS: dict[str, Tier] = {"native": NATIVE, "hot": Prompt(20), "at once": AT_ONCE}


@pytest.fixture(autouse=True)
def needs_wasmtime() -> None:
    try:
        load_library()
    except HostUnavailable as error:
        pytest.skip(str(error))


@cache
def engine(name: str, tier: str | None, limits: MegaLimits) -> Engine:
    """An engine for the spec of that name; ``tier`` None interprets in Python."""
    fork = fork_named(name)
    spec = megaeth_spec(CHAIN_ID, fork.hardfork, model=fork.model, limits=limits)
    if tier is None:
        return open_engine("interpreter", spec)
    made = open_engine("compiled", spec)
    made.machine = type("Native", (NativeMegaLoop,), {"__slots__": (), "tier": TIERS[tier]})  # type: ignore[attr-defined]
    return made


def full(bucket: int) -> int:
    """Of each second bucket four times the smallest capacity."""
    return 256 << (bucket & 1) * 2


def block(coinbase: bytes = COINBASE, is_full: bool = False) -> BlockEnv:
    env = MegaEnv(capacity=full if is_full else None)
    return BlockEnv(300, 1_700_000_000, 2 * 10**12, coinbase, b"\x77" * 32, GWEI, 1, mega=env)


def same(
    name: str, world: dict[bytes, Has], tx: TxEnv, limits: MegaLimits, env: BlockEnv, whole: bool = False
) -> Execution | None:
    """The execution, which is the same in every tier; None where the transaction is refused."""
    runs = []
    for tier in (None, *TIERS):
        for events in {"native": (Events(), None), "at once": (None,)}.get(tier or "", (Events(),)):
            state = (WholeState if whole else DictState)(world, BLOCK_HASHES)
            try:
                execution = engine(name, tier, limits).execute(env, tx, state, tracer=events)
            except InvalidTransaction as refusal:
                runs.append((str(refusal), []))
                continue
            runs.append((execution, runs[0][1] if events is None else events.seen))
    assert all(run == runs[0] for run in runs[1:]), runs
    found = runs[0][0]
    return found if isinstance(found, Execution) else None


def random_case(seed: int) -> tuple[str, dict[bytes, Has], TxEnv, MegaLimits, BlockEnv, bool]:
    """Two programs nobody wrote, under some spec, with some limits that may be crossed."""
    chance = random.Random(seed)
    name = chance.choice(("rex6", "rex6", "rex5", "rex4"))
    hardfork = fork_named(name).hardfork
    code, other = (Writer(chance, hardfork).program() for _ in range(2))
    if chance.random() < 0.15:
        code = asm("TIMESTAMP", 7, "SSTORE") + code
    if chance.random() < 0.1:
        system = chance.choice((ACCESS_CONTROL, LIMIT_CONTROL, ORACLE))
        code = asm(0, 0, 0, 0, system, 50_000, "STATICCALL", 8, "SSTORE") + code
    world: dict[bytes, Has] = {
        SENDER: Has(10**24),
        CONTRACT: Has(100, 1, code, {0: 1, 1: 2, 2: (1 << 256) - 1}),
        OTHER: Has(5, 1, other, {1: 1}),
        THIRD: Has(0, 3, b"\xef\x01\x00" + OTHER),
    }
    limits = MegaLimits()
    if chance.random() < 0.25:
        limits = MegaLimits(
            tx_compute_gas=chance.choice((200_000_000, 300_000, 120_000)),
            tx_data_size=chance.choice((13_107_200, 1_000, 400)),
            tx_kv_updates=chance.choice((500_000, 8, 4)),
            tx_state_growth=chance.choice((1_000, 2, 1)),
            volatile_compute=chance.choice((20_000_000, 20_000, 1_000)),
        )
    env = block(chance.choice((COINBASE, COINBASE, OTHER, THIRD, b"\xee" * 20)), chance.random() < 0.3)
    access = ((OTHER, (1,) if chance.random() < 0.5 else ()),) if chance.random() < 0.2 else ()
    creates = chance.random() < 0.1
    gas = chance.choice((150_000, 400_000, 400_000, 1_500_000, chance.randrange(64_000, 900_000)))
    tx = TxEnv(
        SENDER, None if creates else CONTRACT, 0, 3, code[:4_000] if creates else chance.randbytes(40), gas,
        2 * GWEI, 2 * GWEI, access,
    )  # fmt: skip
    return name, world, tx, limits, env, bool(seed % 2)


def test_programs_nobody_wrote() -> None:
    for seed in range(120):
        same(*random_case(seed))


@pytest.mark.long
def test_many_programs_nobody_wrote() -> None:
    for seed in range(10_000, 40_000):
        same(*random_case(seed))


INNER = asm(
    1, 0, "SSTORE", 64, 32, "KECCAK256", 0, "MSTORE", 32, 0, 7, 8, 9, "LOG3", 0, "SLOAD", 1, "SSTORE", 32, 0, "RETURN"
)
OUTER = asm(
    "TIMESTAMP", 5, "SSTORE", 32, 0, 4, 0, 1, OTHER, 160_000, "CALL", "RETURNDATASIZE", 2, "SSTORE", 0, "MLOAD", 3,
    "SSTORE", 0x600160015500, 0, "MSTORE", 6, 26, 1, "CREATE", 4, "SSTORE", 2, 3, "EXP", "GAS", 6, "SSTORE",
)  # fmt: skip


@pytest.mark.parametrize("name", ["rex4", "rex5", "rex6"])
def test_every_gas_limit(name: str) -> None:
    """Wherever gas runs out, in whichever frame, and though storage gas may be what it ran out for. No such run is
    given up, an estimate makes dozens of them: but under Rex4, where a value call's gas is a limit of its own.
    """
    world = {SENDER: Has(10**24), CONTRACT: Has(100, 1, OUTER, {}), OTHER: Has(5, 1, INNER, {1: 1})}
    succeeded, given_up = 0, NATIVE.given_up
    for is_full in (False, True):
        for limit in range(60_000, 700_000, 3_001):
            tx = TxEnv(SENDER, CONTRACT, 0, 0, b"", limit, 2 * GWEI, 2 * GWEI)
            execution = same(name, world, tx, MegaLimits(), block(is_full=is_full))
            succeeded += execution is not None and execution.succeeded
        assert is_full or name == "rex4" or NATIVE.given_up == given_up
    assert succeeded


ENDLESS = {
    "computes": asm("JUMPDEST", 1, 2, "ADD", "POP", 3, "JUMP"),
    "hashes": asm("JUMPDEST", 64, 0, "KECCAK256", "POP", 3, "JUMP"),
    "grows memory": asm("JUMPDEST", "MSIZE", "DUP1", "MSTORE", 3, "JUMP"),
    "reads slots": asm("JUMPDEST", 1, "SLOAD", "POP", 3, "JUMP"),
    "writes slots": asm("JUMPDEST", "GAS", 1, "SSTORE", 3, "JUMP"),
    "writes new slots": asm("JUMPDEST", "GAS", "GAS", "SSTORE", 3, "JUMP"),
    "logs": asm("JUMPDEST", 0, 0, "LOG0", 3, "JUMP"),
    "calls": asm("JUMPDEST", 0, 0, 0, 0, 4, 900, "STATICCALL", "POP", 3, "JUMP"),
    "calls itself": asm(0, 0, 0, 0, "ADDRESS", "GAS", "STATICCALL", "POP"),
}


@pytest.mark.parametrize("detained", [False, True], ids=["its own limit", "detention"])
@pytest.mark.parametrize("program", ENDLESS)
def test_a_limit_ends_an_endless_loop_natively(program: str, detained: bool) -> None:
    """Of a called frame, which reverts and says so, and then of its caller; or of the transaction, which halts. Most of
    an expensive run would have to be made twice if it were given up.
    """
    loop = asm("TIMESTAMP" if detained else "ADDRESS", "POP", "JUMPDEST") + ENDLESS[program]
    loop = loop.replace(asm(3, "JUMP"), asm(2, "JUMP"))
    outer = asm(
        68, 0, 0, 0, OTHER, 10**9, "STATICCALL", "POP", 0, "MLOAD", 1, "SSTORE", 0, 0, 0, 0, 0, OTHER, "GAS", "CALL"
    )
    outer += asm(32, "MLOAD", 2, "SSTORE")
    world = {SENDER: Has(10**24), CONTRACT: Has(0, 1, outer, {}), OTHER: Has(0, 1, loop, {1: 1})}
    limits = MegaLimits(tx_compute_gas=400_000, volatile_compute=60_000)
    native, given_up = NATIVE.native, NATIVE.given_up
    for env in (block(), block(is_full=True)):
        for name in ("rex6", "rex5"):
            tx = TxEnv(SENDER, CONTRACT, 0, 0, b"", 10**9, 2 * GWEI, 2 * GWEI)
            for tier in (None, "native", "at once"):
                found = engine(name, tier, limits).execute(env, tx, DictState(world, BLOCK_HASHES))
                if tier is None:
                    expected_ = found
                assert found == expected_
            assert isinstance(expected_.result, Halt) or not detained or "calls" in program
    assert (NATIVE.native - native, NATIVE.given_up - given_up) == (4, 0) or "calls" in program


@pytest.mark.parametrize("tier", ["native", "at once"])
@pytest.mark.parametrize("name", ["rex4", "rex5", "rex6"])
def test_shared_cases(name: str, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared vectors, with every frame in native code that can be."""

    def engine_of(spec: Any) -> Engine:
        made = engine_for.get(spec)
        if made is None:
            made = engine_for[spec] = open_engine("compiled", spec)
            made.machine = type("Native", (NativeMegaLoop,), {"__slots__": (), "tier": TIERS[tier]})  # type: ignore[attr-defined]
        return made

    engine_for: dict[Any, Engine] = {}
    monkeypatch.setattr(cases, "engine_of", engine_of)
    wrong = []
    for case in vector_cases():
        if name in case["expect"] and not cases.cannot_run(case):
            found = differences(case, expected(case, name), run_case(case, name), max(LEVELS))
            wrong += [f"{case['name']}: {difference}" for difference in found]
    assert not wrong, "\n".join(wrong[:20])


def vector_cases() -> Iterator[dict[str, Any]]:
    for path in (*files(), cases.CORNERS):
        yield from read(path)


TIMED_PAIR = asm(
    "TIMESTAMP", 0, "SLOAD", "LT", 1, "SSTORE", "TIMESTAMP", 2**32, "SWAP1", "MOD", 2, "SSTORE", 64, 0, "LOG0"
)


@pytest.mark.parametrize("tier", [NATIVE, AT_ONCE], ids=["native", "at once"])
def test_what_contracts_usually_do_is_not_given_up(tier: Counting) -> None:
    """A token's transfer, swaps, a pair that reads the time at each, a sort, a loop that hashes; with the 10^10 gas that
    a call has by default, too.
    """
    made = engine("rex6", "native" if tier is NATIVE else "at once", MegaLimits())
    state = DictState({SENDER: Has(10**24), CONTRACT: Has(0, 1, TIMED_PAIR, {})})
    nonce = 0

    def run(to: bytes | None, data: bytes, gas: int = 30_000_000) -> Any:
        nonlocal nonce
        execution = made.execute(block(), TxEnv(SENDER, to, nonce, 0, data, gas, 2 * GWEI, 2 * GWEI), state)
        assert execution.succeeded
        nonce += 1
        state.apply(execution.diff)
        return execution.result

    at = {
        name: run(None, load(name).creation, 1_000_000_000).created
        for name in ("BenchToken", "BenchExchange", "BenchCompute", "BenchStore")
    }
    native, given_up = tier.native, tier.given_up
    run(at["BenchToken"], calldata("transfer(address,uint256)", b"\x22" * 20, 1))
    for i in range(3):
        run(at["BenchExchange"], calldata("swap(bool,uint256,uint256)", i % 2, 10**18, 0))
    run(CONTRACT, b"")
    calls = (
        ("BenchCompute", calldata("sort(uint256)", 60)),
        ("BenchCompute", calldata("hashes(uint256)", 100)),
        ("BenchExchange", calldata("swaps(uint256,uint256)", 3, 10**18)),
        ("BenchStore", calldata("counter(uint256)", 50)),
    )
    for name, data in calls:
        tx = TxEnv(SENDER, at[name], gas_limit=10**10, data=data)
        assert made.execute(block(), tx, state, rules=CALL).succeeded
    assert tier.native == native + 9
    assert tier.given_up == given_up


def test_a_reverted_creations_output_is_counted_against_the_data_limit() -> None:
    """What a creation returns is data until it is dropped: a limit that this crosses says so in its place."""
    tx = TxEnv(SENDER, None, 0, 0, asm(64, 0, "REVERT"), 10_000_000, 2 * GWEI, 2 * GWEI)
    for name in ("rex4", "rex5", "rex6"):
        found = same(name, {SENDER: Has(10**24)}, tx, MegaLimits(tx_data_size=238), block())
        assert found is not None and found.result.output[:4].hex() == "84b90267"


def test_storage_gas_asked_for_in_vain_is_not_that_of_the_next_opcode() -> None:
    """A creation cannot pay its multiplied price; what its caller writes next has a price of its own."""
    inner = asm(0, 0, 0, "CREATE", 0, "MSTORE")
    outer = asm(0, 0, 0, 0, 0, OTHER, 60_000, "CALL", "POP") + b"".join(asm(7, slot, "SSTORE") for slot in range(9, 15))
    world = {SENDER: Has(10**24), CONTRACT: Has(0, 1, outer, {}), OTHER: Has(0, 1, inner, {})}
    for bucket_capacity in (256 * 5, 256 * 40):
        env = block_of_buckets(bucket_capacity)
        tx = TxEnv(SENDER, CONTRACT, 0, 0, b"", 50_000_000, 2 * GWEI, 2 * GWEI)
        found = same("rex6", world, tx, MegaLimits(), env)
        assert found is not None and found.succeeded


def block_of_buckets(capacity: int) -> BlockEnv:
    """A block before which every bucket has that capacity."""
    return BlockEnv(
        300, 1_700_000_000, 2 * 10**12, COINBASE, bytes(32), GWEI, 1, mega=MegaEnv(capacity=lambda _: capacity)
    )

"""What is kept of compiled code, and what is not trusted; where nothing native can be had; runs that are broken off."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from megadev.chain.spec import Hardfork, dev_spec
from megadev.errors import ConfigError, EngineFault, StateUnavailable
from megadev.evm.engine import CALL, BlockEnv, Execution, TxEnv
from megadev.evm.engines.native import tier as tiers
from megadev.evm.engines.native.compiler import DiskCache
from megadev.evm.engines.native.emitter import Emitter
from megadev.evm.engines.native.host import HostUnavailable, load
from megadev.evm.engines.native.loop import NativeLoop
from megadev.evm.engines.native.seam import Entry
from megadev.evm.engines.native.tier import Tier
from megadev.evm.engines.python import PythonEngine
from tests.conformance.engine_suite.worlds import DictState, Has, asm
from tests.stage.programs import program

SPEC = dev_spec(1, Hardfork.OSAKA)
BLOCK = BlockEnv(1, 1_700_000_000, 1 << 40)
SENDER, CONTRACT = b"\x01" * 20, b"\xc0" * 20
LOOP = asm(0, "JUMPDEST", 1, "ADD", "DUP1", 0xFFFFFF, "AND", 30_000, "GT", 1, "JUMPI", 0, "MSTORE", 32, 0, "RETURN")
ENDLESS = asm("JUMPDEST", 0, "JUMP")


def engine(tier: Tier) -> PythonEngine:
    made = PythonEngine(SPEC, "compiled")
    made.machine = type("OfItsOwn", (NativeLoop,), {"__slots__": (), "tier": tier})
    return made


def run(tier: Tier, code: bytes = LOOP, gas: int = 1 << 30) -> Execution:
    world = {SENDER: Has(10**18), CONTRACT: Has(0, 1, code, {})}
    return engine(tier).execute(BLOCK, TxEnv(SENDER, CONTRACT, gas_limit=gas), DictState(world), rules=CALL)


EXPECTED = PythonEngine(SPEC).execute(
    BLOCK,
    TxEnv(SENDER, CONTRACT, gas_limit=1 << 30),
    DictState({SENDER: Has(10**18), CONTRACT: Has(0, 1, LOOP, {})}),
    rules=CALL,
)
assert EXPECTED.succeeded


@pytest.fixture(autouse=True)
def needs_wasmtime() -> None:
    try:
        load()
    except HostUnavailable as error:
        pytest.skip(str(error))


def compiled(tier: Tier) -> int:
    """How many codes have been compiled, once the compiler has nothing left to do."""
    assert tier._compiler is not None
    deadline = time.monotonic() + 30
    while tier._compiler._asked and not tier._compiler.best and time.monotonic() < deadline:
        time.sleep(0.001)
    return len(tier._compiler.best)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A folder in which the loop has been compiled."""
    tier = Tier(tmp_path / "native")
    tier.heat_limit = 1_000
    assert run(tier) == EXPECTED
    assert compiled(tier) == 1
    deadline = time.monotonic() + 30
    while len(list((tmp_path / "native").glob("[!.]*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    return tmp_path / "native"


def test_another_process_finds_the_compiled_code(cache: Path) -> None:
    tier = Tier(cache)
    assert run(tier) == EXPECTED
    assert tier._compiler is not None
    assert [each.code for each in tier._compiler.best.values()] == [LOOP]
    assert cache.stat().st_mode & 0o777 == 0o700


def test_other_rules_or_code_find_no_compiled_code(cache: Path) -> None:
    tier = Tier(cache)
    run(tier, asm("STOP"))
    other = PythonEngine(dev_spec(1, Hardfork.CANCUN), "compiled")
    other.machine = engine(tier).machine
    world = {SENDER: Has(10**18), CONTRACT: Has(0, 1, LOOP, {})}
    other.execute(BLOCK, TxEnv(SENDER, CONTRACT), DictState(world), rules=CALL)
    assert tier._compiler is not None
    assert not tier._compiler.best


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "exchanged"])
def test_a_file_that_was_harmed_is_not_used(cache: Path, harm: str) -> None:
    files = sorted(cache.glob("[!.]*"), key=lambda file: file.stat().st_size)
    contents = [file.read_bytes() for file in files]
    for i, file in enumerate(files):
        data = bytearray(contents[i])
        if harm == "cut":
            del data[len(data) // 2 :]
        elif harm == "changed":
            data[len(data) // 2] ^= 1
        elif harm == "emptied":
            data.clear()
        else:
            data[:] = contents[1 - i]
        file.write_bytes(data)
    tier = Tier(cache)
    assert run(tier) == EXPECTED
    assert tier._compiler is not None


@pytest.mark.skipif(os.name != "posix", reason="needs users and modes")
def test_a_folder_that_others_can_write_to_is_not_used(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache.chmod(0o777)
    before = {file.name: file.stat().st_mtime_ns for file in cache.iterdir()}
    tier = Tier(cache)
    assert run(tier) == EXPECTED
    assert {file.name: file.stat().st_mtime_ns for file in cache.iterdir()} == before
    assert "others can write to it" in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="needs users and modes")
def test_a_file_that_others_can_write_to_is_not_used(cache: Path) -> None:
    name = next(cache.glob("[!.]*")).name
    assert DiskCache(cache).get(name) is not None
    (cache / name).chmod(0o666)
    assert DiskCache(cache).get(name) is None


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert run(Tier(tmp_path / "file" / "native")) == EXPECTED


def test_without_wasmtime_code_is_interpreted_with_one_notice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable() -> None:
        raise HostUnavailable("the package wasmtime is not installed")

    monkeypatch.setattr(tiers, "load", unavailable)
    tier = Tier()
    with caplog.at_level(logging.WARNING, "megadev.evm"):
        assert run(tier) == run(tier) == EXPECTED
    assert [record.message for record in caplog.records] == [
        "EVM code is interpreted in Python: the package wasmtime is not installed"
    ]
    with pytest.raises(ConfigError, match="--engine compiled: the package wasmtime is not installed; --engine auto"):
        Tier().require()


class Stop(BaseException):
    pass


def test_an_endless_run_ends_on_an_exception_in_its_thread() -> None:
    """Within the time of a slice; and the next run is none the worse."""
    tier = Tier()
    tier.heat_limit = 1_000
    ended: list[float] = []

    def work() -> None:
        try:
            run(tier, ENDLESS, 1 << 60)
        except Stop:
            ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    while not (tier._compiler and tier._compiler.best):
        time.sleep(0.001)
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop))
    thread.join(30)
    assert ended
    assert run(tier) == EXPECTED


def test_a_trap_is_an_engine_fault() -> None:
    """Native code that does what it must not: the process lives, and so does the next run."""
    tier = Tier()
    tier.heat_limit = 1 << 31  # nothing shall be compiled beside what is put there
    assert run(tier) == EXPECTED
    (idle,) = tier._idle.values()
    emitter = Emitter()
    emitter.begin_version(0)
    emitter._end_version()  # nothing in it but "unreachable"
    idle[0].install(idle[0].by_bytes[LOOP], load().compile(emitter.module()), (Entry(0, 0, (), 0, 0),), b"")
    with pytest.raises(EngineFault, match="native code failed: wasm trap: .*unreachable"):
        run(tier)
    assert run(tier) == EXPECTED


TRAPPING = program("tier/trapping.py")


def test_a_trap_is_a_fault_though_faulthandler_is_enabled_later() -> None:
    done = subprocess.run([sys.executable, "-c", TRAPPING], capture_output=True, text=True, check=False)
    assert done.stdout == "it lives\n", done.stderr


def test_unavailable_state_ends_only_its_run() -> None:
    class Broken(DictState):
        def storage(self, address: bytes, slot: int) -> int:
            raise StateUnavailable("upstream is silent")

    tier = Tier()
    world = {SENDER: Has(10**18), CONTRACT: Has(0, 1, asm(1, "SLOAD"), {})}
    with pytest.raises(StateUnavailable):
        engine(tier).execute(BLOCK, TxEnv(SENDER, CONTRACT), Broken(world), rules=CALL)
    assert run(tier) == EXPECTED


@pytest.mark.parametrize("order", [(b"", b"1"), (b"1", b"")], ids=["jumped to", "fallen into"])
def test_another_part_of_a_code_is_compiled_too(tmp_path: Path, order: tuple[bytes, bytes]) -> None:
    """One process runs one function of a contract, the next process another one: both are entered natively then."""
    first = (
        asm("CALLDATASIZE") + b"\x60\x19\x57" + asm(0, "JUMPDEST", 1, "ADD", "DUP1", 30_000, "GT", 5, "JUMPI", "STOP")
    )
    code = first.ljust(25, b"\0") + asm("JUMPDEST", 0, "JUMPDEST", 2, "ADD", "DUP1", 30_000, "GT", 27, "JUMPI", "STOP")
    loops = {b"": 5, b"1": 27}
    assert code[5] == code[25] == code[27] == 0x5B

    def entered(data: bytes) -> set[int]:
        tier = Tier(tmp_path / "native")
        tier.heat_limit = 1_000
        world = {SENDER: Has(10**18), CONTRACT: Has(0, 1, code, {})}
        tx = TxEnv(SENDER, CONTRACT, data=data, gas_limit=1 << 24)
        deadline = time.monotonic() + 30
        places: set[int] = set()
        while loops[data] not in places and time.monotonic() < deadline:
            assert engine(tier).execute(BLOCK, tx, DictState(world), rules=CALL).succeeded
            assert tier._compiler is not None
            places = {entry.pc for each in tier._compiler.best.values() for entry in each.entries}
        return places

    entered(order[0])
    assert {5, 27} <= entered(order[1])

"""What went wrong, or nearly, where compiled code, the native interpreter and Python meet: each by its name."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from megadev.chain.spec import Hardfork
from megadev.evm.engine import Execution, TxEnv
from megadev.evm.engines.bytecode import analyse
from megadev.evm.engines.native import host
from megadev.evm.engines.native.plan import MOST_VERSIONS_OF_A_PLACE, plan
from megadev.evm.rules import EVM_RULES
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CONTRACT, GWEI, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.fuzz import Fuzzer
from tests.conformance.engine_suite.worlds import DictState, Has, WholeState, asm, call

FUZZER = Fuzzer(with_py_evm=False)


def same(
    world: dict[bytes, Has], gas: int = 1_000_000, fork: Hardfork = Hardfork.OSAKA, data: bytes = b""
) -> Execution:
    """What every tier makes of a call of CONTRACT, three times: by then its loops are hot."""
    tx = TxEnv(SENDER, CONTRACT, 0, 0, data, gas, 2 * GWEI, 2 * GWEI)
    expected = None
    for name, engine in FUZZER.engines[fork].items():
        for state in (DictState, WholeState, DictState):
            found = engine.execute(BLOCK, tx, state({SENDER: Has(10**24), **world}, BLOCK_HASHES))
            expected = expected or found
            assert found == expected, name
    assert expected is not None
    return expected


def test_a_place_that_neither_can_pass() -> None:
    """At a loop's head compiled code lacks gas for its stretch, and the interpreter would enter it there again."""
    body = asm("JUMPDEST", *[part for _ in range(40) for part in (1, "POP")], 1, "SWAP1", "SUB", "DUP1", 2, "JUMPI")
    code = asm(200) + body + asm("STOP")
    assert code[2] == 0x5B
    for gas in range(60_000, 60_600, 7):
        same({CONTRACT: Has(0, 1, code, {})}, gas)


def test_a_jump_only_the_interpreter_makes_in_every_turn() -> None:
    code = asm(100, "JUMPDEST", "PC", "CALLVALUE", "MUL", 10, "ADD", "JUMP", "JUMPDEST") + asm(
        1, "SWAP1", "SUB", "DUP1", 2, "JUMPI"
    )
    assert same({CONTRACT: Has(0, 1, code, {})}).succeeded


def test_callee_memory_follows_the_callers_expanded_memory() -> None:
    """CALL lets its caller's memory grow for input and output before the callee's begins."""
    callee = asm(0xFF, 0, "MSTORE", 0xEE, 2_000, "MSTORE", 64, 0, "RETURN")
    caller = asm(7, 0, "MSTORE", 64, 3_000, 32, 5_000, 0, OTHER, 100_000, "CALL", 0, "SSTORE")
    caller += asm(
        0, "MLOAD", 1, "SSTORE", 5_000, "MLOAD", 2, "SSTORE", 3_000, "MLOAD", 3, "SSTORE", "MSIZE", 4, "SSTORE"
    )
    found = same({CONTRACT: Has(0, 1, caller, {}), OTHER: Has(0, 1, callee, {})})
    assert found.diff.storage[CONTRACT] == {0: 1, 1: 7, 3: 0xFF, 4: 5_056}


def test_an_account_is_not_the_code_it_is_delegated_to() -> None:
    """EIP-7702: address, storage and EXTCODE* are the account's own, the code alone is the delegate's."""
    delegate = asm("ADDRESS", 0, "SSTORE", "CODESIZE", 1, "SSTORE", THIRD, "EXTCODESIZE", 2, "SSTORE")
    delegate += asm(OTHER, "EXTCODESIZE", 3, "SSTORE", THIRD, "EXTCODEHASH", 4, "SSTORE")
    caller = call("CALL", THIRD, gas=300_000) + call("CALL", OTHER, gas=300_000) + asm("ADD", 0, "SSTORE")
    world = {
        CONTRACT: Has(0, 1, caller, {}),
        OTHER: Has(0, 1, delegate, {}),
        THIRD: Has(0, 1, b"\xef\x01\x00" + OTHER),
    }
    found = same(world)
    assert found.diff.storage[THIRD][0] == int.from_bytes(THIRD, "big")
    assert found.diff.storage[THIRD][2] == 23
    assert found.diff.storage[THIRD][1] == found.diff.storage[OTHER][3] == len(delegate)


@pytest.mark.parametrize(
    "first", [b"", b"\0", b"\xfe", b"\x0c", b"\x50", b"\x56", b"\x5b", b"\x60", b"\x7f", b"\x5b\x5b\x50"]
)
def test_a_first_block_that_is_dead(first: bytes) -> None:
    same({CONTRACT: Has(0, 1, first, {})}, 100_000)
    same({CONTRACT: Has(0, 1, first + asm("JUMPDEST", 1, 0, "SSTORE"), {})}, 100_000)


def test_a_stack_that_grows_with_every_turn() -> None:
    """Each turn is another height, and would be another version."""
    code = asm("JUMPDEST", 1, 2, 0, "JUMP")
    made = plan(analyse(code), EVM_RULES[Hardfork.OSAKA].opcodes, None, lambda: None)
    assert len(made.entries) <= MOST_VERSIONS_OF_A_PLACE + 1
    assert "stack limit reached" in getattr(same({CONTRACT: Has(0, 1, code, {})}).result, "reason", "")


def test_return_addresses_that_double_at_every_level() -> None:
    """Functions that call the next one twice, twenty levels deep: a million ways to be in the innermost one."""
    size, code = 20, bytearray()
    for level in range(20):
        at = level * size
        code += (
            asm("JUMPDEST") + b"\x61" + (at + 8).to_bytes(2, "big") + b"\x61" + (at + size).to_bytes(2, "big") + b"\x56"
        )
        code += (
            asm("JUMPDEST")
            + b"\x61"
            + (at + 16).to_bytes(2, "big")
            + b"\x61"
            + (at + size).to_bytes(2, "big")
            + b"\x56"
        )
        code += asm("JUMPDEST", "JUMP", "STOP", "STOP")
        assert len(code) == at + size
    code += asm("JUMPDEST", "JUMP")
    same({CONTRACT: Has(0, 1, bytes(code), {})}, 400_000)


def test_a_library_that_is_not_as_expected_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """wasmtime is called below its public Python: at the start it must add up as it should."""
    host.load.cache_clear()
    try:
        monkeypatch.setattr(host.Function, "__call__", lambda function: 0)
        with pytest.raises(host.HostUnavailable, match="does not compute as expected"):
            host.load()
        monkeypatch.setattr(host, "_library", lambda: Path("/nowhere/libwasmtime.so"))
        with pytest.raises(host.HostUnavailable, match="cannot be loaded"):
            host.load()
    finally:
        host.load.cache_clear()


def test_gas_opcode_returns_remaining_gas_everywhere() -> None:
    """GAS within stretches that are paid ahead, after memory that grows within them, and across calls."""
    ask = asm(
        "GAS", 0, "MSTORE", "GAS", 300, "MSTORE", 96, 200, "KECCAK256", "POP", "GAS", 32, "MSTORE", 64, 0, "RETURN"
    )
    code = call("CALL", OTHER, out_size=64) + asm("GAS", 64, "MSTORE", 96, 0, "RETURN")
    for gas in range(30_000, 60_000, 997):
        same({CONTRACT: Has(0, 1, code, {}), OTHER: Has(0, 1, ask, {})}, gas)


def test_depth_1024_from_native_frames() -> None:
    code = asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", 0, "SLOAD", 1, "ADD", 0, "SSTORE")
    found = same({CONTRACT: Has(0, 1, code, {})}, 1 << 24)
    assert found.succeeded


@pytest.mark.parametrize("salt", [(), (0,)], ids=["CREATE", "CREATE2"])
def test_creation_code_beyond_a_machine_word(salt: tuple[int, ...]) -> None:
    """Its length cannot be counted: no gas pays for it. A shorter one is held against EIP-3860's limit."""
    kind = "CREATE2" if salt else "CREATE"
    for size, reason in (
        (49_153, "max initcode size exceeded"),
        (2**64 - 1, "max initcode size exceeded"),
        (2**64, "out of gas"),
        (2**256 - 1, "out of gas"),
    ):
        found = same({CONTRACT: Has(0, 1, asm(*salt, size, 0, 0, kind), {})})
        assert getattr(found.result, "reason", None) == reason
    for size in (49_153, 2**64 - 1, 2**64):
        same({CONTRACT: Has(0, 1, asm(*salt, size, 0, 0, kind), {})}, fork=Hardfork.LONDON)


@pytest.mark.parametrize("fork", list(Hardfork), ids=lambda fork: fork.label)
def test_every_gas_limit_of_random_programs(fork: Hardfork) -> None:
    """Wherever it runs out, it runs out there on every tier."""
    from tests.conformance.engine_suite.fuzz import Writer

    chance = random.Random(fork.value)
    code, other = Writer(chance, fork).program(), Writer(chance, fork).program()
    world = {CONTRACT: Has(100, 1, code, {0: 1, 1: 2}), OTHER: Has(5, 1, other, {1: 1}), THIRD: Has(0, 3, b"")}
    for gas in range(21_000, 90_000, 1_511):
        same(world, gas, fork)

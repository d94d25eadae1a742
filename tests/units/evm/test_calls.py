"""What eth_call, eth_estimateGas and eth_createAccessList are made of."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from megadev.chain.spec import dev_spec
from megadev.errors import (
    ExecutionHalted,
    ExecutionReverted,
    GasAllowanceExceeded,
    InsufficientFunds,
    IntrinsicGasTooLow,
)
from megadev.evm.calls import access_list, call, estimate_gas, raise_for_result
from megadev.evm.engine import CONSENSUS, BlockEnv, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.rules import EVM_RULES
from megadev.primitives.abi import encode_call
from megadev.state.account import Account
from tests.conformance.engine_suite.worlds import DictState, Has, asm
from tests.conformance.engine_suite.worlds import call as asm_call
from tests.contracts import load

A, B, C, D = (bytes([n]) * 20 for n in (0xA1, 0xB2, 0xC3, 0xD4))
BLOCK = BlockEnv(10, 1_700_000_000, 30_000_000, base_fee=10**9)
ENGINE = PythonEngine(dev_spec())
PRECOMPILES = EVM_RULES[dev_spec().hardfork].precompiles


def smallest_gas(state: DictState, tx: TxEnv, start: int) -> bool:
    """With ``start`` gas the mined transaction succeeds, with one less it does not."""
    priced = replace(tx, gas_price=10**9, max_fee_per_gas=10**9)
    enough = ENGINE.execute(BLOCK, replace(priced, gas_limit=start), state, rules=CONSENSUS)
    try:
        less = ENGINE.execute(BLOCK, replace(priced, gas_limit=start - 1), state, rules=CONSENSUS).succeeded
    except IntrinsicGasTooLow:
        less = False
    return enough.succeeded and not less


def test_a_plain_transfer_needs_21000() -> None:
    assert estimate_gas(ENGINE, BLOCK, TxEnv(A, B, value=5), DictState({A: Has(10)})) == 21_000


def test_an_estimate_is_exact_where_gas_is_held_back_for_calls() -> None:
    code = asm_call("CALL", C, gas=1 << 60) + asm("ISZERO", 100, "JUMPI", "STOP")
    code = code.ljust(100, b"\0") + asm("JUMPDEST", 0, 0, "REVERT")
    hungry = asm(1, 1, "SSTORE") + asm(1, 2, "SSTORE")
    state = DictState({A: Has(10**18), B: Has(0, 1, code), C: Has(0, 1, hungry)})
    estimate = estimate_gas(ENGINE, BLOCK, TxEnv(A, B), state)
    assert smallest_gas(state, TxEnv(A, B), estimate)


def test_an_estimate_leaves_out_gas_that_a_failed_call_only_loses() -> None:
    """It loses all that it is given: with less, the transaction does the same."""
    code = asm_call("CALL", C, gas=1 << 60) + asm("POP", 1, 1, "SSTORE")
    state = DictState({A: Has(10**18), B: Has(0, 1, code), C: Has(0, 1, asm("INVALID"))})
    estimate = estimate_gas(ENGINE, BLOCK, TxEnv(A, B), state)
    assert smallest_gas(state, TxEnv(A, B), estimate)
    assert estimate < 2_000_000  # a 64th of it is left for the caller's 22,106 gas


def test_an_estimate_covers_gas_that_is_refunded_later() -> None:
    state = DictState({A: Has(10**18), B: Has(0, 1, asm(0, 1, "SSTORE", 0, 2, "SSTORE"), {1: 5, 2: 5})})
    estimate = estimate_gas(ENGINE, BLOCK, TxEnv(A, B), state)
    used = ENGINE.execute(BLOCK, TxEnv(A, B, gas_limit=estimate, gas_price=10**9), state).gas.used
    assert used < estimate
    assert smallest_gas(state, TxEnv(A, B), estimate)


def test_an_estimate_covers_the_calldata_floor() -> None:
    state = DictState({A: Has(10**18)})
    assert estimate_gas(ENGINE, BLOCK, TxEnv(A, B, data=b"\xff" * 100), state) == 21_000 + 100 * 40


def test_an_estimate_of_a_creation_deploys() -> None:
    artifact = load("Counter")
    tx = TxEnv(A, None, data=artifact.creation)
    state = DictState({A: Has(10**18)})
    assert smallest_gas(state, tx, estimate_gas(ENGINE, BLOCK, tx, state))


def test_an_estimate_of_a_revert_has_the_reason() -> None:
    message = b"\x08\xc3\x79\xa0" + (32).to_bytes(32, "big") + (4).to_bytes(32, "big") + b"nope".ljust(32, b"\0")
    code = b"".join(asm(message[i : i + 32].ljust(32, b"\0"), i, "MSTORE") for i in range(0, 100, 32))
    state = DictState({B: Has(0, 1, code + asm(100, 0, "REVERT"))})
    with pytest.raises(ExecutionReverted) as caught:
        estimate_gas(ENGINE, BLOCK, TxEnv(A, B), state)
    assert caught.value.reason == "nope"
    assert caught.value.data == message


def test_an_estimate_that_no_gas_satisfies_names_the_allowance() -> None:
    state = DictState({A: Has(10**15), B: Has(0, 1, asm("JUMPDEST", 0, "JUMP"))})
    with pytest.raises(GasAllowanceExceeded) as caught:
        estimate_gas(ENGINE, BLOCK, TxEnv(A, B, gas_limit=100_000), state)
    assert caught.value.allowance == 100_000


def test_an_estimate_is_bounded_by_the_balance() -> None:
    tx = TxEnv(A, B, value=10, gas_price=10**9, max_fee_per_gas=10**9)
    assert estimate_gas(ENGINE, BLOCK, tx, DictState({A: Has(21_000 * 10**9 + 10)})) == 21_000
    with pytest.raises(GasAllowanceExceeded):
        estimate_gas(ENGINE, BLOCK, tx, DictState({A: Has(21_000 * 10**9 + 9)}))
    with pytest.raises(InsufficientFunds):
        estimate_gas(ENGINE, BLOCK, tx, DictState({A: Has(9)}))


def test_a_call_is_free_but_its_value_must_exist() -> None:
    state = DictState({B: Has(0, 7, asm("BASEFEE", 0, "MSTORE", 32, 0, "RETURN"))})
    execution = call(ENGINE, BLOCK, TxEnv(A, B, nonce=99), state)
    assert execution.result.output == bytes(32), "no fee is offered, so the base fee must read 0"
    with pytest.raises(InsufficientFunds):
        call(ENGINE, BLOCK, TxEnv(A, B, value=1), state)


def test_a_halt_is_raised_by_its_name() -> None:
    execution = call(ENGINE, BLOCK, TxEnv(A, B), DictState({B: Has(0, 1, asm("INVALID"))}))
    with pytest.raises(ExecutionHalted, match="invalid opcode: INVALID"):
        raise_for_result(execution)


def test_an_access_list_contains_touched_entries_that_are_not_warm() -> None:
    code = (
        asm(7, "SLOAD", "POP", C, "BALANCE", "POP", A, "BALANCE", "POP")
        + asm_call("STATICCALL", 4)
        + asm_call("DELEGATECALL", D)
    )
    state = DictState({A: Has(5), B: Has(0, 1, code), D: Has(0, 1, asm(1, 9, "SSTORE"))})
    found, gas, error = access_list(ENGINE, BLOCK, TxEnv(A, B), state, precompiles=PRECOMPILES)
    assert dict(found) == {B: (7, 9), C: (), D: ()}
    assert error is None
    assert gas == ENGINE.execute(BLOCK, TxEnv(A, B, access_list=found, gas_price=10**9), rich(state)).gas.used


def rich(state: DictState) -> DictState:
    state.accounts[A] = Account(0, 10**20)
    return state


def test_an_access_list_of_a_failing_call_has_an_error() -> None:
    state = DictState({B: Has(0, 1, asm(3, "SLOAD", 0, 0, "REVERT"))})
    found, _, error = access_list(ENGINE, BLOCK, TxEnv(A, B), state, precompiles=PRECOMPILES)
    assert dict(found) == {B: (3,)}
    assert error == "execution reverted"


def test_a_heavy_loop_matches_python() -> None:
    """Through compiled traces, for many rounds."""
    state = DictState({B: Has(0, 1, load("HeavyLoop").runtime)})
    data = encode_call("arithmetic(uint256)", 3000)
    word = 1
    for _ in range(3000):
        word = (word * 6364136223846793005 + 1442695040888963407) % 2**256
        word ^= word >> 33
    assert int.from_bytes(call(ENGINE, BLOCK, TxEnv(A, B, data=data), state).result.output, "big") == word

"""What stands around the code of a transaction: the checks with their words, the flags that waive them, and the diff."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import errors
from megadev.chain.receipts import Log
from megadev.chain.spec import ChainSpec, Hardfork, dev_spec
from megadev.evm.engine import (
    CALL,
    CONSENSUS,
    IMPERSONATED,
    SYSTEM,
    BlockEnv,
    Frame,
    FrameExit,
    Halt,
    Rules,
    Step,
    TxEnv,
)
from megadev.evm.engines.python import PythonEngine
from megadev.primitives.keccak import keccak
from megadev.state.account import Account
from megadev.state.diff import Cause
from tests.conformance.engine_suite.worlds import DictState, Has, asm, call, returning

A, B, C, COINBASE = (bytes([n]) * 20 for n in (0xA1, 0xB2, 0xC3, 0xC0))
GWEI = 10**9
BLOCK = BlockEnv(10, 1_700_000_000, 30_000_000, COINBASE, base_fee=GWEI, blob_base_fee=2)
ENGINE = PythonEngine(dev_spec())


def tx(**changes: Any) -> TxEnv:
    return TxEnv(**{"sender": A, "to": B, "gas_limit": 100_000, "gas_price": GWEI, "max_fee_per_gas": GWEI, **changes})


REFUSED = [
    ({"nonce": 3}, {}, errors.NonceTooLow(A, 5, 3)),
    ({"nonce": 7}, {}, errors.NonceTooHigh(A, 5, 7)),
    ({"nonce": 5, "gas_limit": 20_000}, {}, errors.IntrinsicGasTooLow(20_000, 21_000)),
    ({"nonce": 5, "data": b"\xff" * 1000, "gas_limit": 40_000}, {},
     errors.IntrinsicGasTooLow(40_000, 61_000, is_floor=True)),
    ({"nonce": 5, "value": 10**19}, {}, errors.InsufficientFunds(A, 10**18, 10**19 + 10**5 * GWEI)),
    ({"nonce": 5, "gas_limit": 30_000_001}, {}, errors.BlockGasLimitExceeded(30_000_001, 30_000_000)),
    ({"nonce": 5, "gas_limit": 20_000_000}, {"transaction_gas_cap": 1 << 24},
     errors.TransactionGasCapExceeded(20_000_000, 1 << 24)),
    ({"nonce": 5, "gas_price": 1, "max_fee_per_gas": 1}, {}, errors.FeeCapBelowBaseFee(A, 1, GWEI)),
    ({"nonce": 5, "blob_versioned_hashes": (b"\1" * 32,), "max_fee_per_blob_gas": 1}, {},
     errors.BlobFeeCapTooLow(A, 1, 2)),
    ({"nonce": 5, "blob_versioned_hashes": (b"\2" * 32,), "max_fee_per_blob_gas": 9}, {},
     errors.UnknownBlobVersion(0, b"\x02")),
    ({"nonce": 5, "to": None, "data": bytes(49_153), "gas_limit": 10**6}, {}, errors.InitcodeTooLarge(49_153, 49_152)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "spec", "error"), REFUSED, ids=[str(case[2])[:40] for case in REFUSED])
def test_a_refused_transaction_has_a_reason(
    changes: dict[str, Any], spec: dict[str, Any], error: errors.InvalidTransaction
) -> None:
    with pytest.raises(type(error)) as caught:
        PythonEngine(dev_spec(**spec)).execute(BLOCK, tx(**changes), DictState({A: Has(10**18, 5)}))
    assert type(caught.value) is type(error)
    assert vars(caught.value) == vars(error) and str(caught.value) == str(error)


def test_a_contract_cannot_send_unless_impersonated_or_delegated() -> None:
    state = DictState({A: Has(10**18, 0, b"\x00")})
    with pytest.raises(errors.SenderHasCode):
        ENGINE.execute(BLOCK, tx(), state)
    assert ENGINE.execute(BLOCK, tx(), state, rules=IMPERSONATED).succeeded
    assert ENGINE.execute(BLOCK, tx(), DictState({A: Has(10**18, 0, b"\xef\x01\x00" + C)})).succeeded


def test_fees_go_to_the_coinbase_and_the_base_fee_is_burnt() -> None:
    diff = ENGINE.execute(BLOCK, tx(gas_price=3 * GWEI, max_fee_per_gas=9 * GWEI), DictState({A: Has(10**18)})).diff
    assert diff.accounts[COINBASE] == Account(0, 2 * GWEI * 21_000)
    assert diff.accounts[A] == Account(1, 10**18 - 3 * GWEI * 21_000)


def test_a_call_changes_neither_balance_nor_fees() -> None:
    diff = ENGINE.execute(BLOCK, tx(nonce=9), DictState({}), rules=CALL).diff
    assert set(diff.accounts) == {A}  # its nonce, as geth does
    assert diff.accounts[A] == Account(1, 0)


def test_a_system_call_costs_no_gas() -> None:
    state = DictState({B: Has(0, 1, asm(5, 1, "SSTORE"))})
    execution = ENGINE.execute(BLOCK, tx(gas_limit=30_000_000, gas_price=0), state, rules=SYSTEM)
    assert execution.diff.cause is Cause.SYSTEM_CALL
    assert execution.diff.accounts == {}
    assert execution.diff.storage == {B: {1: 5}}
    assert execution.gas.used == 22_106


def test_a_diff_holds_only_what_changed() -> None:
    code = asm(5, 1, "SSTORE", 6, 2, "SSTORE", 1, 2, "SSTORE") + call("CALL", C)
    state = DictState({A: Has(10**18), B: Has(3, 1, code, {1: 5, 2: 1}), C: Has(0)})
    diff = ENGINE.execute(BLOCK, tx(), state).diff
    assert diff.storage == {}
    assert diff.accounts[C] is None, "empty and touched: gone (EIP-161)"
    assert set(diff.accounts) == {A, C}


def test_a_created_contract_is_cleared_and_its_code_named() -> None:
    creation = tx(to=None, data=returning(b"\x5f\x5f", asm(1, 1, "SSTORE")))
    diff = ENGINE.execute(BLOCK, creation, DictState({A: Has(10**18)})).diff
    (created,) = diff.cleared
    assert diff.accounts[created] == Account(1, 0, keccak(b"\x5f\x5f"))
    assert diff.codes == {keccak(b"\x5f\x5f"): b"\x5f\x5f"}
    assert diff.storage == {created: {1: 1}}


def test_each_key_is_read_once() -> None:
    code = asm(1, "SLOAD", 1, "SLOAD", "ADD", 1, "SSTORE") + call("CALL", C) + asm(C, "BALANCE", C, "EXTCODESIZE")
    state = DictState({A: Has(10**18), B: Has(0, 1, code, {1: 4}), C: Has(1)})
    ENGINE.execute(BLOCK, tx(), state)
    assert len(state.asked) == len(set(state.asked))


def test_accesses_of_reverted_frames_are_kept() -> None:
    state = DictState({A: Has(10**18), B: Has(0, 1, asm(7, "SLOAD", C, "BALANCE", 0, 0, "REVERT"))})
    accessed = ENGINE.execute(BLOCK, tx(), state).accessed
    assert (B, 7) in accessed.slots
    assert C in accessed.accounts
    assert COINBASE not in accessed.accounts, "paying it is not the transaction's access"


def test_a_code_size_limit_can_be_lifted() -> None:
    def create(spec: ChainSpec) -> Any:
        deploy = tx(to=None, data=asm(30_000, 0, "RETURN"), gas_limit=10**7)
        return PythonEngine(spec).execute(BLOCK, deploy, DictState({A: Has(10**18)}))

    assert create(dev_spec()).result.reason == "max code size exceeded"
    assert create(dev_spec(code_size_limit=None)).succeeded


def test_a_recovery_can_be_decided_beforehand() -> None:
    data = bytes(31) + b"\x01" + bytes(96)
    code = asm(1, 31, "MSTORE8") + asm(32, 0, 128, 0, 1, 10**5, "STATICCALL", 32, 0, "RETURN")
    rules = Rules(ecrecover_answers=((data[32:], C),))
    state = DictState({A: Has(10**18), B: Has(0, 1, code)})
    assert ENGINE.execute(BLOCK, tx(), state, rules=rules).result.output == bytes(12) + C


def test_a_precompile_can_move_or_vanish() -> None:
    sha, elsewhere = bytes(19) + b"\x02", bytes([0x99]) * 20
    state = DictState({A: Has(10**18)})
    for rules, to, works in (
        (CONSENSUS, sha, True),
        (Rules(moved_precompiles=((sha, elsewhere),)), elsewhere, True),
        (Rules(moved_precompiles=((sha, elsewhere),)), sha, False),
        (Rules(moved_precompiles=((sha, None),)), sha, False),
    ):
        output = ENGINE.execute(BLOCK, tx(to=to), state, rules=rules).result.output
        assert (len(output) == 32) == works


def test_halts_are_named_as_geth_names_them() -> None:
    for code, reason in {
        asm("INVALID"): "invalid opcode: INVALID",
        b"\x0c": "invalid opcode: opcode 0xc not defined",
        asm(3, "JUMP"): "invalid jump destination",
        asm(1, "ADD"): "stack underflow (1 <=> 2)",
        asm(0, 0, "CREATE2"): "stack underflow (2 <=> 4)",
        asm("JUMPDEST", 1, 0, "JUMP"): "stack limit reached 1024 (1023)",
        asm("JUMPDEST", 0, "JUMP"): "out of gas",
        asm(1, 0, 0, "RETURNDATACOPY"): "return data out of bounds",
        asm(49_153, 0, 0, "CREATE"): "max initcode size exceeded",
    }.items():
        result = ENGINE.execute(BLOCK, tx(), DictState({A: Has(10**18), B: Has(0, 1, code)})).result
        assert isinstance(result, Halt)
        assert result.reason == reason


class Recorder:
    """Notes all that a tracer is told."""

    def __init__(self, wants_steps: bool) -> None:
        self.wants_steps = wants_steps
        self.told: list[Any] = []

    def enter(self, frame: Frame) -> None:
        self.told.append(("enter", frame.kind, frame.sender, frame.to, frame.depth))

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self.told.append(("exit", frame.kind, outcome.error))

    def step(self, step: Step) -> None:
        self.told.append(("step", step.depth, step.pc, step.op, step.gas, list(step.stack)))

    def step_done(self, gas_left: int) -> None:
        self.told.append(("done", gas_left))

    def log(self, log: Log) -> None:
        self.told.append(("log", log.address))


def test_a_tracer_sees_frames_and_logs() -> None:
    code = call("DELEGATECALL", C) + asm("CALLER", "SELFDESTRUCT")
    state = DictState({A: Has(10**18), B: Has(1, 1, code), C: Has(0, 1, asm(0, 0, "LOG0", 0, 0, "REVERT"))})
    recorder = Recorder(False)
    ENGINE.execute(BLOCK, tx(), state, tracer=recorder)
    assert recorder.told == [
        ("enter", "CALL", A, B, 0),
        ("enter", "DELEGATECALL", B, C, 1),
        ("log", B),
        ("exit", "DELEGATECALL", "execution reverted"),
        ("enter", "SELFDESTRUCT", B, A, 1),
        ("exit", "SELFDESTRUCT", None),
        ("exit", "CALL", None),
    ]


def test_a_tracer_sees_every_step_and_changes_nothing() -> None:
    code = asm(2, 3, "ADD", 1, "SSTORE") + call("CALL", C, gas=50) + asm("STOP")
    state = DictState({A: Has(10**18), B: Has(1, 1, code), C: Has(0, 1, asm(1, "ADD"))})
    recorder = Recorder(True)
    traced = ENGINE.execute(BLOCK, tx(), state, tracer=recorder)
    for _ in range(50):  # until it is compiled
        assert ENGINE.execute(BLOCK, tx(), state) == traced
    steps = [told for told in recorder.told if told[0] == "step"]
    assert steps[0] == ("step", 0, 0, 0x60, 79_000, [])
    assert steps[2][2:4] == (4, 0x01)
    assert steps[2][5] == [2, 3]
    assert len([told for told in recorder.told if told[0] == "done"]) == len(steps)
    assert ("exit", "CALL", "stack underflow (1 <=> 2)") in recorder.told


def test_a_plain_transfer_is_traced_too() -> None:
    recorder = Recorder(True)
    ENGINE.execute(BLOCK, tx(), DictState({A: Has(10**18)}), tracer=recorder)
    assert recorder.told == [("enter", "CALL", A, B, 0), ("exit", "CALL", None)]


def test_prague_and_osaka_differ_in_clz() -> None:
    state = DictState({A: Has(10**18), B: Has(0, 1, asm(1, "CLZ"))})
    assert ENGINE.execute(BLOCK, tx(), state).succeeded
    assert not PythonEngine(dev_spec(hardfork=Hardfork.PRAGUE)).execute(BLOCK, tx(), state).succeeded


def test_a_frame_1024_deep_does_not_exhaust_python() -> None:
    code = asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", 0, "SLOAD", 1, "ADD", 0, "SSTORE")
    block = BlockEnv(1, 1, 10**14, COINBASE)
    state = DictState({A: Has(10**30), B: Has(0, 1, code)})
    deep = ENGINE.execute(block, tx(gas_limit=10**13, gas_price=0), state, rules=CALL)
    assert deep.diff.storage[B][0] == 1025


def test_a_source_that_fails_is_not_an_engine_fault() -> None:
    class Broken(DictState):
        def storage(self, address: bytes, slot: int) -> int:
            raise errors.StateUnavailable("the fork source is gone")

    with pytest.raises(errors.StateUnavailable):
        ENGINE.execute(BLOCK, tx(), Broken({A: Has(10**18), B: Has(0, 1, asm(1, "SLOAD"))}))

    class Defective(DictState):
        def storage(self, address: bytes, slot: int) -> int:
            raise IndexError("a bug")

    with pytest.raises(errors.EngineFault):
        ENGINE.execute(BLOCK, tx(), Defective({A: Has(10**18), B: Has(0, 1, asm(1, "SLOAD"))}))

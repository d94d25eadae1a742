"""What the prestate tracer finds: all that was touched, as it was, and what of it changed."""

from __future__ import annotations

from typing import Any

from megadev.chain.spec import dev_spec
from megadev.evm.engine import Authorization, BlockEnv, Execution, TxEnv
from megadev.evm.engines.operations import created_address
from megadev.evm.engines.python import PythonEngine
from megadev.evm.tracers.prestate import Change, Found, changes, prestate
from megadev.primitives.keccak import keccak
from megadev.state.account import EMPTY_ACCOUNT, Account
from tests.conformance.engine_suite.worlds import DictState, Has, asm, call, returning

A, B, C, D, COINBASE = (bytes([n]) * 20 for n in (0xA1, 0xB2, 0xC3, 0xD4, 0xC0))
BLOCK = BlockEnv(10, 1_700_000_000, 30_000_000, COINBASE)
SPEC = dev_spec()
ENGINE = PythonEngine(SPEC)


def run(world: dict[bytes, Has], **fields: Any) -> tuple[DictState, TxEnv, Execution]:
    tx = TxEnv(**{"sender": A, "to": B, "gas_limit": 300_000, **fields})
    state = DictState({A: Has(10**18), **world})
    return state, tx, ENGINE.execute(BLOCK, tx, state)


def found(world: dict[bytes, Has], **fields: Any) -> dict[bytes, Found]:
    state, tx, execution = run(world, **fields)
    return prestate(state, BLOCK, tx, execution)


def changed(world: dict[bytes, Has], **fields: Any) -> dict[bytes, Change]:
    state, _, execution = run(world, **fields)
    return changes(state, execution)


def test_sender_recipient_and_coinbase_are_always_included() -> None:
    assert list(found({})) == [A, B, COINBASE]
    assert found({})[A] == Found(Account(0, 10**18))


def test_accounts_and_slots_are_as_they_were_also_where_a_frame_failed() -> None:
    inner = asm(1, "SLOAD", 5, 2, "SSTORE", 0, 0, "REVERT")
    code = asm(D, "BALANCE") + call("CALL", C) + asm(9, 3, "SSTORE")
    accounts = found({B: Has(1, 1, code, {3: 30}), C: Has(2, 1, inner, {1: 10}), D: Has(4)})
    assert accounts[B].storage == {3: 30}
    assert accounts[C].storage == {1: 10, 2: 0}
    assert accounts[D].account.balance == 4


def test_a_delegated_account_includes_its_delegate() -> None:
    delegation = b"\xef\x01\x00" + C
    accounts = found({B: Has(0, 1, delegation), C: Has(0, 1, asm("STOP"))})
    assert accounts[B].account.code_hash == keccak(delegation)
    assert accounts[C].account.code_hash == keccak(asm("STOP"))


def test_the_signer_of_an_invalid_authorization_is_included() -> None:
    accounts = found({D: Has(1, 7)}, authorizations=(Authorization(99, C, 0, D), Authorization(0, C, 0, None)))
    assert accounts[D].account == Account(7, 1)


def test_a_diff_has_what_changed_and_nothing_else() -> None:
    code = asm(1, "SLOAD", 5, 2, "SSTORE", 3, 3, "SSTORE", 0, 4, "SSTORE")
    state = changed({B: Has(1, 1, code, {1: 10, 3: 3, 4: 44})}, value=6)
    assert state[A].after == Account(1, 10**18 - 6)
    assert state[B] == Change(Account(1, 1, keccak(code)), Account(1, 7, keccak(code)), {2: (0, 5), 4: (44, 0)})
    assert set(state) == {A, B}


def test_a_created_contract_is_new_and_a_failed_one_absent() -> None:
    created = created_address(A, 0)
    change = changed({}, to=None, data=returning(asm("STOP"), asm(5, 1, "SSTORE")))[created]
    assert change == Change(EMPTY_ACCOUNT, Account(1, 0, keccak(asm("STOP"))), {1: (0, 5)})
    assert created not in changed({}, to=None, data=asm(5, 1, "SSTORE", 0, 0, "REVERT"))
    assert created in found({}, to=None, data=asm(0, 0, "REVERT"))


def test_a_contract_that_comes_and_goes_in_one_transaction() -> None:
    created = created_address(A, 0)
    end = asm(C, "SELFDESTRUCT")
    state = changed({created: Has(8)}, to=None, data=end, value=1)
    assert state[created] == Change(Account(0, 8), None, {})
    assert state[C].after == Account(0, 9)
    assert created not in changed({}, to=None, data=end), "it was not there before either"


def test_selfdestruct_of_an_older_contract_only_moves_its_ether() -> None:
    state = changed({B: Has(8, 1, asm(C, "SELFDESTRUCT"), {1: 1})})
    assert state[B].after == Account(1, 0, keccak(asm(C, "SELFDESTRUCT")))
    assert state[C].after == Account(0, 8)

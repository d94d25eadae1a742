"""Laws of MegaETH's gas that hold for any code: random contracts that call, create, store, log, look at the block and
destroy themselves, with and without limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, MegaLimits, Model, megaeth_spec
from megadev.errors import InvalidTransaction
from megadev.evm.engine import BlockEnv, Engine, Execution, Frame, FrameExit, Halt, Meters, Revert, Step, Success, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.mega_rules import BASE_FEE_VAULT, TX_SIZE
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World, WorldView

SENDER, NOBODY = b"\xaa" * 20, b"\xee" * 20
CONTRACTS = [bytes(18) + b"\xc0" + bytes([n]) for n in range(3)]
MODELS = [Model.REX4, Model.REX5, Model.REX6]
PRICE = 10**6
GAS = 8_000_000
BLOCK = BlockEnv(7, 1_000, 10**10, b"\x42" * 20, b"\x11" * 32, PRICE)


def _push(value: int | bytes) -> bytes:
    number = int.from_bytes(value, "big") if isinstance(value, bytes) else value
    size = (number.bit_length() + 7) // 8
    return bytes([0x5F + size]) + (number.to_bytes(size, "big") if size else b"")


PRE_WARMED = [BLOCK.coinbase, (4).to_bytes(20, "big")]
"""Warm before anything met them: what their first CALLCODE costs differs between Rex5 and the others."""
_targets = st.sampled_from([*CONTRACTS, NOBODY, *PRE_WARMED])
_small = st.sampled_from([0, 1, 2, 32, 100])
GASES = [b"\x5a", _push(2_000), _push(60_000)]
_initcode = st.sampled_from(
    [b"\0", b"\x5f\x5f\xfd", b"\x60\x05\x5f\xf3", b"\x60\x01\x60\x01\x55\x60\x20\x5f\xf3", b"\xfe"]
)


def _call(kind: int, target: Address, size: int, gas: bytes, value: int) -> bytes:
    operands = _push(size) + b"\x5f" + _push(size) + b"\x5f" + (_push(value) if kind in (0xF1, 0xF2) else b"")
    return operands + _push(target) + gas + bytes([kind, 0x50])


def _create(kind: int, code: bytes, value: int) -> bytes:
    salt = _push(1) if kind == 0xF5 else b""
    word = int.from_bytes(code.ljust(32, b"\0"), "big")
    return _push(word) + b"\x5f\x52" + salt + _push(len(code)) + b"\x5f" + _push(value) + bytes([kind, 0x50])


def _pieces(values: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.builds(lambda new, slot: _push(new) + _push(slot) + b"\x55", st.integers(0, 2), st.integers(0, 4)),
        st.builds(lambda slot: _push(slot) + b"\x54\x50", st.integers(0, 4)),
        st.builds(lambda n, size: b"\x5f" * n + _push(size) + b"\x5f" + bytes([0xA0 + n]), st.integers(0, 4), _small),
        st.builds(
            _call,
            st.sampled_from([0xF1, 0xF2, 0xF4, 0xFA]),
            _targets,
            _small,
            st.sampled_from(GASES),
            values,
        ),
        st.builds(_create, st.sampled_from([0xF0, 0xF5]), _initcode, values),
        st.sampled_from([b"\x42\x50", b"\x43\x50", b"\x41\x50", b"\x47\x50", b"\x5a\x50", b"\x5f\x49\x50"]),
        st.builds(lambda target, op: _push(target) + bytes([op, 0x50]), _targets, st.sampled_from([0x31, 0x3B, 0x3F])),
        st.builds(lambda n: b"\x61" + n.to_bytes(2, "big") + b"\x51\x50", st.integers(0, 4_000)),
    )


def _codes(values: st.SearchStrategy[int]) -> st.SearchStrategy[list[bytes]]:
    end = st.sampled_from([b"\0", b"\x60\x20\x5f\xf3", b"\x5f\x5f\xfd", _push(NOBODY) + b"\xff", b"\xfe"])
    code = st.builds(lambda pieces, last: b"".join(pieces) + last, st.lists(_pieces(values), max_size=8), end)
    return st.lists(code, min_size=len(CONTRACTS), max_size=len(CONTRACTS))


_limits = st.builds(
    lambda data, kv, compute, growth, volatile: MegaLimits(
        tx_data_size=data, tx_kv_updates=kv, tx_compute_gas=compute, tx_state_growth=growth, volatile_compute=volatile
    ),
    st.integers(150, 2_000),
    st.integers(1, 20),
    st.integers(25_000, 300_000),
    st.integers(0, 6),
    st.integers(0, 100_000),
)


@cache
def _engine(model: Model, limits: MegaLimits) -> Engine:
    spec = megaeth_spec(4326, Hardfork.PRAGUE, model=model, limits=limits)
    return open_engine("interpreter", spec)


def _world(codes: list[bytes]) -> WorldView:
    diff = StateDiff(Cause.CHEAT, accounts={SENDER: Account(0, 10**24), BASE_FEE_VAULT: Account(1, 0)})
    hashes: dict[Hash32, bytes] = {keccak(code): code for code in codes}
    for address, code in zip(CONTRACTS, codes, strict=True):
        diff.accounts[address] = Account(1, 100, keccak(code))
    diff.codes.update(hashes)
    return WorldView(World().apply(diff))


def _tx(gas: int = GAS) -> TxEnv:
    return TxEnv(SENDER, CONTRACTS[0], 0, 0, b"\x01\x00", gas, PRICE, PRICE, type=2, chain_id=4326)


@dataclass
class _Watch:
    """A tracer that hears whether a frame halted, and of how many steps."""

    wants_steps: bool = True
    halted: bool = False
    steps: int = 0

    def enter(self, frame: Frame) -> None: ...

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        if outcome.error not in (None, "execution reverted"):
            self.halted = True

    def step(self, step: Step) -> None:
        self.steps += 1

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: object) -> None: ...


def _meters(execution: Execution) -> Meters:
    meters = execution.gas.meters
    assert meters is not None
    return meters


_examined = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.label)
@_examined
@given(codes=_codes(st.just(0)))
def test_gas_is_the_sum_of_compute_and_storage(model: Model, codes: list[bytes]) -> None:
    """Where no value moves and nothing halts, so that no stipend comes back and no gas is lost."""
    watch = _Watch()
    execution = _engine(model, MegaLimits()).execute(BLOCK, _tx(), _world(codes), tracer=watch)
    meters, gas = _meters(execution), execution.gas
    if watch.halted or isinstance(execution.result, Halt):
        assert gas.used >= min(gas.floor, GAS)
        return
    assert gas.used == max(meters.compute_gas + meters.storage_gas - gas.refunded, gas.floor)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.label)
@_examined
@given(codes=_codes(st.sampled_from([0, 0, 1, 10**21])), limits=_limits)
def test_resource_limits_hold_for_any_code(model: Model, codes: list[bytes], limits: MegaLimits) -> None:
    state = _world(codes)
    engine = _engine(model, limits)
    execution = engine.execute(BLOCK, _tx(), state)
    meters = _meters(execution)
    recipients = 1 if model is Model.REX6 else 0  # who is paid is counted when all is over
    assert execution.gas.used <= GAS
    if isinstance(execution.result, Success):
        assert meters.data_size - 40 * recipients <= limits.tx_data_size
        assert meters.kv_updates - recipients <= limits.tx_kv_updates
        assert meters.state_growth <= limits.tx_state_growth
        assert meters.compute_gas <= min(limits.tx_compute_gas, meters.detained_limit or limits.tx_compute_gas)
    else:
        body = TX_SIZE + len(_tx().data) + 40 + 40 * recipients
        assert (meters.data_size, meters.kv_updates, meters.state_growth) == (body, 1 + recipients, 0)
        assert not execution.logs
        changed = {address for address, account in execution.diff.accounts.items() if account is not None}
        assert changed <= {SENDER, BASE_FEE_VAULT}
        assert not any(execution.diff.storage.values())
    # who watches changes nothing
    watched = engine.execute(BLOCK, _tx(), state, tracer=_Watch())
    assert (watched.result, watched.gas, watched.diff) == (execution.result, execution.gas, execution.diff)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.label)
@_examined
@given(codes=_codes(st.sampled_from([0, 1])), gas=st.integers(20_000, 400_000))
def test_less_gas_is_refused_or_suffices(model: Model, codes: list[bytes], gas: int) -> None:
    state = _world(codes)
    try:
        execution = _engine(model, MegaLimits()).execute(BLOCK, _tx(gas), state)
    except InvalidTransaction:
        assert gas < 61_000  # the storage part of what any transaction pays
        return
    assert execution.gas.used <= gas
    paid = execution.gas.used * PRICE
    sender = execution.diff.accounts[SENDER]
    vault = execution.diff.accounts[BASE_FEE_VAULT]
    assert sender is not None
    assert vault is not None
    assert (sender.nonce, vault.balance) == (1, paid)
    if isinstance(execution.result, Halt):
        assert execution.gas.used == gas


@_examined
@given(codes=_codes(st.just(0)))
def test_rex5_and_rex6_agree_on_ordinary_code(codes: list[bytes]) -> None:
    """Without value, limits, halts and CALLCODE to what was only declared warm, the two use the same gas, and so does
    Rex4.
    """
    assume(not any(_push(target) + gas + b"\xf2" in code for code in codes for target in PRE_WARMED for gas in GASES))
    state, watch = _world(codes), _Watch()
    results = [_engine(model, MegaLimits()).execute(BLOCK, _tx(), state, tracer=watch) for model in MODELS]
    if watch.halted:
        return
    assert len({execution.gas.used for execution in results}) == 1
    assert len({_meters(execution).compute_gas for execution in results}) == 1
    assert results[1].result == results[2].result
    assert _meters(results[1]).storage_gas == _meters(results[2]).storage_gas
    assert _meters(results[1]).detained_limit == _meters(results[2]).detained_limit
    assert not isinstance(results[0].result, Revert) or results[0].result == results[2].result

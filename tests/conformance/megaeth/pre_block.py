"""What the protocol does before a case's first transaction: hashes, roots and the system contracts, which are ours here,
so that of these cases only what transactions answer is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from megadev.chain.spec import MEGA_SYSTEM_ADDRESS, ChainSpec, Hardfork, Model, SystemContracts
from megadev.chain.system_contracts import SEQUENCER_REGISTRY
from megadev.errors import MegadevError
from megadev.evm.engine import BlockEnv, Engine, MegaEnv
from megadev.evm.system_calls import block_start_diff
from megadev.evm.system_contracts import is_foreign, protocol_call, system_contracts_diff
from megadev.primitives.types import Address
from megadev.sequencer.oracle import system_address
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader


class PreBlockError(Exception):
    """The block is refused."""


class Writable(StateReader, Protocol):
    """A state that can be changed."""

    def apply(self, diff: StateDiff) -> None: ...


def run_pre_block(
    spec: ChainSpec,
    engine: Engine,
    state: Writable,
    case: dict[str, Any],
    block: dict[str, Any],
    capacity: Callable[[int], int] | None = None,
) -> Address:
    """Do it, and answer who sends system transactions in the block. ``capacity``: as ``MegaEnv.capacity``."""

    def data(text: str) -> bytes:
        return bytes.fromhex(text.removeprefix("0x"))

    env = block["env"]
    number, timestamp = int(env["number"]), int(env["timestamp"])
    at = BlockEnv(number, timestamp, int(env["gasLimit"]), data(env["coinbase"]), mega=MegaEnv(capacity=capacity))

    def call(to: Address, calldata: bytes) -> StateDiff:
        execution = protocol_call(engine, spec, at, state, to, calldata)
        if execution.succeeded:
            return execution.diff
        if spec.model >= Model.REX5:
            raise PreBlockError(f"the protocol's call of 0x{to.hex()} failed")
        return StateDiff(Cause.SYSTEM_CALL)

    parent, beacon_root = data(env["parentHash"]), data(env["parentBeaconBlockRoot"])
    state.apply(block_start_diff(state, number, timestamp, parent, beacon_root, Hardfork.PRAGUE, call=call))
    if spec.model < Model.REX4:
        return MEGA_SYSTEM_ADDRESS
    given = case.get("registry", {})
    nobody = "0xa887dcb9d5f39ef79272801d05abdf707cfbbd1d"
    delay = given.get("minRotationDelay", 1)
    contracts = SystemContracts(
        spec.model.label,
        data(given.get("initialSequencer", nobody)),
        data(given.get("initialAdmin", nobody)),
        int(delay, 16) if isinstance(delay, str) else int(delay),
    )
    registry = None if spec.model < Model.REX5 else state.account(SEQUENCER_REGISTRY)
    if registry is not None and is_foreign(registry.code_hash, SEQUENCER_REGISTRY):
        raise PreBlockError(f"foreign code stands at 0x{SEQUENCER_REGISTRY.hex()}")
    try:
        diff = system_contracts_diff(engine, at, state, contracts, replaces_foreign=True)
    except MegadevError as error:
        raise PreBlockError(str(error)) from None
    if diff is not None:
        state.apply(diff)
    return MEGA_SYSTEM_ADDRESS if spec.model < Model.REX5 else system_address(state)

"""What the protocol does before a case's first transaction: hashes, roots and the system contracts, which are ours here,
so that of these cases only what transactions answer is compared.
"""

from __future__ import annotations

from typing import Any, Protocol

from megadev.chain.spec import ChainSpec, Hardfork, Model, SystemContracts
from megadev.errors import MegadevError
from megadev.evm.engine import BlockEnv, Engine
from megadev.evm.system_calls import block_start_diff
from megadev.evm.system_contracts import system_contracts_diff
from megadev.primitives.types import Address
from megadev.sequencer.oracle import system_address
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader


class PreBlockError(Exception):
    """The block is refused."""


class Writable(StateReader, Protocol):
    """A state that can be changed."""

    def apply(self, diff: StateDiff) -> None: ...


def run_pre_block(
    spec: ChainSpec, engine: Engine, state: Writable, case: dict[str, Any], block: dict[str, Any]
) -> Address:
    """Do it, and answer who sends system transactions in the block."""

    def data(text: str) -> bytes:
        return bytes.fromhex(text.removeprefix("0x"))

    env = block["env"]
    number, timestamp = int(env["number"]), int(env["timestamp"])
    state.apply(
        block_start_diff(
            state, number, timestamp, data(env["parentHash"]), data(env["parentBeaconBlockRoot"]), Hardfork.PRAGUE
        )
    )
    if spec.model >= Model.REX4:
        given = case.get("registry", {})
        nobody = "0xa887dcb9d5f39ef79272801d05abdf707cfbbd1d"
        delay = given.get("minRotationDelay", 1)
        contracts = SystemContracts(
            spec.model.label,
            data(given.get("initialSequencer", nobody)),
            data(given.get("initialAdmin", nobody)),
            int(delay, 16) if isinstance(delay, str) else int(delay),
        )
        at = BlockEnv(number, timestamp, int(env["gasLimit"]), data(env["coinbase"]))
        try:
            diff = system_contracts_diff(engine, at, state, contracts)
        except MegadevError as error:
            raise PreBlockError(str(error)) from None
        if diff is not None:
            state.apply(diff)
    return system_address(state)

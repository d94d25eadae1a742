"""Calls of system contracts that the engine handles itself: access to volatile data, remaining compute gas, hints for
the oracle's source, keyless deployments (MegaETH's specification, "System contracts").
"""

from __future__ import annotations

from typing import ClassVar

from megadev.chain.receipts import REVERTED
from megadev.evm.engine import Hint
from megadev.evm.engines.mega.frames import MegaMachine
from megadev.evm.engines.mega.keyless import Deploy, deploy
from megadev.evm.engines.mega.meter import MegaCall
from megadev.evm.engines.mega.operations import MEGA_INPUTS, MEGA_OPERATIONS, SEEN
from megadev.evm.mega_rules import DISABLED_BY_PARENT, NON_ZERO_TRANSFER
from megadev.evm.rules import CALL_DEPTH_LIMIT


class MegaLoop(MegaMachine):
    """MegaETH's machine, complete. ``deploys`` runs a keyless deployment as a transaction of its own."""

    __slots__ = ("deploys",)
    operations = MEGA_OPERATIONS
    inputs = MEGA_INPUTS
    trace_stops: ClassVar[frozenset[int]] = SEEN
    deploys: Deploy

    def answer(self, call: MegaCall, name: str) -> bool:
        """See ``MegaMachine.answer``."""
        if name == "keyless_deploy":
            return call.depth == 0 and call.kind == "CALL" and deploy(self, call, self.deploys)
        if call.value and call.kind == "CALL":
            call.error, call.output = REVERTED, NON_ZERO_TRANSFER
            return True
        getattr(self, f"_{name}")(call)
        return True

    def _disable_access(self, call: MegaCall) -> None:
        if self.meter.disabler is None:
            self.meter.disabler = call.parent

    def _enable_access(self, call: MegaCall) -> None:
        disabler = self.meter.disabler
        if disabler is None or disabler is call.parent:
            self.meter.disabler = None
        else:
            call.error, call.output = REVERTED, DISABLED_BY_PARENT

    def _is_access_disabled(self, call: MegaCall) -> None:
        call.output = int(self.meter.disabler is not None).to_bytes(32, "big")

    def _remaining_compute_gas(self, call: MegaCall) -> None:
        meter, parent = self.meter, call.parent
        left = max(meter.compute_limit - meter.compute, 0) if parent is None else meter.compute_left(parent)
        call.output = min(left, 2**64 - 1).to_bytes(32, "big")

    def hear(self, call: MegaCall) -> None:
        """See ``MegaMachine.hear``. All of the calldata is data of the transaction, whatever becomes of the call."""
        meter, rules = self.meter, self.mega
        if rules.drops_hints_when_disabled and meter.disabler is not None:
            return
        if rules.counts_hints:
            if not call.gas or call.depth > CALL_DEPTH_LIMIT:
                return
            meter.kept_data += len(call.data)
            if meter.latch():
                return
        hint = _decode_hint(call)
        if hint is not None:
            meter.hints.append(hint)


def _decode_hint(call: MegaCall) -> Hint | None:
    """The arguments of ``sendHint(bytes32,bytes)``, None where they are no such thing; bytes may overlap the head."""
    body = call.data[4:]
    if len(body) < 64:
        return None
    offset = int.from_bytes(body[32:64], "big")
    if offset + 32 > len(body):
        return None
    size = int.from_bytes(body[offset : offset + 32], "big")
    if offset + 32 + size > len(body):
        return None
    return Hint(call.caller, body[:32], body[offset + 32 : offset + 32 + size])

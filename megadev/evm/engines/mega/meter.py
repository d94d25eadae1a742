"""One transaction's use of MegaETH's four resources, its limits and its frames', and how far volatile data has lowered
them (MegaETH's specification, "Resource limits", "Gas detention").

Usage is counted in totals of the transaction; a frame remembers where they stood when it began and how far they may go.
"""

from __future__ import annotations

from typing import Final

from megadev.chain.receipts import REVERTED
from megadev.chain.spec import MegaLimits
from megadev.evm.engine import Hint, LimitHalt, Meters
from megadev.evm.engines.frames import Call, Stopped
from megadev.evm.mega_rules import ACCOUNT_SIZE, FRAME_SHARE, LIMIT_EXCEEDED, MegaRules, Resource, Volatile
from megadev.primitives.types import Address

NO_LIMIT: Final = 1 << 62
"""More than anything that is counted can be."""
_ORACLE: Final = Volatile.ORACLE.value
LIMIT_HALT: Final = "transaction limit exceeded"

_REASONS: Final = {
    Resource.DATA: "DataLimitExceeded",
    Resource.KV: "KVUpdateLimitExceeded",
    Resource.COMPUTE: "ComputeGasLimitExceeded",
    Resource.GROWTH: "StateGrowthLimitExceeded",
}


class MegaCall(Call):
    """A frame under MegaETH's rules. ``parent`` is None for the transaction's own.

    ``mark``: its gas when its compute was last recorded, unless ``settled``: then an opcode that records it is at work.
    ``…_start`` and ``…_cap``: the transaction's totals when it began, and how far they may go in it. ``counted``: the
    update of its own account is counted; ``charged_parent``: it was this frame that had its parent's counted.
    ``stipend``: storage gas it need not pay. ``ceiling``: the most gas it gives back. ``stays``: what it did is not
    undone although it fails (before Rex5, a precompile whose price crosses a limit). ``is_limited``: a limit of its own
    reverted it; nothing more of it is counted. ``is_laid_to_limits``: where it ran out of gas, a limit may be why.
    ``lost``: the gas it had left when it halted.
    """

    __slots__ = (
        "ceiling",
        "charged_parent",
        "compute_budget",
        "compute_cap",
        "counted",
        "data_cap",
        "data_start",
        "growth_cap",
        "growth_start",
        "hidden",
        "is_laid_to_limits",
        "is_limited",
        "kv_cap",
        "kv_start",
        "lost",
        "mark",
        "parent",
        "settled",
        "stays",
        "stipend",
    )

    def __init__(
        self,
        parent: MegaCall | None,
        kind: str,
        depth: int,
        caller: Address,
        address: Address,
        code_address: Address,
        code: bytes,
        value: int,
        data: bytes,
        gas: int,
        static: bool = False,
        is_delegated: bool = False,
    ) -> None:
        super().__init__(kind, depth, caller, address, code_address, code, value, data, gas, static, is_delegated)
        self.parent = parent
        self.hidden = 0
        self.mark = gas
        self.settled = True
        self.counted = False
        self.charged_parent = False
        self.stays = False
        self.is_limited = False
        self.is_laid_to_limits = True
        self.lost = 0
        self.stipend = 0
        self.ceiling: int | None = None
        self.data_start = self.kv_start = self.growth_start = 0
        self.data_cap = self.kv_cap = self.growth_cap = self.compute_cap = self.compute_budget = NO_LIMIT


class Meter:
    """The totals of one transaction. ``kept_data`` is data that belongs to no frame. ``halt``: the limit of the whole
    transaction that was crossed; all frames end then. ``pending``: volatile data was seen by an opcode that then
    failed, so that its effect on the limit is still to come.
    """

    __slots__ = (
        "compute",
        "compute_limit",
        "data",
        "data_limit",
        "detained",
        "detention_cap",
        "disabler",
        "growth",
        "growth_limit",
        "halt",
        "hints",
        "is_exempt",
        "kept_data",
        "kv",
        "kv_limit",
        "limits",
        "oracle_reads",
        "pending",
        "rescued",
        "rules",
        "storage",
        "volatile",
    )

    def __init__(self, rules: MegaRules, limits: MegaLimits, is_exempt: bool = False) -> None:
        self.rules = rules
        self.limits = limits
        self.is_exempt = is_exempt
        self.compute = self.data = self.kv = self.growth = self.storage = 0
        self.kept_data = self.rescued = 0
        self.compute_limit = NO_LIMIT if is_exempt else limits.tx_compute_gas
        self.data_limit = NO_LIMIT if is_exempt else limits.tx_data_size
        self.kv_limit = NO_LIMIT if is_exempt else limits.tx_kv_updates
        self.growth_limit = NO_LIMIT if is_exempt else limits.tx_state_growth
        self.detained: int | None = None
        self.detention_cap = NO_LIMIT
        self.volatile = 0
        self.pending = False
        self.halt: LimitHalt | None = None
        self.disabler: MegaCall | None = None
        self.hints: list[Hint] = []
        self.oracle_reads: dict[int, int] = {}

    # frames

    def budget(self, call: MegaCall) -> None:
        """Give ``call`` its share of what its parent, or the transaction, may still use."""
        call.data_start, call.kv_start, call.growth_start = self.data, self.kv, self.growth
        if self.is_exempt:
            return
        parent = call.parent
        if parent is None:
            limits = self.limits
            call.data_cap = max(limits.tx_data_size - self.kept_data, self.data)
            call.kv_cap = max(limits.tx_kv_updates, self.kv)
            call.growth_cap = max(limits.tx_state_growth, self.growth)
            call.compute_budget = max(limits.tx_compute_gas - self.compute, 0)
        else:
            share, whole = FRAME_SHARE
            call.data_cap = self.data + _left(parent.data_cap, parent.data_start, self.data) * share // whole
            call.kv_cap = self.kv + _left(parent.kv_cap, parent.kv_start, self.kv) * share // whole
            call.growth_cap = self.growth + _left(parent.growth_cap, parent.growth_start, self.growth) * share // whole
            call.compute_budget = max(parent.compute_cap - self.compute, 0) * share // whole
        if call.ceiling is not None and call.ceiling < call.compute_budget:
            call.compute_budget = call.ceiling
        call.compute_cap = self.compute + call.compute_budget

    def count_transfer(self, call: MegaCall, grows: bool) -> None:
        """A call that moves value: its own account, and its caller's where that is not counted yet."""
        parent, rules = call.parent, self.rules
        if parent is not None and not parent.counted:
            if rules.marks_counted:
                parent.counted = call.charged_parent = True
            self.update_account()
        call.counted = True
        if not (rules.counts_self_transfer_once and call.caller == call.address):
            self.update_account()
        if grows:
            self.growth += 1

    def count_creator(self, call: MegaCall) -> None:
        """A creation changes its creator, unless that is counted already. Who creates with a transaction always is."""
        parent = call.parent
        call.counted = True
        if parent is not None and not parent.counted:
            keeps = self.rules.keeps_creator
            if self.rules.marks_counted:
                parent.counted = True
                call.charged_parent = not keeps
            self.update_account()
            if keeps:  # it is the parent's, and stays when the creation fails
                call.data_start += ACCOUNT_SIZE
                call.data_cap += ACCOUNT_SIZE
                call.kv_start += 1
                call.kv_cap += 1

    def update_account(self) -> None:
        """One account's update."""
        self.data += ACCOUNT_SIZE
        self.kv += 1

    def drop(self, call: MegaCall) -> None:
        """``call`` failed: what it used is not used, but for compute."""
        self.data, self.kv, self.growth = call.data_start, call.kv_start, call.growth_start
        if call.charged_parent and call.parent is not None:
            call.parent.counted = False

    # limits

    def is_over(self, call: MegaCall) -> bool:
        """True if a limit of ``call`` or of the transaction is exceeded."""
        return (
            self.data > call.data_cap
            or self.kv > call.kv_cap
            or self.compute > call.compute_cap
            or self.compute > self.compute_limit
            or self.growth > call.growth_cap
            or self.data + self.kept_data > self.data_limit
            or self.kv > self.kv_limit
        )

    def is_transaction_over(self) -> bool:
        """True if a limit of the transaction is exceeded."""
        return (
            self.data + self.kept_data > self.data_limit
            or self.kv > self.kv_limit
            or self.compute > self.compute_limit
            or self.growth > self.growth_limit
        )

    def end(self, call: MegaCall) -> None:
        """``call`` is over a limit: end it as the first one that is crossed demands. A frame's own limit reverts it,
        the transaction's ends everything.
        """
        limits = self.limits
        for resource, used, cap, budget, limit in (
            (Resource.DATA, self.data, call.data_cap, call.data_cap - call.data_start, limits.tx_data_size),
            (Resource.KV, self.kv, call.kv_cap, call.kv_cap - call.kv_start, limits.tx_kv_updates),
            (Resource.COMPUTE, self.compute, call.compute_cap, call.compute_budget, self.compute_limit),
            (
                Resource.GROWTH,
                self.growth,
                call.growth_cap,
                call.growth_cap - call.growth_start,
                limits.tx_state_growth,
            ),
        ):
            if used > cap:
                call.error, call.is_limited = REVERTED, True
                call.output = LIMIT_EXCEEDED + resource.value.to_bytes(32, "big") + budget.to_bytes(32, "big")
                return
            if resource is Resource.DATA:
                used += self.kept_data
            if used > limit:
                self._halt(resource, limit, used)
                call.error, call.output = LIMIT_HALT, b""
                return

    def rescue(self, call: MegaCall) -> None:
        """Everything ends: what gas ``call`` had left goes to the sender, past its callers and what they may keep."""
        self.rescued += call.gas
        call.gas = 0

    def stop(self, call: MegaCall, paid: int = 0) -> Stopped:
        """The same, as an exception for an opcode to raise that has ``paid`` storage gas; one that ends everything is
        not through, and has paid none.
        """
        self.end(call)
        if self.halt is None:
            self.storage += paid
        return Stopped()

    def latch(self) -> bool:
        """Note the first of the transaction's limits that is crossed, if none was before. Answers whether one is."""
        if self.halt is None and self.is_transaction_over():
            limits = self.limits
            for resource, used, limit in (
                (Resource.DATA, self.data + self.kept_data, limits.tx_data_size),
                (Resource.KV, self.kv, limits.tx_kv_updates),
                (Resource.COMPUTE, self.compute, self.compute_limit),
                (Resource.GROWTH, self.growth, limits.tx_state_growth),
            ):
                if used > limit:
                    self._halt(resource, limit, used)
                    break
        return self.halt is not None

    def _halt(self, resource: Resource, limit: int, used: int) -> None:
        self.halt = LimitHalt(_REASONS[resource], limit, used, self.volatile)

    def name_halt(self, is_out_of_gas: bool) -> LimitHalt | None:
        """Returns the limit that ended the transaction. What ran out of gas is laid to a limit that is crossed in the
        end, and what crossed any limit to detention where that is crossed as well.
        """
        if is_out_of_gas:
            self.latch()
        detained = self.detained
        if self.halt is not None and detained is not None and detained < min(self.compute, self.limits.tx_compute_gas):
            self.halt = LimitHalt("VolatileDataAccessOutOfGas", detained, self.compute, self.volatile)
        return self.halt

    def compute_left(self, call: MegaCall) -> int:
        """Compute gas that ``call`` may still use."""
        return max(min(call.compute_cap, self.compute_limit) - self.compute, 0)

    # detention

    def see(self, what: int) -> None:
        """Note that volatile data was looked at; ``detain`` follows when the opcode is through."""
        if self.volatile & what == what:
            return
        self.volatile |= what
        cap = self.limits.oracle_compute if what == _ORACLE else self.limits.volatile_compute
        self.detention_cap = min(self.detention_cap, cap)

    def detain(self) -> None:
        """Lower the limit to what was used so far and the cap of what was seen."""
        self.pending = False
        if self.detention_cap is NO_LIMIT or self.is_exempt:
            return
        limit = self.compute + self.detention_cap
        if self.detained is None or limit < self.detained:
            self.detained = limit
            self.compute_limit = min(self.limits.tx_compute_gas, limit)

    # the end

    def report(self, intrinsic: int | None) -> Meters:
        """The totals as they are reported."""
        return Meters(
            self.compute,
            self.data + self.kept_data,
            self.kv,
            max(self.growth, 0),
            self.storage,
            intrinsic,
            self.detained if self.compute_limit < self.limits.tx_compute_gas else None,
            int(self.volatile),
            tuple(self.hints),
            tuple(self.oracle_reads.items()),
            self.halt,
        )


def _left(cap: int, start: int, used: int) -> int:
    """Returns the remainder of a frame's budget; at most the whole budget."""
    return max(cap - max(used, start), 0)

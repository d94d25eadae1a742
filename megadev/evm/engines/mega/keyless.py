"""Deployments signed by nobody's key: a contract creation of the time before EIP-155, whose signature is made up and
whose sender therefore nobody controls, run as a transaction of its own inside the one that carries it (MegaETH's
specification, "KeylessDeploy").

A deployment that fails is a success of the call that asked for it, which is told so in what it answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec.structs import replace

from megadev.chain.admission import gas_before_execution
from megadev.chain.receipts import REVERTED
from megadev.chain.spec import BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, MegaLimits
from megadev.chain.transactions import LEGACY, is_delegation
from megadev.errors import InvalidTransaction
from megadev.evm.engine import Execution, Revert, Success, TxEnv
from megadev.evm.engines.frames import OUT_OF_GAS
from megadev.evm.engines.journal import Journal
from megadev.evm.engines.mega.frames import MegaMachine
from megadev.evm.engines.mega.meter import LIMIT_HALT, MegaCall
from megadev.evm.mega_rules import ACCOUNT_SIZE, KEYLESS_OVERHEAD, TX_SIZE, Resource
from megadev.primitives import rlp
from megadev.primitives.abi import selector
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import recover
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import EMPTY_ACCOUNT, Account

Deploy: TypeAlias = Callable[[TxEnv, bytes, Journal, MegaLimits], Execution]
"""Runs a deployment, given its signed encoding too, over a journal of its own and under what limits are left."""


class _Refused(Exception):
    """The call reverts with an error of the contract's interface."""

    def __init__(self, signature: str, *operands: int) -> None:
        super().__init__()
        self.data = selector(signature) + b"".join(operand.to_bytes(32, "big") for operand in operands)


class _State:
    """The outer transaction's state, as the inner one begins with; the nonce of its ``signer`` is taken for 0."""

    def __init__(self, journal: Journal, signer: Address) -> None:
        self.journal = journal
        self.signer = signer

    def account(self, address: Address) -> Account | None:
        account = self.journal.account(address)
        if account is None or address != self.signer:
            return account
        return Account(0, account.balance, account.code_hash)

    def storage(self, address: Address, slot: int) -> int:
        return self.journal.load(address, slot)

    def code(self, code_hash: Hash32) -> bytes:
        journal = self.journal
        code = journal.codes.get(code_hash)
        return journal.reader.code(code_hash) if code is None else code

    def block_hash(self, number: int) -> Hash32:
        return self.journal.reader.block_hash(number)


def deploy(m: MegaMachine, call: MegaCall, run: Deploy) -> bool:
    """Answer ``keylessDeploy(bytes,uint256)``; False where the arguments are none, which is left to the code."""
    arguments = _arguments(call.data[4:])
    if arguments is None:
        return False
    meter = m.meter
    if call.gas < KEYLESS_OVERHEAD:
        call.error, call.gas = OUT_OF_GAS, 0
        return True
    call.gas -= KEYLESS_OVERHEAD
    meter.compute += KEYLESS_OVERHEAD
    if meter.latch():
        call.error = LIMIT_HALT
        if not m.mega.rescues_keyless_overhead:
            call.gas = 0
        return True
    try:
        _deploy(m, call, *arguments, run)
    except _Refused as refused:
        call.error, call.output = REVERTED, refused.data
    return True


def _arguments(data: bytes) -> tuple[bytes, int] | None:
    if len(data) < 64:
        return None
    offset, override = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")
    if offset + 32 > len(data):
        return None
    size = int.from_bytes(data[offset : offset + 32], "big")
    if offset + 32 + size > len(data):
        return None
    return data[offset + 32 : offset + 32 + size], override


def _decode(raw: bytes, trailing: bool) -> tuple[int, int, int, int, bytes, int, int, int]:
    """(nonce, price, gas limit, value, creation code, v, r, s) of a signed creation from before EIP-155; before Rex5
    bytes may be ``trailing`` behind it.
    """
    if trailing and raw[:1] >= b"\xc0":
        head = 1 if raw[0] < 0xF8 else 1 + raw[0] - 0xF7
        size = raw[0] - 0xC0 if head == 1 else int.from_bytes(raw[1:head], "big")
        raw = raw[: head + size]
    try:
        fields = rlp.decode(raw)
    except ValueError:
        raise _Refused("MalformedEncoding()") from None
    if type(fields) is not list or len(fields) != 9 or any(type(field) is not bytes for field in fields):
        raise _Refused("MalformedEncoding()")
    nonce, price, gas, to, value, data, v, r, s = fields
    numbers = []
    for field, width in ((nonce, 8), (price, 16), (gas, 8), (value, 32), (v, 32), (r, 32), (s, 32)):
        if len(field) > width or field[:1] == b"\0":
            raise _Refused("MalformedEncoding()")
        numbers.append(int.from_bytes(field, "big"))  # type: ignore[arg-type]
    if len(to) not in (0, 20):
        raise _Refused("MalformedEncoding()")
    if to:
        raise _Refused("NotContractCreation()")
    if numbers[4] >= 35:
        raise _Refused("NotPreEIP155()")
    if numbers[4] not in (27, 28):
        raise _Refused("MalformedEncoding()")
    return numbers[0], numbers[1], numbers[2], numbers[3], data, *numbers[4:]  # type: ignore[return-value]


def _deploy(m: MegaMachine, call: MegaCall, raw: bytes, override: int, run: Deploy) -> None:
    journal, meter, rules = m.journal, m.meter, m.mega
    if call.value:
        raise _Refused("NoEtherTransfer()")
    nonce, price, gas_limit, value, code, v, r, s = _decode(raw, not rules.deploys_in_budget)
    if nonce:
        raise _Refused("NonZeroTxNonce(uint64)", nonce)
    limit = m.initcode_size_limit
    if rules.deploys_in_budget and limit is not None and len(code) > limit:
        raise _Refused("InitCodeTooLarge(uint64,uint64)", len(code), limit)
    if override < gas_limit:
        raise _Refused("GasLimitTooLow(uint64,uint64)", gas_limit, override)
    unsigned = rlp.encode([nonce, price, gas_limit, b"", value, code])
    signer = recover(keccak(unsigned), v - 27, r, s)
    if signer is None:
        raise _Refused("InvalidSignature()")
    account = journal.account(signer) or EMPTY_ACCOUNT
    if account.nonce > 1:
        raise _Refused("SignerNonceTooHigh(uint64)", account.nonce)
    if rules.deploys_in_budget and account.code_hash != EMPTY_CODE_HASH and not is_delegation(journal.code(signer)):
        raise _Refused("SignerHasCode()")
    if rules.deploys_in_budget and account.is_empty:
        charge = m.account_price(signer)
        if call.gas < charge:
            call.error, call.gas = OUT_OF_GAS, 0
            return
        call.gas -= charge
        meter.storage += charge
        meter.growth += 1
        if meter.latch():
            call.error = LIMIT_HALT
            return
    gas = override
    if rules.deploys_in_budget:
        gas = min(override, call.gas)
        if gas < gas_limit:
            raise _Refused("GasLimitTooLow(uint64,uint64)", gas_limit, gas)
    gas = min(gas, 2**64 - 1)
    address = keccak(rlp.encode([signer, 0]))[12:]
    if journal.code(address):
        raise _Refused("ContractAlreadyExists()")
    left = _limits_left(m) if rules.deploys_in_budget else MegaLimits()
    if rules.deploys_in_budget:
        _check_budgets(left, code)
    cost = value if rules.deploys_in_budget else value + gas * price
    if account.balance < cost:
        raise _Refused("InsufficientBalance()")
    free = rules.deploys_in_budget  # or else its signer pays for it as for any transaction
    inner = TxEnv(signer, None, 0, value, code, gas, 0 if free else price, is_deposit=free, type=LEGACY)
    inside = Journal(_State(journal, signer))
    try:
        execution = run(inner, raw, inside, left)
    except InvalidTransaction:
        raise _Refused("InvalidTransaction()") from None
    if rules.deploys_in_budget:
        m.kept_empty.extend(inside.destroyed)
    _settle(m, call, execution, signer, address)


def _limits_left(m: MegaMachine) -> MegaLimits:
    meter, limits = m.meter, m.meter.limits
    return replace(
        limits,
        tx_compute_gas=max(meter.compute_limit - meter.compute, 0) if not meter.is_exempt else limits.tx_compute_gas,
        tx_data_size=max(limits.tx_data_size - meter.data - meter.kept_data, 0),
        tx_kv_updates=max(limits.tx_kv_updates - meter.kv, 0),
        tx_state_growth=max(limits.tx_state_growth - meter.growth, 0),
    )


def _check_budgets(left: MegaLimits, code: bytes) -> None:
    intrinsic, _ = gas_before_execution(code, True)
    for resource, used, limit in (
        (Resource.DATA, TX_SIZE + len(code) + ACCOUNT_SIZE, left.tx_data_size),
        (Resource.KV, 1, left.tx_kv_updates),
        (Resource.COMPUTE, intrinsic, left.tx_compute_gas),
    ):
        if used > limit:
            raise _Refused("ParentBudgetExceeded(uint8,uint64,uint64)", resource.value, limit, used)


def _settle(m: MegaMachine, call: MegaCall, execution: Execution, signer: Address, address: Address) -> None:
    """Take over what the deployment changed and used, and say how it went."""
    journal, meter, result, used = m.journal, m.meter, execution.result, execution.gas.used
    meters, diff = execution.gas.meters, execution.diff
    assert meters is not None
    if m.mega.deploys_in_budget and meters.intrinsic is None:
        raise _Refused("InvalidTransaction()")
    meter.hints.extend(meters.hints)
    meter.oracle_reads.update(meters.oracle_reads)
    if m.mega.deploys_in_budget:
        meter.volatile |= meters.volatile
        call.gas -= used
        meter.compute += meters.compute_gas
        meter.data += meters.data_size
        meter.kv += meters.kv_updates
        meter.growth += meters.state_growth
        meter.storage += meters.storage_gas
        if meter.latch():
            call.error = LIMIT_HALT
            return
        after = diff.accounts.get(signer)
        if (0 if after is None else after.nonce) < journal.nonce(signer):
            raise _Refused("InternalError()")  # it ended before it took its nonce, which cannot go back
    if not m.mega.deploys_in_budget and signer not in diff.accounts and not _loses(m, call, signer):
        known = journal.account(signer)  # it ended before it took the nonce: then 0, as it began with, stays
        if known is not None:
            left = Account(0, known.balance, known.code_hash)
            journal.set_account(signer, None if left.is_empty else left)
    lost = {changed for changed in diff.accounts.keys() | diff.storage.keys() if _loses(m, call, changed)}
    for changed, account in diff.accounts.items():
        if changed in lost:
            continue
        if account is not None and account.code_hash in diff.codes:
            journal.codes[account.code_hash] = diff.codes[account.code_hash]
        journal.set_account(changed, account)
    for owner in diff.cleared:
        if owner not in lost:
            journal.mark_created(owner)
    for owner, slots in diff.storage.items():
        if owner in lost:
            continue
        for slot, word in slots.items():
            journal.load(owner, slot)
            journal.store(owner, slot, word)
    if m.mega.deploys_in_budget or (isinstance(result, Success) and result.output):
        journal.logs.extend(execution.logs)
    deployed, error = bytes(20), b""
    if isinstance(result, Success):
        if result.output and not (m.mega.misses_destroyed and diff.accounts.get(address) is None):
            deployed = address
        else:
            error = _error("EmptyCodeDeployed(uint64)", used)
    elif isinstance(result, Revert):
        error = _error("ExecutionReverted(uint64,bytes)", used, result.output)
    else:
        error = _error("ExecutionHalted(uint64)", used)
    call.output = _answer(used, deployed, error)


def _loses(m: MegaMachine, call: MegaCall, address: Address) -> bool:
    """Before Rex5 a change is not kept where the outer transaction has loaded the account without changing it: for an
    access list with storage keys, or an authorization that is not applied. Those that receive fees change when it ends;
    the contract that is called is answered for without being loaded.
    """
    if not m.mega.loses_loaded or address in m.prewarmed or address not in m.journal.warm_accounts:
        return False
    if address in (m.block.coinbase, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT):
        return False
    if address == call.address and all(owner != address for owner, _ in m.journal.warm_slots):
        return False
    return m.journal.account(address) == m.journal.origin[address]


def _error(signature: str, used: int, data: bytes | None = None) -> bytes:
    encoded = selector(signature) + used.to_bytes(32, "big")
    if data is None:
        return encoded
    return encoded + (64).to_bytes(32, "big") + _tail(data)


def _tail(data: bytes) -> bytes:
    return len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)


def _answer(used: int, deployed: Address, error: bytes) -> bytes:
    """(uint64 gasUsed, address deployed, bytes errorData)."""
    return used.to_bytes(32, "big") + bytes(12) + deployed + (96).to_bytes(32, "big") + _tail(error)

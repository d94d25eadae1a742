"""One transaction under MegaETH's rules, from its first check to its diff (MegaETH's specification; OP Stack
specification for deposits and fees).

The story runs downwards in ``_execute``: system transaction or not → checks → what is counted before anything runs →
buy gas → authorizations → top frame → refund and floor → pay → count who was paid → diff.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from msgspec.structs import replace
from msgspec.structs import replace as changed

from megadev.chain.admission import (
    check_base_fee,
    check_block_gas,
    check_funds,
    check_sender_code,
    gas_before_execution,
    validate_gas,
    validate_initcode,
    validate_tip,
)
from megadev.chain.l1_fees import l1_cost
from megadev.chain.receipts import REVERTED
from megadev.chain.spec import ChainSpec, MegaLimits
from megadev.chain.transactions import LEGACY, MAX_NONCE, SET_CODE, bars_sending
from megadev.errors import (
    EmptyAuthorizationList,
    InvalidTransaction,
    MissingChainId,
    NonceTooHigh,
    NonceTooLow,
    SystemTransactionRefused,
    WrongChainId,
)
from megadev.evm.engine import (
    CONSENSUS,
    AccessSet,
    Authorization,
    BlockEnv,
    Execution,
    GasReport,
    Halt,
    LimitHalt,
    MegaEnv,
    MeterTracer,
    Result,
    Revert,
    Rules,
    Success,
    Tracer,
    TxEnv,
    show_unstarted,
)
from megadev.evm.engines.envelope import Envelope, accessed_by, cause_of
from megadev.evm.engines.frames import CODE_OUT_OF_GAS, OUT_OF_GAS
from megadev.evm.engines.journal import Journal
from megadev.evm.engines.mega.interception import MegaLoop
from megadev.evm.engines.mega.meter import LIMIT_HALT, MegaCall, Meter
from megadev.evm.engines.operations import created_address, resolve_code
from megadev.evm.engines.precompiles import functions
from megadev.evm.gas import LARGEST_REFUND
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.evm.mega_rules import (
    ACCESS_ADDRESS_SIZE,
    ACCESS_SLOT_SIZE,
    ACCOUNT_SIZE,
    AUTHORIZATION_SIZE,
    BASE_FEE_VAULT,
    INTERCEPTED,
    L1_FEE_VAULT,
    MEGA_RULES,
    OPERATOR_FEE_VAULT,
    ORACLE,
    SYSTEM_CALLER,
    TX_SIZE,
    Volatile,
)
from megadev.evm.rules import EvmRules
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff

FAILED_DEPOSIT = "failed deposit"
_BENEFICIARY = Volatile.BENEFICIARY_BALANCE.value
_WATCHED = frozenset({ORACLE, *INTERCEPTED})
"""Whom a call means something to, whatever code is there."""
_PLAIN_ENV = MegaEnv()


class _Cost(NamedTuple):
    """Gas before the first frame: compute and storage part, and the floor."""

    compute: int
    storage: int
    floor: int


class MegaEnvelope(Envelope):
    """An engine for one ``ChainSpec`` of MegaETH's models from Rex4 on."""

    machine = MegaLoop
    is_inner = False
    """It runs a keyless deployment, whose failure is told as it is."""

    def __init__(self, spec: ChainSpec) -> None:
        super().__init__(spec)
        self.mega = rules = MEGA_RULES[spec.model]
        self.rules = EvmRules(spec.hardfork, rules.opcodes, rules.precompiles, rules.modexp_limit)
        self._functions = functions(rules.modexp_limit)
        self._warm = dict.fromkeys(self.rules.precompiles, True)
        self._prewarmed = set(self.rules.precompiles)

    def _execute(self, block: BlockEnv, tx: TxEnv, journal: Journal, rules: Rules, tracer: Tracer | None) -> Execution:
        env = block.mega or _PLAIN_ENV
        is_system = self._is_system_transaction(tx, env, rules)
        is_free = is_system or tx.is_deposit
        if is_system:
            tx = _priced_at(tx, 0)
        limits = self.spec.limits
        is_protocols = is_system or tx.sender == SYSTEM_CALLER
        meter = Meter(self.mega, limits, is_exempt=is_protocols and self.mega.exempts_system)
        account = journal.account(tx.sender) or EMPTY_ACCOUNT
        if is_system and self.mega.checks_system:
            self._check_system(tx, account, journal, rules)
        self._count_body(tx, meter)
        meter.latch()
        if block.coinbase in (tx.sender, tx.to):
            meter.see(_BENEFICIARY)
            meter.detain()
        if tx.is_deposit and tx.is_system:
            return self._failed(tx, account, journal, meter, None, "system transactions are no longer", None, tracer)
        try:
            if not is_free:
                check_environment(self.spec, block, tx, rules)
            intrinsic, floor = self._standard_gas(tx, rules)
            authorities = self._new_authorities(block, tx, journal, meter)
            meter.compute += intrinsic
            meter.latch()
            cost = self._raised_gas(block, tx, account, journal, meter, (intrinsic, floor), authorities, rules, is_free)
            if not is_free:
                self._check_sender(tx, account, journal, rules)
                self._check_all_funds(block, tx, account, rules)
        except InvalidTransaction as error:
            if not is_free:
                raise
            return self._failed(tx, account, journal, meter, None, str(error), None, tracer)
        return self._run(block, tx, account, journal, meter, cost, rules, tracer, is_free)

    # checks

    def _is_system_transaction(self, tx: TxEnv, env: MegaEnv, rules: Rules) -> bool:
        """True if it is one; refused is whatever else comes from there, deposits included."""
        if tx.sender != env.system_address:
            return False
        if tx.to == ORACLE and tx.type == LEGACY:
            return True
        if rules.check_nonce or tx.is_deposit:
            raise SystemTransactionRefused(tx.sender, tx.to)
        return False

    def _check_system(self, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> None:
        if not rules.check_nonce:
            return
        if tx.chain_id is None:
            raise MissingChainId
        if tx.chain_id != self.spec.chain_id:
            raise WrongChainId(tx.chain_id, self.spec.chain_id)
        self._check_sender(tx, account, journal, rules)

    def _check_sender(self, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> None:
        if rules.check_sender_code and account.code_hash != EMPTY_CODE_HASH:
            check_sender_code(tx.sender, journal.code(tx.sender))
        if rules.check_nonce and tx.nonce != account.nonce:
            kind = NonceTooLow if tx.nonce < account.nonce else NonceTooHigh
            raise kind(tx.sender, account.nonce, tx.nonce)

    def _check_all_funds(self, block: BlockEnv, tx: TxEnv, account: Account, rules: Rules) -> None:
        cost, price = tx.value, 0
        if rules.check_balance:
            price = tx.gas_limit * max(tx.max_fee_per_gas, tx.gas_price)
            cost += price + tx.l1_fee + _operator_fee(block, tx.gas_limit)
        elif rules.charge_fees:
            cost += tx.gas_limit * tx.gas_price + tx.l1_fee + _operator_fee(block, tx.gas_limit)
        check_funds(tx.sender, account.balance, cost, price, is_transfer=cost == tx.value)

    # what it costs and counts before anything runs

    def _count_body(self, tx: TxEnv, meter: Meter) -> None:
        meter.data += TX_SIZE + len(tx.data)
        meter.update_account()
        if tx.access_list:
            slots = sum(len(slots) for _, slots in tx.access_list)
            meter.data += ACCESS_ADDRESS_SIZE * len(tx.access_list) + ACCESS_SLOT_SIZE * slots
        if not tx.authorizations:
            return
        meter.data += AUTHORIZATION_SIZE * len(tx.authorizations)
        if not self.mega.applied_authorities:
            for authorization in tx.authorizations:
                if authorization.authority is not None:
                    meter.update_account()

    def _standard_gas(self, tx: TxEnv, rules: Rules) -> tuple[int, int]:
        if not rules.charge_intrinsic:
            return 0, 0
        intrinsic, floor = gas_before_execution(tx.data, tx.to is None, tx.access_list, len(tx.authorizations))
        validate_gas(tx.gas_limit, intrinsic, floor)
        return intrinsic, floor

    def _new_authorities(self, block: BlockEnv, tx: TxEnv, journal: Journal, meter: Meter) -> tuple[Address, ...]:
        """Count the authorizations that will apply; answers who comes to be by them."""
        if not tx.authorizations:
            return ()
        nonces: dict[Address, int] = {}
        new: list[Address] = []
        for authorization in tx.authorizations:
            authority = authorization.authority
            if authority is None or authorization.nonce >= MAX_NONCE:
                continue
            if authorization.chain_id not in (0, self.spec.chain_id):
                continue
            code = journal.code(authority)
            if bars_sending(code):
                continue
            nonce = nonces.get(authority)
            if nonce is None:
                nonce = journal.nonce(authority)
                if authority == tx.sender and tx.to is not None:
                    nonce += 1
            if nonce != authorization.nonce:
                continue
            if self.mega.applied_authorities:
                if authority == block.coinbase:
                    meter.see(_BENEFICIARY)
                    meter.detain()
                meter.update_account()
            exists = journal.account(authority) is not None
            if not self.mega.applied_authorities:  # its nonce went up before authorities are looked at
                exists |= authority == tx.sender
            if authority not in nonces and not exists:
                if self.mega.counts_new_authorities:
                    meter.growth += 1
                new.append(authority)
            if self.mega.applied_authorities:
                meter.latch()
            nonces[authority] = nonce + 1
        return tuple(new) if self.mega.applied_authorities else ()

    def _raised_gas(
        self,
        block: BlockEnv,
        tx: TxEnv,
        account: Account,
        journal: Journal,
        meter: Meter,
        standard: tuple[int, int],
        authorities: tuple[Address, ...],
        rules: Rules,
        is_free: bool,
    ) -> _Cost:
        intrinsic, floor = standard
        if not rules.charge_intrinsic:
            return _Cost(0, 0, 0)
        mega, size = self.mega, len(tx.data)
        tokens = 4 * size - 3 * tx.data.count(0)
        storage = mega.intrinsic + mega.token * tokens
        floor += mega.floor_token * tokens
        if not mega.dynamic_at_validation:
            validate_gas(tx.gas_limit, intrinsic + storage, 0)
        pricing: MegaLoop | None = None
        if block.mega is not None and block.mega.capacity is not None:
            machine = self._machine(block, tx, journal, rules, None)
            assert isinstance(machine, MegaLoop)
            pricing = machine
            self._equip(machine, block, tx, meter)
        is_new_caller = account.nonce == 0 and account.balance == tx.mint and account.code_hash == EMPTY_CODE_HASH
        if pricing is None:
            pass  # nothing is multiplied
        elif tx.to is None:
            nonce = account.nonce if mega.prices_by_state_nonce else tx.nonce
            storage += pricing.contract_price(created_address(tx.sender, nonce))
        elif tx.to == tx.sender:
            if tx.value and tx.is_deposit and is_new_caller and not mega.counts_new_callers:
                storage += pricing.account_price(tx.to)
        elif tx.value and tx.to not in authorities and journal.is_dead(tx.to):
            storage += pricing.account_price(tx.to)
        if pricing is not None:
            storage += sum(pricing.account_price(authority) for authority in authorities)
        if mega.counts_new_callers and is_free and is_new_caller and not self.is_inner:
            storage += 0 if pricing is None else pricing.account_price(tx.sender)
            meter.growth += 1
        if mega.dynamic_at_validation:
            validate_gas(tx.gas_limit, intrinsic + storage, floor)
        meter.storage += storage
        return _Cost(intrinsic, storage, floor)

    # running

    def _equip(self, machine: MegaLoop, block: BlockEnv, tx: TxEnv, meter: Meter) -> None:
        env = block.mega or _PLAIN_ENV
        machine.mega = self.mega
        machine.meter = meter
        machine.oracle = env.oracle
        machine.capacity = None if meter.is_exempt else env.capacity
        machine.watches_oracle = tx.sender != env.system_address
        machine.clamps = not machine.wants_steps
        machine.prewarmed = set()
        machine.kept_empty = []
        machine.deploys = partial(self._deploy, block, tx)

    def _deploy(
        self, block: BlockEnv, outer: TxEnv, tx: TxEnv, encoded: bytes, journal: Journal, limits: MegaLimits
    ) -> Execution:
        """Run a keyless deployment under what limits are left, on a chain with id 1. What it pays for its data on L1,
        if it pays, is what the transaction pays that carries it, or its own price where that is free.
        """
        if not tx.is_deposit and outer.is_deposit:
            prices = l1_prices(journal.reader)
            block = changed(block, operator_fee=operator_fee(prices))
            tx = changed(tx, l1_fee=l1_cost(encoded, prices).fee)
        elif not tx.is_deposit:
            tx = changed(tx, l1_fee=outer.l1_fee)
        inner = type(self)(replace(self.spec, chain_id=1, limits=limits))
        inner.is_inner = True
        return inner._execute(block, tx, journal, CONSENSUS, None)

    def _run(
        self,
        block: BlockEnv,
        tx: TxEnv,
        account: Account,
        journal: Journal,
        meter: Meter,
        cost: _Cost,
        rules: Rules,
        tracer: Tracer | None,
        is_free: bool,
    ) -> Execution:
        sender, to, mega = tx.sender, tx.to, self.mega
        charges = rules.charge_fees and not is_free
        if tracer is None and to is not None and not tx.authorizations and self._is_plain(journal, to, rules):
            execution = self._transfer(block, tx, account, journal, meter, cost, rules, charges)
            if execution is not None:
                return execution
        operator_fee = _operator_fee(block, tx.gas_limit) if charges else 0

        # buy gas
        balance = account.balance
        if charges:
            balance -= tx.gas_limit * tx.gas_price + tx.l1_fee + operator_fee
        bumps = rules.bump_nonce and to is not None and account.nonce < MAX_NONCE
        bought = Account(account.nonce + bumps, balance, account.code_hash)
        if bought != account:
            journal.set_account(sender, bought)
        initial = cost.compute + cost.storage
        gas = tx.gas_limit - initial
        stopped = meter.latch()

        journal.takes_outcome = True
        machine = self._machine(block, tx, journal, rules, tracer)
        assert isinstance(machine, MegaLoop)
        self._equip(machine, block, tx, meter)
        if tracer is not None and isinstance(tracer, MeterTracer):
            tracer.begin_metering(meter)
        self._warm_up(block, tx, machine, journal, rules)
        if tx.authorizations and not (stopped and mega.applied_authorities):
            self._authorize(tx, journal)
            self._count_authorities(block, tx, machine)

        created: Address | None = None
        if to is None:
            created = created_address(sender, account.nonce)
            call = MegaCall(None, "CREATE", 0, sender, created, created, tx.data, tx.value, b"", gas)
        else:
            journal.warm_accounts[to] = True
            machine.prewarmed.discard(to)
            code, delegate = resolve_code(machine, to)
            if delegate is not None:
                journal.warm_accounts[delegate] = True
                machine.prewarmed.discard(delegate)
            call = MegaCall(None, "CALL", 0, sender, to, to, code, tx.value, tx.data, gas, False, delegate is not None)
        if gas < 0:
            call.gas = 0
            machine.refuse(call, OUT_OF_GAS)
        elif stopped:
            machine.refuse(call, LIMIT_HALT)
        elif to is None:
            machine.create(call)
        else:
            machine.call(call)
        intrinsic = None if gas < 0 else initial

        if call.error == "nonce uint64 overflow":
            call.error, created = None, None
        if is_free and call.error not in (None, REVERTED) and not (self.is_inner and gas >= 0):
            return self._failed(tx, account, journal, meter, intrinsic, call.error or "", created)
        # refund and floor
        peak = tx.gas_limit - call.gas - meter.rescued
        refunded = min(journal.refund, peak // LARGEST_REFUND)
        used = min(max(peak - refunded, cost.floor), tx.gas_limit)
        touched = tuple(journal.accounts)

        # pay
        if charges:
            fee = _operator_fee(block, used)
            back = (tx.gas_limit - used) * tx.gas_price + operator_fee - fee
            operator_fee = fee
            if back:
                journal.set_balance(sender, journal.balance(sender) + back)
            self._pay_vaults(block, tx, journal, meter, used, operator_fee)
        if call.error is None:
            result: Result = Success(call.output, created)
        elif call.error == REVERTED:
            result = Revert(call.output, created)
        else:
            ran_out = call.error in (OUT_OF_GAS, CODE_OUT_OF_GAS) and call.is_laid_to_limits
            halt = meter.name_halt(is_out_of_gas=ran_out)
            result = Halt(call.error if halt is None else _said(halt), b"", created)
        meters = meter.report(intrinsic)
        cause = cause_of(rules)
        return Execution(
            result,
            GasReport(used, refunded if used == peak - refunded else 0, cost.floor, max(peak, cost.floor), meters),
            journal.all_logs,
            lambda: _diff(journal, cause, machine.kept_empty),
            lambda: accessed_by(journal, touched),
            tuple(machine.console),
        )

    def _is_plain(self, journal: Journal, to: Address, rules: Rules) -> bool:
        """See ``Envelope._is_plain``; nor does the engine answer for it."""
        return to not in _WATCHED and super()._is_plain(journal, to, rules)

    def _transfer(
        self,
        block: BlockEnv,
        tx: TxEnv,
        account: Account,
        journal: Journal,
        meter: Meter,
        cost: _Cost,
        rules: Rules,
        charges: bool,
    ) -> Execution | None:
        """A transaction that meets no code, without a machine; None where it is not that simple."""
        to, value = tx.to, tx.value
        assert to is not None
        initial = cost.compute + cost.storage
        used = max(initial, cost.floor)
        fee = used * tx.gas_price + tx.l1_fee + _operator_fee(block, used) if charges else 0
        if used > tx.gas_limit or meter.latch() or account.balance < value + fee:
            return None
        if value:
            grows = journal.is_dead(to)
            counts = not (self.mega.counts_self_transfer_once and to == tx.sender)
            if (
                meter.data + counts * ACCOUNT_SIZE > meter.data_limit
                or meter.kv + counts > meter.kv_limit
                or meter.growth + grows > meter.growth_limit
            ):
                return None
            meter.data += counts * ACCOUNT_SIZE
            meter.kv += counts
            meter.growth += grows
        nonce = account.nonce + (rules.bump_nonce and account.nonce < MAX_NONCE)
        sent = Account(nonce, account.balance - value - fee, account.code_hash)
        if sent != account:
            journal.set_account(tx.sender, sent)
        if value:
            journal.set_balance(to, journal.balance(to) + value)
        else:
            journal.touch(to)
        touched = tuple(journal.accounts)  # who is only paid is not looked at
        if charges:
            self._pay_vaults(block, tx, journal, meter, used, _operator_fee(block, used))
        return Execution(
            Success(b""),
            GasReport(used, 0, cost.floor, used, meter.report(initial)),
            (),
            lambda: journal.diff(cause_of(rules)),
            lambda: AccessSet(set(touched), set()),
        )

    def _warm_up(self, block: BlockEnv, tx: TxEnv, machine: MegaLoop, journal: Journal, rules: Rules) -> None:
        """EIP-2929's start. What nothing has loaded yet is told apart: see ``MegaMachine.prewarmed``."""
        warm, prewarmed = self._warm.copy(), self._prewarmed.copy()
        warm[block.coinbase] = warm[tx.sender] = True
        prewarmed.add(block.coinbase)
        for address, slots in tx.access_list:
            warm[address] = True
            if not slots:
                prewarmed.add(address)
            for slot in slots:
                journal.warm_slots[address, slot] = True
        for address, slots in tx.access_list:
            if slots:
                prewarmed.discard(address)
        prewarmed.discard(tx.sender)
        journal.warm_accounts = warm
        machine.prewarmed = prewarmed

    def _count_authorities(self, block: BlockEnv, tx: TxEnv, machine: MegaLoop) -> None:
        """Records the effects of applied authorities: they are loaded, and may be the beneficiary."""
        for authorization in tx.authorizations:
            authority = authorization.authority
            if authority is None or not self._is_meant(authorization):
                continue
            machine.prewarmed.discard(authority)

    def _is_meant(self, authorization: Authorization) -> bool:
        return authorization.chain_id in (0, self.spec.chain_id) and authorization.nonce < MAX_NONCE

    def _pay_vaults(
        self, block: BlockEnv, tx: TxEnv, journal: Journal, meter: Meter, used: int, operator_fee: int
    ) -> None:
        tip = (tx.gas_price - block.base_fee) * used
        if tip <= 0 and not tx.l1_fee and not operator_fee:  # as nearly always
            for address in (block.coinbase, L1_FEE_VAULT, OPERATOR_FEE_VAULT):
                journal.touch(address)
            self._credit(journal, meter, BASE_FEE_VAULT, block.base_fee * used)
            return
        paid: dict[Address, int] = {}
        for address, amount in (
            (block.coinbase, tip),
            (BASE_FEE_VAULT, block.base_fee * used),
            (L1_FEE_VAULT, tx.l1_fee),
            (OPERATOR_FEE_VAULT, operator_fee),
        ):
            if amount > 0:
                paid[address] = paid.get(address, 0) + amount
            else:
                journal.touch(address)
        for address, amount in paid.items():
            self._credit(journal, meter, address, amount)

    def _credit(self, journal: Journal, meter: Meter, receiver: Address, fee: int) -> None:
        if not fee:
            journal.touch(receiver)
            return
        if self.mega.counts_fee_recipients:
            meter.update_account()
            if journal.is_dead(receiver):
                meter.growth += 1
        journal.set_balance(receiver, journal.balance(receiver) + fee)

    def _failed(
        self,
        tx: TxEnv,
        account: Account,
        journal: Journal,
        meter: Meter,
        intrinsic: int | None,
        reason: str,
        created: Address | None = None,
        tracer: Tracer | None = None,
    ) -> Execution:
        """A deposit, or system transaction, that could not do its work: all its gas, one nonce, nothing else.
        ``tracer``: told of it here where no frame was begun.
        """
        show_unstarted(tracer, tx, created_address(tx.sender, account.nonce), f"{FAILED_DEPOSIT}: {reason}")
        clean = Journal(journal.reader)
        if account.nonce < MAX_NONCE:
            clean.set_account(tx.sender, Account(account.nonce + 1, account.balance, account.code_hash))
        meters = meter.report(intrinsic)
        accessed = accessed_by(journal, tuple(journal.accounts))
        return Execution(
            Halt(f"{FAILED_DEPOSIT}: {reason}", b"", created),
            GasReport(tx.gas_limit, 0, 0, tx.gas_limit, meters),
            (),
            clean.diff(Cause.TRANSACTION),
            accessed,
        )


def check_environment(spec: ChainSpec, block: BlockEnv, tx: TxEnv, rules: Rules) -> None:
    """Checks the environment before gas and account, in that order."""
    if tx.chain_id is not None and tx.chain_id != spec.chain_id:
        raise WrongChainId(tx.chain_id, spec.chain_id)
    if rules.check_base_fee:
        cap = tx.max_fee_per_gas or tx.gas_price
        validate_tip(tx.max_priority_fee_per_gas, cap)
        check_base_fee(tx.sender, cap, block.base_fee)
    if tx.type == SET_CODE and not tx.authorizations:
        raise EmptyAuthorizationList
    if rules.check_gas_limit:
        check_block_gas(tx.gas_limit, block.gas_limit, spec)
    if tx.to is None:
        validate_initcode(tx.data, spec)


def _diff(journal: Journal, cause: Cause, kept_empty: list[Address]) -> StateDiff:
    diff = journal.diff(cause)
    for address in kept_empty:
        if diff.accounts.get(address) is None:
            diff.accounts[address] = EMPTY_ACCOUNT
    return diff


def _priced_at(tx: TxEnv, price: int) -> TxEnv:
    return changed(tx, gas_price=price)


def _operator_fee(block: BlockEnv, gas: int) -> int:
    return 0 if block.operator_fee is None else block.operator_fee.of(gas)


def _said(halt: LimitHalt) -> str:
    """The limit that ended the transaction, in words."""
    return f"{halt.reason}: {halt.actual} used, limit {halt.limit}"

"""One transaction from its first check to its diff, whatever runs the code inside it.

The story runs downwards in ``Envelope.execute``: checks → buy gas → warm set → authorizations (EIP-7702) → top frame →
refund and floor → pay → destroy → diff. Nothing is changed before every check has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from megadev.chain.admission import (
    check_base_fee,
    check_blob_fee,
    check_block_gas,
    check_funds,
    check_nonce,
    check_sender_code,
    gas_before_execution,
    validate_blob_hashes,
    validate_gas,
    validate_gas_cap,
    validate_initcode,
)
from megadev.chain.receipts import REVERTED, ConsoleCall
from megadev.chain.spec import BASE_FEE_VAULT, GAS_PER_BLOB, L1_FEE_VAULT, OPERATOR_FEE_VAULT, ChainSpec
from megadev.chain.transactions import BLOB, DELEGATION_PREFIX, MAX_NONCE, SET_CODE, bars_sending
from megadev.errors import EngineFault, MegadevError, NoRecipient, UnsupportedTransactionType
from megadev.evm.engine import (
    CONSENSUS,
    SYSTEM,
    AccessSet,
    BlockEnv,
    EngineInfo,
    Execution,
    GasReport,
    Halt,
    Result,
    Revert,
    Rules,
    Success,
    Tracer,
    TxEnv,
    show_unstarted,
)
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.journal import Journal
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.operations import created_address, is_taken, resolve_code
from megadev.evm.engines.precompiles import functions
from megadev.evm.gas import EXISTING_AUTHORITY_REFUND, LARGEST_REFUND
from megadev.evm.rules import EVM_RULES
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_ADDRESS, Address, Wei
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause
from megadev.state.reader import StateReader


class Envelope:
    """An engine for one ``ChainSpec`` but for what runs a frame: ``machine`` says that."""

    info: EngineInfo
    machine: type[Machine] = Loop
    keeps_last_nonce: ClassVar[bool] = False
    """Whether an account whose nonce can go no higher sends all the same: the nonce stays, and what it would create is
    nothing (revm)."""

    def __init__(self, spec: ChainSpec) -> None:
        self.spec = spec
        self.rules = EVM_RULES[spec.hardfork]
        self._functions = functions(self.rules.modexp_limit)
        self._warm = dict.fromkeys(self.rules.precompiles, True)

    def execute(
        self, block: BlockEnv, tx: TxEnv, state: StateReader, *, rules: Rules = CONSENSUS, tracer: Tracer | None = None
    ) -> Execution:
        """See ``Engine.execute``."""
        try:
            return self._execute(block, tx, Journal(state), rules, tracer)
        except MegadevError:
            raise
        except Exception as error:
            raise EngineFault(f"{self.info.name} failed: {type(error).__name__}: {error}") from error

    def _execute(self, block: BlockEnv, tx: TxEnv, journal: Journal, rules: Rules, tracer: Tracer | None) -> Execution:
        sender, to = tx.sender, tx.to
        account = journal.account(sender) or EMPTY_ACCOUNT
        blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)

        floor = self._check(block, tx, account, journal, rules)

        # buy gas
        nonce, balance = account.nonce, account.balance
        operator = block.operator_fee
        if rules.charge_fees:
            balance -= tx.gas_limit * tx.gas_price + blob_gas * block.blob_base_fee + tx.l1_fee
            if operator is not None:
                balance -= operator.of(tx.gas_limit)
        next_nonce = nonce + rules.bump_nonce
        if next_nonce > MAX_NONCE:  # where nonces are not asked about, the last one wraps around, as geth's 64 bits do
            next_nonce = MAX_NONCE if self.keeps_last_nonce else next_nonce & MAX_NONCE
        bought = Account(next_nonce, balance, account.code_hash)
        if bought != account:
            journal.set_account(sender, bought)
        gas = tx.gas_limit - floor[0]

        # a plain transfer meets no code, so it needs no warm set, no machine and no undo
        created: Address | None = None
        console: Sequence[ConsoleCall] = ()
        if to is not None and tracer is None and not tx.authorizations and self._is_plain(journal, to, rules):
            journal.move_value(sender, to, tx.value)
            result: Result = Success(b"")
            refund = 0
        else:
            journal.takes_outcome = True
            machine = self._machine(block, tx, journal, rules, tracer)
            # the hardfork's, wherever overrides have moved them: as geth has it (EIP-2929)
            warm = journal.warm_accounts = self._warm.copy()
            warm[sender] = True
            if self.rules.warm_coinbase:
                warm[block.coinbase] = True
            for address, slots in tx.access_list:
                warm[address] = True
                for slot in slots:
                    journal.warm_slots[address, slot] = True
            if tx.authorizations:
                self._authorize(tx, journal)
            if to is None:
                created = created_address(sender, nonce)
                warm[created] = True
                call = Call("CREATE", 0, sender, created, created, tx.data, tx.value, b"", gas)
                if nonce == MAX_NONCE and self.keeps_last_nonce:
                    show_unstarted(tracer, tx, created, None)
                    created = None
                elif is_taken(machine, created):
                    machine.refuse(call, "contract address collision", keeps_gas=False)
                else:
                    machine.create(call)
            else:
                warm[to] = True
                code, delegate = resolve_code(machine, to)
                if delegate is not None:
                    warm[delegate] = True
                call = Call("CALL", 0, sender, to, to, code, tx.value, tx.data, gas, False, delegate is not None)
                machine.call(call)
            gas = call.gas
            refund = journal.refund
            console = machine.console
            if call.error is None:
                result = Success(call.output, created)
            elif call.error == REVERTED:
                result = Revert(call.output, created)
            else:
                result = Halt(call.error, b"", created)

        # refund and floor
        peak = tx.gas_limit - gas
        refunded = min(refund, peak // LARGEST_REFUND)
        used = max(peak - refunded, floor[1])
        touched = tuple(journal.accounts)

        # pay
        if rules.charge_fees:
            back = (tx.gas_limit - used) * tx.gas_price
            if operator is not None:
                back += operator.of(tx.gas_limit) - operator.of(used)
            if back:
                journal.set_balance(sender, journal.balance(sender) + back)
            tip = (tx.gas_price - block.base_fee) * used
            if tip > 0:
                journal.set_balance(block.coinbase, journal.balance(block.coinbase) + tip)
            else:
                journal.touch(block.coinbase)
            if self.spec.keeps_base_fee:
                _pay(journal, BASE_FEE_VAULT, min(tx.gas_price, block.base_fee) * used)
            if tx.l1_fee:
                _pay(journal, L1_FEE_VAULT, tx.l1_fee)
            if operator is not None:
                _pay(journal, OPERATOR_FEE_VAULT, operator.of(used))

        cause = cause_of(rules)
        return Execution(
            result,
            GasReport(used, peak - used if used < peak else 0, floor[1], max(peak, floor[1])),
            journal.all_logs,
            lambda: journal.diff(cause),
            lambda: accessed_by(journal, touched),
            tuple(console),
        )

    # checks

    def _check(self, block: BlockEnv, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> tuple[int, int]:
        """Every reason to refuse ``tx``; answers its intrinsic and floor gas."""
        blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
        self._check_sender(tx, account, journal, rules)
        self._check_fees(block, tx, blob_gas, rules)
        floor = self._check_gas(block, tx, rules)
        self._check_funds(block, tx, account, blob_gas, rules)
        return floor

    def _check_sender(self, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> None:
        if rules.check_nonce:
            check_nonce(tx.sender, tx.nonce, account.nonce)
        if rules.check_sender_code and account.code_hash != EMPTY_CODE_HASH:
            check_sender_code(tx.sender, journal.code(tx.sender))

    def _check_fees(self, block: BlockEnv, tx: TxEnv, blob_gas: int, rules: Rules) -> None:
        types = self.spec.transaction_types
        if blob_gas and BLOB not in types:
            raise UnsupportedTransactionType(BLOB, types)
        if tx.authorizations and SET_CODE not in types:
            raise UnsupportedTransactionType(SET_CODE, types)
        if rules.check_base_fee:
            check_base_fee(tx.sender, tx.max_fee_per_gas or tx.gas_price, block.base_fee)
            if blob_gas:
                check_blob_fee(tx.sender, tx.max_fee_per_blob_gas, block.blob_base_fee)
        if tx.to is None and (blob_gas or tx.authorizations):
            raise NoRecipient(authorizes=not blob_gas)
        if blob_gas:
            validate_blob_hashes(tx.blob_versioned_hashes)

    def _check_gas(self, block: BlockEnv, tx: TxEnv, rules: Rules) -> tuple[int, int]:
        """Intrinsic and floor gas, both 0 where they are waived."""
        if rules.check_gas_limit:
            validate_gas_cap(tx.gas_limit, self.spec)
            check_block_gas(tx.gas_limit, block.gas_limit, self.spec)
        if tx.to is None:
            validate_initcode(tx.data, self.spec)
        if not rules.charge_intrinsic:
            return 0, 0
        intrinsic, floor = gas_before_execution(
            tx.data, tx.to is None, tx.access_list, len(tx.authorizations), self.spec.hardfork
        )
        validate_gas(tx.gas_limit, intrinsic, floor)
        return intrinsic, floor

    def _check_funds(self, block: BlockEnv, tx: TxEnv, account: Account, blob_gas: int, rules: Rules) -> None:
        cost = tx.value
        if rules.check_balance:
            cost += tx.gas_limit * max(tx.max_fee_per_gas, tx.gas_price) + blob_gas * tx.max_fee_per_blob_gas
        elif rules.charge_fees:
            cost += tx.gas_limit * tx.gas_price + blob_gas * block.blob_base_fee
        if rules.check_balance or rules.charge_fees:
            cost += tx.l1_fee
            if block.operator_fee is not None:
                cost += block.operator_fee.of(tx.gas_limit)
        check_funds(tx.sender, account.balance, cost, tx.gas_limit * tx.max_fee_per_gas, is_transfer=cost == tx.value)

    # parts

    def _is_plain(self, journal: Journal, to: Address, rules: Rules) -> bool:
        """Nothing runs at ``to``: no code, no precompile."""
        account = journal.account(to)
        if account is not None and account.code_hash != EMPTY_CODE_HASH:
            return False
        return to not in self.rules.precompiles and all(to != new for _, new in rules.moved_precompiles)

    def _machine(self, block: BlockEnv, tx: TxEnv, journal: Journal, rules: Rules, tracer: Tracer | None) -> Machine:
        precompiles = self.rules.precompiles
        if rules.moved_precompiles:
            precompiles = dict(precompiles)
            moved = [(new, precompiles.pop(old)) for old, new in rules.moved_precompiles if old in precompiles]
            precompiles.update((new, precompile) for new, precompile in moved if new is not None)
        known = self._functions
        if rules.ecrecover_answers:
            answers: dict[bytes, bytes] = {}
            recover = known["ECREC"]

            def ecrecover(data: bytes) -> bytes | None:
                if not answers:  # few transactions ask, and there may be thousands
                    answers.update(rules.ecrecover_answers)
                address = answers.get(data[32:128].ljust(96, b"\0"))
                return recover(data) if address is None else bytes(12) + address

            known = known | {"ECREC": ecrecover}
        return self.machine(
            journal,
            block,
            origin=tx.sender,
            gas_price=tx.gas_price,
            blob_hashes=tx.blob_versioned_hashes,
            chain_id=self.spec.chain_id,
            code_size_limit=self.spec.code_size_limit,
            initcode_size_limit=self.spec.initcode_size_limit,
            rules=self.rules,
            precompiles=precompiles,
            functions=known,
            tracer=tracer,
        )

    def _authorize(self, tx: TxEnv, journal: Journal) -> None:
        """EIP-7702: delegate each authority. An invalid tuple is skipped; a revert later undoes none of it."""
        for authorization in tx.authorizations:
            authority = authorization.authority
            if authorization.chain_id not in (0, self.spec.chain_id) or authorization.nonce >= MAX_NONCE:
                continue
            if authority is None:
                continue
            journal.warm_account(authority)
            code = journal.code(authority)
            if bars_sending(code):
                continue
            if journal.nonce(authority) != authorization.nonce:
                continue
            if journal.account(authority) is not None:
                journal.refund += EXISTING_AUTHORITY_REFUND
            target = authorization.address
            journal.set_code(authority, b"" if target == ZERO_ADDRESS else DELEGATION_PREFIX + target)
            journal.bump_nonce(authority)


def cause_of(rules: Rules) -> Cause:
    """The cause of what an execution under ``rules`` changes."""
    return Cause.TRANSACTION if rules is CONSENSUS or rules != SYSTEM else Cause.SYSTEM_CALL


def accessed_by(journal: Journal, touched: tuple[Address, ...]) -> AccessSet:
    """``touched``: the journal's accounts before anybody was only paid."""
    found = AccessSet(set(touched), journal.accessed_slots())
    if journal.outcome is not None:
        found.accounts |= journal.outcome.accounts()
    return found


def _pay(journal: Journal, receiver: Address, fee: Wei) -> None:
    if fee:
        journal.set_balance(receiver, journal.balance(receiver) + fee)

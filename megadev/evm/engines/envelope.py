"""One transaction from its first check to its diff, whatever runs the code inside it.

The story runs downwards in ``Envelope.execute``: checks → buy gas → warm set → authorizations (EIP-7702) → top frame →
refund and floor → pay → destroy → diff. Nothing is changed before every check has passed.
"""

from __future__ import annotations

from collections.abc import Sequence

from megadev.chain.receipts import REVERTED, ConsoleCall
from megadev.chain.spec import GAS_PER_BLOB, ChainSpec
from megadev.chain.transactions import DELEGATION_PREFIX, MAX_NONCE, gas_before_execution, is_delegation
from megadev.errors import (
    BlobFeeCapTooLow,
    EngineFault,
    FeeCapBelowBaseFee,
    GasLimitTooHigh,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    MegadevError,
    NonceOverflow,
    NonceTooHigh,
    NonceTooLow,
    SenderHasCode,
)
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
)
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.journal import Journal
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.operations import created_address, is_taken, resolve_code
from megadev.evm.engines.precompiles import functions
from megadev.evm.gas import EXISTING_AUTHORITY_REFUND, LARGEST_REFUND
from megadev.evm.rules import EVM_RULES
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_ADDRESS, Address
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause
from megadev.state.reader import StateReader


class Envelope:
    """An engine for one ``ChainSpec`` but for what runs a frame: ``machine`` says that."""

    info: EngineInfo
    machine: type[Machine] = Loop

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

        # checks
        self._check_sender(tx, account, journal, rules)
        self._check_fees(block, tx, blob_gas, rules)
        floor = self._check_gas(block, tx, rules)
        self._check_funds(block, tx, account, blob_gas, rules)

        # buy gas
        nonce, balance = account.nonce, account.balance
        if rules.charge_fees:
            balance -= tx.gas_limit * tx.gas_price + blob_gas * block.blob_base_fee
        # where nonces are not asked about, the last one wraps around, as geth's 64 bits do
        bought = Account((nonce + rules.bump_nonce) & MAX_NONCE, balance, account.code_hash)
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
            machine = self._machine(block, tx, journal, rules, tracer)
            # the hardfork's, wherever overrides have moved them: as geth has it (EIP-2929)
            warm = journal.warm_accounts = self._warm.copy()
            warm[sender] = warm[block.coinbase] = True  # EIP-3651
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
                if is_taken(machine, created):
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
        accessed = AccessSet(
            set(journal.accounts), {(address, slot) for address, slots in journal.slots.items() for slot in slots}
        )

        # pay
        if rules.charge_fees:
            back = (tx.gas_limit - used) * tx.gas_price
            if back:
                journal.set_balance(sender, journal.balance(sender) + back)
            tip = (tx.gas_price - block.base_fee) * used
            if tip > 0:
                journal.set_balance(block.coinbase, journal.balance(block.coinbase) + tip)
            else:
                journal.touch(block.coinbase)

        cause = Cause.SYSTEM_CALL if rules == SYSTEM else Cause.TRANSACTION
        return Execution(
            result,
            GasReport(used, peak - used if used < peak else 0, floor[1], max(peak, floor[1])),
            tuple(journal.logs),
            journal.diff(cause),
            accessed,
            tuple(console),
        )

    # checks

    def _check_sender(self, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> None:
        nonce = account.nonce
        if rules.check_nonce:
            if tx.nonce != nonce:
                who = f"address 0x{tx.sender.hex()}, tx: {tx.nonce} state: {nonce}"
                if tx.nonce < nonce:
                    raise NonceTooLow(f"nonce too low: next nonce {nonce}, tx nonce {tx.nonce} ({who})")
                raise NonceTooHigh(f"nonce too high: next nonce {nonce}, tx nonce {tx.nonce} ({who})")
            if nonce == MAX_NONCE:
                raise NonceOverflow(f"nonce has max value: address 0x{tx.sender.hex()}, nonce: {nonce}")
        if rules.check_sender_code and account.code_hash != EMPTY_CODE_HASH:
            code = journal.code(tx.sender)
            if not is_delegation(code):
                raise SenderHasCode(f"sender not an eoa: address 0x{tx.sender.hex()}, len(code): {len(code)}")

    def _check_fees(self, block: BlockEnv, tx: TxEnv, blob_gas: int, rules: Rules) -> None:
        if rules.check_base_fee:
            cap = tx.max_fee_per_gas or tx.gas_price
            if cap < block.base_fee:
                raise FeeCapBelowBaseFee(
                    f"max fee per gas less than block base fee: address 0x{tx.sender.hex()}, maxFeePerGas: {cap}, "
                    f"baseFee: {block.base_fee}"
                )
            if blob_gas and tx.max_fee_per_blob_gas < block.blob_base_fee:
                raise BlobFeeCapTooLow(
                    f"max fee per blob gas less than block blob gas fee: address 0x{tx.sender.hex()}, "
                    f"maxFeePerBlobGas: {tx.max_fee_per_blob_gas}, blobBaseFee: {block.blob_base_fee}"
                )
        if tx.to is None and (blob_gas or tx.authorizations):
            raise MalformedTransaction("a transaction with blobs or authorizations cannot create a contract")
        for blob_hash in tx.blob_versioned_hashes:
            if blob_hash[:1] != b"\x01":
                raise MalformedTransaction(f"blob hash 0x{blob_hash.hex()} has an invalid version")

    def _check_gas(self, block: BlockEnv, tx: TxEnv, rules: Rules) -> tuple[int, int]:
        """Intrinsic and floor gas, both 0 where they are waived."""
        if rules.check_gas_limit:
            cap = self.spec.transaction_gas_cap
            if cap is not None and tx.gas_limit > cap:
                raise GasLimitTooHigh(
                    f"intrinsic gas too high: transaction gas limit too high (cap: {cap}, tx: {tx.gas_limit})"
                )
            if self.spec.enforce_block_gas_limit and tx.gas_limit > block.gas_limit:
                raise GasLimitTooHigh(
                    f"intrinsic gas too high: exceeds block gas limit: gas {tx.gas_limit}, limit {block.gas_limit}"
                )
        limit = self.spec.initcode_size_limit
        if tx.to is None and limit is not None and len(tx.data) > limit:
            raise InitcodeTooLarge(f"max initcode size exceeded: code size {len(tx.data)}, limit {limit}")
        if not rules.charge_intrinsic:
            return 0, 0
        intrinsic, floor = gas_before_execution(tx.data, tx.to is None, tx.access_list, len(tx.authorizations))
        if tx.gas_limit < intrinsic:
            raise IntrinsicGasTooLow(f"intrinsic gas too low: gas {tx.gas_limit}, minimum needed {intrinsic}")
        if tx.gas_limit < floor:
            raise IntrinsicGasTooLow(
                f"insufficient gas for floor data gas cost: gas {tx.gas_limit}, minimum needed {floor}"
            )
        return intrinsic, floor

    def _check_funds(self, block: BlockEnv, tx: TxEnv, account: Account, blob_gas: int, rules: Rules) -> None:
        cost = tx.value
        if rules.check_balance:
            cost += tx.gas_limit * max(tx.max_fee_per_gas, tx.gas_price) + blob_gas * tx.max_fee_per_blob_gas
        elif rules.charge_fees:
            cost += tx.gas_limit * tx.gas_price + blob_gas * block.blob_base_fee
        if account.balance < cost:
            if cost == tx.value:
                raise InsufficientFunds(
                    f"insufficient funds for transfer: address 0x{tx.sender.hex()}, balance {account.balance}, "
                    f"value {cost}"
                )
            raise InsufficientFunds(
                f"insufficient funds for gas * price + value: balance {account.balance}, tx cost {cost}, "
                f"overshot {cost - account.balance}"
            )

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
            answers, recover = dict(rules.ecrecover_answers), known["ECREC"]

            def ecrecover(data: bytes) -> bytes | None:
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
            mnemonics=self.rules.opcodes,
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
            if code and not is_delegation(code):
                continue
            if journal.nonce(authority) != authorization.nonce:
                continue
            if journal.account(authority) is not None:
                journal.refund += EXISTING_AUTHORITY_REFUND
            target = authorization.address
            journal.set_code(authority, b"" if target == ZERO_ADDRESS else DELEGATION_PREFIX + target)
            journal.bump_nonce(authority)

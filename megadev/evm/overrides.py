"""State as a caller wants to pretend it is: the overrides of eth_call and its kin as a ``StateDiff``.

Nothing is changed: the diff is laid over a reader (``Overlay``) for one execution, or under a simulated block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from megadev.chain.spec import Hardfork
from megadev.errors import OverrideRefused
from megadev.evm.rules import EVM_RULES
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader


class AccountOverride(Protocol):
    """The overrides of one account; None leaves a value unchanged. Amounts are wei.

    ``state`` replaces the whole storage, ``state_diff`` some slots. ``move_precompile_to`` makes the precompile of the
    account answer at another address, so that code can be put where it was.
    """

    @property
    def balance(self) -> int | None: ...
    @property
    def nonce(self) -> int | None: ...
    @property
    def code(self) -> bytes | None: ...
    @property
    def state(self) -> dict[int, int] | None: ...
    @property
    def state_diff(self) -> dict[int, int] | None: ...
    @property
    def move_precompile_to(self) -> Address | None: ...


MovedPrecompiles = tuple[tuple[Address, Address | None], ...]
"""For ``Rules.moved_precompiles``: where a precompile was and where it is now, None for nowhere."""


def override_state(
    state: StateReader, overrides: Mapping[Address, AccountOverride], hardfork: Hardfork
) -> tuple[StateDiff, MovedPrecompiles]:
    """The diff that makes ``state`` what ``overrides`` say, and the precompiles that moved.

    A precompile that is overridden in any way does not run, as in geth: its address is an account like others. Raises
    ``OverrideRefused`` for both ``state`` and ``state_diff``, for moving what is no precompile, and for moving one onto
    an overridden account.
    """
    diff = StateDiff(Cause.OVERRIDE)
    precompiles = EVM_RULES[hardfork].precompiles
    moved: dict[Address, Address | None] = {}
    for address, override in overrides.items():
        target = override.move_precompile_to
        if target is not None:
            if address not in precompiles:
                raise OverrideRefused(
                    f"account {checksum_address(address)} is not a precompile: only those can be moved"
                )
            if target in overrides:
                raise OverrideRefused(f"account {checksum_address(target)} is already overridden: move elsewhere")
            moved[address] = target
        elif address in precompiles:
            moved[address] = None
        _override_account(state, diff, address, override)
    return diff, tuple(moved.items())


def _override_account(state: StateReader, diff: StateDiff, address: Address, override: AccountOverride) -> None:
    slots = override.state_diff
    if override.state is not None:
        if slots is not None:
            raise OverrideRefused(f"account {checksum_address(address)} has both 'state' and 'stateDiff': give one")
        diff.cleared.add(address)
        slots = override.state
    if slots:
        diff.storage[address] = dict(slots)
    if slots is None and override.balance is None and override.nonce is None and override.code is None:
        return
    old = state.account(address) or EMPTY_ACCOUNT
    code_hash = old.code_hash
    if override.code is not None:
        code_hash = keccak(override.code) if override.code else EMPTY_CODE_HASH
        if override.code:
            diff.codes[code_hash] = override.code
    diff.accounts[address] = Account(
        old.nonce if override.nonce is None else override.nonce,
        old.balance if override.balance is None else override.balance,
        code_hash,
    )

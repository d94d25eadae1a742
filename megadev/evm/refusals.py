"""Reasons for refused transactions, in the words of the library that MegaETH's nodes are built on (revm, mega-evm)."""

from __future__ import annotations

from megadev import errors


def in_mega_words(error: errors.InvalidTransaction) -> str:
    """The sentence; for a reason those know nothing of, our own."""
    match error:
        case errors.IntrinsicGasTooLow(got=got, needed=needed, is_floor=is_floor):
            what = "gas floor" if is_floor else "call gas cost"
            return f"{what} ({needed}) exceeds the gas limit ({got})"
        case errors.NonceTooLow(got=got, expected=expected):
            return f"nonce {got} too low, expected {expected}"
        case errors.NonceTooHigh(got=got, expected=expected):
            return f"nonce {got} too high, expected {expected}"
        case errors.InsufficientFunds(overflows=True):
            return "overflow payment in transaction"
        case errors.InsufficientFunds(have=have, want=want):
            return f"lack of funds ({have}) for max fee ({want})"
        case errors.SenderHasCode():
            return "reject transactions from senders with deployed code"
        case errors.FeeCapBelowBaseFee():
            return "gas price is less than basefee"
        case errors.TipAboveFeeCap():
            return "priority fee is greater than max fee"
        case errors.InitcodeTooLarge():
            return "create initcode size limit"
        case errors.WrongChainId():
            return "invalid chain ID"
        case errors.MissingChainId():
            return "missing chain ID"
        case errors.EmptyAuthorizationList():
            return "empty authorization list"
        case errors.SystemTransactionRefused():
            return "Mega system transaction callee is not in the whitelist"
        case errors.BlockGasUsedUp(got=got, limit=left):
            return f"transaction gas limit {got} is more than blocks available gas {left}"
        case _:
            return str(error)

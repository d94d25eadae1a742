"""The CREATE2 deployer, as it stands on every public network: the state that one well-known transaction leaves.

Nobody signed the transaction: its r and s are made up, and its sender is whoever that signature recovers to. So it can
be sent to any chain and always creates the same contract at the same address ("Nick's method").
Tools compare the hash of the code, so a genesis has to hold exactly what the transaction would have left.
"""

from __future__ import annotations

from typing import Final

from megadev.primitives.types import Address

CREATE2_DEPLOYER: Final[Address] = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""Where tools look for the deterministic deployer (EIP-1014 addresses derive from it)."""
SIGNER: Final[Address] = bytes.fromhex("3fab184622dc19b6109349b94811493bf2a45362")
"""Whom the transaction's signature recovers to; it has sent this one transaction and can never send another."""
TRANSACTION: Final = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050"
    "506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a0222222222222"
    "2222222222222222222222222222222222222222222222222222"
)
"""The signed transaction: nonce 0, gas price 100 gwei, 100,000 gas, v = 27, r = s = 0x22…22."""

_CODE_START, _CODE_SIZE = 31, 69
RUNTIME: Final = TRANSACTION[_CODE_START : _CODE_START + _CODE_SIZE]
"""What its creation code (14 bytes that copy and return the rest) leaves as the contract's code."""

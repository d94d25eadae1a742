"""Gas prices, by name: Ethereum's since Berlin, as the EIPs (and the yellow paper's fee schedule) have them. What a
transaction pays before it runs stands in ``chain.transactions``, precompiles' prices in ``rules``. The native tier's C
has these under the same names (``engines/native/runtime/rebuild``).
"""

from __future__ import annotations

from typing import Final

# tiers of the yellow paper's appendix G
JUMPDEST: Final = 1
BASE: Final = 2
VERY_LOW: Final = 3
LOW: Final = 5
MID: Final = 8
HIGH: Final = 10

# memory, copying, hashing
MEMORY_WORD: Final = 3
MEMORY_QUADRATIC: Final = 512
"""Memory of n words costs 3n + n² / 512."""
COPY_WORD: Final = 3
KECCAK: Final = 30
KECCAK_WORD: Final = 6
EXP: Final = 10
EXP_BYTE: Final = 50
"""EIP-160, per byte of the exponent."""
BLOCKHASH: Final = 20

# accounts and storage
WARM: Final = 100
COLD_ACCOUNT: Final = 2600
COLD_SLOT: Final = 2100
"""EIP-2929."""
SLOT_SET: Final = 20_000
"""A slot that was zero when the transaction began becomes something else (EIP-2200)."""
SLOT_RESET: Final = 5000 - COLD_SLOT
"""A slot that held something changes (EIP-2200 less EIP-2929's part)."""
SLOT_SENTRY: Final = 2300
"""SSTORE needs more than this (EIP-2200)."""
SLOT_CLEARED_REFUND: Final = 4800
"""EIP-3529."""
SLOT_SET_UNDONE_REFUND: Final = SLOT_SET - WARM
SLOT_RESET_UNDONE_REFUND: Final = SLOT_RESET - WARM
TRANSIENT: Final = 100
"""EIP-1153."""

# logs
LOG: Final = 375
LOG_TOPIC: Final = 375
LOG_BYTE: Final = 8

# calls and creations
CALL_VALUE: Final = 9000
CALL_STIPEND: Final = 2300
"""Given to the callee when value comes with a call."""
NEW_ACCOUNT: Final = 25_000
CREATE: Final = 32_000
INITCODE_WORD: Final = 2
"""EIP-3860."""
CODE_BYTE: Final = 200
SELFDESTRUCT: Final = 5000
HELD_BACK: Final = 64
"""A caller keeps one part in so many of its gas (EIP-150)."""
EXISTING_AUTHORITY_REFUND: Final = 12_500
"""EIP-7702: each authorization is charged as if its account were new."""
LARGEST_REFUND: Final = 5
"""No more than one part in so many of the gas spent comes back (EIP-3529)."""

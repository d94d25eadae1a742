"""Errors that no contract declares: MegaETH's protocol itself reverts a frame with them, whosever code runs in it
(MegaETH specification, "Resource limits" and "MegaAccessControl").
"""

from __future__ import annotations

from megadev.primitives.abi import selector

_RESOURCES = ("data size", "KV updates", "compute gas", "state growth")
_VOLATILE = (
    "NUMBER", "TIMESTAMP", "COINBASE", "PREVRANDAO", "GASLIMIT", "BASEFEE", "PREVRANDAO", "BLOCKHASH", "BLOBBASEFEE",
    "BLOBHASH", "the beneficiary's account", "the oracle's storage",
)  # fmt: skip
LIMIT_EXCEEDED = selector("MegaLimitExceeded(uint8,uint64)")
ACCESS_DISABLED = selector("VolatileDataAccessDisabled(uint8)")
_PLAIN = {selector(f"{name}()"): name for name in ("DisabledByParent", "NonZeroTransfer", "NotIntercepted")}


def protocol_error(data: bytes) -> str | None:
    """Returns revert data in words if it is one of these errors, else None."""
    words = [int.from_bytes(data[at : at + 32], "big") for at in range(4, len(data), 32)]
    if data[:4] == LIMIT_EXCEEDED and len(data) == 68 and words[0] < len(_RESOURCES):
        return f"MegaLimitExceeded(kind: {_RESOURCES[words[0]]}, limit: {words[1]})"
    if data[:4] == ACCESS_DISABLED and len(data) == 36 and words[0] < len(_VOLATILE):
        return f"VolatileDataAccessDisabled({_VOLATILE[words[0]]})"
    name = _PLAIN.get(data) if len(data) == 4 else None
    return None if name is None else f"{name}()"

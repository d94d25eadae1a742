"""One call frame, as the run loop, the operations and the envelope hand it around."""

from __future__ import annotations

from megadev.evm.engine import Frame
from megadev.primitives.types import Address


class Call:
    """One frame: what was asked for, its working parts while it runs, and how it ended.

    ``gas`` is what is left, current whenever the loop is not in charge of it. After the run ``error`` is None,
    ``chain.receipts.REVERTED`` or a halt reason.
    """

    __slots__ = (
        "address",
        "caller",
        "code",
        "code_address",
        "data",
        "depth",
        "error",
        "frame",
        "gas",
        "is_delegated",
        "kind",
        "memory",
        "output",
        "pc",
        "return_data",
        "stack",
        "static",
        "value",
    )
    address: Address
    caller: Address
    code: bytes
    data: bytes
    gas: int
    memory: bytearray
    pc: int
    return_data: bytes
    value: int

    def __init__(
        self,
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
        self.kind = kind
        self.depth = depth
        self.caller = caller
        self.address = address
        self.code_address = code_address
        self.code = code
        self.value = value
        self.data = data
        self.gas = gas
        self.static = static
        self.is_delegated = is_delegated
        self.output = b""
        self.error: str | None = None
        self.frame: Frame | None = None
        self.return_data = b""
        self.stack: list[int] = []
        self.memory = bytearray()
        self.pc = 0

"""The transactions of a load: transfers, ERC-20 transfers, swaps, a mix of them, or a user's script.

Each transaction has a number, and its content follows from that alone: processes that share a load need not talk.
"""

from __future__ import annotations

import importlib.util
import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from megadev.errors import ConfigError, MegadevError
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address

TRANSFER, ERC20, SWAP, MIX = "transfer", "erc20", "swap", "mix"
KINDS = (TRANSFER, ERC20, SWAP, MIX)
_MIXED = (TRANSFER, ERC20, TRANSFER, SWAP, TRANSFER, ERC20, TRANSFER, ERC20, TRANSFER, SWAP)
"""Of each ten: five transfers, three ERC-20 transfers, two swaps."""
SWAPPED = 10**15
"""Units of a token that a swap pays; the pool holds 10^27."""


class Call(msgspec.Struct, frozen=True):
    """The call of one transaction. ``gas`` None: as much as the load's default for its kind."""

    to: Address | None
    value: int = 0
    data: bytes = b""
    gas: int | None = None


class Workload(msgspec.Struct, frozen=True):
    """The content of a load. ``kind``: one of ``KINDS``, or '' for the script at ``script``.

    ``token`` and ``pool`` are contracts; ``recipients``: how many different ones there are, 0 for a new one each time,
    which ``salt`` makes another one than an earlier load's. ``context``: what the script's ``prepare`` returned.
    ``gas``: limits by kind.
    """

    kind: str
    token: str = ""
    pool: str = ""
    recipients: int = 1
    salt: str = ""
    script: str = ""
    context: Any = None
    gas: dict[str, int] = {}

    def kind_of(self, number: int) -> str:
        """Returns the kind of the transaction with this number."""
        return _MIXED[number % len(_MIXED)] if self.kind == MIX else self.kind

    @property
    def kinds(self) -> tuple[str, ...]:
        """All that occur."""
        return tuple(dict.fromkeys(_MIXED)) if self.kind == MIX else (self.kind,)

    def recipient(self, number: int) -> Address:
        who = f"to {number % self.recipients}" if self.recipients else f"to {self.salt} {number}"
        return keccak(f"megadev load {who}".encode())[12:]


def calls_of(workload: Workload) -> Callable[[int, str], Call]:
    """Makes the call of a transaction from its number and the address of its sender. Raises ``ConfigError`` for a
    script that cannot be loaded.
    """
    if workload.script:
        return _scripted(Path(workload.script), workload.context)
    token, pool = (bytes.fromhex(each[2:]) for each in (workload.token, workload.pool))

    def call(number: int, sender: str) -> Call:
        kind = workload.kind_of(number)
        if kind == TRANSFER:
            return Call(workload.recipient(number), value=1)
        if kind == ERC20:
            return Call(token, data=encode_call("transfer(address,uint256)", workload.recipient(number), 1))
        return Call(pool, data=encode_call("swap(bool,uint256)", number % 4 < 2, SWAPPED))

    return call


# ---- scripts


def load_script(path: Path) -> ModuleType:
    """The user's module, which must have ``transaction``. Raises ``ConfigError`` that says what is wrong with it."""
    spec = importlib.util.spec_from_file_location("megadev_load_script", path.absolute())
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    except Exception as problem:
        raise ScriptFault(path, "", problem) from None
    if not callable(getattr(module, "transaction", None)):
        raise ConfigError(f"{path} defines no function transaction(context, sender, number)")
    try:
        inspect.signature(module.transaction).bind(None, "", 0)
    except TypeError:
        raise ConfigError(f"{path}: transaction must take (context, sender, number)") from None
    return module


class ScriptFault(MegadevError):
    """A function of a load's script raised an exception."""

    def __init__(self, path: Path, function: str, problem: Exception) -> None:
        frames = [
            frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path.absolute())
        ]
        line = f":{frames[-1].lineno}" if frames else f":{problem.lineno}" if isinstance(problem, SyntaxError) else ""
        where = f"{path}{line}" + (f", {function}" if function else "")
        super().__init__(f"{where}: {type(problem).__name__}: {problem}")


def _scripted(path: Path, context: Any) -> Callable[[int, str], Call]:
    transaction = load_script(path).transaction

    def call(number: int, sender: str) -> Call:
        try:
            made = transaction(context, sender, number)
        except Exception as problem:
            raise ScriptFault(path, f"transaction({number})", problem) from None
        try:
            return read_call(made)
        except ValueError as problem:
            raise MegadevError(f"{path}: transaction({number}) returned {problem}") from None

    return call


def read_call(made: object) -> Call:
    """Returns the call that a script's transaction describes. Numbers are ints or 0x-hex, data is bytes or 0x-hex.
    Raises ``ValueError``.
    """
    if not isinstance(made, Mapping):
        raise ValueError(f"{type(made).__name__}, not a dict with to, value, data, gas")
    if unknown := sorted(str(key) for key in made.keys() - {"to", "value", "data", "gas"}):
        raise ValueError(f"a field that is not known: {unknown[0]!r}; known are to, value, data, gas")
    to = _bytes("to", made.get("to"))
    if to and len(to) != 20:
        raise ValueError(f"a 'to' of {len(to)} bytes, not 20")
    gas = made.get("gas")
    return Call(
        to or None,
        _number("value", made.get("value", 0)),
        _bytes("data", made.get("data")),
        None if gas is None else _number("gas", gas),
    )


def _number(name: str, given: object) -> int:
    try:
        number = int(given, 0) if isinstance(given, str) else given
    except ValueError:
        number = None
    if type(number) is not int or number < 0:
        raise ValueError(f"{given!r} as {name!r}, which is not a number of at least 0")
    return number


def _bytes(name: str, given: object) -> bytes:
    if given is None:
        return b""
    if isinstance(given, bytes | bytearray):
        return bytes(given)
    if isinstance(given, str) and given[:2] in ("0x", "0X"):
        try:
            return bytes.fromhex(given[2:])
        except ValueError:
            pass
    raise ValueError(f"{given!r} as {name!r}, which is neither bytes nor 0x-hex")

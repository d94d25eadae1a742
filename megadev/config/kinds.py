"""The kinds of settings' values: how they are read from a flag, a variable, TOML or Python, and their names in help.

A kind raises ``ValueError`` that says what is wrong with what was given; whoever asked knows which setting it was.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Protocol

import msgspec

from megadev.chain.spec import FORKS, Salt, fork_named
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.latency import Latency, parse_latency
from megadev.primitives.suggestions import did_you_mean, either
from megadev.primitives.types import Address, Wei

_EXACT = Context(prec=100)
"""More digits than any amount that ``Ether`` reads; the usual 28 would round."""


class Kind(Protocol):
    """The type of a setting: how to read it from any source, and how to name it in a help text."""

    @property
    def metavar(self) -> str: ...

    def read(self, given: object) -> object:
        """The value in its final type; ValueError says what is wrong with ``given`` (a string from flags and
        environment, any TOML or Python value otherwise)."""
        ...


class Integer(msgspec.Struct, frozen=True):
    """A whole number, decimal or 0x-hexadecimal; both limits included."""

    minimum: int = 0
    maximum: int = 2**64 - 1
    among: tuple[int, ...] = ()
    metavar: str = "N"

    def read(self, given: object) -> int:
        if isinstance(given, str):
            try:
                value = int(given, 16 if given[:2].lower() == "0x" else 10)
            except ValueError:
                raise ValueError(f"must be a whole number, not {given!r}") from None
        elif isinstance(given, int) and not isinstance(given, bool):
            value = given
        else:
            raise ValueError(f"must be a whole number, not {given!r}")
        if self.among and value not in self.among:
            raise ValueError(f"must be one of {', '.join(map(str, self.among))}, not {value}")
        if value < self.minimum or value > self.maximum:
            raise ValueError(f"must be between {self.minimum} and {self.maximum}, not {value}")
        return value


class Ether(msgspec.Struct, frozen=True):
    """A non-negative amount in ETH with up to 18 decimals."""

    metavar: str = "ETH"

    def read(self, given: object) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
            raise ValueError(f"must be an amount in ETH, not {given!r}")
        try:
            value = Decimal(str(given))
        except InvalidOperation:
            raise ValueError(f"must be an amount in ETH, not {given!r}") from None
        if not value.is_finite() or not 0 <= value < 10**50:
            raise ValueError(f"must be an amount in ETH of at least 0, not {given!r}")
        if value.as_tuple().exponent < -18:  # type: ignore[operator]  # finite: the exponent is an int
            raise ValueError(f"has more than 18 decimals: {given!r}")
        return value


class Seconds(msgspec.Struct, frozen=True):
    """A positive duration in seconds; fractions allowed. With ``zero``, 0 means none."""

    zero: bool = False
    metavar: str = "SECONDS"

    def read(self, given: object) -> float:
        try:
            value = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else math.nan
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise ValueError(f"must be a number of seconds, not {given!r}")
        if not 0.001 <= value <= 10**9 and not (self.zero and value == 0):
            raise ValueError(f"must be at least 0.001 seconds, not {given}")
        return value


class Delay(msgspec.Struct, frozen=True):
    """A latency with its unit and, if it varies, its jitter (``primitives/latency``)."""

    metavar: str = "TIME[±TIME]"

    def read(self, given: object) -> Latency:
        if isinstance(given, Latency):
            return given
        if not isinstance(given, str):
            raise ValueError(f"must be like 5ms or 5ms±2ms, not {given!r}")
        return parse_latency(given)


class Boolean(msgspec.Struct, frozen=True):
    """A switch. As a flag it takes no value; elsewhere true/false, yes/no, on/off, 1/0."""

    metavar: str = ""

    def read(self, given: object) -> bool:
        word = str(given).lower()
        if word in ("true", "yes", "on", "1"):
            return True
        if word in ("false", "no", "off", "0"):
            return False
        raise ValueError(f"must be true or false, not {given!r}")


class Text(msgspec.Struct, frozen=True):
    """A non-empty string."""

    metavar: str = "TEXT"

    def read(self, given: object) -> str:
        if not isinstance(given, str) or not given.strip():
            raise ValueError(f"must be a non-empty string, not {given!r}")
        return given.strip()


class TextList(msgspec.Struct, frozen=True):
    """Strings: separated by commas, a repeated flag, or a list."""

    metavar: str = "TEXT"

    def read(self, given: object) -> tuple[str, ...]:
        parts = [given] if isinstance(given, str) else given
        if not isinstance(parts, list | tuple | frozenset | set) or not all(isinstance(part, str) for part in parts):
            raise ValueError(f"must be a string or a list of strings, not {given!r}")
        items = tuple(item.strip() for part in parts for item in part.split(","))
        if not items or not all(items):
            raise ValueError(f"must not be empty or have empty parts: {given!r}")
        return tuple(dict.fromkeys(items))


class Capacities(msgspec.Struct, frozen=True):
    """Sizes of MegaETH's state buckets: ID:CAP, separated by commas, a repeated flag, a list, or a table."""

    metavar: str = "ID:CAP"

    def read(self, given: object) -> tuple[tuple[int, int], ...]:
        pairs: list[tuple[object, object]] = []
        if isinstance(given, Mapping):
            pairs = list(given.items())
        else:
            parts = [given] if isinstance(given, str) else given
            if not isinstance(parts, list | tuple):
                raise ValueError(f"must be like {self.metavar}, not {given!r}")
            for part in parts:
                if isinstance(part, list | tuple) and len(part) == 2:
                    pairs.append((part[0], part[1]))
                    continue
                for item in str(part).split(","):
                    if ":" not in item:
                        raise ValueError(f"must be like {self.metavar}, not {item!r}")
                    bucket_text, capacity_text = item.split(":", 1)
                    pairs.append((bucket_text, capacity_text))
        found: dict[int, int] = {}
        for bucket, capacity in pairs:
            number, size = self._number(bucket), self._number(capacity)
            Salt.check(number, size)
            found[number] = size
        if not found:
            raise ValueError(f"must be like {self.metavar}, not empty")
        return tuple(sorted(found.items()))

    def _number(self, given: object) -> int:
        text = str(given).strip()
        try:
            return int(text, 16) if text[:2].lower() == "0x" else int(text)
        except ValueError:
            raise ValueError(f"must be like {self.metavar}, in decimal or 0x hex, not {text!r}") from None


class Funding(msgspec.Struct, frozen=True):
    """An account's balance at genesis, in ETH with up to 18 decimals."""

    address: Address
    ether: Decimal

    @property
    def wei(self) -> Wei:
        """The same in wei."""
        return wei_in(self.ether)

    def __str__(self) -> str:
        return f"{checksum_address(self.address)}={self.ether}"


class Fundings(msgspec.Struct, frozen=True):
    """Accounts with what they own: ADDRESS=AMOUNT, separated by commas, a repeated flag, a list, or a table."""

    metavar: str = "ADDRESS=AMOUNT"

    def read(self, given: object) -> tuple[Funding, ...]:
        if isinstance(given, Mapping):
            pairs = list(given.items())
        else:
            parts = [given] if isinstance(given, str) else given
            if not isinstance(parts, list | tuple) or not all(isinstance(part, str | Funding) for part in parts):
                raise ValueError(f"must be like {self.metavar}, not {given!r}")
            pairs = [pair for part in parts for pair in self._split(part)]
        found: dict[Address, Funding] = {}
        for name, amount in pairs:
            address = _read_address(name)
            if address in found:
                raise ValueError(f"lists {name} twice")
            try:
                found[address] = Funding(address, Ether().read(amount))
            except ValueError as problem:
                raise ValueError(f"{name}: {problem}") from None
        if not found:
            raise ValueError(f"must be like {self.metavar}, not empty")
        return tuple(found.values())

    def _split(self, part: str | Funding) -> list[tuple[str, str]]:
        """Addresses with their amounts; a colon does as well as an equals sign."""
        pairs = []
        for item in str(part).split(","):
            name, sign, amount = item.replace(":", "=", 1).partition("=")
            if not sign:
                raise ValueError(f"must be like {self.metavar}, not {item!r}")
            pairs.append((name.strip(), amount.strip()))
        return pairs


def wei_in(ether: Decimal) -> Wei:
    """An amount in ETH, with up to 18 decimals, in wei."""
    return int(ether.scaleb(18, _EXACT))


def _read_address(given: object) -> Address:
    if not isinstance(given, str) or not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", given):
        raise ValueError(f"needs an address (0x and 40 hex digits), not {given!r}")
    return bytes.fromhex(given[2:])


class PrivateKey(msgspec.Struct, frozen=True):
    """A secp256k1 key: 0x and 64 hex digits; read as 32 bytes. No message repeats what was given."""

    metavar: str = "KEY"

    def read(self, given: object) -> bytes:
        from megadev.primitives.signatures import SECP256K1_N  # loads the library, which help does without

        if isinstance(given, str) and re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", given):
            given = bytes.fromhex(given[-64:])
        if not isinstance(given, bytes) or len(given) != 32 or not 0 < int.from_bytes(given, "big") < SECP256K1_N:
            raise ValueError("must be a private key: 0x and 64 hex digits, not 0 and below the order of secp256k1")
        return given


class EthereumAddress(msgspec.Struct, frozen=True):
    """An address: 0x and 40 hex digits, kept as it was written."""

    metavar: str = "ADDRESS"

    def read(self, given: object) -> str:
        if not isinstance(given, str) or not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", given):
            raise ValueError(f"must be an address (0x and 40 hex digits), not {given!r}")
        return given


class FilePath(msgspec.Struct, frozen=True):
    """A path, relative to the working directory; ``~`` is the home directory."""

    metavar: str = "PATH"

    def read(self, given: object) -> Path:
        if not isinstance(given, str | Path) or not str(given):
            raise ValueError(f"must be a path, not {given!r}")
        return Path(given).expanduser()


STORE_NAME = "chain.sqlite"
"""The file that a store is, in its directory."""


class StatePath(FilePath, frozen=True):
    """The path of a chain: a file, or a directory. A path that ends in a separator is a directory's, and read as that
    of the store in it.
    """

    def read(self, given: object) -> Path:
        path = FilePath.read(self, given)
        is_folder = isinstance(given, str) and given.endswith(("/", os.sep))
        return path / STORE_NAME if is_folder else path


def store_folder(path: Path | None) -> Path | None:
    """The directory of the store that ``--state`` names; None where it names none, or a file of another kind."""
    if path is None:
        return None
    if path.name == STORE_NAME:
        return path.parent
    return path if path.is_dir() else None


class Choice(msgspec.Struct, frozen=True):
    """One word of a list. ``aliases``: further words that are read as one of them, by (alias, word)."""

    words: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def metavar(self) -> str:
        return "|".join(self.words)

    def read(self, given: object) -> str:
        word = given.lower() if isinstance(given, str) else given
        word = dict(self.aliases).get(str(word), word)
        if word not in self.words:
            raise ValueError(f"must be {either(self.words)}, not {given!r}{did_you_mean(str(given), self.words)}")
        return str(word)


class HardforkName(msgspec.Struct, frozen=True):
    """A rule set by name or alias (``chain.spec.FORKS``); read as its proper name."""

    metavar: str = "NAME"

    def read(self, given: object) -> str:
        try:
            return fork_named(str(given)).name
        except ConfigError:
            names = [name for fork in FORKS for name in (fork.name, *fork.aliases)]
            word = str(given).lower()
            raise ValueError(f"must be {either(tuple(names))}, not {given!r}{did_you_mean(word, names)}") from None

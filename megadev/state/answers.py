"""Kept answers of upstream: as a cache on disk that processes share, and as an offline bundle in one file.

Both hold the same: lines of a key, a tab and a JSON value. Keys say what was asked of the forked block in plain words
(``account 0x…``, ``slot 0x… 0x…``, ``code 0x…``), so that a bundle's changes can be read in a diff.

Why the cache is a file that lines are appended to, each with a checksum of its own: a process may be killed at any
byte, and two may write at once. A line that is cut short, or run into by another, is not believed and is fetched again;
every other line stays good. Nothing is left to be written at the end.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from megadev.errors import ConfigError
from megadev.files import write_whole
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.keccak import keccak

BUNDLE_VERSION = 1
_CHECK_DIGITS = 16


class Answers(Protocol):
    """Values by key; ``None`` where there is none. Any thread may ask and add."""

    def get(self, key: str) -> Any | None: ...

    def put(self, found: Mapping[str, Any]) -> None: ...

    def keys(self) -> Iterable[str]: ...


class Forgetful:
    """Keeps nothing (``--no-storage-caching``)."""

    def get(self, key: str) -> Any | None:
        return None

    def put(self, found: Mapping[str, Any]) -> None:
        pass

    def keys(self) -> Iterable[str]:
        return ()


class DiskCache:
    """Answers in the file ``path``, shared with whatever other process uses it. Trouble with the disk is no trouble:
    what cannot be read is fetched, what cannot be written is forgotten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, bytes] = {}
        with contextlib.suppress(OSError):
            self._found = dict(_good_lines(path.read_bytes()))

    def get(self, key: str) -> Any | None:
        value = self._found.get(key)
        return None if value is None else decode_json(value)

    def put(self, found: Mapping[str, Any]) -> None:
        new = {key: _json(value) for key, value in found.items() if key not in self._found}
        if not new:
            return
        self._found.update(new)
        # a line's end first: whatever a killed process left half-written is closed off by it
        lines = b"\n" + b"".join(_checked(key, value) for key, value in new.items())
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, lines)  # one write: with O_APPEND no other process gets in between
            finally:
                os.close(file)

    def keys(self) -> Iterable[str]:
        return list(self._found)


class Bundle:
    """Everything one run asked of upstream, to be asked again without it. ``head`` says what was forked."""

    def __init__(self, head: Mapping[str, Any], found: Mapping[str, Any], path: Path | None = None) -> None:
        self.head = dict(head)
        self.path = path
        self._found = dict(found)

    def get(self, key: str) -> Any | None:
        return self._found.get(key)

    def put(self, found: Mapping[str, Any]) -> None:
        """A bundle does not change while it is used."""

    def keys(self) -> Iterable[str]:
        return list(self._found)

    def encode(self) -> bytes:
        """The file: a head, the answers in the order of their keys, and a last line that says it is whole. The same
        content gives the same bytes.
        """
        head = {"megadev": "fork bundle", "version": BUNDLE_VERSION} | dict(sorted(self.head.items()))
        lines = [_json(head), *(key.encode() + b"\t" + _json(self._found[key]) for key in sorted(self._found))]
        body = b"".join(line + b"\n" for line in lines)
        end = {"answers": len(self._found), "sha256": hashlib.sha256(body).hexdigest()}
        return body + _json(end) + b"\n"

    def write(self, path: Path) -> None:
        """Put it in the place of ``path``, whole or not at all. Raises ``ConfigError`` where it cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, self.encode(), private=False)
        except OSError as problem:
            raise ConfigError(f"{path}: {problem.strerror or problem}") from None


class Part:
    """The answers of ``whole`` whose keys begin with ``prefix``, without it."""

    def __init__(self, whole: Bundle, prefix: str) -> None:
        self.path = whole.path
        self._whole = whole
        self._prefix = prefix

    def get(self, key: str) -> Any | None:
        return self._whole.get(self._prefix + key)

    def put(self, found: Mapping[str, Any]) -> None:
        """A bundle does not change while it is used."""

    def keys(self) -> Iterable[str]:
        kept = self._whole.keys()
        return [key.removeprefix(self._prefix) for key in kept if key.startswith(self._prefix)]


def check_place(path: Path) -> None:
    """Raises ``ConfigError`` where no bundle can be written to ``path``: better before a long run than after it."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as problem:
        raise ConfigError(f"{path}: cannot write a bundle there: {problem.strerror or problem}") from None


def read_bundle(path: Path) -> Bundle:
    """The bundle in ``path``. Raises ``ConfigError`` for a file that is not one, or not all of one."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    lines = data.split(b"\n")
    try:
        head = decode_json(lines[0])
        if head.pop("megadev") != "fork bundle":
            raise ValueError("its first line is not that of a bundle")
        version = head.pop("version")
    except (DecodeError, ValueError, KeyError, AttributeError, TypeError):
        raise ConfigError(f"{path}: not a fork bundle; create one with `megadev fork record`") from None
    if version != BUNDLE_VERSION:
        raise ConfigError(
            f"{path}: the bundle has version {version}, this megadev reads version {BUNDLE_VERSION}; record it again"
        )
    try:
        end = decode_json(lines[-2])
        body = data[: len(data) - len(lines[-2]) - 1]
        whole = lines[-1] == b"" and end["sha256"] == hashlib.sha256(body).hexdigest()
    except (DecodeError, KeyError, IndexError, TypeError):
        whole = False
    if not whole:
        raise ConfigError(f"{path}: the bundle is damaged or truncated (its checksum does not match); record it again")
    found: dict[str, Any] = {}
    for line in lines[1:-2]:
        key, _, value = line.partition(b"\t")
        found[key.decode()] = decode_json(value)
    return Bundle(head, found, path)


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _checked(key: str, value: bytes) -> bytes:
    line = key.encode() + b"\t" + value
    return _check(line) + b" " + line + b"\n"


def _check(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=_CHECK_DIGITS // 2).hexdigest().encode()


def _good_lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    for line in data.split(b"\n"):
        check, content = line[:_CHECK_DIGITS], line[_CHECK_DIGITS + 1 :]
        if not content or check != _check(content):
            continue
        raw, _, value = content.partition(b"\t")
        key = raw.decode(errors="replace")
        if not key.startswith("code 0x") or _is_code(key.removeprefix("code 0x"), value):
            yield key, value


def _is_code(code_hash: str, value: bytes) -> bool:
    """True if it is the code with that hash: what can be proved is."""
    try:
        return keccak(bytes.fromhex(value.decode()[3:-1])).hex() == code_hash
    except ValueError:
        return False

"""Settings files that the user has looked at and trusts, as direnv does it: by place and content.

A ``megadev.toml`` is read because it lies in the working directory, which may be a project that somebody else wrote.
Settings that run programs or write files (``Setting.reach``) count from there only once the user has said so; a file
that changed must be trusted again. The record is a folder that nobody else can write to, with an empty file for each.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from megadev.errors import ConfigError


class Trust:
    """The record in ``folder``, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, file: Path, content: bytes) -> bool:
        """True if the user trusts ``file`` with this content."""
        return self._is_safe() and (self._folder / _name(file, content)).is_file()

    def add(self, file: Path, content: bytes) -> None:
        """Trust it from now on. Raises ``ConfigError`` where that cannot be recorded."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_safe():
                raise ConfigError(
                    f"{self._folder}: other users can write to this folder: megadev does not record trust there"
                )
            (self._folder / _name(file, content)).touch(mode=0o600)
        except OSError as problem:
            raise ConfigError(f"{self._folder}: {problem.strerror or problem}") from None

    def remove(self, file: Path, content: bytes) -> bool:
        """Trust it no more; whether it was trusted. Raises ``ConfigError`` where that cannot be recorded."""
        try:
            (self._folder / _name(file, content)).unlink()
        except FileNotFoundError:
            return False
        except OSError as problem:
            raise ConfigError(f"{self._folder}: {problem.strerror or problem}") from None
        return True

    def _is_safe(self) -> bool:
        """True if only this user can have put something there, as far as the system knows users."""
        try:
            found = self._folder.stat()
        except OSError:
            return False
        if not hasattr(os, "getuid"):
            return True
        return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _name(file: Path, content: bytes) -> str:
    return hashlib.sha256(os.fsencode(file.resolve()) + b"\0" + hashlib.sha256(content).digest()).hexdigest()

"""The files that keep a chain from one run to the next.

Why a file is written beside its place and then moved there: a node that is killed while it writes must leave the
former dump whole.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TextIO

from megadev.config.kinds import store_folder
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError, InvalidParams
from megadev.files import check_regular, open_lock, try_lock, write_whole
from megadev.node.dump.capture import Capture
from megadev.node.dump.document import OnProgress, silent
from megadev.node.dump.loading import load_state

if TYPE_CHECKING:
    from megadev.node.node import Node

FILE_NAME = "state.json"
"""The file meant where a directory is named."""


def _are_same(these: tuple[object, ...], those: tuple[object, ...]) -> bool:
    return len(these) == len(those) and all(a is b for a, b in zip(these, those, strict=True))


def state_file(config: DevnetConfig) -> StateFile | None:
    """The file that the settings dump to, locked. Raises ``ConfigError`` if it is not writable, or another node uses
    it.
    """
    path = config.dump_state or config.state
    if path is None or (config.dump_state is None and store_folder(path) is not None):
        return None
    file = StateFile(path, history=config.preserve_historical_states)
    file.check_writable()
    file.claim()
    return file


def load_first(node: Node, config: DevnetConfig, on_progress: OnProgress = silent) -> None:
    """Load the state file that the settings name. Raises ``ConfigError`` if it is invalid."""
    if config.load_state is not None:
        StateFile(config.load_state).load(node, on_progress)
    elif config.state is not None and store_folder(config.state) is None:
        file = StateFile(config.state)
        if file.path.exists():
            file.load(node, on_progress)


class StateFile:
    """The file of a node's chain. ``path`` may be a directory, which stands for a file in it."""

    def __init__(self, path: Path, *, history: bool = False) -> None:
        self.path = path / FILE_NAME if path.is_dir() else path
        self._history = history
        self._written: tuple[object, ...] | None = None
        self._writing = Lock()
        self._claim: TextIO | None = None

    def load(self, node: Node, on_progress: OnProgress = silent) -> None:
        """Load it. Raises ``ConfigError`` where it cannot be read or used."""
        check_regular(self.path)
        try:
            load_state(node, self.path.read_bytes(), on_progress)
        except OSError as problem:
            raise ConfigError(f"{self.path}: {problem.strerror or problem}") from None
        except InvalidParams as problem:
            raise ConfigError(f"{self.path}: {problem}") from None

    def check_writable(self) -> None:
        """Checks that a dump can be written there, before hours of work depend on it. Raises ``ConfigError``."""
        check_regular(self.path)
        folder = self.path.parent
        if not folder.is_dir():
            raise ConfigError(f"{self.path}: directory {folder} does not exist")
        if not os.access(folder, os.W_OK):
            raise ConfigError(f"{self.path}: no permission to write to {folder}")

    def claim(self) -> None:
        """Keep other processes from dumping to the same file until ``release``; they would overwrite each other's.
        Raises ``ConfigError`` where another does so already.
        """
        beside = self.path.with_name(f".{self.path.name}.lock")
        while self._claim is None:
            try:
                lock = os.fdopen(open_lock(beside), "w")
            except OSError as problem:
                raise ConfigError(f"{self.path}: cannot dump there: {problem.strerror or problem}") from None
            if not try_lock(lock):
                lock.close()
                raise ConfigError(
                    f"{self.path}: another node dumps its state to this file: stop it, or use another file"
                )
            if _is_at(lock, beside):  # not one that whoever had it has just removed
                self._claim = lock

    def release(self) -> None:
        """Let others dump to the file."""
        claim, self._claim = self._claim, None
        if claim is not None:
            with suppress(OSError):
                self.path.with_name(f".{self.path.name}.lock").unlink(missing_ok=True)
            claim.close()

    def save(self, capture: Capture) -> None:
        """Write a dump, in one step, unless the file holds it already. Any thread; one writes at a time.

        Raises ``ConfigError`` where it cannot be written.
        """
        with self._writing:
            written = self._written
            if written is None or not _are_same(written, capture.moment):
                self._write(capture.encode(history=self._history))
                self._written = capture.moment

    def save_at_last(self, capture: Capture) -> None:
        """As ``save``, when there will be no other time: what cannot be written as it should be is written as far as,
        and where, it can be. Raises ``ConfigError`` saying where, or that nothing could be.
        """
        try:
            self.save(capture)
        except Exception as problem:
            place = self._rescue(capture)
            saved = "nothing could be saved" if place is None else f"what could be saved is in {place}"
            reason = str(problem).removeprefix(f"{self.path}: ")
            raise ConfigError(f"{self.path}: {reason or type(problem).__name__}; {saved}") from problem

    def _rescue(self, capture: Capture) -> Path | None:
        """Saves as much of ``capture`` as possible and returns its path; None if nothing could be saved."""
        for encode in capture.ever_less(history=self._history):
            try:
                document = encode()
            except Exception:
                continue
            for folder in (self.path.parent, Path.cwd(), Path(tempfile.gettempdir())):
                with suppress(OSError):
                    number, name = tempfile.mkstemp(".json", f"{self.path.stem}.rescued-", folder)
                    with os.fdopen(number, "wb") as file:
                        file.write(document)
                    return Path(name)
        return None

    def _write(self, document: bytes) -> None:
        try:
            check_regular(self.path)  # it may have become something else since the start
            write_whole(self.path, document)
        except OSError as problem:
            raise ConfigError(f"{self.path}: cannot dump the state: {problem.strerror or problem}") from None


def _is_at(file: TextIO, path: Path) -> bool:
    """True if the open ``file`` is the one that ``path`` names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False

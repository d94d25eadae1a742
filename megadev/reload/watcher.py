"""Files that changed, gathered until nothing more comes: an editor's save is several events (a temporary file, a
rename, a touch), and "save all" is several files.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from megadev.clock import SystemClock
from megadev.errors import ConfigError

QUIET_SECONDS = 0.02
"""After so long without an event a save is over: editors write and rename within a few milliseconds."""
LONGEST_SECONDS = 1.0
"""What never becomes quiet (a tool that goes on writing) is looked at all the same."""
INTERESTING = frozenset({"created", "modified", "moved", "deleted", "closed"})
monotonic_ns = SystemClock().monotonic_ns
"""How long files are waited for decides nothing on the chain, so no clock is injected."""


class Changes:
    """Changed paths on their way from the watching thread to the one that compiles."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Path | None] = queue.SimpleQueue()

    def add(self, path: Path) -> None:
        """Take notice of a change; on any thread."""
        self._queue.put(path)

    def close(self) -> None:
        """Let ``take`` return None."""
        self._queue.put(None)

    def take(self, quiet: float = QUIET_SECONDS) -> tuple[set[Path], int] | None:
        """Wait for a change and for what belongs to it; with the time of the first event, in ns (monotonic). None when
        closed."""
        first = self._queue.get()
        began = monotonic_ns()
        if first is None:
            return None
        found = {first}
        while monotonic_ns() - began < LONGEST_SECONDS * 1e9:
            try:
                more = self._queue.get(timeout=quiet)
            except queue.Empty:
                break
            if more is None:
                self.close()
                break
            found.add(more)
        return found, began


class Watcher:
    """Watches ``folders`` and single ``files``, and tells of files that are of interest."""

    def __init__(
        self,
        folders: Iterable[Path],
        concerns: Callable[[Path], bool],
        tell: Callable[[Path], None],
        files: Iterable[Path] = (),
    ) -> None:
        self._folders = list(dict.fromkeys(folders))
        self._beside = [
            file.parent
            for file in files
            if not any(file.absolute().is_relative_to(folder.absolute()) for folder in self._folders)
        ]
        self._concerns = concerns
        self._tell = tell
        self._observer: Any = None

    def start(self) -> None:
        """Raises ``ConfigError`` where a folder cannot be watched."""
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        watcher = self

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if not event.is_directory and event.event_type in INTERESTING:
                    watcher._note(event.src_path)
                    watcher._note(event.dest_path)

        self._observer = Observer()
        handler = Handler()
        watched = [(folder, True) for folder in self._folders] + [(folder, False) for folder in self._beside]
        for folder, is_whole in watched:
            # a folder that a tool has yet to make is watched from above
            while not folder.exists():
                folder = folder.parent
            try:
                self._observer.schedule(handler, str(folder), recursive=is_whole and folder.is_dir())
            except OSError as problem:
                raise ConfigError(f"--watch: {folder}: {problem.strerror or problem}") from None
        self._observer.start()

    def stop(self) -> None:
        """No more is told from now on."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _note(self, path: str | bytes) -> None:
        if path:
            found = Path(path if isinstance(path, str) else path.decode(errors="surrogateescape"))
            if self._concerns(found):
                self._tell(found)

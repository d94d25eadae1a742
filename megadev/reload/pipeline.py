"""From saved files to a build: one thread that watches, compiles, runs scripts, and reads and writes the other files.

What is done with a build is ``Following``'s; it is handed over to the writer's thread, which touches no file.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from megadev.clock import SystemClock
from megadev.errors import ConfigError, MegadevError, PrefetchNeeded
from megadev.reload.compiler import CompileFailed, Compiler
from megadev.reload.contracts import Build
from megadev.reload.manifest import Manifest, read_manifest
from megadev.reload.notices import Notice
from megadev.reload.watcher import Changes, Watcher

NOT_NOW = "\nnot reloaded, the chain is unchanged; `megadev reload apply` tries again"
_LOOK = Path("/")
"""In the place of a changed file: look for what is newly deployed."""
_JOB = Path("//")
"""In the place of a changed file: there is something to do that needs files or processes."""
monotonic_ns = SystemClock().monotonic_ns
"""How long things take is shown to people; it decides nothing on the chain, so no clock is injected."""


class Following(Protocol):
    """The consumer of the pipeline's results: on the writer's thread."""

    def read(self, manifest: Manifest | ConfigError) -> None:
        """This is what the manifest says now, or why it could not be read."""
        ...

    def learn(self, made: Build, gone: set[str]) -> tuple[bool, list[str]]:
        """Know what was compiled. Returns whether anything is otherwise, and what is no more: ``gone`` are files,
        ``made`` says what is left in others.
        """
        ...

    def follow(self, lost: list[str], began: int, compile_ns: int) -> None:
        """Plan, and do what the mode says. May be begun again until something is told."""
        ...

    def look(self) -> None:
        """Say what is newly deployed."""
        ...


class Pipeline:
    """``on_writer`` runs a function on the writer's thread and returns what that returns; ``tell`` is called on any
    thread. ``manifest``: a file that is read whenever it may have changed.
    """

    def __init__(
        self,
        root: Path,
        compilers: Sequence[Compiler],
        following: Following,
        *,
        manifest: Path | None,
        on_writer: Callable[[Callable[[], Any]], Any],
        tell: Callable[[Notice], None],
    ) -> None:
        self.root = root.resolve()
        self.compilers = tuple(compilers)
        self.compiled: set[str] = set()
        """Names of compilers that have compiled everything once."""
        self.ready = threading.Event()
        """Set when the project was compiled for the first time, whether or not it could be."""
        self._following = following
        self._manifest = manifest
        self._on_writer = on_writer
        self._tell = tell
        self._unmade: list[Path] = []  # saved since the last build
        self._changes = Changes()
        self._jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._watcher: Watcher | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def start(self) -> None:
        """Watch from now on. Raises ``ConfigError`` where that cannot be done."""
        folders = [folder for compiler in self.compilers for folder in compiler.folders]
        files = () if self._manifest is None else (self._manifest,)
        self._watcher = Watcher(folders, self._is_watched, self._changes.add, files)
        self._watcher.start()
        self._thread = threading.Thread(target=self._run, name="megadev-reload", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more. What is being compiled comes to nothing."""
        self._stopped = True
        if self._watcher is not None:
            self._watcher.stop()
        self._changes.close()

    def look_soon(self) -> None:
        """Something may be newly deployed. On any thread."""
        self._changes.add(_LOOK)

    def do_soon(self, job: Callable[[], object]) -> None:
        """Do what needs files or processes, away from the writer. On any thread."""
        self._jobs.put(job)
        self._changes.add(_JOB)

    def changed(self, paths: Iterable[Path] | None, began: int | None = None) -> None:
        """Compile what these files touch (None: everything) and reload. On any thread but the writer's."""
        try:
            self._changed(paths, monotonic_ns() if began is None else began)
        finally:
            self._do_jobs()

    def patiently(self, act: Callable[[], None]) -> None:
        """Run ``act`` on the writer's thread, again and again until all is there that a fork has to fetch for it."""
        while True:
            try:
                return self._on_writer(act)  # type: ignore[no-any-return]
            except PrefetchNeeded as missing:
                missing.fetch()

    def guarded(self, act: Callable[[], object], after: str = "") -> None:
        """A failure must not end the watching; ``after``: what is said below it."""
        try:
            act()
        except MegadevError as problem:
            self._tell(Notice("failed", f"{problem}{after}"))
        except Exception as problem:
            if not self._stopped:  # then there is no writer any more
                self._tell(Notice("failed", f"unexpected {type(problem).__name__}: {problem}; please report it"))

    def run_script(self, command: str, environment: Mapping[str, str]) -> None:
        """Run a shell command in the project's folder, and tell how it went."""
        done = subprocess.run(
            ["env", *(f"{name}={value}" for name, value in environment.items()), "sh", "-c", command],
            cwd=self.root, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
        printed = (done.stdout + done.stderr).strip()
        outcome = "done" if done.returncode == 0 else f"failed with exit code {done.returncode}"
        self._tell(
            Notice("script", f"{command}: {outcome}" + (f"\n{printed}" if printed else ""), {"code": done.returncode})
        )

    def _run(self) -> None:
        self.guarded(lambda: self.changed(None))
        self.ready.set()
        while (found := self._changes.take()) is not None:
            paths, began = found
            sources = {path for path in paths if self._is_of_interest(path)}
            if sources:
                self.guarded(lambda sources=sources, began=began: self.changed(sources, began), NOT_NOW)  # type: ignore[misc]
            if _LOOK in paths or any(map(self._is_manifest, paths)):
                self.guarded(self._look)
            self._do_jobs()

    def _do_jobs(self) -> None:
        while not self._jobs.empty():
            self.guarded(self._jobs.get())

    def _changed(self, paths: Iterable[Path] | None, began: int) -> None:
        first = paths is None
        waiting, saved = self._unmade, list(paths or ())
        files = None if first else list(dict.fromkeys((*waiting, *saved)))
        self._unmade = files or []
        compiling = monotonic_ns()
        made, errors = self._compile(files)
        after = "not reloaded, the chain is unchanged"
        left: list[Path] = []
        if errors and waiting and (others := [path for path in saved if path not in waiting]):
            alone, more = self._compile(others)
            if not more:  # an error elsewhere does not hold back what is whole
                made, files, left, after = alone, others, waiting, "left out until it compiles"
        compiled = monotonic_ns()
        if errors:
            text = "\n".join(errors)
            self._tell(Notice("failed", f"{text}\n{after}", {"errors": text.splitlines()}))
            if not first and not left:
                return
        self._unmade = left
        gone = {self._name_of(path) for path in files or () if not path.exists()}
        if self._stopped:
            return
        self._read_manifest()
        is_new, lost = self._on_writer(lambda: self._following.learn(made, gone))
        if first:
            names = sorted(contract.name for contract in made.values() if contract.has_code)
            what = ", ".join(compiler.name for compiler in self.compilers)
            text = f"watching {self.root} ({what}): {', '.join(names) or 'no contracts yet'}"
            self._tell(Notice("watching", text, {"root": str(self.root), "contracts": names}))
            self.patiently(self._following.look)
        elif is_new or lost:
            self.patiently(lambda: self._following.follow(lost, began, compiled - compiling))

    def _compile(self, files: list[Path] | None) -> tuple[Build, list[str]]:
        """Compiles the contracts affected by these files, and returns the errors."""
        made: Build = {}
        errors: list[str] = []
        for compiler in self.compilers:
            mine = None if files is None else [path for path in files if compiler.concerns(path)]
            if mine is None or mine:
                try:
                    made |= compiler.compile(mine if compiler.name in self.compiled else None).contracts
                    self.compiled.add(compiler.name)
                except CompileFailed as failed:
                    errors.append(str(failed))
        return made, errors

    def _look(self) -> None:
        self._read_manifest()
        self.patiently(self._following.look)

    def _read_manifest(self) -> None:
        if self._manifest is not None:
            found: Manifest | ConfigError
            try:
                found = read_manifest(self._manifest)
            except ConfigError as problem:
                found = problem
            self._on_writer(lambda: self._following.read(found))

    def _is_of_interest(self, path: Path) -> bool:
        return any(
            compiler.concerns(path) and any(path.is_relative_to(folder) for folder in compiler.folders)
            for compiler in self.compilers
        )

    def _is_manifest(self, path: Path) -> bool:
        manifest = self._manifest
        return manifest is not None and path.name == manifest.name and path.resolve() == manifest.resolve()

    def _is_watched(self, path: Path) -> bool:
        return self._is_of_interest(path) or self._is_manifest(path)

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

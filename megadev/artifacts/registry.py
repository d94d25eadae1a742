"""The artifacts of deployed code, and the meaning of selectors and topics: everything registered explicitly, then
everything found in the project.

Any thread may ask. Answers come from an immutable index; whoever finds it out of date makes another, one at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from megadev.artifacts.artifact import VYPER, Artifact, trailer_size
from megadev.artifacts.interface import Item
from megadev.artifacts.project import Project
from megadev.clock import SystemClock
from megadev.errors import InvalidParams
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address

MAX_REGISTERED = 10_000
"""Artifacts that may be registered by hand."""
LOOK_AGAIN_AFTER = 20
"""Times as long as looking for changed files took, before it is done again."""
REMEMBERED_CODES = 4_096
monotonic_ns = SystemClock().monotonic_ns
"""When files are looked at again decides nothing on the chain, so no clock is injected."""


@dataclass(frozen=True)
class _Index:
    """The known artifacts at one moment; ``known_code`` is a cache that follows from the other fields."""

    artifacts: tuple[Artifact, ...] = ()
    functions: dict[bytes, list[tuple[Item, Artifact]]] = field(default_factory=dict)
    errors: dict[bytes, list[tuple[Item, Artifact]]] = field(default_factory=dict)
    events: dict[bytes, list[tuple[Item, Artifact]]] = field(default_factory=dict)
    by_body_size: dict[int, list[Artifact]] = field(default_factory=dict)
    vyper: tuple[Artifact, ...] = ()
    creations: tuple[Artifact, ...] = ()
    known_code: dict[bytes, Artifact | None] = field(default_factory=dict)


def _index(artifacts: Iterable[Artifact]) -> _Index:
    ordered = tuple(artifacts)
    index = _Index(
        ordered,
        vyper=tuple(a for a in _longest_first(ordered, _runtime_size) if a.language == VYPER),
        creations=_longest_first(ordered, _creation_size),
    )
    for artifact in ordered:
        interface = artifact.interface
        for table, found in (
            (index.functions, interface.functions),
            (index.errors, interface.errors),
            (index.events, interface.events),
        ):
            for key, item in found.items():
                table.setdefault(key, []).append((item, artifact))
        if artifact.runtime is not None and artifact.runtime.code:
            index.by_body_size.setdefault(artifact.runtime.body_size, []).append(artifact)
    return index


def _runtime_size(artifact: Artifact) -> int:
    return len(artifact.runtime.code) if artifact.runtime is not None else 0


def _creation_size(artifact: Artifact) -> int:
    return len(artifact.creation.code) if artifact.creation is not None else 0


def _longest_first(artifacts: Iterable[Artifact], size: Callable[[Artifact], int]) -> tuple[Artifact, ...]:
    return tuple(sorted((a for a in artifacts if size(a)), key=size, reverse=True))


class AddedArtifacts(msgspec.Struct, frozen=True):
    """The artifacts and named addresses that were added explicitly."""

    artifacts: tuple[Artifact, ...] = ()
    named: Mapping[Address, Artifact] = msgspec.field(default_factory=dict)


class ArtifactRegistry:
    """Artifacts of the project that ``directory`` lies in (None: of no project), and those added by hand.

    Nothing is read before the first question.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._project = None if directory is None else Project(directory)
        self._added: dict[tuple[str, str], tuple[Artifact, ...]] = {}
        """By name and source, the latest last."""
        self._count = 0
        self._added_at: tuple[Artifact, ...] | None = ()
        """The same as snapshots hold it, the latest first; None until somebody asks."""
        self._is_stale = False
        self._named: dict[Address, Artifact] = {}
        self._current = _index(())
        self._lock = threading.Lock()
        self._next_look = 0

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All that are known, those added by hand first, the latest of them before the others."""
        return self._fresh().artifacts

    @property
    def skipped(self) -> dict[str, str]:
        """Files that look like artifacts and are none, with the reason."""
        self._fresh()
        return {} if self._project is None else dict(self._project.skipped)

    def add(self, artifacts: Iterable[Artifact], address: Address | None = None) -> None:
        """Know these from now on, before all others; ``address`` names the place of the (only) one.

        An artifact with the name and source of one added before replaces it. Raises ``InvalidParams`` for an address
        with several artifacts, or when there are too many.
        """
        new = tuple(artifacts)
        if address is not None and len(new) != 1:
            raise InvalidParams(f"one address cannot have {len(new)} contracts: omit the address")
        with self._lock:
            more = _by_name(new)
            count = self._count + len(new) - sum(len(self._added.get(key, ())) for key in more)
            if count > MAX_REGISTERED:
                raise InvalidParams(f"too many artifacts: at most {MAX_REGISTERED} can be added")
            for key, artifacts_so_called in more.items():
                self._added.pop(key, None)
                self._added[key] = artifacts_so_called
            self._count = count
            if address is not None:
                self._named[address] = new[0]
            self._added_at = None
            self._is_stale = True

    @property
    def added(self) -> AddedArtifacts:
        """The additions so far; set it to restore earlier ones."""
        with self._lock:
            return AddedArtifacts(self._latest_first(), dict(self._named))

    @added.setter
    def added(self, added: AddedArtifacts) -> None:
        with self._lock:
            self._named = dict(added.named)
            if self._added_at is not added.artifacts:
                self._added, self._count = _by_name(added.artifacts), len(added.artifacts)
                self._added_at = added.artifacts
                self._is_stale = True

    def _latest_first(self) -> tuple[Artifact, ...]:
        if self._added_at is None:
            self._added_at = tuple(artifact for group in reversed(self._added.values()) for artifact in group)
        return self._added_at

    def look_again(self) -> None:
        """Look at the project's files before the next answer, however lately that was done."""
        self._next_look = 0

    def contract_at(self, address: Address, runtime_code: bytes) -> Artifact | None:
        """The contract at an address: as named by hand, otherwise by its code."""
        named = self._named.get(address)
        return named if named is not None else self.contract_of(runtime_code)

    def contract_of(self, runtime_code: bytes) -> Artifact | None:
        """The artifact that deployed code comes from: the same but for immutables, libraries' addresses and the
        metadata at its end. The one whose metadata agrees too comes first."""
        if not runtime_code:
            return None
        index = self._fresh()
        key = keccak(runtime_code)
        if key in index.known_code:
            return index.known_code[key]
        found = _match(index, runtime_code)
        if len(index.known_code) >= REMEMBERED_CODES:
            index.known_code.clear()
        index.known_code[key] = found
        return found

    def contract_of_creation(self, init_code: bytes) -> tuple[Artifact, bytes] | None:
        """The artifact that creation code comes from, and the encoded constructor arguments behind it."""
        best: Artifact | None = None
        for artifact in self._fresh().creations:
            code = artifact.creation
            assert code is not None
            if best is not None and _creation_size(best) > len(code.code):
                break
            if code.matches(init_code):
                if code.matches(init_code, ignore_trailer=False):
                    best = artifact
                    break
                best = best or artifact
        return None if best is None else (best, init_code[_creation_size(best) :])

    def named(self, name: str) -> list[Artifact]:
        """Contracts called ``name``, or ``path:name``."""
        return [artifact for artifact in self._fresh().artifacts if name in (artifact.name, str(artifact))]

    def functions(self, selector: bytes, near: Artifact | None = None) -> list[Item]:
        """Returns the functions that a selector may mean, those of ``near`` first."""
        return _candidates(near.interface.functions if near is not None else None, self._fresh().functions, selector)

    def errors(self, selector: bytes, near: Artifact | None = None) -> list[Item]:
        """Returns the errors that a selector may mean, those of ``near`` first."""
        return _candidates(near.interface.errors if near is not None else None, self._fresh().errors, selector)

    def events(self, topic: bytes, near: Artifact | None = None) -> list[Item]:
        """Returns the events that a first topic may mean, those of ``near`` first. They differ in what is indexed."""
        return _candidates(near.interface.events if near is not None else None, self._fresh().events, topic)

    def _fresh(self) -> _Index:
        """The index, after a look at the files if it is time for one."""
        if self._is_stale:
            with self._lock:
                if self._is_stale:
                    self._rebuild()
        if self._project is None or monotonic_ns() < self._next_look:
            return self._current
        # whoever comes meanwhile makes do with what was known before, unless nothing was looked at yet
        if not self._lock.acquire(blocking=not self._next_look):
            return self._current
        try:
            began = monotonic_ns()
            if began >= self._next_look:
                if self._project.look():
                    self._rebuild()
                now = monotonic_ns()
                self._next_look = now + LOOK_AGAIN_AFTER * self._project.looked_for_ns
        finally:
            self._lock.release()
        return self._current

    def _rebuild(self) -> None:
        found = () if self._project is None else self._project.artifacts
        self._current = _index((*self._latest_first(), *found))
        self._is_stale = False  # last: until then whoever asks on another thread waits


def _by_name(artifacts: Sequence[Artifact]) -> dict[tuple[str, str], tuple[Artifact, ...]]:
    """Returns the artifacts with one name and source together, the last of ``artifacts`` first."""
    found: dict[tuple[str, str], tuple[Artifact, ...]] = {}
    for artifact in reversed(artifacts):
        key = (artifact.name, artifact.source_path)
        found[key] = (artifact, *found.pop(key, ()))
    return found


def _match(index: _Index, code: bytes) -> Artifact | None:
    best: Artifact | None = None
    for artifact in index.by_body_size.get(len(code) - trailer_size(code), ()):
        runtime = artifact.runtime
        assert runtime is not None
        if len(runtime.code) == len(code) and runtime.matches(code, ignore_trailer=False):
            return artifact
        if best is None and runtime.matches(code[: runtime.body_size] + runtime.code[runtime.body_size :]):
            best = artifact
    if best is not None:
        return best
    # Vyper appends immutables, each a whole number of words
    for artifact in index.vyper:
        runtime = artifact.runtime
        assert runtime is not None
        if not (len(code) - len(runtime.code)) % 32 and code.startswith(runtime.code):
            return artifact
    return None


def _candidates(
    near: dict[bytes, Item] | None, known: dict[bytes, list[tuple[Item, Artifact]]], key: bytes
) -> list[Item]:
    own = near.get(key) if near is not None else None
    found = [item for item, _ in known.get(key, ())]
    return found if own is None else [own, *found]

"""The state of reloading between saves: the build, its changes, users' declarations about addresses, reported problems,
and the undo step. It touches neither chain nor disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from megadev.errors import ConfigError
from megadev.primitives.hexcodec import checksum_address
from megadev.reload.contracts import Build, Contract
from megadev.reload.deployments import Deployed, DeployedAt, Versions, in_words, named
from megadev.reload.manifest import Manifest
from megadev.reload.notices import Notice
from megadev.reload.plan import Plan

UNDO_KEPT = 50
"""Reloads that can be undone."""


@dataclass(frozen=True, slots=True)
class Done:
    """A reload that can be undone. ``contracts``: what was put where."""

    number: int
    snapshot: int
    contracts: dict[DeployedAt, Contract]


class Memory:
    """Of one reloader; on the writer's thread.

    ``changed`` are the contracts that the latest build made otherwise, ``constructed`` those of them of which only the
    creation did. ``asked``: the plan that waits for an answer. ``number``: of the latest reload.
    """

    def __init__(self) -> None:
        self.versions = Versions()
        self.build: Build = {}
        self.changed: set[str] = set()
        self.constructed: set[str] = set()
        self.asked: Plan | None = None
        self.number = 0
        self.manifest: Manifest | ConfigError = ()
        """As it was read last, or why it could not be."""
        self._held: dict[DeployedAt, Contract] = {}
        self._done: list[Done] = []
        self._seen: set[tuple[DeployedAt, str]] = set()
        self._misnamed: set[tuple[DeployedAt, str]] = set()

    # -- builds -----------------------------------------------------------------------------------------------------

    def learn(self, made: Build, gone: set[str]) -> list[str]:
        """Returns what is no more: ``gone`` are files, ``made`` says what is left in others."""
        changed = {
            key for key, contract in made.items() if key not in self.build or _differs(self.build[key], contract)
        }
        known = changed & self.build.keys()
        self.constructed = {key for key in known if _runs_the_same(self.build[key], made[key])}
        for key in changed:
            self.build[key] = made[key]
        sources = gone | {contract.source for contract in made.values()}
        lost = [key for key, contract in self.build.items() if contract.source in sources and key not in made]
        for key in lost:
            del self.build[key]
        self.changed = changed
        self.versions.learn(made[key] for key in sorted(changed))
        return lost

    # -- what users say ---------------------------------------------------------------------------------------------

    def use_manifest(self) -> Iterator[Notice]:
        """Know places as the manifest calls them; with what is to be told of names in it that are none. Raises
        ``ConfigError`` where it could not be read.
        """
        if isinstance(self.manifest, ConfigError):
            raise self.manifest
        misnamed = set()
        for place, which in self.manifest:
            contracts = named(self.build, which)
            if not contracts and self.build:
                misnamed.add((place, which))
            elif contracts and not self.versions.is_named(place):
                self.versions.name(place, contracts[0])
        for place, which in sorted(misnamed - self._misnamed):
            text = f"--reload-manifest: {in_words(*place)}: no contract is named {which}{self._near(which)}"
            yield Notice("unknown", text, {"name": which, "chain": place[0], "address": checksum_address(place[1])})
        self._misnamed = misnamed

    def _near(self, which: str) -> str:
        """Returns suggestions for an unknown name."""
        having = [contract for contract in self.build.values() if contract.has_code]
        names = {contract.key if ":" in which else contract.name for contract in having}
        close = get_close_matches(which, sorted(names), n=3)
        return f"; did you mean {' or '.join(close)}?" if close else ""

    def is_new(self, one: Deployed) -> bool:
        """True if nobody was told of it yet; asked once."""
        key = (one.place, one.contract.key)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    # -- what was done ----------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    def reloaded(self, snapshot: int, contracts: dict[DeployedAt, Contract]) -> int:
        """``contracts`` were put where they are now. Returns the reload's number."""
        self.number += 1
        self._done.append(Done(self.number, snapshot, contracts))
        del self._done[:-UNDO_KEPT]
        self.asked = None
        for place in contracts:
            self._held.pop(place, None)
        return self.number

    def latest(self) -> Done:
        """The latest reload that was not undone; it does not count any more."""
        return self._done.pop()

    def undone(self, done: Done) -> None:
        """Leave alone what was undone, until its source changes."""
        self._held.update(done.contracts)
        self.asked = None

    def is_held(self, one: Deployed) -> bool:
        """Its reload was undone, and the source has not changed since."""
        held = self._held.get(one.place)
        return held is not None and held is self.build.get(one.contract.key)


def _differs(old: Contract, new: Contract) -> bool:
    """True if it was compiled to something else."""
    return not _runs_the_same(old, new) or old.artifact.creation != new.artifact.creation


def _runs_the_same(old: Contract, new: Contract) -> bool:
    """True if only their creation can differ."""
    before, now = old.artifact.runtime, new.artifact.runtime
    if before is None or now is None:
        return before is now
    return before.code == now.code and old.layout == new.layout

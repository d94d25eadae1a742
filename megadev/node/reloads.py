"""The interface of hot reload for the rest of a node; hot reload is built above it (``reload/``)."""

from __future__ import annotations

from typing import Any, Protocol

from megadev.node.chain import LocalChain
from megadev.primitives.types import Address


class Reloads(Protocol):
    """Reloading, as methods and commands see it. All of it runs on the writer's thread; answers are JSON."""

    def track(self, chain: LocalChain, address: Address, artifact: bytes | str) -> dict[str, Any]:
        """Register the contract at ``address`` of ``chain``: an artifact's JSON, or the name of a contract of the
        project. Raises ``InvalidParams``.
        """
        ...

    def deployments(self) -> list[dict[str, Any]]:
        """The known deployments, with constructor arguments, immutables and libraries."""
        ...

    def plan(self) -> dict[str, Any]:
        """The reload that would be done now, without doing it."""
        ...

    def apply(self, force: bool) -> dict[str, Any]:
        """Reload now; with ``force``, even if storage layouts are incompatible. Raises ``ReloadRefused``."""
        ...

    def undo(self) -> dict[str, Any]:
        """Revert to just before the latest reload. Raises ``ReloadRefused`` if there is none."""
        ...

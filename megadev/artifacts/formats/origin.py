"""The origin of a document, which decides which sources it may name; and documents that describe no contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from megadev.artifacts.source_map import Source


class NotAnArtifact(ValueError):
    """A document that describes no contract; the message says why."""


SOURCE_SUFFIXES = (".sol", ".vy", ".vyi", ".yul")

MAX_SOURCE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a document. ``path``: its file, None where it was handed over. ``root``: the project, whose sources
    may be read; a document that was handed over names no others, for whoever did it may not be who runs us.
    """

    path: Path | None = None
    root: Path | None = None

    def read_source(self, name: str) -> Callable[[], bytes]:
        """Reads the source that a compiler was told is called ``name``."""

        def read() -> bytes:
            if self.root is None or not name.endswith(SOURCE_SUFFIXES):
                raise ValueError(f"{name} must not be read: it is not a source file of this project")
            path = (self.root / name).resolve()
            if self.path is None and not path.is_relative_to(self.root.resolve()):
                raise ValueError(f"{name} is outside the project")
            with path.open("rb") as file:
                return file.read(MAX_SOURCE_BYTES)

        return read

    def source(self, name: str, content: str | None = None, digest: bytes | None = None) -> Source:
        """``content`` where the document brings it, otherwise the file."""
        if content is not None:
            encoded = content.encode(errors="replace")
            return Source(name, lambda: encoded)
        return Source(name, self.read_source(name), digest=digest)

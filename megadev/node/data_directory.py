"""A directory in which a DA store keeps its data."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path

from megadev.errors import ConfigError
from megadev.files import write_whole
from megadev.primitives.types import Hash32


class Directory(MutableMapping[Hash32, bytes]):
    """A directory with one file per piece of data, named by its hash. Raises ``ConfigError`` if it cannot be made."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the DA store's directory cannot be used: {error}") from None
        self._path = path

    def _file(self, data_hash: Hash32) -> Path:
        return self._path / data_hash.hex()

    def __getitem__(self, data_hash: Hash32) -> bytes:
        try:
            return self._file(data_hash).read_bytes()
        except OSError:
            raise KeyError(data_hash) from None

    def __setitem__(self, data_hash: Hash32, data: bytes) -> None:
        write_whole(self._file(data_hash), data, private=False)

    def __delitem__(self, data_hash: Hash32) -> None:
        self._file(data_hash).unlink()

    def __iter__(self) -> Iterator[Hash32]:
        for file in self._path.iterdir():
            if len(file.name) == 64:
                yield bytes.fromhex(file.name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

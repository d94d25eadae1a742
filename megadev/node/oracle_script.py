"""A Python file as the oracle's hook: what ``--oracle-script`` names.

The file may define ``read(slot)``, which answers a number or None, and ``hint(sender, topic, data)``, which is told
what contracts send with ``sendHint``, before their next read is answered. Addresses, topics and data are bytes.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from megadev.errors import ConfigError
from megadev.primitives.types import Address, Hash32


class OracleScript:
    """The functions of the module; what it does not define answers nothing."""

    def __init__(self, module: ModuleType) -> None:
        self._read = getattr(module, "read", None)
        self._hint = getattr(module, "hint", None)

    def read(self, slot: int) -> int | None:
        """The script's answer. Raises ``ValueError`` if it is not a number."""
        answer = None if self._read is None else self._read(slot)
        if answer is None or type(answer) is int:
            return answer
        raise ValueError(f"read({slot}) returned {answer!r}, which is not an integer")

    def hint(self, sender: Address, topic: Hash32, data: bytes) -> None:
        """Tell it."""
        if self._hint is not None:
            self._hint(sender, topic, data)


def load_oracle_script(path: Path) -> OracleScript:
    """The hook in the Python file ``path``. Raises ``ConfigError`` where it cannot be loaded."""
    found = spec_from_file_location("megadev_oracle_script", path)
    if found is None or found.loader is None or not path.is_file():
        raise ConfigError(f"--oracle-script: {path} does not exist or is not a Python file")
    module = module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except Exception as error:  # the user's own code
        raise ConfigError(f"--oracle-script {path}: {type(error).__name__}: {error}") from error
    if not (hasattr(module, "read") or hasattr(module, "hint")):
        raise ConfigError(f"--oracle-script {path}: it defines neither read(slot) nor hint(sender, topic, data)")
    return OracleScript(module)

"""Build ``runtime.wasm`` from the C sources beside it: ``python -m megadev.evm.engines.native.runtime.rebuild``.

Needs clang and wasm-ld (Debian's ``clang`` and ``lld``), on the developer's machine only: the result is committed, and
a test builds it anew and compares where they are at hand.

Why the bytes are edited afterwards: a 64 by 64 bit multiplication with its full product is one instruction in wasm's
wide arithmetic, which this clang does not know yet. The sources mark its places with a constant that nothing else
holds, and an instruction of the same length.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from megadev.evm import gas

SOURCES: Final = Path(__file__).parent
RESULT: Final = SOURCES / "runtime.wasm"
_MARK: Final = bytes.fromhex("42a1ca91cbf68edbbaed001afc07")
"""``i64.const 0x6d756c7769646521; drop; i64.trunc_sat_f64_u``."""
_MULTIPLY_WIDE: Final = b"\xfc\x16"
_NOTHING: Final = b"\x01"

_COMPILE: Final = (
    "clang --target=wasm32-unknown-unknown -std=gnu11 -O3 -mbulk-memory -msimd128 -mnontrapping-fptoint -ffreestanding "
    "-fno-builtin-memcpy -fno-builtin-memset -fno-builtin-memmove -fno-strict-aliasing -nostdlib -Wall -Wextra "
    "-Wno-int-to-pointer-cast -Wno-pointer-to-int-cast -Wno-c99-designator"
)
_LINK: Final = (
    "-Wl,--no-entry,--export-table,--growable-table,--strip-all,-z,stack-size=65536,--stack-first,"
    "--initial-memory=243269632"
)
_PRICES: Final = [f"-DGAS_{name}={price}" for name, price in vars(gas).items() if name.isupper()]
"""What executing costs, as the sources call it: ``GAS_COLD_SLOT`` is ``gas.COLD_SLOT``."""
COMPILER: Final = "Debian clang version 14.0.6"
"""Which clang the committed module was built with: another one may translate the same sources otherwise."""


def compiler() -> str:
    """The clang at hand, as it calls itself."""
    said = subprocess.run(["clang", "--version"], check=True, capture_output=True, text=True)
    return said.stdout.splitlines()[0].strip()


def build() -> bytes:
    """The module. Raises ``CalledProcessError`` or ``FileNotFoundError`` where the tools fail or are missing."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "runtime.wasm"
        command = [*_COMPILE.split(), *_PRICES, _LINK, str(SOURCES / "runtime.c"), "-o", str(made)]
        subprocess.run(command, check=True)
        module = made.read_bytes()
    return module.replace(_MARK, _NOTHING * (len(_MARK) - 2) + _MULTIPLY_WIDE)


if __name__ == "__main__":
    RESULT.write_bytes(build())

"""Build ``runtime.wasm`` and ``mega.wasm`` from the C sources beside it:
``python -m megadev.evm.engines.native.runtime.rebuild``.

The second one has MegaETH's gas and meters (``mega.h``). Why two modules of the same sources: Ethereum's pays nothing
for them.

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

from megadev.evm import gas, mega_rules

SOURCES: Final = Path(__file__).parent
RESULT: Final = SOURCES / "runtime.wasm"
MEGA_RESULT: Final = SOURCES / "mega.wasm"
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


def _mega_numbers() -> list[str]:
    """What all of MegaETH's specs count alike, as the sources call it; what differs comes with each transaction."""
    watched = [int.from_bytes(address[-8:], "big") for address in (mega_rules.ORACLE, *mega_rules.INTERCEPTED)]
    share, whole = mega_rules.FRAME_SHARE
    numbers = {
        "SHARE": share,
        "WHOLE": whole,
        "ACCOUNT_SIZE": mega_rules.ACCOUNT_SIZE,
        "SLOT_SIZE": mega_rules.SLOT_SIZE,
        "TOPIC_SIZE": mega_rules.TOPIC_SIZE,
        "STIPEND": mega_rules.STORAGE_STIPEND,
        "BENEFICIARY": mega_rules.Volatile.BENEFICIARY_BALANCE.value,
        "LIMIT_EXCEEDED": f"{int.from_bytes(mega_rules.LIMIT_EXCEEDED, 'big')}u",
        "SYSTEM_HIGH": int.from_bytes(mega_rules.ORACLE[:4], "big"),
        "WATCHED": f"{sum(1 << number for number in watched)}u",
    }
    return [f"-DMEGA_{name}={number}" for name, number in numbers.items()]


def build(metered: bool = False) -> bytes:
    """The module; ``metered`` for MegaETH. Raises ``CalledProcessError`` or ``FileNotFoundError`` where the tools fail
    or are missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "runtime.wasm"
        numbers = [*_PRICES, *_mega_numbers(), f"-DMETERED={int(metered)}"]
        command = [*_COMPILE.split(), *numbers, _LINK, str(SOURCES / "runtime.c"), "-o", str(made)]
        subprocess.run(command, check=True)
        module = made.read_bytes()
    return module.replace(_MARK, _NOTHING * (len(_MARK) - 2) + _MULTIPLY_WIDE)


if __name__ == "__main__":
    RESULT.write_bytes(build())
    MEGA_RESULT.write_bytes(build(metered=True))

"""Rebuilds the artifacts next to this file from their sources: ``python build.py [SOLC] [--check]``.

SOLC is a native ``solc`` binary, or solcjs: its ``solc.js``, or the directory of the npm package ``solc`` (then
``node`` runs it). Without SOLC, the variable MEGADEV_SOLC and then ``solc`` and ``solcjs`` on PATH are tried. The
compiler must be the pinned version, so that every machine writes the same bytes; metadata is left out of the code for
the same reason.

Why a script and not a module of the node: nothing at run time compiles; it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SOLC_VERSION = "0.8.37"
HERE = Path(__file__).parent
EVM_VERSION = "paris"
"""The oldest rules our presets could run; no later opcode is needed."""


def find_solc(given: str | None = None) -> list[str] | None:
    """The command that runs the compiler, or None when there is none at hand."""
    found = given or os.environ.get("MEGADEV_SOLC") or shutil.which("solc") or shutil.which("solcjs")
    if found is None:
        return None
    path = Path(found)
    if path.is_dir():
        path = path / "solc.js"
    return ["node", str(path)] if path.suffix == ".js" else [str(path)]


def solc_version(command: list[str]) -> str:
    """Returns the compiler's version: '0.8.37+commit.f401782d…'."""
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    return said.replace("Version:", "").split()[-1]


def compile_solidity(command: list[str], sources: dict[str, str], evm_version: str) -> dict[str, dict[str, Any]]:
    """Contracts by name: ``abi``, ``creation``, ``runtime`` and the ``source`` file each came from.

    Raises ``SystemExit`` with what to do about it when the compiler is another version or refuses a source.
    """
    version = solc_version(command)
    if not version.startswith(SOLC_VERSION + "+"):
        raise SystemExit(f"these artifacts are built with solc {SOLC_VERSION}; {command[-1]} is {version}")
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            **settings(evm_version),
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    # files, not pipes: solcjs gives up on a pipe that has no more to read yet, and ends before one took more than 64 KB
    with tempfile.TemporaryFile("w+", encoding="utf-8") as asked, tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        json.dump(request, asked)
        asked.seek(0)
        subprocess.run([*command, "--standard-json"], stdin=asked, stdout=out, check=True, timeout=300)
        out.seek(0)
        printed = out.read()
    answer = json.loads(printed[printed.index("{") :])  # solcjs says a line about SMT solvers first
    errors = [item["formattedMessage"] for item in answer.get("errors", ()) if item["severity"] == "error"]
    if errors:
        raise SystemExit("\n".join(errors))
    return {
        name: {
            "source": source,
            "abi": output["abi"],
            "creation": "0x" + output["evm"]["bytecode"]["object"],
            "runtime": "0x" + output["evm"]["deployedBytecode"]["object"],
        }
        for source, contracts in answer["contracts"].items()
        for name, output in contracts.items()
    }


def settings(evm_version: str) -> dict[str, Any]:
    """The solc settings recorded in an artifact."""
    return {
        "evmVersion": evm_version,
        "optimizer": {"enabled": True, "runs": 10_000},
        "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    }


def source_digest(path: Path) -> str:
    """SHA-256 of a source file, followed by those it imports (each once, in order), in hex."""
    sources = [path]
    for source in sources:
        for name in re.findall(r'^(?:import |}).*"\./(.+)";$', source.read_text(), re.MULTILINE):
            if (imported := source.parent / name) not in sources:
                sources.append(imported)
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def render(fields: dict[str, Any]) -> str:
    """The artifact's text: sorted as given, one field per line."""
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def build_solidity(directory: Path, command: list[str], evm_version: str) -> dict[str, str]:
    """Artifact file name → text, for every contract of the ``.sol`` files in ``directory`` that has code of its own:
    interfaces and abstract contracts have none."""
    sources = {path.name: path.read_text() for path in sorted(directory.glob("*.sol"))}
    built = compile_solidity(command, sources, evm_version)
    return {
        f"{name}.json": render(
            {
                "name": name,
                "source": output["source"],
                "source_sha256": source_digest(directory / output["source"]),
                "compiler": f"solc {SOLC_VERSION}",
                "settings": settings(evm_version),
                "abi": output["abi"],
                "creation": output["creation"],
                "runtime": output["runtime"],
            }
        )
        for name, output in sorted(built.items())
        if output["creation"] != "0x"
    }


def stale(directory: Path, artifacts: dict[str, str]) -> list[str]:
    """Names whose committed text differs from ``artifacts`` (or is missing), and committed ones nothing builds."""
    differing = [
        name
        for name, text in artifacts.items()
        if not (directory / name).exists() or (directory / name).read_text() != text
    ]
    return differing + sorted(path.name for path in directory.glob("*.json") if path.name not in artifacts)


def run(directory: Path, evm_version: str, arguments: list[str]) -> int:
    """Build ``directory`` (or, with ``--check``, only compare) and return the exit code."""
    paths = [argument for argument in arguments if not argument.startswith("--")]
    command = find_solc(paths[0] if paths else None)
    if command is None:
        print("no solc: give its path, or set MEGADEV_SOLC", file=sys.stderr)
        return 2
    artifacts = build_solidity(directory, command, evm_version)
    changed = stale(directory, artifacts)
    if "--check" not in arguments:
        for name, text in artifacts.items():
            (directory / name).write_text(text)
    for name in changed:
        print(("differs: " if "--check" in arguments else "wrote: ") + name)
    return 1 if changed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(run(HERE, EVM_VERSION, sys.argv[1:]))

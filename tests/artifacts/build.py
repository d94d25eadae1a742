"""Rebuilds the projects next to this file, as the tools themselves write them, from ``sources``:
``python tests/artifacts/build.py NAME=PATH...``

    solc=DIR          the npm package ``solc`` (which node runs), for everything but Vyper; all but vyper need it
    vyper=FILE        the vyper command: vyper/
    forge=FILE        Foundry's forge (with vyper: builds both languages): foundry/
    hardhat2=DIR      the npm package ``hardhat`` 2, in a node_modules directory: hardhat2/
    hardhat3=DIR      the npm package ``hardhat`` 3, and node22=FILE, the node that it needs: hardhat3/

What is not given stays as it is. Members that megadev has no use for and that are large (syntax trees, opcodes…) are
taken out of what the tools wrote, and times; nothing else is changed. Brownie, Truffle and Ape no longer run with today's
compilers: their projects are put together here, from solc's output, as their documentation describes them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = HERE / "sources"
SOLC_VERSION = "0.8.37"
LARGE = {
    "ast", "annotated_ast", "opcodes", "generatedSources", "functionDebugData", "methodIdentifiers", "rawMetadata",
    "gasEstimates", "devdoc", "userdoc", "blueprint_bytecode", "ir", "layout", "interface", "breakpoints",
    "pc_breakpoints", "assembly", "legacyAssembly", "lastModificationDate", "archive", "settings_dict", "profiles",
}  # fmt: skip


def slim(value: Any) -> Any:
    """``value`` without its large members."""
    if isinstance(value, dict):
        return {key: slim(member) for key, member in value.items() if key not in LARGE}
    return [slim(member) for member in value] if isinstance(value, list) else value


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(slim(value), separators=(",", ":")) + "\n")


def run(command: list[str], directory: Path, **environ: str) -> str:
    done = subprocess.run(command, cwd=directory, env=os.environ | environ, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def compile_solidity(solc: Path, **settings: Any) -> dict[str, Any]:
    """solc's standard JSON output for all sources."""
    request = {
        "language": "Solidity",
        "sources": {f"contracts/{path.name}": {"content": path.read_text()} for path in sorted(SOURCES.glob("*.sol"))},
        "settings": {"outputSelection": {"*": {"": ["ast"], "*": ["abi", "metadata", "evm"]}}, **settings},
    }
    program = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
    with tempfile.TemporaryFile("w+") as out:
        subprocess.run(["node", "-e", program, str(solc)], input=json.dumps(request), stdout=out, text=True, check=True)
        out.seek(0)
        return json.load(out)


def fill(directory: Path, source_folder: str, suffixes: tuple[str, ...]) -> None:
    """A new project in ``directory`` with the sources in it."""
    (directory / source_folder).mkdir(parents=True)
    for path in SOURCES.iterdir():
        if path.suffix in suffixes:
            shutil.copy(path, directory / source_folder)


def keep(directory: Path, name: str, kept: tuple[str, ...]) -> None:
    """Take over what a tool made; ``kept``: files and directories of its project."""
    target = HERE / name
    shutil.rmtree(target, ignore_errors=True)
    for item in kept:
        source = directory / item
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if not path.is_file() or path.suffix == ".ts":
                continue
            destination = target / path.relative_to(directory)
            if path.suffix == ".json":
                write(destination, json.loads(path.read_text()))
            else:
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, destination)


def build_foundry(forge: Path, solc: Path, vyper: Path, directory: Path) -> None:
    fill(directory, "src", (".sol", ".vy"))
    wrapper = directory / "solc"
    program = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
    wrapper.write_text(
        f'#!/bin/sh\ncase " $* " in *" --version "*) echo "Version: {SOLC_VERSION}+commit.f401782d.Linux.g++"; exit;; '
        f'esac\nexec node -e "{program}" "{solc}"\n'
    )
    wrapper.chmod(0o755)
    (directory / "foundry.toml").write_text('[profile.default]\nsrc = "src"\nout = "compiled"\nlibs = []\n')
    settings = {"FOUNDRY_SOLC": str(wrapper), "FOUNDRY_OFFLINE": "true", "FOUNDRY_VYPER": f'{{path="{vyper}"}}'}
    run([str(forge), "build", "--ast"], directory, **settings)
    keep(directory, "foundry", ("foundry.toml", "src", "compiled", "cache"))


def build_hardhat2(hardhat: Path, solc: Path, directory: Path) -> None:
    fill(directory, "contracts", (".sol",))
    (directory / "package.json").write_text('{"name": "fixture"}\n')
    (directory / "hardhat.config.js").write_text(
        'const { subtask } = require("hardhat/config");\n'
        'const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");\n'
        "subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({\n"
        f'  compilerPath: "{solc}/soljson.js", isSolcJs: true, version: "{SOLC_VERSION}",\n'
        f'  longVersion: "{SOLC_VERSION}+commit.f401782d",\n'
        "}));\n"
        f'module.exports = {{ solidity: {{ version: "{SOLC_VERSION}", '
        "settings: { optimizer: { enabled: true, runs: 200 } } } };\n"
    )
    (directory / "node_modules").symlink_to(hardhat.parent)
    run(
        ["node", str(hardhat / "internal/cli/bootstrap.js"), "compile"],
        directory,
        HARDHAT_DISABLE_TELEMETRY_PROMPT="true",
    )
    (directory / "hardhat.config.js").write_text(f'module.exports = {{ solidity: "{SOLC_VERSION}" }};\n')
    keep(directory, "hardhat2", ("hardhat.config.js", "contracts", "artifacts"))


def build_hardhat3(hardhat: Path, node: Path, solc: Path, directory: Path) -> None:
    fill(directory, "contracts", (".sol",))
    (directory / "package.json").write_text('{"name": "fixture", "type": "module"}\n')
    (directory / "hardhat.config.js").write_text(
        f'export default {{ solidity: {{ version: "{SOLC_VERSION}", path: "{solc}/soljson.js", '
        "settings: { viaIR: true, optimizer: { enabled: true, runs: 200 } } } };\n"
    )
    (directory / "node_modules").symlink_to(hardhat.parent)
    run([str(node), str(hardhat / "dist/src/cli.js"), "build"], directory, CI="1")
    (directory / "hardhat.config.js").write_text(f'export default {{ solidity: "{SOLC_VERSION}" }};\n')
    keep(directory, "hardhat3", ("hardhat.config.js", "contracts", "artifacts"))


def build_solc(output: dict[str, Any]) -> None:
    """solc's own outputs, and what older tools make of them."""
    names = {"Vault": "contracts/Vault.sol", "Limits": "contracts/Limits.sol"}
    contracts = {name: output["contracts"][path][name] for name, path in names.items()}
    numbers = {path: source["id"] for path, source in output["sources"].items()}
    target = HERE / "solc"
    shutil.rmtree(target, ignore_errors=True)
    write(target / "standard.json", output)
    write(
        target / "combined.json",
        {
            "contracts": {
                f"{names[name]}:{name}": {
                    "abi": contract["abi"],
                    "bin": contract["evm"]["bytecode"]["object"],
                    "bin-runtime": contract["evm"]["deployedBytecode"]["object"],
                    "srcmap": contract["evm"]["bytecode"]["sourceMap"],
                    "srcmap-runtime": contract["evm"]["deployedBytecode"]["sourceMap"],
                }
                for name, contract in contracts.items()
            },
            "sourceList": sorted(numbers, key=lambda path: numbers[path]),
            "version": f"{SOLC_VERSION}+commit.f401782d",
        },
    )
    for name, contract in contracts.items():
        evm = contract["evm"]
        write(
            target / "truffle" / f"{name}.json",
            {
                "contractName": name,
                "abi": contract["abi"],
                "bytecode": "0x" + evm["bytecode"]["object"],
                "deployedBytecode": "0x" + evm["deployedBytecode"]["object"],
                "immutableReferences": evm["deployedBytecode"]["immutableReferences"],
                "sourceMap": evm["bytecode"]["sourceMap"],
                "deployedSourceMap": evm["deployedBytecode"]["sourceMap"],
                "source": (SOURCES / f"{name}.sol").read_text(),
                "sourcePath": names[name],
                "compiler": {"name": "solc", "version": SOLC_VERSION},
                "schemaVersion": "3.4.16",
            },
        )


def build_vyper(vyper: Path, directory: Path) -> None:
    fill(directory, "contracts", (".vy",))
    target = HERE / "vyper"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(directory / "contracts", target / "contracts")
    combined = run([str(vyper), "-f", "combined_json", "contracts/Box.vy"], directory)
    write(target / "combined.json", json.loads(combined))
    request = {
        "language": "Vyper",
        "sources": {f"contracts/{path.name}": {"content": path.read_text()} for path in sorted(SOURCES.glob("*.vy"))},
        "settings": {"outputSelection": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode", "ast"]}},
    }
    (directory / "request.json").write_text(json.dumps(request))
    write(target / "standard.json", json.loads(run([str(vyper), "--standard-json", "request.json"], directory)))


def main(arguments: list[str]) -> int:
    given = {name: Path(path).resolve() for name, _, path in (argument.partition("=") for argument in arguments)}
    if not given or not given.keys() <= {"solc", "vyper", "forge", "hardhat2", "hardhat3", "node22"}:
        print(__doc__, file=sys.stderr)
        return 2
    if "solc" in given:
        build_solc(compile_solidity(given["solc"], optimizer={"enabled": True, "runs": 200}))
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        if "vyper" in given:
            build_vyper(given["vyper"], here / "vyper")
        if {"forge", "solc", "vyper"} <= given.keys():
            build_foundry(given["forge"], given["solc"], given["vyper"], here / "foundry")
        if {"hardhat2", "solc"} <= given.keys():
            build_hardhat2(given["hardhat2"], given["solc"], here / "hardhat2")
        if {"hardhat3", "node22", "solc"} <= given.keys():
            build_hardhat3(given["hardhat3"], given["node22"], given["solc"], here / "hardhat3")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

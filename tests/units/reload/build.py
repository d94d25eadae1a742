"""Compiles what the tests next to it use: ``python tests/units/reload/build.py solc=DIR vyper=FILE``.

``layouts.json`` has the syntax trees and solc's own layouts of the pairs in ``pairs.py``, and Vyper's layouts;
``project.json`` the versions of the projects in ``project.py``. Members that nothing reads are taken out.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from tests.units.reload.pairs import IMMUTABLES, SOLIDITY, VYPER, VYPER_IMMUTABLES, solidity  # noqa: E402
from tests.units.reload.project import SOLIDITY_VERSIONS, VYPER_VERSIONS  # noqa: E402

RUN = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
UNREAD = {
    "src", "nameLocation", "body", "nameLocations", "memberLocation", "typeIdentifier", "baseFunctions", "scope",
    "parameters", "returnParameters", "modifiers", "functionSelector", "usedErrors", "usedEvents", "exportedSymbols",
    "keyNameLocation", "valueNameLocation", "symbolAliases", "license", "astId", "functionDebugData", "generatedSources",
    "opcodes", "sourceMap", "gasEstimates", "methodIdentifiers", "assembly", "legacyAssembly", "source_map",
    "source_map_runtime", "userdoc", "devdoc", "blueprint_bytecode", "settings_dict", "method_identifiers", "metadata",
}  # fmt: skip


def slim(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("nodeType") in ("FunctionDefinition", "EventDefinition", "ErrorDefinition"):
            whole = '"InlineAssembly"' in json.dumps(value)
            return value if whole else {"nodeType": value["nodeType"], "id": value["id"]}
        return {key: slim(member) for key, member in value.items() if key not in UNREAD}
    return [slim(member) for member in value] if isinstance(value, list) else value


def solc(program: Path, sources: dict[str, str], *outputs: str) -> dict[str, Any]:
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {"outputSelection": {"*": {"": ["ast"], "*": ["abi", *outputs]}}},
    }
    with tempfile.TemporaryFile("w+") as out:
        command = ["node", "-e", RUN, str(program)]
        subprocess.run(command, input=json.dumps(request), stdout=out, text=True, check=True)
        out.seek(0)
        output: dict[str, Any] = json.load(out)
    errors = [error["formattedMessage"] for error in output.get("errors", ()) if error["severity"] == "error"]
    if errors:
        raise SystemExit("\n".join(errors))
    output.pop("errors", None)
    return output


def vyper(program: Path, sources: dict[str, str], *names: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            (Path(folder) / name).write_text(text)
        command = [str(program), "-f", "combined_json", *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(re.sub(r'/[^" ]*/(vyper/builtins/)', r"/\1", done.stdout))
    return found


def layouts(solc_program: Path, vyper_program: Path) -> dict[str, Any]:
    made: dict[str, Any] = {"solidity": {}, "vyper": {}, "immutables": {}, "vyper immutables": {}}
    pairs = [*SOLIDITY, *IMMUTABLES]
    sources = {
        f"{number}/{when}.sol": solidity(body)
        for number, pair in enumerate(pairs)
        for when, body in (("before", pair.before), ("after", pair.after))
    }
    output = solc(solc_program, sources, "storageLayout")
    for number, pair in enumerate(pairs):
        both = made["solidity" if pair in SOLIDITY else "immutables"].setdefault(pair.name, {})
        for when in ("before", "after"):
            path = f"{number}/{when}.sol"
            storage = output["contracts"][path]["C"]["storageLayout"]["storage"]
            both[when] = {
                "ast": slim(output["sources"][path]["ast"]),
                "places": [[each["label"], int(each["slot"]), each["offset"]] for each in storage],
            }
    for pair in (*VYPER, *VYPER_IMMUTABLES):
        texts = {"before": pair.before, "after": pair.after}
        output = vyper(vyper_program, {f"{when}.vy": text for when, text in texts.items()}, "before.vy", "after.vy")
        made["vyper" if pair in VYPER else "vyper immutables"][pair.name] = {
            when: output[f"{when}.vy"]["layout"] for when in texts
        }
    return made


def project(solc_program: Path, vyper_program: Path) -> dict[str, Any]:
    code = ("evm.bytecode", "evm.deployedBytecode", "metadata")
    return {
        "solidity": {name: slim(solc(solc_program, texts, *code)) for name, texts in SOLIDITY_VERSIONS.items()},
        "vyper": {name: slim(vyper(vyper_program, texts, "Box.vy")) for name, texts in VYPER_VERSIONS.items()},
    }


def main(arguments: list[str]) -> int:
    given = {name: Path(path).resolve() for name, _, path in (argument.partition("=") for argument in arguments)}
    if given.keys() != {"solc", "vyper"}:
        print(__doc__, file=sys.stderr)
        return 2
    for name, make in (("layouts", layouts), ("project", project)):
        value = make(given["solc"], given["vyper"])
        (HERE / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A contract with a variable of every form that storage knows, a proxy of it, and one that takes a million steps.

``python -m tests.stage.shelf DIR`` compiles them again, with the npm package ``solc`` in DIR.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from tests.stage.failing_project import ALICE

FOLDER = Path(__file__).parents[1] / "artifacts" / "shelf"
COMPILED = FOLDER / "compiled.json"
STORY = "once upon a time there was a shelf, and much more stood on it than in one word"
_RUN = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
_KEPT = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.sourceMap", "storageLayout"]
_SOURCE = "src/Shelf.sol"


def standard_output() -> dict[str, Any]:
    """What solc made of them."""
    found: dict[str, Any] = json.loads(COMPILED.read_bytes())
    return found


def make_known(net: Devnet, **only: Any) -> None:
    """Tell a node of the contracts."""
    net.rpc("megadev_addArtifact", {**standard_output(), **only})


def deploy(net: Devnet, name: str, *words: str) -> str:
    """The address of a new contract, whose constructor takes addresses."""
    code = standard_output()["contracts"][_SOURCE][name]["evm"]["bytecode"]["object"]
    given = encode(["address"] * len(words), [bytes.fromhex(word[2:]) for word in words])
    request = {"from": ALICE, "data": "0x" + code + given.hex()}
    address: str = net.rpc("eth_sendTransactionSync", request)["contractAddress"]
    return address


def fill(net: Devnet, shelf: str) -> str:
    """The hash of a transaction that sets every variable."""
    data = "0x" + encode_call("fill(string,string)", "short", STORY).hex()
    request = {"from": ALICE, "to": shelf, "data": data}
    found: str = net.rpc("eth_sendTransactionSync", request)["transactionHash"]
    return found


def _without_bodies(tree: Any) -> Any:
    if isinstance(tree, dict):
        if tree.get("nodeType") in ("FunctionDefinition", "EventDefinition"):
            return {"nodeType": tree["nodeType"], "id": tree["id"]}
        return {key: _without_bodies(member) for key, member in tree.items() if key not in ("src", "nameLocation")}
    return [_without_bodies(member) for member in tree] if isinstance(tree, list) else tree


def _compile(program: str) -> None:
    request = {
        "language": "Solidity",
        "sources": {_SOURCE: {"content": (FOLDER / "Shelf.sol").read_text()}},
        "settings": {"outputSelection": {"*": {"": ["ast"], "*": _KEPT}}, "evmVersion": "prague"},
    }
    command = ["node", "-e", _RUN, str(Path(program).resolve())]
    made = json.loads(
        subprocess.run(command, input=json.dumps(request), text=True, check=True, capture_output=True).stdout
    )
    made.pop("errors", None)
    made["sources"][_SOURCE]["ast"] = _without_bodies(made["sources"][_SOURCE]["ast"])
    COMPILED.write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    _compile(sys.argv[1])

"""A developer saves a file, and the running node has the new code: with real compilers, over a real node's port, and
with the tools that people deploy with.

Needs what the tests' names say: ``MEGADEV_SOLC`` (a program or the npm package's folder), ``MEGADEV_VYPER``,
``MEGADEV_FORGE``, or the programs on the PATH; Vyper may also be installed with the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from megadev.primitives.abi import encode, encode_call
from tests.conftest import START_SECONDS, RunningNode
from tests.units.reload.project import SOLIDITY_VERSIONS, VYPER_VERSIONS

SOLC = os.environ.get("MEGADEV_SOLC") or shutil.which("solc")
VYPER = os.environ.get("MEGADEV_VYPER") or shutil.which("vyper", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
FORGE = os.environ.get("MEGADEV_FORGE") or shutil.which("forge")
"""Read on import: the tests' own environment has no MEGADEV_* in it."""

FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""Of the first dev account, as everybody knows it."""


def needs(*programs: str | None) -> Callable[[Any], Any]:
    """Marks a test that runs these compilers."""
    missing = pytest.mark.skipif(None in programs, reason="no compiler: MEGADEV_SOLC, MEGADEV_VYPER, MEGADEV_FORGE")
    return lambda test: pytest.mark.compilers(pytest.mark.slow(missing(test)))


Up = Callable[..., RunningNode]


def save(folder: Path, files: dict[str, str]) -> None:
    """Write sources as editors do: beside, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            beside = folder / f".{name}.tmp"
            beside.write_text(text)
            os.replace(beside, path)


def event(node: RunningNode, kind: str) -> dict[str, Any]:
    """The next of hot reload's notices of that kind."""
    while True:
        found = json.loads(node.next_line(timeout=300))
        if found["event"] == f"reload.{kind}":
            return dict(found)


def send(node: RunningNode, to: str | None, data: bytes) -> dict[str, Any]:
    me = node.rpc("eth_accounts")[0]
    call = {"from": me, "data": "0x" + data.hex(), "gas": hex(3_000_000)}
    receipt: dict[str, Any] = node.rpc("eth_sendTransactionSync", call if to is None else {**call, "to": to})
    assert receipt["status"] == "0x1"
    return receipt


def read(node: RunningNode, to: str, signature: str) -> int:
    return int(node.rpc("eth_call", {"to": to, "data": "0x" + encode_call(signature).hex()}, "latest"), 16)


def creation(node: RunningNode, name: str) -> bytes:
    """Creation code, as the node knows it."""
    return bytes.fromhex(node.rpc("megadev_getArtifact", name)["bytecode"][2:])


def test_nothing_to_watch_is_said_before_anything_starts(megadev_up: Up) -> None:
    node = megadev_up("--watch", listening="")
    assert "error: --watch: no contracts that can be compiled in" in node.next_line()
    assert node.process.wait(timeout=START_SECONDS) == 2


@needs(SOLC)
def test_plain_solidity(tmp_path: Path, megadev_up: Up) -> None:
    first = SOLIDITY_VERSIONS["first"]
    save(tmp_path, {"Counter.sol": first["Counter.sol"].replace("external pure", "internal pure"),
                    "Lib.sol": first["Lib.sol"].replace("external pure", "internal pure")})  # fmt: skip
    node = megadev_up("--json", "--watch", "--solc", str(SOLC), "--reload-abi-out", "abi.json")
    assert event(node, "watching")["contracts"] == ["Counter", "Lib"]
    counter = send(node, None, creation(node, "Counter") + encode(["uint256"], [5]))["contractAddress"]
    event(node, "deployed")
    send(node, counter, encode_call("bump()"))
    source = (tmp_path / "Counter.sol").read_text()
    save(tmp_path, {"Counter.sol": source.replace("count, step", "count, 2 * step")})
    done = event(node, "reloaded")
    assert 0 < done["totalMs"] - done["compileMs"] < done["totalMs"]
    send(node, counter, encode_call("bump()"))
    assert (read(node, counter, "count()"), read(node, counter, "step()")) == (15, 5)
    # both files at once: one save
    library = (tmp_path / "Lib.sol").read_text()
    save(tmp_path, {"Lib.sol": library.replace("a + b", "a + b + 1"), "Counter.sol": source})
    event(node, "reloaded")
    # an error, told with its place; then the file is gone
    save(tmp_path, {"Lib.sol": library.replace("return", "retrun")})
    assert event(node, "failed")["errors"][0].startswith("Lib.sol:3:")
    save(tmp_path, {"Lib.sol": library})
    event(node, "reloaded")
    (tmp_path / "Counter.sol").unlink()
    assert "Counter.sol:Counter is gone" in event(node, "plan")["message"]
    send(node, counter, encode_call("bump()"))
    assert read(node, counter, "count()") == 20
    assert json.loads((tmp_path / "abi.json").read_text())["l2"]["contracts"]["Counter"]["address"].lower() == counter
    assert node.stop() == 0


@pytest.mark.skipif(VYPER is None, reason="no Vyper: MEGADEV_VYPER, or the test extra")
def test_plain_vyper(tmp_path: Path, megadev_up: Up) -> None:
    from web3 import HTTPProvider, Web3

    save(tmp_path, VYPER_VERSIONS["first"])
    path = f"{Path(str(VYPER)).parent}:{os.environ['PATH']}"
    node = megadev_up("--json", "--watch", env={"PATH": path})
    event(node, "watching")
    # as a script deploys that compiles by itself
    printed = subprocess.run(
        [str(VYPER), "-f", "combined_json", "Box.vy"], cwd=tmp_path, capture_output=True, timeout=300, check=True
    ).stdout
    made = json.loads(printed)["Box.vy"]
    w3 = Web3(HTTPProvider(node.url))
    sent = w3.eth.contract(abi=made["abi"], bytecode=made["bytecode"]).constructor(50).transact({"from": w3.eth.accounts[0]})
    box = str(w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
    assert event(node, "deployed")["contract"] == "Box.vy:Box"
    send(node, box, encode_call("put(uint256)", 3))
    save(tmp_path, VYPER_VERSIONS["doubled"])
    event(node, "reloaded")
    send(node, box, encode_call("put(uint256)", 3))
    assert (read(node, box, "content()"), read(node, box, "limit()")) == (9, 50)
    save(tmp_path, VYPER_VERSIONS["inserted"])
    assert "content: moved from slot 0 to slot 1" in event(node, "refused")["message"]
    save(tmp_path, {"Box.vy": VYPER_VERSIONS["first"]["Box.vy"].replace("uint256)", "uint257)")})
    assert event(node, "failed")["errors"][0].startswith("Box.vy:")
    node.rpc("megadev_reloadUndo")
    assert read(node, box, "content()") == 3


@needs(FORGE, SOLC)
def test_foundry(tmp_path: Path, megadev_up: Up) -> None:
    solc = tmp_path / "solc"
    if Path(str(SOLC)).is_dir():
        program = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
        solc.write_text(
            '#!/bin/sh\ncase " $* " in *" --version "*) echo "Version: 0.8.37+commit.f401782d.Linux.g++"; exit;; esac\n'
            f'node -e "{program}" "{SOLC}" > "$0.out" && cat "$0.out"\n'
        )
    else:
        solc.write_text(f'#!/bin/sh\nexec "{shutil.which(str(SOLC))}" "$@"\n')
    solc.chmod(0o755)
    (tmp_path / "foundry.toml").write_text(f'[profile.default]\nsrc = "src"\nsolc = "{solc}"\noffline = true\nlibs = []\n')
    first = SOLIDITY_VERSIONS["first"]
    save(tmp_path / "src", {"Counter.sol": first["Counter.sol"], "Lib.sol": first["Lib.sol"]})
    path = f"{Path(str(FORGE)).parent}:{os.environ['PATH']}"
    node = megadev_up("--json", "--watch", env={"PATH": path})
    event(node, "watching")
    library = send(node, None, creation(node, "Lib"))["contractAddress"]
    event(node, "deployed")
    created = subprocess.run(
        [str(FORGE), "create", "src/Counter.sol:Counter", "--libraries", f"src/Lib.sol:Lib:{library}", "--broadcast",
         "--rpc-url", node.url, "--private-key", FIRST_KEY, "--constructor-args", "5"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert created.returncode == 0, created.stdout + created.stderr
    counter = re.findall(r"Deployed to: (0x\w{40})", created.stdout)[0]
    assert event(node, "deployed")["contract"] == "src/Counter.sol:Counter"
    send(node, counter, encode_call("bump()"))
    save(tmp_path / "src", {"Counter.sol": SOLIDITY_VERSIONS["doubled"]["Counter.sol"]})
    event(node, "reloaded")
    send(node, counter, encode_call("bump()"))
    assert (read(node, counter, "count()"), read(node, counter, "step()")) == (15, 5)
    save(tmp_path / "src", {"Counter.sol": SOLIDITY_VERSIONS["inserted"]["Counter.sol"]})
    assert "Counter.owner: inserted" in event(node, "refused")["message"]
    save(tmp_path / "src", {"Counter.sol": "contract Counter { uint x }"})
    assert event(node, "failed")["errors"][0].startswith("src/Counter.sol:1:")

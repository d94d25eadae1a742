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
from collections.abc import Callable
from pathlib import Path

import pytest

from megadev.primitives.abi import encode, encode_call
from tests.conftest import START_SECONDS, RunningNode
from tests.stage.programs import program
from tests.stage.saving import VYPER, creation, event, needs, save
from tests.stage.wallet import Wallet
from tests.units.reload.project import SOLIDITY_VERSIONS, VYPER_VERSIONS

SOLC = os.environ.get("MEGADEV_SOLC") or shutil.which("solc")


FORGE = os.environ.get("MEGADEV_FORGE") or shutil.which("forge")
"""Read on import: the tests' own environment has no MEGADEV_* in it."""


FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""Of the first dev account, as everybody knows it."""


Up = Callable[..., RunningNode]


def read(node: RunningNode, to: str, signature: str) -> int:
    return int(node.rpc("eth_call", {"to": to, "data": "0x" + encode_call(signature).hex()}, "latest"), 16)


def slots(node: RunningNode, *addresses: str) -> dict[str, dict[int, int]]:
    """All that these accounts have in storage, in a block that holds it all."""
    node.rpc("evm_mine")
    head = node.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    found = {}
    for address in addresses:
        storage = node.rpc("debug_storageRangeAt", head, 0, address, "0x" + "0" * 64, 1_000)["storage"]
        found[address] = {int(each["key"], 16): int(each["value"], 16) for each in storage.values()}
    return found


VAULT = program("hot_reload/vault.sol")


RATES = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
library Rates { function grow(uint256 sum, uint256 rate) external pure returns (uint256) { return sum + rate; } }
"""


@needs(SOLC)
def test_a_solidity_proxy_a_library_and_immutables(tmp_path: Path, megadev_up: Up) -> None:
    save(tmp_path, {"Vault.sol": VAULT, "Rates.sol": RATES, "Proxy.sol": SOLIDITY_VERSIONS["first"]["Proxy.sol"]})
    node = megadev_up("--json", "--watch", "--solc", str(SOLC))
    assert event(node, "watching")["contracts"] == ["Proxy", "Rates", "Vault"]

    def create(name: str, *arguments: bytes) -> str:
        # what is to be linked is PUSH20 of nothing
        code = creation(node, name).replace(b"\x73" + bytes(20), b"\x73" + library)
        address: str = Wallet(node.rpc, gas=3_000_000).make(None, code + b"".join(arguments))["contractAddress"]
        return address

    library = bytes(20)
    rates = create("Rates")
    library = bytes.fromhex(rates[2:])
    three, five = (create("Vault", encode(["uint256"], [rate])) for rate in (3, 5))
    proxy = create("Proxy", encode(["address"], [bytes.fromhex(three[2:])]))
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("start()"))
    for to in (proxy, three):
        Wallet(node.rpc, gas=3_000_000).make(to, encode_call("put(uint256)", 100))
    before = slots(node, proxy, three, five, rates)
    # the proxy: owner and flag in one word, total, a deposit, an array and its one item, a long text, the implementation
    assert (len(before[proxy]), len(before[three]), before[five], before[rates]) == (9, 4, {}, {})

    # the implementation, and what runs in the proxy
    save(tmp_path, {"Vault.sol": VAULT.replace("total + amount", "total + 2 * amount")})
    reloaded = {each["address"].lower(): each for each in event(node, "reloaded")["contracts"]}
    assert reloaded.keys() == {three, five}
    assert [each.lower() for each in reloaded[three]["proxies"]] == [proxy]
    assert slots(node, proxy, three, five, rates) == before
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("put(uint256)", 10))
    assert (read(node, proxy, "total()"), read(node, proxy, "rate()"), read(node, three, "total()")) == (126, 3, 103)

    # an upgrade: the immutables of the other implementation are its own, also after the reload
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("upgradeTo(address)", bytes.fromhex(five[2:])))
    assert read(node, proxy, "rate()") == 5
    before = slots(node, proxy, three, five, rates)
    save(tmp_path, {"Rates.sol": RATES.replace("sum + rate", "sum + 2 * rate")})
    # with those who use it: their metadata tells of its source
    reloaded = {each["address"].lower(): each for each in event(node, "reloaded")["contracts"]}
    assert reloaded.keys() == {rates, three, five}
    assert [each.lower() for each in reloaded[five]["proxies"]] == [proxy]
    assert slots(node, proxy, three, five, rates) == before
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("put(uint256)", 10))
    assert (read(node, proxy, "total()"), read(node, proxy, "rate()"), read(node, three, "rate()")) == (156, 5, 3)
    before = slots(node, proxy, three, five, rates)

    # what the storage of the proxy does not allow is refused, and nothing is touched
    save(tmp_path, {"Vault.sol": VAULT.replace("uint64 count; bool open;", "bool open; uint64 count;")})
    assert "Vault.deposits" in event(node, "refused")["message"]
    assert slots(node, proxy, three, five, rates) == before


RATES_VY = program("hot_reload/rates.vy")


VAULT_VY = program("hot_reload/vault.vy")


FACTORY_VY = """# pragma version ^0.4.0
made: public(address)

@external
def make(implementation: address):
    self.made = create_minimal_proxy_to(implementation)
"""


@needs(VYPER)
def test_a_vyper_proxy_a_library_and_immutables(tmp_path: Path, megadev_up: Up) -> None:
    save(tmp_path, {"Vault.vy": VAULT_VY, "rates.vy": RATES_VY, "Factory.vy": FACTORY_VY})
    path = f"{Path(str(VYPER)).parent}:{os.environ['PATH']}"
    node = megadev_up("--json", "--watch", env={"PATH": path})
    event(node, "watching")
    vault = Wallet(node.rpc, gas=3_000_000).make(None, creation(node, "Vault") + encode(["uint256"], [3]))[
        "contractAddress"
    ]
    factory = Wallet(node.rpc, gas=3_000_000).make(None, creation(node, "Factory"))["contractAddress"]
    Wallet(node.rpc, gas=3_000_000).make(factory, encode_call("make(address)", bytes.fromhex(vault[2:])))
    proxy = f"0x{read(node, factory, 'made()'):040x}"
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("start()"))
    for to in (proxy, vault):
        Wallet(node.rpc, gas=3_000_000).make(to, encode_call("put(uint256)", 100))
    before = slots(node, proxy, vault, factory)
    # the proxy: the module's word, owner, total, a deposit, an array's length and its one item
    assert (len(before[proxy]), len(before[vault]), len(before[factory])) == (6, 5, 1)
    maker = read(node, vault, "maker()")

    # the contract, then the module that it imports
    save(tmp_path, {"Vault.vy": VAULT_VY.replace("self.total + amount", "self.total + 2 * amount")})
    (reloaded,) = event(node, "reloaded")["contracts"]
    assert (reloaded["address"].lower(), [each.lower() for each in reloaded["proxies"]]) == (vault, [proxy])
    assert slots(node, proxy, vault, factory) == before
    save(tmp_path, {"rates.vy": RATES_VY.replace("total + rate", "total + 2 * rate")})
    event(node, "reloaded")
    assert slots(node, proxy, vault, factory) == before
    Wallet(node.rpc, gas=3_000_000).make(proxy, encode_call("put(uint256)", 10))
    assert (read(node, proxy, "total()"), read(node, vault, "total()")) == (103 + 20 + 6, 103)
    for each in (proxy, vault):
        assert (read(node, each, "rate()"), read(node, each, "maker()")) == (3, maker)
    before = slots(node, proxy, vault, factory)

    # what the storage of the proxy does not allow is refused, and nothing is touched
    save(tmp_path, {"rates.vy": RATES_VY.replace("bonus: uint256", "first: uint256\nbonus: uint256")})
    assert "rates.bonus: moved" in event(node, "refused")["message"]
    assert slots(node, proxy, vault, factory) == before


def test_a_missing_project_is_reported_before_the_start(megadev_up: Up) -> None:
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
    counter = Wallet(node.rpc, gas=3_000_000).make(None, creation(node, "Counter") + encode(["uint256"], [5]))[
        "contractAddress"
    ]
    event(node, "deployed")
    Wallet(node.rpc, gas=3_000_000).make(counter, encode_call("bump()"))
    source = (tmp_path / "Counter.sol").read_text()
    save(tmp_path, {"Counter.sol": source.replace("count, step", "count, 2 * step")})
    done = event(node, "reloaded")
    assert 0 < done["totalMs"] - done["compileMs"] < done["totalMs"]
    Wallet(node.rpc, gas=3_000_000).make(counter, encode_call("bump()"))
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
    Wallet(node.rpc, gas=3_000_000).make(counter, encode_call("bump()"))
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
    sent = (
        w3.eth.contract(abi=made["abi"], bytecode=made["bytecode"])
        .constructor(50)
        .transact({"from": w3.eth.accounts[0]})
    )
    box = str(w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
    assert event(node, "deployed")["contract"] == "Box.vy:Box"
    Wallet(node.rpc, gas=3_000_000).make(box, encode_call("put(uint256)", 3))
    save(tmp_path, VYPER_VERSIONS["doubled"])
    event(node, "reloaded")
    Wallet(node.rpc, gas=3_000_000).make(box, encode_call("put(uint256)", 3))
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
    (tmp_path / "foundry.toml").write_text(
        f'[profile.default]\nsrc = "src"\nsolc = "{solc}"\noffline = true\nlibs = []\n'
    )
    first = SOLIDITY_VERSIONS["first"]
    save(tmp_path / "src", {"Counter.sol": first["Counter.sol"], "Lib.sol": first["Lib.sol"]})
    path = f"{Path(str(FORGE)).parent}:{os.environ['PATH']}"
    node = megadev_up("--json", "--watch", env={"PATH": path})
    event(node, "watching")
    library = Wallet(node.rpc, gas=3_000_000).make(None, creation(node, "Lib"))["contractAddress"]
    event(node, "deployed")
    created = subprocess.run(
        [str(FORGE), "create", "src/Counter.sol:Counter", "--libraries", f"src/Lib.sol:Lib:{library}", "--broadcast",
         "--rpc-url", node.url, "--private-key", FIRST_KEY, "--constructor-args", "5"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert created.returncode == 0, created.stdout + created.stderr
    counter = re.findall(r"Deployed to: (0x\w{40})", created.stdout)[0]
    assert event(node, "deployed")["contract"] == "src/Counter.sol:Counter"
    Wallet(node.rpc, gas=3_000_000).make(counter, encode_call("bump()"))
    save(tmp_path / "src", {"Counter.sol": SOLIDITY_VERSIONS["doubled"]["Counter.sol"]})
    event(node, "reloaded")
    Wallet(node.rpc, gas=3_000_000).make(counter, encode_call("bump()"))
    assert (read(node, counter, "count()"), read(node, counter, "step()")) == (15, 5)
    save(tmp_path / "src", {"Counter.sol": SOLIDITY_VERSIONS["inserted"]["Counter.sol"]})
    assert "Counter.owner: inserted" in event(node, "refused")["message"]
    save(tmp_path / "src", {"Counter.sol": "contract Counter { uint x }"})
    assert event(node, "failed")["errors"][0].startswith("src/Counter.sol:1:")

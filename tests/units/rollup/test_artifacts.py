"""The bridge's artifacts are what their sources say, fit on a chain, and have the interfaces that clients use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

import megadev.rollup.contracts
import tests.units.rollup.contracts
from megadev.chain.contracts import build, decode_artifact
from megadev.rollup.contracts import build as build_bridge
from megadev.rollup.contracts import load
from tests.units.rollup.contracts import build as build_tests

# read now: no test sees such variables
SOLC = build.find_solc()
NODE_MODULES = os.environ.get("MEGADEV_NODE_MODULES", "")
"""A node_modules directory with viem."""

DIRECTORIES = {
    "bridge": (Path(megadev.rollup.contracts.__file__).parent, build_bridge.EVM_VERSION),
    "tests": (Path(tests.units.rollup.contracts.__file__).parent, build_tests.EVM_VERSION),
}
NAMES = sorted(path.stem for path in DIRECTORIES["bridge"][0].glob("*.json"))
CODE_SIZE_LIMIT = 24_576
"""EIP-170, in bytes."""

CLIENTS_USE = {
    "anchorStateRegistryAbi": "AnchorStateRegistry",
    "disputeGameAbi": "ValidityDisputeGame",
    "disputeGameFactoryAbi": "DisputeGameFactory",
    "gasPriceOracleAbi": "GasPriceOracle",
    "l1BlockAbi": "L1Block",
    "l2ToL1MessagePasserAbi": "L2ToL1MessagePasser",
    "portal2Abi": "OptimismPortal2",
}
"""viem's name for an interface → our contract. Its other two are those of portals before version 3."""

LEFT_OUT = {
    "constructor": "nothing here is deployed with arguments",
    "initialize(address)": "genesis fills the variables",
    "initialize(address,address,address,uint32)": "genesis fills the variables",
    "Initialized(uint8)": "no initializer",
    "ProposalNotValidated()": "the reason that viem does not understand; version 4 tells the reasons apart",
    "AlreadyFinalized()": "OptimismPortal_AlreadyFinalized() since version 4",
    "Unproven()": "OptimismPortal_Unproven() since version 4",
}
"""What of viem's interfaces ours do not have, and why."""


def signature(item: dict[str, Any]) -> str:
    def kind(one: dict[str, Any]) -> str:
        if not one["type"].startswith("tuple"):
            return str(one["type"])
        return f"({','.join(map(kind, one['components']))}){one['type'][5:]}"

    return f"{item['name']}({','.join(map(kind, item.get('inputs', [])))})" if "name" in item else item["type"]


def facts(item: dict[str, Any]) -> tuple[object, ...]:
    """What a client relies on besides the signature: what is answered, or which topics there are."""
    answers = tuple(signature({"name": "", "inputs": [one]}) for one in item.get("outputs", ()))
    return (item["type"], answers, tuple(one.get("indexed") for one in item.get("inputs", ())))


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_no_source_changed_after_its_artifact_was_built(directory: str) -> None:
    where, _ = DIRECTORIES[directory]
    for path in sorted(where.glob("*.json")):
        artifact = decode_artifact(path.read_bytes())
        assert artifact.source_sha256 == build.source_digest(where / artifact.source), f"run build.py: {artifact.name}"


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_the_artifacts_rebuild_byte_for_byte(directory: str) -> None:
    where, evm_version = DIRECTORIES[directory]
    if SOLC is None:
        pytest.skip("no Solidity compiler: set MEGADEV_SOLC, or put solc on PATH")
    if not build.solc_version(SOLC).startswith(build.SOLC_VERSION + "+"):
        pytest.skip(f"the compiler at hand is not solc {build.SOLC_VERSION}")
    assert build.stale(where, build.build_solidity(where, SOLC, evm_version)) == []


def test_a_changed_import_changes_the_source(tmp_path: Path) -> None:
    (tmp_path / "A.sol").write_text('import {b} from "./B.sol";\n')
    (tmp_path / "B.sol").write_text('import {\n    c\n} from "./C.sol";\n')
    (tmp_path / "C.sol").write_text("contract C {}\n")
    before = build.source_digest(tmp_path / "A.sol")
    (tmp_path / "C.sol").write_text("contract C { }\n")
    assert build.source_digest(tmp_path / "A.sol") != before


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_fits_the_code_size_limit(name: str) -> None:
    assert len(load(name).runtime) <= CODE_SIZE_LIMIT


@pytest.mark.parametrize(
    ("contract", "selectors"),
    [
        (
            "OptimismPortal2",
            "e9e05c42 8b4c40b0 a35d99df cff0ab96 4870496f 8c3152e9 43ca1c50 71c1566e bb2c727e 513747ab a3860f48 a14238e7"
            " 45884d32 7d6be8dc 7fc48504 bf653a5c 952b2797 3c9f397c 4fd0434c f2b4e617 5c0cba33 33d7e2bd 35e80ab3 452a9320"
            " 5c975abb 9bf62d82 54fd4d50",
        ),
        (
            "DisputeGameFactory",
            "82ecf2f6 4d1975b4 bb8aa1fc 5f0150cb 96cd9720 254bd683 1b685b9e 6593dc6e 14f6b1a3 1e334240",
        ),
        (
            "ValidityDisputeGame",
            "cf09e0d0 19effeb4 200d2ed2 bbdc02db 37b1b229 bcef3b55 6361506d 99735e32 8b85902b 609d3334 fa24f743 2810e1d6"
            " 250e69bd 8129fc1c dabd396d 2845e5bb d2ef7398 375bfa5d",
        ),
        (
            "AnchorStateRegistry",
            "496b9c16 04e50fed 0314d2b3 6c4f4467 ee658e45 34a346ea 5958a193 fdbb3dcf d83ef267 7258a807 e0a840eb 17cf21a9"
            " 4086d183",
        ),
        (
            "SystemConfig",
            "e81b2c6d dac6e63a 1fd19ee1 f68016b7 bfb14fb7 ec707517 48cd4cb1 cc731b02 c9b26f61 21d7fde5 b40a817c 155b6c6f"
            " c0fd4b41 18d13918",
        ),
        ("L1CrossDomainMessenger", "3dbb202b d764ad0b ecc70428 b1b1b209 a4e7f8bd 6e296e45 b28ade25"),
        ("L2CrossDomainMessenger", "3dbb202b d764ad0b ecc70428 b1b1b209 a4e7f8bd 6e296e45 b28ade25"),
        (
            "L1StandardBridge",
            "09fc8843 e11013dd 87087623 540abf73 1635f5fd 0166a07a b1a1a882 9a2ac6d5 58a997f6 838b2520",
        ),
        ("L2StandardBridge", "09fc8843 e11013dd 87087623 540abf73 1635f5fd 0166a07a 32b7006d a3a79548"),
        ("OptimismMintableERC20Factory", "ce5ac90f"),
        ("L2ToL1MessagePasser", "c2b3e5ac 82e3702d ecc70428 3f827a5a 44df8e70"),
        (
            "L1Block",
            "440a5e20 098999be 8381f58a b80777ea 5cf24969 09bd5a60 64ca23ef e81b2c6d e591b282 4d5d9a2a 16d3bc7f",
        ),
        (
            "GasPriceOracle",
            "49948e0e de26c4a1 275aedd2 105d0b81 519b4bd3 4ef6e224 960e3a23 b54501bc c5985918 68d5dca6 f8206140 f1c7a58b",
        ),
        ("FeeVault", "3ccfd60b 66d003ac 8312f149 82356d8a 84411d65"),
    ],
)
def test_a_contract_answers_to_the_selectors_that_are_known(contract: str, selectors: str) -> None:
    has = {keccak(signature(item).encode())[:4].hex() for item in load(contract).abi if item["type"] == "function"}
    assert set(selectors.split()) <= has


@pytest.mark.parametrize(
    ("contract", "event", "topic"),
    [
        ("OptimismPortal2", "TransactionDeposited", "b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"),
        ("OptimismPortal2", "WithdrawalProven", "67a6208cfcc0801d50f6cbe764733f4fddf66ac0b04442061a8a8c0cb6b63f62"),
        ("OptimismPortal2", "WithdrawalProvenExtension1", "798f9f13695f8f045aa5f80ed8efebb695f3c7fe65da381969f2f28bf3c60b97"),
        ("OptimismPortal2", "WithdrawalFinalized", "db5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b"),
        ("DisputeGameFactory", "DisputeGameCreated", "5b565efe82411da98814f356d0e7bcb8f0219b8d970307c5afb4a6903a8b2e35"),
        ("ValidityDisputeGame", "Resolved", "5e186f09b9c93491f14e277eea7faa5de6a2d4bda75a79af7a3684fbfb42da60"),
        ("AnchorStateRegistry", "AnchorUpdated", "474f180d74ea8751955ee261c93ff8270411b180408d1014c49f552c92a4d11e"),
        ("SystemConfig", "ConfigUpdate", "1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be"),
        ("L1CrossDomainMessenger", "SentMessage", "cb0f7ffd78f9aee47a248fae8db181db6eee833039123e026dcbff529522e52a"),
        ("L1CrossDomainMessenger", "SentMessageExtension1", "8ebb2ec2465bdb2a06a66fc37a0963af8a2a6a1479d81d56fdb8cbb98096d546"),
        ("L2CrossDomainMessenger", "RelayedMessage", "4641df4a962071e12719d8c8c8e5ac7fc4d97b927346a3d7a335b1f7517e133c"),
        ("L2CrossDomainMessenger", "FailedRelayedMessage", "99d0e048484baa1b1540b1367cb128acd7ab2946d1ed91ec10e3c85e4bf51b8f"),
        ("L1StandardBridge", "ETHDepositInitiated", "35d79ab81f2b2017e19afb5c5571778877782d7a8786f5907f93b0f4702f4f23"),
        ("L1StandardBridge", "ETHBridgeInitiated", "2849b43074093a05396b6f2a937dee8565b15a48a7b3d4bffb732a5017380af5"),
        ("L1StandardBridge", "ETHBridgeFinalized", "31b2166ff604fc5672ea5df08a78081d2bc6d746cadce880747f3643d819e83d"),
        ("L1StandardBridge", "ETHWithdrawalFinalized", "2ac69ee804d9a7a0984249f508dfab7cb2534b465b6ce1580f99a38ba9c5e631"),
        ("L1StandardBridge", "ERC20DepositInitiated", "718594027abd4eaed59f95162563e0cc6d0e8d5b86b1c7be8b1b0ac3343d0396"),
        ("L1StandardBridge", "ERC20WithdrawalFinalized", "3ceee06c1e37648fcbb6ed52e17b3e1f275a1f8c7b22a84b2b84732431e046b3"),
        ("L2StandardBridge", "ERC20BridgeInitiated", "7ff126db8024424bbfd9826e8ab82ff59136289ea440b04b39a0df1b03b9cabf"),
        ("L2StandardBridge", "ERC20BridgeFinalized", "d59c65b35445225835c83f50b6ede06a7be047d22e357073e250d9af537518cd"),
        ("L2StandardBridge", "DepositFinalized", "b0444523268717a02698be47d0803aa7468c00acbed2f8bd93a0459cde61dd89"),
        ("L2StandardBridge", "WithdrawalInitiated", "73d170910aba9e6d50b102db522b1dbcd796216f5128b445aa2135272886497e"),
        ("L2ToL1MessagePasser", "MessagePassed", "02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054"),
        ("OptimismMintableERC20Factory", "OptimismMintableERC20Created", "52fe89dd5930f343d25650b62fd367bae47088bcddffd2a88350a6ecdd620cdb"),
        ("OptimismMintableERC20Factory", "StandardL2TokenCreated", "ceeb8e7d520d7f3b65fc11a262b91066940193b05d4f93df07cfdced0eb551cf"),
    ],
)  # fmt: skip
def test_an_event_has_the_topic_that_indexers_look_for(contract: str, event: str, topic: str) -> None:
    (item,) = (item for item in load(contract).abi if item["type"] == "event" and item["name"] == event)
    assert keccak(signature(item).encode()).hex() == topic


@pytest.mark.node_js
def test_the_interfaces_have_everything_that_viem_uses() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    abis = Path(NODE_MODULES).resolve() / "viem" / "_esm" / "op-stack" / "abis.js"
    if not NODE_MODULES or not abis.is_file():
        pytest.skip("set MEGADEV_NODE_MODULES to a node_modules directory that has viem")
    script = f"import * as abis from {json.dumps(abis.as_uri())}; console.log(JSON.stringify(abis))"
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=120, check=True
    )
    missing = {}
    for name, items in json.loads(done.stdout).items():
        if name not in CLIENTS_USE:
            assert name in ("portalAbi", "l2OutputOracleAbi"), f"an interface of viem's that nobody compared: {name}"
            continue
        has = {signature(item): facts(item) for item in load(CLIENTS_USE[name]).abi}
        for item in items:
            said = signature(item)
            if said not in LEFT_OUT and has.get(said) != facts(item):
                missing[name, said] = (facts(item), has.get(said))
    assert missing == {}

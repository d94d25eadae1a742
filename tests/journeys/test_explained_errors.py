"""A call that fails says why, in the words of the project's own contracts: over JSON-RPC and in the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from web3.exceptions import ContractCustomError

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.primitives.abi import encode, encode_call
from megadev.rpc.client import RpcError
from tests.conftest import RunningNode
from tests.contracts import load

PROJECT = Path(__file__).parents[1] / "artifacts" / "foundry"
ABI = load("Reverter").abi
FAILS = encode_call("withCustomError(uint256)", 7)


def box_code() -> str:
    """Creation code of the Vyper contract of the project, with its constructor's argument."""
    artifact = json.loads((PROJECT / "compiled/Box.vy/Box.json").read_bytes())
    code: str = artifact["bytecode"]["object"]
    return code + encode(["uint256"], [100]).hex()


def test_a_node_in_a_project_explains_its_compiled_errors(
    tmp_path: Path, megadev_up: Callable[..., RunningNode]
) -> None:
    (tmp_path / "foundry.toml").write_text("")
    node = megadev_up()
    me = node.rpc("eth_accounts")[0]
    code = "0x" + load("Reverter").creation.hex()
    receipt = node.rpc("eth_sendTransactionSync", {"from": me, "data": code})
    call = {"from": me, "to": receipt["contractAddress"], "data": "0x" + FAILS.hex(), "gas": "0x30d40"}
    folder = tmp_path / "out" / "Reverter.sol"
    folder.mkdir(parents=True)
    (folder / "Reverter.json").write_text(json.dumps({"abi": ABI, "bytecode": {"object": code}}))
    node.rpc("eth_sendTransaction", call)
    node.wait_for(r'execution reverted: Refused\(who: 0xf39F\w+, code: 7, why: "no"\)')


def test_estimates_and_calls_name_errors_and_clients_still_decode_them() -> None:
    with Devnet(accounts=1) as net:
        net.rpc("megadev_addArtifact", {"name": "Reverter", "abi": ABI})
        me = net.accounts[0].address
        code = "0x" + load("Reverter").creation.hex()
        address = net.rpc("eth_sendTransactionSync", {"from": me, "data": code})["contractAddress"]
        for method in ("eth_call", "eth_estimateGas", "eth_fillTransaction"):
            with pytest.raises(RpcError) as said:
                net.rpc(method, {"from": me, "to": address, "data": "0x" + FAILS.hex()})
            assert said.value.message == f'execution reverted: Refused(who: {me}, code: 7, why: "no")'
            assert said.value.code == 3
            assert said.value.data[:10] == "0x6ec168df"
        reverter = net.w3.eth.contract(address=net.w3.to_checksum_address(address), abi=ABI)
        with pytest.raises(ContractCustomError) as refused:
            reverter.functions.withCustomError(7).call()
        assert refused.value.data[:10] == "0x6ec168df"


def test_a_project_in_another_folder_can_be_named() -> None:
    with Devnet(accounts=1, project=PROJECT) as net:
        names = [found["name"] for found in net.rpc("megadev_listArtifacts")["artifacts"]]
        assert names == ["Box", "Limits", "Vault", "checks"]
        tx = {"from": net.accounts[0].address, "data": box_code()}
        address = net.rpc("eth_sendTransactionSync", tx)["contractAddress"]
        found: dict[str, Any] = net.rpc("megadev_getArtifact", address)
        assert (found["name"], found["source"], found["language"]) == ("Box", "src/Box.vy", "Vyper")


def test_a_project_must_be_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--project: .*nowhere is not a directory"):
        Devnet(project=tmp_path / "nowhere")

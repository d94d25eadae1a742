"""Finding out why a transaction failed: in the terminal where the node runs, with ``megadev trace``, and over RPC.

The project is ``tests/artifacts/foundry``, a copy of it: a Solidity contract with a library, and a Vyper contract with a
module.
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

from megadev import Devnet
from megadev.cli.client import call
from megadev.primitives import rlp
from megadev.primitives.abi import encode
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.rpc.client import RpcError
from tests.conftest import REPOSITORY, RunningNode
from tests.contracts import load
from tests.stage.failing_project import ALICE, PROJECT, bytecode, data, deploy_box, deploy_vault, line_of, net  # noqa: F401
from tests.stage.wallet import Wallet

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


# read now: no test sees such variables
CAST = shutil.which(os.environ.get("MEGADEV_CAST", "cast"))


Up = Callable[..., RunningNode]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The working directory of ``megadev_up``, with a project in it."""
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    return tmp_path


def trace(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``megadev trace`` as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "megadev", "trace", *arguments, "--rpc-url", url],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_a_solidity_contract_fails_and_the_terminal_names_the_line(megadev_up: Up, project: Path) -> None:
    node = megadev_up()
    vault = deploy_vault(node.rpc)
    failed = Wallet(node.rpc, gas=5_000_000).send(to=vault, data=data("withdraw(uint256)", 30))
    assert failed["status"] == "0x0"
    node.wait_for(r"execution reverted: InsufficientBalance\(available: 0, required: 30\) · \d+ gas")
    revert = line_of("Vault.sol", "revert InsufficientBalance")
    assert node.next_line() == f"      at src/Vault.sol:{revert}  revert InsufficientBalance(have, amount);\n"
    assert node.next_line() == f"      at src/Vault.sol:{line_of('Vault.sol', '_take(amount);')}  _take(amount);\n"

    shown = trace(node.url, failed["transactionHash"])
    assert shown.returncode == 0, shown.stderr
    assert "InsufficientBalance(available: 0, required: 30)" in shown.stdout
    assert f"at Vault._take  src/Vault.sol:{revert}:" in shown.stdout
    assert "Vault.withdraw(amount: 30) ✗ InsufficientBalance(available: 0, required: 30)" in shown.stdout
    assert "delegatecall Limits.check(" in shown.stdout
    assert "\x1b" not in shown.stdout, "colours go to terminals only"


def test_a_vyper_contract_fails_and_the_terminal_names_the_line(megadev_up: Up, project: Path) -> None:
    node = megadev_up()
    box = deploy_box(node.rpc)
    failed = Wallet(node.rpc, gas=5_000_000).send(to=box, data=data("put(uint256)", 2000))
    node.wait_for(r"execution reverted: too much · ")
    check = line_of("checks.vy", "assert")
    assert node.next_line() == f'      at src/checks.vy:{check}  assert amount < 1000, "too much"\n'
    assert node.next_line() == f"      at src/Box.vy:{line_of('Box.vy', 'checks.small')}  checks.small(amount)\n"
    shown = trace(node.url, failed["transactionHash"])
    assert f"at checks.small  src/checks.vy:{check}:" in shown.stdout
    assert "Box.put(amount: 2000) ✗ too much" in shown.stdout


def test_the_json_log_names_the_line_too(megadev_up: Up, project: Path) -> None:
    node = megadev_up("--json", listening=r"Listening on [^\"]+:(\d+)")
    box = deploy_box(node.rpc)
    failed = Wallet(node.rpc, gas=5_000_000).send(to=box, data=data("take(uint256)", 1))
    told: dict[str, Any] = {}
    while told.get("hash") != failed["transactionHash"]:
        told = json.loads(node.next_line())
    assert told["stack"][0]["source"] == "src/Box.vy"
    assert told["stack"][0]["line"] == line_of("Box.vy", "self.content -= amount")


def test_a_transaction_in_a_block_that_is_still_open_has_its_line_too(megadev_up: Up, project: Path) -> None:
    node = megadev_up("--mini-block-time", "0.01", "--block-time", "3600")
    box = deploy_box(node.rpc)
    failed = Wallet(node.rpc, gas=5_000_000).send(to=box, data=data("put(uint256)", 0))
    line = line_of("Box.vy", "assert amount > 0")
    node.wait_for(rf"^      at src/Box\.vy:{line}  assert amount > 0")
    assert node.rpc("megadev_getStackTrace", failed["transactionHash"])["stack"][0]["line"] == line
    assert node.rpc("eth_blockNumber") == "0x0"


def test_without_a_project_the_reason_is_still_shown(megadev_up: Up) -> None:
    node = megadev_up()
    reverter = Wallet(node.rpc, gas=5_000_000).send(data="0x" + load("Reverter").creation.hex())["contractAddress"]
    failed = Wallet(node.rpc, gas=5_000_000).send(to=reverter, data=data("withReason()"))
    node.wait_for(r"execution reverted: out of luck · ")
    shown = trace(node.url, failed["transactionHash"])
    assert shown.returncode == 0
    assert "out of luck" in shown.stdout
    assert f"{checksum_address(bytes.fromhex(reverter[2:]))}.0x75f19a5d() ✗ out of luck" in shown.stdout


@pytest.mark.foundry
@pytest.mark.parametrize(
    ("deploy", "call_", "place"),
    [
        (deploy_vault, ("withdraw(uint256)", "0"), ("Vault.sol", "nothing to do")),
        (deploy_box, ("put(uint256)", "0"), ("Box.vy", "assert amount > 0")),
    ],
)
def test_from_cast_send_to_the_source_line(
    megadev_up: Up, project: Path, deploy: Any, call_: tuple[str, str], place: tuple[str, str]
) -> None:
    if CAST is None:
        pytest.skip("cast is not installed: set MEGADEV_CAST to where it is")
    node = megadev_up()
    contract = deploy(node.rpc)
    command = [CAST, "send", contract, *call_, "--private-key", KEY, "--gas-limit", "100000", "--json"]
    done = subprocess.run(
        [*command, "--rpc-url", node.url], capture_output=True, text=True, timeout=120,
        env={**os.environ, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"},
    )  # fmt: skip
    tx_hash = json.loads(done.stdout)["transactionHash"]
    assert done.returncode == 0, done.stderr
    node.wait_for(re.escape(f"      at src/{place[0]}:{line_of(*place)}  "))
    assert f"src/{place[0]}:{line_of(*place)}:" in trace(node.url, tx_hash).stdout


def test_trace_reports_an_error_in_one_line(net: Devnet) -> None:  # noqa: F811
    url = net.url
    unknown = trace(url, "0x" + "12" * 32)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == f"error: transaction not found: 0x{'12' * 32}\n"
    wrong = trace(url, "0x12")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: HASH: must be a transaction's hash")
    nobody = trace("http://127.0.0.1:1", "0x" + "12" * 32)
    assert nobody.returncode == 1
    assert nobody.stderr.startswith("error: no node answers")
    tx_hash = Wallet(net.rpc, gas=5_000_000).send(to=ALICE, value="0x1")["transactionHash"]
    assert json.loads(trace(url, tx_hash, "--json").stdout) == call(url, "megadev_getStackTrace", [tx_hash])


def places(told: Any) -> list[tuple[str, str | None, int | None]]:
    return [(entry["function"], entry["source"], entry["line"]) for entry in told["stack"]]


def test_the_stack_lists_lines_from_the_failure_outwards(net: Devnet) -> None:  # noqa: F811
    vault = deploy_vault(net.rpc)
    failed = Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("withdraw(uint256)", 1000))
    told = net.rpc("megadev_getStackTrace", failed["transactionHash"])
    assert (told["status"], told["blockNumber"]) == ("0x0", failed["blockNumber"])
    assert told["error"].startswith("OverLimit(who: ")
    assert places(told) == [
        ("Limits.check", "src/Limits.sol", line_of("Limits.sol", "revert OverLimit")),
        ("Vault.withdraw", "src/Vault.sol", line_of("Vault.sol", "Limits.check(")),
    ]
    assert told["stack"][0]["text"] == "revert OverLimit(msg.sender, shortages);"
    outer, inner = told["calls"]
    assert (outer["text"], outer["arguments"]) == (
        "Vault.withdraw(amount: 1000)",
        [{"name": "amount", "type": "uint256", "value": "1000"}],
    )
    assert (inner["type"], inner["depth"], inner["contract"]) == ("DELEGATECALL", 1, "Limits")
    assert int(outer["gasUsed"], 16) < int(told["gasUsed"], 16) == int(failed["gasUsed"], 16)


def test_a_call_is_traced_where_it_would_run_and_changes_nothing(net: Devnet) -> None:  # noqa: F811
    vault = deploy_vault(net.rpc)
    before = net.rpc("eth_blockNumber")
    deposited = Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("deposit()"), value=hex(50))
    state_root = net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"]
    take = {"from": ALICE, "to": vault, "data": data("withdraw(uint256)", 30)}
    assert net.rpc("megadev_getStackTrace", take)["status"] == "0x1"
    told = net.rpc("megadev_getStackTrace", take, before)
    assert (told["status"], told["blockNumber"]) == ("0x0", before)
    assert told["transactionHash"] is None
    assert told["error"] == "InsufficientBalance(available: 0, required: 30)"
    assert net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"] == state_root
    assert net.rpc("megadev_getStackTrace", deposited["transactionHash"])["stack"] == []


def test_events_and_returned_values_are_named(net: Devnet) -> None:  # noqa: F811
    box = deploy_box(net.rpc)
    done = Wallet(net.rpc, gas=5_000_000).send(to=box, data=data("put(uint256)", 20))
    told = net.rpc("megadev_getStackTrace", done["transactionHash"])
    assert [(entry["type"], entry["text"]) for entry in told["calls"]] == [
        ("CALL", "Box.put(amount: 20)"),
        ("LOG", f"Put(who: {ALICE}, amount: 20)"),
    ]
    taken = net.rpc("megadev_getStackTrace", {"to": box, "data": data("take(uint256)", 10)})
    assert taken["calls"][0]["returned"] == "0"


@pytest.mark.parametrize(
    ("deploy", "fields", "error"),
    [
        (deploy_vault, {"data": "0xdeadbeef"}, "execution reverted: Vault has no function 0xdeadbeef"),
        (deploy_vault, {"value": "0x1"}, "execution reverted: Vault has no receive function"),
        (deploy_vault, {"value": "0x1", "data": data("withdraw(uint256)", 1)},
         "execution reverted: Vault.withdraw is not payable"),
        (deploy_vault, {"data": data("share(uint256)", 0)}, "panic: division or modulo by zero (0x12)"),
        (deploy_vault, {"data": data("withdraw(uint256)", 1), "gas": hex(21_550)}, "out of gas"),
    ],
)  # fmt: skip
def test_failures_without_a_reason_are_explained(net: Devnet, deploy: Any, fields: dict[str, str], error: str) -> None:  # noqa: F811
    failed = Wallet(net.rpc, gas=5_000_000).send(to=deploy(net.rpc), **fields)
    assert net.rpc("megadev_getStackTrace", failed["transactionHash"])["error"] == error


@pytest.mark.parametrize(("name", "source"), [("Vault", "Vault.sol"), ("Box", "Box.vy")])
def test_a_constructor_that_fails_has_its_line(net: Devnet, name: str, source: str) -> None:  # noqa: F811
    code = re.sub(r"__\$\w+\$__", "00" * 20, bytecode(name)) + encode(["uint256"], [13]).hex()
    failed = Wallet(net.rpc, gas=5_000_000).send(data=code)
    told = net.rpc("megadev_getStackTrace", failed["transactionHash"])
    assert told["error"] == "unlucky"
    assert told["stack"][0]["source"] == f"src/{source}"
    assert told["stack"][0]["line"] == line_of(source, '"unlucky"')
    assert told["calls"][0]["text"] == f"{name}.constructor(limit_: 13)"


def test_every_transaction_of_a_block_is_traced_on_the_state_it_found(net: Devnet) -> None:  # noqa: F811
    vault = deploy_vault(net.rpc)
    net.rpc("anvil_setAutomine", False)
    nonce = int(net.rpc("eth_getTransactionCount", ALICE, "latest"), 16)
    hashes = [
        net.rpc("eth_sendTransaction", {"from": ALICE, "to": vault, "gas": "0x30000", "nonce": hex(nonce + at)} | what)
        for at, what in enumerate(
            [
                {"data": data("withdraw(uint256)", 5)},
                {"data": data("deposit()"), "value": hex(9)},
                {"data": data("withdraw(uint256)", 5)},
                {"data": data("withdraw(uint256)", 5)},
            ]
        )
    ]
    with pytest.raises(RpcError, match="is still in the txpool"):
        net.rpc("megadev_getStackTrace", hashes[0])
    net.rpc("evm_mine")
    net.rpc("anvil_setAutomine", True)
    Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("deposit()"), value=hex(10**6))
    assert [net.rpc("megadev_getStackTrace", tx_hash)["error"] for tx_hash in hashes] == [
        "InsufficientBalance(available: 0, required: 5)",
        None,
        None,
        "InsufficientBalance(available: 4, required: 5)",
    ]


def test_code_of_a_delegated_account_is_recognised(net: Devnet) -> None:  # noqa: F811
    """EIP-7702: from this transaction on, Bob's account points to the box."""
    box = bytes.fromhex(deploy_box(net.rpc)[2:])
    bob = net.accounts[1]
    nonce = int(net.rpc("eth_getTransactionCount", bob.address, "latest"), 16)
    y_parity, r, s = sign(keccak(b"\x05" + rlp.encode((31337, box, nonce))), bob.raw_key)
    authorization = {
        "chainId": hex(31337), "address": "0x" + box.hex(), "nonce": hex(nonce),
        "yParity": hex(y_parity), "r": hex(r), "s": hex(s),
    }  # fmt: skip
    failed = Wallet(net.rpc, gas=5_000_000).send(
        to=bob.address, data=data("put(uint256)", 0), authorizationList=[authorization]
    )
    told = net.rpc("megadev_getStackTrace", failed["transactionHash"])
    assert told["calls"][0]["contract"] == "Box"
    assert told["stack"][0]["line"] == line_of("Box.vy", "assert amount > 0")


def test_a_thousand_frames_deep(net: Devnet) -> None:  # noqa: F811
    """It calls itself until no further call may start: 1,024 calls run in the first one, and one is refused."""
    code = bytes.fromhex("5f5f5f5f5f305af1600e575f5ffd5b00")
    runner = Wallet(net.rpc, gas=5_000_000).send(data="0x" + creation_of(code).hex())
    ran = Wallet(net.rpc, gas=5_000_000).send(to=runner["contractAddress"], gas=hex(5 * 10**11))
    told = net.rpc("megadev_getStackTrace", ran["transactionHash"])
    assert max(entry["depth"] for entry in told["calls"]) == 1025
    assert told["calls"][-1]["error"] == "max call depth exceeded"
    assert told["error"] == "max call depth exceeded"
    assert len(told["stack"]) == 1025
    shown = trace(net.url, ran["transactionHash"])
    assert shown.returncode == 0
    assert len(shown.stdout.splitlines()) < 60


def creation_of(code: bytes) -> bytes:
    """Creation code that stores ``code``: PUSH1 size, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN."""
    return bytes([0x60, len(code), 0x80, 0x60, 9, 0x5F, 0x39, 0x5F, 0xF3]) + code

"""What a transaction pays for, told by frame, function and line: under MegaETH's rules in its two kinds of gas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi import encode
from eth_utils import keccak

from megadev import Devnet
from megadev.cli.main import cli
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.programs import program

PROJECT = Path(__file__).parents[1] / "artifacts" / "foundry"
SOURCE = (PROJECT / "src" / "Vault.sol").read_text().splitlines()
READS_TIME = "0xc0de" + "00" * 17 + "01"
WRITES_MUCH = "0xc0de" + "00" * 17 + "02"


def number(text: str) -> int:
    return int(text, 16)


def line_of(text: str) -> int:
    return next(index for index, line in enumerate(SOURCE, 1) if text in line)


class Vault:
    """The project's contract, deployed; ``send`` answers with a hash."""

    def __init__(self, net: Devnet) -> None:
        self.net, self.me = net, net.accounts[0].address
        built = {
            name: json.loads((PROJECT / f"compiled/{name}.sol/{name}.json").read_bytes())
            for name in ("Limits", "Vault")
        }
        limits = self.receipt(self.send(None, built["Limits"]["bytecode"]["object"]))["contractAddress"]
        code = re.sub(r"__\$\w+\$__", limits[2:], built["Vault"]["bytecode"]["object"])
        self.created = self.send(None, code + encode(["uint256"], [100]).hex())
        self.address = self.receipt(self.created)["contractAddress"]

    def send(self, to: str | None, data: str, **fields: Any) -> str:
        tx = {"from": self.me, "data": data, "gas": hex(min(net_gas(self.net), 100_000_000)), **fields}
        if to is not None:
            tx["to"] = to
        sent: str = self.net.rpc("eth_sendTransaction", tx)
        self.net.rpc("evm_mine")
        return sent

    def receipt(self, tx_hash: str) -> dict[str, Any]:
        receipt: dict[str, Any] = self.net.rpc("eth_getTransactionReceipt", tx_hash)
        return receipt

    def call(self, signature: str, *arguments: int, **fields: Any) -> str:
        return self.send(self.address, data_of(signature, *arguments), **fields)


def net_gas(net: Devnet) -> int:
    return number(net.rpc("eth_getBlockByNumber", "latest", False)["gasLimit"])


def data_of(signature: str, *arguments: int) -> str:
    return "0x" + (keccak(text=signature)[:4] + encode(["uint256"] * len(arguments), arguments)).hex()


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(preset="megaeth", no_mining=True, project=PROJECT) as net:
        yield net


@pytest.fixture
def vault(net: Devnet) -> Vault:
    return Vault(net)


def report(net: Devnet, what: object) -> dict[str, Any]:
    answer: dict[str, Any] = net.rpc("megadev_gasReport", what)
    return answer


def test_compute_and_storage_gas_add_up_to_the_gas_used(vault: Vault) -> None:
    for tx_hash in (vault.created, vault.call("deposit()", value="0x5"), vault.call("withdraw(uint256)", 3)):
        answer = report(vault.net, tx_hash)
        used = number(answer["computeGas"]) + number(answer["storageGas"]) - number(answer["refunded"])
        assert number(answer["gasUsed"]) == used == number(vault.receipt(tx_hash)["gasUsed"])
        top = answer["frames"][0]
        for kind in ("computeGas", "storageGas"):
            assert number(answer[kind]) == number(answer["intrinsic"][kind]) + number(top[kind]), kind
        assert number(answer["compared"]["gasUsed"]) < number(answer["gasUsed"])
        assert answer["compared"]["rules"] == "prague"
        assert answer["compared"]["gasUsed"] == hex(number(answer["computeGas"]) - number(answer["refunded"]))


def test_gas_is_reported_by_function_and_line(vault: Vault) -> None:
    vault.call("deposit()", value="0x5")
    answer = report(vault.net, vault.call("withdraw(uint256)", 3))
    lines = {line["line"]: line for line in answer["lines"] if line["source"] == "src/Vault.sol"}
    emitted = lines[line_of("emit Withdrawn")]
    assert number(emitted["storageGas"]) == 3 * 3_750 + 80 * 32
    written = lines[line_of("balances[msg.sender] = have - amount")]
    assert number(written["storageGas"]) == 0 and number(written["computeGas"]) > 2_900
    functions = {row["function"]: row for row in answer["functions"]}
    assert number(functions["Vault.withdraw"]["storageGas"]) >= number(emitted["storageGas"])
    assert number(functions["Vault._take"]["computeGas"]) >= number(written["computeGas"])
    names = [(frame["contract"], frame["function"], frame["depth"]) for frame in answer["frames"]]
    assert names == [("Vault", "withdraw", 0), ("Limits", "check", 1)]


def test_the_deposit_of_code_is_the_frames(vault: Vault) -> None:
    answer = report(vault.net, vault.created)
    size = (len(vault.net.rpc("eth_getCode", vault.address, "latest")) - 2) // 2
    assert number(answer["frames"][0]["storageGas"]) == 10_000 * size
    assert answer["frames"][0]["own"]["storageGas"] == "0x0"
    assert number(answer["meters"]["stateGrowth"]["used"]) == 1


def test_a_call_that_is_not_sent_has_a_report_too(vault: Vault) -> None:
    call = {"from": vault.me, "to": vault.address, "data": data_of("deposit()"), "value": "0x5"}
    answer = report(vault.net, call)
    assert answer["transactionHash"] is None and answer["status"] == "0x1"
    sent = report(vault.net, vault.call("deposit()", value="0x5"))
    assert (answer["gasUsed"], answer["lines"]) == (sent["gasUsed"], sent["lines"])


def test_the_report_names_where_detention_began(vault: Vault) -> None:
    # TIMESTAMP, then a hash of a megabyte, again and again
    vault.net.rpc("anvil_setCode", READS_TIME, "0x42505b621000005f2050600256")
    answer = report(vault.net, vault.send(READS_TIME, "0x", gas=hex(300_000_000)))
    assert answer["status"] == "0x0"
    assert answer["volatile"] == ["TIMESTAMP"]
    detention = answer["detention"]
    assert detention["at"]["opcode"] == "TIMESTAMP" and detention["at"]["pc"] == "0x0"
    assert number(detention["limit"]) == 20_000_000 + 21_002
    limited = answer["limited"]
    assert (limited["name"], limited["of"], limited["limit"]) == ("detention", "transaction", detention["limit"])
    assert number(limited["used"]) > number(limited["limit"])
    assert "before the first look at block data" in limited["remedy"]
    assert answer["meters"]["computeGas"]["left"] == "0x0"


def test_a_frames_limit_is_named_with_the_opcode_that_reached_it(vault: Vault) -> None:
    # a new slot in each round: SSTORE(n, 1), n = n + 1
    vault.net.rpc("anvil_setCode", WRITES_MUCH, "0x5f5b60018155600101600156")
    answer = report(vault.net, vault.send(WRITES_MUCH, "0x", gas=hex(300_000_000)))
    limited = answer["limited"]
    assert (limited["name"], limited["of"], limited["limit"], limited["used"]) == (
        "stateGrowth",
        "frame",
        hex(1_000),
        None,
    )
    assert limited["at"]["opcode"] == "SSTORE"
    assert "fewer slots" in limited["remedy"]


def test_a_limit_of_an_inner_frame_is_named_by_steps_and_without(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that reverts with a reason of its own says nothing of it; and what runs very many instructions is not
    watched opcode by opcode.
    """
    caller = "0x00000000000000000000000000000000000ca11e"
    vault.net.rpc("anvil_setCode", WRITES_MUCH, "0x5f5b60018155600101600156")
    vault.net.rpc("anvil_setCode", caller, f"0x5f5f5f5f5f73{WRITES_MUCH[2:]}5af15f5ffd")
    tx_hash = vault.send(caller, "0x", gas=hex(300_000_000))
    by_steps = report(vault.net, tx_hash)
    monkeypatch.setattr("megadev.rpc.tracing.STEPS_TIMEOUT_NS", -1)
    answer = report(vault.net, tx_hash)
    assert (by_steps["isByLine"], answer["isByLine"], answer["lines"]) == (True, False, [])
    assert answer["limited"] == by_steps["limited"]
    assert answer["limited"]["limit"] == hex(980)
    assert (answer["limited"]["at"]["opcode"], answer["limited"]["at"]["address"]) == ("SSTORE", WRITES_MUCH)
    assert [(frame["gasUsed"], frame["error"]) for frame in answer["frames"]] == [
        (frame["gasUsed"], frame["error"]) for frame in by_steps["frames"]
    ]
    traced = vault.net.rpc("megadev_getStackTrace", tx_hash)
    assert traced["stack"][0]["pc"] == hex(30)  # the caller's REVERT


def test_too_little_gas_is_explained_by_storage_gas(vault: Vault) -> None:
    size = (len(vault.net.rpc("eth_getCode", vault.address, "latest")) - 2) // 2
    data = vault.net.rpc("eth_getTransactionByHash", vault.created)["input"]
    answer = report(vault.net, vault.send(None, data, gas=hex(10_000 * size)))
    assert answer["status"] == "0x0"
    assert answer["limited"]["name"] == "gas" and "eth_estimateGas" in answer["limited"]["remedy"]


def test_prices_give_the_cost_of_a_change(vault: Vault) -> None:
    prices = report(vault.net, vault.created)["prices"]
    assert prices["codeByte"] == {"computeGas": hex(200), "storageGas": hex(10_000), "storageGasPerMultiplier": "0x0"}
    assert prices["newSlot"] == {"computeGas": hex(22_100), "storageGas": "0x0", "storageGasPerMultiplier": hex(20_000)}


def test_under_ethereums_rules_megaeths_gas_is_shown_too() -> None:
    with Devnet(no_l1=True, project=PROJECT) as net:
        vault = Vault(net)
        answer = report(net, vault.call("deposit()", value="0x5"))
        assert (answer["rules"], answer["meters"], answer["storageGas"]) == ("osaka", {}, "0x0")
        assert answer["compared"]["rules"] == "rex6"
        assert number(answer["compared"]["storageGas"]) >= 39_000
        assert {frame["storageGas"] for frame in answer["frames"]} == {"0x0"}


def test_an_unmined_transaction_is_not_found(net: Devnet) -> None:
    with pytest.raises(RpcError) as refused:
        report(net, "0x" + "12" * 32)
    assert "not found" in refused.value.message


def test_a_trace_shows_both_kinds_and_standard_answers_neither(vault: Vault) -> None:
    tx_hash = vault.call("deposit()", value="0x5")
    trace = vault.net.rpc("megadev_getStackTrace", tx_hash)
    answer = report(vault.net, tx_hash)
    assert (trace["computeGas"], trace["storageGas"]) == (answer["computeGas"], answer["storageGas"])
    assert trace["calls"][0]["storageGas"] == answer["frames"][0]["storageGas"]
    for standard in (
        vault.receipt(tx_hash),
        vault.net.rpc("debug_traceTransaction", tx_hash, {"tracer": "callTracer"}),
    ):
        assert not {"computeGas", "storageGas", "meters"} & standard.keys()


def test_the_commands_show_it(vault: Vault, tmp_path: Path) -> None:
    net = vault.net
    net.serve()
    vault.call("deposit()", value="0x5")
    tx_hash = vault.call("withdraw(uint256)", 3)
    shown = CliRunner().invoke(cli, ["gas", tx_hash, "--rpc-url", net.url])
    assert shown.exit_code == 0, shown.output
    assert f"src/Vault.sol:{line_of('emit Withdrawn')}" in shown.output
    assert "the same under prague" in shown.output and "Vault._take" in shown.output and "state growth" in shown.output
    call = tmp_path / "call.json"
    call.write_text(json.dumps({"from": vault.me, "to": vault.address, "data": data_of("deposit()")}))
    assert "Vault.deposit" in CliRunner().invoke(cli, ["gas", str(call), "--rpc-url", net.url]).output
    traced = CliRunner().invoke(cli, ["trace", tx_hash, "--rpc-url", net.url])
    assert re.search(r"\(\d+ compute \+ \d+ storage\)", traced.output), traced.output
    assert re.search(r"\[\d+ \+ 13810\] Vault.withdraw", traced.output), traced.output
    assert CliRunner().invoke(cli, ["gas", "nothing", "--rpc-url", net.url]).exit_code != 0


def test_tests_are_reported_in_both_kinds(tmp_path: Path) -> None:
    test = tmp_path / "test_token.py"
    artifact = load("Token")
    (tmp_path / "Token.json").write_text(json.dumps({"abi": artifact.abi, "bytecode": "0x" + artifact.creation.hex()}))
    test.write_text(program("gas_report/tests_are_reported_in_both_kinds.py"))
    done = subprocess.run(
        [sys.executable, "-m", "megadev", "gas", f"{test}::test_it"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compute median" in done.stdout and "storage median" in done.stdout


def test_a_trace_names_the_limit_its_place_and_the_remedy() -> None:
    """1,280 new slots in a loop: more than one transaction may make."""
    loop = bytes.fromhex("6105005b8080556001900380610003570000")
    creation = b"\x60" + bytes([len(loop)]) + bytes.fromhex("80600b6000396000f3") + loop
    with Devnet(preset="megaeth") as net:
        net.serve()
        me = net.accounts[0].address
        made = net.rpc("eth_sendTransaction", {"from": me, "data": "0x" + creation.hex()})
        to = net.rpc("eth_getTransactionReceipt", made)["contractAddress"]
        sent = net.rpc("eth_sendTransaction", {"from": me, "to": to, "gas": hex(10**9)})
        traced = CliRunner().invoke(cli, ["trace", sent, "--rpc-url", net.url])
        with pytest.raises(RpcError, match=r"MegaLimitExceeded\(kind: state growth, limit: 1000\)"):
            net.rpc("eth_call", {"from": me, "to": to, "gas": hex(10**9)}, "latest")
    assert traced.exit_code == 0, traced.output
    assert "MegaLimitExceeded(kind: state growth, limit: 1000)" in traced.output
    assert "frame limit reached: state growth, 1,000" in traced.output
    assert "SSTORE at" in traced.output
    assert "remedy: create fewer slots" in traced.output

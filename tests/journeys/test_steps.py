"""A transaction step by step: what debuggers ask for, against geth's struct logs and the sources of a project."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError
from tests.stage.failing_project import data, deploy_vault, line_of, net  # noqa: F401
from tests.stage.wallet import Wallet


@pytest.fixture(scope="module")
def failed(net: Devnet) -> str:  # noqa: F811
    vault = deploy_vault(net.rpc)
    return str(Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("withdraw(uint256)", 1000))["transactionHash"])


def test_every_step_matches_geth(net: Devnet, failed: str) -> None:  # noqa: F811
    told = net.rpc("megadev_getSteps", failed)
    logs = net.rpc("debug_traceTransaction", failed)["structLogs"]
    assert told["total"] == len(logs)
    assert told["steps"]["pc"] == [log["pc"] for log in logs]
    assert told["steps"]["gas"] == [log["gas"] for log in logs]
    depths = [told["frames"][frame]["depth"] + 1 for frame in told["steps"]["frame"]]
    assert depths == [log["depth"] for log in logs]


def test_lines_lead_from_the_call_to_the_failure(net: Devnet, failed: str) -> None:  # noqa: F811
    told = net.rpc("megadev_getSteps", failed)
    lines = [told["lines"][line] for line in told["steps"]["line"]]
    passed = [(line["source"], line["line"]) for line in lines if line]
    called, failing = (
        ("src/Vault.sol", line_of("Vault.sol", "Limits.check(")),
        line_of("Limits.sol", "revert OverLimit"),
    )
    assert passed.index(called) < passed.index(("src/Limits.sol", failing))
    assert passed[-1] == called, "the failure comes back to where the call was made"
    assert {frame["contract"] for frame in told["frames"]} == {"Vault", "Limits"}
    text = told["sources"]["src/Vault.sol"].splitlines()
    assert "Limits.check(" in text[called[1] - 1]


def test_a_step_has_the_functions_under_way(net: Devnet, failed: str) -> None:  # noqa: F811
    told = net.rpc("megadev_getSteps", failed)
    failing = line_of("Limits.sol", "revert OverLimit")
    lines = [told["lines"][line] for line in told["steps"]["line"]]
    index = next(
        i for i, line in enumerate(lines) if line and (line["source"], line["line"]) == ("src/Limits.sol", failing)
    )
    functions = net.rpc("megadev_getStep", failed, index)["functions"]
    assert [(each["contract"], each["source"], each["line"]) for each in functions] == [
        ("Limits", "src/Limits.sol", failing),
        ("Vault", "src/Vault.sol", line_of("Vault.sol", "Limits.check(")),
    ]
    assert [each["function"].split(".")[-1] for each in functions] == ["check", "withdraw"]


def test_a_step_has_the_stack_memory_and_storage_that_it_found(net: Devnet, failed: str) -> None:  # noqa: F811
    options = {"enableMemory": True, "enableReturnData": True}
    logs = net.rpc("debug_traceTransaction", failed, options)["structLogs"]
    used: dict[str, str] = {}
    for index in sorted({0, 1, len(logs) // 3, len(logs) // 2, len(logs) - 1}):
        told = net.rpc("megadev_getStep", failed, index)
        log = logs[index]
        assert (told["pc"], told["gas"], told["depth"] + 1) == (log["pc"], log["gas"], log["depth"])
        assert told["stack"] == log["stack"]
        assert told["memory"] == "0x" + "".join(word.removeprefix("0x") for word in log.get("memory", ()))
        used |= told["storage"]
    loads = [log for log in logs if log["op"] == "SLOAD"]
    assert {hex(int(log["stack"][-1], 16)) for log in loads} <= used.keys()


def test_steps_are_paged_and_end(net: Devnet, failed: str) -> None:  # noqa: F811
    whole = net.rpc("megadev_getSteps", failed)

    def told(page: Any) -> list[Any]:
        """What a page says of its steps, by its own tables."""
        columns = page["steps"]
        lines = [
            page["lines"][line] and (page["lines"][line]["source"], page["lines"][line]["line"])
            for line in columns["line"]
        ]
        names = [page["opcodes"][str(op)] for op in columns["op"]]
        frames = [page["frames"][frame] for frame in columns["frame"]]
        return list(zip(columns["pc"], columns["gas"], names, lines, frames, strict=True))

    for start in (1, whole["total"] // 3, whole["total"] // 2, whole["total"] - 3):
        rest: Any = net.rpc("megadev_getSteps", failed, start)
        assert told(rest) == told(whole)[start:]
        assert rest["total"] == whole["total"]
    assert net.rpc("megadev_getSteps", failed, whole["total"])["steps"]["pc"] == []
    assert net.rpc("megadev_getStep", failed, whole["total"]) is None
    for method in ("megadev_getSteps", "megadev_getStep"):
        with pytest.raises(RpcError, match="transaction not found"):
            net.rpc(method, "0x" + "12" * 32, 0)

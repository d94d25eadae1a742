"""What ``megadev trace`` prints, from answers that a node could give."""

from __future__ import annotations

from typing import Any

from megadev.cli.trace import ether, head_lines, tree_lines

VAULT = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def called(depth: int = 0, **fields: Any) -> dict[str, Any]:
    entry = {
        "depth": depth,
        "type": "CALL",
        "from": SENDER,
        "to": VAULT,
        "contract": "Vault",
        "function": "take",
        "arguments": [],
        "text": "Vault.take(amount: 5)",
        "value": "0x0",
        "gas": "0x5208",
        "gasUsed": "0x64",
        "input": "0x",
        "output": "0x",
        "returned": None,
        "error": None,
    }
    return entry | fields


def answer(*calls: dict[str, Any], error: str | None = None, stack: Any = (), omitted: int = 0) -> dict[str, Any]:
    return {
        "transactionHash": "0x" + "ab" * 32,
        "blockNumber": "0x7",
        "status": "0x1" if error is None else "0x0",
        "from": SENDER,
        "to": VAULT,
        "gasUsed": "0xffff",
        "error": error,
        "stack": list(stack),
        "calls": list(calls),
        "omitted": hex(omitted),
    }


def standing(function: str = "Vault.take", line: int | None = 3, **fields: Any) -> dict[str, Any]:
    entry = {
        "contract": "Vault",
        "function": function,
        "source": None if line is None else "src/Vault.sol",
        "line": line,
        "column": None if line is None else 5,
        "text": None if line is None else "revert();",
        "note": None,
        "address": VAULT,
        "pc": "0x10",
    }
    return entry | fields


def lines(given: dict[str, Any], depth: int = 24) -> list[str]:
    return [line.plain for line in (*head_lines(given), *tree_lines(given, depth))]


def test_a_tree_of_calls_events_and_messages_in_order() -> None:
    assert lines(
        answer(
            called(returned="5"),
            {"depth": 1, "type": "LOG", "text": "Taken(amount: 5)"},
            called(1, text="Token.pay()", value=hex(10**18), type="DELEGATECALL"),
            {"depth": 2, "type": "CONSOLE", "text": "hello"},
            called(1, contract=None, text="0xdeadbeef(0x01)", error="out of gas"),
            called(1, type="CREATE2", text="Token.constructor()"),
            called(1, type="CREATE", contract=None, text="constructor()"),
            called(1, type="SELFDESTRUCT", value="0x5"),
        )
    ) == [
        "success · block 7 · 65535 gas · from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "",
        "[100] Vault.take(amount: 5) → 5",
        "├─ emit Taken(amount: 5)",
        "├─ [100] delegatecall Token.pay() {value: 1 ETH}",
        "│  └─ console.log hello",
        "├─ [100] 0x5FbDB2315678afecb367f032d93F642f64180aa3.0xdeadbeef(0x01) ✗ out of gas",
        "├─ [100] create2 Token.constructor() → 0x5FbDB2315678afecb367f032d93F642f64180aa3",
        "├─ [100] create new 0x5FbDB2315678afecb367f032d93F642f64180aa3",
        "└─ selfdestruct to 0x5FbDB2315678afecb367f032d93F642f64180aa3, 5 wei",
    ]


def test_a_failure_shows_the_reason_and_the_lines_first() -> None:
    stack = [
        standing(note="the file has changed"),
        standing("Vault.run", 9),
        standing("0x12345678", None, contract=None),
    ]
    assert lines(answer(called(error="Broke(1)"), error="Broke(1)", stack=stack))[:9] == [
        "failed · block 7 · 65535 gas · from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "Broke(1)",
        "  at Vault.take  src/Vault.sol:3:5",
        "       revert();",
        "       (the file has changed)",
        "  at Vault.run  src/Vault.sol:9:5",
        "       revert();",
        "  at 0x5FbDB2315678afecb367f032d93F642f64180aa3.0x12345678  0x5FbDB2315678afecb367f032d93F642f64180aa3, pc 16",
        "",
    ]


def test_a_thousand_nested_calls_are_cut_and_counted() -> None:
    given = answer(*(called(depth) for depth in range(1025)), error="deep", stack=[standing()] * 1025)
    shown = lines(given)
    assert "  at Vault.take  src/Vault.sol:3:5  (1025 times)" in shown
    assert shown[-1].endswith("└─ … 1000 more below")
    assert len(shown) < 40
    assert lines(given, depth=0)[-2:] == ["[100] Vault.take(amount: 5)", "└─ … 1024 more below"]


def test_a_loop_of_ten_thousand_calls_shows_both_ends() -> None:
    shown = lines(answer(called(), *(called(1, text=f"Vault.step({number})") for number in range(10_000)), omitted=5))
    assert len(shown) < 70
    assert "├─ [100] Vault.step(0)" in shown
    assert "├─ … 9940 more" in shown
    assert shown[-2] == "└─ [100] Vault.step(9999)"
    assert shown[-1] == "(5 calls, events and messages in the middle were left out)"


def test_a_stack_of_changing_functions_shows_both_ends() -> None:
    shown = lines(answer(called(), error="deep", stack=[standing(line=line) for line in range(1, 1001)]))
    assert "  … 970 more" in shown
    assert "  at Vault.take  src/Vault.sol:1:5" in shown
    assert "  at Vault.take  src/Vault.sol:1000:5" in shown


def test_contract_output_cannot_control_the_terminal() -> None:
    nasty = "\x1b]0;owned\x07[red]\n"
    shown = lines(answer(called(text=nasty, error=nasty), error=nasty, stack=[standing(text=nasty, note=nasty)]))
    assert not any(char in line for line in shown for char in "\x1b\x07\n")
    assert "·]0;owned·[red]·" in shown


def test_amounts_use_a_readable_unit() -> None:
    assert [ether(hex(wei)) for wei in (0, 1, 10**12, 15 * 10**17, 10**18)] == [
        "0 wei", "1 wei", "0.000001 ETH", "1.5 ETH", "1 ETH",
    ]  # fmt: skip

"""The activity log: what is shown, in which order, and that a slow output holds nothing up."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from msgspec.structs import replace

from megadev.chain.receipts import ConsoleCall, Receipt
from megadev.chain.transactions import Transaction
from megadev.cli.terminal.console import Paint
from megadev.cli.terminal.log import (
    ActivityLog,
    JsonLines,
    Located,
    Record,
    RequestAnswered,
    SourceLine,
    TextLines,
    Told,
    Words,
)
from megadev.events import PreconfirmationsLost, TransactionDropped, TransactionPreconfirmed
from megadev.primitives.abi import encode_call
from megadev.rpc.envelope import Failure

SENDER = bytes.fromhex("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
TARGET = bytes.fromhex("70997970C51812dc3A010C7d01b50e0d17dc79C8")


def explain(output: bytes) -> str:
    return output.decode()


def request(method: str, milliseconds: float = 1.0, failure: Failure | None = None) -> RequestAnswered:
    return RequestAnswered(method, failure, int(milliseconds * 1e6))


def transaction(**outcome: Any) -> TransactionPreconfirmed:
    tx = Transaction(
        type=2,
        chain_id=31337,
        nonce=0,
        gas_limit=21000,
        to=None if outcome.get("created") else TARGET,
        value=1,
        data=b"",
        max_fee_per_gas=1,
        max_priority_fee_per_gas=1,
        v=0,
        r=1,
        s=1,
        sender=SENDER,
        hash=b"\xab" * 32,
        encoded=b"",
    )
    fields: dict[str, Any] = {"succeeded": True, "gas_used": 21000, "error": None} | outcome
    receipt = Receipt(type=2, cumulative_gas_used=21000, effective_gas_price=1, logs=(), bloom=bytes(256), **fields)
    return TransactionPreconfirmed(tx=tx, receipt=receipt, block_number=7, index=0, duration_ns=412_900)


def shown(*records: Record) -> list[str]:
    lines = TextLines(Paint(False), explain)
    made = [line for record in records for line in lines.add(record)]
    return [*made, *lines.flush()]


def test_equal_requests_in_a_row_become_one_line() -> None:
    assert shown(*[request("eth_getBalance")] * 3, request("eth_chainId"), request("eth_getBalance", 2.25)) == [
        "eth_getBalance (3)  1.00 ms",
        "eth_chainId  1.00 ms",
        "eth_getBalance  2.25 ms",
    ]


def test_a_refused_request_shows_code_and_reason_on_one_line() -> None:
    refused = Failure(-32003, "nonce too low\n\x1b[31mred")
    assert shown(request("eth_sendRawTransaction", failure=refused), request("eth_sendRawTransaction")) == [
        "eth_sendRawTransaction  error -32003: nonce too low··[31mred  1.00 ms",
        "eth_sendRawTransaction  1.00 ms",
    ]


def test_hot_reload_notices_are_ordered_and_sanitized() -> None:
    told = Told("refused", "Counter: refused\n    \x1b[31mred", {"refused": True})
    assert shown(request("eth_chainId"), told) == ["eth_chainId  1.00 ms", "Counter: refused", "    ·[31mred"]
    (line,) = JsonLines(explain).add(told)
    assert json.loads(line) == {"event": "reload.refused", "message": told.text, "refused": True}


def test_a_transaction_is_shown_below_its_request() -> None:
    assert shown(request("eth_chainId"), transaction(), request("eth_sendRawTransaction"), request("eth_chainId")) == [
        "eth_chainId  1.00 ms",
        "eth_sendRawTransaction  1.00 ms",
        f"  0x{'ab' * 32}",
        "    0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 → 0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "    success · 21000 gas · block 7 · preconfirmed in 412 µs",
        "eth_chainId  1.00 ms",
    ]


def test_two_transactions_are_not_hidden_in_a_group() -> None:
    text = shown(transaction(), request("eth_sendRawTransaction"), transaction(), request("eth_sendRawTransaction"))
    assert [line for line in text if line.startswith("eth_")] == ["eth_sendRawTransaction  1.00 ms"] * 2


def test_a_creation_shows_the_new_address_and_a_revert_its_reason() -> None:
    text = shown(
        transaction(created=TARGET),
        transaction(succeeded=False, error="execution reverted", output=b"not yours"),
        transaction(succeeded=False, error="out of gas"),
    )
    assert text[1].endswith("→ created 0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
    assert "    execution reverted: not yours · 21000 gas" in text[5]
    assert "    out of gas · " in text[8]


def test_a_dropped_transaction_is_reported() -> None:
    assert shown(TransactionDropped(transaction().tx, "replaced")) == [f"  dropped 0x{'ab' * 32}: replaced"]


def test_json_lines_carry_every_fact() -> None:
    lines = JsonLines(explain)
    records = [
        request("eth_call", failure=Failure(3, "execution reverted")),
        transaction(succeeded=False, error="execution reverted", output=b"no"),
    ]
    first, second = (json.loads(line) for record in records for line in lines.add(record))
    assert first == {
        "event": "request",
        "method": "eth_call",
        "durationUs": 1000,
        "error": {"code": 3, "message": "execution reverted"},
    }
    assert second["hash"] == "0x" + "ab" * 32
    assert (second["status"], second["error"]) == (0, "execution reverted: no")
    assert (second["blockNumber"], second["preconfirmedUs"], second["contractAddress"]) == (7, 412, None)


def test_everything_is_written_by_the_time_the_log_is_closed() -> None:
    written: list[bytes] = []
    log = ActivityLog(TextLines(Paint(False), explain), written.append).start()
    feed = log.feed()
    for number in range(100):
        feed.request(f"method_{number}", None, 0)
    log.close()
    assert b"".join(written).decode().split() == [w for n in range(100) for w in (f"method_{n}", "0.00", "ms")]


def test_a_group_of_requests_is_shown_when_idle() -> None:
    written: list[bytes] = []
    appeared = threading.Event()

    def write(data: bytes) -> None:
        written.append(data)
        appeared.set()

    log = ActivityLog(TextLines(Paint(False), explain), write).start()
    feed = log.feed()
    feed.request("eth_chainId", None, 1_000_000)
    assert appeared.wait(30)
    log.close()
    assert written == [b"eth_chainId  1.00 ms\n"]


def test_a_blocked_output_delays_no_request_and_lost_lines_are_counted() -> None:
    unblock, blocked = threading.Event(), threading.Event()
    written: list[bytes] = []

    def write(data: bytes) -> None:
        blocked.set()
        unblock.wait(30)
        written.append(data)

    log = ActivityLog(TextLines(Paint(False), explain), write, capacity=50).start()
    feed = log.feed()
    feed.request("first", None, 0)
    feed.request("second", None, 0)
    assert blocked.wait(30)
    for number in range(1000):
        feed.request(f"method_{number}", None, 0)
    log.close(timeout=0)
    unblock.set()
    log.close(timeout=30)
    text = b"".join(written).decode()
    told = sum(int(line.split()[0][1:]) for line in text.splitlines() if "dropped" in line)
    assert told == 950
    assert text.count("method_") == 50


def test_a_closed_output_ends_the_log_quietly() -> None:
    def write(data: bytes) -> None:
        raise BrokenPipeError

    log = ActivityLog(TextLines(Paint(False), explain), write).start()
    feed = log.feed()
    for _ in range(3):
        feed.request("eth_chainId", None, 0)
    log.close(timeout=30)
    feed.request("eth_chainId", None, 0)


@pytest.mark.parametrize("enabled", [True, False])
def test_colour_is_only_added_where_wanted(enabled: bool) -> None:
    lines = TextLines(Paint(enabled), explain)
    text = "".join([*lines.add(transaction()), *lines.flush()])
    assert ("\x1b[" in text) is enabled


# -- console.log and places --------------------------------------------------------------------------------------------


def printing(*texts: str) -> tuple[ConsoleCall, ...]:
    return tuple(ConsoleCall(TARGET, encode_call("log(string)", text)) for text in texts)


def test_console_output_is_shown_below_its_transaction() -> None:
    lines = shown(transaction(console=printing("first", "second\nwith two lines", "")))
    assert lines[3:] == ["    console.log:", "      first", "      second", "      with two lines", "      "]


def test_console_output_is_shown_below_its_ungrouped_call() -> None:
    printed = RequestAnswered("eth_call", None, 1_000_000, printing("hello"))
    assert shown(request("eth_call"), printed, printed, request("eth_call")) == [
        "eth_call  1.00 ms",
        "eth_call  1.00 ms",
        "  console.log:",
        "    hello",
        "eth_call  1.00 ms",
        "  console.log:",
        "    hello",
        "eth_call  1.00 ms",
    ]


def test_console_output_cannot_control_a_terminal() -> None:
    """Colours of forge-std's StdStyle are taken out, everything else of that kind is made visible."""
    lines = shown(transaction(console=printing("\x1b[91mred\x1b[0m\ta\x07b\x1b]0;title\x1b\\\x9bc\u202e")))
    assert lines[4] == "      red a·b·]0;title·\\·c·"


def test_endless_printing_is_cut_and_counted() -> None:
    lines = shown(transaction(console=printing(*["again"] * 1000, "x" * 20_000)))
    assert len(lines) < 300
    assert lines[-1] == "      (801 more: ask megadev_getConsoleLogs)"
    assert len(shown(transaction(console=printing("x" * 50_000)))[4]) < 11_000


def test_console_logs_can_be_left_out() -> None:
    lines = TextLines(Paint(False), explain, console=False)
    made = [*lines.add(transaction(console=printing("hello"))), *lines.flush()]
    assert not any("hello" in line for line in made)
    (line,) = JsonLines(explain, console=False).add(transaction(console=printing("hello")))
    assert "console" not in json.loads(line)


def test_json_contains_console_output_verbatim() -> None:
    (line,) = JsonLines(explain).add(transaction(console=printing("a\n\x1b[0m", "b")))
    assert json.loads(line)["console"] == ["a\n\x1b[0m", "b"]
    (line,) = JsonLines(explain).add(RequestAnswered("eth_call", None, 1, printing("c")))
    assert json.loads(line)["console"] == ["c"]
    (line,) = JsonLines(explain).add(request("eth_call"))
    assert "console" not in json.loads(line)


PLACES = (
    SourceLine("src/Token.sol", 42, "Token._move", 'require(false, "no\x1b");'),
    SourceLine("src/Token.sol", 7, "f", "g();"),
)


def test_a_failed_transaction_shows_the_lines_where_it_failed() -> None:
    failed = transaction(succeeded=False, error="execution reverted", output=b"raw")
    lines = TextLines(Paint(False), explain, locate=lambda event: Located("Broke(1)", PLACES))
    made = [*lines.add(failed), *lines.flush()]
    assert made[2].startswith("    execution reverted: Broke(1) · ")
    assert made[3:] == ['      at src/Token.sol:42  require(false, "no·");', "      at src/Token.sol:7  g();"]
    (line,) = JsonLines(explain, locate=lambda event: Located("out of gas", PLACES)).add(
        transaction(succeeded=False, error="out of gas")
    )
    told = json.loads(line)
    assert told["error"] == "out of gas"
    assert told["stack"][1] == {"source": "src/Token.sol", "line": 7, "function": "f", "text": "g();"}


def test_the_source_line_of_a_successful_transaction_is_not_searched() -> None:
    def refuse(event: TransactionPreconfirmed) -> None:
        raise AssertionError

    assert len(list(JsonLines(explain, locate=refuse).add(transaction()))) == 1


def test_console_output_stays_with_its_concurrent_request() -> None:
    written: list[bytes] = []
    log = ActivityLog(JsonLines(explain), written.append)
    feed = log.feed()
    prints, answers = threading.Event(), threading.Event()

    def slow_call() -> None:
        feed.printed(printing("slow"))
        prints.set()
        answers.wait(60)
        feed.request("eth_call", None, 2)

    thread = threading.Thread(target=slow_call)
    thread.start()
    prints.wait(60)
    feed.printed(printing("quick"))
    feed.request("eth_call", None, 1)
    answers.set()
    thread.join(60)
    log.start().close(60)
    told = [json.loads(line) for line in b"".join(written).splitlines()]
    assert [line["console"] for line in told] == [["quick"], ["slow"]]


def test_events_of_other_chains_are_logged_with_their_name_in_order() -> None:
    written: list[bytes] = []
    lines = TextLines(Paint(False), explain)
    log = ActivityLog(lines, written.append)
    l2, l1 = log.feed(), log.feed(TextLines(Paint(False), explain, chain="L1"))
    l2.request("eth_chainId", None, 1_000_000)
    l2.request("eth_chainId", None, 1_000_000)
    l1.request("eth_chainId", None, 1_000_000)
    l1.event(transaction())
    l1.request("eth_call", None, 1_000_000)
    l2.request("eth_chainId", None, 1_000_000)
    log.start().close(60)
    told = b"".join(written).decode().splitlines()
    assert told[:2] == ["eth_chainId (2)  1.00 ms", "L1  eth_chainId  1.00 ms"]
    assert told[-1] == "eth_chainId  1.00 ms"
    assert all(line.startswith("L1  ") for line in told[1:-1])
    assert len(told) == 7


def test_json_records_name_another_chain() -> None:
    (line,) = JsonLines(explain, chain="L1").add(request("eth_call"))
    assert json.loads(line)["chain"] == "L1"
    (line,) = JsonLines(explain).add(request("eth_call"))
    assert "chain" not in json.loads(line)


def test_known_calls_and_the_kind_of_transaction_are_logged() -> None:
    lines = TextLines(Paint(False), explain, describe=lambda event: Words("Token.mint(1)", "deposit"))
    told = [*lines.add(transaction()), *lines.flush()]
    assert told[1].endswith("  (deposit)")
    assert told[2] == "    Token.mint(1)"


def test_broken_promises_list_users_transactions_first() -> None:
    deposit = replace(transaction().tx, type=0x7E, hash=b"\xde" * 32)
    lost = PreconfirmationsLost(block_number=7, transactions=(deposit, transaction().tx), reason="gone")
    lines = TextLines(Paint(False), explain)
    told = [*lines.add(lost), *lines.flush()]
    assert ["ab" * 32 in line for line in told] == [True, False]

"""``megadev bench`` measures what it says, whatever the endpoint offers; how fast is not asserted anywhere."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi import encode
from eth_utils import function_signature_to_4byte_selector

import megadev
from megadev import Devnet
from megadev.bench.client import Connection, Measure, Measured, Probe, calldata
from megadev.bench.command import Row, _chosen, _measure, _number, _titles, bench
from megadev.bench.reload import PROJECTS, Project, missing, saved
from megadev.bench.upstream import distant
from megadev.errors import ConfigError, MegadevError, MethodUnavailable

TITLES = _titles()


@pytest.mark.slow
@pytest.mark.long
def test_every_row_of_the_table_has_a_figure(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "megadev", "bench", "--quick", "--long-chain", "100", "--json", str(figures)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(megadev.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(figures.read_text())
    assert [row["name"] for row in report["rows"]] == list(TITLES)
    for row in report["rows"] + report["long_chain"]["rows"]:
        if row["name"].startswith("reload-") and not row["figures"]:  # as on a machine without that compiler
            assert row["reasons"]["megadev"].startswith(("no solc: ", "no Vyper: "))
            continue
        assert row["reasons"] == {}
        assert row["title"] in done.stdout
        for figure in row["figures"].values():
            least = {"requests": 0, "calls": 0, "%": -math.inf}.get(row["unit"], 1e-9)
            assert math.isfinite(figure["p50"]) and figure["p50"] >= least, row
            assert (figure["p99"] is None) == (row["unit"] != "ms")


@pytest.mark.long
def test_a_soak_reports_the_cost_of_keeping_a_chain(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = CliRunner().invoke(bench, ["--soak", "1000", "--json", str(figures)])
    assert done.exit_code == 0, done.output
    report = json.loads(figures.read_text())
    assert report["blocks"] == report["killed_at"] == 1000
    assert report["recovered"] >= 1000
    assert len(report["memory_bytes"]) == 2
    for what in ("memory: ", "rate: ", "start from the store: ", "start after a kill at block 1,000: "):
        assert what in done.output or what == "memory: "


# ---- rows


class Stub:
    """An endpoint as far as ``_measure`` looks at it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.refreshed = 0

    def refresh(self) -> None:
        self.refreshed += 1


def _one_row(run: Any, *endpoints: Stub) -> Row:
    probe = Probe((Measure("row", "a row"),), run, count=2, rounds=3)
    (row,) = _measure(probe, endpoints, {"row"})  # type: ignore[arg-type]
    return row


def test_endpoints_take_turns() -> None:
    turns: list[str] = []

    def run(endpoint: Stub, count: int) -> dict[str, list[float]]:
        turns.append(endpoint.name)
        return {"row": [0.001] * count}

    row = _one_row(run, Stub("a"), Stub("b"))
    assert turns == ["a", "b"] * 3
    assert row.ratio("a", "b") == 1


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(MethodUnavailable("evm_mine"), "not offered"), (MegadevError("it fell over"), "it fell over")],
)
def test_an_endpoint_that_cannot_do_a_row_gets_a_reason_and_the_others_their_figures(
    problem: MegadevError, reason: str
) -> None:
    def run(endpoint: Stub, count: int) -> dict[str, list[float]]:
        if endpoint.name == "poor":
            raise problem
        return {"row": [0.002, 0.004]}

    poor, rich = Stub("poor"), Stub("rich")
    row = _one_row(run, poor, rich)
    assert row.reasons == {"poor": reason}
    assert set(row.figures) == {"rich"}
    assert row.ratio("rich", "poor") is None
    assert (poor.refreshed, rich.refreshed) == (1, 0)


def test_a_node_with_storage_gas_is_asked_what_a_transaction_needs() -> None:
    """Of the contracts of the swap row a byte of code costs 10,000 gas there: several times what Ethereum asks."""
    with Devnet(preset="megaeth", block_time=3600, no_l1=True) as net:
        keys = [bytes.fromhex(account.private_key[2:]) for account in net.accounts[:8]]
        endpoint = Measured("metered", net.serve(), keys)
        assert endpoint.is_metered
        assert len(endpoint.contract("BenchExchange")) == 20
        endpoint.connection.close()


def test_times_are_in_milliseconds_and_rates_as_they_are() -> None:
    times, rates = Row("time", "", "ms"), Row("rate", "", "tx/s")
    times.add("node", [0.001 * n for n in range(1, 101)])
    rates.add("node", [900.0, 1000.0, 1500.0])
    assert times.figures["node"].p50 == pytest.approx(50.5)
    assert times.figures["node"].p99 == pytest.approx(100)
    assert (rates.figures["node"].p50, rates.figures["node"].p99) == (1000, None)


def test_counts_are_shown_whole_and_nothing_has_no_ratio() -> None:
    row = Row("requests", "", "requests")
    row.add("few", [2.0, 3.0, 3.0])
    row.add("none", [0.0])
    assert (row.figures["few"].p50, row.figures["few"].p99) == (3, None)
    assert (row.ratio("none", "few"), row.ratio("few", "none")) == (0, None)
    assert (_number(3.0), _number(0.0), _number(3.25), _number(None)) == ("3", "0", "3.250", "")


def test_an_unknown_row_is_refused_with_where_to_look() -> None:
    with pytest.raises(ConfigError, match=r"'speed'.*--only list"):
        _chosen("chain-id, speed", TITLES)
    assert _chosen("chain-id, rate-8", TITLES) == {"chain-id", "rate-8"}


def test_the_names_of_the_rows_can_be_listed() -> None:
    listed = CliRunner().invoke(bench, ["--only", "list"]).output
    assert [line.split()[0] for line in listed.splitlines()] == list(TITLES)


# ---- client


def test_calldata_is_what_the_abi_says() -> None:
    to = b"\x0b" * 20
    expected = function_signature_to_4byte_selector("transfer(address,uint256)") + encode(
        ["address", "uint256"], [to, 5]
    )
    assert calldata("transfer(address,uint256)", to, 5) == expected


ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'
FRAMINGS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER),
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
    % (ANSWER[:5], len(ANSWER) - 5, ANSWER[5:]),
}


def _serve(answers: list[bytes]) -> tuple[str, threading.Thread]:
    """A server for one connection that answers each request with the next of ``answers``, in two pieces."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener, listener.accept()[0] as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for answer in answers:
                peer.recv(65_536)
                peer.sendall(answer[:30])
                peer.sendall(answer[30:])

    thread = threading.Thread(target=run)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", thread


@pytest.mark.parametrize("framing", FRAMINGS)
def test_answers_are_read_whole_one_after_the_other(framing: str) -> None:
    url, thread = _serve([FRAMINGS[framing]] * 3)
    connection = Connection(url)
    assert [connection.call("eth_chainId") for _ in range(3)] == ["0x7a69"] * 3
    connection.close()
    thread.join()


def test_a_node_put_far_away_answers_late_and_its_requests_are_counted() -> None:
    with Devnet(no_l1=True) as net, distant(net.serve(), 30) as far:
        assert far.asked() == (0, 0)
        connection = Connection(far.url)
        began = time.perf_counter()
        assert connection.call("eth_chainId") == "0x7a69"
        assert time.perf_counter() - began >= 0.03
        batch = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_blockNumber"} for i in range(3)]).encode()
        assert len(json.loads(connection.exchange(connection.frame(batch)))) == 3
        connection.close()
        assert far.asked() == (2, 4)
        assert far.asked() == (0, 0)


def test_a_node_that_hangs_up_is_named() -> None:
    url, thread = _serve([])
    connection = Connection(url)
    with pytest.raises(MegadevError, match=url):
        connection.call("eth_chainId")
    connection.close()
    thread.join()


def test_an_unreachable_url_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(MegadevError, match=url):
            Connection(url)


@pytest.mark.parametrize("url", ["ftp://example.org", "127.0.0.1:8545", "ws://127.0.0.1:8545"])
def test_only_http_urls_are_taken(url: str) -> None:
    with pytest.raises(ConfigError, match="http://"):
        Connection(url)


# ---- hot reload


def test_a_missing_compiler_is_named_in_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MEGADEV_SOLC", str(tmp_path / "solc"))
    monkeypatch.setattr("megadev.bench.reload.find_spec", lambda name: None)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    vyper, solidity = (missing(project) for project in PROJECTS)
    assert vyper is not None and "MEGADEV_VYPER" in vyper
    assert solidity is not None and "MEGADEV_SOLC" in solidity
    done = CliRunner().invoke(bench, ["--quick", "--only", "reload-vyper"])
    assert "without the compiler, megadev: no Vyper: name it" in done.output


def test_a_save_that_does_not_compile_is_the_rows_reason(tmp_path: Path) -> None:
    """The compiler is the shell: it fails whatever it is asked."""
    broken = Project("Solidity", "Box", "Box.sol", "contract Box { uint256 public content; }")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEGADEV_SOLC", "/bin/false")
        patch.setenv("PYTHONPATH", str(Path(megadev.__file__).parents[1]))
        with pytest.raises(MegadevError, match="/bin/false"):
            saved(broken, tmp_path, 1)


def test_the_remaining_time_is_estimated_by_steps() -> None:
    from megadev.bench.countdown import Countdown

    told: list[str] = []

    class Line:
        def update(self, text: str) -> None:
            told.append(text)

    now = iter(seconds * 10**9 for seconds in (0, 10, 20, 200, 210))
    countdown = Countdown(Line(), 4, lambda: next(now))  # type: ignore[arg-type]
    countdown.begin("start")
    countdown.begin("calls")
    countdown.says("calls, still")
    countdown.begin("sends")
    countdown.begin("forks")
    assert told == [
        "1 of 4  start",
        "2 of 4  calls  about 30 s left",
        "2 of 4  calls, still  about 1 min left",
        "3 of 4  sends  about 3 min left",
        "4 of 4  forks  about 1 min left",
    ]


def test_the_table_has_heads_and_says_which_way_is_better() -> None:
    from rich.console import Console

    from megadev.bench.command import _table

    rows = [Row("time", "a call", "ms"), Row("rate", "sends", "tx/s")]
    for row in rows:
        row.add("ours", [0.5])
        row.add("other", [1.0])
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(_table(rows, ["ours", "other"]))
    lines = [line.split() for line in console.export_text().splitlines() if line.strip()]
    assert lines[0] == ["ours", "other", "ours"]
    assert lines[1] == ["measured", "unit", "better", "p50", "p99", "p50", "p99", "÷", "other"]
    assert [line[-1] for line in lines[-2:]] == ["0.50×", "0.50×"]
    assert "↓ less" in " ".join(lines[-2]) and "↑ more" in " ".join(lines[-1])


def test_a_quick_run_warms_up_first() -> None:
    runs: list[int] = []

    def run(endpoint: Stub, count: int) -> dict[str, list[float]]:
        runs.append(count)
        return {"row": [float(len(runs))]}

    probe = Probe((Measure("row", "a row"),), run, count=10, rounds=10).quick()
    (row,) = _measure(probe, [Stub("node")], {"row"})  # type: ignore[arg-type, list-item]
    assert len(runs) == 3
    assert row.figures["node"].p50 == 2_500, "the first turn is not counted"

"""A fork of a node that was not there kept the terminal blank for 28 s, and a later read waited 36 s; a bad URL was
refused without being named; and headers given for one node were sent to another that ``anvil_setRpcUrl`` named.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.errors import ConfigError, UpstreamFailed
from megadev.rpc.client import RpcError
from megadev.state.upstream import RequestPolicy, Upstream, url_trouble
from tests.faulty_upstream import FaultyUpstream, faulty_upstream

START = 1_700_000_000


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def waited(url: str, *more: str, **policy: Any) -> tuple[list[float], str]:
    """How long ``Upstream`` pauses before it gives up, and what it says then."""
    slept: list[float] = []
    upstream = Upstream((url, *more), RequestPolicy(**policy), sleep=slept.append, chance=lambda: 0.5)
    with contextlib.closing(upstream), pytest.raises(UpstreamFailed) as caught:
        upstream.ask([("eth_chainId", ())])
    return slept, str(caught.value)


def test_a_refused_connection_is_reported_immediately(closed_port: int) -> None:
    slept, said = waited(f"http://127.0.0.1:{closed_port}")
    assert sum(slept) < 0.5
    assert "connection refused" in said and "check that the node is running and its URL is correct" in said


@pytest.mark.parametrize("kind", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_an_unknown_host_is_reported_immediately(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(kind, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    slept, said = waited("http://no-such-host.example:8545")
    assert sum(slept) < 0.5 and "no-such-host.example" in said and "cannot resolve the host name" in said


@pytest.mark.parametrize("code", [errno.ENETUNREACH, errno.EHOSTUNREACH])
def test_an_unreachable_host_is_reported_at_once(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: code)
    slept, said = waited("http://192.0.2.1:8545")
    assert sum(slept) < 0.5 and "no route to the host" in said


def test_a_node_without_tls_is_reported_immediately() -> None:
    with faulty_upstream("http://127.0.0.1:9") as plain:
        slept, said = waited(plain.url.replace("http://", "https://"))
    assert sum(slept) < 0.5 and "no secure connection" in said


def test_a_busy_node_is_given_its_time() -> None:
    with faulty_upstream("http://127.0.0.1:9") as busy:
        busy.always = "503"
        slept, _ = waited(busy.url)
        assert slept == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_dead_node_beside_a_busy_one_does_not_stop_retries(closed_port: int) -> None:
    with faulty_upstream("http://127.0.0.1:9") as busy:
        busy.always = "503"
        slept, _ = waited(f"http://127.0.0.1:{closed_port}", busy.url, retries=3)
        assert len(slept) == 3


def test_a_slow_upstream_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("megadev.state.upstream.http.SECONDS_UNTOLD", 0.02)
    caplog.set_level(logging.WARNING, "megadev.upstream")
    with faulty_upstream("http://127.0.0.1:9") as slow:
        slow.always = "hang"
        waited(f"{slow.url}/v2/secretkey", timeout=0.2, retries=1, pause=2.0)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == f"waiting for {slow.url}/… to answer eth_chainId"
    assert said[1].startswith(f"{slow.url}/… does not answer eth_chainId: no answer within 0.2 s; asked again in ")
    assert not any("secretkey" in line for line in said)


BAD_URLS: dict[str, str] = {
    "localhost:8545": "must begin with http:// or https://",
    "ws://localhost:8545": "must begin with http://",
    "http://localhost:85x45": "port",
    "http://localhost:99999": "port",
    "http://": "no host",
    "http://[::1": "host is invalid",
    "http://my host:8545/key": "must not contain spaces",
}


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("flag", ["--fork-url", "--fork-l1"])
def test_a_bad_url_is_echoed_as_it_was_typed(url: str, flag: str) -> None:
    assert url_trouble(url) is not None
    typed = url if url.endswith("/") else f"{url}@12"
    with pytest.raises(ConfigError) as caught:
        Devnet(**{flag.strip("-").replace("-", "_"): (typed,)})
    assert str(caught.value).startswith(f"{flag}: invalid URL '{typed}': ") and BAD_URLS[url] in str(caught.value)


def test_the_command_line_reports_the_wait_and_its_reason(closed_port: int) -> None:
    def said(*flags: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "megadev", "up", "--port", "0", *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    code, words = said("--fork-url", "htp://127.0.0.1:8545/v2/mykey")
    assert code == 2 and "--fork-url: invalid URL 'htp://127.0.0.1:8545/v2/mykey': it must begin with http" in words
    code, words = said("--fork-url", f"http://127.0.0.1:{closed_port}/v2/mykey")
    assert code != 0 and "connection refused" in words and "mykey" not in words
    with faulty_upstream("http://127.0.0.1:9") as slow:
        slow.always = "hang"
        flags = ("--fork-url", slow.url, "--timeout", "1500", "--retries", "0", "--no-l1")
        assert f"waiting for {slow.url} to answer eth_getBlockByNumber" in said(*flags)[1]
        assert "waiting for" not in said(*flags, "--quiet")[1]


@pytest.fixture
def real() -> Iterator[str]:
    with Devnet(clock=ManualClock(START), manual_clock=True, no_l1=True) as net:
        yield net.serve()


@pytest.fixture
def nodes(real: str) -> Iterator[tuple[FaultyUpstream, FaultyUpstream]]:
    with faulty_upstream(real) as first, faulty_upstream(real) as second:
        yield first, second


def sent_key(node: FaultyUpstream) -> bool:
    return any("X-Key" in headers for headers in node.headers)


@pytest.mark.parametrize(
    "move",
    [
        lambda net, url: net.rpc("anvil_setRpcUrl", url),
        lambda net, url: net.rpc("anvil_reset", {"forking": {"jsonRpcUrl": url}}),
    ],
    ids=["anvil_setRpcUrl", "anvil_reset"],
)
def test_headers_stay_with_the_node_they_were_given_for(
    nodes: tuple[FaultyUpstream, FaultyUpstream], move: Callable[[Devnet, str], object]
) -> None:
    given, other = nodes
    settings: dict[str, Any] = {"no_storage_caching": True, "fork_header": ("X-Key: secret",), "no_l1": True}
    with Devnet(fork_url=(given.url,), **settings) as net:
        assert sent_key(given)
        move(net, other.url)
        net.rpc("eth_getBalance", "0x" + "31" * 20)
        assert other.headers and not sent_key(other)
        given.headers.clear()
        move(net, f"{given.url}/another/path")
        net.rpc("eth_getBalance", "0x" + "32" * 20)
        assert sent_key(given), "it is the same origin again"
        other.always = "401"
        with pytest.raises(RpcError, match="headers stay with the origin"):
            move(net, other.url)


def test_fork_headers_are_not_sent_to_urls_of_requests(nodes: tuple[FaultyUpstream, FaultyUpstream]) -> None:
    _, other = nodes
    with Devnet(fork_header=("X-Key: secret",), no_storage_caching=True, no_l1=True) as net:
        net.rpc("anvil_reset", {"forking": {"jsonRpcUrl": other.url}})
        assert other.headers and not sent_key(other)


def test_a_bad_url_of_a_request_is_not_repeated(real: str) -> None:
    with Devnet(fork_url=(real,), no_storage_caching=True, no_l1=True) as net:
        for method, params in (
            ("anvil_setRpcUrl", ["http://me:hidden@host:port"]),
            ("anvil_reset", [{"forking": {"jsonRpcUrl": "http://me:hidden@host:port"}}]),
        ):
            with pytest.raises((RpcError, ConfigError)) as caught:
                net.rpc(method, *params)
            assert "hidden" not in str(caught.value) and "port" in str(caught.value)

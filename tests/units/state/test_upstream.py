"""Asking the forked node: patience, pauses, limits, and words."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megadev.clock import ManualClock
from megadev.errors import ConfigError, UpstreamFailed, UpstreamRefused
from megadev.state.upstream import RequestPolicy, Upstream, shown
from tests.faulty_upstream import FaultyUpstream, faulty_upstream, refusing


def echo(asked: Any) -> Any:
    """Answers each call with its method."""

    def one(call: Any) -> Any:
        return {"jsonrpc": "2.0", "id": call["id"], "result": call["method"]}

    return [one(call) for call in reversed(asked)] if isinstance(asked, list) else one(asked)


@pytest.fixture
def server() -> Iterator[FaultyUpstream]:
    with faulty_upstream("http://127.0.0.1:9") as proxy:
        proxy.always = echo
        yield proxy


def opened(*urls: str, slept: list[float] | None = None, clock: ManualClock | None = None, **policy: Any) -> Upstream:
    def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(round(seconds, 6))
        if clock is not None:
            clock.advance(seconds)

    return Upstream(urls, RequestPolicy(**policy), sleep=sleep, chance=lambda: 0.5, clock=clock)


def test_answers_are_in_the_order_of_the_calls(server: FaultyUpstream) -> None:
    upstream = opened(server.url)
    names = [f"method_{index}" for index in range(250)]
    assert upstream.ask([(name, ()) for name in names]) == names
    assert sorted(len(body) for body in server.bodies) == [50, 100, 100]
    upstream.close()


def test_pauses_double_and_retry_after_is_respected(server: FaultyUpstream) -> None:
    slept: list[float] = []
    upstream = opened(server.url, slept=slept, pause=1.0, retries=3, units_per_second=0)
    server.always = "503"
    with pytest.raises(UpstreamFailed, match="HTTP 503") as caught:
        upstream.ask([("eth_chainId", ())])
    assert slept == [1.0, 2.0, 4.0]
    assert "eth_chainId" in str(caught.value) and "after 4 attempts" in str(caught.value)
    upstream.close()


def test_the_other_url_is_asked_without_a_pause(server: FaultyUpstream) -> None:
    slept: list[float] = []
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = "drop"
        upstream = opened(other.url, server.url, slept=slept)
        assert upstream.ask([("eth_chainId", ())]) == ["eth_chainId"]
        assert slept == []
        upstream.close()


def test_several_urls_share_the_work(server: FaultyUpstream) -> None:
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = echo
        upstream = opened(server.url, other.url)
        for index in range(10):
            assert upstream.ask([(f"m{index}", ())]) == [f"m{index}"]
        assert len(server.bodies) == len(other.bodies) == 5
        upstream.close()


def test_many_calls_go_to_several_urls_at_once(server: FaultyUpstream) -> None:
    with faulty_upstream("http://127.0.0.1:9") as other:
        meeting = threading.Barrier(2, timeout=30)

        def together(asked: Any) -> Any:
            meeting.wait()
            return echo(asked)

        server.always = other.always = together
        upstream = opened(server.url, other.url, retries=0)
        names = [f"m{index}" for index in range(200)]
        assert upstream.ask([(name, ()) for name in names]) == names, "neither answers before both are asked"
        upstream.close()


def test_a_url_that_fails_rests_while_another_is_well(server: FaultyUpstream) -> None:
    clock = ManualClock()
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = "503"
        upstream = opened(other.url, server.url, clock=clock, pause=1.0)
        for _ in range(6):
            upstream.ask([("m", ())])
        assert (len(other.bodies), len(server.bodies)) == (1, 6)
        clock.advance(1.0)
        other.always = echo
        for _ in range(6):
            upstream.ask([("m", ())])
        assert len(other.bodies) == 4, "it is asked again, in turn"
        upstream.close()


@pytest.mark.parametrize(
    "fault", [refusing(-32000, "missing trie node 0xabc (path )"), refusing(-32000, "header not found"), "401"]
)
def test_a_missing_method_is_requested_from_other_nodes(server: FaultyUpstream, fault: Any) -> None:
    slept: list[float] = []
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = fault
        upstream = opened(other.url, server.url, slept=slept, retries=0)
        assert upstream.ask([("m0", ()), ("m1", ())]) == ["m0", "m1"]
        server.always = fault
        with pytest.raises(UpstreamFailed, match="archive node|reorganisation|refused access"):
            upstream.ask([("m", ())])
        assert slept == [] and len(server.bodies) == 2, "no node will say anything else"
        upstream.close()


def test_a_missing_method_is_requested_from_a_returning_node(server: FaultyUpstream) -> None:
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = refusing(-32000, "missing trie node 0xabc (path )")
        server.planned.append("503")
        upstream = opened(server.url, other.url, retries=1, pause=0)
        assert upstream.ask([("m", ())]) == ["m"]
        upstream.close()


def test_a_missing_block_is_requested_from_other_nodes(server: FaultyUpstream) -> None:
    def behind(asked: Any) -> Any:
        return {"jsonrpc": "2.0", "id": asked["id"], "result": None}

    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = behind
        upstream = opened(other.url, server.url)
        assert upstream.ask([("eth_getBlockByNumber", ("0x1", False))]) == ["eth_getBlockByNumber"]
        server.always = behind
        assert upstream.ask([("eth_getBlockByNumber", ("0x1", False))]) == [None]
        upstream.close()


def test_each_url_has_a_separate_limit(server: FaultyUpstream) -> None:
    clock, slept = ManualClock(), list[float]()
    with faulty_upstream("http://127.0.0.1:9") as other:
        other.always = echo
        upstream = opened(server.url, other.url, slept=slept, clock=clock, units_per_second=100)
        for _ in range(10):
            upstream.ask([("m", ())])
        assert slept == [], "five calls each"
        upstream.close()


def test_only_missing_answers_are_requested_again(server: FaultyUpstream) -> None:
    def half(asked: Any) -> Any:
        return [answer for answer in echo(asked) if answer["id"] % 2]

    server.planned.append(half)
    upstream = opened(server.url, pause=0)
    assert upstream.ask([(f"m{index}", ()) for index in range(4)]) == ["m0", "m1", "m2", "m3"]
    assert [call["method"] for call in server.bodies[1]] == ["m0", "m2"]
    upstream.close()


def test_the_limit_holds_once_upstream_complains(server: FaultyUpstream) -> None:
    clock, slept = ManualClock(), list[float]()
    upstream = opened(server.url, slept=slept, clock=clock, pause=0.0)
    upstream.ask([("m", ())] * 50)
    assert slept == [], "no limit as long as nobody complains"
    server.planned.append("429")
    upstream.ask([("m", ())] * 50)
    assert sum(slept) > 2, "50 calls of 20 units, at 330 a second"
    upstream.close()


def test_the_limit_that_was_asked_for_holds_from_the_start(server: FaultyUpstream) -> None:
    clock, slept = ManualClock(), list[float]()
    upstream = opened(server.url, slept=slept, clock=clock, units_per_second=100)
    for _ in range(10):
        upstream.ask([("m", ())])
    assert sum(slept) == pytest.approx(1.0), "five calls at once, then five a second"
    upstream.close()


def test_a_query_that_is_too_large_is_not_repeated(server: FaultyUpstream) -> None:
    server.always = refusing(-32005, "query returned more than 10000 results")
    upstream = opened(server.url)
    with pytest.raises(UpstreamRefused, match="more than 10000") as caught:
        upstream.ask([("eth_getLogs", ())])
    assert caught.value.code == -32005 and len(server.bodies) == 1
    upstream.close()


def test_a_hanging_node_is_given_up(server: FaultyUpstream) -> None:
    server.always = "hang"
    upstream = opened(server.url, timeout=0.05, retries=0)
    with pytest.raises(UpstreamFailed, match="no answer within"):
        upstream.ask([("eth_chainId", ())])
    upstream.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user:pass@node.example:8545/v3/0123456789?key=1", "https://node.example:8545/…"),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("http://[::1]:8545/", "http://[::1]:8545"),
    ],
)
def test_credentials_are_not_shown(url: str, said: str) -> None:
    assert shown(url) == said


@pytest.mark.parametrize("url", ["ws://node.example", "node.example:8545", "http://", "http://x:notaport"])
def test_a_url_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        opened(url)


@pytest.mark.parametrize(
    "told",
    [
        None,
        5,
        "busy",
        [{"id": [1], "result": "0x1"}, None],
        [{"id": 0, "error": "too many requests"}],
        {"error": "too many requests"},
        {"error": ["too many requests"]},
        {"error": {"message": None}},
        {"message": "no"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("batch", [True, False])
def test_answers_of_no_form_are_named_and_asked_again(server: FaultyUpstream, told: Any, batch: bool) -> None:
    upstream = opened(server.url, retries=1, units_per_second=0)
    calls = [("eth_chainId", ()), ("eth_gasPrice", ())][: 1 + batch]
    if batch:
        server.planned.append(lambda asked: told)
        assert upstream.ask(calls) == ["eth_chainId", "eth_gasPrice"]
    server.always = lambda asked: told
    with pytest.raises((UpstreamFailed, UpstreamRefused)):
        upstream.ask(calls)
    upstream.close()


def test_a_batch_that_is_too_large_is_asked_singly(server: FaultyUpstream) -> None:
    message = "Batch of more than 3 requests are not allowed on free tier"

    def strict(asked: Any) -> Any:
        if isinstance(asked, list) and len(asked) > 3:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": 31, "message": message}}
        return echo(asked)

    server.always = strict
    upstream = opened(server.url)
    names = [f"method_{index}" for index in range(5)]
    assert upstream.ask([(name, ()) for name in names]) == names
    server.forget()
    assert upstream.ask([(name, ()) for name in names[:3]]) == names[:3] and len(server.bodies) == 1
    upstream.close()


def test_a_redirection_names_the_url_to_give_without_its_key(server: FaultyUpstream) -> None:
    server.always = "308 /v2/hiddenkey"
    upstream = opened(server.url, retries=3)
    with pytest.raises(UpstreamFailed, match=r"redirects to http://127.0.0.1:[0-9]+/… \(HTTP 308\)") as caught:
        upstream.ask([("eth_chainId", ())])
    assert "hiddenkey" not in str(caught.value) and len(server.bodies) == 1
    upstream.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/hidden key",
        "http://127.0.0.1:1/hidden\n",
        "http://127.0.0.1:1/h\u00e9/hidden",
        "http://user:hidden",
        "http://me:hid#den@host",
        "http://[::1/hidden",
    ],
)
def test_a_url_that_cannot_be_asked_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(url)
    assert "hid" not in str(caught.value)


def test_closing_ends_waits_for_an_answer(server: FaultyUpstream) -> None:
    upstream = opened(server.url, retries=3)
    upstream.ask([("eth_chainId", ())])
    server.always = "hang"
    server.forget()
    give_up(upstream, server.asked)
    assert len(server.bodies) == 1


def give_up(upstream: Upstream, reached: threading.Event) -> None:
    """Have a thread ask, and close upstream once it has got so far."""
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            upstream.ask([("eth_chainId", ())])
        except UpstreamFailed as error:
            caught.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert reached.wait(30)
    upstream.close()
    waiting.join(30)
    assert not waiting.is_alive() and len(caught) == 1


@pytest.fixture
def deaf() -> Iterator[str]:
    """A port of this machine that neither takes nor refuses connections, as where a firewall swallows them."""
    with contextlib.ExitStack() as held:
        listening = held.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):  # as many as wait to be taken, and more
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listening.getsockname())
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def mute() -> Iterator[str]:
    """A port that takes connections and says nothing on them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(("scheme", "where"), [("http", "deaf"), ("https", "deaf"), ("https", "mute")])
def test_closing_ends_waits_for_a_connection(
    scheme: str, where: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = opened(f"{scheme}://{request.getfixturevalue(where)}", retries=0, timeout=120.0)
    reached = threading.Event()
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, noticed(reached, getattr(socket.socket, name)))
    give_up(upstream, reached)


def noticed(reached: threading.Event, connect: Callable[..., Any]) -> Callable[..., Any]:
    def noticing(*args: Any) -> Any:
        reached.set()
        return connect(*args)

    return noticing


@pytest.mark.parametrize(("scheme", "where"), [("http", "deaf"), ("https", "mute")])
def test_the_timeout_includes_connecting(scheme: str, where: str, request: pytest.FixtureRequest) -> None:
    upstream = opened(f"{scheme}://{request.getfixturevalue(where)}", retries=0, timeout=0.1)
    with pytest.raises(UpstreamFailed, match=r"no answer within 0\.1 s"):
        upstream.ask([("eth_chainId", ())])
    upstream.close()


def test_an_address_that_swallows_connections_leaves_time_for_the_next(
    deaf: str, server: FaultyUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = [int(where.rpartition(":")[2]) for where in (deaf, server.url)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    upstream = opened("http://upstream.example", retries=5, timeout=1.0)
    assert upstream.ask([("eth_chainId", ())]) == ["eth_chainId"]
    upstream.close()


def test_the_timeout_includes_slow_answers(server: FaultyUpstream) -> None:
    server.always = "trickle"
    upstream = opened(server.url, retries=0, timeout=0.3)
    with pytest.raises(UpstreamFailed, match=r"no answer within 0\.3 s"):
        upstream.ask([("eth_chainId", ())])
    server.always = echo
    assert upstream.ask([("eth_chainId", ())]) == ["eth_chainId"]
    upstream.close()

"""IPC: a stream of JSON over a Unix socket."""

from __future__ import annotations

import itertools
import json
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megadev.errors import ConfigError
from megadev.server import ServerOptions
from megadev.server.ipc import JsonSplitter

TIMEOUT = 20.0
Start = Callable[..., Any]
Rpc = Callable[..., bytes]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
messages = st.lists(json_values, max_size=3) | st.dictionaries(st.text(), json_values, max_size=3)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(messages, st.sampled_from(["", "\n", " \t\r\n"]), st.booleans()), max_size=5),
    st.lists(st.integers(1, 20), min_size=1, max_size=10),
)
def test_values_are_found_however_the_stream_is_cut(values: list[tuple[Any, str, bool]], sizes: list[int]) -> None:
    stream = "".join(
        json.dumps(value, ensure_ascii=is_ascii, indent=2 if is_ascii else None) + space
        for value, space, is_ascii in values
    ).encode()
    splitter = JsonSplitter()
    found: list[bytes] = []
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(stream):
            break
        found += splitter.feed(stream[at : at + size])
        at += size
    assert [json.loads(piece) for piece in found] == [value for value, _, _ in values]
    assert splitter.waiting == 0


@pytest.mark.parametrize("junk", [b"x", b"1", b'"a"', b"}", b"]", b"{}x"])
def test_a_stream_that_is_no_json_cannot_be_followed(junk: bytes) -> None:
    with pytest.raises(ValueError, match="object or array"):
        JsonSplitter().feed(junk)


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are too long for a socket's path on some systems
        yield Path(folder) / "node.ipc"


def connect(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(TIMEOUT)
    client.connect(str(path))
    return client


def test_requests_are_answered_line_by_line(start: Start, rpc: Rpc, path: Path) -> None:
    start(ipc_path=path)
    with connect(path) as client, client.makefile("rb") as answers:
        client.sendall(rpc("toy_echo", 1) + rpc("toy_echo", 2) + b"\n" + rpc("toy_echo", 3)[:10])
        assert [json.loads(answers.readline())["result"] for _ in range(2)] == [1, 2]
        client.sendall(rpc("toy_echo", 3)[10:])
        assert json.loads(answers.readline())["result"] == 3
        client.sendall(rpc("toy_subscribe"))
        assert json.loads(answers.readline())["result"].startswith("ipc-")


def test_a_client_that_closes_its_side_is_still_answered(start: Start, rpc: Rpc, path: Path) -> None:
    """``echo … | nc -U`` does."""
    server = start(ipc_path=path)
    with connect(path) as client, client.makefile("rb") as answers:
        client.sendall(rpc("toy_wait"))
        client.shutdown(socket.SHUT_WR)
        assert server.toys.entered.wait(TIMEOUT)
        server.toys.gate.set()
        assert json.loads(answers.readline())["result"] == "waited"
        assert answers.read() == b""


@pytest.mark.parametrize(("sent", "code"), [(b"junk", -32700), (b'{"a":"' + b"x" * 2_000, -32600)])
def test_an_unreadable_ipc_stream_gets_an_error_and_is_closed(
    start: Start, rpc: Rpc, path: Path, sent: bytes, code: int
) -> None:
    start(ServerOptions(body_limit=1_000), ipc_path=path)
    with connect(path) as client, client.makefile("rb") as answers:
        client.sendall(rpc("toy_echo", 1))
        assert json.loads(answers.readline())["result"] == 1
        client.sendall(sent)
        assert json.loads(answers.readline())["error"]["code"] == code
        assert answers.read() == b""


def test_only_the_owner_may_connect_and_the_socket_is_removed(start: Start, path: Path) -> None:
    server = start(ipc_path=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="in use"):
        start(ipc_path=path)
    assert path.exists()
    server.thread.close()
    assert not path.exists()


def test_a_socket_left_by_a_killed_process_is_taken_over(start: Start, rpc: Rpc, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    start(ipc_path=path)
    with connect(path) as client, client.makefile("rb") as answers:
        client.sendall(rpc("toy_echo", 1))
        assert json.loads(answers.readline())["result"] == 1


def test_a_file_that_is_no_socket_is_not_touched(start: Start, path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ConfigError):
        start(ipc_path=path)
    assert path.read_text() == "precious"

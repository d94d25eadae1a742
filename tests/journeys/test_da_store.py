"""A store for batch data that anyone can run: over HTTP, across a restart, and misbehaving when told to."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev.errors import ConfigError
from megadev.node.data_directory import Directory
from megadev.primitives.keccak import keccak
from megadev.rollup.da.client import StoreClient, StoreRefused
from megadev.rollup.da.commitments import encode_commitment
from megadev.rollup.da.store import DEFAULT_KEY, MAX_DATA, Store
from megadev.server.data_store import DataStoreServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DataStoreServer]:
    made = DataStoreServer(Store(DEFAULT_KEY, Directory(tmp_path / "da")))
    yield made
    made.close()


def ask(
    server: DataStoreServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_stored_data_is_returned_by_its_commitment(server: DataStoreServer) -> None:
    client = StoreClient(server.url)
    certificate = client.put(b"frames")
    assert certificate.signer == server.store.address
    assert client.get(certificate.hash) == b"frames"
    assert client.get(keccak(b"other")) is None
    status, body = ask(server, "GET", "/get/0x" + encode_commitment(certificate).hex())
    assert (status, body) == (200, b"frames")
    status, body = ask(server, "POST", "/put/0x00" + keccak(b"more").hex(), b"more")
    assert status == 200
    assert ask(server, "GET", "/get/0x00" + keccak(b"more").hex()) == (200, b"more")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/health", None, 200),
        ("GET", "/nothing", None, 404),
        ("GET", "/get/", None, 400),
        ("GET", "/get/0x00", None, 400),
        ("GET", "/get/0xzz", None, 400),
        ("GET", "/get/0x010002ff", None, 400),
        ("GET", "/get/0x00" + "11" * 32, None, 404),
        ("PUT", "/elsewhere", b"data", 404),
        ("PUT", "/put", b"", 400),
        ("PUT", "/put/0x00" + "11" * 32, b"data", 400),
        ("PUT", "/put/junk", b"data", 400),
        ("PUT", "/faults", b"junk", 400),
        ("PUT", "/faults", b'{"explode": true}', 400),
        ("PUT", "/faults", b'{"delay": -1}', 400),
        ("PUT", "/faults", b'{"withhold": ["0x12"]}', 400),
        ("PUT", "/faults", b"[" * 100_000, 400),
    ],
)
def test_an_invalid_request_is_refused(
    server: DataStoreServer, method: str, path: str, body: bytes | None, status: int
) -> None:
    assert ask(server, method, path, body)[0] == status
    assert ask(server, "GET", "/health") == (200, b"ok")


def test_more_than_it_takes_is_refused_before_it_is_read(server: DataStoreServer) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.putrequest("PUT", "/put")
    connection.putheader("Content-Length", str(MAX_DATA + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    connection.putrequest("PUT", "/put")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_the_store_misbehaves_on_request(server: DataStoreServer) -> None:
    client = StoreClient(server.url)
    one, two = (client.put(each).hash for each in (b"one", b"two"))

    def tell(**faults: Any) -> list[bytes | None]:
        assert ask(server, "PUT", "/faults", json.dumps(faults).encode())[0] == 200
        return [client.get(one), client.get(two)]

    assert tell(withhold=True) == [None, None]
    assert tell(withhold=["0x" + one.hex()]) == [None, b"two"]
    assert tell(corrupt=True) == [b"ond", b"twn"]
    assert tell(delay=60) == [None, None]
    shown = json.loads(ask(server, "GET", "/")[1])
    assert shown["faults"] == {"withhold": False, "delay": 60.0, "corrupt": False}
    assert tell() == [b"one", b"two"]


def test_an_unreachable_store_neither_serves_nor_accepts_data(server: DataStoreServer) -> None:
    client = StoreClient(server.url)
    certificate = client.put(b"data")
    server.close()
    assert client.get(certificate.hash) is None
    with pytest.raises(StoreRefused):
        client.put(b"data")
    with pytest.raises(ConfigError):
        StoreClient("ftp://example")


def test_a_directory_is_served_again_by_another_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "megadev", "da", "serve", "--dir", str(tmp_path / "da"), "--port", "0"]
    certificate = None
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+?(?=,)", process.stdout.readline())
            assert found is not None
            client = StoreClient(found[0])
            if certificate is None:
                certificate = client.put(b"kept")
            assert client.get(certificate.hash) == b"kept"
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0

"""On a fork, what a browser asks for was "not HTTP/1.1" where it took something of upstream's: the first page, blobs of
blocks that were forked. It is shown once that has come, and other clients are answered meanwhile.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

PATHS = ("/", "/health", "/eth/v1/beacon/blobs/2", "/eth/v1/beacon/blobs/head", "/eth/v1/beacon/blobs/finalized")


def test_pages_are_shown_on_a_fork(megadev_up: Callable[..., Any]) -> None:
    upstream = megadev_up("--no-l1")
    upstream.rpc("anvil_mine", "0x5")
    node = megadev_up("--no-l1", "--fork-url", upstream.url, "--fork-block-number", "4", "--no-storage-caching")
    for path in PATHS:
        with urllib.request.urlopen(node.url + path, timeout=30) as answer:
            assert answer.status == 200
            assert b"not HTTP" not in answer.read()
    upstream.process.kill()
    upstream.process.wait(30)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(node.url + "/eth/v1/beacon/blobs/1", timeout=60)
    with refused.value as answer:
        assert answer.code == 503
        assert b"Traceback" not in answer.read()
    assert node.rpc("eth_chainId") == "0x7a69"

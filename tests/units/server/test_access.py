"""Which hosts and origins are served."""

from __future__ import annotations

import pytest

from megadev.server.access import Access


@pytest.mark.parametrize(
    "host",
    [
        b"127.0.0.1",
        b"127.0.0.1:8545",
        b"localhost",
        b"LOCALHOST:1",
        b"[::1]",
        b"[::1]:8545",
        b"192.168.1.7:80",
        b"app.localhost",
        b"megadev:8545",
        b"host.docker.internal:8545",
        b"laptop.local",
        b"Laptop.local.:8545",
        b"app.test:8545",
        b"node.home.arpa",
        b"megadev.default.svc.cluster.local:8545",
        b"localhost.",
        None,
    ],
)
def test_addresses_and_private_names_are_served(host: bytes | None) -> None:
    assert Access().allows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"evil.example:8545",
        b"127.0.0.1.evil.example",
        b"localhost.evil.example",
        b"a.b",
        b"local.evil.example",
        b"evil.local.example:8545",
        b"evillocal.com",
        b"x.svc.cluster.local.evil.example",
        b"evil.testing",
        b"127.1.x.y",
        b"localhost, evil.example",
        b"127.0.0.1:80, evil.example",
        b"",
        b"[::1].evil.example",
    ],
)
def test_names_of_strangers_are_not(host: bytes) -> None:
    access = Access()
    assert not access.allows_host(host)
    assert not access.allows_host(host), "also when asked again"
    assert Access(hosts=["*"]).allows_host(host)


def test_any_page_may_ask_by_default() -> None:
    access = Access()
    assert access.allows_origin(b"https://app.example")
    assert b"access-control-allow-origin: *" in access.cors_headers(b"https://app.example")


def test_restricted_origins_are_refused() -> None:
    access = Access(["https://App.example/"])
    assert access.allows_origin(b"https://app.example")
    assert access.allows_origin(None), "no browser"
    assert not access.allows_origin(b"https://evil.example")
    assert not access.allows_origin(b"null")
    assert b"allow-origin: https://app.example\r\n" in access.cors_headers(b"https://app.example")
    assert b"allow-origin" not in access.cors_headers(b"https://evil.example")


def test_without_cors_there_are_no_headers() -> None:
    access = Access(None)
    assert access.cors_headers(b"https://app.example") == b""
    assert access.preflight_headers(b"https://app.example", None, True) == b""
    assert access.allows_origin(b"https://app.example")

"""Access control: the Host check that stops DNS rebinding, and CORS.

A page on evil.example can point its own DNS name at 127.0.0.1 and then talk to a local node as if it were its own
server. Such requests carry that name in ``Host``. So a request is served only if its host is an address, ``localhost``,
a name without a dot (a container or machine on this network), a name under one of ``PRIVATE_DOMAINS``, or one that was
allowed: none of these is a name that a stranger can own in public DNS. ``*`` among the allowed names lifts the check.

CORS is open by default, as in every local node: any page may call the node, and sees the answers. Where origins are
restricted, a request whose ``Origin`` is not among them is refused, not only left without headers: a browser sends a
text/plain POST without asking first, and a transaction sent is sent even if the answer cannot be read.

Open does not mean that any page may have this machine do things. Methods that reach outside of the process (the catalog
says which) are refused to pages of foreign origins: those that are not on this machine (``localhost``, ``127.0.0.1``,
``[::1]``), not on the host under which the node was reached, no browser's extension (wallets), and not named by
``--allow-origin``. Programs send no Origin and are not concerned.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

ANY = "*"
LONGEST_NAME = 300
"""Characters of a refused host or origin that are told; names in DNS have 253 at most."""
PRIVATE_DOMAINS = ("localhost", "local", "internal", "test", "home.arpa")
"""Domains under which nobody can own a name in public DNS: localhost and test (RFC 6761), local (RFC 6762; Kubernetes
has its services under svc.cluster.local), home.arpa (RFC 8375), and internal, which ICANN keeps for private use.
"""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_EXTENSIONS = ("chrome-extension://", "moz-extension://", "safari-web-extension://")
_PRIVATE = tuple(f".{domain}" for domain in PRIVATE_DOMAINS)
_PREFLIGHT_MAX_AGE = 86_400
"""Seconds a browser may remember a preflight's answer."""


class Access:
    """The rules of one server. ``origins`` None: no CORS headers at all, but no refusals either."""

    def __init__(self, origins: Iterable[str] | None = (ANY,), hosts: Iterable[str] = ()) -> None:
        self.origins = None if origins is None else frozenset(origin.rstrip("/").lower() for origin in origins)
        self.hosts = frozenset(host.lower() for host in hosts)
        self._known_hosts: set[bytes] = set()

    def allows_host(self, host: bytes | None) -> bool:
        """True if a Host header's value may be served. Absent (HTTP/1.0) is fine: browsers always send one."""
        if host is None or host in self._known_hosts or ANY in self.hosts:
            return True
        if not self._is_local_name(host):
            return False
        if len(self._known_hosts) < 64:
            self._known_hosts.add(host)
        return True

    def _is_local_name(self, host: bytes) -> bool:
        parsed = _HOST.fullmatch(host.decode("latin-1").lower())
        if parsed is None:  # two Host headers, say
            return False
        name = parsed[1].strip("[]")
        try:
            ipaddress.ip_address(name)
        except ValueError:
            name = name.rstrip(".")
            return "." not in name or name.endswith(_PRIVATE) or name in self.hosts
        return True

    def refusal(self, host: bytes | None, origin: bytes | None) -> str:
        """Returns why a request with such headers is refused, and the flag that allows it; '' if it is served."""
        if not self.allows_host(host):
            name = (host or b"").decode("latin-1")
            parsed = _HOST.fullmatch(name.lower())
            lets = "--allowed-hosts"
            if parsed is not None and len(name) <= LONGEST_NAME:
                lets += f" {parsed[1]}"
            return f"host {name[:LONGEST_NAME]!r} is not allowed: use an address or localhost, or start with {lets}"
        if not self.allows_origin(origin):
            name = (origin or b"").decode("latin-1")[:LONGEST_NAME]
            return f"origin {name!r} is not allowed: start with --allow-origin {name}"
        return ""

    def allows_origin(self, origin: bytes | None) -> bool:
        """True if a request with that Origin header may be served."""
        if origin is None or self.origins is None or ANY in self.origins:
            return True
        return origin.decode("latin-1").lower() in self.origins

    def is_foreign(self, origin: bytes | None, host: bytes | None = None) -> bool:
        """True if a request with these Origin and Host headers comes from a page that is to be kept from what is
        outside of the process.
        """
        if origin is None:
            return False
        name = origin.decode("latin-1").lower()
        if name.startswith(_EXTENSIONS) or name.rstrip("/") in (self.origins or ()):
            return False
        parsed = _ORIGIN.fullmatch(name)
        if parsed is None:  # "null" too: a page without an origin may be anybody's
            return True
        if _is_this_machine(parsed[2]):
            return False
        if host is None or not self._is_local_name(host):  # a name that anybody can have point here proves nothing
            return True
        reached = _HOST.fullmatch(host.decode("latin-1").lower())
        return reached is None or reached[1] != parsed[2]

    def cors_headers(self, origin: bytes | None) -> bytes:
        """The header lines that let a page at ``origin`` read an answer."""
        if self.origins is None:
            return b""
        if ANY in self.origins:
            return b"access-control-allow-origin: *\r\n"
        if origin is None or not self.allows_origin(origin):
            return b"vary: origin\r\n"
        return b"access-control-allow-origin: " + origin + b"\r\nvary: origin\r\n"

    def preflight_headers(self, origin: bytes | None, wanted: bytes | None, private_network: bool) -> bytes:
        """The header lines that answer a preflight: which methods and headers a page may send."""
        headers = self.cors_headers(origin)
        if b"access-control-allow-origin" not in headers:
            return headers
        headers += b"access-control-allow-methods: GET, POST, OPTIONS\r\naccess-control-allow-headers: "
        headers += (wanted or b"content-type") + b"\r\naccess-control-max-age: %d\r\n" % _PREFLIGHT_MAX_AGE
        if private_network:
            headers += b"access-control-allow-private-network: true\r\n"
        return headers


def _is_this_machine(host: str) -> bool:
    """True if a page's host is a name or an address that every machine has for itself."""
    name = host.strip("[]").rstrip(".")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")

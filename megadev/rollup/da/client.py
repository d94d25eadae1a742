"""Clients of a store over HTTP, which ``server/data_store`` answers, and of the beacon API that has blobs. What they
get is checked by derivation, not here. A store that cannot be reached is one that withholds.
"""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from megadev.errors import ConfigError, MegadevError
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.da.commitments import (
    Certificate,
    InvalidCommitment,
    decode_commitment,
    encode_commitment,
)
from megadev.rollup.da.store import MAX_DATA

TIMEOUT = 5.0
"""Seconds until a store that does not answer is taken for one that withholds."""


class StoreRefused(MegadevError):
    """A store did not take what was put, or could not be reached."""


class _Site:
    """The HTTP client of ``url``. Raises ``ConfigError`` for what is no HTTP URL."""

    what = "a DA store"
    example = "http://127.0.0.1:3100"

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{url!r} is not the URL of {self.what}: give one such as {self.example}")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._timeout = timeout

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, self._path + path, body)
            answer = connection.getresponse()
            return answer.status, answer.read(MAX_DATA + 1)
        finally:
            connection.close()


class StoreClient(_Site):
    """A client of the store at ``url``. Raises ``ConfigError`` for an invalid HTTP URL."""

    def get(self, data_hash: Hash32) -> bytes | None:
        """The store's data for that hash, unverified; None if it has none, or cannot be reached."""
        commitment = encode_commitment(Certificate(data_hash))
        try:
            status, body = self._ask("GET", f"/get/{to_data(commitment)}")
        except (OSError, http.client.HTTPException):
            return None
        return body if status == 200 else None

    def put(self, data: bytes) -> Certificate:
        """Have the store keep ``data``. Raises ``StoreRefused``."""
        try:
            status, body = self._ask("PUT", "/put", data)
            if status == 200:
                certificate = decode_commitment(body)
                if certificate.fits(data):
                    return certificate
                raise StoreRefused("the DA store certified different data than it was given")
        except (OSError, http.client.HTTPException) as error:
            raise StoreRefused(f"the DA store at {self._host} could not be reached: {error}") from None
        except InvalidCommitment as error:
            raise StoreRefused(f"the DA store did not return a certificate: {error}") from None
        raise StoreRefused(f"the DA store refused {len(data)} bytes: {body.decode(errors='replace')[:200]}")


class BlobClient(_Site):
    """The beacon API at ``url``, as ``derivation.remote_l1`` asks it for blobs."""

    what = "a beacon API"
    example = "http://127.0.0.1:9545"

    def get(self, path: str) -> bytes | None:
        """The response body for ``path``; None if there is none, or the server does not answer."""
        try:
            status, body = self._ask("GET", path)
        except (OSError, http.client.HTTPException):
            return None
        return body if status == 200 else None

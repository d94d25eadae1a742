"""A JSON-RPC client for one question at a time, for commands that talk to a running node."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from megadev.errors import ConfigError, MegadevError
from megadev.primitives.guarded_json import NestedTooDeeply, check_nesting, decode_deep
from megadev.rpc.gateway_limits import NOT_LISTED

_MAX_NESTING = 2_100
"""A trace of 1,024 nested calls, the most that there can be, is 2,050 deep."""

TIMEOUT_SECONDS = 60
"""Longer than any answer of a healthy node takes; the *Sync methods wait up to 30 s."""


class CallFailed(MegadevError):
    """The node could not be reached, or answered with an error; ``code`` is that error's."""

    def __init__(self, message: str, code: int | None = None, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


def call(url: str, method: str, params: list[Any]) -> Any:
    """The result of one JSON-RPC request over HTTP. Raises CallFailed; ConfigError for an invalid URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"--rpc-url: must be like http://127.0.0.1:8545, not {url!r}")
    secure = parts.scheme == "https"
    try:
        port = parts.port or (443 if secure else 80)
    except ValueError:
        raise ConfigError(f"--rpc-url: invalid port in {url!r}") from None
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname, port, timeout=TIMEOUT_SECONDS)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        status, content = response.status, response.read()
    except OSError as problem:
        raise CallFailed(
            f"no node answers at {url}: {problem.strerror or problem}; start one with `megadev up`"
        ) from None
    except http.client.HTTPException as problem:
        raise CallFailed(f"{url} does not speak HTTP: {problem or type(problem).__name__}") from None
    finally:
        connection.close()
    try:
        check_nesting(content, _MAX_NESTING)
        answer = decode_deep(content)
        error = answer.get("error")
        if error is not None:
            failure = _failure(method, error)
    except NestedTooDeeply:
        raise CallFailed(f"the answer of {url} is nested too deeply to be read") from None
    except (ValueError, AttributeError):
        raise CallFailed(f"{url} answered HTTP {status} without JSON-RPC: {content[:100]!r}") from None
    if error is not None:
        raise failure
    return answer.get("result")


def _failure(method: str, error: dict[str, Any]) -> CallFailed:
    code, message = error.get("code"), str(error.get("message"))
    if (code, message) == (NOT_LISTED.code, NOT_LISTED.message):
        message = f"{method}: {message}; a node with --gateway-limits control lets megadev's own commands through"
    return CallFailed(message, code, error.get("data"))

"""JSON-RPC 2.0's envelope: which bytes are a request, and how an answer is written. No methods, no Ethereum.

The id is kept as the bytes it came in (``msgspec.Raw``) and echoed unchanged, so an id of 30 digits, ``1.0`` or a
string with escapes comes back exactly as sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from megadev.primitives.guarded_json import NestedTooDeeply, check_nesting
from megadev.primitives.json_pieces import joined, pieces

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603


class Request(msgspec.Struct):
    """One member as it came. ``UNSET`` where the name was absent; nothing is checked yet."""

    jsonrpc: Any = msgspec.UNSET
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    method: Any = msgspec.UNSET
    params: Any = msgspec.UNSET


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """The error object of an answer. ``data`` is left out when UNSET."""

    code: int
    message: str
    data: Any = msgspec.UNSET


class Malformed(Exception):
    """Bytes that are no JSON (``failure.code`` -32700) or JSON that is no request (-32600)."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


_decode_request = msgspec.json.Decoder(Request).decode
_decode_members = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode

_HEAD, _RESULT = b'{"jsonrpc":"2.0","id":', b',"result":'
_WHITE = b" \t\r\n"


def is_batch(body: bytes) -> bool:
    """The first character that is no white space opens an array."""
    return body[:1] == b"[" or (body[:1] in _WHITE and body.lstrip(_WHITE)[:1] == b"[")


def decode_request(body: bytes | msgspec.Raw) -> Request:
    """One request; a ``Raw`` one is a member of a batch that was looked at as a whole. Raises ``Malformed``."""
    try:
        if not isinstance(body, msgspec.Raw):
            check_nesting(body)
        return _decode_request(body)
    except msgspec.ValidationError as error:  # JSON, but not an object (or a number no float holds)
        is_other = str(error).startswith("Expected `object`")
        words = "a request must be a JSON object" if is_other else str(error)
        raise Malformed(Failure(INVALID_REQUEST, f"invalid request: {words}")) from None
    except (NestedTooDeeply, RecursionError):
        raise Malformed(Failure(PARSE_ERROR, "parse error: nested too deeply")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(Failure(PARSE_ERROR, f"parse error: {error}")) from None


def decode_members(body: bytes) -> list[msgspec.Raw]:
    """The members of a batch, each still undecoded. Raises ``Malformed`` for the whole."""
    try:
        check_nesting(body)
        return _decode_members(body)
    except (NestedTooDeeply, RecursionError):
        raise Malformed(Failure(PARSE_ERROR, "parse error: nested too deeply")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(Failure(PARSE_ERROR, f"parse error: {error}")) from None


def usable_id(raw: msgspec.Raw) -> bytes | None:
    """The id's bytes if it is a string, a number or null; None otherwise."""
    data = bytes(raw)
    first = data[:1]
    if first in b"0123456789-" or data == b"null":
        return data
    if first == b'"':
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                return None
        return data
    return None


def write_result(request_id: bytes, result: object) -> bytes:
    """The bytes of a successful answer. Raises what the encoder raises when ``result`` is no JSON."""
    try:
        encoded = _encode(result)
    except RecursionError:  # calls within calls: 1,024 of them are more than some Pythons let the encoder follow
        return write_large_result(request_id, [result])
    return b"".join((_HEAD, request_id, _RESULT, encoded, b"}"))


def write_large_result(request_id: bytes, holder: list[object]) -> bytes:
    """The same of what is in ``holder``, piece by piece: for threads beside which others want to run. What nobody else
    holds of it is freed on the way.
    """
    return joined(chain((_HEAD, request_id, _RESULT), pieces(holder), (b"}",)))


def write_failure(request_id: bytes, failure: Failure) -> bytes:
    """The bytes of an error answer."""
    return b'%b%b,"error":%b}' % (_HEAD, request_id, _encode(failure))


def write_batch(answers: list[bytes]) -> bytes:
    """The bytes of a batch's answer."""
    return b"[%b]" % b",".join(answers)


def write_large_batch(answers: list[bytes]) -> bytes:
    """The same, a piece at a time: for a thread beside which others want to run."""

    def parts() -> Iterator[bytes]:
        before = b"["
        for answer in answers:
            yield before
            yield answer
            before = b","
        yield b"]"

    return joined(parts())

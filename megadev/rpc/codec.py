"""JSON parameters into values: what a method's annotations may say, and how each is decoded.

A method author annotates parameters with the aliases below (``AddressParam``, ``BlockParam``…), ``X | None``,
``list[X]``, ``tuple[X, ...]``, ``dict[K, V]``, or a ``msgspec.Struct`` whose fields are annotated the same way: a JSON
object with camelCase names (other spellings in the struct's ``ALIASES``), absent or null meaning the field's default,
unknown names ignored unless the struct says ``forbid_unknown_fields``. ``decoder_for`` compiles an annotation once, at
registration. To a type checker each alias is the plain value it decodes to.

Why numbers in three forms: clients send quantities as hex and as JSON numbers, and to methods of development nodes
as decimal strings, too. The execution API's own methods refuse those, as geth does: "10" is ten to some and sixteen to
others (``is_exact``). Bytes are never guessed: hex with 0x, of the right length. A boolean is never a number.

Every decoder raises ``InvalidParams`` saying what was expected and what came; containers put the path in front.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

import msgspec

from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.transactions import SignedAuthorization
from megadev.errors import InvalidParams, OverrideRefused
from megadev.primitives.hexcodec import bytes_in, number_in
from megadev.primitives.types import Address, Hash32

T = TypeVar("T")
Decoder: TypeAlias = Callable[[Any], Any]

JSON: TypeAlias = (
    bool | int | float | str | msgspec.Raw | msgspec.Struct | list[Any] | tuple[Any, ...] | Mapping[str, Any] | None
)
"""What a method may return. Not ``bytes``: the encoder would turn them into base64, so hex is the formatter's job.
``msgspec.Raw`` is JSON already encoded; a struct is encoded with its renamed fields."""

UINT8_MAX = 2**8 - 1
UINT64_MAX = 2**64 - 1
UINT256_MAX = 2**256 - 1

_TAGS = {tag.value: tag for tag in Tag}


class Decode:
    """Marks an ``Annotated`` alias with the function that decodes it, and with the one that refuses a number in decimal
    text (``exact``), where that is another.
    """

    __slots__ = ("exact", "function")

    def __init__(self, function: Decoder, exact: Decoder | None = None) -> None:
        self.function = function
        self.exact = function if exact is None else exact


def describe(value: object) -> str:
    """A JSON value as error messages show it: short, and named by its JSON type."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 80 else f'"{value[:72]}…" ({len(value)} characters)'
        case int() | float():
            text = str(value) if not isinstance(value, int) or value.bit_length() <= 600 else hex(value)
            return text if len(text) <= 80 else f"a number of {len(text)} digits"
        case dict():
            return "an object"
        case list():
            return "an array"
    return "a value that is not JSON"


def _fail(expected: str, value: object) -> InvalidParams:
    return InvalidParams(f"expected {expected}, got {describe(value)}")


def _has_no_prefix(value: object) -> bool:
    """True for text that is no number of the execution API, whatever its digits mean."""
    return type(value) is str and value[:2] not in ("0x", "0X")


def _number(value: object, maximum: int, expected: str, is_exact: bool = False) -> int:
    """A whole number from 0 to ``maximum``, as a JSON number, 0x hex or, unless ``is_exact``, decimal digits."""
    number: int | None
    if type(value) is float and value.is_integer():  # 1e18 as JavaScript prints large numbers
        number = int(value)
    elif is_exact and _has_no_prefix(value):
        number = None
    else:
        number = number_in(value)
    if number is None or not 0 <= number <= maximum:
        raise _fail(expected, value)
    return number


def decode_quantity(value: object, is_exact: bool = False) -> int:
    """A number of 256 bits."""
    return _number(value, UINT256_MAX, "a quantity (0x hex or number, below 2**256)", is_exact)


def decode_slot(value: object, is_exact: bool = False) -> int:
    """A storage key or word: a number of 256 bits, in hex of no more than 32 bytes."""
    if type(value) is str and value[:2] in ("0x", "0X") and len(value) > 66:
        raise _fail("at most 32 bytes (64 hex digits)", value)
    return decode_quantity(value, is_exact)


def decode_uint64(value: object, is_exact: bool = False) -> int:
    """A number of 64 bits."""
    return _number(value, UINT64_MAX, "a quantity (0x hex or number, below 2**64)", is_exact)


def decode_uint8(value: object, is_exact: bool = False) -> int:
    """A number of 8 bits."""
    return _number(value, UINT8_MAX, "a quantity (0x hex or number, below 2**8)", is_exact)


def decode_data(value: object) -> bytes:
    """Bytes as 0x and an even number of hex digits; an empty text is no bytes, as web3.js and others send it."""
    data = b"" if value == "" else bytes_in(value)
    if data is None:
        raise _fail("bytes (0x and an even number of hex digits)", value)
    return data


def _fixed(value: object, size: int, expected: str) -> bytes:
    data = bytes_in(value, size)
    if data is None:
        raise _fail(expected, value)
    return data


def decode_address(value: object) -> Address:
    """20 bytes. The EIP-55 checksum is not verified: no node does, and lower case is common."""
    return _fixed(value, 20, "a 20-byte address (0x and 40 hex digits)")


def decode_hash(value: object) -> Hash32:
    """32 bytes."""
    return _fixed(value, 32, "a 32-byte hash (0x and 64 hex digits)")


def hash_or(annotation: Any, expected: str, *, is_exact: bool = False) -> Decoder:
    """A decoder for a transaction's hash, or else an object of the type ``annotation``; ``expected`` names both."""
    decode_object = decoder_for(annotation, is_exact=is_exact)

    def decode(value: Any) -> Any:
        if type(value) is str:
            return decode_hash(value)
        if type(value) is dict:
            return decode_object(value)
        raise InvalidParams(f"expected {expected}, got {describe(value)}")

    return decode


def decode_word(value: object) -> bytes:
    """Exactly 32 bytes, as storage values are given: a short word is more often a mistake than a number."""
    return _fixed(value, 32, "a 32-byte word (0x and 64 hex digits)")


def decode_bool(value: object) -> bool:
    """true or false."""
    if type(value) is bool:
        return value
    raise _fail("a boolean", value)


def decode_string(value: object) -> str:
    """A JSON string."""
    if type(value) is str:
        return value
    raise _fail("a string", value)


def decode_float(value: object) -> float:
    """A JSON number (percentiles)."""
    if type(value) is float:
        return value
    if type(value) is int and abs(value) <= UINT256_MAX:  # a float holds that, and not everything beyond
        return float(value)
    raise _fail("a number", value)


def decode_object(value: object) -> dict[str, Any]:
    """A JSON object, its members undecoded."""
    if type(value) is dict:
        return value
    raise _fail("an object", value)


_NUMBER_OR_TAG = "a block number (0x hex) or one of " + ", ".join(_TAGS)


def decode_number_or_tag(value: object) -> Tag | int:
    """A block by tag or number."""
    if type(value) is str:
        tag = _TAGS.get(value)
        if tag is not None:
            return tag
    return _block_number(value, _NUMBER_OR_TAG)


def _block_number(value: object, expected: str) -> int:
    """In hex with 0x, or a JSON number: "10" may be either ten or a tag that was misspelt, and is 16 to some."""
    if _has_no_prefix(value):
        raise _fail(expected, value)
    return _number(value, UINT64_MAX, expected)


class _BlockObject(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """EIP-1898."""

    block_number: NumberOrTagParam | None = None
    block_hash: HashParam | None = None
    require_canonical: BoolParam = False


def decode_block(value: object) -> BlockRef:
    """A block by tag, number, 32-byte hash or EIP-1898 object.

    ``requireCanonical`` is checked to be a boolean and otherwise always holds: blocks that left the chain are not kept.
    """
    if type(value) is str:
        tag = _TAGS.get(value)
        if tag is not None:
            return tag
        if len(value) == 66:
            return decode_hash(value)
    elif type(value) is dict:
        named: _BlockObject = _decode_block_object(value)
        if (named.block_hash is None) == (named.block_number is None):
            raise InvalidParams("a block object needs either blockNumber or blockHash (EIP-1898)")
        if named.block_hash is not None:
            return named.block_hash
        assert named.block_number is not None
        return named.block_number
    return _block_number(value, f"{_NUMBER_OR_TAG}, a 32-byte hash, or an object with blockNumber or blockHash")


def _decode_access_list(value: object) -> tuple[tuple[Address, tuple[int, ...]], ...]:
    return tuple((entry.address, entry.storage_keys) for entry in _decode_access_entries(value))


def _decode_authorizations(value: object) -> tuple[SignedAuthorization, ...]:
    return tuple(
        SignedAuthorization(item.chain_id, item.address, item.nonce, item.y_parity, item.r, item.s)
        for item in _decode_authorization_items(value)
    )


def _decode_filter_addresses(value: object) -> tuple[Address, ...]:
    if type(value) is list:
        return tuple(_at(f"[{index}]", decode_address, item) for index, item in enumerate(value))
    return (decode_address(value),)


def _decode_topics(value: object) -> tuple[tuple[Hash32, ...], ...]:
    if type(value) is not list:
        raise _fail("an array of up to 4 topics", value)
    if len(value) > 4:
        raise InvalidParams(f"expected an array of up to 4 topics, got {len(value)}")
    positions: list[tuple[Hash32, ...]] = []
    for index, item in enumerate(value):
        if item is None:
            positions.append(())
        elif type(item) is list:
            if None in item:
                positions.append(())  # "this or anything" is anything (geth)
            else:
                positions.append(tuple(_at(f"[{index}]", decode_hash, choice) for choice in item))
        else:
            positions.append((_at(f"[{index}]", decode_hash, item),))
    return tuple(positions)


def _decode_large_data(value: Any) -> str:
    """``value``, of which so far the beginning was read."""
    if type(value) is not str or len(value) < 1 << 16:
        decode_data(value)
    else:
        decode_data(value[: 1 << 16])
    return str(value)


def _at(path: str, decode: Callable[[Any], T], value: object) -> T:
    """Decode a part of a container; a refusal says where."""
    try:
        return decode(value)
    except InvalidParams as error:
        text = str(error)
        raise InvalidParams(path + (text if text[:1] in "[." else f": {text}")) from None


AddressParam: TypeAlias = Annotated[Address, Decode(decode_address)]
HashParam: TypeAlias = Annotated[Hash32, Decode(decode_hash)]
DataParam: TypeAlias = Annotated[bytes, Decode(decode_data)]
LargeDataParam: TypeAlias = Annotated[str, Decode(_decode_large_data)]
"""Data that whoever asked for it reads itself, on a thread of its own: ``parse_large_data``."""
WordParam: TypeAlias = Annotated[bytes, Decode(decode_word)]
QuantityParam: TypeAlias = Annotated[int, Decode(decode_quantity, partial(decode_quantity, is_exact=True))]
SlotParam: TypeAlias = Annotated[int, Decode(decode_slot, partial(decode_slot, is_exact=True))]
"""A storage key or word as a number: short and zero-padded hex are both common."""
Uint8Param: TypeAlias = Annotated[int, Decode(decode_uint8, partial(decode_uint8, is_exact=True))]
Uint64Param: TypeAlias = Annotated[int, Decode(decode_uint64, partial(decode_uint64, is_exact=True))]
CountParam: TypeAlias = Annotated[int, Decode(decode_uint64)]
"""A number that the execution API's methods take in decimal text, too."""
BoolParam: TypeAlias = Annotated[bool, Decode(decode_bool)]
StringParam: TypeAlias = Annotated[str, Decode(decode_string)]
FloatParam: TypeAlias = Annotated[float, Decode(decode_float)]
AnyParam: TypeAlias = Annotated[Any, Decode(lambda value: value)]
NumberOrTagParam: TypeAlias = Annotated[Tag | int, Decode(decode_number_or_tag)]
BlockParam: TypeAlias = Annotated[BlockRef, Decode(decode_block)]
AccessListParam: TypeAlias = Annotated[tuple[tuple[Address, tuple[int, ...]], ...], Decode(_decode_access_list)]
AuthorizationListParam: TypeAlias = Annotated[tuple[SignedAuthorization, ...], Decode(_decode_authorizations)]
AddressesParam: TypeAlias = Annotated[tuple[Address, ...], Decode(_decode_filter_addresses)]
TopicsParam: TypeAlias = Annotated[tuple[tuple[Hash32, ...], ...], Decode(_decode_topics)]


class _AccessEntry(msgspec.Struct, frozen=True, rename="camel"):
    address: AddressParam
    storage_keys: tuple[SlotParam, ...] = ()


class _AuthorizationItem(msgspec.Struct, frozen=True, rename="camel"):
    ALIASES: ClassVar[Mapping[str, str]] = {"v": "yParity"}

    chain_id: QuantityParam
    address: AddressParam
    nonce: Uint64Param
    y_parity: Uint8Param  # EIP-7702: an 8-bit number, though only 0 and 1 recover to anybody
    r: QuantityParam
    s: QuantityParam


class CallRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A transaction as callers describe it (eth_call, eth_estimateGas, eth_sendTransaction…): all fields optional.

    ``data`` is the payload whichever of ``data`` and ``input`` was sent; both may be, if they agree. ``source_hash``,
    ``mint`` and ``is_system`` make a deposit.
    """

    ALIASES: ClassVar[Mapping[str, str]] = {"gasLimit": "gas"}

    sender: AddressParam | None = msgspec.field(default=None, name="from")
    to: AddressParam | None = None
    gas: Uint64Param | None = None
    gas_price: QuantityParam | None = None
    max_fee_per_gas: QuantityParam | None = None
    max_priority_fee_per_gas: QuantityParam | None = None
    value: QuantityParam | None = None
    data: DataParam | None = None
    input: DataParam | None = None
    nonce: Uint64Param | None = None
    chain_id: QuantityParam | None = None
    access_list: AccessListParam | None = None
    type: Uint64Param | None = None
    max_fee_per_blob_gas: QuantityParam | None = None
    blob_versioned_hashes: tuple[HashParam, ...] | None = None
    blobs: tuple[DataParam, ...] | None = None
    authorization_list: AuthorizationListParam | None = None
    source_hash: HashParam | None = None
    mint: QuantityParam | None = None
    is_system: BoolParam | None = msgspec.field(default=None, name="isSystemTx")

    def __post_init__(self) -> None:
        if self.input is not None:
            if self.data is None:
                msgspec.structs.force_setattr(self, "data", self.input)
            elif self.data != self.input:
                raise InvalidParams("data and input are both given and differ: send one of them")
        is_dynamic = self.max_fee_per_gas is not None or self.max_priority_fee_per_gas is not None
        if self.gas_price is not None and is_dynamic:
            raise InvalidParams("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified: send one kind")


class AccountOverride(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The override of one account in eth_call and similar methods.

    ``state`` replaces the whole storage, ``state_diff`` some slots.
    """

    balance: QuantityParam | None = None
    nonce: Uint64Param | None = None
    code: DataParam | None = None
    state: dict[SlotParam, SlotParam] | None = None
    state_diff: dict[SlotParam, SlotParam] | None = None
    move_precompile_to: AddressParam | None = msgspec.field(default=None, name="movePrecompileToAddress")

    def __post_init__(self) -> None:
        if self.state is not None and self.state_diff is not None:
            raise OverrideRefused("both 'state' and 'stateDiff' are given: state replaces all storage, so send one")


StateOverridesParam: TypeAlias = dict[AddressParam, AccountOverride]


class BlockOverrides(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The override of the block in eth_call and similar methods. ``difficulty`` means nothing since the merge."""

    ALIASES: ClassVar[Mapping[str, str]] = {
        "coinbase": "feeRecipient",
        "random": "prevRandao",
        "baseFee": "baseFeePerGas",
        "timestamp": "time",
    }

    number: Uint64Param | None = None
    time: Uint64Param | None = None
    gas_limit: Uint64Param | None = None
    fee_recipient: AddressParam | None = None
    prev_randao: HashParam | None = None
    base_fee_per_gas: QuantityParam | None = None
    blob_base_fee: QuantityParam | None = None
    block_hash: dict[Uint64Param, HashParam] | None = None
    difficulty: AnyParam = None


BlockOverridesParam: TypeAlias = BlockOverrides


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A filter of logs: blocks by range or by hash, addresses (none: all), topics by position (an empty
    position: any).
    """

    from_block: NumberOrTagParam | None = None
    to_block: NumberOrTagParam | None = None
    block_hash: HashParam | None = None
    addresses: AddressesParam = msgspec.field(default=(), name="address")
    topics: TopicsParam = ()

    def __post_init__(self) -> None:
        if self.block_hash is not None and (self.from_block is not None or self.to_block is not None):
            raise InvalidParams("cannot specify both blockHash and fromBlock/toBlock: choose one or the other")


FilterParam: TypeAlias = LogFilter


def decoder_for(annotation: Any, *, is_exact: bool = False) -> Decoder:
    """Compile an annotation (see the module's docstring) into a decoder. ``TypeError`` for one it does not know.

    ``is_exact``: no number in decimal text is taken.
    """
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)

    def inner(part: Any) -> Decoder:
        return decoder_for(part, is_exact=is_exact)

    if origin is Annotated:
        for mark in arguments[1:]:
            if isinstance(mark, Decode):
                return mark.exact if is_exact else mark.function
    elif origin in (typing.Union, types.UnionType):
        kinds = [argument for argument in arguments if argument is not type(None)]
        if len(kinds) == 1:
            return _optional(inner(kinds[0]))
    elif origin is list:
        return _sequence(inner(arguments[0]), list)
    elif origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _sequence(inner(arguments[0]), tuple)
    elif origin is dict:
        return _mapping(inner(arguments[0]), inner(arguments[1]))
    elif isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _struct(annotation, is_exact=is_exact)
    raise TypeError(f"no decoder for {annotation!r}: annotate with an alias of megadev.rpc.codec")


def _optional(decode: Decoder) -> Decoder:
    return lambda value: None if value is None else decode(value)


def _sequence(decode: Decoder, kind: type[list[Any]] | type[tuple[Any, ...]]) -> Decoder:
    def decode_sequence(value: object) -> Any:
        if type(value) is not list:
            raise _fail("an array", value)
        try:
            return kind(map(decode, value))
        except InvalidParams:
            return kind(_at(f"[{index}]", decode, item) for index, item in enumerate(value))  # again, to say where

    return decode_sequence


def _mapping(decode_key: Decoder, decode_value: Decoder) -> Decoder:
    def decode_mapping(value: object) -> dict[Any, Any]:
        decoded: dict[Any, Any] = {}
        for key, item in decode_object(value).items():
            decoded[_at(".key", decode_key, key)] = _at(f"[{key[:66]}]", decode_value, item)
        return decoded

    return decode_mapping


def _struct(kind: type[msgspec.Struct], *, is_exact: bool = False) -> Decoder:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields: dict[str, tuple[str, Decoder, bool]] = {}
    required: list[str] = []
    for field in msgspec.structs.fields(kind):
        is_required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
        fields[field.encode_name] = (field.name, decoder_for(hints[field.name], is_exact=is_exact), is_required)
        if is_required:
            required.append(field.encode_name)
    canonical = dict(fields)
    aliases: Mapping[str, str] = getattr(kind, "ALIASES", {})
    for alias, name in aliases.items():
        fields[alias] = fields[name]
    in_any_case = {name.lower(): known for name, known in fields.items()}
    forbid_unknown = kind.__struct_config__.forbid_unknown_fields

    def decode_struct(value: object) -> Any:
        if type(value) is not dict:
            raise _fail("an object", value)
        decoded: dict[str, Any] = {}
        for name, item in value.items():
            known = fields.get(name) or in_any_case.get(name.lower())  # as geth's decoder has it
            if known is None:
                if forbid_unknown:
                    raise InvalidParams(f"unknown field {describe(name)}: this object knows {', '.join(canonical)}")
                continue
            attribute, decode, is_required = known
            if item is None and not is_required:
                continue
            try:
                decoded[attribute] = decode(item)
            except InvalidParams:
                decoded[attribute] = _at(f".{name}", decode, item)  # again, to say where
        for name in required:
            if fields[name][0] not in decoded:
                raise InvalidParams(f"missing field {name}")
        return kind(**decoded)

    return decode_struct


_decode_block_object = _struct(_BlockObject)
_decode_access_entries = _sequence(_struct(_AccessEntry, is_exact=True), tuple)
_decode_authorization_items = _sequence(_struct(_AuthorizationItem, is_exact=True), tuple)


_WHAT = "a transaction's hash or a call object"
WhatParam: TypeAlias = Annotated[
    Hash32 | CallRequest, Decode(hash_or(CallRequest, _WHAT), hash_or(CallRequest, _WHAT, is_exact=True))
]

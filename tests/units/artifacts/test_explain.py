"""Bytes in words: what reverts, calls, results and logs say once their names are known."""

from __future__ import annotations

import json
from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.artifacts import explain
from megadev.artifacts.artifact import Artifact
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.reading import read
from megadev.artifacts.registry import ArtifactRegistry
from megadev.primitives.abi import encode, revert_reason, selector
from megadev.primitives.keccak import keccak
from tests.units.artifacts.stage import PROJECTS, solidity

ME = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
SHOWN = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def inputs(*types: str, **named: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in (*((None, kind) for kind in types), *named.items())]


def contract(name: str, *items: dict[str, Any]) -> Artifact:
    return read(json.dumps({"name": name, "abi": items}).encode(), Origin())[0]


POINT = {"name": "p", "type": "tuple", "internalType": "struct Geometry.Point",
         "components": inputs(x="int8", y="uint256[]")}  # fmt: skip
TOKEN = contract(
    "Token",
    {"type": "constructor", "inputs": inputs(supply="uint256")},
    {"type": "function", "name": "transfer", "inputs": inputs(to="address", amount="uint256"), "outputs": inputs("bool")},
    {"type": "function", "name": "name", "inputs": [], "outputs": inputs("string")},
    {"type": "function", "name": "both", "inputs": [], "outputs": inputs(left="uint8", right="bytes4")},
    {"type": "function", "name": "draw", "inputs": [POINT, {**POINT, "name": "more", "type": "tuple[]"}]},
    {"type": "error", "name": "Broke", "inputs": inputs(who="address", note="string")},
    {"type": "event", "name": "Transfer", "inputs": [
        {"name": "from", "type": "address", "indexed": True}, {"name": "to", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256", "indexed": False}]},
    {"type": "event", "name": "Named", "inputs": [{"name": "name", "type": "string", "indexed": True}]},
    {"type": "receive", "stateMutability": "payable"},
    {"type": "fallback"},
)  # fmt: skip
REGISTRY = ArtifactRegistry()
REGISTRY.add([TOKEN])


def test_a_custom_error_is_shown_with_name_and_arguments() -> None:
    data = selector("Broke(address,string)") + encode(["address", "string"], [ME, 'say "no"'])
    assert explain.error(REGISTRY, data) == f'Broke(who: {SHOWN}, note: "say \\"no\\"")'


def test_errors_of_a_compiled_project_are_known() -> None:
    registry = ArtifactRegistry(PROJECTS / "hardhat3")
    data = selector("OverLimit(address,(uint256,uint256)[])")
    data += encode(["address", "(uint256,uint256)[]"], [ME, [(1, 2)]])
    assert explain.error(registry, data) == (
        f"OverLimit(who: {SHOWN}, shortages: [Shortage(available: 1, required: 2)])"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", selector("Unknown()"), selector("Broke(address,string)"),
     selector("Broke(address,string)") + b"\xff" * 64, selector("Error(string)") + encode(["string"], ["no"]),
     selector("Panic(uint256)") + (17).to_bytes(32, "big"), b"text from assembly"],
)  # fmt: skip
def test_unknown_or_undecodable_errors_are_shown_raw(data: bytes) -> None:
    assert explain.error(REGISTRY, data) == revert_reason(data)


def test_the_contracts_error_is_tried_first() -> None:
    other = contract("Other", {"type": "error", "name": "Broke", "inputs": inputs(account="address", why="string")})
    data = selector("Broke(address,string)") + encode(["address", "string"], [ME, "x"])
    assert explain.error(REGISTRY, data, other) == f'Broke(account: {SHOWN}, why: "x")'


def test_colliding_selectors_are_distinguished_by_decoding() -> None:
    # the classic pair: both are 0x42966c68
    burn = {"type": "function", "name": "burn", "inputs": inputs(amount="uint256")}
    other = {"type": "function", "name": "collate_propagate_storage", "inputs": inputs(it="bytes16")}
    assert selector("burn(uint256)") == selector("collate_propagate_storage(bytes16)")
    for items in ([burn], [other]):
        registry = ArtifactRegistry()
        registry.add([contract("First", *items), contract("Burn", burn), contract("Other", other)])
        call = explain.call(registry, None, selector("burn(uint256)") + b"\xaa" * 16 + bytes(15) + b"\x01")
        assert call.name == "burn", "bytes16 would have dirty padding"


def test_calls_are_shown_with_arguments() -> None:
    transfer = selector("transfer(address,uint256)") + encode(["address", "uint256"], [ME, 5])
    assert str(explain.call(REGISTRY, TOKEN, transfer)) == f"Token.transfer(to: {SHOWN}, amount: 5)"
    assert str(explain.call(REGISTRY, None, transfer)) == f"transfer(to: {SHOWN}, amount: 5)"
    assert str(explain.call(REGISTRY, TOKEN, b"")) == "Token.receive()"
    assert str(explain.call(REGISTRY, TOKEN, b"\x01\x02")) == "Token.fallback(0x0102)"
    assert str(explain.call(ArtifactRegistry(), None, bytes(5))) == "0x00000000(0x00)"
    assert str(explain.call(ArtifactRegistry(), None, b"")) == "fallback()"


def test_structs_are_shown_with_members() -> None:
    types = ["(int8,uint256[])", "(int8,uint256[])[]"]
    data = selector(f"draw({','.join(types)})") + encode(types, [(-1, [1, 2]), [(3, [])] * 20])
    shown = str(explain.call(REGISTRY, TOKEN, data))
    assert shown.startswith("Token.draw(p: Point(x: -1, y: [1, 2]), more: [Point(x: 3, y: []), ")
    assert shown.endswith("… 4 more])")


def test_results_are_shown_by_their_types() -> None:
    def result(signature: str, data: bytes) -> str:
        return explain.returned(explain.call(REGISTRY, TOKEN, selector(signature)), data)

    call = explain.call(
        REGISTRY, TOKEN, selector("transfer(address,uint256)") + encode(["address", "uint256"], [ME, 5])
    )
    assert explain.returned(call, (1).to_bytes(32, "big")) == "true"
    assert result("name()", encode(["string"], ["Gold"])) == '"Gold"'
    assert result("both()", encode(["uint8", "bytes4"], [7, b"abcd"])) == "(left: 7, right: 0x61626364)"
    assert result("both()", b"\x01") == "0x01"
    assert result("both()", b"") == ""


def test_logs_are_shown_as_events() -> None:
    transfer = keccak(b"Transfer(address,address,uint256)")
    me = bytes(12) + ME
    log = explain.log(REGISTRY, [transfer, me, bytes(32)], (9).to_bytes(32, "big"), TOKEN)
    assert str(log) == f"Transfer(from: {SHOWN}, to: 0x{'0' * 40}, value: 9)"
    assert log.contract == "Token"
    named = explain.log(REGISTRY, [keccak(b"Named(string)"), b"\x07" * 32], b"")
    assert str(named) == f"Named(name: keccak256 0x{'07' * 32})"
    unindexed = explain.log(REGISTRY, [transfer], me + me + (9).to_bytes(32, "big"))
    assert unindexed.name == "", "an ERC-721 transfer, say: its arguments are indexed differently"
    assert str(unindexed).startswith("log(0xddf252ad")
    assert str(explain.log(REGISTRY, [], b"")) == "log()"


def test_a_creation_is_shown_as_a_constructor_call() -> None:
    found = solidity("foundry")
    registry = ArtifactRegistry()
    registry.add(found.values())
    assert found["Vault"].creation is not None
    code = found["Vault"].creation.code
    assert str(explain.creation(registry, code + encode(["uint256"], [7]))) == "Vault.constructor(limit_: 7)"
    assert str(explain.creation(registry, code + b"\x01")) == "Vault.constructor(0x01)"
    assert str(explain.creation(registry, b"\x00")) == "constructor()"


@given(st.sampled_from([*TOKEN.interface.functions, *TOKEN.interface.errors]), st.binary(max_size=300))
def test_no_bytes_break_an_explanation(key: bytes, rest: bytes) -> None:
    assert isinstance(explain.error(REGISTRY, key + rest), str)
    call = explain.call(REGISTRY, TOKEN, key + rest)
    assert isinstance(str(call), str) and isinstance(explain.returned(call, rest), str)
    for topic in TOKEN.interface.events:
        topics = [topic, *(rest[start : start + 32].ljust(32, b"\0") for start in range(0, 64, 32))]
        assert isinstance(str(explain.log(REGISTRY, topics, rest)), str)


@given(st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.text(max_size=300)), max_size=30))
def test_explanations_show_the_encoded_values(rows: list[tuple[bytes, str]]) -> None:
    item = {"type": "error", "name": "Rows", "inputs": [
        {"name": "rows", "type": "tuple[]", "components": inputs(who="address", note="string")}]}  # fmt: skip
    registry = ArtifactRegistry()
    registry.add([contract("C", item)])
    data = selector("Rows((address,string)[])") + eth_abi.encode(["(address,string)[]"], [rows])
    said = explain.error(registry, data)
    assert said.startswith("Rows(rows: [")
    assert said.count("who: 0x") >= min(len(rows), explain.MAX_MEMBERS)

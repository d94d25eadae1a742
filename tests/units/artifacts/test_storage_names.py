"""What a slot is called: variables, members, elements and keys, from a layout and from what was hashed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.reading import read
from megadev.artifacts.layout import Layout, UnknownLayout, VyperTypes, solc_layout, vyper_layout
from megadev.artifacts.storage_names import name_slot
from megadev.primitives.keccak import keccak

ALICE = bytes.fromhex("70997970c51812dc3a010c7d01b50e0d17dc79c8")
SHOWN = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def word(number: int | bytes) -> bytes:
    return number.rjust(32, b"\0") if isinstance(number, bytes) else number.to_bytes(32, "big")


class Hashes:
    """Hashes as code makes them, and remembers what was hashed."""

    def __init__(self) -> None:
        self.preimages: dict[int, bytes] = {}

    def __call__(self, *parts: bytes) -> int:
        hashed = b"".join(parts)
        digest = int.from_bytes(keccak(hashed), "big")
        self.preimages[digest] = hashed
        return digest


def entry(label: str, slot: int, kind: str, offset: int = 0) -> dict[str, object]:
    return {
        "astId": 1,
        "contract": "src/Vault.sol:Vault",
        "label": label,
        "offset": offset,
        "slot": str(slot),
        "type": kind,
    }


def inplace(label: str, size: int, **more: object) -> dict[str, object]:
    return {"encoding": "inplace", "label": label, "numberOfBytes": str(size), **more}


PRINTED = {
    "storage": [
        entry("owner", 0, "t_address"),
        entry("paused", 0, "t_bool", 20),
        entry("total", 1, "t_uint256"),
        entry("balances", 2, "t_mapping"),
        entry("allowances", 3, "t_nested"),
        entry("positions", 4, "t_positions"),
        entry("queue", 5, "t_array"),
        entry("names", 6, "t_names"),
        entry("note", 7, "t_string"),
        entry("pair", 8, "t_fixed"),
        entry("bits", 10, "t_bits"),
        entry("state", 11, "t_by_state"),
    ],
    "types": {
        "t_address": inplace("address", 20),
        "t_bool": inplace("bool", 1),
        "t_uint256": inplace("uint256", 32),
        "t_uint8": inplace("uint8", 1),
        "t_enum": inplace("enum Vault.State", 1),
        "t_mapping": {"encoding": "mapping", "label": "mapping(address => uint256)", "numberOfBytes": "32",
                      "key": "t_address", "value": "t_uint256"},
        "t_nested": {"encoding": "mapping", "label": "mapping(address => mapping(address => uint256))",
                     "numberOfBytes": "32", "key": "t_address", "value": "t_mapping"},
        "t_position": inplace("struct Vault.Position", 64, members=[entry("size", 0, "t_uint256"), entry("debt", 1, "t_uint256")]),
        "t_positions": {"encoding": "mapping", "label": "mapping(uint256 => struct Vault.Position)",
                        "numberOfBytes": "32", "key": "t_uint256", "value": "t_position"},
        "t_array": {"encoding": "dynamic_array", "label": "struct Vault.Position[]", "numberOfBytes": "32", "base": "t_position"},
        "t_string": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
        "t_names": {"encoding": "mapping", "label": "mapping(string => uint256)", "numberOfBytes": "32",
                    "key": "t_string", "value": "t_uint256"},
        "t_fixed": inplace("uint256[2]", 64, base="t_uint256"),
        "t_bits": inplace("uint8[20]", 32, base="t_uint8"),
        "t_by_state": {"encoding": "mapping", "label": "mapping(enum Vault.State => uint256)", "numberOfBytes": "32",
                       "key": "t_enum", "value": "t_uint256"},
    },
}  # fmt: skip


def test_each_kind_of_place_has_a_name() -> None:
    layout, hashes = solc_layout(PRINTED), Hashes()
    named = {
        0: "owner / paused",
        1: "total",
        2: "balances",
        hashes(word(ALICE), word(2)): f"balances[{SHOWN}]",
        hashes(word(b"\x05" * 20), word(hashes(word(ALICE), word(3)))): f"allowances[{SHOWN}][0x" + "05" * 20 + "]",
        hashes(word(7), word(4)): "positions[7].size",
        hashes(word(7), word(4)) + 1: "positions[7].debt",
        5: "queue",
        hashes(word(5)): "queue[0].size",
        hashes(word(5)) + 7: "queue[3].debt",
        hashes(b"megadev", word(6)): 'names["megadev"]',
        hashes(word(7)): "note",
        9: "pair[1]",
        10: "bits[0…19]",
        hashes(word(1), word(11)): "state[1]",
    }
    for slot, name in named.items():
        found = name_slot(slot, layout, hashes.preimages)
        assert found.text.lower() == name.lower(), (slot, found)
        assert found.variables == tuple(part.partition("[")[0].partition(".")[0] for part in name.split(" / "))


def test_without_a_layout_keys_and_slots_are_shown() -> None:
    hashes = Hashes()
    assert name_slot(3, None, {}).text == "slot 3"
    inner = hashes(word(b"\x05" * 20), word(hashes(word(ALICE), word(3))))
    assert name_slot(inner, None, hashes.preimages).text == f"slot 3[{SHOWN}][0x" + "05" * 20 + "]"
    assert name_slot(hashes(word(9)) + 2, None, hashes.preimages).text == "slot 9[…] + 2"
    implementation = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
    assert name_slot(implementation, None, {}).text == "implementation (EIP-1967)"
    assert name_slot(2**255, None, {}).text == f"slot {2**255:#x}"
    assert name_slot(hashes(word(1), word(77)), solc_layout(PRINTED), hashes.preimages).text == "slot 77[1]"


def test_vyper_has_keys_behind_slots() -> None:
    printed = {
        "storage_layout": {
            "owner": {"type": "address", "slot": 0, "n_slots": 1},
            "balanceOf": {"type": "HashMap[address, uint256]", "slot": 1, "n_slots": 1},
            "queue": {"type": "DynArray[uint256, 4]", "slot": 2, "n_slots": 5},
        }
    }
    layout, hashes = vyper_layout(printed, VyperTypes()), Hashes()
    slot = hashes(word(1), word(ALICE))
    assert name_slot(slot, layout, hashes.preimages, vyper=True).text == f"balanceOf[{SHOWN}]"
    assert name_slot(2, layout, {}, vyper=True).text == "queue.length"
    assert name_slot(4, layout, {}, vyper=True).text == "queue[1]"


def test_a_struct_that_contains_itself_ends() -> None:
    printed = {
        "storage": [entry("tree", 0, "t_node")],
        "types": {
            "t_node": inplace("struct Node", 64, members=[entry("value", 0, "t_uint256"), entry("next", 1, "t_nodes")]),
            "t_nodes": {"encoding": "mapping", "label": "mapping(uint256 => struct Node)", "numberOfBytes": "32",
                        "key": "t_uint256", "value": "t_node"},
            "t_uint256": inplace("uint256", 32),
        },
    }  # fmt: skip
    assert name_slot(1, solc_layout(printed), {}).text == "tree.next"


@pytest.mark.parametrize(
    "printed", [{}, {"storage": [{"label": "x"}]}, {"storage": [entry("x", 0, "t_gone")], "types": {}}]
)
def test_an_invalid_layout_is_refused(printed: dict[str, object]) -> None:
    with pytest.raises(UnknownLayout):
        solc_layout(printed)


def documents() -> dict[str, object]:
    """The same contract as tools write it."""
    abi = [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}]
    code = {"object": "0x600160015500"}
    own = {"abi": abi, "evm": {"bytecode": code, "deployedBytecode": code}, "storageLayout": PRINTED}
    standard = {"contracts": {"src/Vault.sol": {"Vault": own}}, "sources": {"src/Vault.sol": {"id": 0}}}
    foundry = {"abi": abi, "bytecode": code, "deployedBytecode": code, "storageLayout": PRINTED}
    without = {"abi": abi, "bytecode": code, "deployedBytecode": code}
    broken = {"abi": abi, "bytecode": code, "deployedBytecode": code, "storageLayout": {"storage": [7]}}
    return {
        "standard": standard,
        "build-info": {"output": standard},
        "foundry": foundry,
        "none": without,
        "broken": broken,
    }


@pytest.mark.parametrize("tool", list(documents()))
def test_an_artifact_has_its_documents_layout(tool: str, tmp_path: Path) -> None:
    data = json.dumps(documents()[tool]).encode()
    (artifact,) = read(data, Origin(), "Vault")
    assert artifact.layout == (None if tool in ("none", "broken") else solc_layout(PRINTED))
    path = tmp_path / "Vault.json"
    path.write_bytes(data)
    (from_file,) = read(data, Origin(path, tmp_path), "Vault")
    assert isinstance(from_file.layout, Layout | None) and from_file.layout == artifact.layout

"""Storage and its changes, by the names of the source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.reading import read
from megadev.primitives.abi import encode_call
from tests.stage.failing_project import ALICE
from tests.stage.shelf import STORY, deploy, fill, make_known, standard_output


def values(parts: list[dict[str, Any]], key: str) -> dict[str, str]:
    return {part["name"]: part[key] for slot in parts for part in slot["parts"]}


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_every_variable_is_named_also_behind_a_proxy_and_after_a_restart(preset: str, tmp_path: Path) -> None:
    from eth_utils.address import to_checksum_address

    saved = tmp_path / "state.json"
    with Devnet(preset=preset, state=saved) as net:
        make_known(net)
        shelf = deploy(net, "Shelf")
        proxy = deploy(net, "ShelfProxy", shelf)
        filled = {place: fill(net, place) for place in (shelf, proxy)}
        for place, tx_hash in filled.items():
            changes = {each["address"]: each for each in net.rpc("megadev_getStateChanges", tx_hash)}
            assert changes[ALICE.lower()]["nonce"] is not None
            changed = changes[place]
            assert changed["contract"] == "Shelf" and not changed["codeChanged"] and not changed["isGone"]
            after = values(changed["storage"], "after")
            own = to_checksum_address(place)
            expected = {
                "count": "7",
                "isOpen": "true",
                "mood": "Angry",
                "keeper": ALICE,
                f"balances[{ALICE}]": "5",
                f"allowances[{ALICE}][{own}]": "9",
                "points.length": "1",
                "points[0].x": "3",
                "points[0].y": "-4",
                "points[0].owner": ALICE,
                "points[0].marks[8]": "true",
                "small[33]": "200",
                "title": '"short"',
                "story": f"{len(STORY)} bytes",
                'tags["red"]': "0xdeadbeef",
                "depths[12]": "-1",
            }
            assert {name: after[name] for name in expected} == expected
            assert bytes.fromhex(after["story[32…63]"][2:]) == STORY[32:64].encode()
            assert not [slot for slot in changed["storage"] if not slot["parts"]]
    with Devnet(preset=preset, state=saved) as net:
        make_known(net)
        told = net.rpc("megadev_getStorage", proxy)
        assert told["layoutKnown"] and told["contract"] == "Shelf"
        now = values(told["slots"], "value")
        assert {name: now[name] for name in expected if name != 'tags["red"]'} == {
            name: value for name, value in expected.items() if name != 'tags["red"]'
        }
        assert now["implementation (ERC-1967)"] == to_checksum_address(shelf)
        assert net.rpc("megadev_getStorage", proxy, hex(told["total"] - 1))["slots"] == told["slots"][-1:]
        listed = {each["address"].lower(): each for each in net.rpc("megadev_listContracts")}
        assert listed[shelf]["name"] == "Shelf" and listed[proxy]["implementation"] == to_checksum_address(shelf)


def test_layouts_from_syntax_trees_match_solcs() -> None:
    def layouts(document: dict[str, Any]) -> dict[str, list[Any]]:
        found = {artifact.name: artifact.layout for artifact in read(json.dumps(document).encode(), Origin())}
        assert all(layout is not None for layout in found.values())
        return {
            name: [(each.name, each.place, each.type.slots, each.type.form) for each in layout.variables]
            for name, layout in found.items()
            if layout is not None
        }

    output = standard_output()
    assert layouts(output) == layouts({**output, "sources": {}})


def test_storage_of_unknown_code_has_no_names() -> None:
    with Devnet() as net:
        place = "0x" + "ab" * 20
        net.rpc("anvil_setCode", place, "0x5f355f55")  # SSTORE(0, CALLDATALOAD(0))
        sent = {"from": ALICE, "to": place, "data": encode_call("f()").ljust(32, b"\0").hex()}
        tx_hash = net.rpc("eth_sendTransactionSync", {**sent, "data": "0x" + sent["data"]})["transactionHash"]
        (changed,) = [each for each in net.rpc("megadev_getStateChanges", tx_hash) if each["address"] == place]
        assert changed["contract"] is None and [slot["parts"] for slot in changed["storage"]] == [[]]
        told = net.rpc("megadev_getStorage", place)
        assert told["layoutKnown"] is False and told["total"] == 1 and told["slots"][0]["parts"] == []
        assert net.rpc("megadev_getSources", place) == {}

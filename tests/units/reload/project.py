"""Two small projects in several versions: what a developer saves, one after the other."""

from __future__ import annotations

from tests.stage.programs import program

_HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\n"
_LIB = _HEAD + "library Lib { function add(uint256 a, uint256 b) external pure returns (uint256) { return a + b; } }\n"
_OTHER_LIB = _LIB.replace("a + b", "a + b + 100")
_COUNTER = _HEAD + program("project/counter.sol")
_PROXY = _HEAD + program("project/proxy.sol")
_FACTORY = (
    _HEAD
    + """import {Counter} from "./Counter.sol";
contract Factory {
    event Made(Counter counter);
    function make(uint256 step) external { emit Made(new Counter(step)); }
}
"""
)
_BANK = (
    _HEAD
    + """contract Bank {
    uint256 public given;
    constructor() payable { require(msg.value == 7, "seven"); given = msg.value; }
    function spend() external { payable(address(0xdead)).transfer(5); }
}
"""
)


def _counter(before: str, after: str) -> dict[str, str]:
    changed = _COUNTER.replace(before, after)
    assert changed != _COUNTER
    return {**_FIRST, "Counter.sol": changed}


_FIRST = {"Counter.sol": _COUNTER, "Lib.sol": _LIB, "Proxy.sol": _PROXY, "Factory.sol": _FACTORY, "Bank.sol": _BANK}

SOLIDITY_VERSIONS: dict[str, dict[str, str]] = {
    "first": _FIRST,
    "doubled": _counter("Lib.add(count, step)", "Lib.add(count, 2 * step)"),
    "tripled": _counter("Lib.add(count, step)", "Lib.add(count, 3 * step)"),
    "library": {**_FIRST, "Lib.sol": _OTHER_LIB},
    "inserted": _counter("    uint256 public count;", "    address public owner;\n    uint256 public count;"),
    "appended": _counter("public calls;", "public calls;\n    uint256 public last;"),
    "immutables": _counter(
        "    uint256 public immutable step;", "    uint256 public immutable start = 7;\n    uint256 public immutable step;"
    ),
    "unlucky": {
        **_FIRST,
        "Counter.sol": _COUNTER.replace("    uint256 public count;", "    bool odd;\n    uint256 public count;").replace(
            "!= 13", "!= 5"
        ),
    },
    "another bank": {**_FIRST, "Bank.sol": _BANK.replace("    uint256 public given;", "    bool shut;\n    uint256 public given;")},
    "inserted and library": _counter(
        "    uint256 public count;", "    address public owner;\n    uint256 public count;"
    ) | {"Lib.sol": _OTHER_LIB},
    "doubled and library": _counter("Lib.add(count, step)", "Lib.add(count, 2 * step)") | {"Lib.sol": _OTHER_LIB},
    "comment": _counter("contract Counter", "// counts\ncontract Counter"),
}  # fmt: skip

_BOX = program("project/box.vy")
_SPARE = _BOX.replace("\n\n@deploy", "\nspare: uint256\n\n@deploy").replace(
    "limit_\n\n", "limit_\n    self.spare = 5\n\n"
)
VYPER_VERSIONS: dict[str, dict[str, str]] = {
    "first": {"Box.vy": _BOX},
    "doubled": {"Box.vy": _BOX.replace("content += amount", "content += 2 * amount")},
    "inserted": {"Box.vy": _BOX.replace("content: public", "owner: address\ncontent: public")},
    "constructor": {"Box.vy": _BOX.replace("    limit = limit_", "    limit = 2 * limit_")},
    "spare": {"Box.vy": _SPARE},
    "spare retyped": {"Box.vy": _SPARE.replace("spare: uint256", "spare: address").replace("self.spare = 5", "self.spare = msg.sender")},
    "spare retyped and read": {"Box.vy": _SPARE.replace("spare: uint256", "spare: public(address)").replace("    self.spare = 5\n", "")},
    "immutables": {"Box.vy": _BOX.replace("limit: public", "who: immutable(address)\nlimit: public").replace("    limit = limit_", "    who = msg.sender\n    limit = limit_")},
}  # fmt: skip

"""Before and after: storage declarations, and what a reload must say to each change.

A pair is (name, before, after, faults). ``faults`` are the names of ``Fault`` that the comparison must find, in order
and each once; none means that the new code may take over. Solidity pairs have the contract ``C``; pieces of source that
are not a whole contract become its body. Vyper pairs are whole sources.
"""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    name: str
    before: str
    after: str
    faults: str = ""


def solidity(body: str) -> str:
    """A source file: ``body`` as it is where it has a contract C, otherwise as C's."""
    text = body if "contract C" in body else f"contract C {{ {body} }}"
    return f"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.29;\n{text}\n"


FAR = "0x183a6125c38840424c4a85fa12bab2ab606c4b6d0e7cc73c0c06ba5300eab500"
TWO = "uint256 a; uint256 b;"
POINTED = """library L {{
    struct {1} {{ {0} }}
    bytes32 constant AT = keccak256("app");
    function here() internal pure returns ({1} storage s) {{ bytes32 at = AT; assembly {{ s.slot := at }} }}
}}
contract C {{ function f() external {{ L.here().a++; }} }}"""
"""As diamonds keep their storage (ERC-2535)."""
NAMESPACE = "/// @custom:storage-location erc7201:app.main\nstruct Main {{ {} }}"

SOLIDITY = [
    Pair("nothing changes", TWO, TWO),
    Pair("a function is added", TWO, TWO + " function f() external { a++; }"),
    Pair("a variable is appended", TWO, TWO + " uint256 c;"),
    Pair("a constant and an immutable are no storage", TWO, "uint256 constant Z = 1; uint256 immutable I = 2; " + TWO),
    Pair("a transient variable is no storage", TWO, "uint256 transient t; " + TWO),
    Pair("a variable fills what was left of a word", "uint128 a; uint256 b;", "uint128 a; uint64 c; uint256 b;"),
    Pair("a variable is appended to the last word", "uint8 a;", "uint8 a; address b;"),
    Pair("a variable is inserted", TWO, "uint256 a; address x; uint256 b;", "INSERTED MOVED"),
    Pair("a variable is inserted within a word", "uint8 a; uint8 b;", "uint8 a; uint8 x; uint8 b;", "INSERTED MOVED"),
    Pair("the last variable is removed", TWO, "uint256 a;", "REMOVED"),
    Pair("the first variable is removed", TWO, "uint256 b;", "REMOVED MOVED"),
    Pair("two variables change places", TWO, "uint256 b; uint256 a;", "MOVED"),
    Pair("a variable is replaced by one of another type", TWO, "uint256 a; address c;", "REMOVED"),
    Pair("a variable is renamed", TWO, "uint256 a; uint256 total;", "RENAMED"),
    Pair("a variable is renamed and says so", TWO, "uint256 a; /// @custom:oz-renamed-from b\n uint256 total;"),
    Pair("a public variable is renamed and says so", TWO, "uint256 a; /// @notice all of it\n/// @custom:oz-renamed-from b\n uint256 public total;"),
    Pair("a renamed variable names another", TWO, "uint256 a; /// @custom:oz-renamed-from a\n uint256 total;", "RENAMED"),
    Pair("a variable that was renamed moves", TWO, "uint256 a; uint256 x; /// @custom:oz-renamed-from b\n uint256 total;", "INSERTED MOVED"),
    Pair("a variable is renamed and retyped", TWO, "uint256 a; /// @custom:oz-renamed-from b\n int256 total;", "RETYPED"),
    Pair("a new variable takes the name of one that was renamed", TWO, "uint256 a; /// @custom:oz-renamed-from b\n uint256 total; uint256 b;"),
    Pair("a number becomes wider", "uint128 a;", "uint256 a;", "RETYPED"),
    Pair("a number becomes signed", "uint256 a;", "int256 a;", "RETYPED"),
    Pair("a number becomes bytes", "uint256 a;", "bytes32 a;", "RETYPED"),
    Pair("bytes become a string", "bytes a;", "string a;", "RETYPED"),
    Pair("a contract is an address", "C a;", "address payable a;"),
    Pair("a mapping's key is retyped", "mapping(address => uint256) a;", "mapping(uint160 => uint256) a;", "RETYPED"),
    Pair("a mapping's value is retyped", "mapping(address => uint256) a;", "mapping(address => int256) a;", "RETYPED"),
    Pair("a mapping gets named parameters", "mapping(address => uint256) a;", "mapping(address who => uint256 n) a;"),
    Pair("a mapping becomes an array", "mapping(uint256 => uint256) a;", "uint256[] a;", "RETYPED"),
    Pair("the last array becomes longer", "uint256[2] a;", "uint256[4] a;"),
    Pair("an array becomes longer before another variable", "uint256[2] a; uint256 b;", "uint256[3] a; uint256 b;", "MOVED"),
    Pair("a packed array becomes longer in its word", "uint8[2] a; uint256 b;", "uint8[5] a; uint256 b;"),
    Pair("an array becomes shorter", "uint256[4] a;", "uint256[2] a;", "RETYPED"),
    Pair("an array's items are retyped", "uint128[] a;", "uint64[] a;", "RETYPED"),
    Pair("arrays within an array become longer", "uint256[2][] a;", "uint256[3][] a;", "RETYPED"),
    Pair("an enum gets a word more", "enum E { X, Y } E e;", "enum E { X, Y, Z } E e;"),
    Pair("an enum's words change places", "enum E { X, Y } E e;", "enum E { Y, X } E e;", "RETYPED"),
    Pair("an enum gets a word in between", "enum E { X, Y } E e;", "enum E { X, W, Y } E e;", "RETYPED"),
    Pair("a user-defined type hides the same type", "uint64 a;", "type T is uint64; T a;"),
    Pair("a user-defined type is made of another", "type T is uint64; T a;", "type T is int64; T a;", "RETYPED"),
    Pair("a struct grows at the end of everything", "struct S { uint256 x; } S s;", "struct S { uint256 x; uint256 y; } S s;"),
    Pair("a struct grows before another variable", "struct S { uint256 x; } S s; uint256 b;", "struct S { uint256 x; uint256 y; } S s; uint256 b;", "MOVED"),
    Pair("a struct grows in a mapping", "struct S { uint256 x; } mapping(uint256 => S) s;", "struct S { uint256 x; uint256 y; } mapping(uint256 => S) s;"),
    Pair("a struct grows in an array", "struct S { uint256 x; } S[] s;", "struct S { uint256 x; uint256 y; } S[] s;", "RETYPED"),
    Pair("a struct fills a word in an array", "struct S { uint128 x; } S[] s;", "struct S { uint128 x; uint64 y; } S[] s;"),
    Pair("a struct's member is retyped", "struct S { uint256 x; } mapping(uint256 => S) s;", "struct S { int256 x; } mapping(uint256 => S) s;", "RETYPED"),
    Pair("a struct's members change places", "struct S { uint256 x; uint256 y; } S s;", "struct S { uint256 y; uint256 x; } S s;", "RETYPED"),
    Pair("a struct is renamed", "struct S { uint256 x; } S s;", "struct T { uint256 x; } T s;"),
    Pair("a struct in a struct grows", "struct I { uint8 x; } struct S { I i; uint256 z; } S s;", "struct I { uint8 x; uint256 y; } struct S { I i; uint256 z; } S s;", "RETYPED"),
    Pair("a struct that holds itself grows", "struct N { uint256 v; mapping(uint256 => N) next; } N n;", "struct N { uint256 v; mapping(uint256 => N) next; bool done; } N n;"),
    Pair("an internal function is kept", "function() internal f; uint256 a;", "function() internal f; uint256 a;", "POINTER"),
    Pair("an external function is kept", "function() external f;", "function() external f;"),
    Pair("a base contract gets a variable", "contract B { uint256 x; } contract C is B { uint256 a; }", "contract B { uint256 x; uint256 y; } contract C is B { uint256 a; }", "INSERTED MOVED"),
    Pair("a base contract is added", "contract C { uint256 a; }", "contract B { uint256 x; } contract C is B { uint256 a; }", "INSERTED MOVED"),
    Pair("a base contract without variables is added", "contract C { uint256 a; }", "contract B { } contract C is B { uint256 a; }"),
    Pair("base contracts change places", "contract A { uint256 x; } contract B { uint256 y; } contract C is A, B { }", "contract A { uint256 x; } contract B { uint256 y; } contract C is B, A { }", "MOVED"),
    Pair("base contracts with private variables of one name change places", "contract A { uint256 private x; } contract B { uint256 private x; } contract C is A, B { }", "contract A { uint256 private x; } contract B { uint256 private x; } contract C is B, A { }", "MOVED"),
    Pair("a variable goes to a base contract", "contract C { uint256 a; uint256 b; }", "contract B { uint256 a; } contract C is B { uint256 b; }"),
    Pair("room that was kept is used", "uint256 a; uint256[10] __gap; uint256 z;", "uint256 a; address n; uint256[9] __gap; uint256 z;"),
    Pair("room that was kept is used up", "uint256 a; uint256[2] __gap; uint256 z;", "uint256 a; uint256[3] n; uint256 z;", "INSERTED MOVED"),
    Pair("storage begins elsewhere", "contract C { uint256 a; }", "contract C layout at 100 { uint256 a; }", "MOVED"),
    Pair("storage still begins elsewhere", "contract C layout at 100 { uint256 a; }", "contract C layout at 100 { uint256 a; bool b; }"),
    Pair("a namespace grows", NAMESPACE.format("uint256 a;"), NAMESPACE.format("uint256 a; uint256 b;")),
    Pair("a namespace's member is inserted", NAMESPACE.format("uint256 a;"), NAMESPACE.format("bool x; uint256 a;"), "INSERTED MOVED"),
    Pair("a namespace's member is retyped", NAMESPACE.format("uint256 a;"), NAMESPACE.format("int256 a;"), "RETYPED"),
    Pair("a namespace is renamed", NAMESPACE.format("uint256 a;"), NAMESPACE.format("uint256 a;").replace("app.main", "app.other"), "REMOVED"),
    Pair("a namespace is added", "uint256 a;", "uint256 a; " + "\n" + NAMESPACE.format("uint256 a;")),
    Pair("a base contract's namespace changes", "contract B { " + NAMESPACE.format("uint256 a;") + " } contract C is B { }", "contract B { " + NAMESPACE.format("uint8 a;") + " } contract C is B { }", "RETYPED"),
    Pair("a library's namespace changes", "library L { " + NAMESPACE.format("uint256 a;") + " } contract C { }", "library L { " + NAMESPACE.format("uint8 a;") + " } contract C { }", "RETYPED"),
    Pair("another contract's namespace changes", "contract O { " + NAMESPACE.format("uint256 a;") + " } contract C { }", "contract O { " + NAMESPACE.format("uint8 a;") + " } contract C { }"),
    Pair("a namespace is defined in two ways", NAMESPACE.format("uint256 a;"), "library L { " + NAMESPACE.format("uint8 a;") + " } contract C { " + NAMESPACE.format("uint256 a;") + " }", "unknown"),
    Pair("a base contract's private variable goes, and another has its name", "contract A { uint256 private x; } contract C is A { uint256 private x; }", "contract A { } contract C is A { uint256 private x; }", "REMOVED MOVED"),
    Pair("storage still begins far away", f"contract C layout at {FAR} {{ uint256 a; }}", f"contract C layout at {FAR} {{ uint256 a; bool b; }}"),
    Pair("storage begins elsewhere than far away", f"contract C layout at {FAR} {{ uint256 a; }}", f"contract C layout at {FAR[:-1]}1 {{ uint256 a; }}", "MOVED"),
    Pair("a struct that assembly points to grows", POINTED.format("uint256 a;", "S"), POINTED.format("uint256 a; uint256 b;", "S")),
    Pair("a member is inserted in a struct that assembly points to", POINTED.format("uint256 a;", "S"), POINTED.format("address x; uint256 a;", "S"), "RETYPED"),
    Pair("a struct that assembly points to is renamed", POINTED.format("uint256 a;", "S"), POINTED.format("uint256 a;", "T"), "RENAMED"),
    Pair("a struct that assembly points to is not used any more", POINTED.format("uint256 a;", "S"), "contract C { }"),
]  # fmt: skip

IMMUTABLES = [
    Pair("another value", "uint64 immutable i = 1;", "uint64 immutable i = 2;"),
    Pair("a contract is called otherwise", "contract X { } contract C { X immutable i = X(address(1)); }", "contract Y { } contract C { Y immutable i = Y(address(1)); }"),
    Pair("a number becomes wider", "uint64 immutable i = 1;", "uint128 immutable i = 1;", "IMMUTABLE"),
    Pair("a user-defined type is made of another", "type T is uint64; T immutable i = T.wrap(1);", "type T is int64; T immutable i = T.wrap(1);", "IMMUTABLE"),
    Pair("an enum gets a word more", "enum E { X } E immutable i = E.X;", "enum E { X, Y } E immutable i = E.X;"),
    Pair("an enum's words change places", "enum E { X, Y } E immutable i = E.X;", "enum E { Y, X } E immutable i = E.X;", "IMMUTABLE"),
    Pair("an internal function", "function() internal immutable i = f; function f() internal { }", "function() internal immutable i = f; function f() internal { }", "POINTER"),
]  # fmt: skip
"""Of what becomes of C's immutable ``i``, beside its place."""

HEAD = "# pragma version ^0.4.0\n"
VYPER = [
    Pair("a variable is appended", HEAD + "a: uint256\n", HEAD + "a: uint256\nb: uint256\n"),
    Pair("a variable is inserted", HEAD + "b: uint256\n", HEAD + "a: uint256\nb: uint256\n", "INSERTED MOVED"),
    Pair("a variable is removed", HEAD + "a: uint256\nb: uint256\n", HEAD + "a: uint256\n", "REMOVED"),
    Pair("a variable is renamed", HEAD + "a: uint256\n", HEAD + "b: uint256\n", "RENAMED"),
    Pair("a variable is renamed and says so", HEAD + "a: uint256\nb: uint256\n", HEAD + "# all of it\n# @custom:oz-renamed-from a\n# (since today)\ntotal: uint256\nb: uint256\n"),
    Pair("a renamed variable names another", HEAD + "a: uint256\nb: uint256\n", HEAD + "# @custom:oz-renamed-from b\ntotal: uint256\nb: uint256\n", "RENAMED"),
    Pair("two variables change places", HEAD + "a: uint256\nb: uint256\n", HEAD + "b: uint256\na: uint256\n", "MOVED"),
    Pair("a variable is retyped", HEAD + "a: uint256\n", HEAD + "a: int256\n", "RETYPED"),
    Pair("a number becomes narrower", HEAD + "a: uint256\n", HEAD + "a: uint128\n", "RETYPED"),
    Pair("a variable becomes public", HEAD + "a: uint256\n", HEAD + "a: public(uint256)\n"),
    Pair("the last string becomes longer", HEAD + "a: String[10]\n", HEAD + "a: String[100]\n"),
    Pair("a string becomes longer within its words", HEAD + "a: String[10]\nb: uint256\n", HEAD + "a: String[32]\nb: uint256\n"),
    Pair("a string becomes longer before another", HEAD + "a: String[10]\nb: uint256\n", HEAD + "a: String[100]\nb: uint256\n", "MOVED"),
    Pair("a string becomes shorter", HEAD + "a: String[32]\n", HEAD + "a: String[10]\n", "RETYPED"),
    Pair("a string becomes bytes", HEAD + "a: String[32]\n", HEAD + "a: Bytes[32]\n", "RETYPED"),
    Pair("the last list becomes longer", HEAD + "a: DynArray[uint256, 2]\n", HEAD + "a: DynArray[uint256, 9]\n"),
    Pair("a list's items are retyped", HEAD + "a: DynArray[uint256, 2]\n", HEAD + "a: DynArray[int256, 2]\n", "RETYPED"),
    Pair("an array becomes shorter", HEAD + "a: uint256[4]\n", HEAD + "a: uint256[2]\n", "RETYPED"),
    Pair("a map's key is retyped", HEAD + "a: HashMap[address, uint256]\n", HEAD + "a: HashMap[uint256, uint256]\n", "RETYPED"),
    Pair("a struct grows in a map", HEAD + "struct S:\n    x: uint256\na: HashMap[address, S]\n", HEAD + "struct S:\n    x: uint256\n    y: address  # new\na: HashMap[address, S]\n"),
    Pair("a struct's members change places in a map", HEAD + "struct S:\n    x: uint256\n    y: address\na: HashMap[address, S]\n", HEAD + "struct S:\n    y: address\n    x: uint256\na: HashMap[address, S]\n", "RETYPED"),
    Pair("a struct grows in a list", HEAD + "struct S:\n    x: uint256\na: DynArray[S, 3]\n", HEAD + "struct S:\n    x: uint256\n    y: uint256\na: DynArray[S, 3]\n", "RETYPED"),
    Pair("a flag gets a word more", HEAD + "flag F:\n    X\na: F\n", HEAD + "flag F:\n    X\n    Y\na: F\n"),
    Pair("a flag's words change places", HEAD + "flag F:\n    X\n    Y\na: F\n", HEAD + "flag F:\n    Y\n    X\na: F\n", "RETYPED"),
    Pair("an interface is an address", HEAD + "from ethereum.ercs import IERC20\ninterface I:\n    def f(): view\na: HashMap[address, IERC20]\nb: I\n", HEAD + "a: HashMap[address, address]\nb: address\n"),
    Pair("an immutable is no storage", HEAD + "a: uint256\n", HEAD + "I: immutable(uint256)\na: uint256\n@deploy\ndef __init__():\n    I = 1\n"),
]  # fmt: skip

SET = "I: immutable({})\n@deploy\ndef __init__():\n    I = {}\n"
VYPER_IMMUTABLES = [
    Pair("another value", HEAD + SET.format("uint256", 1), HEAD + SET.format("uint256", 2)),
    Pair("a number becomes narrower", HEAD + SET.format("uint256", 1), HEAD + SET.format("uint128", 1), "IMMUTABLE"),
    Pair("a struct's members change places", HEAD + "struct S:\n    x: uint256\n    y: uint256\n" + SET.format("S", "S(x=1, y=2)"), HEAD + "struct S:\n    y: uint256\n    x: uint256\n" + SET.format("S", "S(y=1, x=2)"), "IMMUTABLE"),
    Pair("a struct grows", HEAD + "struct S:\n    x: uint256\n" + SET.format("S", "S(x=1)"), HEAD + "struct S:\n    x: uint256\n    y: uint256\n" + SET.format("S", "S(x=1, y=2)"), "IMMUTABLE"),
    Pair("a flag's words change places", HEAD + "flag F:\n    X\n    Y\n" + SET.format("F", "F.X"), HEAD + "flag F:\n    Y\n    X\n" + SET.format("F", "F.X"), "IMMUTABLE"),
]  # fmt: skip

"""The console: every function of Hardhat's and forge-std's libraries is known, and printed as Foundry prints it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from megadev.chain.receipts import CONSOLE
from megadev.chain.spec import dev_spec
from megadev.evm.console import console_functions, read_console
from megadev.evm.engine import CALL, BlockEnv, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.engines.frames import CONSOLE_ROOM
from megadev.primitives.abi import encode_call
from tests.anvil import Anvil
from tests.conformance.engine_suite.worlds import DictState, Has
from tests.contracts import load

SOMEONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SENDER, PRINTER = b"\xa1" * 20, b"\xb2" * 20
VALUES: dict[str, Any] = {
    "uint256": 1500, "int256": -20, "string": "a%sb", "bool": True, "address": SOMEONE, "bytes": b"\xc0\xff\xee",
}  # fmt: skip


def printing(types: tuple[str, ...], values: tuple[Any, ...], *, spelled: str | None = None) -> bytes:
    """A call to the console's ``log`` with these types, by another library's encoder."""
    signature = spelled or f"log({','.join(types)})"
    encoded: bytes = encode(types, values)
    return keccak(text=signature)[:4] + encoded


def text(pattern: str, *arguments: tuple[str, Any]) -> str:
    types = ("string", *(kind for kind, _ in arguments))
    return read_console(printing(types, (pattern, *(value for _, value in arguments)))).text


def test_every_function_of_the_libraries_is_known_and_read() -> None:
    one_argument = [f"bytes{size}" for size in range(1, 33)] + ["bytes", "int256"]
    hardhat = [
        types
        for count in range(5)
        for types in itertools.product(("uint256", "string", "bool", "address"), repeat=count)
    ]
    forge = [("string", "int256"), *((kind,) for kind in one_argument)]
    for types in (*hardhat, *forge):
        values = tuple(
            VALUES.get(kind, b"\xab" * int(kind[5:] or 1) if kind[:5] == "bytes" else None) for kind in types
        )
        read = read_console(printing(types, values))
        assert read.types == types
        assert len(read.values) == len(types)
        shown = {"uint256": "1500", "int256": "-20", "bool": "true", "address": SOMEONE}
        for kind in types[1:]:
            assert shown.get(kind, "") in read.text


@pytest.mark.parametrize(
    ("selector", "types"),
    [
        ("51973ec9", ()),
        ("41304fac", ("string",)),
        ("f82c50f1", ("uint256",)),
        ("2d5b6cb9", ("int256",)),
        ("b60e72cc", ("string", "uint256")),
        ("3ca6268e", ("string", "int256")),
        ("f666715a", ("uint256", "uint256")),
        # as the first consoles sent them
        ("f5b1bba9", ("uint256",)),
        ("4e0c1d1d", ("int256",)),
        ("9710a9d0", ("string", "uint256")),
        ("6c0f6980", ("uint256", "uint256")),
        ("1badc9eb", ("bool", "uint256", "bool")),
    ],
)
def test_published_selectors_match_the_libraries(selector: str, types: tuple[str, ...]) -> None:
    assert console_functions()[bytes.fromhex(selector)] == types


def test_the_first_consoles_misspelled_selectors_are_read_too() -> None:
    for types in (("uint256",), ("string", "uint256"), ("uint256", "bool", "address", "uint256")):
        values = tuple(VALUES[kind] for kind in types)
        spelled = f"log({','.join(types)})".replace("int256", "int")
        assert (
            read_console(printing(types, values, spelled=spelled)).values
            == read_console(printing(types, values)).values
        )


def test_no_two_functions_share_a_selector() -> None:
    spellings = 781 + (781 - sum(3**count for count in range(5))) + 33
    assert len(console_functions()) == spellings


def test_values_are_joined_unless_formatted() -> None:
    assert text("left:", ("uint256", 1), ("bool", False)) == "left: 1 false"
    assert text("%d of %s", ("uint256", 3), ("string", "five"), ("bool", True)) == "3 of five true"
    assert read_console(printing(("uint256", "string"), (1, "%d"))).text == "1 %d"
    assert text("") == ""
    assert text("", ("uint256", 5)) == "5"


@pytest.mark.parametrize(
    ("pattern", "kind", "value", "shown"),
    [
        ("%s", "int256", -7, "-7"),
        ("%i", "uint256", 2**256 - 1, str(2**256 - 1)),
        ("%x", "uint256", 255, "0xff"),
        ("%x", "uint256", 0, "0x0"),
        ("%x", "address", SOMEONE, SOMEONE),
        ("%e", "uint256", 1_500_000, "1.5e6"),
        ("%18e", "uint256", 1_500_000_000_000_000_000, "1.5"),
        ("%2e", "int256", -5, "-0.05"),
        ("%o", "string", "text", "'text'"),
        ("%d", "bool", True, "1"),
        ("%d", "string", "five", "NaN"),
        ("%i", "bool", True, "NaN"),
        ("100%%", "uint256", 1, "100% 1"),
        ("%q", "uint256", 1, "%q 1"),
        ("%s and %s", "uint256", 1, "1 and %s"),
    ],
)
def test_specifiers(pattern: str, kind: str, value: Any, shown: str) -> None:
    assert text(pattern, (kind, value)) == shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        bytes.fromhex("deadbeef"),
        keccak(text="log(string)")[:4],
        keccak(text="log(string)")[:4] + b"\xff" * 64,
        keccak(text="log(bool)")[:4] + (2).to_bytes(32, "big"),
        keccak(text="log(string,bytes)")[:4] + encode(["string", "bytes"], ["(nonsense", b"\x01"]),
    ],
)
def test_undecodable_output_is_shown_in_hex(data: bytes) -> None:
    read = read_console(data)
    assert (read.text, read.types) == ("0x" + data.hex(), None)


def test_a_text_that_is_not_quite_utf8_is_still_shown() -> None:
    data = keccak(text="log(string)")[:4] + encode(["bytes"], [b"caf\xe9"])
    assert read_console(data).text == "caf\N{REPLACEMENT CHARACTER}"


def test_print_of_vyper_is_read() -> None:
    """Its compiler sends the types of what follows as a text."""
    schema = "(string,uint256,address,bool)"
    payload = encode(["string", "uint256", "address", "bool"], ["100%s", 5, SOMEONE, True])
    data = keccak(text="log(string,bytes)")[:4] + encode(["string", "bytes"], [schema, payload])
    assert read_console(data).text == f"100%s 5 {SOMEONE} true"
    static = keccak(text="log(string,bytes)")[:4] + encode(["string", "bytes"], ["(int256)", encode(["int256"], [-1])])
    assert read_console(static).text == "-1"


@pytest.mark.parametrize("engine", ["interpreter", "compiled", "py-evm"])
def test_console_output_of_a_transaction_is_bounded_with_a_notice(engine: str) -> None:
    # writes the last byte of 100 kB, then sends all of it to the console until its gas is gone
    code = bytes.fromhex(f"5f6201869f535b5f5f620186a05f5f73{CONSOLE.hex()}5af150600656")
    state = DictState({SENDER: Has(10**18), PRINTER: Has(0, 1, code)})
    block = BlockEnv(number=1, timestamp=1, gas_limit=10**9)
    tx = TxEnv(SENDER, PRINTER, gas_limit=150_000)
    execution = open_engine(engine, dev_spec()).execute(block, tx, state, rules=CALL)
    assert sum(len(printed.data) for printed in execution.console) <= CONSOLE_ROOM + 200
    assert "more was printed" in read_console(execution.console[-1].data).text


# -- Anvil ------------------------------------------------------------------------------------------------------------


@pytest.mark.anvil
def test_anvil_prints_the_same_lines() -> None:
    """But for what it does not know: signed numbers next to others, and the misspelled selectors; and 0 in hex."""
    messages: list[bytes] = []
    for count in range(4):
        for types in itertools.product(("uint256", "string", "bool", "address"), repeat=count):
            messages.append(printing(types, tuple(VALUES[kind] for kind in types)))
    for size in range(1, 33):
        messages.append(printing((f"bytes{size}",), (b"\xab" * size,)))
    messages.append(printing(("bytes",), (b"\xc0\xff\xee",)))
    patterns = ("%s %d %i %o %x %e", "%%d", "%", "100%", "%5e", "%5", "%q %s", "%%%s", "%18e", "%2e", "%05d %s", "%%")
    for pattern, kind, times in itertools.product(patterns, VALUES, (1, 2, 3)):
        if kind not in ("int256", "bytes") or (kind, times) == ("int256", 1):
            messages.append(printing(("string", *(kind,) * times), (pattern, *(VALUES[kind],) * times)))
    with Anvil() as anvil:
        _print_all(anvil, messages)
    printed = re.findall("<<(.*?)>>", "".join(line.strip() for line in anvil.printed))
    assert printed == [read_console(message).text.strip() for message in messages]


def _print_all(anvil: Anvil, messages: list[bytes]) -> None:
    sender = anvil.rpc("eth_accounts")[0]

    def send(**fields: str) -> Any:
        return anvil.rpc("eth_sendTransactionSync", {"from": sender, "gas": hex(16_000_000), **fields})

    printer = send(data="0x" + load("Printer").creation.hex())["contractAddress"]
    begin, end = printing(("string",), ("<<",)), printing(("string",), (">>",))
    for start in range(0, len(messages), 100):
        batch = [part for message in messages[start : start + 100] for part in (begin, message, end)]
        receipt = send(to=printer, data="0x" + encode_call("relay(bytes[])", batch).hex())
        assert receipt["status"] == "0x1"

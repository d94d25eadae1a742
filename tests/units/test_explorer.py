"""The explorer's files: which are handed out, how large they are, and that they fetch nothing from elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from html import unescape
from typing import Any

import pytest

from megadev import Devnet
from megadev.explorer import FOLDER, Site, asset, names, page
from megadev.primitives.abi import encode
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of, sign

MOST_BYTES = 300_000
NODE = shutil.which("node")


def test_the_explorer_is_small_and_self_contained() -> None:
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in names()}
    assert sum(len(text.encode()) for text in texts.values()) < MOST_BYTES
    for name, text in texts.items():
        assert not re.findall(r"(?:src|href|import|url)\s*[(=]?\s*[\"']?(?:https?:)?//", text), name
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name


def test_every_referenced_file_exists() -> None:
    for name in names():
        text = (FOLDER / name).read_text(encoding="utf-8")
        for target in re.findall(r"(?:from|import\()\s*\"(\.[^\"]+)\"", text):
            resolved = (FOLDER / name).parent.joinpath(target).resolve().relative_to(FOLDER.resolve()).as_posix()
            assert resolved in names(), f"{name} imports {target}"


@pytest.mark.parametrize(
    "path", ["/explorer/", "/explorer/../__init__.py", "/explorer/none.js", "/explorer/pages", "/x"]
)
def test_no_other_file_is_served(path: str) -> None:
    assert asset(path) is None


def test_settings_reach_the_page_escaped() -> None:
    site = Site(rpc="/?a='\"><script>", l1="http://l1", is_read_only=True, version="1")
    text = page(site)
    found = re.search(r'<meta name="megadev" content="([^"]*)">', text)
    assert found is not None and "<script>" not in found[1]
    told = json.loads(unescape(found[1]))
    assert told == {"rpc": site.rpc, "l1": site.l1, "readOnly": True, "version": "1"}


def get(url: str) -> tuple[int, str, str]:
    with urllib.request.urlopen(url) as response:
        return response.status, response.headers["content-type"], response.read().decode()


def test_a_node_serves_it_at_its_address() -> None:
    with Devnet() as net:
        url = net.serve()
        status, kind, text = get(url)
        assert (status, kind) == (200, "text/html; charset=utf-8")
        assert "/explorer/app.js" in text and net.accounts[0].address in text, "the first page is there without scripts"
        assert get(f"{url}/explorer/app.js")[1].startswith("text/javascript")
        assert "/explorer/app.js" not in get(net.l1.url)[2]
        reference = get(f"{url}/docs/reference/rpc")[2]
        assert 'href="/#/l2/rpc/eth_getBalance">Try it' in reference, "the documentation leads to the playground"
        assert "#/l2/rpc" not in get(f"{net.l1.url}/docs/reference/rpc")[2]


def test_off_is_a_plain_page() -> None:
    with Devnet(explorer="off") as net:
        url = net.serve()
        assert "<script" not in get(url)[2]
        assert "#/l2/rpc" not in get(f"{url}/docs/reference/rpc")[2]
        with pytest.raises(urllib.error.HTTPError):
            get(f"{url}/explorer/app.js")


# -- in Node.js ---------------------------------------------------------------------------------------------------


def run(script: str, given: Any) -> Any:
    if NODE is None:
        pytest.skip("Node.js is not installed")
    text = f"const given = JSON.parse(process.argv[1]);\n{script}"
    command = [NODE, "--input-type=module", "--no-warnings", "-e", text, json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.node_js
def test_hashes_and_signers_are_those_of_the_node() -> None:
    texts = ["", "a", "x" * 135, "y" * 136, "z" * 137, "ü" * 300]
    key = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    signed = []
    for number in range(6):
        digest = keccak(bytes([number]))
        y_parity, r, s = sign(digest, key)
        signed.append([digest.hex(), hex(r), hex(s), hex(y_parity)])
    script = f"""
    import {{ keccakText, recover, toBytes, toHex }} from {json.dumps((FOLDER / "hashes.js").as_uri())};
    const hashes = given.texts.map((text) => toHex(keccakText(text)));
    const signers = given.signed.map(([digest, r, s, yParity]) => recover(toBytes(`0x${{digest}}`), {{ r, s, yParity }}));
    console.log(JSON.stringify({{ hashes, signers }}));
    """
    told = run(script, {"texts": texts, "signed": signed})
    assert told["hashes"] == ["0x" + keccak(text.encode()).hex() for text in texts]
    assert told["signers"] == ["0x" + address_of(key).hex()] * 6


@pytest.mark.node_js
def test_logs_are_searched_by_arguments_and_exported() -> None:
    event = (
        "Filled(address indexed who, uint256 indexed amount, bool, bytes32 indexed key, string title, int64 delta,"
        "(uint8,string[])[] rows)"
    )
    kinds = ["bool", "string", "int64", "(uint8,string[])[]"]
    who, key = bytes.fromhex("F39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), bytes(range(32))
    plain = "Filled(address,uint256,bool,bytes32,string,int64,(uint8,string[])[])"
    logs = [
        {
            "address": "0x" + "11" * 20,
            "blockNumber": "0x5",
            "logIndex": hex(index),
            "transactionHash": "0x" + "22" * 32,
            "topics": [
                "0x" + keccak(plain.encode()).hex(), "0x" + who.rjust(32, b"\0").hex(), f"0x{amount:064x}", "0x" + key.hex()
            ],
            "data": "0x" + encode(kinds, [True, title, -5, [[1, ["a", "b"]]]]).hex(),
        }
        for index, (amount, title) in enumerate([(7, '=cmd|"x"'), (8, "<b>,\n"), (10**30, "plain")])
    ]  # fmt: skip
    hashed = "Named(string indexed text, bytes indexed raw, uint256[2] indexed pair, (string,uint8)[] indexed list)"
    hashes = [
        keccak(b"h\xc3\xa9"), keccak(b"\x12\x34"), keccak(encode(["uint256[2]"], [[1, 2]])),
        keccak(b"a".ljust(32, b"\0") + (3).to_bytes(32, "big")),
    ]  # fmt: skip
    script = f"""
    import {{ eventOf, isMet, readSignature, textOf, topicsOf, wantedOf }} from {json.dumps((FOLDER / "events.js").as_uri())};
    import {{ asCsv, asJson }} from {json.dumps((FOLDER / "pages/logs.js").as_uri())};
    const item = readSignature(given.event);
    const found = given.logs.map((log) => {{ const said = eventOf(log, item); return {{ log, said, text: textOf(said) }}; }});
    const met = given.wanted.map((texts) => found.filter(({{ said }}) => isMet(said, wantedOf(item, texts))).length);
    const named = readSignature(given.hashed);
    console.log(JSON.stringify({{
      met, csv: asCsv(found), json: JSON.parse(asJson(found)), topics: topicsOf(item, wantedOf(item, given.wanted[0])),
      hashes: topicsOf(named, wantedOf(named, ["hé", "0x1234", "[1, 2]", '[["a", 3]]'])), text: found[2].text,
    }}));
    """
    wanted = [
        ["0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "8"], ["", "", "true"], ["", "", "false"], ["", "", "", "0x" + key.hex()],
        ["", "", "", "", "plain"], ["", str(10**30), "", "", "", "-5"], ["0x" + "12" * 20],
        ["", "", "", "", "", "", '[[1, ["a", "b"]]]'], ["", "", "", "", "", "", '[[1, ["a"]]]'],
    ]  # fmt: skip
    told = run(script, {"event": event, "logs": logs, "hashed": hashed, "wanted": wanted})
    assert told["met"] == [1, 3, 0, 3, 1, 1, 0, 3, 0]
    assert told["topics"] == [logs[1]["topics"][0], logs[1]["topics"][1], logs[1]["topics"][2]]
    assert told["hashes"][1:] == ["0x" + each.hex() for each in hashes]
    assert told["text"].startswith("Filled(who: 0xf39f") and "title: plain, delta: -5" in told["text"]
    first, *rows = csv.reader(io.StringIO(told["csv"], newline=""))
    assert first == [
        *("block", "index", "transaction", "contract", "event"),
        *("who", "amount", "arg2", "key", "title", "delta", "rows"),
    ]
    assert [row[9] for row in rows] == ['\'=cmd|"x"', "<b>,\n", "plain"], "no spreadsheet takes text for a formula"
    assert rows[2][4:7] == ["Filled", "0x" + who.hex(), str(10**30)] and rows[0][10] == "-5"
    assert [each["topics"] for each in told["json"]] == [log["topics"] for log in logs]
    assert told["json"][0]["event"] == plain
    assert told["json"][0]["arguments"]["title"] == '=cmd|"x"' and told["json"][0]["arguments"]["rows"] == [
        ["1", ["a", "b"]]
    ]


@pytest.mark.node_js
def test_a_breakpoint_is_met_once_per_round_of_a_loop() -> None:
    steps = [
        (0, "a"), (0, "a"), (0, "b"), (0, "b"), (1, "x"), (1, None), (0, "b"), (0, "c"),
        (0, None), (0, "b"), (2, "x"), (2, "y"), (0, "b"), (0, "d"), (0, "a"),
    ]  # fmt: skip
    script = f"""
    import {{ arrivals }} from {json.dumps((FOLDER / "pages/debug.js").as_uri())};
    const isArrival = arrivals(given[0]);
    console.log(JSON.stringify(given.slice(1).map(isArrival)));
    """
    told = run(script, [{"frame": frame, "key": key} for frame, key in steps])
    met = [steps[i + 1] for i, is_new in enumerate(told) if is_new]
    assert met == [(0, "b"), (1, "x"), (0, "c"), (0, "b"), (2, "x"), (2, "y"), (0, "d"), (0, "a")]


@pytest.mark.node_js
def test_calldata_encoding_matches_the_node_and_round_trips() -> None:
    cases = [
        (["uint256", "bool"], [5, True]),
        (["string", "bytes", "bytes4"], ["hé", "0x1234", "0xdeadbeef"]),
        (["int8[2]", "address[]"], [[-1, 2], ["0x" + "11" * 20]]),
        (["(uint256,string)[]", "uint8"], [[[1, "a"], [2, "b"]], 3]),
        (["(address,(bytes32,int256))"], [["0x" + "22" * 20, ["0x" + "33" * 32, -5]]]),
        (["uint256[][]", "string[2]"], [[[1], [], [2, 3]], ["x", "y"]]),
    ]

    def parameter(kind: str) -> dict[str, Any]:
        if not kind.startswith("("):
            return {"type": kind}
        inner, _, rest = kind[1:].rpartition(")")
        parts, depth, part = [], 0, ""
        for sign_ in inner + ",":
            depth += (sign_ == "(") - (sign_ == ")")
            if sign_ == "," and depth == 0:
                parts.append(part)
                part = ""
            else:
                part += sign_
        return {"type": f"tuple{rest}", "components": [parameter(each) for each in parts]}

    script = f"""
    import {{ decode, encode, parse }} from {json.dumps((FOLDER / "abi.js").as_uri())};
    const told = given.map(([parameters, texts]) => {{
      const values = parameters.map((parameter, i) => parse(parameter, texts[i]));
      const encoded = encode(parameters, values);
      return [encoded, encode(parameters, decode(parameters, `0x${{encoded}}`))];
    }});
    console.log(JSON.stringify(told));
    """
    asked = [
        [[parameter(kind) for kind in kinds], [each if isinstance(each, str) else json.dumps(each) for each in values]]  # type: ignore[attr-defined]
        for kinds, values in cases
    ]

    def raw(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("0x"):
            return bytes.fromhex(value[2:])
        return [raw(each) for each in value] if isinstance(value, list) else value

    for (kinds, values), (encoded, again) in zip(cases, run(script, asked), strict=True):
        assert encoded == again == encode(kinds, raw(values)).hex(), kinds

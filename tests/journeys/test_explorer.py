"""The explorer as a browser shows it, against a node with a real project."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.cli.main import cli
from megadev.primitives.abi import encode
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.rpc.catalog import CATALOG
from tests.anvil import Anvil
from tests.browser import CHROMIUM, Page, browser, opened  # noqa: F401
from tests.conftest import RunningNode
from tests.contracts import load
from tests.stage.failing_project import ALICE, PROJECT, data, deploy_box, deploy_vault, line_of
from tests.stage.javascript import NODE_MODULES
from tests.stage.shelf import deploy, fill, make_known, standard_output
from tests.stage.waiting import until as wait_until
from tests.stage.wallet import Wallet
from tests.units.reload.stage import MADE, build, creation_code

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM, reason="set MEGADEV_CHROMIUM to a Chromium"),
]
TEXT = "document.getElementById('main').innerText"
HOSTILE = "<img src=x onerror=alert(1)><script>document.title='owned'</script>"


@pytest.fixture(scope="module", params=["dev", "megaeth"])
def net(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    with Devnet(preset=request.param, project=folder) as net:
        net.serve()
        yield net


@pytest.fixture
def page(browser: str, net: Devnet) -> Iterator[Page]:  # noqa: F811
    with opened(browser, net.url) as page:
        page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
        yield page
        assert page.complaints() == []


def go(page: Page, address: str, shows: str) -> str:
    """The text of a page once it shows some words."""
    page.value(f"location.hash = {json.dumps('#/' + address)}")
    return until(page, shows)


def until(page: Page, shows: str) -> str:
    return str(page.wait_for(f"{TEXT}.includes({json.dumps(shows)}) && {TEXT}"))


def press(page: Page, label: str, within: str = "document") -> None:
    """Click the button with this label, once there is one."""
    button = f"[...{within}.querySelectorAll('button')].find((each) => each.textContent === {json.dumps(label)})"
    page.wait_for(button + " !== undefined")
    page.value(f"{button}.click()")


def unfold(page: Page, title: str, shows: str) -> str:
    """The text of a page once a folded part of it is open and shows some words."""
    found = f"[...document.querySelectorAll('summary')].find((each) => each.textContent === {json.dumps(title)})"
    page.wait_for(f"{found} !== undefined")
    page.value(f"{found}.click()")
    return until(page, shows)


def compiled(root: Path, version: str) -> None:
    """What `npx hardhat compile` writes after sources became those of that version."""
    folder = root / "artifacts" / "build-info"
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{version}"
    beside.write_text(json.dumps(MADE["solidity"][version]))
    os.replace(beside, folder / f"{version}.json")


def generous(net: Devnet) -> Callable[..., Any]:
    """``net.rpc``, with the gas that a creation takes on MegaETH too."""

    def rpc(method: str, request: dict[str, Any]) -> Any:
        return net.rpc(method, {**request, "gas": hex(25_000_000)})

    return rpc


def test_sent_transactions_appear_on_the_open_page(page: Page, net: Devnet) -> None:
    go(page, "l2/live", "latest")
    for _ in range(100):  # how long it took is known of what comes once the page listens
        tx_hash = Wallet(net.rpc, gas=5_000_000).send(to="0x" + "42" * 20, value=hex(3))["transactionHash"]
        row = f"document.querySelector('a[href=\"#/l2/tx/{tx_hash}\"]')?.closest('tr')"
        page.wait_for(f"!!{row}")
        if page.value(f"/[0-9] (µs|ms)/.test({row}.innerText)"):
            break
    else:
        pytest.fail("the page does not tell how long preconfirmations took")
    portal = net.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
    net.l1.rpc("eth_sendTransaction", {"from": ALICE, "to": portal, "value": hex(10**18)})
    net.rpc("evm_mine")
    until(page, "1 ETH executed")
    printer = Wallet(net.rpc, gas=25_000_000).send(data=to_data(load("Printer").creation))["contractAddress"]
    net.rpc("eth_sendTransaction", {"from": ALICE, "to": printer, "data": data("kinds()"), "gas": hex(10**6)})
    until(page, "console")


def test_a_failure_is_explained_and_stepped_to_its_line(page: Page, net: Devnet) -> None:
    vault = deploy_vault(generous(net))
    failed = Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("withdraw(uint256)", 1000))["transactionHash"]
    text = go(page, f"l2/tx/{failed}", "Calls")
    assert (
        "failed" in text
        and "OverLimit(who: " in text
        and f"src/Limits.sol:{line_of('Limits.sol', 'revert OverLimit')}" in text
    )
    assert "Vault.withdraw(amount: 1000)" in text
    unfold(page, "State changes", "nonce")
    unfold(page, "Gas", "the same under")
    assert "checked in this page" in unfold(page, "Preconfirmation", "Signed by the sequencer")
    go(page, f"l2/debug/{failed}", "step 0 of")
    number = line_of("Limits.sol", "revert OverLimit")
    for _ in range(200):
        shown = page.value("document.querySelector('main p[role=status]').innerText")
        if f"src/Limits.sol:{number}" in shown:
            break
        before = page.value("location.hash")
        press(page, "line ▸")
        page.wait_for(f"location.hash !== {json.dumps(before)}")
    else:
        pytest.fail("the failing line is not reached")
    assert "revert OverLimit" in page.value("document.querySelector('.source .now').innerText")
    assert "Limits.check(" in until(page, "delegatecall")
    press(page, "◂ line")
    page.wait_for(f"!document.querySelector('main p[role=status]').innerText.includes('src/Limits.sol:{number} ')")


def test_a_contract_is_read_and_written_by_forms(page: Page, net: Devnet) -> None:
    box = deploy_box(generous(net))
    go(page, f"l2/address/{box}", "Write")
    page.value(
        """(() => {
        const form = [...document.querySelectorAll('form')].find((each) => each.title === 'put(uint256)');
        form.querySelector('input').value = '20';
        })()"""
    )
    page.wait_for("document.querySelector('[aria-label=Sender]').value !== ''")
    press(page, "Write", "[...document.querySelectorAll('form')].find((each) => each.title === 'put(uint256)')")
    text = until(page, "succeeded")
    assert "Box.put(amount: 20)" in text and f"Put(who: {ALICE}, amount: 20)" in text
    # the same through a wallet in the browser (EIP-1193), here one that has the node sign
    page.value(
        """{ globalThis.asked = []; globalThis.ethereum = { request: async (wanted) => {
        asked.push(wanted.method);
        if (wanted.method.startsWith('wallet_')) return null;
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: wanted.method, params: wanted.params ?? [] });
        return (await (await fetch('/', { method: 'POST', body, headers: { 'content-type': 'application/json' } })).json()).result;
        } } }"""
    )
    go(page, f"l2/address/{box}", "through the browser's wallet")
    page.value(
        """(() => {
        document.querySelector('input[type=checkbox]').click();
        const form = [...document.querySelectorAll('form')].find((each) => each.title === 'put(uint256)');
        form.querySelector('input').value = '21';
        form.requestSubmit();
        })()"""
    )
    until(page, "Box.put(amount: 21)")
    assert page.value("asked") == ["eth_requestAccounts", "wallet_switchEthereumChain", "eth_sendTransaction"]
    net.rpc("evm_mine")
    text = go(page, f"l2/logs/{box}", "found")
    assert "Put(" in text


def test_withdrawals_are_completed_by_buttons(page: Page, net: Devnet) -> None:
    go(page, "l2/bridge", "Withdrawals")
    before = int(net.rpc("eth_getBalance", ALICE, "latest"), 16)
    press(page, "Deposit")
    until(page, "Deposits, L1 to L2")
    page.wait_for(f"{TEXT}.includes('executed')")
    assert int(net.rpc("eth_getBalance", ALICE, "latest"), 16) == before + 10**18
    press(page, "Withdraw")
    page.wait_for(
        """(() => {
        const labels = ['Propose an output', 'Prove', 'Skip the windows', 'Finalize'];
        if (document.getElementById('main').innerText.includes('finalized\\t') || /\\bfinalized\\b/.test([...document.querySelectorAll('td')].map((each) => each.innerText).join('|'))) return true;
        const next = [...document.querySelectorAll('td button')].find((each) => labels.includes(each.textContent) && !each.dataset.pressed);
        if (next) { next.dataset.pressed = 'yes'; next.click(); }
        return false;
        })()"""
    )
    (withdrawal,) = net.rpc("megadev_getBridgeStatus")["withdrawals"]
    assert withdrawal["status"] == "finalized"


NO_MARKUP = "document.querySelectorAll('img, main script, main iframe, main svg, [onerror]').length === 0"


def hostile_shelf() -> dict[str, Any]:
    """What solc made of the shelf, with markup in every name that a page shows."""
    made = standard_output()
    (contracts,) = made["contracts"].values()
    shelf = contracts["Shelf"]
    shelf["abi"] += [
        {"type": "function", "name": f"f{HOSTILE}", "stateMutability": "view", "outputs": [],
         "inputs": [{"name": HOSTILE, "type": "uint256"}]},
        {"type": "function", "name": f"g{HOSTILE}", "stateMutability": "nonpayable", "outputs": [], "inputs": []},
        {"type": "event", "name": f"E{HOSTILE}", "inputs": [{"name": HOSTILE, "type": "uint256", "indexed": True}]},
        {"type": "error", "name": f"Bad{HOSTILE}", "inputs": []},
    ]  # fmt: skip
    for row in shelf["storageLayout"]["storage"]:
        row["label"] += HOSTILE
    for kind in shelf["storageLayout"]["types"].values():
        if kind["label"].startswith(("struct", "enum")):
            kind["label"] += HOSTILE
        for member in kind.get("members", ()):
            member["label"] += HOSTILE
    return {**made, "contracts": {f"src/{HOSTILE}.sol": {f"Shelf{HOSTILE}": shelf}}}


def test_words_from_a_chain_are_never_markup(page: Page, net: Devnet) -> None:
    token, thrower, printer = ("0x" + word * 20 for word in ("ba", "bb", "bc"))
    net.rpc("anvil_setCode", token, answering(encode(["string"], [HOSTILE])))
    # the same text as a revert's reason, and as a log's data
    reason = bytes.fromhex("08c379a0") + encode(["string"], [HOSTILE])
    net.rpc("anvil_setCode", thrower, answering(reason).replace("3df3", "3dfd"))
    net.rpc("anvil_setCode", printer, answering(encode(["string"], [HOSTILE])).replace("3df3", "3da0"))
    assert HOSTILE in go(page, f"l2/token/{token}", "Token")
    assert "owned" not in page.value("document.title.replace(/<[^>]*>/g, '').split('·')[1]")
    failed = Wallet(net.rpc, gas=5_000_000).send(to=thrower)["transactionHash"]
    assert HOSTILE in go(page, f"l2/tx/{failed}", "Calls")
    logged = Wallet(net.rpc, gas=5_000_000).send(to=printer)["transactionHash"]
    go(page, f"l2/tx/{logged}", "topics and data")
    net.rpc("megadev_addArtifact", hostile_shelf())
    shelf = deploy(net, "Shelf")
    filled = fill(net, shelf)
    net.rpc("evm_mine")
    assert f"Shelf{HOSTILE}" in go(page, f"l2/address/{shelf}", "Contract Shelf")
    unfold(page, "Storage", f"balances{HOSTILE}")
    assert f"f{HOSTILE}" in page.value(TEXT) and page.value(NO_MARKUP)
    go(page, f"l2/tx/{filled}", "Calls")
    unfold(page, "State changes", f"balances{HOSTILE}")
    assert page.value(NO_MARKUP)
    assert f"Shelf{HOSTILE}" in go(page, "l2/contracts", "Deployed") and page.value(NO_MARKUP)
    go(page, f"l2/logs/{shelf}", "found")
    assert page.value("[...document.querySelectorAll('#events option')].some((each) => each.value.includes('<img'))")
    go(page, f"l2/debug/{filled}", "Memory")
    assert page.value(NO_MARKUP)
    quoted = urllib.parse.quote(HOSTILE, safe="")
    for address in ("l2/{}", "{}/live", "l2/tx/{}", "l2/debug/{}", "l2/block/{}", "l2/miniblock/{}", "l2/address/{}",
                    "l2/token/{}", "l2/contracts/{}", "l2/logs/{}/{}/{}/{}/{}", "l2/rpc/{}", "l2/%E0%A4%A"):  # fmt: skip
        for text in (quoted, HOSTILE.replace("/", ""), "javascript:alert(1)"):
            page.value(f"location.hash = {json.dumps('#/' + address.replace('{}', text))}")
            page.wait_for("document.getElementById('main').innerText.trim() !== ''")
            assert page.value(NO_MARKUP), (address, text)
    for text in (HOSTILE, "javascript:alert(1)", "'\"><img src=x onerror=alert(1)>", "__proto__", "constructor"):
        looked_up(page, text)
        page.wait_for("location.hash.includes('contracts')")
        assert page.value(NO_MARKUP)
        page.value("location.hash = '#/l2/live'")
    assert page.value("document.title") != "owned"


def looked_up(page: Page, words: str) -> None:
    """Write into the search field, and press Enter."""
    page.value(
        f"""(() => {{
        const field = document.querySelector('input[name=q]');
        field.value = {json.dumps(words)};
        field.form.requestSubmit();
        }})()"""
    )


def test_search_finds_what_it_is_given(page: Page, net: Devnet) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(to="0x" + "42" * 20, value=hex(3))
    for words, shows in (
        (receipt["transactionHash"], "Transaction 0x"),
        (ALICE, "Account account 0"),
        ("0", "Block 0"),
        ("account 1", "Account account 1"),
        ("account2.eth", "Account account 2"),
    ):
        looked_up(page, words)
        until(page, shows)


def test_control_shows_each_action_as_a_command_and_a_request(page: Page, net: Devnet) -> None:
    """Every button of the page: the command beside it, run in a shell, and the request, sent, are what it does."""
    go(page, "l2/control", f"megadev mine 1 --rpc-url {net.url}")
    told = page.value(
        """[...document.querySelectorAll('main form')].map((each) => [each.querySelector('button').textContent,
        [...each.querySelectorAll('.copy')].map((copy) => copy.title)])"""
    )
    labels = [label for label, _ in told]
    for label in ("Mine", "Mine every", "Move forward", "Take a snapshot", "Pause", "Delay answers by", "Set reorder"):
        assert label in labels
    for label, copies in told:
        if copies:  # an action whose fields are still empty has none
            command, request = copies
            assert command.startswith("megadev "), label
            known = {row.name for row in CATALOG} | {alias for row in CATALOG for alias in row.aliases}
            asked = json.loads(request)
            assert {each["method"] for each in (asked if isinstance(asked, list) else [asked])} <= known
    shown = dict(told)
    before = int(net.rpc("eth_blockNumber"), 16)
    press(page, "Mine")
    page.wait_for("document.getElementById('notes').innerText.includes('anvil_mine')")
    assert int(net.rpc("eth_blockNumber"), 16) > before
    for label in ("Mine", "Take a snapshot", "Set reorder"):
        words = shlex.split(shown[label][0])[1:]
        assert CliRunner().invoke(cli, words).exit_code == 0, label
    assert int(net.rpc("eth_blockNumber"), 16) >= before + 2
    go(page, "l2/live", "latest")
    go(page, "l2/control", "Clear reorder")
    press(page, "Clear reorder")
    page.wait_for(f"{TEXT}.includes('Set reorder')")
    shown_form(page, "name", "before")
    press(page, "Take a snapshot")
    until(page, "before")
    balance = net.rpc("eth_getBalance", "0x" + "42" * 20, "latest")
    shown_form(page, "address to fund", "0x" + "42" * 20)
    press(page, "Fund")
    page.wait_for("document.getElementById('notes').innerText.includes('anvil_addBalance')")
    assert int(net.rpc("eth_getBalance", "0x" + "42" * 20, "latest"), 16) == int(balance, 16) + 10**19
    page.value("document.querySelector('[aria-label=\"Revert to before\"]').click()")
    page.wait_for(f"!{TEXT}.includes('before\\t')")
    assert net.rpc("eth_getBalance", "0x" + "42" * 20, "latest") == balance


def test_the_page_reconnects_to_a_restarted_node(browser: str) -> None:  # noqa: F811
    with Devnet() as first:
        url = first.serve()
        port = int(url.rsplit(":", 1)[1])
        with opened(browser, url) as page:
            page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
            go(page, "l2/live", "latest")
            first.close()
            page.wait_for("document.querySelector('.status').innerText.includes('does not answer')")
            with Devnet() as second:
                second.serve(port=port)
                page.wait_for("document.querySelector('.status').innerText.includes('connected')")
                sent = Wallet(second.rpc, gas=5_000_000).send(to="0x" + "42" * 20, value=hex(3))["transactionHash"]
                page.wait_for(f"document.querySelector('a[href=\"#/l2/tx/{sent}\"]') !== null")


def test_a_page_of_a_stream_keeps_up(browser: str) -> None:  # noqa: F811
    """Thousands of transactions are drawn a few times a second, and old ones are dropped."""
    with Devnet(preset="megaeth") as net, opened(browser, net.serve()) as page:
        page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
        go(page, "l2/live", "latest")
        alice, bob = (account.address for account in net.accounts[:2])
        for _ in range(20):
            requests = [("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})] * 50
            hashes = [net.rpc(*request) for request in requests]
        page.wait_for(f"document.querySelector('a[href=\"#/l2/tx/{hashes[-1]}\"]') !== null")
        assert page.value("document.querySelectorAll('main tr').length") < 80


def test_read_only_has_no_buttons_that_change_the_chain(browser: str) -> None:  # noqa: F811
    with Devnet(explorer="read-only") as net, opened(browser, net.serve()) as page:
        page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
        assert page.value("document.querySelector('nav').innerText.includes('Control')") is False
        assert "read-only" in go(page, "l2/control", "Control")
        assert "Withdrawals" in go(page, "l2/bridge", "Withdrawals")
        assert (
            page.value("[...document.querySelectorAll('button')].some((each) => each.textContent === 'Deposit')")
            is False
        )


def test_storage_is_shown_with_variable_names(page: Page, net: Devnet) -> None:
    make_known(net)
    shelf = deploy(net, "Shelf")
    proxy = deploy(net, "ShelfProxy", shelf)
    go(page, f"l2/tx/{fill(net, proxy)}", "Calls")
    text = unfold(page, "State changes", "points[0].marks[8]")
    assert "balances[account 0]" in text and "Angry" in text and "deadbeef" in text
    net.rpc("evm_mine")  # traces are searched in sealed blocks
    text = go(page, f"l2/address/{proxy}", "Proxy of")
    assert "Contract ShelfProxy" in text and "Shelf 0x" in text
    text = unfold(page, "Storage", "depths[12]")
    assert '"short"' in text and "implementation (ERC-1967)" in text
    assert "delegatecall" in unfold(page, "Internal transactions", "delegatecall")
    assert "ShelfProxy" in go(page, f"l2/address/{shelf}", "Proxies of it")
    vault = deploy_vault(generous(net))
    go(page, f"l2/address/{vault}", "Contract Vault")
    assert "modifier positive(uint256 amount)" in unfold(page, "Source", "contract Vault")
    # by name, and by what it can do
    text = go(page, "l2/contracts/withdr", "withdraw")
    assert "Vault" in text
    # any contract's events by their name, and only those
    text = go(page, "l2/logs/any/Filled", "title: short")
    assert "Filled(" in text and "Put(" not in text
    assert "1 found" in go(page, f"l2/logs/{proxy}/any/0/latest/short", "1 found")


def shown_form(page: Page, label: str, value: str) -> None:
    """Write into the field with this label, as a person does."""
    field = f"document.querySelector('[aria-label=' + {json.dumps(json.dumps(label))} + ']')"
    page.wait_for(f"{field} !== null")
    page.value(f"{{ {field}.value = {json.dumps(value)}; {field}.dispatchEvent(new Event('input')); }}")


def test_a_tokens_holders_and_logs_are_shown(page: Page, net: Devnet, tmp_path: Path) -> None:
    """More holders than a page has, found in the token's logs; searched by arguments, and exported."""
    token, holders = load("Token"), 120
    code = token.creation + encode(["string", "string", "uint256"], ["Many", "MANY", 10**24])
    address = Wallet(net.rpc, gas=25_000_000).send(data=to_data(code))["contractAddress"]
    made = {"bytecode": to_data(token.creation), "deployedBytecode": to_data(token.runtime)}
    net.rpc("megadev_addArtifact", {"contractName": "Token", "sourceName": "Token.sol", "abi": token.abi, **made})
    for holder in range(1, holders + 1):
        given = data("transfer(address,uint256)", holder.to_bytes(20, "big"), holder * 10**18)
        net.rpc("eth_sendTransaction", {"from": ALICE, "to": address, "data": given, "gas": hex(200_000)})
    net.rpc("evm_mine")
    text = go(page, f"l2/token/{address}", "992\u2009740")
    assert "MANY" in text and "Total supply" in text and "1 to 50 of 121" in text
    page.value("document.querySelector('[aria-label=\"Holders: Last\"]').click()")
    assert "0x000000…0001" in until(page, "101 to 121 of 121")
    go(page, f"l2/logs/{address}/Transfer", "121 found")
    shown_form(page, "to address", f"0x{holders:040x}")
    shown_form(page, "value uint256", str(holders * 10**18))
    press(page, "Search")
    page.wait_for("document.querySelectorAll('tbody tr').length === 1")
    page.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    saved = {}
    for label, name in (("CSV", "logs.csv"), ("JSON", "logs.json")):
        press(page, label)
        wait_until(lambda: (tmp_path / name).exists())  # noqa: B023
        saved[name] = (tmp_path / name).read_text()
    (row,) = csv.DictReader(io.StringIO(saved["logs.csv"], newline=""))
    assert (row["event"], row["to"], row["value"]) == ("Transfer", f"0x{holders:040x}", str(holders * 10**18))
    (log,) = json.loads(saved["logs.json"])
    assert log["arguments"]["value"] == str(holders * 10**18) and log["event"] == "Transfer(address,address,uint256)"
    assert log == {**log, **net.rpc("eth_getTransactionReceipt", log["transactionHash"])["logs"][0]}
    shared = page.value("location.hash").removeprefix("#/")
    go(page, "l2/rpc", "JSON-RPC")
    page.wait_for(f"location.hash = '#/' + {json.dumps(shared)}, document.querySelectorAll('tbody tr').length === 1")


def answering(data: bytes) -> str:
    """Code that gives this back whatever it is asked."""
    return "0x61" + len(data).to_bytes(2, "big").hex() + "80600a3d393df3" + data.hex()


def slot_of(name: str, less: int = 0) -> str:
    return f"0x{int.from_bytes(keccak(name.encode()), 'big') - less:064x}"


def test_proxies_show_their_implementation_and_its_forms(page: Page, net: Devnet) -> None:
    box = deploy_box(generous(net))[2:].lower()
    address = bytes.fromhex(box)
    beacon = "0x" + "be" * 20
    net.rpc("anvil_setCode", beacon, answering(address.rjust(32, b"\0")))
    facets = encode(["(address,bytes4[])[]"], [[(address, [bytes(4)])]])
    cases: list[tuple[str, str, str | None, str]] = [
        ("EIP-1167", f"0x363d3d373d3d3d363d73{box}5af43d82803e903d91602b57fd5bf3", None, ""),
        ("EIP-1167", f"0x365f5f375f5f365f73{box}5af43d5f5f3e5f3d91602a57fd5bf3", None, ""),
        ("EIP-1967", "0x5ff4", slot_of("eip1967.proxy.implementation", 1), box),
        ("EIP-1967 beacon", "0x5ff4", slot_of("eip1967.proxy.beacon", 1), beacon[2:]),
        ("EIP-1822", "0x5ff4", slot_of("PROXIABLE"), box),
        ("ZeppelinOS", "0x5ff4", slot_of("org.zeppelinos.proxy.implementation"), box),
        ("EIP-2535 diamond", answering(facets) + "637a0ed627f4", None, ""),
        ("EIP-897", answering(address.rjust(32, b"\0")) + "635c60da1bf4", None, ""),
        ("EIP-7702", f"0xef0100{box}", None, ""),
    ]
    for number, (kind, code, slot, word) in enumerate(cases, 1):
        proxy = f"0x{0xAB0000 + number:040x}"
        net.rpc("anvil_setCode", proxy, code)
        if slot is not None:
            net.rpc("anvil_setStorageAt", proxy, slot, "0x" + word.rjust(64, "0"))
        text = go(page, f"l2/address/{proxy}", kind)
        assert box in text.lower(), kind
        page.wait_for("[...document.querySelectorAll('form')].some((each) => each.title === 'put(uint256)')")


def test_any_method_can_be_called_with_its_parameters(page: Page, net: Devnet) -> None:
    go(page, "l2/rpc/eth_getBalance", "eth_getBalance(address")
    assert json.loads(page.value("document.querySelector('textarea').value"))[0] == ALICE.lower()
    press(page, "Send")
    balance = net.rpc("eth_getBalance", ALICE, "latest")
    page.wait_for(f"document.querySelector('[aria-label=Answer]').textContent.includes({json.dumps(balance)})")
    go(page, "l2/rpc/eth_none", "no such method")


def test_a_transaction_is_found_in_its_mini_block(page: Page, net: Devnet) -> None:
    tx_hash = Wallet(net.rpc, gas=5_000_000).send(to="0x" + "42" * 20, value=hex(3))["transactionHash"]
    net.rpc("evm_mine")
    number = int(net.rpc("megadev_getPreconfirmation", tx_hash)["miniBlockNumber"], 16)
    if net.rpc("eth_getBlockByNumber", "latest", False).get("miniBlockCount") is None:
        go(page, f"l2/miniblock/{number}", "do not tell of mini-blocks")
        return
    go(page, f"l2/miniblock/{number}", "Position in the block")
    page.wait_for(f"document.querySelector('a[href=\"#/l2/tx/{tx_hash}\"]') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_every_window_in_both_schemes(page: Page, net: Devnet, scheme: str) -> None:
    """Nothing is wider than the window. With ``MEGADEV_SCREENSHOTS`` a picture of each is kept in that folder."""
    for name, width, _ in every_page(page, net, scheme, (360, 1300, 2560)):
        assert page.value("document.documentElement.scrollWidth") <= width, (name, width)
        page.keep_picture(f"{net.node.config.preset}-{name}-{width}-{scheme}")


@pytest.mark.node_js
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_no_fault_of_accessibility(page: Page, net: Devnet, scheme: str) -> None:
    """axe-core, on every page with all that it folds, at the width of a telephone and of a desk."""
    checker = Path(NODE_MODULES) / "axe-core" / "axe.min.js"
    if not NODE_MODULES or not checker.is_file():
        pytest.skip("set MEGADEV_NODE_MODULES to a node_modules directory that has axe-core")
    page.value(checker.read_text() + "; 0")
    faults = []
    for name, width, address in every_page(page, net, scheme, (360, 1300)):
        found = page.value(
            "axe.run(document, { resultTypes: ['violations'] }).then((told) =>"
            " told.violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 200)}`)))"
        )
        faults += [(name, width, address, fault) for fault in found]
    assert faults == []


def every_page(page: Page, net: Devnet, scheme: str, widths: Sequence[int]) -> Iterator[tuple[str, int, str]]:
    """(name, width, address) of each page, while the browser shows it with all that it folds."""
    page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    make_known(net)
    vault = deploy_vault(generous(net))
    failed = Wallet(net.rpc, gas=5_000_000).send(to=vault, data=data("withdraw(uint256)", 1000))["transactionHash"]
    shelf = deploy(net, "Shelf")
    proxy = deploy(net, "ShelfProxy", shelf)
    filled = fill(net, proxy)
    net.rpc("evm_mine")
    if not net.rpc("anvil_metadata")["snapshots"]:
        net.rpc("evm_snapshot")
    for width in widths:
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        for name, address, shows in (
            ("live", "l2/live", "Bridge, batches"),
            ("failed", f"l2/tx/{failed}", "Overview"),
            ("filled", f"l2/tx/{filled}", "Overview"),
            ("debugger", f"l2/debug/{failed}/300", "Memory"),
            ("block", "l2/block/1", "Hash"),
            ("contract", f"l2/address/{vault}", "Write"),
            ("proxy", f"l2/address/{proxy}", "Proxy of"),
            ("account", f"l2/address/{ALICE}", "Transactions"),
            ("token", f"l2/token/{vault}", "Holders"),
            ("contracts", "l2/contracts", "Deployed"),
            ("logs", f"l2/logs/{proxy}/Filled", "found"),
            ("bridge", "l2/bridge", "Withdrawals"),
            ("control", "l2/control", "Snapshots"),
            ("methods", "l2/rpc", "JSON-RPC"),
            ("l1", "l1/live", "latest"),
            ("l1-control", "l1/control", "Blocks"),
            ("nowhere", "l2/nowhere", "Not found"),
        ):
            go(page, address, shows)
            page.value("document.querySelectorAll('main > div > details > summary').forEach((each) => each.click())")
            page.wait_for(
                "[...document.querySelectorAll('main > div > details')].every((each) => !each.innerText.endsWith('…'))"
            )
            yield name, width, address


def test_a_hot_reload_is_seen_live(browser: str, tmp_path: Path, megadev_up: Callable[..., RunningNode]) -> None:  # noqa: F811
    (tmp_path / "hardhat.config.js").touch()
    compiled(tmp_path, "first")
    node = megadev_up("--watch")
    node.wait_for("watching")
    made = build("solidity", "first", tmp_path)
    me = node.rpc("eth_accounts")[0]
    library = node.rpc("eth_sendTransactionSync", {"from": me, "data": "0x" + creation_code(made["Lib.sol:Lib"]).hex()})
    code = creation_code(made["Counter.sol:Counter"], library["contractAddress"]) + encode(["uint256"], [5])
    node.rpc("eth_sendTransactionSync", {"from": me, "data": "0x" + code.hex()})
    node.wait_for("Counter is at")
    with opened(browser, node.url) as page:
        go(page, "l2/contracts", "Deployed")
        assert "reloaded when its source is saved" in until(page, "Counter")
        page.wait_for("performance.getEntriesByType('resource').length > 0")
        compiled(tmp_path, "doubled")
        until(page, "of Counter")
        counter = node.rpc("megadev_listDeployments")
        address = next(each["address"] for each in counter if "Counter" in each["contract"])
        go(page, f"l2/address/{address}", "Contract Counter")
        unfold(page, "Deployment and hot reload", "of Counter")
        assert page.complaints() == []
    assert node.stop() == 0


def unfold_promise(page: Page, tx_hash: str) -> str:
    go(page, f"l2/tx/{tx_hash}", "Calls")
    return unfold(page, "Preconfirmation", "checked in this page")


@pytest.mark.parametrize(
    ("preset", "is_kept"), [("dev", True), ("dev", False), ("megaeth", True)], ids=["dev", "dev-latest", "megaeth"]
)
def test_saved_state_is_shown_after_a_restart(
    browser: str,  # noqa: F811
    tmp_path: Path,
    megadev_up: Callable[..., RunningNode],
    preset: str,
    is_kept: bool,
) -> None:
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    flags = ("--preset", preset, "--state", "state.json", *(["--preserve-historical-states"] if is_kept else []))
    node = megadev_up(*flags)

    def rpc(method: str, request: dict[str, Any]) -> Any:
        return node.rpc(method, {**request, "gas": hex(25_000_000)})

    vault = deploy_vault(rpc)
    failed = rpc("eth_sendTransactionSync", {"from": ALICE, "to": vault, "data": data("withdraw(uint256)", 1000)})
    node.rpc("evm_mine")
    assert node.stop() == 0
    node = megadev_up(*flags)
    with opened(browser, node.url) as page:
        page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
        go(page, "l2/live", "withdraw")
        text = go(page, f"l2/tx/{failed['transactionHash']}", "Calls")
        if is_kept:
            assert "OverLimit(who: " in text and "Vault.withdraw(amount: 1000)" in text
            unfold(page, "State changes", "nonce")
            go(page, f"l2/debug/{failed['transactionHash']}/300", "step 300 of")
        else:  # as with Anvil's own dumps; the page says what to do
            assert "preserve-historical-states" in text and "amount\tuint256\t1000" in text
            assert "preserve-historical-states" in unfold(page, "State changes", "ask at latest")
            go(page, f"l2/debug/{failed['transactionHash']}", "cannot be shown")
        assert "Block" in unfold_promise(page, failed["transactionHash"])
        go(page, f"l2/address/{vault}", "Contract Vault")
        until(page, "withdraw")
        go(page, "l2/bridge", "Withdrawals")
        go(page, "l2/control", "Snapshots")
        assert page.complaints() == []
    assert node.stop() == 0


@pytest.mark.anvil
def test_another_node_is_explored_as_far_as_it_tells(browser: str, tmp_path: Path) -> None:  # noqa: F811
    """Each page against Anvil: what it lacks is a sentence or is not there, and nothing fails in the console."""
    anvil = Anvil()
    command = [sys.executable, "-m", "megadev", "explorer", "--rpc-url", anvil.url, "--port", "0"]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        assert serving.stdout is not None
        address = serving.stdout.readline().split()[-1]
        token = load("Token")
        request = {
            "from": ALICE,
            "data": to_data(token.creation + encode(["string", "string", "uint256"], ["T", "T", 9])),
        }
        deployed = anvil.rpc("eth_getTransactionReceipt", anvil.rpc("eth_sendTransaction", request))
        contract = deployed["contractAddress"]
        given = data("transfer(address,uint256)", bytes(19) + b"1", 10)
        request = {"from": ALICE, "to": contract, "data": given, "gas": hex(10**6)}
        failed = anvil.rpc("eth_sendTransaction", request)
        with opened(browser, address) as page:
            page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
            assert "transfer" in go(page, "l2/live", "transfer")
            assert "execution reverted (0x" in go(page, f"l2/tx/{failed}", "Calls"), "the error's selector"
            for title in ("State changes", "Preconfirmation"):
                unfold(page, title, "nonce" if title == "State changes" else "There is none")
            unfold(page, "Gas", "This node does not tell")
            assert "cannot be shown" in go(page, f"l2/debug/{failed}", "does not have the methods")
            go(page, "l2/block/1", "Transactions")
            assert "ABI is not known" in go(page, f"l2/address/{contract}", "Contract 0x")
            unfold(page, "Storage", "This node does not tell")
            assert "account 0" in go(page, f"l2/token/{contract}", "100 %")
            assert "No contract of a known project" in go(page, "l2/contracts", "Deployed")
            go(page, f"l2/logs/{contract}", "1 found")
            go(page, "l2/bridge", "has no L1")
            assert "Set reorder" not in go(page, "l2/control", "anvil_mine")
            press(page, "Mine")
            page.wait_for("document.getElementById('notes').innerText.includes('anvil_mine')")
            go(page, "l2/rpc/eth_chainId", "JSON-RPC")
            press(page, "Send")
            page.wait_for("document.querySelector('[aria-label=Answer]').textContent.includes('0x7a69')")
            # a refusal that the network panel lists is no fault of the page's
            assert page.complaints() == []
    finally:
        serving.terminate()
        serving.wait(timeout=20)
        anvil.close()


@pytest.mark.long
def test_a_chain_of_a_hundred_thousand_transactions_opens_at_any_place(browser: str) -> None:  # noqa: F811
    with Devnet(gas_limit=200_000_000) as net:
        token = load("Token")
        code = token.creation + encode(["string", "string", "uint256"], ["Many", "MANY", 10**24])
        address = Wallet(net.rpc, gas=5_000_000).send(data=to_data(code))["contractAddress"]
        bob, per_block, blocks = net.accounts[1].address, 4_000, 25
        net.rpc("evm_setAutomine", False)
        for block in range(blocks):
            for index in range(per_block):
                price = {"gasPrice": hex(2 * 10**9)}  # named, so that none is suggested from blocks of thousands
                request = {"from": ALICE, "to": bob, "value": "0x1", "gas": "0x5208", **price}
                if index % 4 == 0:
                    holder = (1 + block * per_block + index).to_bytes(20, "big")
                    given = data("transfer(address,uint256)", holder, 1 + index)
                    request = {"from": ALICE, "to": address, "data": given, "gas": hex(80_000), **price}
                net.rpc("eth_sendTransaction", request)
            net.rpc("evm_mine")
        net.rpc("evm_setAutomine", True)
        assert int(net.rpc("eth_getTransactionCount", ALICE, "latest"), 16) > per_block * blocks
        with opened(browser, net.serve()) as page:
            page.wait_for("document.querySelector('.status')?.innerText.includes('connected')")
            go(page, "l2/live", "4000")
            go(page, f"l2/address/{ALICE}", "Older")
            press(page, "Older")
            until(page, "Newest")
            go(page, "l2/block/2", "Transactions")
            go(page, "l2/block/2/39", "Transactions")
            assert "1 to 50 of" in go(page, f"l2/token/{address}", "Ordered by the sum of their transfers")
            go(
                page,
                f"l2/logs/{address}/Transfer(address indexed from,address indexed to,uint256 value)",
                "25\u2009001 found",
            )
            assert page.complaints() == []


@pytest.mark.long
def test_the_page_keeps_up_with_2000_transactions_per_second(browser: str) -> None:  # noqa: F811
    with Devnet(preset="megaeth") as net, opened(browser, net.serve()) as page:
        page.ask("HeapProfiler.enable")

        def heap() -> int:
            page.ask("HeapProfiler.collectGarbage")
            return int(page.ask("Runtime.getHeapUsage")["usedSize"])

        def stream(count: int) -> str:
            url, seen = net.url, ""
            alice, bob = (account.address for account in net.accounts[:2])
            request = {"from": alice, "to": bob, "value": "0x1", "gas": hex(100_000)}
            for _ in range(count // 100):
                batch = [
                    {"jsonrpc": "2.0", "id": i, "method": "eth_sendTransaction", "params": [request]}
                    for i in range(100)
                ]
                asked = urllib.request.Request(url, json.dumps(batch).encode(), {"content-type": "application/json"})
                seen = json.load(urllib.request.urlopen(asked))[-1]["result"]
            return seen

        go(page, "l2/live", "latest")
        stream(4_000)
        before = heap()
        last = stream(20_000)
        page.wait_for(f"document.querySelector('a[href=\"#/l2/tx/{last}\"]') !== null")
        assert page.value("document.querySelectorAll('main tr').length") < 100
        assert heap() < before + 10_000_000

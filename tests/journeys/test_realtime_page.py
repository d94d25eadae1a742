"""The page of ``megadev init realtime`` as a browser shows it: what it streams, sends and says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from megadev import Devnet
from megadev.cli.init import templates_folder
from tests.browser import CHROMIUM, Page, browser, opened  # noqa: F401

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM, reason="set MEGADEV_CHROMIUM to a Chromium"),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The template's files, as ``python3 -m http.server`` serves them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=templates_folder() / "realtime"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(preset="megaeth") as net:
        net.serve()
        yield net


@pytest.fixture
def page(browser: str, site: str, net: Devnet) -> Iterator[Page]:  # noqa: F811
    with opened(browser, f"{site}?node={net.url.replace('http', 'ws', 1)}") as page:
        page.wait_for("document.getElementById('send')?.disabled === false")
        yield page


CLICK = "document.getElementById('send').click()"


def test_a_click_is_answered_by_its_receipt_and_listed_with_its_mini_block(page: Page, net: Devnet) -> None:
    page.value(CLICK)
    answer = page.wait_for("document.getElementById('answer').textContent")
    assert answer.startswith("done after ") and " ms: 0x" in answer
    tx_hash = answer.split()[-1]
    assert page.listed(1) == [tx_hash]
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
    assert page.text("status").endswith(", 1 transactions seen")
    assert page.complaints() == []


def test_simultaneous_clicks_are_all_sent(page: Page, net: Devnet) -> None:
    page.value(";".join([CLICK] * 5))
    hashes = page.listed(5)
    assert [int(net.rpc("eth_getTransactionByHash", each)["nonce"], 16) for each in hashes] == [4, 3, 2, 1, 0]
    assert page.complaints() == []


def test_other_users_transactions_are_listed_and_the_chains_are_not(page: Page, net: Devnet) -> None:
    _, bob, carol = (account.address for account in net.accounts[:3])
    sent = [net.rpc("eth_sendTransaction", {"from": bob, "to": carol, "value": hex(value)}) for value in (1, 2)]
    assert page.listed(2) == sent[::-1]
    page.wait_for("/^block [3-9]/.test(document.getElementById('status').textContent)")  # three blocks began meanwhile
    assert page.listed(2) == sent[::-1]


def test_the_page_reports_a_stopped_node(page: Page, net: Devnet) -> None:
    net.close()
    page.wait_for("document.getElementById('send').disabled")
    assert page.text("status") == "the connection was closed; reload the page"


def test_the_page_reports_a_missing_node(browser: str, site: str) -> None:  # noqa: F811
    with opened(browser, f"{site}?node=ws://127.0.0.1:1") as page:
        status = "document.getElementById('status')?.textContent"
        assert page.wait_for(f"{status} !== 'connecting…' && {status}") == "no node answers at ws://127.0.0.1:1"


def test_the_page_fits_on_a_telephone(page: Page) -> None:
    page.ask("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
    page.value(CLICK)
    page.listed(1)
    page.wait_for("document.getElementById('answer').textContent")
    assert page.value("document.documentElement.scrollWidth") == 360

"""The page of ``megadev init realtime`` as a browser shows it: what it streams, sends and says.

Chromium is spoken to over its own DevTools protocol, so that nothing but the browser itself is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from megadev import Devnet
from megadev.cli.init import templates_folder
from tests.conftest import START_SECONDS

# read now: no test sees such variables
CHROMIUM = os.environ.get("MEGADEV_CHROMIUM", "")
"""A Chromium or Chrome."""

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM, reason="set MEGADEV_CHROMIUM to a Chromium"),
]


class Page:
    """A page in a new tab of the browser at the other end of ``socket``."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0
        self._session: str | None = None
        self._told: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command; what is told meanwhile is kept."""
        self._asked += 1
        session = {} if self._session is None else {"sessionId": self._session}
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params, **session}))
        while True:
            message = json.loads(self._socket.recv(timeout=START_SECONDS))
            if message.get("id") == self._asked:
                assert "error" not in message, message
                return dict(message["result"])
            self._told.append(message)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression, or the promise that it gives, comes to."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of an expression once that is true. Fails when it does not come to be."""
        return self.value(
            f"new Promise((done) => {{ const look = () => ({expression}) ? done({expression}) : setTimeout(look, 10);"
            " look(); })"
        )

    def text(self, name: str) -> str:
        return str(self.value(f"document.getElementById('{name}').textContent"))

    def listed(self, count: int) -> list[str]:
        """Hashes in the list, newest first, once there are so many."""
        items = "[...document.getElementById('blocks').children]"
        shown = self.wait_for(f"{items}.length >= {count} && {items}.map((item) => item.textContent)")
        return [text.split()[1] for text in shown]

    def complaints(self) -> list[dict[str, Any]]:
        """Errors in the console, uncaught exceptions, files that could not be loaded."""
        return [
            message["params"]
            for message in self._told
            if message["method"] == "Runtime.exceptionThrown"
            or (message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error")
            or (message["method"] == "Runtime.consoleAPICalled" and message["params"]["type"] == "error")
        ]


@contextmanager
def opened(browser: str, url: str) -> Iterator[Page]:
    """The page at ``url``, in a new tab."""
    with connect(browser, max_size=None, open_timeout=START_SECONDS) as socket:
        page = Page(socket)
        page.ask("Page.navigate", url=url)
        yield page


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a browser without a window takes commands."""
    profile = tmp_path_factory.mktemp("profile")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0")
    process = subprocess.Popen(
        [CHROMIUM, *options, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        listening, words, deadline = profile / "DevToolsActivePort", [], time.monotonic() + START_SECONDS
        while len(words) < 2:
            assert process.poll() is None and time.monotonic() < deadline, "the browser does not listen"
            time.sleep(0.05)
            words = listening.read_text().split() if listening.exists() else []
        yield f"ws://127.0.0.1:{words[0]}{words[1]}"
    finally:
        process.terminate()
        process.wait()


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
def page(browser: str, site: str, net: Devnet) -> Iterator[Page]:
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


def test_clicks_that_come_at_once_are_all_sent(page: Page, net: Devnet) -> None:
    page.value(";".join([CLICK] * 5))
    hashes = page.listed(5)
    assert [int(net.rpc("eth_getTransactionByHash", each)["nonce"], 16) for each in hashes] == [4, 3, 2, 1, 0]
    assert page.complaints() == []


def test_what_others_send_is_listed_and_what_the_chain_sends_is_not(page: Page, net: Devnet) -> None:
    _, bob, carol = (account.address for account in net.accounts[:3])
    sent = [net.rpc("eth_sendTransaction", {"from": bob, "to": carol, "value": hex(value)}) for value in (1, 2)]
    assert page.listed(2) == sent[::-1]
    page.wait_for("/^block [3-9]/.test(document.getElementById('status').textContent)")  # three blocks began meanwhile
    assert page.listed(2) == sent[::-1]


def test_it_says_that_the_node_is_gone(page: Page, net: Devnet) -> None:
    net.close()
    page.wait_for("document.getElementById('send').disabled")
    assert page.text("status") == "the connection was closed; reload the page"


def test_it_says_that_there_is_no_node(browser: str, site: str) -> None:
    with opened(browser, f"{site}?node=ws://127.0.0.1:1") as page:
        status = "document.getElementById('status')?.textContent"
        assert page.wait_for(f"{status} !== 'connecting…' && {status}") == "no node answers at ws://127.0.0.1:1"


def test_it_fits_on_a_telephone(page: Page) -> None:
    page.ask("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
    page.value(CLICK)
    page.listed(1)
    page.wait_for("document.getElementById('answer').textContent")
    assert page.value("document.documentElement.scrollWidth") == 360

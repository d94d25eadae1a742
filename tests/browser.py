"""A Chromium that tests drive, spoken to over its own DevTools protocol, so that nothing but the browser is needed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.conftest import START_SECONDS

# read now: no test sees such variables
CHROMIUM = os.environ.get("MEGADEV_CHROMIUM", "")
"""A Chromium or Chrome."""
PICTURES = os.environ.get("MEGADEV_SCREENSHOTS", "")
"""A folder for pictures of what was shown; '': none are kept."""


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

    def keep_picture(self, name: str) -> None:
        """Keep what is shown, all of it, as ``NAME.png`` in the folder for pictures, where there is one."""
        if PICTURES:
            taken = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            (Path(PICTURES) / f"{name}.png").write_bytes(base64.b64decode(taken))

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

"""A real Chromium without a window, told what to do through its DevTools protocol over a pair of pipes."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")


class Page:
    """One page of the browser."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to_browser = to_browser
        self._from_browser = from_browser
        self._left = b""
        self._number = 0
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    _session = ""

    def open(self, url: str) -> None:
        """Go to this address, and wait until the document is there."""
        self._send("Page.navigate", url=url)
        self.evaluate("new Promise(done => document.readyState == 'complete' ? done() : window.onload = done)")

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it is resolved with."""
        done = self._send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                found: dict[str, Any] = answer["result"]
                return found

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            read = os.read(self._from_browser, 1 << 16)
            assert read, "the browser has ended"
            self._left += read
        message, _, self._left = self._left.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def open_page(folder: Path) -> Iterator[Page]:
    """A page of a browser of its own, which keeps its things in `folder`."""
    (ours_in, to_browser), (from_browser, ours_out) = os.pipe(), os.pipe()
    command = [f"exec chromium {' '.join(_OPTIONS)} --user-data-dir='{folder}' 3<&{ours_in} 4>&{ours_out}"]
    log = (folder / "browser.log").open("wb")
    process = subprocess.Popen(["bash", "-c", *command], pass_fds=(ours_in, ours_out), stdout=log, stderr=log)
    os.close(ours_in)
    os.close(ours_out)
    try:
        yield Page(to_browser, from_browser)
    finally:
        process.terminate()
        process.wait(timeout=60)
        os.close(to_browser)
        os.close(from_browser)
        log.close()

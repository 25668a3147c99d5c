"""Pages in a real browser: Chromium, headless, without a network beyond this machine.

Rules
- Where the browser is not there, the tests are skipped and say what is missing; CALLCHECK_BROWSER=required makes that a failure.
- No page may say anything on the console: every test looks when it has ended.
"""

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

REQUIRED = os.environ.get("CALLCHECK_BROWSER") == "required"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing(what: str) -> None:
    """Skip, or fail where a browser was promised."""
    if REQUIRED:
        pytest.fail(f"{what}, and CALLCHECK_BROWSER says that it is required")
    pytest.skip(what)


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """A browser that reaches this machine and nothing else."""
    found = [path for path in map(shutil.which, BROWSERS) if path]
    helper = shutil.which("chromedriver")
    if not found or helper is None:
        missing("there is no Chromium with chromedriver (Debian: apt-get install chromium chromium-driver)")
    try:
        from selenium import webdriver
    except ImportError:
        missing("selenium is not installed: pip install 'callcheck[browser]'")
    options = webdriver.ChromeOptions()
    options.binary_location = str(found[0])
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(helper))
    browser.set_script_timeout(120)
    yield browser
    browser.quit()


@pytest.fixture
def browser(driver: Any) -> Iterator[Any]:
    """The browser; a line on its console is a failure."""
    driver.get_log("browser")
    yield driver
    said = driver.get_log("browser")
    assert not said, said


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - as in the class that it is derived from
        **SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm",
    }  # fmt: skip

    def log_message(self, *arguments: object) -> None:
        """Nothing: a test reads no log."""


@dataclass
class Served:
    """A folder at an address, until it is stopped."""

    address: str
    stop: Callable[[], None]


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], Served]]:
    servers = []

    def start(folder: Path) -> Served:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def stop() -> None:
            server.shutdown()
            server.server_close()

        return Served(address=f"http://127.0.0.1:{server.server_port}/", stop=stop)

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, freshly built. CALLCHECK_PYODIDE names a folder with Pyodide's files; else npm fetches its package."""
    folder = tmp_path_factory.mktemp("built") / "site"
    there = os.environ.get("CALLCHECK_PYODIDE")
    command = [sys.executable, "-m", "callcheck.conformance.site", "--output", str(folder)]
    ran = subprocess.run([*command, *(["--pyodide", there] if there else [])], capture_output=True, text=True)
    if ran.returncode == 2 and "npm" in ran.stderr:
        missing(ran.stderr.strip())
    assert ran.returncode == 0, ran.stderr
    return folder

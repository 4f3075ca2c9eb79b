# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The lab as a browser shows it: replays, links, no network, and a phone's screen."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.evidence import EVIDENCE
from vynapse.experiment.call import run
from vynapse.pages.lab.app import application, single
from vynapse.pages.lab.server import bind

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
LONG = 60
"""Seconds on a machine with much to do."""
WIDTH, HEIGHT = 360, 740  # of a phone


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Lab:
    """The lab of a run in a thread of this process."""

    def __init__(self, replay: Path | None) -> None:
        self.live = bind(application(replay), 0)
        self.address = self.live.address
        self._thread = threading.Thread(target=self.live.run)
        self._thread.start()
        while not self.live.server.started:
            time.sleep(0.005)

    def close(self) -> None:
        self.live.server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of NEAT on XOR."""
    folder = tmp_path_factory.mktemp("lab") / "first"
    run("xor", "neat", seed=3, out=folder)
    return folder


@pytest.fixture(scope="module")
def lab(made: Path) -> Iterator[Lab]:
    served = Lab(made)
    yield served
    served.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    fresh = chromium.new_context()
    fresh.set_default_timeout(1000 * LONG)
    yield fresh
    fresh.close()


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true; the page lets no text be evaluated inside it."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if page.evaluate(f"() => Boolean({expression})"):
            return
        time.sleep(0.05)
    raise AssertionError(f"{expression} stays false; {page.inner_text('body')}")


def test_a_run_is_made_again_to_the_bit(context: BrowserContext, lab: Lab, made: Path) -> None:
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.goto(lab.address)
    until(page, "window.vynapse?.state()?.over")
    summary = json.loads((made / "summary.json").read_text(encoding="utf-8"))
    assert page.inner_text("#hash") == summary["network_sha256"]
    assert (
        page.inner_text("#verdict") == "The same winner as in first/best.safetensors, bit for bit."
    )
    assert page.inner_text("#generation") == str(summary["steps"])
    page.fill("#field-seed", "4")
    page.press("#field-seed", "Enter")
    until(page, "document.getElementById('verdict').hidden")
    assert wrong == []


def test_fields_keys_and_links(context: BrowserContext, lab: Lab) -> None:
    page = context.new_page()
    page.goto(f"{lab.address}#task=xor&mode=deap&seed=7&steps=50")
    until(page, "window.vynapse?.state()?.generation > 0")
    page.click("h1")
    page.keyboard.press(" ")
    page.fill("#field-offspring", "0")
    said = "Children: a whole number from 1 to 2000 was wanted, got 0."
    assert page.inner_text("#fault") == said
    page.fill("#field-offspring", "60")
    assert not page.is_visible("#fault")
    page.press("#field-offspring", "Enter")
    assert page.url.endswith("#task=xor&mode=deap&seed=7&offspring=60&steps=50")
    again = context.new_page()
    again.goto(page.url)
    until(again, "window.vynapse?.state()?.over")
    until(page, "window.vynapse.state().over")
    assert again.inner_text("#hash") == page.inner_text("#hash")
    assert again.input_value("#field-offspring") == "60"
    again.evaluate("() => { location.hash = '#task=chess&mode=deap'; }")
    until(again, "!document.getElementById('fault').hidden")
    assert again.inner_text("#fault").startswith("The link names a task or a mode")


def test_pause_and_step(context: BrowserContext, lab: Lab) -> None:
    page = context.new_page()
    page.goto(f"{lab.address}#task=spirals&mode=deap&seed=1")
    until(page, "window.vynapse?.state()?.generation > 0")
    page.click("#run")
    until(page, "window.vynapse.state().running === false")
    time.sleep(0.2)
    before = page.evaluate("() => window.vynapse.state().generation")
    page.click("#step")
    until(page, f"window.vynapse.state().generation === {before + 1}")
    assert page.inner_text("#status") == "Paused"


def test_it_works_without_a_network(context: BrowserContext, made: Path) -> None:
    served = Lab(made)
    page = context.new_page()
    page.goto(served.address)
    until(page, "window.vynapse?.state()?.over")
    wanted = page.inner_text("#hash")
    until(page, "navigator.serviceWorker.controller")
    served.close()
    page.reload()
    until(page, "window.vynapse?.state()?.over")
    assert page.inner_text("#hash") == wanted


def test_a_phone_shows_it_without_scrolling_sideways(chromium: Browser, lab: Lab) -> None:
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
    )
    page = context.new_page()
    for choice in ("xor&mode=neat", "spirals&mode=deap", "cartpole&mode=neat"):
        page.goto(f"{lab.address}#task={choice}&seed=2&steps=5")
        until(page, "window.vynapse?.state()?.generation > 0")
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width == WIDTH
    page.tap("[data-task=xor]")
    until(page, "location.hash.startsWith('#task=xor')")
    small = page.evaluate(
        "() => [...document.querySelectorAll('button')].filter((b) => b.offsetParent)"
        ".map((b) => b.offsetHeight).filter((height) => height < 40)"
    )
    assert small == []
    context.close()


def test_it_can_be_installed(context: BrowserContext, lab: Lab) -> None:
    page = context.new_page()
    page.goto(lab.address)
    until(page, "window.vynapse")
    session = context.new_cdp_session(page)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )


def test_one_page_carries_everything(context: BrowserContext, made: Path, tmp_path: Path) -> None:
    path = tmp_path / "lab.html"
    path.write_bytes(single(made))
    page = context.new_page()
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    until(page, "window.vynapse?.state()?.over")
    assert page.is_visible("#verdict[data-same=true]")
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    measured = page.evaluate(
        """async () => {
          const order = structuredClone(vynapse.given.orders.xor.deap);
          const asked = { ...order, steps: 1000, target: null }, found = [];
          for (let k = 0; k < 5; k++) found.push(await vynapse.measure(asked));
          return found;
        }"""
    )
    assert {one["generation"] for one in measured} == {1000}
    assert len({one["sha256"] for one in measured}) == 1
    if EVIDENCE:  # on a machine that has time
        assert min(one["milliseconds"] for one in measured) < 100


def test_it_is_small() -> None:
    files = application()
    assert sum(len(gzip.compress(content, 9)) for content in files.values()) <= 200_000
    assert set(json.loads(files["manifest.webmanifest"])) >= {"name", "start_url", "icons"}
    listed = files["sw.js"].decode().partition("FILES = ")[2].partition(";")[0]
    assert set(json.loads(listed)) == set(files) - {"index.html", "sw.js"} | {"./"}
    assert application()["sw.js"] == files["sw.js"]

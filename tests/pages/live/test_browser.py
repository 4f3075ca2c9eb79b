# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The page as a browser shows it: news appear, and what a run says is never markup or script.

One headless Chromium, that of the system, serves all tests; nothing is downloaded.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.live.serving import Served, Writer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Serve = Callable[..., Served]

MARKUP = "<img src=x onerror=window.hurt=1>"
SCRIPT = "</script><script>window.hurt=1</script>"
SOON = 5000
"""Milliseconds in which news are seen on a machine with much to do."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails its test for anything that goes wrong in it, or that it asks elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    shown = context.new_page()
    wrong: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    def asked(dialog: Dialog) -> None:
        wrong.append(dialog.message)
        dialog.dismiss()

    def wanted(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            wrong.append(request.url)

    shown.set_default_timeout(20_000)
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", said)
    shown.on("dialog", asked)
    shown.on("request", wanted)
    yield shown
    context.close()
    assert wrong == []


def test_the_list_is_live(root: Path, writer: Writer, serve: Serve, page: Page) -> None:
    page.goto(serve(root).address)
    page.get_by_text("2 runs, 1 running").wait_for()
    row = page.locator("tr", has_text="going")
    assert row.locator("td.of-steps").inner_text() == "3"
    writer.row()
    playwright.expect(row.locator("td.of-steps")).to_have_text("4", timeout=SOON)
    writer.kill()
    page.get_by_text("2 runs, 0 running").wait_for()
    assert row.locator("td.of-status").inner_text() == "◌ unfinished"


def test_a_point_appears(root: Path, writer: Writer, serve: Serve, page: Page) -> None:
    page.goto(f"{serve(root).address}#/run/going")
    steps = page.locator("dl div", has_text="steps").locator("dd")
    playwright.expect(steps).to_have_text("3")
    text = page.locator("figure figcaption").first
    playwright.expect(text).to_contain_text("over step 1 to 3")
    writer.row()
    begin = time.monotonic()
    playwright.expect(text).to_contain_text("over step 1 to 4", timeout=SOON)
    assert time.monotonic() - begin < SOON / 1000
    assert page.locator("figure canvas").count() >= 3
    writer.event("warning", {"message": "a loss is large"})
    page.get_by_text("Warning: a loss is large").wait_for()
    assert page.get_by_text("No network has been saved yet.").is_visible()


def test_runs_are_compared(root: Path, writer: Writer, serve: Serve, page: Page) -> None:
    page.goto(serve(root).address)
    page.get_by_label("compare first").check()
    page.get_by_label("compare going").check()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="2 runs compared").wait_for()
    playwright.expect(page.locator(".u-legend")).to_contain_text("going")
    for axis, said in (("seconds", "time (s)"), ("flops", "work (FLOP)"), ("#step", "step")):
        page.get_by_label("over").select_option(axis)
        playwright.expect(page.locator("figcaption").first).to_contain_text(f"over {said}")
    playwright.expect(page.locator("section[aria-label=Figures] tbody tr")).to_have_count(2)


def test_the_keyboard_reaches_everything(root: Path, serve: Serve, page: Page) -> None:
    page.goto(serve(root).address)
    page.get_by_text("1 runs, 0 running").wait_for()
    reached = []
    page.locator("body").press("Tab")
    for _ in range(20):
        said = (
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
        )
        reached.append(str(page.evaluate(said)).strip())
        page.keyboard.press("Tab")
    for name in ("Skip to the content", "Theme: auto", "loss", "compare first", "first"):
        assert name in reached
    page.get_by_role("button", name="loss").press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().strip().endswith("loss")


@pytest.mark.parametrize("size", [(360, 740), (390, 844), (1280, 860)])
def test_nothing_is_wider_than_the_screen(
    root: Path, evolved: Path, serve: Serve, page: Page, size: tuple[int, int]
) -> None:
    shutil.copytree(evolved, root / ("a-long-name-of-a-run-without-a-place-to-break" * 2))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    served = serve(root)
    shutil.copytree(evolved, root / "neat")
    for place in ("", "#/run/neat", "#/compare/first+neat"):
        page.goto(f"{served.address}{place}")
        page.locator("tbody tr, figure canvas").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_theme_can_be_chosen_and_is_kept(root: Path, serve: Serve, page: Page) -> None:
    address = serve(root).address
    page.goto(address)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(ground) != light
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()


def hurt(run: Path, finished: Path) -> None:
    """A run in which everything that a user may name is markup."""
    shutil.copytree(finished, run)
    (run / "best.safetensors").unlink()
    summary = json.loads((run / "summary.json").read_text())
    summary["test_per_class"] = {MARKUP: {"recall": 0.5}, SCRIPT: {"recall": 0.25}}
    summary["metrics"] = {MARKUP: 1.0}
    (run / "summary.json").write_text(json.dumps(summary))
    record = json.loads((run / "run.json").read_text())
    record["recipe"]["task"]["note"] = MARKUP
    record["provenance"]["command"] = [SCRIPT]
    (run / "run.json").write_text(json.dumps(record))
    (run / "recipe.yaml").write_text(SCRIPT)
    with (run / "events.jsonl").open("a") as file:
        envelope = {"v": 1, "seq": 9, "time": MARKUP, "stage": 0, "step": 1}
        for kind, data in (("warning", {"message": SCRIPT}), (MARKUP, {MARKUP: MARKUP})):
            file.write(json.dumps({**envelope, "kind": kind, "data": data}) + "\n")
    lines = (run / "metrics.csv").read_text().splitlines()
    lines = [f"{MARKUP},{lines[0]}", *(f"{at},{line}" for at, line in enumerate(lines[1:]))]
    (run / "metrics.csv").write_text("\n".join(lines) + "\n")


def test_what_a_run_says_is_never_markup(
    root: Path, finished: Path, serve: Serve, page: Page
) -> None:
    name, other = MARKUP, f"<b>{MARKUP}"
    hurt(root / name, finished)
    hurt(root / other, finished)
    served = serve(root)
    page.goto(served.address)
    page.get_by_label(f"compare {name}", exact=True).check()
    page.get_by_label(f"compare {other}", exact=True).check()
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_text(f"Warning: {SCRIPT}").wait_for()
    page.get_by_label("every event").check()
    for title in ("Classes of the test split", "Provenance", "Recipe"):
        page.locator("summary", has_text=title).click()
    assert page.get_by_role("cell", name=MARKUP, exact=True).is_visible()
    assert page.locator("h1").inner_text() == name
    assert page.locator("main img[src=x], main script").count() == 0
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("link", name="Compare").click()
    playwright.expect(page.locator("td a")).to_have_text([name, other])
    playwright.expect(page.locator(".u-legend")).to_contain_text(other)
    assert page.locator("main img[src=x], main td b").count() == 0
    assert page.evaluate("window.hurt") is None


def test_the_policy_holds_in_the_browser(root: Path, serve: Serve, chromium: Browser) -> None:
    """What got in all the same would not run."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(serve(root).address)
    page.evaluate(
        "text => { document.body.insertAdjacentHTML('beforeend', text); "
        "const made = document.createElement('script'); made.textContent = 'window.hurt = 1'; "
        "document.body.append(made); }",
        MARKUP,
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hurt") is None
    context.close()


def test_a_token_leaves_the_address_and_lasts(root: Path, serve: Serve, page: Page) -> None:
    served = serve(root, token="a-secret-of-the-tests")
    page.goto(served.address)
    page.get_by_text("1 runs, 0 running").wait_for()
    assert page.url == f"http://127.0.0.1:{served.port}/"
    page.reload()
    page.get_by_text("1 runs, 0 running").wait_for()


def test_a_genome_is_seen(root: Path, evolved: Path, serve: Serve, page: Page) -> None:
    shutil.copytree(evolved, root / "neat")
    page.goto(f"{serve(root).address}#/run/neat")
    picture = page.locator(".network img")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 50
    assert page.locator(".spans rect").count() > 0

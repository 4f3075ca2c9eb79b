# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The page lets nobody in who should not be."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.pages.live.serving import Served
from vynapse.errors import ConfigError
from vynapse.pages.live.security import is_loopback, token_for

Serve = Callable[..., Served]
TOKEN = "a-secret-of-the-tests"


@pytest.fixture(scope="module")
def served(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A folder with a run, beside another that is not served."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(finished, folder / "runs" / "first")
    shutil.copytree(finished, folder / "secret")
    serving = Served(folder / "runs")
    yield serving
    serving.close()


@pytest.fixture(scope="module")
def guarded(finished: Path) -> Iterator[Served]:
    """A folder that needs a token."""
    serving = Served(finished.parent, token=TOKEN)
    yield serving
    serving.close()


def test_every_answer_forbids_what_the_page_does_not_need(served: Served) -> None:
    for path in ("/", "/static/main.js", "/api/runs", "/absent", "/api/network.svg?id=none"):
        headers = served.ask(path).headers
        rules = dict(
            rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
        )
        assert rules == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "connect-src": "'self'",
            "img-src": "'self' data:",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_methods_are_answered(served: Served, method: str) -> None:
    assert served.ask("/api/runs", method=method).status == 405


def test_head_is_answered_without_a_body(served: Served) -> None:
    for path in ("/", "/api/runs", "/events"):
        answer = served.ask(path, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_name_than_those_of_loopback_is_refused(served: Served, host: str) -> None:
    assert served.ask("/api/runs", {"Host": host}).status == 421


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_names_of_loopback_are_answered(served: Served, host: str) -> None:
    assert served.ask("/api/runs", {"Host": host}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../run.json",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static/uPlot.LICENSE",
        "/static/",
        "/runs/first/run.json",
        "/api/run?id=../secret",
        "/api/run?id=..%2Fsecret",
        "/api/run?id=first/../../secret",
        "/api/run?id=%2Fetc",
        "/api/run?id=secret%00",
        "/api/network.svg?id=..%2Fsecret",
        "/events?run=..%2Fsecret",
        "/api/run",
    ],
)
def test_no_path_leads_out_of_the_folder(served: Served, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 404
    assert "xor" not in answer.text


def test_a_link_that_leaves_the_folder_is_not_served(root: Path, serve: Serve) -> None:
    shutil.copytree(root / "first", root.parent / "secret")
    (root / "linked").symlink_to(root.parent / "secret")
    served = serve(root)
    assert [line["id"] for line in served.ask("/api/runs").json] == ["first"]
    assert served.ask("/api/run?id=linked").status == 404


def test_a_file_that_is_a_link_is_said_and_not_read(root: Path, serve: Serve) -> None:
    (root / "first" / "metrics.csv").unlink()
    (root / "first" / "metrics.csv").symlink_to("/etc/passwd")
    served = serve(root)
    [line] = served.ask("/api/runs").json
    assert line["status"] == "unreadable"
    assert served.ask("/api/run?id=first").status == 404


def test_a_token_is_made_where_others_could_come_in(root: Path, serve: Serve) -> None:
    served = serve(root, host="0.0.0.0")
    [token] = parse_qs(urlsplit(served.address).query)["token"]
    assert len(token) >= 32
    assert served.ask("/api/runs").status == 401
    assert served.ask("/static/main.js").status == 401
    assert served.ask("/events").status == 401
    assert served.ask(f"/api/runs?token={token}").status == 200
    assert served.ask(f"/api/runs?token={token[:-1]}").status == 401


def test_a_token_gives_a_cookie_that_is_no_token(guarded: Served) -> None:
    answer = guarded.ask(f"/?token={TOKEN}")
    assert answer.status == 200
    cookie, *flags = (part.strip() for part in answer.headers["set-cookie"].split(";"))
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)
    assert TOKEN not in cookie
    assert guarded.ask("/api/runs", {"Cookie": cookie}).status == 200
    assert guarded.ask("/api/runs", {"Cookie": f"{cookie}x"}).status == 401
    name, _, value = cookie.partition("=")
    assert guarded.ask("/api/runs", {"Cookie": f"{name}={TOKEN}"}).status == 401
    assert guarded.ask(f"/api/runs?token={value}").status == 401


def test_a_bearer_is_answered(guarded: Served) -> None:
    for words, status in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Basic {TOKEN}", 401),
        ("Bearer", 401),
        ("Bearer ü", 401),
        ("", 401),
    ):
        headers = {"Authorization": words.encode("latin-1").decode("latin-1")}
        assert guarded.ask("/api/runs", headers).status == status


def test_odd_cookies_and_queries_are_no_way_in(guarded: Served) -> None:
    for cookie in ("=", ";;;", "vynapse=\x7f", f"vynapse-{guarded.port}", "a" * 4000):
        assert guarded.ask("/api/runs", {"Cookie": cookie}).status == 401
    for query in ("token=", "token", f"token={quote('ü')}", f"TOKEN={TOKEN}"):
        assert guarded.ask(f"/api/runs?{query}").status == 401


@pytest.mark.parametrize(
    "token", ["", "short", "elevenchars", "übermäßig-lang", "tab\tin-the-middle"]
)
def test_a_token_that_keeps_nobody_out_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match="--token: at least 12 characters"):
        token_for("127.0.0.1", token)


def test_which_addresses_are_this_machine_alone() -> None:
    assert [
        host for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost") if not is_loopback(host)
    ] == []
    assert [
        host for host in ("0.0.0.0", "::", "192.168.0.2", "example.org") if is_loopback(host)
    ] == []
    assert token_for("127.0.0.1", None) is None

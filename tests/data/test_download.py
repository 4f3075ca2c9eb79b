# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Downloads from a server on loopback that truncates, refuses and lies."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vynapse.data.download import download, terminal_bar
from vynapse.errors import DataError, StorageError

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT at every path.

    ranges: whether it understands Range. cuts: bytes after which successive answers break off.
    """

    ranges = True
    status = 200
    length = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cuts: list[int] = []
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.asked.append(wanted)
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        begin = 0
        if wanted and self.server.ranges:
            begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
            if begin >= len(CONTENT):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        if self.server.length:
            self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(CONTENT)
        self.wfile.write(CONTENT[begin : begin + cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_file_arrives_whole_with_progress(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    target = tmp_path / "new" / "file.bin"
    download(server.url, target, MD5, lambda *what: told.append(what))
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]
    assert told[-1] == ("file.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})


def test_a_transfer_that_breaks_off_is_resumed_where_it_stood(
    server: Server, tmp_path: Path
) -> None:
    server.cuts = [300_000, 1, 500_000]
    download(server.url, tmp_path / "file.bin", MD5)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=300001-", "bytes=800001-"]


def test_a_later_call_resumes_too(server: Server, tmp_path: Path) -> None:
    server.cuts = [1000, 0]
    with pytest.raises(DataError, match="failed after 1000 bytes: it broke off: the same command"):
        download(server.url, tmp_path / "file.bin", MD5)
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin.part"]
    download(server.url, tmp_path / "file.bin", MD5)
    assert server.asked[-1] == "bytes=1000-"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"old")
    download(server.url, tmp_path / "file.bin", MD5)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_that_always_breaks_off_is_given_up(
    server: Server, tmp_path: Path
) -> None:
    server.ranges, server.cuts = False, [1000] * 10
    with pytest.raises(DataError, match="failed after 1000 bytes"):
        download(server.url, tmp_path / "file.bin", MD5)
    assert len(server.asked) == 2


def test_a_server_that_states_no_length_is_checked_by_the_checksum(
    server: Server, tmp_path: Path
) -> None:
    server.length = False
    told: list[int | None] = []
    download(server.url, tmp_path / "file.bin", MD5, lambda *what: told.append(what[2]))
    assert set(told) == {None}
    server.cuts = [1000]
    with pytest.raises(DataError, match="the checksum"):
        download(server.url, tmp_path / "again.bin", MD5)


def test_a_whole_part_needs_no_more_bytes(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    download(server.url, tmp_path / "file.bin", MD5)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"the checksum {'0' * 32} was wanted, .* {MD5}"):
        download(server.url, tmp_path / "file.bin", "0" * 32)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_told_in_words(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(DataError, match="the server answered 404 Not Found"):
        download(server.url, tmp_path / "file.bin", MD5)


def test_no_network_is_told_in_words(server: Server, tmp_path: Path) -> None:
    url = server.url.replace(str(server.server_port), "1")
    with pytest.raises(DataError, match="failed after 0 bytes: .*refused"):
        download(url, tmp_path / "file.bin", MD5)


def test_a_folder_that_cannot_be_made_is_a_storage_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write .*set VYNAPSE_DATA"):
        download(server.url, tmp_path / "file" / "file.bin", MD5)


def test_a_target_that_cannot_be_written_is_a_storage_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").mkdir()
    with pytest.raises(StorageError, match=r"file\.bin\.part"):
        download(server.url, tmp_path / "file.bin", MD5)


def test_the_bar_is_for_terminals_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal_bar("x.gz", 5_000_000, 10_000_000)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    terminal_bar("x.gz", 5_000_000, 10_000_000)
    terminal_bar("x.gz", 10_000_000, 10_000_000)
    terminal_bar("x.gz", 7_000_000, None)
    output, bars = capsys.readouterr()
    assert output == ""
    assert "x.gz [##########          ] 5.0 of 10.0 MB" in bars
    assert "10.0 of 10.0 MB\n" in bars
    assert "7.0 MB" in bars

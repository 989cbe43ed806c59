"""A command that is interrupted, by a closed pipe or by Ctrl-C, ends without a traceback."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import pytest

from crawler.commands import _shared, explain
from crawler.commands._shared import ProjectCommand
from crawler.regression.fixture import Expected, Fixture
from crawler.terminal import STOPPED
from tests.cases import recorded
from tests.crawling import ROOT
from tests.waiting import PATIENCE

CASE = "netease/2020_post_main/hao_plain"
UNREAD = (
    ("lint", "thepaper", "--notes"),
    ("lint", "thepaper", "--json"),
    ("coverage-matrix", "thepaper"),
    ("explain", CASE, "-o", "-"),
    ("export", "--help"),
    ("list",),
)


@pytest.mark.parametrize("arguments", UNREAD, ids=" ".join)
def test_a_reader_that_leaves(arguments: tuple[str, ...]) -> None:
    """When nothing reads standard output, the command ends without an error."""
    unread, end = os.pipe()
    os.close(unread)
    call = [sys.executable, "-m", "crawler", *arguments]
    done = subprocess.run(call, cwd=ROOT, stdout=end, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
    os.close(end)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is that of SIGINT, and one word says what happened."""

    class Stopped(ProjectCommand):
        exitcode = 0

        def work(self, args: list[str], opts: argparse.Namespace) -> None:
            raise KeyboardInterrupt

    stopped = Stopped()
    stopped.run([], argparse.Namespace())
    assert (stopped.exitcode, capsys.readouterr().err) == (STOPPED, "stopped\n")


def test_a_full_disk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output in a file that cannot grow: a message, and nothing is written to it at exit."""

    class Full(ProjectCommand):
        exitcode = 0

        def work(self, args: list[str], opts: argparse.Namespace) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    closed: list[bool] = []
    monkeypatch.setattr("crawler.commands._shared.close_output", lambda: closed.append(True))
    full = Full()
    full.run([], argparse.Namespace())
    message = "the output cannot be written: No space left on device; make room there\n"
    assert (1, message, [True]) == (full.exitcode, capsys.readouterr().err, closed)


@pytest.mark.usefixtures("interruptible")
def test_a_review_that_is_left_by_ctrl_c_keeps_its_answers(tmp_path: Path) -> None:
    """The answers so far are written, the rest stays unreviewed."""
    recorded(tmp_path, CASE)
    fixture = Fixture(tmp_path / CASE)
    assert fixture.expected is not None
    names = list(fixture.expected.values)
    fixture.write(Expected.unreviewed_of(fixture.expected.values))
    call = [sys.executable, "-m", "crawler", "review", CASE, "--fixtures", str(tmp_path)]
    with subprocess.Popen(call, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("y\n")
        process.stdin.flush()
        next(line for line in process.stdout if line.startswith(f"{names[1]}: "))
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=PATIENCE)
    after = Fixture(tmp_path / CASE).expected
    assert after is not None
    assert (process.returncode, message, after.unreviewed) == (STOPPED, "stopped\n", names[1:])


def test_an_explanation_on_a_full_disk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`explain -o -` reports it as any other command does, not by the number of an error (once: [Errno 28])."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(explain, "_write", full)
    monkeypatch.setattr(explain.Command, "_source", lambda *_: None)
    monkeypatch.setattr(explain.Command, "_sheets", lambda *_: [SimpleNamespace(name="page")])
    monkeypatch.setattr(explain, "render", lambda _: "")
    monkeypatch.setattr(_shared, "close_output", lambda: None)
    command = explain.Command()
    command.run(["page"], argparse.Namespace(output="-", screenshot=False))
    message = "the output cannot be written: No space left on device; make room there\n"
    assert (1, message) == (command.exitcode, capsys.readouterr().err)

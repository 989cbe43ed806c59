"""The cost limit of pages in a separate process: a page over it is quarantined, and no other page is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.bulk.child import Child
from crawler.bulk.cost import Cost
from crawler.bulk.crashes import failure_of
from crawler.bulk.page import PageProcess
from crawler.bulk.run import extract_archives
from crawler.errors import Failure, Quarantined
from crawler.extract import PROFILES, extract
from tests.costly import SHAPES
from tests.portal.archive import write_warc
from tests.portal.badpages import good

URL = "https://www.163.com/dy/article/KCOSTLY{}05IJKLMN.html"
SLOW = SHAPES["links"](7_000_000)
LARGE = SHAPES["text"](7_500_000)
COSTS = {
    "seconds": (Cost(seconds=0.4), SLOW, "it takes more than 0.4 CPU seconds"),
    "memory": (Cost(seconds=30, memory=130), LARGE, "it takes more than 130 MiB of memory"),
}


def archive(path: Path, costly: bytes) -> list[str]:
    """Write an archive of good pages with costly ones between them; return the URLs of the good ones."""
    bodies = [good().body, costly, costly, good().body]
    urls = [URL.format(number) for number in range(len(bodies))]
    write_warc(path, [replace(good(), url=url, body=body) for url, body in zip(urls, bodies, strict=True)])
    return [url for url, body in zip(urls, bodies, strict=True) if body != costly]


@pytest.mark.parametrize("name", COSTS)
def test_a_costly_page_of_an_archive_is_quarantined_and_the_run_continues(tmp_path: Path, name: str) -> None:
    """The others are in order; the exit status is that of a run with a refused page."""
    cost, costly, reason = COSTS[name]
    sound = archive(tmp_path / "a.warc.gz", costly)
    summary = extract_archives([tmp_path / "a.warc.gz"], tmp_path / "out.jsonl", jobs=1, cost=cost)
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    entries = [json.loads(line) for line in (tmp_path / "out.quarantine.jsonl").read_text("utf-8").splitlines()]
    assert [record["url"] for record in records] == sound
    assert [(entry["failure"], reason in entry["message"]) for entry in entries] == [("too_costly", True)] * 2
    assert (summary.failed, summary.state.tally.refused) == (False, {Failure.TOO_COSTLY: 2})


@pytest.mark.parametrize("name", COSTS)
def test_a_process_for_pages_outlives_costly_ones(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It returns or raises the same as `extract`; modules in the working directory are not imported."""
    (tmp_path / "email.py").write_text("raise SystemExit('this is not the library')\n")
    monkeypatch.chdir(tmp_path)
    cost, costly, reason = COSTS[name]
    pages = PageProcess(PROFILES, "netease", cost)
    try:
        for _ in range(2):
            assert pages.extract(good().body, good().url) == extract(good().body, good().url)
            with pytest.raises(Quarantined, match=reason) as caught:
                pages.extract(costly, good().url)
            assert caught.value.failure is Failure.TOO_COSTLY
        with pytest.raises(Quarantined) as caught:
            pages.extract(good().body, good().url, status=500)
        assert caught.value.failure is Failure.HTTP_STATUS
    finally:
        pages.close()


def test_an_interrupted_start_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page starts another one, whose answer to the setup is not taken for that page's."""
    made = Child("crawler.bulk.page", b"", Cost(), ["site_profiles"])
    monkeypatch.setattr("crawler.bulk.child._receive", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        made.ask(b"")
    assert made.process is None


def test_a_crawl_holds_its_pages_to_a_cost_where_a_setting_says_so(tmp_path: Path) -> None:
    """The crawl ends as usual, with the costly pages in quarantine."""
    archive(tmp_path / "a.warc.gz", SLOW)
    run = subprocess.run(
        [
            *(sys.executable, "-m", "crawler", "crawl", "netease", "-a", f"archive={tmp_path / 'a.warc.gz'}"),
            *("-s", "PORTALSIEVE_PAGE_PROCESS=1", "-s", "PORTALSIEVE_PAGE_SECONDS=0.4"),
            *("-s", f"PORTALSIEVE_OUTPUT={tmp_path / 'out'}"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROFILES.parent,
    )
    assert run.returncode == 0, run.stderr
    [quarantine] = (tmp_path / "out").rglob("quarantine/**/*.jsonl")
    entries = [json.loads(line) for line in quarantine.read_text("utf-8").splitlines()]
    assert [entry["failure"] for entry in entries] == ["too_costly"] * 2
    [records] = (tmp_path / "out").rglob("records/**/*.jsonl")
    assert len(records.read_text("utf-8").splitlines()) == 2


def test_only_what_a_page_costs_is_called_costly() -> None:
    """A crash is another failure."""
    assert Cost().failure_of(-signal.SIGPROF) == (Failure.TOO_COSTLY, "it takes more than 5 CPU seconds")
    assert [Cost().failure_of(code) for code in (-signal.SIGSEGV, -signal.SIGKILL, 0, 1, None)] == [None] * 5


@pytest.mark.parametrize(
    ("code", "crashes", "expected"),
    [
        (-signal.SIGSEGV, 1, None),
        (-signal.SIGKILL, 1, None),
        (3, 1, None),
        (-signal.SIGXCPU, 1, None),
        (-signal.SIGPROF, 1, (Failure.TOO_COSTLY, "it takes more than 5 CPU seconds")),
        (-signal.SIGKILL, 2, (Failure.CRASHED, "it crashed its process 2 times (SIGKILL, out of memory?)")),
        (3, 2, (Failure.CRASHED, "it crashed its process 2 times (exit status 3)")),
    ],
)
def test_a_page_that_ended_its_process_is_tried_once_more(
    code: int, crashes: int, expected: tuple[Failure, str] | None
) -> None:
    """In archives, engines and crawls alike: an accident of the machine is not the page's fault."""
    assert expected == failure_of(code, crashes, Cost())

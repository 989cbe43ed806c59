"""`scrapy status` and `scrapy retry`: how a site stands, and how what failed is asked for again."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from crawler.errors import Failure
from crawler.records.quarantine import QuarantineEntry
from crawler.report.status import SiteStatus, StatusRow, print_status, site_status
from crawler.store.errors import StoreDamaged
from crawler.store.interface import Job, Outcome, PageKind, Result
from crawler.store.opening import open_store
from tests.calling import call
from tests.crawling import command
from tests.store_samples import SITE, ask, begin, leased, new_record, sqlite_of

HOST = "news.example.org"


def failed(job: Job) -> Outcome:
    """Return the outcome of a page without an answer."""
    reason = f"{job.url}: no response: \x1b[31mtimeout"
    return Outcome(job=job, result=Result.DEAD, failure="http_status", reason=reason, status=503)


def refused(job: Job) -> Outcome:
    """Return the outcome of a page that is quarantined."""
    entry = QuarantineEntry(
        url=job.url, site=SITE, failure=Failure.RULE_MISSED, message="no headline", layout="2026_plain"
    )
    return Outcome(job=job, result=Result.REFUSED, quarantine=(entry,), failure="rule_missed", reason="no headline")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store: a list, three records, two dead pages, one refused, one to be tried again, one that waits."""
    made = tmp_path / "store.sqlite"
    with contextlib.closing(open_store(made)) as store:
        begin(store)
        store.schedule("run", [ask(0, PageKind.LIST), *map(ask, range(1, 9))], 0.0)
        a, b, c, d, e, f, g, _, listed = sorted(leased(store, 9), key=lambda job: (job.kind, job.key))
        store.settle("run", Outcome(job=listed, result=Result.LISTED), 1.0)
        for job in (a, b, c):
            store.settle("run", Outcome(job=job, result=Result.RECORD, record=new_record(job)), 1.0)
        for outcome in (failed(d), failed(e), refused(f)):
            store.settle("run", outcome, 1.0)
        store.settle("run", Outcome(job=g, result=Result.AGAIN, failure="http_status", retry_at=9.0), 1.0)
    return made


def status(path: Path) -> SiteStatus:
    """Return the site's status by the library."""
    with contextlib.closing(open_store(path)) as store:
        return site_status(store, SITE)


def test_pages_by_standing_reason_and_layout(path: Path) -> None:
    """All that were scheduled, each once."""
    found = status(path)
    sums = (found.scheduled, found.done, found.waiting, found.failed, found.quarantined)
    assert sums == (9, 4, 2, 2, 1)
    assert (found.articles, found.revisions, found.runs, found.open_runs) == (3, 3, 1, ("run",))
    rows = {(row.kind.value, row.standing.value, row.why, row.layout): row.pages for row in found.rows}
    assert rows == {
        ("article", "done", None, "2026_plain"): 3,
        ("list", "done", None, None): 1,
        ("article", "failed", "http_status", None): 2,
        ("article", "quarantined", "rule_missed", "2026_plain"): 1,
        ("article", "waiting", "http_status", None): 1,
        ("article", "waiting", None, None): 1,
    }
    assert [page.status for page in found.failures] == [503, 503]


def test_the_table_is_plain_text(path: Path) -> None:
    """Each row on a line of its own, and nothing that a terminal obeys."""
    out = io.StringIO()
    print_status(status(path), out)
    printed = out.getvalue()
    assert "9 scheduled: 4 done, 2 waiting, 2 failed, 1 quarantined" in printed
    assert "article   quarantined   rule_missed   2026_plain       1" in [line.strip() for line in printed.splitlines()]
    assert "\x1b" not in printed
    assert [line.count("https://") for line in printed.splitlines() if line.startswith("failed: ")] == [1, 1]


def test_a_page_that_is_gone_is_reported(path: Path) -> None:
    """The sum is compared with what was counted when pages were scheduled."""
    with contextlib.closing(open_store(path)) as store:
        sqlite_of(store)._database.execute("DELETE FROM frontier WHERE number = 9")
        with pytest.raises(StoreDamaged, match=f"{path}: .*9 expected, 8 found"):
            site_status(store, SITE)


def test_failed_pages_wait_again(path: Path) -> None:
    """The dead ones, and with --refused those in quarantine; the next crawl of the site gets them, with all tries."""
    printed = [call("retry", SITE, *more, PORTALSIEVE_STORE=path) for more in ((), (), ("--refused",), ("--refused",))]
    assert [(done.returncode, done.stdout) for done in printed] == [
        (0, f"Requeued 2 pages; run scrapy crawl {SITE}\n"),
        (0, "Requeued 0 pages; 1 in quarantine: --refused requeues them, after you fixed a layout\n"),
        (0, f"Requeued 1 page; run scrapy crawl {SITE}\n"),
        (0, "Requeued 0 pages\n"),
    ]
    found = status(path)
    assert (found.scheduled, found.waiting, found.failed, found.quarantined) == (9, 5, 0, 0)
    with contextlib.closing(open_store(path)) as store:
        begin(store)
        assert store.adopt("run", 20.0) == 3
        assert sorted(job.tries for job in leased(store, 9, 20.0)) == [0, 0, 0, 0, 1]


def test_the_command_line(path: Path) -> None:
    """JSON for programs; a table for people."""
    done = command("status", "--json", "--check", "-s", f"PORTALSIEVE_STORE={path}")
    [site] = json.loads(done.stdout)
    assert (done.returncode, site["site"], site["scheduled"], site["openRuns"]) == (0, SITE, 9, ["run"])
    assert set(site["rows"][0]) == set(StatusRow.__struct_encode_fields__)
    done = call("status", SITE, "--check", PORTALSIEVE_STORE=path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "the store is intact: all checksums match")


@pytest.mark.parametrize("name", ["status", "retry"])
def test_wrong_calls(path: Path, name: str) -> None:
    """An unknown site, more than one, no store, a folder instead of it."""
    none = path.with_name("none.sqlite")
    for arguments, store, status, printed in (
        (["nowhere"], path, 2, "nowhere: no such site; available:"),
        ([SITE, SITE], path, 2, " one site"),
        ([SITE], none, 1, f"{none}: the store does not exist yet"),
        ([SITE], path.parent, 2, f"{path.parent}"),
    ):
        done = call(name, *arguments, PORTALSIEVE_STORE=store)
        assert (done.returncode, done.stdout, printed in done.stderr) == (status, "", True)


def test_a_changed_letter_is_found_by_a_check(path: Path) -> None:
    """In a record, which the table does not read."""
    path.write_bytes(path.read_bytes().replace(b'"text":"', b'"texT":"'))
    assert call("status", PORTALSIEVE_STORE=path).returncode == 0
    done = call("status", "--check", PORTALSIEVE_STORE=path)
    assert (done.returncode, done.stdout, str(path) in done.stderr) == (1, "", True)

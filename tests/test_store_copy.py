"""`scrapy store copy`: a file to a server and back, whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from crawler.store.copy import Copied, copy
from crawler.store.errors import StoreDamaged, StoreRefused
from crawler.store.export import export
from crawler.store.interface import PageKind, Robots, Signal, SiteCheckRow
from crawler.store.opening import open_store, open_tables
from crawler.terminal import STOPPED
from tests import postgres_server
from tests.calling import call
from tests.postgres_server import Server
from tests.store_samples import SITE, ask, begin, crawl, leased, outcome


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Return a store with two runs, a revision, refused and waiting pages, and a check."""
    path = tmp_path / "source.sqlite"
    crawl(path, 60)
    store = open_store(path)
    store.finish("run", b"{}")
    store.begin(SITE, "again", "second", "2026-02-21T10:00:00Z")
    store.schedule("second", [ask(1, named=True), ask(1000), ask(2000, PageKind.LIST)], 1.0)
    [first] = leased(store, 1, 2.0, "second")
    store.settle("second", outcome(first, text="changed"), 2.0)
    store.add_check(SiteCheckRow(site=SITE, checked_at="2026-02-21T10:00:00Z", line=b'{"a":1}'))
    store.close()
    return path


def exported(place: Path | str, tmp_path: Path, since: str | None = None) -> tuple[bytes, str]:
    """Return the export of a store, and the cursor after it."""
    store = open_store(place, make=False)
    with (tmp_path / "out.jsonl").open("wb") as out:
        cursor = export(store, SITE, out, since=since).cursor
    store.check()
    store.close()
    return (tmp_path / "out.jsonl").read_bytes(), cursor


def copied(source: Path, target: Path, progress: Callable[[str, int], None] = lambda _table, _rows: None) -> Copied:
    """Copy a store in this process."""
    with (
        contextlib.closing(open_tables(source)) as tables,
        contextlib.closing(open_tables(target)) as others,
    ):
        return copy(tables, others, progress)


def test_there_and_back(filled: Path, tmp_path: Path, postgres: Server) -> None:
    """Exports are equal, cursors hold in each store, and an open run is resumed in the copy."""
    url, back = postgres.url(), tmp_path / "back.sqlite"
    for source, target in ((filled, url), (url, back)):
        done = call("store", "copy", source, target)
        assert (0, "") == (done.returncode, done.stderr)
        assert "The copy equals its source (checksum " in done.stdout
    first = exported(filled, tmp_path)
    assert first == exported(url, tmp_path) == exported(back, tmp_path)
    assert (b"", first[1]) == exported(url, tmp_path, since=first[1])
    store = open_store(url)
    assert "second" == store.begin(SITE, "again", "third", "2026-02-22T10:00:00Z").id
    assert 2 == len(leased(store, 10, 2.0, "second"))
    store.close()


def test_the_target_must_be_empty(filled: Path, tmp_path: Path) -> None:
    """Nothing is overwritten or mixed."""
    other = tmp_path / "other.sqlite"
    store = open_store(other)
    begin(store)
    store.close()
    with pytest.raises(StoreRefused, match="is not empty; copy to a new store"):
        copied(filled, other)
    done = call("store", "copy", filled, other)
    assert (1, True) == (done.returncode, "is not empty" in done.stderr)


def test_a_target_may_have_asked_for_robots_txt(filled: Path, tmp_path: Path) -> None:
    """What a crawl that found nothing has left in a store gives way to the source's."""
    other = tmp_path / "other.sqlite"
    for path in (filled, other):
        store = open_store(path)
        store.keep_robots("https://news.example.org", Robots(fetched_at=1.0, status=200, body=b"User-agent: *"))
        store.close()
    with contextlib.closing(open_tables(filled)) as source, contextlib.closing(open_tables(other)) as target:
        assert 1 == copy(source, target).rows["robots"]


def test_a_damaged_source_is_not_copied(filled: Path, tmp_path: Path) -> None:
    """Its checksums are verified first."""
    with contextlib.closing(sqlite3.connect(filled)) as database, database:
        database.execute("UPDATE frontier SET url = url || 'x' WHERE number = 3")
    target = tmp_path / "target.sqlite"
    with pytest.raises(StoreDamaged):
        copied(filled, target)
    with contextlib.closing(open_tables(target)) as tables:
        assert [] == tables.rows("SELECT * FROM frontier")


def test_a_source_that_changes_meanwhile_is_noticed(filled: Path, tmp_path: Path) -> None:
    """By the comparison of all rows."""

    def change(table: str, rows: int) -> None:
        if table == "robots":
            store = open_store(filled)
            store.schedule("second", [ask(3000)], 1.0)
            store.close()

    with pytest.raises(StoreRefused, match="was a crawl running"):
        copied(filled, tmp_path / "target.sqlite", change)


@pytest.mark.parametrize("arguments", [(), ("copy",), ("copy", "a"), ("move", "a", "b")])
def test_usage(arguments: tuple[str, ...]) -> None:
    """A wrong call shows a right one."""
    done = call("store", *arguments)
    assert (2, True) == (done.returncode, "expected copy SOURCE TARGET" in done.stderr)


def test_a_missing_source_is_not_made(tmp_path: Path) -> None:
    """The message says so, and no file appears."""
    done = call("store", "copy", tmp_path / "no.sqlite", tmp_path / "new.sqlite")
    assert (1, True) == (done.returncode, "the store does not exist yet" in done.stderr)
    assert [] == list(tmp_path.glob("*.sqlite"))


def test_a_copy_that_is_stopped_leaves_no_file(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C: nobody has compared what is there, and the next copy needs an empty store; a store from before stays."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.commands.store.copy", stopped)
    target = tmp_path / "target.sqlite"
    done = call("store", "copy", filled, target)
    assert (STOPPED, []) == (done.returncode, [*tmp_path.glob("target*")])
    open_store(target).close()
    done = call("store", "copy", filled, target)
    assert (STOPPED, True) == (done.returncode, target.exists())


def test_a_large_copy_is_written_in_steps(filled: Path, tmp_path: Path) -> None:
    """Keys of several columns included: each step begins after the last row of the one before."""
    with contextlib.closing(open_store(filled)) as store:
        store.add_signals(
            [
                Signal(run=run, site=SITE, layout=layout, rule=f"r{rule}", block=block, pages=2, hits=1)
                for run in ("run", "run 2") for layout in ("a", "a b") for rule in range(40) for block in range(7)
            ]
        )  # fmt: skip
        expected = list(store.signals(SITE))
    copied(filled, tmp_path / "copy.sqlite")
    with contextlib.closing(open_store(tmp_path / "copy.sqlite")) as store:
        assert expected == list(store.signals(SITE))
        assert 1120 == len(expected)


def test_backup_and_restore_of_a_database(filled: Path, tmp_path: Path, postgres: Server) -> None:
    """By the commands of docs/operations.md; the restored store is intact, and its exports are those of the original."""
    text = (Path(__file__).resolve().parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = [line.split() for line in text.splitlines() if line.startswith(("pg_dump ", "pg_restore "))]
    places = [f"postgresql://tests@127.0.0.1:{postgres.port}/{name}" for name in ("portals", "restored")]
    with psycopg.connect(postgres.url(), autocommit=True) as database:
        for name in ("portals", "restored"):
            database.execute(f"CREATE DATABASE {name}".encode())
    with contextlib.closing(open_tables(filled)) as source, contextlib.closing(open_tables(places[0])) as target:
        copy(source, target)
    for (program, *arguments), place in zip(commands, places, strict=True):
        given = [argument.replace("postgresql://crew@db.example/portals", place) for argument in arguments]
        subprocess.run([postgres_server.programs() / program, *given], cwd=tmp_path, check=True)
    assert exported(places[0], tmp_path) == exported(places[1], tmp_path) == exported(filled, tmp_path)

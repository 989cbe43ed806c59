"""A store that was damaged: it gives what a whole one gives, or is refused by its file's name. Never less, in silence.

What is damaged is a store amid a crawl (as a killed process leaves it, its log beside it) and one whose crawl is over.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.store.errors import BadCursor, StoreDamaged, StoreError, StoreRefused, StoreUnusable
from crawler.store.export import export
from crawler.store.interface import Signal, SiteCheckRow
from crawler.store.opening import open_store
from crawler.store.schema import MIGRATIONS, connect, version
from tests.calling import call
from tests.crawling import ROOT, command
from tests.store_samples import SITE, ask, begin, crawl, leased, outcome, sqlite_of

ARTICLES = 40
PLACES = 200
"""How many places of a file are damaged, one at a time."""


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Do not wait for the disk: these tests break files themselves."""

    def without_sync(path: Path | None) -> sqlite3.Connection:
        database = connect(path)
        database.execute("PRAGMA synchronous = OFF")
        return database

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crawler.store.file.connect", without_sync)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], list[str]]:
    """Return the records and the quarantine of an unhurt crawl."""
    found = crawl(tmp_path_factory.mktemp("whole") / "store.sqlite", ARTICLES)
    assert (len(found[0]), len(found[1])) == (36, 4)
    return found


@pytest.fixture(scope="module")
def amid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store amid a crawl, killed: part of it is only in the log."""
    path = tmp_path_factory.mktemp("amid") / "store.sqlite"
    crawl(path, ARTICLES, pages=25)
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA wal_autocheckpoint = 0")
    holder.execute("SELECT count(*) FROM runs").fetchone()
    crawl(path, ARTICLES, pages=10)
    kept = path.with_name("kept.sqlite")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{kept}{suffix}")
    holder.close()
    return kept


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store whose crawl is over, with a second one after it."""
    path = tmp_path_factory.mktemp("over") / "store.sqlite"
    crawl(path, ARTICLES)
    with contextlib.closing(open_store(path)) as store:
        store.finish(begin(store).id, b"{}")
        run = store.begin(SITE, "two", "two", "2026-02-21T10:00:00Z").id
        store.schedule(run, [ask(number, named=True) for number in range(0, 30, 3)], 2.0)
        for job in leased(store, 30, 2.0, run):
            store.settle(run, outcome(job, text="changed"), 2.0)
        store.finish(run, b"{}")
    return path


def copied(source: Path, folder: Path) -> Path:
    """Return a copy of a store, its log with it."""
    path = folder / "store.sqlite"
    for left in folder.glob("store.sqlite*"):
        left.unlink()
    for suffix in ("", "-wal"):
        if Path(f"{source}{suffix}").exists():
            shutil.copy(f"{source}{suffix}", f"{path}{suffix}")
    return path


def hurt(file: Path, seed: int) -> None:
    """Change a letter of a file, or, every third time, cut it off."""
    rng = random.Random(seed)
    data = bytearray(file.read_bytes())
    offset = rng.randrange(len(data))
    if seed % 3:
        data[offset] ^= rng.randrange(1, 256)
    else:
        del data[offset:]
    file.write_bytes(bytes(data))


@contextlib.contextmanager
def refusal(path: Path) -> Iterator[list[str]]:
    """Yield a list for the message with which a store is refused, which must name its file."""
    messages: list[str] = []
    try:
        yield messages
    except StoreError as error:
        messages.append(str(error))
    assert [message for message in messages if str(path) not in message] == []


def goes_on(path: Path, whole: tuple[list[bytes], list[str]]) -> bool:
    """Go on with the crawl: it yields the same as an undamaged one, or is refused with the file's name. Return which."""
    with refusal(path) as refused:
        assert crawl(path, ARTICLES) == whole
    return not refused


def exported(path: Path) -> bytes | None:
    """Export everything; None: it was refused by the file's name."""
    out = io.BytesIO()
    with refusal(path) as refused, contextlib.closing(open_store(path, make=False)) as store:
        export(store, SITE, out)
    return None if refused else out.getvalue()


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_crawl_resumes_completely_or_not_at_all(
    amid: Path, whole: tuple[list[bytes], list[str]], tmp_path: Path, suffix: str
) -> None:
    """Letters changed and cuts, in the file and in its log; what follows a fault in the log is fetched again."""
    results = []
    for seed in range(PLACES // 2):
        path = copied(amid, tmp_path)
        hurt(path.with_name(path.name + suffix), seed)
        results.append(goes_on(path, whole))
    assert (0 < sum(results), all(results)) == (True, suffix == "-wal")


def test_an_export_is_complete_or_refused(over: Path, tmp_path: Path) -> None:
    """Also where SQLite itself sees nothing: a letter in a record, rows that an index no longer leads to."""
    expected = exported(copied(over, tmp_path))
    assert expected is not None
    assert expected.count(b"\n") == 45
    found = []
    for seed in range(PLACES):
        path = copied(over, tmp_path)
        hurt(path, seed)
        found.append(exported(path))
    assert {expected, None} == set(found)


def test_a_check_sees_what_the_rows_and_the_structures_say(over: Path, tmp_path: Path) -> None:
    """What it calls whole gives every export, and another crawl of the site what it should."""
    expected, checked = exported(copied(over, tmp_path)), []
    for seed in range(1000, 1000 + PLACES // 2):
        path = copied(over, tmp_path)
        hurt(path, seed)
        with refusal(path) as refused, contextlib.closing(open_store(path, make=False)) as store:
            store.check()
        checked.append(not refused)
        assert refused or exported(path) == expected
    assert 0 < sum(checked) < len(checked)


def test_a_log_that_was_deleted(amid: Path, over: Path, whole: tuple[list[bytes], list[str]], tmp_path: Path) -> None:
    """During a crawl its pages are fetched again; results of finished runs do not depend on it."""
    path = copied(amid, tmp_path)
    path.with_name("store.sqlite-wal").unlink()
    assert goes_on(path, whole)
    with contextlib.closing(open_store(copied(over, tmp_path))) as store:
        cursor = store.since(SITE, None).cursor
        store.retry(SITE, refused=True)
        survived = tmp_path / "survived.sqlite"
        shutil.copy(path, survived)  # without the log, while a process has it open
    with contextlib.closing(open_store(survived)) as store:
        assert store.since(SITE, cursor).records == 0
        assert sum(group.pages for group in store.groups(SITE) if group.state == "waiting") == 4


def test_a_log_that_was_deleted_while_it_was_being_moved(
    amid: Path, whole: tuple[list[bytes], list[str]], tmp_path: Path
) -> None:
    """Some pages of the file are new, some old: the rows speak of one another, so it is noticed."""
    old = amid.read_bytes()
    path = copied(amid, tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    new = path.read_bytes()
    size = 4096
    changed = [at for at in range(0, len(new), size) if new[at : at + size] != old[at : at + size]]
    rng, results = random.Random(5), []
    for _ in range(PLACES // 2):
        mixed = bytearray(old.ljust(len(new), b"\0"))
        for at in rng.sample(changed, rng.randrange(1, len(changed))):
            mixed[at : at + size] = new[at : at + size]
        path = copied(amid, tmp_path)
        path.with_name("store.sqlite-wal").unlink()
        path.write_bytes(bytes(mixed))
        results.append(goes_on(path, whole))
    assert not all(results)


def test_other_files_are_not_opened_as_a_store(tmp_path: Path) -> None:
    """Each by name: another database, another version, an empty file, no database at all, a folder."""
    path = tmp_path / "store.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE cats (name TEXT)")
    other.close()
    with pytest.raises(StoreRefused, match=f"{path}: not a portalsieve store"):
        open_store(path)
    path.unlink()
    open_store(path).close()
    newer = sqlite3.connect(path)
    newer.execute("UPDATE meta SET content = ? WHERE name = 'version'", (str(version() + 1),))
    newer.commit()
    newer.close()
    with pytest.raises(StoreRefused, match=f"{path}: the store has version {version() + 1}, .* up to {version()};"):
        open_store(path)
    path.write_bytes(b"")
    with pytest.raises(StoreDamaged, match=f"{path}: .*empty"):
        open_store(path)
    path.write_bytes(b"not a database at all" * 400)
    with pytest.raises(StoreDamaged, match=str(path)):
        open_store(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreUnusable, match=f"{path}: is a folder"):
        open_store(path)


def test_a_store_of_an_earlier_version_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that it holds is kept, in one transaction: a migration that fails leaves the store as it was."""
    path = tmp_path / "store.sqlite"
    before, _ = crawl(path, 20)
    broken = ("ALTER TABLE runs ADD COLUMN remark TEXT", "ALTER TABLE nothing ADD COLUMN x TEXT")
    monkeypatch.setattr("crawler.store.schema.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(StoreDamaged, match="nothing"):
        open_store(path)
    more = (broken[:1], ("CREATE TABLE remarks (text TEXT)",))
    monkeypatch.setattr("crawler.store.schema.MIGRATIONS", (*MIGRATIONS, *more))
    with contextlib.closing(open_store(path)) as store:
        store.check()
        assert before == sorted(revision.line for revision in store.revisions(site=SITE))
    with contextlib.closing(sqlite3.connect(path)) as database:
        written = database.execute("SELECT content FROM meta WHERE name = 'version'").fetchone()
        assert (str(len(MIGRATIONS) + 3),) == written
        assert [] == database.execute("SELECT remark FROM runs WHERE remark IS NOT NULL").fetchall()
        assert [] == database.execute("SELECT text FROM remarks").fetchall()


def test_the_first_store_is_migrated(tmp_path: Path) -> None:
    """A store of version 1, which has no checks for drift, is read, checked and takes some."""
    path = tmp_path / "store.sqlite"
    before, _ = crawl(path, 20)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for table in ("checks", "signals", "observed", "held"):
            database.execute(f"DROP TABLE {table}")
        database.execute("DELETE FROM counters WHERE name = 'checks'")
        database.execute("UPDATE meta SET content = '1' WHERE name = 'version'")
    check = SiteCheckRow(site=SITE, checked_at="2026-11-30T12:00:00Z", line=b"{}")
    with contextlib.closing(open_store(path)) as store:
        store.add_check(check)
        store.check()
        assert ([check], before) == (store.checks(SITE, 9), sorted(one.line for one in store.revisions(site=SITE)))


def test_a_changed_letter_in_a_record_is_noticed(over: Path, tmp_path: Path) -> None:
    """SQLite itself does not see it; the record's seal does, in an export, a check and the next crawl."""
    path = copied(over, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"text":"', b'"texT":"', 1))
    assert exported(path) is None
    with contextlib.closing(open_store(path)) as store:
        with pytest.raises(StoreDamaged, match=str(path)):
            store.check()
        with pytest.raises(StoreDamaged, match=str(path)):
            begin(store)


def test_signals_of_earlier_runs_are_verified_when_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start of a crawl with a large store reads only the rows of its own run."""
    path = tmp_path / "store.sqlite"
    signal = Signal(
        run="earlier", site=SITE, layout="2026_plain", rule="article.body", block=0, pages=25, hits=25, figures=(3, 4)
    )
    with contextlib.closing(open_store(path)) as store:
        store.add_signals([signal])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE signals SET figures = '3 5'")
    with (
        contextlib.closing(open_store(path)) as store,
        pytest.raises(StoreDamaged, match="in run earlier"),
    ):
        begin(store)
    monkeypatch.setattr("crawler.store.verify.THOROUGH", 0)
    with contextlib.closing(open_store(path)) as store:
        run = begin(store).id
        with pytest.raises(StoreDamaged, match="in run earlier"):
            store.figures(SITE, run)
        with pytest.raises(StoreDamaged, match="in run earlier"):
            store.check()


def test_a_cursor_is_refused_by_a_store_that_was_set_back(over: Path, tmp_path: Path) -> None:
    """Its number is given anew, to another record: what lies between would never be exported."""
    path = copied(over, tmp_path)
    cursors = []
    for text in ("lost", "anew"):
        with contextlib.closing(open_store(copied(over, tmp_path))) as store:
            run = store.begin(SITE, text, text, "2026-02-22T10:00:00Z").id
            store.schedule(run, [ask(number, named=True) for number in (1, 2)], 3.0)
            for job in leased(store, 9, 3.0, run):
                store.settle(run, outcome(job, text=text), 3.0)
            cursors.append(store.since(SITE, None).cursor)
    assert cursors[0].split("-")[:2] == cursors[1].split("-")[:2]
    with contextlib.closing(open_store(path)) as store:
        with pytest.raises(BadCursor, match=cursors[0]):
            store.since(SITE, cursors[0])
        assert store.since(SITE, cursors[1]).records == 0


@pytest.mark.parametrize("lost", ["a row", "an entry of the index"])
def test_a_record_that_vanished_is_missed(over: Path, tmp_path: Path, lost: str) -> None:
    """Nothing with a seal is left of it; the numbers before and after it show the gap."""
    path = copied(over, tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        if lost == "a row":
            database.execute("DELETE FROM records WHERE sequence = 45")
        else:
            index = "CREATE INDEX records_of_site ON records (site, sequence)"
            database.execute("DROP INDEX records_of_site")
            database.execute(f"{index} WHERE sequence <> 7")
            database.execute("PRAGMA writable_schema = ON")
            database.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'records_of_site'", (index,))
    assert exported(path) is None


def test_a_number_is_not_given_twice(over: Path, tmp_path: Path) -> None:
    """A counter that fell back would have a new page take the place of an old one."""
    path = copied(over, tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE counters SET amount = 7 WHERE name = 'frontier'")
    with contextlib.closing(open_store(path)) as store:
        with pytest.raises(StoreDamaged, match=f"{path}: .*numbers of frontier"):
            begin(store)
        with pytest.raises(StoreDamaged, match=str(path)):
            store.schedule("two", [ask(99)], 3.0)


def test_a_full_disk_stops_with_a_message_and_loses_nothing(
    whole: tuple[list[bytes], list[str]], tmp_path: Path
) -> None:
    """The store says which file; with room again the crawl goes on to the same end."""
    path = tmp_path / "store.sqlite"
    crawl(path, ARTICLES, pages=5)
    with pytest.raises(StoreUnusable, match=f"{path}: .*full"):
        crawl(path, ARTICLES, room=6)
    assert goes_on(path, whole)


def test_turns_on_a_full_disk(tmp_path: Path) -> None:
    """A turn that cannot be written is not granted: the message says that the disk is full, and the next one works."""
    path = tmp_path / "store.sqlite"
    with contextlib.closing(open_store(path)) as store:
        pace = sqlite_of(store)._pace
        (size,) = pace.execute("PRAGMA page_count").fetchone()
        pace.execute(f"PRAGMA max_page_count = {size}")
        with pytest.raises(StoreUnusable, match=f"{path}: .*full"):
            [store.take_turn(f"{number}.news.example.org", 2.0, 100.0) for number in range(1000)]
        assert not pace.in_transaction
        pace.execute("PRAGMA max_page_count = 100000")
        assert 0 == store.take_turn("news.example.org", 2.0, 100.0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("limit", [200_000, 260_000, 300_000])
def test_a_file_that_may_not_grow(whole: tuple[list[bytes], list[str]], tmp_path: Path, limit: int) -> None:
    """The system's own limit, in a process of its own: a message and a status, and the crawl goes on later."""
    path = tmp_path / "store.sqlite"
    code = (
        "import resource, sys; from pathlib import Path; from tests.store_samples import crawl\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        f"crawl(Path({str(path)!r}), {ARTICLES})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, f"StoreUnusable: {path}" in done.stderr) == (1, True)
    assert goes_on(path, whole)


def test_a_disk_without_room(whole: tuple[list[bytes], list[str]], tmp_path: Path) -> None:
    """A file system of its own that is full: in a namespace, where the system lets us have one."""
    code = (
        "import shutil; from pathlib import Path; from tests.store_samples import crawl; from crawler.store.errors import StoreError\n"
        f"disk = Path({str(tmp_path)!r}) / 'disk'; path = disk / 'store.sqlite'\n"
        "try:\n"
        f"    crawl(path, {ARTICLES})\n"
        "except StoreError as error:\n"
        "    print(error)\n"
        "for file in disk.glob('store.sqlite*'): shutil.copy(file, disk.parent)\n"
    )
    (tmp_path / "disk").mkdir()
    script = f'mount -t tmpfs -o size=256k tmpfs "{tmp_path}/disk" || exit 77; exec "{sys.executable}" -c "$CODE"'
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], cwd=ROOT, env={**os.environ, "CODE": code},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode in {1, 77} and not done.stdout:
        pytest.skip(f"no file system of one's own here: {done.stderr.strip()}")
    assert (done.returncode, "store.sqlite: the store cannot be used: " in done.stdout) == (0, True), done.stderr
    assert goes_on(tmp_path / "store.sqlite", whole)


@pytest.mark.parametrize("name", ["status", "export", "retry"])
def test_commands_refuse_by_name(over: Path, tmp_path: Path, name: str) -> None:
    """Non-zero, the file in the message, nothing on standard output."""
    path = copied(over, tmp_path)
    arguments = ["--check"] if name == "status" else []
    assert call(name, SITE, *arguments, PORTALSIEVE_STORE=path).returncode == 0
    data = path.read_bytes()
    for content in (data[: len(data) // 2], b"", data.replace(b"portalsieve store", b"portalsieve Store"), b"x" * 9999):
        path.write_bytes(content)
        done = call(name, SITE, *arguments, PORTALSIEVE_STORE=path)
        assert (done.returncode, done.stdout, f"{path}: " in done.stderr) == (1, "", True)


def test_a_crawl_refuses_by_name(tmp_path: Path) -> None:
    """The whole way, by the command line: a store that was cut in half."""
    store = tmp_path / "output" / "store.sqlite"
    crawl(store, ARTICLES, pages=20)
    data = store.read_bytes()
    store.write_bytes(data[: len(data) // 2])
    settings = (
        "-s",
        f"PORTALSIEVE_OUTPUT={tmp_path / 'output'}",
        "-a",
        "url=https://www.163.com/dy/article/ABCDEFGH05IJKLMN.html",
    )
    done = command("crawl", "netease", *settings)
    assert (done.returncode, f"{store}: the store is damaged" in done.stderr) == (1, True)

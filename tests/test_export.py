"""`scrapy export`: exactly what came after a cursor, in each format, whole or not at all."""

from __future__ import annotations

import contextlib
import csv as python_csv
import fcntl
import hashlib
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyarrow import csv, parquet
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from crawler import read_records
from crawler.records.cells import neutral
from crawler.records.lines import encode_line
from crawler.records.tables import Format, NoArrow, instant
from crawler.records.validate import validate
from crawler.records.write import clear_parts, replacing
from crawler.spiders.feeds import CsvExporter
from crawler.store.errors import BadCursor, StoreMissing
from crawler.store.export import export
from crawler.store.interface import Job, NewRecord, Outcome, Result
from crawler.store.opening import open_store
from tests.calling import call
from tests.crawling import ROOT, command
from tests.record_samples import article
from tests.store_samples import SITE, ask, begin, leased

HOST = "news.example.org"


def record(job: Job, headline: str) -> NewRecord:
    """Return a whole record of a page."""
    digest = hashlib.sha256(headline.encode()).hexdigest()
    made = msgspec.structs.replace(article(), id=job.key, site=SITE, headline=headline, content_hash=digest)
    return NewRecord(id=job.key, content_hash=digest, layout="2026_plain", line=encode_line(made))


def keep(path: Path, run: str, *headlines: str) -> None:
    """Crawl pages 0, 1, … in a run of their own, whose headlines are these."""
    with contextlib.closing(open_store(path)) as store:
        ident = store.begin(SITE, run, run, f"2026-02-20T10:00:0{run}Z").id
        store.schedule(ident, [ask(number, named=True) for number in range(len(headlines))], 0.0)
        for job, headline in zip(leased(store, 99, 1.0, ident), headlines, strict=True):
            store.settle(ident, Outcome(job=job, result=Result.RECORD, record=record(job, headline)), 1.0)
        store.finish(ident, b"{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store of two runs: three articles, then one of them changed and a fourth."""
    made = tmp_path / "store.sqlite"
    keep(made, "1", "一", "二", "三")
    return made


def lines(path: Path, **wanted: Any) -> tuple[list[dict[str, Any]], str]:
    """Export, and give the lines and the next cursor."""
    out = io.BytesIO()
    with contextlib.closing(open_store(path, make=False)) as store:
        done = export(store, SITE, out, **wanted)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert done.lines == len(found)
    return found, done.cursor


def test_only_what_came_or_changed_since(path: Path) -> None:
    """A new article and a new revision, which names the one before it; then nothing."""
    first, cursor = lines(path)
    assert [line["revision"]["name"] for line in first] == [f"{ask(n).key}@1" for n in range(3)]
    keep(path, "2", "一", "二、改过", "三", "四")
    second, following = lines(path, since=cursor)
    message = [(line["headline"], line["revision"]["name"], line["revision"]["previous"]) for line in second]
    two, four = ask(1).key, ask(3).key
    assert message == [("二、改过", f"{two}@2", f"{two}@1"), ("四", f"{four}@1", None)]
    assert {line["revision"]["run"] for line in second} == {"2"}
    assert lines(path, since=following) == ([], following)


def test_each_line_is_a_place_to_go_on_from(path: Path) -> None:
    """Its cursor gives the lines behind it."""
    every, _ = lines(path)
    assert lines(path, since=every[0]["revision"]["cursor"])[0] == every[1:]


def test_without_its_revision_a_line_is_a_record(path: Path) -> None:
    """As it was published, valid by the schema; and the reader takes lines with and without."""
    every, _ = lines(path)
    bare, _ = lines(path, bare=True)
    assert [{key: line[key] for key in line if key != "revision"} for line in every] == bare
    for line in bare:
        validate(line)
    file = path.with_name("export.jsonl")
    file.write_bytes(b"".join(encode_line(line) + b"\n" for line in every))
    assert [read.to_dict() for read in read_records(file)] == bare


def test_what_a_crawl_keeps_meanwhile_is_in_the_next_export(path: Path) -> None:
    """The cursor that is printed stands before the first line is read."""

    class Meanwhile(io.BytesIO):
        def write(self, data: Any) -> int:
            if not self.getvalue():
                keep(path, "2", "一", "二", "三", "四")
            return super().write(data)

    out = Meanwhile()
    with contextlib.closing(open_store(path)) as store:
        done = export(store, SITE, out)
        assert (done.lines, len(out.getvalue().splitlines())) == (3, 3)
    assert [line["headline"] for line in lines(path, since=done.cursor)[0]] == ["四"]


def test_tables_have_the_same_columns_whatever_they_hold(path: Path, tmp_path: Path) -> None:
    """Parquet with nested values as they are, CSV with lists as JSON; an empty export has the columns too."""
    (line, *_), cursor = lines(path)
    files: dict[Any, Path] = {}
    with contextlib.closing(open_store(path)) as store:
        for wanted in (Format.PARQUET, Format.CSV):
            for since in (None, cursor):
                files[wanted, since] = tmp_path / f"{since}.{wanted}"
                with files[wanted, since].open("wb") as out:
                    export(store, SITE, out, wanted=wanted, since=since)
    full, empty = (parquet.read_table(files[Format.PARQUET, since]) for since in (None, cursor))
    assert (full.num_rows, empty.num_rows, full.schema) == (3, 0, empty.schema)
    row = full.to_pylist()[0]
    assert {each.pop("field"): each for each in row.pop("provenance")} == line["provenance"]
    times = ((row, line, "datePublished"), (row, line, "dateModified"), (row["fetch"], line["fetch"], "fetchedAt"), (row["revision"], line["revision"], "storedAt"))  # fmt: skip
    for made, stated, name in times:
        assert made.pop(name) == (instant(text) if (text := stated.pop(name)) else None)
    blocks = [{key: value for key, value in block.items() if value is not None} for block in row.pop("blocks")]
    assert blocks == line["blocks"]
    assert row == {key: line[key] for key in line if key not in {"provenance", "blocks"}}
    header, nothing = (csv.read_csv(files[Format.CSV, since]) for since in (None, cursor))
    assert (header.num_rows, nothing.num_rows, header.column_names) == (3, 0, nothing.column_names)
    cells = header.to_pylist()[0]
    assert (cells["headline"], cells["coverage.total"]) == (line["headline"], line["coverage"]["total"])
    assert (cells["revision.name"], json.loads(cells["blocks"])) == (line["revision"]["name"], line["blocks"])


FORMULAS = (
    "=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n1", "  =1", "\u3000＝1", "＋1", "－1", "＠A", "\ufeff=1", "\u200b-1", "−1",
    "\x00=1", "\x85=1", "\u00ad=1", "\u2066=1", "\u202e+1", "\u3164@A", "\ufe0f=1", "\U000e0020=1",
)  # fmt: skip
PLAIN_TEXT = ("标题", "——专访", "1-2", "a=b", "“=1”", "'=1", "·=1", "")


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN_TEXT])
def test_a_cell_is_never_a_formula(text: str) -> None:
    """What a spreadsheet may run begins with '; all other text stays as it is."""
    assert neutral(text) == (f"'{text}" if text in FORMULAS else text)


def test_values_other_than_text_are_unchanged() -> None:
    """A negative number is a number."""
    assert [neutral(value) for value in (-1, -0.5, None, True)] == [-1, -0.5, None, True]


@pytest.mark.parametrize(("settings", "expected"), [((), "'=1+2"), (("-s", "PORTALSIEVE_CSV_FORMULAS=1"), "=1+2")])
def test_formulas_in_csv(tmp_path: Path, settings: tuple[str, ...], expected: str) -> None:
    """Neutralised unless a setting keeps them; Parquet, which nothing evaluates, has the text itself."""
    path, out = tmp_path / "store.sqlite", tmp_path / "out"
    keep(path, "1", "=1+2")
    for wanted in ("csv", "parquet"):
        name = f"{out}.{wanted}"
        assert call("export", SITE, "-o", name, *settings, PORTALSIEVE_STORE=path).returncode == 0
    assert csv.read_csv(f"{out}.csv").to_pylist()[0]["headline"] == expected
    assert parquet.read_table(f"{out}.parquet").to_pylist()[0]["headline"] == "=1+2"


@pytest.mark.parametrize(("keep_them", "expected"), [(False, ["'=1+2", "'-a,b", "{'k': '=1'}", "7"]), (True, None)])
def test_formulas_in_a_feed(keep_them: bool, expected: list[str] | None) -> None:
    """Scrapy's own CSV export does the same, also for lists, which it joins."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("PORTALSIEVE_CSV_FORMULAS", keep_them, priority="cmdline")
    out = io.BytesIO()
    assert settings["FEED_EXPORTERS"]["csv"] == "crawler.spiders.feeds.CsvExporter"
    exporter = CsvExporter.from_crawler(Crawler(Spider, settings), out)
    exporter.export_item({"headline": "=1+2", "keywords": ["-a", "b"], "account": {"k": "=1"}, "count": 7})
    exporter.finish_exporting()
    header, row = python_csv.reader(out.getvalue().decode().splitlines())
    assert header == ["headline", "keywords", "account", "count"]
    assert row == (expected or ["=1+2", "-a,b", "{'k': '=1'}", "7"])


def killed_export(path: Path) -> Path:
    """Return the hidden file of a process that was killed while it wrote `path`."""
    code = f"""
import os, signal
from crawler.records.write import replacing
with replacing({str(path)!r}) as out:
    out.write(b"half")
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    [part] = path.parent.glob(f".{path.name}.*.part")
    return part


def test_what_a_killed_export_left_is_gone_after_the_next(path: Path, tmp_path: Path) -> None:
    """Whatever name the next one writes, also when there is nothing new; what another one writes just now stays."""
    folder, cursor = tmp_path / "new", lines(path)[1]
    folder.mkdir()
    for since, name in ((), "2.jsonl"), (("--since", cursor), "3.jsonl"):
        left = killed_export(folder / "1.jsonl")
        strangers = [
            folder / ".notes.part",
            folder / ".1.jsonl.part",
        ]  # of other programs, and of a run that can be resumed
        for stranger in strangers:
            stranger.touch()
        with replacing(folder / "other.jsonl") as other:
            other.write(b"whole\n")
            done = call("export", SITE, *since, "-o", folder / name, PORTALSIEVE_STORE=path)
            assert (done.returncode, left.exists()) == (0, False)
        assert (folder / "other.jsonl").read_bytes() == b"whole\n"
        assert all(stranger.exists() for stranger in strangers)


def test_a_file_taken_for_a_leftover_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the moment between its making and its lock another process may remove it; nothing is lost."""
    lock, removed = fcntl.flock, []

    def flock(fd: int, how: int) -> None:
        if not removed and how == fcntl.LOCK_EX:
            removed.extend(tmp_path.glob(".*.part"))
            clear_parts(tmp_path)
        lock(fd, how)

    monkeypatch.setattr("fcntl.flock", flock)
    with replacing(tmp_path / "out.jsonl") as out:
        out.write(b"whole")
    assert (len(removed), [file.name for file in tmp_path.iterdir()]) == (1, ["out.jsonl"])
    assert (tmp_path / "out.jsonl").read_bytes() == b"whole"


@pytest.mark.parametrize("wanted", ["parquet", "csv"])
def test_without_pyarrow_the_install_line_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """Before anything is written."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = io.BytesIO()
    with contextlib.closing(open_store(path)) as store:
        with pytest.raises(NoArrow, match="make setup-dev"):
            export(store, SITE, out, wanted=Format(wanted))
        assert export(store, SITE, out).lines == 3


def test_a_cursor_of_another_store_writes_nothing(path: Path, tmp_path: Path) -> None:
    """It is refused by name."""
    keep(tmp_path / "other.sqlite", "1", "一")
    _, cursor = lines(tmp_path / "other.sqlite")
    out = io.BytesIO()
    with contextlib.closing(open_store(path)) as store, pytest.raises(BadCursor, match=cursor):
        export(store, SITE, out, since=cursor)
    assert out.getvalue() == b""


def test_no_store_is_made_to_be_read(tmp_path: Path) -> None:
    """The missing package is reported."""
    with pytest.raises(StoreMissing, match=f"{tmp_path}/none.sqlite: the store does not exist yet") as missing:
        open_store(tmp_path / "none.sqlite", make=False)
    assert "a crawl over an archive (-a archive=FILE) writes to output/records only" in str(missing.value)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line(path: Path, tmp_path: Path) -> None:
    """Lines on standard output; the next cursor is the last line on standard error; files appear whole."""
    store = ("-s", f"PORTALSIEVE_STORE={path}")
    done = command("export", SITE, *store)
    *_, last = done.stderr.splitlines()
    cursor = last.removeprefix("next cursor: ")
    assert (done.returncode, len(done.stdout.splitlines()), lines(path)[1]) == (0, 3, cursor)


def test_a_cursor_in_a_file(path: Path, tmp_path: Path) -> None:
    """It is where the export begins, and is written when the export is safe; nothing new leaves no file."""
    kept, folder = tmp_path / "numbers.cursor", tmp_path / "new"
    for expected in (3, 1, 0):
        if expected == 1:
            keep(path, "2", "一", "二、改过")
        out = folder / f"{expected}.parquet"
        done = call("export", SITE, "--cursor-file", kept, "-o", out, PORTALSIEVE_STORE=path)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.splitlines()[-1] == f"next cursor: {kept.read_text().strip()}"
        assert (parquet.read_table(out).num_rows if out.exists() else 0) == expected
    assert kept.read_text().strip() == lines(path)[1]
    assert sorted(file.name for file in folder.iterdir()) == ["1.parquet", "3.parquet"]


def test_names_that_no_file_can_have(path: Path, tmp_path: Path) -> None:
    """The message has the option and the reason; nothing is written, and no cursor is printed."""
    below, folder = path / "x.jsonl", tmp_path / "folder"
    folder.mkdir()
    for option, name, more, message in (
        ("-o", below, (), f"{path} is a file, not a folder"),
        ("-o", folder, (), "is a folder; name a file"),
        ("-o", folder, ("--cursor-file", tmp_path / "c"), "is a folder; name a file"),
        ("--cursor-file", folder, (), "is a folder; name a file"),
        ("--cursor-file", below, (), f"{path} is a file, not a folder"),
    ):
        done = call("export", SITE, option, name, *more, PORTALSIEVE_STORE=path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"not exported: {option} {name}: {message}\n"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["folder", path.name]


@pytest.mark.parametrize("begin_at", ["--since", "--cursor-file"])
def test_an_increment_replaces_no_file(path: Path, tmp_path: Path, begin_at: str) -> None:
    """Its lines are nowhere else once the cursor has moved; the next run names another file."""
    kept, out = tmp_path / "numbers.cursor", tmp_path / "new.jsonl"
    first = lines(path)[1]
    kept.write_text(f"{first}\n")
    out.write_text("the lines of the run before")
    keep(path, "2", "一", "二、改过")
    value = first if begin_at == "--since" else kept
    done = call("export", SITE, begin_at, value, "-o", out, PORTALSIEVE_STORE=path)
    assert (done.returncode, done.stdout, "next cursor" in done.stderr) == (1, "", False)
    assert f"-o {out}: already exists" in done.stderr
    assert (out.read_text(), kept.read_text()) == ("the lines of the run before", f"{first}\n")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([SITE, "--since", "17"], 2, "17 is not a cursor; `scrapy export` prints one"),
        ([SITE, "--since", "5f3a9c01-1-8d2e11f0"], 2, "5f3a9c01-1-8d2e11f0 is not a cursor of "),
        (["nowhere"], 2, "nowhere: no such site; available:"),
        ([], 2, "expected one site"),
        ([SITE, "--format", "xml"], 2, "jsonl, parquet, csv"),
        ([SITE, "--format", "parquet"], 2, "-o FILE"),
        ([SITE, "-o", "/proc/none/new.xlsx"], 2, "-o /proc/none/new.xlsx: .xlsx is not a known suffix"),
        ([SITE, "-o", "/proc/none/new.jsonl.gz"], 2, "use .jsonl, .parquet or .csv, or give --format"),
        ([SITE, "-o", "/proc/none/new"], 1, "/proc/none/new"),
        ([SITE, "-o", "/proc/none/new.xlsx", "--format", "csv"], 1, "/proc/none/new.xlsx"),
        ([SITE, "--since", "17", "--cursor-file", "x"], 2, "cannot be combined"),
        ([SITE, "-o", "/proc/none/out.jsonl"], 1, "/proc/none/out.jsonl"),
    ],
)
def test_wrong_calls(path: Path, arguments: list[str], status: int, message: str) -> None:
    """Each message has the next step, and nothing is printed."""
    done = call("export", *arguments, PORTALSIEVE_STORE=path)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr


def test_a_damaged_record_leaves_no_file(path: Path, tmp_path: Path) -> None:
    """And no cursor: what was exported before stays as it is."""
    data = path.read_bytes()
    path.write_bytes(data.replace("二".encode(), "贰".encode()))
    out = tmp_path / "out.jsonl"
    out.write_text("before")
    done = call("export", SITE, "-o", out, PORTALSIEVE_STORE=path)
    assert (done.returncode, out.read_text(), done.stdout) == (1, "before", "")
    assert str(path) in done.stderr
    assert "next cursor" not in done.stderr


def test_begin_is_needed_for_nothing(tmp_path: Path) -> None:
    """An open run's records are exported too: they are kept as soon as they are settled."""
    path = tmp_path / "store.sqlite"
    with contextlib.closing(open_store(path)) as store:
        run = begin(store).id
        store.schedule(run, [ask(1)], 0.0)
        [job] = leased(store, 1, 1.0, run)
        store.settle(run, Outcome(job=job, result=Result.RECORD, record=record(job, "一")), 1.0)
        assert len(lines(path)[0]) == 1

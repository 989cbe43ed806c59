"""Readers: files, gzip and folders; any damage raises an error with file and line number."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import msgspec
import pytest

from crawler.errors import Failure
from crawler.records.model import Record
from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import UnreadableLine, read_quarantine, read_records
from crawler.records.write import JsonlWriter
from tests.record_samples import article, gallery, plain, text_dump


def line(record: Record) -> bytes:
    """Return the record as a line of a file."""
    return record.to_json().encode() + b"\n"


def test_files_gzip_and_folders(tmp_path: Path) -> None:
    """A file, a gzip file and a folder of both can be read; a folder in the order of names, without other files."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.jsonl.gz").write_bytes(gzip.compress(line(gallery()) + line(text_dump())))
    (tmp_path / "a.jsonl").write_bytes(line(article()))
    (tmp_path / ".c.jsonl.7-f0.part").write_bytes(b"half a line")
    (tmp_path / ".c.jsonl").write_bytes(b"half a line")
    (tmp_path / "README.md").write_bytes(b"words")
    assert [article()] == list(read_records(tmp_path / "a.jsonl"))
    assert [gallery(), text_dump()] == list(read_records(str(tmp_path / "b" / "1.jsonl.gz")))
    assert [article(), gallery(), text_dump()] == list(read_records(tmp_path))


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    """Files are read in the order of their names, not in the order of the file system."""
    names = [f"{n * 7 % 40:02}" for n in range(40)]
    for name in names:
        (tmp_path / f"{name}.jsonl").write_bytes(line(msgspec.structs.replace(gallery(), id=f"example:{name}")))
    assert [record.id for record in read_records(tmp_path)] == [f"example:{name}" for name in sorted(names)]


def test_records_and_quarantine_in_one_folder(tmp_path: Path) -> None:
    """`extract -o DIR/` writes records and quarantine next to each other: each reader reads only its own files."""
    entry = QuarantineEntry(url="https://a.example/1", site="example", failure=Failure.TOO_BIG, message="9 MB")
    (tmp_path / "a.jsonl").write_bytes(line(article()))
    with JsonlWriter(tmp_path / "a.quarantine.jsonl") as writer:
        writer.write(entry)
    assert [article()] == list(read_records(tmp_path))
    assert [entry] == list(read_quarantine(tmp_path)) == list(read_quarantine(tmp_path / "a.quarantine.jsonl"))


def test_line_ends(tmp_path: Path) -> None:
    """Empty lines and a missing last line end are accepted."""
    (tmp_path / "a.jsonl").write_bytes(b"\n" + line(article()) + b" \r\n" + line(gallery()).rstrip())
    assert [article(), gallery()] == list(read_records(tmp_path / "a.jsonl"))


def test_a_path_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    """The error is raised by the call, not by the first record."""
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jsonl: no such file"):
        read_records(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (b'{"schemaVersion": "1.1.0", "id"', "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"schemaVersion": "1.1.0"}', "missing required field `id`"),
        (b"\xff\xfe", "malformed"),
        (b'"\xff"', "not a record"),
        (line(article())[:-40], "malformed"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, damaged: bytes, words: str) -> None:
    """The records before it are returned, then an error with file and line number is raised."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(line(article()) + b"\n" + damaged + b"\n" + line(gallery()))
    reader = read_records(file)
    assert article() == next(reader)
    with pytest.raises(UnreadableLine, match=words) as caught:
        next(reader)
    assert (str(file), 3) == (caught.value.file, caught.value.line)
    assert str(caught.value).startswith(f"{file}:3: not a record")


@pytest.mark.parametrize("cut", [30, -4, -1])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, cut: int) -> None:
    """A truncated gzip file is an error, however late it was truncated."""
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(line(article()))[:cut])
    with pytest.raises(UnreadableLine, match=r"a\.jsonl\.gz:\d: the gzip file is damaged"):
        list(read_records(file))


def test_flipped_bytes_in_gzip_are_named(tmp_path: Path) -> None:
    """A gzip file with a wrong byte never yields fewer or other records without an error."""
    good = gzip.compress(b"".join(itertools.repeat(line(article()), 3)), mtime=0)
    file = tmp_path / "a.jsonl.gz"
    for at in range(10, len(good), 40):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
        with pytest.raises(UnreadableLine):
            list(read_records(file))


@pytest.mark.parametrize("version", ["2.0.0", "0.9.0", "10.0.0", "next"])
def test_another_major_version_is_refused(tmp_path: Path, version: str) -> None:
    """The error has the record's version and the reader's, even if the record's structure differs."""
    file = tmp_path / "a.jsonl"
    for record in (plain(article(), schemaVersion=version), {"schemaVersion": version, "story": 1}):
        file.write_bytes(msgspec.json.encode(record))
        with pytest.raises(UnreadableLine, match=f"schema version {version}, but this reader supports 1.1.0"):
            list(read_records(file))


def test_a_newer_minor_version_is_read(tmp_path: Path) -> None:
    """New keys are ignored; an unknown value is an error with both versions."""
    file = tmp_path / "a.jsonl"
    newer = plain(article(), schemaVersion="1.3.0", mood="calm")
    file.write_bytes(msgspec.json.encode(newer))
    (record,) = read_records(file)
    assert msgspec.structs.replace(article(), schema_version="1.3.0") == record
    file.write_bytes(msgspec.json.encode({**newer, "kind": "podcast"}))
    with pytest.raises(UnreadableLine, match=r"schema version 1\.3\.0, .*supports 1\.1\.0;.*'podcast'"):
        list(read_records(file))


def test_quarantine_is_read_back(tmp_path: Path) -> None:
    """Quarantine entries can be read from a file and a folder; the error for any other line has its number."""
    entry = QuarantineEntry(url="https://a.example/1", site="example", failure=Failure.TOO_BIG, message="9 MB")
    path = tmp_path / "quarantine" / "example" / "run1.jsonl"
    with JsonlWriter(path) as writer:
        writer.write(entry)
        writer.write({"url": None})
    reader = read_quarantine(tmp_path / "quarantine")
    assert entry == next(reader)
    with pytest.raises(UnreadableLine, match=r"run1\.jsonl:2: not a QuarantineEntry: .*`site`"):
        next(reader)

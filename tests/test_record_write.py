"""Writers: readers see complete files and lines or none, with the requested level of chrome."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.records.read import read_records
from crawler.records.validate import validate
from crawler.records.write import CannotWrite, ChromeLevel, JsonlWriter, append_line, chrome_level, replacing
from tests.record_samples import SAMPLES, article
from tests.waiting import PATIENCE


def files(folder: Path) -> list[str]:
    """Return the names of all files in `folder`, hidden ones too."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_file_appears_whole_when_closed(tmp_path: Path) -> None:
    """Until it is closed, readers of the folder see nothing; then the complete file."""
    path = tmp_path / "records" / "example" / "run1.jsonl"
    with JsonlWriter(path) as writer:
        for record in SAMPLES.values():
            writer.write(record)
        assert not path.exists()
        assert list(read_records(tmp_path)) == []
        assert len(SAMPLES) == writer.count
    assert list(SAMPLES.values()) == list(read_records(tmp_path))
    assert files(tmp_path) == ["records/example/run1.jsonl"]


def test_lines_are_compact_json_with_a_line_end(tmp_path: Path) -> None:
    """Each line is one JSON value in UTF-8, not escaped, ended by a line feed."""
    with JsonlWriter(tmp_path / "a.jsonl") as writer:
        writer.write({"题": "灯塔\n"})
        writer.write([1])
    assert '{"题":"灯塔\\n"}\n[1]\n'.encode() == (tmp_path / "a.jsonl").read_bytes()


def test_other_users_may_read_it(tmp_path: Path) -> None:
    """The file has the permissions of the process's new files, not those of a private temporary file."""
    before = os.umask(0o022)
    try:
        with JsonlWriter(tmp_path / "a.jsonl") as writer:
            writer.write(1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) == 0o644


def test_nothing_is_left_of_an_aborted_or_empty_file(tmp_path: Path) -> None:
    """An exception, an abort, and a close without a line leave no file, not even a hidden one."""
    with contextlib.suppress(KeyError), JsonlWriter(tmp_path / "a.jsonl") as writer:
        writer.write(1)
        raise KeyError
    assert files(tmp_path) == []
    writer = JsonlWriter(tmp_path / "b.jsonl")
    writer.write(1)
    writer.abort()
    assert JsonlWriter(tmp_path / "c.jsonl").close() is None
    assert files(tmp_path) == []


def test_close_tells_the_path_and_may_be_repeated(tmp_path: Path) -> None:
    """Close returns the path; a second close and a late abort change nothing; a late write is an error."""
    writer = JsonlWriter(tmp_path / "a.jsonl")
    writer.write(1)
    assert tmp_path / "a.jsonl" == writer.close() == writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(2)
    writer.abort()
    assert writer.close() == tmp_path / "a.jsonl"
    assert (tmp_path / "a.jsonl").read_text() == "1\n"


def test_lines_are_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced before it is renamed, and the folder afterwards: a power cut leaves no empty file."""
    order: list[str] = []

    def noted(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*args: object) -> None:
            order.append(name)
            real(*args)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    with JsonlWriter(tmp_path / "a.jsonl") as writer:
        writer.write(1)
    assert order == ["fsync", "replace", "fsync"]


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    """A run with the name of another fails before it writes anything."""
    (tmp_path / "a.jsonl").write_text("old")
    with pytest.raises(FileExistsError, match=r"a\.jsonl already exists"):
        JsonlWriter(tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == "old"
    assert files(tmp_path) == ["a.jsonl"]


def written_whole(path: Path) -> None:
    """Write a complete file."""
    with replacing(path) as out:
        out.write(b"1")


@pytest.mark.parametrize("write", [JsonlWriter, written_whole, lambda path: append_line(path, 1)])
@pytest.mark.parametrize(
    ("name", "expected"),
    [("file/a.jsonl", "{0}/file is a file, not a folder"), ("folder", "is a folder; name a file")],
)
def test_a_name_that_no_file_can_have(tmp_path: Path, write: Callable[[Path], Any], name: str, expected: str) -> None:
    """The error gives the reason without the errno; nothing is left behind."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWrite) as refused:
        write(tmp_path / name)
    assert str(refused.value) == f"{tmp_path / name}: {expected.format(tmp_path)}"
    assert files(tmp_path) == ["file"]


def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path) -> None:
    """A device such as /dev/null is not replaced by a file, even by a user who could."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CannotWrite, match="is a device or a pipe; name a file"):
        written_whole(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_value_that_cannot_be_written_leaves_no_half_line(tmp_path: Path) -> None:
    """A lone surrogate is an error for that line only; writing continues."""
    with JsonlWriter(tmp_path / "a.jsonl") as writer:
        writer.write(1)
        with pytest.raises(UnicodeEncodeError):
            writer.write(["灯塔", "\ud800"])
        writer.write(2)
    assert (tmp_path / "a.jsonl").read_text() == "1\n2\n"


def full_disk_after(room: int) -> Any:
    """Return a stand-in for os.write on a disk with `room` bytes left: it writes short, then fails."""
    real = os.write

    def write_some(fd: int, data: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(fd, data[:room])
        room -= written
        return written

    return write_some


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full the error has the file's name, and the incomplete file is removed."""
    writer = JsonlWriter(tmp_path / "a.jsonl")
    monkeypatch.setattr(os, "write", full_disk_after(10))
    writer.write([1])
    with pytest.raises(OSError, match=r"a\.jsonl: cannot write \(No space left on device\)") as caught:
        writer.write(["x" * 100])
    assert caught.value.errno == errno.ENOSPC
    assert files(tmp_path) == []


def test_a_full_disk_leaves_no_half_line_in_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An append that does not fit is undone completely."""
    log = tmp_path / "runs.jsonl"
    append_line(log, [1])
    monkeypatch.setattr(os, "write", full_disk_after(10))
    with pytest.raises(OSError, match=r"runs\.jsonl"):
        append_line(log, ["x" * 100])
    assert log.read_text() == "[1]\n"


def test_a_line_after_a_torn_one_stands_alone(tmp_path: Path) -> None:
    """An incomplete line of a killed writer does not swallow the next."""
    log = tmp_path / "runs.jsonl"
    log.write_text('[1]\n{"run": "to')
    append_line(log, [2])
    assert log.read_text() == '[1]\n{"run": "to\n[2]\n'


def test_an_append_waits_for_its_turn(tmp_path: Path) -> None:
    """Nothing is appended while another process holds the lock; then it is."""
    fcntl = pytest.importorskip("fcntl")
    log = tmp_path / "runs.jsonl"
    with log.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=append_line, args=(log, [1]))
        waiting.start()
        waiting.join(timeout=0.2)
        assert waiting.is_alive()
        assert log.read_bytes() == b""
    waiting.join(timeout=PATIENCE)
    assert log.read_bytes() == b"[1]\n"


def test_processes_append_whole_lines(tmp_path: Path) -> None:
    """Lines that several processes append at the same time are all present and complete."""
    log = tmp_path / "logs" / "runs.jsonl"
    code = (
        "import sys; from crawler.records.write import append_line\n"
        "for i in range(20): append_line(sys.argv[1], [int(sys.argv[2]), i, 'x' * 5000])"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(log), str(n)]) for n in range(3)]
    assert [process.wait(timeout=PATIENCE) for process in running] == [0, 0, 0]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [[n, i, "x" * 5000] for n in range(3) for i in range(20)] == sorted(lines)


def test_chrome_goes_out_as_asked() -> None:
    """`full` is everything, `items` the lists without their text, `none` nothing; coverage and article stay."""
    record = article()
    assert record is chrome_level(record, ChromeLevel.FULL)
    lists = chrome_level(record, "items")
    assert [(entry.role, entry.text, entry.heading, entry.rule, len(entry.items or ())) for entry in lists.chrome] == [
        ("hot", None, "热点", "hot_list", 1)
    ]
    none = chrome_level(record, "none")
    assert none.chrome == ()
    for less in (lists, none):
        assert {**record.to_dict(), "chrome": None} == {**less.to_dict(), "chrome": None}
        validate(less)


def test_another_chrome_level_is_refused() -> None:
    """A setting that is not a level is an error, not a default."""
    with pytest.raises(ValueError, match="some"):
        chrome_level(article(), "some")

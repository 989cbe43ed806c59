"""`scrapy extract` over archives with -o and --jobs: complete files, resuming after a kill, messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.bulk.messages import Batch
from crawler.bulk.outcome import Tally
from crawler.bulk.output import CannotResume, Head, Output
from crawler.bulk.run import SameName, extract_archives
from crawler.errors import Failure
from tests import calling
from tests.crawling import ROOT, command
from tests.portal import archive, write
from tests.waiting import until

PLAIN = next(page for page in write.read_pages("netease") if page.case == "hao_plain")
HEAD = Head(inputs=(("a", 1, 1), ("b", 1, 1), ("c", 1, 1)), chrome="full", profiles={}, portalsieve="1")
LONG = 25
"""How often the longest archive repeats its pages."""
NAMES = [Path("a.jsonl"), Path("sub/b.jsonl"), Path("c.jsonl")]


def batch(number: int) -> Batch:
    """Return a batch with a record and, for the second input, a page without one."""
    entries = b'{"failure":"too_big"}\n' if number == 1 else b""
    tally = Tally(records=1, refused={Failure.TOO_BIG: 1} if entries else {})
    return Batch(0, lines=b'{"n":%d}\n' % number * (number + 1), entries=entries, tally=tally)


def visible(folder: Path) -> dict[str, bytes]:
    """Return the visible files of a folder with their contents."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def write_all(path: Path, names: list[Path] | None, *, stop: int = 3) -> Output:
    """Write the inputs that are not done, up to a kill shortly after `stop` of them."""
    output = Output(path, HEAD, names)
    for number in range(len(output.done), 3):
        if number == stop:
            output.write(replace_lines(batch(number)))
            return output
        output.write(batch(number))
        output.finished()
    output.publish()
    return output


def replace_lines(cut: Batch) -> Batch:
    """Return a batch that was partly written before a kill."""
    return Batch(0, lines=cut.lines + b'{"half', entries=b"{")


@pytest.mark.parametrize("names", [None, NAMES], ids=["a file", "a folder"])
@pytest.mark.parametrize("stop", [0, 1, 2])
def test_a_killed_run_resumes_with_the_same_result(tmp_path: Path, names: list[Path] | None, stop: int) -> None:
    """Output and counts are those of an uninterrupted run, and nothing is visible until it is complete."""
    whole, killed = (tmp_path / name / "out.jsonl" for name in ("whole", "killed"))
    with write_all(whole, names) as output:
        expected = output.tally
    write_all(killed, names, stop=stop).close()
    seen = set(visible(tmp_path / "killed"))
    assert seen == (set() if names is None else set(visible(tmp_path / "whole")) - not_yet(stop))
    with write_all(killed, names) as output:
        assert output.tally == expected
    assert visible(tmp_path / "killed") == visible(tmp_path / "whole")
    hidden = [path.name for path in (tmp_path / "killed").rglob(".*")]
    assert hidden == ([] if names is None else [".extract.state"])


def not_yet(stop: int) -> set[str]:
    """Return the files of a folder that cannot exist yet when so many inputs are done."""
    late = [f"out.jsonl/{name}" for name in NAMES[stop:]]
    return {*late, *(["out.jsonl/sub/b.quarantine.jsonl"] if stop < 2 else [])}


def test_a_finished_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Repeating the command finds all inputs done and changes no file."""
    write_all(tmp_path / "out", NAMES).close()
    whole = visible(tmp_path / "out")
    assert len(whole) == len(NAMES) + 1
    for _ in range(2):
        output = Output(tmp_path / "out", HEAD, NAMES)
        files = output.publish()
        output.close()
        assert (visible(tmp_path / "out"), len(files)) == (whole, len(whole))


def test_a_state_that_was_cut_counts_what_is_whole(tmp_path: Path) -> None:
    """An input whose completion was being written when the run was killed is done again."""
    path = tmp_path / "out.jsonl"
    write_all(path, None, stop=2).close()
    state = tmp_path / ".out.jsonl.state"
    state.write_bytes(state.read_bytes()[:-4])
    with Output(path, HEAD) as output:
        assert len(output.done) == 1
    with write_all(path, None):
        assert path.read_bytes() == b"".join(batch(number).lines for number in range(3))


def test_files_that_appear_one_by_one_survive_a_kill_between(tmp_path: Path) -> None:
    """Quarantine is published before the records: the resumed run ends with both, whichever exists."""
    path = tmp_path / "out.jsonl"
    with write_all(path, None):
        pass
    expected = visible(tmp_path)
    again = tmp_path / "again"
    output = Output(again / "out.jsonl", HEAD)
    for number in range(3):
        output.write(batch(number))
        output.finished()
    output.close()
    os.replace(again / ".out.quarantine.jsonl.part", again / "out.quarantine.jsonl")
    with write_all(again / "out.jsonl", None):
        assert visible(again) == expected


@pytest.mark.parametrize("names", [None, NAMES], ids=["a file", "a folder"])
def test_nothing_is_written_over(tmp_path: Path, names: list[Path] | None) -> None:
    """Not files of others, not the output of other inputs, and not while another run is writing it."""
    path = tmp_path / "out.jsonl"
    there = path if names is None else path / "c.jsonl"
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(b"mine\n")
    with pytest.raises(CannotResume, match=f"{there.name} already exists"):
        Output(path, HEAD, names)
    assert visible(tmp_path) == {str(there.relative_to(tmp_path)): b"mine\n"}
    there.unlink()
    with Output(path, HEAD, names), pytest.raises(CannotResume, match="another run is writing this output"):
        Output(path, HEAD, names)
    with pytest.raises(
        CannotResume,
        match=r"this output was begun with different inputs and chrome; .* remove this one with its hidden files",
    ):
        Output(path, Head(inputs=(), chrome="none", profiles={}, portalsieve="1"), names)


def test_truncated_part_files_cannot_be_resumed(tmp_path: Path) -> None:
    """Something else has changed them."""
    path = tmp_path / "out.jsonl"
    write_all(path, None, stop=2).close()
    (tmp_path / ".out.jsonl.part").write_bytes(b"")
    with pytest.raises(CannotResume, match=r"\.part: 0 bytes, but"):
        Output(path, HEAD)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of archives, one of them damaged."""
    folder = tmp_path_factory.mktemp("archives")
    for number in range(4):
        pages = [replace(PLAIN, url=PLAIN.url.replace("KK5ISJRA05", f"KK5ISJ{number}{n:03}")) for n in range(12)]
        archive.write_warc(folder / f"{number}.warc.gz", pages)
    cut = folder / "3.warc.gz"
    cut.write_bytes(cut.read_bytes()[:-1000])
    return folder


@pytest.fixture(scope="module")
def long_archives(tmp_path_factory: pytest.TempPathFactory, archives: Path) -> Path:
    """Return the same archives, the second so long that a test can act after the first before the run ends."""
    folder = tmp_path_factory.mktemp("long")
    for path in archives.iterdir():
        (folder / path.name).write_bytes(path.read_bytes() * (LONG if path.name == "1.warc.gz" else 1))
    return folder


def test_a_run_that_is_killed_ends_as_one_that_is_not(tmp_path: Path, long_archives: Path) -> None:
    """With kill -9, which leaves no worker behind; the damaged record is reported, kept, and sets the exit status."""
    expected = command("extract", long_archives, "--jobs", "2", "-o", tmp_path / "whole.jsonl")
    call = [sys.executable, "-m", "crawler", "extract", long_archives, "--jobs", "2", "-o", tmp_path / "killed.jsonl"]
    state = tmp_path / ".killed.jsonl.state"
    with subprocess.Popen(call, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        until(lambda: state.exists() and state.read_bytes().count(b"\n") > 1, every=0.01)
        workers = children(process.pid)
        process.kill()
    assert (len(workers) >= 2, (tmp_path / "killed.jsonl").exists()) == (True, False)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    done = command("extract", long_archives, "--jobs", "1", "-o", tmp_path / "killed.jsonl")
    assert (done.returncode, expected.returncode) == (1, 1)
    for suffix in ("jsonl", "quarantine.jsonl"):
        assert (tmp_path / f"killed.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()
    assert "in an earlier run" in done.stderr
    [entry] = [json.loads(text) for text in (tmp_path / "whole.quarantine.jsonl").read_text().splitlines()]
    assert entry["failure"] == "archive_damaged"
    shown = expected.stderr.splitlines()  # with lines of progress on a busy machine
    assert f"quarantined: archive_damaged: {entry['message']}" in shown
    names = ("archives ", "records ", "quarantined ")
    summary = dict(text.split(maxsplit=1) for text in shown if text.startswith(names))
    records = str(12 * (3 + LONG) - 1)
    assert summary == {"archives": "4", "records": records, "quarantined": "1 (archive_damaged 1)"}


def children(pid: int) -> list[int]:
    """Return the processes that a process has started (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_how_to_resume(tmp_path: Path, long_archives: Path, number: signal.Signals) -> None:
    """Status 130, no traceback, and what is done is kept, here in a folder."""
    out = tmp_path / "records"
    call = [sys.executable, "-m", "crawler", "extract", long_archives, "--jobs", "2", "-o", f"{out}/"]
    with subprocess.Popen(call, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        until((out / "0.jsonl").exists, every=0.01)
        (os.killpg if number is signal.SIGINT else os.kill)(
            process.pid, number
        )  # a terminal signals the whole process group
        message = process.stderr.read() if process.stderr else ""
    assert (process.returncode, message) == (
        130,
        "stopped; run the same command to resume after the last finished archive\n",
    )
    assert "3.jsonl" not in visible(out)


def test_output_in_a_folder_has_the_shape_of_the_input(tmp_path: Path, archives: Path) -> None:
    """One file per archive with its own records; a second call has nothing to do."""
    summary = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], tmp_path / "out", jobs=1)
    assert [path.name for path in summary.written] == ["out", "out.quarantine.jsonl"]
    again = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], f"{tmp_path}/in/", jobs=1)
    assert [path.name for path in again.written] == ["0.jsonl", "3.jsonl", "3.quarantine.jsonl"]
    joined = b"".join(text for name, text in sorted(visible(tmp_path / "in").items()) if "quarantine" not in name)
    assert (tmp_path / "out").read_bytes() == joined
    third = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], tmp_path / "in", jobs=1)
    assert (third.resumed, third.state.pages, third.state.tally) == (2, 0, again.state.tally)


def test_an_output_folder_that_is_a_file(tmp_path: Path, archives: Path) -> None:
    """The message has the option and the file, which is not changed."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    done = calling.call("extract", "--warc", archives / "0.warc.gz", "--jobs", "1", "-o", f"{taken}/")
    assert (done.returncode, done.stdout, taken.read_text()) == (1, "", "mine")
    assert done.stderr == f"the extraction failed: -o {taken}/0.jsonl: {taken} is a file, not a folder\n"


def test_two_archives_of_one_name_need_a_file(tmp_path: Path, archives: Path) -> None:
    """Their records would overwrite each other."""
    twin = tmp_path / "0.warc"
    twin.write_bytes(b"WARC/1.1\r\n")
    with pytest.raises(SameName, match=r"would both be written to 0\.jsonl; give a file as output"):
        extract_archives([archives / "0.warc.gz", twin], f"{tmp_path}/out/", jobs=1)

"""`scrapy extract` over archives with -o and --jobs: whole files, what a kill leaves, what is told."""

from __future__ import annotations

import io
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
from crawler.bulk.run import SameName, State, extract_archives
from crawler.errors import Failure
from crawler.report.meter import Meter, line
from tests.crawling import ROOT, command
from tests.portal import archive, write
from tests.waiting import until

PLAIN = next(page for page in write.read_pages("netease") if page.case == "hao_plain")
HEAD = Head(inputs=(("a", 1, 1), ("b", 1, 1), ("c", 1, 1)), chrome="full", profiles={}, portalsieve="1")
LONG = 25
"""Times that the longest archive's pages are in it."""
NAMES = [Path("a.jsonl"), Path("sub/b.jsonl"), Path("c.jsonl")]


def batch(number: int) -> Batch:
    """Give a batch with a record and, of the second input, a page that gave none."""
    entries = b'{"failure":"too_big"}\n' if number == 1 else b""
    tally = Tally(records=1, refused={Failure.TOO_BIG: 1} if entries else {})
    return Batch(0, lines=b'{"n":%d}\n' % number * (number + 1), entries=entries, tally=tally)


def visible(folder: Path) -> dict[str, bytes]:
    """Give what a reader finds in a folder."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def write_all(path: Path, names: list[Path] | None, *, stop: int = 3) -> Output:
    """Write the inputs that are not done, up to a kill after `stop` of them and a bit."""
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
    """Give a batch of which a kill let a part be written."""
    return Batch(0, lines=cut.lines + b'{"half', entries=b"{")


@pytest.mark.parametrize("names", [None, NAMES], ids=["a file", "a folder"])
@pytest.mark.parametrize("stop", [0, 1, 2])
def test_what_was_killed_goes_on_as_if_it_had_not_been(tmp_path: Path, names: list[Path] | None, stop: int) -> None:
    """The output is that of a run that nobody disturbed, the counts are, and until it is whole it is not seen."""
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
    """Give the files of a folder that cannot be there when so many inputs are done."""
    late = [f"out.jsonl/{name}" for name in NAMES[stop:]]
    return {*late, *(["out.jsonl/sub/b.quarantine.jsonl"] if stop < 2 else [])}


def test_a_finished_folder_stays_as_it_is(tmp_path: Path) -> None:
    """The same call once more, and once more, finds all inputs done and touches no file."""
    write_all(tmp_path / "out", NAMES).close()
    whole = visible(tmp_path / "out")
    assert len(whole) == len(NAMES) + 1
    for _ in range(2):
        output = Output(tmp_path / "out", HEAD, NAMES)
        files = output.publish()
        output.close()
        assert (visible(tmp_path / "out"), len(files)) == (whole, len(whole))


def test_a_state_that_was_cut_counts_what_is_whole(tmp_path: Path) -> None:
    """A kill while an input is noted as done: it is done again."""
    path = tmp_path / "out.jsonl"
    write_all(path, None, stop=2).close()
    state = tmp_path / ".out.jsonl.state"
    state.write_bytes(state.read_bytes()[:-4])
    with Output(path, HEAD) as output:
        assert len(output.done) == 1
    with write_all(path, None):
        assert path.read_bytes() == b"".join(batch(number).lines for number in range(3))


def test_files_that_appear_one_by_one_survive_a_kill_between(tmp_path: Path) -> None:
    """Quarantine first, then the records: whichever is there already, the run that goes on ends with both."""
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
    """Neither what others wrote, nor what a call with other inputs began, nor while another run is at it."""
    path = tmp_path / "out.jsonl"
    there = path if names is None else path / "c.jsonl"
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(b"mine\n")
    with pytest.raises(CannotResume, match=f"{there.name} is there already"):
        Output(path, HEAD, names)
    assert visible(tmp_path) == {str(there.relative_to(tmp_path)): b"mine\n"}
    there.unlink()
    with Output(path, HEAD, names), pytest.raises(CannotResume, match="another run is writing this output"):
        Output(path, HEAD, names)
    with pytest.raises(CannotResume, match="a run began this output with other inputs and chrome"):
        Output(path, Head(inputs=(), chrome="none", profiles={}, portalsieve="1"), names)


def test_part_files_that_are_shorter_than_told_are_no_beginning(tmp_path: Path) -> None:
    """Somebody has been at them."""
    path = tmp_path / "out.jsonl"
    write_all(path, None, stop=2).close()
    (tmp_path / ".out.jsonl.part").write_bytes(b"")
    with pytest.raises(CannotResume, match=r"\.part: 0 bytes, and the run's state says"):
        Output(path, HEAD)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of archives, one of them damaged."""
    folder = tmp_path_factory.mktemp("archives")
    for number in range(4):
        pages = [replace(PLAIN, url=PLAIN.url.replace("KK5ISJRA05", f"KK5ISJ{number}{n:03}")) for n in range(12)]
        archive.write_warc(folder / f"{number}.warc.gz", pages)
    cut = folder / "3.warc.gz"
    cut.write_bytes(cut.read_bytes()[:-1000])
    return folder


@pytest.fixture(scope="module")
def long_archives(tmp_path_factory: pytest.TempPathFactory, archives: Path) -> Path:
    """Give the same archives, the second so long that whoever waits for the first can act before the run is over."""
    folder = tmp_path_factory.mktemp("long")
    for path in archives.iterdir():
        (folder / path.name).write_bytes(path.read_bytes() * (LONG if path.name == "1.warc.gz" else 1))
    return folder


def test_a_run_that_is_killed_ends_as_one_that_is_not(tmp_path: Path, long_archives: Path) -> None:
    """With kill -9, which leaves no worker behind; the damaged record is named, kept, and tells in the status."""
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
    assert "by an earlier run" in done.stderr
    [entry] = [json.loads(text) for text in (tmp_path / "whole.quarantine.jsonl").read_text().splitlines()]
    assert entry["failure"] == "archive_damaged"
    assert expected.stderr.splitlines()[0] == f"quarantined: archive_damaged: {entry['message']}"
    told = dict(text.split(maxsplit=1) for text in expected.stderr.splitlines()[1:4])
    records = str(12 * (3 + LONG) - 1)
    assert told == {"archives": "4", "records": records, "quarantined": "1 (archive_damaged 1)"}


def children(pid: int) -> list[int]:
    """Give the processes that a process has started (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_how_it_goes_on(tmp_path: Path, long_archives: Path, number: signal.Signals) -> None:
    """Status 130, no trace of Python, what is done is kept, into a folder here."""
    out = tmp_path / "records"
    call = [sys.executable, "-m", "crawler", "extract", long_archives, "--jobs", "2", "-o", f"{out}/"]
    with subprocess.Popen(call, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        until((out / "0.jsonl").exists, every=0.01)
        (os.killpg if number is signal.SIGINT else os.kill)(process.pid, number)  # the terminal tells the whole group
        told = process.stderr.read() if process.stderr else ""
    assert (process.returncode, told) == (
        130,
        "stopped; the same call goes on behind the last archive that was wholly done\n",
    )
    assert "3.jsonl" not in visible(out)


def test_output_in_a_folder_has_the_shape_of_the_input(tmp_path: Path, archives: Path) -> None:
    """A file for each archive, each of its own records; called again, nothing is left to do."""
    summary = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], tmp_path / "out", jobs=1)
    assert [path.name for path in summary.written] == ["out", "out.quarantine.jsonl"]
    again = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], f"{tmp_path}/in/", jobs=1)
    assert [path.name for path in again.written] == ["0.jsonl", "3.jsonl", "3.quarantine.jsonl"]
    joined = b"".join(text for name, text in sorted(visible(tmp_path / "in").items()) if "quarantine" not in name)
    assert (tmp_path / "out").read_bytes() == joined
    third = extract_archives([archives / "0.warc.gz", archives / "3.warc.gz"], tmp_path / "in", jobs=1)
    assert (third.resumed, third.state.pages, third.state.tally) == (2, 0, again.state.tally)


def test_a_file_is_no_folder_for_output(tmp_path: Path, archives: Path) -> None:
    """The message names the option and the file, which stays as it is."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    done = command("extract", "--warc", archives / "0.warc.gz", "--jobs", "1", "-o", f"{taken}/")
    assert (done.returncode, done.stdout, taken.read_text()) == (1, "", "mine")
    assert done.stderr == f"the extraction failed: -o {taken}/0.jsonl: {taken} is a file, not a folder\n"


def test_two_archives_of_one_name_need_a_file(tmp_path: Path, archives: Path) -> None:
    """Their records would be written over each other's."""
    twin = tmp_path / "0.warc"
    twin.write_bytes(b"WARC/1.1\r\n")
    with pytest.raises(SameName, match=r"would both be written to 0\.jsonl; give a file as output"):
        extract_archives([archives / "0.warc.gz", twin], f"{tmp_path}/out/", jobs=1)


def test_progress_is_told_in_lines_where_there_is_no_terminal() -> None:
    """Now and then: pages, share, pace and the time that is left, which counts what this run has read."""
    stream = io.StringIO()
    state = State(read=600, size=1000, tally=Tally(records=70), pages=50, seconds=10.0, begun=500)
    with Meter(stream, every=5) as meter:
        for state.seconds in (1.0, 10.0, 12.0):
            meter.show(state)
    assert stream.getvalue() == "70 pages, 60 %, 5 pages/s, 40 s left\n"
    state.seconds = 3600
    assert line(state).endswith("4 h 0 min left")

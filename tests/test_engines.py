"""Ray, datatrove and the function that Spark calls give the same records as the command line, byte for byte."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from crawler.bulk.cost import Cost
from crawler.bulk.outcome import Kind
from crawler.engines.extractor import Extractor
from crawler.engines.rows import BadRows, extract_rows, output_schema, response_of
from crawler.errors import Failure, ProfileInvalid
from crawler.records.tables import arrow_schema
from tests import engine_job, engine_pages
from tests.waiting import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore")
COUNT = 60


class Archives:
    """Archives, and what the command line makes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = engine_pages.write_archives(folder / "warc", COUNT, 3)
        (folder / "cli").mkdir()
        self.records = engine_pages.by_command(self.folder, folder / "cli")
        self.refusals = engine_pages.refusals(folder / "cli")
        self.rows = engine_pages.rows(self.folder)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """Write archives and extract them."""
    return Archives(tmp_path_factory.mktemp("archives"))


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """Start a cluster of two workers on this machine."""
    ray = pytest.importorskip("ray")
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False,
        _node_ip_address="127.0.0.1", runtime_env={"env_vars": {"PYTHONPATH": str(engine_pages.ROOT)}},
    )  # fmt: skip
    yield ray
    ray.shutdown()


def test_an_archive_is_as_large_as_it_should_be(archives: Archives) -> None:
    """The comparison below is one of something: records of several sites, and a damaged and a refused page."""
    assert archives.records.num_rows > 40
    assert {"netease", "ifeng"} <= {*archives.records["site"].to_pylist()}
    failures = [failure for _, failure in archives.refusals]
    assert {"archive_damaged", "unknown_layout"} <= {*failures}


def test_tables_of_pages(archives: Archives) -> None:
    """What Spark and Ray call for each batch."""
    with Extractor() as extractor:
        found = extract_rows(pa.Table.from_pylist(archives.rows), extractor)
        refused = extract_rows(pa.Table.from_pylist(archives.rows), extractor, refused=True)
    assert engine_pages.in_order(found).equals(archives.records)
    known = [(url, failure) for url, failure in archives.refusals if failure != "archive_damaged"]
    assert known == sorted((row["url"], row["failure"]) for row in refused.to_pylist())


def test_ray_data(archives: Archives, ray: Any) -> None:
    """Two workers; the schema is that of the Parquet files."""
    from crawler.ray import extract

    pages = ray.data.from_arrow(pa.Table.from_pylist(archives.rows)).repartition(4)
    found = pa.concat_tables(ray.get(extract(pages, workers=2).to_arrow_refs()))
    assert engine_pages.in_order(found.cast(arrow_schema())).equals(archives.records)
    refused = extract(pages, workers=1, refused=True).take_all()
    assert len(refused) == sum(failure != "archive_damaged" for _, failure in archives.refusals)


def written(out: Path) -> pa.Table:
    """Return the records that a pipeline wrote."""
    return engine_pages.in_order(parquet.read_table(out / "records"))


def quarantined(out: Path) -> list[tuple[str, str]]:
    """Return URL and failure of the pages that a pipeline quarantined."""
    lines = [line for path in (out / "quarantine").glob("*.jsonl") for line in path.read_text().splitlines()]
    return sorted((entry.get("url") or "", entry["failure"]) for entry in map(json.loads, lines))


def job(archives: Archives, out: Path, workers: int) -> int:
    """Run the job in a process of its own; return its status."""
    run = [sys.executable, "-m", "tests.engine_job", archives.folder, out, "--workers", str(workers)]
    process = subprocess.Popen(
        run, cwd=engine_pages.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )  # fmt: skip
    try:
        return process.wait(PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what a killed job leaves behind


def test_datatrove_on_this_machine(archives: Archives, tmp_path: Path) -> None:
    """Records, quarantine with the damaged record, and statistics that add up; nothing unfinished is left."""
    assert 0 == job(archives, tmp_path, 2)
    assert written(tmp_path).equals(archives.records)
    assert quarantined(tmp_path) == archives.refusals
    assert [] == list(tmp_path.rglob("*.part"))
    stats = {entry["name"]: entry["stats"] for entry in json.loads((tmp_path / "logs" / "stats.json").read_text())}
    counted = next(stats for name, stats in stats.items() if "portalsieve" in name)
    assert archives.records.num_rows == counted["records"]
    damaged = sum(failure == "archive_damaged" for _, failure in archives.refusals)
    assert damaged == counted["no record: archive_damaged"]


def test_a_job_that_was_killed_continues(archives: Archives, tmp_path: Path) -> None:
    """Finished tasks are kept; one whose process was killed in its midst is done again: nothing is lost or twice."""
    (tmp_path / "kills").write_text("1:5\n1:2\n")
    assert [True, True] == [job(archives, tmp_path, 1) != 0 for _ in range(2)]
    assert not (tmp_path / "records" / "00001.parquet").exists()
    assert 0 == job(archives, tmp_path, 1)
    assert written(tmp_path).equals(archives.records)
    assert quarantined(tmp_path) == archives.refusals


def test_datatrove_on_ray(archives: Archives, ray: Any, tmp_path: Path) -> None:
    """The same steps, by its executor for a cluster."""
    from datatrove.executor import RayPipelineExecutor

    executor = RayPipelineExecutor(
        engine_job.steps(archives.folder, tmp_path), tasks=3, workers=2, mem_per_cpu_gb=0.1, logging_dir=str(tmp_path / "logs")
    )  # fmt: skip
    executor.run()
    assert written(tmp_path).equals(archives.records)
    assert quarantined(tmp_path) == archives.refusals


@pytest.fixture
def bucket() -> Iterator[dict[str, Any]]:
    """Start an S3 server with a bucket; return how s3fs reaches it."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    options = {
        "key": "a",
        "secret": "b",
        "client_kwargs": {"endpoint_url": f"http://127.0.0.1:{port}"},
    }
    import boto3

    reach = {"endpoint_url": options["client_kwargs"]["endpoint_url"], "region_name": "us-east-1"}
    boto3.client("s3", aws_access_key_id="a", aws_secret_access_key="b", **reach).create_bucket(Bucket="crawl")
    yield options
    server.stop()


def test_datatrove_on_object_storage(archives: Archives, bucket: dict[str, Any], tmp_path: Path) -> None:
    """Archives, records and quarantine are in a bucket; nothing unfinished is left in it."""
    import s3fs
    from datatrove.executor import LocalPipelineExecutor

    from crawler.datatrove import Extract, RecordWriter, WarcReader

    storage = s3fs.S3FileSystem(**bucket)
    storage.put(f"{archives.folder}/", "crawl/warc/", recursive=True)
    steps = [
        WarcReader(("s3://crawl/warc", bucket)),
        Extract(("s3://crawl/quarantine", bucket)),
        RecordWriter(("s3://crawl/records", bucket)),
    ]
    LocalPipelineExecutor(steps, tasks=3, workers=1, logging_dir=str(tmp_path / "logs")).run()
    storage.get("crawl/records/", f"{tmp_path}/records/", recursive=True)
    storage.get("crawl/quarantine/", f"{tmp_path}/quarantine/", recursive=True)
    assert written(tmp_path).equals(archives.records)
    assert quarantined(tmp_path) == archives.refusals
    assert 9 == len(storage.find("crawl"))


# --- The extractor and its rows ---------------------------------------------------------------------------------------


def test_a_page_that_costs_too_much_is_refused(archives: Archives) -> None:
    """Its process is ended and replaced; that a process was killed once is not a page's fault."""
    with Extractor(cost=Cost(seconds=0.000001)) as extractor:
        first = extractor.reply(response_of(archives.rows[0], 0))
    assert (Kind.REFUSED, Failure.TOO_COSTLY) == (first.kind, json.loads(first.entry)["failure"])
    with Extractor() as extractor:
        assert extractor.reply(response_of(archives.rows[0], 0)).line
        process = extractor._child.process
        assert process is not None
        os.kill(process.pid, 9)
        process.wait()
        assert extractor.reply(response_of(archives.rows[1], 1)).line


def test_a_page_that_crashes_its_process_is_refused(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second try; the next page has its record."""
    with Extractor() as extractor:
        start, started = extractor._child._start, []

        def doomed() -> Any:
            started.append(start())
            started[-1].kill()
            return started[-1]

        with monkeypatch.context() as patch:
            patch.setattr(extractor._child, "_start", doomed)
            lost = json.loads(extractor.reply(response_of(archives.rows[0], 0)).entry)
        assert (Failure.CRASHED, 2) == (lost["failure"], len(started))
        assert extractor.reply(response_of(archives.rows[1], 1)).line


def test_profiles_that_cannot_be_used_end_the_job(archives: Archives, tmp_path: Path) -> None:
    """They are not taken for pages without a record."""
    with Extractor(tmp_path / "nowhere") as extractor, pytest.raises(ProfileInvalid, match="nowhere"):
        extractor.reply(response_of(archives.rows[0], 0))


def test_an_extractor_can_be_sent_to_a_worker(archives: Archives) -> None:
    """Without its process, which the worker starts itself."""
    with Extractor() as extractor:
        line = extractor.reply(response_of(archives.rows[0], 0)).line
        with pickle.loads(pickle.dumps(extractor)) as other:
            assert line == other.reply(response_of(archives.rows[0], 0)).line


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/html"}, [("Content-Type", "text/html")], '{"Content-Type": "text/html"}', b'[["Content-Type", "text/html"]]',
     [{"name": "Content-Type", "value": "text/html"}]],
)  # fmt: skip
def test_headers_come_in_several_forms(headers: Any) -> None:
    """A mapping, pairs, structs, or JSON of them."""
    made = response_of({"url": "http://a.example/", "body": b"", "headers": headers}, 0)
    assert {"Content-Type": "text/html"} == made.headers


@pytest.mark.parametrize(
    ("given", "expected"),
    [("2026-02-20T10:00:00+08:00", datetime(2026, 2, 20, 2, tzinfo=UTC)), (datetime(2026, 2, 20, 2), datetime(2026, 2, 20, 2, tzinfo=UTC)),
     (None, None)],
)  # fmt: skip
def test_times(given: Any, expected: datetime | None) -> None:
    """Without a zone they are in UTC."""
    assert expected == response_of({"url": "http://a.example/", "body": b"", "date": given}, 0).date


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"url": 1, "body": b""}, "row 7: url must be text and body bytes, got int, bytes"),
        ({"url": "u", "body": "x"}, "got str, str"),
        ({"url": "u", "body": b"", "headers": "{"}, "headers are text, but not JSON"),
        ({"url": "u", "body": b"", "headers": [1]}, "a mapping or a list of pairs"),
        ({"url": "u", "body": b"", "date": "soon"}, "date 'soon' is not in ISO 8601"),
        ({"url": "u", "body": b"", "status": "200 OK"}, "status '200 OK' is not a number"),
        ({"url": "u", "body": b"", "date": 3}, "date must be a timestamp, got int"),
    ],
)
def test_bad_rows(row: dict[str, Any], message: str) -> None:
    """The message names the row and what is wrong."""
    with pytest.raises(BadRows) as raised:
        response_of(row, 7)
    assert message in str(raised.value)


def test_a_table_without_bodies() -> None:
    """It is refused at once."""
    with Extractor() as extractor, pytest.raises(BadRows, match="no column body; url and body are required"):
        extract_rows(pa.table({"url": ["u"]}), extractor)


def test_no_pages_have_the_schema_too() -> None:
    """So that engines can plan with it."""
    with Extractor() as extractor:
        none = pa.table({"url": pa.array([], pa.string()), "body": pa.array([], pa.binary())})
        assert extract_rows(none, extractor).schema == output_schema()
        assert extract_rows(none, extractor, refused=True).schema == output_schema(refused=True)

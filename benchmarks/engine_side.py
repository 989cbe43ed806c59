"""One engine extracts archives: `python -m benchmarks.engine_side SIDE ARCHIVES OUT JOBS`.

The records are in OUT/records: JSON lines of the command line, else Parquet.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT
from crawler.warc.reader import read_archive


def rows(archive: str) -> Iterator[dict[str, Any]]:
    """Yield the intact responses of an archive as rows of pages."""
    for one in read_archive(archive):
        if one.problem is None:
            date = one.date.isoformat() if one.date is not None else None
            yield {
                "url": one.url,
                "headers": json.dumps(one.headers),
                "body": one.body,
                "status": one.status,
                "date": date,
            }


def _files(archives: Path) -> list[str]:
    return [str(path) for path in sorted(archives.glob("*.warc.gz"))]


def cli(archives: Path, out: Path, jobs: int) -> None:
    """The command line; this process becomes it."""
    (out / "records").mkdir(parents=True, exist_ok=True)
    arguments = ["extract", "--warc", archives, "--jobs", jobs, "-o", out / "records" / "all.jsonl"]
    os.execv(sys.executable, [sys.executable, "-m", "crawler", *map(str, arguments)])


def _steps(archives: Path, out: Path) -> list[Any]:
    from crawler.datatrove import Extract, RecordWriter, WarcReader  # noqa: PLC0415 - an extra

    return [WarcReader(str(archives)), Extract(str(out / "quarantine")), RecordWriter(str(out / "records"))]


def datatrove(archives: Path, out: Path, jobs: int) -> None:
    """Its executor for one machine."""
    from datatrove.executor import LocalPipelineExecutor  # noqa: PLC0415

    LocalPipelineExecutor(
        _steps(archives, out), tasks=len(_files(archives)), workers=jobs, logging_dir=str(out / "logs")
    ).run()


def _ray(jobs: int) -> Any:
    import ray  # noqa: PLC0415 - an extra

    ray.init(
        num_cpus=jobs, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1",
        runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
    )  # fmt: skip
    return ray


def datatrove_on_ray(archives: Path, out: Path, jobs: int) -> None:
    """Its executor for a Ray cluster, here of this machine."""
    from datatrove.executor import RayPipelineExecutor  # noqa: PLC0415

    _ray(jobs)
    RayPipelineExecutor(
        _steps(archives, out), tasks=len(_files(archives)), workers=jobs, mem_per_cpu_gb=0.1,
        logging_dir=str(out / "logs"),
    ).run()  # fmt: skip


def ray_data(archives: Path, out: Path, jobs: int) -> None:
    """Ray Data on a cluster of this machine."""
    ray = _ray(jobs + 1)  # one reads
    from crawler.ray import extract  # noqa: PLC0415

    pages = ray.data.from_items(_files(archives), override_num_blocks=len(_files(archives))).flat_map(
        lambda row: list(rows(row["item"]))
    )
    extract(pages, workers=jobs).write_parquet(str(out / "records"))


def spark(archives: Path, out: Path, jobs: int) -> None:
    """Spark on this machine; a task whose worker has died is done again."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - not among the extras for development

    from crawler.spark import extract  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(f"local[{jobs},20]").config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.executorEnv.PYTHONPATH", str(ROOT)).config("spark.driver.memory", "2g")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "200")
        .config("spark.sql.session.timeZone", "UTC").getOrCreate()
    )  # fmt: skip
    files = _files(archives)
    pages = session.createDataFrame(
        session.sparkContext.parallelize(files, len(files)).flatMap(rows),
        "url string, headers string, body binary, status int, date string",
    )
    extract(pages).write.mode("overwrite").parquet(str(out / "records"))
    session.stop()


SIDES: dict[str, Callable[[Path, Path, int], None]] = {
    "cli": cli,
    "datatrove": datatrove,
    "datatrove on Ray": datatrove_on_ray,
    "Ray Data": ray_data,
    "Spark": spark,
}

if __name__ == "__main__":
    SIDES[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))

"""Archives and outputs in object storage: as on a disk, complete or not at all, with errors that say what to do."""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from crawler.bulk.messages import Batch
from crawler.bulk.outcome import Reading
from crawler.bulk.output import CannotResume
from crawler.bulk.run import extract_archives
from crawler.commands._inputs import Input, inputs
from crawler.commands._pages import Pages
from crawler.commands.extract import Command
from crawler.records import remote
from crawler.records.quarantine import QuarantineEntry
from crawler.records.remote import (
    PassingError,
    RemoteError,
    Staged,
    complete_file,
    exists,
    is_remote,
    opened,
    remote_files,
    upload,
)
from crawler.records.write import CannotWrite
from tests import engine_pages
from tests.calling import call
from tests.store_samples import SITE, crawl

SUFFIXES = (".warc", ".warc.gz")


class Nowhere:
    """A sink that keeps nothing."""

    def write(self, batch: Batch) -> None:
        """Receive a batch."""

    def finished(self) -> None:
        """End an archive."""


class Bucket:
    """A bucket of a server on this machine."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def names(self) -> list[str]:
        """Return the keys of all objects."""
        return sorted(each["Key"] for each in self.client.list_objects_v2(Bucket="crawl").get("Contents", []))

    def read(self, key: str) -> bytes:
        """Return an object."""
        body: bytes = self.client.get_object(Bucket="crawl", Key=key)["Body"].read()
        return body

    def write(self, key: str, body: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket="crawl", Key=key, Body=body)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Start an S3 server; return its address."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    """Return an empty bucket, which the environment leads to."""
    boto3 = pytest.importorskip("boto3")
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="crawl")
    made = Bucket(client)
    for name in made.names():  # the servers of one process, those of other modules too, have one storage
        client.delete_object(Bucket="crawl", Key=name)
    yield made
    for name in made.names():
        client.delete_object(Bucket="crawl", Key=name)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two small archives, the last one damaged, and extract them into the folder `out` next to theirs."""
    folder = engine_pages.write_archives(tmp_path_factory.mktemp("archives") / "warc", 8, 2)
    extract_archives([folder], f"{folder.parent}/out/", jobs=1, reading=Reading.REST)
    return folder


def filled(bucket: Bucket, archives: Path) -> None:
    """Put the archives into the bucket."""
    for path in archives.iterdir():
        bucket.write(f"warc/{path.name}", path.read_bytes())


def fails(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Assert that a command ended with a message."""
    assert (1, []) == (done.returncode, [part for part in parts if part not in done.stderr]), done.stderr


def test_archives_of_a_bucket_into_a_bucket(bucket: Bucket, archives: Path, tmp_path: Path) -> None:
    """The records are those of the files, byte for byte; messages name the objects; nothing is left on this disk."""
    filled(bucket, archives)
    done = call("extract", "--warc", "s3://crawl/warc/", "-o", "s3://crawl/out/", "--jobs", 1)
    assert (1, True) == (done.returncode, "s3://crawl/out/00.jsonl" in done.stderr)  # an archive is damaged
    written = {name.removeprefix("out/"): bucket.read(name) for name in bucket.names() if name.startswith("out/")}
    expected = {path.name: path.read_bytes() for path in (archives.parent / "out").glob("*.jsonl")}
    assert {"00.jsonl", "01.quarantine.jsonl"} < {*expected}
    damaged = "01.quarantine.jsonl"
    expected[damaged] = expected[damaged].replace(str(archives).encode(), b"s3://crawl/warc")
    assert expected == written
    assert b"s3://crawl/warc/01.warc.gz: record at byte" in written[damaged]
    assert [] == [*(tmp_path / "cache").rglob("*.jsonl*")]
    again = call("extract", "--warc", "s3://crawl/warc/", "-o", "s3://crawl/out/", "--jobs", 1)
    assert (2, True) == (again.returncode, "s3://crawl/out/00.jsonl already exists" in again.stderr)


def test_an_upload_that_failed_is_resumed(bucket: Bucket, archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has the final name before all records are there; the next run uploads without extracting again."""
    filled(bucket, archives)
    with monkeypatch.context() as patch:
        patch.setattr("crawler.records.remote.upload", lambda *_: (_ for _ in ()).throw(RemoteError("s3://x", "down")))
        with pytest.raises(RemoteError, match="down"):
            extract_archives(["s3://crawl/warc/"], "s3://crawl/all.jsonl", jobs=1, reading=Reading.REST)
    assert ["warc/00.warc.gz", "warc/01.warc.gz"] == bucket.names()
    done = extract_archives(["s3://crawl/warc/"], "s3://crawl/all.jsonl", jobs=1, reading=Reading.REST)
    assert (2, 2, ["s3://crawl/all.jsonl", "s3://crawl/all.quarantine.jsonl"]) == (
        done.files, done.resumed, sorted(map(str, done.written))
    )  # fmt: skip
    expected = [(archives.parent / "out" / name).read_bytes() for name in ("00.jsonl", "01.jsonl")]
    assert b"".join(expected) == bucket.read("all.jsonl")
    with pytest.raises(CannotResume, match="already exists"):
        extract_archives(["s3://crawl/warc/*.gz"], "s3://crawl/all.jsonl", jobs=1)


def test_other_formats_and_exports(bucket: Bucket, archives: Path, tmp_path: Path) -> None:
    """A folder of texts, and what a store exports, are uploaded as well."""
    filled(bucket, archives)
    done = call("extract", "s3://crawl/warc/00.warc.gz", "--format", "text", "-o", "s3://crawl/texts/")
    texts = [name for name in bucket.names() if name.startswith("texts/00/")]
    records = (archives.parent / "out" / "00.jsonl").read_bytes().count(b"\n")
    assert (0, records) == (done.returncode, len(texts))
    assert all(f"written to s3://crawl/{name}" in done.stderr for name in texts)
    crawl(tmp_path / "store.sqlite", 20)
    store = {"PORTALSIEVE_STORE": str(tmp_path / "store.sqlite")}
    done = call("export", SITE, "-o", "s3://crawl/e/1.jsonl", **store)
    assert (0, 18) == (done.returncode, bucket.read("e/1.jsonl").count(b"\n"))
    cursor = done.stderr.rpartition(": ")[2].strip()
    assert "nothing new" in call("export", SITE, "--since", cursor, "-o", "s3://crawl/e/2.jsonl", **store).stderr
    again = call("export", SITE, "--cursor-file", tmp_path / "cursor", "-o", "s3://crawl/e/1.jsonl", **store)
    fails(again, "-o s3://crawl/e/1.jsonl: already exists")
    assert ["e/1.jsonl"] == [name for name in bucket.names() if name.startswith("e/")]


def test_what_cannot_be_used(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong bucket, an empty one, no credentials, a storage without its library: named, with the next step."""
    crawl(tmp_path / "store.sqlite", 5)
    store = {"PORTALSIEVE_STORE": str(tmp_path / "store.sqlite")}
    out = f"{tmp_path}/out/"
    fails(call("export", SITE, "-o", "s3://nowhere/x.jsonl", **store), "-o s3://nowhere/x.jsonl: no such bucket")
    fails(call("extract", "--warc", "s3://nowhere/w/", "-o", out), "s3://nowhere/w/: no such bucket")
    fails(call("extract", "--warc", "s3://crawl/w/", "-o", out), "s3://crawl/w/: no object there ends with .warc")
    fails(
        call("extract", "--warc", "nope://crawl/w/", "-o", out),
        "nope://crawl/w/: neither an http(s) URL nor one of object storage",
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    fails(call("export", SITE, "-o", "s3://crawl/x.jsonl", **store), "no credentials were found; set AWS_ACCESS_KEY_ID")


def test_an_output_that_cannot_be_used_is_free_again(bucket: Bucket, archives: Path, tmp_path: Path) -> None:
    """A run that found no bucket locks nothing: the next one in the same process finds the same fault."""
    del bucket
    for _ in range(2):
        with pytest.raises(RemoteError, match="no such bucket"):
            extract_archives([archives], "s3://nowhere/out/", jobs=1)
    assert [] == [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_storage_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that installs it."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(RemoteError, match=r"s3://crawl/: .* needs the extra `s3` \(pip install 'portalsieve\[s3\]'\)"):
        remote_files("s3://crawl/", SUFFIXES)


def test_an_error_leaves_what_was_there(bucket: Bucket) -> None:
    """An object is replaced by a complete one only."""
    bucket.write("x", b"old")
    with contextlib.suppress(ZeroDivisionError), complete_file("s3://crawl/x") as out:
        out.write(b"new%d" % (1 // 0))
    assert b"old" == bucket.read("x")
    with complete_file("s3://crawl/x") as out:
        out.write(b"new")
    assert b"new" == bucket.read("x")


def test_storage_that_shows_halves(tmp_path: Path) -> None:
    """Where a file is visible while it is written, it is renamed after it."""
    (tmp_path / "a").write_bytes(b"text")
    url = f"local://{tmp_path}/below/b"
    assert not exists(url)
    upload(tmp_path / "a", url)
    assert exists(url)
    assert ["b"] == [path.name for path in (tmp_path / "below").iterdir()]


@pytest.mark.parametrize(
    ("place", "remote"),
    [("s3://a/b", True), ("S3://a/b", True), ("gs://a", True), ("HTTPS://a/b", False), ("http://a/b", False), ("postgresql://a/b", False), ("a/b", False), ("C:/a", False),
     (Path("s3://a"), False), (None, False)],
)  # fmt: skip
def test_names(place: object, *, remote: bool) -> None:
    """Pages' addresses and databases are not object storage."""
    assert remote == is_remote(place)


def test_an_archive_given_twice_is_read_twice(archives: Path) -> None:
    """Each time from a copy of its own, as a file would be."""
    path = archives / "00.warc.gz"
    file, copied = (
        extract_archives([given] * 3, sink=Nowhere(), jobs=1, reading=Reading.REST).state.tally
        for given in (str(path), f"local://{path}")
    )
    assert file.records > 0
    assert file == copied


def test_a_run_that_was_killed_when_all_was_uploaded(
    archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it deleted its local files: the next one says that the output exists, by its URL."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    given, out = [archives / "00.warc.gz"], f"local://{tmp_path}/all.jsonl"

    def killed(folder: Path, **_: object) -> None:
        if folder.exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("crawler.records.remote.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            extract_archives(given, out, jobs=1, reading=Reading.REST)
    assert (tmp_path / "all.jsonl").exists()
    with pytest.raises(CannotResume, match=f"^{out} already exists"):
        extract_archives(given, out, jobs=1, reading=Reading.REST)
    assert [] == [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("failures", [1, 2, 9])
def test_an_archive_that_cannot_be_fetched(
    archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    """It is tried again; one that stays away is reported and counted, and the others are extracted all the same."""
    monkeypatch.setattr("crawler.records.remote.WAITS", (0.0, 0.0))
    asked: list[str] = []

    def failing(url: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        asked.append(url)
        if url.endswith("00.warc.gz") and len(asked) <= failures:
            raise PassingError(url, "the object storage cannot be used: timeout")
        return opened(url)

    monkeypatch.setattr("crawler.bulk.sources.opened", failing)
    lost: list[QuarantineEntry] = []
    out = tmp_path / "out"
    done = extract_archives([f"local://{archives}"], f"{out}/", jobs=1, reading=Reading.REST, on_lost=lost.append)
    expected = {path.name: path.read_bytes() for path in (archives.parent / "out").glob("*.jsonl")}
    written = {path.name: path.read_bytes() for path in out.glob("*.jsonl")}
    assert (True, expected["01.jsonl"]) == (done.failed, written["01.jsonl"])  # that one is damaged
    if failures < 3:
        assert expected["00.jsonl"] == written["00.jsonl"]
        return
    assert "00.jsonl" not in written
    why = f"local://{archives}/00.warc.gz: the object storage cannot be used: timeout; the archive cannot be read"
    assert [True] == [entry.message.startswith(why) for entry in lost if "00.warc" in entry.message]
    assert why.encode() in written["00.quarantine.jsonl"]


def test_one_client_asks_a_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All questions share it, until the environment changes, which has the credentials."""
    url = f"local://{tmp_path}/a"
    first, _ = remote._storage(url)
    assert first is remote._storage(f"{url}/b")[0]
    monkeypatch.setenv("AWS_PROFILE", "another")
    assert first is not remote._storage(url)[0]


def test_an_extraction_that_failed_uploads_nothing(
    bucket: Bucket, archives: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before that is not the output."""
    written = []

    def failing(_: Command, pages: Pages, opts: argparse.Namespace) -> None:
        written.append(Path(opts.output) / "first.txt")
        written[0].write_bytes(b"text")
        raise CannotWrite(errno.ENOSPC, "no space is left on the disk", str(pages))

    monkeypatch.setattr(Command, "_all", failing)
    done = call("extract", "--format", "text", "--warc", archives / "00.warc.gz", "-o", "s3://crawl/out/")
    assert (1, 1, []) == (done.returncode, len(written), bucket.names()), done.stderr


def test_a_full_disk_is_not_a_fault_of_the_storage(tmp_path: Path) -> None:
    """The message says what to do about it."""
    (tmp_path / "a").write_bytes(b"text")
    with (
        pytest.raises(RemoteError, match=r"no space is left on this machine .* TMPDIR"),
        opened(f"local://{tmp_path}/a"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("url", "place"),
    [("s3://a/b/c.warc.gz", "c"), ("s3://a/b/", "b"), ("s3://a/b/c-*.warc.gz", "b"), ("s3://a/*/c.warc.gz", "a")],
)
def test_the_folder_for_pages_of_archives(url: str, place: str) -> None:
    """It has no sign of a pattern in its name."""
    assert [Path(place)] == [one.place for one in inputs([url]) if isinstance(one, Input)]
    assert [Path(place)] == [one.place for one in inputs([], [url]) if isinstance(one, Input)]


def test_a_staged_folder(tmp_path: Path) -> None:
    """Hidden files are not uploaded."""
    staged = Staged(f"local://{tmp_path}/out/", kept=False)
    (staged.place / "a.jsonl").write_bytes(b"1")
    (staged.place / ".b.part").write_bytes(b"2")
    assert [f"local://{tmp_path}/out/a.jsonl"] == staged.upload()
    staged.remove()
    assert (["a.jsonl"], False) == ([path.name for path in (tmp_path / "out").iterdir()], staged.folder.exists())


def test_a_misspelt_url_is_no_object_storage() -> None:
    """It is named as what it is."""
    with pytest.raises(RemoteError, match=r"^htp://a\.example/: neither an http\(s\) URL nor one of object storage"):
        remote_files("htp://a.example/", SUFFIXES)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ValueError("Invalid endpoint: localhost:9"), False),
        (TimeoutError("read timed out"), True),
        (json.JSONDecodeError("no JSON", "", 0), True),
        ("ProfileNotFound", False),
        ("EndpointConnectionError", True),
    ],
)
def test_a_fault_of_the_configuration_is_not_tried_again(error: Exception | str, *, passing: bool) -> None:
    """It does not pass; one of the network, or an answer that cannot be read, may."""
    if isinstance(error, str):
        kind = getattr(pytest.importorskip("botocore.exceptions"), error)
        error = kind(profile="a", endpoint_url="http://a.example/")
    with pytest.raises(RemoteError, match="cannot be used: ") as caught, remote._errors("s3://a/b"):
        raise error
    assert isinstance(caught.value, PassingError) is passing
    assert str(caught.value).endswith("check AWS_ENDPOINT_URL, AWS_PROFILE and the region") is not passing

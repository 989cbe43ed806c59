"""datatrove: archives in, records and quarantine out, as steps of a pipeline for its local, Slurm and Ray executors.

>>> LocalPipelineExecutor([WarcReader("s3://crawl/warc/"), Extract("out/quarantine"), RecordWriter("out/records")], …)
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from datatrove.data import Document
from datatrove.io import DataFolderLike, get_datafolder
from datatrove.pipeline.base import PipelineStep

from .engines.extractor import Extractor
from .records.quarantine import QuarantineEntry
from .records.tables import ParquetLines
from .warc.framing import Place
from .warc.places import copied
from .warc.reader import SUFFIXES, ArchivedResponse, read_archive

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESPONSE = "response"


class WarcReader(PipelineStep):  # type: ignore[misc]
    """Yields a document for each response of WARC archives, and for each damaged record; nothing is left out silently.

    `archives` is a folder (or fsspec URL) of `.warc` and `.warc.gz` files, which the tasks share. A document has no
    text; its metadata have the response for `Extract`.
    """

    type = "📖 - READER"
    name = "📰 WARC archives"

    def __init__(self, archives: DataFolderLike, glob_pattern: str | None = None) -> None:
        super().__init__()
        self.archives = get_datafolder(archives)
        self.glob_pattern = glob_pattern

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield the documents of this task's archives."""
        yield from data or ()
        names = self.archives.get_shard(rank, world_size, recursive=True, glob_pattern=self.glob_pattern)
        for name in [name for name in names if name.endswith(SUFFIXES)]:
            self.stat_update("archives")
            with self._local(name) as file:
                for response in read_archive(file):
                    place = Place(Path(name), response.place.offset, response.place.skip)
                    yield Document(
                        text="", id=f"{name}:{place.offset}:{place.skip}",
                        metadata={_RESPONSE: (response, place), "url": response.url or ""},
                    )  # fmt: skip

    def _local(self, name: str) -> contextlib.AbstractContextManager[Path]:
        if self.archives.is_local():
            return contextlib.nullcontext(Path(self.archives.resolve_paths(name)))
        return copied(lambda: self.archives.open(name, "rb"), name)


class Extract(PipelineStep):  # type: ignore[misc]
    """Replaces responses by their records; pages without one go to the quarantine, a file for each task.

    A document then has the article's text and the record's id; its metadata have the record's line (`record`) and some
    of its fields, for other steps. Statistics count records, and pages without one by their reason. `options` are those
    of `crawler.engines.extractor.Extractor`.
    """

    type = "🔻 - EXTRACTOR"
    name = "🧹 portalsieve"

    def __init__(self, quarantine: DataFolderLike, **options: Any) -> None:
        super().__init__()
        self.quarantine = get_datafolder(quarantine)
        self.extractor = Extractor(**options)

    def run(self, data: Iterable[Document] | None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield the documents that have a record."""
        del world_size
        with self.extractor, _published(self.quarantine, f"{rank:05d}.jsonl") as out:
            for document in data or ():
                response, place = document.metadata.pop(_RESPONSE)
                with self.track_time():
                    reply = self.extractor.reply(_placed(response, place))
                if reply.entry:
                    out.write(reply.entry + b"\n")
                    entry = msgspec.json.decode(reply.entry, type=QuarantineEntry)
                    self.stat_update(f"no record: {entry.failure}")
                elif not reply.line:
                    self.stat_update(f"not extracted: {reply.kind}")
                if reply.line:
                    self.stat_update("records")
                    yield _filled(document, reply.line)


class RecordWriter(PipelineStep):  # type: ignore[misc]
    """Writes records to Parquet files of this project's schema, one for each task; whole files only."""

    type = "💽 - WRITER"
    name = "📒 records"

    def __init__(self, records: DataFolderLike) -> None:
        super().__init__()
        self.records = get_datafolder(records)

    def run(self, data: Iterable[Document] | None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Write the records of documents and pass them on."""
        del world_size
        name = f"{rank:05d}.parquet"
        with _published(self.records, name) as out, contextlib.closing(ParquetLines(out)) as writer:
            for document in data or ():
                with self.track_time():
                    writer.write(document.metadata["record"].encode())
                self.stat_update("written")
                yield document


class _Head(msgspec.Struct, rename="camel"):
    """The fields of a record that a document shows."""

    id: str
    site: str
    article_body: str = ""
    headline: str | None = None
    date_published: str | None = None
    in_language: str | None = None


def _filled(document: Document, line: bytes) -> Document:
    head = msgspec.json.decode(line, type=_Head)
    document.text, document.id = head.article_body, head.id
    document.metadata |= {
        "site": head.site, "headline": head.headline, "date": head.date_published, "language": head.in_language,
        "record": line.decode(),
    }  # fmt: skip
    return document


def _placed(response: ArchivedResponse, place: Place) -> ArchivedResponse:
    """Return a response with the place in its archive instead of that in a local copy."""
    return ArchivedResponse(
        place, response.url, response.status, response.headers, response.body, response.date, response.problem
    )  # fmt: skip


@contextlib.contextmanager
def _published(folder: Any, name: str) -> Iterator[BinaryIO]:
    """Open a file of a data folder that appears only when the block has ended without an error."""
    part = f".{name}.{os.getpid()}.part"
    try:
        with folder.open(part, "wb") as out:
            yield out
        folder.mv(part, name)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rm_file(part)
        raise

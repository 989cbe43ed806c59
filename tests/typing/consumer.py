"""A program of somebody who uses the library, to be checked strictly against the installed package: tests/test_typing.py."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_type

from portalsieve import (
    Failure,
    PageRefused,
    PortalsieveError,
    ProfileInvalid,
    Quarantined,
    Record,
    extract,
    read_records,
)
from portalsieve.addon import PortalsieveAddon, record_from
from portalsieve.bulk.run import Summary, extract_archives
from portalsieve.profiles.load import Profile, Profiles, load_profile, load_profiles
from portalsieve.records.model import Block, Coverage, Source
from portalsieve.spiders.portal import PortalSpider
from scrapy.http import Response


def one(body: bytes, url: str) -> Record | None:
    """Extract a page in every documented way."""
    try:
        record = extract(body, url, headers={"Content-Type": "text/html"}, fetched_at=datetime.now(UTC))
    except (PageRefused, Quarantined, ProfileInvalid) as error:
        assert_type(error.failure, Failure)
        return None
    except PortalsieveError as error:
        print(error)
        return None
    assert_type(extract(body, url, profiles=Path("mine"), general=True), Record)
    extract(body, url, profiles="mine")
    extract(body, url, profiles=["mine", Path("theirs")])
    extract(body, url, profiles=[load_profile(Path("mine/site"))])
    extract(body, url, profiles=[])
    return record


def fields(record: Record) -> None:
    """Read a record."""
    assert_type(record.headline, str | None)
    assert_type(record.date_published, str | None)
    assert_type(record.source, Source | None)
    assert_type(record.coverage, Coverage)
    assert_type(record.blocks, tuple[Block, ...])
    assert_type(record.to_dict(), dict[str, Any])
    assert_type(record.to_json(), str)
    assert_type(record.to_schema_org(), dict[str, Any])
    assert_type(Record.from_dict(record.to_dict()), Record)


def many(folder: str) -> None:
    """Read files and archives."""
    assert_type(read_records(folder), Iterator[Record])
    assert_type(extract_archives([folder], "out.jsonl", jobs=2), Summary)
    assert_type(load_profiles([Path("a"), Path("b")]), Profiles)
    assert_type(load_profile(Path("a/site")), Profile)


class Spider(PortalSpider):
    """A crawl with changes."""

    name = "mine"
    profile_name = "netease"

    def item(self, record: dict[str, Any]) -> Any:
        """Return the item."""
        return {"desk": "city", **record}


def parse(response: Response) -> Iterator[Record]:
    """Yield a record, as a callback does."""
    yield record_from(response, profiles="mine")


PortalsieveAddon()

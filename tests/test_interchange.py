"""Records as schema.org's NewsArticle and as zyte-common-items' Article, checked against the other side's own types."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from itemadapter import ItemAdapter
from zyte_common_items import Article

from crawler import extract
from crawler.errors import PortalsieveError
from crawler.records.interchange import NoZyteItems
from crawler.records.model import Account, Record
from tests.portal.write import read_pages
from tests.record_samples import article, dated_by_day, gallery, text_dump

VOCABULARY: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "schema_org.json").read_bytes())["types"]
SAMPLES = [article(), gallery(), dated_by_day(), text_dump()]
TEXTS = {"Text", "URL", "Date", "DateTime", "CssSelectorType", "XPathType", "PronounceableText"}


def faults(node: dict[str, Any], path: str = "$") -> list[str]:
    """Return what schema.org does not know in a node: types, properties, and values out of a property's range."""
    known = VOCABULARY.get(node["@type"])
    if known is None:
        return [f"{path}: no type {node['@type']}"]
    found = []
    for name, value in node.items():
        if name.startswith("@"):
            continue
        ranges = known["properties"].get(name)
        if ranges is None:
            found.append(f"{path}.{name}: not a property of {node['@type']}")
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                if not set(ranges) & set(VOCABULARY.get(each["@type"], {"types": []})["types"]):
                    found.append(f"{path}.{name}: {each['@type']} is not one of {ranges}")
                found += faults(each, f"{path}.{name}")
            elif isinstance(each, str) and not TEXTS & set(ranges):
                found.append(f"{path}.{name}: text is not one of {ranges}")
            elif isinstance(each, int) and not {"Integer", "Number"} & set(ranges):
                found.append(f"{path}.{name}: a number is not one of {ranges}")
    return found


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Return the records of the pages that ship with the tests, two of each site, and the samples."""
    found: dict[str, list[Record]] = {}
    for page in read_pages():
        if len(found.setdefault(page.site, [])) < 2:
            try:
                found[page.site].append(extract(page.body, page.url, headers=page.headers))
            except PortalsieveError:
                continue
    return [*SAMPLES, *(record for of_site in found.values() for record in of_site)]


def test_every_record_is_a_news_article(records: list[Record]) -> None:
    """Types, properties and ranges are those of schema.org's vocabulary; the result is JSON."""
    assert [] == [fault for record in records for fault in faults(record.to_schema_org())]
    assert len(records) > 20
    for record in records:
        assert record.to_schema_org() == json.loads(json.dumps(record.to_schema_org()))


def test_the_check_finds_what_schema_org_does_not_know() -> None:
    """The vocabulary in tests/schema_org.json does refuse."""
    wrong = {"@type": "NewsArticle", "headine": "x", "author": {"@type": "Place"}, "commentCount": "3"}
    assert ["headine", "author", "commentCount"] == [fault.split(":")[0].removeprefix("$.") for fault in faults(wrong)]


def test_a_record_in_json_ld() -> None:
    """What stands where; what the record lacks is not there."""
    record, made = article(), article().to_schema_org()
    assert ("https://schema.org", "NewsArticle", record.id) == (made["@context"], made["@type"], made["identifier"])
    assert (record.headline, record.article_body) == (made["headline"], made["articleBody"])
    assert [author.name for author in record.authors] == [author["name"] for author in made["author"]]
    assert record.source is not None
    assert record.source.name == made["sourceOrganization"]["name"]
    assert [] == [key for key, value in made.items() if value in (None, "", [])]


def test_an_account_is_the_author_of_a_page_without_a_person() -> None:
    """As an organization in JSON-LD, by its name in an Article."""
    account = Account(name="灯下漫笔", url="https://www.163.com/dy/media/T1.html")
    record = msgspec.structs.replace(article(), authors=(), account=account)
    (author,) = record.to_schema_org()["author"]
    assert ("Organization", "灯下漫笔") == (author["@type"], author["name"])
    assert ["灯下漫笔"] == [each.name for each in record.to_article().authors or []]


def test_every_record_is_an_article(records: list[Record]) -> None:
    """It survives the way through zyte-common-items' own reader, which refuses what it does not know."""
    for record in records:
        if record.url is None:
            continue
        made = record.to_article()
        plain = {key: value for key, value in ItemAdapter(made).asdict().items() if value}
        again = ItemAdapter(Article.from_dict(plain)).asdict()
        assert plain == {key: value for key, value in again.items() if value}
        assert (record.headline, record.url) == (made.headline, made.url)


def test_dates_of_an_article_have_a_time() -> None:
    """As its format demands; a bare day is its midnight."""
    made = msgspec.structs.replace(dated_by_day(), date_modified="2026-02-21").to_article()
    assert (f"{dated_by_day().date_published}T00:00:00Z", "2026-02-21T00:00:00Z") == (
        made.datePublished,
        made.dateModified,
    )
    assert article().date_published == article().to_article().datePublished


def test_what_an_article_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL, and the library."""
    with pytest.raises(ValueError, match="the record has no URL"):
        msgspec.structs.replace(article(), url=None, canonical_url=None).to_article()
    monkeypatch.setitem(sys.modules, "zyte_common_items", None)
    with pytest.raises(NoZyteItems, match=r"pip install 'portalsieve\[zyte\]'"):
        article().to_article()

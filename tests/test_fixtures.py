"""One test per recorded case and field: what the record says equals what the page was made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crawler import Record
from crawler.page.text import squeeze
from tests.cases import FIXTURES, Case, cases, record_of

PLAIN = {
    "id": "id",
    "kind": "kind",
    "title": "title",
    "headline": "headline",
    "originalHeadline": "original_headline",
    "abstract": "abstract",
    "description": "description",
    "articleSection": "article_section",
    "keywords": "keywords",
    "editors": "editors",
    "datePublished": "date_published",
    "datePrecision": "date_precision",
    "dateModified": "date_modified",
    "location": "location",
    "commentCount": "comment_count",
    "canonicalUrl": "canonical_url",
}
NOTES = {"unproven", "optional"}
"""Keys of the truth that are no expectation by themselves."""


def _optional(truth: dict[str, Any]) -> set[str]:
    return {squeeze(text) for text in truth.get("optional") or []}


def _body(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    texts = [squeeze(block.text) for block in record.blocks if block.text]
    optional = _optional(truth)
    return (
        [squeeze(text) for text in truth["body"]],
        [text for text in texts if text not in optional],
    )


def _images(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    return (
        [(image["url"], image.get("caption") or None) for image in truth["images"]],
        [(image.url, image.caption) for image in record.images],
    )


def _authors(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    wanted = [author["name"] if isinstance(author, dict) else author for author in truth["authors"] or []]
    return wanted, [author.name for author in record.authors]


def _table(name: str) -> Callable[[Record, dict[str, Any]], tuple[object, object]]:
    def compare(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
        wanted = truth[name]
        got = record.to_dict()[name]
        return wanted, {key: got[key] for key in wanted} if wanted and got else got

    return compare


def _items(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    wanted: dict[str, list[Any]] = truth["items"]
    got: dict[str, list[Any]] = {role: [] for role in wanted}
    for entry in record.to_dict()["chrome"]:
        if entry["role"] in got:
            got[entry["role"]] += entry["items"] or []
    listed = {item["headline"] for item in wanted.get("columns", [])}
    if listed:  # a builder tells the truth about the columns that it makes items for, not about picture lists and ranks
        got["columns"] = [item for item in got["columns"] if item["headline"] in listed]
    return wanted, {
        role: [
            {key: item[key] for key in (wanted[role][i] if i < len(wanted[role]) else item)}
            for i, item in enumerate(items)
        ]
        for role, items in got.items()
    }


def _chrome(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    texts: dict[str, str] = {}
    for entry in record.chrome:
        texts[entry.role] = texts.get(entry.role, "") + squeeze(entry.text or "")
    missing = [
        expected
        for expected in truth["chrome"]
        if squeeze(expected["text_contains"]) not in texts.get(expected["role"], "")
    ]
    return [], missing


def _not_in_body(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    body = squeeze(record.article_body)
    return [], [text for text in truth["notInBody"] if squeeze(text) in body]


def _info(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    """Each text that the truth names stands in some info line."""
    lines = [squeeze(info.text) for info in record.info]
    return [], [text for text in truth["info"] if not any(squeeze(text) in line for line in lines)]


def _charset(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    return truth["charset"], record.fetch.charset.name if record.fetch.charset else None


def _breadcrumbs(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    got = [{"name": crumb.name, "url": crumb.url} for crumb in record.breadcrumbs]
    wanted = truth["breadcrumbs"]
    return wanted, [{key: crumb[key] for key in wanted[i]} if i < len(wanted) else crumb for i, crumb in enumerate(got)]


def _blocks(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    """Compare the blocks of the types that the truth names, by the keys that it names."""
    wanted = truth["blocks"]
    types = {block["type"] for block in wanted}
    got = [block for block in record.to_dict()["blocks"] if block["type"] in types]
    return wanted, [
        {key: block.get(key) for key in wanted[i]} if i < len(wanted) else block for i, block in enumerate(got)
    ]


def _videos(record: Record, truth: dict[str, Any]) -> tuple[object, object]:
    return (
        [video.get("url") for video in truth["videos"]],
        [block.url for block in record.blocks if block.type == "video"],
    )


COMPARE: dict[str, Callable[[Record, dict[str, Any]], tuple[object, object]]] = {
    "body": _body,
    "blocks": _blocks,
    "images": _images,
    "info": _info,
    "videos": _videos,
    "authors": _authors,
    "account": _table("account"),
    "source": _table("source"),
    "items": _items,
    "chrome": _chrome,
    "notInBody": _not_in_body,
    "charset": _charset,
    "breadcrumbs": _breadcrumbs,
}


def _expectations() -> Iterator[Any]:
    for case in cases():
        for key in case.truth:
            if key not in NOTES:
                yield pytest.param(case.name, key, id=f"{case.name}-{key}")


def compared(record: Record, truth: dict[str, Any], key: str) -> tuple[object, object]:
    """Return what the truth's `key` says of the page, and what the record says of the same."""
    if key in COMPARE:
        return COMPARE[key](record, truth)
    got = getattr(record, PLAIN[key])
    return truth[key], list(got) if isinstance(got, tuple) else got


@pytest.mark.parametrize(("name", "key"), list(_expectations()))
def test_field(name: str, key: str) -> None:
    """The record's field equals what the page was made with."""
    expected, actual = compared(record_of(name), Case(FIXTURES / name).truth, key)
    assert expected == actual

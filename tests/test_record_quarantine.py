"""Quarantine entries: created from errors, and always writable."""

from __future__ import annotations

import json

import pytest

from crawler.errors import Failure, PageRefused, Quarantined
from crawler.records.lines import encode_line
from crawler.records.quarantine import QuarantineEntry
from crawler.records.validate import validate
from tests.record_samples import article, plain


def test_an_entry_of_a_quarantined_page_tells_all() -> None:
    """Failure, message, pointer, nearest layout, score and rule come from the exception, the rest from the caller."""
    with pytest.raises(Quarantined) as caught:
        validate(plain(article(), headline=None))
    entry = QuarantineEntry.from_error(
        caught.value,
        url="https://www.example.com/1",
        site="example",
        sha256="0" * 64,
        fetched_at="2026-02-22T03:04:05Z",
        status=200,
        run="run1",
    )
    assert {
        "url": "https://www.example.com/1",
        "site": "example",
        "failure": "schema_invalid",
        "message": str(caught.value),
        "pointer": "/headline",
        "layout": "2020_post",
        "score": 0.95,
        "rule": "h1",
        "sha256": "0" * 64,
        "fetchedAt": "2026-02-22T03:04:05Z",
        "status": 200,
        "run": "run1",
    } == json.loads(encode_line(entry))


def test_an_entry_of_a_refused_page_has_no_place() -> None:
    """A page that was not parsed has a failure and a message, and null for everything unknown."""
    entry = QuarantineEntry.from_error(PageRefused(Failure.EMPTY_BODY, "no bytes"), url=None, site="example")
    assert (entry.failure, entry.message) == (Failure.EMPTY_BODY, "no bytes")
    assert {None} == {entry.pointer, entry.layout, entry.score, entry.rule, entry.sha256, entry.status, entry.run}


def test_an_entry_can_be_written_whatever_the_page_did() -> None:
    """Lone surrogates and control characters in URL, message, pointer and rule result in one readable line."""
    error = Quarantined(Failure.RULE_MISSED, "bad \udc80\x1b\u2028", pointer="/\ud800", layout="\udfff", rule="\ud801")
    line = encode_line(QuarantineEntry.from_error(error, url="https://a.example/\udc80\n", site="example")).decode()
    assert [line] == line.splitlines()
    entry = json.loads(line)
    assert [entry[key] for key in ("url", "message", "pointer", "layout", "rule")] == [
        "https://a.example/\\udc80\n",
        "bad \\udc80\x1b\u2028",
        "/\\ud800",
        "\\udfff",
        "\\ud801",
    ]

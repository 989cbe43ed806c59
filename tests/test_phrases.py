"""The language of phrases.toml: all that the reader of text knows of a portal."""

from __future__ import annotations

import copy
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import ProfileInvalid
from crawler.extract import PROFILES, profiles_in
from crawler.profiles.phrases import load_phrases
from crawler.records.validate import validate
from crawler.textdump.extract import extract_text
from tests.dumps import body, items

OTHER = """
evidence = [["path"], ["byline"], ["more"], ["legal"]]
threshold = 0.5
above = "nav"
rows.when = '(?P<author>.+?)@(?P<time>\\d{4}-\\d{2}-\\d{2})'

[[lines]]
name = "path"
role = "breadcrumb"
place = ["top"]
headline = "next"
match = ['(?P<steps>Home/News)']

[[lines]]
name = "byline"
part = "info"
place = ["under"]
spaced = true
match = ['By (?P<author>[A-Z][a-z]+ [A-Z][a-z]+)']

[[lines]]
name = "legal"
role = "footer"
place = ["end"]
match = ['Allrightsreserved\\.?']

[[lists]]
name = "more"
role = "related"
heading = ['Readmore']
items = [["headline", "when"]]
"""


def other_site(folder: Path, phrases: str) -> Path:
    """Write a site's folder with these phrases."""
    shutil.copytree(PROFILES / "netease", folder / "netease")
    (folder / "netease" / "phrases.toml").write_text(phrases, encoding="utf-8")
    return folder / "netease"


def test_phrases_are_all_the_engine_knows(tmp_path: Path) -> None:
    """Another portal in another language needs another phrases.toml and no line of code."""
    profile = copy.copy(profiles_in()["netease"])
    profile.folder = other_site(tmp_path, OTHER)
    lines = [
        "Front",
        "Home / News",
        "Ferry returns with a new sail",
        "By Ada Lin",
        "The ferry came back on Monday, and with it the mail.",
        "Read more",
        "Nobody complained, not even the gulls.",
        "Read more",
        "Lighthouse keeper grows cabbages",
        "Harbour Post @ 2026-03-01",
        "All rights reserved.",
    ]
    record = extract_text("\n".join(lines), profile)
    validate(record)
    assert "Ferry returns with a new sail" == record.headline
    assert lines[4:7] == body(record)
    assert ["Ada", "Lin"] == [author.name for author in record.authors]
    assert ["nav", "breadcrumb", "related", "footer"] == [entry.role.value for entry in record.chrome]
    assert [["Lighthouse keeper grows cabbages", "Harbour Post", "2026-03-01"]] == items(record, "related")


def test_relative_dates_need_the_time_of_copying(tmp_path: Path) -> None:
    """昨天 is relative to `fetched_at`; without it such a date is ignored, and a naive time is refused."""
    profile = copy.copy(profiles_in()["netease"])
    profile.folder = other_site(tmp_path, OTHER.replace("\\d{4}-\\d{2}-\\d{2}", "昨天\\d{2}:\\d{2}"))
    text = "Home/News\nA title\nBy Ada Lin\nThe ferry came back.\nRead more\nGulls\nHarbour Post @ 昨天 12:03"
    when = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert [["Gulls", "Harbour Post", "2026-03-01T12:03:00+08:00"]] == items(
        extract_text(text, profile, fetched_at=when), "related"
    )
    assert [["Gulls", "Harbour Post", None]] == items(extract_text(text, profile), "related")
    with pytest.raises(ValueError, match="time zone"):
        extract_text(text, profile, fetched_at=when.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("place = [", "places = [", "$.lines[0]"),
        ("'(?P<steps>Home/News)'", "'(?P<steps>Home/News'", "$.lines[0].match"),
        ("Home/News", r"(.)\1", "$.lines[0].match"),
        ("Home/News", "Home：News", "$.lines[0].match"),
        ("Home/News", "Home / News", "$.lines[0].match"),
        ("By (?P", "By  ，(?P", "$.lines[1].match"),
        ("<steps>", "<steeps>", "$.lines[0].match"),
        ("(?P<steps>Home/News)", "(?P<steps>Home)?", "$.lines[0].match"),
        ('role = "breadcrumb"', 'role = "crumb"', "$.lines[0].role"),
        ('role = "breadcrumb"', 'role = "unknown"', "$.lines[0].role"),
        ('role = "breadcrumb"', 'part = "info"\nrole = "breadcrumb"', "$.lines[0].role"),
        ('headline = "next"', 'headline = "previous"', "$.lines[0].headline"),
        ('headline = "next"', "endsBody = true", "$.lines[0].endsBody"),
        ('name = "legal"', 'name = "path"', "$.lines[2].name"),
        ('name = "more"', 'name = "legal"', "$.lists[0].name"),
        ('["path"]', '["paht"]', "$.evidence[0]"),
        ('"headline", "when"', '"headline", "whenever"', "$.lists[0].items[0]"),
        ('"headline", "when"', '"author", "when"', "$.lists[0].items[0]"),
        ('"headline", "when"', '"again?", "headline", "when"', "$.lists[0].items[0]"),
        ('"headline", "when"]]', '"headline"]]\nheadless = true', "$.lists[0].headless"),
        ("heading = ['Readmore']", "", "$.lists[0].heading"),
        ("rows.when", "rows.author", "$.rows.author"),
        ("threshold = 0.5", "threshold = 5", "$.threshold"),
        ('above = "nav"', 'above = "hidden"', "$.above"),
        ("[[lists]]", "[account]\ncounts = ['\\d+articles']\n\n[[lists]]", "$.account.counts"),
    ],
)
def test_faults_of_phrases_name_their_key(tmp_path: Path, before: str, after: str, key: str) -> None:
    """A phrases.toml with a fault is refused, with the file and the key of the fault."""
    assert before in OTHER
    folder = other_site(tmp_path, OTHER.replace(before, after, 1))
    with pytest.raises(ProfileInvalid) as caught:
        load_phrases(folder)
    assert (str(folder / "phrases.toml"), key) == (caught.value.file, caught.value.key)


@pytest.mark.parametrize("content", [b"evidence = [", b"\xff", b"# " + b"x" * 300_000], ids=["cut", "bytes", "big"])
def test_phrases_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """Files that are not TOML, not UTF-8 or too big are refused, and so is a folder without the file."""
    with pytest.raises(ProfileInvalid):
        load_phrases(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "phrases.toml").write_bytes(content)
    with pytest.raises(ProfileInvalid):
        load_phrases(tmp_path / "site")


def test_phrases_are_loaded_once() -> None:
    """A folder's phrases are compiled once."""
    assert load_phrases(PROFILES / "netease") is load_phrases(PROFILES / "netease")

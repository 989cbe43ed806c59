"""Spider arguments (`-a`), and messages for invalid ones."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import msgspec
import pytest

from crawler.profiles.load import Profile, load_profile
from crawler.spiders.selection import ARGUMENTS, BadArgument, Selection
from tests.crawling import ROOT

PROFILE = load_profile(ROOT / "site_profiles" / "netease")
PAGE = "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"


def test_nothing_said_means_all_lists() -> None:
    """Every list of the profile that does not belong to an account."""
    selection = Selection.of(PROFILE, {})
    assert [page.source for page in selection.lists] == [s for s in PROFILE.site.lists if not s.media]
    assert (selection.urls, selection.since, selection.limit, selection.everything) == ((), None, None, False)


def test_all_arguments_together(tmp_path: Path) -> None:
    """Pages and lists add up; day, limit and archive narrow them down."""
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\n")
    given = {"url": PAGE, "channel": "tech", "media": "T1631132242825", "since": "2026-02-01", "limit": "7"}
    selection = Selection.of(PROFILE, {**given, "archive": str(tmp_path)})
    assert selection.urls == (PAGE,)
    assert [(page.source.channel, page.media) for page in selection.lists] == [
        ("tech", None),
        ("media", "T1631132242825"),
    ]
    assert (selection.since, selection.limit, selection.archive) == (date(2026, 2, 1), 7, tmp_path)
    assert not selection.everything


def test_an_archive_alone_means_everything_in_it(tmp_path: Path) -> None:
    """No list is asked for."""
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\n")
    selection = Selection.of(PROFILE, {"archive": str(tmp_path)})
    assert (selection.everything, selection.lists, selection.urls) == (True, (), ())


def test_urls_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """One per line; comments, blank lines and duplicates are skipped."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"# mine\n{PAGE}\n\n  {PAGE}  \n"))
    assert Selection.of(PROFILE, {"urls_file": "-"}).urls == (PAGE,)


BAD = {
    "unknown": ({"limt": "3"}, "unknown spider argument -a limt .did you mean limit"),
    "empty": ({"url": " "}, "-a url= is empty"),
    "another site": ({"url": "https://news.example.org/1.html"}, "not a page of netease .hosts: 163.com."),
    "lookalike host": (
        {"url": "https://163.com.example.org/dy/article/KK5ISJRA05F5G9FF.html"},
        "not a page of netease",
    ),
    "no URL": ({"url": "KK5ISJRA05F5G9FF"}, "not an http"),
    "another scheme": ({"url": "file:///etc/passwd"}, "not an http"),
    "no such channel": ({"channel": "tehc"}, "no such channel; its channels: .*tech"),
    "a path for an account": ({"media": "../x"}, "not an account id"),
    "not a date": ({"since": "20260201"}, "not a date; use YYYY-MM-DD"),
    "no such date": ({"since": "2026-02-30"}, "not a date; use YYYY-MM-DD"),
    "not a number": ({"limit": "many"}, "not a number of records"),
    "zero": ({"limit": "0"}, "not a number of records"),
    "no archive": ({"archive": "/nowhere/x.warc"}, "no such file or folder"),
    "no file": (
        {"urls_file": "/nowhere/urls.txt"},
        r"^-a urls_file=/nowhere/urls\.txt: cannot read the file: No such file or directory$",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_invalid_arguments_are_reported(name: str) -> None:
    """With argument, value and a valid alternative, before anything is fetched."""
    arguments, message = BAD[name]
    with pytest.raises(BadArgument, match=message):
        Selection.of(PROFILE, arguments)


def test_the_answer_to_an_unknown_argument_lists_all() -> None:
    """So that nobody needs to look them up."""
    with pytest.raises(BadArgument) as caught:
        Selection.of(PROFILE, {"foo": "1"})
    assert [name for name in ARGUMENTS if f"-a {name}=" not in str(caught.value)] == []


def test_a_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    """By file and line; also a file without URLs, and one that is not text."""
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{PAGE}\nhttps://example.org/\n", encoding="utf-8")
    with pytest.raises(BadArgument, match=r"urls.txt:2: https://example.org/ is not a page of netease"):
        Selection.of(PROFILE, {"urls_file": str(listed)})
    listed.write_text("# none\n", encoding="utf-8")
    with pytest.raises(BadArgument, match="has no URLs"):
        Selection.of(PROFILE, {"urls_file": str(listed)})
    listed.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadArgument, match="cannot read"):
        Selection.of(PROFILE, {"urls_file": str(listed)})


def without_lists() -> Profile:
    """Return the profile as if it had no lists."""
    profile = load_profile(ROOT / "site_profiles" / "netease")
    profile.site = msgspec.structs.replace(profile.site, lists=())
    return profile


def test_the_scope_distinguishes_runs() -> None:
    """Another argument is another crawl; another list in the profile is not: a stopped crawl resumes with it."""
    profile = load_profile(ROOT / "site_profiles" / "netease")
    profile.site = msgspec.structs.replace(profile.site, lists=profile.site.lists[:2])
    assert Selection.of(profile, {}).scope == Selection.of(PROFILE, {}).scope
    asked: list[dict[str, str]] = [{}, {"limit": "3"}, {"limit": "4"}, {"url": PAGE}, {"channel": "tech"}]
    assert len({Selection.of(PROFILE, arguments).scope for arguments in asked}) == len(asked)


def test_a_profile_without_lists_needs_an_argument() -> None:
    """No silent empty run."""
    with pytest.raises(BadArgument, match="has no lists; name the pages to crawl: -a url="):
        Selection.of(without_lists(), {})
    with pytest.raises(BadArgument, match="has no list with media"):
        Selection.of(without_lists(), {"media": "T1"})
    assert Selection.of(without_lists(), {"url": PAGE}).urls == (PAGE,)


def test_the_documentation_says_what_the_help_says() -> None:
    """A limit counts records: pages that give none do not use it up."""
    page = (ROOT / "docs/crawl.md").read_text(encoding="utf-8")
    assert f"| `-a limit=N` | {ARGUMENTS['limit']} |" in page

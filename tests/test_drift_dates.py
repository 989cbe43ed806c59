"""When a layout changed: from few of many dated archives, with gaps, partial rollouts and silent changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from math import ceil, log2
from pathlib import Path

import jsonschema
import pytest

from crawler.drift.dated import (
    Changes,
    DatedArchives,
    NoArchives,
    State,
    States,
    dated_archives,
    read_day,
    when_changed,
)
from crawler.drift.schema import schema
from crawler.extract import profiles_in
from tests.calling import call
from tests.portal.archive import write_warc
from tests.portal.page import FixturePage
from tests.portal.write import PAGES, read_page
from tests.test_drift_check import info_hidden, renamed

SITE = "netease"
PROFILE = profiles_in()[SITE]
START = date(2026, 1, 1)
FORM, OTHER = "urls[0] (article)", "urls[1] (article)"


def day(number: int) -> date:
    """Return a day by its number."""
    return START + timedelta(days=number)


def state(pages: int, changed: float) -> State:
    """Return the pages of a form, a share of which has the new layout."""
    new = round(pages * changed)
    return State(
        pages, Counter({"layout old": pages - new, "layout new": new, "rule fields.source[0] (source)": pages - new})
    )


def searched(count: int, of_day: Callable[[int], States]) -> Changes:
    """Search many days of which the pages are known."""
    days = [DatedArchives(day(number), (Path(f"{number}"),)) for number in range(count)]
    return when_changed(days, PROFILE, read=lambda archives, _: of_day((archives.day - START).days))


def found(changes: Changes) -> list[tuple[str, int, int, tuple[str, ...]]]:
    """Return the changes with the numbers of their days."""
    return [(one.form, (one.before - START).days, (one.after - START).days, one.signals) for one in changes.changes]


@pytest.mark.parametrize("count", [2, 3, 50, 365, 3000])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 0.99])
def test_a_change_is_found_with_few_reads(count: int, place: float) -> None:
    """The last day before and the first after are next to each other; the reads grow with the logarithm."""
    first_new = max(1, round(place * (count - 1)))
    changes = searched(count, lambda number: {FORM: state(20, float(number >= first_new))})
    assert [(FORM, first_new - 1, first_new, ("+layout new", "-layout old"))] == found(changes)
    assert len(changes.read) <= 2 + ceil(log2(count))


def test_days_without_pages_are_skipped() -> None:
    """Of every four days three have no pages of the site, the ends too: the change is between the nearest that have."""
    changes = searched(200, lambda number: {FORM: state(20, float(number >= 101))} if number % 4 == 2 else {})
    assert [(98, 102)] == [(before, after) for _, before, after, _ in found(changes)]
    assert len(changes.read) <= changes_budget(200)
    assert changes.empty
    assert 1 == changes.exit_status


def changes_budget(count: int) -> int:
    """Return how many days may be read at most."""
    return 8 + 4 * ceil(log2(count))


def test_the_number_of_reads_is_bounded() -> None:
    """Where hardly a day has pages, the search ends with what it knows."""
    changes = searched(3000, lambda number: {FORM: state(20, float(number > 1000))} if number in {0, 2999} else {})
    assert [(0, 2999)] == [(before, after) for _, before, after, _ in found(changes)]
    assert len(changes.read) <= changes_budget(3000)


def test_the_majority_decides_on_a_partial_rollout() -> None:
    """From 10 % of the pages a day more: the day on which it is most of them; the shares show the rest."""
    changes = searched(64, lambda number: {FORM: state(20, min(1.0, max(0.0, (number - 20) / 10)))})
    [(_, before, after, _)] = found(changes)
    assert before in {24, 25}
    assert after in {26}
    shares = {share.day: share.pages / share.of for share in changes.changes[0].shares}
    assert {0.0, 1.0} < {*shares.values()} | {0.5}


def test_a_rollout_that_stops_half_way() -> None:
    """At 60 % the old layout is still there: half of the difference divides."""
    changes = searched(64, lambda number: {FORM: state(20, 0.6 if number >= 40 else 0.0)})
    assert [(39, 40)] == [(before, after) for _, before, after, _ in found(changes)]


def test_forms_change_by_themselves() -> None:
    """A form that only some days have is looked for beside the ends; each form has a change of its own."""

    def of_day(number: int) -> States:
        pages = {FORM: state(20, float(number >= 10))}
        return pages | ({OTHER: state(5, float(number >= 50))} if number not in {0, 63} else {})

    changes = searched(64, of_day)
    assert [(FORM, 9, 10), (OTHER, 49, 50)] == [(form, before, after) for form, before, after, _ in found(changes)]


def test_values_that_come_and_go_are_not_a_change() -> None:
    """A value that half of the articles have is there on 40 % one day and on 65 % another."""

    def of_day(number: int) -> States:
        seen = Counter({"layout old": 20, "rule fields.location[0] (location)": 8 + number % 6})
        return {FORM: State(20, seen)}

    changes = searched(64, of_day)
    assert ([], 0) == (found(changes), changes.exit_status)
    assert "no change between 2026-01-01 and 2026-03-05" in changes.lines[0]


# --- With archives ----------------------------------------------------------------------------------------------------

NAMES = ("hao_plain", "rich_blocks", "ip_location", "channel_editor_line", "quotes_in_title")


def archives(folder: Path, count: int, new: Callable[[int], int], edit: Callable[[str], str]) -> Path:
    """Write an archive for each day, of which `new` pages are edited; every fifth has none."""
    pages = [read_page(PAGES / f"netease/2020_post_main/{name}.html") for name in NAMES]
    for number in range(count):
        made: list[FixturePage] = []
        for at, page in enumerate(pages if number % 5 != 3 else ()):
            body = edit(page.body.decode()).encode() if at < new(number) else page.body
            made.append(replace(page, body=body))
        write_warc(folder / f"crawl-{day(number):%Y%m%d}.warc.gz", made)
    return folder


def test_the_command_finds_a_silent_change(tmp_path: Path) -> None:
    """The source's rule misses from a day on, records are still written: the rule is named, with both days."""
    folder = archives(tmp_path, 24, lambda number: 5 if number >= 14 else 1 if number >= 11 else 0, info_hidden)
    done = call("drift", SITE, "--when", folder)
    assert 1 == done.returncode
    assert "changed after 2026-01-13, by 2026-01-15" in done.stdout
    assert "  -rule fields.source[0] (source)\n" in done.stdout
    plain = json.loads(call("drift", SITE, "--when", folder, "--json").stdout)
    validator = jsonschema.Draft202012Validator(schema("drift-when"))
    assert [] == [error.message for error in validator.iter_errors(plain)]
    assert len(plain["read"]) <= 12
    line = call("drift", SITE, "--when", folder, "--line").stdout
    assert (1, True) == (line.count("\n"), line.startswith(f"{SITE}: urls["))


def test_a_new_template(tmp_path: Path) -> None:
    """The layout ceases and the failure begins; the rules of the layout are not listed, as all of them miss."""
    edit = renamed("post_main", "post_title", "post_body", "post_info")
    days = dated_archives(archives(tmp_path, 6, lambda number: 5 if number >= 2 else 0, edit))
    [change] = when_changed(days, PROFILE).changes
    assert (day(1), day(2)) == (change.before, change.after)
    assert ("-layout 2020_post_main", "+failure unknown_layout") == change.signals


def test_where_the_day_is_from(tmp_path: Path) -> None:
    """From the file's name, else from its folder's, else from the first record; files of one day belong together."""
    page = replace(read_page(PAGES / "netease/2020_post_main/hao_plain.html"), fetched_at="2026-05-06T23:30:00+00:00")
    for name in ("a-2026-03-14.warc.gz", "b_20260314.warc.gz", "2026.04.01/x.warc.gz", "20261341/y.warc.gz"):
        write_warc(tmp_path / name, [page])
    days = dated_archives(tmp_path)
    expected = [(date(2026, 3, 14), 2), (date(2026, 4, 1), 1), (date(2026, 5, 6), 1)]
    assert expected == [(one.day, len(one.files)) for one in days]
    assert {} == read_day(days[0], profiles_in()["thepaper"])


def test_folders_without_dated_archives(tmp_path: Path) -> None:
    """One day is not enough, and a file is not a folder; the command says so."""
    write_warc(tmp_path / "2026-01-01.warc.gz", [])
    with pytest.raises(NoArchives, match=r"archives of 1 day\(s\); at least two"):
        dated_archives(tmp_path)
    done = call("drift", SITE, "--when", tmp_path / "2026-01-01.warc.gz")
    assert (2, True) == (done.returncode, "not a folder" in done.stderr)
    write_warc(tmp_path / "2026-01-02.warc.gz", [])
    none = call("drift", SITE, "--when", tmp_path)
    assert (4, True) == (none.returncode, "undecided: fewer than two days have pages" in none.stdout)

"""Crawls that are killed give what an unkilled crawl gives: 20 kills here, 200 by `make chaos`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crawler import failpoints
from tests.chaos.site import Shape
from tests.chaos.trial import Plan, against, crawl, plans
from tests.crawling import command

KILLS, ARTICLES = 20, 3000
PLANS = plans(KILLS, seed=7, pages=ARTICLES, crawls=len(Shape))


def test_the_plan_kills_everywhere() -> None:
    """Twenty kills over the three link shapes, each failpoint among them, and two in the recovery from another."""
    kills = [kill for plan in PLANS for kill in plan.kills]
    assert ([plan.shape for plan in PLANS], len(kills)) == (list(Shape), KILLS)
    assert {kill.point for kill in kills} == {None, *failpoints.POINTS}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to kill")
def test_a_killed_crawl_gives_what_an_unkilled_gives(tmp_path: Path) -> None:
    """Nothing lost, nothing twice, no page fetched again but those under way at a kill, and the last exit status 0."""
    (tmp_path / "unkilled").mkdir()
    unkilled = crawl(tmp_path / "unkilled", Plan(Shape.FLAT, ()), ARTICLES)
    assert (unkilled.faults, unkilled.refetched) == ([], 0)
    assert len(unkilled.records) + len(unkilled.refusals) == ARTICLES
    for plan in PLANS:
        (tmp_path / plan.shape).mkdir()
        aftermath = crawl(tmp_path / plan.shape, plan, ARTICLES)
        assert (plan.shape, against(aftermath, unkilled)) == (plan.shape, [])
        assert aftermath.pages >= ARTICLES


def test_a_failpoint_that_does_not_exist_is_refused() -> None:
    """A trial that kills nowhere would prove nothing."""
    done = command("list", **{failpoints.VARIABLE: "commit.middle:3"})
    assert done.returncode != 0
    assert (
        "PORTALSIEVE_FAILPOINT=commit.middle:3: write NAME or NAME:COUNT; the names are recover.before" in done.stderr
    )


def test_a_failpoint_does_nothing_by_itself() -> None:
    """Without the variable, any of them can be passed."""
    assert [failpoints.failpoint(name) for name in failpoints.POINTS] == [None] * len(failpoints.POINTS)

"""Crawls that are killed give what an unkilled crawl gives: four kills here, 20 by `make kills`, 200 by `make chaos`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crawler import failpoints
from tests.chaos.site import Shape
from tests.chaos.trial import Kill, Plan, against, crawl, plans
from tests.crawling import command

FEW = Plan(
    Shape.TREE,
    (
        Kill(requests=40, delay=0.02),
        Kill(point="commit.before", count=3),
        Kill(point="publish.within"),
        Kill("finish.before"),
    ),
)


def test_the_plan_kills_everywhere() -> None:
    """Twenty kills over the three link shapes, each failpoint among them, and two in the recovery from another."""
    made = plans(20, seed=7, pages=3000, crawls=len(Shape))
    kills = [kill for plan in made for kill in plan.kills]
    assert ([plan.shape for plan in made], len(kills)) == (list(Shape), 20)
    assert {kill.point for kill in kills} == {None, *failpoints.POINTS}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to kill")
def test_a_killed_crawl_gives_what_an_unkilled_gives(tmp_path: Path) -> None:
    """Nothing lost, nothing twice, no page fetched again but those under way at a kill, and the last exit status 0.

    Four kills of a small crawl; `make kills` has 20 of crawls of 3,000 pages.
    """
    articles = 300
    found = []
    for number, plan in enumerate((Plan(Shape.FLAT, ()), FEW)):
        (tmp_path / str(number)).mkdir()
        found.append(crawl(tmp_path / str(number), plan, articles))
    unkilled, killed = found
    assert (unkilled.faults, unkilled.refetched) == ([], 0)
    assert len(unkilled.records) + len(unkilled.refusals) == articles
    assert (killed.kills, against(killed, unkilled)) == (len(FEW.kills), [])


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

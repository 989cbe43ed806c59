"""The quality floor: the pinned scores hold, rise by one command, and fall only where somebody says so."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from crawler.commands.floor import MEASURE, unmeasured
from crawler.extract import PROFILES, profiles_in
from crawler.profiles.load import load_profiles
from crawler.regression.floor import Floor, FloorBroken, Held, hold, raised, read, write
from crawler.regression.scoring import CorpusBroken, Scores, corpus_pages, of_corpus, of_fixtures
from tests.calling import call
from tests.cases import PAGES, recorded

PINNED = Path(__file__).resolve().parent / "floor.json"
NONE = Scores(sites={}, digests={})


def message(held: Held) -> list[str]:
    """Return what is below the floor."""
    return [f"{row.part} of {row.site}: {row.figure} is {row.now}, the floor is {row.floor}" for row in held.below]


def test_the_fixtures_are_on_the_floor() -> None:
    """No site scores worse on its fixtures than the pinned file says; `make floor` pins what is better."""
    floor = read(PINNED)
    assert floor is not None
    now = Floor(fixtures=of_fixtures(PAGES, profiles_in()))
    assert set(profiles_in()) == set(floor.fixtures.sites)
    assert [] == message(hold(floor, now))


def test_the_corpus_is_on_the_floor(corpus: Path) -> None:
    """Nor on the real pages that the floor was measured on; pages that the corpus has gained since do not count."""
    floor = read(PINNED)
    assert floor is not None
    now = Floor(
        fixtures=floor.fixtures, corpus=of_corpus(corpus, corpus / MEASURE, profiles_in(), floor.corpus_pages())
    )
    held = hold(floor, now)
    assert [] == message(held)
    other = unmeasured(now, held, corpus)
    if other and os.environ.get("CI") != "true":
        pytest.skip("; ".join(other))
    assert [] == other


def test_a_corpus_that_has_grown_is_held_on_the_known_pages(corpus: Path) -> None:
    """Measured on the pages of one site, it gives the figures and digests of these; the others are not there."""
    profiles, measure = profiles_in(), corpus / MEASURE
    known = frozenset(sorted(name for name in corpus_pages(corpus, profiles) if name.startswith("thepaper"))[:1])
    old = Floor(fixtures=NONE, corpus=of_corpus(corpus, measure, profiles, known))
    assert old.corpus is not None
    assert ({"thepaper"}, 1) == (set(old.corpus.sites), old.corpus.sites["thepaper"]["pages"])
    assert {"the measure", *known} == old.corpus_pages()
    grown = of_corpus(corpus, measure, profiles, old.corpus_pages())
    assert ((), frozenset()) == (hold(old, Floor(fixtures=NONE, corpus=grown)).changed, frozenset())


def test_a_broken_rule_is_below_the_floor(tmp_path: Path) -> None:
    """A source that is not found, and text that no rule claims, lower the figures of their site and of no other."""
    shutil.copytree(PROFILES / "thepaper", tmp_path / "thepaper")
    layout = tmp_path / "thepaper/layouts/2014_news_txt.toml"
    text = layout.read_text(encoding="utf-8")
    body = '[[article.body]]\ncss = ".news_txt"'
    assert 1 == text.count(body)
    layout.write_text(text.replace(body, body.replace("news_txt", "news_text")), encoding="utf-8")
    floor = Floor(fixtures=of_fixtures(PAGES, {"thepaper": profiles_in()["thepaper"]}))
    now = Floor(fixtures=of_fixtures(PAGES, load_profiles(tmp_path)))
    assert {"fields", "body", "roles", "unknown"} <= {row.figure for row in hold(floor, now).below}


def floor_of(site: str = "one", digest: str = "a", **figures: float) -> Floor:
    """Return a floor of one site, the same on fixtures and corpus."""
    scores = Scores(sites={site: dict(figures)}, digests={site: {"page": digest}})
    return Floor(fixtures=scores, corpus=scores)


def test_figures_know_which_way_is_better() -> None:
    """F1 may rise and unknown may fall; the other way round both are below."""
    better = hold(floor_of(F1=0.9, unknown=0.1), floor_of(F1=0.95, unknown=0.05))
    assert (0, 4) == (len(better.below), len(better.above))
    worse = hold(floor_of(F1=0.9, unknown=0.1), floor_of(F1=0.85, unknown=0.2))
    assert (4, 0) == (len(worse.below), len(worse.above))


def test_what_is_not_measured_any_more_is_below() -> None:
    """A site or a figure that is gone does not pass by being absent; a corpus that is not here says nothing."""
    pinned = floor_of(F1=0.9)
    gone = hold(pinned, Floor(fixtures=NONE))
    assert ["fixtures of one: F1 is None, the floor is 0.9"] == message(gone)
    assert ["no corpus at there: its scores are not compared with the floor"] == unmeasured(
        Floor(fixtures=NONE), gone, "there"
    )


def test_another_corpus_is_named_and_not_compared() -> None:
    """Where a page, its gold or the measure is another, its site's figures say nothing; fixtures are compared always."""
    now = floor_of(digest="b", F1=0.5)
    held = hold(floor_of(F1=0.9), now)
    assert ["fixtures of one: F1 is 0.5, the floor is 0.9"] == message(held)
    assert [
        "corpus of one: page has changed: not the corpus that the floor was measured on",
        "not compared: the corpus of one; pin it again with --allow-lower",
    ] == unmeasured(now, held, "there")


def test_the_floor_rises_by_itself_and_falls_by_a_flag() -> None:
    """Each figure keeps the better of the two; --allow-lower pins what was measured."""
    pinned, now = floor_of(F1=0.9, unknown=0.1), floor_of(F1=0.95, unknown=0.2, roles=0.7)
    kept = raised(pinned, now, lower=False)
    assert {"F1": 0.95, "unknown": 0.1, "roles": 0.7} == kept.fixtures.sites["one"]
    assert kept.corpus == kept.fixtures
    assert now == raised(pinned, now, lower=True)
    other = raised(pinned, floor_of(digest="b", F1=0.95, unknown=0.1), lower=False)
    assert (pinned.corpus, 0.95) == (other.corpus, other.fixtures.sites["one"]["F1"])
    without = Floor(fixtures=now.fixtures)
    assert pinned.corpus == raised(pinned, without, lower=True).corpus


def test_a_site_that_is_gone_keeps_its_floor() -> None:
    """Nothing is lowered by deleting a site's fixtures; a new site is pinned beside it."""
    pinned = floor_of(F1=0.9)
    kept = raised(pinned, floor_of("two", F1=0.8), lower=False)
    assert {"one": {"F1": 0.9}, "two": {"F1": 0.8}} == kept.fixtures.sites
    assert kept == raised(kept, floor_of("two", F1=0.8), lower=False)


def test_a_pinned_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Written whole, read again; a damaged or foreign file is an error that names it."""
    path = tmp_path / "deep/floor.json"
    write(path, floor_of(F1=0.9))
    assert floor_of(F1=0.9) == read(path)
    assert [path] == list(path.parent.iterdir())
    path.write_text('{"format": 1', encoding="utf-8")
    with pytest.raises(FloorBroken, match=r"floor\.json"):
        read(path)
    path.write_text(json.dumps({"format": 9, "fixtures": {"sites": {}, "digests": {}}}), encoding="utf-8")
    with pytest.raises(FloorBroken, match="format 9"):
        read(path)


def test_a_measure_that_fails_is_named(tmp_path: Path) -> None:
    """No index, or a script that ends badly, is an error with the script's own last word."""
    with pytest.raises(CorpusBroken, match=r"index\.json"):
        of_corpus(tmp_path, tmp_path / "score.py", profiles_in())


def test_the_command_raises_and_does_not_lower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It pins what is better, leaves what is worse and says so with status 1; --allow-lower pins that too. CI must have a corpus."""
    case = "thepaper/2022_next/dom_and_data"
    recorded(tmp_path / "cases", case)
    path = tmp_path / "floor.json"
    high = Floor(fixtures=Scores(sites={"thepaper": {"fields": 0.5, "cases": 2}}, digests={"thepaper": {}}))
    write(path, high)
    options = ("floor", "--file", path, "--fixtures", tmp_path / "cases", "--corpus", tmp_path / "none")
    monkeypatch.setenv("CI", "")
    checked = call(*options, "--check")
    assert (1, high) == (checked.returncode, read(path))
    assert "fixtures of thepaper: cases is 1, was 2: below the floor" in checked.stdout
    assert "no corpus at" in checked.stderr
    done = call(*options, "--allow-lower")
    now = read(path)
    assert now is not None
    assert (0, 1.0, 1) == (
        done.returncode,
        now.fixtures.sites["thepaper"]["fields"],
        now.fixtures.sites["thepaper"]["cases"],
    )
    assert call(*options, "--check").returncode == 0
    monkeypatch.setenv("CI", "true")
    assert call(*options, "--check").returncode == 1

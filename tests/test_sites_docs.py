"""What the profiles say of their proof, and the page of the documentation that lists it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from crawler.extract import PROFILES, profiles_in
from crawler.profiles.match import profile_for
from crawler.profiles.model import Layout
from crawler.regression.fixture import Fixture, fixtures
from crawler.regression.floor import read as read_floor
from crawler.regression.proofs import page, unshown
from crawler.regression.recorder import NotRecorded, Recorder, Response
from crawler.warc.reader import read_archive
from tests.cases import PAGES
from tests.conftest import corpus_index

ROOT = Path(__file__).parents[1]
LAYOUTS = {
    f"{site}/{layout.id}": layout for site, profile in profiles_in().items() for layout in profile.layouts.values()
}


def test_the_page_is_up_to_date() -> None:
    """docs/sites.md equals the generator's output; if not, run `make docs`."""
    assert page(profiles_in(PROFILES)) == (ROOT / "docs" / "sites.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_states_its_real_pages_or_that_it_has_none(layout: Layout) -> None:
    """A layout has either a proof or `proved = false`."""
    assert layout.proved == (layout.proof is not None)


@cache
def real_pages(corpus: Path, folder: Path) -> dict[str, list[Fixture]]:
    """Record the corpus pages of the quality floor in `folder`; return the fixtures by site."""
    floor = read_floor(ROOT / "tests" / "floor.json")
    names = floor.corpus_pages() if floor is not None else None
    urls = {one["url"] for one in corpus_index(corpus) if names is None or one["name"] in names}
    profiles = profiles_in()
    recorder = Recorder(folder, profiles, "2026-01-01")
    for found in read_archive(corpus / "corpus.warc.gz"):
        if found.url in urls and profile_for(found.url, profiles.values()) is not None:
            response = Response(url=found.url, body=found.body, headers=found.headers, fetched_at=found.date)
            with suppress(NotRecorded):  # a list
                recorder.record(response, values=False)
    return {site: fixtures(folder, site) for site in profiles}


@pytest.mark.parametrize("site", sorted(profiles_in()))
def test_the_stated_proof_is_that_of_the_corpus(
    site: str, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A layout has at least the corpus's pages, of their years; if they are all, its facts are what they do not show."""
    pages = real_pages(corpus, tmp_path_factory.getbasetemp() / "real")[site]
    profile = profiles_in()[site]
    records = {page.name: page.extract(profiles_in()) for page in pages}
    for name, facts in unshown(profile, pages, records).items():
        proof = profile.layouts[name].proof
        of_layout = [record for record in records.values() if record.layout.id == name]
        assert proof is not None
        assert proof.pages >= len(of_layout)
        assert {int((record.date_published or "")[:4]) for record in of_layout} <= {*proof.years}
        if proof.pages == len(of_layout):
            assert facts == {*proof.facts}, f"layouts/{name}.toml: state facts = {sorted(facts)}"


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_has_three_fixtures(name: str) -> None:
    """At least three pages show each layout: a plain one, a rich one, one with what once broke or could."""
    assert len(fixtures(PAGES, name)) >= 3

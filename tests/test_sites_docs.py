"""What the profiles say of their proof, and the page of the documentation that lists it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from crawler.errors import PortalsieveError
from crawler.extract import PROFILES, extract, profiles_in
from crawler.profiles.match import profile_for
from crawler.profiles.model import Layout
from crawler.regression.fixture import fixtures
from crawler.regression.proofs import page
from crawler.warc.reader import read_archive
from tests.cases import PAGES

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


def test_the_stated_proof_has_the_pages_of_the_corpus(corpus: Path) -> None:
    """Each layout's stated pages are at least those of the recorded corpus, and so are their years."""
    profiles = profiles_in()
    years: dict[str, list[int]] = defaultdict(list)
    for found in read_archive(corpus / "corpus.warc.gz"):
        if profile_for(found.url or "", profiles.values()) is None:
            continue
        try:
            record = extract(found.body, found.url or "", headers=found.headers, profiles=profiles.values())
        except PortalsieveError:
            continue  # a list
        years[f"{record.site}/{record.layout.id}"].append(int((record.date_published or "")[:4]))
    wrong = {
        name: (layout.proof, seen)
        for name, layout in LAYOUTS.items()
        if (seen := years[name]) and (layout.proof is None or not _covers(layout, seen))
    }
    assert {} == wrong


def _covers(layout: Layout, years: list[int]) -> bool:
    return layout.proof is not None and layout.proof.pages >= len(years) and {*years} <= {*layout.proof.years}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_has_three_fixtures(name: str) -> None:
    """At least three pages show each layout: a plain one, a rich one, one with what once broke or could."""
    assert len(fixtures(PAGES, name)) >= 3

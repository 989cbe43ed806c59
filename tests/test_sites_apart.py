"""No site's page has the layout of another: the addresses aside, evidence alone keeps the profiles apart."""

from __future__ import annotations

from functools import cache

import pytest

from crawler.extract import profiles_in
from crawler.profiles.match import choose_layout
from crawler.regression.fixture import Fixture, fixtures
from tests.cases import PAGES


@cache
def one_page_of_each_layout() -> tuple[Fixture, ...]:
    """Return the first fixture of each layout of all sites."""
    found: dict[tuple[str, str], Fixture] = {}
    for fixture in fixtures(PAGES):
        found.setdefault((fixture.site, fixture.layout), fixture)
    return tuple(found.values())


@pytest.mark.parametrize("site", sorted(profiles_in()))
def test_a_profile_refuses_the_pages_of_all_other_sites(site: str) -> None:
    """No layout of the profile recognises a page of another site."""
    profile = profiles_in()[site]
    taken = {}
    for fixture in one_page_of_each_layout():
        if fixture.site != site:
            page = fixture.page()
            page.index(profile.interest)
            choice = choose_layout(page, profile)
            if choice.layout is not None:
                taken[fixture.name] = (choice.layout.id, choice.score)
    assert {} == taken

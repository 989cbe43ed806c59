"""Data and metas that a page has under another name."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.drift.baseline import Baseline
from crawler.drift.moved_data import moved_data, moved_metas
from crawler.drift.traces import Traces
from crawler.drift.watch import Watch
from crawler.extract import extract_parted
from crawler.page.dom import Page
from crawler.profiles.load import Profile
from crawler.sieve.record import PartitionedPage
from tests.small_site import LAYOUT, URL, small_site

FIELDS = """
[data.variable]
variable = "pageData"
[data.state]
script = "script#state"
[[fields.source.name]]
data = "NAME"
path = "doc.source"
[[fields.description]]
data = "NAME"
path = "doc.about || doc.summary"
[[fields.articleSection]]
data = "NAME"
path = "doc.channel"
"""
VALUES = '{"doc": {"source": "河畔晚报", "summary": "渡口边的旧仓库成了图书角。"}}'


@pytest.fixture(scope="module", params=["variable", "state"])
def profile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site whose pages embed some values."""
    fields = FIELDS.replace("NAME", request.param)
    head, _, rest = LAYOUT.partition("[[fields.")
    return small_site(tmp_path_factory.mktemp("data"), f"{head}{fields}[[fields.{rest}")


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        pytest.param("pageData", VALUES, None, id="the usual name"),
        pytest.param("detailInfo", VALUES, "detailInfo", id="another name"),
        pytest.param("detailInfo", VALUES.replace("summary", "text"), None, id="one key in common"),
        pytest.param("detailInfo", '{"source": 1, "summary": 1, "channel": 1}', None, id="other data"),
        pytest.param("detailInfo", '["doc", "source", "summary", "channel"]', None, id="a list"),
    ],
)
def test_the_paths_of_a_layout_lead_to_values(profile: Profile, name: str, values: str, found: str | None) -> None:
    """In a variable or an element of another name they stand in place of the data that are gone."""
    of = (
        "variable"
        if "variable" in {value.data for value in profile.layouts["2026_article"].fields.source.name}
        else "state"
    )
    ident = "state" if name == "pageData" else name
    script = (
        f'<script>var share = {{"doc": 1}};\nvar {name} = {values};</script>'
        if of == "variable"
        else f'<script id="{ident}" type="application/json">{values}</script>'
    )
    html = f"<html><body><article><h1>图书角</h1><p class='time'>2026-02-20</p><div class='body'><p>旧书架。</p></div>{script}"
    expected = {f"data.{of} moved": found if of == "variable" else f"script#{found}"} if found else {}
    layout = profile.layouts["2026_article"]
    assert expected == moved_data(Page(html, URL), layout, profile.data["2026_article"])


@pytest.mark.parametrize("path", ["not_null(doc.source, doc.name)", "join(' ', [doc.source, doc.name])"])
def test_a_function_is_not_a_key_of_the_data(tmp_path: Path, path: str) -> None:
    """Paths that begin with a function lead to values all the same; no page has its name."""
    fields = FIELDS.replace("NAME", "variable").replace('"doc.source"', f'"{path}"')
    for old in ("doc.about || doc.summary", "doc.channel"):
        fields = fields.replace(f'"{old}"', f'"not_null({old.replace(" || ", ", ")}, doc.source)"')
    head, _, rest = LAYOUT.partition("[[fields.")
    profile = small_site(tmp_path, f"{head}{fields}[[fields.{rest}")
    html = f"<html><body><script>var detailInfo = {VALUES};</script></body></html>"
    found = moved_data(Page(html, URL), profile.layouts["2026_article"], profile.data["2026_article"])
    assert {"data.variable moved": "detailInfo"} == found


def test_moved_data_are_part_of_a_page_s_shape(profile: Profile) -> None:
    """A layout with reviewed pages is watched for them: one page is held back."""
    script = f'<script>var info = {VALUES};</script><script id="info" type="application/json">{VALUES}</script>'
    html = f"<html><body><article><h1>图书角</h1><p class='time'>2026-02-20</p><div class='body'><p>旧书架。</p></div>{script}</body></html>"
    parted: list[PartitionedPage] = []
    record = extract_parted(html.encode(), URL, parted.append, profiles=[profile])
    known = Baseline(site="demo", layout="2026_article", pages=3, rules={})
    shape = Traces(profile, {"2026_article": known}).page(html.encode(), URL, None, *parted).shape(record)
    assert ["moved"] == [name.partition(" ")[2] for name in shape if name.startswith("data.")]
    assert "moved" in (Watch(profile, "run", {"2026_article": known}).see(1, URL, record, None, shape).held or "")


@pytest.mark.parametrize(
    ("metas", "found"),
    [
        ('<meta name="mediaid" content="河畔晚报">', None),
        ('<meta name="site:mediaid" content="河畔晚报">', "a meta site:mediaid"),
        ('<meta name="x-mediaid" content=" ">', None),
        ('<meta name="socialmediaid" content="1">', None),
        ('<meta property="og:mediaid" content="河畔晚报">', None),
    ],
)
def test_metas_of_another_name(tmp_path: Path, metas: str, found: str | None) -> None:
    """A value is missing that a meta stated, and one of another prefix is there; sites differ in what others read."""
    profile = small_site(tmp_path, f'{LAYOUT}[[fields.source.name]]\nmeta = "mediaid"\n')
    page = Page(f"<html><head>{metas}</head><body></body></html>", URL)
    layout = profile.layouts["2026_article"]
    assert ({"fields.source": found} if found else {}) == moved_metas(
        page, layout, {"fields.source": (), "chrome.more": ()}
    )
    assert {} == moved_metas(page, layout, {"fields.source": ["[1]"], "chrome.more": ()})

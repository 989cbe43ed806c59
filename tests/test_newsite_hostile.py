"""`scrapy newsite` on pages that it was not made for: no traceback, a bounded effort, and a message that says what to give."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType

import pytest

from crawler.draft.data import entries
from crawler.draft.sample import Sample
from crawler.draft.site import Draft, Given, NoDraft
from crawler.page.dom import Page
from crawler.profiles.load import load_profile
from crawler.regression.fixture import fixtures
from crawler.regression.matrix import matrix
from tests.newsite_pages import HEADLINES, article, links, paragraphs
from tests.test_newsite import Place, place
from tests.test_newsite_learning import DAY, body, learned, read

__all__ = ["place"]
PAGES = [article(number) for number in (1, 2, 3)]


def page(number: int, html: str | bytes) -> Given:
    """Return a page of the portal."""
    url = f"https://news.linxi.example/2026/02/art_{8801000 + number}.html"
    return Given(url=url, body=html if isinstance(html, bytes) else html.encode())


def changed(old: str, new: str) -> list[Given]:
    """Return the portal's pages with another text."""
    return [Given(url=one.url, body=one.body.replace(old.encode(), new.encode())) for one in PAGES]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([page(1, b""), page(2, b" ")], "art_8801001.html: only white space"),
        ([page(1, bytes(range(256)) * 40)], "art_8801001.html: 40 zero bytes"),
        ([page(1, f"<body>{links(1) * 9}</body>")], "no article"),
        (changed("</body>", "<div>" * 90_000 + "x" + "</div>" * 90_000), "nested more than"),
        ([PAGES[0], Given(url="https://other.example/1.html", body=PAGES[1].body)], "pages of 2 sites"),
        ([Given(url="http://127.0.0.1:8000/a/1.html", body=PAGES[0].body)], "'127.0.0.1' is an IP address"),
        ([Given(url="http://intranet/a/1.html", body=PAGES[0].body)], "a private name"),
        ([Given(url="http://[::1]/a/1.html", body=PAGES[0].body)], "::1"),
    ],
    ids=["empty", "binary", "links", "nested", "two sites", "IP address", "single label", "IPv6"],
)
def test_pages_without_a_draft(pages: list[Given], message: str) -> None:
    """The message has the page and the reason."""
    with pytest.raises(NoDraft) as caught:
        Draft("linxi", pages, DAY)
    assert message in str(caught.value)


ODD = {
    "title": HEADLINES[1],
    "content": "".join(f"<p>{part}</p>" for part in paragraphs(1, 6)),
    "publishTime": "2026-02-10 10:00:00",
}


@pytest.mark.parametrize(
    "script",
    [
        '<script type="application/json" id="1:2">{}</script>',
        "<script type='application/json;\"]x'>{}</script>",
        '<script type="application/json" class="a:b 1x">{{"$(x) `y` \\" key": {}}}</script>',
        "<script>window.a = {}; var $$ = {{}};</script>",
        f"<script>var {'page' * 15} = {{}};</script>",
        "<script>var state = " + '{{"1000001": ' * 22 + "{}" + "}}" * 22 + ";</script>",
    ],
    ids=["id", "type", "key", "short name", "long name", "long path"],
)
def test_data_with_odd_names(tmp_path: Path, script: str) -> None:
    """A draft is written, with a rule for the body or with the key to fill in."""
    shell = f"<html><head><title>{HEADLINES[1]}</title></head><body>{script.format(json.dumps(ODD, ensure_ascii=False))}</body></html>"
    faults = Draft("linxi", [page(1, shell)], DAY).write(tmp_path / "linxi")
    assert all("missing" in str(fault) for fault in faults)
    said = "".join(path.read_text("utf-8") for path in (tmp_path / "linxi/layouts").iterdir())
    assert bool(faults) == ("at a place that a rule cannot name" in said)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('class="lx-text" id="lxText"', 'class="正文" id="1&quot;2\'3"'),
        ('class="lx-text" id="lxText"', 'class="a:b 1x md:flex w-[20px] 正文"'),
        ('class="lx-title"', 'class="css-1x2y3z kQpXfG"'),
    ],
    ids=["letters", "signs", "generated"],
)
def test_names_that_selectors_must_quote(tmp_path: Path, old: str, new: str) -> None:
    """The names that people wrote are used, in quotes; those that a program made are not."""
    _, profile, said = learned(tmp_path, changed(old, new))
    following = article(4)
    record = read(Given(url=following.url, body=following.body.replace(old.encode(), new.encode())), profile)
    assert (HEADLINES[4], paragraphs(4)) == (record.headline, body(record))
    assert not [name for name in ("1x", "kQpXfG", "css-1x2y3z", "md:flex") if f".{name}" in said or f'="{name}' in said]


def test_ten_identical_pages(tmp_path: Path) -> None:
    """They are one page: nothing is confirmed by the others."""
    pages = [page(number, PAGES[0].body) for number in range(10)]
    draft, _, _ = learned(tmp_path, pages)
    assert "9 of the pages repeat another page's article; nothing was learned from them" in draft.notes
    assert {0} == {rule.checked for rule in draft.rules}


def test_a_site_on_a_port(tmp_path: Path) -> None:
    """The forms of its addresses and the ports of the crawl have it."""
    pages = [Given(url=one.url.replace(".example/", ".example:8443/"), body=one.body) for one in PAGES]
    _, profile, said = learned(tmp_path, pages)
    assert "ports = [80, 443, 8443]" in said
    assert f"linxi:{8801001}" == read(pages[0], profile).id


def test_an_address_without_a_host_name(place: Place) -> None:
    """The call is refused before anything is fetched or written."""
    done = place.call("town", "http://127.0.0.1:8000/a/1.html")
    assert (2, False) == (done.status, (place.folder / "sites").exists())
    assert "http://127.0.0.1:8000/a/1.html: a profile is for the host name" in done.err


def test_the_coverage_of_a_fresh_draft(place: Place) -> None:
    """Its own pages hit each rule that it does not call unproven, and none of those that it does."""
    for path in (place.folder / "saved").iterdir():
        path.unlink()
    for number, one in enumerate(PAGES):
        place.page(str(number), one)
    assert 0 == place.call("linxi", "--folder", place.folder / "saved").status
    found = matrix(load_profile(place.folder / "sites/linxi"), fixtures(place.folder / "kept"), place.folder / "out")
    assert ([], []) == ([one.rule.key for one in found.unused], [one.rule.key for one in found.stale_unproven])


def test_variables_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a dozen of them no further ones are tried: each may cost as much as all of its script."""
    tried: list[object] = []
    found = Page.data
    monkeypatch.setattr(Page, "data", lambda self, *given, **more: tried.append(given) or found(self, *given, **more))
    script = "".join(f"var name{number} = {{a: [1, {{b: 'c'}}, ];" for number in range(60))
    assert [] == entries(Page.from_bytes(f"<script>{script}</script>".encode(), PAGES[0].url, None))
    assert 12 == len(tried)


def test_an_article_in_hundreds_of_places_of_the_data() -> None:
    """Each string is compared with the places around the article once, not with each copy of the article."""
    text = "".join(f"<p>{part}</p>" for part in paragraphs(1))
    said = json.dumps([[{"content": text}, {"id": str(number)}] for number in range(300)], ensure_ascii=False)
    head = f'<script type="application/json">{said}</script>'
    sample = Sample(Page.from_bytes(article(1, head=head).body, PAGES[0].url, None))
    whole = len(sample.entries)
    assert not sample.is_article("<p>码头的灯修好了。</p>" * 100)
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        stated = sample.stated
    finally:
        sys.setprofile(None)
    assert 300 < len(stated) < whole
    assert calls < 250 * whole


def test_strings_of_a_page_that_are_data_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen of them are read: each costs a search of the data around it."""
    paths: list[object] = []
    found = Page.data
    monkeypatch.setattr(
        Page, "data", lambda self, *given, **more: paths.append(more.get("path")) or found(self, *given, **more)
    )
    said = json.dumps([{"state": json.dumps({"text": "x" * 40, "id": number})} for number in range(60)])
    page = Page.from_bytes(f'<script type="application/json">{said}</script>'.encode(), PAGES[0].url, None)
    assert 16 == len({entry.data.path for entry in entries(page)} - {None})
    assert 16 == sum(path is not None for path in paths)

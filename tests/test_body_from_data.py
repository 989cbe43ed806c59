"""A body that was read from embedded data: the record says how much of it the page shows, and coverage stays the page's."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest

from crawler import extract
from crawler.page.text import size
from crawler.profiles.load import Profile
from crawler.records.model import BodyFromData, Flag, Record
from tests.page_text import page_text
from tests.small_site import URL, small_site

LAYOUT = """
id = "2026_data"
kind = "article"
[[evidence]]
css = "article"
[data.page]
variable = "pageData"
[article.headline]
css = "h1"
[[article.body]]
css = ".body"
data = "page"
path = "body"
[[fields.datePublished]]
css = ".time"
"""
FIRST = "仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。"
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SECOND = "镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。"


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site whose pages hold the body in a script."""
    return small_site(tmp_path_factory.mktemp("from_data"), LAYOUT)


def page(shown: str) -> str:
    """Return a page that shows `shown` besides headline and date."""
    data = json.dumps({"body": f"<p>{FIRST}</p><p>{SECOND}</p>"}, ensure_ascii=False)
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><article><h1>渡口的图书角</h1>'
        f'<i class="time">2026-02-20</i>{shown}</article><script>var pageData = {data};</script></body></html>'
    )


def record(profile: Profile, shown: str) -> Record:
    """Return the record of that page."""
    return extract(page(shown).encode(), URL, profiles=[profile])


@pytest.mark.parametrize(
    ("shown", "in_page"),
    [
        pytest.param("", 0, id="nothing of it"),
        pytest.param(f"<section>{FIRST}</section>", size(FIRST), id="one paragraph"),
        pytest.param(f"<b>{FIRST[:14]}</b><p>{FIRST[14:]}{SECOND}</p>", size(FIRST + SECOND), id="all, cut otherwise"),
        pytest.param("<p>别的话，与图书角没有关系。</p>", 0, id="another text"),
    ],
)
def test_how_much_of_it_the_page_shows(profile: Profile, shown: str, in_page: int) -> None:
    """Counted by blocks; the page's own characters are counted once in coverage, the data's are not."""
    got = record(profile, shown)
    assert [FIRST, SECOND] == [block.text for block in got.blocks]
    assert BodyFromData(size(FIRST + SECOND), in_page) == got.body_from_data
    assert Flag.BODY_FROM_DATA in got.flags
    coverage = got.coverage
    assert size("渡口的图书角") == coverage.article
    assert coverage.total == coverage.article + coverage.chrome + coverage.hidden + coverage.unknown
    assert coverage.total == size(page_text(page(shown)))


def test_a_body_of_the_pages_elements(profile: Profile) -> None:
    """It is counted in coverage, so there is nothing to say."""
    got = record(profile, f'<div class="body"><p>{FIRST}</p></div>')
    assert got.body_from_data is None
    assert size("渡口的图书角" + FIRST) == got.coverage.article


@pytest.mark.parametrize("escaped", [False, True])
def test_a_body_in_a_hidden_textarea(tmp_path: Path, escaped: bool) -> None:
    """The text of an element may be the body as HTML; the page's text does not count textareas."""
    place = '[data.page]\nelement = "textarea.story"\n'
    layout = LAYOUT.replace('[data.page]\nvariable = "pageData"\n', place).replace('path = "body"\n', "")
    site = small_site(tmp_path, layout)
    body = f"<p>{FIRST}</p><p>{SECOND}</p>"
    got = record(site, f'<textarea class="story">{escape(escape(body)) if escaped else body}</textarea>')
    assert [FIRST, SECOND] == [block.text for block in got.blocks]
    assert BodyFromData(size(FIRST + SECOND), 0) == got.body_from_data


INSERTS = """
[article.body.inserts]
match = '<!--(IMG_\\d+)-->'
path = "pictures"
html = "join('', ['<img src=\\"', url, '\\">'])"
"""


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        pytest.param({"IMG_1": {"url": "/b.jpg"}, "IMG_0": {"url": "/a.jpg"}}, ["a.jpg", FIRST, "b.jpg"], id="by name"),
        pytest.param({"IMG_0": {"url": "/a.jpg"}, "IMG_1": {}}, ["a.jpg", FIRST], id="an entry without an address"),
        pytest.param(None, [FIRST], id="no entries"),
    ],
)
def test_what_belongs_in_the_place_of_marks(tmp_path: Path, pictures: object, expected: list[str]) -> None:
    """Some portals keep the text and its pictures apart; the text has marks where they belong."""
    site = small_site(tmp_path, LAYOUT.replace("[[fields", f"{INSERTS}[[fields", 1))
    data = json.dumps({"body": f"<!--IMG_0--><p>{FIRST}</p><!--IMG_1-->", "pictures": pictures}, ensure_ascii=False)
    html = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><article><h1>渡口的图书角</h1>'
        f'<i class="time">2026-02-20</i></article><script>var pageData = {data};</script></body></html>'
    )
    blocks = extract(html.encode(), URL, profiles=[site]).blocks
    assert expected == [block.text or str(block.url).rpartition("/")[2] for block in blocks]


CIPHER = "yTzEJgnvIRZ1+Q9aVp0sT4mWxkD3bB7cLhUo2fGe5iKr8nNqM6tXwYuPzAvCdEHJ"


def test_the_addresses_of_encrypted_pictures(tmp_path: Path) -> None:
    """They are in the data in the order of the pictures; a picture with an address that can be read keeps it."""
    site = small_site(
        tmp_path, LAYOUT.replace("[[fields", '[article.body.images]\ndata = "page"\npath = "list"\n[[fields', 1)
    )
    data = json.dumps({"list": ["/1.jpg", "/2.jpg", "/3.jpg"]})
    shown = (
        f'<div class="body"><p>{FIRST}</p><img data-src="{CIPHER}"><img src="/own.jpg"><img src="{DOT}" data-src="{CIPHER}=="></div>'
        f"<script>var pageData = {data};</script>"
    )
    html = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><article><h1>渡口的图书角</h1>'
        f'<i class="time">2026-02-20</i>{shown}</article></body></html>'
    )
    images = extract(html.encode(), URL, profiles=[site]).images
    assert ["1.jpg", "own.jpg", "3.jpg"] == [image.url.rpartition("/")[2] for image in images]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param(f"{FIRST}\n\n{SECOND}", [FIRST, SECOND], id="lines of text"),
        pytest.param([FIRST, f"<b>{SECOND}</b>"], [FIRST, SECOND], id="a list of texts"),
        pytest.param([f"<p>{FIRST}\n{SECOND}", "</p>"], [f"{FIRST} {SECOND}"], id="HTML in parts"),
    ],
)
def test_text_without_block_elements(profile: Profile, stated: object, expected: list[str]) -> None:
    """Each line, or each entry of a list, is a paragraph; line breaks in HTML are white space."""
    data = json.dumps({"body": stated}, ensure_ascii=False)
    html = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><article><h1>渡口的图书角</h1>'
        f'<i class="time">2026-02-20</i></article><script>var pageData = {data};</script></body></html>'
    )
    assert expected == [block.text for block in extract(html.encode(), URL, profiles=[profile]).blocks]

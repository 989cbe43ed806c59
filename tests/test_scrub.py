"""Scrubbed pages: other words, the same structure."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from crawler.extract import profiles_in
from crawler.regression.recorder import NotRecorded, Recorder, Response
from crawler.regression.scrub import Scrubber, differences, shape
from tests.cases import Case, cases

PROFILES = profiles_in()
NETEASE = Scrubber(PROFILES["netease"], "seed")
SAMPLES = [
    case
    for name in (
        "netease/2020_post_main/gbk_undeclared",
        "netease/2005_subjection",
        "thepaper/2022_next/body_only_in_data",
    )
    for case in cases()
    if case.name.startswith(name)
]


def recorded(case: Case, root: Path) -> Path:
    """Return the folder of the case, recorded scrubbed."""
    response = case.response
    recorder = Recorder(root, PROFILES, "2026-01-02", scrub=True)
    when = datetime.fromisoformat(response["fetchedAt"])
    fixture = recorder.record(
        Response(url=response["url"], body=case.body, headers=response["headers"], fetched_at=when), name="scrubbed"
    )
    return fixture.folder


@pytest.mark.parametrize("case", SAMPLES, ids=lambda case: case.name)
def test_a_scrubbed_page_has_the_shape_and_not_the_words(case: Case, tmp_path: Path) -> None:
    """Layout, roles, block types and lengths are those of the page; none of its sentences is left, in any form."""
    folder = recorded(case, tmp_path)
    scrubbed = Case(folder)
    record = case.extract()
    assert [] == differences(shape(record), shape(scrubbed.extract()))
    assert json.loads((folder / "response.json").read_text(encoding="utf-8"))["scrubbed"]
    assert record.fetch.charset is not None
    left = re.sub(r"[^\u4e00-\u9fff]", "", scrubbed.body.decode(record.fetch.charset.name))
    left += re.sub(r"[^\u4e00-\u9fff]", "", scrubbed.extract().to_json())
    for block in record.blocks:
        words = re.sub(r"[^\u4e00-\u9fff]", "", block.text or block.caption or "")
        assert not [words[at : at + 8] for at in range(len(words) - 7) if words[at : at + 8] in left]


def test_the_same_page_is_scrubbed_the_same_way(tmp_path: Path) -> None:
    """The words are picked by the article's id: recorded twice, the bytes are the same."""
    assert Case(recorded(SAMPLES[0], tmp_path / "a")).body == Case(recorded(SAMPLES[0], tmp_path / "b")).body


@pytest.mark.parametrize(
    "kept",
    [
        '<a class="post_column n1" href="https://www.163.com/dy/article/ABC.html?from=x"></a>',
        "<p>2020-05-06 07:08:09 12345</p>",
        "<i>5小时前</i>",
        "<i>来源</i>",
        "<i>&nbsp;&amp;</i>",
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        '<input type="hidden" name="postId" value="ABC">',
        "<!-- comment -->",
    ],
)
def test_structure_and_what_rules_name_stay(kept: str) -> None:
    """Markup, addresses, dates, numbers, entities and the phrases of the profile are as they were."""
    assert kept == NETEASE.page(kept)


def test_words_become_words_of_the_same_shape() -> None:
    """Han for Han, letters for letters of the same case, equal for equal; attributes that are read as prose too."""
    page = NETEASE.page(
        '<img alt="鹭川大桥" title="Blue Harbour"><p>鹭川大桥，Blue Harbour 42</p><script>var a = "鹭川";</script>'
    )
    alt, title, text = re.fullmatch(  # type: ignore[union-attr]
        r'<img alt="(\w{4})" title="([A-Z][a-z]{3} [A-Z][a-z]{6})"><p>(.*) 42</p><script></script>', page
    ).groups()
    assert f"{alt}，{title}" == text
    assert "鹭川大桥" != alt
    assert "Blue Harbour" != title


def test_data_are_scrubbed_as_the_page_is() -> None:
    """Text in JSON, escaped or not, becomes what the same text in the page becomes; keys and markup stay."""
    page = NETEASE.page(
        '<p>鹭川</p><script type="application/ld+json">{"name": "\\u9e6d川", "html": "<p class=a>鹭川<\\/p>"}</script>'
    )
    words = page[3:5]
    assert "鹭川" != words
    wanted = f'<p>{words}</p><script type="application/ld+json">{{"name": "{words}", "html": "<p class=a>{words}<\\/p>"}}</script>'
    assert wanted == page


def test_a_page_without_a_record_is_not_scrubbed(tmp_path: Path) -> None:
    """Nothing could prove that its structure is kept."""
    body = "<html><h1>无</h1></html>".encode()
    response = Response(url="https://www.163.com/dy/article/K0A1B2C30511UNKN.html", body=body)
    with pytest.raises(NotRecorded, match="only a page with a record can be scrubbed"):
        Recorder(tmp_path, PROFILES, "2026-01-02", scrub=True).record(response, name="a", layout="2020_post_main")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (r"\g<0>\g<0>", r"\w+(, \w+)*"),
        # A page of one repeated character looks like one decoded in the wrong charset.
        ("字字", r"whether it has a record \(https://\S+: decoded as gb18030 .*\)"),
    ],
)
def test_a_page_that_other_words_change_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, change: str
) -> None:
    """Where a rule reads words that the scrubber replaces, the fixture is refused with what would change."""
    monkeypatch.setattr(Scrubber, "text", lambda self, text, *, latin=True: re.sub("[\u4e00-\u9fff]", words, text))
    with pytest.raises(
        NotRecorded, match=rf"not scrubbed: replacing the words changes {change}; a rule depends on words"
    ):
        recorded(SAMPLES[0], tmp_path)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]

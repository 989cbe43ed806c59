"""Standard metadata as a last resort: where the layout's rules find nothing, with provenance and a flag that say so."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from crawler import Quarantined, extract
from crawler.profiles.load import Profile
from crawler.records.model import DatePrecision, Flag, Record
from tests import small_site
from tests.small_site import URL

HEADLINE = "渡口的图书角"
BODY = "仓库空了三年，今年春天才有人把门打开，里面有一排旧书架，书架上一本书也没有。"


LAYOUT = f"""{small_site.LAYOUT}
[[fields.description]]
meta = "x-description"
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site whose one layout has rules for the date and the description, and none for the other fields."""
    return small_site.small_site(tmp_path_factory.mktemp("metadata"), LAYOUT)


def record(profile: Profile, head: str, shown: str = "") -> Record:
    """Return the record of a page with this head; `shown` stands where the layout looks for the date."""
    page = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title>{head}</head><body><article><h1>{HEADLINE}'
        f'</h1><p class="time">{shown}</p><div class="body"><p>{BODY}</p></div></article></body></html>'
    )
    return extract(page.encode(), URL, profiles=[profile])


def ld(**keys: object) -> str:
    """Return a JSON-LD script of an article with these keys."""
    return script({"@context": "https://schema.org", "@type": "NewsArticle", "headline": HEADLINE} | keys)


def script(data: object) -> str:
    """Return a JSON-LD script."""
    return f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'


PUBLISHED = {"datePublished": "2026-02-20T02:12:47Z", "dateModified": "2026-02-21T10:00:00+08:00"}


def test_json_ld(profile: Profile) -> None:
    """Each field, its provenance, and the flag because the layout has rules for two of them."""
    got = record(
        profile, ld(**PUBLISHED, description="一座图书角", articleSection=["社会", "地方"], keywords=["渡口", "图书"])
    )
    assert (
        "2026-02-20T10:12:47+08:00", DatePrecision.SECOND, "2026-02-21T10:00:00+08:00", "一座图书角", "社会",
        ("渡口", "图书"),
    ) == (
        got.date_published, got.date_precision, got.date_modified, got.description, got.article_section, got.keywords
    )  # fmt: skip
    assert {
        name: f"metadata.jsonld.{name}"
        for name in ("datePublished", "dateModified", "description", "articleSection", "keywords")
    } == {name: given.rule for name, given in got.provenance.items() if given.rule.startswith("metadata")}
    assert Flag.LAYOUT_FALLBACK in got.flags


def test_the_layouts_rules_win(profile: Profile) -> None:
    """What they find stays; a field without a rule is filled and is not flagged."""
    got = record(profile, ld(**PUBLISHED, articleSection="社会"), "2026-02-19 08:00:00")
    assert ("2026-02-19T08:00:00+08:00", "社会") == (got.date_published, got.article_section)
    assert Flag.LAYOUT_FALLBACK not in got.flags


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ('<meta property="article:published_time" content="2026-02-20T10:12:47+08:00">', "2026-02-20T10:12:47+08:00"),
        ('<meta itemprop="datePublished" content="2026-02-20 10:12">', "2026-02-20T10:12:00+08:00"),
        ('<meta property="og:release_date" content="2026-02-20 10:12">', "2026-02-20T10:12:00+08:00"),
        ('<meta name="publishdate" content=" 2026-02-20">', "2026-02-20"),
        (script([[], {"@graph": [{"@type": "Person"}, {"@type": ["Article"], **PUBLISHED}]}]), "2026-02-20T10:12:47+08:00"),
        (script({"@type": "WebPage", "mainEntity": {"@type": "schema:Article", **PUBLISHED}}), "2026-02-20T10:12:47+08:00"),
        (
            script({"@context": "https://ziyuan.baidu.com/contexts/cambrian.jsonld", "@id": URL, "pubDate": "2026-02-20T10:12:47"}),
            "2026-02-20T10:12:47+08:00",
        ),
        ("<script type='application/ld+json'>{,}</script>" + ld(**PUBLISHED), "2026-02-20T10:12:47+08:00"),
        (
            script({"@type": "Article", "url": "/20260101/99999.html", "datePublished": "2020-01-01"})
            + script({"@type": "Article", "url": "http://m.demo.example/20260220/12345.html?from=x", **PUBLISHED}),
            "2026-02-20T10:12:47+08:00",
        ),
    ],
)  # fmt: skip
def test_statements_of_the_date(profile: Profile, head: str, date: str) -> None:
    """Forms in which pages state it."""
    assert date == record(profile, head).date_published


def test_microdata(profile: Profile) -> None:
    """An element of the article's item, not one of a comment."""
    shown = (
        '<i itemscope itemtype="https://schema.org/Comment"><b itemprop="datePublished">2026-02-22</b></i>'
        '<i itemprop="datePublished" content="2026-02-20T10:12:47+08:00">昨日</i>'
    )
    got = record(profile, "", shown)
    assert "2026-02-20T10:12:47+08:00" == got.date_published
    assert "metadata.microdata.datePublished" == got.provenance["datePublished"].rule


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(ld(dateModified="2026-02-21T10:00:00+08:00"), id="JSON-LD"),
        pytest.param('<meta property="article:modified_time" content="2026-02-21T10:00:00+08:00">', id="article:"),
        pytest.param('<meta itemprop="dateUpdate" content="2026-02-21 10:00:00">', id="dateUpdate"),
        pytest.param('<meta property="og:updated_time" content="2026-02-21T10:00:00+08:00">', id="og:"),
        pytest.param(script({"@context": "x/cambrian.jsonld", "@id": URL, "upDate": "2026-02-21T10:00:00"}), id="upDate"),
    ],
)  # fmt: skip
def test_an_update_is_not_the_publication(profile: Profile, head: str) -> None:
    """It is dateModified, and a page without a date of publication does not yield a record."""
    with pytest.raises(Quarantined, match=r"fields\.datePublished"):
        record(profile, head)
    got = record(profile, head, "2026-02-20 10:12:47")
    assert ("2026-02-20T10:12:47+08:00", "2026-02-21T10:00:00+08:00") == (got.date_published, got.date_modified)


@pytest.mark.parametrize(
    ("shown", "date"),
    [
        ("更新时间：2026-02-21 10:00 发布时间：2026-02-20 10:12", "2026-02-20T10:12:00+08:00"),
        ("2026-02-20 10:12 更新于 2026-02-21 10:00", "2026-02-20T10:12:00+08:00"),
        ("Updated: 2026-02-21 10:00 Published: 2026-02-20 10:12", "2026-02-20T10:12:00+08:00"),
        ("2026-02-20 10:12 更新 河畔晚报", "2026-02-20T10:12:00+08:00"),
        ("最后更新：2026-02-21 10:00", None),
    ],
)
def test_an_update_that_the_page_shows(tmp_path: Path, shown: str, date: str | None) -> None:
    """A date labelled as that of an update is passed over by the layout's rule too."""
    profile = small_site.small_site(tmp_path, small_site.LAYOUT.replace("match = '^[\\d: -]+$'\n", ""))
    if date is None:
        with pytest.raises(Quarantined, match=r"fields\.datePublished"):
            record(profile, "", shown)
    else:
        assert date == record(profile, "", shown).date_published


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(ld(headline="别的报道：山路修了七年", datePublished="2026-02-20"), id="another headline"),
        pytest.param(ld(headline="", url="/x/1.html", datePublished="2026-02-20"), id="another address"),
        pytest.param(
            script([{"@type": "Article", "datePublished": "2026-02-20"}, {"@type": "Article", "datePublished": "2026-02-21"}]),
            id="two without names",
        ),
        pytest.param(script({"@type": "ItemList", "itemListElement": [{"@type": "Article", **PUBLISHED}]}), id="a list"),
        pytest.param(script({"@type": "VideoObject", "uploadDate": "2026-02-20"}), id="another type"),
        pytest.param(ld(datePublished="bald"), id="no date"),
        pytest.param(ld(datePublished="3小时前"), id="a relative date"),
        pytest.param(ld(datePublished={"@value": ["2026-02-20"]}), id="another shape"),
        pytest.param(ld(datePublished="2026-02-20" + " " * 200 + "x"), id="too long"),
        pytest.param('<script type="application/ld+json">' + "[" * 200_000 + "</script>", id="nested"),
        pytest.param(script([{"@graph": [{}] * 5000}] * 5 + [{"@type": "Article", **PUBLISHED}]), id="many"),
        pytest.param(ld(**PUBLISHED, filler="x" * 300_000), id="a long script"),
    ],
)  # fmt: skip
def test_what_is_not_believed(profile: Profile, head: str) -> None:
    """No date, and nothing worse."""
    with pytest.raises(Quarantined, match=r"fields\.datePublished"):
        record(profile, head)


@pytest.mark.parametrize(
    ("content", "keywords"),
    [
        ("渡口,图书，码头;渡口", ("渡口", "图书", "码头")),
        ("渡口 图书", ("渡口", "图书")),
        ("climate change", ("climate change",)),
        (" ， ", ()),
    ],
)
def test_keywords(profile: Profile, content: str, keywords: tuple[str, ...]) -> None:
    """Cut at commas of any kind; Chinese ones at spaces if they have no comma."""
    assert keywords == record(profile, f'<meta name="keywords" content="{content}">', "2026-02-20").keywords


def test_hostile_scripts_cost_little(profile: Profile) -> None:
    """A thousand scripts of JSON-LD that is broken late: CPU time is that of eight."""
    head = ('<script type="application/ld+json">{"a": [' + "1," * 20_000 + "</script>") * 40
    before = time.process_time()
    record(profile, head, "2026-02-20")
    assert time.process_time() - before < 5


def test_a_meta_that_the_profile_refuses_is_not_read(tmp_path: Path) -> None:
    """A rule whose pattern does not match a constant description keeps it out of the record; other metas are read."""
    rules = '[[fields.description]]\nmeta = "og:description"\nmatch = "^.{20,}$"\n'
    profile = small_site.small_site(tmp_path, f"{small_site.LAYOUT}\n{rules}")
    constant = '<meta property="og:description" content="例网--网上的例">'
    shown = "2026-02-20 10:12"
    assert record(profile, constant, shown).description is None
    assert record(profile, f'{constant}<meta name="description" content="书架">', shown).description == "书架"

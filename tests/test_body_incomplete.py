"""Text of an article that its body has not: flagged, with the place; what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.guard import Steps
from crawler import extract
from crawler.page.text import size
from crawler.profiles.load import Profile
from crawler.records.model import Flag, Role
from crawler.sieve import incomplete
from crawler.sieve.incomplete import is_prose
from tests.small_site import LAYOUT, URL, small_site

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>渡口的图书角</title></head><body>{top}
<article><h1>渡口的图书角</h1><p class="time">2026-02-20 10:12:00</p>{before}
<div class="body"><p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p>
<p>镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。</p></div>{after}
<p class="editor">责任编辑：林一</p>{end}</article></body></html>"""
BEFORE = "里面有一排旧书架。镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。"
META = '<meta name="description" content="{}">'
MORE = "搬完书的那天下了雨，大家在屋檐下站了很久，谁也没有先走。"


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site whose body is the first `.body`."""
    return small_site(tmp_path_factory.mktemp("incomplete"))


def doubts(profile: Profile, **parts: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return place and values of the doubts that the body is incomplete, of a page with these parts."""
    page = PAGE.format(**{"top": "", "before": "", "after": "", "end": ""} | parts)
    record = extract(page.encode(), URL, profiles=[profile])
    found = [(doubt.where, doubt.values) for doubt in record.doubts if doubt.flag is Flag.BODY_INCOMPLETE]
    assert bool(found) == (Flag.BODY_INCOMPLETE in record.flags)
    return found


def test_prose_that_no_rule_claims(profile: Profile) -> None:
    """A paragraph between headline and credits that is unknown; the place is that of its text."""
    place = "/html[1]/body[1]/article[1]/div[2]/p[1]/text()[1]"
    assert [(place, (MORE,))] == doubts(profile, after=f'<div class="x9"><p>{MORE}</p></div>')[:1]


def test_hidden_prose(profile: Profile) -> None:
    """A paragraph in the body that the page hides until a script shows it; a hidden label is not one."""
    page = PAGE.format(top="", before="", after="", end="")
    for hidden, expected in ((f"{MORE}{MORE}", True), ("展开全文", False)):
        html = page.replace("</p></div>", f'</p><p style="display:none">{hidden}</p></div>')
        assert expected == (Flag.BODY_INCOMPLETE in extract(html.encode(), URL, profiles=[profile]).flags)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"before": f"<section><p>{MORE}</p></section>"}, id="before the body"),
        pytest.param({"after": f"<p>{MORE}</p>"}, id="after the body"),
        pytest.param({"after": f'<div class="more"><p>{MORE}</p></div>'}, id="in a list of links without links"),
        pytest.param({"after": f"</article><p>{MORE}</p>"}, id="its element closed too early"),
        pytest.param({"after": f"<section>{MORE}<br>短句</section>"}, id="text between br"),
        pytest.param({"after": f'<p>{MORE[:14]}<a href="/x">站</a>{MORE[15:]}</p>'}, id="a link in a sentence"),
        pytest.param({"end": "", "top": META.format(f"{BEFORE}{MORE}")}, id="more in the description"),
        pytest.param({"top": META.format(f"{BEFORE}{MORE[:15]}...")}, id="the description is cut as well"),
        pytest.param({"after": f'<div class="body"><p>{MORE}</p></div>'}, id="the body opened once more"),
        pytest.param(
            {"after": '<div class="body"><img src="http://a.demo.example/b.jpg"></div>'}, id="with a picture only"
        ),
    ],
)
def test_left_out(profile: Profile, parts: dict[str, str]) -> None:
    """Each is flagged."""
    assert 1 == len(doubts(profile, **parts))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"top": META.format(BEFORE[:40])}, id="a description"),
        pytest.param({"top": META.format(f"{BEFORE}（责任编辑：林一）")}, id="credits behind the description"),
        pytest.param({"top": META.format(MORE)}, id="a description of its own"),
        pytest.param({"end": f"<p>{MORE}</p>"}, id="after the credits"),
        pytest.param({"top": f"<p>{MORE}</p>"}, id="outside the article"),
        pytest.param({"after": f'<div class="more"><a href="/1">渡口又开了</a>{MORE}</div>'}, id="a linked summary"),
        pytest.param({"after": f"<p hidden>{MORE}</p>"}, id="hidden"),
        pytest.param({"after": '<p>镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。</p>'}, id="a copy"),
        pytest.param({"after": "<p>更多精彩</p><p>点击查看。</p>"}, id="short lines"),
        pytest.param({"after": f'<p><a href="/1">{MORE}</a></p><p><a href="/2">{MORE}</a></p>'}, id="links"),
        pytest.param({"after": "<p>渡口 码头 图书 灯塔 书架 仓库 门槛 旧书 新书 屋檐 孩子！</p>"}, id="a row of labels"),
        pytest.param({"after": '<div class="body" hidden><p>' + MORE + "</p></div>"}, id="a hidden body"),
        pytest.param(
            {"after": '<div class="body"><p>仓库空了三年，今年春天才有人把门打开。</p></div>'}, id="a cut copy"
        ),
        pytest.param({"after": '<div class="body"></div>'}, id="an empty body"),
    ],
)  # fmt: skip
def test_not_left_out(profile: Profile, parts: dict[str, str]) -> None:
    """None is flagged."""
    assert [] == doubts(profile, **parts)


@pytest.mark.parametrize(
    ("text", "links", "prose"),
    [
        (MORE, 0, True),
        (MORE, 20, False),
        ("责任编辑：林一。", 0, False),
        ("来源：河畔晚报、渡口日报、码头周刊联合报道。", 0, False),
        ("The warehouse stood empty for three years until someone opened the door this spring.", 0, True),
        ("Home News Sport Weather.", 0, False),
        ("灯塔重新点亮 码头开了夜市 渡口停航三天 书店改卖雨伞 谁把稻田种成画？", 0, False),
    ],
)
def test_prose(text: str, links: int, prose: bool) -> None:
    """A paragraph has a sentence, little of it in links, and is not a row of labels."""
    assert prose == is_prose(text, links)


def test_many_paragraphs_are_bounded(profile: Profile) -> None:
    """A page of ten thousand stray paragraphs gives a bounded list."""
    after = "".join(f"<p>{MORE}第{number}天还在下。</p>" for number in range(10_000))
    assert 20 == len(doubts(profile, after=after))


def test_scripts_are_not_text_of_the_article(profile: Profile) -> None:
    """A second element of the body with nothing but a script or a style sheet is complete."""
    script = '<div class="body"><script>var player = "the first one; and the second one.";</script></div>'
    assert [] == doubts(profile, after=script)
    assert [] == doubts(profile, after='<div class="body"><style>.body { margin: 0 auto; }</style></div>')


def test_many_inline_elements_are_read_once(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph of many text nodes: each character is counted a fixed number of times."""
    counted = 0

    def counting(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return size(text)

    monkeypatch.setattr(incomplete, "size", counting)
    part = "<i>谁也没有先走。</i>" * 2000
    assert 1 == len(doubts(profile, after=f"<section>{part}</section>"))
    assert counted < 10 * len(part)


def test_regions_with_one_heading_are_read_once(tmp_path: Path) -> None:
    """The heading before many regions: twice the regions take twice the steps."""
    heading = 'css = ".more"\nheadingBefore = "h3"'
    profile = small_site(tmp_path, LAYOUT.replace('css = ".more"', heading))
    steps = []
    for number in (200, 400):
        page = PAGE.format(top="", before="", after="", end="<h3>更多</h3>" + '<p class="more">一行</p>' * number)
        with Steps() as counted:
            record = extract(page.encode(), URL, profiles=[profile])
        assert {"更多"} == {entry.heading for entry in record.chrome if entry.role is Role.RELATED}
        steps.append(sum(n for name, n in counted.counts.items() if name.endswith("claims.py:_before")))
    assert 0 < steps[1] < 2.2 * steps[0]

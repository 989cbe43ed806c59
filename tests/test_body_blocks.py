"""What of a body becomes a paragraph, a table, a picture; and what the page hides in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.page.text import collapse
from crawler.page.urls import absolute
from crawler.profiles.load import Profiles, load_profiles
from crawler.records.model import BlockType, Flag, Record, Role
from crawler.sieve import blocks
from crawler.sieve.pictures import candidates
from tests.profile_samples import LAYOUT, changed, write
from tests.test_partition import assert_partition

BASE = "https://www.sample.example/news/"
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
FIRST = "第一段：渡口的灯从前由摆渡人点，如今由桥上的人点，一晚也没有断过，连大雪天也一样。"
SECOND = "第二段：桥修好以后，摆渡人搬到了镇上，夜里仍会走到河边去看一看那盏灯，然后才回家。"
THIRD = "第三段：灯油早已换成了电，开关还是原来的样子，钥匙挂在门后。"


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    """The sample profile, which says nothing of pictures."""
    folder: Path = tmp_path_factory.mktemp("profiles")
    write(folder)
    return load_profiles(folder)


def record_of(profiles: Profiles, body: str) -> Record:
    """Return the record of a page with this body; every character of it stands in one place."""
    html = (
        '<!doctype html><meta charset="utf-8"><meta property="article:published_time" content="2024-03-02 10:00">'
        f'<title>渡口的灯</title><h1 class="story-title">渡口的灯</h1><div class="story">{body}</div></body></html>'
    )
    record = extract(html.encode(), f"{BASE}123456.html", profiles=profiles.values())
    assert_partition(record, html)
    return record


def types(record: Record) -> list[str]:
    """Return the kinds of the record's blocks."""
    return [block.type.value for block in record.blocks]


def pictures(record: Record) -> list[str]:
    """Return the addresses of the record's pictures, less the folder that all are in."""
    return [image.url.removeprefix(f"{BASE}i/") for image in record.images]


def hidden(record: Record) -> list[str | None]:
    """Return what the record files as hidden."""
    return [entry.text for entry in record.chrome if entry.role is Role.HIDDEN]


# --- Tables -----------------------------------------------------------------------------------------------------------

LAYOUTS = [
    f"<table><tr><td class=side></td><td><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></td></tr></table>",
    f"<table border=0><tr><td>{FIRST}<br><br>　　{SECOND}<br>{THIRD}</td></tr></table>",
    f"<table><tr><td>{FIRST}</td></tr><tr><td>{SECOND}</td></tr><tr><td>{THIRD}</td></tr></table>",
    f"<table><tr><td><table><tr><td>{FIRST}<br>{SECOND}<br>{THIRD}</td></tr></table></td></tr></table>",
    f"<table role=presentation><tr><td>{FIRST}</td><td>{SECOND}</td></tr><tr><td>{THIRD}</td></tr></table>",
    f"<table><tr><td><p>{FIRST}</p><p>{SECOND}</p></td><td><p>{THIRD}</p></td></tr></table>",
    f"<table><tr><td><div>{FIRST}</div><div>{SECOND}</div></td><td>{THIRD}</td></tr><tr><td> </td><td></td></tr></table>",
]
SHORT = "<table><tr><td>导航<br>关于</td><td><p>渡口有灯。</p><p>桥上也有一盏。</p></td></tr></table>"
DATA = [
    "<table><tr><th>站</th><th>里程</th></tr><tr><td>渡口</td><td>12</td></tr></table>",
    "<table><tr><td>站</td><td>里程</td></tr><tr><td>渡口</td><td>12</td></tr></table>",
    "<table><tr><td>站</td><td>里程</td><td>12</td></tr></table>",
    f"<table><tr><td><p>站</p></td><td><p>说明</p></td></tr><tr><td><p>渡口</p></td><td><p>{FIRST}</p></td></tr></table>",
    f"<table><tr><td>站</td><td>{FIRST}<br>{SECOND}</td></tr><tr><td>桥</td><td>{SECOND}<br>{THIRD}</td></tr></table>",
    f"<table><caption>里程</caption><tr><td>{FIRST}<br>{SECOND}</td></tr></table>",
    "<table><tr><td>渡口</td></tr><tr><td>石桥</td></tr><tr><td>集市</td></tr></table>",
]


@pytest.mark.parametrize("table", LAYOUTS)
def test_a_table_that_lays_out_text_is_read_through(profiles: Profiles, table: str) -> None:
    """The paragraphs in its cells are the body's paragraphs."""
    record = record_of(profiles, table)
    assert [block.text for block in record.blocks] == [FIRST, SECOND, THIRD]
    assert types(record) == ["paragraph"] * 3
    assert record.article_body_html == "\n".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD))


def test_a_column_beside_the_text_lays_out_as_well(profiles: Profiles) -> None:
    """Sentences in paragraphs are an article's text, however few."""
    record = record_of(profiles, SHORT)
    assert [block.text for block in record.blocks] == ["导航", "关于", "渡口有灯。", "桥上也有一盏。"]


@pytest.mark.parametrize("table", DATA)
def test_a_table_of_data_is_one_block(profiles: Profiles, table: str) -> None:
    """Rows of several cells, headers and captions make data, also where a cell is long."""
    record = record_of(profiles, f"<p>{FIRST}</p>{table}")
    assert types(record) == ["paragraph", "table"]
    assert record.blocks[1].rows is not None


def test_a_table_of_data_in_a_table_of_layout(profiles: Profiles) -> None:
    """The outer one is read through, the inner one is a block."""
    record = record_of(profiles, f"<table><tr><td><p>{FIRST}</p>{DATA[0]}<p>{SECOND}</p></td></tr></table>")
    assert types(record) == ["paragraph", "table", "paragraph"]


# --- Hidden parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attribute",
    [
        "hidden", 'hidden=""', 'style="display:none"', 'style="color: red; DISPLAY : none !important"',
        'style="visibility: hidden"',
    ],
)  # fmt: skip
def test_hidden_parts_of_a_body_are_chrome(profiles: Profiles, attribute: str) -> None:
    """Paragraphs, boxes and runs of text that the page hides are `hidden`, not body."""
    body = f"<p>{FIRST}<b {attribute}>暗记</b></p><p {attribute}>藏着的一段。</p><div><div {attribute}><p>又一段</p></div></div>"
    record = record_of(profiles, f"{body}<p>{SECOND}</p>")
    assert [block.text for block in record.blocks] == [FIRST, SECOND]
    assert hidden(record) == ["暗记", "藏着的一段。", "又一段"]
    assert record.coverage.hidden == len("暗记藏着的一段。又一段")
    assert "藏" not in record.article_body_html


@pytest.mark.parametrize(
    "attribute",
    [
        "aria-hidden=true", 'style="display:block"', 'style="display:none;display:block"', 'style="overflow:hidden"',
        'class="header"', 'class="related-story comment-box sidebar"', 'data-hidden="1"', 'style="list-style:none"',
    ],
)  # fmt: skip
def test_what_only_looks_hidden_stays_body(profiles: Profiles, attribute: str) -> None:
    """Names of classes and other attributes hide nothing."""
    record = record_of(profiles, f"<p>{FIRST}</p><div {attribute}><p>{SECOND}</p></div>")
    assert [block.text for block in record.blocks] == [FIRST, SECOND]
    assert hidden(record) == []


def test_hidden_rows_leave_a_table_one_block(profiles: Profiles) -> None:
    """What is hidden in a table or list is not in its rows, items and text."""
    table = "<table><tr><td>站</td><td>里程</td></tr><tr hidden><td>甲</td><td>1</td></tr><tr><td>乙</td><td>2</td></tr></table>"
    items = '<ul><li>渡口</li><li style="display:none">石桥</li><li>集市<i hidden>丙</i></li></ul>'
    record = record_of(profiles, f"<p>{FIRST}</p>{table}{items}")
    assert record.blocks[1].rows == (("站", "里程"), ("乙", "2"))
    assert record.blocks[2].items == ("渡口", "集市")
    assert hidden(record) == ["甲 1", "石桥", "丙"]


def test_what_has_no_text_of_the_page_is_not_hidden_text(profiles: Profiles) -> None:
    """Drawings and the like have text that no page shows, hidden or not."""
    drawing = '<svg style="display:none"><title>图</title><g hidden><text>标</text></g></svg><script hidden>1</script>'
    table = f"<table><tr><td>站{drawing}</td><td>里程</td></tr><tr><td>乙</td><td>2</td></tr></table>"
    record = record_of(profiles, f"<p>{FIRST}</p>{drawing}{table}<ul><li>渡口{drawing}</li></ul>")
    assert hidden(record) == []


def test_an_article_that_a_script_unfolds_is_body(profiles: Profiles) -> None:
    """Where nearly all of a body is hidden, a script shows it; the doubt names the place."""
    record = record_of(profiles, f'<p>展开全文</p><div style="display:none"><p>{FIRST}</p><p>{SECOND}</p></div>')
    assert [block.text for block in record.blocks] == ["展开全文", FIRST, SECOND]
    doubts = [doubt.where.rpartition("/")[2] for doubt in record.doubts if doubt.flag is Flag.BODY_DOUBT]
    assert doubts == ["div[1]", "text()[1]"]  # the second is the line 展开全文


def test_a_hidden_copy_is_not_body(profiles: Profiles) -> None:
    """A copy of the article is at most as long as the article."""
    text = f"<p>{FIRST}</p><p>{SECOND}</p>"
    record = record_of(profiles, f'{text}<div style="display:none">{text}</div>')
    assert [block.text for block in record.blocks] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        '<div class="x8"><h3>相关阅读</h3><ul><li><a href="/1.html">渡口的图书角开门</a></li><li><a href="/2.html">河堤上的柳树</a></li></ul></div>',
        '<p>延伸阅读：<a href="/1.html">渡口的图书角开门</a></p>',
        "<div>点击下载河畔新闻客户端，查看更多</div>",
        "<p>更多精彩内容，请下载河畔APP</p>",
        '<p>Read more: <a href="/1.html">The book corner opens</a></p>',
    ],
)
def test_a_line_that_leads_elsewhere_is_a_doubt(profiles: Profiles, line: str) -> None:
    """No rule knows its element, so it is in the body; the doubt has its place."""
    record = record_of(profiles, f"<p>{FIRST}</p>{line}<p>{SECOND}</p>")
    [doubt] = [doubt for doubt in record.doubts if doubt.flag is Flag.BODY_DOUBT]
    assert doubt.values[0] in [block.text for block in record.blocks]
    assert doubt.where.startswith("/html[1]/body[1]")


@pytest.mark.parametrize(
    "line",
    [
        "相关报道引起了读者的注意。",
        "更多新闻留给明天。",
        "他打开客户端，看了一眼天气。",
        "推荐阅读这本书的人不少。",
        "请下载的人先登记。",
    ],
)
def test_a_sentence_that_begins_like_one_is_body(profiles: Profiles, line: str) -> None:
    """It says something of its own."""
    record = record_of(profiles, f"<p>{FIRST}</p><p>{line}</p><p>{SECOND}</p>")
    assert [doubt for doubt in record.doubts if doubt.flag is Flag.BODY_DOUBT] == []


# --- Pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ('<img src="i/a.jpg">', ["a.jpg"]),
        (f'<img src="{DOT}" data-src="i/a.jpg">', ["a.jpg"]),
        ('<img src="/img/placeholder.png" data-lazy-src="i/a.jpg">', ["a.jpg"]),
        ('<img data-actualsrc="i/a.jpg">', ["a.jpg"]),
        ('<img src="i/small.jpg" data-original="i/a.jpg">', ["a.jpg"]),
        ('<img src="/s/blank.gif" data-echo="i/a.jpg">', ["a.jpg"]),
        ('<img src="/s/loading.gif" data-lazyload="i/a.jpg">', ["a.jpg"]),
        ('<img src="/s/empty.png" data-url="i/a.jpg">', ["a.jpg"]),
        ('<img src="/s/empty.png" original="i/a.jpg">', ["a.jpg"]),
        ('<img src="/s/none.gif" file="i/a.jpg" zoomfile="i/b.jpg">', ["b.jpg"]),
        ('<img _src="i/a.jpg">', ["a.jpg"]),
        ('<img real_src="i/a.jpg" src="/s/spacer.gif">', ["a.jpg"]),
        ('<img data-own-lazy-source="i/a.jpg" src="/s/grey.gif">', ["a.jpg"]),
        ('<img src="/s/grey.gif" data-full-url="https://www.sample.example/a.jpg?w=1">', ["https://www.sample.example/a.jpg?w=1"]),
        ('<img data-big="//www.sample.example/a.jpg">', ["https://www.sample.example/a.jpg"]),
        ('<img src="i/a.jpg" data-share="//www.sample.example/i/b.jpg">', ["a.jpg"]),
        ('<img src="/s/blank.gif" data-share="//www.sample.example/i/b.jpg"><noscript><img src="i/a.jpg"></noscript>', ["a.jpg"]),
        ('<img src="i/a.jpg" data-url="https://www.sample.example/other.html">', ["a.jpg"]),
        ('<img src="i/a.jpg" data-lazyload="true" data-src="">', ["a.jpg"]),
        ('<img src="i/black-and-white.jpg">', ["black-and-white.jpg"]),
        ('<img srcset="i/s.jpg 300w, i/a.jpg 1200w, i/m.jpg 600w">', ["a.jpg"]),
        ('<img src="i/s.jpg" srcset="i/s.jpg 1x,i/a.jpg 2x">', ["a.jpg"]),
        ('<img src="/s/blank.gif" data-srcset="i/s.jpg 300w, i/a.jpg 1200w">', ["a.jpg"]),
        ('<img data-src="i/s.jpg" data-srcset="i/s.jpg 300w, i/a.jpg 1200w">', ["a.jpg"]),
        ('<img srcset="i/a.jpg">', ["a.jpg"]),
        ('<picture><source srcset="i/a.webp 1200w, i/s.webp 300w"><img src="i/s.jpg"></picture>', ["a.webp"]),
        ('<picture><source srcset="i/a.webp" type="image/webp"><img src="i/a.jpg"></picture>', ["a.jpg"]),
        ('<picture><source srcset="i/a.webp"><img></picture>', ["a.webp"]),
        ('<img src="i/count.gif" width="1" height="1">', []),
        ('<img src="i/a.jpg" style="display:none">', []),
        ('<img data-src="i/a.jpg" style="display:none">', ["a.jpg"]),
        ('<p style="background:url(i/a.jpg)">字</p>', []),
        ('<noscript><img src="i/a.jpg"></noscript>', ["a.jpg"]),
        ('<img data-src="i/a.jpg"><noscript><img src="i/a.jpg"></noscript>', ["a.jpg"]),
        ('<noscript><img src="i/a.jpg?w=600"></noscript> <a href="#"><img data-src="i/a.jpg"></a>', ["a.jpg"]),
        ('<img class="later" src="/s/blank.gif"><noscript><img src="i/a.jpg"></noscript>', ["a.jpg"]),
        ('<noscript><img src="i/a.jpg"></noscript><p>字</p><img data-src="i/a.jpg">', ["a.jpg"]),
        ('<noscript><img src="i/pixel?id=1" width=1 height=1></noscript>', []),
    ],
)  # fmt: skip
def test_the_address_of_a_picture(profiles: Profiles, image: str, found: list[str]) -> None:
    """The usual attributes of lazy loading need no profile; the largest picture on offer is taken, each once."""
    record = record_of(profiles, f"<p>{FIRST}</p>{image}<p>{SECOND}</p>")
    assert pictures(record) == found
    assert Flag.IMAGE_MISSING not in record.flags


@pytest.mark.parametrize(
    ("image", "value"),
    [
        (f'<img src="{DOT}">', f"src={DOT}"),
        ('<img data-key="a81f" src="/s/loading.gif">', "data-key=a81f"),
        ('<img alt="渡口">', "alt=渡口"),
        ('<img src="" data-src="">', None),
    ],
)
def test_a_picture_without_an_address_is_a_doubt(profiles: Profiles, image: str, value: str | None) -> None:
    """The flag says that the body has a picture more, the doubt where, and what its element says."""
    record = record_of(profiles, f"<p>{FIRST}</p><p>{image}</p>")
    assert pictures(record) == []
    [doubt] = [doubt for doubt in record.doubts if doubt.flag is Flag.IMAGE_MISSING]
    assert doubt.where.endswith("/p[2]/img[1]")
    assert value is None or value in doubt.values


def test_captions_without_a_picture_are_read_once(profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """One paragraph, before the text that follows them; each character is read a fixed number of times."""
    read = 0

    def counting(text: str) -> str:
        nonlocal read
        read += len(text)
        return collapse(text)

    monkeypatch.setattr(blocks, "collapse", counting)
    captions = ["渡口的灯"] * 500
    body = "".join(f"<figcaption>{caption}</figcaption>" for caption in captions)
    record = record_of(profiles, f"<p>{FIRST}</p>{body}<p>{SECOND}</p>")
    assert [block.text for block in record.blocks] == [FIRST, " ".join(captions), SECOND]
    assert read < 10 * len(body)


def test_the_caption_of_a_lazy_picture(profiles: Profiles) -> None:
    """A copy in `noscript` does not come between a picture and its caption."""
    picture = (
        '<figure><img data-src="i/a.jpg"><noscript><img src="i/a.jpg"></noscript><figcaption>渡口</figcaption></figure>'
    )
    record = record_of(profiles, f"<p>{FIRST}</p>{picture}")
    assert [(block.type, block.caption) for block in record.blocks] == [
        (BlockType.PARAGRAPH, None),
        (BlockType.IMAGE, "渡口"),
    ]


@pytest.mark.parametrize(
    ("srcset", "found"),
    [
        ("a.jpg 1x, b.jpg 2x", [(1, "a.jpg"), (2, "b.jpg")]),
        ("a.jpg,  b.jpg 1.5x,", [(1, "a.jpg"), (1.5, "b.jpg")]),
        ("a.jpg?x=1,2 300w,b.jpg 600w", [(300, "a.jpg?x=1,2"), (600, "b.jpg")]),
        (f"{DOT} 1w, a.jpg 2w", [(2, "a.jpg")]),
        ("a.jpg 300w 200h", [(300, "a.jpg")]),
        (" ,, ", []),
        ("", []),
    ],
)
def test_candidates(srcset: str, found: list[tuple[float, str]]) -> None:
    """Commas end a candidate only behind white space or a descriptor, as in HTML."""
    assert candidates(srcset, BASE) == [(size, absolute(BASE, name)) for size, name in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(f"<pre><code>a = 1</code></pre><p>{FIRST}</p>", ["code", "paragraph"], id="code alone"),
        pytest.param(
            f'<pre><code>a = 1</code><ul class="more"><li>1</li></ul></pre><p>{FIRST}</p>',
            ["code", "paragraph"],
            id="line numbers beside it that a rule claims",
        ),
        pytest.param(
            f'<pre>{FIRST}<div class="site-footer">1</div></pre><p>{SECOND}</p>',
            ["paragraph", "paragraph"],
            id="an article in pre, with chrome inside",
        ),
    ],
)
def test_code_in_pre(profiles: Profiles, body: str, expected: list[str]) -> None:
    """`pre` is code; with chrome inside it only where it says so, since whole articles stand in one."""
    assert expected == types(record_of(profiles, body))


def test_elements_that_are_the_body_together_keep_their_kinds(tmp_path: Path) -> None:
    """A heading, a caption and a list are the same beside the paragraphs as in an element around them."""
    body = '[[article.body]]\ncss = ".story > *"\nevery = true\nimages = { captions = ".legend" }'
    write(tmp_path, layouts={"2024_story": changed(LAYOUT, '[[article.body]]\ncss = "div.story"', body)})
    inside = (
        f'<p>{FIRST}</p><h2>桥上的人</h2><p><img src="https://www.sample.example/p/1.jpg" width="600" height="400"></p>'
        f'<p class="legend">渡口的灯</p><p>{SECOND}</p><ul><li>灯油</li><li>钥匙</li></ul><p>{THIRD}</p>'
    )
    record = record_of(load_profiles(tmp_path), inside)
    assert ["paragraph", "heading", "image", "paragraph", "list", "paragraph"] == types(record)
    assert "渡口的灯" == record.blocks[2].caption

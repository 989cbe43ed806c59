"""Records of our own for the tests of `crawler.records`: one that uses every field, and one for each other shape."""

from __future__ import annotations

from typing import Any

import msgspec

from crawler.records.model import (
    Account,
    Author,
    Block,
    BlockType,
    BodyFromData,
    Breadcrumb,
    CharsetEvidence,
    CharsetSource,
    ChromeEntry,
    Coverage,
    DatePrecision,
    Doubt,
    Extraction,
    ExtractionMethod,
    Fetch,
    Flag,
    Image,
    Info,
    Item,
    Kind,
    LayoutChoice,
    Pages,
    ProfileRef,
    Provenance,
    Record,
    RenderedChanges,
    Role,
    Source,
)

PICTURE = "https://pic.example.com/harbour.jpg"


def article() -> Record:
    """Return a record in which every field, every block type and every nullable value is there."""
    return Record(
        id="example:K7Q1",
        site="example",
        kind=Kind.ARTICLE,
        url="https://www.example.com/news/K7Q1.html?from=home",
        canonical_url="https://www.example.com/news/K7Q1.html",
        title="灯塔重新点亮|例报",
        headline="灯塔重新点亮",
        original_headline="停摆十年的灯塔重新点亮",
        info=(Info("2026-02-20 10:12:47 来源: 例报", "post_info", "/html/body/div[2]/div[1]"),),
        abstract="停摆十年，灯塔重新点亮。",
        description="一座灯塔的故事",
        article_section="港口",
        keywords=("灯塔", "港口"),
        authors=(Author("林小满", "记者 林小满", "https://www.example.com/u/1"),),
        editors=("周舟",),
        account=Account("港口号", "T1", "https://www.example.com/a/T1", "讲港口的事", 128, 12000),
        source=Source("例报", "https://paper.example.com/1"),
        date_published="2026-02-20T10:12:47+08:00",
        date_published_raw="2026-02-20 10:12:47",
        date_precision=DatePrecision.SECOND,
        date_modified="2026-02-21",
        location="浙江",
        in_language="zh-CN",
        breadcrumbs=(Breadcrumb("首页", "https://www.example.com/"),),
        blocks=(
            Block(type=BlockType.PARAGRAPH, text="入夜，灯塔亮了。"),
            Block(type=BlockType.HEADING, text="旧灯", level=2),
            Block(type=BlockType.IMAGE, url=PICTURE, caption="灯塔 林小满 摄", credit="林小满", width=640, height=480),
            Block(type=BlockType.IMAGE, caption="只有图注的一张图"),
            Block(type=BlockType.VIDEO, url="https://v.example.com/1.mp4", caption="视频"),
            Block(type=BlockType.AUDIO),
            Block(type=BlockType.LIST, text="一 二", items=("一", "二")),
            Block(type=BlockType.TABLE, text="年 盏", rows=(("年", "盏"), ("", ""))),
            Block(type=BlockType.QUOTE, text="“我们等了十年。”"),
            Block(type=BlockType.CODE, text="on()"),
        ),
        article_body="入夜，灯塔亮了。\n\n旧灯",
        article_body_html="<p>入夜，灯塔亮了。</p><h2>旧灯</h2>",
        images=(Image(PICTURE, "灯塔 林小满 摄"),),
        main_image=Image(PICTURE, "灯塔"),
        comment_count=12,
        pages=Pages(1, 2, ("https://www.example.com/news/K7Q1_2.html",)),
        chrome=(
            ChromeEntry(role=Role.NAV, text="首页 要闻", rule="top_nav", xpath="/html/body/div[1]"),
            ChromeEntry(
                role=Role.HOT,
                text="热点 码头开了夜市 渔家 3跟贴",
                heading="热点",
                items=(
                    Item(
                        headline="码头开了夜市",
                        url="https://www.example.com/news/K7Q2.html",
                        author="渔家",
                        date_published="2026-02-19T08:00:00+08:00",
                        image=PICTURE,
                        comment_count=3,
                    ),
                ),
                rule="hot_list",
                xpath="/html/body/div[3]",
            ),
            ChromeEntry(role=Role.UNKNOWN, text="回到", rule="unclaimed", xpath="/html/body/p[1]"),
        ),
        coverage=Coverage(total=100, article=60, chrome=30, hidden=8, unknown=2),
        body_from_data=BodyFromData(48, 12),
        layout=LayoutChoice("2020_post", 0.95, "2016_end", 0.25, 0.7),
        profile=ProfileRef("example", "sha256:00ff"),
        extraction=Extraction(ExtractionMethod.PROFILE, 0.95, "none 1"),
        provenance={"headline": Provenance("h1", "灯塔重新点亮"), "account.name": Provenance("card", "港口号")},
        fetch=Fetch(
            fetched_at="2026-02-22T03:04:05Z",
            status=200,
            rendered=True,
            rendered_changes=RenderedChanges(("account.name", "commentCount"), (Role.HOT,)),
            charset=CharsetEvidence(
                name="gb18030", chosen_by=CharsetSource.TRIAL, bom="utf-8", header="utf-8", meta="gbk", replaced=1
            ),
            sha256="0" * 64,
        ),
        content_hash="f" * 64,
        flags=(Flag.BODY_INCOMPLETE, Flag.ENCODING_DOUBT, Flag.SMALL_MARGIN),
        doubts=(Doubt(Flag.BODY_INCOMPLETE, "/html/body/div[4]/p[2]", ("灯塔下面还有一段话。",)),),
    )


def gallery() -> Record:
    """Return a gallery known to the minute, without blocks and without what a page may lack."""
    return Record(
        id="example:G1",
        site="example",
        kind=Kind.GALLERY,
        url="https://www.example.com/photo/G1.html",
        headline="港口的早晨",
        date_published="2026-02-20T10:12:00+08:00",
        date_precision=DatePrecision.MINUTE,
        coverage=Coverage(total=5, article=5),
        layout=LayoutChoice("gallery", 1.0),
        profile=ProfileRef("example", "v1"),
        extraction=Extraction(ExtractionMethod.PROFILE, 1.0),
        fetch=Fetch(fetched_at=None, status=200, charset=None, sha256="a" * 64),
        content_hash="b" * 64,
    )


def dated_by_day() -> Record:
    """Return an article of which only the day is known."""
    return msgspec.structs.replace(article(), date_published="2026-02-20", date_precision=DatePrecision.DAY)


def text_dump() -> Record:
    """Return an article from a text dump: no URL, no date, no places, no status."""
    return msgspec.structs.replace(
        article(),
        url=None,
        canonical_url=None,
        info=(Info("来源: 例报", "source_line"),),
        date_published=None,
        date_published_raw=None,
        date_precision=None,
        chrome=(ChromeEntry(role=Role.NAV, text="首页 要闻", rule="phrases.nav"),),
        body_from_data=None,
        extraction=Extraction(ExtractionMethod.TEXT, 0.9),
        doubts=(Doubt(Flag.SMALL_MARGIN, "/layout"),),
        fetch=Fetch(fetched_at=None, status=None, charset=None, sha256="c" * 64),
    )


SAMPLES: dict[str, Record] = {
    "article": article(),
    "gallery": gallery(),
    "dated_by_day": dated_by_day(),
    "text_dump": text_dump(),
}


def plain(record: Record, **changes: Any) -> dict[str, Any]:
    """Return the record as a dict with some top-level keys changed."""
    return {**record.to_dict(), **changes}

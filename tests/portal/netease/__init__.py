"""NetEase pages of our own making: one module a template, and here the cases, each named for its reason."""

from __future__ import annotations

from datetime import datetime

from tests.portal.netease import errors, gallery, hao2019, lists, mobile, post1603, post2020, text2005, video
from tests.portal.page import FixturePage
from tests.portal.server import Portal

POST2020 = (
    post2020.Spec("hao_plain", "网易号 page as served: 40 related, 20 hot, hidden time after them, double 头条要闻"),
    post2020.Spec(
        "hao_after_js",
        "the same kind after scripts ran: comments, ads between the items, quotes box, links moved into the bar; 2021",
        day=datetime(2021, 2, 18, 7, 2, 10),
        letter="G",
        after_js=True,
        images=4,
        query="?f=post2020_dy_recommends",
    ),
    post2020.Spec(
        "hao_wan_followers",
        "1.2万 followers, an icon in the author card, captions after <br> in the picture's paragraph, two earlier articles",
        followers="1.2万",
        caption_line=True,
        previous=2,
        day=datetime(2026, 1, 3, 23, 59, 59),
    ),
    post2020.Spec(
        "portal_words_in_body",
        "the article itself says 热点推荐, 特别声明, 相关推荐, 责任编辑 in mid-sentence",
        portal_words=True,
        images=1,
        letter="L",
        day=datetime(2026, 7, 6, 6, 30, 1),
    ),
    post2020.Spec("hao_no_images", "no picture in the body; short; the care version's address (_pa11y)", images=0, paragraphs=5, suffix="_pa11y"),
    post2020.Spec(
        "lines_at_end",
        "author, source and picture lines that nothing marks end the body: they stay in it, and name no author or source",
        end_lines=True,
        images=2,
    ),
    post2020.Spec(
        "time_only_in_info_line", "neither html nor meta nor the container's data give the time: the info line does", channel="news", stamp=False, images=1
    ),
    post2020.Spec("comments_filled", "after scripts ran, with comments and a count that is one", channel="sports", after_js=True, comments=6, images=1),
    post2020.Spec("rich_blocks", "heading, list, table, quotation and named characters in the body", rich=True, paragraphs=8, images=1),
    post2020.Spec(
        "channel_editor_line",
        "channel article: 本文来源 and 责任编辑 line, 原标题 line, no disclaimer, no author card",
        channel="news",
        original_title=True,
        letter="L",
    ),
    post2020.Spec(
        "ip_location", "IP 属地 after an icon in the info line", channel="sports", location="北京", day=datetime(2025, 8, 8, 8, 8, 8), query="?spss=adap_pc"
    ),
    post2020.Spec(
        "gov_variant",
        "网易政务: other wrapper, one column, apps' pictures at the side, share picture in a box of no height at the end",
        channel="news",
        gov=True,
        location="上海",
        share_image=True,
        day=datetime(2025, 10, 16, 17, 41, 22),
    ),
    post2020.Spec(
        "share_image_at_end",
        "a share picture that readers never see ends the body; the source has no address ('#')",
        channel="money",
        share_image=True,
        source_link=False,
        images=2,
    ),
    post2020.Spec(
        "video_in_body",
        "a video with its line in the body (known of older pages, unproven here), after scripts ran",
        channel="ent",
        video=True,
        after_js=True,
        day=datetime(2022, 3, 9, 12, 0, 30),
        letter="H",
    ),
    post2020.Spec(
        "quotes_in_title", "unescaped quote marks cut og:title and description; h1 is whole", channel="tech", cut_quote=True, images=2
    ),
    post2020.Spec("cover_in_meta", "og:image is a picture that the body has not; elsewhere it is the portal's logo", cover=True, images=1),
    post2020.Spec("gbk_undeclared", "GBK bytes, and neither header nor meta says so", channel="news", encoding="gb18030", header="text/html"),
    post2020.Spec("header_lies_gbk", "the header says GBK over UTF-8 bytes", header="text/html; charset=GBK", images=2),
)  # fmt: skip

POST1603 = (
    post1603.Spec("ads_inside_end_text", "two ad boxes between the paragraphs of #endText, one with words", ad_inside=True),
    post1603.Spec(
        "related_box_inside_body",
        "延伸阅读 inside #endText, each paragraph in a div, html/@data-publishtime, empty paragraphs",
        related_inside=True,
        wrapped=True,
        stamp=True,
        ad_inside=False,
        images=0,
        day=datetime(2020, 2, 29, 18, 34, 31),
        letter="F",
    ),
    post1603.Spec(
        "video_and_hidden_copy",
        "a video in #endText, 延伸·推荐 with a hidden <pre> that says it again",
        video=True,
        recommended_twice=True,
        section=("社会新闻", "/shehui/"),
        images=1,
    ),
    post1603.Spec(
        "original_title_line",
        "finance article with key-word links and 原标题; the source's address is http://#",
        channel="money",
        section=None,
        source_link=False,
        paragraphs=22,
    ),
    post1603.Spec(
        "hot_with_pictures",
        "finance: 精彩图片 in the right column, a list with pictures under a heading of its own",
        channel="money",
        section=None,
        hot_pictures=True,
        images=1,
    ),
    post1603.Spec(
        "raw_static",
        "as served: no recommendations, no hot news, comment counts 0, no next article",
        after_js=False,
        comments=None,
        day=datetime(2020, 9, 30, 9, 1, 2),
        letter="F",
        stamp=True,
    ),
    post1603.Spec("quotes_in_title", "unescaped quote marks cut og:title and description", cut_quote=True, original_title=False, comments=12934),
    post1603.Spec(
        "sloppy_markup_bom",
        "paragraphs that are never closed, upper-case tags; a UTF-8 BOM under a header that says GBK",
        sloppy=True,
        bom=True,
        images=0,
        ad_inside=False,
        original_title=False,
        header="text/html; charset=GBK",
        day=datetime(2016, 7, 8, 23, 0, 1),
        letter="B",
        comments=8,
    ),
    post1603.Spec(
        "gbk_header",
        "GBK as the channels were served before 2020, said by the header alone; an _all style query",
        encoding="gb18030",
        header="text/html; charset=GBK",
        day=datetime(2017, 4, 1, 12, 13, 14),
        letter="C",
        channel="tech",
        section=("互联网", "/internet/"),
        query="?f=post1603_tab_news",
    ),
)  # fmt: skip

HAO2019 = (
    hao2019.Spec("meta_lies_gb2312", "the meta says gb2312 over UTF-8 bytes; comments are there"),
    hao2019.Spec("date_only", "no data-ptime: only the day is known; no comments", date_only=True, comments=0, short_lines=False),
    hao2019.Spec(
        "gbk_declared_gb2312",
        "declared gb2312, really GBK with characters that GB2312 has not; /article/ID.html address",
        path="article",
        encoding="gb18030",
        header="text/html",
        day=datetime(2020, 6, 1, 1, 2, 3),
        letter="F",
        images=2,
    ),
    hao2019.Spec("meta_lies_utf8", "the meta says utf-8 over GBK bytes, the header says nothing", declared="utf-8", encoding="gb18030", header="text/html", images=1, comments=3),
)  # fmt: skip

TEXT2005 = (
    text2005.Spec("bare_text", "as of 2005: bare text between <br>, time and source in a line with the comments"),
    text2005.Spec(
        "text_beside_the_headline", "the text stands in #main itself; no comments", boxed=False, channel="sports"
    ),
    text2005.Spec(
        "nobody_commented",
        "a count of 0, which is none",
        comments=0,
        channel="news",
        day=datetime(2006, 11, 3, 21, 0, 9),
        paragraphs=4,
    ),
)

MOBILE = (
    mobile.Spec("s_tip_in_figures", "a tip to open the app inside each of 40 figures; lazy pictures; IP 属地", location="北京", images=40, paragraphs=30),
    mobile.Spec("video_figure_captions", "a video figure with an empty <video>, captions under every third picture", video=True, captions=True, images=9, query="?spss=adap_pc"),
    mobile.Spec("hao_3g_host", "a 网易号 article on the older host 3g; no editor", channel="dy", host="3g.163.com", letter="H", day=datetime(2022, 1, 5, 21, 40, 0), images=3),
    mobile.Spec("pay_wrap_no_images", "no picture; a hidden notice for members after the body", images=0, pay=True, channel="tech", query="#adaptation=pc"),
)  # fmt: skip

VIDEO = (
    video.Spec("video_plain", "a video page"),
    video.Spec("video_tracked", "with tracking parameters", query="?f=post2020_dy_recommends", related=12),
    video.Spec(
        "video_mobile_host",
        "the same make on the mobile host",
        host="m.163.com",
        day=datetime(2024, 5, 6, 7, 8, 9),
        first="A",
    ),
)

GALLERY = (
    gallery.Spec("gallery_gbk", "a set of 12 pictures, GBK"),
    gallery.Spec(
        "gallery_fragment",
        "address with the number of a picture in the set",
        fragment="#p=DJ5K0AGF00AP0001",
        channel="ent",
        code="00AJ0003",
        pictures=5,
    ),
)


def articles() -> list[FixturePage]:
    """Return every article, video and gallery page."""
    return [
        *(post2020.build(spec) for spec in POST2020),
        *(post1603.build(spec) for spec in POST1603),
        *(hao2019.build(spec) for spec in HAO2019),
        *(text2005.build(spec) for spec in TEXT2005),
        *(mobile.build(spec) for spec in MOBILE),
        *(video.build(spec) for spec in VIDEO),
        *(gallery.build(spec) for spec in GALLERY),
    ]


def pages() -> list[FixturePage]:
    """Return every page of this portal, lists included."""
    found = articles()
    linked = [page for page in found if page.truth["kind"] == "article" and page.layout != text2005.LAYOUT]
    return [*found, *lists.pages(linked)]


def portal() -> Portal:
    """Return a server (not yet running) with every page, robots.txt and the portal's own not-found page."""
    return Portal(pages(), robots=errors.ROBOTS, missing=errors.not_found())

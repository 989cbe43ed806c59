"""Pages that show a notice in the place of an article give no record; articles about such notices do."""

from __future__ import annotations

import gzip
import json
import re
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler import Quarantined, Record
from crawler.errors import Failure
from crawler.extract import extract, profiles_in
from crawler.page.charset import decode
from crawler.profiles.load import Profile
from crawler.profiles.model import ErrorPage
from crawler.records.model import Flag, Kind
from crawler.sieve import notices
from tests.cases import Case, cases, record_of
from tests.conftest import corpus_index

NOTICES = {
    Failure.CAPTCHA: [
        "请完成安全验证", "系统检测到您的网络环境存在异常，请拖动滑块完成验证", "为了保障账号安全，请输入验证码后继续访问", "您的访问过于频繁，请稍后再试",
        "Verify you are human by completing the action below.",
    ],
    Failure.LOGIN_WALL: [
        "请先登录", "登录后查看", "登录/注册后继续阅读全文", "付费内容，订阅后可阅读全文", "请在APP内打开查看全文", "Subscribe to continue",
        "Please log in to continue reading",
    ],
    Failure.REMOVED: [
        "该文章已被删除", "该内容已被发布者删除", "此内容因违规无法查看", "内容已下线", "由于版权原因，该视频已下线", "很抱歉，该文章涉嫌违反相关法律法规，已被删除",
        "抱歉，您访问的文章已被作者删除，去看看其他内容吧。", "This article has been removed.",
    ],
    Failure.NOT_FOUND: ["文章不存在", "您访问的页面不存在", "404 Not Found", "页面出错了 5秒后自动返回首页"],
    Failure.NEEDS_RENDERING: ["加载中...", "正在加载，请稍候", "请开启JavaScript后刷新页面"],
}  # fmt: skip
RELATED = "".join(f'<li><a href="/a/{n}.html">老城区的河堤上新栽了三百棵柳树{n}</a></li>' for n in range(12))
SHAPES = (
    "<p>{}</p>",
    "{}",
    (
        '<div class="tip"><i class="icon"></i><img src="/img/delete-icon.png" width="120" height="120"><p>{}</p>'
        '<a class="btn" href="/">返回首页</a></div>'
    ),
    "<h2>{}</h2><button>返回首页</button>",
    f"<div><h3>温馨提示</h3><p>{{}}</p></div><div><h4>猜你喜欢</h4><ul>{RELATED}</ul></div>",
    "<table><tr><td>{}</td></tr></table>",
    "<h2>{}</h2><p>5秒后自动返回首页</p>",
)
EMPTY = (
    "", " \n ", "<p></p>", "<p>&nbsp;</p><p>　</p>", '<div class="gg">广告</div>', '<p><img src="/img/blank.gif"></p>',
    "<p>责任编辑：林一</p>", "<!-- none --><br><br>", "<p>（来源：河畔晚报）</p>", '<p><img src="/img/dot.png" width="1" height="1"></p>',
)  # fmt: skip
DATA = re.compile(r'("(?:data|content|note)"\s*:\s*)"(?:[^"\\]|\\.)*"')


def source(case: Case) -> str:
    """Return the page as text."""
    charset = record_of(case.name).fetch.charset
    assert charset is not None
    return case.body.decode(charset.name)


def profile(case: Case) -> Profile:
    """Return the case's profile."""
    return profiles_in()[case.name.partition("/")[0]]


def selectors(case: Case) -> list[str]:
    """Return the selectors of the body in the case's layout."""
    return body_selectors(profile(case), case.layout)


def body_selectors(site: Profile, layout: str) -> list[str]:
    """Return the selectors of the body in a layout."""
    found: list[str] = []
    for body in site.layouts[layout].article.body:
        found += (body.css,) if isinstance(body.css, str) else body.css or ()
    return found


def in_place(page: str, places: list[str], html: str) -> str | None:
    """Return the page with `html` in what the first selector to find anything finds; None where none does."""
    tree = LexborHTMLParser(page)
    for css in places:
        nodes = tree.css(css)
        for number, node in enumerate(nodes):
            node.inner_html = "" if number else html
        if nodes:
            return tree.html
    return None


def replaced(case: Case, html: str, *, data: bool = False) -> str | None:
    """Return the page with `html` in the place of its body, in its elements or in its data; None where it has no such."""
    if data:
        page, count = DATA.subn(lambda m: m[1] + json.dumps(html).replace("</", "<\\/"), source(case))
        return page if count else None
    return in_place(source(case), selectors(case), html)


def result(case: Case, page: str) -> Record | Quarantined:
    """Return what comes of `page` in the place of the case's."""
    try:
        return case.extract(f'<meta charset="utf-8">{page}'.encode())
    except Quarantined as error:
        return error


def outcome(case: Case, page: str) -> str:
    """Return the name of the failure, or `record`."""
    found = result(case, page)
    return "record" if isinstance(found, Record) else found.failure.value


# A player's text is what browsers without one show, and a video needs no text; a page of 2005 has its headline in the
# body's element.
OTHERS = {"2005_subjection"} | {
    layout.id for profile in profiles_in().values() for layout in profile.layouts.values() if layout.kind is Kind.VIDEO
}
CASES = {case.layout: case for case in reversed(cases()) if case.layout not in OTHERS}
IN_DOM = {name: case for name, case in CASES.items() if replaced(case, "") is not None}


def body_in_data(case: Case) -> bool:
    """Return whether the body is read from the page's data, and from a value that `replaced` replaces."""
    if Flag.BODY_FROM_DATA not in record_of(case.name).flags:
        return False
    return bool(case.texts) and any(case.texts[0][:12] in found[0] for found in DATA.finditer(source(case)))


IN_DATA = {case.layout: case for case in reversed(cases()) if case.layout not in OTHERS and body_in_data(case)}


@pytest.mark.parametrize("failure", NOTICES)
@pytest.mark.parametrize("layout", IN_DOM)
def test_a_notice_in_the_place_of_the_body_is_not_an_article(layout: str, failure: Failure) -> None:
    """In whatever element, with icon, button and a list of other articles: its failure says what the page is."""
    case, shapes = IN_DOM[layout], cycle(SHAPES)
    given = {}
    for text in NOTICES[failure]:
        page = replaced(case, next(shapes).format(text))
        assert page is not None
        given[text] = outcome(case, page)
    assert given == dict.fromkeys(NOTICES[failure], failure.value)


@pytest.mark.parametrize("layout", IN_DATA)
def test_a_notice_in_the_data_is_not_an_article(layout: str) -> None:
    """Where the body is read from the page's data."""
    case = IN_DATA[layout]
    given = {}
    for text in NOTICES[Failure.REMOVED]:
        page = replaced(case, f"<p>{text}</p>", data=True)
        assert page is not None
        given[text] = outcome(case, page)
    assert given == dict.fromkeys(NOTICES[Failure.REMOVED], "removed")


@pytest.mark.parametrize("layout", sorted(IN_DOM.keys() - IN_DATA.keys()))
def test_an_empty_body_is_not_an_article(layout: str) -> None:
    """White space, advertisements, placeholders and credits are not a body; the element is there, so no rule missed."""
    case = IN_DOM[layout]
    data = re.sub(r"<script\b.*?</script>", "", source(case), flags=re.DOTALL)
    given = {}
    for html in EMPTY:
        tree = LexborHTMLParser(data)
        css = next(css for css in selectors(case) if tree.css_matches(css))
        for number, node in enumerate(tree.css(css)):
            node.inner_html = "" if number else html
        given[html] = outcome(case, tree.html or "")
    assert given == dict.fromkeys(EMPTY, "empty_body")


def test_recorded_pages_with_a_notice_in_the_place_of_the_body(corpus: Path) -> None:
    """In the frames of real pages, which hold more chrome than ours: none gives a record."""
    texts, shapes = cycle(text for texts in NOTICES.values() for text in texts), cycle(SHAPES)
    records, tried = [], 0
    for entry in corpus_index(corpus, *profiles_in()):
        body = gzip.decompress((corpus / "pages" / f"{entry['name']}.html.gz").read_bytes())
        try:
            layout = extract(body, entry["url"]).layout.id
        except Quarantined:  # a list, or a layout that is not known yet
            continue
        for text, shape in ((next(texts), next(shapes)) for _ in range(6)):
            places = body_selectors(profiles_in()[entry["site"]], layout)
            page = in_place(decode(body, None)[0], places, shape.format(text))
            if page is None:
                continue
            tried += 1
            with suppress(Quarantined):
                records.append((extract(f'<meta charset="utf-8">{page}'.encode(), entry["url"]).url, text))
    assert (records, tried > 60) == ([], True)


POST = next(case for case in cases() if case.name == "netease/2020_post_main/hao_plain")


def post(body: str, headline: str | None = None) -> Record | Quarantined:
    """Return what comes of a plain page with another body and, if given, another headline and title."""
    page = replaced(POST, body) or ""
    if headline is not None:
        page = re.sub(r"(<h1[^>]*>).*?(</h1>)", rf"\g<1>{headline}\g<2>", page, flags=re.DOTALL)
        page = re.sub(r"(<title>).*?(</title>)", rf"\g<1>{headline}_网易订阅\g<2>", page, flags=re.DOTALL)
    return result(POST, page)


@pytest.mark.parametrize("headline", ["该文章已被删除", "安全验证", "页面不存在", "用户登录后查看", "404 Not Found"])
def test_a_headline_that_is_a_notice(headline: str) -> None:
    """Above a body without prose it is what the page is; above an article it is a headline."""
    found = post("<p>去别处转一转，也许会遇见更好的风景。</p>", headline)
    assert isinstance(found, Quarantined)
    article = "<p>河畔的老邮局今天重新开门，排队的人一直站到桥头，柜台里的信箱还是六十年前的那一排。</p>" * 5
    assert isinstance(post(article, headline), Record)


ARTICLES = (
    "<p>网易发布声明，称此前发布的文章已被删除，并向当事人致歉。</p>",
    "<p>3月5日，某公司发布的文章引发争议，目前该文章已被删除。评论区里仍有人追问原因。</p>",
    "<p>12306启用新版验证码，旅客购票需依次点击图片，有老人说看不清，车站为此增开了人工窗口。</p>",
    "<p>社交平台出现宕机，部分用户网页无法访问，工程师称正在排查。</p>",
    "<p>考生请登录官网查询成绩，如有疑问，可在三天之内到考务中心申请复核，逾期不再受理。</p>",
    '<p>登录月球的第一天</p><p><img src="https://pic.example.com/2026/0221/moon.jpg" width="900"></p>',
    '<p><img src="https://pic.example.com/2026/0221/harbour.jpg"></p><p>责任编辑：林一</p>',
    "<p>雨。</p>",
    "<p>声明：网传河畔书店关门的消息不实，请勿传谣。</p>",
    "<p>多家网站的评论框写着“登录后发表评论”，本报记者数了一数，共有四十七家，其中三家连注册页面都不存在。</p>",
)


@pytest.mark.parametrize("body", ARTICLES)
def test_an_article_about_such_things_is_an_article(body: str) -> None:
    """However short: it says more than a notice, or shows a picture of its own."""
    found = post(body)
    assert isinstance(found, Record), found


WORDINGS = (
    "您的操作太快了，歇一会儿再来吧", "请把图片拖到缺口处", "为确保您的访问安全，请进行身份核验", "请旋转图片至正确角度", "此稿已撤",
    "此文章为App专享内容，下载App阅读", "需要输入密码才能访问", "余下全文，请登录阅读", "一键登录，立享全文",
    "作者已将该文章设为仅自己可见", "你来晚了，文章已经没了", "这篇文章看不了了", "编辑部已将此稿撤回", "内容涉敏感信息，不予展示", "本文已被折叠",
    "该账号因违反平台规定已被禁言", "抱歉，由于版权限制，您所在的地区无法观看", "由于内容调整，此文章已停止展示", "系统维护，暂停访问", "504 网关超时",
    "Not available in your region", "页面跑到火星去了", "空空如也", "什么也没有找到", "稿件编辑中", "打开河畔客户端，查看完整内容",
)  # fmt: skip


@pytest.mark.parametrize("pictures", [False, True])
def test_a_short_notice_is_known_by_its_words(pictures: bool) -> None:
    """However it is worded, with an icon of its own or none: it has hardly any words but those of notices."""
    assert [text for text in WORDINGS if notices.of_body([text], pictures=pictures) is None] == []


NEWS_OF_A_LINE = (
    "苹果下架三款应用。", "国家网信办下架25款违规APP。", "谷歌宣布停用第三方cookie。", "国家药监局撤销该疫苗批文。", "滴滴出行App下架。",
    "特斯拉撤回涨价通知。", "北岑航空服务器出现故障，全岛多地无法登录。", "河畔网回应热搜词条被撤：系统错误", "12306网站系统维护，暂停售票。",
)  # fmt: skip


def test_news_of_a_line_is_an_article() -> None:
    """It has words of notices, and names what it is about."""
    assert [text for text in NEWS_OF_A_LINE if notices.of_body([text], pictures=False) is not None] == []


@pytest.mark.parametrize(
    "line",
    [
        "图片来自网络，如有侵权请联系删除",
        "如侵权请联系删除",
        "（图片来自网络，侵权即删）",
        "版权归原作者所有，未经许可不得转载",
        "点击图片查看大图",
    ],
)
def test_pictures_above_a_disclaimer_are_an_article(line: str) -> None:
    """The line says what to do about rights to the pictures, not that anything was removed."""
    found = post(f'<p><img src="https://pic.example.com/2026/0221/harbour.jpg" width="900"></p><p>{line}</p>')
    assert isinstance(found, Record), found


def test_a_wall_below_a_teaser() -> None:
    """A paragraph and then the wall is not the article; below more prose, and as a hint to an app, it is chrome."""
    teaser = "<p>河畔的老邮局今天重新开门，排队的人一直站到桥头，柜台里的信箱还是六十年前的那一排。</p>"
    found = post(f"{teaser}<p>登录后阅读全文</p>")
    assert isinstance(found, Quarantined)
    assert found.failure is Failure.LOGIN_WALL
    assert isinstance(post(f"{teaser * 12}<p>登录后阅读全文</p>"), Record)


def test_a_page_without_a_layout_says_what_it_is() -> None:
    """A notice in a page that no layout fits is named; without one the layout is what is missing."""
    frame = "<html><head><title>{}_网易</title></head><body><div>{}</div></body></html>"
    given = [outcome(POST, frame.format(*texts)) for texts in (
        ("提示", "该文章已被删除"), ("安全验证", "河畔"), ("邮局", "河畔"), ("邮局", "请先登录"),
        ("邮局", f"该文章已被删除<p>{'排队的人一直站到桥头，柜台里的信箱还是六十年前的那一排。' * 8}</p>"),
    )]  # fmt: skip
    assert given == ["removed", "captcha", "unknown_layout", "login_wall", "unknown_layout"]


def with_errors(*errors: ErrorPage) -> Record | Quarantined:
    """Return what comes of the plain page by a profile with other `errorPages`."""
    shipped = profiles_in()["netease"]
    site = msgspec.structs.replace(shipped.site, error_pages=errors)
    changed = Profile(shipped.folder, site, shipped.layouts, shipped.version)
    try:
        return extract(POST.body, POST.response["url"], profiles=[changed])
    except Quarantined as error:
        return error


def test_error_pages_are_looked_for_before_any_layout() -> None:
    """An element that identifies the page decides, whatever layout it has; the page as a whole only without prose."""
    found = with_errors(ErrorPage(css="div.post_main", reason="a page under repair"))
    assert isinstance(found, Quarantined)
    assert (found.failure, found.layout) == (Failure.NOT_AN_ARTICLE, None)
    assert "a page under repair" in str(found)
    assert isinstance(with_errors(ErrorPage(css="div.post_main", where="no such text", reason="none")), Record)
    assert isinstance(with_errors(ErrorPage(css="body", reason="none"), ErrorPage(css="title", reason="none")), Record)


def test_error_pages_by_the_whole_page() -> None:
    """Where the body has hardly any prose, the profile's word on the title or the page counts."""
    page = (replaced(POST, "<p>本页歇业三日。</p>") or "").replace("<title>", "<title>404 ")
    assert outcome(POST, page) == Failure.NOT_AN_ARTICLE


@pytest.mark.parametrize("text", ["验" * 200_000, "，" * 200_000, "请先登录。" * 40_000, "该文章" * 60_000])
def test_long_lines_cost_little(text: str) -> None:
    """A body beyond a length is an article, unread."""
    assert notices.of_body([text]) is None
    assert notices.of_line(text) is None
    assert notices.of_page([text]) is None

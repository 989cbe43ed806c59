"""Pages of the template "post2020" (late 2020 to now): 网易号, channel and 网易政务 articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from tests.portal.netease import body2020, chrome, items, menus, side2020
from tests.portal.netease.body import Body
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2020_post_main"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    channel: str = "dy"
    gov: bool = False
    day: datetime = datetime(2026, 2, 20, 10, 12, 47)
    letter: str = "K"
    after_js: bool = False
    paragraphs: int = 14
    images: int = 3
    location: str | None = None
    original_title: bool = False
    share_image: bool = False
    cover: bool = False
    caption_line: bool = False
    video: bool = False
    cut_quote: bool = False
    portal_words: bool = False
    rich: bool = False
    end_lines: bool = False
    stamp: bool = True
    comments: int = 0
    source_link: bool = True
    followers: str = "2048"
    previous: int = 3
    encoding: str = "utf-8"
    header: str | None = "text/html; charset=utf-8"
    suffix: str = ""
    query: str = ""

    @property
    def hao(self) -> bool:
        """True for a page that an account published."""
        return self.channel == "dy"


LOGO = "https://static.ws.126.net/163/f2e/common/share-icon.png"


def cover_of(spec: Spec) -> str | None:
    """Return the picture that stands for the article in its metadata; None where the portal's logo does."""
    return f"https://dingyue.ws.126.net/{spec.day:%Y/%m%d}/{spec.case}.jpg" if spec.cover else None


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    doc = items.doc_id(prose, spec.channel, spec.letter)
    canonical = items.article_url(spec.channel, doc)
    url = canonical.replace(".html", f"{spec.suffix}.html") + spec.query
    headline = prose.headline()
    if spec.cut_quote:
        headline = f'{prose.town()}"{prose.keywords(1)[0]}"之谜：{prose.person()}说"再等等"'
    keywords = prose.keywords(5)
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    media_id = f"T{1400000000000 + prose.below(300000000000)}"
    account = _account(prose, media_id, spec) if spec.hao else None
    source = _source(prose, spec, account)
    body = body2020.build(prose, spec)
    name, brand, home = menus.CHANNELS["gov" if spec.gov else spec.channel]
    title = f"{headline}|{keywords[0]}|{keywords[1]}_{brand}"
    previous = _previous(prose, spec)
    if spec.gov:
        columns, side = side2020.gov_side(prose, spec.day, spec.letter)
    else:
        columns, boxes = side2020.columns(prose, spec.day, spec.letter, after_js=spec.after_js)
        card = side2020.card(prose, account, previous, spec.day, spec.followers) if account else ""
        side = side2020.side(prose, card, boxes, after_js=spec.after_js)
    related = items.some_items(prose, 40, spec.day, spec.letter, "?f=post2020_dy_recommends", videos=True)
    hot = items.some_items(prose, 20, spec.day, spec.letter, "?f=post1603_tab_news")
    generated = f"{spec.day + timedelta(days=1, hours=5):%Y-%m-%d %H:%M:%S}"
    editor = f"{prose.person()}_N{prose.pick(('N', 'B', 'K', 'BJ'))}{prose.digits(4)}"
    description = f"{headline},{','.join(keywords)}"

    truth: Truth = {
        "kind": "article",
        "id": f"netease:{doc}",
        "canonicalUrl": canonical,
        "title": title,
        "headline": headline,
        "originalHeadline": None,
        "keywords": keywords,
        "description": None if spec.cut_quote else description,
        "datePublished": rfc3339(wall),
        "datePrecision": "second",
        "location": spec.location,
        "authors": [],
        "editors": [] if spec.hao else [editor],
        "account": account,
        "source": source,
        "commentCount": spec.comments * 20 or None,
        "breadcrumbs": [{"name": "网易首页", "url": "https://www.163.com/"}, {"name": name, "url": home}],
        "info": [wall, "来源:", source["name"], "举报", *([spec.location] if spec.location else [])],
        "charset": spec.encoding,
        **body.truth(),
    }
    if spec.cut_quote:
        del truth["description"]
    if spec.original_title:
        truth["originalHeadline"] = body.optional[0].removeprefix("（原标题：").removesuffix("）")
        truth["info"].append(body.optional[0])
        truth["optional"] = body.optional[1:]
    truth["notInBody"] += ["举报", "用微信扫码二维码", "跟贴"] + ([] if spec.portal_words else ["热点推荐", "头条要闻"])
    truth["items"] = {
        "related": [i.truth() for i in related],
        "hot": [i.truth() for i in hot],
        "previous": [{k: v for k, v in i.truth().items() if k != "author"} for i in previous],
        "columns": [i.truth() for i in columns],
    }
    truth["chrome"] = _chrome_truth(spec, body, account, editor, generated)

    access = (
        '<a id="cniil_wza" class="ntes-nav-wza" href="javascript:;">无障碍浏览</a>'
        '<a id="js_gowza" class="ntes-nav-wzapage" href="javascript:;">进入关怀版</a>'
    )
    recommends = f"""<!-- recommend -->
<div class="post_recommends js-tab-mod" data-event="click"><div class="post_recommends_titles">
<div class="post_recommends_title js-tab{" active" if spec.after_js else ""}">相关推荐</div>
<div class="post_recommends_title js-tab">热点推荐</div></div>
<div class="post_recommends_ulist js-content{" active" if spec.after_js else ""}">
{items.related_panel(prose, related, after_js=spec.after_js)}</div>
<div class="post_recommends_ulist js-content">
{items.hot_panel(hot, generated)}</div></div>"""
    next_box = ""
    if spec.hao:
        following = previous[0] if previous else related[0]
        next_box = f"""<!-- next -->
<div class="post_next" data-ptime="{following.time}"><div class="post_next_name"><i>/</i><span>阅读下一篇</span><i>/</i></div>
<h3><a id="js_next" href="{attr(following.url)}">{esc(following.headline)}</a></h3>
<div class="post_next_to"><a href="https://www.163.com/?f=post2020_dy">返回网易首页</a><a href="https://www.163.com/newsapp/#f=post2020_dy">下载网易新闻客户端</a></div></div>"""
        truth["chrome"] += contains("next", "阅读下一篇", following.headline, "下载网易新闻客户端")
    wrapper = 'class="container clearfix" id="container"' if spec.gov else 'class="wrapper clearfix" id="contain"'
    tie = chrome.comment_area(prose, doc, comments=spec.comments, hidden=not spec.comments) if spec.after_js else ""
    crumb_end = (
        '<a class="to_reg" href="https://dy.163.com/wemedia/index.html">申请入驻</a>'
        if spec.hao
        else '正文\n<div id="netease_search"></div>'
    )
    info_place = (
        f'<img src="https://static.ws.126.net/163/f2e/post_nodejs/assets/ipLocation.{prose.hexa(7)}.svg" alt="" class="post_ip">{spec.location}'
        if spec.location
        else ""
    )
    html = f"""{_head(prose, spec, headline, truth, description)}
<body aria-url="{canonical.replace(".html", "_pa11y.html")}">
<!-- header -->
<iframe src="https://c.m.163.com/nc/qa/uid.html" tabindex="-1" style="display:none;" class="ntesanalysis-sync-iframe"></iframe>
{chrome.nav(access=access if spec.after_js else "")}
{'<div class="post_area post_columnad_top" data-adid="article_cms_column_1" style="width: 1200px;"></div>' if not spec.hao else ""}
<!-- content -->
<div {wrapper} data-wemediaid="{"W" + prose.digits(18) if spec.hao else ""}" data-docid="{doc}"{f' data-ptime="{wall}"' if spec.stamp else ""} data-hidead="false">
<div class="post_main">
<!-- crumb -->
<div class="post_crumb"><a href="https://www.163.com/">网易首页</a> &gt; <a href="{home}">{name}</a> &gt; {"正文 " if spec.hao else ""}{crumb_end}</div>
<h1 class="post_title">{esc(headline)}</h1>
<!-- keywordsList beigin --><!-- keywordsList end -->
<!-- 来源 -->
<div class="post_info">
{wall}　来源: <a href="{attr(source["url"] or "#")}">{esc(source["name"])}</a>&nbsp;{info_place}
<a href="https://www.163.com/special/0077jt/tipoff.html?title={attr(headline[:8])}" target="_blank" class="post_jubao">举报</a></div>
<div class="post_content" id="content" data-cover="">
<div class="post_top"><div class="post_top_tie"><a class="post_top_tie_icon" target="_self" href="#post_comment_area" title="快速发贴"></a>
<a class="post_top_tie_count js-tielink js-tiejoincount" href="https://comment.tie.163.com/{doc}.html" title="点击查看跟贴">{spec.comments * 20}</a></div>
<div class="post_top_share"><span class="post_top_share_title">分享至</span>{chrome.share_list(text=False)}
{chrome.qrcode("top", url, spec.after_js)}</div></div>
<div class="post_body">
{body.markup()}
</div>
<!-- 相关 -->
{_credits(spec, source, editor) if not spec.hao else ""}
<!-- 声明 -->
{_statement() if spec.hao else ""}
<!-- 分页 -->
<!-- tie -->
<link rel="stylesheet" href="https://static.ws.126.net/163/f2e/tie-sdk/tie-2020-{prose.hexa(20)}.css"/>
<script type="text/javascript">var isShowComments = true, tieChannel = "";</script>
<div class="tie-areas post_comment" id="post_comment_area"><div id="tie">{tie}</div></div>
<script>(function () {{ var config = {{ "docId": "{doc}", "target": document.getElementById("tie"), "operators": ["up", "down", "reply"] }}; config.tpl = "<p class=\\"tie-cnt\\">跟贴<\\/p>"; }})();</script>
{next_box}
</div>
{recommends}
</div>
<div class="post_side">
{side}</div>
<!-- 返回顶部 -->
<a href="http://www.163.com/newsapp/#f=qr" class="newsapp-qrcode"><img src="https://static.ws.126.net/f2e/www/index2014/images/sprite_dw2.png"></a>
<a href="#" class="ns-side-totop" target="_self"><i></i></a>
</div>
{chrome.footer(spec.day.year)}
{access if not spec.after_js else ""}
{chrome.filler_script(prose, 700 if spec.after_js else 260)}{chrome.tracking(prose)}
{'<div id="BAIDU_DUP_fp_wrapper" style="position: absolute; left: -1px; bottom: -1px;"><iframe id="BAIDU_DUP_fp_iframe" src="https://pos.baidu.com/wh/o.htm?ltr="></iframe></div>' if spec.after_js else ""}
</body></html>
"""
    headers = {"Server": "openresty", "Cache-Control": "max-age=60"}
    if spec.header:
        headers["Content-Type"] = spec.header
    sent = spec.header.partition("charset=")[2] or None if spec.header else None
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=url, body=chrome.airy(html).encode(spec.encoding), truth=truth, headers=headers,
        note=spec.note, charset={"header": sent, "meta": None, "actual": spec.encoding},
    )  # fmt: skip


def _account(prose: Prose, media_id: str, spec: Spec) -> Truth:
    number = spec.followers.removesuffix("万")
    return {
        "name": prose.account(),
        "id": media_id,
        "url": f"https://www.163.com/dy/media/{media_id}.html",
        "description": prose.slogan(),
        "articleCount": prose.between(12, 9000),
        "followerCount": int(float(number) * 10000) if spec.followers.endswith("万") else int(number),
    }


def _source(prose: Prose, spec: Spec, account: Truth | None) -> Truth:
    if account:
        return {"name": account["name"], "url": account["url"]}
    return {"name": prose.media(), "url": f"http://www.{prose.hexa(6)}.example/" if spec.source_link else None}


def _previous(prose: Prose, spec: Spec) -> list[Item]:
    if not spec.hao:
        return []
    found = items.some_items(prose, spec.previous, spec.day - timedelta(days=2), spec.letter, "")
    # on whole minutes, so that the line's text and its data-ptime tell the same
    return [
        Item(
            i.headline,
            items.article_url("dy", items.doc_id(prose, "dy", spec.letter)),
            None,
            f"{(i.time or '')[:16]}:00",
        )
        for i in found
    ]


def _credits(spec: Spec, source: Truth, editor: str) -> str:
    link = menus.CHANNELS["gov" if spec.gov else spec.channel][2]
    return f"""<div class="post_author"><a href="{link}"><img src="https://static.ws.126.net/cnews/css13/img/end_{spec.channel}.png" alt="{editor.partition("_")[0]}" width="13" height="12" class="icon"></a>
本文来源：{esc(source["name"])}
责任编辑：
{editor}</div>"""


def _statement() -> str:
    return (
        f'<div class="post_statement"><span class="bg"></span>\n<p>{menus.DISCLAIMER}</p>\n<p>{menus.NOTICE}</p></div>'
    )


def _chrome_truth(spec: Spec, body: Body, account: Truth | None, editor: str, generated: str) -> list[Truth]:
    found = [
        *body.chrome,
        *contains("nav", "快速导航", "注册免费邮箱", "查看网易地图", "安全退出"),
        *contains("breadcrumb", "网易首页", "正文"),
        *contains("share", "分享至", "用微信扫码二维码", "分享至好友和朋友圈"),
        *contains("related", "相关推荐"),
        *contains("hot", "热点推荐", generated),
        *contains("footer", "网易公司版权所有", "About NetEase"),
        *contains("tools", "无障碍浏览", "进入关怀版"),
    ]
    if account:
        found += contains("disclaimer", "特别声明：以上内容", "Notice: The content above")
        found += contains("account", account["name"], account["description"], "文章数", "关注度")
        found += contains("previous", "往期回顾", "全部")
    else:
        found += contains("credits", "本文来源：", editor)
    if spec.gov:
        found += contains("columns", "专题推荐") + contains("app", "扫码下载客户端")
    else:
        found += contains("columns", "头条要闻", "体育要闻", "态度原创", "健康", "军事航空")
    if spec.after_js:
        found += (
            contains("comments", "登录并发贴", "去跟贴广场看看") + contains("ad", "ie") + contains("columns", "上证")
        )
    return found


def _head(prose: Prose, spec: Spec, headline: str, truth: Truth, description: str) -> str:
    keywords, canonical, title = truth["keywords"], truth["canonicalUrl"], truth["title"]
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    shown = (lambda text: text) if spec.cut_quote else attr
    mobile = canonical.replace("www.", "m.")
    agents = "".join(
        f'<meta name="mobile-agent" content="format={kind}; url={mobile}"/>\n' for kind in ("html5", "xhtml", "wml")
    )
    injected = (
        "".join(
            f'<script type="text/javascript" async="" src="https://pos.baidu.com/auto_dup?di={n}&amp;uuid={prose.hexa(16)}&amp;ti={quote(title)}&amp;exps=110011"></script>'
            for n in range(8)
        )
        if spec.after_js
        else ""
    )
    published = f' data-publishtime="{wall}"' if spec.stamp else ""
    published_meta = f'<meta property="article:published_time" content="{rfc3339(wall)}"/>' if spec.stamp else ""
    robots = (
        '<meta name="robots" content="noindex, nofollow"/><style>.post_recommends { display: none; } .post_side_logo p { color: #888; }</style>'
        if spec.gov
        else ""
    )
    return f"""<!DOCTYPE html>
<html id="ne_wrap"{published} data-category="{keywords[0]}"{' version="2011111541" class=" ua-mac"' if spec.after_js else ""}>
<head>{injected}
<title>{esc(title)}</title>
<meta name="keywords" content="{attr(",".join(keywords))}"/>
<meta name="description" content="{shown(description)}"/>
<meta name="author" content="网易"/><meta name="Copyright" content="网易版权所有"/>
<meta name="viewport" content="width=device-width, initial-scale=1.0"/>
<link rel="icon" href="https://www.163.com/favicon.ico" type="image/x-icon"/>
<base target="_blank"><!--[if lte IE 6]></base><![endif]-->
<meta http-equiv="expires" content="0"><meta http-equiv="Cache-Control" content="no-transform"/><meta http-equiv="x-ua-compatible" content="ie=edge">
<meta property="og:type" content="{"news" if spec.hao else "article"}"><meta property="og:title" content="{shown(headline)}"><meta property="og:description" content="{shown(description)}"/>
<meta property="og:url" content="{canonical}"/><meta property="og:image" content="{cover_of(spec) or LOGO}"/>
<meta property="article:author" content="网易"/>{published_meta}
<meta name="twitter:card" content="summary"/><meta name="referrer" content="always">{robots}
<link rel="canonical" href="{canonical}"/><link rel="alternate" media="only screen and(max-width: 640px)" href="{mobile}"/>
{agents}<script>(function () {{ var re = /www\\.163\\.com\\/([a-z0-9]*)\\/article\\/([A-Z0-9]{{16}})(?:_\\w+)?\\.html/; if (/noredirect/.test(location.search)) return; if (re.test(location.href) && /Mobile/.test(navigator.userAgent)) location.href = "https://m.163.com/local/article/{truth["id"][8:]}.html"; }})();</script>
<!--[if lt IE 9]><script type="text/javascript" src="https://static.ws.126.net/163/f2e/libs/html5shiv.js"></script><![endif]-->
<script src="https://static.ws.126.net/utf8/assets/js/jquery-1.10.2.min.js"></script>
{chrome.filler_style(prose, 180)}{chrome.filler_script(prose, 160)}</head>"""

"""Pages of the 网易号 before late 2020 (dy.163.com/v2): ``.article_box``, the account's list outside the container."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.portal.netease import chrome, items, menus
from tests.portal.netease.body import Body
from tests.portal.page import FixturePage, Item, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2019_article_box"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like."""

    case: str
    note: str
    day: datetime = datetime(2019, 5, 17, 20, 2, 46)
    letter: str = "E"
    path: str = "v2/article/detail"
    date_only: bool = False
    comments: int = 5
    paragraphs: int = 18
    images: int = 5
    short_lines: bool = True
    original_hint: bool = False
    declared: str = "gb2312"
    encoding: str = "utf-8"
    header: str | None = "text/html; charset=utf-8"


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    doc = items.doc_id(prose, "dy", spec.letter)
    url = f"http://dy.163.com/{spec.path}/{doc}.html"
    headline = prose.headline()
    if spec.encoding.startswith("gb"):
        headline = f"{prose.person()}与镕基里的旧灯喆：{headline}"  # characters that GBK has and GB2312 has not
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    name, slogan = prose.account(), prose.slogan()
    articles, followers = prose.between(40, 900), prose.between(100, 9000)
    body = _body(prose, spec)
    previous = [
        Item(
            prose.headline(),
            f"http://dy.163.com/v2/article/detail/{items.doc_id(prose, 'dy', spec.letter)}.html",
            None,
            f"{prose.moment(spec.day + timedelta(days=40 - n)):%Y-%m-%d %H:%M:%S}",
            f"http://crawl.ws.126.net/img/{prose.hexa(32)}.jpg",
        )
        for n in range(10)
    ]
    count = prose.between(12, 400) if spec.comments else 0
    joined = count * 7
    title = f"{headline}_网易订阅"

    truth: Truth = {
        "kind": "article",
        "id": f"netease:{doc}",
        "title": title,
        "headline": headline,
        "originalHeadline": None,
        "keywords": [],
        "description": headline,
        "datePublished": wall[:10] if spec.date_only else rfc3339(wall),
        "datePrecision": "day" if spec.date_only else "second",
        "location": None,
        "authors": [],
        "editors": [],
        "account": {"name": name, "description": slogan, "articleCount": articles, "followerCount": followers},
        "source": None,
        "commentCount": count or None,
        "info": [wall[:10], name],
        "charset": spec.encoding,
        **body.truth(),
    }
    truth["notInBody"] += ["特别声明", "跟贴", "用户登录", "列表加载中", previous[3].headline]
    truth["items"] = {
        "related": [],
        "hot": [],
        "columns": [],
        "previous": [{k: v for k, v in i.truth().items() if k != "author"} for i in previous],
    }
    truth["chrome"] = [
        *body.chrome,
        *contains("nav", "快速导航", "查看网易地图"),
        *contains("share", "分享到", "用微信扫描二维码"),
        *contains("disclaimer", "特别声明：以上内容", "Notice: The content above"),
        *contains("comments", "登录并发贴", "跟贴"),
        *contains("next", "阅读下一篇", previous[0].headline, "下载网易新闻客户端"),
        *contains("account", slogan, "篇文章", "人关注"),
        *contains("previous", previous[9].headline),
        *contains("footer", "网易公司版权所有"),
        *contains("tools", "用户登录", "请登录后再关注"),
    ]
    stamp = "" if spec.date_only else f' data-ptime="{wall}"'
    share_url = attr(url + "#ntes_share_c")
    html = f"""<!--{esc(url)}-->
<html class="ua-mac"><head>
<meta http-equiv="Content-Type" content="text/html; charset={spec.declared}">
<meta http-equiv="Content-Language" content="zh-CN">
<title>{esc(title)}</title>
<meta http-equiv="expires" content="0">
<meta name="keywords" content="">
<meta name="description" content="{attr(headline)}">
<meta name="author" content="网易"><meta name="Copyright" content="网易版权所有">
<link rel="stylesheet" href="https://static.ws.126.net/media_dy/v3/css/bootstrap.201606301622.css">
{chrome.filler_script(prose, 20)}
<script type="text/javascript" src="https://static.ws.126.net/cnews/js/ntes_jslib_1.x.js" charset="gb2312"></script>
</head>
<body style="">
{chrome.filler_script(prose, 30)}
{chrome.nav(wrapper='class="ntes_nav_wrap w96"', user="reader_...@163.com")}
{chrome.filler_style(prose, 30)}
<div class="wrapper clearfix" id="contain" data-wemediaid="W{prose.digits(19)}" data-docid="{doc}"{stamp}>
<div class="article_wrap fl">
<div class="header clearfix"><span class="dy_logo">网易号</span><div class="dy_user"><span class="default_img"></span><div class="dy_no_user_info"><a href="http://dy.163.com/v2/subscribe/newarticles/1.html" title="进入我的订阅中心" target="_blank">reader_...@163.com</a><a href="/wemedia/index.html" target="_blank">申请入驻</a></div></div></div>
<div class="article_title"><h2>{esc(headline)}</h2>
<div class="share_box"><p class="time"><span>{wall[:10]}</span> <span class="point">·</span> <span>{esc(name)}</span></p>
<div class="to_hide fl"><span class="share">分享到</span>{_share(share_url)}</div>
<span class="fr"><span class="num"><a target="_blank" href="https://comment.tie.163.com/{doc}.html">{count}</a></span>跟贴</span></div></div>
<div class="to_show fl">{_share(share_url)}<span class="gototop"></span></div>
<div class="article_box"><div class="content" id="content" data-cover="">
{body.markup()}
</div>
<div class="statement"><span class="bg"></span><p>{menus.DISCLAIMER}</p><p>{menus.NOTICE}</p></div>
<script>var tieChannel = "bbs";</script>
<div class="tie-areas post_comment"><div class="tie-title-bar"><i>跟贴</i><span class="tie-info"><span>跟贴</span><a href="http://comment.tie.163.com/{doc}.html">{count}</a><span>参与</span><a href="http://comment.ent.163.com/dy_wemedia_bbs/{doc}.html">{joined}</a></span></div>
<div id="tie">{chrome.comment_area(prose, doc, comments=spec.comments, hidden=not spec.comments).replace(" tie-ui-2020", "")}</div></div>
{chrome.filler_script(prose, 15)}
<div class="next"><span>阅读下一篇</span><a id="js-next" href="{previous[0].url.removeprefix("http://dy.163.com")}">{esc(previous[0].headline)}</a><div class="turnto"><a href="https://www.163.com/" target="_blank">返回网易首页</a><a href="https://www.163.com/newsapp/" target="_blank">下载网易新闻客户端</a></div></div>
</div></div></div>
{chrome.footer(2020)}
{_account(truth["account"], previous, prose)}
<div class="followok"><div class="qrcodeImg"><i class="close_btn"></i></div></div>
<div class="noLoginIn"><div class="toastText">请登录后再关注<i class="close_warn"></i></div></div>
{_login(url)}
{chrome.filler_script(prose, 200)}{chrome.tracking(prose)}
</body></html>
"""
    headers = {"Server": "nginx"}
    if spec.header:
        headers["Content-Type"] = spec.header
    sent = spec.header.partition("charset=")[2] or None if spec.header else None
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=url, body=chrome.airy(html).encode(spec.encoding), truth=truth, headers=headers,
        note=spec.note, charset={"header": sent, "meta": spec.declared, "actual": spec.encoding}, fetched_at="2020-01-20T11:12:13+08:00",
    )  # fmt: skip


def _body(prose: Prose, spec: Spec) -> Body:
    body = Body(prose)
    if spec.short_lines:
        for line in (
            "月底之前，",
            f"{prose.town()}的{prose.keywords(1)[0]}",
            "就要变样了。",
            "真的假的？",
            "有图为证！",
        ):
            body.text(line, plain=True)
    every = max(1, spec.paragraphs // (spec.images + 1))
    left = spec.images
    for number, text in enumerate(prose.article(spec.paragraphs), start=1):
        if number % 6 == 2:
            body.text(f"{number:02d}", plain=True)
            body.subhead(prose.subhead())
        if number % 7 == 3:
            head, _, rest = text.partition("，")
            body.html.append(f"<p><strong>{esc(head)}</strong>，{esc(rest)}</p>")
            body.texts.append(text)
        else:
            body.text(text, plain=number % 2 == 0)
        if left and number % every == 0:
            left -= 1
            original = f"http://crawl.ws.126.net/img/{prose.hexa(32)}.jpg"
            place = 'align="center"' if left == 0 else 'class="f_center"'
            body.image(original, f'<p {place}><img src="{original}"><br></p>')
    body.subhead("祝各位一路顺风，早点到家。")
    return body


def _share(url: str) -> str:
    rows = "".join(
        f'<li><a href="javascript:;" title="分享到{name}" class="js-ntshare ntshare-{code}" data-type="{code}"><i class="special-share-icon special-share-{code}" onclick="shareto(\'{code}\')"></i></a></li>'
        for code, name in chrome.SHARE
    )
    return f"""<div class="special-share-simple ntshare-wrap"><ul><!-- <li class="first"><a href="javascript:;">旧</a></li> -->{rows}<li class="share_more"><a href="javascript:;"><i class="special-share-icon special-share-more"></i></a></li></ul></div>
<style>.nt-wx2dcode-pop {{ display: none; }}</style><div class="nt-wx2dcode-pop"><div class="nt-wx2dcode-pic js_share_qrcode" title="{url}"><canvas width="120" height="120" style="display: none;"></canvas></div><a href="javascript:;" target="_self" class="nt-wx2dcode-close">x</a><div class="nt-wx2dcode-text">用微信扫描二维码<br>分享至好友和朋友圈</div></div>"""


def _account(account: Truth, previous: list[Item], prose: Prose) -> str:
    name, slogan = account["name"], account["description"]
    rows = "".join(
        f"""<li class="article_item" id="{i.url.rpartition("/")[2].removesuffix(".html")}"><a class="content" href="{i.url.removeprefix("http://dy.163.com")}"><span class="item_time">{i.time}</span><p>{esc(i.headline)}</p><div class="imghover"><img src="{attr(items.thumbnail(i.image or "", "150y100", escaped=False))}" alt="图片"></div></a></li>
"""
        for i in previous
    )
    return f"""<div class="colum_wrap fl" id="colum_wrap"><div class="colum_inner"><div class="colum_des">
<div class="scrollTYpe colum_info"><h4>{esc(name)}</h4><p>{esc(slogan)}</p></div>
<div class="normal"><div class="colum_info"><img src="http://dingyue.ws.126.net/{prose.hexa(30)}.jpg" alt="头像"><h4>{esc(name)}</h4><p>{esc(slogan)}</p></div>
<div class="colum_dy clearfix"><div><p class="num">{account["articleCount"]}</p><p>篇文章</p></div><div><p class="num">{account["followerCount"]}</p><p>人关注</p></div></div></div>
<div class="u-btn-follow to_show_login"><a data-toggle="js-follow" href="javascript:void(0)">+ 关注</a></div></div>
<div id="nav" class="colum_article_lise_outer" style="height: 495px;"><ul class="colum_article_lise" data-current="0">
{rows}</ul><div class="s_loading"><img src="https://static.ws.126.net/dy/v2/imgs/loading.gif">列表加载中...</div></div></div></div>
"""


def _login(url: str) -> str:
    return f"""<div class="hw-overlay" id="hw-layer"><div class="hw-layer-wrap"><span class="glyphicon glyphicon-remove hwLayer-close">x</span><div class="row"><div><h4>用户登录</h4></div><span>邮箱用户在这里直接登录：</span></div>
<div class="row"><form target="_self" name="loginform" method="POST" action="https://reg.163.com/logins.jsp"><input type="hidden" name="url" id="loginUrl" value="{url}"><div class="form-group"><input type="text" class="form-control" name="username" placeholder="帐号"></div>
<div class="form-group"><label for=""><input type="checkbox" name="saveLogin" checked="" value="1">记住密码</label><a href="https://reg.163.com/RecoverPassword.shtml" target="_blank" class="fr">忘记密码</a></div><select name="how"><option>密码</option><option>短信</option></select><button class="btn login_btn" type="submit">确 定</button><button class="btn hwLayer-cancel" type="button">取 消</button></form></div></div></div>
"""

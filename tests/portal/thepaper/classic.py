"""Pages of 2014 to 2021: the portal's own articles and those of its accounts (澎湃号), body of bare text nodes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.portal.page import FixturePage, Truth, attr, contains, esc, rfc3339
from tests.portal.prose import Prose
from tests.portal.thepaper import frame
from tests.portal.thepaper.body import GAP, BareBody

LAYOUT = "2014_news_txt"
STATEMENT = "本文为澎湃号作者上传，仅代表该作者或机构观点，与本站立场无关。"
ABOUT = "字号超大大标准小"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like.

    ``byline`` is ``medium`` (name/medium), ``reporters`` (澎湃新闻记者 name 实习生 name), ``bare`` (a medium alone) or
    ``none``; ``hao`` the branch of an account's page; ``original`` where the 原标题 stands: ``first``, ``last``, ``span``.
    """

    case: str
    note: str
    day: datetime = datetime(2019, 3, 12, 8, 26)
    byline: str = "medium"
    hao: str | None = None
    original: str | None = None
    paragraphs: int = 16
    images: int = 2
    captions: bool = True
    tail: bool = False
    broken: bool = False
    hide_word: bool = False
    comments: int = 12
    related: int = 3
    said: bool = False
    mobile: bool = False
    query: str = ""


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"thepaper/{LAYOUT}/{spec.case}")
    number = prose.digits(7)
    headline = prose.headline()
    wall = f"{spec.day:%Y-%m-%d %H:%M}"
    keywords = prose.keywords(1 if spec.hao else 3)
    body = _body(prose, spec)
    original = _original(prose, spec, body)
    byline, authors, source = _byline(prose, spec)
    column = prose.account()
    uid = prose.digits(5)
    account: Truth | None = None
    if spec.hao:
        account = {"name": column, "id": uid, "url": f"https://www.thepaper.cn/gov_{uid}"}
    editor = None if spec.hao else prose.person()
    hot = [frame.some_items(prose, 10) for _ in range(3)]
    topics = [frame.some_items(prose, 5) for _ in range(3)]
    picks = frame.some_items(prose, 5, pictures=True)
    related = [] if spec.hao else frame.some_items(prose, spec.related, pictures=True)
    description = prose.sentence()
    title = f"{headline}_{'政务' if spec.hao else column}_澎湃新闻-The Paper"
    front = "澎湃号" if spec.hao else "首页"
    path = f"gov_{uid}" if spec.hao else f"list_{uid}"
    shown_source = f"来源：{source}" if spec.byline in {"reporters", "none"} else ""
    told_comments = spec.comments * 12

    truth: Truth = {
        "kind": "article",
        "id": f"thepaper:{number}",
        "canonicalUrl": frame.article_url(number),
        "title": title,
        "headline": headline,
        "originalHeadline": original,
        "description": description,
        "keywords": keywords,
        "datePublished": rfc3339(wall),
        "datePrecision": "minute",
        "location": None,
        "authors": authors,
        "editors": [editor] if editor else [],
        "account": account,
        "source": {"name": source},
        "commentCount": told_comments or None,
        "breadcrumbs": [
            {"name": front, "url": f"https://www.thepaper.cn/{'channel_36079' if spec.hao else ''}"},
            {"name": column, "url": f"https://www.thepaper.cn/{path}"},
        ],
        "info": [text for text in (byline, wall, shown_source) if text],
        "charset": "utf-8",
        **body.truth(),
    }
    truth["notInBody"] += ["字号", hot[1][0].headline, *(item.headline for item in related[:1])]
    truth["items"] = {
        "related": [item.truth() for item in related],
        "hot": [item.truth() for tab in hot for item in tab] + [item.truth() for item in picks],
        "previous": [],
        "columns": [item.truth() for tab in topics for item in tab],
    }
    truth["chrome"] = [
        *contains("nav", "投稿登录注册", "精选", "还没有订阅栏目"),
        *contains("app", "下载客户端", "澎湃新闻APP下载"),
        *contains("breadcrumb", column),
        *contains("tools", ABOUT, "一天三天一周"),
        *contains("comments", f"评论（{told_comments}）", "写下跟帖"),
        *contains(
            "hot", "热新闻", hot[0][0].headline, hot[1][4].headline, hot[2][9].headline, "热门推荐" + picks[0].headline
        ),
        *contains("columns", "热话题", topics[0][0].headline, topics[2][0].headline),
        *contains("footer", "关于澎湃", "沪公网安备", "联系我们"),
        *contains("hidden", "站长统计"),
    ]
    if related:
        truth["chrome"] += contains("related", "相关推荐" + related[0].headline)
    if editor:
        truth["chrome"] += contains("credits", f"责任编辑：{editor}", "澎湃新闻报料")
        truth["chrome"] += contains("tags", *keywords)
    if spec.hao:
        truth["chrome"] += contains("disclaimer", "特别声明" + STATEMENT)
        truth["chrome"] += contains("credits", "申请成为澎湃号")
        truth["chrome"] += contains("account", column + "关注")
        truth["notInBody"] += [STATEMENT]
    if spec.hide_word:
        truth["chrome"] += contains("app", "更多内容请下载客户端")
        truth["notInBody"] += ["更多内容请下载客户端"]
    author_card = (
        f"""<div class="news_paike_author clearfix">
<a href="gov_{uid}" target="_blank"><div class="thum"><img src="{frame.picture(prose)}"><span class="icon_vip"></span></div><div class="name">{esc(column)}</div></a><div class="line"></div><div class="link" data-userid="{uid}" data-type="2" onclick="followUser(this)">关注</div></div>
"""
        if spec.hao
        else ""
    )
    below = (
        f'<div class="news_editor">&nbsp;<span>发邮件申请成为澎湃号</span></div>\n<div class="disclaimer"><div class="disclaimer_title">特别声明</div>{STATEMENT}</div>'
        if spec.hao
        else f'<div class="news_infor_extra"><div class="clearfix"><div class="infor_item">责任编辑：{editor}</div></div><div>澎湃新闻报料：000-0000 &nbsp; 未经许可不得转载</div></div>\n<div class="news_keyword">关键词 &gt;&gt; {esc(" , ".join(keywords))}</div>'
    )
    more = "".join(
        f'<div class="ctread_li">\n<div class="ctread_img"><a href="{frame.relative(item)}" target="_blank"><img src="{attr((item.image or "").removeprefix("https:"))}" alt="{attr(item.headline)}"><span class="p_time"></span></a></div>\n<div class="ctread_name"><a href="{frame.relative(item)}" target="_blank">{esc(item.headline)}</a></div></div>\n'
        for item in related
    )
    more = f'<div class="news_tit2"><h2>相关推荐</h2></div>\n<div class="ctread_bd">\n{more}</div>' if related else ""
    hide_word = '<div class="hide_word">更多内容请下载客户端</div>' if spec.hide_word else ""
    html = f"""<html xmlns="http://www.w3.org/1999/xhtml"><head>
<meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1">
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta http-equiv="content-language" content="zh-CN">
<meta name="Keywords" content="{attr(",".join(keywords))}">
<meta name="Description" content="{attr(description)}">
<title>{esc(title)}</title>
<link rel="shortcut icon" href="{frame.STORE}/img/thepaper.ico" type="image/x-icon">
{frame.filler_script(prose, 60)}<style>.news_txt .t1 {{ content: '相关推荐'; }}</style></head>
<body>
<!-- new head AD logic -->
{frame.head(prose)}{frame.filler_script(prose, 80)}<div class="bdwd main clearfix{" newDetail_sparker" if spec.hao else ""}">
<div class="main_lt"><div class="newscontent">
<div class="news_path">
<a href="{"channel_36079" if spec.hao else "/"}">{front}</a> &gt; <a href="{path}">{esc(column)}</a></div>
<h1 class="news_title">{esc(headline)}</h1>
<div class="news_about"><p>{esc(byline or "")}</p>
<p>
    {wall}<span>{shown_source or " "}</span></p>
<div class="font_size"><span>字号</span><ul class="size_level" style="display:none;"><li id="super">超大</li><li id="large">大</li><li class="on" id="standard">标准</li><li id="small">小</li></ul></div></div>
{author_card}<div class="news_txt" data-size="standard">
    {body.markup()}
</div>
{hide_word}<div class="go_to_topic"></div><div class="bottom_word_relation"></div>{frame.filler_script(prose, 8)}
{below}
<input id="hidden_contid" type="hidden" value="{number}">
<div class="news_love"><div class="nbgbox"><a href="javascript:;" onclick="voteCont(this)" contid="{number}" class="zan"><span></span>{prose.below(999)}</a></div><div class="nbgbox"><a href="javascript:favoriteCont2(false);" id="shoucang" class="shoucang">收藏</a></div></div>
<div class="news_imgad" style="background-color:#FFFFFF">{frame.filler_script(prose, 1)}</div><div class="news_txtad" id="adWord">{frame.filler_script(prose, 1)}</div>
{more}
{frame.comments(prose, number, spec.comments)}</div>
<div class="newsct_share_detail" id="pphNews{number}" data-title="{attr(headline)}"><a class="weixin_share" onclick="pphNewsToWeixin({number})"></a></div>
<div id="toTop" class="back-top" style="display: block;"></div></div>
{frame.side(prose, hot, topics, picks)}</div>
{frame.footer(prose, spec.day.year)}{frame.filler_script(prose, 120)}</body></html>
"""
    return FixturePage(
        site="thepaper", layout=LAYOUT, case=spec.case, url=frame.article_url(number) + spec.query, body=html.encode(), truth=truth,
        note=spec.note, charset={"header": "utf-8", "meta": "utf-8", "actual": "utf-8"}, fetched_at="2021-06-01T08:00:00+08:00",
    )  # fmt: skip


def _byline(prose: Prose, spec: Spec) -> tuple[str | None, list[str], str]:
    """Return the byline as shown, the authors and the source that it means."""
    one, two, medium = prose.person(), prose.person(), prose.media()
    match spec.byline:
        case "medium":
            return f"{one}/{medium}", [one], medium
        case "reporters":
            return f"澎湃新闻记者 {one} 实习生 {two}", [one, two], "澎湃新闻"
        case "bare":
            paper = prose.town() + "日报"
            return paper, [], paper
        case _:
            return None, [], f"澎湃新闻·澎湃号·{spec.hao}" if spec.hao else "澎湃新闻"


def _original(prose: Prose, spec: Spec, body: BareBody) -> str | None:
    """Put the 原标题 line where ``spec`` wants it, and give the title."""
    title = prose.headline()
    if spec.original == "first":
        line = f"本文原标题：《{title}》"
        body.html.insert(0, esc(line) + "<br>")
    elif spec.original == "last":
        line = f"（原题为《{title}》）"
        body.html.append(esc(line))
    elif spec.original == "span":
        line = f"（原标题：{title}）"
        body.html.append(f'<span style="color: rgb(128, 128, 128);">{esc(line)}</span>')
    else:
        return None
    body.not_in_body.append(line)
    return title


def _body(prose: Prose, spec: Spec) -> BareBody:
    body = BareBody(prose, gap="<br>" if spec.hao else GAP)
    left = spec.images
    every = max(1, spec.paragraphs // (spec.images + 1))
    if left:
        left -= 1
        body.image(frame.picture(prose), f"{prose.caption()} 资料" if spec.captions else None)
    for row, text in enumerate(prose.article(spec.paragraphs), start=1):
        body.text(text, plain=row % 4 != 0)
        if row % 6 == 0:
            body.subhead(prose.subhead())
        if spec.captions and row == 3:
            body.grey(prose.sentence())
        if spec.broken and row % 5 == 0:
            body.broken()
        if left and row % every == 0:
            left -= 1
            body.image(frame.picture(prose), prose.caption() if spec.captions and row % 2 else None)
    if spec.said:
        body.text(
            f"原题目《{prose.subhead()}》写的是什么，{prose.person()}没有说；相关推荐、热新闻这些字也写在文章里。"
        )
    if spec.tail:
        for line in (
            f"编辑|{prose.person()}",
            f"责编|{prose.person()}",
            f"来源|{prose.media()}、{prose.media()}",
            "看完记得点一下【在看】",
        ):
            body.text(line)
    return body

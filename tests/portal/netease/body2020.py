"""The inside of ``.post_body`` of the template "post2020"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.portal.netease import chrome, items
from tests.portal.netease.body import Body
from tests.portal.page import attr, esc
from tests.portal.prose import Prose

if TYPE_CHECKING:
    from tests.portal.netease.post2020 import Spec

PORTAL_WORDS = (
    "展板上写着四个字“热点推荐”，讲解员说，这不过是把旧相册重新排了个队。",
    "合同末尾另有一行小字，“特别声明：图样以实物为准”，没有人当真。",
    "阅读下一篇之前，请先把相关推荐里的那本小册子翻完，往期回顾就在封底。",
    "责任编辑：这三个字从排字房的木牌上拓下来，如今挂在门厅，责任编辑几个字已经褪色。",
)


def build(prose: Prose, spec: Spec) -> Body:
    """Return the body that ``spec`` asks for."""
    body = Body(prose)
    if spec.original_title:
        line = f"（原标题：{prose.headline()}）"
        body.junk(f'<p class="otitle">\n                        {esc(line)}\n                    </p>')
        body.optional.append(line)
    body.junk("<p><!--StartFragment--></p>")
    every = max(1, spec.paragraphs // (spec.images + 1))
    hosts = ("dingyue", "crawl") if spec.hao else ("cms-bucket", "videoimg")
    left = spec.images
    if spec.video:
        _video(body, spec)
    for number, text in enumerate(prose.article(spec.paragraphs), start=1):
        if number == 1:
            body.text(text, attrs=' style="text-indent: 2em;" id="0" class="f_left"')
        elif number == 5 and spec.portal_words:
            for line in PORTAL_WORDS:
                body.text(line)
            body.text(text)
        elif number % 6 == 4:
            body.subhead(prose.subhead())
            body.junk("<p>&nbsp;</p>")
            body.junk(f"<p>　　{prose.decorate(text)}</p>")
            body.texts.append(text)
        else:
            body.text(text, plain=number % 4 == 0)
        if left and number % every == 0:
            left -= 1
            original = items.picture(prose, prose.pick(hosts), spec.day)
            size = "650x2147483647" if spec.day.year < 2023 else "660x2147483647"
            shown = attr(items.thumbnail(original, size)) if number % 2 else items.thumbnail(original, size)
            caption = prose.caption() if spec.caption_line else None
            under = f"<br>{esc(caption)}<br>" if caption else "<br><br>"
            if caption:
                body.optional.append(caption)
            wide = (
                " onerror=\"this.onerror=''; this.src='https://static.ws.126.net/empty.png'\"" if not spec.hao else ""
            )
            body.image(original, f'<p class="f_center"><img src="{shown}"{wide}>{under}</p>', caption)
    if spec.end_lines:
        names = prose.person(), prose.person()
        for line in (
            f"作者：{names[0]}　编辑：{names[1]}",
            f"来源：{prose.media()}",
            "配图来自网络，与文中人物无关。",
            "（完）",
        ):
            body.html.append(f"<p>{line}</p>")
            body.texts.append(" ".join(line.split()))
    if spec.rich:
        _rich(body)
    body.junk("<p><!--EndFragment--></p><p><br></p>")
    if spec.share_image:
        logo = items.thumbnail("http://cms-bucket.ws.126.net/2024/0101/logo.png")
        body.junk(
            f'<div style="height: 0px;overflow:hidden;"><img src="{attr(logo)}" alt="分享封面" width="300"></div>'
        )
    return body


def _rich(body: Body) -> None:
    """Add a heading, a list, a table, a quotation and named characters, as pasted from an office program."""
    prose = body.prose
    heading, quote = prose.subhead(), prose.sentence()
    body.block(f"<h2>{esc(heading)}</h2>", {"type": "heading", "level": 2, "text": heading})
    rows = [prose.sentence() for _ in range(3)]
    inner = "".join(f"<li><p>{esc(row)}</p></li>" for row in rows)
    body.block(f"<ul>{inner}</ul>", {"type": "list", "items": rows, "text": " ".join(rows)})
    table = [["站点", "去年", "今年"]] + [
        [prose.town(), f"{prose.digits(3)}.{prose.digits(1)}", prose.digits(4)] for _ in range(3)
    ]
    cells = "".join(f"<tr>{''.join(f'<td>{esc(cell)}</td>' for cell in row)}</tr>" for row in table)
    body.block(
        f'<table border="1" cellspacing="0" style="width:600px"><tbody>{cells}</tbody></table>',
        {"type": "table", "rows": table, "text": " ".join(cell for row in table for cell in row)},
    )
    body.block(f"<blockquote><p>{esc(quote)}</p></blockquote>", {"type": "quote", "text": quote})
    first, second = prose.sentence(), prose.sentence()
    body.html.append(f"<p>{esc(first)}&mdash;&mdash;{esc(second)}&hellip;&hellip;&#8226;&middot;</p>")
    body.texts.append(f"{first}——{second}……•·")


def _video(body: Body, spec: Spec) -> None:
    prose = body.prose
    stream = f"http://flv.bn.netease.com/{prose.hexa(40)}-1-mobile.mp4"
    poster = items.picture(prose, "videoimg", spec.day)
    line = f"{prose.headline()} （来源：{prose.media()}）"
    head, _, tail = line.partition(" （")
    body.html.append(f"""<!-- 开始 --><style>.video-wrapper .video {{ background: #000; }}</style>
<div class="video-wrapper" style="margin: 10px auto;background: #F5F5F5;"><div class="video-inner"><div class="video">
<video controls="controls" preload="auto" width="100%" poster="{poster}"><source type="video/mp4" src="{stream}">这个浏览器放不了这段视频</video></div>
<div class="video-info clearfix"><p class="fn-right"><a href="http://v.163.com/static/1/V{prose.base32(8)}.html" target="_blank" class="video-title">{esc(head)}</a> <span class="video-from">（{esc(tail)}</span></p></div>
<div class="video-list"><ul class="clearfix"></ul></div></div></div>
{chrome.filler_script(prose, 12)}<!-- 结束 -->""")
    body.optional.append(line)
    body.videos.append({"url": stream, "caption": line})
    body.not_in_body.append("这个浏览器放不了这段视频")

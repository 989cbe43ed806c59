"""Pages before 2016, as the one recorded of 2005 is: a headline, a line with time and source, bare text between <br>."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.portal.netease.body import Body
from tests.portal.page import FixturePage, Truth, attr, esc, rfc3339
from tests.portal.prose import Prose

LAYOUT = "2005_subjection"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one page of the template is to be like; ``boxed`` says whether the text has an element of its own."""

    case: str
    note: str
    channel: str = "biz"
    day: datetime = datetime(2005, 4, 25, 8, 15, 57)
    paragraphs: int = 9
    comments: int = 12
    boxed: bool = True


def build(spec: Spec) -> FixturePage:
    """Return the page that ``spec`` describes."""
    prose = Prose(f"netease/{LAYOUT}/{spec.case}")
    doc = f"1{prose.base32(7)}000{prose.base32(5)}"
    host = f"{spec.channel}.163.com"
    path = f"{spec.day:%y/%m%d/%H}/{doc}.html"
    headline, source = prose.headline(), prose.media()
    wall = f"{spec.day:%Y-%m-%d %H:%M:%S}"
    body = Body(prose)
    for text in prose.article(spec.paragraphs):
        body.html.append(f"　　{esc(text)}<br><br>")
        body.texts.append(text)
    title = f"{headline}_网易"
    line = f"{host} {wall} 来源: {source} 网友评论 {spec.comments} 条"
    truth: Truth = {
        "kind": "article",
        "id": f"netease:{doc}",
        "canonicalUrl": f"https://{host}/{path}",
        "title": title,
        "headline": headline,
        "originalHeadline": None,
        "datePublished": rfc3339(wall),
        "datePrecision": "second",
        "authors": [],
        "editors": [],
        "source": {"name": source},
        "commentCount": spec.comments or None,
        "info": [line],
        "charset": "gb18030",
        **body.truth(),
        "notInBody": [headline, line],
    }
    text = f'<div id="text">\n{body.markup()}\n</div>' if spec.boxed else body.markup()
    html = f"""<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>{esc(title)}</title>
</head>
<body>
<div id="wrap">
<div id="main">
<h1>{esc(headline)}</h1>
<div id="subjection">{host}　{wall}　来源: <a href="{attr(f"http://www.{prose.hexa(6)}.example/")}">{esc(source)}</a>　<a href="http://comment.163.com/{doc}.html">网友评论 {spec.comments} 条</a></div>
{text}
</div>
</div>
</body></html>
"""
    return FixturePage(
        site="netease", layout=LAYOUT, case=spec.case, url=f"http://{host}/{path}", body=html.encode("gb18030"), truth=truth,
        note=spec.note, charset={"header": None, "meta": "gb2312", "actual": "gb18030"},
        fetched_at="2020-03-01T08:00:00+08:00",
    )  # fmt: skip

"""Changes inside the body and of the lists around it, and pages whose content is gone."""

from __future__ import annotations

import random
import re

from ...page.text import squeeze
from ...records.model import Role
from ..subject import Subject
from ..tree import Element, Text, detach, is_text, put_after
from .kinds import Change, Names, breaking, is_named, new_name, rename_elements, retag

_OG = re.compile(r"(?:og|article|twitter):")
_SENTENCE_END = re.compile(r"(?<=[。！？])")
_LONG_PARAGRAPH = 30
_LONGEST_QUOTE = 60
_SHORTEST_HEADLINE = 5
_SUMMARIES = (
    "沿河的步道分三段修，先通的一段已装好路灯，",
    "记者随检修队走了一夜，看他们怎样查漏，",
    "新规从下月起施行，办理时间缩短一半，",
)
_CUT = dict.fromkeys(["blocks", "images", "authors", "editors", "originalHeadline"], ...)


@breaking
def promo_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """A promotion with a link is among the paragraphs."""
    found = subject.places()
    if len(found) < 2:
        return None
    after = found[rng.randrange(min(3, len(found) - 1))]
    link = Element("a", {"href": "https://app.example/get"}, "下载客户端，看更多精彩内容")
    box = Element(rng.choice(["div", "p"]), {"class": new_name(rng)}, link)
    put_after(after, box)
    return Change(touches=("article.body",))


@breaking
def pull_quote(subject: Subject, rng: random.Random) -> Change | None:
    """A sentence of the text is also set large, between the paragraphs."""
    found = subject.paragraphs()
    long = [text for one in found if len(text := squeeze(one.text())) > _LONG_PARAGRAPH]
    if len(found) < 3 or not long:
        return None
    sentence = _SENTENCE_END.split(long[-1])[0][:_LONGEST_QUOTE]
    found[len(found) // 2].before(Element(rng.choice(["blockquote", "aside"]), {"class": new_name(rng)}, sentence))
    return Change(touches=("article.body",))


@breaking
def disclaimer_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """The platform's disclaimer is at the end of the body."""
    regions = [
        one for name, found in subject.chrome.items() for one in found if _role(subject, name) is Role.DISCLAIMER
    ]
    text = "特别声明：以上内容为自媒体平台用户上传并发布，本平台仅提供信息存储服务。"
    if subject.body is None:
        return None
    inside = Element("p", {"class": new_name(rng)}, squeeze(regions[0].text()) if regions else text)
    if regions:
        detach(regions[0])
    subject.bodies[-1].append(inside)
    return Change(touches=("article.body",))


def _role(subject: Subject, name: str) -> Role | None:
    layout = subject.profile.layouts[subject.record.layout.id]
    chrome = layout.chrome.get(name)
    return chrome.role if chrome is not None else None


@breaking
def list_of_divs(subject: Subject, rng: random.Random) -> Change | None:
    """The lists around the article are built of div elements."""
    del rng
    done = []
    for name, regions in subject.lists.items():
        for region in regions:
            inner = [one for one in region.walk() if one.tag in {"ul", "ol", "li", "dl", "dd", "dt"}]
            for one in inner:
                retag(one, "div")
            done += [name] if inner else []
    return Change(touches=tuple(f"chrome.{name}" for name in dict.fromkeys(done))) if done else None


@breaking
def list_names(subject: Subject, rng: random.Random) -> Change | None:
    """The elements inside the lists around the article have other classes."""
    names = Names(rng)
    done = []
    words: dict[str, None] = {}
    for name, regions in subject.lists.items():
        for region in regions:
            found = [word for one in region.walk() if one is not region for word in one.classes]
            words.update(dict.fromkeys(found))
            done += [name] if found else []
    subject.rename({word: names.of(word) for word in words})
    return Change(touches=tuple(f"chrome.{name}" for name in dict.fromkeys(done))) if done else None


@breaking
def list_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The boxes of the lists around the article have other classes and ids."""
    done = [name for name, regions in subject.lists.items() if any(map(is_named, regions))]
    rename_elements(subject, (region for regions in subject.lists.values() for region in regions), Names(rng))
    return Change(touches=tuple(f"chrome.{name}" for name in done)) if done else None


@breaking
def list_summaries(subject: Subject, rng: random.Random) -> Change | None:
    """The entries of the lists have a summary behind the headline, inside the link."""
    name = new_name(rng)
    done = []
    for of, regions in subject.lists.items():
        for link in [link for region in regions for link in _links(region)]:
            tag = "span" if any(one.tag == "p" for one in link.above()) else "p"
            text = _SUMMARIES[len(link.text()) % len(_SUMMARIES)]
            link.append(Element(tag, {"class": name}, text))
            done.append(of)
    return Change(touches=tuple(f"chrome.{of}" for of in dict.fromkeys(done))) if done else None


@breaking
def list_more_links(subject: Subject, rng: random.Random) -> Change | None:
    """The lists end with links to more of the kind, which are built as the entries are."""
    more = [("换一换", "javascript:void(0)"), (rng.choice(["查看更多相关内容", "进入频道看全部内容"]), "/channel/all/")]
    done = []
    for of, regions in subject.lists.items():
        for region in regions:
            links = _links(region)
            if len(links) < 2:
                continue
            entry = _entry(links[-1], region)
            twins = [_relabelled(entry.copy(), *one) for one in more]
            put_after(entry, *twins)
            done.append(of)
    return Change(touches=tuple(f"chrome.{of}" for of in dict.fromkeys(done))) if done else None


def _links(region: Element) -> list[Element]:
    """Return the links of a list that have a headline as text."""
    found = [one for one in region.walk() if one.tag == "a" and one.attrs.get("href")]
    return [one for one in found if len(squeeze(one.text())) >= _SHORTEST_HEADLINE]


def _entry(link: Element, region: Element) -> Element:
    """Return the outermost element inside a list that has no other link than the given one."""
    entry = link
    for outer in link.above():
        if outer is region or len(_links(outer)) > 1:
            break
        entry = outer
    return entry


def _relabelled(entry: Element, text: str, url: str) -> Element:
    """Return an entry of a list with another text in place of its longest one, without its others, and another URL."""
    texts = [child for one in entry.walk() for child in one.children if is_text(child) and child.value.strip()]
    longest = max(texts, key=lambda one: len(one.value))
    for old in texts:
        old.value = text if old is longest else ""
    for one in entry.walk():
        one.attrs.pop("title", None)
        if one.tag == "a":
            one.attrs["href"] = url
    return entry


@breaking
def source_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The page does not show its source any more."""
    del rng
    source = subject.record.source
    if source is None or not subject.record.provenance:
        return None
    node = subject.around(source.name, subject.lines())
    if node is None or squeeze(node.text()) != squeeze(source.name) or node is subject.headline:
        return None
    detach(node)
    return Change(touches=("fields.source", *subject.line_rules), expect={"source": ...}, content=False)


@breaking
def info_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The lines with time, source and names are gone."""
    del rng
    around = {outer for body in subject.bodies for outer in (body, *body.above())}
    lines = [line for line in subject.lines() if line not in around]
    lines = [line for line in lines if subject.body is None or not line.is_in([subject.body])]
    if not lines:
        return None
    detach(*lines)
    gone = dict.fromkeys(["datePublished", "source", "authors", "editors", "originalHeadline", "account"], ...)
    return Change(touches=subject.line_rules, expect=gone, content=False)


@breaking
def headline_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The headline is not on the page any more."""
    del rng
    if subject.headline is None:
        return None
    detach(subject.headline)
    return Change(touches=("article.headline",), expect={"headline": ...}, content=False)


@breaking
def body_emptied(subject: Subject, rng: random.Random) -> Change | None:
    """The body's element is empty, for a script to fill."""
    del rng
    for body in subject.bodies:
        detach(*body.children)
    return Change(touches=("article.body",), fails=True, content=False) if subject.bodies else None


@breaking
def paywall_cut(subject: Subject, rng: random.Random) -> Change | None:
    """The body ends after the first paragraphs, with a request to log in."""
    found = subject.places()
    if len(found) < 4:
        return None
    detach(*found[2:])
    notice = rng.choice(["登录后阅读全文", "开通会员，继续阅读剩余内容", "打开APP阅读全文"])
    put_after(found[1], Element("div", {"class": new_name(rng)}, Element("a", {"href": "/login"}, notice)))
    return Change(touches=("article.body",), expect=_CUT, content=False)


@breaking
def pages_split(subject: Subject, rng: random.Random) -> Change | None:
    """The article is on two pages, with a pager behind the first part."""
    found = subject.places()
    if len(found) < 3:
        return None
    detach(*found[len(found) // 2 :])
    url = subject.stored.url.partition("?")[0]
    links = [Element("a", {"href": url}, "1"), Element("a", {"href": f"{url}?page=2"}, "2")]
    pager = Element("div", {"class": new_name(rng)}, *links, Element("a", {"href": f"{url}?page=2"}, "下一页"))
    subject.bodies[-1].after(pager)
    return Change(touches=("article.body",), expect=_CUT, content=False)


def _notice(subject: Subject, rng: random.Random, texts: list[str]) -> Change | None:
    for body in subject.bodies:
        detach(*body.children)
    if subject.body is None:
        return None
    subject.body.append(Element("div", {"class": new_name(rng)}, Element("p", {}, rng.choice(texts))))
    return Change(touches=("article.body",), fails=True, content=False)


@breaking
def captcha_in_frame(subject: Subject, rng: random.Random) -> Change | None:
    """A captcha is in the body's place."""
    return _notice(subject, rng, ["请完成安全验证后继续访问", "访问过于频繁，请输入验证码", "拖动滑块完成验证"])


@breaking
def deleted_in_frame(subject: Subject, rng: random.Random) -> Change | None:
    """A notice that the article was deleted is in the body's place."""
    return _notice(subject, rng, ["该文章已被删除", "您访问的内容已下线", "抱歉，该内容不存在或已被删除"])


@breaking
def login_in_frame(subject: Subject, rng: random.Random) -> Change | None:
    """A request to log in is in the body's place."""
    return _notice(subject, rng, ["请登录后查看全文", "登录后即可阅读", "您还没有登录，请先登录"])


@breaking
def data_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The script variable with the page's data has another name."""
    layout = subject.profile.data[subject.record.layout.id]
    names = [name for data in layout.values() for name in data.variables]
    scripts = [one for one in subject.tree.root.walk() if one.tag == "script"]
    done = False
    new = new_name(rng).replace("-", "_")
    for script in scripts:
        for text in script.children:
            for name in names:
                found = re.compile(rf"(?<![\w.]){re.escape(name)}(?=\s*=)") if isinstance(text, Text) else None
                if found is not None and isinstance(text, Text) and found.search(text.value):
                    text.value = found.sub(new, text.value)
                    done = True
    return Change(touches=("data",)) if done else None


@breaking
def metas_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The page has no meta elements for other sites (og:, article:) and no JSON-LD."""
    del rng
    found = [
        one for one in subject.tree.root.walk()
        if (one.tag == "meta" and _OG.match(one.attrs.get("property") or one.attrs.get("name") or ""))
        or (one.tag == "script" and one.attrs.get("type") == "application/ld+json")
    ]  # fmt: skip
    detach(*found)
    gone = dict.fromkeys(["datePublished", "dateModified"], ...)
    return Change(touches=("fields.datePublished",), expect=gone, content=False) if found else None

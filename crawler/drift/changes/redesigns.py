"""Changes that redesigns bring in passing: boxes around a line, labels and formats of values, what stands before what.

After most of them the rules still find something, which is why they are here: what is found may be wrong.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterable

from ...page.text import collapse, squeeze
from ..subject import Subject
from ..tree import Element, Node, Text, detach, is_text, put_after
from .kinds import Change, Names, breaking, new_name, rename_elements, retag

_DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?(?P<time>\s*\d{1,2}:\d{2}(?::\d{2})?)?"
)
_LABELS = re.compile(r"(来源|稿源|作者|记者|文|编辑|责编|责任编辑|发布时间|时间)\s*[：:丨|/]\s*")
_OTHER_LABELS = {
    "来源": "信源 ", "稿源": "出处 ", "作者": "撰稿人 ", "记者": "采写 ", "文": "撰文 ", "编辑": "审校 ",
    "责编": "审校 ", "责任编辑": "审校 ", "发布时间": "上线 ", "时间": "上线 ",
}  # fmt: skip
_LONGEST_CREDITS = 80
_NOT_NAMES = frozenset({"class", "id", "href", "src", "style", "content", "lang", "charset", "type", "rel"})


def _own_lines(subject: Subject) -> list[Element]:
    """Return the article's lines outside the body and not around it."""
    bodies = {*subject.bodies}
    ends = [*subject.bodies, subject.headline] if bodies and subject.headline is not None else subject.bodies
    around = {outer for one in ends for outer in (one, *one.above())}
    found: dict[Element, None] = {}
    lines = [line for line in subject.lines() if line not in around and not line.is_in(bodies)]
    for line in lines:
        if line.parent is None or not line.parent.is_in(found):
            found[line] = None
    return [*found]


def _texts(elements: Iterable[Element]) -> list[Text]:
    return [child for one in elements for inner in one.walk() for child in inner.children if is_text(child)]


def _from(first: Node, last: Node) -> list[Node]:
    """Return the nodes from one to another that is in the same element."""
    inside = first.parent.children if first.parent is not None else [first]
    start = next(at for at, one in enumerate(inside) if one is first)
    end = next((at for at, one in enumerate(inside) if one is last), len(inside) - 1)
    return inside[start : end + 1]


@breaking
def headline_wrapped(subject: Subject, rng: random.Random) -> Change | None:
    """The headline is in two more boxes."""
    node = subject.headline
    if node is None:
        return None
    node.wrap(Element("div", {"class": new_name(rng)}))
    node.wrap(Element("div", {"class": new_name(rng)}))
    return Change(touches=("article.headline",))


@breaking
def info_wrapped(subject: Subject, rng: random.Random) -> Change | None:
    """Each line with time, source and names is in one more box, as are the elements inside."""
    lines = _own_lines(subject)
    name = new_name(rng)
    for line in lines:
        inner = line.elements
        line.wrap(Element("div", {"class": name}))
        for one in inner:
            one.wrap(Element("span", {"class": f"{name}-in"}))
    return Change(touches=subject.line_rules) if lines else None


@breaking
def region_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """One region around the article has other classes and another id."""
    names = sorted(name for name, found in subject.chrome.items() if any(squeeze(one.text()) for one in found))
    if not names:
        return None
    drawn = rng.random()
    # the same of the pages' common regions on each page, whatever others a page has
    name = min(names, key=lambda one: zlib.crc32(f"{drawn}/{one}".encode()))
    return Change(touches=(f"chrome.{name}",)) if rename_elements(subject, subject.chrome[name], Names(rng)) else None


@breaking
def chrome_moved_into_article(subject: Subject, rng: random.Random) -> Change | None:
    """A list from beside the article is between its paragraphs, in a new box."""
    regions = [one for name in sorted(subject.lists) for one in subject.lists[name]]
    listed = {*regions}
    places = [one for one in subject.places() if not (isinstance(one, Element) and one.is_in(listed))]
    if not regions or len(places) < 2 or any(one is subject.body for one in regions[0].walk()):
        return None
    region = regions[0]
    box = Element("div", {"class": new_name(rng)}, *region.children[:])
    detach(region)
    put_after(places[len(places) // 2], box)
    return Change(touches=("article.body", *(f"chrome.{name}" for name in subject.lists)))


@breaking
def author_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The page does not show its authors any more."""
    del rng
    done = False
    for author in subject.record.authors:
        node = subject.around(author.name, _own_lines(subject))
        if node is not None and node is not subject.headline and squeeze(node.text()).endswith(squeeze(author.name)):
            detach(node)
            done = True
    return (
        Change(touches=("fields.authors", *subject.line_rules), expect={"authors": ...}, content=False)
        if done
        else None
    )


@breaking
def date_removed(subject: Subject, rng: random.Random) -> Change | None:
    """The page does not show its date any more."""
    del rng
    raw = subject.record.date_published_raw
    found = [one for one in _texts(_own_lines(subject)) if raw and (raw in one.value or _DATE.search(one.value))]
    for one in found:
        one.value = one.value.replace(raw or "", "")
        one.value = _DATE.sub("", one.value)
    expect = {"datePublished": ..., "dateModified": ...}
    return (
        Change(touches=("fields.datePublished", *subject.line_rules), expect=expect, content=False) if found else None
    )


@breaking
def date_rewritten(subject: Subject, rng: random.Random) -> Change | None:
    """Dates are written in another order."""
    form = rng.choice(["{day}/{month}/{year}{time}", "{month}-{day}-{year}{time}", "{day}.{month}.{year}{time}"])

    def other(found: re.Match[str]) -> str:
        day, month = found["day"].zfill(2), found["month"].zfill(2)
        return form.format(year=found["year"], month=month, day=day, time=found["time"] or "")

    done = False
    for one in _texts(_own_lines(subject)):
        new = _DATE.sub(other, one.value)
        done = done or new != one.value
        one.value = new
    return Change(touches=("fields.datePublished", *subject.line_rules), expect={"dateModified": ...}) if done else None


@breaking
def labels_rewritten(subject: Subject, rng: random.Random) -> Change | None:
    """The lines have other labels for source and names."""
    del rng
    done = False
    for one in _texts(_own_lines(subject)):
        new = _LABELS.sub(lambda found: _OTHER_LABELS[found[1]], one.value)
        done = done or new != one.value
        one.value = new
    return Change(touches=("fields.source", "fields.authors", "fields.editors", *subject.line_rules)) if done else None


@breaking
def fields_swapped(subject: Subject, rng: random.Random) -> Change | None:
    """Source and author are in each other's element."""
    del rng
    source, authors = subject.record.source, subject.record.authors
    if source is None or not authors or source.name in authors[0].name or authors[0].name in source.name:
        return None
    lines = _own_lines(subject)
    one, other = subject.around(source.name, lines), subject.around(authors[0].name, lines)
    if one is None or other is None or one is other or one in other.walk() or other in one.walk():
        return None
    for node in (one, other):
        for text in _texts([node]):
            now, then = (source.name, authors[0].name) if node is one else (authors[0].name, source.name)
            text.value = text.value.replace(now, then)
    return Change(touches=("fields.source", "fields.authors", *subject.line_rules))


@breaking
def headline_before(subject: Subject, rng: random.Random) -> Change | None:
    """An element like the headline, with a word of the portal, is before it."""
    node = subject.headline
    if node is None:
        return None
    twin = Element(node.tag, node.attrs, rng.choice(["今日头条新闻推荐", "专题：春季出行指南", "客户端用户专享内容"]))
    node.before(twin)
    return Change(touches=("article.headline",))


@breaking
def info_before(subject: Subject, rng: random.Random) -> Change | None:
    """A line like that with time and source, of another article, is before it."""
    lines = [one for one in _own_lines(subject) if _DATE.search(one.text())]
    if not lines:
        return None
    twin = lines[0].copy()
    year, source = rng.choice(["2001", "2003", "2005"]), subject.record.source
    for text in _texts([twin]):
        text.value = _DATE.sub(lambda found: found[0].replace(found["year"], year, 1), text.value)
        text.value = text.value.replace(source.name, "山谷周报") if source is not None else text.value
    lines[0].before(twin)
    return Change(touches=("fields.datePublished", "fields.source", *subject.line_rules))


@breaking
def body_before(subject: Subject, rng: random.Random) -> Change | None:
    """An element like the body's, with a summary of other news, is before it."""
    body = subject.body
    if body is None or body.tag in {"body", "html"}:
        return None
    word = rng.choice(["今日要闻速览，请看本站编辑部整理。", "编辑部为您挑选的更多消息，每天更新。"])
    body.before(Element(body.tag, body.attrs, Element("p", {}, word)))
    return Change(touches=("article.body",))


@breaking
def attributes_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The elements of rules have their other attributes under other names."""
    nodes = [one for one in (subject.headline, *subject.bodies, *subject.lines()) if one is not None]
    nodes += [one for found in subject.chrome.values() for one in found]
    prefix = rng.choice(["data-v5-", "data-n-", "x-"])
    done = False
    for one in nodes:
        for name in [name for name in one.attrs if name not in _NOT_NAMES and name[:2] != "on"]:
            one.attrs[f"{prefix}{name.removeprefix('data-')}"] = one.attrs.pop(name)
            done = True
    touched = ("article.headline", "article.body", *subject.line_rules, *(f"chrome.{name}" for name in subject.chrome))
    return Change(touches=touched) if done else None


@breaking
def metas_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The page's meta elements have other names."""
    prefix = rng.choice(["n:", "site:", "x-"])
    done = False
    for one in subject.tree.root.walk():
        for key in ("name", "property", "itemprop"):
            value = one.attrs.get(key) if one.tag == "meta" else None
            if value and value not in {"viewport", "keywords", "description", "robots"}:
                one.attrs[key] = prefix + value.partition(":")[2] if ":" in value else prefix + value
                done = True
    touched = ("fields.datePublished", "fields.source", "fields.authors", "fields.dateModified")
    return Change(touches=touched, expect={"dateModified": ...}) if done else None


@breaking
def ids_dropped(subject: Subject, rng: random.Random) -> Change | None:
    """No element of the page has an id."""
    del rng
    found = [one for one in subject.tree.body.walk() if one.attrs.pop("id", None)]
    touched = ("evidence", "article.headline", "article.body", *subject.line_rules)
    return Change(touches=(*touched, *(f"chrome.{name}" for name in subject.chrome))) if found else None


@breaking
def list_half_rebuilt(subject: Subject, rng: random.Random) -> Change | None:
    """Every second entry of the lists is another element with another name."""
    name = new_name(rng)
    done = []
    for of, regions in subject.lists.items():
        for region in regions:
            entries = [one for one in region.walk() if one.tag == "li"]
            entries = entries or [one for one in region.elements if one.tag in {"div", "a", "dd", "p"}]
            for one in entries[1::2]:
                retag(one, "div" if one.tag != "div" else "section")
                one.attrs["class"] = name
            done += [of] if len(entries) > 1 else []
    return Change(touches=tuple(f"chrome.{of}" for of in dict.fromkeys(done))) if done else None


@breaking
def list_links_wrapped(subject: Subject, rng: random.Random) -> Change | None:
    """The links of the lists are around a heading, whose text has a box of its own."""
    name = new_name(rng)
    done = []
    for of, regions in subject.lists.items():
        for region in regions:
            for one in [one for one in region.walk() if one.tag == "a" and squeeze(one.text())]:
                one.attrs.pop("class", None)
                one.append(Element("span", {"class": name}, *one.children[:]))
                one.wrap(Element("div", {"class": f"{name}-t"}))
                done.append(of)
    return Change(touches=tuple(f"chrome.{of}" for of in dict.fromkeys(done))) if done else None


@breaking
def body_truncated(subject: Subject, rng: random.Random) -> Change | None:
    """The page has the first third of the body only; a script would load the rest."""
    del rng
    found = subject.places()
    if len(found) < 4:
        return None
    detach(*found[max(1, len(found) // 3) :])
    cut = dict.fromkeys(["images", "authors", "editors", "originalHeadline"], ...)
    return Change(touches=("article.body",), expect=cut, content=False)


@breaking
def paragraphs_broken(subject: Subject, rng: random.Random) -> Change | None:
    """The paragraphs are lines of one element, with line breaks between them."""
    found = subject.paragraphs()
    found = [one for one in found if one.tag == "p" and one.parent is found[0].parent]
    if len(found) < 2:
        return None
    box = Element("div", {"class": new_name(rng)})
    between = _from(found[0], found[-1])  # pictures among them stay in their places
    found[0].before(box)
    detach(*between)
    paragraphs = {*found}
    for one in between:
        if one in paragraphs and isinstance(one, Element):
            box.append(*one.children[:], Element("br"), Element("br"))
        else:
            box.append(one)
    return Change(touches=("article.body",))


@breaking
def paragraphs_in_items(subject: Subject, rng: random.Random) -> Change | None:
    """Each paragraph is a span in a div with a name."""
    found = [one for one in subject.paragraphs() if one.tag == "p"]
    name = new_name(rng)
    for one in found:
        retag(one, "div")
        one.attrs["class"] = name
        one.append(Element("span", {"class": f"{name}-t"}, *one.children[:]))
    return Change(touches=("article.body",)) if found else None


@breaking
def body_halved(subject: Subject, rng: random.Random) -> Change | None:
    """The second half of the body is in a box of its own behind the body's element."""
    body, found = subject.bodies[-1] if subject.bodies else None, subject.places()
    if body is None or len(found) < 4:
        return None
    middle: Node = found[len(found) // 2]
    while middle.parent is not None and middle.parent is not body:
        middle = middle.parent
    rest = _from(middle, body.children[-1]) if middle.parent is body else []
    if not rest or middle is body.children[0]:
        return None
    body.after(Element("div", {"class": new_name(rng)}, *rest))
    return Change(touches=("article.body",))


@breaking
def info_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """The lines with time, source and names are paragraphs at the start of the body."""
    lines = [one for one in _own_lines(subject) if squeeze(one.text())]
    body = subject.body
    if not lines or body is None:
        return None
    name = new_name(rng)
    paragraphs = [Element("p", {"class": name}, *line.children[:]) for line in lines]
    detach(*lines)
    body.insert(0, *paragraphs)
    return Change(touches=("article.body", *subject.line_rules))


@breaking
def credits_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """The line with the editors is the last paragraph of the body."""
    editors = subject.record.editors
    regions = [*_own_lines(subject), *(one for found in subject.chrome.values() for one in found)]
    line = next((one for one in regions if editors and editors[0] in one.text()), None)
    body = subject.bodies[-1] if subject.bodies else None
    if (
        line is None
        or body is None
        or any(one is body for one in (*line.walk(), *line.above()))
        or len(line.text()) > _LONGEST_CREDITS
    ):
        return None
    detach(line)
    body.append(Element("p", {"class": new_name(rng)}, collapse(line.text())))
    return Change(touches=("article.body", "fields.editors", *subject.line_rules))


@breaking
def captions_loose(subject: Subject, rng: random.Random) -> Change | None:
    """The pictures' captions are paragraphs behind the picture."""
    name = new_name(rng)
    done = False
    for body in subject.bodies:
        for one in [one for one in body.walk() if one.tag == "figcaption"]:
            retag(one, "p")
            one.attrs["class"] = name
            figure = one.parent
            if figure is not None and figure is not body:
                figure.after(one)
            done = True
    return Change(touches=("article.body", "article.body.images")) if done else None


@breaking
def comments_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """Readers' comments are at the end of the body."""
    body = subject.bodies[-1] if subject.bodies else None
    if body is None:
        return None
    words = ["写得真好，支持一下", "路过看看，明天再来", "希望早日修好这座桥"]
    rng.shuffle(words)
    items = [Element("p", {}, Element("b", {}, f"读者{n}"), Text(" "), word) for n, word in enumerate(words, start=1)]
    body.append(Element("div", {"class": new_name(rng)}, Element("p", {}, "网友评论"), *items))
    return Change(touches=("article.body",))

"""Changes of the lines with time, source and names after which rules may miss or take the wrong value."""

from __future__ import annotations

import random
import re

from ...page.text import squeeze
from ..subject import Subject
from ..tree import Element, Text, detach
from .kinds import Change, Names, breaking, new_name, rename_elements, retag

_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?P<time>\s*\d{1,2}:\d{2}(?::\d{2})?)?")


@breaking
def info_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The lines with time, source and names have other classes and ids."""
    return Change(touches=subject.line_rules) if rename_elements(subject, subject.lines(), Names(rng)) else None


@breaking
def info_inner_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The elements inside the lines with time, source and names have other classes and ids."""
    inner = [one for line in subject.lines() for one in line.walk() if one is not line]
    if not rename_elements(subject, dict.fromkeys(inner), Names(rng)):
        return None
    return Change(touches=(*subject.line_rules, "fields.source", "fields.authors"))


@breaking
def info_retagged(subject: Subject, rng: random.Random) -> Change | None:
    """The lines with time, source and names have other tags, as have the elements inside them."""
    del rng
    lines = [line for line in subject.lines() if line not in subject.bodies]
    if not lines:
        return None
    for line in lines:
        for one in line.walk():
            if one.tag in {"div", "p", "span", "em", "i", "h4", "h5", "ul", "li"}:
                retag(one, {"div": "section", "p": "div", "span": "b", "em": "span", "i": "span"}.get(one.tag, "div"))
    return Change(touches=subject.line_rules)


@breaking
def info_moved(subject: Subject, rng: random.Random) -> Change | None:
    """The lines with time, source and names are behind the body."""
    body = subject.body
    lines = [line for line in subject.lines() if not any(one is body for one in line.walk())]
    lines = [line for line in lines if line is not body and not any(one is body for one in line.above())]
    if not lines or body is None:
        return None
    subject.bodies[-1].after(Element("div", {"class": new_name(rng)}, *lines))
    return Change(touches=subject.line_rules)


@breaking
def source_apart(subject: Subject, rng: random.Random) -> Change | None:
    """The source is in an element of its own, in front of the line that it was in."""
    source = subject.record.source
    line = next((one for one in subject.lines() if source is not None and source.name in one.text()), None)
    node = subject.around(source.name if source is not None else None, subject.lines())
    if source is None or node is None or line is None or node is line or squeeze(node.text()) != squeeze(source.name):
        return None
    line.before(Element("div", {"class": new_name(rng)}, "来源：", node))
    return Change(touches=(*subject.line_rules, "fields.source"))


@breaking
def info_reordered(subject: Subject, rng: random.Random) -> Change | None:
    """The elements inside the line with time and source are in the opposite order."""
    del rng
    done = False
    for line in subject.lines():
        inner = [one for one in line.elements if squeeze(one.text())]
        loose = [one for one in line.children if isinstance(one, Text) and one.value.strip()]
        if len(inner) < 2 or loose or line in subject.bodies:
            continue
        line.append(*reversed(inner))
        done = True
    return Change(touches=subject.line_rules) if done else None


@breaking
def info_merged(subject: Subject, rng: random.Random) -> Change | None:
    """The byline is in the line with the source, in front of it."""
    names = [author.name for author in subject.record.authors]
    source = subject.record.source
    place = subject.around(subject.record.date_published_raw, subject.lines())
    if not names or source is None or place is None:
        return None
    outside = [line for line in subject.lines() if not any(line is one or line in one.walk() for one in subject.bodies)]
    byline = next((line for line in outside if names[0] in line.text() and source.name not in line.text()), None)
    target = next((line for line in outside if source.name in line.text()), None)
    if byline is None or target is None or byline in target.walk() or target in byline.walk():
        return None
    target.insert(0, Element("span", {"class": new_name(rng)}, *byline.children[:]), Text(" "))
    detach(byline)
    return Change(touches=subject.line_rules)


@breaking
def updated_first(subject: Subject, rng: random.Random) -> Change | None:
    """The time of the last change is in front of the time of publication."""
    place = subject.around(subject.record.date_published_raw, subject.lines())
    if place is None:
        return None
    for one in place.children:
        found = _DATE.search(one.value) if isinstance(one, Text) else None
        if found is not None and isinstance(one, Text):
            year = int(found[0][:4])
            later = found[0].replace(str(year), str(year + 1), 1)
            word, other = rng.choice([("更新时间：", "发布时间："), ("更新于 ", "发布于 "), ("修改：", "发布：")])
            one.value = one.value.replace(found[0], f"{word}{later} {other}{found[0]}", 1)
            return Change(touches=("fields.datePublished", *subject.line_rules), expect={"dateModified": ...})
    return None


@breaking
def date_day_only(subject: Subject, rng: random.Random) -> Change | None:
    """The line shows the day of the publication without the time."""
    del rng
    place = subject.around(subject.record.date_published_raw, subject.lines())
    day, _, time = (subject.record.date_published or "").partition("T")
    if place is None or not time:
        return None
    for one in place.children:
        found = _DATE.search(one.value) if isinstance(one, Text) else None
        if found is not None and isinstance(one, Text) and found["time"]:
            one.value = f"{one.value[: found.start('time')]}{one.value[found.end('time') :]}"
            # metas and data may go on to state it
            stays = any(f"{day}{between}{time[:5]}" in subject.tree.html() for between in ("T", " "))
            return Change(
                touches=("fields.datePublished", *subject.line_rules),
                expect={} if stays else {"datePublished": day},
                content=stays,
            )
    return None


@breaking
def source_with_views(subject: Subject, rng: random.Random) -> Change | None:
    """The count of views is behind the source, in its element."""
    source = subject.record.source
    place = subject.around(source.name if source is not None else None, subject.lines())
    if source is None or place is None or place in subject.bodies:
        return None
    word, number = rng.choice(["阅读", "浏览量：", "阅读数 "]), len(subject.record.headline or "") * 37
    for one in place.children:
        if isinstance(one, Text) and source.name in one.value:
            one.value = one.value.replace(source.name, f"{source.name} {word} {number}", 1)
            return Change(touches=("fields.source", *subject.line_rules))
    return None

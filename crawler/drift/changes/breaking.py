"""Changes of a layout after which rules may miss, or take what is not theirs."""

from __future__ import annotations

import random
import re
import zlib

from ..subject import Subject
from ..tree import Element, detach, is_text
from .kinds import Change, Names, breaking, new_name, rename_elements, retag

_HASHED = re.compile(r"(?P<stem>[A-Za-z][\w-]*?(?:__|-|_))(?P<hash>(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{4,8})$")
_HEX = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@breaking
def headline_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The headline has other classes and another id."""
    node = subject.headline
    if node is None or not rename_elements(subject, [node], Names(rng)):
        return None
    return Change(touches=("article.headline",))


@breaking
def headline_retagged(subject: Subject, rng: random.Random) -> Change | None:
    """The headline has another tag."""
    node = subject.headline
    if node is None:
        return None
    retag(node, rng.choice([tag for tag in ("h1", "h2", "div", "p") if tag != node.tag]))
    return Change(touches=("article.headline",))


@breaking
def headline_renamed_retagged(subject: Subject, rng: random.Random) -> Change | None:
    """The headline has another tag and other classes, and is in two new boxes."""
    node = subject.headline
    if node is None:
        return None
    rename_elements(subject, [node], Names(rng))
    retag(node, "div" if node.tag == "h1" else "h1")
    node.attrs.setdefault("class", new_name(rng))
    node.wrap(Element("div", {"class": new_name(rng)}))
    return Change(touches=("article.headline",))


@breaking
def headline_unwrapped(subject: Subject, rng: random.Random) -> Change | None:
    """The headline's text is in a span of the box around it, next to other elements."""
    node = subject.headline
    if node is None:
        return None
    name = new_name(rng)
    span = Element("span", {"class": name})
    node.before(span)
    span.append(*node.children[:])
    detach(node)
    return Change(touches=("article.headline",))


@breaking
def headline_moved(subject: Subject, rng: random.Random) -> Change | None:
    """The headline is at the start of the page, outside the box that it was in."""
    node = subject.headline
    if node is None or node.parent is None:
        return None
    box = Element("div", {"class": new_name(rng)})
    box.append(node)
    subject.tree.body.insert(0, box)
    return Change(touches=("article.headline",))


@breaking
def badge_in_headline(subject: Subject, rng: random.Random) -> Change | None:
    """The headline's element has a badge in front of the text."""
    node = subject.headline
    if node is None:
        return None
    word = rng.choice(["独家", "原创", "快讯", "图集", "深度"])
    node.insert(0, Element(rng.choice(["span", "em", "i"]), {"class": new_name(rng)}, word))
    return Change(touches=("article.headline",))


@breaking
def body_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The body's element has other classes and another id."""
    return Change(touches=("article.body",)) if rename_elements(subject, subject.bodies[:1], Names(rng)) else None


@breaking
def body_retagged(subject: Subject, rng: random.Random) -> Change | None:
    """The body's element has another tag."""
    if subject.body is None:
        return None
    retag(subject.body, rng.choice([tag for tag in ("section", "article", "main") if tag != subject.body.tag]))
    return Change(touches=("article.body",))


@breaking
def body_wrapped(subject: Subject, rng: random.Random) -> Change | None:
    """The paragraphs are in two more boxes inside the body's element."""
    if subject.body is None:
        return None
    inner = Element("div", {"class": new_name(rng)})
    inner.append(*subject.body.children[:])
    subject.body.append(Element("div", {"class": new_name(rng)}, inner))
    return Change(touches=("article.body",))


@breaking
def body_unwrapped(subject: Subject, rng: random.Random) -> Change | None:
    """The paragraphs are directly in the box around the body, whose element is gone."""
    del rng
    body = subject.body
    if body is None or body.parent is None or len(subject.bodies) > 1 or not body.elements:
        return None
    if any(is_text(child) for child in body.children):
        return None
    body.unwrap()
    return Change(touches=("article.body",))


@breaking
def body_moved(subject: Subject, rng: random.Random) -> Change | None:
    """The body is at the end of the page, outside the boxes that it was in."""
    if subject.body is None or len(subject.bodies) > 1:
        return None
    box = Element("div", {"class": new_name(rng)})
    box.append(subject.body)
    subject.tree.body.append(box)
    return Change(touches=("article.body",))


@breaking
def body_and_headline_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """Headline, body and the lines between them have other classes and ids."""
    nodes = [node for node in (subject.headline, *subject.bodies[:1], *subject.lines()) if node is not None]
    if not rename_elements(subject, nodes, Names(rng)):
        return None
    return Change(touches=("article.headline", "article.body", *subject.line_rules))


@breaking
def paragraphs_retagged(subject: Subject, rng: random.Random) -> Change | None:
    """The paragraphs are div or section elements with a class."""
    found = [one for one in subject.paragraphs() if one.tag == "p"]
    if len(found) < 2:
        return None
    tag, name = rng.choice(["div", "section"]), new_name(rng)
    for one in found:
        retag(one, tag)
        one.attrs["class"] = " ".join([*one.classes, name])
    return Change(touches=("article.body",))


@breaking
def frame_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The boxes around headline and body have other classes and ids."""
    body = subject.body
    if body is None:
        return None
    outer = [one for one in body.above() if one.tag not in {"html", "body"}]
    if not rename_elements(subject, outer, Names(rng)):
        return None
    return Change(touches=("article.body", "article.headline", "evidence"))


@breaking
def hashed_classes(subject: Subject, rng: random.Random) -> Change | None:
    """The hashes in generated class names are others."""
    return _hashes(subject, rng, add=False)


@breaking
def classes_hashed(subject: Subject, rng: random.Random) -> Change | None:
    """All class names have a hash, as a build writes them."""
    return _hashes(subject, rng, add=True)


def _hashes(subject: Subject, rng: random.Random, *, add: bool) -> Change | None:
    made: dict[str, str] = {}
    salt = "".join(rng.choice(_HEX) for _ in range(4))
    for element in subject.tree.root.walk():
        words = element.classes
        for word in words:
            found = _HASHED.search(word)
            if word not in made and (found or add):
                tail = f"{salt}{zlib.crc32(word.encode()) % 10}"
                made[word] = f"{found['stem']}{tail}" if found else f"{word}__{tail}"
        if words:
            element.attrs["class"] = " ".join(made.get(word, word) for word in words)
    touched = ("article.headline", "article.body", *subject.line_rules, "evidence")
    return Change(touches=touched) if made else None


@breaking
def new_template(subject: Subject, rng: random.Random) -> Change | None:
    """The article is in a new frame: other elements, other names, another order around it."""
    body, headline = subject.body, subject.headline
    if body is None or headline is None or len(subject.bodies) > 1:
        return None
    around = {*body.above(), *headline.above(), headline}
    lines = [line for line in subject.lines() if not line.is_in([body]) and line not in around]
    known = {*lines}
    lines = [line for line in lines if line.parent is None or not line.parent.is_in(known)]
    names = Names(rng)
    _rename_all(subject, names)
    text = Element("article", {"class": names.of("text")}, *body.children[:])
    detach(body)
    title = Element("div", {"class": names.of("title")}, *headline.children[:])
    detach(headline)
    for line in lines:
        detach(line)
        retag(line, "div" if line.tag == "p" else "p" if line.tag == "span" else line.tag)
    head = Element("header", {"class": names.of("head")}, title, Element("div", {"class": names.of("lines")}, *lines))
    rest = Element("aside", {"class": names.of("rest")}, *subject.tree.body.children[:])
    subject.tree.body.append(Element("main", {"id": names.of("main")}, head, text), rest)
    return Change(touches=("evidence", "article.headline", "article.body", *subject.line_rules))


@breaking
def all_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """Every class and id of the page is another, each word everywhere the same."""
    if not _rename_all(subject, Names(rng)):
        return None
    return Change(touches=("evidence", "article.headline", "article.body", *subject.line_rules))


def _rename_all(subject: Subject, names: Names) -> bool:
    done = False
    for one in subject.tree.root.walk():
        if words := one.classes:
            one.attrs["class"] = " ".join(names.of(word, unique=True) for word in words)
            done = True
        if ident := one.attrs.get("id"):
            one.attrs["id"] = names.of(f"#{ident}", unique=True)
            done = True
    return done

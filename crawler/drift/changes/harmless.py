"""Changes of a layout that every rule should survive, and that must not alarm anyone."""

from __future__ import annotations

import random

from ..subject import Subject
from ..tree import Comment, Element, is_space
from .kinds import Change, harmless, new_name

_NOTHING = Change(touches=())
_KEPT = frozenset({"pre", "textarea", "script", "style", "title", "option"})


@harmless
def nothing(subject: Subject, rng: random.Random) -> Change | None:
    """The page is written anew, with no change at all."""
    del subject, rng
    return _NOTHING


@harmless
def class_order(subject: Subject, rng: random.Random) -> Change | None:
    """Classes are in another order."""
    done = False
    for one in subject.tree.root.walk():
        if len(words := one.classes) > 1:
            rng.shuffle(words)
            one.attrs["class"] = " ".join(words)
            done = True
    return _NOTHING if done else None


@harmless
def attribute_order(subject: Subject, rng: random.Random) -> Change | None:
    """Attributes are in the opposite order."""
    del rng
    for one in subject.tree.root.walk():
        one.attrs = dict(reversed(one.attrs.items()))
    return _NOTHING


@harmless
def whitespace(subject: Subject, rng: random.Random) -> Change | None:
    """White space between block elements is other."""
    for one in subject.tree.body.walk():
        for child in one.children if one.tag not in _KEPT else []:
            if is_space(child) and "\n" in child.value:
                child.value = rng.choice(["\n", "\n\n    ", "\n\t"])
    return _NOTHING


@harmless
def comments(subject: Subject, rng: random.Random) -> Change | None:
    """There are more comments."""
    for one in [*subject.tree.body.walk()]:
        if one.tag in {"div", "section"} and rng.random() < 0.5:
            one.insert(0, Comment(f" {new_name(rng)} "))
    return _NOTHING


@harmless
def utility_classes(subject: Subject, rng: random.Random) -> Change | None:
    """Elements have more classes, as style libraries write them."""
    words = ["mt-4", "flex", "clearfix", "w-full", "text-lg", "fl", "pd10", "js-ready"]
    for one in subject.tree.body.walk():
        if one.classes:
            one.attrs["class"] = " ".join([*one.classes, rng.choice(words)])
    return _NOTHING


@harmless
def outer_wrapper(subject: Subject, rng: random.Random) -> Change | None:
    """There are two more boxes around the whole page."""
    body = subject.tree.body
    inner = Element("div", {"class": new_name(rng)}, *body.children[:])
    body.append(Element("div", {"id": new_name(rng)}, inner))
    return _NOTHING


@harmless
def tracking_scripts(subject: Subject, rng: random.Random) -> Change | None:
    """There are more scripts."""
    for place in (subject.tree.head, subject.tree.body):
        place.append(Element("script", {"async": None, "src": f"https://stat.example/{rng.randrange(9999)}.js"}))
        place.append(Element("script", {}, f"var _t{rng.randrange(99)}=[];_t{rng.randrange(99)}.push(['pv']);"))
    return _NOTHING


@harmless
def data_attributes(subject: Subject, rng: random.Random) -> Change | None:
    """Elements have more data attributes."""
    name = rng.choice(["data-spm", "data-track-id", "data-sudaclick", "data-testid"])
    for number, one in enumerate(subject.tree.body.walk()):
        if one.tag in {"div", "p", "a", "span", "section", "h1", "li"}:
            one.attrs[name] = f"{name[5:8]}.{number}"
    return _NOTHING


@harmless
def labels_for_readers(subject: Subject, rng: random.Random) -> Change | None:
    """Elements have attributes for screen readers."""
    del rng
    for one in subject.tree.body.walk():
        if one.tag == "nav" or (one.tag == "div" and one.classes):
            one.attrs.setdefault("aria-live", "off")
        if one.tag == "a" and one.attrs.get("href"):
            one.attrs.setdefault("aria-label", "链接")
    return _NOTHING


@harmless
def metas_added(subject: Subject, rng: random.Random) -> Change | None:
    """The head has more metas and links."""
    subject.tree.head.append(
        Element("meta", {"name": "renderer", "content": "webkit"}),
        Element("meta", {"name": f"x-{new_name(rng)}", "content": str(rng.randrange(9999))}),
        Element("link", {"rel": "preconnect", "href": "https://static.example/"}),
    )
    return _NOTHING


@harmless
def styles_inline(subject: Subject, rng: random.Random) -> Change | None:
    """Paragraphs have inline styles."""
    size = rng.choice(["16px", "17px", "1.1em"])
    for one in subject.paragraphs():
        one.attrs["style"] = f"{one.attrs.get('style') or ''};font-size:{size}".lstrip(";")
    return _NOTHING


@harmless
def lazy_loading(subject: Subject, rng: random.Random) -> Change | None:
    """Pictures have `loading` and `decoding`."""
    del rng
    found = [one for one in subject.tree.body.walk() if one.tag == "img"]
    for one in found:
        one.attrs |= {"loading": "lazy", "decoding": "async"}
    return _NOTHING if found else None


@harmless
def links_tracked(subject: Subject, rng: random.Random) -> Change | None:
    """Links open in a new window and have a `rel`."""
    del rng
    found = [one for one in subject.tree.body.walk() if one.tag == "a" and one.attrs.get("href")]
    for one in found:
        one.attrs |= {"rel": "noopener", "target": "_blank"}
    return _NOTHING if found else None


@harmless
def box_added(subject: Subject, rng: random.Random) -> Change | None:
    """There is a new box of links at the end of the page."""
    name = new_name(rng)
    items = [Element("li", {}, Element("a", {"href": f"/zt/{n}"}, f"专题栏目{n}")) for n in range(1, 4)]
    subject.tree.body.append(Element("div", {"class": name}, Element("h3", {}, "专题策划"), Element("ul", {}, *items)))
    return _NOTHING


@harmless
def banner_added(subject: Subject, rng: random.Random) -> Change | None:
    """There is a new banner at the start of the page."""
    subject.tree.body.insert(0, Element("div", {"class": new_name(rng)}, "本站已支持无障碍浏览"))
    return _NOTHING

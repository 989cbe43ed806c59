"""Changes of the pictures in the body, and pictures that are not the article's."""

from __future__ import annotations

import random
import re
from urllib.parse import urljoin

from ...page.text import squeeze
from ..subject import Subject
from ..tree import Element
from .kinds import Change, breaking, new_name, retag

_PICTURE = re.compile(r"^(?:https?:)?//|\.(?:jpe?g|png|webp|gif)", re.IGNORECASE)
_PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
_NAME_END = re.compile(r"(\.(?:jpe?g|png|webp|gif))?(?=$|[?#!])", re.IGNORECASE)


def _pictures(subject: Subject) -> list[Element]:
    return [one for body in subject.bodies for one in body.walk() if one.tag == "img"]


@breaking
def lazy_renamed(subject: Subject, rng: random.Random) -> Change | None:
    """The pictures' addresses are in another attribute, and `src` has a placeholder."""
    found = _pictures(subject)
    if not found or not subject.record.images:
        return None
    name = rng.choice(["data-hires", "data-pic", "data-img-url", "lz-src", "data-echo-img"])
    for one in found:
        urls = [key for key, value in one.attrs.items() if _is_address(key, value)]
        value = one.attrs.pop(urls[0]) if urls else one.attrs.get("src")
        for key in urls[1:]:
            del one.attrs[key]
        one.attrs[name] = value
        one.attrs["src"] = _PLACEHOLDER
    return Change(touches=("article.body", "article.body.images"))


def _is_address(name: str, value: str | None) -> bool:
    """Return whether an attribute, other than `src`, has the address of a picture."""
    return name not in {"src", "alt", "title", "style"} and name[:2] != "on" and bool(_PICTURE.search(value or ""))


@breaking
def picture_element(subject: Subject, rng: random.Random) -> Change | None:
    """The pictures are `picture` elements with sources, and `src` has a placeholder."""
    del rng
    found = _pictures(subject)
    if not found or not subject.record.images:
        return None
    for one in found:
        urls = [value for key, value in one.attrs.items() if _is_address(key, value)]
        value = urls[0] if urls else one.attrs.get("src")
        for key in [key for key, other in one.attrs.items() if _is_address(key, other)]:
            del one.attrs[key]
        outer = Element("picture", {}, Element("source", {"srcset": value, "type": "image/jpeg"}))
        one.wrap(outer)
        one.attrs["src"] = _PLACEHOLDER
    return Change(touches=("article.body", "article.body.images"))


def _address(subject: Subject, picture: Element) -> str | None:
    """Return the address of a picture that the record has; None for a picture that it does not have."""
    wanted = {image.url for image in subject.record.images}
    found = [value for key, value in picture.attrs.items() if value and (key == "src" or _is_address(key, value))]
    return next((value for value in found if urljoin(subject.stored.url, value.strip()) in wanted), None)


@breaking
def images_thumbnails(subject: Subject, rng: random.Random) -> Change | None:
    """The pictures are small copies; the address of the large one is in another attribute."""
    name, size = rng.choice(["data-full", "data-large", "data-zoom-src"]), rng.choice(["120x90", "200x150"])
    done = False
    for one in _pictures(subject):
        address = _address(subject, one)
        if address is None:
            continue
        for key in [key for key, value in one.attrs.items() if _is_address(key, value)]:
            del one.attrs[key]
        one.attrs["src"] = _NAME_END.sub(rf"_{size}\1", address, count=1)
        one.attrs[name] = address
        done = True
    return Change(touches=("article.body", "article.body.images")) if done else None


@breaking
def images_as_background(subject: Subject, rng: random.Random) -> Change | None:
    """The pictures are boxes with a background."""
    name = new_name(rng)
    done = False
    for one in _pictures(subject):
        address = _address(subject, one)
        if address is None:
            continue
        says = one.attrs.get("alt") or one.attrs.get("title")
        retag(one, "span" if any(outer.tag == "p" for outer in one.above()) else "div")
        one.attrs = {"class": name, "role": "img", "style": f"background-image:url('{address}')"}
        if says:
            one.attrs["aria-label"] = says
        done = True
    return Change(touches=("article.body", "article.body.images")) if done else None


@breaking
def hero_image(subject: Subject, rng: random.Random) -> Change | None:
    """The first picture is above the headline, with its caption."""
    headline, blocks = subject.headline, subject.values()["blocks"]
    first = next((one for one in _pictures(subject) if _address(subject, one) is not None), None)
    if headline is None or first is None or headline.is_in(subject.bodies):
        return None
    address = urljoin(subject.stored.url, (_address(subject, first) or "").strip())
    block = next((one for one in blocks if one[2] == address), None)
    whole = next((one for one in first.above() if one.tag == "figure" and one not in subject.bodies), first)
    if block is None or (block[1] and squeeze(block[1]) not in squeeze(whole.text())):
        return None
    headline.before(Element("div", {"class": new_name(rng)}, whole))
    order = [block, *(one for one in blocks if one is not block)]
    return Change(touches=("article.body", "article.body.images"), expect={"blocks": order})


@breaking
def icons_in_body(subject: Subject, rng: random.Random) -> Change | None:
    """Icons for sharing are at the end of the body."""
    if subject.body is None:
        return None
    folder = rng.choice(["icon", "share", "img/sns"])
    icons = [Element("img", {"src": f"//static.example/{folder}/{name}.png"}) for name in ("wx", "wb", "qq")]
    subject.bodies[-1].append(Element("div", {"class": new_name(rng)}, *icons))
    return Change(touches=("article.body", "article.body.images"))

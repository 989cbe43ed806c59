"""The attribute in which the addresses of an article's pictures are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...page.urls import absolute
from ...profiles.thumbnails import original
from ...profiles.toml import KeyPath
from .cases import BODY, Seen
from .mender import Mender
from .trial import Draft, own_file
from .values import Proposal


def picture_rules(mender: Mender) -> Iterator[Proposal]:
    """Yield the attribute that the addresses of the article's pictures are in."""
    seen_in: Counter[str] = Counter()
    pages = 0
    for seen in mender.affected:
        urls = (
            {image.url for image in seen.before.images if image.url}
            if seen.before is not None and not seen.guessed
            else set()
        )
        if not urls:
            continue
        pages += 1
        found = {
            name
            for node in seen.css("img")
            for name, value in node.attributes.items()
            if value and name != "src" and same_picture(mender, seen, value, urls)
        }
        seen_in.update(found)
    for name, count in seen_in.most_common(3):
        if count >= 0.7 * pages:
            yield lambda name=name: _with_attribute(mender, name)  # type: ignore[misc]


def same_picture(mender: Mender, seen: Seen, value: str, urls: set[str]) -> bool:
    """Return whether an attribute has the address of one of some pictures, whatever its size there."""
    url = absolute(seen.page.url, value)
    return url is not None and original(url, mender.profile.site) in urls


def _with_attribute(mender: Mender, name: str) -> Draft:
    file = own_file(mender.layout.id)
    draft = mender.draft
    for number, _ in enumerate(draft.files[file].get(("article", "body")) or []):
        text = draft.files[file]
        path: KeyPath = ("article", "body", number)
        images = text.get((*path, "images"))
        if images is None:
            text = text.with_key(path, "images", {"attrs": [name]})
        elif "attrs" in images:
            text = text.replaced((*path, "images", "attrs"), [name, *images["attrs"]])
        else:
            text = text.with_key((*path, "images"), "attrs", [name])
        draft = draft.with_file(file, text, f"{BODY}.images")
    return draft

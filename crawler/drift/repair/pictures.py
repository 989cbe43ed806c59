"""The attribute in which the addresses of an article's pictures are now, and the elements with their captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...page.text import squeeze
from ...page.urls import absolute
from ...profiles.thumbnails import original
from ...profiles.toml import KeyPath
from ...records.model import Record
from .cases import BODY, Seen
from .mender import Mender
from .renames import with_value
from .selectors import Kept, Wanted, choose
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
            if value and name != "src" and address_in(mender, seen, value) in urls
        }
        seen_in.update(found)
    for name, count in seen_in.most_common(3):
        if count >= 0.7 * pages:
            yield lambda name=name: _with_attribute(mender, name)  # type: ignore[misc]


def caption_rules(mender: Mender, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield the selectors of elements with the pictures' captions of before, where these are read as paragraphs."""
    wanted: list[Wanted] = []
    for seen, record in zip(mender.affected, records, strict=True):
        if seen.before is None or seen.guessed or record is None:
            continue
        read = {squeeze(block.text) for block in record.blocks if block.text}
        texts = {squeeze(block.caption) for block in seen.before.blocks if block.caption}
        targets = [target for text in sorted(texts & read) for target in seen.spans.exact(text)]
        if targets:
            wanted.append(Wanted(seen, sorted(targets, key=lambda target: target.start)))
    found = choose(wanted, [Kept(seen, frozenset()) for seen in mender.olds]) or choose(wanted) if wanted else None
    for css in (found.css, *found.others[:2]) if found is not None else ():
        yield lambda css=css: _with_captions(mender, css)  # type: ignore[misc]


def _with_captions(mender: Mender, css: str) -> Draft:
    file, draft = own_file(mender.layout.id), mender.draft
    for number, body in enumerate(draft.files[file].get(("article", "body")) or []):
        text, path = draft.files[file], ("article", "body", number, "images")
        images = body.get("images")
        if images is None:
            text = text.with_key(path[:-1], "images", {"captions": css})
        elif "captions" in images:
            draft = with_value(draft, file, (*path, "captions"), f"{images['captions']}, {css}")
            continue
        else:
            text = text.with_key(path, "captions", css)
        draft = draft.with_file(file, text, f"{BODY}.images")
    return draft


def address_in(mender: Mender, seen: Seen, value: str) -> str | None:
    """Return the address of a picture that an attribute has, whatever its size there; None for other values."""
    url = absolute(seen.page.url, value)
    return original(url, mender.profile.site) if url is not None else None


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

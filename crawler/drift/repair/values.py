"""Rules for single values that moved: by an element of their own, or by the text around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from ...page.text import squeeze
from ...profiles.toml import KeyPath
from ...records.model import Record
from .cases import Seen
from .dates import date_rules
from .mender import Mender
from .metas import meta_rules
from .selectors import Wanted, choose
from .spans import Target
from .toml_text import EditFailed
from .trial import Draft, own_file

Proposal = Callable[[], Draft]
"""Makes a changed draft; raises EditFailed."""

FIELDS: dict[str, KeyPath] = {
    "datePublished": ("fields", "datePublished"),
    "source": ("fields", "source", "name"),
    "authors": ("fields", "authors", "name"),
    "editors": ("fields", "editors"),
    "originalHeadline": ("fields", "originalHeadline"),
    "account": ("fields", "account", "name"),
}
"""The judged values that are read by rules of their own, with the rules' place in a profile."""
_APART = 2
"""Different texts in front of a value that must end alike for that to be its label."""
_LONGEST = 400
"""Characters of an element with a value in its text."""
_DAY = r"\d{4}\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}\s*日?"
_DATES = (rf"({_DAY}\s*\d{{1,2}}:\d{{2}}(?::\d{{2}})?)", rf"({_DAY})")
_WORD = re.compile(r"[^\W\d_]{1,8}\s*[:：/|｜丨]?")
"""A word that may be the label of a value."""
_ENDS = (r"\s*$", r"(?:\s|$)", r"\s*[\]）)】]\s*$", rf"\s*{_DAY}", r"\s*[\]）)】|｜丨/]")


def _raw(record: Record, field: str) -> list[str]:
    """Return the texts of a value on the page."""
    if field == "datePublished":
        return [record.date_published_raw] if record.date_published_raw else []
    if field == "source":
        return [record.source.name] if record.source is not None else []
    if field == "authors":
        return [author.name for author in record.authors]
    if field == "editors":
        return list(record.editors)
    if field == "account":
        return [record.account.name] if record.account is not None else []
    return [record.original_headline] if record.original_headline else []


def value_rules(mender: Mender, field: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for one value: by an element of its own, inside a region, or inside an element with more text."""
    stated = [*date_rules(mender, records)] if field == "datePublished" else []
    for values in [*stated, *meta_rules(mender, field, records)]:
        for front in (False, True):
            yield lambda values=values, front=front: with_value(mender, field, values, front=front)  # type: ignore[misc]
    pages: list[tuple[Seen, list[str]]] = []
    for seen, record in zip(mender.affected, records, strict=True):
        wrong = seen.wrong(record)
        if seen.before is None or (field not in wrong and "record" not in wrong):
            continue
        texts = _raw(seen.before, field)
        if texts:
            pages.append((seen, texts))
    if not pages:
        return
    split = next((rule.split for rule in _rules(mender, field) if rule.split), None)
    made: list[dict[str, Any]] = []
    alone = [
        Wanted(seen, targets)
        for seen, texts in pages
        if (targets := [target for text in texts for target in _near(mender, seen, squeeze(text))])
    ]
    many = any(len(texts) > 1 for _, texts in pages)
    if alone:
        found = choose(alone, first=not many)
        if found is not None:
            made += [{"css": css, **({"every": True} if many else {})} for css in (found.css, *found.others[:2])]
    near = list(_within(mender, pages, field, split))
    made = [*near, *made] if any(seen.labels for seen, _ in pages) else [*made, *near]
    made += list(_around(pages, field, split))
    for values in made:
        for front in (False, True):
            yield lambda values=values, front=front: with_value(mender, field, values, front=front)  # type: ignore[misc]


def _rules(mender: Mender, field: str) -> tuple[Any, ...]:
    found: Any = mender.layout.fields
    for step in FIELDS[field][1:]:
        found = getattr(found, re.sub(r"([A-Z])", lambda one: f"_{one[1].lower()}", str(step)))
    return tuple(found)


def _near(mender: Mender, seen: Seen, text: str) -> list[Target]:
    """Return the elements with a text that are nearest to the article: in its lines, else outside the body."""
    found = seen.spans.exact(text)
    lines = [
        piece.node
        for rule, pieces in mender.pieces(seen).items()
        if rule.startswith(("article.info", "chrome."))
        for piece in pieces
        if piece.node.mem_id in seen.spans.number
    ]
    inside = [
        target
        for target in found
        if any(low <= target.start and target.end <= high for low, high in map(seen.spans.span, lines))
    ]
    return (inside or found)[:1]


def with_value(mender: Mender, field: str, values: dict[str, Any], *, front: bool) -> Draft:
    """Return the draft with one more rule for a value, in front of or behind those of the layout; raises EditFailed."""
    path = FIELDS[field]
    file = own_file(mender.layout.id)
    text = mender.draft.files[file]
    known = text.get(path) or []
    if front and not known:
        raise EditFailed(f"{'.'.join(map(str, path))} has no rule in the layout's file")
    before = (*path, 0) if front else None
    after = (*path, len(known) - 1) if known and not front else None
    made = text.with_table([str(step) for step in path], values, before=before, after=after, many=True)
    return mender.draft.with_file(file, made, ".".join(map(str, path)))


def _within(
    mender: Mender, pages: Sequence[tuple[Seen, list[str]]], field: str, split: str | None
) -> Iterator[dict[str, Any]]:
    """Yield rules by the text around a value inside a region that a rule claims on all pages."""
    regions: dict[str, int] = {}
    for seen, texts in pages:
        for rule, pieces in mender.pieces(seen).items():
            if rule.startswith(("article.info.", "chrome.")) and any(_holds(piece.text, texts) for piece in pieces):
                regions[rule] = regions.get(rule, 0) + 1
    for rule, count in sorted(regions.items(), key=lambda one: -one[1]):
        if count < len(pages):
            continue
        samples = [
            (next(piece.text for piece in mender.pieces(seen)[rule] if _holds(piece.text, texts)), texts)
            for seen, texts in pages
        ]
        words = {word for seen, _ in pages for word in seen.labels}
        for pattern in [*_labelled(samples, words), *_patterns(samples, field, _said(pages))]:
            yield {"within": rule.rpartition(".")[2], "match": pattern, **({"split": split} if split else {})}


def _holds(text: str, texts: Sequence[str]) -> bool:
    whole = squeeze(text)
    return all(squeeze(one) in whole for one in texts)


def _around(pages: Sequence[tuple[Seen, list[str]]], field: str, split: str | None) -> Iterator[dict[str, Any]]:
    """Yield rules by the smallest element that has a value in its text, and the text around the value."""
    wanted, samples = [], []
    for seen, texts in pages:
        whole = squeeze("".join(texts)) if len(texts) == 1 else squeeze(texts[0])
        headline = squeeze((seen.before.headline if seen.before is not None else None) or "")
        around = [seen.spans.cover(at, at + len(whole)) for at in seen.spans.occurrences(whole)]
        around = [node for node in around if node.tag not in {"body", "html"} and len(node.text()) <= _LONGEST]
        around = [node for node in around if not headline or headline not in squeeze(node.text())]
        if not around:
            return
        node = next((one for one in around if squeeze(one.text()) != whole), around[0])  # one with a label first
        wanted.append(Wanted(seen, [seen.spans.target_of(node)]))
        samples.append((" ".join(node.text(separator=" ").split()), texts))
    found = choose(wanted, first=True)
    if found is None:
        return
    for pattern in _patterns(samples, field, _said(pages)):
        yield {"css": found.css, "match": pattern, **({"split": split} if split else {})}


def _labelled(samples: Sequence[tuple[str, list[str]]], words: Collection[str]) -> Iterator[str]:
    """Yield patterns for a value behind a word that is known to be a label."""
    for word in sorted(words):
        for end in _ENDS:
            pattern = rf"{re.escape(word)}\s*[：:丨|/]?\s*(.+?){end}"
            if all(_gives(pattern, text, texts) for text, texts in samples):
                yield pattern


def _said(pages: Sequence[tuple[Seen, list[str]]]) -> str:
    """Return the lines of the articles as they were before."""
    return "\0".join(squeeze(text) for seen, _ in pages for texts in seen.texts().values() for text in texts)


def _patterns(samples: Sequence[tuple[str, list[str]]], field: str, said: str) -> Iterator[str]:
    """Yield patterns whose first group is the value in each text; `said` is what the lines were before."""
    befores: list[str] = []
    for text, texts in samples:
        at = text.find(texts[0])
        if at >= 0:
            befores.append(text[:at])
    if len(befores) < 0.7 * len(samples):
        return
    shared = _common_end([before.rstrip() for before in befores])
    label = re.search(r"(?:[\w·]{1,8}\s*)?[:：/|｜丨]?$", shared)
    labels = [label[0]] if label is not None and label[0] else []
    # a word that was not on the page is a label; one that was there may be the end of another value, of which only
    # the sign after it is known
    is_new = bool(labels) and squeeze(labels[0]) not in said and _WORD.fullmatch(labels[0]) is not None
    if len(samples) == 1 and not is_new:
        labels = [one[-1] for one in labels if one[-1] in ":：/|｜丨"]
    alone = all(before.strip() == label[0].strip() for before in befores) if label is not None else False
    if len({*befores}) < _APART and not alone and not is_new:
        labels = [one for one in labels if one[-1] in ":：/|｜丨"]
    heads = [re.escape(one) + r"\s*" for one in labels]
    heads += [r"^"] if all(not before.strip() for before in befores) else []
    bodies = _DATES if field == "datePublished" else (r"(.+?)",)
    ends = ("",) if field == "datePublished" else _ENDS
    for head in [*heads, *([""] if field == "datePublished" else [])]:
        for body in bodies:
            for end in ends:
                pattern = f"{head}{body}{end}"
                held = sum(_gives(pattern, text, texts) for text, texts in samples)
                if held == len(samples) or (len(samples) >= 5 and held >= 0.7 * len(samples)):
                    yield pattern


def _gives(pattern: str, text: str, texts: Sequence[str]) -> bool:
    found = re.search(pattern, text)
    if found is None:
        return False
    value = squeeze(found[1])
    return value == squeeze(texts[0]) if len(texts) == 1 else all(squeeze(one) in value for one in texts)


def _common_end(texts: Sequence[str]) -> str:
    shared = texts[0] if texts else ""
    for text in texts[1:]:
        while shared and not text.endswith(shared):
            shared = shared[1:]
    return shared

"""Rules for names (source, account, authors, editors) and titles: by label, by element, by the page's metadata."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Final

import msgspec

from ..page.text import collapse, squeeze
from ..profiles.model import Value
from ..profiles.patterns import first_group, split
from ..sieve.partition import flow_text
from .data import ALL_LINKED, LINKED
from .idents import literal
from .learned import Learned
from .learner import LINE, Learner, Place, in_data, meta_names, region
from .marks import ways
from .sample import Sample

_SOURCE_LABEL: Final = r"(?:来源于?|稿源|出处)\s*[:：丨|]\s*([^\s|｜丨，。；、（(]{2,24})"
_AUTHOR_LABEL: Final = r"(?:作者|撰文|文字记者|记者)\s*[:：丨|/]\s*([\p{Han}A-Za-z·、,，][\p{Han}A-Za-z·、,， ]*)"
_EDITOR_LABEL: Final = r"(?:责任编辑|责编|值班编辑|编辑)\s*[:：丨|]\s*([\p{Han}·][\p{Han}·、,， ]*)"
_BY_LABEL: Final = r"(?i)^(?:written |words |reported )?(?:by|von|par|por|di|door|av|af) (.{3,60})$"
_BETWEEN: Final = r"[\s、,，/;；]+"
_BETWEEN_NAMES: Final = r"\s*[、,，/;；]\s*|\s+(?:and|und|et|y|e|&)\s+"
_TITLES: Final = ("og:title", "twitter:title", "articletitle")
_SIGNS: Final = ("_", " - ", " | ", "|", "-", " – ", " — ", "--")
"""What stands between the headline and the site's name in a document's title."""
_TITLE: Final = re.compile(r"(?:headline|title|name|subject)$", re.IGNORECASE)
_HEADLINE: Final = re.compile(r"(?:headline|title)$", re.IGNORECASE)
_SHORTEST: Final = 3
_LONGEST_TITLE: Final = 200
_SOURCE_KEY: Final = re.compile(r"(?:article|news|doc)?_?(?:source|media|origin|copy_?from)_?(?:name)?", re.IGNORECASE)
_AUTHOR_KEY: Final = re.compile(r"(?:article|news|doc)?_?(?:author|writer|byline)s?_?(?:name)?", re.IGNORECASE)
"""Keys beside an article's text in data."""
_ALL_PATHS: Final = (
    "[?headline].author[].name",
    "[?headline].author.name",
    '[]."@graph"[] | [?headline].author[].name',
)
"""The authors in all JSON-LD of a page, of which only articles have a headline."""
_NO_NAME: Final = re.compile(r"[<>{}/\\=]|\d{3}|^(?:null|none|true|false|\d+)$", re.IGNORECASE)
_SHORTEST_NAME: Final = 2
_LONGEST_NAME: Final = 40
_PATHS: Final = (
    "author.name", "author[].name", "author", '"@graph"[].author.name | [0]', "[].author.name", "[].author[].name",
    "[0].author[].name",
)  # fmt: skip


def title(learner: Learner) -> list[Learned]:
    """Return the rules for the headline of pages that have no element for it: metas, else the document's title."""
    seen = Counter(squeeze(sample.title) for sample in learner.samples)
    fixed = {text for text, count in seen.items() if count > 1}  # the site's name

    def wanted(sample: Sample) -> str | None:
        given = sample.given.get("headline")
        shown = collapse(sample.headline.text()) if sample.headline is not None else None
        if shown is None and (stated := _stated_title(sample, fixed)) is not None:
            return stated
        return shown or (given.values[0] if given is not None and given.values else None)

    def judge(_sample: Sample, found: list[str], want: str | None) -> bool | None:
        return None if not found or want is None else squeeze(found[0]) == squeeze(want)

    def candidates(sample: Sample) -> Iterator[Place]:
        yield from (Place(Value(meta=name)) for name in _TITLES if sample.page.meta(name))
        if sample.title:
            yield Place(Value(css="title"))
        for sign in _SIGNS:
            if sign.strip() in sample.title:
                yield Place(Value(css="title", match=rf"^(.{{4,}}?)\s*{literal(sign)}"))
        want = wanted(sample)
        yield from in_data(sample, lambda entry: want is not None and squeeze(entry.text) == squeeze(want))

    return learner.learn("fields.headline", candidates, wanted, judge, most=2)


def _stated_title(sample: Sample, fixed: Container[str]) -> str | None:
    """Return the title that the article's data give, if the page is called so, or only something `fixed`."""
    known = [squeeze(text) for text in (sample.title, *(sample.page.meta(name) or "" for name in _TITLES)) if text]
    known = [text for text in known if text not in fixed]
    for entry in sample.stated:
        title = squeeze(entry.text)
        if not _TITLE.search(entry.key) or not _SHORTEST < len(title) <= _LONGEST_TITLE:
            continue
        if any(title in one for one in known) or (not known and _HEADLINE.search(entry.key)):
            return collapse(entry.text)
    return None


def _beside(sample: Sample, names: re.Pattern[str]) -> str | None:
    """Return the name that the article's data give under such a key, of a page that has its article nowhere else."""
    for entry in sample.stated if sample.html is not None else ():
        name = collapse(entry.text)
        if names.fullmatch(entry.key) and _SHORTEST_NAME <= len(name) <= _LONGEST_NAME and not _NO_NAME.search(name):
            return name
    return None


def source(learner: Learner) -> list[Learned]:
    """Return the rules for the source's name."""
    return _name(learner, "fields.source.name", "source", _SOURCE_LABEL, _SOURCE_KEY)


def account(learner: Learner) -> list[Learned]:
    """Return the rules for the account's name."""
    return _name(learner, "fields.account.name", "account.name", None, None)


def authors(learner: Learner) -> list[Learned]:
    """Return the rules for the authors' names."""
    return _people(learner, "fields.authors.name", "authors", (_AUTHOR_LABEL, _BY_LABEL))


def editors(learner: Learner) -> list[Learned]:
    """Return the rules for the editors' names."""
    return _people(learner, "fields.editors", "editors", (_EDITOR_LABEL,))


def _name(learner: Learner, key: str, field: str, label: str | None, names: re.Pattern[str] | None) -> list[Learned]:
    def wanted(sample: Sample) -> str | None:
        given = sample.given.get(field)
        if given is not None and given.values:
            return given.values[0]
        return _beside(sample, names) if names is not None else None

    def judge(_sample: Sample, found: list[str], want: str | None) -> bool | None:
        if not found:
            return None
        return want is not None and squeeze(found[0]) == squeeze(want)

    def candidates(sample: Sample) -> Iterator[Place]:
        want = wanted(sample)
        if want is None:
            return
        if label is not None:
            yield from _labelled(learner, sample, label, want)
        yield from _equal(sample, want)
        for name in meta_names(sample):
            if squeeze(sample.page.meta(name) or "") == squeeze(want):
                yield Place(Value(meta=name))
        yield from in_data(sample, lambda entry: squeeze(entry.text) == squeeze(want))

    return learner.learn(key, candidates, wanted, judge)


def _people(learner: Learner, key: str, field: str, labels: Sequence[str]) -> list[Learned]:
    def values(sample: Sample) -> tuple[str, ...]:
        given = sample.given.get(field)
        if given is not None and given.values:
            return given.values
        stated = _beside(sample, _AUTHOR_KEY) if field == "authors" else None
        return (stated,) if stated is not None else ()

    def wanted(sample: Sample) -> str | None:
        return "|".join(map(squeeze, values(sample))) or None

    def judge(_sample: Sample, found: list[str], want: str | None) -> bool | None:
        return None if not found else want is not None and "|".join(map(squeeze, found)) == want

    def candidates(sample: Sample) -> Iterator[Place]:
        given = values(sample)
        if not given:
            return
        between = _BETWEEN if any("\u4e00" <= c <= "\u9fff" for c in given[0]) else _BETWEEN_NAMES
        for label in labels:
            yield from _labelled(learner, sample, label, given[0], between)
        joined = given[0] if len(given) == 1 else None
        if joined is not None:
            for place in _equal(sample, joined):
                yield msgspec.structs.replace(place, value=msgspec.structs.replace(place.value, split=between))
        for name in meta_names(sample):
            stated = split(between, sample.page.meta(name) or "")
            if [squeeze(one) for one in stated if one] == [squeeze(one) for one in given]:
                yield Place(Value(meta=name, split=between))
        if field == "authors":
            yield from (Place(Value(data="linked", path=path, every=True), LINKED) for path in _PATHS)
            yield from (Place(Value(data="linked", path=path, every=True), ALL_LINKED) for path in _ALL_PATHS)
        names = [squeeze(one) for one in given]
        yield from in_data(sample, lambda entry: [*map(squeeze, entry.values)] == names, every=True)

    return learner.learn(key, candidates, wanted, judge)


def _labelled(learner: Learner, sample: Sample, label: str, want: str, between: str | None = None) -> Iterator[Place]:
    """Yield rules that find a value by the label before it: in the line of the time, in credits, in its element."""
    for name in learner.regions:
        for node in region(sample, learner.regions[name]):
            if squeeze(want) in squeeze(first_group(label, collapse(flow_text(node))) or ""):
                yield Place(Value(within=name, match=label, split=between))
                break
    for number, line in enumerate(sample.outline.lines):
        if len(line.text) > LINE or squeeze(want) not in squeeze(
            first_group(label, sample.outline.spaced(number)) or ""
        ):
            continue
        for css in list(ways(sample.elements_of(number)))[:4]:
            yield Place(Value(css=css, match=label, split=between))


def _equal(sample: Sample, want: str) -> Iterator[Place]:
    """Yield rules for the elements near the article whose text is a value and nothing else."""
    plain = squeeze(want)
    near = [
        *sample.claiming.info,
        *(
            range(max(0, sample.chosen[0] - 12), min(len(sample.outline.lines), sample.chosen[-1] + 12))
            if sample.chosen
            else ()
        ),
    ]
    for number in dict.fromkeys(near):
        line = sample.outline.lines[number]
        if plain not in squeeze(line.text) or sample.is_body(number):
            continue
        for node in sample.outline.nodes_of(number):
            above = node.parent
            for _ in range(3):
                if above is None or not above.is_element_node:
                    break
                if squeeze(above.text()) == plain:
                    for css in list(ways(above))[:6]:
                        yield Place(Value(css=css))
                above = above.parent

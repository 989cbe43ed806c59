"""Pages of one layout: what is learned from them, and what distinguishes them from the pages of other layouts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page.text import collapse
from ..profiles.checks.generated import generated_part
from ..profiles.model import Data
from ..records.model import Role
from .body import BodyRule, Inner, boilerplate, confirmed_body, guesses, holds, learn_body, learn_inner
from .data_body import KEY, body_in_data
from .dates import dates
from .learned import Learned, selectors
from .learner import Learner
from .marks import Aims, Mark, confirmed, first, found_by, is_telling, marks
from .names import names
from .people import account, authors, editors, source, title
from .regions import Part, learn_regions, unclaimed
from .sample import Sample

_ALIKE: Final = 0.3
"""Minimum share of common class names and ids for two pages to be in one group."""
_HASHED = re.compile(r"(?<![-_])[-_]+(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{5,8}$|(?<=[-_])[A-Za-z0-9]{0,3}[-_]$")
_COMMON: Final = frozenset({
    "article", "articles", "body", "box", "center", "clearfix", "col", "column", "container", "content",
    "contents", "crumb", "crumbs", "date", "detail", "details", "entry", "foot", "footer", "head", "header",
    "headline", "home", "hot", "info", "inner", "left", "line", "list", "logo", "main", "menu", "meta", "more",
    "nav", "navbar", "news", "page", "post", "related", "right", "row", "section", "share", "side", "sidebar",
    "site", "source", "story", "sub", "summary", "tags", "text", "time", "title", "tit", "top", "wrap",
    "wrapper", "article-content", "article-title", "article-body", "entry-content", "entry-title",
    "post-content", "post-title", "page-title", "main-content", "content-wrapper", "article-header",
    "article-info", "headline-title", "author", "comment", "comments", "search", "breadcrumb", "breadcrumbs",
})  # fmt: skip
"""Names that pages of any site have."""
_NAMES = re.compile(r"(?<=[.#])[\w-]+|(?<=\")[\w-]+(?=\")")
_YEAR = re.compile(r"(?<!\d)(?:19[9]|20[0-4])\d(?!\d{5})")
_PLAIN = re.compile(r"[\w .&!'’|–-]{2,60}")
_EXTRAS: Final = 5
_IN_DATA: Final = 6
"""The weight of the article in the data, which is all that some pages have."""
_HEAVIEST: Final = 10
"""The greatest weight that a profile can give."""
_EITHER: Final = 0.4
_HALF: Final = 0.5
"""Shares of the evidence that a page needs whose elements and data both identify it: with linked data some elements."""
_FRAME: Final = 20
_LINKED: Final = re.compile(r"ld.?json|json.?ld", re.IGNORECASE)
"""In selectors of scripts with linked data."""


class Landmark(msgspec.Struct, frozen=True):
    """A piece of evidence: a selector, or the name of data and a path in them.

    It has a weight; `shared` is on how many pages of other layouts it matches as well.
    """

    css: str
    weight: int
    shared: int = 0
    absent: bool = False
    data: str = ""
    path: str = ""


class PageGroup:
    """The pages of one layout and what was learned from them.

    `distinct` are the pages with different articles, from which rules are learned: a copy of an article would confirm
    whatever was read on the other one.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = list(samples)
        self.distinct = distinct(self.samples)
        self.shown = [sample for sample in self.distinct if sample.html is None]
        self.body = learn_body(self.shown) if self.shown else None
        self.embedded: tuple[Learned, ...] = ()
        self.headline = self._with_tag(marks(self._headlines()))
        taken = {*(mark.css for mark in self.headline), *(self.body.css if self.body is not None else ())}
        self.line = [mark for mark in marks(self._lines()) if mark.css not in taken]
        self._learned = False
        self.inner: list[Inner] = []
        self.parts: list[Part] = []
        self.values: list[Learned] = []
        self.learner = Learner(self.distinct, {})

    @property
    def total(self) -> int:
        """The number of its pages."""
        return len(self.samples)

    def _with_tag(self, chosen: list[Mark]) -> list[Mark]:
        """Return the selectors of the headline and, for pages that lack the name, h1 if that is never anything else."""
        if not chosen or any(mark.css == "h1" for mark in chosen):
            return chosen
        for sample in self.distinct:
            wanted = {node.mem_id for node in _chain(sample, sample.headline)}
            node = first(sample, "h1")
            if node is not None and wanted and node.mem_id not in wanted:
                return chosen
        return [*chosen, Mark(css="h1", right=0, wrong=0, sole=0)]

    def fits(self) -> bool:
        """Return whether the rules for headline and body find both on every page."""
        if self.body is None or not all(holds(self.body, sample) for sample in self.shown):
            return False
        return all(self._is_headline(sample) for sample in self.distinct)

    def _is_headline(self, sample: Sample) -> bool:
        wanted = _chain(sample, sample.headline)
        found = found_by(sample, self.headline)
        if not wanted:
            return True
        return found is not None and any(found.mem_id == node.mem_id for node in wanted)

    def learn(self) -> None:
        """Learn the rest: regions and values."""
        if self._learned:
            return
        self._learned = True
        if self.body is not None:
            self.inner = learn_inner(self.shown, self.body)
            self.inner += boilerplate(self.shown, self.body, self.inner)
            self.inner += guesses(self.shown, self.body, self.inner)
        taken = [
            *(self.body.css if self.body is not None else ()),
            *(mark.css for mark in (*self.headline, *self.line)),
        ]
        taken += [one.rule.css for one in self.inner if not one.reason]
        self.parts = learn_regions(self.distinct, taken)
        kept = [part.css for part in self.parts if not part.reason]
        self.parts += unclaimed(self.distinct, [*taken, *kept])
        regions = {"line": [mark.css for mark in self.line]} if self.line else {}
        self.learner = Learner(self.distinct, regions)
        self.embedded = tuple(body_in_data(self.learner, shown=self.body is not None))
        for learn in (title, dates, source, account, authors, editors):
            self.values += learn(self.learner)

    @property
    def year(self) -> int | None:
        """The year of the oldest date on the pages or in their URLs, or None."""
        dates = [
            int(given.date.iso[:4]) for one in self.samples if (given := one.given.get("datePublished")) and given.date
        ]
        dates = dates or [int(found[0]) for one in self.samples if (found := _YEAR.search(one.url))]
        return min(dates) if dates else None

    # --- Rules of the article -----------------------------------------------------------------------------------------

    def _headlines(self) -> Aims:
        return [(sample, _chain(sample, sample.headline)) for sample in self.distinct]

    def _lines(self) -> Aims:
        return [(sample, sample.line) for sample in self.distinct]

    def article(self) -> list[Learned]:
        """Return the rules for headline, lines about the article, and body; those that were found."""
        found = []
        if self.headline:
            found.append(self._region("article.headline", "[article.headline]", self.headline, self._headlines()))
        if self.line:
            found.append(self._region("article.info.line", "[article.info.line]", self.line, self._lines()))
        if self.body is not None:
            right, checked = confirmed_body(self.shown)
            toml = ["[[article.body]]", f"css = {selectors(self.body.css)}"]
            found.append(
                Learned(
                    key="article.body",
                    toml=(*toml, *(["every = true"] if self.body.every else [])),
                    held=sum(holds(self.body, sample) for sample in self.shown),
                    total=len(self.shown),
                    right=right,
                    checked=checked,
                    gave=tuple(f"{len(sample.text)} characters" for sample in self.shown),
                )
            )
        return [*found, *self.embedded]

    def _region(self, key: str, head: str, chosen: Sequence[Mark], aims: Aims) -> Learned:
        right, checked = confirmed(aims)
        found = [(sample, found_by(sample, chosen), {node.mem_id for node in nodes}) for sample, nodes in aims]
        return Learned(
            key=key,
            toml=(head, f"css = {selectors([mark.css for mark in chosen])}"),
            held=sum(node is not None and node.mem_id in wanted for _, node, wanted in found),
            total=sum(bool(wanted) for _, _, wanted in found),
            right=right,
            checked=checked,
            gave=tuple(collapse(node.text(separator=" ")) for _, node, _ in found if node is not None),
        )

    # --- Evidence -----------------------------------------------------------------------------------------------------

    def landmarks(self, others: Sequence[PageGroup]) -> list[Landmark]:
        """Return the layout's evidence: selectors that match on all of its pages, those of the article first.

        Names that pages of any site have weigh little, and what pages of `others` have as well is not all of it.
        """
        chosen: dict[str, int] = {}
        for css, weight in self._core():
            if all(sample.find(css) for sample in self.samples):
                chosen.setdefault(css, weight - _is_common(css))
        elsewhere = [sample for other in others for sample in other.samples]
        if not self.shown and KEY in self.learner.kept:
            return self._data_marks(others)
        shared = {css: sum(bool(sample.find(css)) for sample in elsewhere) for css in chosen}
        vague = sum(weight for css, weight in chosen.items() if _is_common(css) or shared[css])
        whole = sum(chosen.values())
        extras = [css for css in self._frame() if css not in chosen]
        counts = {css: sum(bool(sample.find(css)) for sample in elsewhere) for css in extras}
        extras.sort(key=lambda css: (counts[css] > 0, _is_common(css)))
        # what pages of any site have must not reach the threshold, nor what one page has by chance be needed for it
        room = max(vague - (whole - vague), min(_EXTRAS, whole * 2 // 3)) if whole else _EXTRAS
        for css in extras[:room]:
            chosen[css] = 1
            shared[css] = counts[css]
        found = [Landmark(css, weight, shared[css]) for css, weight in chosen.items()]
        found += self._either(found, elsewhere)
        stated = {(sample.page.meta("og:site_name") or "").strip() for sample in self.samples}
        if found and len(stated) == 1 and _PLAIN.fullmatch(name := stated.pop()):
            found.append(Landmark(f'meta[property="og:site_name"][content="{name}"]', 1))
        if elsewhere and found and all(mark.shared for mark in found):
            found += [Landmark(css, 3, 0, absent=True) for other in others for css in other.own(self.samples)[:1]]
        return found

    def _either(self, marks: Sequence[Landmark], elsewhere: Sequence[Sample]) -> list[Landmark]:
        """Return the article in the data as evidence, if all pages have both and no others have it.

        The next page may have only one of them, so it weighs as much as all elements; linked data,
        which are the same on every site, weigh half of that.
        """
        for place in self.learner.kept.get(KEY, ()):
            everywhere = all(self.learner.strings(place, sample) for sample in self.samples)
            if place.value.path is None or not everywhere:
                continue
            if not any(self.learner.strings(place, sample) for sample in elsewhere):
                whole = sum(mark.weight for mark in marks)
                weight = max(1, min(_HEAVIEST, whole // 2 if _is_linked(place.data) else whole))
                return [Landmark("", weight, data=self.learner.name_of(place.data), path=place.value.path)]
        return []

    def threshold(self, marks: Sequence[Landmark]) -> float | None:
        """Return the share of the evidence that a page needs if not the usual one: that of either kind of it."""
        data = next((mark for mark in marks if mark.data), None)
        if data is None or not self.shown:
            return None
        return _HALF if _is_linked(self.learner.data[data.data]) else _EITHER

    def _data_marks(self, others: Sequence[PageGroup]) -> list[Landmark]:
        """Return the evidence of pages whose article is in their data: that, and what all of them have besides."""
        found = []
        elsewhere = [sample for other in others for sample in other.samples]
        for place in self.learner.kept[KEY][:1]:
            shared = sum(bool(self.learner.strings(place, sample)) for sample in elsewhere)
            name = self.learner.name_of(place.data)
            found.append(Landmark("", _IN_DATA, shared, data=name, path=place.value.path or ""))
        extras = [Landmark(css, 1, sum(bool(s.find(css)) for s in elsewhere)) for css in self._frame()]
        found += [mark for mark in extras if not mark.shared][:_EXTRAS]
        if all(mark.shared for mark in found):
            found += [Landmark(css, 3, 0, absent=True) for other in others for css in other.own(self.samples)[:1]]
        return found

    def own(self, elsewhere: Sequence[Sample]) -> list[str]:
        """Return selectors that match on all pages of this layout and on none of `elsewhere`."""
        candidates = [*(css for css, _ in self._core()), *self._frame()]
        return [
            css
            for css in dict.fromkeys(candidates)
            if all(sample.find(css) for sample in self.samples) and not any(sample.find(css) for sample in elsewhere)
        ]

    def _core(self) -> Iterable[tuple[str, int]]:
        for chosen, weight in ((self.headline, 3), (self.line, 2)):
            telling = [mark.css for mark in chosen if mark.telling]
            if telling and all(mark.telling or not mark.right for mark in chosen):
                yield ", ".join(telling), weight
        if self.body is not None:
            plain = [css.partition(" > :is(")[0] for css in self.body.css]
            if all(map(is_telling, plain)):
                yield ", ".join(dict.fromkeys(plain)), 3

    def _frame(self) -> list[str]:
        """Return selectors of what is around the article and of the regions that all pages have."""
        found: dict[str, None] = {}
        inner = self.samples[0].body
        for node in _around(inner) if inner is not None else islice(self.samples[0].page.dom.css("body [id]"), _FRAME):
            found.update(dict.fromkeys(css for css in list(names(node))[:1] if is_telling(css)))
        found.update({part.css: None for part in self.parts if not part.reason and part.role is not Role.AD})
        return [css for css in found if " " not in css and all(len(sample.find(css)) == 1 for sample in self.samples)]


def _is_linked(data: Data | None) -> bool:
    """Return whether data are the page's linked data."""
    return data is not None and data.script is not None and _LINKED.search(data.script) is not None


def distinct(samples: Sequence[Sample]) -> list[Sample]:
    """Return the pages with different articles: of copies the first one."""
    found: list[Sample] = []
    for sample in samples:
        if not any(sample.is_copy_of(one) for one in found):
            found.append(sample)
    return found


def groups(samples: Sequence[Sample]) -> list[PageGroup]:
    """Return the pages in groups of similar structure, the largest first.

    Groups are joined if one set of rules finds headline and body on all of their pages.
    """
    found: list[tuple[set[str], list[Sample]]] = []
    for sample in samples:
        own = vocabulary(sample)
        best = max(found, key=lambda one: _likeness(own, one[0]), default=None)
        if best is not None and _likeness(own, best[0]) >= _ALIKE:
            best[1].append(sample)
        else:
            found.append((own, [sample]))
    made = [PageGroup(members) for _, members in sorted(found, key=lambda one: -len(one[1]))]
    joined: list[PageGroup] = []
    for group in made:
        for at, known in enumerate(joined):
            both = PageGroup([*known.samples, *group.samples])
            if both.body is not None and len(both.body.css) == 1 and both.fits() and both.landmarks(()):
                joined[at] = both
                break
        else:
            joined.append(group)
    for group in joined:
        group.learn()
    return sorted(joined, key=lambda one: -one.total)


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def vocabulary(sample: Sample) -> set[str]:
    """Return the class names and ids of a page, without suffixes that look generated by a build.

    A page whose article is in its data may have no other names than those of the data.
    """
    found: set[str] = set()
    if sample.html is not None:
        found.update(f"data {entry.data} {entry.inside}" for entry in sample.stated)
    for node in sample.page.dom.css("[class], [id]"):
        for name in [*(node.attributes.get("class") or "").split(), f"#{node.id}"]:
            found.add(_HASHED.sub("", name.removesuffix(generated_part(name) or "")))
    return found


def _chain(sample: Sample, node: LexborNode | None) -> list[LexborNode]:
    return sample.same_lines(node) if node is not None else []


def _around(node: LexborNode) -> list[LexborNode]:
    """Return the ancestors of an element, the nearest first, that contain less than the whole page."""
    found = []
    above = node.parent
    while above is not None and above.tag not in {"body", "html", None}:
        found.append(above)
        above = above.parent
    return found


def _is_common(css: str) -> bool:
    return all(name.lower() in _COMMON for name in _NAMES.findall(css)) or not _NAMES.findall(css)


__all__ = ["BodyRule", "Landmark", "PageGroup", "distinct", "groups", "vocabulary"]

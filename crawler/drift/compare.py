"""One article before and after: what the site edited, and what the rules now miss or take in.

The same URL is compared, so text that both pages show decides. A value that stands on the page but not in the record
has moved; one that stands nowhere was edited by the site. Volatile values (counts, keywords, lists of other articles)
are not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec
from selectolax.lexbor import LexborNode

from ..errors import Failure, Quarantined
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import size, squeeze
from ..profiles.load import Profile
from ..records.model import Flag, Record, Role
from ..regression.nearest import Clock, found_by, nearest
from ..regression.rules import Rule, rules_of
from ..regression.values import Values, values_of
from .before import (
    MEANT,
    Before,
    block_texts,
    image_names,
    kinds_of,
    lists_of,
    rule_of,
    rule_place,
    unknown_share,
    value_text,
)
from .verdict import Doubt, Moved, Place

CUT = 200
"""Characters of a value that are shown."""
_PIECE = 4
"""Minimum characters of a text that is looked for as a whole."""
_LOST = 20
"""Minimum characters of body text that must stand elsewhere on the page."""
_SHORT = 60
"""Maximum characters of the element that a source, name or date stands in: prose mentions such things too."""
_ENTRIES = 3
"""Minimum entries of a list whose loss is reported."""
_GROWN = 0.01
"""By how much the share of unclaimed text must have grown for a list without a trace to be lost."""
_HALF = 0.5
"""Minimum share of the body's text for the article to be there."""
_FIELDS = (
    "headline", "originalHeadline", "datePublished", "source", "source.url", "account", "account.url",
    "account.description", "authors", "editors", "abstract",
)  # fmt: skip
_LISTS = frozenset({Role.RELATED, Role.HOT, Role.NEXT, Role.PREVIOUS, Role.COLUMNS, Role.NAV, Role.COMMENTS, Role.AD})
"""Roles that list other articles, with their dates and sources."""
_SENTENCES = frozenset({"headline", "originalHeadline", "abstract"})
_CHROME = frozenset({Role.DISCLAIMER, Role.CREDITS, Role.SHARE, Role.APP, Role.TOOLS, Role.ACCOUNT, Role.FOOTER})
"""Roles whose text is the site's own, so that it is looked for word for word."""
QUIET = frozenset(
    {Flag.RELATIVE_DATE, Flag.DATE_PRECISION_LOW, Flag.SMALL_MARGIN, Flag.LAYOUT_UNPROVEN, Flag.GENERAL}
    | {
        Flag.PAGES_MISSING,
        Flag.BODY_FROM_DATA,
        Flag.DATE_FROM_URL,
        Flag.BODY_SHORT,
        Flag.TRUNCATED,
        Flag.ENCODING_DOUBT,
    }
)
"""Flags that say nothing of the layout, or that hold for a layout's pages anyway."""
_DOUBTED = {
    Flag.HEADLINE_DOUBT: "headline",
    Flag.DATE_DOUBT: "datePublished",
    Flag.SOURCE_DOUBT: "source",
    Flag.AUTHOR_DOUBT: "authors",
    Flag.IMAGES_DOUBT: "images",
    Flag.IMAGE_MISSING: "images",
    Flag.BODY_DOUBT: "blocks",
    Flag.BOUNDARY_DOUBT: "blocks",
    Flag.BODY_INCOMPLETE: "blocks",
}
"""The value that each flag is about."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """The differences; `fresh` are paragraphs of the body that were not there before."""

    moved: tuple[Moved, ...] = ()
    edited: tuple[str, ...] = ()
    shifted: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    fresh: tuple[str, ...] = ()


class Comparison:
    """Compares `before` with what is on `page` now: `after` is its record, or the error in place of one."""

    def __init__(self, before: Before, page: Page, after: Record | Quarantined | None, profile: Profile) -> None:
        self.before = before
        self.page = page
        self.record = after if isinstance(after, Record) else None
        self.error = after if isinstance(after, Quarantined) else None
        self.profile = profile
        self._layout = profile.layouts.get(before.layout)

    @cached_property
    def shown(self) -> str:
        """The page's text without white space; with the data of its scripts if the body was read from data."""
        text = squeeze("".join(_texts(self.page)))
        return text + squeeze(self.page.text) if Flag.BODY_FROM_DATA in self.before.flags else text

    @property
    def there(self) -> bool:
        """Whether the article is on the page: most of its text or, for one without text, its headline."""
        paragraphs = self.before.paragraphs
        if not paragraphs:
            headline = squeeze(self.before.values.get("headline") or "")
            return bool(headline) and headline in self.shown
        return sum(len(one) for one in paragraphs if one in self.shown) >= _HALF * sum(map(len, paragraphs))

    def compare(self) -> Compared:
        """Return the differences."""
        moved: list[Moved] = []
        edited: list[str] = []
        now = values_of(self.record) if self.record is not None else {}
        for name in _FIELDS:
            self._field(name, now, moved, edited)
        self._body(now, moved, edited)
        self._images(now, moved, edited)
        moved += self._types(now)
        moved += self._outside(now)
        moved += self._lost_lists()
        moved += self._metadata()
        doubts = tuple(self._doubts())
        if not moved:
            moved += self._doubted(doubts)
        return Compared(
            moved=tuple(moved),
            edited=tuple(edited),
            shifted=tuple(self._shifted()),
            doubts=doubts,
            fresh=tuple(self._fresh(now)),
        )

    def _field(self, name: str, now: Values, moved: list[Moved], edited: list[str]) -> None:
        was, got = value_text(self.before.values, name), value_text(now, name)
        if not was or squeeze(was) == squeeze(got or ""):
            return
        place = self._stands(name, was)
        if name == "headline" and got and self._titled(was, got):
            moved.append(self._moved(name, self._rule(name), was, got, place))
        elif place is None or (got and not self._apart(name, was, got, place)):
            edited.append(name)
        elif not self._reached(name, place):
            moved.append(self._moved(name, self._rule(name), was, got, place))

    def _reached(self, name: str, place: Place) -> bool:
        """Return whether a value without a record is where its rule looks: the page was refused for another."""
        error, rule, layout = self.error, rule_of(self.before.rules, name), self._layout
        if error is None or layout is None or error.layout != self.before.layout:
            return False
        if error.failure is not Failure.RULE_MISSED or rule is None or rule.startswith(error.rule or rule):
            return False
        keys = (rule, rule.replace("[", ".name[", 1))  # provenance names the object: its name's rule produced it
        rules = rules_of(self.profile, layout, name.partition(".")[0])
        wanted = [one for one in rules if one.key.startswith(keys) or rule.startswith(one.key)]
        return found_by(self.page, place.xpath, wanted)

    def _titled(self, was: str, got: str) -> bool:
        """Return whether the page's title still states the headline as it was, and not as the rules read it now."""
        title = squeeze(self.record.title or "") if self.record is not None else ""
        return squeeze(was) in title and squeeze(got) not in title

    def _apart(self, name: str, was: str, got: str, place: Place) -> bool:
        """Return whether the old value stands on its own although the rules yield another.

        A headline that the site reworded is reworded in every place; one that a rule reads with a badge is not.
        """
        if name == "datePublished":
            return True
        if name == "headline":
            stands, wanted = squeeze(place.text), squeeze(was)
            whole = stands == wanted if len(place.text) < _SHORT else wanted.startswith(stands)
            return whole and place.where != "alt"
        return squeeze(was) in squeeze(got) or squeeze(got) in squeeze(was)

    def _stands(self, name: str, was: str) -> Place | None:
        """Return where a value stands now: it, or all that its rule read; outside the lists of other articles.

        What a rule read is longer and more particular than a name, so it may stand in a list's element too.
        """
        rules = rules_of(self.profile, self._layout, name.partition(".")[0]) if self._layout is not None else []
        raw = self.before.raw.get(name) or ""
        if name == "datePublished":
            raw = self.before.values.get("datePublishedRaw") or raw
        found = self._nearest(was, rules, outside=self._lists)
        if found is None and size(raw) >= MEANT and raw != was:
            found = self._nearest(raw, rules)
        elif found is not None and name not in _SENTENCES and len(found.text) >= _SHORT:
            found = None
        return found

    def _nearest(self, wanted: object, rules: Sequence[Rule] = (), outside: Iterable[str] = ()) -> Place | None:
        found = nearest(self.page, wanted, rules, Clock(self.profile.timezone, None), outside=outside)
        return Place(css=found.css, xpath=found.xpath, where=found.where, text=found.sample) if found else None

    @cached_property
    def _lists(self) -> tuple[str, ...]:
        chrome = self.record.chrome if self.record is not None else ()
        return tuple(entry.xpath for entry in chrome if entry.xpath and (entry.role in _LISTS or entry.items))

    def _body(self, now: Values, moved: list[Moved], edited: list[str]) -> None:
        was = self.before.paragraphs
        here = squeeze("\n".join(block_texts(now)))
        missing = [one for one in was if one not in here]
        if not missing:
            if size("\n".join(block_texts(self.before.values))) != size("\n".join(block_texts(now))):
                edited.append("blocks")
            return
        elsewhere = [one for one in missing if one in self.shown]
        if sum(map(len, elsewhere)) < _LOST:
            edited.append("blocks")
            return
        place = self._nearest(elsewhere)
        got = "\n".join(block_texts(now)) or None
        moved.append(self._moved("blocks", self._body_rule, "\n".join(elsewhere), got, place))

    @property
    def _body_rule(self) -> str:
        bodies = self._layout.article.body if self._layout is not None else ()
        return "article.body[0]" if len(bodies) == 1 else "article.body"

    def _images(self, now: Values, moved: list[Moved], edited: list[str]) -> None:
        was, got = image_names(self.before.values), image_names(now)
        missing = {name: url for name, url in was.items() if name not in got}
        if not missing:
            return
        elsewhere = [url for name, url in missing.items() if name in self.page.text]
        # A page that shows some of its pictures was edited; one whose pictures are all there but unread was rebuilt.
        if elsewhere and len(elsewhere) * 2 >= len(was):
            moved.append(self._moved("images", self._body_rule, elsewhere[0], None, self._nearest(elsewhere[0])))
        else:
            edited.append("images")

    def _outside(self, now: Values) -> Iterator[Moved]:
        """Yield text from outside the body that is now part of it, and the site's own chrome that no rule claims."""
        if self.record is None:
            return
        before = squeeze("\n".join(block_texts(self.before.values)))
        fresh = [text for text in map(squeeze, block_texts(now)) if len(text) >= _PIECE and text not in before]
        unclaimed = {squeeze(entry.text or ""): entry for entry in self.record.chrome if entry.role is Role.UNKNOWN}
        told: set[str] = set()
        for role, rule, text in self.before.outside:
            tight = squeeze(text)
            name = f"chrome.{role}" if role is not None else "info"
            if not tight or rule in told:
                continue
            taken = next((one for one in fresh if one == tight or (len(one) >= MEANT and one in tight)), None)
            if taken is not None or (len(tight) >= MEANT and any(tight in one for one in fresh)):
                told.add(rule)
                yield self._moved(name, rule, text, f"in the body: {text}", self._nearest(text))
            elif role in _CHROME and len(tight) >= MEANT and (entry := unclaimed.get(tight)) is not None:
                told.add(rule)
                place = Place(css="", xpath=entry.xpath or "", where="text", text=text[:_SHORT])
                yield self._moved(name, rule, text, None, place)

    def _lost_lists(self) -> Iterator[Moved]:
        """Yield rules of lists that had entries and have none, if the list's text is there or no rule claims more text.

        Lists change from visit to visit, and one that scripts fill may be empty; so nothing is compared but that.
        """
        if self.record is None:
            return
        now = lists_of(self.record)
        sizes: Counter[Role] = Counter()
        for entry in self.record.chrome:
            sizes[entry.role] += size(entry.text or "")
        grown = (unknown_share(self.record) or 0) - (self.before.unknown or 0) > _GROWN
        for rule, (role, count, length) in self.before.lists.items():
            if count >= _ENTRIES and rule not in now and (sizes[role] > _HALF * length or grown):
                moved = self._moved(f"chrome.{role}", f"{rule}.items", f"{count} entries", None, None)
                yield (
                    moved
                    if moved.file is not None
                    else msgspec.structs.replace(
                        moved, rule=rule, file=rule_place(self.profile, self.before.layout, rule)
                    )
                )

    def _types(self, now: Values) -> Iterator[Moved]:
        """Yield a caption that is now a paragraph, or a heading or paragraph that is now something else."""
        was, got = kinds_of(self.before.values), kinds_of(now)
        for text, kind in was.items():
            if text in got and got[text] != kind and len(text) >= _PIECE:
                part = {"caption": ".images.captions", "heading": ".headings"}.get(kind, "")
                yield self._moved("blocks", self._body_rule + part, f"{kind}: {text}", f"{got[text]}: {text}", None)
                return

    def _metadata(self) -> Iterator[Moved]:
        """Yield values that only the page's metadata still give: the layout's own rules for them miss."""
        if self.record is None or Flag.LAYOUT_FALLBACK not in self.record.flags:
            return
        if Flag.LAYOUT_FALLBACK in self.before.flags:
            return
        for name, given in self.record.provenance.items():
            was = self.before.rules.get(name)
            if was is not None and was.startswith("fields.") and not given.rule.startswith(("fields.", "article.")):
                value = value_text(self.before.values, name) or name
                yield self._moved(name, was, value, f"{given.raw} (by {given.rule})", self._stands(name, value))

    def _shifted(self) -> Iterator[str]:
        """Yield rules that hit before and now yield to a later alternative that gives the same."""
        for name, given in self.record.provenance.items() if self.record is not None else ():
            was = self.before.rules.get(name)
            if was is not None and was != given.rule and was.partition("[")[0] == given.rule.partition("[")[0]:
                yield f"{was} > {given.rule}"

    def _doubts(self) -> Iterator[Doubt]:
        """Yield the doubts of the record that the one before does not have."""
        if self.record is None:
            return
        for flag in self.record.flags:
            if flag in self.before.flags or flag in QUIET:
                continue
            found = [doubt for doubt in self.record.doubts if doubt.flag == flag]
            yield from (Doubt(flag=flag, where=one.where, values=one.values) for one in found[:3])
            if not found:
                yield Doubt(flag=flag)

    def _doubted(self, doubts: Iterable[Doubt]) -> Iterator[Moved]:
        """Yield the values that new doubts are about, with the rules that yielded them before."""
        for flag, where, values in dict.fromkeys((one.flag, one.where, one.values) for one in doubts):
            name = _DOUBTED.get(flag)
            if name is not None:
                rule = self._rule(name) or self._body_rule
                was = value_text(self.before.values, name) or ""
                place = Place(css="", xpath=where, where="text", text="") if where and where[:6] == "/html[" else None
                yield self._moved(name, rule, was, " | ".join(values) or None, place)

    def _fresh(self, now: Values) -> Iterator[str]:
        before = squeeze("\n".join(block_texts(self.before.values)))
        yield from (text for text in map(squeeze, block_texts(now)) if len(text) >= MEANT and text not in before)

    def _rule(self, name: str) -> str | None:
        return rule_of(self.before.rules, name) or (self.error.rule if self.error is not None else None)

    def _moved(self, name: str, rule: str | None, was: str, now: str | None, place: Place | None) -> Moved:
        return Moved(
            value=name,
            rule=rule,
            file=rule_place(self.profile, self.before.layout, rule),
            expected=_cut(was),
            now=_cut(now) if now else None,
            found=place,
        )


def _texts(page: Page) -> Iterator[str]:
    """Yield the text nodes of a page in order, outside elements whose text is not the page's."""
    node: LexborNode | None = page.root
    while node is not None:
        if node.is_text_node:
            yield node.text()
        if node.first_child is not None and not (node.is_element_node and node.tag in NOTEXT):
            node = node.first_child
            continue
        while node is not None and node.next is None:
            node = node.parent
        node = node.next if node is not None else None


def _cut(text: str) -> str:
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def repeated(fresh: Sequence[tuple[str, ...]]) -> set[str]:
    """Return paragraphs that are new on more than one article: no article shares its text with another."""
    seen: dict[str, int] = {}
    for texts in fresh:
        for text in set(texts):
            seen[text] = seen.get(text, 0) + 1
    return {text for text, count in seen.items() if count > 1}

"""The article's single values, from structured metadata and from the words of the page; doubts where these disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Final

import msgspec

from ..page.dom import Page
from ..page.text import collapse, squeeze
from ..page.urls import host
from ..records.model import Flag
from ..sieve.dates import ParsedDate, from_groups, parse_date
from ..sieve.doubts import Doubts
from ..sieve.metadata import Metadata
from .body import Reading
from .dates import worded_date
from .roles import ACCOUNT, COUNTED, CREDITS

_UPDATED = re.compile(r"更新|修改|updated|modified|aktualisiert|mis à jour|actualizado|aggiornato", re.IGNORECASE)
_URL_DAY = re.compile(r"/(?P<year>(?:19|20)\d\d)[-/_]?(?P<month>0[1-9]|1[0-2])[-/_]?(?P<day>0[1-9]|[12]\d|3[01])(?!\d)")
_SOURCE = re.compile(
    r"(?:来源于?|稿源|出处)\s*[:：丨|]\s*([^\s|｜丨，。；、（(]{2,24})|(?:\A|[\s|｜丨])来源\s?([^\s|｜丨，。；、（(:：]{2,16})(?=\Z|[\s|｜丨])"
)
_AUTHOR = re.compile(
    r"(?:作者|撰文|执笔|文字记者)\s*[:：丨|/]\s*((?:[\u4e00-\u9fff·]{2,12}[ 、,，/&]?\s?){1,4})"
    r"|[【（(]\s?文\s?[/／|丨]\s?(?:[^】）)\s]{0,12}(?:作者|记者|撰稿人?)\s)?((?:[\u4e00-\u9fff·]{2,4}[ 、,，]?){1,4})(?=\s?[】）)])"
    r"|(?:\A|[\s|｜丨])作者\s?([\u4e00-\u9fff·]{2,4})(?=\Z|[\s|｜丨])"
)
_REPORTER = re.compile(  # without a mark after 记者 the line is more often the first of the body
    r"(?:\A|[\s|｜丨])\w{0,8}记者\s*[:：丨|/]\s*((?:[\u4e00-\u9fff·]{2,4}(?:[ 、]|(?=\Z|[\s|｜丨]))){1,4})"
)
SLASHED = re.compile(r"\s*((?:[\u4e00-\u9fff·]{2,4}[ 、]?){1,3})\s?[/／]\s?([\u4e00-\u9fff·]{3,14})\s*")
"""An author and where the article was first published, as a line of its own."""
_PERSON = re.compile(r"(?:记者|通讯员|作者)\s+[\u4e00-\u9fff·]{2,4}\s*[】）)]?\s*\Z")
_PLATFORM: Final = ("自媒体平台", "用户上传并发布", "平台创作者")
"""What a platform says of the articles of its users: the source that it names is an account."""
_NO_NAME = re.compile(r"最新|文章|编辑|返回|查看|阅读|来源|责任|整理|记者|摄影|校对|更多|首页|点击")
_BYLINE = re.compile(
    r"\A(?:written |words |reported )?(?:by|von|par|por|di|door|av|af)\s+((?:[A-ZÀ-Ý][\w'’.\-]+(?:\s|\Z)(?:(?:de|van|von|der|la|le)\s)?){2,4})",
    re.IGNORECASE,
)
_EDITOR = re.compile(
    r"(?:责任编辑|责编|值班编辑|编辑)\s*[:：丨|]\s*((?:[\u4e00-\u9fffA-Za-z0-9_·]{2,12}[ 、,，/]?){1,3})"
)
_TOKEN = re.compile(r"[^\s|｜丨]+")
_NO_TOKEN = re.compile(
    r"原创|昨天|今天|前天|微信号|功能介绍|关注|收藏|分享|字号|打印|阅读|评论|发布|发表|更新|举报|投稿|公众号|浏览|点击|时间|日期|"
    r"来源|作者|记者|编辑|责编|选稿|[:：。，]|\A[\W\d_]+\Z|次\Z|IP属地"
)
_ACCOUNTS: Final = ("粉丝", "篇文章", "文章数")
"""Words that a page has beside the name of an account, and nowhere else."""
_SOCIAL: Final = "关注"
_FOLLOWED: Final = ("关注度", "获赞", "+关注", "+ 关注", "作者最新文章", "account", "profile_nickname")
"""What a page has besides, if a word or name that may mean something else does mean an account."""
_SOCIAL_NAME = re.compile(r"(?:class|id)=\"[^\"]*(?:profile_|account|author|user)")
_STAMP = re.compile(
    r"""[=:]\s*(?:["'](1\d{9}(?:\d{3})?|20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?[^"']{0,6})["']|(1\d{9}(?:\d{3})?)(?=[\s,;}]))"""
)
_STAMP_NAME = re.compile(
    r"""(?:publish(?:ed)?_?(?:time|date|at)?|pub_?(?:time|date)|create_?time|ctime|\bct)["']?\s*\Z""", re.IGNORECASE
)
"""A date that only a script of the page knows, under a name that many sites give it."""
_SHAPE: Final = bytes.maketrans(b"123456789-", b"0000000000")
_DIGITS: Final = b"0" * 10
"""How a `_STAMP` begins in the shape of a page's bytes: a search for one string is several times faster than a pattern."""
_BEFORE_DIGITS: Final = b" \t\r\n\f\v\"'"
_WINDOW: Final = 120
"""Bytes around that are more than the 30 characters of a name, and those of a date."""
_META_SOURCES: Final = ("source", "article:source", "og:article:source", "mediaid", "contentsource")
_META_AUTHORS: Final = (
    "author",
    "article:author",
    "og:article:author",
    "dc.creator",
    "sailthru.author",
    "parsely-author",
)
_HEADLINES: Final = ("og:title", "twitter:title", "articletitle")
_SITE = re.compile(r"\s*[|_–—\-·»:]\s*|\s-\s")
_LONGEST: Final = 240
_NAME: Final = 20
_LONGEST_HEADLINE: Final = 80
"""Characters of the body's first line that stand in for a headline where the page has no title at all."""


_Dated = tuple[str, str, ParsedDate]
"""What found a date, the text that it stands in, and the date."""


class Given(msgspec.Struct, frozen=True):
    """A value that was found: by what, and the string that it was read from."""

    rule: str
    raw: str
    values: tuple[str, ...] = ()
    date: ParsedDate | None = None


class Fields:
    """The values of one reading, by the record's names of them, in `given`; raises doubts."""

    def __init__(
        self, page: Page, reading: Reading, info: Sequence[int], zone: tzinfo, now: datetime | None, doubts: Doubts
    ) -> None:
        self.page = page
        self.reading = reading
        self.zone = zone
        self.now = now
        self.doubts = doubts
        lines = reading.outline.lines
        head = reading.figures.head
        self.shown = lines[head].text if head >= 0 else None
        first = reading.chosen[0] if reading.chosen else head + 1
        last = reading.chosen[-1] if reading.chosen else head
        chosen = set(reading.chosen)
        inner = [n for n in range(first, last + 1) if n not in chosen]
        after = range(last + 1, min(len(lines), last + 9))
        later = range(last + 9, min(len(lines), last + 60))
        spaced = reading.outline.spaced
        self.near = [spaced(n) for n in info]
        edges = [*inner[:20], *inner[-20:], *after, *reading.chosen[:2], *reading.chosen[-3:]]
        self.around = [spaced(n) for n in dict.fromkeys(edges) if lines[n].length <= _LONGEST]
        self.around += [spaced(n) for n in later if lines[n].length <= _LONGEST and CREDITS.search(lines[n].text)]
        self.lines = info
        self.metadata = Metadata(page, self.shown)
        self.given: dict[str, Given] = {}
        self._headline()
        self._dates()
        self._source()
        self._people()

    def _put(self, field: str, rule: str, raw: str, *values: str, date: ParsedDate | None = None) -> None:
        self.given.setdefault(field, Given(f"general.{rule}", raw, values, date))

    # --- Headline -----------------------------------------------------------------------------------------------------

    def _headline(self) -> None:
        title = self.page.dom.css_first("title")
        whole = collapse(title.text()) if title is not None else ""
        stated = [text for name in _HEADLINES if (text := collapse(self.page.meta(name) or ""))]
        if self.shown is None:
            chosen = self.reading.chosen
            first = self.reading.outline.lines[chosen[0]].text[:_LONGEST_HEADLINE] if chosen else ""
            text = stated[0] if stated else without_site(whole) or first
            if text:
                self._put("headline", "title", text, text)
                self.doubts.add(Flag.HEADLINE_DOUBT, "/headline", [text])
            return
        shown = squeeze(self.shown).lower()
        witnesses = [squeeze(text).lower() for text in (whole, *stated) if text]
        if witnesses and not any(shown in one or one in shown for one in witnesses):
            self.doubts.add(Flag.HEADLINE_DOUBT, "/headline", [self.shown, *stated, whole])

    # --- Dates --------------------------------------------------------------------------------------------------------

    def _dates(self) -> None:
        shown = self._shown_date()
        stated = next(self._stated("datePublished"), None)
        in_url = _URL_DAY.search(self.page.url)
        of_url = from_groups(in_url.groupdict()) if in_url is not None else None
        if shown is not None and self._is_assumed(shown[2]):
            shown = self._certain(shown, stated or self._scripted(), of_url)
        chosen: _Dated | None = None
        if shown is not None and (
            shown[2].precision != "day" or stated is None or stated[2].iso[:10] != shown[2].iso[:10]
        ):
            chosen = shown
        if chosen is None or (stated is not None and chosen is shown and _UPDATED.search(shown[1] if shown else "")):
            chosen = stated or shown
        if chosen is None:
            chosen = self._scripted()
        if chosen is None and of_url is not None:
            chosen = "url", in_url[0] if in_url else "", of_url
            self.doubts.add(Flag.DATE_FROM_URL, "/datePublished", [self.page.url])
        if chosen is None:
            self.doubts.add(Flag.DATE_DOUBT, "/datePublished")
            return
        self._put("datePublished", chosen[0], chosen[1], date=chosen[2])
        days = {found.iso[:10] for found in (shown and shown[2], stated and stated[2], of_url) if found}
        if len(days) > 1:
            self.doubts.add(Flag.DATE_DOUBT, "/datePublished", sorted(days))

    def _is_assumed(self, found: ParsedDate) -> bool:
        """Return whether a date depends on when the page was fetched: it has no year, or is counted from then."""
        return parse_date(found.raw, tz=self.zone, now=None) is None and worded_date(found.raw, self.zone) is None

    def _certain(self, shown: _Dated, stated: _Dated | None, of_url: ParsedDate | None) -> _Dated:
        """Return the date that a page states elsewhere, or in its URL, if that may be the one it shows without a year."""
        rule, text, found = shown
        known = stated[2] if stated is not None else of_url
        if found.relative and found.precision != "day" and known is not None and known.iso == found.iso[:10]:
            return shown  # the page was fetched soon after, and a day is all that it states elsewhere
        if stated is not None and (found.relative or stated[2].iso[5:10] == found.iso[5:10]):
            if stated[2].precision != "day" or found.relative:
                return stated
            return rule, text, ParsedDate(stated[2].iso[:4] + found.iso[4:], found.precision, found.raw)
        if of_url is not None and (found.relative or of_url.iso[5:] == found.iso[5:10]):
            self.doubts.add(Flag.DATE_FROM_URL, "/datePublished", [self.page.url])
            if found.relative:
                return "url", self.page.url, of_url
            return rule, text, ParsedDate(of_url.iso[:4] + found.iso[4:], found.precision, found.raw)
        if not found.relative:
            self.doubts.add(Flag.DATE_DOUBT, "/datePublished", [found.raw])
        return shown

    def _scripted(self) -> _Dated | None:
        for before, stamp in _stamps(self.page.dom.raw_html):
            found = _STAMP.match(stamp)
            name = _STAMP_NAME.search(before, max(0, len(before) - 30)) if found is not None else None
            if found is None or name is None:
                continue
            if (parsed := parse_date(found[1] or found[2], tz=self.zone, now=None)) is not None:
                return "script", name[0] + found[0], parsed
        return None

    def _stated(self, field: str) -> Iterator[_Dated]:
        for rule, value in self.metadata.values(field):
            parsed = self.parse(value)
            if parsed is not None:
                yield rule, value, parsed

    def _shown_date(self) -> _Dated | None:
        for texts in (self.near, self.around[-8:]):
            best: tuple[tuple[bool, ...], str, ParsedDate] | None = None
            for text in texts:
                parsed = self.parse(text)
                if parsed is None:
                    continue
                updated = _UPDATED.search(text[: text.find(parsed.raw)] or "") is not None
                rank = updated, parsed.relative, parsed.precision == "day", self._is_assumed(parsed)
                if best is None or rank < best[0]:
                    best = rank, text, parsed
                if not any(rank):
                    break
            if best is not None:
                return "shown", best[1], best[2]
        return None

    def parse(self, text: str) -> ParsedDate | None:
        """Return the first date in a text, also with months in words of European languages."""
        parsed = parse_date(text, tz=self.zone, now=self.now)
        if parsed is not None and not parsed.relative and parsed.iso[:4].isdigit():
            return parsed
        return worded_date(text, self.zone) or parsed

    # --- Source and people --------------------------------------------------------------------------------------------

    def _source(self) -> None:
        shown = self._match(_SOURCE, (*self.near, *self.around))
        if shown is None and (slashed := self._slashed()) is not None:
            shown = slashed[0], slashed[2]
        if shown is None:
            shown = self._named(re.compile(r"source|laiyuan|origin|media", re.IGNORECASE))
        alone = self._alone() if self.page_is_chinese else None
        if alone is not None and (shown is None or squeeze(shown[1]) != squeeze(alone)):
            if self.has_accounts:
                self._put("account.name", "shown", alone, alone)
            elif shown is None:
                shown = alone, alone
        elif shown is not None and self.reading.outline.says(_PLATFORM, 0, len(self.reading.outline.lines)):
            self._put("account.name", "shown", *shown)
        if (account := self._account()) is not None:
            self._put("account.name", "shown", account, account)
        stated = next(
            (
                (name, value)
                for name in _META_SOURCES
                if (value := collapse(self.page.meta(name) or "")) and len(value) < 40
            ),
            None,
        )
        if shown is not None:
            self._put("source", "shown", *shown)
        elif stated is not None:
            self._put("source", f"meta.{stated[0]}", stated[1], stated[1].removeprefix("来源：").removeprefix("来源:"))
        if shown is not None and stated is not None:
            one, other = squeeze(shown[1]), squeeze(stated[1])
            if one not in other and other not in one and "." not in other:
                self.doubts.add(Flag.SOURCE_DOUBT, "/source/name", [shown[1], stated[1]])

    def _people(self) -> None:
        shown = self._match(_AUTHOR, (*self.near, *self.around))
        shown = shown or self._match(_BYLINE, self.near) or self._match(_REPORTER, self.near)
        if shown is None and (slashed := self._slashed()) is not None:
            shown = slashed[0], slashed[1]
        stated = next(
            (
                (name, value)
                for name in _META_AUTHORS
                if _is_name(value := collapse(self.page.meta(name) or ""), self.page)
            ),
            None,
        )
        if stated is None:
            value = self.metadata.author()
            stated = ("jsonld", value) if value and _is_name(value, self.page) else None
        chinese = self.page_is_chinese
        if shown is not None:
            self._put("authors", "shown", shown[0], *_names(shown[1]))
        elif stated is not None and not chinese:
            self._put("authors", f"metadata.{stated[0]}", stated[1], *_names(stated[1]))
        if shown is not None and stated is not None and squeeze(stated[1]).lower() not in squeeze(shown[0]).lower():
            self.doubts.add(Flag.AUTHOR_DOUBT, "/authors", [shown[1], stated[1]])
        editor = self._match(_EDITOR, (*self.around, *self.near))
        if editor is not None:
            self._put("editors", "shown", editor[0], *_names(editor[1]))

    @property
    def page_is_chinese(self) -> bool:
        """Whether the article is written in Chinese characters."""
        return _is_chinese(self.reading)

    def _match(self, pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[str, str] | None:
        for text in texts:
            found = pattern.search(text)
            value = next((group for group in found.groups() if group), "") if found is not None else ""
            if value := value.strip(" 、,，/;；·"):
                return text, value
        return None

    def _named(self, pattern: re.Pattern[str]) -> tuple[str, str] | None:
        """Return the text of a short element near the headline that its class names, where it says nothing else."""
        outline = self.reading.outline
        for number in self.lines:
            for node in outline.nodes_of(number):
                above = node.parent
                for _ in range(2):
                    if above is None:
                        break
                    if pattern.search(f"{above.id or ''} {above.attributes.get('class') or ''}"):
                        text = collapse(above.text())
                        if 1 < len(text) <= 20 and not _NO_TOKEN.search(text) and self.parse(text) is None:
                            return text, text
                    above = above.parent
        return None

    def _alone(self) -> str | None:
        """Return the one name that stands beside the date and says nothing of itself."""
        found: dict[str, None] = {}
        for text in self.near:
            parsed = self.parse(text)
            rest = text.replace(parsed.raw, " ") if parsed is not None else text
            if len(text) > _LONGEST or (parsed is None and len(text) > _NAME) or _PERSON.search(text):
                continue
            for part in _TOKEN.findall(rest.replace("·", " ") if parsed is not None else rest):
                if (
                    2 <= len(part) <= _NAME
                    and not _NO_TOKEN.search(part)
                    and parse_date(part, tz=self.zone, now=None) is None
                ):
                    found[part] = None
        return next(iter(found)) if len(found) == 1 else None

    def _slashed(self) -> tuple[str, str, str] | None:
        """Return a line such as "author/paper" near the headline, and its two parts."""
        for text in self.near:
            if (found := SLASHED.fullmatch(text)) is not None:
                return text, found[1], found[2]
        return None

    def _account(self) -> str | None:
        """Return the name above the figures of an account (followers, articles), or the one line that is there twice."""
        outline, head = self.reading.outline, self.reading.figures.head
        lines = outline.lines
        for number in outline.saying(COUNTED, range(max(1, head - 6), min(len(lines), head + 12))):
            if lines[number].length <= _LONGEST and ACCOUNT.search(lines[number].text):
                name = lines[number - 1].text
                if 1 < len(name) <= _NAME and number - 1 != head and not _NO_TOKEN.search(name):
                    return name
        twice = {text for text in self.near if 1 < len(text) <= _NAME and self.near.count(text) > 1}
        if not twice or not self.has_accounts:
            return None
        named = [
            text for text in self.near if text in twice and not _NO_TOKEN.search(text) and self.parse(text) is None
        ]
        return named[0] if named else None

    @cached_property
    def has_accounts(self) -> bool:
        """Whether the page speaks of its author as one speaks of an account."""
        says = self.page.says
        return says(*_ACCOUNTS) or (
            says(*_FOLLOWED) and (says(_SOCIAL) or _SOCIAL_NAME.search(self.page.text) is not None)
        )


def _stamps(source: bytes) -> Iterator[tuple[str, str]]:
    """Yield the places of a page where a `_STAMP` may begin: what stands before, and what follows from its sign on.

    The page is searched as bytes, whose shape is known sooner than that of characters.
    """
    shape = source.translate(_SHAPE)
    start = shape.find(_DIGITS)
    while start >= 0:
        around = source[max(0, start - _WINDOW) : start + _WINDOW]
        sign = len(around[: min(start, _WINDOW)].rstrip(_BEFORE_DIGITS)) - 1
        if sign >= 0 and around[sign] in b"=:":
            yield around[:sign].decode("utf-8", "ignore"), around[sign:].decode("utf-8", "ignore")
        start = shape.find(_DIGITS, start + len(_DIGITS))


def without_site(title: str) -> str:
    """Return a page's title without the site's name at its end."""
    parts = _SITE.split(title)
    return max(parts, key=len).strip() if parts else title


def _names(text: str) -> list[str]:
    return [name for part in re.split(r"[、,，/;；]|\s+(?:and|und|et|y|e|&)\s+", text) for name in [part.strip()] if name] if not _is_hanzi(text) else [
        name for name in re.split(r"[\s、,，/;；&]+", text) if name and not _NO_NAME.search(name)
    ]  # fmt: skip


def _is_hanzi(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def _is_name(text: str, page: Page) -> bool:
    return (
        1 < len(text) < 60
        and "/" not in text
        and "@" not in text
        and host(page.url).split(".")[-2:-1] != [text.lower()]
    )


def _is_chinese(reading: Reading) -> bool:
    """Return whether the article is written in Chinese characters; the page, where the article is not in its elements."""
    every = reading.outline.lines
    lines = [every[number] for number in reading.chosen] or every
    return sum(line.hanzi * line.length for line in lines) > 25 * sum(line.length for line in lines)


def language(page: Page, reading: Reading) -> str | None:
    """Return the language that the page states, by BCP 47; what its characters say where it states none."""
    node = page.dom.css_first("html")
    stated = (node.attributes.get("lang") or "").strip().replace("_", "-") if node is not None else ""
    hanzi = _is_chinese(reading)
    if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", stated) and stated[:2].lower() in {"zh", "ja"} | (
        set() if hanzi else {stated[:2].lower()}
    ):
        return stated
    return "zh-CN" if hanzi else None

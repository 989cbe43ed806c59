"""Notices instead of an article: captcha, wall, deleted, not found, empty.

The phrases are data (`notices.toml`). A phrase alone proves nothing: articles write about captchas and deletions, and
chrome asks readers to log in. So a notice counts only if there is hardly anything else: a short body that consists of
notices and accompanying text (excuses, reasons, buttons), or a title or headline that is a notice above a body without
prose.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import re2

from ..errors import Failure
from ..page.text import size
from ..profiles.line_patterns import plain
from ..profiles.patterns import occurs

PHRASES = Path(__file__).with_name("notices.toml")

SHORT = 400
"""Maximum characters of a body that is searched for notices; a longer one must begin with a notice."""
LONG = 1500
"""A body with more characters is an article, however it begins."""
TEASER = 300
"""Maximum characters of prose above a wall; with more, it is more than a teaser."""
PROSE = 150
"""With fewer characters of prose, a title, a headline or `errorPages` decides what the page is."""
SENTENCE = 25
"""Minimum characters for a line with punctuation to be prose, when the whole page is examined."""
_OTHER = 6
_SHARE = 0.5
"""Maximum other characters next to notices, as a number, or as a share of the notices' own."""
_ENGLISH = 60
"""Maximum letters of an English clause that counts as a notice as a whole if a part of it is one."""
TINY = 60
"""Maximum characters of a body without pictures in which words typical of notices are sufficient."""
_HINT = 16
"""Maximum characters of an accompanying clause that is taken as a whole."""
_REST, _REST_SHARE = 2, 0.2
"""Maximum number and share of characters of such a body that are not words typical of notices."""
_CLAUSE = re.compile(r"[.,!?;:~|\n\"()\[\]<>/·*#…\-=_^→»]+")
_GAP = re.compile(r"(?<=[\u2e80-\uffef])\s+|\s+(?=[\u2e80-\uffef])")
"""White space next to a Chinese character ends a clause; between letters it ends a word."""
_TITLE = re.compile(r"[_|\-–—·•]+")


class Notice(msgspec.Struct, frozen=True):
    """What a page is instead of an article, and the phrase that shows it."""

    failure: Failure
    reason: str
    text: str


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    failure: Failure
    reason: str
    phrases: tuple[str, ...]


class _Phrases(msgspec.Struct, frozen=True):
    phrases: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: dict[str, str]
    notices: tuple[_Group, ...]
    beside: _Phrases
    hints: _Phrases
    words: _Phrases
    bare: _Phrases
    pictures: str


class _PhraseBook:
    """The compiled phrases."""

    def __init__(self, source: _File) -> None:
        names = {name: "".join(value.split()) for name, value in source.names.items()}

        def phrase(text: str) -> str:
            text = "".join(text.split())
            for name, value in names.items():
                text = text.replace(f"{{{name}}}", value)
            return text

        self.groups = source.notices
        self.of: list[_Group] = []
        self._each = []
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 26
        self._all = re2.Set.SearchSet(options)
        self._lines = re2.Set.SearchSet(options)
        for group in source.notices:
            for text in group.phrases:
                self.of.append(group)
                self._each.append(re2.compile(phrase(text), options))
                self._all.Add(phrase(text))
                self._lines.Add(f"(?m:{phrase(text)})")
        self._all.Compile()
        self._lines.Compile()
        self._beside = re2.compile("|".join(f"(?:{phrase(text)})" for text in source.beside.phrases), options)
        self._hints = re2.compile("|".join(f"(?:{phrase(text)})" for text in source.hints.phrases), options)
        words = (*source.hints.phrases, *source.words.phrases)
        self._words = re2.compile("|".join(f"(?:{phrase(text)})" for text in words), options)
        self._bare = re2.compile("|".join(f"(?:{phrase(text)})" for text in source.bare.phrases), options)
        self.pictures = source.pictures

    def read(self, clause: str) -> tuple[_Group | None, int, int]:
        """Return the notice in `clause` (in plain form), the number of its characters, and that of all others."""
        best: tuple[_Group | None, int] = (None, 0)
        for number in self._all.Match(clause) or ():
            match = self._each[number].search(clause)
            if match is not None and (length := match.end() - match.start()) > best[1]:
                best = self.of[number], length
        if best[0] is not None and clause.isascii() and len(clause) <= _ENGLISH:
            best = best[0], len(clause)
        rest = 0 if self._beside.match(clause) else len(clause) - best[1]
        return best[0], best[1], rest

    def speaks(self, text: str, *, faintly: bool) -> bool:
        """Return whether a clause of `text` contains a phrase or, with `faintly`, a word typical of notices."""
        found = "\n".join(clauses(text))
        return bool(self._lines.Match(found)) or (faintly and self.hints(found))

    def hints(self, clause: str) -> bool:
        """Return whether `clause` (in plain form) has a word typical of notices."""
        return self._hints.search(clause) is not None

    def known(self, clause: str) -> int:
        """Return the number of characters of `clause` (in plain form) in words typical of notices."""
        return sum(match.end() - match.start() for match in self._words.finditer(clause))

    def accompanies(self, clause: str) -> bool:
        """Return whether `clause` (in plain form) accompanies notices and means nothing by itself."""
        return self._beside.match(clause) is not None

    def is_bare(self, line: str) -> bool:
        """Return whether `line` (in plain form) is not an article by itself."""
        return self._bare.fullmatch(line) is not None


@lru_cache(maxsize=1)
def _book() -> _PhraseBook:
    return _PhraseBook(msgspec.convert(tomllib.loads(PHRASES.read_text(encoding="utf-8")), _File))


def clauses(line: str) -> list[str]:
    """Split `line` at punctuation, in plain form and lower case."""
    return [clause for clause in _CLAUSE.split(plain(_GAP.sub(",", line)).lower()) if clause]


class _Sum:
    """The notices of some lines by failure, and the number of other characters."""

    def __init__(self) -> None:
        self.notices: Counter[Failure] = Counter()
        self.other = 0
        self.first: dict[Failure, str] = {}

    def add(self, line: str) -> Failure | None:
        """Count `line`; return the failure of its last notice if the line consists of notices only."""
        book, last, before = _book(), None, self.other
        for clause in clauses(line):
            group, length, rest = book.read(clause)
            self.other += rest
            if group is not None:
                last = group.failure
                self.notices[last] += length
                self.first.setdefault(last, line)
        return last if self.other - before <= _OTHER else None

    @property
    def is_notice(self) -> bool:
        """Whether there is a notice and hardly any other text."""
        return bool(self.notices) and self.other <= max(_OTHER, _SHARE * self.notices.total())

    def notice(self) -> Notice:
        """Return the notice with the most characters."""
        failure = self.notices.most_common(1)[0][0]
        return _notice(failure, self.first[failure])


def _notice(failure: Failure, text: str) -> Notice:
    reason = next(group.reason for group in _book().groups if group.failure is failure)
    return Notice(failure, reason, text[:80])


def may_be_notice(body_size: int, lines: Iterable[str | None]) -> bool:
    """Return whether a body must be searched: a cheap check that excludes nearly all articles.

    `body_size` are its characters; `lines` are the headline, and those at the body's beginning and end.
    """
    if body_size <= TINY or body_size > LONG:
        return body_size <= TINY
    return _book().speaks(",".join(line for line in lines if line), faintly=body_size <= SHORT)


def of_line(line: str | None) -> Notice | None:
    """Return the notice if `line`, such as a headline, is one as a whole, else None."""
    if not line or len(line) > SHORT:
        return None
    read = _Sum()
    read.add(line)
    return read.notice() if read.is_notice else None


def of_title(title: str | None) -> Notice | None:
    """Return the notice if a page's title, or its first part, is one: the rest is the portal's name."""
    found = (of_line(part) for part in title_parts(title or ""))
    return next((notice for notice in found if notice is not None), None)


def title_parts(title: str) -> list[str]:
    """Return the title, and its first part without the portal's name."""
    parts = [part for part in _TITLE.split(title) if part.strip()]
    return [title, *parts[:1]] if len(parts) > 1 else parts


def of_body(lines: Sequence[str], *, pictures: bool = True) -> Notice | None:
    """Return the notice if a body of these lines is one, else None; the caller omits lines that are only links.

    A wall that ends a teaser counts too. `pictures` is whether the body shows anything besides its text.
    """
    total = sum(map(size, lines))
    if not lines or total > LONG or (total > SHORT and of_line(lines[0]) is None):
        return None
    read = _Sum()
    last = None
    for line in lines:
        if not is_bare(line):
            last = read.add(line)
    if read.is_notice:
        return read.notice()
    if last is Failure.LOGIN_WALL and read.other <= TEASER:
        return _notice(last, read.first[last])
    return (
        _hinted([line for line in lines if not is_bare(line)], 0 if pictures else _REST_SHARE)
        if total <= TINY
        else None
    )


def _hinted(lines: Sequence[str], share: float) -> Notice | None:
    """Return the notice if a body of a line or two is one by its words: typical words, and hardly any others."""
    book, total, known, hinted = _book(), 0, 0, False
    for clause in (clause for line in lines for clause in clauses(line)):
        total += len(clause)
        hint = book.hints(clause)
        hinted |= hint
        beside = not hint and len(clause) <= _HINT and book.accompanies(clause)
        known += len(clause) if beside else book.known(clause)
    if not hinted or total - known > max(_REST, share * total):
        return None
    return Notice(Failure.NOT_AN_ARTICLE, "a notice instead of an article", lines[0][:80])


def is_bare(line: str) -> bool:
    """Return whether `line` is not an article by itself: a credit, a button, an advertisement label, dots."""
    form = plain(line).lower().strip("-.,*=_~|·:;'\"()[]<>")
    return not form or _book().is_bare(form)


def is_placeholder(url: str) -> bool:
    """Return whether the picture at `url` is a placeholder, by its name."""
    return occurs(_book().pictures, url)


def of_page(lines: Iterable[str]) -> Notice | None:
    """Return the notice on a page without an article of a known layout: a whole line, and little prose besides.

    `lines` are the page's texts, element by element. What chrome says on every page (log in, loading, cookies) counts
    only where there is hardly any chrome.
    """
    found: dict[bool, Notice] = {}
    prose = total = 0
    for line in lines:
        counted = size(line)
        total += counted
        notice = of_line(line) if 1 < counted <= SHORT else None
        if notice is not None:
            found.setdefault(notice.failure in _OF_PAGES, notice)
        elif counted >= SENTENCE and _CLAUSE.search(plain(line)):
            prose += counted
            if prose > PROSE:
                return None
    return found.get(True) or (found.get(False) if total <= SHORT else None)


_OF_PAGES = frozenset({Failure.CAPTCHA, Failure.REMOVED, Failure.NOT_FOUND})

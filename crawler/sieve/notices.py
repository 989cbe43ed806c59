"""Notices in the place of an article: captcha, wall, deleted, not found, empty.

The phrases are data (`notices.toml`). A phrase alone proves nothing: articles write about captchas and deletions, and
chrome asks readers to log in. So a notice counts where there is hardly anything else: a short body that is made of
notices and of what goes with them (excuses, reasons, buttons), or a title or headline that is a notice above a body
without prose.
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

from crawler.errors import Failure
from crawler.page.text import size
from crawler.profiles.line_patterns import plain
from crawler.profiles.patterns import occurs

PHRASES = Path(__file__).with_name("notices.toml")

SHORT = 400
"""Characters up to which a body is looked through for notices; one that is longer must begin with a notice."""
LONG = 1500
"""Characters above which a body is an article whatever it begins with."""
TEASER = 300
"""Characters of prose that may stand above a wall; with more, the article is more than its teaser."""
PROSE = 150
"""Characters of prose below which a title, a headline or a profile's `errorPages` decides what the page is."""
SENTENCE = 25
"""Characters from which a line with a mark of punctuation is prose, where the page as a whole is looked at."""
_OTHER = 6
_SHARE = 0.5
"""Other characters that may stand beside notices: so many, or this share of the notices' own."""
_ENGLISH = 60
"""Letters of an English clause that is a notice as a whole if a part of it is; a phrase is a few words of many."""
TINY = 60
"""Characters of a body in which words that notices have are enough, where there is no picture."""
_HINT = 16
"""Characters of a clause that goes with notices, where it is taken as a whole."""
_REST, _REST_SHARE = 2, 0.2
"""Characters of such a body, and the share of it, that may be other words than those of notices."""
_CLAUSE = re.compile(r"[.,!?;:~|\n\"()\[\]<>/·*#…\-=_^→»]+")
_GAP = re.compile(r"(?<=[\u2e80-\uffef])\s+|\s+(?=[\u2e80-\uffef])")
"""White space beside a Chinese character: an end of a clause; between letters it is an end of a word."""
_TITLE = re.compile(r"[_|\-–—·•]+")


class Notice(msgspec.Struct, frozen=True):
    """What a page is in place of an article, and the phrase that says so."""

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


class _Book:
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
        """Return the notice that `clause` (in plain form) holds, its characters, and how many others there are."""
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
        """Return whether a clause of `text` holds a phrase, or, `faintly`, a word that notices have."""
        found = "\n".join(clauses(text))
        return bool(self._lines.Match(found)) or (faintly and self.hints(found))

    def hints(self, clause: str) -> bool:
        """Return whether `clause` (in plain form) has a word that notices have."""
        return self._hints.search(clause) is not None

    def known(self, clause: str) -> int:
        """Return how many characters of `clause` (in plain form) are words of notices."""
        return sum(match.end() - match.start() for match in self._words.finditer(clause))

    def stands_beside(self, clause: str) -> bool:
        """Return whether `clause` (in plain form) goes with notices and says nothing by itself."""
        return self._beside.match(clause) is not None

    def is_bare(self, line: str) -> bool:
        """Tell whether `line` (in plain form) is no article by itself."""
        return self._bare.fullmatch(line) is not None


@lru_cache(maxsize=1)
def _book() -> _Book:
    return _Book(msgspec.convert(tomllib.loads(PHRASES.read_text(encoding="utf-8")), _File))


def clauses(line: str) -> list[str]:
    """Return what stands between the marks of punctuation of `line`, in plain form and small letters."""
    return [clause for clause in _CLAUSE.split(plain(_GAP.sub(",", line)).lower()) if clause]


class _Sum:
    """The notices of some lines by failure, and the characters that are none."""

    def __init__(self) -> None:
        self.notices: Counter[Failure] = Counter()
        self.other = 0
        self.first: dict[Failure, str] = {}

    def add(self, line: str) -> Failure | None:
        """Count `line`; returns the failure of its last clause that is a notice, where the line is nothing else."""
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
        """Whether there is a notice and hardly anything else."""
        return bool(self.notices) and self.other <= max(_OTHER, _SHARE * self.notices.total())

    def notice(self) -> Notice:
        """Return the notice that most of the characters belong to."""
        failure = self.notices.most_common(1)[0][0]
        return _notice(failure, self.first[failure])


def _notice(failure: Failure, text: str) -> Notice:
    reason = next(group.reason for group in _book().groups if group.failure is failure)
    return Notice(failure, reason, text[:80])


def may_be_one(body_size: int, lines: Iterable[str | None]) -> bool:
    """Return whether a body is to be looked through: for a few calls this spares nearly all articles the look.

    `body_size` are its characters; `lines` are the headline, and those at the body's beginning and end.
    """
    if body_size <= TINY or body_size > LONG:
        return body_size <= TINY
    return _book().speaks(",".join(line for line in lines if line), faintly=body_size <= SHORT)


def of_line(line: str | None) -> Notice | None:
    """Return the notice that `line`, such as a headline, is as a whole."""
    if not line or len(line) > SHORT:
        return None
    read = _Sum()
    read.add(line)
    return read.notice() if read.is_notice else None


def of_title(title: str | None) -> Notice | None:
    """Return the notice that a page's title is, or its first part: the rest is the portal's name."""
    found = (of_line(part) for part in title_parts(title or ""))
    return next((notice for notice in found if notice is not None), None)


def title_parts(title: str) -> list[str]:
    """Return the title and its first part, without the portal's name."""
    parts = [part for part in _TITLE.split(title) if part.strip()]
    return [title, *parts[:1]] if len(parts) > 1 else parts


def of_body(lines: Sequence[str], *, pictures: bool = True) -> Notice | None:
    """Return what a body of these lines is in place of an article; links that stand alone are left out by the caller.

    A wall that ends a teaser counts too. `pictures` says whether the body shows anything beside its text.
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
    """Return the notice that a body of a line or two is by its words: it has hints, and hardly any other words."""
    book, total, known, hinted = _book(), 0, 0, False
    for clause in (clause for line in lines for clause in clauses(line)):
        total += len(clause)
        hint = book.hints(clause)
        hinted |= hint
        beside = not hint and len(clause) <= _HINT and book.stands_beside(clause)
        known += len(clause) if beside else book.known(clause)
    if not hinted or total - known > max(_REST, share * total):
        return None
    return Notice(Failure.NOT_AN_ARTICLE, "a notice in the place of an article", lines[0][:80])


def is_bare(line: str) -> bool:
    """Return whether `line` is not an article by itself: a credit, a button, a mark of an advertisement, dots."""
    form = plain(line).lower().strip("-.,*=_~|·:;'\"()[]<>")
    return not form or _book().is_bare(form)


def stands_for_another(url: str) -> bool:
    """Tell whether the picture at `url` is a placeholder by its name."""
    return occurs(_book().pictures, url)


def of_page(lines: Iterable[str]) -> Notice | None:
    """Return the notice on a page that has no article of a known layout: a whole line of it, and little prose beside.

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

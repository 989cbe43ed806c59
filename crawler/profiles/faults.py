"""What is wrong with a profile: one `Fault` for each thing, with its place and its kind."""

from __future__ import annotations

import json
import re
from enum import StrEnum

import msgspec

from crawler.profiles.toml import KeyPath

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 400


class Severity(StrEnum):
    """What a fault does: an error makes `scrapy lint` fail, a warning does with --strict, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """The kind of a fault, for tools and for those who want to look it up in docs/profile.md."""

    def __new__(cls, value: str, severity: Severity, meaning: str) -> Code:
        """Make a member whose value is the code alone."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.severity = severity
        made.meaning = meaning
        return made

    severity: Severity
    meaning: str

    FILE = "file", Severity.ERROR, "A file is missing, unreadable, too large, a link out of the folder, or code."
    TOML = "toml", Severity.ERROR, "A file is not TOML, not UTF-8, or nested or long beyond what a profile may be."
    UNKNOWN_KEY = "unknown-key", Severity.ERROR, "A key that the language does not have."
    MISSING_KEY = "missing-key", Severity.ERROR, "A key that must be there."
    TYPE = "type", Severity.ERROR, "A value of another type than the key's."
    VALUE = "value", Severity.ERROR, "A value out of its bounds, or not in the key's list."
    ROLE = "role", Severity.ERROR, "A role that is not in the record's closed list, or not a rule's to give."
    PLACE = "place", Severity.ERROR, "A rule that says no place, or several."
    CSS = "css", Severity.ERROR, "A selector that does not compile, or that costs too much on the worst page."
    REGEX = "regex", Severity.ERROR, "A pattern that is not linear-time, too large, or repeats a repetition."
    XPATH = (
        "xpath",
        Severity.ERROR,
        "An XPath that does not compile, reaches outside, or walks the page again and again.",
    )
    JMESPATH = "jmespath", Severity.ERROR, "A JMESPath that does not compile, or that can make data grow."
    TEXT = "text", Severity.ERROR, "A string that is a path, a command, a tag or control characters, not a text."
    HOST = "host", Severity.ERROR, "A host that is private or a public suffix (`com.cn`), or that two profiles claim."
    URL = "url", Severity.ERROR, "A URL that is not http(s), or not on the profile's hosts."
    TEMPLATE = "template", Severity.ERROR, "A template with a name that nothing fills in, or without one it needs."
    DATE = "date", Severity.ERROR, "A day that the calendar does not have, or `until` before `since`."
    ZONE = "zone", Severity.ERROR, "A time zone that the time zone database does not have."
    NAME = "name", Severity.ERROR, "A name that leads nowhere, is taken, or differs from its file's or folder's."
    PHRASE = "phrase", Severity.ERROR, "A wording or list of phrases.toml that cannot work."
    MISSING_RULE = "missing-rule", Severity.ERROR, "A layout without a rule that its kind of record needs."
    UNREACHABLE = (
        "unreachable",
        Severity.ERROR,
        "A rule or fallback that can never be reached: an earlier one takes all.",
    )
    OVERLAP = "overlap", Severity.WARNING, "Two rules for the same elements: the later gets only what the first leaves."
    EVIDENCE = "evidence", Severity.ERROR, "Evidence that recognises pages it should not, or is counted twice."
    GENERATED = "generated-class", Severity.ERROR, "A class name that a build made: gone with the site's next build."
    IGNORED = "ignored-key", Severity.WARNING, "A key that does nothing where it stands."
    NO_ID = "no-id", Severity.WARNING, "A form of URL that gives an article no id of its own."
    XPATH_COST = "xpath-cost", Severity.WARNING, "XPath: each page that needs it pays for a copy of the tree."
    STRAY = "stray-file", Severity.WARNING, "A file that no part of the engine reads."
    UNPROVEN = "unproven", Severity.NOTE, "What the profile itself says no recorded page has proved."


class Fault(msgspec.Struct, frozen=True, order=True):
    """One fault of a profile.

    `file` is the path as the linter was given it, `line` counts from 1 and is None for a fault of the whole folder,
    `key` is the dotted key path ("" for the whole file), `message` says what is wrong and what to do.
    """

    file: str
    line: int | None
    key: str
    message: str
    severity: Severity
    code: Code

    def __str__(self) -> str:
        """Return the fault as one line: `file:line key: message [code]`."""
        place = self.file + (f":{self.line}" if self.line is not None else "") + (f" {self.key}" if self.key else "")
        kind = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        return f"{place}: {kind}{self.message} [{self.code}]"


def key_text(path: KeyPath) -> str:
    """Return a path as people write it: `article.body[0].css`; a key that is no bare word in quotes."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _BARE.fullmatch(step) else visible(json.dumps(step)))
    return visible(text)


def visible(text: str) -> str:
    """Return `text` fit for one line of a terminal: what does not print as an escape, the rest of a long one cut."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in cut)

"""What commands have in common: how text goes to a terminal or a log, and the exit status of an interrupt."""

from __future__ import annotations

import re
from typing import Final

STOPPED: Final = 130
"""Exit status after SIGINT, by the shells' convention: 128 plus the signal's number."""

program = "scrapy"
"""The program that was started; `__main__` sets it. Help names it in its examples."""


def plain(text: str) -> str:
    """Return `text` on one line, with what a terminal or a log reader would obey written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def as_called(text: str) -> str:
    """Return help or a message with the commands named as the program that was started has them."""
    return re.sub(r"\bscrapy (?=[a-z])", f"{program} ", text)

"""Public suffixes: names under which anybody may register a name, such as com.cn or github.io.

The list is the snapshot of publicsuffix.org that tldextract ships. The package itself is not imported, because it
loads an HTTP client to update its list, which takes longer than loading all profiles.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

_SNAPSHOT = "tldextract/.tld_set_snapshot"


def is_public_suffix(host: str) -> bool:
    """Return whether anybody may register names directly below `host`, by the list's ICANN and private sections."""
    name = _unicode(host)
    parent = name.partition(".")[2]
    rules = _rules()
    by_name = name in rules or f"*.{name}" in rules
    return by_name or (f"*.{parent}" in rules and f"!{name}" not in rules)


@lru_cache(maxsize=1)
def _rules() -> frozenset[str]:
    """Return the list's rules: names, `*.` for every name below one, `!` for an exception from that."""
    text = Path(str(distribution("tldextract").locate_file(_SNAPSHOT))).read_text(encoding="utf-8")
    return frozenset(line for line in map(str.strip, text.splitlines()) if line and not line.startswith("//"))


def _unicode(host: str) -> str:
    """Return an ASCII host as the list writes it; one with broken Punycode as it is."""
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host

"""Public suffixes: domains under which anybody can register names, such as com.cn or github.io.

The list is the snapshot of publicsuffix.org that tldextract ships. The package itself is not imported, because it
loads an HTTP client to update its list, which takes longer than loading all profiles.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

_SNAPSHOT = "tldextract/.tld_set_snapshot"


def is_public_suffix(host: str) -> bool:
    """Return whether anybody can register names directly under `host` (ICANN and private sections of the list)."""
    name = _unicode(host)
    parent = name.partition(".")[2]
    rules = _rules()
    by_name = name in rules or f"*.{name}" in rules
    return by_name or (f"*.{parent}" in rules and f"!{name}" not in rules)


def registered(host: str) -> str:
    """Return the part of a host that was registered, such as `example.com.cn`; the host itself where none was."""
    labels = host.rstrip(".").lower().split(".")
    if len(labels) < 2 or labels[-1].isdigit() or ":" in host:
        return host
    for start in range(len(labels) - 2, -1, -1):
        name = ".".join(labels[start:])
        if not is_public_suffix(name):
            return name
    return host


@lru_cache(maxsize=4096)
def owner(host: str) -> str:
    """Return the label that names who registered a host: `example` of news.example.com.cn; "" where nobody did."""
    name = registered(host)
    return name.partition(".")[0] if "." in name and not name.rpartition(".")[2].isdigit() else ""


@lru_cache(maxsize=1)
def _rules() -> frozenset[str]:
    """Return the list's rules: names, `*.` for all their subdomains, `!` for an exception."""
    text = Path(str(distribution("tldextract").locate_file(_SNAPSHOT))).read_text(encoding="utf-8")
    return frozenset(line for line in map(str.strip, text.splitlines()) if line and not line.startswith("//"))


def _unicode(host: str) -> str:
    """Return an ASCII host in the list's Unicode notation; broken Punycode is returned unchanged."""
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host

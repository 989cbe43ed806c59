"""The registered domain of a host: what a site is called that has no profile."""

from __future__ import annotations

from ..profiles.checks.suffixes import is_public_suffix


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

"""The profiles that a command works with: the sound ones, and a word on each that is left out."""

from __future__ import annotations

import sys
from pathlib import Path

from crawler.extract import profiles_in
from crawler.profiles.load import Profiles
from crawler.terminal import plain


def usable(folder: Path) -> Profiles:
    """Return the profiles of `folder`; a site whose profile is at fault is left out, by name on standard error.

    Raises ProfileInvalid where the folder has no site.
    """
    profiles = profiles_in(folder)
    for site in profiles.refused:
        fault = plain(str(profiles.refusal(site)))
        sys.stderr.write(f"{site} is left out: {fault}; `scrapy lint {site}` names every fault\n")
    return profiles


def no_such_site(site: str, profiles: Profiles) -> str:
    """Return why `site` is none of the profiles that can be used: at fault, or not there."""
    if site in profiles.refused:
        return f"{site}: its profile cannot be used: {profiles.refusal(site)}"
    return f"{site}: no such profile; there are: {', '.join(sorted(profiles)) or 'none'}"

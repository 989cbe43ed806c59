"""The spider without a profile: reads the pages that it is given by the general reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

from ..bulk.page import PageProcess
from ..heuristics.general import General
from ..page.urls import host
from ..profiles.checks.suffixes import registered
from ..profiles.load import Profile, Profiles
from .frontier import Frontier
from .options import Options
from .portal import PortalSpider
from .selection import Selection

NAME: Final = "general"


class GeneralSpider(PortalSpider):
    """Crawls pages of sites without a profile: `-a url=…` or `-a urls_file=…`, each read by the general reading.

    Pace, robots.txt, store and checks of addresses are those of any crawl. Links are not followed, and a redirect to
    another registered domain is refused. Pages of a site with a profile are refused by name: they are read by it.
    """

    profiles: ClassVar[Profiles]

    @classmethod
    def beside(cls, profiles: Profiles) -> type[Self]:
        """Return the spider class for pages of sites other than those with these profiles."""
        return type(cls.__name__, (cls,), {"name": NAME, "profiles": profiles})

    @classmethod
    def find_profile(cls, options: Options) -> None:
        """Load no profile: the pages say what stands in for it."""

    @classmethod
    def select(cls, arguments: Mapping[str, Any]) -> Selection:
        """Return the pages that spider arguments ask for; raises BadArgument."""
        return Selection.of_pages(arguments, cls.profiles)

    @classmethod
    def site_of(cls, selection: Selection) -> Profile:
        """Return what stands in for the profile of the pages of a selection."""
        ceded = [name for profile in cls.profiles.values() for name in profile.site.hosts]
        return General([registered(host(url)) for url in selection.urls], ceded)

    def watch(self, frontier: Frontier) -> None:
        """Watch nothing: the pages have no layout that could change."""

    def page_process(self) -> PageProcess:
        """Return the process for the crawl's pages."""
        return PageProcess(self.options.profiles, None, self.options.cost)

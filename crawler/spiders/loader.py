"""A spider for each profile folder."""

from __future__ import annotations

import builtins
from typing import Self

from scrapy import Request
from scrapy.settings import BaseSettings

from crawler.profiles.load import load_profile
from crawler.profiles.match import profile_for
from crawler.spiders.options import Options
from crawler.spiders.portal import PortalSpider


class ProfileSpiderLoader:
    """Offers the folders of PORTALSIEVE_PROFILES as spiders; a profile is read when its spider is asked for.

    So a fault in one profile stops the crawl of its own site only.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._folders = {path.parent.name: path.parent for path in Options.of(settings).profiles.glob("*/profile.toml")}
        self._spiders: dict[str, type[PortalSpider]] = {}

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Return the loader for these settings; raises BadSetting."""
        return cls(settings)

    def list(self) -> builtins.list[str]:
        """Return the names of the sites."""
        return sorted(self._folders)

    def load(self, spider_name: str) -> type[PortalSpider]:
        """Return the spider of a site; raises KeyError for a site without a folder, ProfileInvalid for a bad one."""
        folder = self._folders.get(spider_name)
        if folder is None:
            known = ", ".join(sorted(self._folders)) or "none"
            raise KeyError(f"no profile folder for {spider_name!r}; there are: {known}")
        if spider_name not in self._spiders:
            self._spiders[spider_name] = PortalSpider.of(load_profile(folder))
        return self._spiders[spider_name]

    def find_by_request(self, request: Request) -> builtins.list[str]:
        """Return the names of the sites whose pages `request` may ask for."""
        spiders = [self.load(name) for name in self._folders]
        return [s.name for s in spiders if s.profile is not None and profile_for(request.url, [s.profile]) is not None]

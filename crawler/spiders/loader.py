"""A spider for each profile folder."""

from __future__ import annotations

import builtins
from typing import Self

from scrapy import Request
from scrapy.settings import BaseSettings

from ..profiles.load import Profiles, load_profiles
from ..profiles.match import profile_for
from .general import NAME, GeneralSpider
from .options import Options
from .portal import PortalSpider


class ProfileSpiderLoader:
    """Offers the sites of all folders of profiles as spiders; profiles are loaded when a spider is first requested.

    An invalid profile stops the crawl of its own site only.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._folders = Options.of(settings).profiles
        self._names = {path.parent.name for folder in self._folders for path in folder.glob("*/profile.toml")}
        self._profiles: Profiles | None = None
        self._spiders: dict[str, type[PortalSpider]] = {}

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Return the loader for these settings; raises BadSetting."""
        return cls(settings)

    def list(self) -> builtins.list[str]:
        """Return the names of the sites."""
        return sorted(self._names)

    def load(self, spider_name: str) -> type[PortalSpider]:
        """Return the spider of a site; raises KeyError if the site has no folder, ProfileInvalid if it is invalid.

        `general`, which is not listed, is the spider for pages of sites without a profile.
        """
        if spider_name == NAME and spider_name not in self._names:
            return GeneralSpider.beside(self._loaded())
        if spider_name not in self._names:
            known = ", ".join(self.list()) or "none"
            raise KeyError(f"no profile folder for {spider_name!r}; available: {known}")
        if spider_name not in self._spiders:
            profiles = self._loaded()
            if spider_name in profiles.refused:
                raise profiles.refusal(spider_name)
            self._spiders[spider_name] = PortalSpider.of(profiles[spider_name])
        return self._spiders[spider_name]

    def find_by_request(self, request: Request) -> builtins.list[str]:
        """Return the name of the site that the request's URL belongs to; raises ProfileInvalid if it is invalid."""
        if not self._names:
            return []
        profiles = self._loaded()
        profile = profile_for(request.url, profiles.values())
        if profile is not None:
            return [profile.site.site]
        refusal = profiles.refusal_of(request.url)
        if refusal is not None:
            raise refusal
        return []

    def _loaded(self) -> Profiles:
        if self._profiles is None:
            self._profiles = load_profiles(self._folders)
        return self._profiles

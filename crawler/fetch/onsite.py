"""Keeps all requests on the site that is crawled."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ..errors import Failure
from ..page.urls import belongs, host
from ..profiles.load import Profile
from .faults import NotSent

RENDER_HOSTS = "render_hosts"
"""The key in a request's meta for hosts, besides the site's own, that a rendered page's scripts may contact."""


class OffSite(NotSent):
    """A request to a host outside the site."""

    failure = Failure.OFF_SITE


class OnSiteMiddleware:
    """Refuses requests to hosts outside the spider's `allowed_domains`, or claimed by another profile.

    Scrapy's own middleware lets start requests and what they redirect to pass, and drops redirected requests where no
    errback hears of it; this one sees every request, and the spider's errback is called. A rendered page's requests may
    go to the hosts of its profile's `[render]` too.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the middleware for a crawler."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise OffSite for a request off the site."""
        domains = getattr(self._crawler.spider, "allowed_domains", None) or []
        name = host(request.url)
        if any(belongs(name, domain) for domain in request.meta.get(RENDER_HOSTS, ())):
            return
        if domains and not any(belongs(name, domain) for domain in domains):
            raise OffSite(f"{request.url}: off the site (hosts: {', '.join(domains)})")
        site = getattr(self._crawler.spider, "site", None)
        if isinstance(site, Profile) and not site.claim(name):
            raise OffSite(f"{request.url}: off the site (the host belongs to another profile)")

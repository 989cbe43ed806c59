"""The downloader middleware with which `record_from` knows the folders of profiles in a project's settings."""

from __future__ import annotations

from functools import cached_property
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from .response import PROFILES_KEY


class ProfilesMiddleware:
    """Notes the folders in `request.meta`, as strings, so that requests can still be written to disk."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware of a crawler, whose settings are final when the first response comes."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the folders. A callback that sets the key of its request itself has the last word."""
        request.meta.setdefault(PROFILES_KEY, self._folders)
        return response

    @cached_property
    def _folders(self) -> list[str]:
        from ..spiders.options import project_options  # noqa: PLC0415 - Scrapy loads add-ons before its reactor

        return [str(folder.resolve()) for folder in project_options(self._crawler.settings).profiles]

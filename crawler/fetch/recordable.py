"""A download handler whose requests vcrpy can record and replay, for tests of whole crawls.

vcrpy stands between aiohttp and the network, and nothing of it is between Twisted and the network; so a crawl that is
recorded or played asks by aiohttp, without Twisted's reactor:

    TWISTED_REACTOR_ENABLED = False
    DOWNLOAD_HANDLERS = {"http": "crawler.fetch.recordable.RecordableHandler", "https": …the same}

See `crawler.regression.cassette` for what of a crawl is kept, and how.
"""

from __future__ import annotations

import socket
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers

from .addresses import Guard


class RecordableHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler, which also accepts replayed responses, which have no connection."""

    _guard: Guard | None = None

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        connector: Any = self._session.connector
        connector._socket_factory = self._socket  # the last step before a connection, after names are resolved

    def _socket(self, target: Any) -> socket.socket:
        """Return the socket for a connection. Raises ForbiddenAddress."""
        family, kind, protocol, _, address = target
        if self._guard is None:  # the spider does not exist yet when handlers are created
            self._guard = Guard.of(self.crawler)
        self._guard.check(address[0], address[1])
        return socket.socket(family, kind, protocol)

    @staticmethod
    def _build_base_response_args(response: Any, request: Request, headers: Headers) -> Any:
        """Return the arguments of the response; a replayed one has no peer, certificate or protocol."""
        if hasattr(response, "_peername"):
            return AiohttpDownloadHandler._build_base_response_args(response, request, headers)
        return {"status": response.status, "url": request.url, "headers": headers, "protocol": None}

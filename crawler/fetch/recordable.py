"""A download handler whose requests vcrpy can record and replay, for tests of whole crawls.

vcrpy stands between aiohttp and the network, and nothing of it is between Twisted and the network; so a crawl that is
recorded or played asks by aiohttp, without Twisted's reactor:

    TWISTED_REACTOR_ENABLED = False
    DOWNLOAD_HANDLERS = {"http": "crawler.fetch.recordable.RecordableHandler", "https": …the same}

See `crawler.regression.cassette` for what of a crawl is kept, and how.
"""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.http import Headers


class RecordableHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler, which also accepts replayed responses, which have no connection."""

    @staticmethod
    def _build_base_response_args(response: Any, request: Request, headers: Headers) -> Any:
        """Return the arguments of the response; a replayed one has no peer, certificate or protocol."""
        if hasattr(response, "_peername"):
            return AiohttpDownloadHandler._build_base_response_args(response, request, headers)
        return {"status": response.status, "url": request.url, "headers": headers, "protocol": None}

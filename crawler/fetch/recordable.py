"""A download handler whose requests vcrpy sees and plays, for tests of whole crawls.

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
    """Scrapy's aiohttp handler, which also takes an answer that came over no connection."""

    @staticmethod
    def _build_base_response_args(response: Any, request: Request, headers: Headers) -> Any:
        """Return what the response is made of; one that is played has no peer, no certificate and no protocol."""
        if hasattr(response, "_peername"):
            return AiohttpDownloadHandler._build_base_response_args(response, request, headers)
        return {"status": response.status, "url": request.url, "headers": headers, "protocol": None}

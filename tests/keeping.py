"""Crawls of the local portal kept as cassettes, by the addresses that were meant."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response
from vcr.request import Request as Asked

from crawler.extract import profiles_in
from crawler.regression.cassette import Cassettes
from tests.crawling import PortalHandler

MEANT = "X-Portal-Url"


class RecordedPortal(PortalHandler):
    """Fetches from the local portal, and informs the cassette which address was meant."""

    async def download_request(self, request: Request) -> Response:
        """Fetch, with the address in a header, which no cassette keeps."""
        return await super().download_request(request.replace(headers={**request.headers, MEANT: request.url}))


class PortalCassettes(Cassettes):
    """Keeps what comes from the local portal as if it had come from where it was meant to."""

    def __init__(self) -> None:
        super().__init__(profiles_in().values())

    def filtered(self, request: Asked) -> Asked:
        """Return what is kept of a request."""
        headers = dict(request.headers)
        meant = str(headers.pop(MEANT, request.uri))
        return super().filtered(Asked(request.method, meant, request.body, headers))


KEPT = PortalCassettes()
"""What tests/cassettes/ is recorded and played by."""

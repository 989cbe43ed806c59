"""Twisted requests with checked connections: host names are resolved first, then each address is checked."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _ScrapyAgent
from scrapy.http import Request, Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.web.client import Agent
from zope.interface import directlyProvides, providedBy

from .addresses import Guard


class GuardedReactor:
    """Twisted's reactor, whose TCP connections are checked first.

    By then names are resolved: the address checked is the one connected to, for each of a host's addresses.
    """

    def __init__(self, reactor: Any, guard: Guard) -> None:
        self._reactor = reactor
        self._guard = guard
        directlyProvides(self, providedBy(reactor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def connectTCP(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 - Twisted's name
        """Connect as the reactor does; raises ForbiddenAddress."""
        self._guard.check(host, port)
        return self._reactor.connectTCP(host, port, *args, **kwargs)


class _GuardedAgent(_ScrapyAgent):
    """Scrapy's agent for one request, with checked connections."""

    def __init__(self, guard: Guard, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._guard = guard

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        agent = super()._get_agent(request, timeout)
        if request.meta.get("proxy"):
            self._guard.check_url(request.url)  # the proxy was chosen by the user
        else:
            factory: Any = agent._endpointFactory
            factory._reactor = GuardedReactor(factory._reactor, self._guard)
        return agent


class GuardedHandler(HTTP11DownloadHandler):
    """Scrapy's handler for http and https, which connects to allowed addresses only. Raises ForbiddenAddress."""

    _guard: Guard | None = None

    async def download_request(self, request: Request) -> Response:
        """Fetch, with each connection checked when it is made."""
        if self._guard is None:  # the spider is not there yet when handlers are made
            self._guard = Guard.of(self._crawler)
        agent = _GuardedAgent(
            self._guard,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(agent.download_request(request))

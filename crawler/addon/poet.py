"""The provider for scrapy-poet (the extra `poet`): a callback or page object may ask for a `Record`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from scrapy.http import Response
from scrapy_poet.page_input_providers import PageObjectInputProvider

from ..extract import profiles_in
from ..profiles.load import Profiles
from ..records.model import Record
from ..spiders.options import project_options
from .response import record_from


class RecordProvider(PageObjectInputProvider):
    """Provides the record of a response. The request's errback gets the error of a page that has no record."""

    provided_classes = {Record}  # noqa: RUF012 - the base class declares it so

    def __call__(self, to_provide: set[Callable[..., Any]], response: Response) -> Sequence[Record]:
        """Return the record of `response`, by the project's profiles. Raises what `portalsieve.extract` raises."""
        del to_provide
        return [record_from(response, profiles=self._profiles)]

    @cached_property
    def _profiles(self) -> Profiles:
        return profiles_in(project_options(self.injector.crawler.settings).profiles)

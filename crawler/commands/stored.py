"""The project's store, opened for a command that looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from scrapy.exceptions import UsageError

from crawler.profiles.load import site_folders
from crawler.spiders.options import BadSetting, Options
from crawler.store.interface import Store
from crawler.store.opening import open_store


@contextlib.contextmanager
def project_store(settings: Mapping[str, Any] | None, site: str | None = None) -> Iterator[Store]:
    """Give the store that the settings name, closed at the end; none is made.

    Raises UsageError for a wrong setting, and for a `site` that has neither a profile nor anything in the store;
    StoreError where the store cannot be used.
    """
    if settings is None:
        raise RuntimeError("Scrapy gave this command no settings")
    try:
        options = Options.of(settings)
    except BadSetting as error:
        raise UsageError(str(error), print_help=False) from None
    with contextlib.closing(open_store(options.store_file, make=False)) as store:
        known = {folder.name for folder in site_folders(options.profiles)} | set(store.sites())
        if site is not None and site not in known:
            raise UsageError(f"{site}: no such site; there are: {', '.join(sorted(known))}", print_help=False)
        yield store

"""The settings that a crawl needs in a Scrapy project that is not this one."""

from __future__ import annotations

from importlib import import_module

from scrapy.settings import BaseSettings

_PROJECTS = frozenset(
    {"BOT_NAME", "SPIDER_LOADER_CLASS", "SPIDER_MODULES", "COMMANDS_MODULE", "LOG_LEVEL", "LOG_FORMAT"}
)
_COMPONENTS = ("DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS", "FEED_EXPORTERS")
_FIXED = frozenset(
    {
        *_COMPONENTS,
        "SCHEDULER",
        "DUPEFILTER_CLASS",
        "COOKIES_ENABLED",
        "DOWNLOAD_VERIFY_CERTIFICATES",
        "RETRY_HTTP_CODES",
    }
)
"""What the crawl's guarantees rest on; anything else a project may set itself."""


def adopt(settings: BaseSettings) -> None:
    """Add this project's settings to those of another: its parts of the crawl, and values that are not set there.

    The other project's middlewares and extensions stay, unless they do what the crawl does itself.
    """
    own = import_module(f"{__package__.rpartition('.')[0]}.settings")
    if settings["SCHEDULER"] == own.SCHEDULER:
        return
    for name in filter(str.isupper, dir(own)):
        value = getattr(own, name)
        if name in _PROJECTS or name.startswith("_"):
            continue
        if name in _COMPONENTS:
            settings.set(name, {**settings.getdict(name), **value}, priority="spider")
        else:
            settings.set(name, value, priority="spider" if name in _FIXED else "addon")

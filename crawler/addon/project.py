"""The add-on: records become items of a project, and its settings are checked."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scrapy.settings import BaseSettings

from .items import register
from .middleware import ProfilesMiddleware

_POET = "SCRAPY_POET_PROVIDERS"


class PortalsieveAddon:
    """Scrapy's add-on.

    Registers records as items, gives the project the defaults of the PORTALSIEVE_ settings, lets `record_from` use the
    project's profiles, writes Chinese text in feeds as such, and offers `Record` to scrapy-poet if that is installed.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Change the project's settings. Raises BadSetting for an unknown or invalid PORTALSIEVE_ setting."""
        from ..spiders.options import PREFIX, project_options  # noqa: PLC0415 - Scrapy loads add-ons before its reactor

        register()
        own = import_module(f"{__package__.rpartition('.')[0]}.settings")
        for name in dir(own):
            if name.startswith(PREFIX):
                settings.set(name, getattr(own, name), priority="default")
        settings.set("FEED_EXPORT_ENCODING", "utf-8", priority="addon")
        project_options(settings)
        settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", ProfilesMiddleware, 1)
        if find_spec("scrapy_poet") is not None:
            providers = {**settings.getdict(_POET), f"{__package__}.poet.RecordProvider": 1000}
            settings.set(_POET, providers, priority=settings.getpriority(_POET) or "addon")

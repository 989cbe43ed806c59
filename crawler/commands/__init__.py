"""Scrapy commands: thin shells around calls that the library offers too."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Return the command whose module's name no entry point can hold, because of its hyphen."""
    if name == "CoverageMatrix":
        return import_module(f"{__name__}.coverage-matrix").Command
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

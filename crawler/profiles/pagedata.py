"""The value of data that a profile names, on a page."""

from __future__ import annotations

from ..page.dom import Page
from .model import Data


def data_of(page: Page, place: Data) -> object:
    """Return the page's data at a place, None if it has none there."""
    return page.data(
        place.variable, place.script, element=place.element, match=place.match, url_encoded=place.url_encoded,
        every=place.every, attr=place.attr, path=place.path,
    )  # fmt: skip

"""The words of the builders, which are those that annotated pages are filled with."""

from crawler.regression.words import *  # noqa: F403

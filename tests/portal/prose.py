"""The prose of the builders, which is the one that annotated pages are filled with."""

from crawler.regression.prose import LISTS, Prose

__all__ = ["LISTS", "Prose"]

"""Kinds of changes that make another layout of a page: what they do to its elements and to the record.

Importing the package registers every kind in `KINDS`, by name.
"""

from __future__ import annotations

from . import breaking, contents, harmless, lines, pictures, redesigns
from .kinds import KINDS, Kind

__all__ = ["KINDS", "Kind", "breaking", "contents", "harmless", "lines", "pictures", "redesigns"]

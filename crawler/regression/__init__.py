"""Recorded pages as a regression suite: what is kept of a page, who looked at it, and what says that it broke."""

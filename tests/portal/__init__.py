"""A portal of our own: pages that are built like real ones, with prose that nobody published.

A *site package* is a package in this folder that offers ``pages() -> list[FixturePage]``; ``write`` finds it by itself.
What a builder puts on a page it also puts in the page's ``truth``, so what is expected never came out of an extractor.
"""

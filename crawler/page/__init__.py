"""Bytes to text to one tree: what a page is, before any site is known."""

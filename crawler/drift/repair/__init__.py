"""Repairs of a profile whose site has changed its pages: where the content is now, and what to write."""

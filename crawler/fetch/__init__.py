"""Fetching pages: politely from the network with Scrapy, or from an archive."""

"""The record: its schema, its model, validation, quarantine, readers and writers.

Knows nothing of pages, profiles or Scrapy, and is cheap to import: the validators are loaded at their first use.
"""

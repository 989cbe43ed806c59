"""The record: its schema, model, validation, quarantine, readers and writers.

Does not depend on pages, profiles or Scrapy, and is cheap to import: the validators are loaded on first use.
"""

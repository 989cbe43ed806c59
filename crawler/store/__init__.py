"""Persistent state of crawls: frontier, records, revisions, quarantine and runs behind one interface.

Independent of pages, profiles and Scrapy. `interface` defines a store, `sqlite` implements one in a single file.
"""

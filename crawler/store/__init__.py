"""What a crawl must not lose: frontier, records, revisions, quarantine and runs behind one interface.

Knows nothing of pages, profiles or Scrapy. `interface` says what a store does, `sqlite` does it in one file.
"""

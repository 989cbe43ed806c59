"""Site profiles as data: loading, checking, and choosing by URL and by the page's own evidence."""

"""Reports for people: progress, summaries, status, the explanation of a page, the coverage matrix."""

"""A regression suite of recorded pages: recording, expected values and their review, checks, coverage, scores."""

"""What came of a run, counted and shown to people. Knows records only."""

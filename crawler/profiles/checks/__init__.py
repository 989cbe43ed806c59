"""Checks of a profile: its schema, its strings and selectors, errors that refuse it, and advice from the linter."""

"""From a page and a layout to a record. Pure functions throughout."""

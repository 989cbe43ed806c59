"""A newsroom that reads portals."""

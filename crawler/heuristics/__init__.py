"""Reading a page without a profile: what its structure, metadata and words say."""

"""Pages copied out of a browser as plain text, split into the article and its chrome by a site's phrases."""

"""A page copied out of a browser as text, split into the article and its chrome by a site's phrases."""

"""From bytes to text to a parsed tree, independent of any site."""

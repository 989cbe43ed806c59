"""Training of the general reading's model, from pages with gold that are read in place. Development only."""

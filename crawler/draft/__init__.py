"""Drafts a first profile of a site from its pages: guesses with how often they held, and gaps for a person to fill.

Nothing here is specific to a site. The heuristics are those of a reader: the headline is what the title repeats, the
date is next to it, the body is where the prose is.
"""

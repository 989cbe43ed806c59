"""A first profile of a site, drafted from its pages: what can be told, how often it held, and what a person must say.

Nothing here knows a site. The heuristics are those of a reader: the headline is what the title repeats, the date stands
by it, the body is where the prose is.
"""

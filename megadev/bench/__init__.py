"""``megadev bench``: how fast a node is, alone or side by side with others.

May import: everything below. Start reading at ``command.py`` (which nodes, in which order, and the table).
"""

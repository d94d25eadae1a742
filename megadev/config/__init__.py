"""Every setting of a node: one table, and the rule for which source wins.

May import: errors, primitives, chain. Start reading at ``settings.py`` (the table); ``kinds.py`` says what values may
be, ``conflicts.py`` which settings exclude each other, ``resolve.py`` which source wins.
"""

"""The pytest plugin that installing megadev adds (entry point ``pytest11``). It registers nothing yet: the name is
reserved so that a project's fixtures can arrive in a later version without a change to its setup.

Why it imports nothing: pytest loads it in every run of every project that has megadev installed.
"""

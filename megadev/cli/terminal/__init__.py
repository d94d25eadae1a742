"""The output on a terminal: the log, the view of ``--ui``, progress, prompts and failures.

May import: everything that ``cli`` may. Start reading at ``console.py`` (text) or ``ui.py`` (the view).
"""

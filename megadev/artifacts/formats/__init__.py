"""The file formats of artifacts, one module per tool.

May import: what ``artifacts`` may. Start reading at ``reading.py``; ``documents.py`` and ``parts.py`` are what the
tools' modules share.
"""

"""``python -m megadev``: the same as the ``megadev`` command."""

from __future__ import annotations

from megadev.cli.main import main

if __name__ == "__main__":
    main()

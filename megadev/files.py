"""Files that megadev writes: whole or not at all, for the user's eyes alone where they hold keys or a chain.

Why a file is written beside its place and then moved there: whoever reads meanwhile, or is killed meanwhile, has the
former one whole. Why beside under a name that nobody can foresee, made anew (``mkstemp``): in a folder that others can
write to, a link laid there before would have us overwrite what it points to.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TextIO

from megadev.errors import ConfigError

PUBLIC = 0o644
"""Who may read a file that is no secret, unless the umask says otherwise."""


def write_whole(path: Path, data: bytes, *, private: bool = True) -> None:
    """Put ``data`` in the place of ``path``, in one step, lastingly. ``private``: nobody else can read it (0600), not
    even while it is written. Raises ``OSError``; then nothing is left of it.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if not private and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), PUBLIC & ~_umask())
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _make_lasting(path.parent)


def check_regular(path: Path) -> None:
    """Checks that ``path`` is a regular file, or does not exist. Raises ``ConfigError`` for a symbolic link, which
    leads who knows where, and for a device or a pipe, which keeps nothing.
    """
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return  # whoever opens it will say why that fails
    if stat.S_ISLNK(mode):
        raise ConfigError(f"{path}: is a symbolic link: use the path of its target")
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path}: is not a regular file")


def open_lock(path: Path) -> int:
    """The descriptor of a file that is there to be locked, made for this user alone where there is none. Raises
    ``OSError``, also where it is a symbolic link.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def try_lock(file: TextIO) -> bool:
    """True if this process has ``file`` to itself now; where the system knows no such locks, that is taken for yes."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _make_lasting(folder: Path) -> None:
    """See to it that a name put into ``folder`` is there after a power cut, where the system can promise that."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

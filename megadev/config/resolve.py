"""The precedence of settings: flags, then ``MEGADEV_*`` variables, then ``megadev.toml``, then the default.

Reads no environment and looks for no file on its own: callers pass both.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from megadev.config.settings import DEV, ENVIRONMENT_PREFIX, NOT_SETTINGS, SETTING_BY_NAME, SETTINGS, DevnetConfig
from megadev.errors import ConfigError
from megadev.primitives.suggestions import closest, did_you_mean


def resolve(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    file: Path | None,
    *,
    among: frozenset[str] | None = None,
    trusts: Callable[[Path, bytes], bool] = lambda file, content: True,
    preset: str = DEV,
) -> DevnetConfig:
    """The configuration that results from all sources; for each setting the first that has it wins: ``flags`` (by
    setting name; None means not given), ``environ`` (MEGADEV_*), ``file`` (TOML), the default.

    ``among`` limits which settings are taken; the others keep their defaults and are not even read. ``preset`` holds
    where none of them names one. Raises ConfigError that begins with the source at fault: ``--port: …``,
    ``MEGADEV_PORT: …``, ``megadev.toml: port: …``.

    ``trusts`` says whether the file, with this content, may have settings that run programs or write files.
    """
    content = b"" if file is None else _read(file)
    in_file = {} if file is None else _settings_in(file, content)
    reaching: list[str] = []
    in_environ = _read_environment(environ)
    values: dict[str, object] = {}
    for row in SETTINGS:
        if among is not None and row.name not in among:
            continue
        if flags.get(row.name) is not None:
            source, given = row.flags[0], flags[row.name]
        elif row.name in in_environ:
            source, given = row.variable, in_environ[row.name]
        elif row.name in in_file:
            source, given = f"{file}: {row.key}", in_file[row.name]
            if row.reach:
                reaching.append(f"{row.key} {row.reach}")
        else:
            continue
        try:
            values[row.name] = row.read(given)
        except ValueError as problem:
            raise ConfigError(f"{source}: {problem}") from None
    if reaching and file is not None and not trusts(file, content):
        raise ConfigError(
            f"{file}: {', '.join(reaching)}: read the file, then run `megadev trust`, or use --trust for this run"
        )
    return DevnetConfig(preset=preset).replace(**values)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{file}: {problem.strerror or problem}") from None


def _settings_in(file: Path, content: bytes) -> dict[str, object]:
    """A TOML file's settings by name. Keys may be written like flags (``chain-id``) or fields (``chain_id``)."""
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{file}: {problem}") from None
    found: dict[str, object] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in SETTING_BY_NAME:
            known = [row.key for row in SETTINGS]
            raise ConfigError(f"{file}: {key}: unknown setting{did_you_mean(key.replace('_', '-'), known)}")
        if name in found:
            raise ConfigError(f"{file}: {key}: set twice")
        found[name] = value
    return found


def _read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The MEGADEV_* variables that name a setting. One that nearly does is refused.

    Why only nearly: a typing error must not go unnoticed, but other programs may use the prefix for their own ends.
    """
    known = {row.variable: row.name for row in SETTINGS}
    found: dict[str, str] = {}
    for variable, value in environ.items():
        if variable in known:
            found[known[variable]] = value
        elif variable.startswith(ENVIRONMENT_PREFIX) and variable not in NOT_SETTINGS:
            close = closest(variable.removeprefix(ENVIRONMENT_PREFIX), [row.name.upper() for row in SETTINGS])
            if close:
                raise ConfigError(f"{variable}: unknown setting. Did you mean {ENVIRONMENT_PREFIX}{close}?")
    return found

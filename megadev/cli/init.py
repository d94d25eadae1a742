"""``megadev init``: a small project to start from, copied from ``templates/``."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from megadev.cli.options import Command
from megadev.config.installation import pip_install, requirement
from megadev.errors import ConfigError
from megadev.primitives.suggestions import did_you_mean

TEMPLATES: dict[str, str] = {
    "vyper": "a Vyper contract, tested with pytest: pip is all it needs",
    "foundry": "a Solidity contract with Foundry's tests and a deployment script",
    "hardhat": "a Solidity contract with Hardhat 3: tests with viem, a deployment script",
    "realtime": "a web page that streams mini-blocks and sends transactions that are answered at once",
    "bridge": "a Python script that takes ether to L2 and back, and its tests",
    "docker": "a Dockerfile and a Compose file for a node that keeps its chain in a volume",
}
"""Each template, which is the folder of its name, and what is in it."""
DEFAULT_TEMPLATE = "vyper"


def templates_folder() -> Path:
    """The folder of the templates: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@click.command(cls=Command, short_help="Start a project from a template.")
@click.argument("words", nargs=-1, metavar="[TEMPLATE] [DIR]")
def init(words: tuple[str, ...]) -> None:
    """Copy TEMPLATE (default: vyper) to the directory DIR, which must be new or empty. Without arguments, list the
    templates.

    \b
      megadev init my-project
      megadev init foundry my-project
    """
    if not words:
        for name, about in TEMPLATES.items():
            click.echo(f"{name:10} {about}")
        return
    if len(words) > 2:
        raise ConfigError(f"expected a template and a directory, got {len(words)} words")
    template, directory = words if len(words) == 2 else (DEFAULT_TEMPLATE, words[0])
    if template not in TEMPLATES:
        hint = did_you_mean(template, TEMPLATES)
        raise ConfigError(f"TEMPLATE: unknown template {template!r}; there are {', '.join(TEMPLATES)}{hint}")
    if len(words) == 1 and directory in TEMPLATES:
        raise ConfigError(f"DIR is missing, as in: megadev init {directory} my-project")
    target = Path(directory)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ConfigError(f"DIR: {target} exists already and is not empty")
        shutil.copytree(
            templates_folder() / template,
            target,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"),
        )
        _name_the_installation(target)
    except OSError as problem:
        raise ConfigError(f"DIR: {target}: {problem.strerror or problem}") from None
    click.echo(f"{template} in {target}: read {target / 'README.md'}")


def _name_the_installation(target: Path) -> None:
    """Replaces ``megadev`` in the templates' pip requirements by the source of this installation: an index may not have
    it.
    """
    requirements, readme = target / "requirements.txt", target / "README.md"
    if requirements.exists():
        lines = requirements.read_text(encoding="utf-8").splitlines()
        requirements.write_text(
            "\n".join(requirement() if line == "megadev" else line for line in lines) + "\n", "utf-8"
        )
    text = readme.read_text(encoding="utf-8")
    readme.write_text(text.replace("`pip install megadev`", f"`{pip_install()}`"), encoding="utf-8")

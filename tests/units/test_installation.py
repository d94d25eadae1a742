"""How a message or a new project says to install megadev again."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError

from megadev.config.installation import requirement
from tests.house.source import REPOSITORY


def test_an_installation_from_an_index_is_named_only() -> None:
    assert requirement(recorded=lambda: None) == "megadev"
    assert requirement("vyper", recorded=lambda: None) == "megadev[vyper]"


def test_an_installation_from_a_folder_names_the_folder() -> None:
    source = json.dumps({"url": "file:///home/a/megadev", "dir_info": {"editable": True}})
    assert requirement("vyper", recorded=lambda: source) == "megadev[vyper] @ file:///home/a/megadev"


def test_an_installation_from_a_repository_names_the_commit() -> None:
    source = json.dumps({"url": "https://git.example/m", "vcs_info": {"vcs": "git", "commit_id": "abc123"}})
    assert requirement(recorded=lambda: source) == "megadev @ git+https://git.example/m@abc123"


def test_the_requirement_of_a_checkout_is_its_folder() -> None:
    def nothing() -> None:
        raise PackageNotFoundError("megadev")

    assert requirement(recorded=nothing) == f"megadev @ {REPOSITORY.as_uri()}"

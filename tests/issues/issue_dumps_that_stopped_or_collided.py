"""A disk that could not be written for a moment ended dumps for good; two nodes overwrote each other's file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError
from megadev.node.dump.capture import Capture
from megadev.node.node import Node

STRANGER = "0x" + "57" * 20


def test_a_dump_that_fails_once_is_written_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Devnet(state=tmp_path / "state.json")
    file = net.node.state_file
    assert file is not None

    def refuse(*args: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", refuse)
        with pytest.raises(ConfigError, match="Read-only file system"):
            file.save(Capture(net.node))
    file.save(Capture(net.node))
    assert file.path.exists()
    net.close()


def test_a_second_node_on_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Devnet(state=path) as net:
        net.rpc("anvil_setBalance", STRANGER, "0x7")
        with pytest.raises(ConfigError, match="another node dumps its state to this file"):
            Devnet(state=path)
        with pytest.raises(ConfigError, match="another node"):
            Devnet(dump_state=tmp_path)
        with Devnet(state=tmp_path / "other.json"):
            pass
    with Devnet(state=path) as net:
        assert net.rpc("eth_getBalance", STRANGER) == "0x7"
    assert {each.name for each in tmp_path.iterdir()} == {"state.json", "other.json"}, "no locks are left"


def test_a_start_that_fails_leaves_the_file_to_others(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("no dump")
    with pytest.raises(ConfigError, match="failed to decode"):
        Node(DevnetConfig(state=path))
    path.unlink()
    Devnet(state=path).close()


def test_a_final_dump_that_fails_is_written_to_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, elsewhere = tmp_path / "gone", tmp_path / "here"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    net = Devnet(state=folder / "state.json")
    net.rpc("anvil_setBalance", STRANGER, "0x7")
    for each in folder.iterdir():
        each.unlink()
    os.rmdir(folder)
    with pytest.raises(ConfigError, match="what could be saved is in"):
        net.close()
    (saved,) = elsewhere.iterdir()
    with Devnet(load_state=saved) as again:
        assert again.rpc("eth_getBalance", STRANGER) == "0x7"

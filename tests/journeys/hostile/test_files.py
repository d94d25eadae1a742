"""Files: what holds keys or a chain is for one pair of eyes, nothing is written through a link, and a settings file that
merely lies there runs nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.config.resolve import resolve
from megadev.config.settings import SETTINGS
from megadev.errors import ConfigError
from megadev.files import write_whole
from tests.conftest import REPOSITORY

Up = Callable[..., Any]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="is about POSIX's permissions")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def megadev(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "HOME": str(folder / "home"), **environment}
    environment.pop("XDG_DATA_HOME", None)
    command = [sys.executable, "-m", "megadev", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_files_with_keys_or_a_chain_are_private(megadev_up: Up, tmp_path: Path) -> None:
    node = megadev_up("--no-l1", "--state", "s.json", "--ready-file", "r.json", "--config-out", "c.json")
    while not (tmp_path / "r.json").exists():
        assert node.rpc("eth_chainId")
    assert [mode(tmp_path / name) for name in ("r.json", "c.json")] == [0o600, 0o600]
    assert all(mode(path) == 0o600 for path in tmp_path.iterdir())
    node.stop()
    assert mode(tmp_path / "s.json") == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [], "nothing is left beside it"


def test_a_secret_file_is_private_from_its_first_byte_also_when_it_replaces_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is written openly and closed up afterwards can be read meanwhile."""
    seen: list[int] = []
    before = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        before(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    target = tmp_path / "keys.json"
    target.write_text("old")
    target.chmod(0o666)
    write_whole(target, b"new")
    assert seen[0] == 0o600 == mode(target)
    assert target.read_bytes() == b"new"
    write_whole(target, b"public", private=False)
    assert mode(target) == 0o644


def test_a_failed_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "a", b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["state", "dump_state", "load_state"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "device", "pipe"])
def test_a_state_file_is_no_link_and_no_device(tmp_path: Path, setting: str, kind: str) -> None:
    victim, path = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    if kind == "device":
        path = Path("/dev/null")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(victim if kind == "link" else tmp_path / "nothing")
    with pytest.raises(ConfigError, match="symbolic link|not a regular file"):
        Devnet(no_l1=True, **{setting: path})
    assert victim.read_text() == "precious"


def test_a_link_laid_beside_the_state_file_leads_nowhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".s.json.lock").symlink_to(victim)
    with pytest.raises(ConfigError, match="cannot dump there"):
        Devnet(no_l1=True, state=tmp_path / "s.json")
    assert victim.read_text() == "precious"


# -- settings that lie there ----------------------------------------------------------------------------------------------


def test_settings_that_run_programs_or_write_files_are_marked() -> None:
    marked = {row.name for row in SETTINGS if row.reach}
    assert {"script", "reload_script", "oracle_script", "solc", "state", "dump_state", "config_out"} <= marked


REACHING = {"script": "'run.sh'", "state": "'s.json'", "config-out": "'victim'", "oracle-script": "'run.py'"}


@pytest.mark.parametrize("key", REACHING)
def test_an_untrusted_settings_file_neither_runs_nor_writes(tmp_path: Path, key: str) -> None:
    (tmp_path / "run.sh").write_text("touch ran\n")
    (tmp_path / "run.py").write_text("open('ran', 'w')\n")
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "megadev.toml").write_text(f"accounts = 1\n{key} = {REACHING[key]}\n")
    done = megadev(tmp_path, "exec", "--no-l1", "--", "true")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: megadev.toml: {key} ") and "`megadev trust`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "ran").exists() and (tmp_path / "victim").read_text() == "precious"


def test_trust_lasts_until_the_file_changes_or_moves(tmp_path: Path) -> None:
    file = tmp_path / "megadev.toml"
    (tmp_path / "run.sh").write_text("echo >> ran\n")
    file.write_text("script = 'run.sh'\n")
    run = ("exec", "--no-l1", "--", "true")

    def times() -> int:
        assert megadev(tmp_path, *run).returncode in (0, 2)
        return len((tmp_path / "ran").read_text()) if (tmp_path / "ran").exists() else 0

    assert times() == 0
    assert megadev(tmp_path, "trust").stdout == "megadev.toml is trusted\n"
    assert (times(), times()) == (1, 2)
    file.write_text("script = 'run.sh'\naccounts = 2\n")
    assert times() == 2, "it has changed"
    file.write_text("script = 'run.sh'\n")
    assert times() == 3, "back to what was trusted"
    other = tmp_path / "other"
    other.mkdir()
    (other / "megadev.toml").write_bytes(file.read_bytes())
    assert megadev(other, *run, HOME=str(tmp_path / "home")).returncode == 2
    assert megadev(tmp_path, "trust", "--revoke").stdout == "megadev.toml is no longer trusted\n"
    assert times() == 3
    record = tmp_path / "home" / ".local" / "share" / "megadev" / "trusted"
    assert mode(record) == 0o700
    assert megadev(tmp_path, "trust").returncode == 0
    record.chmod(0o777)
    assert times() == 3, "a record that others can write to proves nothing"


def test_trust_can_be_given_by_flag_variable_and_config(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("echo >> ran\n")
    (tmp_path / "megadev.toml").write_text("script = 'run.sh'\n")
    end = ("--no-l1", "--", "true")
    assert megadev(tmp_path, "exec", "--trust", *end).returncode == 0
    assert megadev(tmp_path, "exec", *end, MEGADEV_TRUST="1").returncode == 0
    assert megadev(tmp_path, "exec", "--config", "megadev.toml", *end).returncode == 0
    assert megadev(tmp_path, "exec", "--script", "run.sh", *end).returncode == 0, "the flag is what counts"
    assert megadev(tmp_path, "exec", *end, MEGADEV_TRUST="0").returncode == 2
    assert len((tmp_path / "ran").read_text()) == 4


def test_other_settings_and_other_commands_need_no_trust(tmp_path: Path) -> None:
    (tmp_path / "megadev.toml").write_text("accounts = 3\n")
    assert megadev(tmp_path, "exec", "--no-l1", "--", "true").returncode == 0
    (tmp_path / "megadev.toml").write_text("accounts = 3\nscript = 'x.sh'\n")
    assert megadev(tmp_path, "accounts").returncode == 0
    assert resolve({}, {}, tmp_path / "megadev.toml").accounts == 3


# -- the rest -------------------------------------------------------------------------------------------------------------


def test_listening_on_all_interfaces_is_reported_in_one_line(megadev_up: Up) -> None:
    node = megadev_up("--no-l1", "--host", "0.0.0.0")
    warnings = [line for line in node.printed if line.startswith("warning: listening on 0.0.0.0: ")]
    assert len(warnings) == 1
    quiet = megadev_up("--no-l1", "--host", "127.0.0.1,::1")
    assert not [line for line in quiet.printed if "warning" in line]


@pytest.mark.parametrize("name", ["-x.py", "--help.sh"])
def test_a_script_named_like_an_option_is_run(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("open('ran', 'w')\n" if name.endswith("py") else "touch ran\n")
    assert megadev(tmp_path, "exec", "--no-l1", f"--script={name}", "--", "true").returncode == 0
    assert (tmp_path / "ran").exists()


@pytest.mark.compilers
def test_sources_named_like_options_are_compiled(tmp_path: Path) -> None:
    from megadev.reload.compiler import find_compilers

    (tmp_path / "--version.vy").write_text("a: public(uint256)\n")
    (tmp_path / "-f.vy").write_text("b: public(uint256)\n")
    (vyper,) = find_compilers(tmp_path, ())
    assert {found.source for found in vyper.compile(None).contracts.values()} == {"--version.vy", "-f.vy"}

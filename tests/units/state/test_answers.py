"""The cache that processes share, and bundles: whole lines only, proved where they can be, the same bytes each time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.errors import ConfigError
from megadev.primitives.keccak import keccak
from megadev.state.answers import Bundle, DiskCache, read_bundle
from tests.conftest import REPOSITORY

HEAD = {"chainId": "0x1", "block": {"number": "0x2", "hash": "0x" + "11" * 32}}


def test_the_cache_is_shared_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "1" / "block.answers"
    DiskCache(path).put({"account 0x01": ["0x0", "0x1", "0x2"], "slot 0x01 0x02": "0x5"})
    found = DiskCache(path)
    assert found.get("account 0x01") == ["0x0", "0x1", "0x2"] and found.get("slot 0x01 0x02") == "0x5"
    assert found.get("slot 0x01 0x03") is None


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_torn_write_loses_only_itself(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("cache") / "block.answers"
    DiskCache(path).put({f"slot 0x01 {index:#x}": hex(index) for index in range(8)})
    path.write_bytes(path.read_bytes()[:cut])
    DiskCache(path).put({"slot 0x02 0x0": "0x77"})
    found = DiskCache(path)
    assert found.get("slot 0x02 0x0") == "0x77"
    for index in range(8):
        assert found.get(f"slot 0x01 {index:#x}") in (hex(index), None)


def test_a_flipped_bit_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "block.answers"
    DiskCache(path).put({"slot 0x01 0x0": "0x1234"})
    path.write_bytes(path.read_bytes().replace(b"0x1234", b"0x1235"))
    assert DiskCache(path).get("slot 0x01 0x0") is None


def test_code_must_have_the_hash_it_is_kept_under(tmp_path: Path) -> None:
    path, good, bad = tmp_path / "block.answers", keccak(b"\x60").hex(), keccak(b"\x61").hex()
    DiskCache(path).put({f"code 0x{good}": "0x60", f"code 0x{bad}": "0x60"})
    found = DiskCache(path)
    assert found.get(f"code 0x{good}") == "0x60" and found.get(f"code 0x{bad}") is None


def test_concurrent_writes_of_processes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "block.answers"
    program = (
        "import sys; from pathlib import Path; from megadev.state.answers import DiskCache\n"
        "cache = DiskCache(Path(sys.argv[1]))\n"
        "for i in range(200): cache.put({f'slot {sys.argv[2]} {i}': 'x' * (i * 7 % 300)})\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], env={"PYTHONPATH": str(REPOSITORY)})
        for name in "abc"
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    found = DiskCache(path)
    assert all(found.get(f"slot {name} {i}") == "x" * (i * 7 % 300) for name in "abc" for i in range(200))


def killed(program: str, path: Path, lines: int) -> list[str]:
    """What a Python program printed until it was killed, while it went on after so many lines."""
    environment = {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-u", "-c", program, str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        printed += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL and "" not in printed
    return [line.strip() for line in printed if line.endswith("\n")]


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_a_process_that_is_killed_leaves_a_good_cache(tmp_path: Path, lines: int) -> None:
    program = (
        "import sys, itertools; from pathlib import Path; from megadev.state.answers import DiskCache\n"
        "cache = DiskCache(Path(sys.argv[1]))\n"
        "for i in itertools.count():\n"
        "    cache.put({f'slot {i} {j}': f'{i} {j} ' * 2_000 for j in range(20)}); print(i)\n"
    )
    path = tmp_path / "block.answers"
    done = killed(program, path, lines)
    found = DiskCache(path)
    assert {f"slot {i} {j}" for i in done for j in range(20)} <= set(found.keys()), "what was said to be kept is"
    for key in found.keys():  # noqa: SIM118  # no mapping
        assert found.get(key) == f"{key.removeprefix('slot ')} " * 2_000
    found.put({"slot after": 1})
    assert DiskCache(path).get("slot after") == 1


@pytest.mark.parametrize("lines", [1, 4])
def test_a_process_that_is_killed_leaves_a_whole_bundle(tmp_path: Path, lines: int) -> None:
    program = (
        "import sys, itertools; from pathlib import Path; from megadev.state.answers import Bundle\n"
        f"head = {HEAD!r}\n"
        "for i in itertools.count():\n"
        "    Bundle(head, {f'slot {j}': i for j in range(20_000)}).write(Path(sys.argv[1])); print(i)\n"
    )
    path = tmp_path / "run.bundle"
    done = killed(program, path, lines)
    bundle = read_bundle(path)
    values = {bundle.get(f"slot {j}") for j in range(20_000)}
    assert len(values) == 1 and int(values.pop()) >= int(done[-1])


def test_the_cache_works_without_a_usable_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = DiskCache(tmp_path / "file" / "block.answers")
    cache.put({"a": 1})
    assert cache.get("a") == 1


def test_a_bundles_bytes_do_not_depend_on_the_order(tmp_path: Path) -> None:
    forwards = {f"slot {index}": {"b": 1, "a": index} for index in range(20)}
    backwards = {key: {"a": value["a"], "b": 1} for key, value in reversed(forwards.items())}
    assert Bundle(HEAD, forwards).encode() == Bundle(dict(reversed(HEAD.items())), backwards).encode()
    Bundle(HEAD, forwards).write(tmp_path / "b")
    again = read_bundle(tmp_path / "b")
    assert (
        again.head == HEAD and again.get("slot 3") == {"a": 3, "b": 1} and list(tmp_path.iterdir()) == [tmp_path / "b"]
    )


@given(cut=st.integers(min_value=0))
def test_a_truncated_bundle_is_refused(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = Bundle(HEAD, {f"slot {index}": index for index in range(9)}).encode()
    path = tmp_path_factory.mktemp("bundle") / "b"
    path.write_bytes(whole[: cut % len(whole)])
    with pytest.raises(ConfigError):
        read_bundle(path)

"""How long the same 200 tests take with megadev's fixtures and in the usual way, an Anvil process that is asked over
HTTP, with ``evm_snapshot`` and ``evm_revert`` around each test::

    MEGADEV_ANVIL=/path/to/anvil python tests/benchmarks/pytest_suites.py [ROUNDS]

Each way is a run of pytest in a process of its own, in turns; the best of ROUNDS (3) counts, from start to end, and the
tests alone besides. Both deploy a token once for the module and move it in every test, with web3.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = 200


def _program(name: str) -> str:
    return (REPOSITORY / "tests" / "programs" / name).read_text(encoding="utf-8")


SUITE = _program("pytest_suites/suite.py")
USUAL = _program("pytest_suites/usual.py")


def suite(folder: Path, conftest: str) -> Path:
    """A project with the tests and this ``conftest.py``. The fixture ``isolation`` follows ``token`` in every test."""
    artifact = str(REPOSITORY / "tests" / "contracts" / "Token.json")
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_token.py").write_text(SUITE.format(artifact=artifact, tests=TESTS))
    return folder


def measure(folder: Path, *arguments: str) -> tuple[float, float]:
    """Seconds from start to end of a run, and those of the calls of its tests. Raises ``SystemExit`` if any fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0", "-vv", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode or f"{TESTS} passed" not in done.stdout:
        raise SystemExit(done.stdout + done.stderr)
    phases = re.findall(r"^([\d.]+)s (setup|call|teardown) ", done.stdout, re.MULTILINE)
    calls = sorted(float(seconds) for seconds, phase in phases if phase == "call")
    return took, sum(calls)


def main() -> None:
    anvil = os.environ.get("MEGADEV_ANVIL") or shutil.which("anvil")
    if anvil is None:
        raise SystemExit("MEGADEV_ANVIL: say where anvil is")
    os.environ["MEGADEV_ANVIL"] = anvil
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as temporary:
        ours, usual = suite(Path(temporary) / "megadev", ""), suite(Path(temporary) / "anvil", USUAL)
        results: dict[str, list[tuple[float, float]]] = {"megadev": [], "anvil": []}
        for _ in range(rounds):
            results["megadev"].append(measure(ours, *_plugin()))
            results["anvil"].append(measure(usual, "-p", "no:megadev"))
    best = {name: min(measured) for name, measured in results.items()}
    for name, (whole, calls) in best.items():
        print(
            f"{name:8} {whole:6.2f} s in all, {calls:6.2f} s in the {TESTS} tests ({1000 * calls / TESTS:.1f} ms each)"
        )
    print(
        f"ratio    {best['megadev'][0] / best['anvil'][0]:.2f} in all, {best['megadev'][1] / best['anvil'][1]:.2f} in the tests"
    )


def _plugin() -> tuple[str, ...]:
    from importlib.metadata import entry_points

    installed = any(point.name == "megadev" for point in entry_points(group="pytest11"))
    return () if installed else ("-p", "megadev.testing.plugin")


if __name__ == "__main__":
    main()

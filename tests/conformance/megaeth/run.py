"""Answer cases: ``python -m tests.conformance.megaeth.run --spec rex6 < cases.jsonl`` writes each line, a case, again with
our results in ``expect``; of a transaction of mainnet (see ``mainnet``) those in ``post``. Without ``--spec`` every spec
that the case has results for. A line that is no case, or cannot be run, is answered too, with an ``error``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.conformance.megaeth.cases import run_case
from tests.conformance.megaeth.mainnet import is_unit, run_unit

SPECS = ("isthmus", "rex4", "rex5", "rex6")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run MegaETH cases from standard input, one a line.")
    parser.add_argument("--spec", choices=SPECS, action="append", help="run under this spec (may be repeated)")
    asked = parser.parse_args().spec
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(answer(line, asked), separators=(",", ":")), flush=True)
    return 0


def answer(line: str, asked: list[str] | None) -> Any:
    """The case in ``line`` with our results; what cannot be read or run has an ``error`` in their place."""
    try:
        case = json.loads(line)
        if not isinstance(case, dict):
            return {"error": "a case is a JSON object"}
        if is_unit(case):
            for unit in case.values():
                unit["post"] = {name.capitalize(): [_tried(run_unit, unit, name)] for name in asked or SPECS}
            return case
        case["expect"] = {name: _tried(run_case, case, name) for name in asked or list(case.get("expect") or SPECS)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return case


def _tried(run: Callable[[dict[str, Any], str], Any], case: dict[str, Any], name: str) -> Any:
    try:
        return run(case, name)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.exit(main())

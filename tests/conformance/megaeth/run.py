"""Answer cases: ``python -m tests.conformance.megaeth.run --spec rex6 < cases.jsonl`` writes each line, a case, again with
our results in ``expect``; of a transaction of mainnet (see ``mainnet``) those in ``post``. Without ``--spec`` every spec
that the case has results for.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.conformance.megaeth.cases import run_case
from tests.conformance.megaeth.mainnet import is_unit, run_unit

SPECS = ("isthmus", "rex4", "rex5", "rex6")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run MegaETH cases from standard input, one a line.")
    parser.add_argument("--spec", choices=SPECS, action="append", help="run under this spec (may be repeated)")
    asked = parser.parse_args().spec
    for line in sys.stdin:
        if not line.strip():
            continue
        case = json.loads(line)
        if is_unit(case):
            for unit in case.values():
                unit["post"] = {name.capitalize(): [run_unit(unit, name)] for name in asked or SPECS}
            print(json.dumps(case, separators=(",", ":")), flush=True)
            continue
        specs = asked or list(case.get("expect") or SPECS)
        case["expect"] = {name: run_case(case, name) for name in specs}
        print(json.dumps(case, separators=(",", ":")), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

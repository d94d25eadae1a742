"""The fuzzer's first programs, and each kind of hostile code: ``fuzz`` runs as long as one likes."""

from __future__ import annotations

import random

import pytest

from megadev.chain.spec import Hardfork
from megadev.evm.engines.bytecode import analyse
from megadev.evm.engines.native.plan import MOST_OPCODES, MOST_VERSIONS, plan
from megadev.evm.rules import EVM_RULES
from tests.conformance.engine_suite.fuzz import HOSTILE, LARGEST_MODULE, Fuzzer


@pytest.fixture(scope="module")
def fuzzer() -> Fuzzer:
    return Fuzzer(with_py_evm=False)


def test_every_tier_gives_the_same(fuzzer: Fuzzer) -> None:
    for seed in range(150):
        fuzzer.run(seed)


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode present:DeprecationWarning")
@pytest.mark.slow
def test_py_evm_gives_the_same() -> None:
    fuzzer = Fuzzer()
    for seed in range(1_000, 1_600):
        fuzzer.run(seed)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda made: made.__name__.strip("_<>"))
def test_compiled_hostile_code_has_bounded_size(hostile: object) -> None:
    for seed in range(6):
        assert callable(hostile)
        code = hostile(random.Random(seed))
        made = plan(analyse(code), EVM_RULES[Hardfork.OSAKA].opcodes, None, lambda: None)
        assert made.opcodes <= MOST_OPCODES + 1_000
        assert len(made.entries) <= MOST_VERSIONS
        assert len(made.module) <= LARGEST_MODULE

"""MegaETH's gas worked out by hand: what each transaction computes, what it pays for storage, and what it uses in all,
under every spec from Rex4 on; then what resources it uses and what happens at their limits.

``m`` is the multiplier of every state bucket.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev.primitives.abi import selector
from tests.conformance.megaeth.cases import run_case

SPECS = ("rex4", "rex5", "rex6")
SENDER, TARGET, OTHER, NOBODY, EXISTING = (f"0x{n:040x}" for n in (0xA11CE, 0xC0DE, 0xC0DF, 0xE0A0, 0xE0A1))
PLENTY = 10**24
SET_SLOT = "6042600055"
LIMIT_EXCEEDED = selector("MegaLimitExceeded(uint8,uint64)")


def run(
    spec: str,
    tx: dict[str, Any],
    *,
    code: str = "",
    storage: dict[str, str] | None = None,
    other: str = "",
    m: int = 1,
    limits: dict[str, int] | None = None,
    balance: int = 0,
) -> dict[str, Any]:
    """What became of ``tx`` where TARGET has ``code`` and ``storage``, and OTHER ``other``."""
    case: dict[str, Any] = {
        "chainId": 4326,
        "pre": {SENDER: {"balance": hex(PLENTY)}, EXISTING: {"balance": "0x1"}},
        "defaultBucketCapacity": 256 * m,
        "limits": limits or {},
        "blocks": [
            {
                "env": {
                    "number": 7,
                    "timestamp": 1_000,
                    "gasLimit": 10**10,
                    "baseFeePerGas": 0,
                    "coinbase": "0x4200000000000000000000000000000000000011",
                },
                "transactions": [
                    {"type": 2, "from": SENDER, "nonce": 0, "gasLimit": 10**9, "value": 0, "data": "0x"}
                    | {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "to": TARGET}
                    | tx
                ],
            }
        ],
    }
    for address, has in ((TARGET, code), (OTHER, other)):
        if has:
            case["pre"][address] = {"nonce": 1, "code": "0x" + has, "balance": hex(balance)}
    if storage:
        case["pre"][TARGET]["storage"] = storage
    result: dict[str, Any] = run_case(case, spec)[0]["transactions"][0]
    return result


def _to(address: str, value: int = 0, data: str = "") -> dict[str, Any]:
    return {"to": address, "value": value, "data": "0x" + data}


def _create(code: str) -> dict[str, Any]:
    return {"to": None, "data": "0x" + code}


SEND = "60006000600060006103e873" + NOBODY[2:] + "620186a0f100"
"""CALL(100000, NOBODY, 1000, 0, 0, 0, 0)."""
ONE_WEI = "5f5f5f5f600173{to}5af100"

GAS = [
    # name, transaction, what is there, m, compute, storage, gas used
    ("1 wei to somebody", _to(EXISTING, 1), {}, 1, 21_000, 39_000, 60_000),
    ("nothing to somebody", _to(EXISTING), {}, 1, 21_000, 39_000, 60_000),
    ("to somebody new", _to(NOBODY, 1_000), {}, 1, 21_000, 39_000, 60_000),
    *(
        (f"to somebody new, m={m}", _to(NOBODY, 1_000), {}, m, 21_000, 39_000 + 25_000 * (m - 1), 60_000 + 25_000 * (m - 1))
        for m in (2, 5, 10, 100)
    ),
    ("to somebody, m=10", _to(EXISTING, 1_000), {}, 10, 21_000, 39_000, 60_000),
    ("100 bytes of calldata", _to(EXISTING, 1, "01" * 100), {}, 1, 22_600, 55_000, 77_600),
    ("the floor of zero bytes", _to(EXISTING, 0, "00" * 1024), {}, 1, 25_096, 79_960, 133_640),
    ("the floor of other bytes", _to(EXISTING, 0, "42" * 1024), {}, 1, 37_384, 202_840, 471_560),
    *(
        (f"a new slot, m={m}", _to(TARGET), {"code": SET_SLOT}, m, 43_106, 39_000 + 20_000 * (m - 1), 82_106 + 20_000 * (m - 1))
        for m in (1, 2, 5, 10)
    ),
    ("a new slot twice", _to(TARGET), {"code": SET_SLOT + "6099600055"}, 10, 43_212, 219_000, 262_212),
    ("a changed slot", _to(TARGET), {"code": "6118c6600055", "storage": {"0x0": "0x91d"}}, 1, 26_006, 39_000, 65_006),
    ("a cleared slot", _to(TARGET), {"code": "6000600055", "storage": {"0x0": "0x91d"}}, 1, 26_006, 39_000, 60_206),
    *(
        (f"a creation, m={m}", _create("00"), {}, m, 53_006, 39_040 + 32_000 * (m - 1), 92_046 + 32_000 * (m - 1))
        for m in (1, 2, 5, 10)
    ),
    ("CREATE, m=10", _to(TARGET), {"code": "600160006000f0"}, 10, 53_014, 327_000, 380_014),
    ("CREATE2, m=10", _to(TARGET), {"code": "6042600160006000f5"}, 10, 53_023, 327_000, 380_023),
    ("value returned", _to(TARGET), {"code": "604260005260206000f3"}, 1, 21_018, 39_000, 60_018),
    ("a contract of one byte", _create("60fe60005360016000f3"), {}, 1, 53_356, 50_360, 103_716),
    ("code that stores", _to(TARGET), {"code": "60aa600055"}, 1, 43_106, 39_000, 82_106),
    ("calldata returned", _to(TARGET, 0, "deadbeef"), {"code": "366000600037366000f3"}, 1, 21_086, 39_640, 60_726),
    ("a slot read", _to(TARGET), {"code": "60005460005260206000f3"}, 1, 23_118, 39_000, 62_118),
    ("a precompile", _to("0x" + "01".zfill(40), 1_000), {}, 1, 24_000, 39_000, 63_000),
    ("LOG1 of 1,024 bytes", _to(TARGET), {"code": "60426104006000a1"}, 1, 30_049, 124_670, 154_719),
    ("a precompile is cold to its first call", _to(TARGET), {"code": "5f5f5f5f60045afa00"}, 1, 23_628, 39_000, 62_628),
    ("and warm to its second", _to(TARGET), {"code": "5f5f5f5f60045afa" * 2 + "00"}, 1, 23_756, 39_000, 62_756),
]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(
    ("tx", "there", "m", "compute", "storage", "used"), [r[1:] for r in GAS], ids=[r[0] for r in GAS]
)
def test_gas(
    tx: dict[str, Any], there: dict[str, Any], m: int, compute: int, storage: int, used: int, spec: str
) -> None:
    result = run(spec, tx, m=m, **there)
    assert result["status"] == "success"
    assert (result["computeGas"], result["storageGas"], result["gasUsed"]) == (compute, storage, used)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(("to", "used"), [(EXISTING, 69_316), (NOBODY, 94_316)], ids=["to somebody", "to somebody new"])
def test_a_contract_sends_a_wei(to: str, used: int, spec: str) -> None:
    result = run(spec, _to(TARGET), code=ONE_WEI.format(to=to[2:]), balance=1)
    assert (result["status"], result["gasUsed"]) == ("success", used)


@pytest.mark.parametrize("spec", SPECS)
def test_a_returned_stipend_stays_recorded(spec: str) -> None:
    result = run(spec, _to(TARGET), code=SEND, balance=1_000, m=10)
    assert (result["gasUsed"], result["storageGas"]) == (319_321, 264_000)
    assert result["computeGas"] == 55_321 + (0 if spec == "rex4" else 2_300)


@pytest.mark.parametrize("spec", SPECS)
def test_reverts_and_halts(spec: str) -> None:
    reverted = run(spec, _to(TARGET), code="5f5ffd")
    assert (reverted["status"], reverted["gasUsed"]) == ("revert", 60_004)
    halted = run(spec, _to(TARGET) | {"gasLimit": 60_100}, code="5b600056")
    assert (halted["status"], halted["gasUsed"], halted["computeGas"]) == ("halt", 60_100, 21_100)


@pytest.mark.parametrize("spec", SPECS)
def test_too_little_gas(spec: str) -> None:
    assert run(spec, _to(EXISTING) | {"gasLimit": 59_999})["error"]["message"] == (
        "call gas cost (60000) exceeds the gas limit (59999)"
    )
    floor = run(spec, _to(EXISTING, 0, "00" * 700) | {"gasLimit": 95_000})
    grown = run(spec, _to(NOBODY, 1) | {"gasLimit": 80_000}, m=10)
    if spec == "rex4":
        assert (floor["status"], floor["gasUsed"]) == ("success", 95_000)
        assert (grown["status"], grown["gasUsed"]) == ("halt", 80_000)
    else:
        assert floor["error"]["message"] == "gas floor (98000) exceeds the gas limit (95000)"
        assert grown["error"]["message"] == "call gas cost (285000) exceeds the gas limit (80000)"


# --- what is counted --------------------------------------------------------------------------------------------------


def _new_slots(first: int, count: int) -> str:
    """Code that writes ``count`` new slots."""
    return "".join(f"600161{slot:04x}55" for slot in range(first, first + count))


CALL_OTHER = "5f5f5f5f5f73" + OTHER[2:] + "5af1"
COUNTED = [
    # name, transaction, what is there, data, KV updates, growth
    ("an empty call", _to(EXISTING), {}, 150, 1, 0),
    ("value to somebody", _to(EXISTING, 1), {}, 190, 2, 0),
    ("value to somebody new", _to(NOBODY, 1), {}, 190, 2, 1),
    ("a creation of ten bytes", _create("600a5ff3"), {}, 110 + 40 + 40 + 10 + 4, 2, 1),
    ("a factory", _to(TARGET), {"code": "63600a5ff35f526004601c5ff000"}, 110 + 3 * 40 + 10, 3, 1),
    ("a new slot", _to(TARGET), {"code": SET_SLOT}, 190, 2, 1),
    ("no change", _to(TARGET), {"code": "5f5f55"}, 150, 1, 0),
    ("a slot set and cleared", _to(TARGET), {"code": SET_SLOT + "5f600055"}, 150, 1, 0),
    ("what reverts is dropped", _to(TARGET), {"code": SET_SLOT + "5f5ffd"}, 150, 1, 0),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(("tx", "there", "data", "kv", "growth"), [r[1:] for r in COUNTED], ids=[r[0] for r in COUNTED])
def test_resources(tx: dict[str, Any], there: dict[str, Any], data: int, kv: int, growth: int, spec: str) -> None:
    result = run(spec, tx, **there)
    assert (result["dataSize"], result["kvUpdates"], result["stateGrowth"]) == (data, kv, growth)


@pytest.mark.parametrize("spec", SPECS)
def test_a_log_has_a_base_since_rex6(spec: str) -> None:
    result = run(spec, _to(TARGET), code="6001600a5fa1")
    assert result["dataSize"] == 150 + 42 + (32 if spec == "rex6" else 0)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(("before", "inside", "fits"), [(0, 98, True), (0, 99, False), (20, 78, True), (20, 79, False)])
def test_a_frame_gets_98_percent_of_the_remaining_limit(before: int, inside: int, fits: bool, spec: str) -> None:
    result = run(
        spec,
        _to(TARGET),
        code=_new_slots(0, before) + CALL_OTHER + "5f5260205ff3",
        other=_new_slots(0, inside) + "00",
        limits={"txDataSize": 150 + 100 * 40, "txKvUpdates": 10**6, "txStateGrowth": 10**6},
    )
    assert result["status"] == "success"
    assert int(result["output"], 16) == fits
    assert result["dataSize"] == 150 + (before + (inside if fits else 0)) * 40


@pytest.mark.parametrize("spec", SPECS)
def test_a_limit_of_the_top_frame_reverts_it(spec: str) -> None:
    result = run(spec, _to(TARGET), code=_new_slots(0, 101), limits={"txDataSize": 150 + 100 * 40})
    assert (result["status"], result["dataSize"]) == ("revert", 150)
    assert bytes.fromhex(result["output"][2:]) == LIMIT_EXCEEDED + bytes(32) + (4_000).to_bytes(32, "big")


def _burning(*parts: str | int) -> str:
    """Code of pieces in hex, and numbers: that much gas is computed there, about, by KECCAK256 over much memory."""
    code = ""
    for part in parts:
        if isinstance(part, int):
            at = len(code) // 2 + 3
            rounds = part // 12_500
            code += f"61{rounds:04x}5b" + "620100005f2050" + "6001900380" + f"61{at:04x}57"
        else:
            code += part
    return code + "00"


TIMESTAMP, NUMBER = "4250", "4350"
DETAINED = [
    # name, code, other limits, status
    ("looked after the work", _burning(25_000_000, TIMESTAMP), {}, None),
    ("worked after the look", _burning(TIMESTAMP, 25_000_000), {}, "VolatileDataAccessOutOfGas"),
    ("in between", _burning(15_000_000, TIMESTAMP, 15_000_000), {}, None),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize(("code", "limits", "halt"), [r[1:] for r in DETAINED], ids=[r[0] for r in DETAINED])
def test_detention(code: str, limits: dict[str, int], halt: str | None, spec: str) -> None:
    result = run(spec, _to(TARGET), code=code, limits=limits)
    assert result.get("halt", {}).get("reason") == halt
    assert result["status"] == ("success" if halt is None else "halt")
    if halt is not None:  # what was not spent comes back
        assert result["gasUsed"] == result["computeGas"] + 39_000


@pytest.mark.parametrize("spec", SPECS)
def test_the_first_volatile_read_counts_and_frames_come_first(spec: str) -> None:
    first = run(spec, _to(TARGET), code=_burning(5_000_000, TIMESTAMP, 5_000_000, NUMBER))
    assert first["status"] == "success"
    assert 24_000_000 < first["detainedLimit"] < 27_000_000
    frame = run(
        spec, _to(TARGET), code=_burning(10_000_000, TIMESTAMP, 16_000_000), limits={"txComputeGas": 25_000_000}
    )
    assert frame["status"] == "revert"
    assert bytes.fromhex(frame["output"][2:])[:36] == LIMIT_EXCEEDED + (2).to_bytes(32, "big")


def test_a_caller_computes_exactly_since_rex5() -> None:
    code = ONE_WEI.format(to=EXISTING[2:])
    computed = {spec: run(spec, _to(TARGET), code=code, balance=1)["computeGas"] for spec in SPECS}
    assert computed["rex5"] == computed["rex6"] == computed["rex4"] + 2_300


@pytest.mark.parametrize("spec", SPECS)
def test_a_call_with_value_and_no_gas_can_log(spec: str) -> None:
    code = "5f5f5f5f600173" + OTHER[2:] + "5ff15f5260205ff3"
    result = run(spec, _to(TARGET), code=code, other="60015f5fa100", balance=1)
    assert int(result["output"], 16) == 1
    assert len(result["logs"]) == 1

"""The banner and the choice of colours."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass

import pytest

from megadev.cli.terminal.console import Paint, StartReport, banner, in_ether, paint_for


@dataclass(frozen=True)
class Key:
    address: str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    private_key: str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


REPORT = StartReport(
    accounts=[Key()],
    balance=10_000 * 10**18,
    mnemonic="test junk",
    derivation_path="m/44'/60'/0'/0/",
    chain_id=31337,
    hardfork="osaka",
    base_fee=10**9,
    gas_price=2 * 10**9,
    gas_limit=30_000_000,
    genesis_timestamp=1_700_000_000,
    genesis_number=0,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_banner_has_anvil_s_sections_in_anvil_s_order() -> None:
    text = banner(REPORT, ["http://127.0.0.1:8545"], Paint(False))
    headings = re.findall(r"^(.+)\n==================$", text, re.MULTILINE)
    assert headings == [
        "Available Accounts",
        "Private Keys",
        "Wallet",
        "Chain ID",
        "Hardfork",
        "Base Fee",
        "Gas Limit",
        "Genesis Timestamp",
        "Genesis Number",
        "RPC URLs",
    ]
    assert "(0) 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 (10000.000000000000000000 ETH)" in text
    assert "(0) 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80" in text
    assert "\x1b" not in text


def test_config_out_has_anvil_s_keys_and_types() -> None:
    written = json.loads(json.dumps(REPORT.as_config_out()))
    assert written["available_accounts"] == ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]
    assert written["wallet"] == {"derivation_path": "m/44'/60'/0'/0/", "mnemonic": "test junk"}
    assert (written["base_fee"], written["gas_limit"]) == ("1000000000", "30000000")
    assert written["genesis_timestamp"] == "1700000000"


def test_wei_are_shown_exactly() -> None:
    assert in_ether(1) == "0.000000000000000001"
    assert in_ether(25 * 10**17) == "2.500000000000000000"


@pytest.mark.parametrize(
    ("stream", "color", "environ", "coloured"),
    [
        (Terminal(), "auto", {}, True),
        (Terminal(), "auto", {"NO_COLOR": "1"}, False),
        (Terminal(), "auto", {"NO_COLOR": ""}, True),
        (Terminal(), "auto", {"TERM": "dumb"}, False),
        (Terminal(), "never", {}, False),
        (io.StringIO(), "auto", {}, False),
        (io.StringIO(), "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_default_to_terminals_only(
    stream: io.StringIO, color: str, environ: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    assert paint_for(stream, color).enabled is coloured

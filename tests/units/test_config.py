"""The settings table: what each source may say, which one wins, and what an error tells."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from megadev.config.kinds import Boolean
from megadev.config.resolve import resolve
from megadev.config.settings import GROUPS, SETTINGS, DevnetConfig
from megadev.errors import ConfigError

MAIN_CHECKS: dict[str, Any] = {"port": "8600", "host": "0.0.0.0,::1", "balance": "2.5", "block_time": "0.25"}


def write(folder: Path, text: str) -> Path:
    path = folder / "megadev.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_match_anvils() -> None:
    config = DevnetConfig()
    assert (config.port, config.host, config.chain_id, config.accounts) == (8545, ("127.0.0.1",), None, 10)
    assert config.balance_wei == 10_000 * 10**18
    assert (config.gas_limit, config.base_fee, config.hardfork) == (None, None, "osaka")


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    file = write(tmp_path, "port = 1\nchain-id = 2\naccounts = 3\n")
    environ = {"MEGADEV_PORT": "11", "MEGADEV_CHAIN_ID": "12"}
    config = resolve({"port": "111", "chain_id": None}, environ, file)
    assert (config.port, config.chain_id, config.accounts, config.number) == (111, 12, 3, None)


def test_every_source_gives_a_setting_the_same_type(tmp_path: Path) -> None:
    toml = 'port = 8600\nhost = ["0.0.0.0", "::1"]\nbalance = 2.5\nblock-time = 0.25\n'
    by_file = resolve({}, {}, write(tmp_path, toml))
    by_environ = resolve({}, {f"MEGADEV_{name.upper()}": value for name, value in MAIN_CHECKS.items()}, None)
    by_flag = resolve(MAIN_CHECKS, {}, None)
    by_python = DevnetConfig(port=8600, host=("0.0.0.0", "::1"), balance=Decimal("2.5"), block_time=0.25)
    assert by_file == by_environ == by_flag == by_python
    assert by_python.balance_wei == 25 * 10**17


@pytest.mark.parametrize(
    ("flags", "environ", "toml", "message"),
    [
        ({"port": "http"}, {}, "", "--port: must be a whole number, not 'http'"),
        ({"port": "70000"}, {}, "", "--port: must be between 0 and 65535, not 70000"),
        ({}, {"MEGADEV_PORT": ""}, "", "MEGADEV_PORT: must be a whole number, not ''"),
        ({}, {}, "port = 'x'", "{file}: port: must be a whole number, not 'x'"),
        ({}, {}, "port = true", "{file}: port: must be a whole number, not True"),
        ({}, {}, "chain_id = 0", "{file}: chain-id: must be between 1 and 9223372036854775807, not 0"),
        (
            {"hardfork": "osak"},
            {},
            "",
            "--hardfork: must be london, arrow-glacier, arrowglacier, gray-glacier, grayglacier, paris, merge, shanghai, shapella, cancun, dencun, prague, pectra, osaka, fusaka, latest, bpo1, bpo2, isthmus, rex4, rex5 or rex6, not 'osak'. Did you mean osaka?",
        ),
        ({"order": "fee"}, {}, "", "--order: must be fees or fifo, not 'fee'. Did you mean fees?"),
        ({"balance": "-1"}, {}, "", "--balance: must be an amount in ETH of at least 0, not '-1'"),
        ({"balance": "1e-19"}, {}, "", "--balance: has more than 18 decimals: '1e-19'"),
        ({"balance": "nan"}, {}, "", "--balance: must be an amount in ETH of at least 0, not 'nan'"),
        ({"block_time": "0"}, {}, "", "--block-time: must be at least 0.001 seconds, not 0"),
        ({"block_time": "nan"}, {}, "", "--block-time: must be a number of seconds, not 'nan'"),
        ({}, {"MEGADEV_NO_CORS": "maybe"}, "", "MEGADEV_NO_CORS: must be true or false, not 'maybe'"),
        ({"mnemonic_random": "13"}, {}, "", "--mnemonic-random: must be one of 12, 15, 18, 21, 24, not 13"),
        ({"host": ("a,",)}, {}, "", "--host: must not be empty or have empty parts: ('a,',)"),
    ],
)
def test_a_bad_value_is_refused_and_its_source_named(
    flags: dict[str, Any], environ: dict[str, str], toml: str, message: str, tmp_path: Path
) -> None:
    file = write(tmp_path, toml)
    with pytest.raises(ConfigError) as refused:
        resolve(flags, environ, file)
    assert str(refused.value) == message.format(file=file)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("chain_idd = 1", "chain_idd: unknown setting. Did you mean chain-id?"),
        ("zebra = 1", "zebra: unknown setting"),
        ("port = 1\n[port]", "Cannot overwrite"),
        ("port = ", "Invalid value"),
        ("chain-id = 1\nchain_id = 2", "chain_id: set twice"),
    ],
)
def test_a_bad_file_is_refused(toml: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"megadev\.toml: .*") as refused:
        resolve({}, {}, write(tmp_path, toml))
    assert message in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.toml: No such file"):
        resolve({}, {}, tmp_path / "nowhere.toml")


def test_a_misspelled_variable_is_refused_and_others_are_ignored() -> None:
    with pytest.raises(ConfigError, match="MEGADEV_PROT: unknown setting. Did you mean MEGADEV_PORT?"):
        resolve({}, {"MEGADEV_PROT": "1"}, None)
    ours_elsewhere = {"MEGADEV_DEBUG": "1", "MEGADEV_CONFIG": "x", "MEGADEV_RPC_URL": "x", "MEGADEV_ANVIL": "x"}
    assert resolve({}, ours_elsewhere, None) == DevnetConfig()


@pytest.mark.parametrize(
    "settings",
    [
        {"mnemonic": "a b c", "mnemonic_random": 12},
        {"mnemonic_random": 12, "mnemonic_seed_unsafe": 1},
        {"no_mining": True, "block_time": 1},
        {"mixed_mining": True},
        {"code_size_limit": 5, "disable_code_size_limit": True},
        {"mini_block_time": 0.01},
        {"mini_block_time": 0.01, "block_time": 1, "mixed_mining": True},
        {"preset": "megaeth", "no_mining": True, "block_time": 1.0},
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        DevnetConfig(**settings)


def test_a_copy_refuses_unknown_names_and_bad_values() -> None:
    with pytest.raises(ConfigError, match="chain_idd: unknown setting. Did you mean chain_id?"):
        DevnetConfig().replace(chain_idd=1)
    with pytest.raises(ConfigError, match="port: must be between"):
        DevnetConfig().replace(port=-1)
    assert DevnetConfig().replace(hardfork="Pectra").hardfork == "prague"


def test_only_the_settings_asked_for_are_taken() -> None:
    config = resolve({"accounts": "2"}, {"MEGADEV_PORT": "not read"}, None, among=frozenset({"accounts"}))
    assert (config.accounts, config.port) == (2, 8545)


def test_the_table_is_consistent() -> None:
    flags = [flag for row in SETTINGS for flag in row.flags]
    assert len(flags) == len(set(flags))
    for row in SETTINGS:
        assert row.group in GROUPS
        assert row.flags[0].startswith("--")
        assert row.help.endswith((".", "]"))
        assert row.read(row.default) == row.default
        for preset, default in row.presets.items():
            assert row.read(default) == default, preset
        if isinstance(row.kind, Boolean):
            assert row.default is False, "a switch can only switch on"


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)
def test_a_settings_value_round_trips(row: Any) -> None:
    if row.default is not None:
        assert row.read(row.describe(row.default)) == row.default


def test_a_preset_changes_defaults_but_no_given_setting(tmp_path: Path) -> None:
    dev, megaeth = DevnetConfig(), DevnetConfig(preset="megaeth")
    assert (dev.hardfork, dev.block_time, dev.mini_block_time) == ("osaka", None, None)
    assert (megaeth.hardfork, megaeth.block_time, megaeth.mini_block_time) == ("rex6", 1.0, 0.01)
    file = write(tmp_path, 'preset = "megaeth"\nblock-time = 2\n')
    config = resolve({"mini_block_time": "0.5"}, {"MEGADEV_HARDFORK": "osaka"}, file)
    assert (config.hardfork, config.block_time, config.mini_block_time) == ("osaka", 2.0, 0.5)
    assert resolve({"preset": "dev"}, {"MEGADEV_PRESET": "megaeth"}, None) == dev


def test_a_copy_under_another_preset_keeps_explicit_settings() -> None:
    said = DevnetConfig(block_time=3, port=1)
    copy = said.replace(preset="megaeth")
    assert (copy.block_time, copy.mini_block_time, copy.hardfork, copy.port) == (3.0, 0.01, "rex6", 1)
    assert copy.replace(preset="dev") == said
    assert DevnetConfig(preset="megaeth", hardfork="prague").replace(preset="dev").hardfork == "prague"


def test_the_presets_cadence_yields_to_another_that_is_asked_for() -> None:
    def cadence(**settings: Any) -> tuple[float | None, float | None]:
        config = DevnetConfig(preset="megaeth", **settings)
        return config.block_time, config.mini_block_time

    assert cadence(no_mining=True) == (None, 0.01)
    assert cadence(mixed_mining=True) == (1.0, None)
    assert cadence(mini_block_time=0) == (1.0, None)
    assert cadence(block_time=None, mini_block_time=None) == (None, None)

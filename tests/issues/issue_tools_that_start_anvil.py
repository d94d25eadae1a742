"""Tools that start a program called anvil (alloy's node bindings, prool and wagmi, ape-foundry, web3-ethereum-defi)
could not start megadev: they give it Anvil's flags, and read its banner and its log.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.cli.anvil import MARK, anvil, shim_text
from megadev.config.anvil import IDLE, OP_STACK_FORKS
from megadev.config.settings import DevnetConfig
from megadev.primitives.signatures import address_of
from tests.anvil import Anvil, need_anvil
from tests.conftest import REPOSITORY, RunningNode
from tests.stage.programs import program

ANVIL = (sys.executable, "-m", "megadev", "anvil", "--port", "0")
NODE_MODULES = os.environ.get("MEGADEV_NODE_MODULES", "")
"""A node_modules directory with prool."""
APE = os.environ.get("MEGADEV_APE", "")
"""A Python that has ape-foundry."""
KNOWN_FLAGS = """
--accounts -a --block-time -b --blockTime --balance --config-out --derivation-path --dump-state --help -h --hardfork
--init --ipc --ipcpath --threads -j --jobs --load-state --mnemonic -m --max-persisted-states --max-transactions
--mixed-mining --mnemonic-random --mnemonic-seed-unsafe --no-mining --no-mine --number --order --port -p
--preserve-historical-states --prune-history --state-interval -s --slots-in-an-epoch --state --timestamp
--transaction-block-keeper --version -V --color --json --md --quiet -q --verbosity -v --allow-origin --cache-path --host
--no-cors --no-request-size-limit --compute-units-per-second --fork-url -f --rpc-url --fork-block-number
--fork-chain-id --fork-header --fork-retry-backoff --fork-transaction-hash --no-rate-limit --no-rpc-rate-limit
--no-storage-caching --retries --timeout --block-base-fee-per-gas --base-fee --chain-id --code-size-limit
--disable-block-gas-limit --disable-code-size-limit --disable-min-priority-fee --no-priority-fee
--enable-tx-gas-limit --tx-gas-limit --gas-limit --gas-price --auto-impersonate --auto-unlock --disable-console-log
--no-console-log --disable-default-create2-deployer --no-create2 --disable-pool-balance-checks --memory-limit
--print-traces --enable-trace-printing --steps-tracing --tracing --celo --network -n
""".split()
"""Of Anvil 1.7.1, aliases included."""
HIDDEN_FLAGS = ["--optimism", "--tempo"]
"""Those that it parses and does not tell of."""


def taken_flags() -> set[str]:
    return {flag for option in anvil.params for flag in option.opts} | {"-h", "--help"}


def test_every_flag_of_anvil_is_taken() -> None:
    assert set(KNOWN_FLAGS + HIDDEN_FLAGS) - taken_flags() == set()
    assert "--silent" in taken_flags(), "an older one that scripts still give"
    assert {"-q", "--silent"} <= next(set(option.opts) for option in anvil.params if option.name == "quiet")


@pytest.mark.anvil
def test_anvils_help_has_no_unknown_flag() -> None:
    told = subprocess.run([need_anvil("1.7.1"), "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"^\s+(-\w)\b", told, re.M)) | set(re.findall(r"^\s+(?:-\w, )?(--[\w-]+)", told, re.M))
    flags |= {
        f"--{name.strip(' -')}" for names in re.findall(r"\[aliases: ([^]]+)\]", told) for name in names.split(",")
    }
    assert flags - taken_flags() - {"--com"} == set()


def test_flags_without_effect_are_reported_once_and_validated(megadev_up: Callable[..., RunningNode]) -> None:
    given = [flag for row in IDLE for flag in _given(row)]
    node = megadev_up(*given, program=ANVIL)
    told = [line for line in node.printed if "nothing here" in line]
    assert len(told) == 1
    assert all(row.flags[0] in told[0] for row in IDLE)
    done = _run("--threads", "many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--threads: must be a whole number, not 'many'" in done.stderr


def _given(row: object) -> list[str]:
    values = {"Boolean": [], "Integer": ["7"], "FilePath": ["/tmp/states"], "Choice": ["optimism"]}
    return [row.flags[0], *values[type(row.kind).__name__]]  # type: ignore[attr-defined]


def _run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "megadev", "anvil", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


# -- what clients read --------------------------------------------------------------------------------------------


def as_alloy_reads(lines: list[str]) -> tuple[str, list[str]]:
    """The address and the accounts that alloy's node bindings take from a banner, line by line."""
    keys: list[str] = []
    has_begun = False
    for line in lines:
        if line.startswith("Listening on"):
            return line.removeprefix("Listening on").strip(), keys
        has_begun = has_begun or line.startswith("Private Keys")
        if has_begun and line.startswith("("):
            keys.append(line.split("0x")[-1].strip())
    raise AssertionError("no line that says where it listens")


def test_the_banner_as_alloy_reads_it(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("-m", "test " * 11 + "junk", "-b", "12", "--accounts", "3", program=ANVIL)
    address, keys = as_alloy_reads(node.printed)
    assert address == f"127.0.0.1:{node.port}"
    accounts = ["0x" + address_of(bytes.fromhex(key)).hex() for key in keys]
    assert accounts == node.rpc("eth_accounts")


def test_a_forks_chain_id_as_alloy_reads_it(megadev_up: Callable[..., RunningNode]) -> None:
    upstream = megadev_up("--chain-id", "777", program=ANVIL)
    node = megadev_up("-f", upstream.url, program=ANVIL)
    found = [line.partition("Chain ID:")[2].split()[0] for line in node.printed if "Chain ID:" in line]
    assert found == ["777"]


def test_tools_can_parse_the_version() -> None:
    shown = _run("--version").stdout
    assert re.match(r"anvil Version: 1\.7\.1\+megadev\.\d", shown)
    assert re.search(r"^Commit SHA: [0-9a-f]{40}$", shown, re.M)
    assert re.search(r"^Build Timestamp: \d{4}-\d\d-\d\dT[\d:.]+Z \(\d+\)$", shown, re.M)
    assert _run("-V").stdout == shown


def test_the_log_has_each_method_on_a_line_and_what_it_did(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up(program=ANVIL)
    sender = node.rpc("eth_accounts")[0]
    node.wait_for("^eth_accounts$")
    done = node.rpc("eth_sendTransaction", {"from": sender, "data": "0x60006000fd", "gas": "0x20000"})
    node.wait_for("^eth_sendTransaction$")
    lines = [node.next_line().rstrip("\n") for _ in range(9)]
    head = node.rpc("eth_getBlockByNumber", "latest", False)
    receipt = node.rpc("eth_getTransactionReceipt", done)
    assert (receipt["status"], receipt["blockTimestamp"]) == ("0x0", head["timestamp"])
    assert lines[0] == lines[5] == "", "\n".join(lines)
    assert lines[1] == f"    Transaction: {done}"
    assert lines[2].lower() == f"    contract created: {receipt['contractAddress']}"
    assert lines[3] == f"    Gas used: {int(receipt['gasUsed'], 16)}"
    assert lines[4].startswith("    Error: reverted with: ")
    assert lines[6:8] == ["    Block Number: 1", f"    Block Hash: {head['hash']}"]
    assert re.fullmatch(r'    Block Time: "\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000"', lines[8])
    node.rpc("evm_mine")
    node.wait_for("^evm_mine$")
    node.wait_for("^    Block Number: 2$")


def test_quiet_prints_no_log(megadev_up: Callable[..., RunningNode], tmp_path: Path) -> None:
    node = megadev_up("-q", "--ready-file", "ready", program=ANVIL, listening="")
    while not (tmp_path / "ready").exists():
        assert node.process.poll() is None
    assert node.stop(signal.SIGTERM) == 0
    assert node.lines.get(timeout=60) is None


def test_anvils_variable_names_the_host(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up(program=ANVIL, env={"ANVIL_IP_ADDR": "127.0.0.2"})
    assert "Listening on 127.0.0.2:" in node.printed[-1]


def test_another_preset_can_be_chosen(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--preset", "megaeth", "--no-l1", program=ANVIL)
    assert node.rpc("eth_chainId") == hex(432_631_337)
    assert not any("Hardfork" in line for line in node.printed)


@pytest.mark.anvil
def test_the_banner_is_anvils_except_the_name(megadev_up: Callable[..., RunningNode]) -> None:
    flags = ["--timestamp", "1700000000", "--accounts", "2", "--balance", "7", "--chain-id", "5", "--number", "9"]
    with Anvil(*flags) as other:
        theirs = "".join(other.printed)
    ours = "".join(megadev_up(*flags, program=ANVIL).printed)
    assert _from_accounts(ours) == _from_accounts(theirs)


def _from_accounts(banner: str) -> str:
    return re.sub(r":\d+$", "", banner[banner.index("Available Accounts") :].strip())


# -- what clients ask ---------------------------------------------------------------------------------------------


def test_under_anvils_preset_it_answers_as_anvil() -> None:
    with Devnet(preset="anvil") as net:
        net.rpc("anvil_mine", 2)
        fees = [int(net.rpc("eth_getBlockByNumber", hex(n), False)["baseFeePerGas"], 16) for n in range(3)]
        assert fees == [10**9, 10**9, 875 * 10**6], "genesis does not count as an empty block"
        multicall = "0xcA11bde05977b3631167028862bE2a173976CA11"
        assert net.rpc("eth_getCode", multicall, "latest") == "0x", "alloy's tests put it there themselves"
        sender = net.rpc("eth_accounts")[0]
        signed = net.rpc("eth_signTransaction", {"from": sender, "to": sender, "value": "0x1"})
        assert net.rpc("eth_sendRawTransaction", signed).startswith("0x")
        assert net.config.no_l1


def test_a_forks_first_block_follows_eip_1559() -> None:
    with Devnet(preset="anvil", base_fee=10**10) as upstream:
        upstream.rpc("evm_mine")
        upstream.serve(port=0)
        with Devnet(preset="anvil", fork_url=upstream.url) as fork:
            fork.rpc("evm_mine")
            head = fork.rpc("eth_getBlockByNumber", "latest", False)
            assert int(head["baseFeePerGas"], 16) == 875 * 10**7


@pytest.mark.parametrize("network", [["--network", "optimism"], ["-n", "optimism"], ["--optimism"]])
def test_op_stack_names_are_taken_on_their_network(network: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[DevnetConfig] = []
    monkeypatch.setattr("megadev.cli.anvil.run_node", lambda config, output: started.append(config))
    for fork in OP_STACK_FORKS:
        anvil.main([*network, "--hardfork", fork.title()], standalone_mode=False)
    assert [config.hardfork for config in started] == list(OP_STACK_FORKS.values())


# -- the program --------------------------------------------------------------------------------------------------


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    folder = tmp_path / "pro grams'$x"
    done = _run("--install-shim", str(folder))
    assert done.returncode == 0, done.stderr
    return folder / "anvil"


def test_a_shim_needs_no_path_and_ends_with_its_node(megadev_up: Callable[..., RunningNode], shim: Path) -> None:
    phrase = "test test test test test test test test test test test junk"
    clean = dict.fromkeys(("PATH", "PYTHONPATH", "PYTHONHOME"), "")
    node = megadev_up(
        "--port", "0", "--mnemonic", phrase, "--config-out", "a b'\".json", program=[str(shim)], env=clean
    )
    assert (shim.parents[1] / "a b'\".json").is_file()
    assert node.rpc("web3_clientVersion").startswith("anvil/v1.7.1")
    assert node.stop(signal.SIGTERM) == 0
    started = subprocess.run([shim, "--no-such-flag"], capture_output=True, text=True, env={}, check=False)
    assert (started.returncode, "No such option" in started.stderr) == (2, True)


def test_a_shim_imports_nothing_from_the_working_directory(shim: Path, tmp_path: Path) -> None:
    """What stands in the working directory is not imported."""
    (tmp_path / "click.py").write_text("raise SystemExit(9)")
    assert subprocess.run([shim, "--version"], cwd=tmp_path, env={}, capture_output=True, check=False).returncode == 0


def test_install_shim_does_not_replace_a_program_of_others(shim: Path) -> None:
    assert _run("--install-shim", str(shim.parent)).returncode == 0
    shim.write_text("#!/bin/sh\nexec anvil\n")
    refused = _run("--install-shim", str(shim.parent))
    assert (refused.returncode, "was not written by megadev" in refused.stderr) == (2, True)


def test_a_shim_names_megadevs_path_only_if_python_cannot_import_it() -> None:
    assert "PYTHONPATH" not in shim_text(lambda python: True)
    told = shim_text(lambda python: False)
    assert MARK in told
    assert str(REPOSITORY) in told


@pytest.mark.node_js
def test_prool_starts_and_ends_it(shim: Path, tmp_path: Path) -> None:
    if not (Path(NODE_MODULES) / "prool").is_dir():
        pytest.skip("set MEGADEV_NODE_MODULES to a node_modules directory that has prool")
    script = tmp_path / "prool.mjs"
    script.write_text(PROOL)
    (tmp_path / "node_modules").symlink_to(Path(NODE_MODULES).resolve())
    node = shutil.which("node") or pytest.skip("no node")
    path = os.pathsep.join((str(shim.parent), os.path.dirname(node), "/usr/bin", "/bin"))
    done = subprocess.run(
        [node, script], env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["0x309", "stopped", "0x1", "0x0"]), done.stderr


PROOL = program("tools_that_start_anvil/prool.js")


@pytest.mark.slow
def test_ape_starts_it(shim: Path, tmp_path: Path) -> None:
    if not APE:
        pytest.skip("set MEGADEV_APE to a Python that has ape-foundry")
    script = tmp_path / "use.py"
    script.write_text(USE_APE)
    env = {"PATH": f"{shim.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [APE, script], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "31337 1 4 1 1 True" in done.stdout


USE_APE = program("tools_that_start_anvil/use_ape.py")

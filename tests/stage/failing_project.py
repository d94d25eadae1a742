"""A project of contracts that fail in known lines."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from tests.stage.wallet import Wallet

PROJECT = Path(__file__).parents[1] / "artifacts" / "foundry"


def bytecode(name: str) -> str:
    """Creation code as Foundry wrote it; libraries not linked."""
    (found,) = PROJECT.glob(f"compiled/*/{name}.json")
    text: str = json.loads(found.read_text())["bytecode"]["object"]
    return text


def line_of(source: str, text: str) -> int:
    """The number of the line that holds ``text``."""
    lines = (PROJECT / "src" / source).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


Rpc = Callable[..., Any]


def data(signature: str, *arguments: Any) -> str:
    return "0x" + encode_call(signature, *arguments).hex()


def deploy_box(rpc: Rpc) -> str:
    box: str = Wallet(rpc, gas=5_000_000).send(data=bytecode("Box") + encode(["uint256"], [5]).hex())["contractAddress"]
    return box


def deploy_vault(rpc: Rpc) -> str:
    limits: str = Wallet(rpc, gas=5_000_000).send(data=bytecode("Limits"))["contractAddress"]
    linked = re.sub(r"__\$\w+\$__", limits[2:], bytecode("Vault"))
    vault: str = Wallet(rpc, gas=5_000_000).send(data=linked + encode(["uint256"], [100]).hex())["contractAddress"]
    return vault


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    directory = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT, directory, dirs_exist_ok=True)
    with Devnet(project=directory, gas_limit=10**12) as net:
        net.serve()
        yield net

"""There and back again: a chain of ours goes on in Anvil 1.7.1, and what Anvil makes of it goes on here.

Needs Anvil: ``MEGADEV_ANVIL=path``, or ``anvil`` on the PATH.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from tests.anvil import Anvil
from tests.stage.wallet import Wallet

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.slow,
]
STRANGER = "0x00000000000000000000000000000000000000aa"
STORE_42 = "0x602a6001556001602a60005260206000a1600060005360016000f3"
PUSH_CUT_SHORT = "0x6260616260005260036000601d0160006000f3"


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[tuple[Devnet, Path]]:
    """A chain with every kind of transaction and end, and its dump with old states."""
    file = tmp_path / "state.json"
    with Devnet(timestamp=1_700_000_000, dump_state=file, preserve_historical_states=True) as net:
        first, second = (account.address for account in net.accounts[:2])

        payer = Wallet(net.rpc, first, gas=300_000)
        payer.submit(second, value="0x5")
        payer.submit(second, value="0x6", gasPrice=hex(3 * 10**9))
        payer.submit(
            second,
            value="0x7",
            gasPrice=hex(3 * 10**9),
            accessList=[{"address": second, "storageKeys": ["0x" + "00" * 32]}],
        )
        payer.submit(data=STORE_42)
        payer.submit(data=PUSH_CUT_SHORT)
        payer.submit(data="0xfe")
        payer.submit(data="0x5f5ffd")
        net.rpc("anvil_impersonateAccount", STRANGER)
        net.rpc("anvil_setBalance", STRANGER, hex(10**18))
        payer.submit(second, **{"from": STRANGER, "value": "0x1"})
        payer.submit(second, **{"from": STRANGER, "value": "0x2", "gasPrice": hex(3 * 10**9)})
        payer.submit(second, blobs=["0x" + bytes(131_072).hex()], maxFeePerBlobGas="0x10")
        net.rpc("anvil_mine", "0x2")
        net.node.save()
        yield net, file


def test_anvil_continues_our_chain_and_we_load_it_again(ours: tuple[Devnet, Path]) -> None:
    net, file = ours
    with Anvil("--load-state", str(file)) as anvil:
        height = net.l2.chain.head.number
        assert anvil.rpc("eth_blockNumber") == hex(height)
        for number in range(height + 1):
            assert _same_block(net, anvil, hex(number))
            for account in (*(account.address for account in net.accounts), STRANGER):
                for question in ("eth_getBalance", "eth_getTransactionCount", "eth_getCode"):
                    assert anvil.rpc(question, account, hex(number)) == net.rpc(question, account, hex(number))
        for tx_hash in (tx["hash"] for n in range(height + 1) for tx in _transactions(net, n)):
            theirs, mine = (each.rpc("eth_getTransactionReceipt", tx_hash) for each in (anvil, net))
            assert {name: theirs.get(name) for name in RECEIPT} == {name: mine.get(name) for name in RECEIPT}
            if mine["contractAddress"] is not None:
                for question in (
                    ("eth_getCode", mine["contractAddress"]),
                    ("eth_getStorageAt", mine["contractAddress"], "0x1"),
                ):
                    assert anvil.rpc(*question, "latest") == net.rpc(*question, "latest")
        assert (
            len(anvil.rpc("eth_getLogs", {"fromBlock": "0x0"}))
            == len(net.rpc("eth_getLogs", {"fromBlock": "0x0"}))
            == 1
        )

        anvil.rpc("anvil_setBalance", STRANGER, "0x9")
        anvil.rpc("anvil_mine", "0x1")
        net.rpc("anvil_loadState", anvil.rpc("anvil_dumpState", True))
        assert net.rpc("eth_blockNumber") == hex(height + 1)
        assert _same_block(net, anvil, hex(height + 1))
        assert net.rpc("eth_getBalance", STRANGER, "latest") == "0x9"


RECEIPT = (
    "transactionHash",
    "blockHash",
    "status",
    "gasUsed",
    "cumulativeGasUsed",
    "from",
    "to",
    "contractAddress",
    "type",
    "effectiveGasPrice",
    "blobGasUsed",
    "logsBloom",
)


def _same_block(net: Devnet, anvil: Anvil, number: str) -> bool:
    mine, theirs = (each.rpc("eth_getBlockByNumber", number, False) for each in (net, anvil))
    return bool(mine["hash"] == theirs["hash"] and mine["transactions"] == theirs["transactions"])


def _transactions(net: Devnet, number: int) -> Any:
    return net.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]

"""What CI checks: that the pool of the live network sells at the price it says. It asks the node in ETH_RPC_URL, and
knows nothing of forks and bundles.

Usage: python check.py POOL
"""

import json
import sys
from os import environ
from pathlib import Path

from web3 import HTTPProvider, Web3

ETHER = 10**18


def main(address: str) -> None:
    w3 = Web3(HTTPProvider(environ["ETH_RPC_URL"]))
    artifact = json.loads(Path(__file__).with_name("Pool.json").read_text())
    pool = w3.eth.contract(abi=artifact["abi"], address=w3.to_checksum_address(address))
    buyer = w3.eth.accounts[0]
    expected = pool.functions.quote(ETHER).call()
    sent = pool.functions.buy(expected).transact({"from": buyer, "value": ETHER})
    assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    assert pool.functions.credits(buyer).call() == expected
    assert pool.functions.quote(ETHER).call() < expected, "every sale makes the next one dearer"
    print(f"block {w3.eth.block_number}: bought {expected} for an ether")


if __name__ == "__main__":
    main(sys.argv[1])

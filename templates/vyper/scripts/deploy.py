"""Deploy the counter to the node at MEGADEV_RPC_URL: `megadev up --script scripts/deploy.py`."""

import json
import os
import subprocess
import sys

from web3 import Web3

compiled = subprocess.run(
    [sys.executable, "-m", "vyper", "-f", "combined_json", "contracts/Counter.vy"],
    capture_output=True,
    text=True,
    check=True,
)
counter = json.loads(compiled.stdout)["contracts/Counter.vy"]
w3 = Web3(Web3.HTTPProvider(os.environ["MEGADEV_RPC_URL"]))
contract = w3.eth.contract(abi=counter["abi"], bytecode=counter["bytecode"])
sent = contract.constructor(5).transact({"from": os.environ["MEGADEV_ADDRESS"]})
print("Counter is at", w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])

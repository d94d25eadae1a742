"""Record what a check reads from a live network, and run it again without one:
`python examples/fork_bundle_in_ci/run.py`.

The live network is a node of this process here, so that the example needs none: yours would be a URL. It is closed
before the second run.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from megadev import Devnet

HERE = Path(__file__).parent
POOL_CREDIT = 1_000_000


def live_network(net: Devnet) -> str:
    """A pool with a past; its address."""
    artifact = json.loads((HERE / "Pool.json").read_text())
    owner, trader = (account.address for account in net.accounts[:2])
    creation = artifact["creation"] + f"{POOL_CREDIT:064x}"
    made = net.rpc("eth_sendTransactionSync", {"from": owner, "data": creation, "value": hex(100 * 10**18)})
    pool = net.w3.eth.contract(abi=artifact["abi"], address=net.w3.to_checksum_address(made["contractAddress"]))
    for ether in range(1, 6):
        pool.functions.buy(0).transact({"from": trader, "value": ether * 10**18})
    return pool.address


def megadev(*arguments: str) -> str:
    """Run the command line, as a script in CI does; what it printed."""
    done = subprocess.run([sys.executable, "-m", "megadev", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    check = [sys.executable, str(HERE / "check.py")]
    with tempfile.TemporaryDirectory() as folder:
        bundle = str(Path(folder) / "pool.bundle")
        with Devnet() as net:
            pool = live_network(net)
            recorded = megadev("fork", "record", "-o", bundle, "-f", net.serve(), "--", *check, pool)
        replayed = megadev("exec", "--quiet", "--fork-bundle", bundle, "--", *check, pool)
        print(f"live:   {recorded}\nbundle: {replayed}\n{megadev('fork', 'info', bundle)}")
    assert replayed == recorded


if __name__ == "__main__":
    main()

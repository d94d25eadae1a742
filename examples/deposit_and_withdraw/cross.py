"""Ether to L2 and back, with the windows of mainnet: `python examples/deposit_and_withdraw/cross.py [ETHER]`.

Both chains are in this process. A deposit has arrived once its L1 transaction is answered; the days that a withdrawal
takes pass when asked to.
"""

import sys
import time

from megadev import Devnet

DAY = 86_400
PASSER = "0x4200000000000000000000000000000000000016"


def main(ether: int) -> None:
    wei = ether * 10**18
    with Devnet(challenge_window=7 * DAY, proof_maturity_delay=7 * DAY, finality_delay=DAY * 7 // 2) as net:
        alice = net.accounts[0].address
        portal = net.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]

        def balance(chain) -> int:
            return int(chain.rpc("eth_getBalance", alice, "latest"), 16)

        def send(chain, **fields: str) -> int:
            """What the transaction cost, in wei, beside the ether that it carries."""
            receipt = chain.rpc("eth_sendTransactionSync", {"from": alice, **fields})
            assert receipt["status"] == "0x1"
            return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)

        start = balance(net.l1), balance(net.l2)
        began, l1_time = time.perf_counter(), net.l1.chain.head.timestamp
        fees_l1 = send(net.l1, to=portal, value=hex(wei))
        assert balance(net.l2) == start[1] + wei
        print(f"deposited: {ether} ETH have arrived on L2")

        fees_l2 = send(net.l2, to=PASSER, value=hex(wei))
        (withdrawal,) = net.rpc("megadev_getBridgeStatus")["withdrawals"]
        while withdrawal["status"] != "finalized":
            withdrawal = net.rpc("megadev_getWithdrawal", withdrawal["withdrawalHash"])
            print(f"withdrawn: {withdrawal['status']}")
            if withdrawal["status"].startswith("ready"):
                fees_l1 += send(net.l1, **withdrawal["call"])
            elif withdrawal["status"] == "waiting-to-finalize":
                net.rpc("megadev_skipWithdrawalWindows")

        assert (balance(net.l1), balance(net.l2)) == (start[0] - fees_l1, start[1] - fees_l2)
        days = (net.l1.chain.head.timestamp - l1_time) / DAY
        print(f"there and back in {days:.1f} days of the chains', {time.perf_counter() - began:.2f} s of ours")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

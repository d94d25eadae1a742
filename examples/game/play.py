"""A game in which every click is a transaction: `python examples/game/play.py [CLICKS]`.

The player signs each step and sends it with `eth_sendRawTransactionSync`, which answers with the receipt as soon as the
sequencer has executed it. The board on the screen is what the chain says, not a guess of the page's.
"""

import json
import random
import sys
import time
from pathlib import Path
from statistics import median

from megadev import Devnet
from megadev.events import Event, TransactionPreconfirmed

DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def main(clicks: int) -> None:
    artifact = json.loads(Path(__file__).with_name("Grid.json").read_text())
    with Devnet(preset="megaeth") as net:
        player, w3 = net.accounts[0], net.w3
        deployed = net.rpc("eth_sendTransactionSync", {"from": player.address, "data": artifact["creation"]})
        grid = w3.eth.contract(abi=artifact["abi"], address=w3.to_checksum_address(deployed["contractAddress"]))

        answered_ms: list[float] = []
        executed_ms: list[float] = []

        def hear(event: Event) -> None:
            if isinstance(event, TransactionPreconfirmed):
                executed_ms.append(event.duration_ns / 1e6)

        net.node.l2.bus.subscribe(hear)
        x = y = coins = 0
        nonce = w3.eth.get_transaction_count(player.address)
        dice = random.Random(7)
        for number in range(clicks):
            allowed = [d for d in DIRECTIONS.values() if 0 <= x + d[0] < 16 and 0 <= y + d[1] < 16]
            click = grid.functions.step(*dice.choice(allowed))
            transaction = click.build_transaction(
                {"from": player.address, "nonce": nonce + number, "gas": 200_000, "gasPrice": 10**9}
            )
            signed = w3.eth.account.sign_transaction(transaction, player.private_key)
            began = time.perf_counter()
            receipt = net.rpc("eth_sendRawTransactionSync", signed.raw_transaction.to_0x_hex())
            answered_ms.append((time.perf_counter() - began) * 1000)
            assert receipt["status"] == "0x1"
            (log,) = receipt["logs"]
            x, y, coin = (int(log["data"][2 + 64 * i : 66 + 64 * i], 16) for i in range(3))
            coins += coin
        assert grid.functions.players(player.address).call() == [x, y, clicks, coins]
        print(f"{clicks} clicks, {coins} coins, now at ({x}, {y})")
        print(f"preconfirmed in {median(executed_ms):.2f} ms, answered after {median(answered_ms):.2f} ms (medians)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)

"""An order book on the chain, with traders who do not wait for blocks: `python examples/order_book/trade.py [ORDERS]`.

Four traders place orders in turns, each signed and answered with its receipt. In the end the balances are compared with
those of a book that is kept in Python beside it.
"""

import json
import random
import sys
import time
from bisect import insort
from pathlib import Path

from megadev import Devnet

TRADERS = 4
FUNDS = 10**9


class Book:
    """What the contract should do: best price first, then the oldest."""

    def __init__(self) -> None:
        self.waiting: dict[bool, list[list[int]]] = {True: [], False: []}
        self.trades = 0
        self.goods = [FUNDS] * TRADERS
        self.money = [FUNDS] * TRADERS
        self._count = 0

    def place(self, trader: int, buys: bool, price: int, amount: int) -> None:
        if buys:
            self.money[trader] -= price * amount
        else:
            self.goods[trader] -= amount
        others = self.waiting[not buys]
        while amount and others and (others[0][0] <= price if buys else -others[0][0] >= price):
            key, _, other, offered = others[0]
            best, part = abs(key), min(amount, offered)
            buyer, seller = (trader, other) if buys else (other, trader)
            self.goods[buyer] += part
            self.money[seller] += best * part
            if buys:
                self.money[trader] += (price - best) * part
            self.trades += 1
            amount -= part
            others[0][3] -= part
            if not others[0][3]:
                others.pop(0)
        if amount:
            self._count += 1
            insort(self.waiting[buys], [-price if buys else price, self._count, trader, amount])


def main(orders: int) -> None:
    artifact = json.loads(Path(__file__).with_name("OrderBook.json").read_text())
    dice, mirror = random.Random(1), Book()
    with Devnet(preset="megaeth") as net:
        traders, w3 = net.accounts[:TRADERS], net.w3
        deployed = net.rpc("eth_sendTransactionSync", {"from": traders[0].address, "data": artifact["creation"]})
        address = w3.to_checksum_address(deployed["contractAddress"])
        book = w3.eth.contract(abi=artifact["abi"], address=address)
        nonces = [w3.eth.get_transaction_count(trader.address) for trader in traders]

        def signed(trader: int, call: str, *arguments: object) -> str:
            transaction = {
                "to": address,
                "data": book.encode_abi(call, list(arguments)),
                "nonce": nonces[trader],
                "gas": 1_000_000,
                "gasPrice": 10**9,
                "chainId": net.l2.chain.spec.chain_id,
            }
            nonces[trader] += 1
            return w3.eth.account.sign_transaction(transaction, traders[trader].private_key).raw_transaction.to_0x_hex()

        for trader in range(TRADERS):
            net.rpc("eth_sendRawTransactionSync", signed(trader, "fund", FUNDS, FUNDS))
        placed = []
        for number in range(orders):
            order = (bool(dice.getrandbits(1)), dice.randint(90, 110), dice.randint(1, 50))
            mirror.place(number % TRADERS, *order)
            placed.append(signed(number % TRADERS, "place", *order))

        began = time.perf_counter()
        for raw in placed:
            assert net.rpc("eth_sendRawTransactionSync", raw)["status"] == "0x1"
        took = time.perf_counter() - began

        for index, trader in enumerate(traders):
            assert book.functions.goods(trader.address).call() == mirror.goods[index]
            assert book.functions.money(trader.address).call() == mirror.money[index]
        assert book.functions.trades().call() == mirror.trades
        print(f"{orders} orders, {mirror.trades} trades, every balance as in the book kept beside it")
        print(f"{orders / took:.0f} orders per second, one after another; {took / orders * 1000:.2f} ms each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)

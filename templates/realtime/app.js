// The page: what the chain says, on the screen.

import { Chain, send, watchMiniBlocks } from "./chain.js";

const URL_OF_NODE = new URLSearchParams(location.search).get("node") ?? "ws://127.0.0.1:8545";
const SHOWN = 50;

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

async function main() {
  const chain = await Chain.connect(URL_OF_NODE);
  const [alice, bob] = await chain.request("eth_accounts");
  const list = document.getElementById("blocks");
  let count = 0;

  show("status", `connected to ${URL_OF_NODE}`);
  await watchMiniBlocks(chain, ({ number, block, transactions }) => {
    count += transactions.length;
    show("status", `block ${block}, mini-block ${number}, ${count} transactions seen`);
    for (const { hash } of transactions) {
      const item = document.createElement("li");
      item.textContent = `${number} ${hash}`;
      list.prepend(item);
    }
    while (list.children.length > SHOWN) list.lastChild.remove();
  });

  const button = document.getElementById("send");
  button.disabled = false;
  chain.closed.then(() => {
    button.disabled = true;
    show("status", "the connection was closed; reload the page");
  });
  button.addEventListener("click", async () => {
    try {
      const value = "0x" + (10n ** 15n).toString(16);
      const { receipt, milliseconds } = await send(chain, { from: alice, to: bob, value });
      const outcome = receipt.status === "0x1" ? "done" : "failed";
      show("answer", `${outcome} after ${milliseconds.toFixed(1)} ms: ${receipt.transactionHash}`);
    } catch (problem) {
      show("answer", problem.message);
    }
  });
}

main().catch((problem) => show("status", problem.message));

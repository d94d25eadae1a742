// What the page relies on, against a node: `megadev exec --preset megaeth -- node --test`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Chain, send, watchMiniBlocks } from "../chain.js";

let chain, alice, bob;

before(async () => {
  chain = await Chain.connect(process.env.MEGADEV_WS_URL);
  [alice, bob] = await chain.request("eth_accounts");
});

after(() => chain.close());

test("a transaction is answered with its receipt, and then told in a mini-block", { timeout: 60_000 }, async () => {
  const told = new Map();
  let listen;
  const all = new Promise((resolve) => (listen = resolve));
  await watchMiniBlocks(chain, ({ transactions, receipts }) => {
    transactions.forEach(({ hash }, index) => told.set(hash, receipts[index].status));
    if (told.size >= 3) listen();
  });
  const sent = [];
  for (let index = 0; index < 3; index++) {
    const { receipt, milliseconds } = await send(chain, { from: alice, to: bob, value: "0x1" });
    assert.equal(receipt.status, "0x1");
    assert.ok(milliseconds > 0);
    sent.push(receipt.transactionHash);
  }
  await all;
  assert.deepEqual([...told.keys()], sent);
  assert.deepEqual([...told.values()], ["0x1", "0x1", "0x1"]);
});

test("what is sent at once is executed one after another", async () => {
  const transfer = { from: alice, to: bob, value: "0x1" };
  const answers = await Promise.all([1, 2, 3].map(() => send(chain, transfer)));
  assert.deepEqual(answers.map(({ receipt }) => receipt.status), ["0x1", "0x1", "0x1"]);
});

test("what is refused is an error", async () => {
  await assert.rejects(send(chain, { from: alice, to: bob, value: "0x" + "f".repeat(60) }), /insufficient funds/i);
  assert.equal((await send(chain, { from: alice, to: bob, value: "0x1" })).receipt.status, "0x1");
});

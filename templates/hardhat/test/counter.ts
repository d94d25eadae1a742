// Every test finds the counter as `deployed` left it, whatever the tests before did to it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { network } from "hardhat";
import { getAddress } from "viem";

const { viem, networkHelpers } = await network.create();

async function deployed() {
  const [, bob] = await viem.getWalletClients();
  return { counter: await viem.deployContract("Counter", [5n]), bob: getAddress(bob.account.address) };
}

test("it counts", async () => {
  const { counter, bob } = await networkHelpers.loadFixture(deployed);
  const sent = counter.write.increment({ account: bob });
  await viem.assertions.emitWithArgs(sent, counter, "Counted", [bob, 6n]);
  assert.equal(await counter.read.number(), 6n);
});

test("only the owner resets it", async () => {
  const { counter, bob } = await networkHelpers.loadFixture(deployed);
  const refused = counter.write.reset({ account: bob });
  await viem.assertions.revertWithCustomErrorWithArgs(refused, counter, "NotTheOwner", [bob]);
  await counter.write.reset();
  assert.equal(await counter.read.number(), 0n);
});

test("time and blocks are yours", async () => {
  const { counter } = await networkHelpers.loadFixture(deployed);
  const before = await networkHelpers.time.latest();
  await networkHelpers.time.increase(86_400);
  assert.ok((await networkHelpers.time.latest()) >= before + 86_400);
  await networkHelpers.mine(10);
  assert.equal(await counter.read.number(), 5n);
});

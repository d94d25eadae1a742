// Every action of viem's test client, each seen to do what it is for.
import assert from "node:assert/strict";
import { keys, load, run, url } from "./journeys.mjs";

const viem = load("viem");
const { privateKeyToAccount } = load("viem/accounts");
const { anvil: chain } = load("viem/chains");

const transport = viem.http(url);
const reader = viem.createPublicClient({ chain, transport, cacheTime: 0 });
const tester = viem.createTestClient({ chain, mode: "anvil", transport });
const hardhat = viem.createTestClient({ chain, mode: "hardhat", transport });
const [alice, bob] = keys.slice(0, 2).map(privateKeyToAccount);
const wallet = viem.createWalletClient({ account: alice, chain, transport });
const WHALE = "0x00000000000000000000000000000000c0ffee01";
const ETHER = 10n ** 18n;
const word = (number) => viem.toHex(number, { size: 32 });
const latest = () => reader.getBlock();

// a plain transfer that waits, and what to do while it does
async function waiting(then, request = {}) {
  await tester.setAutomine(false);
  try {
    return await then(await wallet.sendTransaction({ to: bob.address, value: 1n, gas: 21_000n, ...request }));
  } finally {
    await tester.dropAllTransactions?.();
    await tester.setAutomine(true);
  }
}

async function succeeded(hash) {
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
}

await run({
  async dropTransaction() {
    await waiting(async (hash) => {
      await tester.dropTransaction({ hash });
      await assert.rejects(reader.getTransaction({ hash }), viem.TransactionNotFoundError);
    });
  },

  async dumpState() {
    await tester.setBalance({ address: WHALE, value: 1n });
    assert.match(await tester.dumpState(), /^0x1f8b/);
  },

  async getAutomine() {
    assert.equal(await tester.getAutomine(), true);
    await tester.setAutomine(false);
    assert.equal(await tester.getAutomine(), false);
    await tester.setAutomine(true);
  },

  async getTxpoolContent() {
    await waiting(async (hash) => {
      const { pending } = await tester.getTxpoolContent();
      const [[, byNonce]] = Object.entries(pending);
      assert.equal(Object.values(byNonce)[0].hash, hash);
    });
  },

  async getTxpoolStatus() {
    await waiting(async () => assert.deepEqual(await tester.getTxpoolStatus(), { pending: 1, queued: 0 }));
  },

  async impersonateAccount() {
    await tester.setBalance({ address: WHALE, value: ETHER });
    for (const client of [tester, hardhat]) {
      await client.impersonateAccount({ address: WHALE });
      await succeeded(await wallet.sendTransaction({ account: WHALE, to: bob.address, value: 1n }));
      await client.stopImpersonatingAccount({ address: WHALE });
    }
  },

  async increaseTime() {
    const before = await latest();
    await tester.increaseTime({ seconds: 420 });
    await tester.mine({ blocks: 1 });
    const passed = (await latest()).timestamp - before.timestamp;
    assert(passed >= 420n && passed < 480n, `${passed} s`);
  },

  async inspectTxpool() {
    await waiting(async () => {
      const { pending } = await tester.inspectTxpool();
      const [[, byNonce]] = Object.entries(pending);
      assert.match(Object.values(byNonce)[0], /: 1 wei \+ 21000 gas/);
    });
  },

  async loadState() {
    const address = "0x00000000000000000000000000000000c0ffee02";
    const id = await tester.snapshot();
    await tester.setBalance({ address, value: 77n });
    const state = await tester.dumpState();
    await tester.revert({ id });
    assert.equal(await reader.getBalance({ address }), 0n);
    await tester.loadState({ state });
    assert.equal(await reader.getBalance({ address }), 77n);
  },

  async mine() {
    for (const client of [tester, hardhat]) {
      const { number, timestamp } = await latest();
      await client.mine({ blocks: 3, interval: 60 });
      const after = await latest();
      assert.equal(after.number, number + 3n);
      assert(after.timestamp - timestamp >= 120n);
    }
  },

  async removeBlockTimestampInterval() {
    await tester.setBlockTimestampInterval({ interval: 5_000 });
    await tester.removeBlockTimestampInterval();
    const { timestamp } = await latest();
    await tester.mine({ blocks: 1 });
    assert((await latest()).timestamp - timestamp < 5_000n);
  },

  async reset() {
    await tester.mine({ blocks: 2 });
    await tester.reset();
    assert.equal(await reader.getBlockNumber(), 0n);
    assert.equal(await reader.getBalance({ address: alice.address }), 10_000n * ETHER);
  },

  async revert() {
    const { number } = await latest();
    const id = await tester.snapshot();
    await succeeded(await wallet.sendTransaction({ to: WHALE, value: 5n }));
    await tester.revert({ id });
    assert.equal((await latest()).number, number);
  },

  async sendUnsignedTransaction() {
    await tester.setBalance({ address: WHALE, value: ETHER });
    const hash = await tester.sendUnsignedTransaction({ from: WHALE, to: bob.address, value: 9n });
    await succeeded(hash);
    assert.equal((await reader.getTransaction({ hash })).from, WHALE);
  },

  async setAutomine() {
    await waiting(async (hash) => {
      await assert.rejects(reader.getTransactionReceipt({ hash }), viem.TransactionReceiptNotFoundError);
      await tester.setAutomine(true);
      await succeeded(hash);
    });
  },

  async setBalance() {
    for (const [client, value] of [[tester, 5n], [hardhat, 2n ** 255n]]) {
      await client.setBalance({ address: WHALE, value });
      assert.equal(await reader.getBalance({ address: WHALE }), value);
    }
  },

  async setBlockGasLimit() {
    await tester.setBlockGasLimit({ gasLimit: 25_000_000n });
    await tester.mine({ blocks: 1 });
    assert.equal((await latest()).gasLimit, 25_000_000n);
  },

  async setBlockTimestampInterval() {
    await tester.setBlockTimestampInterval({ interval: 500 });
    await tester.mine({ blocks: 1 });
    const { timestamp } = await latest();
    await tester.mine({ blocks: 2 });
    assert.equal((await latest()).timestamp, timestamp + 1000n);
    await tester.removeBlockTimestampInterval();
  },

  async setCode() {
    for (const [client, bytecode] of [[tester, "0x6001"], [hardhat, "0x6002"]]) {
      await client.setCode({ address: WHALE, bytecode });
      assert.equal(await reader.getCode({ address: WHALE }), bytecode);
    }
  },

  async setCoinbase() {
    await tester.setCoinbase({ address: WHALE });
    await tester.mine({ blocks: 1 });
    assert.equal((await latest()).miner, WHALE);
  },

  async setIntervalMining() {
    await tester.setIntervalMining({ interval: 1 });
    try {
      const { number } = await latest();
      while ((await latest()).number < number + 1n) await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await tester.setIntervalMining({ interval: 0 });
      await tester.setAutomine(true);
    }
  },

  async setLoggingEnabled() {
    await tester.setLoggingEnabled(false);
    await tester.setLoggingEnabled(true);
  },

  async setMinGasPrice() {
    // refused since London, as by Anvil: there is a base fee instead
    await assert.rejects(tester.setMinGasPrice({ gasPrice: 20n }), viem.InvalidParamsRpcError);
  },

  async setNextBlockBaseFeePerGas() {
    for (const client of [tester, hardhat]) {
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 7n * 10n ** 9n });
      await client.mine({ blocks: 1 });
      assert.equal((await latest()).baseFeePerGas, 7n * 10n ** 9n);
    }
  },

  async setNextBlockTimestamp() {
    const timestamp = (await latest()).timestamp + 86_400n;
    await tester.setNextBlockTimestamp({ timestamp });
    await tester.mine({ blocks: 1 });
    assert.equal((await latest()).timestamp, timestamp);
  },

  async setNonce() {
    for (const [client, nonce] of [[tester, 420], [hardhat, 421], [tester, 3]]) {
      await client.setNonce({ address: WHALE, nonce });
      assert.equal(await reader.getTransactionCount({ address: WHALE }), nonce);
    }
  },

  async setRpcUrl() {
    await tester.setRpcUrl("http://127.0.0.1:1");
  },

  async setStorageAt() {
    for (const [client, index] of [[tester, 2], [hardhat, word(3)]]) {
      await client.setStorageAt({ address: WHALE, index, value: word(69) });
      assert.equal(await reader.getStorageAt({ address: WHALE, slot: viem.toHex(Number(index)) }), word(69));
    }
  },

  async snapshot() {
    const ids = [await tester.snapshot(), await tester.snapshot()];
    assert(viem.isHex(ids[0]) && ids[0] !== ids[1]);
  },

  async stopImpersonatingAccount() {
    await tester.impersonateAccount({ address: WHALE });
    await tester.stopImpersonatingAccount({ address: WHALE });
    await assert.rejects(wallet.sendTransaction({ account: WHALE, to: bob.address, value: 1n, gas: 21_000n }));
  },
});

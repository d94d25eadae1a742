// What an ordinary client (viem) observes of each way in which a rollup can misbehave; each journey is taken back.
import assert from "node:assert/strict";
import { bothChains, keys, load, run, url } from "./journeys.mjs";

const viem = load("viem");
const op = load("viem/op-stack");
const { privateKeyToAccount } = load("viem/accounts");

const { http, parseAbi } = viem;
const pollingInterval = 20;
const [alice, bob] = keys.map(privateKeyToAccount);
const STRANGER = "0x4242424242424242424242424242424242424242";
const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const WINDOW = 8; // L1 blocks; as the devnet is told
const DRIFT = 100; // seconds

const { l1Chain, l2Chain } = await bothChains();
const l1Transport = http(l1Chain.rpcUrls.default.http[0]);
// a reply of the node is the answer: what is refused on purpose is not asked for again
const l2Transport = http(url, { retryCount: 0 });
const client = { pollingInterval, cacheTime: 0 };
const l1 = viem.createPublicClient({ chain: l1Chain, transport: l1Transport, ...client }).extend(op.publicActionsL1());
const l2 = viem.createPublicClient({ chain: l2Chain, transport: l2Transport, ...client }).extend(op.publicActionsL2());
const onL1 = viem.createWalletClient({ chain: l1Chain, transport: l1Transport, ...client }).extend(op.walletActionsL1());
const onL2 = viem.createWalletClient({ chain: l2Chain, transport: l2Transport, ...client }).extend(op.walletActionsL2());
const l1Tester = viem.createTestClient({ chain: l1Chain, mode: "anvil", transport: l1Transport });
const tester = viem.createTestClient({ chain: l2Chain, mode: "anvil", transport: l2Transport });

const ask = (method, ...params) => l2.request({ method, params });
const fault = (name, ...words) => ask("megadev_fault_set", name, words);
const mend = (name) => ask("megadev_fault_clear", name);
const flush = (how = {}) => ask("megadev_batcher_flush", how);
const seal = () => tester.mine({ blocks: 1 });
const mineL1 = (blocks) => l1Tester.mine({ blocks });
const head = async (blockTag = "latest") => (await l2.getBlock({ blockTag })).number;
const hashOf = async (blockNumber) => (await l2.getBlock({ blockNumber })).hash;
const origin = () =>
  l2.readContract({ address: L1_BLOCK, abi: parseAbi(["function number() view returns (uint64)"]), functionName: "number" });

// Send a wei; sealed or not, its hash.
async function pay(account = alice) {
  const hash = await onL2.sendTransaction({ account, to: STRANGER, value: 1n, gas: 100_000n });
  if (!(await has(hash))) await seal();
  return hash;
}

// Whether a sealed block holds it and it succeeded.
async function has(hash) {
  try {
    const receipt = await l2.getTransactionReceipt({ hash });
    return receipt.status === "success" && !/^0x(ff)+$/.test(receipt.blockHash);
  } catch (error) {
    assert.equal(error.name, "TransactionReceiptNotFoundError");
    return false;
  }
}

// Deposit a wei by L1; the hash that it has on L2.
async function deposit() {
  const request = { mint: 1n, to: STRANGER, value: 1n, gas: 100_000n };
  const hash = await onL1.depositTransaction({ account: bob, request, targetChain: l2Chain });
  const receipt = await l1.waitForTransactionReceipt({ hash });
  const [predicted] = op.getL2TransactionHashes(receipt);
  return predicted;
}

async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, pollingInterval));
}

async function onlyDeposits(blockNumber) {
  const { transactions } = await l2.getBlock({ blockNumber, includeTransactions: true });
  assert(transactions.every((tx) => tx.type === "deposit"));
}

async function safeWaitsFor(name, ...words) {
  await fault(name, ...words);
  await pay();
  const safe = await head("safe");
  await flush({ da: "external" });
  assert.equal(await head("safe"), safe);
  assert((await head()) > safe);
  await mend(name);
  await until(async () => (await head("safe")) === (await head())); // it is derived aside
}

const journeys = {
  async censor() {
    await fault("censor", STRANGER);
    const sent = await pay();
    assert(!(await has(sent)));
    assert.equal((await l2.getTransaction({ hash: sent })).blockNumber, null);
    const forced = await deposit();
    await seal();
    assert(await has(forced), "within one step of the L1 origin");
    assert(!(await has(sent)));
    await mend("censor");
    await seal();
    assert(await has(sent));
  },

  async "freeze-origin"() {
    const before = await origin();
    await fault("freeze-origin");
    const early = await pay();
    const waiting = await deposit();
    await seal();
    assert(await has(early));
    assert(!(await has(waiting)));
    await tester.increaseTime({ seconds: 10 * DRIFT });
    const late = await pay();
    await seal();
    assert(!(await has(late)), "beyond the drift blocks are empty");
    await onlyDeposits(await head());
    assert.equal(await origin(), before);
    await mineL1(3 * WINDOW);
    assert(await has(waiting), "derivation overrides who does not advance");
    assert((await origin()) > before);
  },

  async "withhold-batches"() {
    const safe = await head("safe");
    await fault("withhold-batches");
    const sent = [await pay(), await pay()];
    assert((await head()) > safe + 1n);
    assert.equal(await head("safe"), safe);
    const unsafe = await hashOf(safe + 1n);
    const filter = await l2.createBlockFilter();
    const forced = await deposit();
    await mineL1(2 * WINDOW);
    assert.notEqual(await hashOf(safe + 1n), unsafe, "the unsafe block was replaced");
    assert((await head("safe")) > safe);
    assert((await l2.getFilterChanges({ filter })).includes(await hashOf(safe + 1n)), "clients hear of the new one");
    await seal();
    for (const hash of [forced, ...sent]) assert(await has(hash));
  },

  async "omit-deposit"() {
    await fault("omit-deposit");
    const omitted = await deposit();
    const sent = await pay();
    assert(!(await has(omitted)));
    const number = await head();
    const before = await hashOf(number);
    await flush();
    assert(await has(omitted));
    assert.notEqual(await hashOf(number), before);
    await seal();
    assert(await has(sent));
  },

  async "bad-batch"() {
    for (const kind of ["parent", "future-epoch", "deposit"]) {
      const safe = await head("safe");
      await fault("bad-batch", kind);
      await pay();
      await flush();
      assert.equal(await head("safe"), safe, kind);
      await mend("bad-batch");
      await flush();
      assert.equal(await head("safe"), await head());
    }
  },

  async "bad-root"() {
    await fault("bad-root");
    const args = await l1.buildInitiateWithdrawal({ account: alice, to: alice.address, value: 5n });
    const hash = await onL2.initiateWithdrawal({ ...args, account: alice });
    if (!(await has(hash))) await seal();
    const receipt = await l2.getTransactionReceipt({ hash });
    const [withdrawal] = op.getWithdrawals(receipt);
    // viem knows of a game, and cannot know that its root is wrong: the portal does
    assert.equal(await l1.getWithdrawalStatus({ receipt, targetChain: l2Chain }), "ready-to-prove");
    const output = await l1.getL2Output({ l2BlockNumber: receipt.blockNumber, targetChain: l2Chain });
    const proof = await l2.buildProveWithdrawal({ account: alice, output, withdrawal });
    await assert.rejects(() => onL1.proveWithdrawal({ ...proof, account: alice }), /InvalidProof/);
    await mend("bad-root");
    await pay();
    const right = await l1.getL2Output({ l2BlockNumber: receipt.blockNumber, targetChain: l2Chain });
    assert.notEqual(right.outputRoot, output.outputRoot);
    const again = await l2.buildProveWithdrawal({ account: alice, output: right, withdrawal });
    const proven = await onL1.proveWithdrawal({ ...again, account: alice });
    assert.equal((await l1.waitForTransactionReceipt({ hash: proven })).status, "success");
  },

  "withhold-da": () => safeWaitsFor("withhold-da"),
  "corrupt-da": () => safeWaitsFor("corrupt-da"),
  "delay-da": () => safeWaitsFor("delay-da", "50"),

  async "withhold-witness"() {
    const number = viem.toHex(await head());
    assert((await ask("debug_executionWitness", number)).state.length);
    await fault("withhold-witness");
    await assert.rejects(() => ask("debug_executionWitness", number), /withheld/);
  },

  async "replicas-lag"() {
    await fault("replicas-lag", "2s");
    const before = await l2.getBalance({ address: STRANGER });
    let hash;
    if (l2Chain.id === 31337) {
      const receipt = await ask("eth_sendTransactionSync", { from: alice.address, to: STRANGER, value: "0x1" });
      assert.equal(receipt.status, "0x1", "the answer to who sent it does not lag");
      hash = receipt.transactionHash;
    } else hash = await pay();
    assert(!(await has(hash)), "null for a moment");
    assert.equal(await l2.getBalance({ address: STRANGER }), before);
    await fault("replicas-lag", "2ms");
    await l2.waitForTransactionReceipt({ hash });
    assert.equal(await l2.getBalance({ address: STRANGER }), before + 1n);
  },

  async withhold() {
    await fault("withhold", alice.address);
    const sent = await onL2.sendTransaction({ account: alice, to: STRANGER, value: 1n, gas: 100_000n });
    await seal();
    assert(!(await has(sent)));
    const told = await ask("megadev_getPreconfirmation", sent);
    assert.equal(told.status, "broken");
  },

  async reorder() {
    await fault("reorder");
    const isInstant = l2Chain.id === 31337;
    if (isInstant) await tester.setAutomine(false);
    const sent = [];
    for (const account of [alice, bob]) {
      sent.push(await onL2.sendTransaction({ account, to: STRANGER, value: 1n, gas: 100_000n }));
    }
    if (isInstant) await tester.setAutomine(true);
    await seal();
    const told = await Promise.all(sent.map((hash) => ask("megadev_getPreconfirmation", hash)));
    assert(told.some((each) => each.status === "broken"));
    for (const [place, hash] of sent.entries()) {
      const { transactionIndex } = await l2.getTransactionReceipt({ hash });
      if (told[place].status === "broken") assert.notEqual(viem.hexToNumber(told[place].transactionIndex), transactionIndex);
    }
  },

  async pause() {
    await fault("pause");
    const sent = await onL2.sendTransaction({ account: alice, to: STRANGER, value: 1n, gas: 100_000n });
    assert(!(await has(sent)));
    const call = { account: bob, to: STRANGER, value: 1n, gas: 100_000n };
    const serialized = await onL2.signTransaction(await onL2.prepareTransactionRequest(call));
    // EIP-7966 has 4 for an answer that came too late, MegaETH -32000
    const code = l2Chain.id === 31337 ? 4 : -32000;
    await assert.rejects(() => ask("eth_sendRawTransactionSync", serialized, viem.toHex(30)), { code });
    await mend("pause");
    await seal();
    assert(await has(sent));
    assert(await has(viem.keccak256(serialized)));
  },

  async equivocate() {
    await fault("equivocate");
    const sent = await pay();
    const told = await ask("megadev_getPreconfirmation", sent);
    assert.equal(told.conflicting.length, 1);
    assert.notEqual(told.conflicting[0].signature, told.signature);
  },

  async down() {
    const before = await head();
    await fault("down");
    await assert.rejects(
      () => onL2.sendTransaction({ account: alice, to: STRANGER, value: 1n, gas: 100_000n }),
      (error) => /crashed/.test(error.walk().message + error.walk().details),
    );
    const forced = await deposit();
    await mineL1(WINDOW - 1);
    assert(!(await has(forced)));
    await mineL1(2);
    assert(await has(forced));
    const after = await head();
    assert((await head("safe")) > before);
    for (let number = before + 1n; number <= after; number += 1n) await onlyDeposits(number);
    await mend("down");
    assert(await has(await pay()));
  },
};

const isolated = (journey) => async () => {
  const id = await tester.snapshot();
  try {
    await journey();
  } finally {
    await ask("megadev_fault_clear").catch(() => {});
    await tester.revert({ id });
  }
};
await run(Object.fromEntries(Object.entries(journeys).map(([name, journey]) => [name, isolated(journey)])));

// What a dApp developer does between the chains with viem's op-stack extension, each from an account of its own.
import assert from "node:assert/strict";
import { bothChains, keys, load, run, token, url } from "./journeys.mjs";

const viem = load("viem");
const op = load("viem/op-stack");
const { privateKeyToAccount } = load("viem/accounts");

const { http, parseEther } = viem;
const pollingInterval = 20;
const accounts = keys.map(privateKeyToAccount);
const WAIT_SECONDS = 120; // viem adds ten seconds to every wait for a window

const { l1Chain, l2Chain } = await bothChains();
const l1Transport = http(l1Chain.rpcUrls.default.http[0]);
const l2Transport = http(url);
const l1 = viem
  .createPublicClient({ chain: l1Chain, transport: l1Transport, pollingInterval })
  .extend(op.publicActionsL1());
const l2 = viem
  .createPublicClient({ chain: l2Chain, transport: l2Transport, pollingInterval })
  .extend(op.publicActionsL2());
const l1Tester = viem.createTestClient({ chain: l1Chain, mode: "anvil", transport: l1Transport });

let used = 0;
function wallets() {
  const account = accounts[used++];
  const options = { account, pollingInterval };
  return {
    address: account.address,
    onL1: viem.createWalletClient({ ...options, chain: l1Chain, transport: l1Transport }).extend(op.walletActionsL1()),
    onL2: viem.createWalletClient({ ...options, chain: l2Chain, transport: l2Transport }).extend(op.walletActionsL2()),
  };
}

async function succeeded(client, hash) {
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt;
}

// The receipts on L2 of what an L1 receipt's logs ask for.
async function onL2(receipt) {
  const hashes = op.getL2TransactionHashes({ logs: receipt.logs });
  return Promise.all(hashes.map((hash) => l2.waitForTransactionReceipt({ hash })));
}

async function withdraw(user, request) {
  const args = await l1.buildInitiateWithdrawal({ account: user.onL2.account, ...request });
  return succeeded(l2, await user.onL2.initiateWithdrawal(args));
}

async function prove(user, withdrawal, output) {
  const args = await l2.buildProveWithdrawal({ output, withdrawal });
  return succeeded(l1, await user.onL1.proveWithdrawal(args));
}

async function finalize(user, withdrawal) {
  return succeeded(l1, await user.onL1.finalizeWithdrawal({ targetChain: l2Chain, withdrawal }));
}

function status(receipt) {
  return l1.getWithdrawalStatus({ receipt, targetChain: l2Chain });
}

const skipWindows = (hash) => l2.request({ method: "megadev_skipWithdrawalWindows", params: [hash] });

await run(
  {
    async "a deposit, found by the hash that its log predicts"() {
      const user = wallets();
      const to = "0x00000000000000000000000000000000deadbeef";
      const args = await l2.buildDepositTransaction({ mint: parseEther("2"), to, value: parseEther("1") });
      const before = await l2.getBalance({ address: user.address });
      const receipt = await succeeded(l1, await user.onL1.depositTransaction(args));
      const [arrived] = await onL2(receipt);
      assert.equal(arrived.status, "success");
      assert.equal(arrived.type, "0x7e"); // viem has no name for it in a receipt
      assert.equal(await l2.getBalance({ address: to }), parseEther("1"));
      assert.equal((await l2.getBalance({ address: user.address })) - before, parseEther("1"));
      const tx = await l2.getTransaction({ hash: arrived.transactionHash });
      assert.equal(tx.type, "deposit");
      assert.equal(tx.mint, parseEther("2"));
      assert.equal(tx.isSystemTx, false);
      assert.match(tx.sourceHash, /^0x[0-9a-f]{64}$/);
    },

    async "a contract deployed from L1"() {
      const user = wallets();
      const data = viem.encodeDeployData({ ...token, args: ["Gold", "AU", 1000n] });
      const args = await l2.buildDepositTransaction({ data, isCreation: true, account: user.onL1.account });
      const [arrived] = await onL2(await succeeded(l1, await user.onL1.depositTransaction(args)));
      assert.equal(arrived.status, "success");
      const address = arrived.contractAddress;
      assert.equal(await l2.readContract({ address, abi: token.abi, functionName: "name" }), "Gold");
    },

    async "a withdrawal through each of its states"() {
      const user = wallets();
      await l1Tester.setAutomine(false); // nobody's claim gets to L1
      const receipt = await withdraw(user, { to: user.address, value: parseEther("0.5") });
      assert.equal(await status(receipt), "waiting-to-prove");
      await l1Tester.setAutomine(true);
      await l1Tester.mine({ blocks: 1 });
      const { output, withdrawal } = await l1.waitToProve({ receipt, targetChain: l2Chain });
      assert.equal(await status(receipt), "ready-to-prove");
      await prove(user, withdrawal, output);
      assert.equal(await status(receipt), "waiting-to-finalize");
      await skipWindows(withdrawal.withdrawalHash);
      assert.equal(await status(receipt), "ready-to-finalize");
      const before = await l1.getBalance({ address: user.address });
      const { gasUsed, effectiveGasPrice } = await finalize(user, withdrawal);
      const after = await l1.getBalance({ address: user.address });
      assert.equal(after - before, parseEther("0.5") - gasUsed * effectiveGasPrice);
      assert.equal(await status(receipt), "finalized");
    },

    async "a withdrawal that waits for its windows"() {
      const user = wallets();
      const receipt = await withdraw(user, { to: user.address, value: 1n });
      const { output, withdrawal } = await l1.waitToProve({ receipt, targetChain: l2Chain });
      await prove(user, withdrawal, output);
      await l1.waitToFinalize({ targetChain: l2Chain, withdrawalHash: withdrawal.withdrawalHash });
      await finalize(user, withdrawal);
      assert.equal(await status(receipt), "finalized");
    },

    async "ether through the standard bridge, there and back"() {
      const user = wallets();
      const bridge = [{
        type: "function", name: "bridgeETH", stateMutability: "payable", outputs: [],
        inputs: [{ type: "uint32", name: "gas" }, { type: "bytes", name: "data" }],
      }];
      const call = { abi: bridge, functionName: "bridgeETH", args: [200_000, "0x"] };
      const before = await l2.getBalance({ address: user.address });
      const there = await succeeded(
        l1,
        await user.onL1.writeContract({ ...call, ...l1Chain.contracts.l1StandardBridge, value: parseEther("3") }),
      );
      const [arrived] = await onL2(there);
      assert.equal(arrived.status, "success");
      assert.equal((await l2.getBalance({ address: user.address })) - before, parseEther("3"));

      const receipt = await succeeded(
        l2,
        await user.onL2.writeContract({ ...call, ...l2Chain.contracts.l2StandardBridge, value: parseEther("1") }),
      );
      const { output, withdrawal } = await l1.waitToProve({ receipt, targetChain: l2Chain });
      await prove(user, withdrawal, output);
      await skipWindows(withdrawal.withdrawalHash);
      const held = await l1.getBalance({ address: user.address });
      const { gasUsed, effectiveGasPrice } = await finalize(user, withdrawal);
      const paid = gasUsed * effectiveGasPrice;
      assert.equal((await l1.getBalance({ address: user.address })) - held, parseEther("1") - paid);
    },

    async "fees, estimated"() {
      const user = wallets();
      const request = { account: user.onL2.account, to: user.address, value: 1n };
      const l1Fee = await l2.estimateL1Fee(request);
      const total = await l2.estimateTotalFee(request);
      assert(total >= l1Fee);
      assert((await l2.estimateL1Gas(request)) >= 1600n);
      assert((await l2.getL1BaseFee()) > 0n);
      assert.equal(await l2.estimateOperatorFee(request), 0n);
    },
  },
  WAIT_SECONDS,
);

// What stock viem does against MegaETH's own contracts on L1: it cannot read their games.
import assert from "node:assert/strict";
import { bothChains, keys, load, run, url } from "./journeys.mjs";

const viem = load("viem");
const op = load("viem/op-stack");
const { privateKeyToAccount } = load("viem/accounts");

const { http } = viem;
const pollingInterval = 20;
const [alice] = keys.map(privateKeyToAccount);
const { l1Chain, l2Chain } = await bothChains();
const l1Transport = http(l1Chain.rpcUrls.default.http[0]);
const l1 = viem.createPublicClient({ chain: l1Chain, transport: l1Transport, pollingInterval }).extend(op.publicActionsL1());
const l2 = viem.createPublicClient({ chain: l2Chain, transport: http(url), pollingInterval }).extend(op.publicActionsL2());
const onL1 = viem.createWalletClient({ account: alice, chain: l1Chain, transport: l1Transport, pollingInterval }).extend(op.walletActionsL1());
const onL2 = viem.createWalletClient({ account: alice, chain: l2Chain, transport: http(url), pollingInterval }).extend(op.walletActionsL2());
const portal = l1Chain.contracts.portal.address;

async function succeeded(client, hash) {
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt;
}

let receipt;
await run(
  {
    async "games cannot be read"() {
      const args = await l1.buildInitiateWithdrawal({ account: alice, to: alice.address, value: 1n });
      receipt = await succeeded(l2, await onL2.initiateWithdrawal(args));
      await l2.request({ method: "evm_mine" });
      await assert.rejects(l1.getGames({ targetChain: l2Chain }), /l2SequenceNumber/);
      await assert.rejects(l1.getTimeToNextGame({ targetChain: l2Chain, l2BlockNumber: receipt.blockNumber }), /l2SequenceNumber/);
    },

    async "a withdrawal's status cannot be told"() {
      await assert.rejects(l1.getWithdrawalStatus({ receipt, targetChain: l2Chain }), /l2SequenceNumber/);
    },

    async "a withdrawal is proven and finalized by hand"() {
      const [withdrawal] = op.getWithdrawals(receipt);
      const [found] = (await l2.request({ method: "megadev_getGames" })).games;
      const output = { outputIndex: BigInt(found.index), outputRoot: found.outputRoot, timestamp: 0n, l2BlockNumber: BigInt(found.l2BlockNumber) };
      const args = await l2.buildProveWithdrawal({ account: alice, output, withdrawal });
      await succeeded(l1, await onL1.proveWithdrawal(args));
      const check = { address: portal, abi: viem.parseAbi(["function checkWithdrawal(bytes32,address) view"]), functionName: "checkWithdrawal", args: [withdrawal.withdrawalHash, alice.address] };
      await assert.rejects(l1.readContract(check), /proven withdrawal has not matured yet|0xa080a3c4/);
      await l2.request({ method: "megadev_skipWithdrawalWindows", params: [withdrawal.withdrawalHash] });
      await succeeded(l1, await onL1.finalizeWithdrawal({ targetChain: l2Chain, withdrawal }));
    },
  },
  60,
);

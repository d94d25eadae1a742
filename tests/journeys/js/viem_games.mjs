// The whole life of games on L1 with stock viem calls: its op-stack actions, and writeContract for what they lack.
import assert from "node:assert/strict";
import { bothChains, keys, load, run, url } from "./journeys.mjs";

const viem = load("viem");
const op = load("viem/op-stack");
const { privateKeyToAccount } = load("viem/accounts");

const { http, parseEther } = viem;
const pollingInterval = 20;
const WAIT_SECONDS = 60;
const [alice, bob, carol] = keys.map(privateKeyToAccount);

const { l1Chain, l2Chain } = await bothChains();
const l1Transport = http(l1Chain.rpcUrls.default.http[0]);
const l2Transport = http(url);
const l1 = viem.createPublicClient({ chain: l1Chain, transport: l1Transport, pollingInterval }).extend(op.publicActionsL1());
const l2 = viem.createPublicClient({ chain: l2Chain, transport: l2Transport, pollingInterval }).extend(op.publicActionsL2());
const tester = viem.createTestClient({ chain: l1Chain, mode: "anvil", transport: l1Transport });
const onL1 = viem.createWalletClient({ chain: l1Chain, transport: l1Transport, pollingInterval }).extend(op.walletActionsL1());
const onL2 = viem.createWalletClient({ chain: l2Chain, transport: l2Transport, pollingInterval }).extend(op.walletActionsL2());

const abi = viem.parseAbi([
  "function create(uint32,bytes32,bytes) payable returns (address)",
  "function gameCount() view returns (uint256)",
  "function challenge() payable",
  "function resolve() returns (uint8)",
  "function status() view returns (uint8)",
  "function claimCredit(address)",
  "function gameData() view returns (uint32,bytes32,bytes)",
  "function blacklistDisputeGame(address)",
  "function setRespectedGameType(uint32)",
  "function guardian() view returns (address)",
  "event DisputeGameCreated(address indexed, uint32 indexed, bytes32 indexed)",
  "error GameNotOver()",
  "error ClaimAlreadyChallenged()",
  "error InvalidParentGame()",
  "error IncorrectBondAmount()",
  "error GameNotFinalized()",
]);
const portal = l1Chain.contracts.portal.address;
const factory = l1Chain.contracts.disputeGameFactory.address;
const NO_PARENT = 2 ** 32 - 1;

async function succeeded(client, hash) {
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt;
}

async function write(account, address, functionName, args = [], value = 0n) {
  const { request } = await l1.simulateContract({ account, address, abi, functionName, args, value });
  return succeeded(l1, await onL1.writeContract(request));
}

async function asGuardian(functionName, args) {
  const guardian = await l1.readContract({ address: portal, abi, functionName: "guardian" });
  await tester.impersonateAccount({ address: guardian });
  return write(guardian, portal, functionName, args);
}

async function propose(account, root, number, parent = NO_PARENT) {
  const extra = viem.encodePacked(["uint256", "uint32"], [number, parent]);
  const receipt = await write(account, factory, "create", [1337, root, extra], parseEther("0.5"));
  const [log] = viem.parseEventLogs({ abi, eventName: "DisputeGameCreated", logs: receipt.logs });
  return viem.getAddress(`0x${log.topics[1].slice(26)}`);
}

async function proposeHead(account) {
  await l2.request({ method: "evm_mine" });
  const number = await l2.getBlockNumber({ cacheTime: 0 });
  const output = await l2.request({ method: "optimism_outputAtBlock", params: [viem.toHex(number)] });
  return propose(account, output.outputRoot, number);
}

async function refused(name, act) {
  await assert.rejects(act, (error) => {
    const found = error.walk?.((each) => each.data?.errorName);
    assert.equal(found?.data.errorName, name);
    return true;
  });
}

async function pass(seconds) {
  await tester.increaseTime({ seconds });
  await tester.mine({ blocks: 1 });
}

async function withdraw(account) {
  const args = await l1.buildInitiateWithdrawal({ account, to: account.address, value: 1n });
  return succeeded(l2, await onL2.initiateWithdrawal({ ...args, account }));
}

async function prove(account, receipt) {
  const { output, withdrawal } = await l1.waitToProve({ receipt, targetChain: l2Chain });
  const args = await l2.buildProveWithdrawal({ account, output, withdrawal });
  await succeeded(l1, await onL1.proveWithdrawal({ ...args, account }));
  return withdrawal;
}

const status = (receipt) => l1.getWithdrawalStatus({ receipt, targetChain: l2Chain });
const finalize = async (account, withdrawal) =>
  succeeded(l1, await onL1.finalizeWithdrawal({ account, targetChain: l2Chain, withdrawal }));

await run(
  {
    async "a withdrawal by a claim that anybody made"() {
      const receipt = await withdraw(alice);
      const game = await proposeHead(bob);
      const withdrawal = await prove(alice, receipt);
      assert.equal(await status(receipt), "waiting-to-finalize");
      await pass(61);
      if ((await l1.readContract({ address: game, abi, functionName: "status" })) === 0) await write(carol, game, "resolve");
      await l2.request({ method: "megadev_skipWithdrawalWindows", params: [withdrawal.withdrawalHash] });
      assert.equal(await status(receipt), "ready-to-finalize");
      await finalize(alice, withdrawal);
      assert.equal(await status(receipt), "finalized");
    },

    async "a blacklisted game and a retired one have to be proven again"() {
      for (const act of ["blacklist", "retire"]) {
        const receipt = await withdraw(alice);
        const withdrawal = await prove(alice, receipt);
        const found = await l2.request({ method: "megadev_getWithdrawal", params: [withdrawal.withdrawalHash] });
        if (act === "blacklist") await asGuardian("blacklistDisputeGame", [viem.getAddress(found.game)]);
        else await asGuardian("setRespectedGameType", [NO_PARENT]);
        await pass(3);
        assert.equal(await status(receipt), "ready-to-prove");
        await l2.request({ method: "evm_mine" }); // the node's proposer claims that block
        await pass(1);
        const game = (await l1.getGames({ targetChain: l2Chain }))[0];
        const output = {
          outputIndex: game.index,
          outputRoot: game.rootClaim,
          timestamp: game.timestamp,
          l2BlockNumber: game.l2BlockNumber ?? game.l2SequenceNumber,
        };
        const args = await l2.buildProveWithdrawal({ account: alice, output, withdrawal });
        await succeeded(l1, await onL1.proveWithdrawal({ ...args, account: alice }));
        await l2.request({ method: "megadev_skipWithdrawalWindows", params: [withdrawal.withdrawalHash] });
        assert.equal(await status(receipt), "ready-to-finalize");
        await finalize(alice, withdrawal);
      }
    },

    async "a type that is respected no more"() {
      const receipt = await withdraw(alice);
      const withdrawal = await prove(alice, receipt);
      await asGuardian("setRespectedGameType", [7]);
      assert.equal((await l1.getGames({ targetChain: l2Chain })).length, 0);
      const later = await withdraw(alice);
      assert.equal(await status(later), "waiting-to-prove");
      await asGuardian("setRespectedGameType", [1337]);
      await l2.request({ method: "megadev_skipWithdrawalWindows", params: [withdrawal.withdrawalHash] });
      await finalize(alice, withdrawal);
    },

    // the last one: waitToProve takes any game about a later block, lost ones and those of blocks to come as well
    async "a wrong claim is challenged, lost and pays its challenger"() {
      await l2.request({ method: "evm_mine" });
      const root = viem.keccak256("0x77");
      const game = await propose(bob, root, 900n);
      const index = Number(await l1.readContract({ address: factory, abi, functionName: "gameCount" })) - 1;
      const child = await propose(bob, root, 901n, index);
      const [found] = await l1.getGames({ targetChain: l2Chain });
      assert.equal(found.l2BlockNumber ?? found.l2SequenceNumber, 901n);
      await refused("GameNotOver", () => write(carol, game, "resolve"));
      await refused("IncorrectBondAmount", () => write(carol, game, "challenge"));
      await write(carol, game, "challenge", [], parseEther("0.25"));
      await refused("ClaimAlreadyChallenged", () => write(carol, game, "challenge", [], parseEther("0.25")));
      await pass(61);
      await write(alice, game, "resolve");
      await write(alice, child, "resolve");
      assert.equal(await l1.readContract({ address: game, abi, functionName: "status" }), 1);
      assert.equal(await l1.readContract({ address: child, abi, functionName: "status" }), 1);
      await refused("InvalidParentGame", () => propose(bob, root, 903n, index));
      await pass(2);
      const before = await l1.getBalance({ address: carol.address });
      await write(alice, game, "claimCredit", [carol.address]);
      assert.equal((await l1.getBalance({ address: carol.address })) - before, parseEther("0.75"));
    },
  },
  WAIT_SECONDS,
);

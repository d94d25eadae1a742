// What a dApp developer does with viem, each from an account of its own.
import assert from "node:assert/strict";
import { collected, keys, load, run, token, url, webSocketUrl } from "./journeys.mjs";

const viem = load("viem");
const { privateKeyToAccount } = load("viem/accounts");
const { anvil: chain } = load("viem/chains");

const { parseEther, parseGwei, http, webSocket } = viem;
const pollingInterval = 20;
const reader = viem.createPublicClient({ chain, transport: http(url), pollingInterval });
const tester = viem.createTestClient({ chain, mode: "anvil", transport: http(url) });
const accounts = keys.map(privateKeyToAccount);
const STRANGER = "0x00000000000000000000000000000000deadbeef";

let used = 0;
function wallet() {
  return viem.createWalletClient({ account: accounts[used++], chain, transport: http(url), pollingInterval });
}

async function deploy(client) {
  const hash = await client.deployContract({ ...token, args: ["Gold", "AU", 1000n] });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return { address: receipt.contractAddress, abi: token.abi };
}

// The failure of a promise, whose chain of causes has to hold an instance of `kind`.
async function failure(promise, kind) {
  let failed;
  try {
    await promise;
  } catch (error) {
    failed = error;
  }
  assert(failed instanceof viem.BaseError, `wanted ${kind.name}, got ${failed}`);
  const found = failed.walk((error) => error instanceof kind);
  assert(found, `wanted ${kind.name}, got ${failed.stack}`);
  return found;
}

await run({
  async "deploy, transfer, read, events"() {
    const client = wallet();
    const gold = await deploy(client);
    const hash = await client.writeContract({ ...gold, functionName: "transfer", args: [STRANGER, 300n] });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, "success");
    assert.equal(await reader.readContract({ ...gold, functionName: "balanceOf", args: [STRANGER] }), 300n);
    const [, event] = await reader.getContractEvents({ ...gold, eventName: "Transfer", fromBlock: 0n });
    assert.equal(event.args.value, 300n);
    assert.equal(event.transactionHash, hash);
    const filter = await reader.createContractEventFilter({ ...gold, eventName: "Transfer", fromBlock: 0n });
    assert.equal((await reader.getFilterLogs({ filter })).length, 2);
    const { result } = await reader.simulateContract({
      ...gold, functionName: "transfer", args: [STRANGER, 1n], account: client.account,
    });
    assert.equal(result, true);
  },

  async "a custom error, decoded"() {
    const client = wallet();
    const gold = await deploy(client);
    const transfer = { ...gold, functionName: "transfer", args: [STRANGER, 5000n], account: client.account };
    for (const attempt of [reader.simulateContract(transfer), client.writeContract(transfer)]) {
      const reverted = await failure(attempt, viem.ContractFunctionRevertedError);
      assert.equal(reverted.data.errorName, "InsufficientBalance");
      assert.deepEqual(reverted.data.args, [client.account.address, 1000n, 5000n]);
    }
    const hash = await client.writeContract({ ...transfer, gas: 100_000n });
    assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "reverted");
  },

  async "refusals, recognised"() {
    const client = wallet();
    const request = { to: STRANGER, value: 1n, gas: 21_000n };
    const hash = await client.sendTransaction(request);
    await reader.waitForTransactionReceipt({ hash });
    await failure(client.sendTransaction({ ...request, nonce: 0 }), viem.NonceTooLowError);
    await failure(client.sendTransaction({ ...request, value: parseEther("1000000") }), viem.InsufficientFundsError);
    await failure(client.sendTransaction({ ...request, value: parseEther("1000000"), gas: undefined }), viem.InsufficientFundsError);
    await failure(client.sendTransaction({ ...request, gas: 20_000n }), viem.IntrinsicGasTooLowError);
    await failure(client.sendTransaction({ ...request, gas: 2n ** 40n }), viem.IntrinsicGasTooHighError);
    await failure(
      client.sendTransaction({ ...request, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n, gas: undefined }),
      viem.FeeCapTooLowError,
    );
    await failure(reader.getBlock({ blockNumber: 10n ** 9n }), viem.BlockNotFoundError);
    await failure(reader.getTransaction({ hash: viem.zeroHash }), viem.TransactionNotFoundError);
    await failure(reader.getTransactionReceipt({ hash: viem.zeroHash }), viem.TransactionReceiptNotFoundError);
    await failure(reader.request({ method: "eth_nonsense" }), viem.MethodNotFoundRpcError);
  },

  async "blocks and events, watched over WebSocket"() {
    const client = wallet();
    const gold = await deploy(client);
    const socket = viem.createPublicClient({ chain, transport: webSocket(webSocketUrl) });
    const [blocks, events, pending] = [collected(), collected(), collected()];
    const onError = (error) => blocks.add(error);
    const stops = [
      socket.watchBlocks({ onBlock: blocks.add, onError }),
      socket.watchContractEvent({ ...gold, eventName: "Transfer", onLogs: (logs) => logs.forEach(events.add), onError }),
      socket.watchPendingTransactions({ onTransactions: (hashes) => hashes.forEach(pending.add), onError }),
    ];
    // the subscriptions were sent on this connection, so they stand once it answers
    await socket.getChainId();
    const hash = await client.writeContract({ ...gold, functionName: "transfer", args: [STRANGER, 7n] });
    const [block] = await blocks.reaches(1);
    const [event] = await events.reaches(1);
    const [announced] = await pending.reaches(1);
    assert.equal(event.args.value, 7n);
    assert.equal(event.transactionHash, hash);
    assert.equal(block.number, event.blockNumber);
    assert.equal(announced, hash);
    stops.forEach((stop) => stop());
    (await socket.transport.getRpcClient()).close();
  },

  async "several reads at once by multicall"() {
    const client = wallet();
    const gold = await deploy(client);
    const contracts = ["name", "symbol", "totalSupply"].map((functionName) => ({ ...gold, functionName }));
    contracts.push({ ...gold, functionName: "transfer", args: [STRANGER, 1n] });
    const answers = await reader.multicall({ contracts, multicallAddress: "0xcA11bde05977b3631167028862bE2a173976CA11" });
    assert.deepEqual(answers.slice(0, 3).map(({ result }) => result), ["Gold", "AU", 1000n]);
    assert.equal(answers[3].status, "failure");
    const batching = viem.createPublicClient({ chain, transport: http(url, { batch: true }) });
    const balances = await Promise.all(accounts.map(({ address }) => batching.getBalance({ address })));
    assert(balances.every((balance) => balance > 0n));
  },

  async "typed data and messages, signed by the node and verified"() {
    const { account } = wallet();
    const remote = viem.createWalletClient({ account: account.address, chain, transport: http(url) });
    const data = {
      domain: { name: "Mail", version: "1", chainId: chain.id },
      types: { Letter: [{ name: "to", type: "address" }, { name: "pages", type: "string[]" }] },
      primaryType: "Letter",
      message: { to: STRANGER, pages: ["one", "two"] },
    };
    const signature = await remote.signTypedData(data);
    assert.equal(signature, await account.signTypedData(data));
    assert(await viem.verifyTypedData({ ...data, address: account.address, signature }));
    const greeting = await remote.signMessage({ message: "hello" });
    assert.equal(greeting, await account.signMessage({ message: "hello" }));
    assert(await reader.verifyMessage({ address: account.address, message: "hello", signature: greeting }));
    const hash = await remote.sendTransaction({ to: STRANGER, value: 1n });
    assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
  },

  async "fees of EIP-1559, estimated and paid"() {
    const client = wallet();
    const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas();
    const { baseFeePerGas } = await reader.getBlock();
    assert(maxFeePerGas > maxPriorityFeePerGas && maxFeePerGas >= baseFeePerGas);
    const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] });
    assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1);
    const tip = parseGwei("3");
    const hash = await client.sendTransaction({ to: STRANGER, maxPriorityFeePerGas: tip, maxFeePerGas: maxFeePerGas + tip });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    const block = await reader.getBlock({ blockNumber: receipt.blockNumber });
    assert.equal(receipt.effectiveGasPrice, block.baseFeePerGas + tip);
    assert.equal(receipt.type, "eip1559");
  },

  async "an account with code (EIP-7702)"() {
    const client = wallet();
    const gold = await deploy(client);
    const authorization = await client.signAuthorization({ contractAddress: gold.address, executor: "self" });
    const data = viem.encodeFunctionData({ ...gold, functionName: "approve", args: [STRANGER, 5n] });
    const hash = await client.sendTransaction({ authorizationList: [authorization], to: client.account.address, data });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    assert.equal(receipt.type, "eip7702");
    const code = await reader.getCode({ address: client.account.address });
    assert.equal(code, viem.concat(["0xef0100", gold.address.toLowerCase()]));
    const allowance = { functionName: "allowance", args: [client.account.address, STRANGER] };
    assert.equal(await reader.readContract({ ...gold, ...allowance, address: client.account.address }), 5n);
    assert.equal(await reader.readContract({ ...gold, ...allowance }), 0n);
    const { authorizationList } = await reader.getTransaction({ hash });
    assert.equal(viem.getAddress(authorizationList[0].address), viem.getAddress(gold.address));
  },

  async "a blob transaction (EIP-4844)"() {
    const client = wallet();
    // The blob of zeros commits to the point at infinity, and so does each of its proofs: no trusted setup is needed.
    const infinity = new Uint8Array(48);
    infinity[0] = 0xc0;
    const kzg = { blobToKzgCommitment: () => infinity, computeBlobKzgProof: () => infinity };
    const blob = new Uint8Array(131072);
    const hash = await client.sendTransaction({ blobs: [blob], kzg, to: STRANGER, maxFeePerBlobGas: parseGwei("30") });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, "success");
    assert.equal(receipt.type, "eip4844");
    assert.equal(receipt.blobGasUsed, 131072n);
    const { blobVersionedHashes } = await reader.getTransaction({ hash });
    assert.equal(blobVersionedHashes.length, 1);
  },

  async "a node under control"() {
    await tester.setBalance({ address: STRANGER, value: parseEther("5") });
    const snapshot = await tester.snapshot();
    const block = await reader.getBlock();
    await tester.setNextBlockTimestamp({ timestamp: block.timestamp + 1000n });
    await tester.mine({ blocks: 2 });
    assert.equal((await reader.getBlock({ blockNumber: block.number + 1n })).timestamp, block.timestamp + 1000n);
    await tester.impersonateAccount({ address: STRANGER });
    const stranger = viem.createWalletClient({ account: STRANGER, chain, transport: http(url) });
    const hash = await stranger.sendTransaction({ to: accounts[0].address, value: parseEther("1") });
    assert.equal((await reader.waitForTransactionReceipt({ hash })).from, STRANGER);
    await tester.stopImpersonatingAccount({ address: STRANGER });
    await tester.revert({ id: snapshot });
    assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), block.number);
    assert.equal(await reader.getBalance({ address: STRANGER }), parseEther("5"));
  },
});

// What a dApp developer does with ethers, each from an account of its own.
import assert from "node:assert/strict";
import { collected, keys, load, run, token, url, webSocketUrl } from "./journeys.mjs";

const ethers = load("ethers");

const provider = new ethers.JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
provider.pollingInterval = 20;
const STRANGER = "0x00000000000000000000000000000000DeaDBeef";

let used = 0;
// a new signer with the next key; its nonces are its own
function wallet() {
  return new ethers.Wallet(keys[used++], provider);
}

async function deploy(signer) {
  const contract = await new ethers.ContractFactory(token.abi, token.bytecode, signer).deploy("Gold", "AU", 1000n);
  return contract.waitForDeployment();
}

async function failure(promise, code) {
  let failed;
  try {
    await promise;
  } catch (error) {
    failed = error;
  }
  assert.equal(failed?.code, code, failed?.stack ?? `wanted ${code}, nothing failed`);
  return failed;
}

await run({
  async "deploy, transfer, read, events"() {
    const gold = await deploy(wallet());
    const sent = await gold.transfer(STRANGER, 300n);
    const receipt = await sent.wait();
    assert.equal(receipt.status, 1);
    assert.equal(receipt.logs[0].fragment.name, "Transfer");
    assert.equal(await gold.balanceOf(STRANGER), 300n);
    const events = await gold.queryFilter(gold.filters.Transfer(), 0);
    assert.deepEqual(events.map((event) => event.args.value), [1000n, 300n]);
  },

  async "a custom error, decoded"() {
    const signer = wallet();
    const gold = await deploy(signer);
    const { revert } = await failure(gold.transfer.staticCall(STRANGER, 5000n), "CALL_EXCEPTION");
    const { data } = await failure(gold.transfer(STRANGER, 5000n), "CALL_EXCEPTION");
    for (const error of [revert, gold.interface.parseError(data)]) {
      assert.equal(error.name, "InsufficientBalance");
      assert.deepEqual([...error.args], [signer.address, 1000n, 5000n]);
    }
    const sent = await gold.transfer(STRANGER, 5000n, { gasLimit: 100_000 });
    assert.equal((await failure(sent.wait(), "CALL_EXCEPTION")).receipt.status, 0);
  },

  async "refusals, recognised"() {
    const signer = wallet();
    const request = { to: STRANGER, value: 1n, gasLimit: 21_000n };
    await (await signer.sendTransaction(request)).wait();
    await failure(signer.sendTransaction({ ...request, nonce: 0 }), "NONCE_EXPIRED");
    await failure(signer.sendTransaction({ ...request, value: 10n ** 30n }), "INSUFFICIENT_FUNDS");
    await failure(signer.sendTransaction({ to: STRANGER, value: 10n ** 30n }), "INSUFFICIENT_FUNDS");
    await provider.send("evm_setAutomine", [false]);
    try {
      const nonce = await signer.getNonce();
      const waiting = await signer.sendTransaction({ ...request, nonce });
      assert.equal((await provider.getTransaction(waiting.hash)).blockNumber, null);
      await failure(signer.sendTransaction({ ...request, nonce, value: 2n }), "REPLACEMENT_UNDERPRICED");
    } finally {
      await provider.send("evm_setAutomine", [true]);
    }
    assert.equal(await provider.getBlock(10 ** 9), null);
    assert.equal(await provider.getTransactionReceipt(ethers.ZeroHash), null);
    await failure(provider.send("eth_nonsense", []), "UNSUPPORTED_OPERATION");
  },

  async "blocks and events, watched over WebSocket"() {
    const gold = await deploy(wallet());
    const socket = new ethers.WebSocketProvider(webSocketUrl);
    const [blocks, events] = [collected(), collected()];
    await socket.on("block", blocks.add);
    const watched = gold.connect(socket);
    await watched.on("Transfer", (from, to, value, event) => events.add({ value, event }));
    // the subscriptions were sent on this connection, so they stand once it answers
    await socket.getBlockNumber();
    const sent = await gold.transfer(STRANGER, 7n);
    const [number] = await blocks.reaches(1);
    const [{ value, event }] = await events.reaches(1);
    assert.equal(value, 7n);
    assert.equal(event.log.transactionHash, sent.hash);
    assert.equal(event.log.blockNumber, number);
    await socket.destroy();
  },

  async "typed data and messages, signed by the node and verified"() {
    const { address } = wallet();
    const remote = await provider.getSigner(address);
    const domain = { name: "Mail", version: "1", chainId: 31337 };
    const types = { Letter: [{ name: "to", type: "address" }, { name: "pages", type: "string[]" }] };
    const letter = { to: STRANGER, pages: ["one", "two"] };
    const signature = await remote.signTypedData(domain, types, letter);
    assert.equal(ethers.verifyTypedData(domain, types, letter, signature), address);
    assert.equal(ethers.verifyMessage("hello", await remote.signMessage("hello")), address);
    const receipt = await (await remote.sendTransaction({ to: STRANGER, value: 1n })).wait();
    assert.equal(receipt.from, address);
  },

  async "fees of EIP-1559, estimated and paid"() {
    const signer = wallet();
    const fees = await provider.getFeeData();
    assert(fees.maxFeePerGas > fees.maxPriorityFeePerGas && fees.gasPrice > 0n);
    const tip = 3n * 10n ** 9n;
    const offer = { maxPriorityFeePerGas: tip, maxFeePerGas: fees.maxFeePerGas + tip };
    const receipt = await (await signer.sendTransaction({ to: STRANGER, ...offer })).wait();
    const block = await provider.getBlock(receipt.blockNumber);
    assert.equal(receipt.gasPrice, block.baseFeePerGas + tip);
  },

  async "an account with code (EIP-7702)"() {
    const signer = wallet();
    const gold = await deploy(signer);
    const nonce = await signer.getNonce();
    const authorization = await signer.authorize({ address: await gold.getAddress(), nonce: nonce + 1 });
    const data = gold.interface.encodeFunctionData("approve", [STRANGER, 5n]);
    const request = { type: 4, to: signer.address, data, nonce, authorizationList: [authorization] };
    await (await signer.sendTransaction(request)).wait();
    assert.equal(await gold.attach(signer.address).allowance(signer.address, STRANGER), 5n);
    const code = await provider.getCode(signer.address);
    assert.equal(code, "0xef0100" + (await gold.getAddress()).slice(2).toLowerCase());
  },
});

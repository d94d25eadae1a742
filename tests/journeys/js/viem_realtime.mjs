// What a dApp developer does with viem on a chain that makes transactions known before their block.
import assert from "node:assert/strict";
import { collected, keys, load, run, token, url, webSocketUrl } from "./journeys.mjs";

const viem = load("viem");
const { privateKeyToAccount } = load("viem/accounts");

const { http, webSocket } = viem;
const reader = viem.createPublicClient({ transport: http(url) });
const chain = viem.defineChain({
  id: await reader.getChainId(),
  name: "megadev",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const accounts = keys.map(privateKeyToAccount);
const STRANGER = "0x00000000000000000000000000000000deadbeef";
const UNSEALED = `0x${"ff".repeat(32)}`;

let used = 0;
function wallet() {
  return viem.createWalletClient({ account: accounts[used++], chain, transport: http(url) });
}

await run({
  async "a receipt in one request"() {
    const client = wallet();
    const receipt = await client.sendTransactionSync({ to: STRANGER, value: 1n });
    assert.equal(receipt.status, "success");
    assert.equal(receipt.blockHash, UNSEALED);
    const request = await client.prepareTransactionRequest({ to: STRANGER, value: 1n });
    const serializedTransaction = await client.signTransaction(request);
    assert.equal((await client.sendRawTransactionSync({ serializedTransaction })).from, client.account.address.toLowerCase());
  },

  async "every stream, over WebSocket"() {
    const client = wallet();
    const { contractAddress } = await client.deployContract({ ...token, args: ["Gold", "AU", 1000n] })
      .then((hash) => reader.waitForTransactionReceipt({ hash, pollingInterval: 20 }));
    const socket = viem.createPublicClient({ chain, transport: webSocket(webSocketUrl) });
    const lists = {};
    const subscribe = async (name, params) => {
      const list = (lists[name] = collected());
      await socket.transport.subscribe({ params, onData: ({ result }) => list.add(result), onError: list.add });
    };
    await subscribe("miniBlocks", ["miniBlocks"]);
    await subscribe("stateChanges", ["stateChanges", [contractAddress]]);
    await subscribe("logs", ["logs", { address: contractAddress, fromBlock: "pending", toBlock: "pending" }]);
    await subscribe("newHeads", ["newHeads"]);
    await subscribe("newPendingTransactions", ["newPendingTransactions"]);
    await subscribe("lostPreconfirmations", ["lostPreconfirmations"]);
    const hash = await client.writeContract({
      address: contractAddress, abi: token.abi, functionName: "transfer", args: [STRANGER, 7n], gas: 200_000n,
    });
    assert.equal((await lists.newPendingTransactions.reaches(1))[0], hash);
    const [log] = await lists.logs.reaches(1);
    assert.equal(log.transactionHash, hash);
    assert.equal(log.blockHash, UNSEALED);
    const [change] = await lists.stateChanges.reaches(1);
    assert.equal(change.address, contractAddress);
    assert.equal(Object.keys(change.storage).length, 2);
    const [mini] = await lists.miniBlocks.reaches(1);
    assert.equal(mini.transactions[0].hash, hash);
    assert.equal(mini.receipts[0].transactionHash, hash);
    const digest = viem.keccak256(viem.toRlp([
      mini.block_number, mini.block_timestamp, mini.index, mini.mini_block_number, mini.mini_block_timestamp, mini.gas_used,
    ].map((number) => (number === "0x0" ? "0x" : viem.numberToHex(BigInt(number), { size: Math.ceil((number.length - 2) / 2) })))
      .concat(mini.transaction_root, mini.receipt_root)));
    const { r, s, yParity } = mini.signature;
    const signature = viem.serializeSignature({
      r: viem.pad(r), s: viem.pad(s), yParity: Number(yParity),
    });
    const signer = await viem.recoverAddress({ hash: digest, signature });
    const sequencer = await reader.request({ method: "megadev_sequencerAt", params: [mini.block_number] });
    assert.equal(signer.toLowerCase(), sequencer);
    let head;
    for (let count = 1; head === undefined; count++) {
      head = (await lists.newHeads.reaches(count)).find(({ number }) => number === mini.block_number);
    }
    assert(BigInt(head.miniBlockCount) >= 1n);
    assert.equal(head.signature.length, 132);
    (await socket.transport.getRpcClient()).close();
  },
});

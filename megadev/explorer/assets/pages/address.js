// One address: balance, transactions both ways, and for a contract its source, forms and storage.

import { decode, encode, parse, selector, show as showValue, signature, typeOf } from "../abi.js";
import { attempt, copy, facts, fill, h, note, section, table } from "../dom.js";
import { bytes, ether, group, hex, num, parseUnits } from "../format.js";
import * as links from "../links.js";
import { tokenFacts } from "./token.js";
import { onDemand } from "./tx.js";

const PAGE = 25;
const IMPLEMENTATION = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

export async function show(place, { chain, rest: [address], canWrite }) {
  const [balance, nonce, code, artifact, creator, slot] = await Promise.all([
    chain.call("eth_getBalance", address, "latest"), chain.call("eth_getTransactionCount", address, "latest"), chain.call("eth_getCode", address, "latest"),
    chain.ask(null, "megadev_getArtifact", address), chain.ask(null, "ots_getContractCreator", address), chain.ask("0x0", "eth_getStorageAt", address, IMPLEMENTATION, "latest")]);
  const delegate = code.startsWith("0xef0100") && code.length === 48 ? `0x${code.slice(8)}` : null;
  const implementation = BigInt(slot) ? `0x${slot.slice(26)}` : null;
  const name = artifact?.name ?? chain.names.get(address.toLowerCase());
  const token = code === "0x" ? null : await tokenFacts(chain, address);
  place.append(h("h1", {}, code === "0x" || delegate ? "Account " : "Contract ", name ? `${name} ` : "", h("span", { class: "mono" }, address), copy(address)), facts([
    ["Balance", ether(balance)],
    ["Nonce", num(nonce)],
    ["Code", code === "0x" ? null : `${group(bytes(code))} bytes`],
    ["Delegates to (EIP-7702)", delegate && links.address(chain, delegate, true)],
    ["Proxy of (ERC-1967)", implementation && links.address(chain, implementation, true)],
    ["Source", artifact && `${artifact.source} · ${artifact.language} ${artifact.compiler}`],
    ["Created by", creator && h("span", {}, links.address(chain, creator.creator), " in ", links.tx(chain, creator.hash))],
    ["Token", token?.supply !== null && token?.supply !== undefined && token.name ? links.link(chain, "token", address, `${token.name} (${token.symbol})`) : null],
  ]));
  const behind = implementation && (await chain.ask(null, "megadev_getArtifact", implementation));
  const abi = [...(artifact?.abi ?? []), ...(behind?.abi ?? [])];
  if (code !== "0x") place.append(forms(chain, address, abi, canWrite));
  place.append(section("Transactions", transactions(chain, address)));
  place.append(onDemand("Internal transactions", () => internal(chain, address)));
  if (code !== "0x") {
    place.append(onDemand("Storage", () => storage(chain, address)), onDemand("Code", async () => h("pre", {}, code)));
    if (artifact) place.append(onDemand("ABI", async () => h("pre", {}, JSON.stringify(artifact.abi, null, 2))));
  }
}

function transactions(chain, address) {
  const body = h("div", {}, "…");
  const load = async (before) => {
    const page = await chain.ask(null, "ots_searchTransactionsBefore", address, before, PAGE);
    if (page === null) return fill(body, h("p", { class: "soft" }, "This node does not search transactions by address."));
    const rows = page.txs.map((tx, i) => [page.receipts[i].status === "0x0" ? h("span", { class: "bad" }, "✗") : h("span", { class: "good" }, "✓"), links.block(chain, num(tx.blockNumber)), links.tx(chain, tx.hash), links.address(chain, tx.from), links.address(chain, tx.to ?? page.receipts[i].contractAddress), ether(tx.value)]);
    const oldest = page.txs.length ? num(page.txs[page.txs.length - 1].blockNumber) : 0;
    return fill(body, table(["", "Block", "Hash", "From", "To", "Value"], rows),
      h("p", { class: "command" }, !page.firstPage && h("button", { type: "button", onclick: () => attempt(() => load(0)) }, "Newest"), !page.lastPage && h("button", { type: "button", onclick: () => attempt(() => load(oldest)) }, "Older")));
  };
  attempt(() => load(0));
  return body;
}

async function internal(chain, address) {
  const [sent, received] = await Promise.all([chain.call("trace_filter", { fromAddress: [address], count: 100 }), chain.call("trace_filter", { toAddress: [address], count: 100 })]);
  const inner = [...sent, ...received].filter((trace) => trace.traceAddress.length && trace.type === "call").sort((a, b) => b.blockNumber - a.blockNumber);
  return table(["Block", "Transaction", "From", "To", "Value"], inner.slice(0, 100).map((trace) => [links.block(chain, trace.blockNumber), links.tx(chain, trace.transactionHash), links.address(chain, trace.action.from), links.address(chain, trace.action.to), ether(trace.action.value)]));
}

async function storage(chain, address) {
  const number = await chain.call("eth_blockNumber");
  const block = await chain.call("eth_getBlockByNumber", number, false);
  const found = await chain.call("debug_storageRangeAt", block.hash, block.transactions.length, address, `0x${"0".repeat(64)}`, 100);
  return table(["Slot", "Value"], Object.entries(found.storage).map(([hashed, { key, value }]) => [h("code", {}, key ?? `keccak ${hashed}`), h("code", {}, value)]), "It is empty.");
}

// -- forms of a contract ------------------------------------------------------------------------------------------

function forms(chain, address, abi, canWrite) {
  const functions = abi.filter((item) => item.type === "function");
  const reads = functions.filter((item) => ["view", "pure"].includes(item.stateMutability));
  const writes = functions.filter((item) => !reads.includes(item));
  if (functions.length === 0) return section("Functions", h("p", { class: "soft" }, "The ABI is not known. Start the node in the project's folder, or give it with megadev_addArtifact."));
  const at = h("input", { value: "latest", "aria-label": "Block", size: 10 });
  return h("div", { class: "columns" },
    section("Read", h("form", { class: "inline", onsubmit: (event) => event.preventDefault() }, h("label", {}, "at block ", at)), reads.map((item) => readForm(chain, address, item, at))),
    canWrite && section("Write", writes.length ? writeForms(chain, address, writes) : h("p", { class: "soft" }, "It has no function that writes.")));
}

function fields(item) {
  return (item.inputs ?? []).map((input, i) => h("input", { placeholder: `${input.name || `argument ${i}`}: ${typeOf(input)}`, "aria-label": `${item.name} ${input.name || i} ${typeOf(input)}` }));
}

const dataOf = (item, inputs) => selector(item) + encode(item.inputs, item.inputs.map((input, i) => parse(input, inputs[i].value)));

function readForm(chain, address, item, at) {
  const inputs = fields(item);
  const answer = h("output", { class: "mono" });
  const ask = () => attempt(async () => {
    const block = /^\d+$/.test(at.value) ? hex(at.value) : at.value;
    const data = await chain.call("eth_call", { to: address, data: dataOf(item, inputs) }, block);
    const values = decode(item.outputs, data);
    fill(answer, item.outputs.map((output, i) => h("div", {}, output.name ? h("span", { class: "soft" }, `${output.name}: `) : "", output.type === "address" ? links.address(chain, values[i], true) : showValue(output, values[i]))));
  });
  const form = h("form", { class: "inline", onsubmit: (event) => { event.preventDefault(); ask(); } }, h("code", {}, item.name), inputs, h("button", {}, "Read"), answer);
  if (inputs.length === 0) ask();
  return form;
}

function writeForms(chain, address, writes) {
  const sender = h("input", { list: "senders", placeholder: "0x…", "aria-label": "Sender" });
  const list = h("datalist", { id: "senders" });
  const wallet = globalThis.ethereum ? h("label", {}, h("input", { type: "checkbox" }), " through the browser's wallet") : null;
  chain.ask([], "eth_accounts").then((accounts) => {
    sender.value ||= accounts[0] ?? "";
    fill(list, accounts.map((account, i) => h("option", { value: account }, `account ${i}`)));
  });
  const send = async (item, inputs, value) => {
    const request = { to: address, from: sender.value, data: dataOf(item, inputs) };
    if (value?.value) request.value = hex(parseUnits(value.value));
    const isOfWallet = wallet?.querySelector("input").checked;
    if (!isOfWallet) await impersonate(chain, request.from);
    const hash = isOfWallet ? await viaWallet(chain, request) : await chain.call("eth_sendTransaction", request);
    note(`sent ${hash}`);
    location.hash = links.to(chain, "tx", hash);
  };
  return [h("form", { class: "inline", onsubmit: (event) => event.preventDefault() }, h("label", {}, "as ", sender), list, wallet), writes.map((item) => {
    const inputs = fields(item);
    const value = item.stateMutability === "payable" ? h("input", { placeholder: "value in ETH", "aria-label": `${item.name} value in ETH` }) : null;
    return h("form", { class: "inline", title: signature(item), onsubmit: (event) => { event.preventDefault(); attempt(() => send(item, inputs, value)); } }, h("code", {}, item.name), inputs, value, h("button", {}, "Write"));
  })];
}

/** Any address may send: one without a key here is impersonated. */
async function impersonate(chain, sender) {
  const accounts = await chain.ask([], "eth_accounts");
  if (!accounts.some((account) => account.toLowerCase() === sender.toLowerCase())) await chain.call("anvil_impersonateAccount", sender);
}

async function viaWallet(chain, request) {
  const [from] = await globalThis.ethereum.request({ method: "eth_requestAccounts" });
  const chainId = await chain.call("eth_chainId");
  await globalThis.ethereum.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  return globalThis.ethereum.request({ method: "eth_sendTransaction", params: [{ ...request, from }] });
}

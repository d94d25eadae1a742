// One address: balance, transactions both ways, and for a contract its source, forms and storage.

import { decode, encode, parse, selector, show as showValue, signature, typeOf } from "../abi.js";
import { attempt, copy, facts, fill, h, note, section, table } from "../dom.js";
import { reloadList } from "../happenings.js";
import { abiOf, callName, nameOf, proxyOf } from "../known.js";
import { big, bytes, ether, units, group, hex, num, parseUnits } from "../format.js";
import * as links from "../links.js";
import { tokenFacts } from "./token.js";
import { same } from "../same.js";
import { onDemand, value as showTyped, variable } from "./tx.js";

const PAGE = 25;
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

export async function show(place, { chain, rest: [address], canWrite }) {
  const [balance, nonce, code, artifact, creator] = await Promise.all([
    chain.call("eth_getBalance", address, "latest"), chain.call("eth_getTransactionCount", address, "latest"), chain.call("eth_getCode", address, "latest"),
    chain.ask(null, "megadev_getArtifact", address), chain.ask(null, "ots_getContractCreator", address)]);
  const proxy = code === "0x" ? null : await proxyOf(chain, address);
  const isAccount = code === "0x" || proxy?.kind === "EIP-7702";
  const name = artifact?.name ?? chain.names.get(address.toLowerCase());
  const token = code === "0x" ? null : await tokenFacts(chain, address);
  place.append(h("h1", {}, isAccount ? "Account " : "Contract ", name ? `${name} ` : "", h("span", { class: "mono" }, address), copy(address)), facts([
    ["Balance", ether(balance)],
    ["Nonce", num(nonce)],
    ["Code", code === "0x" ? null : `${group(bytes(code))} bytes`],
    [isAccount ? "Delegates to" : "Proxy of", proxy && [proxy.implementations.map((each) => h("div", {}, links.address(chain, each, true))), proxy.implementations.length ? null : "the beacon does not tell ", h("span", { class: "tag" }, proxy.kind)]],
    ["Beacon", proxy?.beacon && links.address(chain, proxy.beacon, true)],
    ["Proxy's admin", proxy?.admin && links.address(chain, proxy.admin, true)],
    ["Source", artifact && `${artifact.source} · ${artifact.language} ${artifact.compiler}`],
    ["Created by", creator && h("span", {}, links.address(chain, creator.creator), " in ", links.tx(chain, creator.hash))],
    ["Token", token?.supply !== null && token?.supply !== undefined && token.name ? links.link(chain, "token", address, `${token.name} (${token.symbol})`) : null],
    ["Proxies of it", proxies(chain, address)],
  ]));
  const abi = code === "0x" ? [] : await abiOf(chain, address);
  if (code !== "0x") place.append(forms(chain, address, abi, canWrite));
  place.append(section("Transactions", transactions(chain, address)));
  place.append(onDemand("Internal transactions", () => internal(chain, address)), onDemand("Tokens", () => tokens(chain, address)));
  if (code !== "0x") {
    place.append(onDemand("Source", () => sources(chain, address)), onDemand("Storage", () => storage(chain, address)), onDemand("Deployment and hot reload", () => deployment(chain, address)), onDemand("Code", async () => h("pre", {}, code)));
    if (artifact) place.append(onDemand("ABI", async () => h("pre", {}, JSON.stringify(artifact.abi, null, 2))));
  }
}

function transactions(chain, address) {
  const body = h("div", {}, "…");
  const load = async (before) => {
    let page;
    try {
      page = await chain.call("ots_searchTransactionsBefore", address, before, PAGE);
    } catch (problem) {
      return fill(body, h("p", { class: "soft" }, problem.isMissing ? "This node does not search transactions by address." : problem.message));
    }
    const rows = page.txs.map((tx, i) => [page.receipts[i].status === "0x0" ? h("span", { class: "bad" }, "✗") : h("span", { class: "good" }, "✓"), links.block(chain, num(tx.blockNumber)), links.tx(chain, tx.hash), callName(chain, tx), links.address(chain, tx.from), links.address(chain, tx.to ?? page.receipts[i].contractAddress), ether(tx.value)]);
    const oldest = page.txs.length ? num(page.txs[page.txs.length - 1].blockNumber) : 0;
    return fill(body, table(["Status", "Block", "Hash", "Call", "From", "To", "Value"], rows),
      h("p", { class: "command" }, !page.firstPage && h("button", { type: "button", onclick: () => attempt(() => load(0)) }, "Newest"), !page.lastPage && h("button", { type: "button", onclick: () => attempt(() => load(oldest)) }, "Older")));
  };
  attempt(() => load(0));
  return body;
}

async function internal(chain, address) {
  const [sent, received] = await Promise.all([chain.call("trace_filter", { fromAddress: [address], count: 100 }), chain.call("trace_filter", { toAddress: [address], count: 100 })]);
  const inner = [...sent, ...received].filter((trace) => trace.traceAddress.length).sort((a, b) => b.blockNumber - a.blockNumber);
  const rows = inner.slice(0, 100).map(({ action, result, ...trace }) => [
    links.block(chain, trace.blockNumber), links.tx(chain, trace.transactionHash), trace.error ? h("span", { class: "bad", title: trace.error }, "✗") : h("span", { class: "good" }, "✓"), action.callType ?? trace.type,
    callName(chain, { to: action.to ?? null, input: action.input }), links.address(chain, action.from ?? action.address), links.address(chain, action.to ?? result?.address ?? action.refundAddress), ether(action.value ?? action.balance ?? "0x0")]);
  return table(["Block", "Transaction", "Status", "Type", "Call", "From", "To", "Value"], rows, "It has none.");
}

async function storage(chain, address, start = 0) {
  const named = await chain.ask(null, "megadev_getStorage", address, hex(start));
  if (named !== null) {
    const rows = named.slots.flatMap(({ slot, value, parts }) => parts.length ? parts.map((part) => [variable(chain, part.name, slot), part.type, showTyped(chain, part.type, part.value)]) : [[h("code", {}, slot), "", h("code", {}, value)]]);
    const later = start + named.slots.length;
    const rest = h("div", {});
    return [!named.layoutKnown && named.total > 0 && h("p", { class: "soft" }, "The layout is not known. Start the node with --watch, or have the compiler write storageLayout."),
      table(["Variable", "Type", "Value"], rows, "It is empty."),
      later < named.total && [h("button", { type: "button", onclick: (event) => attempt(async () => { event.target.remove(); fill(rest, await storage(chain, address, later)); }) }, `${group(named.total - later)} more slots`), rest]];
  }
  const number = await chain.call("eth_blockNumber");
  const block = await chain.call("eth_getBlockByNumber", number, false);
  const found = await chain.call("debug_storageRangeAt", block.hash, block.transactions.length, address, `0x${"0".repeat(64)}`, 100);
  return table(["Slot", "Value"], Object.entries(found.storage).map(([hashed, { key, value }]) => [h("code", {}, key ?? `keccak ${hashed}`), h("code", {}, value)]), "It is empty.");
}

/** The source files behind tabs. */
async function sources(chain, address) {
  const files = Object.entries(await chain.call("megadev_getSources", address));
  if (files.length === 0) return h("p", { class: "soft" }, "The source is not known. Start the node in the project's folder, or name it with --project.");
  const shown = h("div", { role: "tabpanel", "aria-label": "Source" });
  const tabs = files.map(([path, text]) => h("button", {
    type: "button", role: "tab", "aria-selected": "false",
    onclick: (event) => {
      for (const tab of tabs) tab.setAttribute("aria-selected", String(tab === event.currentTarget));
      fill(shown, h("div", { class: "source", tabindex: 0, role: "region", "aria-label": path }, text.split("\n").map((line, i) => h("div", {}, h("span", { class: "number" }, i + 1), h("code", {}, line || " ")))));
    },
  }, path));
  tabs[0].click();
  return [h("div", { class: "command", role: "tablist", "aria-label": "Files" }, tabs), shown];
}

/** The tokens that an account was ever sent, with what it has of them now. */
async function tokens(chain, address) {
  const padded = `0x${"0".repeat(24)}${address.slice(2).toLowerCase()}`;
  const received = await chain.call("eth_getLogs", { topics: [TRANSFER, null, padded], fromBlock: "0x0", toBlock: "latest" });
  const found = [...new Set(received.map((log) => log.address))].slice(0, 200);
  const rows = await Promise.all(found.map(async (token) => {
    const [facts, balance] = await Promise.all([tokenFacts(chain, token), chain.ask("0x0", "eth_call", { to: token, data: `0x70a08231${padded.slice(2)}` }, "latest")]);
    return [links.link(chain, "token", token, facts.symbol), links.address(chain, token), units(big(balance), facts.decimals)];
  }));
  return table(["Token", "Contract", "#Balance"], rows, "It never received any.");
}

async function deployment(chain, address) {
  const all = await chain.ask(null, "megadev_listDeployments");
  if (all === null) return h("p", { class: "soft" }, "Start the node with --watch: contracts then follow their sources.");
  const found = all.filter((each) => each.address.toLowerCase() === address.toLowerCase() && (each.chain ?? chain.name) === chain.name);
  const last = chain.reloads.filter(({ reload }) => JSON.stringify(reload).toLowerCase().includes(address.toLowerCase()));
  return found.length ? [found.map((each) => [h("p", {}, nameOf(each)), h("pre", {}, JSON.stringify(each, null, 2))]), h("h2", {}, "Last reloads"), reloadList(last)] : h("p", { class: "soft" }, "It is none of the project's contracts.");
}

function proxies(chain, address) {
  const found = [...chain.contracts.values()].filter((each) => each.implementation?.toLowerCase() === address.toLowerCase());
  return found.length ? found.map((each) => h("div", {}, links.address(chain, each.address, true))) : null;
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
    const equivalent = same(chain, () => {
      const request = { from: sender.value, to: address, data: dataOf(item, inputs), ...(value?.value && { value: hex(parseUnits(value.value)) }) };
      const words = inputs.map((input) => ` '${input.value.replaceAll("'", "'\\''")}'`).join("");
      return [`cast send --unlocked --rpc-url ${chain.url} --from ${request.from} ${address} '${signature(item)}'${words}${value?.value ? ` --value ${value.value}ether` : ""}`, "eth_sendTransaction", [request]];
    }, [sender, ...inputs, ...(value ? [value] : [])]);
    return h("form", { class: "inline", title: signature(item), onsubmit: (event) => { event.preventDefault(); attempt(() => send(item, inputs, value)); } }, h("code", {}, item.name), inputs, value, h("button", {}, "Write"), equivalent);
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

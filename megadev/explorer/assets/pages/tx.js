// One transaction: what it asked for, what it did, what it cost, what was promised about it.

import { decode, selector, show as showValue, topic } from "../abi.js";
import { append, copy, facts, fill, h, section, table } from "../dom.js";
import { big, bytes, ether, group, gwei, lasting, num, short, units, UNSEALED } from "../format.js";
import { eventOf, textOf } from "../events.js";
import { keccak, keccakText, recover, toBytes, toHex } from "../hashes.js";
import { abiOf } from "../known.js";
import * as links from "../links.js";
import { traceOf } from "../trace.js";
import { tokenFacts } from "./token.js";

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const TYPES = ["legacy", "access list (EIP-2930)", "dynamic fee (EIP-1559)", "blob (EIP-4844)", "set code (EIP-7702)"];
const FOLDED = 200;

export async function show(place, { chain, rest: [hash] }) {
  const tx = await chain.call("eth_getTransactionByHash", hash);
  place.append(h("h1", {}, "Transaction ", h("span", { class: "mono" }, hash), copy(hash)));
  if (tx === null) {
    place.append(h("p", {}, `${chain.name.toUpperCase()} has no transaction with this hash. It may be waiting to arrive, or a reorganisation has removed it.`));
    return;
  }
  const receipt = await chain.ask(null, "eth_getTransactionReceipt", hash);
  const trace = receipt ? await traceOf(chain, hash) : { calls: null, stack: [], why: "It has not run yet." };
  const failed = receipt && receipt.status === "0x0";
  place.append(h("p", { class: "command" },
    status(receipt), trace.isExplained && h("a", { href: links.to(chain, "debug", hash) }, "Debug step by step"),
    h("code", {}, `megadev trace ${hash}`), copy(`megadev trace ${hash}`)));
  if (failed) place.append(failure(trace));
  place.append(h("div", { class: "columns" }, section("Overview", overview(chain, tx, receipt)), section("Input", await input(chain, tx, trace))));
  if (receipt) {
    const moved = h("div", {});
    place.append(moved);
    transfers(chain, receipt).then((rows) => rows.length && fill(moved, section("Token transfers", table(["Token", "From", "To", "#Amount"], rows))));
    place.append(section("Events", await events(chain, receipt, trace)));
  }
  if (trace.why) place.append(section("Calls", h("p", { class: "soft" }, trace.why)));
  if (trace.calls) {
    const printed = trace.calls.filter((entry) => entry.type === "CONSOLE");
    if (printed.length) place.append(section("Console", h("pre", {}, printed.map((entry) => `${entry.contract ? `${entry.contract}: ` : ""}${entry.text}\n`))));
    place.append(section("Calls", callTree(chain, trace.calls)));
  }
  const later = [
    ["State changes", () => stateChanges(chain, hash)],
    ["Gas", () => gasReport(chain, hash)],
    ["Preconfirmation", () => promise(chain, hash)],
    ["Raw transaction", async () => h("pre", {}, JSON.stringify({ transaction: tx, receipt }, null, 2))],
  ];
  for (const [title, make] of later) place.append(onDemand(title, make));
}

function status(receipt) {
  if (receipt === null) return h("span", { class: "tag warn" }, "waiting in the txpool");
  const isSealed = receipt.blockHash !== UNSEALED;
  return h("span", { class: `tag ${receipt.status === "0x0" ? "bad" : "good"}` }, receipt.status === "0x0" ? "failed" : "succeeded", isSealed ? "" : " · preconfirmed");
}

function failure(trace) {
  if (!trace.error) return h("p", { class: "bad" }, "It failed; this node does not tell why.");
  const lines = trace.stack.map((entry) => h("div", {}, `at ${entry.contract ?? ""}${entry.function ? `${entry.function.includes(".") || !entry.contract ? entry.function : `.${entry.function}`}` : ""} `.replace(`${entry.contract}${entry.contract}.`, `${entry.contract}.`),
    entry.source && h("span", { class: "soft" }, `${entry.source}:${entry.line}`), entry.text && h("pre", {}, entry.text)));
  return h("section", {}, h("p", { class: "bad" }, h("strong", {}, trace.error)), lines);
}

function overview(chain, tx, receipt) {
  const used = receipt && big(receipt.gasUsed);
  const price = receipt && big(receipt.effectiveGasPrice);
  return facts([
    ["Block", receipt ? links.block(chain, num(receipt.blockNumber)) : null],
    ["Position", receipt ? num(receipt.transactionIndex) : null],
    ["From", links.address(chain, tx.from, true)],
    ["To", tx.to ? links.address(chain, tx.to, true) : h("span", {}, "creates ", receipt?.contractAddress ? links.address(chain, receipt.contractAddress, true) : "a contract")],
    ["Value", ether(tx.value)],
    ["Gas used", receipt && `${group(used)} of ${group(num(tx.gas))}`],
    ["Gas price", receipt ? gwei(receipt.effectiveGasPrice) : tx.maxFeePerGas ? `at most ${gwei(tx.maxFeePerGas)}` : gwei(tx.gasPrice)],
    ["Fee", receipt && ether(used * price + big(receipt.l1Fee))],
    ["of it for data on L1", receipt?.l1Fee && ether(receipt.l1Fee)],
    ["Blob gas", receipt?.blobGasUsed && `${group(num(receipt.blobGasUsed))} at ${gwei(receipt.blobGasPrice)}`],
    ["Nonce", num(tx.nonce)],
    ["Type", tx.type === "0x7e" ? "deposit from L1" : TYPES[num(tx.type)] ?? tx.type],
    ["Sent from L1 by", tx.sourceHash && h("code", {}, tx.sourceHash)],
  ]);
}

async function input(chain, tx, trace) {
  const call = trace.isExplained ? trace.calls[0] : await inputByAbi(chain, tx);
  const decoded = call?.arguments?.length ? table(["Name", "Type", "Value"], call.arguments.map(({ name, type, value }) => [name ?? "", type, h("span", { class: "mono" }, typeof value === "string" ? value : JSON.stringify(value))])) : null;
  return [call?.text && h("p", { class: "mono" }, call.text), decoded, tx.input !== "0x" ? h("details", {}, h("summary", {}, `${group(bytes(tx.input))} bytes`), h("pre", {}, tx.input)) : h("p", { class: "soft" }, "No data.")];
}

/** What calldata says, where only the ABI is known. */
async function inputByAbi(chain, tx) {
  if (!tx.to || tx.input.length < 10) return null;
  const item = (await abiOf(chain, tx.to)).find((each) => each.type === "function" && selector(each) === tx.input.slice(0, 10));
  try {
    const values = item && decode(item.inputs, `0x${tx.input.slice(10)}`);
    return item ? { text: item.name, arguments: item.inputs.map((each, i) => ({ name: each.name, type: each.type, value: showValue(each, values[i]) })) } : null;
  } catch {
    return null;
  }
}

async function events(chain, receipt, trace) {
  const named = trace.isExplained ? trace.calls.filter((entry) => entry.type === "LOG") : await Promise.all(receipt.logs.map(async (log) => {
    const said = eventOf(log, (await abiOf(chain, log.address)).find((item) => item.type === "event" && topic(item) === log.topics[0]));
    return said && { event: true, text: textOf(said) };
  }));
  const isSame = named.length === receipt.logs.length;
  return table(["#", "Contract", "Event"], receipt.logs.map((log, i) => {
    const found = isSame ? named[i] : null;
    const raw = h("details", {}, h("summary", {}, "topics and data"), h("pre", {}, [...log.topics, log.data].join("\n")));
    return [num(log.logIndex), links.address(chain, log.address), [found?.event ? h("span", { class: "mono" }, found.text) : null, raw]];
  }), "It emitted none.");
}

async function transfers(chain, receipt) {
  const found = receipt.logs.filter((log) => log.topics[0] === TRANSFER && log.topics.length >= 3);
  return Promise.all(found.map(async (log) => {
    const token = await tokenFacts(chain, log.address);
    const [from, to] = [log.topics[1], log.topics[2]].map((topic) => `0x${topic.slice(26)}`);
    const amount = log.topics.length === 4 ? `#${big(log.topics[3])}` : units(log.data.length >= 66 ? decode([{ type: "uint256" }], log.data)[0] : 0n, token.decimals);
    return [links.link(chain, "token", log.address, token.symbol), links.address(chain, from), links.address(chain, to), amount];
  }));
}

/** The calls as a tree that folds; large trees begin folded. */
export function callTree(chain, calls) {
  const roots = [];
  const open = [];
  for (const entry of calls) {
    const node = { entry, children: [] };
    open.length = Math.min(open.length, entry.depth);
    (open[entry.depth - 1]?.children ?? roots).push(node);
    open[entry.depth] = node;
  }
  const filter = h("input", { type: "search", placeholder: "filter calls", "aria-label": "Filter calls" });
  const tree = h("ul", { class: "tree" });
  const draw = () => {
    const wanted = filter.value.toLowerCase();
    fill(tree, roots.map((node) => branch(chain, node, wanted, calls.length > FOLDED)).filter(Boolean));
  };
  filter.addEventListener("input", draw);
  draw();
  return [calls.length > 8 && filter, tree];
}

function branch(chain, { entry, children }, wanted, isFolded) {
  const isLater = isFolded && entry.depth > 1 && !wanted;
  const make = () => children.map((child) => branch(chain, child, wanted, isFolded)).filter(Boolean);
  const inner = isLater ? [] : make();
  const isWanted = !wanted || `${entry.contract ?? ""} ${entry.text}`.toLowerCase().includes(wanted);
  if (!isWanted && inner.length === 0) return null;
  const list = inner.length || (isLater && children.length) ? h("ul", { hidden: isLater }, inner) : null;
  const fold = list && h("button", { class: "fold", type: "button", "aria-label": "Fold", "aria-expanded": String(!list.hidden) }, list.hidden ? "▸" : "▾");
  fold?.addEventListener("click", () => {
    if (list.childElementCount === 0) append(list, make());
    list.hidden = !list.hidden;
    fold.textContent = list.hidden ? "▸" : "▾";
    fold.setAttribute("aria-expanded", String(!list.hidden));
  });
  const gas = entry.gasUsed ? h("span", { class: "soft" }, `[${group(num(entry.gasUsed))}] `) : null;
  const kind = { LOG: "event ", CONSOLE: "console " }[entry.type] ?? (entry.type === "CALL" ? "" : `${entry.type.toLowerCase()} `);
  const value = entry.value && big(entry.value) ? h("span", { class: "soft" }, ` {${ether(entry.value)}}`) : null;
  const ended = entry.error ? h("span", { class: "bad" }, ` ✗ ${entry.error}`) : entry.returned ? h("span", { class: "good" }, ` → ${entry.returned}`) : null;
  return h("li", {}, fold ?? h("span", { class: "fold" }, " "), gas, h("span", { class: "soft" }, kind), entry.to ? h("a", { href: links.to(chain, "address", entry.to) }, entry.text) : entry.text, value, ended, list);
}

async function stateChanges(chain, hash) {
  const changes = await chain.ask(null, "megadev_getStateChanges", hash);
  return changes === null ? unnamedChanges(chain, hash) : table(["Account", "What", "Type", "Before", "After"], changes.flatMap((change) => changeRows(chain, change)), "It changed nothing.");
}

function changeRows(chain, change) {
  const who = links.address(chain, change.address);
  const rows = [];
  if (change.isGone) rows.push(["is gone", "", "", ""]);
  if (change.balance) rows.push(["balance", "", ether(change.balance.before), ether(change.balance.after)]);
  if (change.nonce) rows.push(["nonce", "", String(num(change.nonce.before)), String(num(change.nonce.after))]);
  if (change.codeChanged && !change.isGone) rows.push(["code", "", "", "new"]);
  for (const { slot, before, after, parts } of change.storage) {
    for (const part of parts) rows.push([variable(chain, part.name, slot), part.type, value(chain, part.type, part.before), value(chain, part.type, part.after)]);
    if (parts.length === 0) rows.push([h("code", {}, slotName(slot)), "", h("code", {}, shortWord(before)), h("code", {}, shortWord(after))]);
  }
  return rows.map((row, i) => [i ? "" : who, ...row]);
}

/** A variable's name; keys that are addresses are called as those are. */
export function variable(chain, name, slot) {
  const readable = name.replace(/0x[0-9a-fA-F]{40}/g, (address) => chain.names.get(address.toLowerCase()) ?? short(address));
  return h("code", { title: `${name} in slot ${slot}` }, readable);
}

/** A value of a variable: an address is a link, a long word is shortened. */
export function value(chain, type, text) {
  if (type === "address") return links.address(chain, text.toLowerCase());
  return h("code", { title: text }, /^0x0*$/.test(text) ? "0x0" : text.startsWith("0x") ? short(text, 20, 8) : text);
}

/** As a node tells that knows no layouts. */
async function unnamedChanges(chain, hash) {
  const { pre, post } = await chain.call("debug_traceTransaction", hash, { tracer: "prestateTracer", tracerConfig: { diffMode: true } });
  const rows = [];
  for (const address of new Set([...Object.keys(pre), ...Object.keys(post)])) {
    const [before, after] = [pre[address] ?? {}, post[address] ?? {}];
    if (after.balance !== undefined) rows.push([links.address(chain, address), "balance", ether(before.balance ?? "0x0"), ether(after.balance)]);
    if (after.nonce !== undefined) rows.push([links.address(chain, address), "nonce", String(before.nonce ?? 0), String(after.nonce)]);
    if (after.code !== undefined) rows.push([links.address(chain, address), "code", `${bytes(before.code ?? "0x")} bytes`, `${bytes(after.code)} bytes`]);
    for (const slot of new Set([...Object.keys(before.storage ?? {}), ...Object.keys(after.storage ?? {})])) {
      rows.push([links.address(chain, address), h("code", {}, slotName(slot)), h("code", {}, shortWord(before.storage?.[slot])), h("code", {}, shortWord(after.storage?.[slot]))]);
    }
  }
  return table(["Account", "What", "Before", "After"], rows, "It changed nothing.");
}

const slotName = (slot) => `slot ${slot.replace(/^0x0+(?=.)/, "0x")}`;
const shortWord = (word) => (word ?? "0x0").replace(/^0x0+(?=.)/, "0x");

async function gasReport(chain, hash) {
  const report = await chain.call("megadev_gasReport", hash);
  const amount = (value) => group(num(value));
  const rows = [["gas used", report], [`the same under ${report.compared?.rules}`, report.compared]].filter(([, found]) => found)
    .map(([name, found]) => [name, amount(found.gasUsed), amount(found.computeGas), amount(found.storageGas)]);
  const meters = Object.entries(report.meters ?? {}).map(([name, meter]) => [name, amount(meter.used), amount(meter.limit), amount(meter.left)]);
  const lines = report.lines.slice(0, 40).map((line) => [`${line.source}:${line.line}`, h("code", {}, line.text), amount(line.computeGas), amount(line.storageGas)]);
  return [
    table(["Rules", "#Gas", "#Compute gas", "#Storage gas"], rows),
    report.limited && h("p", { class: "bad" }, `It reached the limit ${report.limited.name}.`),
    report.detention && h("p", { class: "warn" }, `Compute gas was detained from ${report.detention.source ?? "pc"}:${report.detention.line ?? report.detention.pc} on.`),
    meters.length ? table(["Meter", "#Used", "#Limit", "#Left"], meters) : null,
    lines.length ? table(["Line", "Source", "#Compute gas", "#Storage gas"], lines) : null,
    h("details", {}, h("summary", {}, "the whole report"), h("pre", {}, JSON.stringify(report, null, 2))),
  ];
}

/** The sequencer's signed promise, its signature checked here. */
async function promise(chain, hash) {
  const found = await chain.ask(null, "megadev_getPreconfirmation", hash);
  if (found === null) return h("p", { class: "soft" }, "There is none for this transaction.");
  const [r, s, v] = [found.signature.slice(0, 66), `0x${found.signature.slice(66, 130)}`, parseInt(found.signature.slice(130), 16)];
  const signer = recover(digestOf(found), { r, s, yParity: v % 27 });
  const sequencer = await chain.ask(found.signer, "megadev_sequencerAt", found.blockNumber);
  const isTheirs = signer !== null && signer === sequencer.toLowerCase();
  return [
    h("p", { class: isTheirs ? "good" : "bad" }, isTheirs ? `Signed by the sequencer ${sequencer}: checked in this page.` : `The signature is not the sequencer's: it recovers to ${signer ?? "nobody"}.`),
    facts([["Status", found.status], ["Took", chain.durations.has(hash) ? `${lasting(chain.durations.get(hash))} from the sequencer taking it to its receipt` : null], ["Reason", found.reason], ["Block", num(found.blockNumber)], ["Mini-block", links.link(chain, "miniblock", num(found.miniBlockNumber), num(found.miniBlockNumber))], ["Position", num(found.transactionIndex)], ["Receipt hash", h("code", {}, found.receiptHash)]]),
    h("pre", {}, JSON.stringify(found, null, 2)),
  ];
}

/** The EIP-712 digest of a preconfirmation. */
function digestOf(named) {
  const word = (value) => BigInt(value).toString(16).padStart(64, "0");
  const text = (value) => toHex(keccakText(value)).slice(2);
  const domain = keccak(toBytes(`0x${text("EIP712Domain(string name,string version,uint256 chainId)")}${text("megadev preconfirmation")}${text("1")}${word(named.chainId)}`));
  const type = "Preconfirmation(uint256 blockNumber,uint256 miniBlockNumber,uint256 transactionIndex,bytes32 transactionHash,bytes32 receiptHash)";
  const fields = ["blockNumber", "miniBlockNumber", "transactionIndex", "transactionHash", "receiptHash"].map((name) => word(named[name]));
  const struct = keccak(toBytes(`0x${text(type)}${fields.join("")}`));
  return keccak(toBytes(`0x1901${toHex(domain).slice(2)}${toHex(struct).slice(2)}`));
}

/** A section whose contents are made when it is opened. */
export function onDemand(title, make) {
  const inside = h("div", {}, "…");
  const element = h("details", {}, h("summary", {}, title), inside);
  element.addEventListener("toggle", async () => {
    if (!element.open) return;
    try {
      fill(inside, await make());
    } catch (problem) {
      fill(inside, h("p", { class: "soft" }, problem.isMissing ? "This node does not tell." : problem.message));
    }
  });
  return element;
}

// One block with its transactions.

import { copy, facts, h, section, table } from "../dom.js";
import { big, ether, group, gwei, isHash, num, time, UNSEALED } from "../format.js";
import { callName } from "../known.js";
import * as links from "../links.js";
import { onDemand } from "./tx.js";

const PAGE = 100;

export async function show(place, { chain, rest: [which, page = "0"], kind }) {
  if (kind === "miniblock") return showMini(place, chain, which);
  const block = isHash(which) ? await chain.call("eth_getBlockByHash", which, true) : await chain.call("eth_getBlockByNumber", /^\d+$/.test(which) ? `0x${BigInt(which).toString(16)}` : which, true);
  if (block === null) {
    place.append(h("h1", {}, `Block ${which}`), h("p", {}, "This chain has no such block."));
    return undefined;
  }
  const number = num(block.number);
  const receipts = (await chain.ask(null, "eth_getBlockReceipts", block.number)) ?? [];
  const isOpen = block.hash === UNSEALED;
  place.append(h("h1", {}, `Block ${group(number)}`, isOpen ? " (open)" : ""), h("p", { class: "command" },
    number > 0 && links.block(chain, number - 1), number > 0 && "← ", "→", links.block(chain, number + 1)));
  place.append(facts([
    ["Hash", h("span", { class: "mono" }, block.hash, copy(block.hash))],
    ["Parent", h("span", { class: "mono" }, links.link(chain, "block", block.parentHash, block.parentHash))],
    ["Time", time(block.timestamp)],
    ["Transactions", block.transactions.length],
    ["Mini-blocks", block.miniBlockCount && group(num(block.miniBlockCount))],
    ["Gas used", `${group(num(block.gasUsed))} of ${group(num(block.gasLimit))} (${(100 * num(block.gasUsed) / num(block.gasLimit)).toFixed(1)} %)`],
    ["Base fee", block.baseFeePerGas && gwei(block.baseFeePerGas)],
    ["Blob gas", block.blobGasUsed && num(block.blobGasUsed) ? group(num(block.blobGasUsed)) : null],
    ["Fee recipient", links.address(chain, block.miner, true)],
    ["State root", h("code", {}, block.stateRoot)],
    ["Randomness", h("code", {}, block.mixHash)],
    ["Extra data", block.extraData !== "0x" ? h("code", {}, block.extraData) : null],
  ]));
  const start = PAGE * Number(page);
  const shown = block.transactions.slice(start, start + PAGE);
  const rows = shown.map((tx, i) => {
    const receipt = receipts[start + i];
    const state = receipt?.status === "0x0" ? h("span", { class: "bad" }, "✗") : h("span", { class: "good" }, "✓");
    return [state, start + i, links.tx(chain, tx.hash), callName(chain, tx), links.address(chain, tx.from), links.address(chain, tx.to ?? receipt?.contractAddress), ether(tx.value), receipt ? group(num(receipt.gasUsed)) : ""];
  });
  const pages = Math.ceil(block.transactions.length / PAGE);
  place.append(section("Transactions", table(["Status", "#", "Hash", "Call", "From", "To", "Value", "#Gas used"], rows, "It has none."),
    pages > 1 && h("p", { class: "command" }, Array.from({ length: pages }, (_, i) => h("a", { href: links.to(chain, "block", which, i), "aria-current": String(i) === page ? "page" : null }, i + 1)))));
  const reward = receipts.reduce((sum, receipt) => sum + big(receipt.gasUsed) * (big(receipt.effectiveGasPrice) - big(block.baseFeePerGas)), 0n);
  if (receipts.length) place.append(h("p", { class: "soft" }, `Tips: ${ether(reward)}`));
  if (block.miniBlockCount) place.append(onDemand("Mini-blocks", () => minis(chain, block, start)));
  if (block.transactions.length > 1) place.append(onDemand("What could have run side by side", () => parallelism(chain, block)));
  place.append(onDemand("What each transaction called", () => calls(chain, block)), onDemand("Raw block", async () => h("pre", {}, JSON.stringify(block, null, 2))));
  return undefined;
}

/** The mini-block of each transaction shown: what the sequencer promised says it. */
async function minis(chain, block, start) {
  const transactions = block.transactions.slice(start, start + PAGE);
  const promises = await Promise.all(transactions.map((tx) => chain.ask(null, "megadev_getPreconfirmation", tx.hash)));
  const counts = new Map();
  for (const found of promises) if (found) counts.set(num(found.miniBlockNumber), (counts.get(num(found.miniBlockNumber)) ?? 0) + 1);
  return table(["Mini-block", "#Transactions"], [...counts].map(([number, count]) => [links.link(chain, "miniblock", number, group(number)), count]), "No transaction of this page was promised a mini-block.");
}

/** A mini-block: found through the block that it became a part of. */
async function showMini(place, chain, which) {
  const wanted = Number(which);
  place.append(h("h1", {}, `Mini-block ${/^\d+$/.test(which) ? group(wanted) : which}`));
  const latest = await chain.call("eth_getBlockByNumber", "latest", false);
  if (!latest.miniBlockCount || !/^\d+$/.test(which)) {
    place.append(h("p", {}, /^\d+$/.test(which) ? "The blocks of this chain do not tell of mini-blocks." : "That is no number."));
    return undefined;
  }
  const at = (number) => chain.call("eth_getBlockByNumber", `0x${number.toString(16)}`, true);
  let [low, high] = [0, num(latest.number)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (num((await at(middle)).miniBlockOffset) <= wanted) low = middle;
    else high = middle - 1;
  }
  const block = await at(low);
  const [first, count] = [num(block.miniBlockOffset), num(block.miniBlockCount)];
  if (wanted >= first + count) {
    place.append(h("p", {}, "It is in no sealed block yet, or there is no such mini-block."));
    return undefined;
  }
  const promises = await Promise.all(block.transactions.map((tx) => chain.ask(null, "megadev_getPreconfirmation", tx.hash)));
  const inside = block.transactions.filter((_, i) => promises[i] && num(promises[i].miniBlockNumber) === wanted);
  place.append(h("p", { class: "command" }, wanted > 0 && links.link(chain, "miniblock", wanted - 1, `← ${wanted - 1}`), links.link(chain, "miniblock", wanted + 1, `${wanted + 1} →`)),
    facts([["Block", links.block(chain, low)], ["Position in the block", `${wanted - first + 1} of ${count}`], ["Transactions", inside.length]]),
    section("Transactions", table(["Hash", "Call", "From", "To", "Value"], inside.map((tx) => [links.tx(chain, tx.hash), callName(chain, tx), links.address(chain, tx.from), links.address(chain, tx.to), ether(tx.value)]), "It has none that was promised.")));
  return undefined;
}

async function parallelism(chain, block) {
  const found = await chain.call("megadev_parallelism", block.number);
  const speed = found.speedUp;
  const ran = found.execution;
  const rows = found.contended.slice(0, 20).map((one) => [group(num(one.conflicts)), group(num(one.transactions)), one.contract ?? links.address(chain, one.address), h("code", {}, one.name)]);
  return h("div", {},
    facts([
      ["Re-executions", `${group(num(found.reExecutions))} of ${group(num(found.transactions))} transactions look at what an earlier one changed`],
      ["Speed-up by gas", `${speed.unlimited.toFixed(2)} × at most; ${["2", "4", "8", "16"].map((n) => `${speed[n].toFixed(2)} × with ${n}`).join(", ")} workers`],
      ran && ["Executed in parallel", `with ${num(ran.workers)} workers: ${group(num(ran.adopted))} of ${group(num(ran.transactions))} transactions adopted, ${group(num(ran.conflicts))} executed again after a conflict, ${group(num(ran.late))} not finished in time; ${ran.speedUp.toFixed(2)} × as fast`],
      ["Longest row", `${group(num(found.criticalPath.length))} transactions, ${group(num(found.criticalPath.gasUsed))} gas`],
    ].filter(Boolean)),
    table(["#Conflicts", "#Transactions", "Contract", "What they contend for"], rows, "None waits for another."));
}

async function calls(chain, block) {
  const traces = await Promise.all(block.transactions.slice(0, PAGE).map((tx) => chain.ask(null, "megadev_getStackTrace", tx.hash)));
  return table(["#", "Call", "Error"], traces.map((trace, i) => [i, h("a", { href: links.to(chain, "tx", block.transactions[i].hash), class: "mono" }, trace?.calls[0]?.text ?? ""), h("span", { class: "bad" }, trace?.error ?? "")]));
}

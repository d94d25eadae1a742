// One ERC-20 or ERC-721 token: its facts, its transfers, who holds it.

import { decode, encode } from "../abi.js";
import { attempt, facts, fill, h, section, table } from "../dom.js";
import { big, group, num, units } from "../format.js";
import * as links from "../links.js";
import { newestFirst } from "../spans.js";

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const PAGE = 50;
const ALL_ASKED = 2_000;
const MOST_READ = 200_000;
const NOBODY = `0x${"0".repeat(40)}`;
const known = new Map();

/** {name, symbol, decimals, supply} of a token, with what it does not tell left out; each token is asked once. */
export function tokenFacts(chain, address) {
  const key = `${chain.name}${address.toLowerCase()}`;
  if (!known.has(key)) known.set(key, learn(chain, address));
  return known.get(key);
}

async function learn(chain, address) {
  const [name, symbol, decimals, supply] = await Promise.all(["0x06fdde03", "0x95d89b41", "0x313ce567", "0x18160ddd"].map((data) => chain.ask("0x", "eth_call", { to: address, data }, "latest")));
  return { name: text(name), symbol: text(symbol) || address, decimals: decimals.length === 66 ? Number(big(decimals) % 256n) : 0, supply: supply.length === 66 ? big(supply) : null };
}

function text(answer) {
  try {
    return answer.length === 66 ? new TextDecoder().decode(Uint8Array.from(answer.slice(2).match(/../g), (pair) => parseInt(pair, 16))).replace(/\0+$/, "") : decode([{ type: "string" }], answer)[0];
  } catch {
    return "";
  }
}

const party = (log, i) => `0x${log.topics[i]?.slice(26) ?? "0".repeat(40)}`;

/** Of an ERC-20 transfer its amount; of an ERC-721 one, whose id is a topic, one piece. */
const moved = (log) => (log.topics.length === 4 ? 1n : log.data.length >= 66 ? BigInt(log.data.slice(0, 66)) : 0n);

export async function show(place, { chain, rest: [address] }) {
  const [token, code] = await Promise.all([tokenFacts(chain, address), chain.call("eth_getCode", address, "latest")]);
  place.append(h("h1", {}, "Token ", token.symbol));
  if (code === "0x") {
    place.append(h("p", {}, "There is no contract at ", links.address(chain, address, true), "."));
    return undefined;
  }
  const supply = token.supply === null ? null : units(token.supply, token.decimals);
  place.append(facts([["Name", token.name], ["Contract", links.address(chain, address, true)], ["Decimals", token.decimals], ["Total supply", supply]]));
  const holders = h("div", {}, h("p", { class: "soft" }, "…"));
  const transfers = h("div", {});
  place.append(h("div", { class: "columns" }, section("Holders", holders), section("Transfers", transfers)));
  let isOver = false;
  attempt(() => load(chain, address, token, { holders, transfers }, () => isOver));
  return () => { isOver = true; };
}

/** Read all transfers, newest first; show them at once, and who holds what when all are read. */
async function load(chain, address, token, { holders, transfers }, isOver) {
  const last = num(await chain.call("eth_blockNumber"));
  const found = [];
  const sums = new Map();
  let readTo = last;
  const add = (holder, amount) => sums.set(holder, (sums.get(holder) ?? 0n) + amount);
  const rows = (start) => found.slice(start, start + PAGE).map(({ block, tx, from, to, amount, id }) => [links.block(chain, num(block)), links.tx(chain, tx), links.address(chain, from), links.address(chain, to), id ? `#${big(id)}` : units(amount, token.decimals)]);
  const showTransfers = () => pages(transfers, found.length, (start) => table(["Block", "Transaction", "From", "To", "#Amount"], rows(start)), "Transfers");
  for await (const piece of newestFirst(chain, { address, topics: [TRANSFER] }, 0, last)) {
    if (isOver()) return;
    const isFirst = found.length === 0;
    for (const log of piece.logs.reverse()) {
      const [from, to, amount] = [party(log, 1), party(log, 2), moved(log)];
      found.push({ block: log.blockNumber, tx: log.transactionHash, from, to, amount, id: log.topics[3] }); // not all of a log: there may be many
      add(from, -amount);
      add(to, amount);
    }
    if (isFirst) showTransfers();
    readTo = piece.from;
    if (found.length >= MOST_READ) break;
    if (readTo > 0) fill(holders, h("p", { class: "soft" }, `Reading transfers: ${group(found.length)} so far, back to block ${group(readTo)}.`));
  }
  showTransfers();
  sums.delete(NOBODY);
  const note = readTo > 0 ? `These are the transfers since block ${group(readTo)}: whoever holds the token since earlier is missing.` : "";
  await showHolders(chain, address, token, [...sums], holders, note);
}

/** All that ever received any are ordered by what they have: as the token says now or, of many, as their transfers add up. */
async function showHolders(chain, address, token, sums, place, note) {
  const ask = async (each) => {
    const answers = await Promise.all(each.map(([holder]) => chain.ask("0x", "eth_call", { to: address, data: `0x70a08231${encode([{ type: "address" }], [holder])}` }, "latest")));
    return each.map(([holder, sum], i) => [holder, answers[i].length === 66 ? big(answers[i]) : sum]);
  };
  const isAsked = sums.length <= ALL_ASKED;
  const held = (isAsked ? await ask(sums) : sums).filter(([, balance]) => balance > 0n).sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0));
  const share = (balance) => (token.supply ? `${Number((balance * 10000n) / token.supply) / 100} %` : "");
  const shown = async (start) => {
    const page = held.slice(start, start + PAGE);
    return table(["#", "Address", "#Balance", "#Share"], (isAsked ? page : await ask(page)).map(([holder, balance], i) => [group(start + i + 1), links.address(chain, holder), units(balance, token.decimals), share(balance)]));
  };
  const list = h("div", {});
  fill(place, list, note && h("p", { class: "warn" }, note), !isAsked && h("p", { class: "soft" }, "Ordered by the sum of their transfers; balances are those of now."));
  await pages(list, held.length, shown, "Holders");
}

/** Show `count` things page by page: `make(start)` gives one. */
async function pages(place, count, make, name, start = 0) {
  const content = await make(start);
  const turn = (to, label) => h("button", { type: "button", "aria-label": `${name}: ${label}`, onclick: () => attempt(() => pages(place, count, make, name, to)) }, label);
  fill(place, h("p", { class: "command" }, count > PAGE ? `${group(start + 1)} to ${group(Math.min(count, start + PAGE))} of ${group(count)}` : group(count),
    start > 0 && turn(0, "First"), start > 0 && turn(start - PAGE, "Previous"), start + PAGE < count && turn(start + PAGE, "Next"), start + PAGE < count && turn((Math.ceil(count / PAGE) - 1) * PAGE, "Last")), content);
}

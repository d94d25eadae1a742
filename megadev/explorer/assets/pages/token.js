// One ERC-20 or ERC-721 token: its facts, its transfers, who holds it.

import { decode, encode } from "../abi.js";
import { facts, h, section, table } from "../dom.js";
import { big, num, units } from "../format.js";
import * as links from "../links.js";

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const SHOWN = 100;
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

export async function show(place, { chain, rest: [address] }) {
  const token = await tokenFacts(chain, address);
  place.append(h("h1", {}, "Token ", token.symbol), facts([["Name", token.name], ["Contract", links.address(chain, address, true)], ["Decimals", token.decimals], ["Total supply", token.supply === null ? null : units(token.supply, token.decimals)]]));
  const logs = await chain.call("eth_getLogs", { address, topics: [TRANSFER], fromBlock: "0x0", toBlock: "latest" });
  const holders = new Set(logs.flatMap((log) => log.topics.slice(1, 3)).map((topic) => `0x${topic.slice(26)}`));
  holders.delete(`0x${"0".repeat(40)}`);
  const asked = [...holders].slice(0, 500);
  const balances = await Promise.all(asked.map((holder) => chain.ask("0x", "eth_call", { to: address, data: `0x70a08231${encode([{ type: "address" }], [holder])}` }, "latest")));
  const held = asked.map((holder, i) => [holder, big(balances[i])]).filter(([, balance]) => balance > 0n).sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0));
  const share = (balance) => (token.supply ? `${Number((balance * 10000n) / token.supply) / 100} %` : "");
  const amount = (log) => (log.topics.length === 4 ? `#${big(log.topics[3])}` : units(big(log.data), token.decimals));
  place.append(h("div", { class: "columns" },
    section(`Holders (${held.length})`, table(["Address", "#Balance", "#Share"], held.slice(0, SHOWN).map(([holder, balance]) => [links.address(chain, holder), units(balance, token.decimals), share(balance)]))),
    section(`Transfers (${logs.length})`, table(["Block", "Transaction", "From", "To", "#Amount"], logs.slice(-SHOWN).reverse().map((log) => [
      links.block(chain, num(log.blockNumber)), links.tx(chain, log.transactionHash), ...[1, 2].map((i) => links.address(chain, `0x${log.topics[i]?.slice(26) ?? "0".repeat(40)}`)), amount(log)])))));
}

// What is known of a chain's contracts: names, ABIs, and so what calldata calls.

import { selector, signature, topic } from "./abi.js";
import { fill, h } from "./dom.js";
import { keccakText, toHex } from "./hashes.js";
import { behind } from "./proxies.js";

const RELOADS = 20;
const told = new WeakMap();

/** Learn the node's accounts and the contracts on a chain by name, where something happened since. */
export async function learn(chain, isForced = false) {
  const now = (await Promise.all([chain.ask("", "eth_blockNumber"), chain.ask("", "eth_getBlockTransactionCountByNumber", "pending")])).join();
  if (told.get(chain) === now && !isForced) return;
  told.set(chain, now);
  const [accounts, contracts, deployments] = await Promise.all([
    chain.ask([], "eth_accounts"), chain.ask([], "megadev_listContracts"), chain.ask([], "megadev_listDeployments")]);
  accounts.forEach((account, index) => { if (!chain.names.has(account.toLowerCase())) chain.names.set(account.toLowerCase(), `account ${index}`); });
  for (const found of deployments) if ((found.chain ?? chain.name) === chain.name) chain.names.set(found.address.toLowerCase(), nameOf(found));
  for (const found of contracts) {
    chain.contracts.set(found.address.toLowerCase(), found);
    chain.names.set(found.address.toLowerCase(), found.name);
  }
}

/** A deployment's contract without its path. */
export const nameOf = (found) => String(found.name ?? found.contract ?? "").split(":").pop();

const artifacts = new WeakMap();

/** The artifact of the contract at an address, null where it is not known; each is asked for once. */
export function artifactOf(chain, address) {
  if (!artifacts.has(chain)) artifacts.set(chain, new Map());
  const known = artifacts.get(chain);
  const key = address.toLowerCase();
  if (!known.has(key)) known.set(key, chain.ask(null, "megadev_getArtifact", address));
  return known.get(key);
}

/** Hear of hot reloads, whichever page is shown: what was known of ABIs may be old then. The last ones stay with the tab. */
export function followReloads(chain) {
  const key = `reloads ${chain.url}`;
  chain.reloads = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  chain.subscribe(["contractReloads"], (reload) => {
    artifacts.delete(chain);
    chain.reloads = [{ at: Date.now(), reload }, ...chain.reloads].slice(0, RELOADS);
    sessionStorage.setItem(key, JSON.stringify(chain.reloads));
  });
}

const proxies = new WeakMap();

/** Whose code runs behind an address (see `behind`); asked for again once blocks have passed: it may have been upgraded. */
export function proxyOf(chain, address) {
  const now = told.get(chain);
  if (proxies.get(chain)?.now !== now) proxies.set(chain, { now, known: new Map() });
  const { known } = proxies.get(chain);
  const key = address.toLowerCase();
  if (!known.has(key)) known.set(key, chain.ask("0x", "eth_getCode", address, "latest").then((code) => behind(chain, address, code)));
  return known.get(key);
}

/** The ABI of what runs at an address: the contract's own and, of a proxy, its implementations'. */
export async function abiOf(chain, address) {
  const proxy = await proxyOf(chain, address);
  const found = await Promise.all([address, ...(proxy?.implementations ?? [])].map((each) => artifactOf(chain, each)));
  const seen = new Set();
  return found.flatMap((artifact) => artifact?.abi ?? []).filter((item) => {
    const key = `${item.type} ${signature(item)}`;
    return !seen.has(key) && seen.add(key);
  });
}

const STANDARD = [
  "transfer(address,uint256)", "approve(address,uint256)", "transferFrom(address,address,uint256)", "safeTransferFrom(address,address,uint256)", "safeTransferFrom(address,address,uint256,bytes)",
  "setApprovalForAll(address,bool)", "mint(address,uint256)", "burn(uint256)", "deposit()", "withdraw(uint256)", "multicall(bytes[])", "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
  "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "upgradeToAndCall(address,bytes)", "transferOwnership(address)",
];
let byTheirSelectors;

/** The name of a function that contracts of many projects have; undefined for others. */
function standard(four) {
  byTheirSelectors ??= new Map(STANDARD.map((text) => [toHex(keccakText(text).slice(0, 4)), text.split("(")[0]]));
  return byTheirSelectors.get(four);
}

/** Whether nobody sent a transaction: each block of a rollup begins with one that tells of L1. */
export const isOfProtocol = (tx) => tx.type === "0x7e" && tx.from.toLowerCase() === "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001";

/** What a transaction calls, by name where the contract is known; it appears once that has come. */
export function callName(chain, tx) {
  if (!tx.to) return h("span", { class: "soft" }, "creates a contract");
  if (isOfProtocol(tx)) return h("span", { class: "soft" }, "L1 attributes");
  const data = tx.input ?? "0x";
  if (data === "0x") return h("span", { class: "soft" }, "transfer");
  const shown = h("code", { class: "soft" }, standard(data.slice(0, 10)) ?? data.slice(0, 10));
  if (chain.contracts.size === 0) return shown;
  abiOf(chain, tx.to).then((abi) => {
    const found = abi.find((item) => item.type === "function" && selector(item) === data.slice(0, 10));
    if (found) fill(shown, found.name);
  }, () => {});
  return shown;
}

/** All events that known contracts may emit, by topic. */
export async function knownEvents(chain, addresses) {
  const events = new Map();
  for (const abi of await Promise.all(addresses.map((address) => abiOf(chain, address)))) {
    for (const item of abi) if (item.type === "event" && !events.has(topic(item))) events.set(topic(item), { ...item, signature: signature(item) });
  }
  return events;
}

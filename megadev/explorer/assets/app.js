// The frame around all pages: which chain and page the address names, navigation, search, theme.

import { attempt, fill, h, note } from "./dom.js";
import { isAddress, isHash } from "./format.js";
import { followReloads, learn } from "./known.js";
import { to } from "./links.js";
import { Chain } from "./rpc.js";

const PAGES = {
  live: () => import("./pages/live.js"),
  tx: () => import("./pages/tx.js"),
  debug: () => import("./pages/debug.js"),
  block: () => import("./pages/block.js"),
  miniblock: () => import("./pages/block.js"),
  address: () => import("./pages/address.js"),
  token: () => import("./pages/token.js"),
  contracts: () => import("./pages/contracts.js"),
  logs: () => import("./pages/logs.js"),
  bridge: () => import("./pages/bridge.js"),
  control: () => import("./pages/control.js"),
  rpc: () => import("./pages/playground.js"),
};
const NAVIGATION = [["live", "Live"], ["contracts", "Contracts"], ["logs", "Logs"], ["bridge", "Bridge"], ["control", "Control"], ["rpc", "JSON-RPC"]];

const site = JSON.parse(document.querySelector("meta[name=megadev]").content);
const chains = { l2: new Chain("l2", site.rpc) };
const main = document.getElementById("main");
const header = document.getElementById("top");
let leave = () => {};
let turn = 0;

/** What every page is given: its chain, all chains, the site's settings, and the rest of its address. */
const context = (chain, rest, kind) => ({ chain, chains, site, rest, kind, canWrite: !site.readOnly });

async function begin() {
  let l1 = site.l1;
  const config = await attempt(() => chains.l2.ask(null, "megadev_chainConfig"));
  if (config) {
    site.config = config;
    l1 ||= config.l1?.rpcUrls?.default?.http?.[0] ?? "";
    for (const [name, chain] of Object.entries(config)) {
      for (const [label, contract] of Object.entries(chain?.contracts ?? {})) {
        site.labels ??= { l1: new Map(), l2: new Map() };
        if (contract.address) site.labels[name]?.set(contract.address.toLowerCase(), label);
      }
    }
  }
  if (l1) chains.l1 = new Chain("l1", l1);
  for (const chain of Object.values(chains)) {
    chain.onState = () => {
      drawHeader();
      if (chain.isUp) attempt(() => learn(chain, true));
    };
    chain.names = site.labels?.[chain.name] ?? new Map();
  }
  if (config) followReloads(chains.l2);
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
  addEventListener("hashchange", show);
  await show();
}

async function show() {
  const [name = "l2", kind = "live", ...rest] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  const chain = chains[name];
  const mine = (turn += 1);
  leave();
  leave = () => {};
  drawHeader();
  if (chain === undefined || PAGES[kind] === undefined) {
    fill(main, h("h1", {}, "Not found"), h("p", {}, chain ? `There is no page ${kind}.` : "This node has no such chain."));
    return;
  }
  try {
    const [page] = await Promise.all([PAGES[kind](), attempt(() => learn(chain))]);
    const place = h("div", {});
    main.setAttribute("aria-busy", "true"); // what was shown stays until the page is there
    const left = await page.show(place, context(chain, rest, kind));
    if (mine !== turn) {
      left?.();
      return;
    }
    main.removeAttribute("aria-busy");
    leave = left ?? leave;
    fill(main, place);
    document.title = `${place.querySelector("h1")?.textContent ?? kind} · megadev`;
  } catch (problem) {
    main.removeAttribute("aria-busy");
    if (mine === turn) fill(main, h("h1", {}, "This page cannot be shown"), h("p", {}, problem.isMissing ? "This node does not have the methods that it needs." : problem.message), h("button", { type: "button", onclick: show }, "Try again"));
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function drawHeader() {
  const [name = "l2", kind = "live"] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  const chain = chains[name] ?? chains.l2;
  const links = NAVIGATION.filter(([page]) => page !== "control" || !site.readOnly).map(([page, text]) =>
    h("a", { href: to(chain, page), "aria-current": page === kind ? "page" : null }, text));
  const other = Object.values(chains).find((each) => each !== chain);
  const find = h("input", { type: "search", name: "q", placeholder: "hash, address, block, contract or function", "aria-label": "Search" });
  fill(header, h("div", { class: "bar" },
    h("strong", {}, "megadev"),
    h("nav", { "aria-label": "Pages" }, links, h("a", { href: "/docs" }, "Docs")),
    h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); search(chain, find.value.trim()); } }, find),
    other && h("a", { href: to(other, "live") }, `go to ${other.name.toUpperCase()}`),
    h("button", { class: "plain", type: "button", onclick: turnTheme, "aria-label": "Switch between light and dark" }, "◐"),
    h("span", { class: "status" }, h("span", { class: chain.isUp ? "dot on" : "dot" }), `${chain.name.toUpperCase()} ${chain.isUp ? "connected" : "does not answer"}`)));
}

function turnTheme() {
  const isDark = document.documentElement.dataset.theme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
}

/** Go to what `text` names: a hash, an address, a number, or a contract, function or account of the project. */
async function search(chain, text) {
  if (text === "") return;
  if (/^(\d+|latest|safe|finalized|pending|earliest)$/.test(text)) return go(to(chain, "block", text));
  if (isAddress(text)) return go(to(chain, "address", text));
  if (isHash(text)) {
    for (const each of [chain, ...Object.values(chains).filter((other) => other !== chain)]) {
      const [tx, block] = await Promise.all([each.ask(null, "eth_getTransactionByHash", text), each.ask(null, "eth_getBlockByHash", text, false)]);
      if (tx) return go(to(each, "tx", text));
      if (block) return go(to(each, "block", parseInt(block.number, 16)));
    }
    return note(`nothing on either chain has the hash ${text}`, true);
  }
  const wanted = plain(text);
  for (const each of [chain, ...Object.values(chains).filter((other) => other !== chain)]) {
    await attempt(() => learn(each));
    const found = [...each.names].filter(([, name]) => plain(name) === wanted);
    if (found.length === 1) return go(to(each, "address", found[0][0]));
    if (found.length) return go(to(each, "contracts", encodeURIComponent(text)));
  }
  return go(to(chain, "contracts", encodeURIComponent(text)));
}

/** A name as it is compared: Account0 and account0.eth are account 0. */
const plain = (name) => name.toLowerCase().replace(/\s/g, "").replace(/\.(eth|mega|dev|test|local)$/, "");

function go(address) {
  location.hash = address;
}

begin();

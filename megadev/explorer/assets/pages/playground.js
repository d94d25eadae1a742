// Every method of the node, with its parameters, to try.

import { copy, fill, h } from "../dom.js";
import { UNSEALED } from "../format.js";
import { to } from "../links.js";
import { asked } from "../same.js";

const PLACE = `0x${"0".repeat(40)}`;

/** What a parameter may be, by what the catalog calls it; the first that fits. */
const GUESSES = [
  [/^\{.*\}/, () => ({})], [/^\[/, () => []], [/^(call|tx|transaction|request)/i, (now) => ({ from: now.account, to: now.account, value: "0x0" })],
  [/filter/i, () => ({ fromBlock: "earliest", toBlock: "latest" })], [/address|account|sender|owner/i, (now) => now.account],
  [/(block )?hash(?!es)/i, (now) => now.hash], [/block|tag/i, () => "latest"], [/slot|key/i, () => "0x0"], [/signed|bytes|data|code/i, () => "0x"],
  [/flag|bool|whole|full|detail|force/i, () => false], [/kinds/i, () => ["trace"]], [/name|kind|text|message|url|label/i, () => ""],
];

let catalog;

/** Each method as the node's own table has it: {name, group, params, result, status, writes}. */
async function methods() {
  catalog ??= fetch("/explorer/methods.json").then((response) => (response.ok ? response.json() : []), () => []);
  return catalog;
}

export async function show(place, { chain, rest: [method0 = "eth_blockNumber"], canWrite }) {
  const all = await methods();
  const [accounts, block] = await Promise.all([chain.ask([], "eth_accounts"), chain.ask(null, "eth_getBlockByNumber", "latest", false)]);
  const isSealed = block && block.hash !== UNSEALED;
  const now = { account: accounts[0] ?? PLACE, hash: block?.transactions?.[0] ?? (isSealed ? block.hash : `0x${"0".repeat(64)}`) };
  const filter = h("input", { type: "search", placeholder: "filter methods", "aria-label": "Filter methods" });
  const method = h("input", { value: method0, list: "methods", "aria-label": "Method", size: 36 });
  const params = h("textarea", { rows: 6, cols: 60, "aria-label": "Parameters, a JSON array", spellcheck: "false" });
  const about = h("p", { class: "soft" });
  const answer = h("pre", { role: "status", tabindex: 0, "aria-label": "Answer" });
  const command = h("p", { class: "command" });
  const list = h("div", {});
  const describe = () => fill(command, copy(line(), "copy command"), copy(request(), "copy request"));
  const line = () => {
    try {
      return asked(chain, method.value.trim(), JSON.parse(params.value || "[]"));
    } catch {
      return "";
    }
  };
  const request = () => {
    try {
      return JSON.stringify({ jsonrpc: "2.0", id: 1, method: method.value, params: JSON.parse(params.value || "[]") });
    } catch {
      return "";
    }
  };
  const choose = (name) => {
    const found = all.find((each) => each.name === name || each.aliases.includes(name));
    method.value = name;
    params.value = JSON.stringify((found?.params ?? []).filter((each) => !each.endsWith("?")).map((each) => GUESSES.find(([pattern]) => pattern.test(each))?.[1](now) ?? "0x1"), null, 1);
    fill(about, found ? [`${found.name}(${found.params.join(", ")}) → ${found.result || "nothing"}`, found.writes ? " · changes the node" : "", found.status === "full" ? "" : ` · ${found.status}`] : all.length ? "This node's table has no such method." : "");
    describe();
  };
  const draw = () => {
    const wanted = filter.value.toLowerCase();
    const shown = all.filter((each) => (canWrite || !each.writes) && [each.name, ...each.aliases, each.result].some((text) => text.toLowerCase().includes(wanted)));
    fill(list, [...new Set(shown.map((each) => each.group))].map((group) => h("details", { open: wanted !== "" }, h("summary", {}, group), h("ul", {}, shown.filter((each) => each.group === group).map((each) =>
      h("li", {}, h("a", { href: to(chain, "rpc", each.name) }, each.name), " ", h("span", { class: "soft" }, each.params.join(", "))))))));
  };
  const send = async () => {
    const began = performance.now();
    try {
      const result = await chain.call(method.value.trim(), ...JSON.parse(params.value || "[]"));
      fill(answer, JSON.stringify(result, null, 2), `\n\n${(performance.now() - began).toFixed(1)} ms`);
    } catch (problem) {
      fill(answer, `${problem.code === undefined ? "" : `${problem.code} `}${problem.message}${problem.data === undefined ? "" : `\n${JSON.stringify(problem.data)}`}`);
    }
  };
  filter.addEventListener("input", draw);
  method.addEventListener("change", () => choose(method.value.trim()));
  params.addEventListener("input", describe);
  choose(method0);
  draw();
  place.append(h("h1", {}, "JSON-RPC"), h("p", {}, h("a", { href: "/docs/reference/rpc" }, "All methods, in the documentation")), h("div", { class: "columns" },
    h("section", {}, h("form", { onsubmit: (event) => { event.preventDefault(); send(); } }, h("p", {}, method, h("datalist", { id: "methods" }, all.map(({ name }) => h("option", { value: name })))), about, h("p", {}, params), h("button", {}, "Send"), command), answer),
    all.length > 0 && h("section", {}, filter, list)));
}

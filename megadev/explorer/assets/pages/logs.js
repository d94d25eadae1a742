// Search for events by contract, name and arguments; export what was found.

import { signature, topic } from "../abi.js";
import { attempt, fill, h, table } from "../dom.js";
import { eventOf, isMet, named, readSignature, textOf, topicsOf, wantedOf } from "../events.js";
import { group, isAddress, num } from "../format.js";
import { knownEvents } from "../known.js";
import * as links from "../links.js";
import { newestFirst } from "../spans.js";

const ANY = "any";
const PAGE = 500;
const MOST = 50_000;
const LOOKED_INTO = 200;

export async function show(place, { chain, rest }) {
  const [address0 = "", event0 = "", from0 = "0", to0 = "latest", text0 = "", ...arguments0] = rest.map((part) => (part === ANY ? "" : part));
  const address = h("input", { value: address0, placeholder: "contract (any)", "aria-label": "Contract", size: 44, spellcheck: "false" });
  const event = h("input", { value: event0, placeholder: "event, or its signature: Transfer(address,address,uint256)", "aria-label": "Event", size: 44, list: "events", spellcheck: "false" });
  const from = h("input", { value: from0, "aria-label": "From block", size: 10 });
  const upTo = h("input", { value: to0, "aria-label": "To block", size: 10 });
  const contains = h("input", { value: text0, placeholder: "text in any argument", "aria-label": "Argument contains" });
  const suggestions = h("datalist", { id: "events" });
  const fields = h("div", { class: "fields" });
  const body = h("div", {});
  const state = { item: null, inputs: [], turn: 0, events: [] };

  const learnEvents = async () => {
    const known = isAddress(address.value.trim()) ? [address.value.trim()] : [...chain.contracts.keys()].slice(0, LOOKED_INTO);
    state.events = [...(await knownEvents(chain, known)).values()];
    fill(suggestions, state.events.map((item) => h("option", { value: item.signature })));
  };
  /** The events that the field names: one that is written out, or those with the name. */
  const chosen = () => {
    const text = event.value.trim();
    const known = state.events.filter((item) => item.name === text || item.signature === text);
    return known.length || !text.includes("(") ? known : [readSignature(text)];
  };
  /** A field for each argument of the event, where it is one. */
  const describe = (values = []) => {
    let found = [];
    try {
      found = chosen();
    } catch {
      // a signature that is still being written
    }
    const item = found.length === 1 ? found[0] : null;
    if (item && state.item && signature(item) === signature(state.item)) return;
    state.item = item;
    state.inputs = (item?.inputs ?? []).map((input, i) => h("input", { value: values[i] ?? "", placeholder: `${input.name || `argument ${i}`}: ${input.type}`, "aria-label": `${input.name || `argument ${i}`} ${input.type}`, spellcheck: "false" }));
    fill(fields, state.inputs.length ? h("span", { class: "soft" }, "where ") : found.length > 1 ? h("span", { class: "soft" }, `${found.length} events have this name: choose one to search by its arguments.`) : null, state.inputs);
  };

  const search = async () => {
    const mine = (state.turn += 1);
    const asked = [address, event, from, upTo, contains, ...state.inputs].map((field) => encodeURIComponent(field.value.trim() || ANY));
    history.replaceState(null, "", links.to(chain, "logs", ...asked)); // the search can be shared
    if (address.value.trim() && !isAddress(address.value.trim())) throw new Error("the contract is an address: 0x and 40 hex digits");
    const events = event.value.trim() ? chosen() : [];
    if (event.value.trim() && events.length === 0) throw new Error("no known contract has such an event: give the signature, as Transfer(address indexed from,address indexed to,uint256 value)");
    const wanted = state.item ? wantedOf(state.item, state.inputs.map((field) => field.value.trim())) : [];
    const topics = state.item ? topicsOf(state.item, wanted) : events.length ? [events.map(topic)] : [];
    const [first, last] = await Promise.all([from, upTo].map((field) => numberOf(chain, field.value.trim())));
    const byTopic = new Map([...state.events, ...events].map((item) => [topic(item), item]));
    const found = [];
    let isCut = false;
    for await (const { logs, from: reached } of newestFirst(chain, { ...(address.value.trim() && { address: address.value.trim() }), topics }, first, last)) {
      if (mine !== state.turn) return;
      for (const log of logs.reverse()) {
        const said = eventOf(log, byTopic.get(log.topics[0]));
        const text = said ? textOf(said) : [...log.topics, log.data].join(" ");
        if (isMet(said, wanted) && text.toLowerCase().includes(contains.value.trim().toLowerCase())) found.push({ log, said, text });
      }
      isCut = found.length >= MOST && reached > first;
      if (isCut || reached <= first) break;
      fill(body, h("p", { class: "soft", role: "status" }, `${group(found.length)} found so far, back to block ${group(reached)} …`));
    }
    draw(found, isCut);
  };

  const draw = (found, isCut, shown = PAGE) => {
    const rows = found.slice(0, shown).map(({ log, text }) => [links.block(chain, num(log.blockNumber)), links.tx(chain, log.transactionHash), links.address(chain, log.address), h("span", { class: "mono", title: text }, text)]);
    fill(body, h("p", { class: "command" }, `${group(found.length)} found${isCut ? ", the newest of them; narrow the search for older ones" : ""}`,
      h("button", { type: "button", onclick: () => save("logs.json", "application/json", asJson(found)) }, "JSON"),
      h("button", { type: "button", onclick: () => save("logs.csv", "text/csv", asCsv(found)) }, "CSV")), table(["Block", "Transaction", "Contract", "Event"], rows, "None."),
      shown < found.length && h("button", { type: "button", onclick: () => draw(found, isCut, shown + PAGE) }, `${group(Math.min(PAGE, found.length - shown))} more`));
  };

  address.addEventListener("change", () => attempt(async () => { await learnEvents(); describe(); }));
  event.addEventListener("input", () => describe());
  place.append(h("h1", {}, "Logs"), h("form", { onsubmit: (happening) => { happening.preventDefault(); attempt(search); } },
    h("div", { class: "fields" }, address, event, suggestions, h("label", {}, "blocks ", from), h("label", {}, "to ", upTo), contains, h("button", {}, "Search")), fields), body);
  const begun = attempt(async () => {
    await learnEvents();
    describe(arguments0);
  });
  if (rest.length) begun.then(() => attempt(search));
  return () => { state.turn += 1; };
}

/** A block's number: as it is written, or that of a tag. */
async function numberOf(chain, text) {
  if (/^\d+$/.test(text)) return Number(text);
  if (/^0x[0-9a-f]+$/i.test(text)) return num(text);
  const block = await chain.call("eth_getBlockByNumber", text || "latest", false);
  if (block === null) throw new Error(`there is no block ${text}`);
  return num(block.number);
}

// -- what is exported -----------------------------------------------------------------------------------------------

/** The logs as the node gave them, with what they say where that is known. */
export const asJson = (found) => JSON.stringify(found.map(({ log, said }) => ({ ...log, ...(said && { event: signature(said.item), arguments: named(said) }) })), null, 2);

const HEADINGS = ["block", "index", "transaction", "contract", "event"];

/** A table with a column for each argument by its name; text that a spreadsheet would take for a formula begins with '. */
export function asCsv(found) {
  const said = found.map(({ said: one }) => (one ? named(one) : {}));
  const names = [...new Set(said.flatMap(Object.keys))];
  const rows = found.map(({ log, said: one, text }, i) => [num(log.blockNumber), num(log.logIndex), log.transactionHash, log.address, one ? one.item.name : text, ...names.map((name) => said[i][name] ?? "")]);
  return [[...HEADINGS, ...names], ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

const cell = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^-?\d+$/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers begin to read it later
}

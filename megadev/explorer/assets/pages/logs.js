// Search for events by contract, name and arguments; export what was found.

import { decode, topic, typeOf } from "../abi.js";
import { attempt, fill, h, table } from "../dom.js";
import { hex, num } from "../format.js";
import { knownEvents } from "../known.js";
import * as links from "../links.js";

const ANY = "any";
const SHOWN = 500;
const LOOKED_INTO = 200;

export async function show(place, { chain, rest }) {
  const [address0, event0, from0 = "0", to0 = "latest", argument0] = rest.map((part) => (part === ANY ? "" : part));
  const address = h("input", { value: address0 ?? "", placeholder: "contract (any)", "aria-label": "Contract", size: 44 });
  const event = h("input", { value: event0 ?? "", placeholder: "event, or its signature: Transfer(address,address,uint256)", "aria-label": "Event", size: 44 });
  const from = h("input", { value: from0, "aria-label": "From block", size: 10 });
  const upTo = h("input", { value: to0, "aria-label": "To block", size: 10 });
  const argument = h("input", { value: argument0 ?? "", placeholder: "argument contains", "aria-label": "Argument contains" });
  const body = h("div", {});
  const known = [...chain.contracts.keys()].slice(0, LOOKED_INTO);
  const suggestions = h("datalist", { id: "events" });
  event.setAttribute("list", "events");
  knownEvents(chain, known).then((events) => fill(suggestions, [...events.values()].map((item) => h("option", { value: item.signature }))), () => {});
  const search = () => attempt(async () => {
    const asked = [address, event, from, upTo, argument].map((field) => encodeURIComponent(field.value.trim() || ANY));
    history.replaceState(null, "", links.to(chain, "logs", ...asked)); // the search can be shared
    const events = [...(await knownEvents(chain, address.value ? [address.value] : known)).values()];
    const named = events.filter((item) => item.name === event.value || item.signature === event.value);
    const isTyped = /^\w+\(.*\)$/.test(event.value);
    const topics = !event.value ? [] : [isTyped && named.length === 0 ? topic({ name: event.value.split("(")[0], inputs: inputsOf(event.value) }) : named.map(topic)];
    if (event.value && !isTyped && named.length === 0) throw new Error("no known contract has such an event: give the signature, as Transfer(address,address,uint256)");
    const bound = (text) => (/^\d+$/.test(text) ? hex(text) : text);
    const logs = await chain.call("eth_getLogs", { ...(address.value && { address: address.value }), topics, fromBlock: bound(from.value), toBlock: bound(upTo.value) });
    const byTopic = new Map([...events.map((item) => [topic(item), item]), ...(isTyped && named.length === 0 ? [[topics[0], { name: event.value.split("(")[0], inputs: inputsOf(event.value) }]] : [])]);
    const found = logs.map((log) => ({ log, text: textOf(log, byTopic.get(log.topics[0])) })).filter(({ text }) => text.toLowerCase().includes(argument.value.toLowerCase()));
    const rows = found.slice(-SHOWN).reverse().map(({ log, text }) => [links.block(chain, num(log.blockNumber)), links.tx(chain, log.transactionHash), links.address(chain, log.address), h("span", { class: "mono", title: text }, text)]);
    fill(body, h("p", { class: "command" }, `${found.length} found${found.length > SHOWN ? `, the newest ${SHOWN} shown` : ""}`,
      h("button", { type: "button", onclick: () => save("logs.json", JSON.stringify(found.map(({ log }) => log), null, 2)) }, "JSON"),
      h("button", { type: "button", onclick: () => save("logs.csv", csv(found)) }, "CSV")), table(["Block", "Transaction", "Contract", "Event"], rows));
  });
  place.append(h("h1", {}, "Logs"), h("form", { class: "inline", onsubmit: (happening) => { happening.preventDefault(); search(); } }, address, event, suggestions, h("label", {}, "blocks ", from), h("label", {}, "to ", upTo), argument, h("button", {}, "Search")), body);
  if (rest.length) search();
}

const inputsOf = (signature) => {
  const inside = signature.slice(signature.indexOf("(") + 1, -1);
  return inside ? inside.split(",").map((type) => ({ type: type.trim().replace(/ indexed.*/, ""), indexed: /\bindexed\b/.test(type) })) : [];
};

function textOf(log, item) {
  if (!item) return [...log.topics, log.data].join(" ");
  try {
    const indexed = item.inputs.filter((input) => input.indexed);
    const rest = item.inputs.filter((input) => !input.indexed);
    const isGuess = indexed.length !== log.topics.length - 1;
    const plain = isGuess ? item.inputs.slice(log.topics.length - 1) : rest;
    const values = decode(plain, log.data);
    let [next, topicIndex] = [0, 1];
    const shown = item.inputs.map((input, i) => {
      const isTopic = isGuess ? i < log.topics.length - 1 : input.indexed;
      const isHashed = isTopic && /\[|^(string|bytes|tuple)$/.test(input.type);
      const value = isTopic ? (isHashed ? log.topics[topicIndex] : decode([input], log.topics[topicIndex])[0]) : values[next];
      if (isTopic) topicIndex += 1;
      else next += 1;
      return `${input.name ? `${input.name}: ` : ""}${typeof value === "object" ? JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)) : value}`;
    });
    return `${item.name}(${shown.join(", ")})`;
  } catch {
    return [`${item.name}(${item.inputs.map(typeOf).join(",")})`, ...log.topics.slice(1), log.data].join(" ");
  }
}

const cell = (text) => `"${String(text).replaceAll('"', '""').replace(/^[=+\-@]/, "'$&")}"`;
const csv = (found) => ["block,index,transaction,contract,event", ...found.map(({ log, text }) => [num(log.blockNumber), num(log.logIndex), log.transactionHash, log.address, text].map(cell).join(","))].join("\r\n");

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text]));
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

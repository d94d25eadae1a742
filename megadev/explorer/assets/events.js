// What logs say, and which of them have wanted arguments.

import { decode, encode, parse, show, topic } from "./abi.js";
import { keccak, toBytes, toHex } from "./hashes.js";

/** An event from its signature as Solidity writes it: `Transfer(address indexed from, address, uint256 value)`. */
export function readSignature(text) {
  const found = /^(?:event\s+)?([A-Za-z_$][\w$]*)\s*\((.*)\)\s*(?:anonymous)?\s*;?$/s.exec(text.trim());
  if (!found) throw new Error(`this is no signature of an event: ${text}`);
  return { type: "event", name: found[1], inputs: parametersIn(found[2]) };
}

function parametersIn(text) {
  return split(text).map((part) => {
    const [, type, rest] = /^(\(.*\)(?:\[\d*\])*|tuple\(.*\)(?:\[\d*\])*|[^\s]+)\s*(.*)$/s.exec(part.trim()) ?? [];
    if (!type) throw new Error("an argument has no type");
    const words = rest.split(/\s+/).filter(Boolean);
    const tuple = /^(?:tuple)?\((.*)\)((?:\[\d*\])*)$/s.exec(type);
    return { type: tuple ? `tuple${tuple[2]}` : whole(type), ...(tuple && { components: parametersIn(tuple[1]) }), indexed: words.includes("indexed"), name: words.filter((word) => word !== "indexed").pop() ?? "" };
  });
}

const whole = (type) => type.replace(/^(u?int)(?=\[|$)/, "$1256");

/** What commas divide that stand in no brackets. */
function split(text) {
  const parts = [];
  let [depth, part] = [0, ""];
  for (const sign of text) {
    depth += (sign === "(") - (sign === ")");
    if (sign === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += sign;
  }
  return part.trim() || parts.length ? [...parts, part] : [];
}

/** Whether a topic has only the hash of such an argument. */
const isHashed = (input) => /\[|^(string|bytes|tuple)/.test(input.type) && !/^bytes\d+$/.test(input.type);

/**
 * What a log says as `item`: {item, parts: [{input, value, hash}]}, one for each argument; null where it does not fit. A signature
 * that marks no argument as indexed is taken to have the first ones so.
 */
export function eventOf(log, item) {
  if (!item || log.topics[0] !== topic(item)) return null;
  const count = log.topics.length - 1;
  const isGuess = item.inputs.filter((input) => input.indexed).length !== count;
  const isTopic = item.inputs.map((input, i) => (isGuess ? i < count : input.indexed));
  try {
    const values = decode(item.inputs.filter((_, i) => !isTopic[i]), log.data);
    const topics = log.topics.slice(1);
    const parts = item.inputs.map((input, i) => {
      if (!isTopic[i]) return { input, value: values.shift() };
      const word = topics.shift();
      return isHashed(input) ? { input, hash: word } : { input, value: decode([input], word)[0] };
    });
    return { item, parts };
  } catch {
    return null;
  }
}

const partText = ({ input, value, hash }) => hash ?? (input.type === "string" ? value : show(input, value));
export const textOf = ({ item, parts }) => `${item.name}(${parts.map((part) => `${part.input.name ? `${part.input.name}: ` : ""}${partText(part)}`).join(", ")})`;

/** The arguments by name, those without one of their own as arg0 and so on: numbers as text, arrays and tuples as JSON has them. */
export const named = ({ parts }) => Object.fromEntries(parts.map(({ input, value, hash }, i) => {
  const isOwn = input.name && parts.findIndex((part) => part.input.name === input.name) === i;
  return [isOwn ? input.name : `arg${i}`, hash ?? plain(value)];
}));
const plain = (value) => (Array.isArray(value) ? value.map(plain) : typeof value === "bigint" ? String(value) : value);

/** What is wanted of each argument, null for anything: {data, hash} as it stands in data and, hashed or not, in a topic. */
export function wantedOf(item, texts) {
  return item.inputs.map((input, i) => {
    const text = texts[i] ?? "";
    if (text === "") return null;
    if (isHashed(input) && /^0x[0-9a-fA-F]{64}$/.test(text) && input.type !== "bytes") return { data: null, hash: text.toLowerCase() };
    const value = parse(input, text);
    const data = encode([input], [value]).toLowerCase();
    return { data, hash: isHashed(input) ? hashOf(input, value) : `0x${data}` };
  });
}

/** What stands in a topic for an argument of dynamic size, an array or a tuple: the hash of its items, each in whole words. */
function hashOf(input, value) {
  if (input.type === "string") return toHex(keccak(new TextEncoder().encode(value)));
  if (input.type === "bytes") return toHex(keccak(toBytes(value)));
  return toHex(keccak(toBytes(`0x${inPlace(input, value)}`)));
}

function inPlace(input, value) {
  const array = /^(.*)\[\d*\]$/.exec(input.type);
  if (array) return value.map((item) => inPlace({ ...input, type: array[1] }, item)).join("");
  if (input.type === "tuple") return input.components.map((part, i) => inPlace(part, value[i])).join("");
  if (input.type === "string") return inPlace({ type: "bytes" }, toHex(new TextEncoder().encode(value)));
  if (input.type === "bytes") return value.slice(2).padEnd(Math.ceil((value.length - 2) / 64) * 64, "0");
  return encode([input], [value]);
}

/** The topics to ask a node for: those of indexed arguments, where the event says which are. */
export function topicsOf(item, wanted) {
  const topics = [topic(item)];
  if (item.inputs.some((input) => input.indexed)) item.inputs.forEach((input, i) => { if (input.indexed) topics.push(wanted[i]?.hash ?? null); });
  while (topics.length > 1 && topics[topics.length - 1] === null) topics.pop();
  return topics;
}

/** Whether an event has what is wanted. */
export function isMet(said, wanted) {
  if (wanted.every((one) => one === null)) return true;
  return said !== null && said.parts.every(({ input, value, hash }, i) => !wanted[i] || (hash !== undefined ? hash === wanted[i].hash : wanted[i].data !== null && encode([input], [value]) === wanted[i].data));
}

// The contract ABI, as forms need it: values from text, calldata from values, values from return data.

import { keccakText, toBytes, toHex } from "./hashes.js";

const WORD = 32;

export function typeOf(parameter) {
  if (!parameter.type.startsWith("tuple")) return parameter.type;
  return `(${parameter.components.map(typeOf).join(",")})${parameter.type.slice(5)}`;
}

export const signature = (item) => `${item.name}(${(item.inputs ?? []).map(typeOf).join(",")})`;
export const selector = (item) => toHex(keccakText(signature(item)).slice(0, 4));
export const topic = (item) => toHex(keccakText(signature(item)));

/** The parameter that an array type repeats, and how often (null: any number); null for what is no array. */
function repeated(parameter) {
  const found = /^(.*)\[(\d*)\]$/.exec(parameter.type);
  return found && [{ ...parameter, type: found[1] }, found[2] === "" ? null : Number(found[2])];
}

function isDynamic(parameter) {
  const array = repeated(parameter);
  if (array) return array[1] === null || isDynamic(array[0]);
  if (parameter.type === "tuple") return parameter.components.some(isDynamic);
  return parameter.type === "bytes" || parameter.type === "string";
}

/** A value from what a person typed: JSON for arrays and tuples. Throws an Error that names the parameter. */
export function parse(parameter, text) {
  const named = parameter.name || parameter.type;
  try {
    if (repeated(parameter) || parameter.type === "tuple") return check(parameter, JSON.parse(text));
    return check(parameter, text.trim());
  } catch (problem) {
    throw new Error(`${named} (${typeOf(parameter)}): ${problem.message}`);
  }
}

function check(parameter, value) {
  const array = repeated(parameter);
  if (array) {
    if (!Array.isArray(value)) throw new Error("expected a JSON array");
    if (array[1] !== null && value.length !== array[1]) throw new Error(`expected ${array[1]} items`);
    return value.map((item) => check(array[0], item));
  }
  if (parameter.type === "tuple") {
    const items = Array.isArray(value) ? value : parameter.components.map(({ name }) => value[name]);
    return parameter.components.map((component, i) => check(component, items[i]));
  }
  if (/^u?int/.test(parameter.type)) return integer(parameter.type, value);
  if (parameter.type === "bool") {
    if (!["true", "false", true, false].includes(value)) throw new Error("expected true or false");
    return value === true || value === "true";
  }
  if (parameter.type === "string") return String(value);
  const size = parameter.type === "address" ? 20 : Number(parameter.type.slice(5)) || null;
  if (!/^0x([0-9a-fA-F]{2})*$/.test(value) || (size && value.length !== 2 + 2 * size)) throw new Error(`expected 0x and ${size ? 2 * size : "pairs of"} hex digits`);
  return value;
}

function integer(type, value) {
  const bits = BigInt(/\d+$/.exec(type)?.[0] ?? 256);
  const found = BigInt(typeof value === "string" ? value.replace(/[_\u2009 ]/g, "") : value);
  const [least, most] = type.startsWith("u") ? [0n, 2n ** bits] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n)];
  if (found < least || found >= most) throw new Error("out of range");
  return found;
}

const word = (value) => (BigInt.asUintN(256, BigInt(value))).toString(16).padStart(64, "0");
const padded = (digits) => digits.padEnd(Math.ceil(digits.length / 64) * 64, "0");

/** Hex digits of values, without 0x. */
export function encode(parameters, values) {
  const heads = [];
  const tails = [];
  const headSize = parameters.reduce((size, parameter) => size + (isDynamic(parameter) ? WORD : encodeOne(parameter, sample(parameter)).length / 2), 0);
  let offset = headSize;
  parameters.forEach((parameter, i) => {
    const encoded = encodeOne(parameter, values[i]);
    if (isDynamic(parameter)) {
      heads.push(word(offset));
      tails.push(encoded);
      offset += encoded.length / 2;
    } else heads.push(encoded);
  });
  return heads.join("") + tails.join("");
}

/** Any value of a static type: only its size matters. */
function sample(parameter) {
  const array = repeated(parameter);
  if (array) return Array(array[1]).fill(sample(array[0]));
  if (parameter.type === "tuple") return parameter.components.map(sample);
  return parameter.type === "address" || parameter.type.startsWith("bytes") ? "0x" : 0;
}

function encodeOne(parameter, value) {
  const array = repeated(parameter);
  if (array) {
    const items = encode(value.map(() => array[0]), value);
    return array[1] === null ? word(value.length) + items : items;
  }
  if (parameter.type === "tuple") return encode(parameter.components, value);
  if (parameter.type === "string") return encodeOne({ type: "bytes" }, toHex(new TextEncoder().encode(value)));
  if (parameter.type === "bytes") return word((value.length - 2) / 2) + padded(value.slice(2));
  if (parameter.type.startsWith("bytes")) return value.slice(2).padEnd(64, "0");
  if (parameter.type === "address") return value.slice(2).padStart(64, "0");
  return word(parameter.type === "bool" ? (value ? 1 : 0) : value);
}

/** Values from return data or an event's data. Throws where the data is too short. */
export function decode(parameters, hex) {
  return decodeAll(parameters, toBytes(hex), 0);
}

function decodeAll(parameters, data, start) {
  let at = start;
  return parameters.map((parameter) => {
    const place = isDynamic(parameter) ? start + Number(read(data, at)) : at;
    const [value, size] = decodeOne(parameter, data, place);
    at += isDynamic(parameter) ? WORD : size;
    return value;
  });
}

function read(data, at) {
  if (at < 0 || at + WORD > data.length) throw new Error("the data ends too early");
  return BigInt(toHex(data.slice(at, at + WORD)));
}

/** [value, bytes that a static value takes]. */
function decodeOne(parameter, data, at) {
  const array = repeated(parameter);
  if (array || parameter.type === "tuple") {
    const count = array && (array[1] ?? Number(read(data, at)));
    if (count > data.length) throw new Error("the data ends too early");
    const parts = array ? Array(count).fill(array[0]) : parameter.components;
    const begin = array && array[1] === null ? at + WORD : at;
    const size = parts.reduce((sum, part) => sum + (isDynamic(part) ? WORD : encodeOne(part, sample(part)).length / 2), 0);
    return [decodeAll(parts, data, begin), size];
  }
  if (parameter.type === "bytes" || parameter.type === "string") {
    const size = Number(read(data, at));
    if (at + WORD + size > data.length) throw new Error("the data ends too early");
    const found = data.slice(at + WORD, at + WORD + size);
    return [parameter.type === "string" ? new TextDecoder().decode(found) : toHex(found), WORD];
  }
  const value = read(data, at);
  if (parameter.type === "bool") return [value !== 0n, WORD];
  const digits = value.toString(16).padStart(64, "0");
  if (parameter.type === "address") return [`0x${digits.slice(24)}`, WORD];
  if (parameter.type.startsWith("bytes")) return [`0x${digits.slice(0, 2 * Number(parameter.type.slice(5)))}`, WORD];
  return [parameter.type.startsWith("int") ? BigInt.asIntN(256, value) : value, WORD];
}

/** A value as text. */
export function show(parameter, value) {
  const array = repeated(parameter);
  if (array) return `[${value.map((item) => show(array[0], item)).join(", ")}]`;
  if (parameter.type === "tuple") return `(${parameter.components.map((part, i) => `${part.name ? `${part.name}: ` : ""}${show(part, value[i])}`).join(", ")})`;
  return typeof value === "string" && parameter.type === "string" ? JSON.stringify(value) : String(value);
}

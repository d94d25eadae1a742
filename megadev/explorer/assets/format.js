// Numbers, hashes and times as people read them.

import { h } from "./dom.js";

export const big = (hex) => (hex === undefined || hex === null || hex === "0x" ? 0n : BigInt(hex));
export const num = (hex) => Number(big(hex));
export const group = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");

/** A quantity in its unit: 1.5 for 1500000000000000000 and 18 decimals. */
export function units(value, decimals = 18, most = 6) {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  let rest = decimals ? digits.slice(-decimals).replace(/0+$/, "") : "";
  const isCut = rest.length > most;
  if (isCut) rest = rest.slice(0, most).replace(/0+$/, "") || "0".repeat(most);
  return `${sign}${group(whole)}${rest ? `.${rest}` : ""}${isCut ? "…" : ""}`;
}

/** Whole units from what a person typed; throws where that is no number. */
export function parseUnits(text, decimals = 18) {
  const found = /^(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (!found || (!found[1] && !found[2]) || (found[2] ?? "").length > decimals) throw new Error(`not an amount: ${text}`);
  return BigInt((found[1] || "0") + (found[2] ?? "").padEnd(decimals, "0"));
}

export function ether(wei) {
  const value = typeof wei === "bigint" ? wei : big(wei);
  if (value === 0n) return "0 ETH";
  if (value < 10n ** 6n && value > -(10n ** 6n)) return `${group(value)} wei`;
  if (value < 10n ** 14n && value > -(10n ** 14n)) return `${units(value, 9)} gwei`;
  return `${units(value)} ETH`;
}

export const gwei = (wei) => `${units(big(wei), 9)} gwei`;
/** The price of a unit of gas: in wei where it is small. */
export const price = (wei) => (big(wei) < 10n ** 6n ? `${group(big(wei))} wei` : gwei(wei));
export const short = (hex, head = 6, tail = 4) => (hex && hex.length > head + tail + 4 ? `${hex.slice(0, head + 2)}…${hex.slice(-tail)}` : hex ?? "");

export function time(seconds) {
  const date = new Date(num(seconds) * 1000);
  return h("time", { datetime: date.toISOString() }, date.toISOString().replace("T", " ").slice(0, 19), " UTC");
}

/** Nanoseconds in a unit that suits them. */
export function lasting(nanoseconds) {
  if (nanoseconds < 1e6) return `${Math.round(nanoseconds / 1e3)} µs`;
  return nanoseconds < 1e9 ? `${(nanoseconds / 1e6).toFixed(1)} ms` : `${(nanoseconds / 1e9).toFixed(1)} s`;
}

export function age(seconds, now) {
  let left = Math.max(0, Math.round(now - seconds));
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (left >= size) return `${Math.floor(left / size)} ${unit}`;
  }
  return `${left} s`;
}

export const bytes = (hex) => Math.max(0, (hex.length - 2) / 2);
export const isHash = (text) => /^0x[0-9a-fA-F]{64}$/.test(text);
export const isAddress = (text) => /^0x[0-9a-fA-F]{40}$/.test(text);
export const hex = (value) => `0x${BigInt(value).toString(16)}`;
export const UNSEALED = `0x${"ff".repeat(32)}`;

// What happens seldom, as the live page tells it: messages between the chains, batches, broken promises, reloads, console output.

import { attempt, fill, h, table, throttled } from "./dom.js";
import { ether, group, num } from "./format.js";
import { nameOf } from "./known.js";
import * as links from "./links.js";

const KEPT = 40;
const FIRST = 3;
const SELDOM = 2_000;
const SHARE = 20;

/** Show them in `place` and two sentences about the present in `cards`, until the returned function is called. */
export function follow(chains, place, onSummary) {
  const { l2, l1 } = chains;
  const rows = [];
  const seen = new Map();
  let isFirst = true;
  let isOver = false;
  let condition = null;
  let printed = null;
  const draw = throttled(() => fill(place, table(["Time", "Kind", "What"], rows, "Nothing yet.")));
  const tell = (kind, ...what) => {
    rows.unshift([h("time", {}, new Date().toLocaleTimeString()), kind, h("span", {}, what)]);
    rows.length = Math.min(rows.length, KEPT);
    draw();
  };

  /** Tell of those whose status is another than it was; of what was there before one looked, only of the newest. */
  const compare = (items, keyOf, statusOf, say) => items.forEach((item, i) => {
    const [key, status] = [keyOf(item), statusOf(item)];
    const isNew = seen.get(key) !== status;
    seen.set(key, status);
    if (isNew && (!isFirst || i >= items.length - FIRST)) say(item);
  });

  const look = async () => {
    const began = performance.now();
    const [status, batches, sequencer, lines] = await Promise.all([
      l2.ask(null, "megadev_getBridgeStatus"), l2.ask(null, "megadev_getBatches"), l2.ask(null, "megadev_sequencer_status"),
      l2.ask(null, "megadev_getConsoleLogs", printed === null ? { limit: isFirst ? "0x1" : "0x14" } : { after: printed })]);
    if (isOver) return;
    const oldestFirst = (items) => [...(items ?? [])].reverse();
    compare(oldestFirst(status?.deposits), (found) => `d${found.l1TransactionHash ?? found.transactionHash}`, (found) => found.status, (found) => {
      const [there, here] = [found.l1TransactionHash ?? found.transactionHash, found.l2TransactionHash ?? found.hash];
      tell("deposit", `${ether(found.mint ?? found.value ?? "0x0")} ${found.status} `, there && l1 ? links.tx(l1, there) : null, " ", here ? links.tx(l2, here) : null);
    });
    compare(oldestFirst(status?.withdrawals), (found) => `w${found.withdrawalHash}`, (found) => found.status, (found) => tell("withdrawal", `${ether(found.value ?? found.amount ?? "0x0")} ${found.status} `, found.transactionHash ? links.tx(l2, found.transactionHash) : null));
    compare(batches?.batches ?? [], (batch) => `b${batch.channel}`, () => "posted", (batch) => {
      const blocks = batch.firstBlock === null ? "unreadable" : `blocks ${group(num(batch.firstBlock))} to ${group(num(batch.lastBlock))}`;
      tell("batch", `${blocks}, ${group(num(batch.compressedBytes ?? batch.bytes))} bytes `, l1 ? batch.l1Transactions.map((hash) => [links.tx(l1, hash), " "]) : null);
    });
    if (sequencer && condition !== null && sequencer.condition !== condition) tell("sequencer", sequencer.condition);
    condition = sequencer?.condition ?? condition;
    const open = (status?.withdrawals ?? []).filter((found) => found.status !== "finalized").length;
    onSummary({
      bridge: status && `${group(status.deposits.length)} in, ${group(status.withdrawals.length)} out`, open,
      batches: batches && group(batches.batches.length), problem: batches?.stalled ?? null, condition: sequencer?.condition ?? null,
    });
    for (const line of isFirst ? [] : lines ?? []) tell("console", line.transactionHash ? links.tx(l2, line.transactionHash) : null, ` ${line.message}`);
    printed = lines?.at(-1)?.number ?? printed;
    isFirst = false;
    wait = Math.max(SELDOM, SHARE * (performance.now() - began)); // a long list is not asked for all the time
  };
  let wait = SELDOM;
  let due = null;
  const lookSoon = () => { due ??= setTimeout(() => { due = null; attempt(look); }, wait); };

  draw();
  attempt(look);
  const stops = [
    l2.subscribe(["newHeads"], lookSoon, lookSoon),
    l1 ? l1.subscribe(["newHeads"], lookSoon, lookSoon) : () => {},
    l2.subscribe(["contractReloads"], (reload) => tell("reload", reloadText(reload))),
    l2.subscribe(["lostPreconfirmations"], (lost) => tell("promise broken", `${group(lost.transactionHashes.length)} of block ${group(num(lost.blockNumber))}: ${lost.reason} `, lost.transactionHashes.slice(0, 3).map((hash) => [links.tx(l2, hash), " "]))),
  ];
  return () => {
    isOver = true;
    clearTimeout(due);
    stops.forEach((stop) => stop());
  };
}

/** Hot reloads as `followReloads` keeps them, each to unfold. */
export function reloadList(kept) {
  if (kept.length === 0) return h("p", { class: "soft" }, "None since this tab was opened.");
  return kept.map(({ at, reload }) => h("details", {}, h("summary", {}, `${new Date(at).toLocaleTimeString()} ${reloadText(reload)}`), h("pre", {}, JSON.stringify(reload, null, 2))));
}

/** What a hot reload was about, in a line. */
export function reloadText(reload) {
  const names = ["contracts", "deployments", "steps", "replaced", "deployed"].flatMap((key) => (Array.isArray(reload[key]) ? reload[key] : [])).map((found) => (typeof found === "string" ? found : nameOf(found)));
  return `Reload ${reload.number ?? ""} of ${[...new Set(names.filter(Boolean))].join(", ") || "the project"}`;
}

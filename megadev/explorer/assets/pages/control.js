// What steers a devnet. Each action shows the command and the request that do the same, to copy.

import { attempt, facts, fill, h, note, section } from "../dom.js";
import { group, hex, num, parseUnits } from "../format.js";
import { same as equivalent } from "../same.js";

export async function show(place, { chain, canWrite }) {
  place.append(h("h1", {}, "Control ", chain.name.toUpperCase()));
  if (!canWrite) {
    place.append(h("p", {}, "This explorer is read-only."));
    return;
  }
  const state = h("div", {});
  const refresh = async () => {
    const [number, automine, interval, sequencer, time] = await Promise.all([
      chain.call("eth_blockNumber"), chain.ask(null, "anvil_getAutomine"), chain.ask(null, "anvil_getIntervalMining"), chain.ask(null, "megadev_sequencer_status"), chain.ask(null, "eth_getBlockByNumber", "latest", false)]);
    const faults = Object.entries(sequencer?.faults ?? {}).filter(([, value]) => (Array.isArray(value) ? value.length : value)).map(([name, value]) => (value === true ? name : `${name} ${JSON.stringify(value)}`));
    const seconds = typeof interval === "string" ? num(interval) : interval;
    fill(state, facts([
      ["Block", group(num(number))],
      ["Time", time && new Date(num(time.timestamp) * 1000).toISOString().replace("T", " ").slice(0, 19)],
      ["Blocks are mined", automine === null ? null : [automine && "when a transaction arrives", seconds && `every ${seconds} s`].filter(Boolean).join(", and ") || "on request only"],
      ["Sequencer", isL2 && sequencer && `${sequencer.condition}${num(sequencer.waiting) ? `, ${num(sequencer.waiting)} wait` : ""}`],
      ["Faults", isL2 && sequencer && (faults.join(", ") || "none")],
      ["Latency", isL2 && sequencer?.latency && ["answer", "stream"].filter((name) => sequencer.latency[name]).map((name) => `${name} ${JSON.stringify(sequencer.latency[name])}`).join(", ")],
    ]));
  };
  const run = (method, ...params) => attempt(async () => {
    const result = await chain.call(method, ...params);
    note(`${method}: ${JSON.stringify(result)}`.slice(0, 300));
    await refresh();
    return result;
  });

  const blocks = field("blocks", "1");
  const seconds = field("seconds", "3600");
  const account = field("address", "", 44);
  const amount = field("ETH", "10");
  const impersonated = field("address", "", 44);
  const interval = field("seconds", "2");
  const delay = field("delay", "5ms");
  const victim = field("address or hash", "", 44);
  const name = field("name", "", 16);
  const moment = field("Unix time", "", 12);
  const snapshots = h("ul", {});
  const listed = snapshotsOf(chain);
  const list = () => fill(snapshots, listed.all().map(({ id, name: called, block }) => h("li", {}, `${called} (block ${group(block)}) `, h("button", {
    type: "button", "aria-label": `Revert to ${called}`,
    onclick: () => attempt(async () => {
      const isThere = await run("evm_revert", id);
      if (isThere === false) note(`the node no longer has the snapshot ${called}`, true);
      listed.forget(id);
      list();
    }),
  }, "Revert"), equivalent(() => ["", "evm_revert", [id]], []))));
  const take = () => attempt(async () => {
    const block = num(await chain.call("eth_blockNumber"));
    const id = await run("evm_snapshot");
    if (id !== undefined) listed.add({ id, name: name.value || `snapshot ${id}`, block });
    list();
  });
  list();
  const isL2 = chain.name === "l2";
  place.append(
    state,
    h("div", { class: "columns" },
      section("Blocks", act("Mine", () => run("anvil_mine", hex(blocks.value)), [blocks], () => [`megadev mine ${blocks.value}`, "anvil_mine", [hex(blocks.value || 0)]]),
        act("Mine on arrival", () => run("evm_setAutomine", true), [], () => ["", "evm_setAutomine", [true]]),
        act("Mine on request only", () => run("evm_setAutomine", false), [], () => ["", "evm_setAutomine", [false]]),
        act("Mine every", () => run("evm_setIntervalMining", Number(interval.value)), [interval], () => ["", "evm_setIntervalMining", [Number(interval.value)]])),
      section("Time", act("Move forward", () => run("evm_increaseTime", Number(seconds.value)).then(() => run("evm_mine")), [seconds], () => [`megadev time +${seconds.value}s`, "evm_increaseTime", [Number(seconds.value)]]),
        act("Next block at", () => run("evm_setNextBlockTimestamp", Number(moment.value)), [moment], () => ["", "evm_setNextBlockTimestamp", [Number(moment.value)]])),
      section("Snapshots", act("Take a snapshot", take, [name], () => ["", "evm_snapshot", []]), snapshots),
      section("Accounts", act("Fund", () => attempt(async () => run("anvil_addBalance", account.value, hex(parseUnits(amount.value)))), [account, amount], () => [`megadev fund ${account.value} ${amount.value}`, "anvil_addBalance", [account.value, "…"]]),
        act("Impersonate", () => run("anvil_impersonateAccount", impersonated.value), [impersonated], () => ["", "anvil_impersonateAccount", [impersonated.value]]),
        act("Stop impersonating", () => run("anvil_stopImpersonatingAccount", impersonated.value), [], () => ["", "anvil_stopImpersonatingAccount", [impersonated.value]])),
      isL2 && section("Sequencer", ["pause", "resume", "crash", "restart", "reorder", "equivocate", "behave"].map((name) => act(name, () => run(`megadev_sequencer_${name}`), [], () => [fault(name), `megadev_sequencer_${name}`, []])),
        act("withhold", () => run("megadev_sequencer_withhold", victim.value.length > 42 ? { transactions: [victim.value] } : { addresses: [victim.value] }), [victim], () => [`megadev sequencer fault withhold ${victim.value}`, "megadev_sequencer_withhold", [{ addresses: [victim.value] }]]),
        act("censor", () => run("megadev_sequencer_censor", [victim.value]), [], () => [`megadev sequencer fault censor ${victim.value}`, "megadev_sequencer_censor", [[victim.value]]]),
        act("delay answers by", () => run("megadev_sequencer_setLatency", { answer: delay.value }), [delay], () => [`megadev sequencer latency ${delay.value}`, "megadev_sequencer_setLatency", [{ answer: delay.value }]]))));
  await refresh();
}

const fault = (name) => `megadev sequencer ${["reorder", "equivocate", "behave"].includes(name) ? "fault " : ""}${name === "behave" ? "none" : name}`;
const field = (label, value, size = 10) => h("input", { value, size, placeholder: label, "aria-label": label });

/** A button, its fields, and what does the same elsewhere: `same()` gives command, method and parameters. */
function act(label, run, inputs, same) {
  const shown = equivalent(same, inputs, true);
  return h("form", { class: "inline", onsubmit: (event) => { event.preventDefault(); run(); } }, h("button", {}, label), inputs, shown);
}

/** The snapshots taken on this chain, as the browser's tab remembers them: a node lists no names. */
function snapshotsOf(chain) {
  const key = `snapshots ${chain.url}`;
  const all = () => JSON.parse(sessionStorage.getItem(key) ?? "[]");
  const keep = (list) => sessionStorage.setItem(key, JSON.stringify(list));
  return {
    all,
    add: (snapshot) => keep([...all(), snapshot]),
    /** Reverting drops a snapshot and all that were taken later. */
    forget: (id) => keep(all().slice(0, Math.max(0, all().findIndex((each) => each.id === id)))),
  };
}

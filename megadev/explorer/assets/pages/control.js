// What steers a devnet. Each action is one or two requests, and shows these and the command that does the same, to copy.

import { attempt, facts, fill, h, note, section, table } from "../dom.js";
import { group, hex, isAddress, num, parseUnits } from "../format.js";
import { command, same } from "../same.js";

export async function show(place, { chain, canWrite }) {
  place.append(h("h1", {}, "Control ", chain.name.toUpperCase()));
  if (!canWrite) {
    place.append(h("p", {}, "This explorer is read-only."));
    return undefined;
  }
  const state = h("div", {});
  const faults = h("div", {});
  const snapshots = h("div", {});
  const isL2 = chain.name === "l2";
  const cli = (...words) => command(chain, ...words);

  const refresh = async () => {
    const [number, automine, interval, sequencer, time, list, metadata] = await Promise.all([
      chain.call("eth_blockNumber"), chain.ask(null, "anvil_getAutomine"), chain.ask(null, "anvil_getIntervalMining"), isL2 ? chain.ask(null, "megadev_sequencer_status") : null,
      chain.ask(null, "eth_getBlockByNumber", "latest", false), isL2 ? chain.ask(null, "megadev_fault_list") : null, chain.ask(null, "anvil_metadata")]);
    const seconds = typeof interval === "string" ? num(interval) : interval;
    fill(state, facts([
      ["Block", group(num(number))],
      ["Time", time && new Date(num(time.timestamp) * 1000).toISOString().replace("T", " ").slice(0, 19)],
      ["Blocks are mined", automine === null ? null : [automine && "when a transaction arrives", seconds && `every ${seconds} s`].filter(Boolean).join(", and ") || "on request only"],
      ["Sequencer", sequencer && `${sequencer.condition}${num(sequencer.waiting) ? `, ${num(sequencer.waiting)} wait` : ""}`],
      ["Faults", list && (list.filter((one) => one.on).map((one) => [one.name, ...one.arguments].join(" ")).join(", ") || "none")],
      ["Latency", sequencer?.latency && (["answer", "stream"].filter((name) => sequencer.latency[name]).map((name) => `${name} ${typeof sequencer.latency[name] === "string" ? sequencer.latency[name] : JSON.stringify(sequencer.latency[name])}`).join(", ") || "none")],
    ]));
    drawSnapshots(metadata);
    if (list) drawFaults(list);
    return sequencer;
  };

  /** Do what `tell` says, one request after the other. */
  const run = (tell) => attempt(async () => {
    const [, ...calls] = tell();
    let result;
    for (let i = 0; i < calls.length; i += 2) {
      result = await chain.call(calls[i], ...calls[i + 1]);
      note(`${calls[i]}: ${JSON.stringify(result)}`.slice(0, 300));
    }
    await refresh();
    return result;
  });
  /** A button with its fields: `tell()` gives command, method, parameters, as `same` takes them. */
  const act = (label, inputs, tell, then = () => {}) => h("form", { class: "inline", onsubmit: (event) => { event.preventDefault(); run(tell).then(then); } }, h("button", {}, label), inputs, same(chain, tell, inputs, true));

  const blocks = field("blocks", "1");
  const interval = field("seconds between blocks", "2");
  const seconds = field("seconds", "3600");
  const moment = field("Unix time", String(Math.floor(Date.now() / 1000) + 3600), 12);
  const name = field("name", "", 16);
  const [funded, impersonated, released] = ["address to fund", "address to impersonate", "address to impersonate no more"].map((label) => field(label, "", 44));
  const amount = field("ETH", "10");
  const [answers, streams] = [field("delay of answers", "5ms"), field("delay of notifications", "5ms")];
  const addressOf = (input) => {
    if (!isAddress(input.value.trim())) throw new Error(`${input.placeholder}: expected 0x and 40 hex digits`);
    return input.value.trim();
  };

  // -- snapshots: the node has their ids, this browser the names that they were given here --
  const named = namesOf(chain);
  const drawSnapshots = (metadata) => {
    const known = metadata?.snapshots ?? null;
    const ids = known ? Object.keys(known) : named.ids();
    fill(snapshots, table(["Name", "#Id", "#Block", "Revert"], ids.map((id) => {
      const tell = () => ["", "evm_revert", [id]];
      const called = named.of(id)?.name ?? `snapshot ${id}`;
      const at = known?.[id]?.[0] ?? named.of(id)?.block; // Anvil's form: [number, hash]
      return [called, id, at === undefined ? "" : group(num(at)), [h("button", { type: "button", "aria-label": `Revert to ${called}`, onclick: () => run(tell).then((done) => { if (done === false) note("the node no longer has this snapshot", true); named.forget(id); return attempt(refresh); }) }, "Revert"), same(chain, tell, [])]];
    }), "None was taken."));
  };
  const remember = (id) => attempt(async () => {
    if (typeof id !== "string") return;
    named.add(id, { name: name.value.trim() || `snapshot ${id}`, block: await chain.call("eth_blockNumber") });
    name.value = "";
    await refresh();
  });

  // -- faults: the node's own table --
  const drawFaults = (list) => {
    if (faults.contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
    fill(faults, list.map((one) => {
      const given = one.takes && !one.on ? field(one.takes, "", 30) : null;
      const words = () => {
        const text = given?.value.trim() ?? "";
        if (!text && !one.on && one.takes && !one.takes.startsWith("[")) throw new Error(`${one.name} takes ${one.takes}`);
        return text ? text.split(/\s+/) : [];
      };
      const tell = () => (one.on ? [cli("fault", one.name, "--clear"), "megadev_fault_clear", [one.name]] : [cli("fault", one.name, ...words()), "megadev_fault_set", [one.name, words()]]);
      return h("div", {}, h("p", {}, h("strong", {}, `${one.of}: ${one.name}`), one.on ? h("span", { class: "tag bad" }, ["on", ...one.arguments].join(" ")) : null, ` ${one.does} `, h("span", { class: "soft" }, one.seen)), act(one.on ? `Clear ${one.name}` : `Set ${one.name}`, given ? [given] : [], tell));
    }));
  };

  const sequencer = await refresh();
  const steer = (label, word) => act(label, [], () => [cli("sequencer", word), `megadev_sequencer_${word}`, []]);
  place.append(
    state,
    h("div", { class: "columns" },
      section("Blocks",
        act("Mine", [blocks], () => [cli("mine", whole(blocks)), "anvil_mine", [hex(whole(blocks))]]),
        act("Mine on arrival", [], () => ["", "evm_setAutomine", [true]]),
        act("Mine on request only", [], () => ["", "evm_setAutomine", [false], "evm_setIntervalMining", [0]]),
        act("Mine every", [interval], () => ["", "evm_setIntervalMining", [whole(interval)]])),
      section("Time",
        act("Move forward", [seconds], () => [cli("time", `+${whole(seconds)}s`), "evm_increaseTime", [whole(seconds)], "evm_mine", []]),
        act("Next block at", [moment], () => ["", "evm_setNextBlockTimestamp", [whole(moment)]])),
      section("Snapshots", act("Take a snapshot", [name], () => ["", "evm_snapshot", []], remember), snapshots),
      section("Accounts",
        act("Fund", [funded, amount], () => [cli("fund", addressOf(funded), amount.value.trim()), "anvil_addBalance", [addressOf(funded), hex(parseUnits(amount.value))]]),
        act("Impersonate", [impersonated], () => ["", "anvil_impersonateAccount", [addressOf(impersonated)]]),
        act("Stop impersonating", [released], () => ["", "anvil_stopImpersonatingAccount", [addressOf(released)]]),
        act("Impersonate everybody", [], () => ["", "anvil_autoImpersonateAccount", [true]]),
        act("Impersonate only those named", [], () => ["", "anvil_autoImpersonateAccount", [false]])),
      sequencer && section("Sequencer", [["Pause", "pause"], ["Resume", "resume"], ["Crash", "crash"], ["Restart", "restart"]].map(([label, word]) => steer(label, word)),
        act("Delay answers by", [answers], () => [cli("sequencer", "latency", answers.value.trim(), "--only", "answers"), "megadev_sequencer_setLatency", [{ answer: answers.value.trim() }]]),
        act("Delay notifications by", [streams], () => [cli("sequencer", "latency", streams.value.trim(), "--only", "streams"), "megadev_sequencer_setLatency", [{ stream: streams.value.trim() }]]),
        act("Behave again", [], () => [cli("fault", "--clear"), "megadev_fault_clear", []]))),
    sequencer && section("Faults", faults));
  const stop = chain.subscribe(["newHeads"], () => {}, () => attempt(refresh));
  return stop;
}

const field = (label, value, size = 10) => h("input", { value, size, placeholder: label, "aria-label": label, spellcheck: "false" });

/** A field's whole number. */
function whole(input) {
  if (!/^\d+$/.test(input.value.trim())) throw new Error(`${input.placeholder}: expected a whole number`);
  return Number(input.value.trim());
}

/** What snapshots of a chain are called, and where they were taken: kept by this browser, a node takes no names. */
function namesOf(chain) {
  const key = `snapshots ${chain.url}`;
  const all = () => JSON.parse(sessionStorage.getItem(key) ?? "{}");
  const keep = (known) => sessionStorage.setItem(key, JSON.stringify(known));
  return {
    ids: () => Object.keys(all()),
    of: (id) => all()[id],
    add: (id, snapshot) => keep({ ...all(), [id]: snapshot }),
    /** Reverting drops a snapshot and all that were taken later. */
    forget: (id) => keep(Object.fromEntries(Object.entries(all()).filter(([other]) => BigInt(other) < BigInt(id)))),
  };
}

// What steers a devnet. Each action shows the command and the request that do the same, to copy.

import { attempt, copy, fill, h, note, section } from "../dom.js";
import { hex, num, parseUnits } from "../format.js";

export async function show(place, { chain, canWrite }) {
  place.append(h("h1", {}, "Control ", chain.name.toUpperCase()));
  if (!canWrite) {
    place.append(h("p", {}, "This explorer is read-only."));
    return;
  }
  const state = h("pre", {});
  const refresh = async () => {
    const [number, automine, interval, sequencer, time] = await Promise.all([
      chain.call("eth_blockNumber"), chain.ask(null, "anvil_getAutomine"), chain.ask(null, "anvil_getIntervalMining"), chain.ask(null, "megadev_sequencer_status"), chain.ask(null, "eth_getBlockByNumber", "latest", false)]);
    fill(state, JSON.stringify({ block: num(number), time: time && new Date(num(time.timestamp) * 1000).toISOString(), automine, interval, sequencer }, null, 2));
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
  const snapshots = h("ul", {});
  const take = () => attempt(async () => {
    const id = await run("evm_snapshot");
    const name = prompt("A name for this snapshot", `snapshot ${id}`);
    snapshots.append(h("li", {}, name ?? id, " ", h("button", { type: "button", onclick: () => run("evm_revert", id) }, "Revert")));
  });
  const isL2 = chain.name === "l2";
  place.append(
    state,
    h("div", { class: "columns" },
      section("Blocks", act("Mine", () => run("anvil_mine", hex(blocks.value)), [blocks], () => [`megadev mine ${blocks.value}`, "anvil_mine", [hex(blocks.value || 0)]]),
        act("Mine on arrival", () => run("evm_setAutomine", true), [], () => ["", "evm_setAutomine", [true]]),
        act("Mine on request only", () => run("evm_setAutomine", false), [], () => ["", "evm_setAutomine", [false]]),
        act("Mine every", () => run("evm_setIntervalMining", Number(interval.value)), [interval], () => ["", "evm_setIntervalMining", [Number(interval.value)]])),
      section("Time", act("Move forward", () => run("evm_increaseTime", Number(seconds.value)).then(() => run("evm_mine")), [seconds], () => [`megadev time +${seconds.value}s`, "evm_increaseTime", [Number(seconds.value)]])),
      section("Snapshots", act("Take a snapshot", take, [], () => ["", "evm_snapshot", []]), snapshots),
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
  const shown = h("span", { class: "command soft" });
  const describe = () => {
    const [command, method, params] = same();
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    fill(shown, command && h("code", {}, command), command && copy(command), h("code", {}, method), copy(request));
  };
  inputs.forEach((input) => input.addEventListener("input", describe));
  describe();
  return h("form", { class: "inline", onsubmit: (event) => { event.preventDefault(); run(); } }, h("button", {}, label), inputs, shown);
}

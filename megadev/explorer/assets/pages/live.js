// Both heads, the sequencer's pulse and the newest blocks and transactions, as they come.

import { attempt, fill, h, section, table, throttled } from "../dom.js";
import { follow } from "../happenings.js";
import { callName, isOfProtocol, learn } from "../known.js";
import { age, ether, group, hex, lasting, num, price, UNSEALED } from "../format.js";
import * as links from "../links.js";

const ROWS = 25;
const SECONDS = 60;
const MINIS = 8;
const TIMED = 2_000;
const POOL = 100;

export async function show(place, { chain, chains, site }) {
  const state = { blocks: [], transactions: [], minis: [], pulse: new Array(SECONDS).fill(0), heads: {}, pool: null, mini: null, other: null };
  const other = Object.values(chains).find((each) => each !== chain);
  const heads = h("div", { class: "cards" });
  const spark = h("div", { class: "spark", role: "img", "aria-label": "transactions in each of the last 60 seconds" });
  const blocks = h("div", {});
  const transactions = h("div", {});
  const minis = h("div", {});
  const waiting = h("div", {});
  const events = h("div", {});
  place.append(h("h1", {}, chain.name === "l2" ? "L2" : "L1", " ", h("span", { class: "soft" }, site.config?.[chain.name]?.name ?? "")), heads,
    section("Transactions per second", spark), h("div", { class: "columns" }, section("Blocks", blocks), section("Transactions", transactions)), h("div", { class: "columns" }, minis, waiting), chain === chains.l2 && section("Bridge, batches and other events", events));

  const draw = () => {
    fill(heads, cards(state, other));
    const most = Math.max(1, ...state.pulse);
    fill(spark, state.pulse.map((count) => bar(count, most)));
    fill(blocks, table(["Block", "#Transactions", "#Gas used", "#Age"], state.blocks.map((block) => blockRow(chain, block))));
    const isTimed = chain === chains.l2 && site.config !== undefined;
    const took = (tx) => (isTimed ? [chain.durations.has(tx.hash) ? lasting(chain.durations.get(tx.hash)) : ""] : []);
    fill(transactions, table(["Hash", "Call", "From", "To", "Value", ...(isTimed ? ["#Preconfirmed in"] : [])], state.transactions.map((tx) => [links.tx(chain, tx.hash), callName(chain, tx), links.address(chain, tx.from), links.address(chain, tx.to), ether(tx.value), ...took(tx)])));
    if (state.pool && num(state.pool.pending) + num(state.pool.queued) === 0) fill(waiting);
    if (state.minis.length) fill(minis, section("Mini-blocks", table(["Mini-block", "Block", "#Transactions", "#Gas used", "First transaction"], state.minis.map((mini) => miniRow(chain, mini)))));
  };
  const soon = throttled(draw);

  /** Fetch the newest blocks, those that are shown already only after a reorganisation, and how far the other heads are. */
  const catchUp = async (isAll) => {
    const newest = num(await chain.call("eth_blockNumber"));
    const known = isAll || state.blocks.length === 0 ? -1 : num(state.blocks[0].number);
    const numbers = Array.from({ length: Math.max(0, Math.min(ROWS, newest - known)) }, (_, i) => newest - i);
    const [safe, finalized, pool, ...found] = await Promise.all([
      chain.ask(null, "eth_getBlockByNumber", "safe", false), chain.ask(null, "eth_getBlockByNumber", "finalized", false), chain.ask(null, "txpool_status"),
      ...numbers.map((number) => chain.ask(null, "eth_getBlockByNumber", hex(number), false))]);
    const blocks = found.filter(Boolean).map(slim);
    if (blocks.length && known >= 0 && newest - known <= ROWS && blocks[blocks.length - 1].parentHash !== state.blocks[0].hash) return catchUp(true);
    state.blocks = [...blocks, ...(isAll ? [] : state.blocks)].slice(0, ROWS);
    Object.assign(state.heads, { latest: state.blocks[0], safe, finalized });
    state.pool = pool;
    if (pool) attempt(() => pooled(chain, pool, waiting));
    const isAnew = known < 0;
    if (known >= 0 && !state.mini) state.pulse[SECONDS - 1] += blocks.reduce((sum, block) => sum + block.count, 0);
    // of full blocks only what is shown is fetched
    const hashes = found.filter(Boolean).flatMap((block) => [...block.transactions].reverse()).slice(0, ROWS).reverse();
    const transactions = state.mini && !isAnew ? [] : await Promise.all(hashes.map((hash) => chain.ask(null, "eth_getTransactionByHash", hash)));
    if (transactions.some((tx) => tx && tx.to === null)) await learn(chain);
    // what came in mini-blocks meanwhile stays on top
    const early = isAnew ? state.transactions.filter((tx) => num(tx.blockNumber) > newest).reverse() : [];
    if (isAnew) state.transactions = [];
    note(state, transactions.filter(Boolean));
    note(state, early);
    return draw();
  };
  let work = catchUp(true);
  await work;
  const refresh = (isAll) => { work = work.then(() => attempt(() => catchUp(isAll))); };
  const refreshSoon = throttled(() => refresh(false));

  const timed = (told) => {
    for (const { transactionHash, duration } of told) if (num(duration)) chain.durations.set(transactionHash, num(duration)); // what comes with a block took no time of its own
    while (chain.durations.size > TIMED) chain.durations.delete(chain.durations.keys().next().value);
    soon();
  };
  const leaving = [chain.subscribe(["preconfirmations"], timed), chain.subscribe(["newHeads"], refreshSoon, () => refresh(true))];
  if (chain === chains.l2) {
    leaving.push(chain.subscribe(["miniBlocks"], (mini) => {
      state.mini = mini;
      state.minis = [{ ...mini, receipts: null, transactions: mini.transactions.slice(0, 1), count: mini.transactions.length }, ...state.minis].slice(0, MINIS);
      state.pulse[SECONDS - 1] += mini.transactions.length - mini.transactions.filter(isOfProtocol).length;
      note(state, mini.transactions);
      soon();
    }));
  }
  if (other) leaving.push(other.subscribe(["newHeads"], (head) => { state.other = num(head.number); soon(); }, () => attempt(async () => { state.other = num(await other.call("eth_blockNumber")); soon(); })));
  if (chain === chains.l2) leaving.push(follow(chains, events, (told) => { state.told = told; soon(); }));
  const clock = setInterval(() => {
    state.pulse = [...state.pulse.slice(1), 0];
    soon();
  }, 1000);
  return () => {
    clearInterval(clock);
    for (const stop of leaving) stop();
  };
}

/** What waits in the txpool, by senders, where that is not too much to ask for. */
async function pooled(chain, pool, place) {
  const count = num(pool.pending) + num(pool.queued);
  if (count === 0) return;
  if (count > POOL) return fill(place, section("Waiting", h("p", { class: "soft" }, `${group(count)} transactions wait in the txpool: too many to list.`)));
  const content = await chain.ask(null, "txpool_content");
  if (content === null) return;
  const rows = ["pending", "queued"].flatMap((kind) => Object.values(content[kind] ?? {}).flatMap((byNonce) => Object.values(byNonce).map((tx) => [links.tx(chain, tx.hash), callName(chain, tx), links.address(chain, tx.from), num(tx.nonce), kind === "pending" ? "ready" : "waits for an earlier nonce"])));
  fill(place, section("Waiting", table(["Hash", "Call", "From", "#Nonce", "Status"], rows)));
}

/** What is kept of a block: not its transactions. */
const slim = ({ number, hash, parentHash, timestamp, gasUsed, gasLimit, baseFeePerGas, transactions }) => ({ number, hash, parentHash, timestamp, gasUsed, gasLimit, baseFeePerGas, count: transactions.length });

/** Show transactions, the newest last among them. */
function note(state, transactions) {
  const shown = transactions.filter((tx) => !isOfProtocol(tx)).slice(-ROWS).reverse();
  const hashes = new Set(shown.map((tx) => tx.hash));
  state.transactions = [...shown, ...state.transactions.filter((tx) => !hashes.has(tx.hash))].slice(0, ROWS);
}

function bar(count, most) {
  const element = h("i", { title: `${count}` });
  element.style.height = `${Math.round((100 * count) / most)}%`;
  return element;
}

function miniRow(chain, mini) {
  const [first] = mini.transactions;
  return [links.link(chain, "miniblock", num(mini.mini_block_number), group(num(mini.mini_block_number))), links.block(chain, num(mini.block_number)), String(mini.count), group(num(mini.gas_used)), first ? links.tx(chain, first.hash) : ""];
}

function cards({ heads, pool, mini, blocks, told, other: theirs }, other) {
  const latest = heads.latest && num(heads.latest.number);
  const behind = (block) => (block ? h("span", {}, `${group(latest - num(block.number))} behind`) : null);
  const gas = blocks.length ? `${Math.round((100 * num(blocks[0].gasUsed)) / num(blocks[0].gasLimit))} % full` : "";
  const card = (name, value, ...rest) => h("div", { class: "card" }, h("span", {}, name), h("b", {}, value), rest);
  return [
    card("latest", latest === undefined ? "…" : group(latest), h("span", {}, gas)),
    heads.safe && card("safe", group(num(heads.safe.number)), behind(heads.safe)),
    heads.finalized && card("finalized", group(num(heads.finalized.number)), behind(heads.finalized)),
    heads.latest?.baseFeePerGas && card("base fee", price(heads.latest.baseFeePerGas)),
    pool && card("waiting", group(num(pool.pending) + num(pool.queued)), h("span", {}, `${num(pool.pending)} ready`)),
    theirs !== null && card(`${other.name.toUpperCase()} latest`, group(theirs)),
    told?.bridge && card("bridge", told.bridge, h("span", {}, `${group(told.open)} withdrawals open`)),
    told?.batches && card("batches", told.batches, told.problem && h("span", { class: "warn" }, told.problem)),
    told?.condition && told.condition !== "running" && card("sequencer", told.condition),
    mini && card("mini-block", group(num(mini.mini_block_number)), h("span", {}, `${mini.transactions.length} transactions`)),
  ];
}

function blockRow(chain, block) {
  const isOpen = block.hash === UNSEALED;
  return [links.block(chain, num(block.number)), String(block.count), group(num(block.gasUsed)), isOpen ? "open" : age(num(block.timestamp), Date.now() / 1000)];
}

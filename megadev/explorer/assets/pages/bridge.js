// What crosses between the chains, each with its next step as a button; batches, claims and heads.

import { attempt, fill, h, note, section, table, throttled } from "../dom.js";
import { ether, group, hex, num, parseUnits } from "../format.js";
import * as links from "../links.js";
import { command, same } from "../same.js";
import { onDemand } from "./tx.js";

const PASSER = "0x4200000000000000000000000000000000000016";

export async function show(place, { chains, canWrite, site }) {
  const { l2, l1 } = chains;
  place.append(h("h1", {}, "Bridge"));
  if (!l1) {
    place.append(h("p", {}, "This node has no L1."));
    return undefined;
  }
  const accounts = await l2.ask([], "eth_accounts");
  const portal = site.config?.l1?.contracts?.portal?.address;
  const body = h("div", {});
  if (canWrite && accounts.length && portal) {
    place.append(h("div", { class: "columns" },
      amountForm("Deposit", accounts, l1, portal, (from, amount) => command(l2, "deposit", amount, "--from", from)),
      amountForm("Withdraw", accounts, l2, PASSER, (from, amount) => command(l2, "withdraw", amount, "--from", from))));
  }
  place.append(body);
  const draw = async () => {
    const [status, sync, games] = await Promise.all([l2.ask(null, "megadev_getBridgeStatus"), l2.ask(null, "optimism_syncStatus"), l2.ask(null, "megadev_getGames")]);
    if (status === null) return fill(body, h("p", { class: "soft" }, "This node does not tell what crosses its bridge."));
    return fill(body, heads(sync), section("Withdrawals, L2 to L1", table(["Message", "Amount", "Status", "Next"], status.withdrawals.map((found) => withdrawal(l1, l2, found, accounts[0], canWrite, draw)))),
      section("Claims about L2", claims(l1, l2, games)), section("Deposits, L1 to L2", table(["L1 transaction", "L2 transaction", "Amount", "Status"], status.deposits.map((found) => deposit(l1, l2, found)))));
  };
  await draw();
  place.append(onDemand("Batches", () => batches(l2, l1)), onDemand("Addresses", async () => h("pre", {}, JSON.stringify(site.config, null, 2))));
  const soon = throttled(() => attempt(draw), 500);
  const stops = [l1.subscribe(["newHeads"], soon), l2.subscribe(["newHeads"], soon)];
  return () => stops.forEach((stop) => stop());
}

function heads(sync) {
  if (!sync) return null;
  const rows = [["unsafe", sync.unsafe_l2], ["safe", sync.safe_l2], ["finalized", sync.finalized_l2], ["L1 head", sync.head_l1], ["L1 safe", sync.safe_l1], ["L1 finalized", sync.finalized_l1]].filter(([, block]) => block);
  return h("div", { class: "cards" }, rows.map(([name, block]) => h("div", { class: "card" }, h("span", {}, name), h("b", {}, group(num(block.number))))));
}

/** A form that sends ether to a contract of the bridge. */
function amountForm(title, accounts, chain, to, commandOf) {
  const from = h("select", { "aria-label": `${title} from` }, accounts.map((account, i) => h("option", { value: account }, `account ${i}`)));
  const amount = h("input", { value: "1", "aria-label": `${title} amount in ETH`, size: 8 });
  const tell = () => [commandOf(from.value, amount.value.trim()), "eth_sendTransaction", [{ from: from.value, to, value: hex(parseUnits(amount.value)) }]];
  const submit = (event) => {
    event.preventDefault();
    attempt(async () => {
      const [, method, params] = tell();
      note(`sent ${await chain.call(method, ...params)}`);
    });
  };
  return section(title, h("form", { class: "inline", onsubmit: submit }, amount, " ETH from ", from, h("button", {}, title), same(chain, tell, [amount, from])));
}

function withdrawal(l1, l2, found, sender, canWrite, draw) {
  const hash = found.withdrawalHash;
  const act = async () => {
    const fresh = await l2.call("megadev_getWithdrawal", hash);
    if (!fresh.call) {
      await l2.call("megadev_skipWithdrawalWindows", hash);
      note("the windows' time has passed");
    } else note(`sent ${await l1.call("eth_sendTransaction", { from: sender, ...fresh.call })}`);
    await draw();
  };
  const isOver = found.status === "finalized";
  const label = { "ready-to-prove": "Prove", "ready-to-finalize": "Finalize" }[found.status] ?? "Skip the windows";
  const propose = async () => {
    await l2.call("megadev_proposeOutput");
    await draw();
  };
  const next = (text, work, chain, ...tell) => [h("button", { type: "button", onclick: () => attempt(work) }, text), same(chain, () => tell, [])];
  const step = { "ready-to-prove": "prove", "ready-to-finalize": "finalize" }[found.status];
  let button = null;
  if (canWrite && !isOver && found.status === "waiting-to-prove") button = next("Propose an output", propose, l2, command(l2, "propose"), "megadev_proposeOutput", []);
  else if (canWrite && !isOver && step) button = next(label, act, l1, command(l2, step, hash), ...(found.call ? ["eth_sendTransaction", [{ from: sender, ...found.call }]] : ["megadev_getWithdrawal", [hash]]));
  else if (canWrite && !isOver) button = next(label, act, l2, "", "megadev_skipWithdrawalWindows", [hash]);
  const sent = found.transactionHash ?? found.l2TransactionHash;
  return [sent ? links.tx(l2, sent) : h("code", {}, hash.slice(0, 12)), ether(found.value ?? found.amount ?? "0x0"), found.status, button ?? found.next ?? ""];
}

function deposit(l1, l2, found) {
  const [there, here] = [found.l1TransactionHash ?? found.transactionHash, found.l2TransactionHash ?? found.hash];
  return [there ? links.tx(l1, there) : "", here ? links.tx(l2, here) : "", ether(found.mint ?? found.value ?? "0x0"), found.status];
}

// What is proven is so by attestation unless another verifier was put in its place: the node says by which.
function claims(l1, l2, found) {
  const rows = (found?.games ?? []).map((game) => [
    links.address(l1, game.address), links.block(l2, num(game.l2BlockNumber)), h("code", {}, game.outputRoot.slice(0, 12)),
    h("span", game.isTrue === false ? { class: "bad" } : {}, game.isTrue === false ? `${game.status}: L2 holds another root` : game.status),
    game.proof === null ? "" : `proven: ${game.proof}`, game.next]);
  return table(["Game", "L2 block", "Output root", "Status", "Proof", "Next"], rows, "Nothing has been claimed yet.");
}

async function batches(l2, l1) {
  const found = await l2.ask(null, "megadev_getBatches");
  if (found === null) return h("p", { class: "soft" }, "This node posts no batches: start it with --batch, or with --preset megaeth.");
  const amount = (value) => (value === null ? "" : group(num(value)));
  const rows = found.batches.map((batch) => [
    batch.firstBlock === null ? "unreadable" : `${amount(batch.firstBlock)}–${amount(batch.lastBlock)}`, amount(batch.transactions), amount(batch.bytes), amount(batch.compressedBytes), batch.da,
    links.block(l1, num(batch.l1Block)), ether(batch.cost), batch.costPerTransaction === null ? "" : ether(batch.costPerTransaction), batch.l1Transactions.map((hash) => [links.tx(l1, hash), " "])]);
  return [
    found.stalled && h("p", { class: "bad" }, found.stalled),
    found.underivable && h("p", { class: "warn" }, `From block ${num(found.underivable.blockNumber)} on the chain cannot be derived: ${found.underivable.reason}`),
    table(["L2 blocks", "#Transactions", "#Bytes", "#Compressed", "Data", "L1 block", "#Cost", "#Per transaction", "L1 transactions"], rows, "None was posted yet."),
  ];
}

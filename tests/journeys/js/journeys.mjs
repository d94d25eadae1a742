// Runs the journeys of one client and prints their outcomes: one JSON object, name to "ok" or to what went wrong.
// The packages come from MEGADEV_NODE_MODULES, a node_modules directory; the node's address from the command line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const load = createRequire(join(process.env.MEGADEV_NODE_MODULES, "journeys.cjs"));
export const url = process.argv[2];
export const webSocketUrl = url.replace("http", "ws");

const { abi, creation } = JSON.parse(readFileSync(new URL("../../contracts/Token.json", import.meta.url)));
export const token = { abi, bytecode: creation };

// The well-known accounts, m/44'/60'/0'/0/i of "test … junk": one for each journey, so that none disturbs another.
export const keys = JSON.parse(process.env.KEYS);

const SECONDS = 30;

// The node's chains as viem's op-stack extension takes them.
export async function bothChains() {
  const viem = load("viem");
  const { chainConfig } = load("viem/op-stack");
  const described = await viem.createClient({ transport: viem.http(url) }).request({ method: "megadev_chainConfig" });
  const l2 = { ...chainConfig, ...described.l2, contracts: { ...chainConfig.contracts, ...described.l2.contracts } };
  return { l1Chain: viem.defineChain(described.l1), l2Chain: viem.defineChain(l2) };
}

export async function run(journeys, seconds = SECONDS) {
  const outcomes = {};
  for (const [name, journey] of Object.entries(journeys)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000);
    });
    try {
      await Promise.race([journey(), late]);
      outcomes[name] = "ok";
    } catch (error) {
      outcomes[name] = String(error.stack ?? error);
    }
    clearTimeout(timer);
  }
  process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
}

// A list that can be waited for: `add` from a callback, `reaches` that length.
export function collected() {
  const items = [];
  let wake = () => {};
  return {
    items,
    add: (item) => {
      items.push(item);
      wake();
    },
    reaches: async (count) => {
      while (items.length < count) await new Promise((resolve) => (wake = resolve));
      return items;
    },
  };
}

// Whose code runs behind an address, as far as it can be seen from outside: by its code, its slots, and what it answers.

import { decode } from "./abi.js";
import { keccakText, toHex } from "./hashes.js";

const slotOf = (text, less = 0n) => `0x${(BigInt(toHex(keccakText(text))) - less).toString(16).padStart(64, "0")}`;
const IMPLEMENTATION = slotOf("eip1967.proxy.implementation", 1n);
const BEACON = slotOf("eip1967.proxy.beacon", 1n);
const ADMIN = slotOf("eip1967.proxy.admin", 1n);
const OLDER = [["EIP-1822", slotOf("PROXIABLE")], ["ZeppelinOS", slotOf("org.zeppelinos.proxy.implementation")]];
/** Minimal proxies, up to the address: EIP-1167 with addresses that begin with zeros too, EIP-7511, two shorter ones, Vyper's. */
const CLONES = /^0x(?:363d3d373d3d3d363d|365f5f375f5f365f|3d3d3d3d363d3d37363d|5f5f365f5f37365f|3660006000376110006000366000)7[0-3]([0-9a-f]{34,40})5af4/;
/** What a contract may be asked, where its code has the selector: the word behind PUSH4. */
const ASKED = [["EIP-897", "5c60da1b"], ["Safe", "a619486e"]];
const FACETS = { selector: "7a0ed627", type: { type: "tuple[]", components: [{ type: "address" }, { type: "bytes4[]" }] } };

const addressIn = (word) => (/^0x0{24}[0-9a-f]{40}$/.test(word) && BigInt(word) ? `0x${word.slice(26)}` : null);
const call = (chain, to, selector) => chain.ask("0x", "eth_call", { to, data: `0x${selector}` }, "latest");

/** {kind, implementations, beacon, admin} of a proxy or a delegation; null of what is neither. */
export async function behind(chain, address, code) {
  if (code === "0x") return null;
  if (code.startsWith("0xef0100") && code.length === 48) return { kind: "EIP-7702", implementations: [`0x${code.slice(8)}`] };
  const clone = CLONES.exec(code);
  if (clone) return { kind: "EIP-1167", implementations: [`0x${clone[1].padStart(40, "0")}`] };
  const words = await Promise.all([IMPLEMENTATION, BEACON, ADMIN, ...OLDER.map(([, slot]) => slot)].map((slot) => chain.ask("0x", "eth_getStorageAt", address, slot, "latest")));
  const [implementation, beacon, admin, ...older] = words.map(addressIn);
  if (implementation) return { kind: "EIP-1967", implementations: [implementation], admin };
  if (beacon) return { kind: "EIP-1967 beacon", implementations: [addressIn(await call(chain, beacon, ASKED[0][1]))].filter(Boolean), beacon, admin };
  for (const [i, [kind]] of OLDER.entries()) if (older[i]) return { kind, implementations: [older[i]] };
  if (code.includes(`63${FACETS.selector}`)) {
    const facets = decodedOr(await call(chain, address, FACETS.selector));
    if (facets.length) return { kind: "EIP-2535 diamond", implementations: [...new Set(facets.map(([facet]) => facet))] };
  }
  for (const [kind, selector] of ASKED) {
    // only what hands calls on: an ordinary contract may have such a function too
    if (!code.includes(`63${selector}`) || !code.includes("f4")) continue;
    const found = addressIn(await call(chain, address, selector));
    if (found && (await chain.ask("0x", "eth_getCode", found, "latest")) !== "0x") return { kind, implementations: [found] };
  }
  return null;
}

function decodedOr(data) {
  try {
    return decode([FACETS.type], data)[0];
  } catch {
    return [];
  }
}

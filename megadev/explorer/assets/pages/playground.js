// Any method of the node, with its parameters as JSON.

import { fill, h } from "../dom.js";

const EXAMPLES = [
  ["eth_blockNumber", []], ["eth_getBlockByNumber", ["latest", false]], ["eth_gasPrice", []], ["eth_feeHistory", ["0x5", "latest", [50]]], ["txpool_content", []],
  ["megadev_chainConfig", []], ["megadev_getBridgeStatus", []], ["megadev_sequencer_status", []], ["optimism_syncStatus", []], ["anvil_nodeInfo", []], ["web3_clientVersion", []],
];

export async function show(place, { chain, rest: [method0 = "eth_blockNumber"] }) {
  const method = h("input", { value: method0, list: "methods", "aria-label": "Method", size: 36 });
  const params = h("textarea", { rows: 5, cols: 60, "aria-label": "Parameters, a JSON array" });
  params.value = JSON.stringify(EXAMPLES.find(([name]) => name === method0)?.[1] ?? [], null, 1);
  const answer = h("pre", { "aria-live": "polite" });
  method.addEventListener("change", () => {
    const found = EXAMPLES.find(([name]) => name === method.value);
    if (found) params.value = JSON.stringify(found[1], null, 1);
  });
  const send = async () => {
    const began = performance.now();
    try {
      const result = await chain.call(method.value.trim(), ...JSON.parse(params.value || "[]"));
      fill(answer, JSON.stringify(result, null, 2), `\n\n${(performance.now() - began).toFixed(1)} ms`);
    } catch (problem) {
      fill(answer, `${problem.code === undefined ? "" : `${problem.code} `}${problem.message}${problem.data === undefined ? "" : `\n${JSON.stringify(problem.data)}`}`);
    }
  };
  place.append(h("h1", {}, "JSON-RPC"), h("p", {}, h("a", { href: "/docs/reference/rpc" }, "All methods")),
    h("form", { onsubmit: (event) => { event.preventDefault(); send(); } }, h("p", {}, method, h("datalist", { id: "methods" }, EXAMPLES.map(([name]) => h("option", { value: name })))), h("p", {}, params), h("button", {}, "Send")), answer);
}

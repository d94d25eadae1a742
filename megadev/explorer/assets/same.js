// What does the same as a button here: a command for the terminal and a JSON-RPC request, to copy.

import { copy, fill, h } from "./dom.js";

const DEFAULT = "http://127.0.0.1:8545/";

/** A word of a shell's command. */
const word = (value) => (/^[\w.,:@%+=/-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);

/** A command of megadev's for a chain: `megadev mine 1`, with the chain's URL where it is not the default. */
export const command = (chain, ...words) => ["megadev", ...words.map(String), ...(chain.url === DEFAULT ? [] : ["--rpc-url", chain.url])].map(word).join(" ");

/** The command that sends one request to any node: a parameter is JSON, or a text that is none. */
export function asked(chain, method, params) {
  const texts = params.map((value) => (typeof value === "string" && !isJson(value) ? value : JSON.stringify(value)));
  const where = chain.url === DEFAULT ? [] : ["--rpc-url", chain.url];
  return ["megadev", "rpc", ...where, method, ...(texts.some((text) => text.startsWith("-")) ? ["--"] : []), ...texts].map(word).join(" ");
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `tell()` gives [command, method, params, …further methods and params] of the moment, and is asked again when one of `inputs`
 * changes; what it throws means that there is nothing to copy yet. Where it gives no command, it is that of the request. */
export function same(chain, tell, inputs, isShown = false) {
  const shown = h("span", { class: "command soft" });
  const describe = () => {
    try {
      const [said, ...calls] = tell();
      const requests = [];
      for (let i = 0; i < calls.length; i += 2) requests.push({ jsonrpc: "2.0", id: requests.length + 1, method: calls[i], params: calls[i + 1] });
      const text = said || requests.map(({ method, params }) => asked(chain, method, params)).join(" && ");
      const request = JSON.stringify(requests.length === 1 ? requests[0] : requests);
      fill(shown, isShown && h("code", {}, text), copy(text, "copy command"), isShown && h("code", {}, requests.map(({ method }) => method).join(", ")), copy(request, "copy request"));
    } catch {
      fill(shown);
    }
  };
  inputs.forEach((input) => input.addEventListener("input", describe));
  describe();
  return shown;
}

// What does the same as a button here: a command for the terminal and a JSON-RPC request, to copy.

import { copy, fill, h } from "./dom.js";

/** `tell()` gives [command, method, params] of the moment, and is asked again when one of `inputs` changes; what it throws
 * means that there is nothing to copy yet. */
export function same(tell, inputs, isShown = false) {
  const shown = h("span", { class: "command soft" });
  const describe = () => {
    try {
      const [command, method, params] = tell();
      const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      fill(shown, command && [isShown && h("code", {}, command), copy(command, "copy command")], isShown && h("code", {}, method), copy(request, "copy request"));
    } catch {
      fill(shown);
    }
  };
  inputs.forEach((input) => input.addEventListener("input", describe));
  describe();
  return shown;
}

// Links to pages of one chain. A page's address is #/l2/tx/0x…: it can be shared and reloaded.

import { copy, h } from "./dom.js";
import { short } from "./format.js";

export const to = (chain, kind, ...rest) => `#/${chain.name}/${[kind, ...rest].join("/")}`;

export function link(chain, kind, id, text = short(String(id))) {
  return h("a", { href: to(chain, kind, id), title: String(id) }, text);
}

export const block = (chain, number) => link(chain, "block", number, String(number));
export const tx = (chain, hash) => h("span", { class: "mono" }, link(chain, "tx", hash));

/** An address by its name where it has one: a contract, an account of the node, a system contract. */
export function address(chain, value, isWhole = false) {
  if (!value) return h("span", { class: "soft" }, "contract creation");
  const name = chain.names.get(value.toLowerCase());
  const shown = isWhole ? value : short(value);
  const title = name ? `${name} ${value}` : value;
  const anchor = h("a", { href: to(chain, "address", value), title, class: "mono" }, name ?? shown, name && isWhole ? h("span", { class: "soft" }, ` ${value}`) : null);
  return isWhole ? h("span", {}, anchor, copy(value)) : anchor;
}

// The project's contracts: what is deployed, what is compiled, the last reloads.

import { fill, h, section, table } from "../dom.js";
import * as links from "../links.js";

export async function show(place, { chain, rest: [wanted = ""] }) {
  const [deployments, artifacts] = await Promise.all([chain.ask(null, "megadev_listDeployments"), chain.ask(null, "megadev_listArtifacts")]);
  const filter = h("input", { type: "search", value: wanted, placeholder: "contract or function", "aria-label": "Filter contracts" });
  const body = h("div", {});
  const draw = () => {
    const text = filter.value.toLowerCase();
    const named = (name) => !text || String(name ?? "").toLowerCase().includes(text);
    const deployed = (deployments?.deployments ?? []).filter((found) => named(found.name) || named(found.address));
    const compiled = (artifacts?.artifacts ?? []).filter((found) => named(found.name) || named(found.source));
    fill(body, section("Deployed", table(["Contract", "Address", "Chain"], deployed.map((found) => [found.name, links.address(chain, found.address, true), found.chain ?? ""]), deployments === null ? "Start the node with --watch to see what is deployed of the project." : "Nothing of the project is deployed.")),
      section("Known contracts", table(["Address", "Name"], [...chain.names].filter(([address, name]) => named(name) || named(address)).map(([address, name]) => [links.address(chain, address, true), name]))),
      section("Compiled", table(["Contract", "Source"], compiled.map((found) => [found.name, found.source]), "Start the node in the project's folder, or name it with --project.")));
  };
  filter.addEventListener("input", draw);
  draw();
  const reloads = h("ul", {});
  place.append(h("h1", {}, "Contracts"), filter, body, section("Reloads since this page was opened", reloads));
  return chain.subscribe(["contractReloads"], (reload) => {
    reloads.prepend(h("li", {}, h("details", {}, h("summary", {}, `reload of ${(reload.contracts ?? reload.deployments ?? []).map((found) => found.name).join(", ") || "the project"}`), h("pre", {}, JSON.stringify(reload, null, 2)))));
  });
}

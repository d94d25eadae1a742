// The project's contracts: what is deployed and by which name, what is compiled, the last reloads.

import { attempt, fill, h, section, table, throttled } from "../dom.js";
import { reloadList } from "../happenings.js";
import { abiOf, learn } from "../known.js";
import * as links from "../links.js";

const LOOKED_INTO = 200;

export async function show(place, { chain, rest: [wanted = ""] }) {
  const [deployments, artifacts] = await Promise.all([chain.ask(null, "megadev_listDeployments"), chain.ask(null, "megadev_listArtifacts")]);
  const filter = h("input", { type: "search", value: wanted, placeholder: "contract or function", "aria-label": "Filter contracts", size: 30 });
  const body = h("div", {});
  const functions = new Map();
  const draw = () => {
    const text = filter.value.toLowerCase();
    const named = (...names) => !text || names.some((name) => String(name ?? "").toLowerCase().includes(text));
    const callable = (key) => (functions.get(key) ?? []).filter((name) => text && name.toLowerCase().includes(text)).join(", ");
    const watched = new Set((deployments ?? []).filter((found) => (found.chain ?? chain.name) === chain.name).map((found) => found.address.toLowerCase()));
    const deployed = [...chain.contracts.values()].filter((found) => named(found.name, found.address) || callable(found.address));
    const rows = deployed.map((found) => [found.name, links.address(chain, found.address, true), found.source, found.implementation ? ["proxy of ", links.address(chain, found.implementation)] : "", watched.has(found.address.toLowerCase()) ? "reloaded when its source is saved" : "", h("code", {}, callable(found.address))]);
    const others = [...chain.names].filter(([address, name]) => !chain.contracts.has(address) && named(name, address));
    const compiled = (artifacts?.artifacts ?? []).filter((found) => named(found.name, found.source) || callable(`${found.source}:${found.name}`));
    fill(body, section("Deployed", table(["Contract", "Address", "Source", "Proxy", "Hot reload", "Functions"], rows, text ? "None has such a name or function." : "No contract of a known project is deployed. Start the node in the project's folder, or name it with --project.")),
      section("Compiled", table(["Contract", "Source", "Functions"], compiled.map((found) => [found.name, found.source, h("code", {}, callable(`${found.source}:${found.name}`))]), "None.")),
      section("Accounts and system contracts", table(["Name", "Address"], others.map(([address, name]) => [name, links.address(chain, address, true)]))));
  };
  /** Know the functions of all contracts, so that they can be searched. */
  const look = async () => {
    const known = [...chain.contracts.keys()].slice(0, LOOKED_INTO).map(async (address) => [chain.contracts.get(address).address, await abiOf(chain, address)]);
    const files = (artifacts?.artifacts ?? []).slice(0, LOOKED_INTO).map(async ({ source, name }) => {
      const which = source ? `${source}:${name}` : name;
      return [`${source}:${name}`, (await chain.ask(null, "megadev_getArtifact", which))?.abi ?? []];
    });
    for (const [key, abi] of await Promise.all([...known, ...files])) functions.set(key, abi.filter((item) => item.type === "function").map((item) => item.name));
    draw();
  };
  let isLooking = false;
  const start = () => {
    if (!isLooking && filter.value) attempt(look);
    isLooking ||= filter.value !== "";
    draw();
  };
  filter.addEventListener("input", start);
  start();
  const reloads = h("div", { "aria-live": "polite" });
  const drawReloads = () => fill(reloads, reloadList(chain.reloads));
  drawReloads();
  place.append(h("h1", {}, "Contracts"), filter, body, section("Last reloads", reloads));
  const refresh = throttled(() => attempt(async () => { await learn(chain, true); draw(); }), 1000);
  const stops = [chain.subscribe(["newHeads"], refresh), chain.subscribe(["contractReloads"], () => {
    drawReloads();
    refresh();
  })];
  return () => stops.forEach((stop) => stop());
}

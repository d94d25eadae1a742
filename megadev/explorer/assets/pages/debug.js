// The step debugger: source with the current line, forwards and backwards, and what each instruction found.

import { attempt, fill, h, table } from "../dom.js";
import { group, short } from "../format.js";
import * as links from "../links.js";

const CODE_AROUND = 12;

export async function show(place, { chain, rest: [hash, at = "0"] }) {
  const told = await chain.call("megadev_getSteps", hash);
  place.append(h("h1", {}, "Debugger ", h("a", { href: links.to(chain, "tx", hash), class: "mono" }, short(hash))));
  if (told.total === 0) {
    place.append(h("p", {}, "This transaction ran no code."));
    return undefined;
  }
  const pages = [told.steps];
  const size = told.steps.pc.length;
  const state = { step: Math.min(Number(at), told.total - 1), stops: new Set() };

  /** One step's pc, op, gas, frame and line; pages that were not loaded yet are fetched. */
  const get = async (index) => {
    const page = Math.floor(index / size);
    pages[page] ??= (await chain.call("megadev_getSteps", hash, page * size)).steps;
    const i = index - page * size;
    return Object.fromEntries(Object.entries(pages[page]).map(([name, list]) => [name, list[i]]));
  };
  const depth = (step) => told.frames[step.frame].depth;
  const lineKey = (step) => (step.line ? `${told.lines[step.line].source}:${told.lines[step.line].line}` : null);

  /** Go in a direction until `isThere(step, from)`; to the end where nothing is. */
  const seek = async (direction, isThere) => {
    const from = await get(state.step);
    let index = state.step + direction;
    for (; index >= 0 && index < told.total; index += direction) {
      const page = pages[Math.floor(index / size)];
      // what is loaded is looked through without a pause: there may be a million steps
      const step = page ? { frame: page.frame[index % size], line: page.line[index % size] } : await get(index);
      if (isThere(step, from)) break;
    }
    state.step = Math.max(0, Math.min(told.total - 1, index));
    await draw();
  };
  const newLine = (step, from) => step.line && lineKey(step) !== lineKey(from);
  const moves = {
    "◂ op": ["Back one instruction", () => seek(-1, () => true)],
    "op ▸": ["Forward one instruction", () => seek(1, () => true)],
    "◂ line": ["Back one line", () => seek(-1, (step, from) => newLine(step, from) && depth(step) <= depth(from))],
    "line ▸": ["Forward one line, into calls", () => seek(1, newLine)],
    "over ▸": ["Forward one line, over calls", () => seek(1, (step, from) => depth(step) < depth(from) || (newLine(step, from) && depth(step) === depth(from)))],
    "out ▸": ["Out of this call", () => seek(1, (step, from) => depth(step) < depth(from))],
    "◂ stop": ["Back to the last breakpoint", () => seek(-1, (step, from) => newLine(step, from) && state.stops.has(lineKey(step)))],
    "stop ▸": ["On to the next breakpoint", () => seek(1, (step, from) => newLine(step, from) && state.stops.has(lineKey(step)))],
  };
  const KEYS = { ArrowRight: "line ▸", ArrowLeft: "◂ line", ArrowDown: "over ▸", ArrowUp: "out ▸", ".": "op ▸", ",": "◂ op" };

  const slider = h("input", { type: "range", min: 0, max: told.total - 1, "aria-label": "Step" });
  slider.addEventListener("change", () => { state.step = Number(slider.value); attempt(draw); });
  const where = h("p", { role: "status" });
  const source = h("div", {});
  const calls = h("ul", { class: "tree" });
  const machine = h("div", {});
  place.append(h("p", { class: "command" }, Object.entries(moves).map(([label, [title, move]]) => h("button", { type: "button", title, onclick: () => attempt(move) }, label))), slider, where,
    h("div", { class: "debugger" }, h("div", {}, source), h("div", {}, h("h2", {}, "Calls"), calls, machine)));
  slider.style.width = "100%";
  const views = new Map();

  async function draw() {
    const mine = state.step;
    const step = await get(mine);
    const frame = told.frames[step.frame];
    const line = told.lines[step.line];
    slider.value = mine;
    history.replaceState(null, "", links.to(chain, "debug", hash, mine));
    fill(where, `step ${group(mine)} of ${group(told.total - 1)} · pc ${step.pc} · `, h("code", {}, told.opcodes[step.op] ?? `0x${step.op.toString(16)}`), ` · ${group(step.gas)} gas left`, line ? ` · ${line.source}:${line.line} ${line.function ?? ""}` : " · no source");
    drawSource(line);
    const stack = [];
    for (let i = step.frame, level = frame.depth; i >= 0 && level >= 0; i -= 1) {
      if (told.frames[i].depth === level) {
        stack.unshift(told.frames[i]);
        level -= 1;
      }
    }
    fill(calls, stack.map((each) => h("li", {}, "\u2003".repeat(each.depth), each.type === "CALL" ? "" : `${each.type.toLowerCase()} `, each.text, " ", links.address(chain, each.address))));
    const found = await chain.call("megadev_getStep", hash, mine);
    if (mine === state.step && found) drawMachine(found, frame);
  }

  function drawSource(line) {
    const text = line && told.sources[line.source];
    if (!text) {
      fill(source, h("p", { class: "soft" }, line ? `The file ${line.source} cannot be read.` : "This code has no known source. Start the node in the project's folder, or name it with --project."));
      return;
    }
    let view = views.get(line.source);
    if (!view) {
      const rows = text.split("\n").map((content, i) => {
        const key = `${line.source}:${i + 1}`;
        const row = h("div", {}, h("button", {
          type: "button", "aria-label": `Breakpoint at line ${i + 1}`,
          onclick: () => {
            if (!state.stops.delete(key)) state.stops.add(key);
            row.classList.toggle("stop", state.stops.has(key));
          },
        }, i + 1), h("code", {}, content || " "));
        return row;
      });
      view = { rows, box: h("div", { class: "source", tabindex: 0 }, rows), now: null };
      views.set(line.source, view);
    }
    view.now?.classList.remove("now");
    view.now = view.rows[line.line - 1];
    view.now?.classList.add("now");
    if (source.firstChild?.nextSibling !== view.box) fill(source, h("p", { class: "soft" }, line.source), view.box);
    if (view.now) view.box.scrollTop = view.now.offsetTop - view.box.offsetTop - CODE_AROUND * view.now.offsetHeight;
  }

  function drawMachine(found, frame) {
    const words = [...found.stack].reverse();
    const memory = found.memory.slice(2).match(/.{1,64}/g) ?? [];
    const slots = (values) => Object.entries(values).map(([slot, value]) => [h("code", {}, short(slot, 10, 6)), h("code", {}, value)]);
    fill(machine,
      h("h2", {}, `Stack (${words.length})`), h("pre", {}, words.slice(0, 32).map((word, i) => `${String(i).padStart(2)}  ${word}\n`), words.length > 32 ? `… ${words.length - 32} more` : ""),
      h("h2", {}, "Storage"), table(["Slot", "Value"], slots(found.storage), "No slot was used yet."),
      Object.keys(found.transient).length ? [h("h2", {}, "Transient storage"), table(["Slot", "Value"], slots(found.transient))] : null,
      h("h2", {}, `Memory (${found.memory.length / 2 - 1} bytes)`), h("pre", {}, memory.slice(0, 64).map((word, i) => `${(32 * i).toString(16).padStart(4, "0")}  ${word}\n`), memory.length > 64 ? `… ${memory.length - 64} more words` : ""),
      h("h2", {}, "Calldata"), h("pre", {}, frame.input), found.returnData !== "0x" ? [h("h2", {}, "Return data"), h("pre", {}, found.returnData)] : null);
  }

  const press = (event) => {
    const label = KEYS[event.key];
    if (!label || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) return;
    event.preventDefault();
    attempt(moves[label][1]);
  };
  document.addEventListener("keydown", press);
  await draw();
  return () => document.removeEventListener("keydown", press);
}

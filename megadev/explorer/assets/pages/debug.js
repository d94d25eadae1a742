// The step debugger: source with the current line, forwards and backwards, and what each instruction found.

import { attempt, fill, h, table } from "../dom.js";
import { group, short } from "../format.js";
import * as links from "../links.js";

const CODE_AROUND = 12;
const PAGE = 200_000; // steps that one answer of megadev_getSteps has
const KEPT = 8; // pages that stay in memory

/** Whether a step comes to its line: its frame was last seen at another one. So a line is met once, whatever it calls, and
 * again in each round of a loop. */
export function arrivals(from) {
  const seen = new Map([[from.frame, from.key]]);
  return ({ frame, key }) => {
    const isNew = key !== null && seen.get(frame) !== key;
    if (isNew) seen.set(frame, key);
    return isNew;
  };
}

export async function show(place, { chain, rest: [hash, at = "0"] }) {
  const asked = /^\d+$/.test(at) ? Number(at) : 0;
  // both at once: what the first step found is part of the first page that is drawn
  const [told, first] = await Promise.all([chain.call("megadev_getSteps", hash, asked - (asked % PAGE)), chain.ask(null, "megadev_getStep", hash, asked)]);
  place.append(h("h1", {}, "Debugger ", h("a", { href: links.to(chain, "tx", hash), class: "mono" }, short(hash))));
  if (told.total === 0) {
    place.append(h("p", {}, "This transaction ran no code."));
    return undefined;
  }
  const state = { step: Math.min(asked, told.total - 1), stops: new Set(), seeking: 0 };
  const pages = new Map();
  const sources = new Map();

  /** An answer's steps with its own tables: each line gets a key, so that pages can be compared. */
  const keep = (number, { steps, lines, opcodes, sources: files }) => {
    const keys = lines.map((line) => (line ? `${line.source}:${line.line}` : null));
    for (const [path, text] of Object.entries(files)) sources.set(path, text);
    pages.set(number, { steps, lines, opcodes, keys });
    if (pages.size > KEPT) pages.delete([...pages.keys()].sort((one, other) => Math.abs(other - number) - Math.abs(one - number))[0]);
    return pages.get(number);
  };
  const pageOf = async (index) => {
    const number = Math.floor(index / PAGE);
    return pages.get(number) ?? keep(number, await chain.call("megadev_getSteps", hash, number * PAGE));
  };
  /** One step: pc, op's name, gas, frame, line and the line's key. */
  const stepOf = ({ steps, lines, opcodes, keys }, index) => {
    const [i, line] = [index % PAGE, steps.line[index % PAGE]];
    return { pc: steps.pc[i], op: opcodes[steps.op[i]] ?? `0x${steps.op[i].toString(16)}`, gas: steps.gas[i], frame: steps.frame[i], line: lines[line], key: keys[line] };
  };
  keep(Math.floor(asked / PAGE), told);
  const get = async (index) => stepOf(await pageOf(index), index);
  const depth = (step) => told.frames[step.frame].depth;

  /** Go in a direction until `isThere(step, from, isNew)`; to the end where nothing is. `isNew`: see `arrivals`. The next press
   * of a button ends it. */
  const seek = async (direction, isThere) => {
    const mine = (state.seeking += 1);
    const from = await get(state.step);
    let page = await pageOf(state.step);
    const isArrival = arrivals(from);
    let index = state.step + direction;
    for (; index >= 0 && index < told.total; index += direction) {
      // a page is looked through without a pause: there may be millions of steps
      if (index % PAGE === (direction > 0 ? 0 : PAGE - 1)) {
        fill(where, `looking at steps ${group(index)} …`);
        page = await pageOf(index);
        if (mine !== state.seeking) return;
      }
      const { frame, line } = page.steps;
      const i = index % PAGE;
      const step = { frame: frame[i], key: page.keys[line[i]] };
      if (isThere(step, from, isArrival(step))) break;
    }
    state.step = Math.max(0, Math.min(told.total - 1, index));
    await draw();
  };
  const newLine = (step, from) => step.key && (step.key !== from.key || step.frame !== from.frame);
  const moves = {
    "◂ op": ["Back one instruction", () => seek(-1, () => true)],
    "op ▸": ["Forward one instruction", () => seek(1, () => true)],
    "◂ line": ["Back one line", () => seek(-1, (step, from) => newLine(step, from) && depth(step) <= depth(from))],
    "line ▸": ["Forward one line, into calls", () => seek(1, newLine)],
    "over ▸": ["Forward one line, over calls", () => seek(1, (step, from) => depth(step) < depth(from) || (newLine(step, from) && depth(step) === depth(from)))],
    "out ▸": ["Out of this call", () => seek(1, (step, from) => depth(step) < depth(from))],
    "◂ stop": ["Back to the last breakpoint", () => seek(-1, (step, from, isNew) => isNew && state.stops.has(step.key))],
    "stop ▸": ["On to the next breakpoint", () => seek(1, (step, from, isNew) => isNew && state.stops.has(step.key))],
  };
  const KEYS = { ArrowRight: "line ▸", ArrowLeft: "◂ line", ArrowDown: "over ▸", ArrowUp: "out ▸", ".": "op ▸", ",": "◂ op" };

  const slider = h("input", { type: "range", min: 0, max: told.total - 1, "aria-label": "Step" });
  slider.addEventListener("change", () => { state.step = Number(slider.value); attempt(draw); });
  const where = h("p", { role: "status" });
  const source = h("div", {});
  const calls = h("ul", { class: "tree" });
  const functions = h("div", {});
  const machine = h("div", {});
  place.append(h("p", { class: "command" }, Object.entries(moves).map(([label, [title, move]]) => h("button", { type: "button", title, onclick: () => attempt(move) }, label))), slider, where,
    h("div", { class: "debugger" }, h("div", {}, source), h("div", {}, h("h2", {}, "Calls"), calls, functions, machine)));
  slider.style.width = "100%";
  const views = new Map();

  async function draw() {
    const mine = state.step;
    const step = await get(mine);
    const frame = told.frames[step.frame];
    const { line } = step;
    slider.value = mine;
    history.replaceState(null, "", links.to(chain, "debug", hash, mine));
    fill(where, `step ${group(mine)} of ${group(told.total - 1)} · pc ${step.pc} · `, h("code", {}, step.op), ` · ${group(step.gas)} gas left`, line ? ` · ${line.source}:${line.line} ${line.function ?? ""}` : " · no source");
    drawSource(line);
    const stack = [];
    for (let i = step.frame, level = frame.depth; i >= 0 && level >= 0; i -= 1) {
      if (told.frames[i].depth === level) {
        stack.unshift(told.frames[i]);
        level -= 1;
      }
    }
    fill(calls, stack.map((each) => h("li", {}, "\u2003".repeat(each.depth), each.type === "CALL" ? "" : `${each.type.toLowerCase()} `, each.text, " ", links.address(chain, each.address))));
    const found = mine === asked && first ? first : await chain.call("megadev_getStep", hash, mine);
    if (mine === state.step && found) drawMachine(found, frame);
  }

  function drawSource(line) {
    const text = line && sources.get(line.source);
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
    fill(functions, found.functions?.length ? [h("h2", {}, "Functions, the innermost first"), h("ol", { class: "tree" }, found.functions.map((each) => h("li", {}, [each.contract, each.function].filter(Boolean).filter((name, i, all) => i === 0 || !name.startsWith(`${all[0]}.`)).join(".") || short(each.address), " ", h("span", { class: "soft" }, each.source ? `${each.source}:${each.line}` : "no source"))))] : null);
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

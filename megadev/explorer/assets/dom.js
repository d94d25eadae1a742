// Elements from calls. Whatever comes from a chain becomes text, never HTML: there is no way here to write markup.

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open"]);

/** An element: `h("a", { href, onclick, class }, child, …)`; children are nodes, strings, numbers, arrays or nothing. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  if (name === "pre") element.tabIndex = 0; // what scrolls must be reachable by keys
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function append(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, ...children);
}

/** A table of facts: [name, value] rows; rows whose value is empty are left out. */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("table", { class: "facts" }, h("tbody", {}, shown.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value)))));
}

/** A table with headings; a heading that starts with # is of numbers. */
export function table(headings, rows, empty = "Nothing here yet.") {
  if (rows.length === 0) return h("p", { class: "soft" }, empty);
  const numeric = headings.map((heading) => heading.startsWith("#"));
  const head = headings.map((heading, i) => h("th", { scope: "col", class: numeric[i] ? "n" : null }, heading.replace(/^#(?=.)/, "")));
  const body = rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: numeric[i] ? "n" : null }, cell))));
  const isReachable = body.some((row) => row.querySelector("a, button"));
  return h("div", { class: "scroll", tabindex: isReachable ? null : 0 }, h("table", { class: "rows" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

export function section(title, ...children) {
  return h("section", {}, h("h2", {}, title), children);
}

/** A button that copies text. */
export function copy(text, label = "copy") {
  const button = h("button", { class: "plain copy", type: "button", title: text, "aria-label": `${label} ${text}` }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      note("this browser does not let the page copy here", true);
    }
    setTimeout(() => { button.textContent = label; }, 900);
  });
  return button;
}

let notes;

/** Say something at the edge of the window for a while. */
export function note(text, isBad = false) {
  notes ??= document.getElementById("notes");
  const shown = h("p", { class: isBad ? "bad" : null }, text);
  notes.append(shown);
  while (notes.children.length > 4) notes.firstChild.remove();
  setTimeout(() => shown.remove(), isBad ? 9000 : 4000);
}

/** Run `work`; a failure is told, not thrown. */
export async function attempt(work) {
  try {
    return await work();
  } catch (problem) {
    note(problem.message ?? String(problem), true);
    return undefined;
  }
}

/** Call `draw` soon, and at most so often: a stream of thousands of messages draws a few times a second. */
export function throttled(draw, milliseconds = 250) {
  let due = null;
  return () => {
    due ??= setTimeout(() => { due = null; draw(); }, milliseconds);
  };
}

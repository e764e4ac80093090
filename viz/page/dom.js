// The page's only way to make and change elements. Text from a trace is
// hostile: it becomes text nodes and attributes, never markup.

const $ = (id) => document.getElementById(id);

// make("li", {class: "row", onclick: f}, "text", node)
function make(name, props, ...kids) {
  const node = document.createElement(name);

  for (const [key, value] of Object.entries(props ?? {})) {
    if (key.startsWith("on")) {
      node.addEventListener(key.slice(2), value);
    } else if (value !== false && value !== undefined) {
      node.setAttribute(key, value === true ? "" : String(value));
    }
  }
  node.append(...kids);
  return node;
}

// Sets what changed and nothing else: at 60 frames a second most of a picture
// stays as it was.
function put(node, text) {
  text = String(text);
  const only = node.firstChild;

  if (only !== null && only === node.lastChild && only.nodeType === 3) {
    if (only.data !== text) {
      only.data = text;
    }
  } else if (text !== "" || only !== null) {
    node.textContent = text;
  }
}

function attr(node, name, value) {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) {
      node.removeAttribute(name);
    }
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

function look(node, className) {
  if (node.className !== className) {
    node.className = className;
  }
}

function reveal(node, shown) {
  if (node.hidden === shown) {
    node.hidden = !shown;
  }
}

// Exactly `count` children of `parent`, the old ones kept.
function fit(parent, count, create) {
  while (parent.children.length > count) {
    parent.lastElementChild.remove();
  }
  while (parent.children.length < count) {
    parent.append(create());
  }
  return parent.children;
}

function memory(name, value) { // of this page in this browser, if it has any
  try {
    if (value !== undefined) {
      localStorage.setItem(`fishbowl.${name}`, value);
    }
    return localStorage.getItem(`fishbowl.${name}`);
  } catch {
    return null; // a sandboxed iframe
  }
}

// ---- numbers and symbols ----

const grouped = new Intl.NumberFormat("en-US"); // making one is what costs
const count = (n) => n < 1000 ? String(n) : grouped.format(n);
const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

// 1, 2 or 5 × 10^n nanoseconds, as steps of a timeline are.
function duration(ns) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [size, unit] = units.find(([least]) => ns >= least) ?? units[3];

  return `${Number((ns / size).toPrecision(3))} ${unit}`;
}

// A moment on an axis whose marks are `apart` ns: as many digits as tell them
// apart.
function moment(ns, apart) {
  const [size, unit] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]].find(
    ([least]) => apart * 100 >= least) ?? [1, "ns"];
  const digits = Math.max(0, Math.ceil(Math.log10(size / apart) - 1e-9));

  return `${Number((ns / size).toFixed(digits)).toLocaleString("en-US",
    {maximumFractionDigits: digits})} ${unit}`;
}

const SYMBOLS = { // those of the TUI
  scheduled: "◔", running: "●", idle: "○", complete: "✓", freed: "✓",
  "not polled": "·", "being polled": "●", pending: "○", ready: "✓",
  dropped: "✗",
};

// How a task's state looks: [symbol, word, class].
function stateOf(task) {
  const outcome = task.outcome ?? "";

  if (outcome.startsWith("error") || outcome.startsWith("failed")) {
    return ["✗", outcome.split(/[ :]/)[0], "failed"];
  }
  if (outcome === "cancelled") {
    return ["✗", outcome, "complete"];
  }
  return [SYMBOLS[task.state] ?? "?", task.state, task.state];
}

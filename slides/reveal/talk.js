// What the plugins share: where this copy of the deck runs, how elements are
// made, and who may send it messages.
//
// The deck runs three times when the teacher uses the speaker view: on the
// projector, and twice (current, next) in frames of the speaker window. Those
// two are receivers: they show, they ask the first one to act, and no replay
// runs in them. Frames of replays are strangers: all that is taken from them is
// in replay.js. reveal.js by itself would call any of its methods for anybody
// who posts a message, so the gate here stands before it.

const receiver = /[?&]receiver\b/.test(location.search);
const printing = /[?&]print-pdf\b/.test(location.search);

// make("li", {class: "row", onclick: f}, "text", node): text stays text
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

// Of this browser's tab: a vote outlives a reload, not the lesson.
function memory(name, value) {
  try {
    if (value !== undefined) {
      sessionStorage.setItem(`fishbowl.${name}`, JSON.stringify(value));
    }
    return JSON.parse(sessionStorage.getItem(`fishbowl.${name}`));
  } catch {
    return null; // switched off, or not ours
  }
}

let saying = 0;

function say(text) {
  if (receiver && /[?&]controls=false\b/.test(location.search)) {
    return; // the upcoming slide
  }
  const node = document.getElementById("deck-says");

  clearTimeout(saying);
  node.textContent = text;
  saying = setTimeout(() => { node.textContent = ""; }, 6000);
}

// ---- messages ----

const strangers = new Map(); // window of a replay: what is done with its words
const listeners = []; // of what friends say: f(data, window)
const receivers = new Set(); // windows of the speaker view

// This window, the speaker view that it opened and the frames there; for a
// receiver, those that it came from. Asking a foreign window for its opener and
// its parent is allowed; it is compared, never used.
function friend(source) {
  try {
    return source === window || source.opener === window ||
           source.parent?.opener === window ||
           receiver && (source === parent || source === parent.opener);
  } catch {
    return false;
  }
}

function gate(e) {
  const stranger = strangers.get(e.source);

  if (stranger || !e.source || !friend(e.source)) {
    e.stopImmediatePropagation();
    stranger?.(e.data);
    return;
  }
  if (!receiver && e.source !== window && e.source.opener === window) {
    speakerFound(e.source);
  }
  const m = e.data;

  if (m !== null && typeof m === "object" && typeof m.fishbowl === "string") {
    listeners.forEach((listen) => listen(m, e.source));
  }
}

// From a receiver to the deck on the projector.
function tellDeck(message) {
  parent.opener?.postMessage(message, "*");
}

function tellReceivers(message) {
  for (const there of receivers) {
    if (there.closed) {
      receivers.delete(there);
    } else {
      there.postMessage(message, "*");
    }
  }
}

// The speaker window says each second that it is there: a deck that was reloaded
// finds it, and its frames, again.
function speakerFound(view) {
  speakerKeys(view);
  for (let i = 0; i < view.length; i++) {
    if (!receivers.has(view[i])) {
      receivers.add(view[i]);
      listeners.forEach((listen) => listen({fishbowl: "hello"}, view[i]));
    }
  }
}

// ---- keys ----

const keyTakers = []; // f(event): true, if the key was for it

function takeKey(e) {
  const typing = e.target.matches?.("input, textarea, select");
  const pressing = e.target.matches?.("button, a[href], summary") &&
                   (e.key === " " || e.key === "Enter");

  if (typing || e.ctrlKey || e.altKey || e.metaKey) {
    return;
  }
  if (pressing) {
    e.stopImmediatePropagation(); // for the button, not for the deck
  } else if (keyTakers.some((take) => take(e))) {
    e.preventDefault();
    e.stopImmediatePropagation();
  }
}

// Keys that are pressed in the speaker window act here, Shift and all: what
// reveal.js passes on is a number only. A reloaded deck takes over.
function speakerKeys(view) {
  let page;

  try {
    page = view.document;
    if (page.fishbowlDeck === window.document) {
      return;
    }
  } catch {
    return; // not readable: reveal.js has refused it too
  }
  page.fishbowlKeys?.abort();
  page.fishbowlKeys = new AbortController();
  page.fishbowlDeck = window.document;
  page.addEventListener("keydown", takeKey,
                        {capture: true, signal: page.fishbowlKeys.signal});
}

// Replays: a picture that becomes the page of its run when its slide is shown.
//
// The page (viz/page) is in the deck once, each trace once, both packed. For a
// slide they are unpacked, put together and given to a frame as a Blob. At most
// LIVE frames are kept; who comes back to an older slide waits a moment again.
// The frame is sandboxed: it may run its scripts and nothing else, and has no
// origin, so it reads nothing of the deck. What it says is a stranger's: four
// words are known (ready, at, key, trouble), numbers and keys are checked, text
// is shown as text.
//
// On paper, in the speaker's receivers and where anything fails, the picture
// stays, with a word why.

const LIVE = 3;
const TEXT_PX = 22; // the letters of a page in a frame as wide as the slide
const NARROW = {px: 760, text: 19}; // in half of it
const GROWN_PX = 28;

const replays = new Map(); // figure: {frame, event, wanted, ...}
const live = []; // figures with a frame, the oldest first

// What the frame may ask the deck to do: keys that no replay uses.
const DECK_KEYS = {
  ArrowRight: 39, ArrowLeft: 37, PageDown: 34, PageUp: 33, b: 66, ".": 190,
  o: 79, s: 83, f: 70,
};

// ---- the page ----

const unpacked = new Map();

// The text of a packed script element: base64 of gzip. Only the shell is kept.
async function unpack(node) {
  const bytes = Uint8Array.from(atob(node.textContent.trim()),
                                (c) => c.charCodeAt(0));

  return new Response(new Blob([bytes]).stream().pipeThrough(
    new DecompressionStream("gzip"))).text();
}

function shell() {
  const node = document.getElementById("replay-page");

  if (!node) {
    return Promise.reject(new Error("this deck was built without replays"));
  }
  if (!unpacked.has(node)) {
    unpacked.set(node, unpack(node));
  }
  return unpacked.get(node);
}

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function pageOf(demo) {
  const trace = [...document.querySelectorAll("script[data-replay]")]
    .find((node) => node.dataset.replay === demo);

  if (!trace) {
    throw new Error(`this deck has no trace of the demo ${demo}`);
  }
  const parts = {
    "@TITLE@": escaped(demo),
    "@ABOUT@": (trace.dataset.about ?? "{}").replaceAll("<", "\\u003c"),
    "@TRACE@": trace.textContent.trim(),
  };
  const text = (await shell()).replace(/@(TITLE|ABOUT|TRACE)@/g,
                                       (mark) => parts[mark]);

  return URL.createObjectURL(new Blob([text], {type: "text/html"}));
}

// ---- one replay ----

// A number of an event, or 0.
const eventNumber = (value) =>
  Number.isSafeInteger(Number(value)) && Number(value) > 0 ? Number(value) : 0;

function replayMake(figure) {
  const {demo} = figure.dataset;
  const r = {
    figure, frame: null, url: null, ready: false,
    start: eventNumber(figure.dataset.event), wanted: 0, generation: 0,
    letters: TEXT_PX,
    word: make("span", {class: "word"}),
  };

  r.grow = make("button", {type: "button", class: "grow", "aria-pressed": "false",
    "aria-keyshortcuts": "z", title: "The whole slide (Z)",
    onclick: () => replayGrow(figure)}, "Enlarge");
  r.bar = make("p", {class: "bar"},
    make("span", {class: "live"}, "live: ",
         make("code", {}, `./fishbowl demo ${demo}`)), r.word, r.grow);
  figure.append(r.bar);
  r.grow.hidden = true;
  replays.set(figure, r);
}

async function replayOpen(figure) {
  const r = replays.get(figure);

  if (live.includes(figure)) { // again the youngest
    live.splice(live.indexOf(figure), 1);
    live.push(figure);
    return;
  }
  live.push(figure);
  const here = ++r.generation;

  while (live.length > LIVE) {
    replayClose(live[0]);
  }
  try {
    const url = await pageOf(figure.dataset.demo);

    if (here !== r.generation) { // closed while it was unpacked
      URL.revokeObjectURL(url);
      return;
    }
    replayFrame(r, url);
  } catch (error) {
    replayFail(r, error.message);
  }
}

const lettersOf = (r) =>
  r.figure.classList.contains("grown") ? GROWN_PX : r.letters;

function replayFrame(r, url) {
  const {show, by} = r.figure.dataset;
  const text = lettersOf(r);
  const event = r.wanted || r.start;
  const hash = `#e=${event}&embed&keys&text=${text}` +
               (show ? `&show=${encodeURIComponent(show)}` : "") +
               (by === "time" ? "&by=time" : "") +
               `&theme=${document.documentElement.dataset.theme}`;

  r.url = url;
  r.frame = make("iframe", {
    sandbox: "allow-scripts", referrerpolicy: "no-referrer",
    title: `Replay of the demo ${r.figure.dataset.demo}`, class: "run",
  });
  r.frame.src = url + hash;
  r.figure.querySelector(".poster").append(r.frame);
  strangers.set(r.frame.contentWindow, (m) => replayHears(r, m));
}

function replayClose(figure) {
  const r = replays.get(figure);

  live.splice(live.indexOf(figure), 1);
  r.generation++;
  if (r.frame) {
    strangers.delete(r.frame.contentWindow);
    r.frame.remove();
    URL.revokeObjectURL(r.url);
  }
  r.frame = r.url = null;
  r.ready = false;
  r.grow.hidden = true;
  figure.classList.remove("running");
  replaySize(r, false);
}

function replayFail(r, why) {
  replayClose(r.figure);
  r.word.textContent = `The replay does not run here (${why}). ` +
                       "This is its picture.";
}

function replayHears(r, m) {
  if (m === null || typeof m !== "object") {
    return;
  }
  if (m.fishbowl === "ready" || m.fishbowl === "at") {
    r.ready = true;
    r.grow.hidden = false;
    r.figure.classList.add("running");
    r.figure.dataset.now = eventNumber(m.event);
    if (r.wanted !== 0 && m.fishbowl === "ready") {
      replayPost(r, {fishbowl: "seek", event: r.wanted});
    }
  } else if (m.fishbowl === "trouble") {
    replayFail(r, "the page could not open its trace");
  } else if (m.fishbowl === "key" && r.figure.contains(document.activeElement)) {
    replayKey(r, m.key);
  }
}

// A key of the frame that has the focus.
function replayKey(r, key) {
  if (key === "Escape") {
    if (r.figure.classList.contains("grown")) {
      replayGrow(r.figure);
    } else {
      focusBack();
    }
  } else if (key === "F2") {
    themeTurn();
  } else if (Object.hasOwn(DECK_KEYS, key)) {
    Reveal.triggerKey(DECK_KEYS[key]);
  }
}

// The keys are the deck's again. A frame keeps them else, also when it is no
// longer seen: votes of the next slide would go there.
function focusBack() {
  document.activeElement.blur();
  window.focus();
}

function replayPost(r, message) {
  r.frame?.contentWindow.postMessage(message, "*");
}

// To a moment. If the page is still being made, it opens there.
function replaySeek(figure, event) {
  const r = replays.get(figure);

  r.wanted = event;
  if (r.ready) {
    replayPost(r, {fishbowl: "seek", event});
  }
}

function replayGrow(figure) {
  const grown = !figure.classList.contains("grown");

  for (const r of replays.values()) {
    replaySize(r, r.figure === figure && grown);
  }
}

// A replay on the whole slide has larger letters, too.
function replaySize(r, grown) {
  if (r.figure.classList.contains("grown") !== grown) {
    r.figure.classList.toggle("grown", grown);
    r.grow.setAttribute("aria-pressed", String(grown));
    r.grow.textContent = grown ? "Back to the slide" : "Enlarge";
    replayPost(r, {fishbowl: "text", px: lettersOf(r)});
  }
}

// ---- the slide ----

const replaysOf = (slide) =>
  [...(slide?.querySelectorAll("figure.replay") ?? [])];

// The replays of this slide run, with the mark that its fragments are at.
function replaysShow(slide) {
  if (receiver || printing) {
    return;
  }
  replaysSeek(slide);
  for (const figure of replaysOf(slide)) {
    replays.get(figure).letters =
      figure.offsetWidth < NARROW.px ? NARROW.text : TEXT_PX;
    replayOpen(figure);
  }
}

// A fragment with data-seek moves the replay of its slide to another mark; of
// two replays the one of that demo or, where both are of one, that of data-of
// (1, 2). Going back goes back.
function replaysSeek(slide) {
  const figures = replaysOf(slide);
  const wanted = new Map();

  // in the order of the steps, which need not be that of the text
  const step = (node) => Number(node.dataset.fragmentIndex ?? 0);

  for (const node of [...slide?.querySelectorAll(".fragment.visible[data-seek]") ?? []]
    .sort((a, b) => step(a) - step(b))) {
    const figure = figures[(node.dataset.of ?? 1) - 1];

    if (figure) {
      wanted.set(figure, markOf(figure, node.dataset.seek));
    }
  }
  for (const figure of figures) {
    const r = replays.get(figure);
    const event = wanted.get(figure) ?? 0;

    if (event !== (r.mark ?? 0)) { // moved by hand meanwhile: left alone
      r.mark = event;
      replaySeek(figure, event || r.start);
    }
  }
}

// What the build wrote of the demo's marks: {"name": event}.
function markOf(figure, name) {
  try {
    return eventNumber(JSON.parse(figure.dataset.marks ?? "{}")[name]);
  } catch {
    return 0;
  }
}

function replayTakesKey(e) {
  const figures = replaysOf(Reveal.getCurrentSlide())
    .filter((figure) => replays.get(figure).ready);
  const at = figures.findIndex((figure) => figure.classList.contains("grown"));

  if (e.key === "Escape" && at >= 0) {
    replayGrow(figures[at]);
    return true;
  }
  if (e.key.toLowerCase() !== "z" || figures.length === 0 || e.shiftKey ||
      Reveal.isOverview()) {
    return false;
  }
  replayGrow(figures[at < figures.length - 1 ? at + 1 : at]); // then none
  return true;
}

function replaysTheme(theme) {
  for (const figure of live) {
    replayPost(replays.get(figure), {fishbowl: "theme", theme});
  }
}

const Replays = {
  id: "replays",
  init(deck) {
    document.querySelectorAll("figure.replay").forEach(replayMake);
    keyTakers.push(replayTakesKey);
    deck.on("ready", (e) => replaysShow(e.currentSlide));
    deck.on("slidechanged", (e) => {
      replaysOf(e.previousSlide).forEach((figure) =>
        replaySize(replays.get(figure), false));
      if (e.previousSlide?.contains(document.activeElement)) {
        focusBack();
      }
      replaysShow(e.currentSlide);
    });
    deck.on("fragmentshown", () => replaysSeek(deck.getCurrentSlide()));
    deck.on("fragmenthidden", () => replaysSeek(deck.getCurrentSlide()));
  },
};

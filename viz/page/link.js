// Links: #e=1234 the event, &t=5 the selected task, &show=lanes,tree these
// panes only, &embed for an iframe, &theme=dark; &keys and &text=22 for a slide;
// &by=time: so the timeline's columns begin.
// Moving replaces the address (no entry in the history: Back leaves the page,
// as everybody expects).

const SETTLE_MS = 250; // browsers refuse an address that changes all the time

let settling = 0;

// Anybody may have written an address: what is no number there is none, and
// what is beyond all events is the last one.
function hashNumber(text) {
  return /^\d+$/.test(text ?? "")
    ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : 0;
}

function hashRead() {
  const h = new URLSearchParams(location.hash.slice(1));

  return {
    event: hashNumber(h.get("e")),
    task: hashNumber(h.get("t")),
    embed: h.has("embed"),
    show: (h.get("show") ?? "").split(",").filter((x) => x !== ""),
    theme: h.get("theme"),
    keys: h.has("embed") && h.has("keys"),
    text: hashNumber(h.get("text")),
    by: h.get("by"),
  };
}

function hashMake(event, task, embed) {
  const h = hashRead();
  let text = `#e=${event}`;

  text += task !== 0 && !run.follow ? `&t=${task}` : "";
  text += embed ? "&embed" : "";
  text += embed && h.show.length > 0 ? `&show=${h.show.join(",")}` : "";
  text += h.theme === "dark" || h.theme === "light" ? `&theme=${h.theme}` : "";
  text += embed && h.keys ? "&keys" : "";
  text += embed && h.text > 0 ? `&text=${h.text}` : "";
  text += embed && h.by === "time" ? "&by=time" : "";
  return text;
}

function settle() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    const {embed} = hashRead();
    const text = hashMake(run.at.event, run.task, embed);

    try {
      if (!run.playing && location.hash !== text) {
        history.replaceState(null, "", text);
      }
    } catch {
      // an iframe without an address of its own
    }
    $("whole").href = location.href.split("#")[0] +
                      hashMake(run.at.event, run.task, false);
  }, SETTLE_MS);
}

// Goes where the address says.
function hashGo(at) {
  const h = hashRead();

  document.body.classList.toggle("embed", h.embed);
  document.body.classList.toggle("slide", h.keys);
  run.slide = h.keys;
  reveal($("whole"), h.embed && !h.keys);
  textSize(h.embed ? h.text : 0);
  if (h.by === "time" || h.by === "events") {
    timelineBy(h.by);
  }
  panesShow(h.embed && h.show.length === 0 ? ["lanes", "tree"] : h.show);
  if (h.theme === "dark" || h.theme === "light") {
    themeSet(h.theme === "dark");
  }
  if (h.task !== 0) {
    run.task = h.task;
    run.follow = false;
  }
  goTo(h.event || at || run.facts.first);
}

// Letters of so many pixels, for who reads from the last row; 0: as always.
function textSize(px) {
  document.documentElement.style.fontSize =
    px > 0 ? `${Math.max(10, Math.min(px, 48))}px` : "";
  measure();
}

function panesShow(names) {
  const main = $("panes");
  const known = names.filter((n) => views.some((v) => v.id === n && !v.always));

  main.classList.toggle("chosen", known.length > 0);
  for (const pane of main.children) {
    pane.classList.toggle("wanted", known.includes(pane.id));
  }
}

async function linkCopy() {
  const link = location.href.split("#")[0] +
               hashMake(run.at.event, run.task, false);

  if (document.body.classList.contains("slide")) { // it is of this deck only
    say("A replay in a slide has no link of its own.");
    return;
  }
  try {
    await navigator.clipboard.writeText(link);
    say(`The link to event ${run.at.event} is copied.`);
    put($("copy").firstChild, "Copied");
    setTimeout(() => put($("copy").firstChild, "Copy link"), 1500);
  } catch { // a file: page may not, in some browsers
    prompt("The link to this event:", link);
  }
}

function linkMake() {
  $("copy").addEventListener("click", linkCopy);
  addEventListener("hashchange", () => {
    const target = location.hash.slice(1);

    if (views.some((v) => v.id === target)) { // a pane: not a moment
      $(target).focus();
      settle();
    } else {
      hashGo(run.at.event);
    }
  });
  // The page around an iframe may ask for an event, a theme and letters.
  addEventListener("message", (e) => {
    const m = e.data;

    if (m === null || typeof m !== "object") {
      return;
    }
    if (m.fishbowl === "seek" && Number.isSafeInteger(m.event) && m.event > 0) {
      goTo(m.event);
    } else if (m.fishbowl === "theme" &&
               (m.theme === "dark" || m.theme === "light")) {
      themeSet(m.theme === "dark");
    } else if (m.fishbowl === "text" && hashNumber(String(m.px)) > 0) {
      textSize(m.px);
      changed();
    }
  });
}

// ---- the page around ----

// In an iframe (embed) the page around learns where this one stands. It may be
// anybody's, so it is told numbers, keys and our own words, nothing of a trace.
let told = "";

function tell(message) {
  const text = JSON.stringify(message);

  if (parent !== window && hashRead().embed && text !== told) {
    told = message.fishbowl === "key" ? told : text;
    parent.postMessage(message, "*");
  }
}

// ---- dark and light ----

function themeSet(dark) {
  run.dark = dark;
  document.documentElement.setAttribute("data-theme", dark ? "dark" : "light");
  attr($("dark"), "aria-pressed", dark);
  scrubber.columns = 0;
  changed();
}

function themeMake() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = memory("theme");

  themeSet(kept === null ? system.matches : kept === "dark");
  system.addEventListener("change", () => {
    if (memory("theme") === null) {
      themeSet(system.matches);
    }
  });
  $("dark").addEventListener("click", themeTurn);
}

function themeTurn() {
  themeSet(!run.dark);
  memory("theme", run.dark ? "dark" : "light");
}

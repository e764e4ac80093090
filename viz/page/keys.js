// The keys, in one table: what is pressed, what it does, what the help says.
// They are those of `fishbowl watch`; left and right move by an event, for a
// page has no need of a key that goes from pane to pane: Tab does.

const KEYS = [ // group, names, words, {key: act}
  ["Step", "n N", "one event on, back", {
    n: () => step("event", 1), N: () => step("event", -1)}],
  ["Step", "→ ← l h", "the same", {
    ArrowRight: () => step("event", 1), l: () => step("event", 1),
    ArrowLeft: () => step("event", -1), h: () => step("event", -1)}],
  ["Step", "p P", "to the end of the next, the previous poll", {
    p: () => step("poll", 1), P: () => step("poll", -1)}],
  ["Step", "w W", "to the next, the previous wake", {
    w: () => step("wake", 1), W: () => step("wake", -1)}],
  ["Step", "t T", "to the next, the previous event of the selected task", {
    t: () => step("task", 1), T: () => step("task", -1)}],
  ["Step", "r R", "to the end of the next, the previous turn of the reactor", {
    r: () => step("turn", 1), R: () => step("turn", -1)}],
  ["Step", "Home End", "to the first, the last event", {
    Home: () => goTo(run.facts.first), End: () => goTo(run.facts.last)}],
  ["Step", "g", "go to an event (1234, +50, -50), a time (1.5s, 12ms), start or end",
    {g: () => $("go-to").select()}],
  ["Play", "space", "play, pause", {" ": togglePlay}],
  ["Play", "< >", "slower, faster", {
    "<": () => changeSpeed(-1), ">": () => changeSpeed(1)}],
  ["Tasks", "↓ ↑ j k", "select the next, the previous task", {
    ArrowDown: () => tasksMove(1), j: () => tasksMove(1),
    ArrowUp: () => tasksMove(-1), k: () => tasksMove(-1)}],
  ["Tasks", "F", "select whatever task acts", {F: () => $("follow").click()}],
  ["Tasks", "/ \\", "show only some tasks: idle, label:Ada, await:read, !live …", {
    "/": () => $("filter").select(), "\\": () => $("filter").select()}],
  ["Page", "z", "give the focused pane, or the one under the mouse, the whole screen; again: back",
    {z: () => zoom()}],
  ["Page", "+ -", "the timeline closer, further away", {
    "+": () => timelineZoom(0.5), "-": () => timelineZoom(2)}],
  ["Page", "c", "copy a link to this event", {c: () => linkCopy()}],
  ["Page", "F2", "dark, light", {F2: () => themeTurn()}],
  ["Page", "? F1", "this page", {"?": () => helpShow(), F1: () => helpShow()}],
  ["Page", "Esc", "leave a page, a zoomed pane, the filter", {
    Escape: () => back()}],
];

const acts = Object.assign({}, ...KEYS.map(([, , , keys]) => keys));

function helpMake() {
  for (const group of new Set(KEYS.map(([name]) => name))) {
    const list = make("dl");

    for (const [of, names, words] of KEYS) {
      if (of === group) {
        list.append(make("dt", {}, ...names.split(" ").flatMap(
          (name) => [make("kbd", {}, name), " "])), make("dd", {}, words));
      }
    }
    $("help-body").append(make("h3", {}, group), list);
  }
  $("keys").addEventListener("click", helpShow);
  $("keys-on").checked = memory("keys") !== "off";
  $("keys-on").addEventListener("change", () => {
    memory("keys", $("keys-on").checked ? "on" : "off");
  });
}

function helpShow() {
  $("help").showModal();
}

// ---- one pane for the whole screen ----

let under = null; // the pane under the mouse

function zoom(pane) {
  const main = $("panes"), big = main.querySelector(".big");

  pane ??= document.activeElement?.closest(".pane") ?? under ?? $("story");
  big?.classList.remove("big");
  if (big === null) {
    pane.classList.add("big");
  }
  main.classList.toggle("one", big === null);
  for (const button of main.querySelectorAll(".grow[data-zoom]")) {
    attr(button, "aria-pressed", big === null);
  }
  timeline.key = "";
  changed();
}

function zoomMake() {
  for (const pane of $("panes").children) {
    pane.addEventListener("pointerenter", () => { under = pane; });
    const name = pane.querySelector("h2").textContent;

    pane.firstElementChild.append(make("button", {type: "button",
      class: "grow", "data-zoom": true, "aria-pressed": "false",
      "aria-label": `${name}: the whole screen`, title: "The whole screen (z)",
      onclick: () => zoom(pane)}, "⤢"));
  }
}

function back() {
  if ($("panes").classList.contains("one")) {
    zoom();
  } else if ($("filter").value !== "") {
    $("filter").value = tasks.filter = "";
    changed("tasks");
  }
  put($("go-why"), "");
  if (document.activeElement?.matches("input")) {
    document.activeElement.blur();
  }
}

// ---- who gets a key ----

// Whether an element needs this key for itself.
function keyTaken(e) {
  const {target, key} = e;

  if (target.matches("input:not([type=range]):not([type=checkbox]), textarea")) {
    return key !== "Escape";
  }
  if (target.matches("select")) {
    return key.length === 1 || key.startsWith("Arrow") || key === "Home" ||
           key === "End" || key === "Enter";
  }
  if (target.matches("input[type=range]")) {
    return key === "PageUp" || key === "PageDown";
  }
  return key === " " && target.matches("button, a, summary, input");
}

// In a slide, what moves slides is the deck's: a teacher who has clicked here
// goes on with the same keys. So are the keys that nothing here uses, and Esc
// where there is nothing to leave. Left and right stay the scrubber's while it
// has the focus.
function keyGiven(e) {
  const {key, target} = e;

  if (!document.body.classList.contains("slide") || $("help").open ||
      e.ctrlKey || e.altKey || e.metaKey) {
    return false;
  }
  if (key === "PageDown" || key === "PageUp" || key === "F2") {
    return true;
  }
  if (key === "Escape") {
    return !$("panes").classList.contains("one") && $("filter").value === "" &&
           !target.matches("input:not([type=range]), select");
  }
  return !keyTaken(e) && !target.matches("input[type=range]") &&
         (key === "ArrowRight" || key === "ArrowLeft" || !acts[key]);
}

function keysMake() {
  addEventListener("keydown", (e) => {
    const act = acts[e.key];
    const range = e.target.matches("input[type=range]") &&
                  {ArrowUp: 1, ArrowDown: -1}[e.key];

    if (keyGiven(e)) {
      tell({fishbowl: "key", key: e.key});
      if (/^(Page|Arrow|F2)/.test(e.key)) {
        e.preventDefault();
      }
      return;
    }
    if (!act || e.ctrlKey || e.altKey || e.metaKey || $("help").open ||
        keyTaken(e) || (e.key.length === 1 && e.key !== " " &&
                        !$("keys-on").checked)) {
      return;
    }
    e.preventDefault();
    guard(() => range ? step("event", range) : act());
  });
}

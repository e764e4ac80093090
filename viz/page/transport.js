// The event that is shown, in words, and the buttons that move.

const UNITS = [ // unit, its key, what a step is
  ["event", "n", "one event"], ["poll", "p", "to the end of a poll"],
  ["wake", "w", "to a wake"], ["task", "t", "to an event of the selected task"],
  ["turn", "r", "to the end of a turn of the reactor"],
];

function transportMake() {
  const speed = $("speed");

  for (const [unit, key, what] of UNITS) {
    $("steps").append(make("span", {class: "step", role: "group",
                                    "aria-label": `Step by ${unit}`},
      make("button", {type: "button", "aria-label": `Back ${what}`,
        title: `Back ${what} (${key.toUpperCase()})`,
        "aria-keyshortcuts": `Shift+${key}`,
        onclick: () => step(unit, -1)}, "‹"),
      make("span", {"aria-hidden": "true"}, unit),
      make("button", {type: "button", "aria-label": `Forwards ${what}`,
        title: `Forwards ${what} (${key})`, "aria-keyshortcuts": key,
        onclick: () => step(unit, 1)}, "›")));
  }
  for (const s of SPEEDS) {
    speed.append(make("option", {value: s}, `${count(s)} events/s`));
  }
  speed.value = String(run.speed);
  speed.addEventListener("change", () => setSpeed(Number(speed.value)));
  $("play").addEventListener("click", togglePlay);
  $("follow").addEventListener("change", () => {
    run.follow = $("follow").checked;
    stand(run.at.event);
    settle();
  });
  $("go").addEventListener("submit", (e) => {
    e.preventDefault();
    find($("go-to").value);
  });
}

function togglePlay() {
  if (run.playing) {
    pause();
  } else {
    play();
  }
}

function setSpeed(speed) {
  run.speed = speed;
  $("speed").value = String(speed);
  say(`${count(speed)} events a second`);
}

function changeSpeed(by) {
  const index = SPEEDS.indexOf(run.speed) + by;

  setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, index))]);
}

function find(text) {
  try {
    const event = run.engine.find(text.trim());

    put($("go-why"), "");
    $("go-to").value = "";
    goTo(event);
    return true;
  } catch (error) {
    if (error.fatal) {
      throw error;
    }
    put($("go-why"), error.message);
    return false;
  }
}

// What is not there, in words. Why the end is not, the export knows better: it
// has read the checksum.
function missing(facts) {
  const {cut} = about();

  return typeof cut === "string" && cut !== "" && facts.end === "cut"
    ? [...facts.missing.slice(0, -1), cut] : facts.missing;
}

// What the header says of the whole run.
function factsMake() {
  const f = run.facts;
  const parts = [f.pid ? `pid ${f.pid}` : "", f.address,
                 many(f.events, "event"), f.duration,
                 f.workers > 1 ? `${f.workers} workers` : "",
                 f.startRealtimeMs > 0
                   ? new Date(f.startRealtimeMs).toISOString()
                       .slice(0, 16).replace("T", " ") + " UTC" : ""];

  put($("facts"), parts.filter((p) => p !== "").join(" · "));
  put($("missing"), missing(f).join("; "));
  reveal($("missing"), f.missing.length > 0);
  put($("last"), count(f.last));
}

function transportDraw(at) {
  const mode = $("mode");

  // What is spoken: a step, not sixty sentences a second.
  attr($("sentence"), "aria-live", run.playing ? "off" : "polite");
  put(mode, run.playing ? "PLAYING" : "FROZEN");
  look(mode, run.playing ? "mode playing" : "mode");
  put($("play"), run.playing ? "Pause"
    : at.event >= run.facts.last ? "Replay" : "Play");
  put($("event"), count(at.event));
  put($("clock"), `${at.time} s`);
  put($("kind"), at.kind ?? "");
  put($("sentence"), at.event === 0 ? "Before the first event." : at.sentence);
  put($("counts"), [many(at.tasks, "task"), many(at.polls, "poll"),
                    many(at.wakes, "wake")].join(" · ") +
    (at.stalled ? " · stalled: nothing can ever happen again" : "") +
    (at.uncertain ? " · uncertain since events were lost" : ""));
  put($("mark"), (at.marks ?? []).map((m) => m.sentence).join(" "));
  reveal($("mark"), (at.marks ?? []).length > 0);
  $("follow").checked = run.follow;
}

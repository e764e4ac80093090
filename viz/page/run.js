// Where the page stands in the run, and when it draws.
//
// Everything on the page is an answer of the engine about one position. A move
// marks the views; they are drawn in the next frame. Standing still, a frame
// draws all that is marked and on the screen; playing, it draws what it has
// time for, and who was left out comes first in the next, so that a slow view
// never makes the picture stutter.

const SPEEDS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000]; // events/s
const FRAME_MS = [0, 3]; // for views, of the 16 that a frame has: the rest is
                         // the browser's, which lays out and paints them; one
                         // view is drawn in any case

const run = {
  engine: null,
  facts: null,
  at: null,        // the engine's position
  task: 0,         // the selected one, 0: none
  follow: true,    // select whatever task acts
  playing: false,
  speed: 10,
  row: 27, lane: 22, axis: 30, // heights in pixels: measure()
  slide: false,    // for the last row of a room: big letters, few words
};

const views = []; // {id, draw(at), always, stale, seen}
let asked = 0, turn = 0, last = 0, ahead = 0, budget = FRAME_MS[1];

function view(id, draw, always = false) {
  const v = {id, draw, always, stale: true, seen: true};

  views.push(v);
  return v;
}

// So many events a second that nobody follows one by one: panes then show what
// fits without being scrolled, which costs the browser a layout each.
function fast() {
  return run.playing && run.speed > 30;
}

// The size of a box, and how far it is scrolled, without asking the browser in
// the middle of a picture: that too would be a layout each time.
const boxes = new Map();

function box(node, view, scrolls = false) { // scrolling changes the view
  const size = {width: 0, height: 0, top: 0};

  boxes.set(node, size);
  new ResizeObserver(() => {
    size.width = node.clientWidth;
    size.height = node.clientHeight;
    changed(view);
  }).observe(node);
  node.addEventListener("scroll", () => {
    size.top = node.scrollTop;
    if (scrolls) {
      changed(view);
    }
  });
  return size;
}

function scrollBox(node, top) {
  const size = boxes.get(node);

  if (size.top !== top) {
    node.scrollTop = top;
    size.top = node.scrollTop;
  }
}

function changed(...ids) { // without names: everything
  attr(document.documentElement, "data-event", null);
  for (const v of views) {
    v.stale ||= ids.length === 0 || ids.includes(v.id);
  }
  if (asked === 0) {
    asked = requestAnimationFrame(paint);
  }
}

function paint(now) {
  asked = 0;
  try {
    if (run.playing) {
      advance(now);
    }
    draw(run.playing ? budget : Infinity);
  } catch (error) {
    fail(error);
    return;
  }
  if (run.playing || views.some((v) => v.stale && v.seen)) {
    asked = requestAnimationFrame(paint);
  } else { // for who drives the page: all that is seen is of this event
    attr(document.documentElement, "data-event", run.at.event);
    tell({fishbowl: "at", event: run.at.event});
  }
}

function draw(budget) {
  const until = performance.now() + budget;
  const n = views.length;
  let k = 0;

  for (const v of views) {
    if (v.always && v.stale) {
      v.stale = false;
      v.draw(run.at);
    }
  }
  for (let drawn = 0; k < n && (drawn === 0 || performance.now() < until); k++) {
    const v = views[(turn + k) % n];

    if (v.stale && v.seen) {
      v.stale = false;
      v.draw(run.at);
      drawn++;
    }
  }
  turn = (turn + k) % n;
}

// Rows are whole pixels, so that thousands of them end where they should, and
// grow with the letters.
function measure() {
  const root = document.documentElement;
  const letter = parseFloat(getComputedStyle(root).fontSize);

  for (const [name, by] of [["row", 1.8], ["lane", 1.5], ["axis", 2]]) {
    run[name] = Math.round(letter * by);
    root.style.setProperty(`--${name}`, `${run[name]}px`);
  }
}

// A task's name where there is room for few letters: of a peer on this machine
// the port says who it is. The whole name stays in the title.
function nameShort(name) {
  return run.slide ? name.replace(/(^|\s)(127\.0\.0\.1|\[::1\])(?=:\d+$)/, "$1")
    : name;
}

// Panes that nobody sees are not drawn.
function watchPanes() {
  const observer = new IntersectionObserver((entries) => {
    for (const e of entries) {
      const v = views.find((x) => x.id === e.target.id);

      if (v) {
        v.seen = e.isIntersecting;
      }
    }
    if (views.some((v) => v.seen && v.stale)) {
      changed("");
    }
  }, {rootMargin: "100px"});

  for (const v of views) {
    if (!v.always) {
      observer.observe($(v.id));
    }
  }
}

// ---- moving ----

function stand(event) {
  run.at = run.engine.seek(event);
  if (run.follow) {
    run.task = acting();
  }
  changed();
}

// Who is being polled; between polls the task that the event is about; else
// who was selected before, at first any there is.
function acting() {
  const polled = run.engine.lanes(1).workers
    .filter((w) => w.running !== null).map((w) => w.running.id);
  const about = run.at.task;

  if (polled.length > 0) {
    return polled.includes(about) ? about : polled[0];
  }
  if (about !== 0 && run.engine.task(about) !== null) {
    return about;
  }
  return run.task || (run.engine.tasks({count: 1}).rows[0]?.id ?? 0);
}

function goTo(event) { // a person asked: play ends
  pause();
  stand(event);
  settle();
}

function step(unit, direction) {
  if (unit === "task" && run.task === 0) {
    say("No task is selected.");
    return;
  }
  const event = run.engine.move(unit, direction, run.task);

  pause();
  if (event === 0) {
    const what = {event: "event", poll: "poll", wake: "wake", turn: "turn",
                  task: `event of task ${run.task}`}[unit];

    say(direction > 0 ? `No further ${what}.` : `No earlier ${what}.`);
    return;
  }
  goTo(event);
}

function select(task) {
  run.follow = false;
  run.task = task;
  changed();
  settle();
}

function play() {
  if (run.at.event >= run.facts.last) {
    stand(run.facts.first);
  }
  run.playing = true;
  last = 0;
  ahead = run.at.event;
  changed();
}

function pause() {
  if (run.playing) {
    run.playing = false;
    changed();
    settle();
  }
}

// What the time since the last frame brings. Events that were lost take none.
function advance(now) {
  const passed = last === 0 ? 0 : Math.min(now - last, 100);
  const before = run.at.event;
  const late = passed > 20; // what views cost the browser comes on top

  budget = Math.max(FRAME_MS[0],
                    Math.min(FRAME_MS[1], budget * (late ? 0.6 : 1.04) + 0.01));
  last = now;
  ahead += passed * run.speed / 1000;
  if (Math.floor(ahead) <= before) {
    return;
  }
  stand(Math.min(Math.floor(ahead), run.facts.last));
  if (run.at.event <= before) {
    const next = run.engine.move("event", 1, 0);

    if (next === 0) {
      pause();
      return;
    }
    stand(next);
    ahead = next;
  }
  if (run.at.event >= run.facts.last) {
    pause();
  }
}

// ---- words for who cannot see the picture ----

function say(text) {
  put($("said"), text);
}

// The timeline: a lane per task; ran, was scheduled, waited. What is drawn of
// a column are the engine's sums, so a poll of a microsecond is neither lost
// nor as long as its column. Moving on only moves the line: the picture is
// made anew when its window changes.

const LANES_MOST = 64; // that the engine gives at once
const LANES_GOOD = 40; // that the timeline begins with
const EVENTS_LEAST = 100; // that it begins with, however many lanes they have

const timeline = {scale: "events", from: null, to: null, answer: null, key: "",
                  event: -1, names: 110, moved: 0, task: -1};

function timelineMake() {
  const body = $("timeline-body");

  timeline.canvas = make("canvas", {role: "img"});
  timeline.labels = make("ol", {class: "labels", "aria-label": "Lanes"});
  timeline.line = make("div", {class: "line", "aria-hidden": "true"});
  timeline.band = make("div", {class: "band", hidden: true});
  timeline.layer = make("div", {class: "layer"}, timeline.band, timeline.canvas,
                        timeline.labels, timeline.line);
  timeline.space = make("div", {class: "space"});
  timeline.hint = make("p", {class: "hint"});
  body.append(timeline.layer, timeline.space);
  $("timeline").append(timeline.hint);
  timeline.box = box(body, "timeline", true);
  timelineTools();
  timelinePointer();
}

// What a column is: "time" or "events".
function timelineBy(scale) {
  timeline.scale = scale;
  put(timeline.toggle, `by ${scale}`);
  timelineShow(null, null);
}

function timelineTools() {
  const tool = (text, label, act) => make("button",
    {type: "button", "aria-label": label, title: label, onclick: act}, text);

  timeline.toggle = tool(`by ${timeline.scale}`, "Columns are time or events", () => {
    timelineBy(timeline.scale === "time" ? "events" : "time");
  });
  $("timeline-tools").append(timeline.toggle,
    tool("‹", "Timeline: earlier", () => timelinePan(-0.5)),
    tool("›", "Timeline: later", () => timelinePan(0.5)),
    tool("−", "Timeline: show more (-)", () => timelineZoom(2)),
    tool("+", "Timeline: look closer (+)", () => timelineZoom(0.5)),
    tool("all", "Timeline: the whole run", () => timelineShow(null, null)));
}

// ---- the window ----

function timelineRange() { // of the whole run
  const f = run.facts;

  return timeline.scale === "events" ? [f.first, f.last + 1]
                                     : [0, Math.max(1, f.durationNs + 1)];
}

function timelinePlace() { // of the current event
  return timeline.scale === "events" ? run.at.event : run.at.timeNs;
}

function timelineWindow(from, to) {
  const [begin, end] = timelineRange();

  if (from === null || to - from >= end - begin) {
    timeline.from = timeline.to = null;
  } else {
    const length = Math.max(10, Math.round(to - from));

    timeline.from = Math.round(Math.max(begin, Math.min(from, end - length)));
    timeline.to = timeline.from + length;
  }
  timeline.event = run.at.event; // this window was asked for
}

function timelineShow(from, to) {
  timelineWindow(from, to);
  changed("timeline");
}

function timelineNow() {
  const [begin, end] = timelineRange();

  return [timeline.from ?? begin, timeline.to ?? end];
}

// At first as much of the run as leaves the lanes countable: of a greeter with
// thousands of clients those around the event, not the first ones ever. Where
// thousands live at once no window has few lanes, and a short one says nothing.
function timelineFirst() {
  const crowded = () => {
    const [from, to] = timelineNow();

    return to - from >= 2 * EVENTS_LEAST &&
           run.engine.timeline({from, to, columns: 10, lanes: 1,
                                scale: timeline.scale}).laneCount > LANES_GOOD;
  };

  while (crowded()) {
    timelineZoom(0.5);
  }
}

function timelineZoom(by, around = timelinePlace()) {
  const [from, to] = timelineNow();
  const middle = Math.max(from, Math.min(around, to));

  timelineShow(middle - (middle - from) * by, middle + (to - middle) * by);
}

function timelinePan(by) {
  const [from, to] = timelineNow();
  const way = (to - from) * by;

  timelineShow(from + way, to + way);
}

// The line must be in the window, unless somebody looks elsewhere. A line that
// is through the window at once while playing gets a longer one.
function timelineFollow() {
  const [from, to] = timelineNow(), place = timelinePlace();

  if (timeline.event !== run.at.event && (place < from || place >= to)) {
    const now = performance.now();
    const hasty = run.playing && now - timeline.moved < 1000;
    const length = (to - from) * (hasty ? 4 : 1);

    timeline.moved = now;
    timelineWindow(place - length * 0.2, place + length * 0.8);
  }
  timeline.event = run.at.event;
}

// ---- drawing ----

function timelineDraw() {
  const {width, height, top} = timeline.box;

  if (width < 60 || height < 20) {
    return;
  }
  if (timeline.event < 0) {
    timelineFirst();
  }
  timelineFollow();
  timeline.names = Math.min(run.slide ? 6 * run.lane : 150,
                            Math.round(width * 0.28));
  const firstLane = Math.floor(top / run.lane);
  const [from, to] = timelineNow();
  const key = [from, to, timeline.scale, width, height, firstLane,
               run.dark, run.lane].join();

  if (key !== timeline.key) {
    timelineAsk(from, to, width, height, firstLane);
    timelinePicture(width, height);
    timeline.key = key;
    timeline.task = -1;
  }
  if (timeline.task !== run.task) {
    timelineBand();
    timeline.task = run.task;
  }
  timelineLine(width, height);
}

// The lane of the selected task, behind the picture: selecting draws nothing.
function timelineBand() {
  const row = timeline.answer.lanes.findIndex((l) => l.task === run.task);

  reveal(timeline.band, row >= 0);
  timeline.band.style.transform =
    `translateY(${run.axis + Math.max(row, 0) * run.lane}px)`;
  timeline.answer.lanes.forEach((lane, i) => {
    attr(timeline.labels.children[i].firstChild, "aria-pressed", i === row);
  });
}

function timelineAsk(from, to, width, height, firstLane) {
  const columns = Math.max(1, Math.floor(width - timeline.names - 8));
  const lanes = Math.min(LANES_MOST, Math.ceil((height - run.axis) / run.lane) + 1);
  const answer = run.engine.timeline({from, to, columns, firstLane, lanes,
                                      scale: timeline.scale});

  timeline.answer = answer;
  // The engine's steps are round, so the last columns may lie beyond.
  answer.used = Math.min(answer.columns,
                         Math.max(1, Math.ceil((to - from) / answer.step)));
  answer.wide = columns / answer.used;
  timeline.space.style.height =
    `${Math.max(0, answer.laneCount * run.lane + run.axis + 4)}px`;
  timelineLegend();
  attr(timeline.canvas, "aria-label",
       `Timeline of ${many(answer.laneCount, "task")}; the story says the same in words`);
}

function timelineLegend() {
  const {step: by} = timeline.answer;

  put(timeline.hint, `1 column = ${timeline.scale === "events"
    ? many(by, "event") : duration(by)}`);
}

function timelineX(column) { // whole pixels: no seams between columns
  return timeline.names + Math.round(column * timeline.answer.wide);
}

function timelinePicture(width, height) {
  const {answer} = timeline;
  const pen = sharpen(timeline.canvas, width, height);
  const ink = {};

  timeline.canvas.style.width = `${width}px`;
  timeline.canvas.style.height = `${height}px`;
  for (const name of ["ran", "queued", "waits"]) {
    ink[name] = colour(`--lane-${name}`);
  }
  for (const name of ["lost", "dim", "rule", "wake"]) {
    ink[name] = colour(`--${name}`);
  }
  pen.clearRect(0, 0, width, height);
  timelineAxis(pen, ink, height);
  answer.lanes.forEach((_, i) => {
    for (let c = 0; c < answer.used; c++) {
      timelineCell(pen, ink, i, c);
    }
  });
  timelineWakes(pen, ink);
  timelineLabels();
}

function timelineAxis(pen, ink, height) {
  const {answer} = timeline;
  const letter = run.slide ? run.lane * 0.65 : run.lane / 2;
  const apart = run.slide ? 6.5 * letter : 72;
  const every = Math.max(1, Math.ceil(apart / answer.wide / 10) * 10);

  pen.font = `${letter}px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "top";
  for (let c = 0; c < answer.used; c += every) {
    const place = answer.from + c * answer.step;

    pen.fillStyle = ink.rule;
    pen.fillRect(timelineX(c), 0, 1, height);
    pen.fillStyle = ink.dim;
    pen.fillText(timeline.scale === "events" ? count(place)
      : place === 0 ? "0" : moment(place, every * answer.step),
      timelineX(c) + 3, 2);
  }
  pen.fillStyle = ink.wake;
  for (let c = 0; c < answer.used; c++) { // a tick for each column with wakes
    if (answer.head.wakes[c] > 0) {
      pen.fillRect(timelineX(c), run.axis - 9, Math.max(1, answer.wide - 1), 6);
    }
    if (answer.head.lost[c] > 0) {
      pen.fillStyle = ink.lost;
      pen.fillRect(timelineX(c), run.axis - 2, Math.max(1, answer.wide), 2);
      pen.fillStyle = ink.wake;
    }
  }
}

// The three states differ in shape too: a bar, a double line, a line.
function timelineCell(pen, ink, lane, column) {
  const {cells, columns} = timeline.answer;
  const at = lane * columns + column;
  const x = timelineX(column);
  const wide = Math.max(1, timelineX(column + 1) - x);
  const top = run.axis + lane * run.lane + 3, tall = run.lane - 6;
  const bar = (y, h) => pen.fillRect(x, top + y, wide, h);

  switch (cells.look[at]) {
  case Engine.LOOK.RAN: {
    const h = tall * cells.ran[at];

    pen.fillStyle = ink.ran;
    if (h < tall / 8) {
      pen.fillRect(x, top + tall - 4, Math.max(2, wide), 4); // a dot
    } else {
      bar(tall - h, h);
    }
    break;
  }
  case Engine.LOOK.SCHEDULED:
    pen.fillStyle = ink.queued;
    bar(tall / 2 - 4, 3);
    bar(tall / 2 + 2, 3);
    break;
  case Engine.LOOK.WAITING:
    pen.fillStyle = ink.waits;
    bar(tall / 2 - 1, 2);
    break;
  case Engine.LOOK.ENDED:
    pen.fillStyle = ink.dim;
    pen.fillRect(x, top, 2, tall);
    break;
  case Engine.LOOK.LOST:
    pen.fillStyle = ink.lost;
    for (let y = (column * 2) % 6; y < tall; y += 6) {
      bar(y, 1);
    }
    break;
  default: break;
  }
}

function timelineWakes(pen, ink) {
  const {answer} = timeline;
  const row = new Map(answer.lanes.map((lane, i) => [lane.task, i]));

  if (answer.wakes.length > answer.used / 4) {
    return; // they would be a wall; the ticks above say it
  }
  pen.fillStyle = ink.wake;
  for (const w of answer.wakes) {
    const to = row.get(w.task);
    const by = w.by > 0 ? row.get(w.by) : -0.4;

    if (to === undefined || by === undefined) {
      continue;
    }
    const x = timelineX(w.column) + answer.wide / 2;
    const y0 = run.axis + by * run.lane + run.lane / 2, y1 = run.axis + to * run.lane + run.lane / 2;
    const way = Math.sign(y1 - y0) || 1, tip = y1 - way * 3;

    pen.fillRect(x - 0.5, Math.min(y0, tip), 1, Math.abs(tip - y0));
    pen.beginPath();
    pen.moveTo(x - 3, tip - way * 5);
    pen.lineTo(x + 3, tip - way * 5);
    pen.lineTo(x, tip);
    pen.fill();
  }
}

function timelineLabels() {
  const {lanes} = timeline.answer;
  const items = fit(timeline.labels, lanes.length, () => make("li", {},
    make("button", {type: "button", tabindex: "-1", onclick: (e) => {
      select(Number(e.currentTarget.dataset.task));
    }})));

  timeline.labels.style.width = `${timeline.names - 4}px`;
  lanes.forEach((lane, i) => {
    const button = items[i].firstChild;

    put(button, `${lane.task} ${nameShort(lane.name)}`);
    attr(button, "data-task", lane.task);
    attr(button, "title", lane.name);
    attr(button, "tabindex", i === 0 ? 0 : -1);
  });
}

// What has not happened yet lies under a veil, right of the line.
function timelineLine(width, height) {
  const {answer} = timeline;
  const place = (timelinePlace() - answer.from) / answer.step;
  const x = Math.max(timeline.names,
                     Math.min(timelineX(place), width));

  timeline.line.style.transform = `translateX(${x}px)`;
  timeline.line.style.width = `${width - x}px`;
  timeline.line.style.height = `${height}px`;
}

// ---- mouse and touch: click goes there, dragging pans ----

function timelineColumn(e) {
  const {left} = timeline.canvas.getBoundingClientRect();

  return Math.floor((e.clientX - left - timeline.names) /
                    timeline.answer.wide);
}

function timelinePointer() {
  const {canvas} = timeline;
  let held = null;

  canvas.addEventListener("pointerdown", (e) => {
    held = {x: e.clientX, window: timelineNow(), moved: false};
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", (e) => {
    if (held && (held.moved || Math.abs(e.clientX - held.x) > 4)) {
      const {wide, step: by} = timeline.answer;
      const way = (held.x - e.clientX) / wide * by;

      held.moved = true;
      timelineShow(held.window[0] + way, held.window[1] + way);
    } else if (!held) {
      timelineHint(e);
    }
  });
  canvas.addEventListener("pointerup", (e) => {
    if (held && !held.moved) {
      timelineClick(timelineColumn(e));
    }
    held = null;
  });
  canvas.addEventListener("pointercancel", () => { held = null; });
  canvas.addEventListener("pointerleave", timelineLegend);
  canvas.addEventListener("wheel", (e) => {
    if (e.ctrlKey || e.shiftKey) {
      const c = timelineColumn(e);

      e.preventDefault();
      timelineZoom(e.deltaY + e.deltaX > 0 ? 1.25 : 0.8,
                   timeline.answer.from + c * timeline.answer.step);
    }
  }, {passive: false});
}

// The first event of the column, or the last one before it.
function timelineClick(column) {
  const {first, last} = timeline.answer.head;

  if (first[column] > 0) {
    goTo(first[column]);
    return;
  }
  for (let c = Math.min(column, last.length - 1); c >= 0; c--) {
    if (last[c] > 0) {
      goTo(last[c]);
      return;
    }
  }
}

function timelineHint(e) {
  const {answer, canvas} = timeline;
  const c = timelineColumn(e);
  const y = e.clientY - canvas.getBoundingClientRect().top - run.axis;
  const lane = answer.lanes[Math.floor(y / run.lane)];

  if (!lane || y < 0 || c < 0 || c >= answer.used) {
    timelineLegend();
    return;
  }
  const at = answer.lanes.indexOf(lane) * answer.columns + c;
  const share = (x) => `${Math.round(x * 1000) / 10} %`;
  const {ran, queued, waited, polls} = answer.cells;

  put(timeline.hint, `task ${lane.task} ${lane.name}: ` +
    `ran ${share(ran[at])} of this column in ${many(polls[at], "poll")}, ` +
    `scheduled ${share(queued[at])}, waited ${share(waited[at])}`);
}

// Lanes: where every task stands on its way round. Run queue in order → being
// polled → waiting, grouped by what will wake it → done. A task that moves
// from one lane to another is seen to move.

const LANE_TASKS = 60; // that are shown of one lane; the rest is counted
const FAST_TASKS = 12; // of them while playing faster than anybody reads
const SHOWY = 30;      // events a second up to which tasks glide

const FAR = 300;       // events beyond which a move is a jump: nothing glides

const lanes = {items: new Map(), boxes: new Map(), event: 0};

function lanesMake() {
  lanes.box = make("div", {class: "lanes"});
  $("lanes-body").append(lanes.box);
}

function laneTask(task) {
  const [id, name, more] = [make("b"), make("span"), make("small")];
  const item = make("li", {class: "task"},
    make("button", {type: "button", tabindex: "-1",
                    onclick: () => select(task)}, id, " ", name, " ", more));

  put(id, task);
  return item;
}

// A lane: a titled list. `title` is also what it is known by.
function laneBox(key) {
  const old = lanes.boxes.get(key);

  if (old) {
    return old;
  }
  const box = make("section", {},
    make("h3", {}, make("span"), " ", make("small")),
    make("ul"), make("p", {class: "none"}));

  lanes.boxes.set(key, box);
  return box;
}

function laneItem(t) {
  let item = lanes.items.get(t.id);

  if (!item) {
    item = laneTask(t.id);
    lanes.items.set(t.id, item);
  }
  const [, name, more] = item.firstChild.children;

  put(name, nameShort(t.name));
  put(more, t.waitsFor ?? "");
  attr(item.firstChild, "title", t.waitsFor ? `${t.name}: ${t.waitsFor}`
                                            : t.name);
  attr(item.firstChild, "aria-pressed", t.id === run.task);
  return item;
}

// What the lanes hold, in order, as [key, title, class, tasks, how many,
// what to say of none].
function lanesList(answer) {
  const several = answer.workers.length > 1;
  const list = [];

  for (const w of answer.workers) {
    const of = several ? ` of worker ${w.worker}` : "";

    list.push([`q${w.worker}`, `Run queue${of}`, "queue", w.queue,
               w.queueCount, "empty"]);
    list.push([`r${w.worker}`, `Being polled${several ? ` by worker ${w.worker}` : ""}`,
               "running", w.running ? [w.running] : [], w.running ? 1 : 0,
               w.parked ? "nobody: parked, until the reactor has news"
                        : "nobody"]);
  }
  for (const g of answer.waiting) {
    list.push([`g${g.group}`, `Waiting ${g.title}`, `waiting ${g.group}`,
               g.tasks, g.count, ""]);
  }
  if (answer.waiting.length === 0) {
    list.push(["g", "Waiting", "waiting", [], 0, "nobody"]);
  }
  if (answer.done > 0) {
    list.push(["done", "Done", "done", [], answer.done,
               "complete, and somebody still holds a reference"]);
  }
  return list;
}

function lanesWhere() {
  const at = new Map();

  for (const [id, item] of lanes.items) {
    if (item.isConnected) {
      at.set(id, item.getBoundingClientRect());
    }
  }
  return at;
}

function lanesGlide(before) {
  for (const [id, item] of lanes.items) {
    const from = before.get(id), to = item.getBoundingClientRect();

    if (from && (from.left !== to.left || from.top !== to.top)) {
      item.animate(
        [{transform: `translate(${from.left - to.left}px, ${from.top - to.top}px)`,
          zIndex: 2}, {transform: "none", zIndex: 2}],
        {duration: 260, easing: "ease-in-out"});
    }
  }
}

// Children of `parent` become exactly `wanted`; those that stay are not touched.
function arrange(parent, wanted) {
  wanted.forEach((node, i) => {
    if (parent.children[i] !== node) {
      parent.insertBefore(node, parent.children[i] ?? null);
    }
  });
  while (parent.children.length > wanted.length) {
    parent.lastElementChild.remove();
  }
}

function lanesDraw() {
  const answer = run.engine.lanes(fast() ? FAST_TASKS : LANE_TASKS);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches ||
                (run.playing && run.speed > SHOWY) || run.printing ||
                Math.abs(run.at.event - lanes.event) > FAR;
  const before = still ? null : lanesWhere();
  const kept = new Set();
  const wanted = lanesList(answer).map(([key, title, style, held, all, none]) => {
    const box = laneBox(key);

    look(box, `lane ${style}`);
    put(box.firstChild.firstChild, title);
    put(box.firstChild.lastChild, style === "running" ? "" : count(all));
    arrange(box.children[1], held.map((t) => {
      kept.add(t.id);
      return laneItem(t);
    }));
    const rest = all - held.length;

    put(box.lastChild, held.length === 0 ? none
      : rest > 0 ? `and ${many(rest, "more", "more")}` : "");
    reveal(box.lastChild, box.lastChild.textContent !== "");
    return box;
  });

  arrange(lanes.box, wanted);
  for (const id of lanes.items.keys()) {
    if (!kept.has(id)) {
      lanes.items.delete(id);
    }
  }
  const first = lanes.box.querySelector("button");

  if (first) {
    attr(first, "tabindex", 0);
  }
  if (before) {
    lanesGlide(before);
  }
  lanes.event = run.at.event;
  put($("lanes-note"), answer.workers.length > 1
    ? `${answer.workers.length} workers` : "");
}

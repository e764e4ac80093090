// The table of tasks: a real table of the rows that can be seen, between two
// empty ones that are as high as all others, so ten thousand tasks cost what
// twenty do.

const COLUMNS = [ // heading, class, order of the engine, value
  ["Id", "id", "id", (t) => t.id],
  ["Name", "name", "label", (t) => nameShort(t.name)],
  ["State", "state", "state", null],
  ["Polls", "num polls", "polls", (t) => count(t.polls)],
  ["Wakes", "num wakes wide", "", (t) => count(t.wakes)],
  ["Busy", "num busy wide", "busy", (t) => t.busy],
  ["Waits for", "waits", "", (t) => t.now],
  ["Last wake", "woken wider", "wake", (t) => t.lastWake],
];
const PAGE = 1000; // rows that the engine gives at most

const tasks = {filter: "", order: "id", reverse: false, found: 0};

function tasksAsk(first, most) {
  const {filter, order, reverse} = tasks;

  return run.engine.tasks({filter, order, reverse, first, count: most});
}

function tasksMake() {
  const table = make("table", {class: "tasks"},
    make("caption", {class: "unseen"}, "The tasks at this event"));
  const head = make("tr");

  for (const [title, style, order] of COLUMNS) {
    const cell = make("th", {scope: "col", class: style});

    cell.append(order === "" ? title
      : make("button", {type: "button", "data-order": order,
                        title: `Sort by ${title.toLowerCase()}`,
                        onclick: () => tasksSort(order)}, title));
    head.append(cell);
  }
  tasks.above = make("tbody", {"aria-hidden": "true"},
    make("tr", {}, make("td")));
  tasks.rows = make("tbody");
  tasks.below = tasks.above.cloneNode(true);
  tasks.head = head;
  tasks.table = table;
  table.append(make("thead", {}, head), tasks.above, tasks.rows, tasks.below);
  tasks.none = make("p", {class: "none", hidden: true});
  tasks.body = $("tasks-body");
  tasks.body.append(table, tasks.none);
  tasks.box = box(tasks.body, "tasks", true);
  $("filter").addEventListener("input", (e) => {
    tasks.filter = e.target.value.trim();
    scrollBox(tasks.body, 0);
    changed("tasks");
  });
  $("filter").form.addEventListener("submit", (e) => e.preventDefault());
}

function tasksSort(order) {
  tasks.reverse = tasks.order === order && !tasks.reverse;
  tasks.order = order;
  changed("tasks");
}

function tasksRow() {
  const row = make("tr", {onclick: (e) => {
    select(Number(e.currentTarget.dataset.task));
  }});

  for (const [title, style] of COLUMNS) {
    row.append(title === "Name"
      ? make("th", {scope: "row", class: style},
             make("button", {type: "button", tabindex: "-1"}))
      : make("td", {class: style}));
  }
  row.children[2].append(make("i", {"aria-hidden": "true"}), " ",
                         make("span"));
  return row;
}

function tasksPut(row, t, index) {
  const chosen = t.id === run.task;
  const [symbol, word, style] = stateOf(t);

  attr(row, "data-task", t.id);
  attr(row, "aria-rowindex", index + 2);
  attr(row, "aria-current", chosen && "true");
  look(row, `${chosen ? "chosen " : ""}${t.lost ? "lost" : ""}`);
  COLUMNS.forEach(([title, , , value], i) => {
    const cell = row.children[i];

    if (title === "Name") {
      put(cell.firstChild, value(t));
      attr(cell.firstChild, "title", t.name);
      attr(cell.firstChild, "tabindex", chosen ? 0 : -1);
    } else if (value !== null) {
      put(cell, value(t));
    }
  });
  attr(row.children[6], "title", t.now);
  put(row.children[2].firstChild, symbol);
  put(row.children[2].lastChild, word);
  look(row.children[2], `state ${style}`);
}

function tasksHead() {
  for (const cell of tasks.head.children) {
    const button = cell.firstElementChild;
    const sorted = button?.dataset.order === tasks.order;

    attr(cell, "aria-sort",
         sorted && (tasks.reverse ? "descending" : "ascending"));
  }
}

function tasksDraw() {
  // The heading covers one row of the box; the print has all there are.
  const height = run.printing ? Infinity : tasks.box.height;
  const first = run.printing ? 0
    : Math.max(0, Math.floor(tasks.box.top / run.row) - 4);
  let answer;

  try {
    answer = tasksAsk(first, Math.min(PAGE, Math.ceil(height / run.row) + 8));
    if (answer.rows.length === 0 && first > 0) { // fewer than there were
      scrollBox(tasks.body, 0);
      answer = tasksAsk(0, 60);
    }
    attr($("filter"), "aria-invalid", null);
  } catch (error) {
    if (error.fatal) {
      throw error;
    }
    attr($("filter"), "aria-invalid", "true");
    put($("tasks-count"), error.message);
    return;
  }
  tasksHead();
  const shown = answer.rows.length;
  const start = Math.min(first, Math.max(0, answer.count - shown));

  attr(tasks.table, "aria-rowcount", answer.count + 1);
  tasks.above.firstChild.style.height = `${start * run.row}px`;
  tasks.below.firstChild.style.height =
    `${(answer.count - start - shown) * run.row}px`;
  const rows = fit(tasks.rows, shown, tasksRow);

  answer.rows.forEach((t, i) => tasksPut(rows[i], t, start + i));
  if (shown > 0 && !answer.rows.some((t) => t.id === run.task)) {
    attr(rows[0].children[1].firstChild, "tabindex", 0);
  }
  const digits = Math.max(2, ...answer.rows.map((t) => String(t.id).length));

  const letters = Math.max(5, ...answer.rows.map((t) => nameShort(t.name).length));

  tasks.table.style.setProperty("--digits", digits);
  tasks.table.style.setProperty("--letters", Math.min(14, letters));
  reveal(tasks.none, answer.count === 0);
  put(tasks.none, answer.all === 0 ? "No task is alive here."
                                   : "No task passes the filter.");
  put($("tasks-count"), answer.count === answer.all ? count(answer.all)
    : `${count(answer.count)} of ${count(answer.all)}`);
  if (run.printing && answer.count > shown) {
    put($("tasks-count"), `the first ${count(shown)} of ${count(answer.count)}`);
  }
}

// The index of a task among those that pass the filter, -1: it is none.
function tasksIndex(task) {
  for (let first = 0; ; first += PAGE) {
    const rows = tasksAsk(first, PAGE).rows;
    const found = rows.findIndex((t) => t.id === task);

    if (found >= 0 || rows.length === 0) {
      return found < 0 ? -1 : first + found;
    }
  }
}

function tasksMove(by) {
  const at = tasksIndex(run.task);
  const index = at < 0 ? 0 : Math.max(0, at + by);
  const row = tasksAsk(index, 1).rows[0];

  if (row === undefined) {
    return;
  }
  select(row.id);
  say(`Task ${row.id}, ${row.name}, ${row.state}: ${row.now}`);
  const top = index * run.row, {top: seen, height} = tasks.box;

  if (top < seen) {
    scrollBox(tasks.body, top);
  } else if (top + 2 * run.row > seen + height) {
    scrollBox(tasks.body, top + 2 * run.row - height);
  }
}

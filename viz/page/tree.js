// The future tree of the selected task: its backtrace. A leaf says why it
// waits, in the words of `print --tree`.

const RAILS = 24; // levels that are indented; deeper ones stand below them

function treeRow() {
  return make("li", {},
    make("span", {class: "rails", "aria-hidden": "true"}),
    make("i", {"aria-hidden": "true"}),
    make("div", {},
      make("span", {class: "unseen"}), make("b"), " ",
      make("code", {class: "place"}), " ",
      make("span", {class: "says"})));
}

function treeRails(node, depth, open) {
  const levels = Math.min(depth, RAILS);
  const rails = fit(node, levels, () => make("span"));

  for (let d = 1; d <= levels; d++) {
    look(rails[d - 1], d < levels ? (open[d] ? "through" : "")
                                  : open[d] ? "through elbow" : "elbow");
  }
}

function treePut(item, row, open) {
  const [rails, symbol, box] = item.children;
  const [level, name, place, says] = box.children;
  const state = row.beingPolled ? "being polled" : row.state;

  treeRails(rails, row.depth, open);
  look(item, state.replace(" ", "-"));
  put(symbol, SYMBOLS[state] ?? "?");
  put(level, `level ${row.depth + 1}: `);
  put(name, row.name);
  put(place, row.line > 0 ? `${row.file}:${row.line}` : "");
  put(says, row.says === "" && state !== "pending" ? state : row.says);
  reveal(says, says.textContent !== "");
}

const tree = {};

function treeMake() {
  tree.who = make("p", {class: "who"});
  tree.list = make("ol", {class: "tree"});
  tree.wakes = make("p", {class: "waker"});
  tree.none = make("p", {class: "none"});
  $("tree-body").append(tree.who, tree.list, tree.wakes, tree.none);
}

function treeDraw() {
  const answer = run.task === 0 ? null : run.engine.tree(run.task);
  const open = []; // per level: more siblings follow below

  reveal(tree.none, answer === null);
  reveal(tree.who, answer !== null);
  reveal(tree.wakes, answer !== null);
  if (answer === null) {
    fit(tree.list, 0);
    put($("tree-note"), "");
    put(tree.none, run.task === 0 ? "Select a task to see what it waits for."
      : `Task ${run.task} does not exist at this event.`);
    return;
  }
  const [symbol, word, style] = stateOf(answer);

  put($("tree-note"), `of task ${answer.task}`);
  look(tree.who, `who ${style}`);
  put(tree.who, `${symbol} Task ${answer.task}, ${answer.name}: ${word}, ` +
    `${many(answer.polls, "poll")}${answer.abortAsked ? ", to be aborted" : ""}`);
  const items = fit(tree.list, answer.rows.length, treeRow);

  answer.rows.forEach((row, i) => {
    open.length = row.depth;
    open[row.depth] = !row.last;
    treePut(items[i], row, open);
  });
  put(tree.wakes, `Who will wake it: ${answer.whoWakes}` +
    (answer.cut ? " (deeper levels are left out)" : ""));
  reveal(tree.wakes, answer.whoWakes !== "");
}

// The source around the await at which the selected task stands, and which
// line of the runtime wrote the event. A file is shown in part: the lines near
// the place, all of them on demand.

const NEAR = 40;       // lines before and after
const WHOLE = 20000;   // lines that are ever shown

const source = {whole: false, shown: ""};

function sourceMake() {
  source.body = $("source-body");
  source.box = box(source.body, "source");
  source.chain = make("ol", {class: "chain"});
  source.lines = make("ol", {class: "code", "aria-label": "Source text"});
  source.why = make("p", {class: "none"});
  source.actor = make("p", {class: "actor"});
  source.more = make("button", {type: "button", class: "grow",
    "aria-pressed": "false", onclick: () => {
      source.whole = !source.whole;
      attr(source.more, "aria-pressed", source.whole);
      source.shown = "";
      changed("source");
    }}, "Whole file");
  $("source").querySelector("header").append(source.more);
  source.body.append(source.chain, source.lines, source.why,
                          source.actor);
}

function sourceLine() {
  return make("li", {}, make("span", {class: "no"}), make("code"));
}

function sourceChain(places, best) {
  const items = fit(source.chain, places.length, () => make("li"));

  places.forEach((p, i) => {
    put(items[i], `${p.name} ${p.awaits ? "awaits" : "is"} at ` +
                  `${p.file}:${p.line}`);
    attr(items[i], "aria-current", i === best && "location");
  });
}

function sourceText(answer) {
  const all = answer.lines ?? [];
  const [before, after] = run.printing ? [6, 6] : fast() ? [5, 14]
    : source.whole ? [WHOLE, WHOLE] : [NEAR, NEAR];
  const first = Math.max(1, answer.line - before);
  const last = Math.min(all.length, answer.line + after);
  const items = fit(source.lines, Math.max(0, last - first + 1), sourceLine);

  for (let n = first; n <= last; n++) {
    const item = items[n - first], here = n === answer.line;

    put(item.firstChild, n);
    put(item.lastChild, all[n - 1]);
    look(item, here ? "here" : "");
    attr(item, "aria-current", here && "location");
  }
  sourceScroll(`${answer.file}:${answer.line}:${first}:${source.box.height}`,
               items[answer.line - first]);
}

// Only where the place has changed: who scrolls away to read must not be
// pulled back.
function sourceScroll(key, item) {
  if (fast()) {
    scrollBox(source.body, 0);
  } else if (item && source.shown !== key) {
    scrollBox(source.body, item.offsetTop -
                           Math.max(40, source.box.height * 0.4));
    source.body.scrollLeft = 0;
  }
  source.shown = key;
}

function sourceDraw() {
  const answer = run.task === 0 ? null : run.engine.source(run.task);
  const actor = run.engine.actor();

  put(source.actor, actor === null ? "" : actor.sentence);
  reveal(source.actor, source.actor.textContent !== "");
  reveal(source.chain, answer !== null && answer.places.length > 0);
  reveal(source.lines, answer !== null && answer.lines !== null);
  if (answer === null || answer.best < 0) {
    fit(source.lines, 0);
    put($("source-note"), "");
    put(source.why, answer === null ? "No task is selected that lives here."
      : answer.why || "The task stands at no await here.");
    reveal(source.why, true);
    reveal(source.chain, false);
    return;
  }
  put($("source-note"), `${answer.file}:${answer.line}`);
  put(source.why, answer.why ?? "");
  reveal(source.why, answer.lines === null);
  sourceChain(answer.places, answer.best);
  sourceText(answer);
}

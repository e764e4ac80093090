// What the lints found, each with the events that prove it.

const findings = {made: false};

function evidence(event, text) {
  return make("li", {},
    make("button", {type: "button", class: "link",
                    onclick: () => goTo(event)}, `event ${event}`),
    ` ${text}`);
}

function findingMake(f) {
  const again = f.times > 1
    ? ` (${count(f.times)} times, last at event ${f.lastEvent})` : "";

  return make("li", {},
    make("h3", {}, make("span", {class: "tag"}, f.kind), " ", f.sentence, again),
    make("ul", {}, ...f.evidence.map((e) => evidence(e.event, e.shows))),
    make("p", {}, f.explanation),
    make("p", {}, make("b", {}, "Remedy: "), f.remedy),
    make("p", {class: "later"}));
}

// Once: findings do not depend on where one stands.
function findingsMake() {
  const {findings: all, leftOut} = run.engine.lints();
  const chip = $("to-findings");

  findings.all = all;
  reveal($("findings"), all.length > 0);
  $("panes").classList.toggle("found", all.length > 0);
  reveal(chip, true);
  chip.classList.toggle("bad", all.length > 0);
  put(chip, all.length > 0 ? `▲ ${many(all.length, "finding")}`
                           : "No findings");
  attr(chip, "href", all.length > 0 ? "#findings" : null);
  findings.list = make("ol", {class: "findings"}, ...all.map(findingMake));
  $("findings-body").append(findings.list);
  if (leftOut > 0) {
    $("findings-body").append(
      make("p", {class: "none"}, `${count(leftOut)} more are left out.`));
  }
  put($("findings-note"), all.length > 0 ? count(all.length) : "");
}

function findingsDraw(at) {
  findings.all.forEach((f, i) => {
    const item = findings.list.children[i], later = f.event > at.event;

    look(item, later ? "later" : "");
    put(item.lastChild, later ? `It fires later, at event ${f.event}.` : "");
    reveal(item.lastChild, later);
  });
}

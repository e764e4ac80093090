// The story: a sentence for each event, the current one marked. It holds the
// lines near the event; scrolling brings more, so a run of any length costs
// the same.

const BEFORE = 30, AFTER = 40; // lines around the event
const PIECE = 40;              // lines that scrolling brings
const MOST = 240;              // lines that are kept

const story = {lines: [], from: 0};

function storyMake() {
  story.list = make("ol", {class: "story", "aria-label": "Events"});
  story.list.style.setProperty("--digits", String(run.facts.last).length);
  story.box = $("story-body");
  story.box.append(story.list);
  story.size = box(story.box, "story");
  story.box.addEventListener("scroll", storyMore);
  story.list.addEventListener("click", (e) => {
    const item = e.target.closest("li");

    if (item) {
      goTo(Number(item.dataset.event));
    }
  });
}

function storyLine() {
  return make("li", {}, make("p", {class: "lost"}), make("time"),
    make("button", {type: "button", tabindex: "-1"},
         make("span", {class: "no"}), " ", make("span")),
    make("p", {class: "mark"}));
}

// The time stands above the first of the events that share it.
function storyPut(item, line, before) {
  const [lost, time, button, mark] = item.children;
  const [number, text] = button.children;
  const here = line.event === run.at.event;
  const gap = line.lostBefore;

  attr(item, "data-event", line.event);
  attr(button, "aria-current", here && "step");
  attr(button, "tabindex", here ? 0 : -1);
  look(item, `${here ? "here" : line.event > run.at.event ? "later" : ""}` +
             `${line.task !== 0 && line.task === run.task ? " of-task" : ""}`);
  put(number, line.event);
  put(time, `${line.time} s`);
  reveal(time, line.time !== before?.time);
  put(text, line.text);
  put(lost, gap ? `events ${gap.first} to ${gap.last}, before this one, ` +
                  `were lost` : "");
  reveal(lost, Boolean(gap));
  put(mark, line.marks.map((m) => m.sentence).join(" "));
  reveal(mark, line.marks.length > 0);
}

function storyShow() {
  const items = fit(story.list, story.lines.length, storyLine);

  story.lines.forEach((line, i) => storyPut(items[i], line, story.lines[i - 1]));
}

function storyDraw() {
  const event = run.at.event;
  const reach = fast() ? 5 : run.printing ? 12 : BEFORE;
  const from = Math.max(run.facts.first,
    event === 0 ? 0 : run.engine.move("event", -reach, 0, event) ||
                      run.facts.first);

  story.lines = run.engine.story(from, reach + (fast() || run.printing ? 14 : AFTER));
  storyShow();
  const at = story.lines.findIndex((line) => line.event === event);
  const item = story.list.children[Math.max(at, 0)];

  if (fast()) {
    scrollBox(story.box, 0);
  } else if (item) {
    storyScroll(item.offsetTop - story.size.height * 0.45);
  }
  put($("story-note"), many(run.facts.events, "event"));
}

function storyMore() {
  const {box, lines} = story;

  if (lines.length === 0 || run.playing || box.scrollTop === story.ours) {
    return; // not a person's doing
  }
  if (box.scrollTop < 80 && lines[0].event > run.facts.first) {
    storyEarlier();
  } else if (box.scrollTop + box.clientHeight > box.scrollHeight - 80 &&
             lines[lines.length - 1].event < run.facts.last) {
    storyLater();
  }
}

function storyEarlier() {
  const first = story.lines[0].event;
  const from = run.engine.move("event", -PIECE, 0, first) || run.facts.first;
  const more = run.engine.story(from, PIECE).filter((l) => l.event < first);

  storyKeep([...more, ...story.lines].slice(0, MOST), first);
}

function storyLater() {
  const last = story.lines[story.lines.length - 1].event;
  const more = run.engine.story(last + 1, PIECE);

  storyKeep([...story.lines, ...more].slice(-MOST), last);
}

// The line of event `fixed` stays where it is on the screen.
function storyKeep(lines, fixed) {
  const place = () => story.list.children[
    story.lines.findIndex((l) => l.event === fixed)].offsetTop;
  const before = place() - story.box.scrollTop;

  story.lines = lines;
  storyShow();
  storyScroll(place() - before);
}

function storyScroll(top) {
  scrollBox(story.box, top);
  story.ours = story.size.top;
}

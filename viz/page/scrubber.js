// The whole run on one line: how dense events are, where some were lost, what
// the lints found. A range input lies over it, so that mouse, touch, keyboard
// and screen readers all have it.

const THUMB = 12; // pixels, as in layout.css: the line stands in its middle

const scrubber = {columns: 0, density: null};

function scrubberMake() {
  const input = $("scrubber");

  input.addEventListener("input", () => {
    goTo(scrubberEvent(Number(input.value)));
  });
  input.addEventListener("keydown", (e) => { // by events, not by pixels
    const far = {PageUp: -1, PageDown: 1}[e.key];

    if (far && !keyGiven(e)) {
      e.preventDefault();
      const tenth = Math.max(1, Math.round(run.facts.events / 10));
      const to = run.engine.move("event", far * tenth, 0);

      goTo(to || (far < 0 ? run.facts.first : run.facts.last));
    }
  });
  new ResizeObserver(() => {
    scrubber.columns = 0;
    changed("scrubber");
  }).observe(input);
}

// A column stands for its first event; the places before and after all columns
// are the first and the last event, which so can always be reached.
function scrubberEvent(place) {
  return place <= 0 ? run.facts.first
    : place > scrubber.columns ? run.facts.last
    : run.engine.eventAt(place - 1, scrubber.columns);
}

function scrubberPlace(event) {
  return event <= run.facts.first ? 0
    : event >= run.facts.last ? scrubber.columns + 1
    : run.engine.columnOf(event, scrubber.columns) + 1;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

// A canvas as large as its box, in the screen's own pixels.
function sharpen(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const pen = canvas.getContext("2d");

  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return pen;
}

function scrubberPaint(width, height) {
  const {events, lost, marks} = scrubber.density;
  const pen = sharpen($("density"), width, height);
  const most = Math.max(1, ...events);
  const floor = height - 4;

  pen.fillStyle = colour("--rule");
  pen.fillRect(THUMB / 2, floor, width - THUMB, 1);
  for (let c = 0; c < events.length; c++) {
    const x = THUMB / 2 + c;

    if (lost[c] > 0) {
      pen.fillStyle = colour("--lost");
      for (let y = c % 4; y < floor; y += 4) { // hatched
        pen.fillRect(x, y, 1, 2);
      }
    }
    if (events[c] > 0) {
      const h = Math.max(2, (floor - 10) * Math.sqrt(events[c] / most));

      pen.fillStyle = colour("--edge");
      pen.fillRect(x, floor - h, 1, h);
    }
  }
  pen.fillStyle = colour("--failed");
  for (const m of marks) {
    const x = THUMB / 2 + m.column;

    pen.beginPath();
    pen.moveTo(x - 5, 8);
    pen.lineTo(x + 5, 8);
    pen.lineTo(x, 0);
    pen.fill();
  }
}

function scrubberDraw(at) {
  const input = $("scrubber");

  if (scrubber.columns === 0) {
    const {clientWidth: width, clientHeight: height} = input;

    if (width <= THUMB) {
      return; // printing, or hidden
    }
    scrubber.columns = Math.min(4000, Math.max(2, Math.floor(width - THUMB)));
    scrubber.density = run.engine.density(scrubber.columns);
    scrubberPaint(width, height);
    attr(input, "min", 0);
    attr(input, "max", scrubber.columns + 1);
  }
  input.value = String(scrubberPlace(at.event));
  attr(input, "aria-valuetext",
       `event ${at.event} of ${run.facts.last}, ${at.time} s`);
}

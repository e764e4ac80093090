// Opening: unpacks the engine and the trace that are in this file, and says in
// words what went wrong if that cannot be.

function fail(error) {
  run.playing = false;
  reveal($("progress"), false);
  reveal($("trouble"), true);
  $("trouble").replaceChildren(
    make("p", {}, make("b", {}, "This page cannot show its trace. ")),
    make("p", {}, error instanceof Error ? error.message : String(error)));
  tell({fishbowl: "trouble"});
}

function guard(act) {
  try {
    return act();
  } catch (error) {
    fail(error);
    return undefined;
  }
}

// What this browser lacks, in words, or null.
function lacking() {
  if (typeof WebAssembly !== "object") {
    return "This browser has no WebAssembly (or it is switched off), and the " +
           "model that replays the trace is compiled to it. Every browser " +
           "since 2017 has it.";
  }
  if (typeof DecompressionStream !== "function") {
    return "This browser cannot unpack the trace: it has no " +
           "DecompressionStream. Firefox 113, Chrome 80, Safari 16.4 and " +
           "later ones have it.";
  }
  return null;
}

function about() {
  try {
    return JSON.parse($("about").textContent);
  } catch {
    return {};
  }
}

function make_views() {
  view("transport", transportDraw, true);
  view("scrubber", scrubberDraw, true);
  view("tasks", tasksDraw);
  view("tree", treeDraw);
  view("source", sourceDraw);
  view("lanes", lanesDraw);
  view("timeline", timelineDraw);
  view("story", storyDraw);
  view("findings", findingsDraw);
}

// For paper everything is drawn, at its full length.
function printMake() {
  addEventListener("beforeprint", () => guard(() => {
    pause();
    run.printing = true;
    for (const v of views) {
      v.draw(run.at);
    }
  }));
  addEventListener("afterprint", () => {
    run.printing = false;
    changed();
  });
}

async function open() {
  const lack = lacking();

  if (lack !== null) {
    throw new Error(lack);
  }
  const engine = await Engine.load(Engine.bytes($("engine").textContent));
  const packed = Engine.bytes($("trace").textContent);

  $("engine").remove(); // the text of a long trace need not stay
  $("trace").remove();
  await engine.openStream(Engine.unzip(packed), (taken) => {
    put($("progress").firstChild,
        `Opening the trace: ${count(Math.round(taken / 1024))} KiB …`);
  });
  run.engine = engine;
  run.facts = engine.facts();
  if (run.facts.events === 0) {
    throw new Error("The trace in this page holds no event.");
  }
}

async function main() {
  try {
    await open();
    const parts = [factsMake, transportMake, scrubberMake, tasksMake, treeMake,
                   sourceMake, lanesMake, timelineMake, storyMake,
                   findingsMake, helpMake, zoomMake, linkMake, keysMake,
                   printMake, make_views];

    run.at = run.engine.seek(run.facts.first);
    measure();
    addEventListener("resize", () => {
      measure();
      changed();
    });
    parts.forEach((part) => part());
    themeMake();
    document.body.classList.remove("loading");
    reveal($("progress"), false);
    watchPanes();
    hashGo(about().at);
    document.documentElement.dataset.ready = "yes";
    tell({fishbowl: "ready", event: run.at.event});
  } catch (error) {
    fail(error);
  }
}

main();

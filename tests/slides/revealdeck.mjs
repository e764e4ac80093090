// A deck of five slides for what reveal/ decides: the real template, styles and
// scripts, around markup as README.md promises it ("What the filters make"), with
// a trace of a real demo in it. Opened as a file, without a network.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {pack, splitPage} from "../../slides/tools/page.mjs";
import {fillTemplate} from "../../slides/tools/template.mjs";
import {attributes} from "../../slides/tools/text.mjs";
import {newPage} from "./support.mjs";

const {FB_BIN: bin, FB_SOURCE: source, FB_PAGE_MODULES: modules} = process.env;

assert.ok(bin && source && modules,
          "FB_BIN, FB_SOURCE and FB_PAGE_MODULES name programs, tree, packages");

const dir = mkdtempSync(join(tmpdir(), "fishbowl reveal-"));
process.on("exit", () => rmSync(dir, {recursive: true, force: true}));

// ---- markup ----

export const SECRETS = ["A thread is not a task.", "The acceptor is a task too.",
                        "live tasks: 4"];

const notes = (said) => `<aside class="notes"><ul><li><p>
  <strong class="say">Ask:</strong> ${said}</p></li></ul></aside>`;

const slide = (id, minutes, body, said = `About ${id}?`) =>
  `<section id="${id}" class="slide level2" data-minutes="${minutes}"
   data-block="1" data-number="1"><h2>${id}</h2>${body}${notes(said)}</section>`;

const vote = `<div class="vote" data-demo="default" data-question="silent"
    data-right="b" data-at="19" data-until="167">
  <p class="ask">How many tasks are alive?</p>
  <ol class="choices" type="a">
  <li data-letter="a"><span class="says">one</span> <span class="why" hidden>${SECRETS[0]}</span></li>
  <li data-letter="b"><span class="says">four</span> <span class="why" hidden>${SECRETS[1]}</span></li>
  <li data-letter="c"><span class="says">three</span> <span class="why" hidden>Count again.</span></li>
  </ol>
  <div class="answer" hidden><p class="truth">After event 167: ${SECRETS[2]}.</p>
  <ul class="events"><li data-event="3"><b class="event">3</b> task 1 is
  spawned</li><li data-event="38"><b class="event">38</b> task 2 is
  spawned</li></ul></div></div>`;

const replay = (event, demo = "default") =>
  `<figure class="replay"${attributes({
    "data-demo": demo, "data-mark": "m", "data-event": event,
    "data-show": "tasks,lanes",
    "data-marks": JSON.stringify({early: 50, late: 150}),
  })}><div class="poster"><svg role="img" aria-label="The picture"
  viewBox="0 0 10 10"><rect width="10" height="10"/></svg></div>
  <figcaption>Look.</figcaption></figure>`;

const SLIDES = [
  slide("first", 2, "<p>A task is scheduled.</p>"),
  slide("vote", 4, vote),
  slide("drawn", 3, `${replay(167)}<p><span class="fragment"
    data-seek="early">Before.</span> <span class="fragment"
    data-seek="late">After.</span></p>`),
  slide("two", 5, `<div class="replays">${replay(60)}${replay(120)}</div>`),
  slide("broken", 1, replay(1, "cut")),
].join("\n");

// ---- the file ----

function run(name, ...args) {
  return execFileSync(join(bin, name), args, {
    cwd: source, encoding: "utf8", maxBuffer: 1 << 28,
    env: {...process.env, FISHBOWL_SOURCE: source},
  });
}

// The trace as a page holds it, and one that was cut in the middle.
function replays() {
  const trace = join(dir, "default.ring"), page = join(dir, "page.html");
  const template = join(bin, "../share/fishbowl/page.html");

  run("fishbowl", "demo", "default", "--plain", "--port=0", `--ring=${trace}`);
  run("fishbowl", "export", "--to", "html", "-o", page, trace);
  const shell = readFileSync(template, "utf8");
  const parts = splitPage(shell, readFileSync(page, "utf8"));
  const script = (fields, text) => `<script type="application/octet-stream"${
    attributes(fields)}>${text}</script>`;
  const about = {"data-about": parts.about.trim()};

  return [
    script({"data-replay": "default", ...about}, parts.trace),
    script({"data-replay": "cut", ...about}, parts.trace.trim().slice(0, 400)),
    script({id: "replay-page"}, pack(shell)),
  ].join("\n");
}

let file = null;

function deck() {
  if (file === null) {
    file = join(dir, "deck.html");
    writeFileSync(file, fillTemplate(join(source, "slides/reveal/deck.html"), {
      TITLE: "A deck", LANG: "en", SLIDES, REPLAYS: replays(),
    }, join(modules, "node_modules")));
  }
  return pathToFileURL(file).href;
}

// ---- the browser ----

export async function openDeck(where = "", options = {}) {
  const page = await newPage(options);

  await page.goto(deck() + where);
  await ready(page);
  return page;
}

export const ready = (page) => page.waitForSelector("html[data-ready]");

export async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
  }
}

export const where = (page) => page.evaluate(() => Reveal.getCurrentSlide().id);

export const said = (page) => page.textContent("#deck-says");

// The frame of the n-th replay of the slide that is shown, at an event.
export async function replayAt(page, event, n = 0) {
  const figure = page.locator("section.present figure.replay").nth(n);

  await figure.and(page.locator(`.running[data-now="${event}"]`)).waitFor();
  const frame = await (await figure.locator("iframe").elementHandle())
    .contentFrame();

  await frame.waitForSelector(`html[data-event="${event}"]`);
  return frame;
}

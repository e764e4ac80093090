// The deck that was built, in a browser: opened from a folder with a blank in
// its name, without a network, as from a stick.
import assert from "node:assert/strict";
import {copyFileSync, mkdirSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {newPage} from "./support.mjs";

export const built = process.env.FB_SLIDES;

assert.ok(built, "FB_SLIDES names the folder with deck.html");

const stick = mkdtempSync(join(tmpdir(), "fishbowl deck-"));
process.on("exit", () => rmSync(stick, {recursive: true, force: true}));

export function onStick(name) { // only that file is there
  const folder = join(stick, `my ${name}`);

  mkdirSync(folder, {recursive: true});
  copyFileSync(join(built, name), join(folder, name));
  return pathToFileURL(join(folder, name)).href;
}

export async function openDeck({address = "", ...options} = {}) {
  const page = await newPage(options);

  await page.goto(onStick("deck.html") + address);
  await page.waitForFunction(() => window.Reveal?.isReady());
  return page;
}

export const slidesOf = (page) => page.evaluate(() =>
  Reveal.getHorizontalSlides().map((slide) => ({
    id: slide.id, title: slide.querySelector("h1, h2")?.textContent.trim(),
    minutes: slide.dataset.minutes,
    fragments: new Set([...slide.querySelectorAll(".fragment")]
      .map((f) => f.dataset.fragmentIndex)).size,
  })));

// Shows a slide, with so many of its fragments, and waits until it stands.
export async function show(page, number, fragments = 0) {
  await page.evaluate(([h, f]) => Reveal.slide(h, 0, f),
                      [number, fragments - 1]);
  await page.waitForFunction(([h]) => Reveal.getIndices().h === h, [number]);
  await page.evaluate(() => new Promise((stands) => {
    requestAnimationFrame(() => requestAnimationFrame(stands));
  }));
}

// The replays of the slide that is shown: {demo, event, frame}, each at the
// event at which it has to open.
export async function replaysOf(page) {
  const found = [];

  for (const figure of await page.$$("section.present figure.replay")) {
    const [demo, event] = await figure.evaluate(
      (f) => [f.dataset.demo, f.dataset.event]);
    const frame = await (await figure.waitForSelector("iframe", {state: "attached"}))
      .contentFrame();

    await frame.waitForSelector("html[data-ready][data-event]",
                                {state: "attached"});
    found.push({demo, event, frame});
  }
  return found;
}

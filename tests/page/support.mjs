// Real runs, the pages that are exported from them, and a browser that notes
// whatever a page must not do: errors, words on the console, requests.
import assert from "node:assert/strict";
import {execFileSync, spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {openBrowser} from "./browser.mjs";

const bin = process.env.FB_BIN;
const source = process.env.FB_SOURCE;

assert.ok(bin && source, "FB_BIN and FB_SOURCE name the programs and the tree");

export const dir = mkdtempSync(join(tmpdir(), "fishbowl-page-"));
process.on("exit", () => rmSync(dir, {recursive: true, force: true}));

function program(name, args) {
  return execFileSync(join(bin, name), args, {
    encoding: "utf8", cwd: source, maxBuffer: 1 << 28,
    env: {...process.env, FISHBOWL_SOURCE: source},
  });
}

// ---- runs ----

export function play(name) { // a play that comes with fishbowl, or a script
  const trace = join(dir, `${name.replaceAll(/[^a-z]/g, "")}.ring`);

  program("fishbowl", ["demo", name, "--plain", "--port=0",
                       `--ring=${trace}`]);
  return trace;
}

export function script(text) {
  const file = join(dir, "script.demo");

  writeFileSync(file, text);
  return play(file);
}

// Virtual time: the same events each time.
export function scene(name) {
  const trace = join(dir, `${name}.ring`);

  // A scene may end badly on purpose: its trace is what counts.
  spawnSync(join(bin, "fishbowl-scene"),
            [name, "--virtual", `--ring=${trace}`], {cwd: source});
  return trace;
}

export function recordedScene(name) {
  const recording = join(dir, `${name}.fish`);

  program("fishbowl", ["record", "--force", "-o", recording, "--",
                       join(bin, "fishbowl-scene"), name, "--virtual"]);
  return recording;
}

export function mistake() {
  const trace = join(dir, "mistake.ring");

  execFileSync(join(process.env.FB_TESTS, "page_mistake"), [trace]);
  return trace;
}

// ---- what `print` says of a run ----

export const print = (trace, ...args) =>
  program("fishbowl", ["print", ...args, trace]);

export const worldAt = (trace, event) =>
  JSON.parse(print(trace, "--json", "--at", String(event)));

// [{event, text}] of the whole run.
export function storyOf(trace) {
  return print(trace, "--story").split("\n")
    .map((line) => line.match(/^\s*(\d+)[ !]\s*[\d.]+\s+(.*)$/))
    .filter((m) => m !== null)
    .map(([, event, text]) => ({event: Number(event), text}));
}

// [{event, kind, line}] of the whole run.
export function eventsOf(trace) {
  return print(trace, "--events").split("\n")
    .map((line) => line.match(/^\s*(\d+)\s+[\d.]+\s+([A-Z_]+)(.*)$/))
    .filter((m) => m !== null)
    .map(([, event, kind, line]) => ({event: Number(event), kind, line}));
}

// ---- pages ----

let pages = 0;

export function exportPage(trace, ...options) {
  const file = join(dir, `page${++pages}.html`);

  program("fishbowl", ["export", "--to", "html", "-o", file, ...options,
                       trace]);
  return file;
}

export const read = (file) => readFileSync(file, "utf8");

export function write(name, text) {
  const file = join(dir, name);

  writeFileSync(file, text);
  return file;
}

// ---- the browser ----

let browser = null;

export async function close() {
  await browser?.close();
  browser = null;
}

// A page of its own context. `page.problems` collects what must not be.
export async function newPage(options = {}) {
  browser ??= await openBrowser();
  const context = await browser.newContext({
    viewport: {width: 1280, height: 800}, reducedMotion: "reduce", ...options});
  const page = await context.newPage();

  page.setDefaultTimeout(15000);
  page.problems = [];
  page.on("console", (m) => page.problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => page.problems.push(`error: ${e.message}`));
  page.on("dialog", (d) => {
    page.problems.push(`dialog: ${d.message()}`);
    d.dismiss();
  });
  page.on("request", (r) => {
    if (!r.isNavigationRequest() || !r.url().startsWith("file:")) {
      page.problems.push(`request: ${r.url().slice(0, 100)}`);
    }
  });
  return page;
}

export async function openPage(file, hash = "", options = {}) {
  const page = await newPage(options);

  await page.goto(pathToFileURL(file).href + hash);
  await page.waitForSelector("html[data-ready]");
  await drawn(page);
  return page;
}

// Until all that is seen is of one event: this one, if it is given.
export async function drawn(page, event) {
  await page.waitForSelector(event === undefined
    ? "html[data-event]" : `html[data-event="${event}"]`);
  return Number(await page.getAttribute("html", "data-event"));
}

// As the page around an iframe would ask for it.
export async function seek(page, event) {
  await page.evaluate((n) => postMessage({fishbowl: "seek", event: n}, "*"),
                      event);
  return drawn(page, event);
}

export async function press(page, key) {
  await page.keyboard.press(key);
  return drawn(page);
}

// Nothing went wrong, and the page goes away.
export async function done(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

export const text = async (page, selector) =>
  (await page.textContent(selector)).trim();

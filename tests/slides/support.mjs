// One browser for a file of tests, without a network, which notes whatever a
// page must not do: errors, words on the console, requests.
import assert from "node:assert/strict";
import {openBrowser} from "../page/browser.mjs";

let browser = null;

export async function close() {
  await browser?.close();
  browser = null;
}

// A page of its own context. `page.problems` collects what must not be.
export async function newPage(options = {}) {
  browser ??= await openBrowser();
  const context = await browser.newContext({
    viewport: {width: 1280, height: 720}, reducedMotion: "reduce",
    offline: true, ...options});
  const page = await context.newPage();

  page.setDefaultTimeout(60000); // it hangs; a busy machine is only slow
  watch(page);
  context.on("page", watch); // a window that it opens
  return page;
}

function watch(page) {
  page.problems ??= [];
  page.on("console", (m) => page.problems.push(
    `console: ${m.text()} (${m.location().url.slice(-60)})`));
  page.on("pageerror", (e) => page.problems.push(`error: ${e.message}`));
  page.on("dialog", (d) => {
    page.problems.push(`dialog: ${d.message()}`);
    d.dismiss();
  });
  page.on("request", (r) => {
    if (!/^(file|blob|data|about):/.test(r.url())) {
      page.problems.push(`request: ${r.url().slice(0, 100)}`);
    }
  });
}

// Nothing went wrong, and the page goes away.
export async function done(page) {
  const {problems} = page;

  await page.context().close();
  assert.deepEqual(problems, []);
}

// All that eyes and screen readers get.
export async function perceived(page) {
  const session = await page.context().newCDPSession(page);
  const {nodes} = await session.send("Accessibility.getFullAXTree");
  const heard = nodes.filter((n) => !n.ignored).map((n) => n.name?.value ?? "");

  await session.detach();
  return [await page.evaluate(() => document.body.innerText), ...heard]
    .join(" ").replaceAll(/\s+/g, " ");
}

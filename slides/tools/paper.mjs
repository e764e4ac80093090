// The PDFs, by Chromium: what is on the screen is what is on the paper.
import {createRequire} from "node:module";
import {existsSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {Trouble} from "./run.mjs";
import {putFile} from "./files.mjs";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const READY_MS = 60_000;

export function browserPath() {
  return process.env.FB_CHROMIUM ?? chromium.find(existsSync);
}

export async function openBrowser(out) {
  const require = createRequire(join(out, "package.json"));
  const {chromium: driver} = require("playwright-core");

  return driver.launch({
    executablePath: browserPath(),
    // The sandbox refuses to work for root, as in a container.
    chromiumSandbox: process.getuid() !== 0,
  });
}

// A page each slide: reveal.js lays them out when asked to in the address.
async function printDeck(browser, out) {
  const page = await browser.newPage();

  page.setDefaultTimeout(READY_MS);
  await page.goto(`${pathToFileURL(join(out, "deck.html"))}?print-pdf`);
  await page.waitForFunction(() =>
    document.querySelector(".reveal .pdf-page, .reveal .slides > .pdf-page"));
  await page.evaluate(() => document.fonts.ready);
  await putFile(join(out, "slides.pdf"), await page.pdf({
    preferCSSPageSize: true, printBackground: true,
  }));
  await page.close();
}

async function printHandout(browser, out) {
  const page = await browser.newPage();

  await page.goto(`${pathToFileURL(join(out, "handout.html"))}`);
  await putFile(join(out, "handout.pdf"), await page.pdf({
    format: "A4", preferCSSPageSize: true, printBackground: true,
    tagged: true, outline: true,
  }));
  await page.close();
}

export async function printAll(out) {
  let browser;

  try {
    browser = await openBrowser(out);
    await Promise.all([printDeck(browser, out), printHandout(browser, out)]);
  } catch (error) {
    // what a browser says goes on for long
    throw error.syscall !== undefined ? error
      : new Trouble(`no PDFs: ${browserPath()}: ${error.message.split("\n")[0]}` +
        " (what is HTML is made; --html leaves the PDFs out)");
  } finally {
    await browser?.close();
  }
}

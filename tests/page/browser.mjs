// Debian's Chromium, driven by playwright-core, which the tests' setup has
// installed into the build folder (FB_PAGE_MODULES).
import {createRequire} from "node:module";
import {resolve} from "node:path";
import {existsSync} from "node:fs";

const modules = process.env.FB_PAGE_MODULES ?? "";
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

export async function openBrowser(options = {}) {
  const executablePath = process.env.FB_CHROMIUM ?? chromium.find(existsSync);

  if (!executablePath) {
    throw new Error("no chromium here (./fishbowl install test)");
  }
  const require = createRequire(resolve(modules, "package.json"));
  const playwright = require("playwright-core");

  return playwright.chromium.launch({
    executablePath,
    // The sandbox refuses to work for root, as in a container.
    chromiumSandbox: process.getuid() !== 0,
    ...options,
  });
}

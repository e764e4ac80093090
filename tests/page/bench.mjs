// How fast a page replays and seeks, in headless Chromium.
// usage: node bench.mjs PAGE.html [SEEKS]
//
// Replays the whole run at the highest speed and counts frames; then goes to
// random events and takes the time until the picture stands (the frame after
// the move is drawn). The numbers are the browser's own clock.
import {openBrowser} from "./browser.mjs";
import {pathToFileURL} from "node:url";

const [file, seeks = "200"] = process.argv.slice(2);
const browser = await openBrowser();
const page = await browser.newPage({viewport: {width: 1280, height: 800}});

await page.goto(pathToFileURL(file).href);
await page.waitForSelector("html[data-ready]");
const loaded = await page.evaluate(() => performance.now());

// What the page's thread itself takes: CPU time, whatever else the machine does.
const session = await page.context().newCDPSession(page);

await session.send("Performance.setTimeDomain", {timeDomain: "threadTicks"});
await session.send("Performance.enable");

async function cpu() {
  const {metrics} = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((m) => m.name === name).value * 1000;

  return {all: of("TaskDuration"), script: of("ScriptDuration"),
          layout: of("LayoutDuration"), style: of("RecalcStyleDuration")};
}

const before = await cpu();
const replay = await page.evaluate(() => new Promise((done) => {
  const text = (id) => document.getElementById(id).textContent;
  const speed = document.getElementById("speed");
  const times = [];
  let last = 0, began = 0;

  speed.value = speed.lastElementChild.value;
  speed.dispatchEvent(new Event("change"));
  document.getElementById("play").click();
  const frame = (now) => {
    if (last > 0) {
      times.push(now - last);
    }
    began ||= now;
    last = now;
    if (text("mode") === "PLAYING" || times.length < 3) {
      requestAnimationFrame(frame);
    } else {
      done({times, ms: now - began, event: text("event"), of: text("last")});
    }
  };
  requestAnimationFrame(frame);
}));
const after = await cpu();
const sorted = [...replay.times].sort((a, b) => a - b);
const late = replay.times.filter((t) => t > 17.7).length;
const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];

console.log(`opened in ${loaded.toFixed(0)} ms`);
console.log(`replay of ${replay.of} events: ${replay.times.length} frames in ` +
  `${(replay.ms / 1000).toFixed(2)} s, ` +
  `${(replay.times.length * 1000 / replay.ms).toFixed(1)} frames/s; ` +
  `median ${at(0.5).toFixed(1)} ms, 99 % ${at(0.99).toFixed(1)} ms, ` +
  `slowest ${at(1).toFixed(1)} ms, ${late} late`);

const frames = replay.times.length;
const each = (name) => ((after[name] - before[name]) / frames).toFixed(1);

console.log(`CPU time a frame: ${each("all")} ms of 16.7 (script ` +
  `${each("script")}, layout ${each("layout")}, style ${each("style")})`);

const taken = await page.evaluate(async (n) => {
  const last = Number(document.getElementById("last").textContent
    .replaceAll(",", ""));
  const frame = () => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done)); // after what it drew
  });
  const times = [];
  let seed = 12345;

  for (let i = 0; i < n; i++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const event = 1 + Math.floor(seed / 2147483648 * last);
    await frame();
    const began = performance.now();

    postMessage({fishbowl: "seek", event}, "*");
    while (document.getElementById("event").textContent.replaceAll(",", "") !==
           String(event)) {
      await frame();
    }
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}, Number(seeks));

console.log(`${taken.length} random seeks with their pictures: median ` +
  `${taken[taken.length >> 1].toFixed(1)} ms, slowest ` +
  `${taken[taken.length - 1].toFixed(1)} ms`);
await browser.close();

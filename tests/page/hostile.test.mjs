// Names that want to run in the page, traces that are damaged, browsers that
// lack what it needs, pages that it is put into.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {readFileSync, writeFileSync} from "node:fs";
import {basename} from "node:path";
import {pathToFileURL} from "node:url";
import {close, done, drawn, exportPage, newPage, openPage, play, press, read,
        recordedScene, scene, script, seek, storyOf, text, write} from "./support.mjs";

after(close);

const EVIL = [
  "<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>",
  "<!--<script>", "&lt;b&gt; \\\" ' `${alert(3)}`",
];

test("a_name_is_text_whatever_it_says", async () => {
  const plot = EVIL.map((name, i) => `client C${i}\nsend C${i} ` +
    `"${name.replaceAll("\\", "").replaceAll('"', "'")}\\n"\nwait C${i} reply\n`);
  const trace = script(`${plot.join("")}client Dark
send Dark "\\e[2J\\u202eevil\\n"
wait Dark reply
end
`);
  const title = "</title><script>alert(4)</script> @TRACE@ @ENGINE@";
  const page = await openPage(exportPage(trace, "--title", title));
  const story = storyOf(trace);

  assert.equal(await page.title(), title);
  assert.equal(await text(page, "h1"), title);
  for (const name of ["<img src=x onerror=alert(1)>", "<!--<script>"]) {
    const {event} = story.find((l) => l.text.includes(`called "${name}`));

    await seek(page, event);
    assert.ok((await text(page, "#sentence")).includes(name));
    assert.ok((await text(page, "#tasks")).includes(name));
    assert.ok((await text(page, "#lanes")).includes(name));
  }
  await press(page, "End");
  assert.equal(await page.locator("img, main script").count(), 0);
  const all = await page.evaluate(() => document.body.innerText);

  assert.doesNotMatch(all, /[\u202a-\u202e\u2066-\u2069\u200b\u001b]/);
  await done(page);
});

test("the_page_may_load_nothing", async () => {
  const page = await openPage(exportPage(scene("join")));
  const refused = await page.evaluate(async () => {
    const answers = [];

    addEventListener("securitypolicyviolation",
                     (e) => answers.push(e.effectiveDirective));
    await fetch("https://example.invalid/").catch(() => {});
    const image = new Image();

    await new Promise((ended) => {
      image.onerror = ended;
      image.src = "https://example.invalid/x.png";
    });
    return answers;
  });

  assert.deepEqual(refused, ["connect-src", "img-src"]);
  await page.context().close(); // it has complained, as it should
});

test("a_damaged_trace_is_refused_in_words", async () => {
  const good = read(exportPage(scene("join")));
  const trace = /(<script[^>]*id="trace">\s*)([A-Za-z0-9+\/=\s]+)/;
  const packed = good.match(trace)[2];
  const damages = {
    cut: packed.slice(0, Math.floor(packed.length / 2 / 4) * 4),
    empty: "",
    noise: packed.slice(0, 400) + "AAAA".repeat(50) + packed.slice(600),
    words: "this is not base64!",
  };

  for (const [name, bytes] of Object.entries(damages)) {
    const page = await newPage();

    await page.goto(pathToFileURL(write(`${name}.html`,
      good.replace(trace, (all, before) => before + bytes))).href);
    const said = await page.waitForFunction(() => {
      const trouble = document.getElementById("trouble");
      const missing = document.getElementById("missing");

      return !trouble.hidden ? trouble.textContent
        : "ready" in document.documentElement.dataset && !missing.hidden
          ? missing.textContent : "";
    });

    assert.match(await said.jsonValue(), /\w+ \w+ \w+/, name);
    await done(page);
  }
});

test("an_altered_recording_is_called_that_and_a_cut_one_cut", async () => {
  const recording = recordedScene("join");
  const bytes = readFileSync(recording);

  bytes[bytes.length - 1] ^= 1; // of its checksum
  writeFileSync(`${recording}.altered`, bytes);
  writeFileSync(`${recording}.cut`, bytes.subarray(0, bytes.length - 8));
  for (const [name, words] of [["altered", /is not what was written/],
                               ["cut", /cut off after event \d+/]]) {
    const page = await openPage(exportPage(`${recording}.${name}`));
    const said = await text(page, "#missing");

    assert.match(said, words);
    assert.equal(/cut off/.test(said), name === "cut");
    await done(page);
  }
});

test("a_browser_that_lacks_something_says_what", async () => {
  const file = exportPage(scene("join"));

  for (const name of ["WebAssembly", "DecompressionStream"]) {
    const page = await newPage();

    await page.addInitScript((gone) => { delete globalThis[gone]; }, name);
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector("#trouble:not([hidden])");
    assert.ok((await text(page, "#trouble")).includes(name));
    await done(page);
  }
  const page = await newPage({javaScriptEnabled: false});

  await page.goto(pathToFileURL(file).href);
  assert.match(await text(page, "noscript"), /needs JavaScript/);
  assert.ok(await page.locator("noscript p").isVisible());
  await done(page);
});

test("it_stands_in_a_frame_at_its_event", async () => {
  const file = exportPage(play("default"), "--title", "In a frame");
  const slide = write("slide.html", `<!doctype html><title>A slide</title>
    <iframe src="${basename(file)}#e=100&embed&show=lanes,story" title="A run"
            width="640" height="420"></iframe>`);
  const page = await newPage();

  await page.goto(pathToFileURL(slide).href);
  const frame = page.frames()[1];

  await frame.waitForSelector('html[data-event="100"]');
  assert.ok(!await frame.locator("header.top").isVisible());
  assert.ok(!await frame.locator("#tasks").isVisible());
  assert.ok(await frame.locator("#lanes").isVisible());
  assert.ok(await frame.locator("#sentence").isVisible());
  const whole = frame.getByRole("link", {name: "Open the whole page"});

  assert.match(await whole.getAttribute("href"), /#e=100$/);
  assert.equal(await whole.getAttribute("target"), "_blank");
  await page.evaluate(() =>
    frames[0].postMessage({fishbowl: "seek", event: 120}, "*"));
  await frame.waitForSelector('html[data-event="120"]');
  for (const nonsense of [null, "seek", {fishbowl: "seek"}, {event: 3},
                          {fishbowl: "seek", event: "<b>"},
                          {fishbowl: "seek", event: -1}]) {
    await page.evaluate((m) => frames[0].postMessage(m, "*"), nonsense);
  }
  await frame.click("#steps button >> nth=1");
  await frame.waitForSelector('html[data-event="121"]');
  page.problems = page.problems.filter((p) => !p.includes(basename(file)));
  await done(page);
});

test("many_tasks_and_events_are_few_elements", async () => {
  const clients = Array.from({length: 60}, (_, i) => `client C${i}\n`);
  const trace = script(`${clients.join("")}wait tasks 61\nend\n`);
  const page = await openPage(exportPage(trace), "", {
    viewport: {width: 1280, height: 700}});
  const story = storyOf(trace);
  const {event} = story.find((l) => /spawns task 61 /.test(l.text));

  assert.ok(story.length > 2000);
  await seek(page, event);
  assert.equal(await page.getAttribute("#tasks table", "aria-rowcount"), "62");
  const rows = await page.locator("#tasks tr[data-task]").count();

  assert.ok(rows > 5 && rows < 30, `${rows}`);
  assert.ok(await page.locator("#story li").count() < 100);
  await page.evaluate(() => {
    document.getElementById("tasks-body").scrollTop = 1e9;
  });
  await page.waitForSelector('#tasks tr[data-task="61"]');
  assert.ok(await page.locator("#tasks tr[data-task]").count() < 30);
  for (let i = 0; i < 20; i++) { // reading back, far from the event
    await page.evaluate(() => {
      document.getElementById("story-body").scrollTop = 0;
    });
    await page.evaluate(() => new Promise((drawn) => {
      requestAnimationFrame(() => requestAnimationFrame(drawn));
    }));
  }
  assert.ok(await page.evaluate(() => Number(
    document.querySelector("#story li").dataset.event)) < event - 200);
  assert.ok(await page.locator("#story li").count() <= 240);
  await done(page);
});

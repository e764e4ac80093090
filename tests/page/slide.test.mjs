// The page in a slide: a deck's keys reach the deck, it learns where the replay
// stands, and may ask for an event, a theme and letters for a hall.
import assert from "node:assert/strict";
import {basename} from "node:path";
import {after, before, test} from "node:test";
import {pathToFileURL} from "node:url";
import {close, done, exportPage, newPage, play, write} from "./support.mjs";

let file;

before(() => { file = exportPage(play("default"), "--title", "In a slide"); });
after(close);

// A deck of one slide, which writes down what the frame says.
async function openDeck(hash) {
  const deck = write("deck.html", `<!doctype html><title>A deck</title>
    <script>
      const heard = [];
      addEventListener("message", (e) => heard.push(e.data));
    </script>
    <iframe src="${basename(file)}${hash}" title="A run" sandbox="allow-scripts"
            width="900" height="420"></iframe>`);
  const page = await newPage();

  await page.goto(pathToFileURL(deck).href);
  const frame = page.frames()[1];

  await frame.waitForSelector("html[data-event]");
  return {page, frame};
}

async function end(page) { // the frame itself is a request
  page.problems = page.problems.filter((p) => !p.includes(basename(file)));
  await done(page);
}

const keysOf = (page) => page.evaluate(() =>
  heard.filter((m) => m.fishbowl === "key").map((m) => m.key));

const eventOf = async (frame) =>
  Number(await frame.getAttribute("html", "data-event"));

test("keys_that_move_slides_go_to_the_deck", async () => {
  const {page, frame} = await openDeck("#e=100&embed&keys&show=lanes");
  const keys = ["ArrowRight", "ArrowLeft", "PageDown", "PageUp", "Escape", "s",
                "F2"];

  await frame.locator("#sentence").click();
  for (const key of keys) {
    await page.keyboard.press(key);
  }
  await page.keyboard.press("c"); // a link: there is none
  await frame.waitForFunction(() => /no link/.test(
    document.getElementById("said").textContent));
  await page.keyboard.press("n"); // a key of its own: an event further
  await frame.waitForSelector('html[data-event="101"]');
  assert.deepEqual(await keysOf(page), keys);
  await end(page);
});

test("a_link_may_ask_for_a_timeline_of_time", async () => {
  for (const [by, said] of [["&by=time", "by time"], ["", "by events"],
                            ["&by=luck", "by events"]]) {
    const {page, frame} = await openDeck(`#e=100&embed&keys&show=timeline${by}`);

    assert.equal(await frame.locator("#timeline-tools button").first()
      .textContent(), said);
    await end(page);
  }
});

test("the_scrubber_and_a_select_keep_their_arrows", async () => {
  const {page, frame} = await openDeck("#e=100&embed&keys");

  await frame.locator("#scrubber").focus();
  await page.keyboard.press("ArrowRight");
  await frame.waitForSelector('html[data-event="101"]');
  await page.keyboard.press("PageDown"); // of a teacher's remote control
  assert.deepEqual(await keysOf(page), ["PageDown"]);
  assert.equal(await eventOf(frame), 101);
  await end(page);
});

test("escape_leaves_a_zoomed_pane_first", async () => {
  const {page, frame} = await openDeck("#e=100&embed&keys&show=lanes,story");

  await frame.locator("#sentence").click();
  await page.keyboard.press("z");
  assert.equal(await frame.locator(".pane.big").count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await frame.locator(".pane.big").count(), 0);
  assert.deepEqual(await keysOf(page), []);
  await page.keyboard.press("Escape");
  assert.deepEqual(await keysOf(page), ["Escape"]);
  await end(page);
});

test("without_keys_arrows_are_the_pages_own", async () => {
  const {page, frame} = await openDeck("#e=100&embed");

  await frame.locator("#sentence").click();
  await page.keyboard.press("ArrowRight");
  await frame.waitForSelector('html[data-event="101"]');
  assert.deepEqual(await keysOf(page), []);
  await end(page);
});

test("the_deck_learns_where_it_stands_and_nothing_of_the_trace", async () => {
  const {page, frame} = await openDeck("#e=100&embed&keys");

  await page.evaluate(() =>
    frames[0].postMessage({fishbowl: "seek", event: 120}, "*"));
  await page.waitForFunction(() =>
    heard.at(-1).fishbowl === "at" && heard.at(-1).event === 120);
  const heard = await page.evaluate(() => window.eval("heard"));

  assert.deepEqual(heard.find((m) => m.fishbowl === "ready"),
                   {fishbowl: "ready", event: 100});
  for (const m of heard) {
    assert.deepEqual(Object.keys(m), ["fishbowl", "event"]);
    assert.equal(typeof m.event, "number");
  }
  assert.equal(await eventOf(frame), 120);
  await end(page);
});

test("the_deck_asks_for_a_theme_and_for_big_letters", async () => {
  const {page, frame} = await openDeck("#e=100&embed&keys&text=24&theme=light");
  const theme = () => frame.getAttribute("html", "data-theme");
  const letters = await frame.evaluate(() =>
    getComputedStyle(document.documentElement).fontSize);

  assert.equal(letters, "24px");
  assert.equal(await theme(), "light");
  for (const m of [{fishbowl: "theme", theme: "<b>"}, {fishbowl: "theme"},
                   {fishbowl: "theme", theme: "dark"}]) {
    await page.evaluate((said) => frames[0].postMessage(said, "*"), m);
  }
  await frame.waitForSelector('html[data-theme="dark"]');
  assert.ok(!await frame.locator("#whole").isVisible());
  await end(page);
});

test("in_a_slide_no_letter_is_smaller_than_those_that_the_deck_asked_for", async () => {
  const {page, frame} = await openDeck(
    "#e=167&embed&keys&text=19&show=tasks,tree,source,lanes,timeline,story,findings");
  const smaller = (px) => frame.evaluate((least) => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];

    while (walk.nextNode()) {
      const node = walk.currentNode.parentElement;

      if (walk.currentNode.data.trim() !== "" && node.checkVisibility() &&
          !node.closest("script, style, .unseen") &&
          parseFloat(getComputedStyle(node).fontSize) < least - 0.1) {
        found.push(`${node.tagName}.${node.className}: ${node.textContent}`);
      }
    }
    return found;
  }, px);

  assert.deepEqual(await smaller(19), []);
  await page.evaluate(() => { // each but the last is no number of pixels
    for (const px of ["<b>", -3, null, 30]) {
      frames[0].postMessage({fishbowl: "text", px}, "*");
    }
  });
  await frame.waitForFunction(() =>
    document.documentElement.style.fontSize === "30px");
  assert.deepEqual(await smaller(30), []);
  await end(page);
});

test("in_a_slide_the_port_tells_who_it_is", async () => {
  for (const [hash, shown] of [["&keys", /^:\d+$/], ["", /^127\.0\.0\.1:\d+$/]]) {
    const {page, frame} = await openDeck(`#e=167&embed${hash}&show=tasks,lanes,timeline`);

    for (const name of [".tasks tbody [data-task='2'] th button",
                        ".lanes li:has(b:text-is('2')) span"]) {
      assert.match(await frame.textContent(name), shown);
    }
    assert.match(await frame.getAttribute(".tasks [data-task='2'] th button",
                                          "title"), /^127\.0\.0\.1:\d+$/);
    await end(page);
  }
});

test("a_page_that_cannot_open_its_trace_says_so_to_the_deck", async () => {
  const page = await newPage();

  await page.addInitScript(() => {
    if (window !== top) {
      delete globalThis.WebAssembly;
    }
  });
  const deck = write("broken.html", `<!doctype html><title>A deck</title>
    <script>addEventListener("message", (e) => { window.said = e.data; });
    </script><iframe src="${basename(file)}#embed&keys" title="A run"></iframe>`);

  await page.goto(pathToFileURL(deck).href);
  await page.waitForFunction(() => window.said);
  assert.deepEqual(await page.evaluate(() => window.said),
                   {fishbowl: "trouble"});
  await end(page);
});

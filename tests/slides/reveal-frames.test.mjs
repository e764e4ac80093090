// What runs in frames: replays in their slides, the deck in the speaker view.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {openDeck, press, ready, replayAt, SECRETS,
        where} from "./revealdeck.mjs";
import {close, done} from "./support.mjs";

after(close);

// ---- replays ----

test("a_replay_opens_at_its_event_and_moves_by_its_own_buttons", async () => {
  const page = await openDeck("#/drawn");
  const frame = await replayAt(page, 167);

  assert.ok(await frame.locator("#tasks").isVisible());
  assert.ok(await frame.locator("#lanes").isVisible());
  assert.ok(!await frame.locator("#story").isVisible());
  await frame.getByRole("button", {name: "Forwards one event"}).click();
  await replayAt(page, 168);
  await done(page);
});

test("keys_of_the_presenter_move_the_deck_from_within_a_replay", async () => {
  const page = await openDeck("#/two");
  let frame = await replayAt(page, 60);

  for (const [key, there] of [["PageDown", "broken"], ["PageUp", "two"],
                              ["ArrowLeft", "drawn"]]) {
    await page.evaluate(() => Reveal.slide(3));
    frame = await replayAt(page, 60);
    await frame.locator("#sentence").click();
    await page.keyboard.press(key === "PageUp" ? "PageDown" : key);
    await page.waitForFunction((id) => Reveal.getCurrentSlide().id === id,
                               key === "PageUp" ? "broken" : there);
  }
  await page.evaluate(() => Reveal.slide(3));
  frame = await replayAt(page, 60);
  await frame.locator("#sentence").click();
  await press(page, "Escape");
  await page.waitForFunction(() => document.activeElement === document.body);
  page.problems = page.problems.filter((p) => !/cut|trace/.test(p));
  await done(page);
});

test("who_leaves_a_replay_by_its_keys_counts_votes_at_once", async () => {
  const page = await openDeck("?theme=light#/drawn");
  const frame = await replayAt(page, 167);

  await frame.locator("#sentence").click();
  await press(page, "F2"); // the deck's, so of both
  await page.waitForSelector('html[data-theme="dark"]');
  await frame.waitForSelector('html[data-theme="dark"]');
  await press(page, "PageUp");
  await page.waitForFunction(() => Reveal.getCurrentSlide().id === "vote");
  await press(page, "a", "1", "2");
  assert.equal(await page.textContent(".vote .number"), "12");
  await done(page);
});

test("a_fragment_moves_the_replay_to_its_mark_and_back", async () => {
  const page = await openDeck("#/drawn");

  await replayAt(page, 167);
  await press(page, "ArrowRight");
  await replayAt(page, 50);
  await press(page, "ArrowRight");
  await replayAt(page, 150);
  await press(page, "ArrowLeft");
  await replayAt(page, 50);
  await press(page, "ArrowLeft");
  await replayAt(page, 167);
  assert.equal(await where(page), "drawn");
  await done(page);
});

test("one_of_two_takes_the_whole_slide_then_the_other_then_none", async () => {
  const page = await openDeck("#/two");
  const grown = () => page.$$eval("section.present figure.replay", (all) =>
    all.map((f) => f.classList.contains("grown") &&
                   f.offsetWidth > 1200 && f.offsetHeight > 680));

  await replayAt(page, 60, 0);
  await replayAt(page, 120, 1);
  for (const expected of [[true, false], [false, true], [false, false]]) {
    await press(page, "z");
    assert.deepEqual(await grown(), expected);
  }
  await page.getByRole("button", {name: "Enlarge"}).nth(1).click();
  assert.deepEqual(await grown(), [false, true]);
  await page.evaluate(() => document.activeElement.blur());
  await press(page, "Escape");
  assert.deepEqual(await grown(), [false, false]);
  await done(page);
});

test("a_replay_on_the_whole_slide_has_larger_letters_until_its_slide_is_left", async () => {
  const page = await openDeck("#/drawn");
  const frame = await replayAt(page, 167);
  const letters = (px) => frame.waitForFunction((n) => n === parseFloat(
    getComputedStyle(document.querySelector("#tasks td")).fontSize), px);

  await letters(22);
  await press(page, "z");
  await letters(28);
  await press(page, "PageUp");
  assert.equal(await where(page), "vote");
  await page.evaluate(() => Reveal.slide(2));
  await letters(22);
  assert.equal(await page.locator(".grown").count(), 0);
  await page.getByRole("button", {name: "Enlarge"}).waitFor();
  await done(page);
});

test("few_replays_live_and_an_old_one_comes_back", async () => {
  const page = await openDeck("#/drawn");

  await replayAt(page, 167);
  await page.evaluate(() => Reveal.slide(3));
  await replayAt(page, 60, 0);
  await replayAt(page, 120, 1);
  await page.evaluate(() => Reveal.slide(4));
  await page.locator("section.present .word:not(:empty)").waitFor();
  assert.ok(await page.locator("iframe").count() <= 3);
  await page.evaluate(() => Reveal.slide(2));
  await replayAt(page, 150); // who comes back finds all fragments shown
  page.problems = page.problems.filter((p) => !/cut|trace/.test(p));
  await done(page);
});

test("a_replay_that_fails_leaves_its_picture_and_a_word", async () => {
  const page = await openDeck("#/broken");
  const word = page.locator("section.present .word:not(:empty)");

  await word.waitFor();
  assert.match(await word.textContent(), /does not run here.*its picture/);
  assert.ok(await page.locator("section.present .poster svg").isVisible());
  assert.equal(await page.locator("section.present iframe").count(), 0);
  await page.context().close();
});

test("without_scripts_all_slides_stand_there_with_their_pictures", async () => {
  const {problems, ...page} = await openWithoutScripts();

  assert.deepEqual(problems, []);
  assert.equal(page.slides, 5);
  assert.equal(page.pictures, 4);
  assert.ok(page.heard.every((text) => !SECRETS.includes(text)));
});

async function openWithoutScripts() {
  const scripted = await openDeck();
  const page = await scripted.context().browser().newPage(
    {javaScriptEnabled: false});

  await page.goto(scripted.url());
  const found = {
    problems: scripted.problems,
    slides: await visible(page.locator("section h2")),
    pictures: await visible(page.locator(".poster svg")),
    heard: await page.locator("section").allInnerTexts(),
  };

  await page.close();
  await done(scripted);
  return found;
}

const visible = async (found) =>
  (await Promise.all((await found.all()).map((one) => one.isVisible())))
    .filter((seen) => seen).length;

test("a_frame_is_a_stranger_to_the_deck", async () => {
  const page = await openDeck("#/drawn");
  const frame = await replayAt(page, 167);
  const sent = await frame.evaluate(() => {
    const words = [
      JSON.stringify({method: "slide", args: [0]}), // of reveal.js
      {fishbowl: "vote", name: "default/silent", act: "unlock"},
      {fishbowl: "votes", name: "default/silent", state: {shown: true}},
      {fishbowl: "hello"}, {fishbowl: "theme", theme: "dark"},
      {fishbowl: "at", event: "<b>"}, {fishbowl: "key", key: "PageDown"},
      {fishbowl: "key", key: "constructor"}, "{nonsense}", null,
    ];

    words.forEach((word) => parent.postMessage(word, "*"));
    let reads = "";

    try {
      reads = parent.document.title;
    } catch {
      reads = "nothing";
    }
    return reads;
  });

  assert.equal(sent, "nothing");
  await page.locator('figure[data-now="0"]').waitFor(); // "<b>" is no event
  await frame.evaluate(() => parent.postMessage({fishbowl: "at", event: 5}, "*"));
  await page.locator('figure[data-now="5"]').waitFor(); // all were heard
  assert.equal(await where(page), "drawn"); // the focus was not in the frame
  assert.equal(await page.getAttribute("html", "data-theme"), "light");
  await page.evaluate(() => Reveal.slide(1));
  assert.equal(await page.locator(".vote.shown").count(), 0);
  await done(page);
});

test("the_theme_of_the_deck_is_that_of_its_replays", async () => {
  const page = await openDeck("?theme=light#/drawn");
  const frame = await replayAt(page, 167);

  assert.equal(await frame.getAttribute("html", "data-theme"), "light");
  await press(page, "F2");
  await frame.waitForSelector('html[data-theme="dark"]');
  await done(page);
});

test("show_me_moves_the_replay_of_the_next_slide_to_the_last_proof", async () => {
  const page = await openDeck("#/vote");

  await press(page, "b", "r", "m");
  assert.equal(await where(page), "drawn");
  await replayAt(page, 38);
  await done(page);
});

// ---- the speaker view ----

// Asks now and then, not at each frame: a window behind another has none.
const until = (frame, holds, arg) =>
  frame.waitForFunction(holds, arg, {polling: 50});

// The window, its two frames, and the deck that it belongs to.
async function openSpeaker(hash, before = () => {}) {
  const page = await openDeck(hash);

  await before(page); // behind another window nothing is painted
  const [view] = await Promise.all([page.context().waitForEvent("page"),
                                    page.keyboard.press("s")]);

  view.on("pageerror", (e) => page.problems.push(`speaker: ${e.message}`));
  await view.locator("#upcoming-slide iframe").waitFor();
  await view.locator(".speaker-controls-notes:not(.hidden)").waitFor();
  const frames = await Promise.all(["current", "upcoming"].map(async (name) =>
    (await view.locator(`#${name}-slide iframe`).elementHandle())
      .contentFrame()));

  await Promise.all(frames.map(ready));
  return {page, view, frames};
}

const shows = (frame, id) => until(frame, (there) =>
  Reveal.getCurrentSlide().id === there, id);

test("the_speaker_view_of_a_file_has_notes_slides_and_pacing", async () => {
  const {page, view, frames: [current, upcoming]} = await openSpeaker("#/first");

  assert.match(await view.textContent(".speaker-controls-notes .value"),
               /Ask:\s*About first\?/);
  await shows(current, "first");
  await shows(upcoming, "vote");
  assert.match(await view.textContent(".pacing"), /^\s*00\s*:0[12]\s*:\d\d\s*$/);
  await press(page, "ArrowRight");
  await shows(current, "vote");
  await until(view, () => /About vote/.test(
    document.querySelector(".speaker-controls-notes .value").textContent));
  await until(view, () => // 2 and 4 minutes
    /:0[56]/.test(document.querySelector(".pacing .minutes-value").textContent));
  await done(page);
});

test("votes_counted_in_the_speaker_view_are_those_of_the_deck", async () => {
  const {page, view, frames: [current]} = await openSpeaker("#/vote");
  const numbers = (frame) => frame.evaluate(() =>
    [...document.querySelectorAll(".vote .row:first-child .number")]
      .map((n) => n.textContent).join());
  const both = async (expected) => {
    for (const frame of [page, current]) {
      await until(frame, (text) =>
        [...document.querySelectorAll(".vote .row:first-child .number")]
          .map((n) => n.textContent).join() === text, expected);
    }
  };

  await press(view, "a", "4", "b", "b", "Shift+B", "c");
  await both("4,1,1");
  await current.click('.vote [data-letter="b"] .choice');
  await both("4,2,1");
  await press(page, "c");
  await both("4,2,2");
  assert.equal(await numbers(page), "4,2,2");
  await press(view, "r");
  await current.locator(".vote.shown").waitFor();
  assert.equal(await page.locator(".vote.shown").count(), 1);
  await done(page);
});

test("a_reloaded_file_still_counts_for_the_speaker", async () => {
  const {page, view, frames: [current]} = await openSpeaker("#/vote");

  await press(view, "a");
  await page.reload();
  await ready(page);
  await until(page, () => document.querySelector(
    ".vote .number").textContent === "1");
  await press(view, "a", "a");
  await until(page, () => document.querySelector(
    ".vote .number").textContent === "3");
  await until(current, () => document.querySelector(
    ".vote .number").textContent === "3");
  await done(page);
});

test("no_replay_runs_in_the_speaker_view", async () => {
  const {page, frames} = await openSpeaker("#/drawn", (deck) =>
    replayAt(deck, 167));

  await shows(frames[0], "drawn");
  for (const frame of frames) {
    assert.equal(await frame.locator("iframe").count(), 0);
  }
  assert.ok(await frames[0].locator("section.present .poster svg").isVisible());
  await done(page);
});

// Votes, paper and themes of the deck: what is locked stays locked, what was
// counted is kept, each slide has its page.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {openDeck, press, ready, said, SECRETS, where} from "./revealdeck.mjs";
import {close, done, perceived} from "./support.mjs";

after(close);

// The numbers beside the choices, a list for each round that is seen.
const counts = (page) => page.evaluate(() => [0, 1].map((round) =>
  [...document.querySelectorAll(".vote .bars")]
    .map((bars) => bars.children[round])
    .filter((row) => row.checkVisibility())
    .map((row) => row.querySelector(".number").textContent)));

const secretsOf = async (page) => {
  const all = await perceived(page);

  return SECRETS.filter((secret) => all.includes(secret));
};

test("an_answer_is_nowhere_until_it_is_revealed", async () => {
  const page = await openDeck("#/vote");

  assert.deepEqual(await secretsOf(page), []);
  await press(page, "Enter"); // nobody has voted
  assert.deepEqual(await secretsOf(page), []);
  assert.match(await page.textContent(".vote .status"), /Count votes first/);
  await press(page, "b", "r");
  assert.deepEqual(await secretsOf(page), SECRETS);
  assert.match(await page.textContent(".vote li.right .letter"), /^✓ b$/);
  assert.equal(await page.locator(".vote li.wrong").count(), 2);
  assert.match(await page.textContent(".vote .status"),
               /^b is right\. First vote: 1 of 1 right\.$/);
  await done(page);
});

test("going_on_stays_once_says_how_to_unlock_and_never_reveals", async () => {
  for (const key of ["ArrowRight", "PageDown", " "]) {
    const page = await openDeck("#/vote");

    await press(page, key);
    assert.equal(await where(page), "vote", key);
    assert.match(await said(page), /R reveals.*U at once/);
    assert.ok(await page.evaluate(() => // the buttons it is about are seen
      document.getElementById("deck-says").getBoundingClientRect().bottom <
      document.querySelector(".vote .tools").getBoundingClientRect().top));
    assert.deepEqual(await secretsOf(page), [], key);
    await press(page, key);
    assert.equal(await where(page), "drawn", key);
    assert.equal(await said(page), "", "it is not about that slide");
    await press(page, "ArrowLeft");
    assert.deepEqual(await secretsOf(page), [], key);
    await done(page);
  }
});

test("a_revealed_vote_is_no_longer_in_the_way", async () => {
  const page = await openDeck("#/vote");

  await press(page, "u");
  assert.deepEqual(await secretsOf(page), SECRETS);
  await press(page, "ArrowRight");
  assert.equal(await where(page), "drawn");
  await done(page);
});

test("hands_are_counted_by_letters_numbers_and_clicks", async () => {
  const page = await openDeck("#/vote");

  await press(page, "a", "a", "a", "Shift+A", "b", "1", "2", "c");
  assert.deepEqual(await counts(page), [["2", "12", "1"], []]);
  await page.click('.vote [data-letter="c"] .choice');
  await page.click('.vote [data-letter="c"] .choice', {modifiers: ["Shift"]});
  await page.click('.vote [data-letter="a"] .less');
  assert.deepEqual(await counts(page), [["1", "12", "1"], []]);
  await press(page, "Shift+C", "Shift+C"); // never less than none
  assert.deepEqual(await counts(page), [["1", "12", "0"], []]);
  assert.match(await page.textContent(".vote .status"), /First vote: 13 votes/);
  await done(page);
});

test("two_rounds_stand_beside_each_other_and_outlive_a_reload", async () => {
  const page = await openDeck("#/vote");

  await press(page, "a", "7", "b", "2", "t", "a", "b", "8");
  const both = [["7", "2", ""], ["1", "8", "0"]];

  both[0][2] = ""; // nobody, and no longer asked
  assert.deepEqual(await counts(page), both);
  const width = (round) => page.evaluate((n) => Math.round(document
    .querySelectorAll('[data-letter="b"] .bar')[n].offsetWidth), round);

  assert.equal(await width(0) * 4, await width(1)); // 2 beside 8
  await page.reload();
  await ready(page);
  assert.deepEqual(await counts(page), both);
  await press(page, "Enter");
  await page.reload();
  await ready(page);
  assert.deepEqual(await secretsOf(page), SECRETS);
  assert.match(await page.textContent(".vote .status"),
               /First vote: 2 of 9 right; after talking: 8 of 9 right/);
  await done(page);
});

test("what_a_browser_kept_may_be_anything", async () => {
  const page = await openDeck("#/vote");

  for (const kept of ['{"default/silent":{"counts":[["<b>",1e99,-4],7],"round":9}}',
                      "[]", "nonsense", '"text"', "5", "null",
                      '{"default/silent":null}']) {
    await page.evaluate((text) =>
      sessionStorage.setItem("fishbowl.votes", text), kept);
    await page.reload();
    await ready(page);
    assert.deepEqual(await secretsOf(page), [], kept);
    assert.match((await counts(page))[0].join(), /^0,(0|999),0$/, kept);
    await press(page, "a"); // and what is counted now is kept
    await page.reload();
    await ready(page);
    assert.match((await counts(page))[0].join(), /^1,(0|999),0$/, kept);
  }
  await done(page);
});

test("buttons_do_it_too_and_unlocking_by_mouse_asks_once_more", async () => {
  const page = await openDeck("#/vote");
  const button = (name) => page.getByRole("button", {name});

  await button("Unlock (U)").focus();
  await press(page, "Enter");
  assert.deepEqual(await secretsOf(page), []);
  assert.equal(await where(page), "vote"); // the button's key, not the deck's
  await press(page, "Enter");
  assert.deepEqual(await secretsOf(page), SECRETS);
  await done(page);
});

test("letters_are_votes_on_their_slide_only", async () => {
  const page = await openDeck("#/first");

  await press(page, "a", "b", "r", "u"); // b: a black screen
  await press(page, "b", "ArrowRight");
  assert.equal(await where(page), "vote");
  assert.deepEqual(await secretsOf(page), []);
  assert.deepEqual(await counts(page), [["0", "0", "0"], []]);
  await done(page);
});

test("all_slides_are_seen_small_and_a_vote_is_passed_there", async () => {
  const page = await openDeck("#/vote");

  await press(page, "Escape");
  for (const id of ["first", "vote", "drawn"]) {
    assert.ok(await page.locator(`#${id} h2`).isVisible(), id);
  }
  await press(page, "ArrowRight", "Enter");
  assert.equal(await where(page), "drawn");
  assert.deepEqual(await secretsOf(page), []);
  await done(page);
});

test("on_paper_each_slide_is_one_page_without_answers", async () => {
  const page = await openDeck("?print-pdf");
  const pdf = await page.pdf({preferCSSPageSize: true, printBackground: true});
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g);
  const slides = await page.locator(".pdf-page > section").count();

  assert.equal(slides, 5);
  assert.equal(pages.length, slides);
  assert.equal(await page.locator("iframe").count(), 0);
  assert.equal(await page.locator(".poster svg").first().isVisible(), true);
  assert.deepEqual(await secretsOf(page), []);
  await done(page);
});

test("the_theme_is_that_of_the_address_of_the_key_of_the_system", async () => {
  const theme = (page) => page.getAttribute("html", "data-theme");
  const system = await openDeck("", {colorScheme: "dark"});

  assert.equal(await theme(system), "dark");
  await press(system, "F2");
  assert.equal(await theme(system), "light");
  await system.reload();
  assert.equal(await theme(system), "light");
  await done(system);
  const asked = await openDeck("?theme=light", {colorScheme: "dark"});

  assert.equal(await theme(asked), "light");
  await done(asked);
});

// Ink and ground as they are used, of both themes: 4.5 or more.
const PAIRS = [
  ["ink", "ground"], ["dim", "ground"], ["accent", "ground"], ["ink", "panel"],
  ["dim", "panel"], ["accent", "panel"], ["right", "panel"], ["care", "panel"],
  ["wrong", "ground"], ["wake", "ground"], ["waiting", "ground"],
  ["right", "ground"], ["care", "ground"], ["right", "right-ground"],
  ["ink", "right-ground"], ["ink", "accent-ground"], ["accent", "accent-ground"],
  ["ink", "care-ground"], ["ground", "accent"], ["ground", "right"],
];

function contrast(a, b) {
  const light = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const [x, y] = [light(a), light(b)].sort((p, q) => q - p);

  return (x + 0.05) / (y + 0.05);
}

test("ink_can_be_read_on_its_ground_in_both_themes", async () => {
  for (const theme of ["light", "dark"]) {
    const page = await openDeck(`?theme=${theme}`);
    const colours = await page.evaluate((names) => {
      const style = getComputedStyle(document.documentElement);

      return Object.fromEntries(names.map((name) =>
        [name, style.getPropertyValue(`--${name}`).trim()]));
    }, [...new Set(PAIRS.flat())]);

    for (const [ink, ground] of PAIRS) {
      const found = contrast(colours[ink], colours[ground]);

      assert.ok(found >= 4.5, `${theme}: ${ink} on ${ground}: ${found.toFixed(2)}`);
    }
    await done(page);
  }
});

// On paper: the handout holds all that is said and shown, the PDF of the slides
// a page for each, and no page is blank.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {after, before, test} from "node:test";
import {blocksOf, readDeck} from "./deck.mjs";
import {built, onStick} from "./deckpage.mjs";
import {pagesOf} from "./pdf.mjs";
import {plan} from "./plan.mjs";
import {close, done, newPage} from "./support.mjs";

const deck = readDeck(join(process.env.FB_SOURCE, "slides/deck"));
const plain = (text) => text.replaceAll(/\s+/g, " ").trim();
// Letters and digits alone: marks, quotes and dashes are set as a printer would.
const letters = (text) => text.replaceAll(/\]\([^)]*\)|\{[^}]*\}/g, "")
  .replaceAll(/[^\p{L}\p{N}]+/gu, "");
let page;

before(async () => {
  page = await newPage();
  await page.goto(onStick("handout.html"));
});
after(async () => {
  await done(page);
  await close();
});

// The text of each slide in the handout, by its id.
const sections = () => page.evaluate(() => Object.fromEntries(
  [...document.querySelectorAll("section[data-number]")].map((s) => [s.id, {
    title: s.querySelector("h1, h2, h3").innerText,
    notes: [...s.querySelectorAll("div.notes li")].map((n) => n.innerText),
    text: s.innerText,
    stories: [...s.querySelectorAll("div.story")].map((n) => n.innerText),
  }])));

test("the_handout_has_each_slide_with_its_notes", async () => {
  const found = await sections();

  assert.deepEqual(Object.keys(found), plan.map(({id}) => id));
  for (const slide of deck.slides) {
    const {title, notes} = found[slide.id];

    assert.ok(plain(title).includes(slide.title), `${slide.id}: ${title}`);
    assert.deepEqual(notes.map(letters),
      slide.notes.map((note) => letters(note.text)), slide.id);
  }
});

test("each_replay_of_the_handout_has_its_story_and_caption", async () => {
  const found = await sections();
  let stories = 0;

  for (const slide of deck.slides) {
    const replays = blocksOf(slide, "replay");

    assert.equal(found[slide.id].stories.length, replays.length, slide.id);
    for (const story of found[slide.id].stories) {
      assert.ok(plain(story).split(" ").length > 10, `${slide.id}: ${story}`);
      stories++;
    }
    for (const {lines} of replays) {
      const caption = lines.map((l) => l.text).join(" ");

      assert.ok(letters(found[slide.id].text).includes(letters(caption)),
                `${slide.id}: "${caption}"`);
    }
  }
  assert.ok(stories >= 10, `${stories}`);
});

test("answers_of_votes_stand_at_the_end_of_their_block", async () => {
  const order = await page.evaluate(() => [...document.querySelectorAll(
    "section[data-number], section.answers")].map((s) => s.id || "answers"));
  const last = deck.blocks.map(({slides}) => order.indexOf(slides.at(-1).id));

  for (const [i, {slides}] of deck.blocks.entries()) {
    const asked = slides.flatMap((s) => blocksOf(s, "vote")).length;
    const between = order.slice(last[i] + 1, last[i + 1] ?? order.length);

    assert.equal(between.filter((o) => /answers/.test(o)).length > 0, asked > 0,
                 `block ${i + 1}: ${between}`);
  }
  assert.equal(await page.locator("section[data-number] .answer").count(), 0);
});

test("links_lead_somewhere", async () => {
  const links = await page.evaluate(() => [...document.querySelectorAll("a[href]")]
    .map((a) => a.getAttribute("href")));

  assert.ok(links.length >= plan.length, "a table of contents");
  for (const link of links) {
    assert.match(link, /^#/, "the handout stands alone");
    assert.ok(await page.evaluate((id) => document.getElementById(id) !== null,
                                  decodeURIComponent(link.slice(1))), link);
  }
});

test("the_pdf_of_the_slides_has_34_pages_and_none_is_blank", () => {
  const pages = pagesOf(readFileSync(join(built, "slides.pdf")));

  assert.equal(pages.length, 34);
  pages.forEach(({width, height, texts}, i) => {
    assert.ok(Math.abs(width / height - 16 / 9) < 0.05, `${width}×${height}`);
    assert.ok(texts >= 3, `page ${i + 1} has ${texts} texts`);
  });
});

test("the_pdf_of_the_handout_has_no_blank_page", () => {
  const pages = pagesOf(readFileSync(join(built, "handout.pdf")));

  assert.ok(pages.length >= 12 && pages.length <= 80, `${pages.length} pages`);
  pages.forEach(({width, height, texts}, i) => {
    assert.ok(height > width, "upright");
    assert.ok(texts >= 3, `page ${i + 1} of ${pages.length}: ${texts} texts`);
  });
});

test("a_blank_page_would_be_seen", async () => {
  const other = await newPage();

  await other.setContent("<p style='break-after: page'>one two</p>" +
    "<p style='break-after: page'></p><div style='height: 9px'></div>");
  assert.deepEqual(pagesOf(await other.pdf()).map(({texts}) => texts > 0),
                   [true, false, false]);
  await other.context().close();
});

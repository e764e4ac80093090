// The eye of the browser tests is not blind: it finds each fault that it is for
// on a slide that has it, and none on one that has not.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {faultsOf} from "./layout.mjs";
import {close, newPage} from "./support.mjs";

after(close);

const limits = {box: {width: 1280, height: 720}, smallest: 20};

async function faults(inside, style = "") {
  const page = await newPage();

  await page.setContent(`<!doctype html><title>t</title><style>
    body {margin: 0; font: 24px/1.3 sans-serif}
    section {width: 1280px; height: 720px; box-sizing: border-box; padding: 20px}
    pre {margin: 0; overflow: auto} ${style}</style>
    <section class="present"><h2>Wakers</h2>${inside}
    <aside class="notes" style="display: none">${"long ".repeat(2000)}</aside>
    </section>`);
  const found = await page.evaluate(faultsOf, limits);

  await page.context().close();
  return found;
}

test("a_good_slide_has_no_fault", async () => {
  assert.deepEqual(await faults(`<p>Who remembers me?</p>
    <pre><code>int main(void);</code></pre>
    <svg width="400" height="100" viewBox="0 0 200 50"><text y="20"
      font-size="12">a task</text></svg>
    <p class="unseen" style="position: absolute; width: 1px; height: 1px;
      overflow: hidden; font-size: 9px">only heard</p>
    <p class="fragment" style="visibility: hidden">later</p>`), []);
});

for (const [name, inside, says] of [
  ["too_much_text", `<p>${"Much to say. ".repeat(400)}</p>`,
   /<p> "Much to say.*leaves the slide.*less text/],
  ["a_word_that_is_too_wide", `<p>${"x".repeat(150)}</p>`, /leaves the slide/],
  ["a_picture_that_is_too_large", '<svg width="1300" height="30"></svg>',
   /<svg> leaves the slide/],
  ["code_with_a_scroll_bar", `<pre style="width: 300px"><code>${
   "int x; ".repeat(10)}</code></pre>`, /<pre> .*is cut off/],
  ["lines_that_are_cut_off", '<div style="height: 30px; overflow: hidden">' +
   "<p>one</p><p>two</p></div>", /<div> .*is cut off/],
  ["small_text", '<p style="font-size: 18px">small print</p>',
   /"small print" is of 18.0 px: 20 at least/],
  ["small_text_in_a_picture", `<svg width="100" height="50" viewBox="0 0 200
   100"><text y="40" font-size="30">a task</text></svg>`,
   /"a task" is of 15.0 px/],
  ["texts_over_each_other", `<p>Who remembers me?</p>
   <p style="margin-top: -60px">The reactor does</p>`, /lie over each other/],
  ["a_picture_over_text", `<p>Who remembers me?</p><svg width="300" height="40"
   style="position: relative; top: -60px"></svg>`, /lie over each other/],
  ["a_replay_without_room", '<iframe width="600" height="60"></iframe>',
   /a replay has \d+×\d+ of 1280×720/],
]) {
  test(`${name}_is_found`, async () => {
    assert.match((await faults(inside)).join("\n"), says);
  });
}

test("what_reveal_scales_is_measured_as_it_is_seen", async () => {
  assert.match((await faults("<p>24 px</p>",
    "section {transform: scale(0.5); transform-origin: 0 0}")).join("\n"),
    /"24 px" is of 12.0 px/);
});

test("an_empty_slide_is_found", async () => {
  const page = await newPage();

  await page.setContent("<section></section>");
  assert.deepEqual(await page.evaluate(faultsOf, limits),
                   ["nothing is to be read"]);
  await page.context().close();
});

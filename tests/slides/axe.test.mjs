// Each slide and the handout, in light and dark, as axe-core judges them: names,
// roles, contrast, order of headings.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {after, test} from "node:test";
import {onStick, openDeck, replaysOf, show, slidesOf} from "./deckpage.mjs";
import {plan} from "./plan.mjs";
import {close, done, newPage} from "./support.mjs";

after(close);

const axe = readFileSync(
  join(process.env.FB_PAGE_MODULES, "node_modules/axe-core/axe.min.js"), "utf8");

// [what is wrong, where] of a page or frame, of what is in `root`
async function violations(frame, root = "html", rules = {}) {
  await frame.evaluate(axe);
  return frame.evaluate(async ([selector, some]) => {
    const found = await axe.run(document.querySelector(selector),
      {iframes: false, resultTypes: ["violations"], rules: some});

    if (found.passes.length < 3) {
      throw new Error(`axe looked at nothing in ${selector}`);
    }
    return found.violations.flatMap((v) => v.nodes.map((n) =>
      `${v.id}: ${v.help}: ${n.target.join(" ")}: ${n.failureSummary}`));
  }, [root, rules]);
}

// A replay is a part of its slide, whose heading is above it.
const in_slide = {"page-has-heading-one": {enabled: false}};

test("axe_sees_what_is_wrong", async () => {
  const page = await newPage();

  await page.setContent(`<!doctype html><html lang="en"><title>t</title><main>
    <h1>One</h1><p style="color: #aaa; background: #fff">pale</p>
    <button></button><img src="data:,"></main>`);
  const found = (await violations(page)).map((line) => line.split(":")[0]);

  for (const rule of ["button-name", "color-contrast", "image-alt"]) {
    assert.ok(found.includes(rule), `${rule} in ${found}`);
  }
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  let page, slides;

  test(`deck_is_for_everybody_in_${colorScheme}`, async () => {
    page = await openDeck({colorScheme});
    slides = await slidesOf(page);
    assert.deepEqual(await violations(page), []); // the first, and all around
  });
  plan.forEach(({id}, number) => {
    test(`slide_${number + 1}_${id}_is_for_everybody_in_${colorScheme}`,
      async () => {
        await show(page, number, slides[number].fragments);
        for (const {frame} of await replaysOf(page)) {
          assert.deepEqual(await violations(frame, "html", in_slide), [],
                           "the replay's page");
        }
        assert.deepEqual(await violations(page, "section.present"), [],
                         `slide ${number + 1}, ${id}`);
      });
  });
  test(`handout_is_for_everybody_in_${colorScheme}`, async () => {
    await done(page);
    page = await newPage({colorScheme});
    await page.goto(onStick("handout.html"));
    assert.deepEqual(await violations(page), []);
    await done(page);
  });
}

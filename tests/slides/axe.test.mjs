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

// What is wrong, and where, in `root` of a page or frame. Of some texts axe cannot
// tell the contrast (code that lies over its copy); of none would be blindness.
async function violations(frame, root = "html", options = {}) {
  await frame.evaluate(axe);
  return frame.evaluate(async ([selector, some]) => {
    const found = await axe.run(document.querySelector(selector),
      {iframes: false, resultTypes: ["violations"], ...some});

    if (![...found.violations, ...found.passes].some(
      (rule) => rule.id === "color-contrast")) {
      throw new Error(`axe told the contrast of no text in ${selector}`);
    }
    return found.violations.flatMap((rule) => rule.nodes.map((node) =>
      `${rule.id}: ${rule.help}: ${node.target.join(" ")}: ` +
      node.failureSummary));
  }, [root, options]);
}

// A replay is a part of its slide, whose heading is above it.
const inSlide = {rules: {"page-has-heading-one": {enabled: false}}};

// Another theme changes colours and nothing else.
const ways = {light: {}, dark: {runOnly: ["color-contrast"]}};

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

for (const [colorScheme, only] of Object.entries(ways)) {
  let page, slides;

  test(`deck_is_for_everybody_in_${colorScheme}`, async () => {
    page = await openDeck({colorScheme});
    // empty, and below all: axe takes them for what lies over the text
    await page.addStyleTag({content: ".reveal .backgrounds {display: none}"});
    slides = await slidesOf(page);
    assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
    assert.deepEqual(await violations(page, "html", only), []);
  });
  plan.forEach(({id}, number) => {
    test(`slide_${number + 1}_${id}_is_for_everybody_in_${colorScheme}`,
      async () => {
        await show(page, number, slides[number].fragments);
        for (const {frame} of await replaysOf(page)) {
          assert.deepEqual(
            await violations(frame, "html", {...inSlide, ...only}), [],
            "the replay's page");
        }
        assert.deepEqual(await violations(page, "section.present", only), [],
                         `slide ${number + 1}, ${id}`);
      });
  });
  test(`handout_is_for_everybody_in_${colorScheme}`, async () => {
    await done(page);
    page = await newPage({colorScheme});
    await page.goto(onStick("handout.html"));
    assert.deepEqual(await violations(page, "html", only), []);
    await done(page);
  });
}

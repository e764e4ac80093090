// Everybody can read the page: by keyboard, by ear, in the dark, on paper, on
// a phone.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {close, done, drawn, exportPage, mistake, openPage, play, press,
        storyOf, text} from "./support.mjs";

let trace, file, found;

before(() => {
  trace = play("default");
  file = exportPage(trace);
  found = exportPage(mistake());
});
after(close);

// The contrast of each text that is seen with what lies behind it, as WCAG
// counts it. Returns those that have too little.
function paleTexts() {
  const channel = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r / 255) +
    0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(node).backgroundColor);

      if (a === 1) {
        return [r, g, b];
      }
      if (a !== 0) {
        throw new Error(`${node.className}: a ground one can see through`);
      }
    }
    throw new Error("no ground");
  };
  const pale = [];
  let texts = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);

  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const style = getComputedStyle(node);

    if (walk.currentNode.data.trim() === "" || !node.checkVisibility() ||
        node.closest("script, style, .unseen, :disabled")) {
      continue;
    }
    const a = light(parse(style.color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

    texts++;
    if (ratio < 4.5) {
      pale.push(`${walk.currentNode.data.slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
  }
  return {pale, texts};
}

for (const colorScheme of ["light", "dark"]) {
  test(`every_text_has_contrast_when_${colorScheme}`, async () => {
    for (const [which, hash] of [[file, "#e=200"], [found, "#e=9"]]) {
      const page = await openPage(which, hash, {colorScheme});

      assert.equal(await page.getAttribute("html", "data-theme"), colorScheme);
      const {pale, texts} = await page.evaluate(paleTexts);

      assert.deepEqual(pale, []);
      assert.ok(texts > 60, `${texts}`);
      await page.keyboard.press("?");
      assert.deepEqual((await page.evaluate(paleTexts)).pale, []);
      await done(page);
    }
  });
}

test("the_switch_turns_the_theme_and_keeps_it", async () => {
  const page = await openPage(file, "", {colorScheme: "light"});
  const ground = () => page.evaluate(
    () => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();

  await page.getByRole("button", {name: "Dark"}).click();
  assert.notEqual(await ground(), light);
  await page.reload();
  await drawn(page);
  assert.notEqual(await ground(), light);
  assert.equal(await page.getAttribute("#dark", "aria-pressed"), "true");
  await done(page);
});

test("all_that_can_be_used_has_a_name_and_the_page_its_landmarks", async () => {
  const page = await openPage(found, "#e=9");
  const session = await page.context().newCDPSession(page);
  const {nodes} = await session.send("Accessibility.getFullAXTree");
  const role = (n) => n.role?.value;
  const named = (n) => (n.name?.value ?? "").trim() !== "";
  const used = nodes.filter((n) => !n.ignored && ["button", "link", "slider",
    "combobox", "textbox", "searchbox", "checkbox"].includes(role(n)));

  assert.ok(used.length > 25, `${used.length}`);
  assert.deepEqual(used.filter((n) => !named(n)).map(role), []);
  for (const wanted of ["banner", "main", "navigation", "search"]) {
    assert.equal(nodes.filter((n) => role(n) === wanted).length, 1, wanted);
  }
  const regions = nodes.filter((n) => role(n) === "region").map(
    (n) => n.name.value);

  for (const name of ["The event that is shown", "Tasks", "Future tree",
                      "Source", "Lanes", "Timeline", "Story", "Findings"]) {
    assert.ok(regions.includes(name), name);
  }
  const table = nodes.find((n) => role(n) === "table");

  assert.equal(table.name.value, "The tasks at this event");
  assert.ok(nodes.some((n) => role(n) === "columnheader"));
  assert.ok(nodes.some((n) => role(n) === "rowheader"));
  await done(page);
});

test("the_keyboard_reaches_everything_and_is_never_caught", async () => {
  const page = await openPage(file, "#e=150");
  const seen = [];

  for (let i = 0; i < 120; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      const ring = getComputedStyle(node);

      return {
        body: node === document.body, pane: node.closest(".pane")?.id ?? "",
        id: node.id || node.getAttribute("aria-label") || node.textContent,
        ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) > 1,
      };
    });

    if (at.body) {
      break;
    }
    assert.ok(at.ring, `${at.id}: one does not see where one is`);
    seen.push(at);
  }
  assert.ok(seen.length > 25 && seen.length < 100, `${seen.length}`);
  for (const pane of ["tasks", "source", "lanes", "timeline", "story"]) {
    assert.ok(seen.some((s) => s.pane === pane), pane);
  }
  for (const id of ["scrubber", "play", "speed", "go-to", "filter", "copy"]) {
    assert.ok(seen.some((s) => s.id === id), id);
  }
  await done(page);
});

test("tasks_are_selected_and_filtered_without_a_mouse", async () => {
  const page = await openPage(file, "#e=200");

  await press(page, "Home");
  await press(page, "End");
  await page.keyboard.press("g");
  await page.keyboard.type("200");
  await page.keyboard.press("Enter");
  await drawn(page, 200);
  await page.keyboard.press("Escape");
  await press(page, "j");
  const first = await text(page, "#tasks tr.chosen td");

  await press(page, "j");
  assert.equal(Number(await text(page, "#tasks tr.chosen td")),
               Number(first) + 1);
  assert.match(await text(page, "#said"), /^Task \d+, /);
  assert.equal(await text(page, "#tree-note"), `of task ${Number(first) + 1}`);
  await page.keyboard.press("/");
  await page.keyboard.type("idle");
  await drawn(page);
  assert.match(await text(page, "#tasks-count"), /^\d+ of \d+$/);
  const states = await page.locator("#tasks tbody .state span").allTextContents();

  assert.ok(states.length > 0 && states.every((s) => s === "idle"));
  await page.keyboard.type(" nonsense:");
  await page.waitForSelector("#filter[aria-invalid]");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => /^\d+$/.test(
    document.getElementById("tasks-count").textContent));
  await done(page);
});

test("help_opens_closes_and_letters_can_be_turned_off", async () => {
  const page = await openPage(file, "#e=10");

  await page.keyboard.press("?");
  assert.ok(await page.locator("#help").isVisible());
  assert.match(await text(page, "#help"), /to the next, the previous wake/);
  await page.keyboard.press("n");
  await page.getByRole("checkbox", {name: /Single letters/}).uncheck();
  await page.keyboard.press("Escape");
  assert.ok(!await page.locator("#help").isVisible());
  await page.keyboard.press("n");
  assert.equal(await press(page, "ArrowRight"), 11); // the letter did nothing
  await done(page);
});

test("a_step_is_spoken", async () => {
  const page = await openPage(file, "#e=20");
  const story = storyOf(trace);

  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => {
      const node = document.getElementById("sentence");

      if (node.getAttribute("aria-live") === "polite") {
        window.heard.push(node.textContent);
      }
    }).observe(document.getElementById("sentence"),
               {characterData: true, childList: true, subtree: true});
  });
  await press(page, "n");
  await press(page, "n");
  assert.deepEqual(await page.evaluate(() => window.heard),
                   [story[20].text, story[21].text]);
  await done(page);
});

test("on_paper_it_is_a_handout_of_the_event", async () => {
  const page = await openPage(file, "#e=200");
  const pdf = await page.pdf({tagged: true});

  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pdf.length > 20000, `${pdf.length}`);
  await page.emulateMedia({media: "print"});
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const paper = await page.evaluate(() => document.body.innerText);
  const sentence = storyOf(trace)[199].text;

  assert.equal(paper.split(sentence).length, 3); // above, and in the story
  for (const part of [/Tasks/, /Future tree/, /Who will wake it/, /Source/,
                      /FB_AWAIT/, /Story/, storyOf(trace)[195].text]) {
    assert.ok(part instanceof RegExp ? part.test(paper) : paper.includes(part),
              String(part));
  }
  for (const part of ["Copy link", "Speed", "Timeline"]) {
    assert.ok(!paper.includes(part), part);
  }
  await done(page);
});

test("a_phone_and_a_page_twice_as_large_show_it_without_sideways_scrolling",
  async () => {
    for (const viewport of [{width: 360, height: 740}, {width: 640, height: 400},
                            {width: 320, height: 256}]) {
      const page = await openPage(file, "#e=200", {viewport});
      const [wide, all] = await page.evaluate(() =>
        [document.documentElement.clientWidth,
         document.documentElement.scrollWidth]);

      assert.equal(all, wide);
      assert.ok(await page.locator("#play").isVisible());
      assert.equal(await text(page, "#event"), "200");
      await done(page);
    }
  });

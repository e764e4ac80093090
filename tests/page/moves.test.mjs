// The page moves as `watch` does: steps both ways, scrubs, plays, goes where a
// link says.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {close, done, drawn, eventsOf, exportPage, mistake, openPage, play,
        press, seek, storyOf, text} from "./support.mjs";

let trace, file, events, story;

before(() => {
  trace = play("default");
  file = exportPage(trace);
  events = eventsOf(trace);
  story = storyOf(trace);
});
after(close);

const next = (from, kind) =>
  events.find((e) => e.event > from && e.kind === kind).event;
const previous = (from, kind) =>
  events.findLast((e) => e.event < from && e.kind === kind).event;

test("opens_frozen_at_its_first_event", async () => {
  const page = await openPage(file);

  assert.equal(await drawn(page), events[0].event);
  assert.equal(await text(page, "#mode"), "FROZEN");
  assert.equal(await text(page, "#sentence"), story[0].text);
  assert.equal(await text(page, "#kind"), events[0].kind);
  await done(page);
});

test("keys_step_to_events_polls_wakes_and_turns_both_ways", async () => {
  const page = await openPage(file, "#e=100");

  assert.equal(await press(page, "n"), 101);
  assert.equal(await press(page, "N"), 100);
  assert.equal(await press(page, "ArrowRight"), 101);
  assert.equal(await press(page, "h"), 100);
  for (const [key, kind] of [["p", "POLL_END"], ["w", "WAKE"],
                             ["r", "UNPARK"]]) {
    const there = next(100, kind);

    assert.equal(await press(page, key), there, key);
    assert.equal(await text(page, "#kind"), kind);
    await press(page, "n");
    assert.equal(await press(page, key.toUpperCase()), there, key);
    assert.equal(await press(page, key.toUpperCase()),
                 previous(there, kind), key);
    await seek(page, 100);
  }
  assert.equal(await press(page, "Home"), events[0].event);
  assert.equal(await press(page, "End"), events.at(-1).event);
  assert.equal(await press(page, "n"), events.at(-1).event);
  assert.equal(await text(page, "#said"), "No further event.");
  await done(page);
});

test("t_steps_through_what_the_selected_task_did", async () => {
  const page = await openPage(file, "#e=1&t=2");
  const spawn = events.find((e) => e.kind === "TASK_SPAWN" &&
                                   / task=2 /.test(`${e.line} `));

  assert.equal(await press(page, "t"), spawn.event);
  const there = await press(page, "t");

  assert.match(events.find((e) => e.event === there).line, / task=2\b/);
  assert.equal(await press(page, "T"), spawn.event);
  assert.equal(await text(page, "#tree-note"), "of task 2");
  await done(page);
});

test("buttons_do_what_keys_do", async () => {
  const page = await openPage(file, "#e=50");

  await page.getByRole("button", {name: "Forwards one event"}).click();
  await drawn(page, 51);
  await page.getByRole("button", {name: "Back to a wake"}).click();
  await drawn(page, previous(51, "WAKE"));
  await page.fill("#go-to", "+10");
  await page.press("#go-to", "Enter");
  await drawn(page, previous(51, "WAKE") + 10);
  await page.fill("#go-to", "tomorrow");
  await page.press("#go-to", "Enter");
  assert.notEqual(await text(page, "#go-why"), "");
  await done(page);
});

test("plays_to_the_end_and_speaks_only_when_it_stands", async () => {
  const page = await openPage(file, "#e=1");

  await page.selectOption("#speed", "100");
  await page.keyboard.press("Tab"); // away from the list: it takes letters
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press(" ");
  await page.waitForFunction(() =>
    document.getElementById("mode").textContent === "PLAYING" &&
    Number(document.getElementById("event").textContent) > 3);
  assert.equal(await page.getAttribute("#sentence", "aria-live"), "off");
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press(">");
  }
  await drawn(page, events.at(-1).event);
  assert.equal(await text(page, "#mode"), "FROZEN");
  assert.equal(await text(page, "#play"), "Replay");
  assert.equal(await page.getAttribute("#sentence", "aria-live"), "polite");
  assert.equal(await text(page, "#sentence"), story.at(-1).text);
  await done(page);
});

test("scrubs_by_mouse_and_by_keys", async () => {
  const page = await openPage(file);
  const box = await page.locator("#scrubber").boundingBox();

  await page.mouse.click(box.x + box.width - 7, box.y + box.height / 2);
  const late = await drawn(page);

  assert.ok(late > events.length / 2, `${late}`);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width + 30, box.y + 20);
  await drawn(page, events.at(-1).event);
  await page.mouse.move(box.x + 7, box.y + 20, {steps: 5});
  await page.mouse.up();
  const early = await drawn(page);

  assert.ok(early < 30, `${early}`);
  assert.equal(await page.evaluate(() => document.activeElement.id),
               "scrubber");
  assert.equal(await press(page, "ArrowUp"), early + 1);
  assert.equal(await press(page, "ArrowLeft"), early);
  assert.ok(await press(page, "PageDown") > early + 20);
  assert.match(await page.getAttribute("#scrubber", "aria-valuetext"),
               /^event \d+ of \d+, [\d.]+ s$/);
  await done(page);
});

test("a_link_opens_its_event_and_moving_keeps_it_true", async () => {
  const page = await openPage(file, "#e=120&t=3");

  await drawn(page, 120);
  assert.equal(await text(page, "#tree-note"), "of task 3");
  const entries = await page.evaluate(() => history.length);

  await press(page, "n");
  await press(page, "n");
  await page.waitForFunction(() => location.hash === "#e=122&t=3");
  assert.equal(await page.evaluate(() => history.length), entries);
  await page.evaluate(() => { location.hash = "#e=7"; });
  await drawn(page, 7);
  await page.goBack();
  await drawn(page, 122);
  await page.evaluate(() => { location.hash = "#e=99999999"; });
  await drawn(page, events.at(-1).event);
  await done(page);
});

test("the_timeline_begins_by_events_as_the_terminal_does", async () => {
  const page = await openPage(file, "#e=100");
  const toggle = page.locator("#timeline-tools button").first();

  assert.equal(await toggle.textContent(), "by events");
  await toggle.click();
  await drawn(page);
  assert.equal(await toggle.textContent(), "by time");
  await done(page);
});

test("a_link_that_means_nothing_opens_at_an_event_all_the_same", async () => {
  const [first, last] = [events[0].event, events.at(-1).event];

  for (const [hash, event] of [["#e=-1", first], ["#e=abc", first],
      ["#e=1.5", first], ["#e=0", first], ["#e=Infinity", first],
      ["#e=1e3", first], ["#e=99999999999999999999", last],
      ["#%E0%A4%A", first], ["#t=77777", first]]) {
    const page = await openPage(file, hash);

    assert.equal(await drawn(page), event, hash);
    await done(page);
  }
});

test("a_page_opens_where_the_export_said", async () => {
  const page = await openPage(exportPage(trace, "--at", "77"));

  await drawn(page, 77);
  await done(page);
});

test("a_sentence_and_a_column_of_the_timeline_lead_to_their_event", async () => {
  const page = await openPage(file, "#e=100");

  await page.click('#story li[data-event="104"] button');
  await drawn(page, 104);
  assert.equal(await text(page, '#story [aria-current="step"] .no'), "104");
  await seek(page, 200); // what is marked is in the middle of its pane
  for (const [pane, mark] of [["story", "#story .here"],
                              ["source", "#source .here"]]) {
    const outer = await page.locator(`#${pane}-body`).boundingBox();
    const inner = await page.locator(mark).boundingBox();
    const where = (inner.y - outer.y) / outer.height;

    assert.ok(where > 0.1 && where < 0.8, `${pane}: ${where}`);
  }
  const box = await page.locator("#timeline canvas").boundingBox();

  await page.mouse.click(box.x + box.width - 12, box.y + 50);
  assert.ok(await drawn(page) > 120);
  await done(page);
});

test("a_finding_leads_to_the_events_that_prove_it", async () => {
  const broken = mistake();
  const page = await openPage(exportPage(broken));

  assert.match(await text(page, "#findings h3"),
               /^lost wake Task 1 \(forgetful\) returned Pending/);
  assert.equal(await text(page, "#to-findings"), "▲ 1 finding");
  await page.getByRole("button", {name: "event 5", exact: true}).click();
  await drawn(page, 5);
  assert.match(await text(page, "#findings .later:not([hidden])"), /later/);
  await press(page, "n");
  assert.match(await text(page, "#mark"), /nobody holds its waker/);
  await done(page);
});

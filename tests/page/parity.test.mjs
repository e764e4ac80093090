// The page shows what `print` says: tasks, tree, story, at many events.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {close, done, exportPage, openPage, play, press, scene, seek, storyOf,
        text, worldAt} from "./support.mjs";

after(close);

// What a row of the table must say of a task of `print --json`.
function rowOf(task) {
  const failed = task.outcome === "error" || task.outcome === "failed" ||
                 task.outcome === "cancelled";

  return {
    id: String(task.id), name: task.name,
    state: failed ? task.outcome : task.state,
    polls: task.polls.toLocaleString("en-US"),
    wakes: task.wakes.all.toLocaleString("en-US"),
    waits: task.outcome_text ?? task.waits_for,
  };
}

function treeOf(future, depth = 1, rows = []) {
  if (future !== null) {
    const line = future.suspended_at_line;

    rows.push({
      level: `level ${depth}:`, name: future.type.name,
      place: line > 0 ? `${future.type.file}:${line}` : "",
      reason: future.reason ?? "",
    });
    future.children.forEach((child) => treeOf(child, depth + 1, rows));
  }
  return rows;
}

const shownTasks = (page) => page.evaluate(() =>
  [...document.querySelectorAll("#tasks tbody tr[data-task]")].map((row) => {
    const cell = (name) => row.querySelector(`.${name}`).textContent.trim();

    return {
      id: cell("id"), name: row.querySelector("th").textContent,
      state: row.querySelector(".state span").textContent,
      polls: row.children[3].textContent, wakes: cell("wakes"),
      waits: cell("waits"),
    };
  }));

const shownTree = (page) => page.evaluate(() =>
  [...document.querySelectorAll("#tree .tree li")].map((item) => ({
    level: item.querySelector(".unseen").textContent.trim(),
    name: item.querySelector("b").textContent,
    place: item.querySelector(".place").textContent,
    reason: item.querySelector(".says").textContent,
  })));

// At an event: every task's row, and the tree of one after the other.
async function compareAt(page, trace, event, pick) {
  const world = worldAt(trace, event);
  const rows = await shownTasks(page);

  assert.deepEqual(rows, world.tasks.map(rowOf), `tasks at event ${event}`);
  assert.equal(await text(page, "#counts"),
    [[world.totals.live_tasks, "task"], [world.totals.polls, "poll"],
     [world.totals.wakes, "wake"]]
      .map(([n, word]) => `${n} ${word}${n === 1 ? "" : "s"}`).join(" · ") +
    (world.executor.stalled ? " · stalled: nothing can ever happen again"
                            : ""));
  if (rows.length === 0) {
    return;
  }
  const task = world.tasks[pick % rows.length];

  await page.evaluate((id) =>
    document.querySelector(`#tasks tr[data-task="${id}"]`).click(), task.id);
  await page.waitForSelector("html[data-event]");
  const tree = await shownTree(page), wanted = treeOf(task.future);

  assert.equal(tree.length, wanted.length, `tree at event ${event}`);
  tree.forEach((row, i) => {
    const {reason, ...rest} = wanted[i];

    assert.deepEqual({...row, reason: ""}, {...rest, reason: ""},
                     `tree of task ${task.id} at event ${event}`);
    if (reason !== "") {
      assert.equal(row.reason, `pending: ${reason}`);
    }
  });
}

async function compare(trace, each) {
  const page = await openPage(exportPage(trace), "", {
    viewport: {width: 1920, height: 1200}});
  const story = storyOf(trace);
  let n = 0;

  assert.ok(story.length > 20);
  for (let i = 0; i < story.length; i += each) {
    await seek(page, story[i].event);
    assert.equal(await text(page, "#sentence"), story[i].text);
    await compareAt(page, trace, story[i].event, n++);
  }
  await done(page);
  return n;
}

test("tasks_and_trees_of_four_conversations_are_those_of_print", async () => {
  assert.ok(await compare(play("default"), 9) > 30);
});

test("tasks_and_trees_of_a_join_of_a_race_and_of_a_stall_are", async () => {
  for (const name of ["join", "race", "stall"]) {
    assert.ok(await compare(scene(name), 5) > 10);
  }
});

test("the_story_is_that_of_print_line_by_line", async () => {
  const trace = scene("channel");
  const page = await openPage(exportPage(trace));
  const wanted = new Map(storyOf(trace).map((l) => [l.event, l.text]));
  const seen = new Set();

  for (const from of [1, 40, 80, 120, 160, 200, 240, 280, 320]) {
    if (!wanted.has(from)) {
      continue;
    }
    await seek(page, from);
    const lines = await page.evaluate(() =>
      [...document.querySelectorAll("#story li")].map((item) => [
        Number(item.dataset.event),
        item.querySelector("button span:last-child").textContent]));

    for (const [event, sentence] of lines) {
      assert.equal(sentence, wanted.get(event), `event ${event}`);
      seen.add(event);
    }
  }
  assert.ok(seen.size >= Math.min(wanted.size, 300), `${seen.size}`);
  assert.equal(await press(page, "End"), Math.max(...wanted.keys()));
  await done(page);
});

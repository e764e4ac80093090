// A build that is not alone, that is ended, that may not write: it says what and
// why, what was there stays, and nothing is left behind.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync}
  from "node:fs";
import {join} from "node:path";
import {test} from "node:test";
import {setTimeout as pause} from "node:timers/promises";
import {build, makeTree, slide} from "./tree.mjs";

const hooks = `::: {.replay demo=small mark=here}
Look.
:::

::: {.output from="== Small" lines=1}
\`\`\`commands
fishbowl demo small
\`\`\`
Look.
:::`;
const small = {
  "slides/deck/one.md": slide(hooks),
  "viz/demo/scripts/small.demo":
    "client ada\nwait ada prompt\nsay \"Small.\"\nmark here\nhangup ada\nend\n",
};
// Ada says nothing, so her play stands for two seconds before it fails.
const slow = {...small, "viz/demo/scripts/small.demo":
  "client ada\nwait ada prompt\nwait ada reply\nmark here\nend\n"};

const begin = (tree, ...options) => spawn(process.execPath,
  [tree.tool, ...options], {cwd: tree.root, env: tree.env});

const madeIn = ({out}) => existsSync(join(out, "made"))
  ? readdirSync(join(out, "made")) : [];

async function until(holds) {
  for (let i = 0; i < 1000 && !holds(); i++) {
    await pause(10);
  }
  assert.ok(holds(), String(holds));
}

// Processes whose words name a folder.
const runningIn = (folder) => readdirSync("/proc").filter((name) => {
  try {
    return /^\d+$/.test(name) &&
      readFileSync(`/proc/${name}/cmdline`, "utf8").includes(folder);
  } catch {
    return false; // it has ended meanwhile
  }
});

test("two_builds_at_once_both_make_the_deck", async () => {
  for (let i = 0; i < 3; i++) {
    const tree = makeTree(small);
    const ends = await Promise.all([1, 2].map(async () => {
      const child = begin(tree, "--html");
      let said = "";

      child.stderr.on("data", (data) => said += data);
      const [status] = await once(child, "close");

      // on a slow machine it says what it is at
      return [status, said.replaceAll(/.*and what else is new.*\n/g, "")];
    }));

    assert.deepEqual(ends, [[0, ""], [0, ""]]);
    assert.deepEqual(madeIn(tree).filter((name) => /\.\w+$/.test(name)), []);
  }
});

test("a_build_that_is_ended_ends_what_it_has_started", async () => {
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]]) {
    const tree = makeTree(slow);
    const child = begin(tree, "--html");

    await until(() => runningIn("played.ring")
      .some((pid) => runningIn(tree.out).includes(pid)));
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), [status, null]);
    await until(() => runningIn(tree.root).length === 0);
  }
});

test("what_a_killed_build_has_left_is_swept_by_the_next", async () => {
  const tree = makeTree(slow);
  const child = begin(tree, "--html");

  await until(() => madeIn(tree).some((name) => name.endsWith(`.${child.pid}`)));
  child.kill("SIGKILL");
  await once(child, "exit");
  await until(() => runningIn(tree.root).length === 0);
  tree.write("viz/demo/scripts/small.demo", small["viz/demo/scripts/small.demo"]);
  writeFileSync(join(tree.out, "made", `deck.html.${child.pid}`), "half");
  assert.equal(build(tree, "--html").status, 0);
  assert.deepEqual(madeIn(tree).filter((name) => /\.\w+$/.test(name)), []);
});

test("a_play_that_fails_leaves_nothing_and_the_old_deck", () => {
  const tree = makeTree(small);

  assert.equal(build(tree, "--html").status, 0);
  const deck = readFileSync(join(tree.out, "deck.html"), "utf8");

  tree.write("viz/demo/scripts/small.demo", slow["viz/demo/scripts/small.demo"]);
  assert.equal(build(tree, "--html").status, 1);
  assert.equal(readFileSync(join(tree.out, "deck.html"), "utf8"), deck);
  assert.deepEqual(madeIn(tree).filter((name) => /\.\w+$/.test(name)), []);
});

test("what_the_system_refuses_is_told_without_a_stack", () => {
  const tree = makeTree(small);
  const said = build({...tree, env: {...tree.env, FB_SLIDES: "/dev/null/x"}},
                     "--html");

  assert.equal(said.status, 1);
  assert.match(said.stderr, /^fishbowl: slides: .*\/dev\/null\/x.*\(.*\)\n$/);
});

test("a_browser_that_does_not_start_is_a_word_and_the_deck_is_there", () => {
  const tree = makeTree(small);
  const said = build({...tree, env: {...tree.env, FB_CHROMIUM: "/bin/false"}});

  assert.equal(said.status, 1);
  assert.match(said.stderr, /no PDFs: \/bin\/false: .*--html leaves the PDFs out/);
  assert.doesNotMatch(said.stderr, /\.mjs:\d+/);
  assert.ok(existsSync(join(tree.out, "deck.html")));
});

test("a_paper_that_cannot_be_written_leaves_nothing_half", () => {
  const tree = makeTree(small);

  mkdirSync(join(tree.out, "slides.pdf", "in-the-way"), {recursive: true});
  assert.equal(build(tree).status, 1);
  assert.deepEqual(madeIn(tree).filter((name) => /\.\w+$/.test(name)), []);
  assert.ok(existsSync(join(tree.out, "slides.pdf", "in-the-way")));
});

// What makes the deck refuses a deck that is wrong: it says the file, the slide
// and what to do, and leaves nothing behind that looks like a deck. And text that
// comes from a source, a trace or a client is text, never markup.
import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {existsSync, mkdirSync, readFileSync, readdirSync,
        writeFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {after, test} from "node:test";
import {close, done, newPage} from "./support.mjs";
import {begin, build, makeTree, slide} from "./tree.mjs";

after(close);

const region = (lines) => `// DOC: here\n${lines.join("\n")}\n// END: here\n`;
const code = "```{.c file=a.c region=here}\n```";

for (const [name, files, says] of [
  ["a_region_that_is_missing", {
    "slides/deck/one.md": slide("```{.c file=a.c region=there}\n```"),
    "a.c": region(["int x;"]),
  }, /one\.md.*A task.*there.*a\.c/],
  ["a_region_of_13_lines", {
    "slides/deck/one.md": slide(code), "a.c": region(Array(13).fill("int x;")),
  }, /one\.md.*A task.*13 lines.*12/],
  ["a_line_of_69_columns", {
    "slides/deck/one.md": slide(code), "a.c": region(["x".repeat(69)]),
  }, /one\.md.*A task.*69 columns.*68/],
  ["a_slide_without_minutes", {
    "slides/deck/one.md": slide("", {mark: "{#task}"}),
  }, /one\.md.*A task.*no minutes: write/],
  ["a_block_that_is_too_long", {
    "slides/deck/one.md": slide("", {mark: "{#task minutes=10}"}),
  }, /one\.md.*10 minutes.*4/],
  ["notes_as_prose", {
    "slides/deck/one.md": slide("", {notes: "Tell them about tasks."}),
  }, /one\.md.*A task.*notes.*bullets/],
  ["a_note_of_161_characters", {
    "slides/deck/one.md": slide("", {notes: `- Note: ${"n".repeat(155)}`}),
  }, /one\.md.*A task.*16\d characters.*160/],
  ["a_demo_that_is_not_there", {
    "slides/deck/one.md": slide(
      "::: {.replay demo=nowhere mark=here}\nLook.\n:::"),
  }, /nowhere.*(viz\/demo\/scripts|demo --list)/],
  ["a_mark_that_is_not_there", {
    "slides/deck/one.md": slide("::: {.replay demo=small mark=near}\nLook.\n:::"),
    "viz/demo/scripts/small.demo": "say \"Small.\"\nmark far\nend\n",
  }, /small.*near.*far/],
]) {
  test(`${name}_is_refused`, () => {
    const tree = makeTree(files);
    const {status, stderr} = build(tree, "--html");

    assert.notEqual(status, 0, stderr);
    assert.match(stderr, says);
    assert.match(stderr, /^fishbowl: slides: /m);
    assert.doesNotMatch(stderr, /\.mjs:\d+|at async/, "no stack");
    assert.ok(!existsSync(join(tree.out, "deck.html")));
  });
}

// ---- what is not here ----

test("a_browser_that_does_not_start_costs_the_pdfs_alone", () => {
  const tree = makeTree({"slides/deck/one.md": slide("")});
  const {status, stdout, stderr} = build(
    {...tree, env: {...tree.env, FB_CHROMIUM: "/bin/false"}});

  assert.equal(status, 1, stderr);
  assert.match(stderr, /^fishbowl: slides: no PDFs: Chromium does not print: ./m);
  assert.doesNotMatch(stderr, /\.mjs:\d+|at async/, "no stack");
  assert.match(stdout, /deck\.html .*\n.*handout\.html /);
  assert.deepEqual(readdirSync(tree.out).sort(),
                   ["deck.html", "handout.html", "made", "node_modules"]);
});

// ---- in one folder ----

test("two_builds_at_once_leave_whole_files_and_nothing_else", async () => {
  const tree = makeTree({
    "slides/deck/one.md": slide(`::: {.replay demo=small mark=here}
Nobody is here.
:::

::: {.output lines=3}
\`\`\`commands
fishbowl demo small --ring small.ring
fishbowl print small.ring --normal
\`\`\`
The tasks.
:::`),
    "viz/demo/scripts/small.demo": "say \"Small.\"\nmark here\nend\n",
  });
  const gone = spawnSync(process.execPath, ["-e", ""]).pid; // has ended
  const left = join(tree.out, "made", `small-0123456789abcdef.${gone}`);

  mkdirSync(left, {recursive: true});
  writeFileSync(join(tree.out, `deck.html.${gone}`), "half of");
  const ends = await Promise.all([1, 2, 3].map(() => begin(tree, "--html")));

  for (const {status, stderr} of ends) {
    assert.equal(status, 0, stderr);
  }
  assert.match(readFileSync(join(tree.out, "deck.html"), "utf8"),
               /<\/html>\s*$/);
  assert.deepEqual(readdirSync(tree.out).sort(),
                   ["deck.html", "handout.html", "made", "node_modules"]);
  assert.deepEqual(readdirSync(join(tree.out, "made"))
    .map((name) => name.replace(/-[0-9a-f]{16}$/, "")).sort(),
                   ["output", "small"]);
});

// ---- what is hostile ----

const evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
const hostile = {
  "slides/deck/one.md": slide(`${code}

::: {.replay demo=evil mark=here view=tree}
Somebody with a strange name.
:::`),
  "a.c": region([`puts("${evil.slice(0, 50)}`, "<!-- <script> & </pre>"]),
  "viz/demo/scripts/evil.demo": `client mallory
wait mallory prompt
send mallory "${evil}\\n"
wait mallory reply
say "<b>Mallory</b> & </script> come."
mark here
hangup mallory
end
`,
};

test("text_of_sources_and_clients_is_text_and_never_markup", async () => {
  const tree = makeTree(hostile);
  const {status, stderr} = build(tree, "--html");

  assert.equal(status, 0, stderr);
  for (const name of ["deck.html", "handout.html"]) {
    const page = await newPage();

    await page.goto(pathToFileURL(join(tree.out, name)).href);
    if (name === "deck.html") {
      await page.waitForFunction(() => window.Reveal?.isReady());
      const frame = await (await page.waitForSelector("figure.replay iframe"))
        .contentFrame();

      await frame.waitForSelector("html[data-ready][data-event]");
      assert.equal(await frame.locator("img, b b").count(), 0);
    }
    assert.equal(await page.locator("img, figure b script, pre script").count(),
                 0);
    const text = await page.locator("pre code").first().textContent();

    assert.ok(text.includes(evil.slice(0, 50)), text);
    assert.ok(text.includes("<!-- <script> & </pre>"), text);
    if (name === "handout.html") {
      const story = await page.locator("div.story").textContent();

      assert.match(story, /<b>Mallory<\/b> & <\/script> come\./);
      assert.match(story, /<img src=x onerror=alert\(2\)>/);
    }
    await done(page); // no dialog, no error, no request
  }
});

// What commands print on a slide: which the filter takes, how they are run, what
// is an error. The program is a script that does what its words say.
import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync,
  rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {after, test} from "node:test";
import {pathToFileURL} from "node:url";

const source = process.env.FB_SOURCE;
const {excerpt, fold, output} = await import(
  pathToFileURL(join(source, "slides/tools/outputs.mjs")));
const {Plays} = await import(
  pathToFileURL(join(source, "slides/tools/plays.mjs")));
const {Trouble} = await import(
  pathToFileURL(join(source, "slides/tools/run.mjs")));
const dir = mkdtempSync(join(tmpdir(), "fishbowl-outputs-"));

after(() => rmSync(dir, {recursive: true, force: true}));

function put(name, text) {
  mkdirSync(dirname(join(dir, name)), {recursive: true});
  writeFileSync(join(dir, name), text);
}

// ---- the filter ----

function filter(div) {
  put("slides/deck/deck.yaml",
      'title: T\nlang: en\nblocks:\n  - {file: one.md, title: "B", minutes: 3}\n');
  put("slides/deck/one.md",
      `## Title {#id minutes=3}\n\n${div}\n\n::: notes\n- Note: Look.\n:::\n`);
  const {status, stdout, stderr} = spawnSync("pandoc", [
    "--metadata-file=slides/deck/deck.yaml", "--to=revealjs", "--no-highlight",
    `--lua-filter=${join(source, "slides/filters/slides.lua")}`],
  {cwd: dir, encoding: "utf8", input: ""});

  return {status, html: stdout, said: stderr};
}

const div = (commands, attributes = "", caption = "Look here.") =>
  `::: {.output ${attributes}}\n\`\`\`commands\n${commands}\n\`\`\`\n${caption}\n:::\n`;

test("commands_are_left_for_the_tools_with_their_caption", () => {
  const {status, html, said} = filter(div("fishbowl demo golden --ring a.ring\n" +
    "fishbowl diff a.ring b.ring", 'from="A and B" lines=1 status=1'));

  assert.equal(status, 0, said);
  assert.match(html, /"kind":"output"/);
  assert.match(html, /"from":"A and B"/);
  assert.match(html, /golden \\u002d\\u002dring a.ring\\u000afishbowl diff/);
  assert.match(html, /-->\s*<p>Look here\.<\/p>\s*<!--\/fishbowl-->/);
});

test("commands_that_need_a_shell_or_do_more_are_refused", () => {
  for (const command of ["fishbowl serve", "rm -rf x", "fishbowl learn run 6",
                         "fishbowl print ../x.ring", "fishbowl print a; ls",
                         "fishbowl print $(ls)", "fishbowl print a >b",
                         "fishbowl print /etc/passwd", "./fishbowl print a"]) {
    const {status, html, said} = filter(div(command));

    assert.equal(status, 1, `it should be refused: ${command}`);
    assert.equal(html, "");
    assert.match(said, /one\.md.*"Title".*an output/s, said);
  }
});

test("output_without_commands_or_caption_is_an_error", () => {
  for (const bad of [div("fishbowl diff a b", "", ""),
                     "::: {.output}\nNo commands.\n:::\n",
                     div("fishbowl diff a b", "line=1"),
                     div("fishbowl diff a b", "lines=few")]) {
    assert.equal(filter(bad).status, 1, bad);
  }
});

// ---- what is shown of it ----

test("shown_are_lines_from_the_one_that_is_named", () => {
  const said = "A  a.ring  pid 12\n\n  equal: all  \nmore\nrest\n";

  assert.deepEqual(excerpt(said, {from: "equal", lines: "2"}, "x"),
                   ["  equal: all", "more"]);
  assert.deepEqual(excerpt("x\n    a\n      b\n", {from: "a"}, "x"), ["a", "  b"]);
  assert.deepEqual(excerpt(said, {}, "x").length, 5);
  assert.throws(() => excerpt(said, {from: "differ"}, "fishbowl diff"),
                (e) => e instanceof Trouble && /fishbowl diff.*"differ"/.test(e.message));
});

test("line_that_is_too_long_goes_on_in_the_next", () => {
  const words = "word ".repeat(40).trim();
  const parts = fold(words);

  assert.ok(parts.length > 2);
  assert.ok(parts.every((p) => [...p].length <= 72), parts.join("\n"));
  assert.equal(parts.map((p) => p.trim()).join(" "), words);
  assert.ok(fold("x".repeat(200)).every((p) => p.length <= 72));
  assert.deepEqual(fold("short"), ["short"]);
  assert.deepEqual(excerpt("one two three\n", {columns: "10"}, "x"),
                   ["one two", "    three"]);
});

// ---- how they are run ----

// Says its words and where it is; a file named `loud`, `no` … changes its mood.
const PROGRAM = `#!/bin/sh
echo run >>"${dir}/runs"
echo "$@"
echo "<b>&amp; in \${PWD##*/}, home \${HOME##*/}"
case $2 in loud) echo trouble >&2 ;; no) exit 1 ;; keep) echo kept >"$3" ;; esac
`;
let count = 0;

function stage() {
  const made = join(dir, `made-${++count}`);

  put("program", PROGRAM);
  chmodSync(join(dir, "program"), 0o755);
  rmSync(join(dir, "runs"), {force: true});
  mkdirSync(made);
  put("viz/demo/scripts/tea.demo", "say hello");
  put("exercises/19_x/info", "format: 1");
  return {root: dir, made, program: join(dir, "program"), base: "b", say() {},
          limit: (work) => work(),
          script: Plays.prototype.script, sources: Plays.prototype.sources};
}

const runs = () => existsSync(join(dir, "runs"))
  ? readFileSync(join(dir, "runs"), "utf8").split("\n").length - 1 : 0;

test("plays_run_by_their_file_on_a_free_port_and_text_is_escaped", async () => {
  const html = await output(stage(), {commands: "fishbowl demo tea --ring t.ring"},
                            "<p>Look.</p>");

  assert.match(html, /\$ \.\/fishbowl demo tea --ring t\.ring<\/b>/);
  assert.match(html, /scripts\/tea\.demo --ring\s+t\.ring --plain --port=0/);
  assert.ok(html.includes("&lt;b&gt;&amp;amp; in work, home work"), html);
  assert.ok(html.includes("<figcaption><p>Look.</p></figcaption>"));
});

test("slide_may_show_the_last_command_alone_and_paper_shows_all", async () => {
  const hook = {commands: "fishbowl print a\nfishbowl print b", show: "last"};
  const plays = stage();
  const typed = (html) => html.match(/\$ \.\/fishbowl/g).length;

  assert.equal(typed(await output(plays, hook, "")), 1);
  assert.equal(typed(await output(plays, hook, "", {handout: true})), 2);
});

test("each_is_run_once_also_for_two_documents_and_a_second_build", async () => {
  const plays = stage();
  const hook = {commands: "fishbowl print keep a.ring\nfishbowl print a.ring"};
  const [one, two] = await Promise.all([output(plays, hook, ""),
                                        output(plays, hook, "")]);

  assert.equal(one, two);
  assert.equal(runs(), 2);
  await output({...plays}, hook, "");
  assert.equal(runs(), 2);
  assert.deepEqual(readdirSync(plays.made).length, 1);
});

test("changed_play_is_run_again", async () => {
  const plays = stage();
  const hook = {commands: "fishbowl demo tea"};

  await output(plays, hook, "");
  put("viz/demo/scripts/tea.demo", "say something else");
  await output({...plays}, hook, "");
  assert.equal(runs(), 2);
});

test("play_whose_exercise_has_changed_is_run_again", async () => {
  const plays = stage();
  const hook = {commands: "fishbowl demo hunt"};

  put("viz/demo/scripts/hunt.demo", "# one\nprogram exercise 10_x solution");
  put("exercises/10_x/starter/x.c", "int x;");
  await output(plays, hook, "");
  put("exercises/10_x/starter/x.c", "int y;");
  await output({...plays}, hook, "");
  assert.equal(runs(), 2);
});

test("other_status_complaints_and_unknown_plays_are_errors", async () => {
  const fails = (commands, more, pattern) => assert.rejects(
    output(stage(), {commands, ...more}, ""),
    (e) => e instanceof Trouble && pattern.test(e.message));

  await fails("fishbowl print no", {}, /ended with 1/);
  await fails("fishbowl print a", {status: "1"}, /ended with 0/);
  await fails("fishbowl print loud", {}, /complains.*trouble/s);
  await fails("fishbowl print no\nfishbowl print a", {}, /print no: it ended/);
  await fails("fishbowl demo coffee", {}, /no demo coffee/);
  await output(stage(), {commands: "fishbowl print no", status: "1"}, "");
});

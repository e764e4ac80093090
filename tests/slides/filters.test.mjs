// The filters on texts that are wrong, and on texts that are hostile. Each test
// has a tree of its own, with a deck of one block.
import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {after, test} from "node:test";

const filter = join(process.env.FB_SOURCE, "slides/filters/slides.lua");
const dir = mkdtempSync(join(tmpdir(), "fishbowl-filters-"));

after(() => rmSync(dir, {recursive: true, force: true}));

const NOTES = "\n::: notes\n- Note: Look here.\n:::\n";

function put(name, text) {
  mkdirSync(dirname(join(dir, name)), {recursive: true});
  writeFileSync(join(dir, name), text);
}

// One slide of this body, or a whole text; what pandoc says and makes of it.
function make(body, {form = "revealjs", minutes = 3, whole = false} = {}) {
  put("slides/deck/deck.yaml", `title: T\nlang: en\nblocks:\n` +
      `  - {file: one.md, title: "One & two", minutes: ${minutes}}\n`);
  put("slides/deck/one.md",
      whole ? body : `## Title {#id minutes=3}\n\n${body}\n${NOTES}`);
  const {status, stdout, stderr} = spawnSync("pandoc", [
    "--metadata-file=slides/deck/deck.yaml", `--lua-filter=${filter}`,
    `--to=${form}`, "--no-highlight"], {cwd: dir, encoding: "utf8", input: ""});

  return {status, html: stdout, said: stderr};
}

function fails(made, ...words) {
  assert.equal(made.status, 1, `it should fail: ${made.said}`);
  for (const word of words) {
    assert.ok(made.said.includes(word), `"${word}" is not in:\n${made.said}`);
  }
  assert.equal(made.html, "");
}

const region = (name, more = "") =>
  `\`\`\`{.c file=src/a.c region=${name}${more}}\n\`\`\`\n`;
const marked = (name, ...lines) =>
  `// DOC: ${name}\n${lines.join("\n")}\n// END: ${name}\n`;

test("region_loses_marks_and_shared_indentation", () => {
  put("src/a.c", `int x;\n    // DOC: outer\n    if (a) {\n` +
      `        // DOC: inner\n        b();\n        // END: inner\n    }\n` +
      `    // END: outer\n`);
  const {html, status} = make(region("outer", ' highlight="1-2|3"'));

  assert.equal(status, 0);
  assert.ok(html.includes('<code class="language-c" ' +
    'data-line-numbers="1-2|3">if (a) {\n    b();\n}</code>'), html);
  assert.ok(html.includes("<figcaption>src/a.c:3</figcaption>"), html);
  assert.ok(make(region("inner")).html.includes(">b();</code>"));
});

test("region_that_is_not_there_names_file_slide_and_those_that_are", () => {
  put("src/a.c", marked("here", "x();"));
  fails(make(region("nope")), "one.md", '"Title"', "nope", "src/a.c", "here");
  fails(make("```{.c file=src/b.c region=here}\n```\n"), "src/b.c",
        "cannot be read");
  fails(make("```{.c file=../a.c region=here}\n```\n"), "cannot be read");
  fails(make("```{.c file=src/a.c}\n```\n"), "not both");
});

test("region_that_is_there_twice_or_never_ends_is_an_error", () => {
  put("src/a.c", marked("two", "a();") + marked("two", "b();"));
  fails(make(region("two")), "twice, in lines 1 and 4");
  put("src/a.c", "// DOC: open\na();\n");
  fails(make(region("open")), "never ends");
  put("src/a.c", marked("empty"));
  fails(make(region("empty")), "is empty");
});

test("region_has_12_lines_and_68_columns_at_most", () => {
  put("src/a.c", marked("fits", ...Array(12).fill("x".repeat(68))));
  assert.equal(make(region("fits")).status, 0);
  put("src/a.c", marked("long", ...Array(13).fill("x")));
  fails(make(region("long")), "13 lines");
  put("src/a.c", marked("wide", "y;", "é".repeat(69)));
  fails(make(region("wide")), "line 3 has 69 columns");
});

test("highlight_names_lines_that_are_there", () => {
  put("src/a.c", marked("one", "a();"));
  fails(make(region("one", ' highlight="1|2"')), "line 2, it has 1");
  fails(make(region("one", ' highlight="a"')), "no list of lines");
});

test("program_text_that_was_typed_is_an_error_and_a_command_is_not", () => {
  fails(make("```c\nint x;\n```\n"), "typed");
  assert.equal(make("```sh\n./fishbowl demo\n```\n").status, 0);
});

test("hostile_source_and_text_are_text", () => {
  put("src/a.c", marked("bad", '</code><script>alert("1")</script>',
                        "<!--fishbowl {}-->"));
  for (const form of ["revealjs", "html"]) {
    const {html, status} = make(`${region("bad")}\n<script>alert(2)</script>\n\n` +
      "<!--fishbowl {}-->\n\n`</code><img src=x>`\n", {form});

    assert.equal(status, 0);
    assert.ok(!/<script|<img|<!--fishbowl \{\}/.test(html), html);
    assert.ok(html.includes("&lt;script&gt;alert(&quot;1&quot;)"), html);
  }
});

test("every_slide_has_minutes_and_a_block_keeps_its_sum", () => {
  fails(make(`## Title {#id}\n${NOTES}`, {whole: true}), "no minutes");
  fails(make(`## Title {#id minutes=x}\n${NOTES}`, {whole: true}), "no minutes");
  assert.equal(make("x", {minutes: 8}).status, 0);
  fails(make("x", {minutes: 9}), "3 minutes", "plans 9");
});

test("all_mistakes_are_told_in_one_run", () => {
  fails(make("## A {#a}\n\n## B {#a minutes=2}\n", {whole: true}),
        '"A": it has no minutes', '"A": it has 0 blocks of notes',
        '"B": its id #a is that of "A"', '"B": it has 0 blocks of notes');
});

test("notes_are_few_short_and_say_what_they_are_for", () => {
  const notes = (text) =>
    make(`## T {#t minutes=3}\n\n::: notes\n${text}\n:::\n`, {whole: true});

  assert.equal(notes("- Ask: Who?\n- Demo: `x`").status, 0);
  fails(notes("- Hello"), '"Ask:", "Demo:" or "Note:"');
  fails(notes(`- Ask: ${"x".repeat(156)}`), "161 characters");
  fails(notes("- Ask: a\n".repeat(6)), "6 notes");
  fails(notes("Only text."), "one list of bullets");
});

test("only_a_heading_of_level_2_begins_a_slide", () => {
  fails(make("x\n\n---\n\ny"), "line of dashes");
  fails(make("# One\n"), "level 1");
  fails(make(`text\n\n## T {#t minutes=3}\n${NOTES}`, {whole: true}),
        "before the first slide");
  assert.equal(make("### Small\n").html.match(/<section/g).length, 1);
});

test("hook_without_what_it_needs_is_an_error", () => {
  fails(make("::: {.replay mark=a}\nText.\n:::\n"), "replay without demo");
  fails(make("::: {.replay demo=a mark=b}\n:::\n"), "without text");
  fails(make("::: {.replay demo=a mark=b show=all}\nT.\n:::\n"), "no pane");
  fails(make("::: {.replay demo=a mark=b by=luck}\nT.\n:::\n"), "by=luck");
  fails(make("::: {.figure demo=a mark=b view=x}\nT.\n:::\n"), "view=x");
  fails(make("::: {.vote demo=../a question=q}\n:::\n"), "is no name");
  fails(make("::: {.vote demo=a question=q colour=red}\n:::\n"), "colour");
});

test("handout_puts_columns_below_each_other", () => {
  const {html} = make(":::: columns\n::: column\nleft\n:::\n::: column\n" +
    "right\n:::\n::::\n", {form: "html"});

  assert.ok(!html.includes("column"), html);
  assert.ok(html.includes("<p>left</p>\n<p>right</p>"), html);
  assert.ok(html.includes("One &amp; two"), html);
});

test("a_folder_is_no_file_with_regions", () => {
  put("src/folder/a.c", marked("here", "x();"));
  fails(make("```{.c file=src/folder region=here}\n```\n"),
        "the file cannot be read");
});

test("a_kind_that_is_misspelt_or_has_another_in_it_is_an_error", () => {
  fails(make("::: {.replayy demo=default mark=x}\nLook.\n:::\n"),
        "not: replayy");
  fails(make("::: {.replay demo=a mark=x}\n::: {.replay demo=a mark=x}\n" +
             "Look.\n:::\n:::\n"), "a replay has another in it");
  fails(make("::: {.output}\n```commands\nfishbowl demo\n```\nLook.\n:::\n"),
        "fishbowl demo what?");
});

test("an_id_names_one_thing_of_the_deck", () => {
  fails(make("::: {#id}\nx\n:::\n"), '#id is that of "Title"');
  fails(make("[one]{#same} and [two]{#same}"), '#same is that of "one"');
  assert.equal(make("[one]{#one} and [two]{#two}\n\n### Three").status, 0);
});

test("what_deck_yaml_lacks_is_told", () => {
  make(""); // a slide that is right
  for (const [text, word] of [
    ["lang: en\nblocks: []\n", "no title"],
    ["title: T\nlang: en\n", "no list of blocks"],
    ["title: T\nlang: en\nblocks: 5\n", "deck.yaml"],
    ["title: T\nlang: en\nblocks: [one.md]\n", "its block 1 has no file"],
    ["title: T\nlang: en\nblocks:\n  - {file: one.md, title: T}\n",
     "its block 1 has no minutes"],
    ["title: T\nlang: en\nblocks:\n  - {file: one.md, title: T, minutes: x}\n",
     "minutes: x is no number"],
    ["title: T\nlang: en\nblocks:\n  - {file: ../deck/one.md, title: T, " +
     "minutes: 3}\n", "no such file"],
  ]) {
    put("slides/deck/deck.yaml", text);
    const {status, stderr} = spawnSync("pandoc", [
      "--metadata-file=slides/deck/deck.yaml", `--lua-filter=${filter}`,
      "--to=html"], {cwd: dir, encoding: "utf8", input: ""});

    assert.equal(status, 1);
    assert.ok(stderr.includes(word), `${word}: ${stderr}`);
    assert.doesNotMatch(stderr, /traceback|slides\.lua:\d/);
  }
});

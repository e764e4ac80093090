// What the tools do with texts that come from plays, traces and templates.
import assert from "node:assert/strict";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {gunzipSync} from "node:zlib";
import {pathToFileURL} from "node:url";

const tools = (name) => import(
  pathToFileURL(join(process.env.FB_SOURCE, "slides/tools", name)));
const {fill} = await tools("fill.mjs");
const {fillPage, pack, splitPage} = await tools("page.mjs");
const {inlinePicture} = await tools("picture.mjs");
const {storyUntil} = await tools("story.mjs");
const {fillTemplate, loads} = await tools("template.mjs");
const {Trouble} = await tools("run.mjs");
const dir = mkdtempSync(join(tmpdir(), "fishbowl-tools-"));

after(() => rmSync(dir, {recursive: true, force: true}));

const BAD = `</p><script>alert("1")</script>&'`;
const SVG = `<svg xmlns="x" width="1" role="img" aria-labelledby="what how">
<title id="what">a</title>
<desc id="how">four &lt;tasks&gt;</desc>
<style>text{fill:red}.a,.b{x:y}</style>
<clipPath id="c1"/><text clip-path="url(#c1)">3</text></svg>
`;

// A play that nobody played: what the tools ask of one.
function plays(votes = {questions: []}) {
  return {
    get: async (name) => {
      if (name !== "demo") {
        throw new Trouble(`there is no demo ${name}`);
      }
      return {name, marks: new Map([["m", 7], ["later", 9]]),
              story: `== ${BAD}\n    7  ${BAD}\n`};
    },
    event: () => 7,
    figure: async () => SVG,
    votes: async () => votes,
  };
}

const hook = (fields, body = "") =>
  `<!--fishbowl ${JSON.stringify(fields)}-->\n${body}<!--/fishbowl-->`;

test("story_ends_at_the_moment_with_the_words_said_there", () => {
  const text = `== First.\n\n>> Ada connects\n     23  fd 7 is readable.\n` +
    `<< Ada hears "x"\n\n== Now look.\n\n>> Ben connects\n     70  fd 7.\n`;
  const {cut, lines} = storyUntil(text, 23);

  assert.deepEqual(lines.map((l) => l.text),
    ["First.", "Ada connects", "fd 7 is readable.", "Now look."]);
  assert.equal(cut, false);
  assert.deepEqual(storyUntil(text, 70, 2), {cut: true, lines: [
    {kind: "act", text: "Ben connects"},
    {kind: "told", event: 70, text: "fd 7."}]});
});

test("story_leaves_out_trees_and_the_end", () => {
  const {lines} = storyUntil("== A.\n└ greet  named.c:40\ntask 3  idle\n" +
    "== The tasks at the end:\n    99  x\n", 100);

  assert.deepEqual(lines.map((l) => l.text), ["A."]);
});

test("pictures_in_one_document_do_not_style_or_name_each_other", () => {
  const made = inlinePicture(SVG, "m1", 'four "<b>"');

  assert.ok(made.includes("<style>#m1 text{fill:red}#m1 .a,#m1 .b{x:y}</style>"));
  assert.ok(made.includes('id="m1-c1"') && made.includes('"url(#m1-c1)"'));
  assert.ok(made.startsWith('<svg id="m1" '), made);
  assert.ok(made.includes('aria-label="four &quot;&lt;b&gt;&quot;"'));
  assert.ok(!/what|how/.test(made), made);
});

test("page_is_its_template_filled_in", () => {
  const template = "<t>@TITLE@</t>@TITLE@<a>@ABOUT@</a><b>@TRACE@</b>";
  const parts = {title: "a", about: '{"x":1}', trace: "QUJD\n"};

  assert.deepEqual(splitPage(template, fillPage(template, parts)), parts);
  assert.throws(() => splitPage(template, "<t>a</t>"), Trouble);
  assert.throws(() => splitPage(template, "<t>a</t>b<a></a><b></b>"), Trouble);
  assert.equal(`${gunzipSync(Buffer.from(pack(template), "base64"))}`, template);
  assert.equal(pack(template), pack(template));
});

test("what_is_put_into_a_template_is_not_read_for_marks", () => {
  writeFileSync(join(dir, "a.js"), 'x = "@TITLE@</script>";');
  writeFileSync(join(dir, "t.html"), "@TITLE@ @OTHER@\n@SCRIPT a.js@\n");
  assert.equal(fillTemplate(join(dir, "t.html"), {TITLE: "$& @SLIDES@"}, dir),
               '$& @SLIDES@ @OTHER@\nx = "@TITLE@<\\/script>";\n');
  writeFileSync(join(dir, "t.html"), "@STYLE none.css@\n");
  assert.throws(() => fillTemplate(join(dir, "t.html"), {}, dir), /none\.css/);
});

test("whatever_a_page_would_load_is_found", () => {
  for (const bad of ['<script src="x.js"></script>', '<img src="http://x/y">',
                     '<link rel="stylesheet" href="x.css">',
                     "<style>a{b:url(x.png)}</style>",
                     '<style>@import "x.css";</style>']) {
    assert.equal(loads(bad).length, 1, bad);
  }
  assert.deepEqual(loads(`<a href="https://x">x</a><img src="data:,x">
    <script>x = '<img src="y">';</script><style>a{b:url(data:,x)}</style>`), []);
});

test("hostile_story_is_text", async () => {
  const {html, complaints} = await fill(
    hook({kind: "replay", demo: "demo", mark: "m"}, "<p>Look.</p>"), plays(),
    {handout: true});

  assert.deepEqual(complaints, []);
  assert.ok(!html.includes("<script>"), html);
  assert.equal(html.split("&lt;script&gt;").length, 3, html);
  assert.ok(html.includes('data-event="7"'), html);
});

test("words_move_a_replay_to_a_mark_of_its_play_and_to_no_other", async () => {
  const slide = (mark, more = "") => `<section><h2>One</h2>${
    hook({kind: "replay", demo: "demo", mark: "m"}, "<p>Look.</p>")
  }<span class="fragment" data-seek="${mark}"${more}>now</span></section>`;
  const {html, complaints} = await fill(slide("later"), plays(), {});
  const {complaints: wrong} = await fill(slide("latter"), plays(), {});

  assert.deepEqual(complaints, []);
  assert.ok(html.includes("&quot;later&quot;:9"), html);
  assert.deepEqual(wrong, ['slide "One": data-seek=latter: replay 1 of this ' +
                           "slide has no such mark"]);
  assert.deepEqual((await fill(slide("later", ' data-of="2"'), plays(), {}))
    .complaints, ['slide "One": data-seek=later: replay 2 of this slide has no ' +
                  "such mark"]);
  assert.deepEqual((await fill(`<h3 id="x"><span class="number">1.</span> One ` +
    `<span class="minutes">3 min</span></h3>${slide("latter").slice(20)}`,
    plays(), {})).complaints, wrong, "on paper it has the same title");
});

test("a_handout_tells_on_to_the_mark_that_is_named", async () => {
  const told = `== first\n    7  one\n== then\n    9  two\n   11  three\n`;
  const marks = new Map([["m", 7], ["later", 9]]);
  const play = {...plays(), get: async (name) => ({name, marks, story: told}),
                event: (p, mark) => p.marks.get(mark)};
  const all = {kind: "replay", demo: "demo", mark: "m"};
  const ends = async (more) => [...(await fill(
    hook({...all, ...more}, "<p>Look.</p>"), play, {handout: true})).html
    .matchAll(/<li class="told" data-event="(\d+)"/g)].map(([, n]) => n);

  assert.deepEqual(await ends({}), ["7"]);
  assert.deepEqual(await ends({tell: "later"}), ["7", "9"]);
});

test("hostile_vote_is_text_and_its_answer_is_locked", async () => {
  const q = {name: "q", ask: BAD, at: 1, until: 2, truth: BAD, said: BAD,
             choices: [{says: BAD, why: BAD, right: false},
                       {says: BAD, why: BAD, right: true}],
             events: [{event: 1, says: BAD}]};
  const text = hook({kind: "vote", demo: "demo", question: "q"});
  const {html} = await fill(text, plays({questions: [q]}), {handout: false});

  assert.ok(!html.includes("<script>"), html);
  assert.ok(html.includes('data-right="b"'), html);
  assert.equal(html.match(/class="why" hidden/g).length, 2);
  assert.ok(html.includes('class="answer" hidden'), html);
});

test("on_paper_the_answer_is_at_the_end_of_the_block", async () => {
  const q = {name: "q", ask: "ASK", at: 1, until: 2, truth: "2", said: "SAID",
             choices: [{says: "one", why: "WHY1", right: false},
                       {says: "two", why: "WHY2", right: true}], events: []};
  const slide = `<!--fishbowl ${JSON.stringify(
    {kind: "slide", id: "s", number: 1, title: "S"})}-->\n`;
  const {html} = await fill(`${slide}${hook(
    {kind: "vote", demo: "demo", question: "q"})}|<!--fishbowl ` +
    `{"kind":"answers"}-->`, plays({questions: [q]}), {handout: true});
  const [question, answer] = html.split("|");

  assert.ok(question.includes("ASK") && !/WHY|SAID/.test(question), question);
  assert.ok(/SAID[^]*WHY1[^]*is right\. WHY2/.test(answer), answer);
  assert.ok(answer.includes("1. S</a>: b"), answer);
});

test("what_cannot_be_made_is_told_with_its_slide", async () => {
  const slide = `<!--fishbowl ${JSON.stringify(
    {kind: "slide", id: "s", number: 1, title: "S"})}-->\n`;
  const {html, complaints} = await fill(slide +
    hook({kind: "replay", demo: "none", mark: "m"}) +
    hook({kind: "vote", demo: "demo", question: "q"}),
    plays({questions: [], left_out: [{name: "q", why: BAD}]}), {handout: false});

  assert.equal(complaints.length, 2);
  assert.equal(complaints[0], 'slide "S": there is no demo none');
  assert.ok(complaints[1].includes("no answer in this trace"));
  assert.ok(!html.includes("<script>"), html);
});

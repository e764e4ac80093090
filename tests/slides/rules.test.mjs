// Each rule of text.test.mjs finds the fault that it is for, says where and what
// to do, and says nothing of a deck without one.
import assert from "node:assert/strict";
import {test} from "node:test";
import {deckOf} from "./deck.mjs";
import * as rules from "./rules.mjs";

const yaml = `title: "T"
blocks:
  - {file: one.md, title: "B", minutes: 4}
`;
const good = `## A task {#task minutes=4}

A task is *scheduled*.

\`\`\`{.c file=a.c region=here highlight="1-2|3"}
\`\`\`

::: {.replay demo=default mark=wait show=tasks}
Nobody runs.
:::

::: {.vote demo=default question=how-many}
:::

::: notes
- Ask: Who has written a server?
- Demo: \`./fishbowl demo default --plain\`, press \`C\`.
:::
`;
const plan = [{id: "task", title: "A task", minutes: 4,
               hook: {replay: 1, vote: 1, code: 1}}];
const region = (lines) =>
  `x\n    // DOC: here\n${lines.join("\n")}\n    // END: here\n`;
const file = region(["    one {", "        two", "    }"]);
const questions = `format: 1
question: how-many
ask: How
  many?
choice: 1
says: one
why: It is not.
choice: 2
says: two
why: It is.
`;

// Each rule with all that it asks for, on a deck whose text was changed.
function check(rule, text = good, {files = {"a.c": file}, asked = questions,
                                   yaml: changed = yaml} = {}) {
  const deck = deckOf({"one.md": text}, changed);
  const help = (verb) => verb === "demo" ? "  --plain   text\n  --ring=F"
    : verb === "learn" ? "  hint [NAME]   asks\n" : null;

  return {
    headings: () => rules.headings(deck, plan),
    minutes: () => rules.minutes(deck, plan),
    hooks: () => rules.hooks(deck, plan),
    notes: () => rules.notes(deck),
    regions: () => rules.regions(deck, (path) => files[path] ?? null),
    areBuilt: () => rules.areBuilt(deck, new Set(["a.c"])),
    plays: () => rules.plays(deck, new Map([["default", "mark wait\n"]])),
    votes: () => rules.votes(deck, rules.questionsOf("v.questions", asked)),
    words: () => rules.words(deck),
    commands: () => rules.commands(deck, {
      help, demos: new Set(["default"]), exercises: ["06_yield_once"]}),
  }[rule]();
}

const all = ["headings", "minutes", "hooks", "notes", "regions", "areBuilt",
             "plays", "votes", "words", "commands"];

test("a_good_deck_has_no_problem", () => {
  assert.deepEqual(all.flatMap((rule) => check(rule)), []);
});

// rule, what is changed in the good deck, by what, what the problem says
const faults = [
  ["headings", "{#task", "{", /one\.md:1: slide "A task": has no id/],
  ["headings", "{#task", "{#job", /:1: slide job: slide 1 is planned as/],
  ["headings", "A task {", "One task {", /slide task: slide 1 is planned as/],
  ["headings", "\n::: notes", "## Two {#task minutes=1}\n\n::: notes",
   /:\d+: slide task: a slide before it has this id; .*choose/],
  ["minutes", " minutes=4", "", /:1: slide task: has no minutes; write/],
  ["minutes", "minutes=4", "minutes=5", /takes 5 minutes, and is planned with 4/],
  ["minutes", "minutes=4", "minutes=10", /take 10 minutes, the block has 4/],
  ["hooks", ".replay", ".picture", /slide task: has 0 of replay/],
  ["hooks", ".vote", ".note", /slide task: has 0 of vote/],
  ["notes", "- Ask: Who", "Who", /:16: slide task: notes are bullets/],
  ["notes", "- Ask: ", "- Say: ", /:16: .*does not begin with Ask:, Demo: or/],
  ["notes", "Who has", "W".repeat(160), /a note of \d+ characters; .*160/],
  ["notes", "- Ask:", "- Ask: A?\n- Ask: B?\n- Ask: C?\n- Ask: D?\n- Ask:",
   /has 6 notes; .*at most five/],
  ["notes", "`./fishbowl demo default --plain`, press `C`", "Press it",
   /a Demo names no command/],
  ["notes", /- Ask.*\n- Demo.*\n/, "", /slide task: has no notes/],
  ["notes", "Who has written a server?", "Empty yet.", /is not written/],
  ["regions", "region=here", "region=there",
   /:5: slide task: region there of a\.c: the file has no such region; put/],
  ["regions", "file=a.c", "file=b.c", /there is no such file/],
  ["regions", " region=here", "", /needs its file and its name/],
  ["regions", "1-2|3", "1-2|4", /highlight names line 4 of 3/],
  ["regions", ' file=a.c region=here highlight="1-2|3"', "",
   /code that is typed here is never built/],
  ["areBuilt", "file=a.c", "file=b.c", /nothing builds b\.c/],
  ["plays", "demo=default mark", "demo=none mark", /there is no demo "none"/],
  ["plays", "mark=wait", "mark=weight", /demo default has no mark weight; it has: wait/],
  ["plays", " mark=wait", "", /a replay of default at no moment/],
  ["plays", "Nobody runs.", "", /the replay has no caption/],
  ["votes", "question=how-many", "question=who", /has the question "who"/],
  ["words", "*scheduled*", "a coroutine", /"coroutine" is no word of ours; .*future/],
  ["words", "*scheduled*", "word ".repeat(100), /words to read; at most/],
  ["commands", "fishbowl demo", "fishbowl demon", /has no verb "demon"/],
  ["commands", "demo default", "demo defect", /there is no demo "defect"/],
  ["commands", "--plain", "--plane", /demo has no option --plane/],
  ["commands", "demo default --plain", "learn hind 6", /learn has no verb "hind"/],
  ["commands", "demo default --plain", "learn hint 7", /no exercise "7"/],
];

for (const [rule, from, to, says] of faults) {
  test(`${rule}_finds_${String(says).replaceAll(/[^a-z0-9]+/gi, "_")}`, () => {
    const broken = good.replace(from, to);
    const problems = check(rule, broken);

    assert.notEqual(broken, good, "the fault is in the deck");
    assert.match(problems.join("\n"), says);
  });
}

test("a_block_that_is_left_out_is_found", () => {
  assert.match(check("headings", "").join(), /there is no slide 1, task/);
});

test("a_region_of_13_lines_is_found_and_one_of_12_is_not", () => {
  const of = (n) => check("regions", good.replace('"1-2|3"', '"1"'),
    {files: {"a.c": region(Array(n).fill("    x;"))}});

  assert.deepEqual(of(12), []);
  assert.match(of(13).join(), /one\.md:5: slide task: region here of a\.c has 13 lines; .*mark less/);
  assert.match(check("regions", good, {files: {
    "a.c": "// DOC: here\n// END: here\n"}}).join(), /has 0 lines/);
});

test("a_line_of_69_columns_is_found_without_its_indentation", () => {
  const of = (n) => check("regions", good.replace('"1-2|3"', '"1"'),
    {files: {"a.c": region([`    ${"é".repeat(n)}`, "    y"])}});

  assert.deepEqual(of(68), []);
  assert.match(of(69).join(), /line 1 is 69 columns wide; 68 at most/);
});

test("a_region_that_is_there_twice_or_does_not_end_is_found", () => {
  const of = (text) => check("regions", good, {files: {"a.c": text}}).join();

  assert.match(of(file + file), /the file has it twice/);
  assert.match(of(file.replace("END", "AND")), /the file does not end it/);
});

test("marks_of_other_regions_inside_are_not_shown", () => {
  const {lines} = rules.regionOf(region(["    a", "    // DOC: b", "      b",
                                         "    // END: b"]), "here");

  assert.deepEqual(lines, ["a", "  b"]);
});

test("a_wrong_choice_without_a_why_and_a_fifth_one_are_found", () => {
  assert.match(check("votes", good, {asked: questions.replace(
    "why: It is not.\n", "")}).join(), /v\.questions: choice 1 has no why; say/);
  assert.match(check("votes", good, {asked: questions +
    "choice: 3\nsays: x\nwhy: y\n".repeat(3)}).join(), /5 choices; two to four/);
});

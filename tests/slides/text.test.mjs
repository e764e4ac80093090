// The text of the deck: as planned, short, in the project's words, with code
// that is built, demos, votes and commands that are there.
import assert from "node:assert/strict";
import {execFileSync, spawnSync} from "node:child_process";
import {readFileSync, readdirSync} from "node:fs";
import {join} from "node:path";
import {test} from "node:test";
import {readDeck} from "./deck.mjs";
import {plan} from "./plan.mjs";
import * as rules from "./rules.mjs";

const source = process.env.FB_SOURCE, bin = process.env.FB_BIN;

assert.ok(source && bin, "FB_SOURCE and FB_BIN name the tree and the programs");

const deck = readDeck(join(source, "slides/deck"));
const holds = (problems) =>
  assert.ok(problems.length === 0, `\n${problems.join("\n")}\n`);
const named = (folder, end) => readdirSync(join(source, folder))
  .filter((name) => name.endsWith(end));
const texts = (folder, end) => new Map(named(folder, end).map((name) =>
  [name.slice(0, -end.length),
   readFileSync(join(source, folder, name), "utf8")]));

test("34_slides_are_there_as_planned", () => {
  assert.equal(plan.length, 34);
  holds(rules.headings(deck, plan));
});

test("each_slide_has_minutes_and_each_block_keeps_its_own", () => {
  assert.equal(plan.reduce((sum, slide) => sum + slide.minutes, 0), 135);
  holds(rules.minutes(deck, plan));
});

test("what_the_plan_wants_to_be_seen_is_there", () => {
  holds(rules.hooks(deck, plan));
});

test("notes_are_at_a_glance", () => holds(rules.notes(deck)));

test("regions_resolve_and_fit_on_a_slide", () => {
  holds(rules.regions(deck, rules.treeFiles(source)));
});

test("code_on_slides_is_built", () => {
  const all = readFileSync(join(bin, "../compile_commands.json"), "utf8");
  const built = new Set(JSON.parse(all)
    .map(({file}) => file.replace(`${source}/`, "")));

  assert.ok(built.has("server/named.c"), "the build says what it compiles");
  holds(rules.areBuilt(deck, built));
});

test("replays_and_figures_are_of_plays_and_their_marks", () => {
  holds(rules.plays(deck, texts("viz/demo/scripts", ".demo")));
});

test("votes_ask_what_is_written_and_say_why", () => {
  const all = [...texts("slides/votes", ".questions")].flatMap(
    ([name, text]) => [...rules.questionsOf(`slides/votes/${name}.questions`,
                                            text)]);

  holds(rules.votes(deck, new Map(all)));
});

test("words_are_few_and_those_of_the_project", () => holds(rules.words(deck)));

test("each_command_on_a_slide_or_in_notes_can_be_typed", () => {
  const script = readFileSync(join(source, "fishbowl"), "utf8");
  const known = new Map();
  const help = (verb = "demo") => {
    if (!known.has(verb)) {
      known.set(verb, helpOf(verb, script));
    }
    return known.get(verb);
  };

  holds(rules.commands(deck, {
    help, demos: new Set(texts("viz/demo/scripts", ".demo").keys()),
    exercises: readdirSync(join(source, "exercises"))
      .filter((name) => /^\d\d_/.test(name)),
  }));
});

// Verbs of the program have --help; those of the script stand in its own help.
function helpOf(verb, script) {
  const [, own] = script.match(/<<'HELP'\n([^]*?)\nHELP\n/);

  if (verb === "slides") {
    return execFileSync(process.execPath,
      [join(source, "slides/tools/slides.mjs"), "--help"], {encoding: "utf8"});
  }
  if (new RegExp(`^  ${verb}( |$)`, "m").test(own)) {
    return own;
  }
  const {status, stdout} = spawnSync(join(bin, "fishbowl"), [verb, "--help"],
                                     {encoding: "utf8"});

  return status === 0 ? stdout : null;
}

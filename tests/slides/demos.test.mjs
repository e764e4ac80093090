// Every demo of the deck plays to its end, ends in the tree of tasks that it
// ended in when the slides were written, and has the moments that they show.
import assert from "node:assert/strict";
import {existsSync, readFileSync, readdirSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {test} from "node:test";
import {readDeck} from "./deck.mjs";
import {fishbowl, playOf} from "./plays.mjs";

const source = process.env.FB_SOURCE;
const golden = join(source, "slides/golden");
const uses = new Map(); // demo → the marks that slides name

for (const slide of readDeck(join(source, "slides/deck")).slides) {
  for (const {attrs} of slide.blocks.filter((b) => b.attrs.demo)) {
    const marks = uses.get(attrs.demo) ?? new Set();

    uses.set(attrs.demo, attrs.mark ? marks.add(attrs.mark) : marks);
  }
}

test("the_deck_has_demos", () => assert.ok(uses.size >= 10, `${uses.size}`));

for (const [demo, marks] of uses) {
  const name = demo.replaceAll("-", "_");

  test(`demo_${name}_reaches_its_golden_end`, () => {
    const {status, errors, trace, marks: found} = playOf(demo);
    const file = join(golden, `${demo}.txt`);

    assert.equal(status, 0, `fishbowl demo ${demo} --plain: ${errors}`);
    // Up to the end of the play: how its program is put away is another tale.
    const tree = fishbowl("print", "--normal", `--at=${found.get("end")}`,
                          trace);

    if (process.env.FB_UPDATE) {
      writeFileSync(file, tree);
    }
    assert.ok(existsSync(file), `slides/golden/${demo}.txt is not there: make ` +
      "it with FB_UPDATE=1 ./fishbowl test -R slides_demos, and read it");
    assert.equal(tree, readFileSync(file, "utf8"), `${demo} does not end as in ` +
      `slides/golden/${demo}.txt; if it is right so, FB_UPDATE=1 ` +
      "./fishbowl test -R slides_demos writes it anew");
  });

  test(`demo_${name}_has_the_moments_that_slides_show`, () => {
    const {marks: found, trace} = playOf(demo);
    const last = Math.max(...fishbowl("print", "--events", trace).split("\n")
      .map((line) => Number(line.match(/^\s*(\d+)\s/)?.[1] ?? 0)));

    assert.ok(last > 10, `${last} events`);
    for (const mark of marks) {
      const event = found.get(mark);

      assert.ok(event >= 1 && event <= last,
                `mark ${mark} is at ${event} of ${last}`);
    }
  });
}

test("each_golden_end_is_of_a_demo_of_the_deck", () => {
  assert.deepEqual(readdirSync(golden).filter((file) => file.endsWith(".txt"))
    .map((file) => file.slice(0, -4)).filter((demo) => !uses.has(demo)), []);
});

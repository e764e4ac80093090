// Votes: what is right is what a run of today shows, and nobody sees or hears it
// before the slide is unlocked.
import assert from "node:assert/strict";
import {readFileSync, readdirSync} from "node:fs";
import {join} from "node:path";
import {after, test} from "node:test";
import {blocksOf, readDeck} from "./deck.mjs";
import {openDeck, show} from "./deckpage.mjs";
import {plan} from "./plan.mjs";
import {fishbowl, playOf} from "./plays.mjs";
import {close, done, perceived} from "./support.mjs";

after(close);

const source = process.env.FB_SOURCE;
const deck = readDeck(join(source, "slides/deck"));
const votes = deck.slides.flatMap((slide, number) =>
  blocksOf(slide, "vote").map(({attrs}) =>
    ({number, truth: plan[number].hook.truth, ...attrs})));

// The question as it is measured in a run that is made now.
function measured({demo, question}) {
  const folder = join(source, "slides/votes");

  for (const name of readdirSync(folder)) {
    const file = join(folder, name);

    if (new RegExp(`^question: *${question}$`, "m")
      .test(readFileSync(file, "utf8"))) {
      const found = JSON.parse(fishbowl("print", playOf(demo).trace,
                                        "--questions", file, "--json"));
      const one = found.questions.find((q) => q.name === question);

      assert.ok(one, `${question}: not asked: ${JSON.stringify(found.left_out)}`);
      return one;
    }
  }
  assert.fail(`no file of slides/votes has the question ${question}`);
}

const seen = async (page) =>
  (await page.evaluate(() => document.body.innerText)).replaceAll(/\s+/g, " ");
const plain = (text) => text.replaceAll(/\s+/g, " ").trim();

test("the_deck_has_its_four_votes", () => assert.equal(votes.length, 4));

for (const vote of votes) {
  const name = vote.question.replaceAll("-", "_");

  test(`${name}_is_right_as_measured`, async () => {
    const question = measured(vote);
    const right = question.choices.filter((c) => c.right);
    const page = await openDeck();
    const shown = await page.evaluate(({question: q}) => {
      const node = document.querySelector(`.vote[data-question="${q}"]`);

      return {
        right: node.dataset.right,
        says: [...node.querySelectorAll(".says")].map((n) => n.textContent),
        why: [...node.querySelectorAll(".why")].map((n) => n.textContent),
      };
    }, vote);

    assert.equal(right.length, 1, "one choice is right");
    assert.equal(question.truth, vote.truth,
                 "as it was when choices and reasons were written");
    assert.equal(shown.right, "abcd"[question.choices.indexOf(right[0])]);
    assert.deepEqual(shown.says.map(plain),
                     question.choices.map((c) => plain(c.says)));
    assert.ok(shown.why.every((why) => plain(why).length > 20), "each says why");
    await done(page);
  });

  test(`${name}_is_locked_until_it_is_unlocked`, async () => {
    const question = measured(vote);
    const page = await openDeck();
    const secrets = question.choices.map((c) => plain(c.why))
      .concat(plain(question.said ?? question.truth));
    const reaches = async () => {
      const all = await perceived(page);

      return secrets.filter((secret) => all.includes(secret));
    };

    await show(page, vote.number);
    const words = await seen(page);

    for (const {says} of question.choices) {
      assert.ok(words.includes(plain(says)), `"${plain(says)}" is to be seen`);
    }
    assert.deepEqual(await reaches(), []);
    for (const key of ["ArrowRight", " ", "PageDown", "Enter"]) {
      await show(page, vote.number);
      await page.keyboard.press(key); // whatever it does, it does not tell
      assert.deepEqual(await reaches(), [], key);
    }
    await show(page, vote.number);
    await page.keyboard.press("u"); // the teacher's own key
    await page.waitForFunction(() => [...document.querySelectorAll(
      "section.present .vote .why")].some((why) => why.checkVisibility()));
    const told = await reaches();

    for (const why of question.choices.filter((c) => !c.right)) {
      assert.ok(told.includes(plain(why.why)), `"${plain(why.why)}" is told`);
    }
    await done(page);
  });
}

// Every slide, as it is shown on two projectors: nothing leaves it, is cut off,
// too small or lies over something; its replays stand at their event; and the
// deck says nothing on the console and asks nobody for anything.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {openDeck, replaysOf, show, slidesOf} from "./deckpage.mjs";
import {faultsOf} from "./layout.mjs";
import {plan} from "./plan.mjs";
import {close} from "./support.mjs";

// To be read from the last row; what is in the page of a replay who leads reads
// aloud, and "Enlarge" makes it larger.
const smallest = 20, smallestInReplay = 19;

after(close);

for (const box of [{width: 1280, height: 720}, {width: 1920, height: 1080}]) {
  const size = `${box.width}x${box.height}`;
  let page, slides;

  test(`deck_opens_at_${size}`, async () => {
    page = await openDeck({viewport: box});
    slides = await slidesOf(page);
    assert.deepEqual(slides.map(({id, title}) => ({id, title})),
                     plan.map(({id, title}) => ({id, title})));
    assert.deepEqual(slides.map(({minutes}) => minutes),
                     plan.map(({minutes}) => String(minutes)));
  });
  plan.forEach(({id}, number) => {
    test(`slide_${number + 1}_${id}_fits_at_${size}`, async () => {
      const faults = [];

      for (let i = 0; i <= slides[number].fragments; i++) {
        await show(page, number, i);
        for (const {demo, event, frame} of await replaysOf(page)) {
          if (i === 0) {
            assert.equal(await frame.getAttribute("html", "data-event"), event,
                         `the replay of ${demo} opens at its event`);
          }
          faults.push(...await frame.evaluate(faultsInFrame,
                                              smallestInReplay));
        }
        faults.push(...await page.evaluate(
          faultsOf, {box, smallest}));
      }
      assert.ok(faults.length === 0, `slide ${number + 1}, ${id}:\n` +
                [...new Set(faults)].join("\n"));
      assert.deepEqual(page.problems.splice(0), []);
    });
  });
  test(`deck_closes_at_${size}`, () => page.context().close());
}

// A replay's page scrolls its tables and stories by itself, never sideways.
function faultsInFrame(smallest) {
  const {clientWidth, scrollWidth} = document.documentElement;
  const faults = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);

  if (scrollWidth > clientWidth) {
    faults.push(`a replay is ${scrollWidth} wide in ${clientWidth}`);
  }
  const small = [];

  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const size = parseFloat(getComputedStyle(node).fontSize);

    if (walk.currentNode.data.trim() !== "" && node.checkVisibility() &&
        !node.closest("script, style, .unseen") && size < smallest - 0.1) {
      small.push([size, node.textContent.trim().slice(0, 30)]);
    }
  }
  if (small.length > 0) {
    const [size, text] = small.sort(([a], [b]) => a - b)[0];

    faults.push(`${small.length} texts in a replay are below ${smallest} px: ` +
                `"${text}" is of ${size.toFixed(1)}`);
  }
  return faults;
}

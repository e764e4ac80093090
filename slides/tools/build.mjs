// One build: everything that `./fishbowl slides` leaves in build/slides. Files
// appear whole or not at all, and an old one stays until a new one is there.
import {existsSync} from "node:fs";
import {mkdir, stat} from "node:fs/promises";
import {join} from "node:path";
import {makeDeck, makeHandout, outline, readDeck} from "./document.mjs";
import {putFile, sweep} from "./files.mjs";
import {browserPath, printAll} from "./paper.mjs";
import {Plays} from "./plays.mjs";
import {Trouble} from "./run.mjs";

// All that went wrong in several pieces of work, each line once.
async function all(works) {
  const ends = await Promise.allSettled(works);
  const errors = ends.filter((e) => e.status === "rejected").map((e) => e.reason);
  const strange = errors.find((e) => !(e instanceof Trouble));

  if (strange !== undefined) {
    throw strange;
  }
  if (errors.length > 0) {
    throw new Trouble([...new Set(errors.flatMap((e) => e.message.split("\n")))]
      .join("\n"));
  }
  return ends.map((e) => e.value);
}

// What cannot be made here, and what would help.
function missing(modules, paper) {
  const words = [];

  if (!existsSync(join(modules, "reveal.js"))) {
    words.push("no deck.html: reveal.js is not here (npm gets it: ./fishbowl " +
      "install slides, and a network the first time)");
  }
  if (paper && browserPath() === undefined) {
    words.push("no PDFs: Chromium is not here (./fishbowl install slides)");
  } else if (paper && !existsSync(join(modules, "playwright-core"))) {
    words.push("no PDFs: playwright-core is not here (npm gets it: ./fishbowl " +
      "install slides, and a network the first time)");
  }
  return words;
}

// The PDFs; a browser that does not start is one that is not here.
async function print(out, lack) {
  try {
    await printAll(out);
    return ["slides.pdf", "handout.pdf"];
  } catch (error) {
    lack.push("no PDFs: Chromium does not print: " +
      error.message.split("\n")[0]);
    return [];
  }
}

// With `keepGoing` a replay, figure or vote that cannot be made is a word on its
// slide; without, there is no new deck.
// {root, bin, out, paper, keepGoing, say}
//     → {about, made: [{name, bytes}], complaints, missing}
export async function build({root, bin, out, paper, keepGoing, say}) {
  const modules = join(out, "node_modules");
  const made = join(out, "made");
  const lack = missing(modules, paper);
  const withDeck = existsSync(join(modules, "reveal.js"));

  await mkdir(made, {recursive: true});
  await sweep(out);
  await sweep(made);
  const plays = new Plays({root, bin, made, say});
  const [deck, handout] = await all([readDeck(root, "deck"),
                                     readDeck(root, "handout")]);
  const about = outline(deck);

  // All are begun at once; what fails is told where it is used.
  about.demos.forEach((name) => plays.get(name).catch(() => {}));
  const pages = await all([
    makeHandout(root, handout, plays, modules),
    ...withDeck ? [makeDeck(root, deck, plays, modules)] : [],
  ]);
  const complaints = [...new Set(pages.flatMap((p) => p.complaints))];

  if (complaints.length > 0 && !keepGoing) {
    throw new Trouble(complaints.join("\n"));
  }
  await putFile(join(out, "handout.html"), pages[0].html);
  if (withDeck) {
    await putFile(join(out, "deck.html"), pages[1].html);
  }
  const names = [...withDeck ? ["deck.html"] : [], "handout.html"];

  if (paper && lack.length === 0) {
    say("printing");
    names.push(...await print(out, lack));
  }

  return {
    about, complaints, missing: lack,
    made: await Promise.all(names.map(async (name) =>
      ({name, bytes: (await stat(join(out, name))).size}))),
  };
}

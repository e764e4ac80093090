#!/usr/bin/env node
// A contact sheet, for eyes: every slide of the deck that was built, with all of
// its fragments, at both sizes, and sheet.html that shows them side by side.
// usage: tests/slides/shots.mjs [FOLDER] [ID…]
//   FOLDER  default build/slides/shots       ID  only these slides
//   FB_SLIDES: the folder with deck.html (default build/slides)
//   FB_THEME: light (default) or dark
import {mkdirSync, writeFileSync} from "node:fs";
import {join, resolve} from "node:path";
import {fileURLToPath} from "node:url";

const root = resolve(fileURLToPath(new URL(".", import.meta.url)), "../..");
const [folder = join(root, "build/slides/shots"), ...only] =
  process.argv.slice(2);

process.env.FB_SLIDES ??= join(root, "build/slides");
process.env.FB_PAGE_MODULES ??= process.env.FB_SLIDES;
const {openDeck, replaysOf, show, slidesOf} = await import("./deckpage.mjs");
const {close} = await import("./support.mjs");

const sizes = [{width: 1280, height: 720}, {width: 1920, height: 1080}];
const shots = [];

for (const viewport of sizes) {
  const page = await openDeck({viewport,
                               colorScheme: process.env.FB_THEME ?? "light"});
  const slides = await slidesOf(page);

  // what a vote says when one goes past it
  await page.addStyleTag({content: ".deck-says {display: none}"});
  for (const [i, {id, title, fragments}] of slides.entries()) {
    if (only.length > 0 && !only.includes(id)) {
      continue;
    }
    const name = `${String(i + 1).padStart(2, "0")}-${id}-${viewport.width}.png`;

    mkdirSync(folder, {recursive: true});
    await show(page, i, fragments);
    await replaysOf(page).catch((e) => console.error(`${id}: ${e.message}`));
    await page.screenshot({path: join(folder, name)});
    shots.push({name, title, width: viewport.width});
  }
  for (const problem of page.problems) {
    console.error(problem);
  }
  await page.context().close();
}
await close();

const figure = ({name, title, width}) => `<figure><a href="${name}">
<img src="${name}" alt="" loading="lazy"></a><figcaption>${name}: ${
  title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</figcaption></figure>`;

writeFileSync(join(folder, "sheet.html"), `<!doctype html><html lang="en">
<meta charset="utf-8"><title>Contact sheet</title><style>
body {display: grid; grid-template-columns: 1fr 1fr; gap: 1em; font: 14px sans-serif}
figure {margin: 0} img {width: 100%; border: 1px solid #888}</style>
${shots.sort((a, b) => a.name < b.name ? -1 : 1).map(figure).join("\n")}
</html>`);
console.log(`${shots.length} pictures: ${join(folder, "sheet.html")}`);

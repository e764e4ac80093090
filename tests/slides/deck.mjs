// The deck as its authors write it: slides with their notes, code, replays,
// figures and votes, each with the line it stands in.
//
// Read by hand, from slides/README.md alone: were it read with the filters that
// make the deck, a fault of theirs would look right from both sides.
import {readFileSync} from "node:fs";
import {join} from "node:path";

// {#id .class name=value name="two words"} → {id, classes, attrs}
function attributesOf(text) {
  const found = {id: "", classes: [], attrs: {}};
  const each = /#([\w-]+)|\.([\w-]+)|([\w-]+)=(?:"([^"]*)"|([^\s"}]+))/g;

  for (const [, id, name, key, quoted, bare] of text.matchAll(each)) {
    if (id) {
      found.id = id;
    } else if (name) {
      found.classes.push(name);
    } else {
      found.attrs[key] = quoted ?? bare;
    }
  }
  return found;
}

function slideAt(file, line, heading) {
  const [, title, mark = ""] = heading.match(/^## +(.*?)\s*(\{[^{}]*\})?\s*$/);
  const {id, attrs} = attributesOf(mark);

  return {
    file, line, title, id, minutes: attrs.minutes, notes: [], prose: [],
    text: [], codes: [], blocks: [], // of ::: with their class, text and line
  };
}

// What stands between fences goes to the innermost block; the words that are
// read from the wall are `text`, those of nobody (notes) are not.
function readBlock(file, source) {
  const slides = [];
  let slide = null, open = [], code = null;

  source.split("\n").forEach((raw, i) => {
    const line = i + 1, fence = raw.match(/^\s*(```+|~~~+)(.*)$/);

    if (code) {
      if (fence && fence[1].startsWith(code.fence) && fence[2].trim() === "") {
        code = null;
      } else {
        code.body.push(raw);
      }
      return;
    }
    if (/^## /.test(raw)) {
      slide = slideAt(file, line, raw);
      slides.push(slide);
      open = [];
      return;
    }
    if (!slide) {
      return;
    }
    if (fence) {
      code = {line, fence: fence[1], body: [], ...attributesOf(fence[2])};
      slide.codes.push(code);
      return;
    }
    const div = raw.match(/^\s*:::+\s*(.*?)\s*:*\s*$/);

    if (div && div[1] === "") {
      open.pop();
    } else if (div) {
      const mark = div[1].startsWith("{") ? attributesOf(div[1])
        : {id: "", classes: [div[1].split(/\s/)[0]], attrs: {}};
      const block = {line, ...mark, kind: mark.classes[0] ?? "", lines: []};

      slide.blocks.push(block);
      open.push(block);
    } else if (raw.trim() !== "") {
      const at = open.at(-1);

      at?.lines.push({line, text: raw});
      if (open.some((b) => b.kind === "notes")) {
        (/^- /.test(raw) ? slide.notes : slide.prose).push({line, text: raw});
      } else if (!open.some((b) => b.kind === "figure")) { // heard, not seen
        slide.text.push({line, text: raw});
      }
    }
  });
  return slides;
}

export function deckOf(files, yaml) { // {name: text}, deck.yaml's text
  const each = /^\s*- *\{file: *([\w.-]+), *title: *"([^"]*)", *minutes: *(\d+)/gm;
  const blocks = [...yaml.matchAll(each)].map(([, file, title, minutes]) => ({
    file, title, minutes: Number(minutes), slides: readBlock(file, files[file]),
  }));

  return {blocks, slides: blocks.flatMap((b) => b.slides)};
}

export function readDeck(folder) {
  const yaml = readFileSync(join(folder, "deck.yaml"), "utf8");
  const names = [...yaml.matchAll(/file: *([\w.-]+)/g)].map((m) => m[1]);

  return deckOf(Object.fromEntries(names.map(
    (name) => [name, readFileSync(join(folder, name), "utf8")])), yaml);
}

export const blocksOf = (slide, kind) =>
  slide.blocks.filter((b) => b.classes.includes(kind));

// The words one reads from the wall: no marks of Markdown, no attributes.
export const wordsOf = (slide) => slide.text
  .map(({text}) => text.replace(/\{[^}]*\}|<[^>]*>|\]\([^)]*\)|[|*_`#>\[\]]/g, " "))
  .join(" ").split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));

// Problem: each replay is a page of its own, most of which is the same.
// Idea: what `export --to html` fills into its template, taken out again. The
// template is kept once, packed; of each trace only what was filled in.
import {gzipSync} from "node:zlib";
import {Trouble} from "./run.mjs";

const MARKS = /(@TITLE@|@ABOUT@|@TRACE@)/;

// What stands in `page` where `template` has its marks: {title, about, trace}.
export function splitPage(template, page) {
  const parts = template.split(MARKS);
  const found = {};
  let at = parts[0].length;

  for (let i = 1; i < parts.length; i += 2) {
    const name = parts[i].slice(1, -1).toLowerCase();
    const end = parts[i + 1] === "" ? page.length
      : page.indexOf(parts[i + 1], at);

    if (end < at || (found[name] ?? page.slice(at, end)) !== page.slice(at, end)) {
      throw new Trouble("a page of export --to html is not its template " +
        "filled in: splitPage in slides/tools/page.mjs must follow it");
    }
    found[name] = page.slice(at, end);
    at = end + parts[i + 1].length;
  }
  if (fillPage(template, found) !== page) {
    throw new Trouble("a page of export --to html cannot be made again from " +
      "its template and its parts: see slides/tools/page.mjs");
  }
  return found;
}

export function fillPage(template, parts) {
  return template.split(MARKS).map((part, i) =>
    i % 2 === 0 ? part : parts[part.slice(1, -1).toLowerCase()]).join("");
}

// The same bytes whatever the hour: gzip's header has no time here.
export function pack(text) {
  return gzipSync(text, {level: 9}).toString("base64")
    .replaceAll(/(.{120})/g, "$1\n");
}

// Problem: an SVG that stands alone styles all it likes and names what it likes;
// a hundred of them in one document would style and name each other.
// Idea: its rules get its own id before each selector, its ids a number behind.
// What it is about is said once, in aria-label.
import {escape} from "./text.mjs";

const STYLE = /<style>([^]*?)<\/style>/;

function scope(css, id) {
  return css.replaceAll(/([^{}]+)\{([^{}]*)\}/g, (_, selectors, rules) =>
    `${selectors.split(",").map((s) => `#${id} ${s.trim()}`).join(",")}{${rules}}`);
}

// The text of `svg` for the middle of a document. `about` is read instead of it.
export function inlinePicture(svg, id, about) {
  const css = STYLE.exec(svg)?.[1] ?? "";

  if (css.includes("@media")) {
    throw new Error("a picture of one theme has no @media");
  }
  return svg
    .replace(/^<\?xml[^>]*>\s*/, "")
    .replace(STYLE, () => `<style>${scope(css, id)}</style>`)
    .replace(/\n?<title id="what">[^]*?<\/title>/, "")
    .replace(/\n?<desc id="how">[^]*?<\/desc>/, "")
    .replace(/ (id|clip-path|href)="(#|url\(#)?([\w-]+)(\)?)"/g,
             (_, name, before = "", what, after) =>
               ` ${name}="${before}${id}-${what}${after}"`)
    .replace(/^<svg ([^>]*?) ?aria-labelledby="[^"]*"/, (_, rest) =>
      `<svg id="${id}" ${rest} aria-label="${escape(about)}"`);
}

// What the picture says of itself.
export function describe(svg) {
  return (/<desc id="how">([^]*?)<\/desc>/.exec(svg)?.[1] ?? "")
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

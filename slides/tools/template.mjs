// Problem: the deck is many files, and has to be one.
// Idea: a template whose lines `@STYLE FILE@` and `@SCRIPT FILE@` become the
// text of that file, and whose marks become what was made. FILE is in the
// template's folder, or `npm:PACKAGE/FILE`.
import {readFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {Trouble} from "./run.mjs";

const MARK =
  /^[ \t]*@(STYLE|SCRIPT) (npm:)?([\w./-]+)@[ \t]*$|@([A-Z]+)@/gm;

// A text inside an element must not end it. In a script the same string can be
// written otherwise; in a style there is no reason for it.
function inside(kind, text, file) {
  const end = new RegExp(`</(?=${kind})`, "gi");

  if (kind === "script") {
    return text.replaceAll(end, "<\\/")
      .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, "");
  }
  if (end.test(text)) {
    throw new Trouble(`${file}: "</${kind}" would end its element`);
  }
  return text;
}

function include(path, kind, npm, name, modules) {
  const file = join(npm ? modules : dirname(path), name);

  try {
    return inside(kind.toLowerCase(), readFileSync(file, "utf8"), file);
  } catch (error) {
    throw error instanceof Trouble ? error
      : new Trouble(`${path}: ${file} cannot be read (${error.code})`);
  }
}

// One pass: what is put in is not looked at for marks.
export function fillTemplate(path, marks, modules) {
  return readFileSync(path, "utf8").replaceAll(MARK,
    (whole, kind, npm, name, mark) => mark !== undefined
      ? marks[mark] ?? whole
      : include(path, kind, npm, name, modules));
}

// What would be fetched when the file is opened; nothing may be.
export function loads(html) {
  const markup = html.replaceAll(/<(script|style)\b[^>]*>[^]*?<\/\1>/gi, "");
  const styles = [...html.matchAll(/<style\b[^>]*>([^]*?)<\/style>/gi)]
    .map((m) => m[1]).join("\n");

  return [
    ...[...html.matchAll(/<script\b[^>]*\bsrc=[^>]*>/gi)].map((m) => m[0]),
    ...[...markup.matchAll(/<link\b[^>]*\bhref="(?!data:)[^>]*>/gi)].map((m) => m[0]),
    ...[...markup.matchAll(/\b(?:src|srcset|poster|data)="(?!data:)[^"]*"/gi)]
      .map((m) => m[0]),
    ...[...styles.matchAll(/url\(\s*["']?(?!data:|#|["')])[^)]*\)|@import[^;]*/gi)]
      .map((m) => m[0]),
  ];
}

// What holds for every slide, each rule a function of the deck that gives its
// problems: where, which slide, what is wrong, what to do.
import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {blocksOf, wordsOf} from "./deck.mjs";

const say = (slide, line, what, remedy) =>
  `slides/deck/${slide.file}:${line}: slide ${slide.id || `"${slide.title}"`}: ` +
  `${what}; ${remedy}`;

// ---- the lecture as planned ----

export function headings(deck, plan) {
  const problems = [];
  const seen = new Set();

  for (const slide of deck.slides) {
    if (slide.id === "") {
      problems.push(say(slide, slide.line, "has no id", "write {#id minutes=N}"));
    } else if (seen.has(slide.id)) {
      problems.push(say(slide, slide.line, "a slide before it has this id",
                        "links would lead there: choose another"));
    }
    seen.add(slide.id);
  }
  plan.forEach(({id, title}, i) => {
    const slide = deck.slides[i];

    if (!slide) {
      problems.push(`slides/deck: there is no slide ${i + 1}, ${id}; write ` +
                    `"## ${title} {#${id} minutes=N}"`);
    } else if (slide.id !== id || slide.title !== title) {
      problems.push(say(slide, slide.line, `slide ${i + 1} is planned as ` +
        `"${title}" {#${id}}`, "mend it, or the plan in tests/slides/plan.mjs"));
    }
  });
  for (const slide of deck.slides.slice(plan.length)) {
    problems.push(say(slide, slide.line, "is not planned",
                      "add it to tests/slides/plan.mjs"));
  }
  return problems;
}

export function minutes(deck, plan) {
  const problems = [];

  for (const block of deck.blocks) {
    let sum = 0;

    for (const slide of block.slides) {
      const planned = plan.find(({id}) => id === slide.id);

      if (!/^[1-9]\d?$/.test(slide.minutes ?? "")) {
        problems.push(say(slide, slide.line, "has no minutes",
                          "write {#id minutes=N} behind the heading"));
      } else if (planned && planned.minutes !== Number(slide.minutes)) {
        problems.push(say(slide, slide.line,
          `takes ${slide.minutes} minutes, and is planned with ` +
          `${planned.minutes}`, "mend it, or the plan in tests/slides/plan.mjs"));
      }
      sum += Number(slide.minutes ?? 0);
    }
    if (Math.abs(sum - block.minutes) > 5) {
      problems.push(`slides/deck/${block.file}: its slides take ${sum} minutes, ` +
        `the block has ${block.minutes}; shorten slides, or change deck.yaml`);
    }
  }
  return problems;
}

// What the plan wants to be seen on a slide.
export function hooks(deck, plan) {
  return plan.flatMap(({id, hook}) => {
    const slide = deck.slides.find((s) => s.id === id);

    if (!slide) {
      return []; // headings() says so
    }
    const count = (...kinds) => kinds.reduce(
      (n, kind) => n + blocksOf(slide, kind).length, 0);
    const have = {
      replay: count("replay"), vote: count("vote"),
      show: count("replay", "figure", "output"),
      code: slide.codes.filter((c) => c.attrs.region).length,
    };

    return ["replay", "vote", "show", "code"]
      .filter((kind) => (hook[kind] ?? 0) > have[kind])
      .map((kind) => say(slide, slide.line, `has ${have[kind]} of ${kind} (` +
        {replay: "::: {.replay …}", vote: "::: {.vote …}",
         show: "a replay, figure or output", code: "a region of code"}[kind] +
        `), the plan wants ${hook[kind]}`,
        "add it, or change tests/slides/plan.mjs"))
      .concat(hook.exercise && !mentions(slide, hook.exercise) ?
        [say(slide, slide.line, `does not name exercise ${hook.exercise}`,
             "say in its text or notes where one goes on")] : []);
  });
}

function mentions(slide, exercise) {
  const all = [...slide.text, ...slide.notes, ...slide.prose]
    .map(({text}) => text).join(" ") + JSON.stringify(slide.blocks) +
    JSON.stringify(slide.codes.map((c) => c.attrs));

  return new RegExp(`(^|[^0-9])${exercise}([^0-9]|$)`).test(all);
}

// ---- notes ----

export function notes(deck) {
  return deck.slides.flatMap((slide) => {
    const problems = slide.prose.map(({line}) => say(slide, line,
      "notes are bullets, one a line, not prose",
      "begin the line with \"- Ask: \", \"- Demo: \" or \"- Note: \""));

    if (slide.notes.length === 0) {
      problems.push(say(slide, slide.line, "has no notes",
                        "write ::: notes with - Ask:, - Demo: or - Note:"));
    }
    if (slide.notes.length > 5) {
      problems.push(say(slide, slide.notes[5].line,
        `has ${slide.notes.length} notes`, "at a glance: at most five"));
    }
    for (const {line, text} of slide.notes) {
      const note = text.slice(2).trim();

      if (!/^(Ask|Demo|Note): \S/.test(note)) {
        problems.push(say(slide, line, `the note "${note.slice(0, 20)}…" does ` +
          "not begin with Ask:, Demo: or Note:", "begin with one of them"));
      } else if (/^\w+: *Empty yet/.test(note)) {
        problems.push(say(slide, line, "the note is not written", "write it"));
      }
      if (/^Demo:/.test(note) && !/`[^`]+`/.test(note)) {
        problems.push(say(slide, line, "a Demo names no command or key",
                          "put what is typed into `code`"));
      }
      if ([...note].length > 160) {
        problems.push(say(slide, line, `a note of ${[...note].length} ` +
          "characters", "at a glance: at most 160"));
      }
    }
    return problems;
  });
}

// ---- code ----

// The lines between the marks, without marks and common indentation; or why
// there are none.
export function regionOf(text, name) {
  const mark = (word) => (line) =>
    new RegExp(`^\\s*(//|#|/\\*) ${word}: ${name}( \\*/)?\\s*$`).test(line);
  const lines = text.split("\n");
  const from = lines.findIndex(mark("DOC"));
  const to = lines.findIndex(mark("END"));

  if (from < 0 || to < from) {
    return {why: from < 0 ? "has no such region" : "does not end it"};
  }
  if (lines.findLastIndex(mark("DOC")) !== from) {
    return {why: "has it twice"};
  }
  const inside = lines.slice(from + 1, to)
    .filter((line) => !/^\s*(\/\/|#|\/\*) (DOC|END): /.test(line));
  const indent = Math.min(...inside.filter((l) => l.trim() !== "")
    .map((l) => l.match(/^ */)[0].length));

  return {lines: inside.map((l) => l.slice(indent))};
}

// files: what a path of the tree holds, or null
export function regions(deck, files) {
  return deck.slides.flatMap((slide) => slide.codes.flatMap((code) => {
    const {file, region, highlight} = code.attrs;

    if (!region && !file) { // text that is no program: words on a terminal
      return code.classes.some((c) => /^(c|rust|rs|js|javascript|python)$/.test(c))
        ? [say(slide, code.line, "code that is typed here is never built",
               "mark a region of a file that is: {.c file=… region=…}")] : [];
    }
    if (!region || !file) {
      return [say(slide, code.line, "a region needs its file and its name",
                  "write {.c file=… region=…}")];
    }
    const where = `region ${region} of ${file}`;
    const text = files(file);

    if (text === null) {
      return [say(slide, code.line, `${where}: there is no such file`,
                  "its path begins at the root of the tree")];
    }
    if (code.body.some((l) => l.trim() !== "")) {
      return [say(slide, code.line, `${where}: the block is not empty`,
                  "leave it empty, the region fills it")];
    }
    const {why, lines} = regionOf(text, region);
    const problems = [];

    if (why) {
      return [say(slide, code.line, `${where}: the file ${why}`,
                  `put it between // DOC: ${region} and // END: ${region}`)];
    }
    if (lines.length > 12 || lines.length === 0) {
      problems.push(say(slide, code.line, `${where} has ${lines.length} lines`,
                        "it may have 1 to 12: mark less"));
    }
    lines.forEach((line, i) => {
      if ([...line].length > 68) {
        problems.push(say(slide, code.line, `${where}: line ${i + 1} is ` +
          `${[...line].length} columns wide`, "68 at most: break it there"));
      }
    });
    for (const n of (highlight ?? "").match(/\d+/g) ?? []) {
      if (Number(n) > lines.length || Number(n) < 1) {
        problems.push(say(slide, code.line, `${where}: highlight names line ` +
          `${n} of ${lines.length}`, "count again"));
      }
    }
    return problems;
  }));
}

// A file of the tree that some build compiles or some test runs; built: those
// that the C build compiles.
export function areBuilt(deck, built) {
  const other = [/^core\/include\//, /^exercises\/\d\d_\w+\//,
                 /^slides\/greeters\//, /^viz\/demo\/scripts\//];

  return deck.slides.flatMap((slide) => slide.codes
    .filter(({attrs}) => attrs.file && !built.has(attrs.file) &&
                         !other.some((path) => path.test(attrs.file)))
    .map(({line, attrs}) => say(slide, line, `nothing builds ${attrs.file}`,
      "show code that is compiled and tested")));
}

// ---- demos and votes ----

// scripts: name → the play's text
export function plays(deck, scripts) {
  return deck.slides.flatMap((slide) => slide.blocks
    .filter((b) => ["replay", "figure", "vote"].includes(b.kind))
    .flatMap((b) => {
      const {demo, mark} = b.attrs;
      const script = scripts.get(demo ?? "");

      if (script === undefined) {
        return [say(slide, b.line, `there is no demo "${demo ?? ""}"`,
                    "demo=NAME is a play of viz/demo/scripts")];
      }
      const problems = [];
      const marks = new Set(
        [...script.matchAll(/^\s*mark\s+([\w-]+)/gm)].map((m) => m[1]));

      if (b.kind !== "vote" && !mark) {
        problems.push(say(slide, b.line, `a ${b.kind} of ${demo} at no moment`,
                          "say which: mark=NAME"));
      } else if (mark && !marks.has(mark)) {
        problems.push(say(slide, b.line, `demo ${demo} has no mark ${mark}`,
                          `it has: ${[...marks].join(", ") || "none"}`));
      }
      if (b.kind !== "vote" && !b.lines.some((l) => l.text.trim() !== "")) {
        problems.push(say(slide, b.line, `the ${b.kind} has no caption`,
          "write what to look for: who does not see it reads that"));
      }
      return problems;
    }));
}

// questions: name → its lines {choice, says, why}, of all votes/*.questions
export function votes(deck, questions) {
  return deck.slides.flatMap((slide) => blocksOf(slide, "vote").flatMap((b) => {
    const question = questions.get(b.attrs.question ?? "");

    if (!question) {
      return [say(slide, b.line, `no file of slides/votes has the question ` +
        `"${b.attrs.question ?? ""}"`, "write it: question: NAME")];
    }
    const problems = question.choices.filter((c) => !c.why).map((c) =>
      say(slide, b.line, `${question.file}: choice ${c.choice} has no why`,
          "say what who chose it believed, and what is so"));

    if (question.choices.length < 2 || question.choices.length > 4) {
      problems.push(say(slide, b.line, `${question.file}: ` +
        `${question.choices.length} choices`, "two to four, a class votes"));
    }
    return problems;
  }));
}

export function questionsOf(file, text) {
  const found = new Map();
  let at = null;

  for (const line of text.replace(/\n[ \t]+/g, " ").split("\n")) {
    const [, key, value] = line.match(/^(\w+): *(.*)$/) ?? [];

    if (key === "question") {
      at = {file, name: value, choices: []};
      found.set(value, at);
    } else if (key === "choice") {
      at.choices.push({choice: value});
    } else if (at && (key === "says" || key === "why")) {
      (at.choices.at(-1) ?? {})[key] = value;
    }
  }
  return found;
}

// ---- words ----

// A class reads some three words a second: 90 words are half a minute in which
// nobody listens, a quarter of the shortest slide.
const most_words = 90;

// Words of other runtimes for what has a name here (CONTRIBUTING: the words).
// The slide about those runtimes may use theirs.
const not_ours = [
  [/\bcoroutines?\b/i, "future, or async function"],
  [/\bfib(er|re)s?\b/i, "task"], [/\bgreen threads?\b/i, "task"],
  [/\bpromises\b|\ba promise\b/i, "future"], [/\bcallbacks?\b/i, "waker"],
  [/\breap(s|ed|er|ing)?\b/i, "join, or free"],
  [/\bevent loops?\b/i, "executor, or turn of the loop"],
  [/\bready queues?\b/i, "run queue"], [/\bkill(s|ed|ing)? (a|the) task/i, "abort"],
];

export function words(deck, allowed = new Set(["elsewhere"])) {
  return deck.slides.flatMap((slide) => {
    const problems = [];
    const count = wordsOf(slide).length;

    if (count > most_words) {
      problems.push(say(slide, slide.line, `${count} words to read`,
        `at most ${most_words}: move what is said aloud to the notes`));
    }
    if (!allowed.has(slide.id)) {
      for (const {line, text} of [...slide.text, ...slide.notes]) {
        for (const [word, ours] of not_ours) {
          const found = text.match(word);

          if (found) {
            problems.push(say(slide, line, `"${found[0]}" is no word of ours`,
                              `here it is called: ${ours}`));
          }
        }
      }
    }
    return problems;
  });
}

// ---- commands ----

// What is typed: code that begins with the program, the script or a `$ `.
function commandsOf(slide) {
  return [...slide.notes, ...slide.text].flatMap(({line, text}) =>
    [...text.matchAll(/`(?:\$ )?((?:\.\/)?fishbowl [^`]*)`/g)]
      .map((m) => ({line, words: m[1].trim().split(/\s+/).slice(1)})))
    .concat(slide.codes.filter((c) => !c.attrs.region).flatMap((c) =>
      c.body.flatMap((text, i) => {
        const [, command] = text.match(/^\s*(?:\$ )?((?:\.\/)?fishbowl .*)$/) ?? [];

        return command ? [{line: c.line + i + 1,
          words: command.trim().split(/\s+/).slice(1)}] : [];
      })));
}

// help: verb → its --help, or null; demos, exercises: what exists
export function commands(deck, {help, demos, exercises}) {
  return deck.slides.flatMap((slide) => commandsOf(slide).flatMap(
    ({line, words: all}) => {
      const end = all.findIndex((w) => /^[|;&<>#]/.test(w));
      const [verb, ...rest] = end < 0 ? all : all.slice(0, end);
      const text = help(verb);

      if (text === null) {
        return [say(slide, line, `fishbowl has no verb "${verb}"`,
                    "fishbowl --help lists them")];
      }
      const problems = rest.filter((w) => /^--?[a-z]/i.test(w))
        .map((w) => w.split("=")[0])
        .filter((w) => !new RegExp(`(^|[\\s,])${w}([\\s,=\\[]|$)`, "m").test(text))
        .map((w) => say(slide, line, `${verb} has no option ${w}`,
                        `fishbowl ${verb} --help lists them`));
      const plain = rest.filter((w) => !w.startsWith("-"));

      if (verb === "demo" && plain[0] && !plain[0].includes("/") &&
          !demos.has(plain[0])) {
        problems.push(say(slide, line, `there is no demo "${plain[0]}"`,
                          "fishbowl demo --list names them"));
      }
      if (verb === "learn" && plain[0]) {
        if (!new RegExp(`^  ${plain[0]}( |$)`, "m").test(text)) {
          problems.push(say(slide, line, `learn has no verb "${plain[0]}"`,
                            "fishbowl learn --help lists them"));
        } else if (/^(run|viz|hint|play|solution|reset|watch)$/.test(plain[0]) &&
                   plain[1] && !exercises.some((e) => e.includes(
                     plain[1].padStart(/^\d+$/.test(plain[1]) ? 2 : 0, "0")))) {
          problems.push(say(slide, line, `there is no exercise "${plain[1]}"`,
                            "fishbowl learn list names them"));
        }
      }
      return problems;
    }));
}

// ---- the tree ----

export const treeFiles = (root) => (path) => {
  const file = join(root, path);

  return path.split("/").includes("..") || !existsSync(file) ? null
    : readFileSync(file, "utf8");
};

// What commands print, on a slide: run when the deck is made, never pasted.
//
// Problem: an output that was copied once is wrong with the next change, and a
// teacher who types the command sees something else.
// Idea: the slide names the commands (filters/output.lua). They run in a folder
// of their own, one after the other and without a shell; what the last one says
// is shown, from the line that the slide names. That line is the check as well:
// an output in which it does not come is an error.
// Invariants: plays are those of viz/demo/scripts, on a free port; nothing
// outside of the folder is written; an output is made again when a program, a
// play or an exercise has changed.
import {execFile} from "node:child_process";
import {createHash} from "node:crypto";
import {existsSync, readFileSync, readdirSync} from "node:fs";
import {mkdir, readFile, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {filesBelow, putFolder} from "./files.mjs";
import {escape} from "./text.mjs";
import {Trouble, started} from "./run.mjs";

const MOST_LINES = 16, MOST_COLUMNS = 72;
const JUDGES = new Set(["kit", "claims", "drill", "world"]);
const SAID = 12; // lines of a command's words, in an error

const lineEnds = (text) => text.replace(/\s+$/, "").split("\n")
  .map((line) => line.trimEnd());

// ---- running ----

// The words of a command as they are run: a play by its file, so that what was
// just written is played, and no other port than a free one.
function wordsOf(command, root) {
  const [, verb, ...rest] = command.split(/\s+/);

  if (verb !== "demo") {
    return [verb, ...rest];
  }
  return [verb, join(root, "viz/demo/scripts", `${rest[0]}.demo`),
          ...rest.slice(1), "--plain", "--port=0"];
}

// → {status, said}; a program that does not start or is killed is an error.
function perform(plays, words, folder) {
  const env = {...process.env, HOME: folder, TMPDIR: folder, NO_COLOR: "1",
               XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder,
               LC_ALL: "C.UTF-8", FISHBOWL_SOURCE: plays.root};

  delete env.FISHBOWL_AS;
  return new Promise((done, failed) => {
    const child = started(execFile(plays.program, words, {
      cwd: folder, env, encoding: "utf8", maxBuffer: 1 << 24,
    }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") {
        failed(new Trouble(`fishbowl ${words.join(" ")}: ${error.message}`));
      } else {
        done({status: error?.code ?? 0, said: stdout, trouble: stderr});
      }
    }));

    child.stdin.end();
  });
}

async function runAll(plays, commands, wanted, folder) {
  let last;

  for (const [i, command] of commands.entries()) {
    const want = i === commands.length - 1 ? wanted : 0;

    last = await perform(plays, wordsOf(command, plays.root), folder);
    if (last.status !== want || last.trouble !== "") {
      throw new Trouble(`${command}: it ended with ${last.status}` +
        `${last.trouble === "" ? "" : " and complains"}; the slide wants ` +
        `${want} (status=N names another)\n` +
        lineEnds(`${last.said}\n${last.trouble}`).slice(-SAID).join("\n"));
    }
  }
  return last.said;
}

// ---- once ----

// What the output depends on, beside the programs.
function sourcesOf(plays, commands) {
  return commands.flatMap((command) => {
    const [, verb, what, number] = command.split(/\s+/);

    if (verb === "demo") {
      return plays.sources(what);
    }
    return verb !== "learn" ? []
      : readdirSync(join(plays.root, "exercises"))
        .filter((name) => name.startsWith(`${number}_`) || JUDGES.has(name))
        .flatMap((name) => filesBelow(join(plays.root, "exercises", name)));
  });
}

// Into an empty folder.
async function make(plays, commands, wanted, folder) {
  const work = join(folder, "work");

  plays.say(`running ${commands.at(-1)}`);
  await mkdir(work);
  await writeFile(join(folder, "said.txt"), await plays.limit(() =>
    runAll(plays, commands, wanted, work)));
  await rm(work, {recursive: true, force: true});
}

// Deck and handout ask for the same: made once.
const making = new WeakMap(); // plays → folder → promise

// What the last of the commands says, all of it.
async function outputOf(plays, commands, wanted) {
  const hash = createHash("sha256").update(plays.base)
    .update(JSON.stringify([commands, wanted]));

  sourcesOf(plays, commands).forEach((f) => hash.update(readFileSync(f)));
  const folder = join(plays.made, `output-${hash.digest("hex").slice(0, 16)}`);
  const kept = join(folder, "said.txt");
  const mine = making.get(plays) ?? new Map();

  making.set(plays, mine);
  if (!mine.has(folder)) {
    mine.set(folder, existsSync(kept) ? Promise.resolve()
      : putFolder(folder, (scratch) => make(plays, commands, wanted, scratch)));
  }
  await mine.get(folder);
  return readFile(kept, "utf8");
}

// ---- showing ----

// A line too long for a slide goes on in the next, as it would on a terminal.
export function fold(line, most = MOST_COLUMNS) {
  const parts = [];
  let rest = line;

  while ([...rest].length > most) {
    const blank = rest.lastIndexOf(" ", most);
    const cut = blank > most / 2 ? blank : most;

    parts.push(rest.slice(0, cut));
    rest = `    ${rest.slice(cut).trimStart()}`;
  }
  return [...parts, rest];
}

// The lines that the slide shows, from the first that begins with `from`, and
// without the indentation that all of them share.
export function excerpt(said, {from, lines, columns}, command) {
  const all = lineEnds(said);
  const first = from === undefined ? 0
    : all.findIndex((line) => line.trimStart().startsWith(from));
  const most = lines === undefined ? all.length : Number(lines);

  if (first < 0) {
    throw new Trouble(`${command}: no line of its output begins with ` +
      `"${from}":\n${all.slice(0, SAID).join("\n")}`);
  }
  const shown = all.slice(first, first + most);

  while (shown.at(-1) === "") {
    shown.pop();
  }
  const indent = Math.min(...shown.filter((line) => line !== "")
    .map((line) => line.match(/^ */)[0].length));

  return shown.flatMap((line) => fold(line.slice(indent),
    Math.min(Number(columns ?? MOST_COLUMNS), MOST_COLUMNS)));
}

// A figure with the commands, as they are typed, and what the last one says. On
// paper there is room for all of them.
export async function output(plays, hook, body, {handout = false} = {}) {
  const commands = hook.commands.split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  const typed = hook.show === "last" && !handout ? commands.slice(-1) : commands;
  const said = excerpt(await outputOf(plays, commands, Number(hook.status ?? 0)),
                       hook, commands.at(-1));

  if (!handout && typed.length + said.length > MOST_LINES) {
    throw new Trouble(`${commands.at(-1)}: ${typed.length + said.length} ` +
      `lines, a slide shows ${MOST_LINES} (lines=N shows fewer)`);
  }
  const lines = [
    ...typed.map((line) => `<b class="typed">$ ./${escape(line)}</b>`),
    ...said.map(escape)];

  return `<figure class="output"><pre><code class="nohighlight" data-noescape>` +
    `${lines.join("\n")}</code></pre><figcaption>${body}</figcaption></figure>`;
}

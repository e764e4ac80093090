// Problem: what a slide shows of a demo has to be measured, and a deck is made
// again at each save.
//
// Idea: each play that the deck names is played once, without a screen, into a
// folder of its own whose name holds a sum of all that decides how it goes: its
// script, the programs, the exercise it runs. There lie its trace, the story,
// the marks, and whatever pictures and votes were asked of it. A save that
// changes only text finds everything there.
//
//     made/default-1f0c…/ trace.ring  story.txt  marks  page.json  168-tree….svg
//
// Invariants: a folder has its name when all that a play leaves is in it.
import {createHash} from "node:crypto";
import {existsSync, readFileSync, readdirSync} from "node:fs";
import {readFile, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {filesBelow, putFile, putFolder} from "./files.mjs";
import {Trouble, limiter, run} from "./run.mjs";
import {splitPage} from "./page.mjs";

const SUM = 16; // hexadecimal digits
const BESIDE = ["kit", "world", "drill"]; // what an exercise is built with

function sum(...parts) {
  const hash = createHash("sha256");

  for (const part of parts) {
    hash.update(part).update("\0");
  }
  return hash.digest("hex").slice(0, SUM);
}

export class Plays {
  // root: of the sources; bin: where the programs are; made: the folder for it
  constructor({root, bin, made, say}) {
    const programs = ["fishbowl", "fishbowl-serve", "fishbowl-scene",
                      "fishbowl-learn"].map((name) => join(bin, name));

    this.root = root;
    this.program = programs[0];
    this.made = made;
    this.say = say;
    this.page = join(bin, "../share/fishbowl/page.html");
    for (const file of [...programs, this.page]) {
      if (!existsSync(file)) {
        throw new Trouble(`${file} is not there: ./fishbowl build makes the ` +
          "programs, with ./fishbowl install page also the page");
      }
    }
    this.base = sum(...programs.map((f) => readFileSync(f)));
    this.limit = limiter();
    this.known = new Map(); // name → promise of a play
    this.asked = new Map(); // file → promise of its text
  }

  fishbowl(...args) {
    return run(this.program, args, {
      cwd: this.root, env: {...process.env, FISHBOWL_SOURCE: this.root},
    });
  }

  script(name) {
    return join(this.root, "viz/demo/scripts", `${name}.demo`);
  }

  // The play of this name: {name, folder, marks, story}.
  get(name) {
    if (!this.known.has(name)) {
      this.known.set(name, this.limit(() => this.find(name)));
    }
    return this.known.get(name);
  }

  // What decides how a play goes, beside the programs: its script, and the
  // exercise that it runs.
  sources(name) {
    const file = this.script(name);

    if (!existsSync(file)) {
      throw new Trouble(`there is no demo ${name}: viz/demo/scripts/` +
        `${name}.demo would be it (./fishbowl demo --list)`);
    }
    const exercise = /^program exercise (\w+)/m
      .exec(readFileSync(file, "utf8"))?.[1];

    return exercise === undefined ? [file]
      : [file, ...[exercise, ...BESIDE]
        .map((folder) => join(this.root, "exercises", folder))
        .filter(existsSync).flatMap(filesBelow)];
  }

  folder(name) {
    const parts = this.sources(name).map((file) => readFileSync(file));

    return join(this.made, `${name}-${sum(this.base, ...parts)}`);
  }

  async find(name) {
    const folder = this.folder(name);

    if (!existsSync(folder)) {
      this.say(`playing ${name}`);
      await putFolder(folder, (scratch) => this.play(name, scratch));
      await this.forget(name, folder);
    }
    const marks = new Map((await readFile(join(folder, "marks"), "utf8"))
      .split("\n").filter((line) => line !== "").map((line) => {
        const [mark, event] = line.split("\t");

        return [mark, Number(event)];
      }));

    return {name, folder, marks,
            story: await readFile(join(folder, "story.txt"), "utf8"),
            page: JSON.parse(await readFile(join(folder, "page.json"), "utf8"))};
  }

  // Into an empty folder.
  async play(name, folder) {
    const ring = join(folder, "played.ring");
    const marks = join(folder, "marks");
    const page = join(folder, "page.html");
    const story = await this.fishbowl("demo", this.script(name), "--plain",
      "--port=0", `--ring=${ring}`, `--marks=${marks}`);

    await writeFile(join(folder, "story.txt"), story);
    await writeFile(marks, "", {flag: "a"}); // a play may have none
    // a ring is large and mostly empty
    await run("cp", ["--sparse=always", ring, join(folder, "trace.ring")]);
    await rm(ring);
    await this.fishbowl("export", join(folder, "trace.ring"), "--to=html",
      `--title=${name}`, `--source-dir=${this.root}`, `--output=${page}`);
    await writeFile(join(folder, "page.json"), JSON.stringify(
      splitPage(await readFile(this.page, "utf8"),
                await readFile(page, "utf8"))));
    await rm(page);
  }

  // Older plays of this name are of no use any more.
  async forget(name, kept) {
    const old = new RegExp(`^${name}-[0-9a-f]{${SUM}}$`);

    for (const entry of readdirSync(this.made).filter((e) => old.test(e))
      .map((e) => join(this.made, e)).filter((e) => e !== kept)) {
      await rm(entry, {recursive: true, force: true});
    }
  }

  // ---- what is asked of a play ----

  // Text that a program makes of a trace: made once, whoever asks.
  once(play, file, make) {
    const path = join(play.folder, file);

    if (!this.asked.has(path)) {
      this.asked.set(path, existsSync(path) ? readFile(path, "utf8")
        : this.limit(async () => {
          const text = await make();

          await putFile(path, text);
          return text;
        }));
    }
    return this.asked.get(path);
  }

  event(play, mark) {
    const event = play.marks.get(mark);

    if (event === undefined) {
      throw new Trouble(`demo ${play.name} has no mark ${mark}` +
        (play.marks.size === 0 ? ", and no other: write a line \"mark " +
          `${mark}" in viz/demo/scripts/${play.name}.demo`
          : ` (it has: ${[...play.marks.keys()].join(", ")})`));
    }
    return event;
  }

  // The picture of a moment, as SVG.
  async figure(play, {event, view, task, width}) {
    const id = task === undefined ? undefined
      : await this.task(play, event, task);
    const name = [event, view, id ?? "all", width].join("-");

    return this.once(play, `${name}.svg`, () => this.fishbowl("export",
      join(play.folder, "trace.ring"), "--to=svg", `--at=${event}`,
      `--view=${view}`, "--theme=light", "--bare",
      `--width=${width}`, "--output=-",
      ...(id === undefined ? [] : [`--task=${id}`])));
  }

  // The number of the task with this label, or its number, or "greet 2": the
  // second with that root future.
  async task(play, event, label) {
    const world = JSON.parse(await this.once(play, `${event}.json`, () =>
      this.fishbowl("print", join(play.folder, "trace.ring"), "--json",
                    `--at=${event}`)));
    const [, root, nth] = /^(\w+) ([1-9]\d*)$/.exec(label) ?? [];
    const found = world.tasks.find((t) => String(t.id) === label ||
        t.name === label || t.name.startsWith(`${label} `)) ??
      world.tasks.filter((t) => t.future?.type.name === root)[nth - 1];

    if (found === undefined) {
      throw new Trouble(`demo ${play.name}, event ${event}: no task ${label}` +
        ` (there are: ${world.tasks.map((t) => t.name).join(", ")};` +
        " \"greet 2\" is the second that runs greet)");
    }
    return found.id;
  }

  // The questions of votes/NAME.questions, as they are in this play's trace.
  async votes(play) {
    const file = join(this.root, "slides/votes", `${play.name}.questions`);

    if (!existsSync(file)) {
      throw new Trouble(`votes/${play.name}.questions is not there, which ` +
        `has the questions about demo ${play.name}`);
    }
    const text = readFileSync(file);

    return JSON.parse(await this.once(play, `votes-${sum(text)}.json`, () =>
      this.fishbowl("print", join(play.folder, "trace.ring"),
                    `--questions=${file}`, "--json")));
  }
}

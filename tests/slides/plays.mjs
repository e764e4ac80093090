// Plays of the deck, each played once for a file of tests.
import {execFileSync, spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

const source = process.env.FB_SOURCE, bin = process.env.FB_BIN;
const dir = mkdtempSync(join(tmpdir(), "fishbowl-plays-"));
process.on("exit", () => rmSync(dir, {recursive: true, force: true}));

const options = {cwd: source, encoding: "utf8", maxBuffer: 1 << 28,
                 timeout: 60000};

export const fishbowl = (...args) =>
  execFileSync(join(bin, "fishbowl"), args, options);

const played = new Map();

// {status, story, errors, trace, marks: name → event}
export function playOf(name) {
  if (!played.has(name)) {
    const trace = join(dir, `${name}.ring`), marks = join(dir, `${name}.marks`);
    const {status, stdout, stderr} = spawnSync(join(bin, "fishbowl"),
      ["demo", name, "--plain", "--port=0", `--ring=${trace}`,
       `--marks=${marks}`], options);

    played.set(name, {status, story: stdout, errors: stderr, trace,
      marks: status === 0 ? new Map(readFileSync(marks, "utf8").trim()
        .split("\n").filter((l) => l !== "").map((line) => line.split("\t"))
        .map(([mark, event]) => [mark, Number(event)])) : new Map()});
  }
  return played.get(name);
}

// A tree of its own, with the real tools and a deck that a test writes.
import {spawn, spawnSync} from "node:child_process";
import {cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync,
        writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";

const source = process.env.FB_SOURCE;

export const yaml = `title: "A small deck"
lang: en
blocks:
  - {file: one.md, title: "One block", minutes: 4}
`;

// One slide as it should be; `inside` stands before the notes.
export const slide = (inside, {mark = "{#task minutes=4}",
                               notes = "- Ask: Who has written a server?"} = {}) =>
  `## A task ${mark}

A task is scheduled.

${inside}

::: notes
${notes}
:::
`;

// files: path → text. Returns the tree: its folder, where the deck goes, how
// its builder is started.
export function makeTree(files) {
  const root = mkdtempSync(join(tmpdir(), "fishbowl-tree-"));
  const out = join(root, "build/slides");

  process.on("exit", () => rmSync(root, {recursive: true, force: true}));
  for (const folder of ["tools", "filters", "reveal"]) {
    cpSync(join(source, "slides", folder), join(root, "slides", folder),
           {recursive: true});
  }
  for (const folder of ["core", "server", "exercises"]) {
    symlinkSync(join(source, folder), join(root, folder));
  }
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), text);
  };

  for (const [path, text] of Object.entries(
    {"slides/deck/deck.yaml": yaml, ...files})) {
    write(path, text);
  }
  mkdirSync(out, {recursive: true});
  symlinkSync(join(process.env.FB_PAGE_MODULES, "node_modules"),
              join(out, "node_modules"));
  const tool = join(root, "slides/tools/slides.mjs");
  const env = {...process.env, FB_SLIDES: out};

  return {root, out, write, tool, env};
}

// The same with others beside it: {status, stderr}.
export const begin = ({root, tool, env}, ...options) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [tool, ...options],
                        {cwd: root, env, stdio: ["ignore", "ignore", "pipe"]});
    let stderr = "";

    child.stderr.setEncoding("utf8").on("data", (data) => stderr += data);
    child.on("close", (status) => done({status, stderr}));
  });

// {status, stdout, stderr} of `slides OPTIONS` there.
export const build = ({root, tool, env}, ...options) =>
  spawnSync(process.execPath, [tool, ...options],
            {cwd: root, env, encoding: "utf8", timeout: 60000});

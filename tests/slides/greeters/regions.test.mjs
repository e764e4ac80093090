// The README's table of regions is what authors of slides choose from: each
// region is where it says, as long as it says, and none is left out.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {test} from "node:test";

const folder = join(process.env.FB_SOURCE, "slides/greeters");
const read = (name) => readFileSync(join(folder, name), "utf8");
const mark = /^\s*(?:\/\/|#) (DOC|END): (\S+)$/;

// name → lines between the marks of a file
function regionsOf(file) {
  const open = new Map(), found = {};

  for (const line of read(file).split("\n")) {
    const [, kind, name] = mark.exec(line) ?? [];

    if (kind === "DOC") {
      open.set(name, 0);
    } else if (kind === "END") {
      assert.ok(open.has(name), `${file}: ${name} ends without a beginning`);
      found[name] = open.get(name);
      open.delete(name);
    } else {
      open.forEach((count, name) => open.set(name, count + 1));
    }
  }
  assert.equal(open.size, 0, `${file}: no end of ${[...open.keys()]}`);
  return found;
}

// | `a`, `b` | `file` | 8, 9 | … |
const row = /^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| `([^`]+)` \| ([\d, ]+) \|/;

test("the table names every region, where it is and how long", () => {
  const told = {}, there = {};

  for (const line of read("README.md").split("\n")) {
    const [, names, file, lengths] = row.exec(line) ?? [];

    if (names !== undefined) {
      told[file] ??= {};
      names.split(", ").forEach((name, i) => {
        told[file][name.slice(1, -1)] = Number(lengths.split(", ")[i]);
      });
    }
  }
  for (const file of ["rust/greeter_tokio.rs", "rust/greeter_smol.rs",
                      "rust/greeter_async_std.rs", "rust/inert.rs",
                      "greeter.mjs", "greeter.py", "inert.c", "inert.py",
                      "eager.mjs"]) {
    there[file] = regionsOf(file);
  }
  assert.deepEqual(told, there);
});

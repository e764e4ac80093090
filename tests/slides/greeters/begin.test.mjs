// When an async function begins is what slide "Same ideas in Rust, JS, Python"
// shows; here the shown programs say it.
import assert from "node:assert/strict";
import {test} from "node:test";
import {missing, run} from "./support.mjs";

const inert = "before the call\nafter the call\ngreet runs\n";
const eager = "before the call\ngreet runs\nafter the call\n";

for (const [name, said] of Object.entries({
  "inert.c": inert, "inert.rs": inert, "inert.py": inert, "eager.mjs": eager,
})) {
  test(`${name} says when it begins`, {skip: missing(name)}, () => {
    assert.deepEqual(run(name), {status: 0, stdout: said, stderr: ""});
  });
}

// Other programs: started without a shell, waited for, a failure is an error
// that says which command, and the end of what it said.
import {execFile} from "node:child_process";
import {availableParallelism} from "node:os";

const MOST_BYTES = 1 << 28;
const SAID = 15; // lines of a failed program's words

// Who ends this process does not leave behind what it has started.
const children = new Set();

process.on("exit", () => children.forEach((child) => child.kill()));

export function started(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

// A mistake of whoever writes slides, not of the tools: told without a stack.
export class Trouble extends Error {}

// → its stdout.
export function run(program, args, options = {}) {
  return new Promise((done, failed) => {
    const child = started(execFile(program, args, {
      maxBuffer: MOST_BYTES, encoding: "utf8", ...options,
    }, (error, stdout, stderr) => {
      if (error === null) {
        done(stdout);
        return;
      }
      const words = `${stderr}`.trim() || `${stdout}`.trim() || error.message;
      const why = error.code === "ENOENT" ? "is not installed"
        : `ended with ${error.signal ?? error.code}`;
      const trouble = new Trouble(`${program.split("/").pop()} ` +
        `${args.join(" ")}: ${why}\n${words.split("\n").slice(-SAID).join("\n")}`);

      trouble.stderr = `${stderr}`;
      failed(trouble);
    }));

    child.stdin.end();
  });
}

// At most so many at a time: what is played waits for its clients most of the
// time, but a machine may have few processors.
export function limiter(most = Math.max(2, availableParallelism())) {
  const waiting = [];
  let busy = 0;

  function next() {
    if (busy < most && waiting.length > 0) {
      busy++;
      const {work, done, failed} = waiting.shift();

      work().then(done, failed).finally(() => {
        busy--;
        next();
      });
    }
  }
  return (work) => new Promise((done, failed) => {
    waiting.push({work, done, failed});
    next();
  });
}

// Greeters as processes, and clients that need not be polite.
import assert from "node:assert/strict";
import {spawn, spawnSync} from "node:child_process";
import {once} from "node:events";
import {connect} from "node:net";
import {join} from "node:path";
import {createInterface} from "node:readline";

const bin = process.env.FB_BIN;
const source = process.env.FB_SOURCE;
const rust = process.env.FB_GREETERS; // where rust/build has put its programs

assert.ok(bin && source && rust,
          "FB_BIN, FB_SOURCE and FB_GREETERS name programs, tree and greeters");

const shown = join(source, "slides/greeters");
const inRust = (name, options = []) => ({
  command: [join(rust, "bin", name), ...options],
  needs: join(rust, "bin", name),
});
const inPython = (name) => ({
  command: ["python3", join(shown, name)], needs: "python3",
});
const inNode = (name) => ({command: [process.execPath, join(shown, name)]});

// Every program of slides/greeters that a test starts; `needs` may be missing.
export const programs = {
  ours: {command: [join(bin, "fishbowl-serve"), "--no-trace"]},
  tokio: inRust("greeter_tokio"),
  tokio_inline: inRust("greeter_tokio", ["--handler", "inline"]),
  smol: inRust("greeter_smol"),
  async_std: inRust("greeter_async_std"),
  js: inNode("greeter.mjs"),
  py: inPython("greeter.py"),
  "inert.c": {command: [join(process.env.FB_TESTS, "inert")]},
  "inert.rs": inRust("inert"),
  "inert.py": inPython("inert.py"),
  "eager.mjs": inNode("eager.mjs"),
};

// A word why a program cannot run here, or false.
export function missing(name) {
  const {needs} = programs[name];

  if (needs !== undefined && spawnSync(needs, ["--help"]).error) {
    return `${name}: no ${needs} here (./fishbowl install greeters)`;
  }
  return false;
}

// The programs print what they would at home, not backtraces.
const env = {...process.env, RUST_BACKTRACE: "0", LC_ALL: "C.UTF-8"};

const living = new Set();
export const killAll = () => living.forEach((child) => child.kill("SIGKILL"));
process.on("exit", killAll);

// A greeter that listens. `files`: how many descriptors it may have.
export async function start(name, options = [], files = 0) {
  let command = [...programs[name].command, "--listen", "127.0.0.1:0",
                 ...options];

  if (files > 0) {
    command = ["sh", "-c", `ulimit -n ${files} && exec "$@"`, "sh",
               ...command];
  }
  const child = spawn(command[0], command.slice(1), {env});
  const greeter = {name, child, said: [], complained: ""};
  living.add(child);
  const ended = once(child, "close").finally(() => living.delete(child));
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text) => { greeter.complained += text; });
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => greeter.said.push(line));
  await Promise.race([once(lines, "line"), ended]);
  const match = /^listening on port ([1-9]\d*)$/.exec(greeter.said[0]);
  assert.ok(match, `${name} does not say where it listens: ` +
                   `${greeter.said[0]} ${greeter.complained}`);
  greeter.port = Number(match[1]);
  greeter.signal = () => child.kill("SIGTERM");
  greeter.status = async () => (await ended)[0];
  // Ends it, and gives its status.
  greeter.stop = () => {
    greeter.signal();
    return greeter.status();
  };
  return greeter;
}

// What `fishbowl dial` finds: its words without the time and the port.
export async function dial(greeter, options) {
  const address = `127.0.0.1:${greeter.port}`;
  const child = spawn(join(bin, "fishbowl-dial"), [...options, address],
                      {env});
  const result = {stdout: "", stderr: ""};

  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8");
    child[stream].on("data", (text) => { result[stream] += text; });
  }
  const [status] = await once(child, "close");
  return {
    status,
    summary: result.stdout.replace(/ in [0-9.]+ s\n$/, ""),
    stderr: result.stderr.replaceAll(address, "ADDRESS"),
  };
}

// A client, connected. It hears everything until the end of the stream.
export async function caller(greeter, {allowRefusal = false} = {}) {
  const socket = connect({port: greeter.port, host: "127.0.0.1",
                          allowHalfOpen: true, noDelay: true});
  const heard = [];
  let more = () => {};
  const self = {socket, end: null};
  self.heard = () => Buffer.concat(heard).toString("latin1");
  socket.on("data", (bytes) => { heard.push(bytes); more(); });
  const ended = new Promise((resolve) => {
    socket.on("end", () => { self.end ??= "end of file"; resolve(); });
    socket.on("error", (error) => { self.end ??= error.code; resolve(); });
    socket.on("close", () => { self.end ??= "closed"; resolve(); });
  });
  await Promise.race([once(socket, "connect"), ended]).catch(() => {});
  if (self.end !== null && !allowRefusal) {
    throw new Error(`${greeter.name} does not let anybody in: ${self.end}`);
  }
  self.name = `127.0.0.1:${socket.localPort}`;
  self.say = (bytes) => { socket.write(bytes); };
  // Until so many bytes have come, or the end.
  self.hears = async (count) => {
    while (self.heard().length < count && self.end === null) {
      await Promise.race([new Promise((go) => { more = go; }), ended]);
    }
  };
  self.leave = () => socket.destroy();
  // All that was heard until the end.
  self.rest = async () => {
    await ended;
    socket.destroy();
    return self.heard();
  };
  return self;
}

// Runs a program that ends by itself: [status, stdout, stderr].
export function run(name, options = []) {
  const [program, ...args] = programs[name].command;
  const {status, stdout, stderr} = spawnSync(program, [...args, ...options],
                                             {encoding: "utf8", env});

  return {status, stdout, stderr};
}

// The greeter in JavaScript, on node's one thread.
//
// Problem: node has no future that is polled. An async function runs as soon as
// it is called, and what it waits for calls back: its promise is resolved from
// a callback. Nobody can stop it from outside; what can be done is to close the
// socket under it, so that its next await fails (limited, below).
import { once } from "node:events";
import { createServer } from "node:net";
import { isUtf8 } from "node:buffer";
import { getSystemErrorMap, parseArgs } from "node:util";

const PROMPT = "Who are you?\n";
const NAME_BYTES = 1024; // the most that the one read gives

// DOC: js-write
// A callback becomes a promise: node calls back, and await goes on.
function write(socket, bytes) {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
// END: js-write

// What has come, or nothing at the end of the stream.
async function read(socket) {
  const chunks = socket.iterator({ destroyOnReturn: false });
  const { value } = await chunks.next();
  return (value ?? Buffer.alloc(0)).subarray(0, NAME_BYTES);
}

// Text without white space at its ends. Not String.trim: that takes U+FEFF for
// white space and U+0085 for none.
function trim(text) {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
}

// DOC: js-greet
async function greet(socket) {
  await write(socket, PROMPT);
  const bytes = await read(socket);
  if (!isUtf8(bytes)) throw new Error("the name is not UTF-8");
  const name = trim(bytes.toString());
  await write(socket, `Thanks for dialing in, ${name}!\n`);
}
// END: js-greet

// A conversation under a time limit.
async function limited(socket, peer, limit) {
  // DOC: js-race
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy(new Error("late")); // greet cannot be dropped
  }, limit);
  await greet(socket)
    .finally(() => clearTimeout(timer))
    .catch((error) => {
      if (!late) throw error;
      console.log(`timed out: ${peer}`);
    });
  // END: js-race
}

// Rust's words for an error of a socket.
function reason(error) {
  const [, text] = getSystemErrorMap().get(error.errno);
  const sentence = text[0].toUpperCase() + text.slice(1);
  return `${sentence} (os error ${-error.errno})`;
}

// Says what a conversation could not say itself, and hangs up.
async function client(socket, peer, limit) {
  // Nobody listens for an error that comes while no await is there to throw
  // it; without a listener it would end the program.
  socket.on("error", () => {});
  try {
    await limited(socket, peer, limit);
  } catch (error) {
    if (error.errno) console.log(`socket error: ${reason(error)}`);
    else console.error(`greeter: a client failed: ${error.message}`);
  } finally {
    socket.destroySoon(); // when what was written has left
  }
}

// ---- the program -----------------------------------------------------------

function usage(problem) {
  console.error(
    `greeter: ${problem}\n` +
      "usage: [--listen ADDR:PORT] [--idle-timeout TIME] [--grace TIME]\n" +
      "TIME is such as 250ms, 2s or 5m; port 0 picks one",
  );
  process.exit(2);
}

function milliseconds(name, text) {
  const match = /^(\d+)(ms|s|m)$/.exec(text);
  if (!match) usage(`--${name}: not '${text}'`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60000 }[match[2]];
}

function commandLine() {
  const text = { type: "string" };
  const names = { listen: text, "idle-timeout": text, grace: text };
  try {
    return parseArgs({ options: names }).values;
  } catch (error) {
    return usage(error.message);
  }
}

function options() {
  const given = commandLine();
  const listen = given.listen ?? "127.0.0.1:6142";
  const match = /^(.*):(\d{1,5})$/.exec(listen);
  if (!match) usage(`--listen: not '${listen}'`);
  return {
    host: match[1].replace(/^\[(.*)\]$/, "$1"),
    port: Number(match[2]),
    // The longest that a timer of node's can wait: 24 days.
    limit: milliseconds("idle-timeout", given["idle-timeout"] ?? "35791m"),
    grace: milliseconds("grace", given.grace ?? "2s"),
  };
}

function ipv6(address) {
  return address.includes(":") ? `[${address}]` : address;
}

async function serve({ host, port, limit, grace }) {
  const clients = new Set();
  const stop = new AbortController();
  const stopped = once(stop.signal, "abort");
  const again = new AbortController();
  const onStop = () => (stop.signal.aborted ? again : stop).abort();
  process.on("SIGINT", onStop).on("SIGTERM", onStop);

  // DOC: js-accept
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = `${ipv6(socket.remoteAddress)}:${socket.remotePort}`;
    console.log(`connection from ${peer}`);
    clients.add(socket);
    client(socket, peer, limit); // runs from here, nobody spawns it
    socket.once("close", () => clients.delete(socket));
  });
  // END: js-accept
  server.listen(port, host, 4096);
  await once(server, "listening");
  console.log(`listening on port ${server.address().port}`);

  await stopped;
  const closed = new Promise((resolve) => server.close(resolve));
  const timer = setTimeout(() => again.abort(), grace);
  await Promise.race([closed, once(again.signal, "abort")]);
  clearTimeout(timer);
  process.exit(0); // and with it whoever is left
}

const wanted = options();
try {
  await serve(wanted);
} catch (error) {
  if (!error.errno) throw error;
  console.error(`greeter: ${wanted.host}:${wanted.port}: ${reason(error)}`);
  process.exit(1);
}

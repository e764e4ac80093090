#!/usr/bin/env node
// `./fishbowl slides`: the deck, the handout and their PDFs; with --serve at a
// local address, made again at each save.
// Alone: FB_BIN=build/release/bin node slides/tools/slides.mjs (reveal.js and
// playwright-core are looked for in build/slides/node_modules).
import {join, relative, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import {build} from "./build.mjs";
import {Trouble} from "./run.mjs";
import {serve} from "./serve.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const HELP = `Usage: fishbowl slides [OPTION...]
Build the deck of the lecture into build/slides: deck.html (one file, which
needs a browser and nothing else), handout.html, and both as PDFs.

      --html                 Leave out the PDFs
  -k, --keep-going           Make it also if a demo or a vote of it fails, with a
                             word on that slide; the status is 1 all the same
      --serve                Open it from a local address; what is saved in
                             slides/, in a demo or in a source that a slide
                             shows is built again, and the browser stays at
                             its slide (without PDFs)
      --port=N               Serve at this port; else a free one is picked
  -?, --help                 Give this help list

Examples:
  fishbowl slides
  fishbowl slides --serve --port 8000
`;

function usage(why) {
  process.stderr.write(`fishbowl: slides: ${why} (./fishbowl slides --help)\n`);
  process.exit(2);
}

function readArguments() {
  try {
    const {values} = parseArgs({options: {
      html: {type: "boolean", default: false},
      "keep-going": {type: "boolean", short: "k", default: false},
      serve: {type: "boolean", default: false},
      port: {type: "string"},
      help: {type: "boolean", short: "?", default: false},
    }});

    if (values.port !== undefined && !values.serve) {
      usage("--port is for --serve");
    }
    if (values.port !== undefined &&
        !(/^\d{1,5}$/.test(values.port) && Number(values.port) < 65536)) {
      usage(`--port ${values.port}: a number from 0 (any free one) to 65535`);
    }
    return values;
  } catch (error) {
    return usage(error.message.split("\n")[0]);
  }
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}

// What stands where, for people.
function tell({about, made, complaints, missing}, out) {
  for (const {name, bytes} of made) {
    console.log(`${relative(process.cwd(), join(out, name)) || name}`.padEnd(30) +
      size(bytes).padStart(9));
  }
  console.log();
  for (const block of about.blocks) {
    console.log(`block ${block.number}: ${block.slides} slides, ${block.sum} ` +
      `minutes of ${block.minutes}: ${block.title}`);
  }
  for (const word of [...complaints, ...missing].flatMap((w) => w.split("\n"))) {
    console.error(`fishbowl: slides: ${word}`);
  }
}

// What would help where the system says no.
const ADVICE = {
  ENOSPC: "make room there, then try again", EDQUOT: "make room there",
  EACCES: "it must be yours to write", EPERM: "it must be yours to write",
  EROFS: "it must be yours to write", ENOTDIR: "it must be a folder",
};

function textOf(error) {
  if (error instanceof Trouble) {
    return error.message;
  }
  return error.code in ADVICE && error.syscall !== undefined
    ? `${setup.out}: ${error.message} (${ADVICE[error.code]})` : error.stack;
}

function complain(error) {
  const text = textOf(error);

  return text.split("\n").map((line) => `fishbowl: slides: ${line}`).join("\n");
}

const options = readArguments();

if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const setup = {
  root, out: process.env.FB_SLIDES ?? join(root, "build/slides"),
  bin: resolve(process.env.FB_BIN ?? join(root, "build/release/bin")),
  keepGoing: options["keep-going"],
  paper: !options.html && !options.serve,
};

// What takes over a second says so: on a terminal in one place, elsewhere once.
const inPlace = process.stderr.isTTY && (process.env.TERM ?? "dumb") !== "dumb";
const begun = Date.now();
let said = false;

function say(what) {
  if (Date.now() - begun > 1000 && (inPlace || !said)) {
    process.stderr.write(inPlace ? `\r\x1b[Kfishbowl: slides: ${what} …`
      : `fishbowl: slides: ${what} (and what else is new) …\n`);
    said = true;
  }
}

function saidAll() {
  if (said && inPlace) {
    process.stderr.write("\r\x1b[K");
  }
}

// What was started is ended with us (run.mjs); the next build sweeps up.
for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]]) {
  process.once(signal, () => {
    saidAll();
    process.exit(options.serve ? 0 : 128 + number);
  });
}

if (options.serve) {
  try {
    await serve({...setup, say}, Number(options.port ?? 0), complain);
  } catch (error) {
    console.error(complain(error.syscall === "listen" ? new Trouble(
      `port ${options.port ?? 0}: ${error.code === "EADDRINUSE" ? "it is in use"
        : error.message}: leave out --port for a free one`) : error));
    process.exit(1);
  }
} else {
  try {
    const result = await build({...setup, say});

    saidAll();
    tell(result, setup.out);
    process.exitCode = result.missing.length + result.complaints.length > 0
      ? 1 : 0;
  } catch (error) {
    saidAll();
    console.error(complain(error));
    process.exitCode = 1;
  }
}

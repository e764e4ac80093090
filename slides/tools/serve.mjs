// Problem: who writes a slide wants to see it, at each save, where they are.
//
// Idea: a server on this machine alone that gives out what a build has left,
// and a stream of server-sent events that tells each page of a new build: it
// loads itself again, and its address still says at which slide. A build that
// fails is told as text in the page and in the terminal; the old deck stays.
//
//     a save ──► watch ──► build ──┬─► "made": the pages load themselves again
//                  ▲    (one at a  └─► "trouble": text over the page
//                  └──── time) ◄── saved meanwhile: once more
//
// Invariants: only names of FILES are served, so no path leads anywhere else.
// Who asks must call us by a name of this machine: a page of a stranger, whose
// name was made to point here, gets nothing.
import {createServer} from "node:http";
import {readFile} from "node:fs/promises";
import {existsSync, readFileSync, readdirSync, watch} from "node:fs";
import {dirname, join} from "node:path";
import {build} from "./build.mjs";
import {escape} from "./text.mjs";

const FILES = {
  "/": ["deck.html", "text/html; charset=utf-8"],
  "/deck.html": ["deck.html", "text/html; charset=utf-8"],
  "/handout.html": ["handout.html", "text/html; charset=utf-8"],
  "/slides.pdf": ["slides.pdf", "application/pdf"],
  "/handout.pdf": ["handout.pdf", "application/pdf"],
};
const CHANGES = "/changes";
const SETTLE_MS = 80; // an editor writes a file in several steps
const PASSING = /^\.|~$|\.sw[a-z]$|^4913$|\.new$/; // what editors leave
const CLIENT = readFileSync(new URL("./reload.js", import.meta.url), "utf8");

// ---- giving out ----

function isOurs(request, port) {
  const names = ["127.0.0.1", "localhost"].map((name) => `${name}:${port}`);
  const {host, origin} = request.headers;

  return names.includes(host) && (origin === undefined ||
    names.includes(origin.replace(/^http:\/\//, "")));
}

function answer(response, status, text) {
  response.writeHead(status, {"Content-Type": "text/plain; charset=utf-8",
                              "X-Content-Type-Options": "nosniff"});
  response.end(`${text}\n`);
}

class Site {
  constructor(out) {
    this.out = out;
    this.streams = new Set();
    this.trouble = ""; // of the last build
  }

  // Pages that are open learn of a build.
  tell(trouble) {
    this.trouble = trouble;
    for (const stream of this.streams) {
      this.send(stream, trouble === "" ? "made" : "trouble");
    }
  }

  send(stream, what) {
    stream.write(`event: ${what}\ndata: ${JSON.stringify(this.trouble)}\n\n`);
  }

  open(request, response) {
    response.writeHead(200, {"Content-Type": "text/event-stream",
                             "Cache-Control": "no-store"});
    response.write("retry: 1000\n\n");
    if (this.trouble !== "") {
      this.send(response, "trouble");
    }
    this.streams.add(response);
    request.on("close", () => this.streams.delete(response));
  }

  async file(response, [name, type], head) {
    const path = join(this.out, name);

    if (!existsSync(path) && !type.startsWith("text/html")) {
      answer(response, 404, `${name} is not there: ./fishbowl slides makes it`);
      return;
    }
    const bytes = !existsSync(path) ? this.nothing() : await readFile(path);

    response.writeHead(200, {
      "Content-Type": type, "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      // in a frame the deck does what is asked around it: the speaker view's
      "Content-Security-Policy": "frame-ancestors 'self'",
    });
    response.end(head ? "" : type.startsWith("text/html")
      ? `${bytes}`.replace(/<\/body>(?![^]*<\/body>)/,
                           () => `<script>\n${CLIENT}</script>\n</body>`)
      : bytes);
  }

  // The page before there is one.
  nothing() {
    return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Not built yet</title></head><body><h1>Not built yet</h1>
<pre>${escape(this.trouble)}</pre></body></html>`;
  }

  serve(request, response, port) {
    const path = request.url.split(/[?#]/)[0];

    if (!isOurs(request, port)) {
      answer(response, 403, "the deck is for this machine alone: open " +
        `http://127.0.0.1:${port}/`);
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      answer(response, 405, "only GET and HEAD are answered here");
    } else if (path === CHANGES) {
      this.open(request, response);
    } else if (!Object.hasOwn(FILES, path)) {
      answer(response, 404, `no such page (there are: ` +
        `${Object.keys(FILES).join(" ")})`);
    } else {
      this.file(response, FILES[path], request.method === "HEAD")
        .catch(() => response.destroy());
    }
  }
}

// ---- watching ----

// Calls `changed` when something is saved in a folder that a deck is made from.
class Watch {
  constructor(changed) {
    this.changed = changed;
    this.watchers = new Map();
    this.timer = undefined;
  }

  folders(list) {
    for (const folder of list) {
      if (!this.watchers.has(folder) && existsSync(folder)) {
        this.watchers.set(folder, watch(folder, (_, name) => {
          if (name === null || !PASSING.test(name)) {
            clearTimeout(this.timer);
            this.timer = setTimeout(this.changed, SETTLE_MS);
          }
        }));
      }
    }
  }
}

// Where a save may change the deck: our text, the demos, the sources on slides.
function foldersOf(root, about) {
  const own = readdirSync(join(root, "slides"), {withFileTypes: true})
    .filter((entry) => entry.isDirectory() && entry.name !== "tools")
    .map((entry) => join(root, "slides", entry.name));

  return new Set([...own, join(root, "viz/demo/scripts"),
                  ...(about?.sources ?? []).map((f) => dirname(join(root, f)))]);
}

// ---- both ----

function listen(site, port) {
  return new Promise((done, failed) => {
    const server = createServer((request, response) =>
      site.serve(request, response, server.address().port));

    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

// Until the process is ended. `port` 0 picks a free one.
export async function serve(setup, port, complain) {
  const site = new Site(setup.out);
  let building = false, again = false, about;

  const make = async () => {
    if (building) {
      again = true;
      return;
    }
    building = true;
    do {
      again = false;
      try {
        const result = await build(setup);

        about = result.about;
        watched.folders(foldersOf(setup.root, about));
        site.tell("");
        console.error("fishbowl: slides: made at " +
          new Date().toTimeString().slice(0, 8));
        [...result.complaints, ...result.missing].forEach((word) =>
          console.error(`fishbowl: slides: ${word}`));
      } catch (error) {
        site.tell(complain(error));
        console.error(complain(error));
      }
    } while (again);
    building = false;
  };
  const watched = new Watch(make);
  const server = await listen(site, port);

  watched.folders(foldersOf(setup.root));
  console.log(`http://127.0.0.1:${server.address().port}/   (Ctrl-C ends it)`);
  console.log(`http://127.0.0.1:${server.address().port}/handout.html`);
  process.once("exit", () => site.streams.forEach((stream) => stream.end()));
  await make();
}

// The page's engine says what `print` says, at every event.
//
// usage: node parity.js BIN ORACLE ENGINE.js TRACE…     (see CMakeLists.txt)
// For each trace: it is exported as a page; the page's own engine is taken out
// of it, and reads the page's own trace. Then each answer is turned into the
// text that `print` makes, and must be that text.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const zlib = require("node:zlib");
const assert = require("node:assert/strict");
const {execFileSync, spawn} = require("node:child_process");
const {once} = require("node:events");

const [bin, oracle, wrapper, ...traces] = process.argv.slice(2);
const {Engine} = require(path.resolve(wrapper));
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "fishbowl-parity-"));
const environment = {...process.env, XDG_RUNTIME_DIR: dir};
const run = (program, ...args) => execFileSync(program, args,
    {env: environment, maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"]});

// ---- traces ----

// A greeter with so many workers, of whose events a ring has forgotten some if
// it is small, and 20 clients of which some say what is hostile.
async function greet(ring, workers, ringEvents) {
    const greeter = spawn(path.join(bin, "fishbowl"), ["serve", "--listen",
        "127.0.0.1:0", "--workers", workers, "--ring-events", ringEvents,
        "--ring", ring], {env: environment, stdio: ["ignore", "pipe", "ignore"]});
    const ended = once(greeter, "exit");
    let said = "";

    for await (const text of greeter.stdout) {
        said += text;
        if (said.includes("\n")) {
            break;
        }
    }
    for (const kind of ["--slow", "--garbage", "--half-open"]) {
        run(path.join(bin, "fishbowl"), "dial", "--clients", "7", kind,
            `127.0.0.1:${said.match(/port (\d+)/)[1]}`);
    }
    greeter.kill("SIGTERM");
    await ended;
}

// "play:NAME" is played, "greeter:WORKERS:EVENTS" greets, "hostile:SEED" is of
// random events; else it is a file.
async function make(trace) {
    const [kind, name, events] = trace.split(":");
    const ring = path.join(dir, `${kind}-${name}.ring`);

    if (kind === "play") {
        run(path.join(bin, "fishbowl"), "demo", name, "--plain", "--port", "0",
            "--ring", ring);
        return ring;
    }
    if (kind === "hostile") {
        run(oracle, "--hostile", name, ring);
        return ring;
    }
    if (kind === "greeter") {
        await greet(ring, name, events);
        return ring;
    }
    return trace;
}

function element(html, id) {
    const begin = html.indexOf(`id="${id}">`);

    assert(begin > 0, `the page has no element "${id}"`);
    return html.slice(begin + `id="${id}">`.length,
        html.indexOf("</script>", begin));
}

async function openPage(trace, ...options) {
    const page = path.join(dir, "page.html");
    let html, engine;

    run(path.join(bin, "fishbowl"), "export", trace, "--to", "html",
        "--force", "-o", page, ...options);
    html = fs.readFileSync(page, "utf8");
    engine = await Engine.load(Engine.bytes(element(html, "engine")));
    engine.open(new Uint8Array(zlib.gunzipSync(
        Engine.bytes(element(html, "trace")))));
    return {engine, about: JSON.parse(element(html, "about"))};
}

// ---- the texts of print, from the engine's answers ----

function treeText(engine, rows) {
    let text = "";

    for (const {id} of rows) {
        const t = engine.tree(id);
        const ended = t.state === "complete" || t.state === "freed";
        const rails = [];

        text += `\ntask ${id}${t.label ? `  "${t.label}"` : ""}  ${t.state}` +
            (ended ? ` (${t.outcome})` : t.abortAsked ? " (abort asked)" : "") +
            `  ${t.polls} poll${t.polls === 1 ? "" : "s"}\n`;
        for (const f of t.rows) {
            text += rails.slice(0, f.depth).join("") + (f.last ? "└ " : "├ ") +
                f.name + (f.line ? `  ${f.file}:${f.line}` : "") +
                (f.says ? `  ${f.says}` : "") + "\n";
            rails[f.depth] = f.last ? "  " : "│ ";
        }
        if (t.whoWakes) {
            text += `  who will wake it: ${t.whoWakes}\n`;
        }
    }
    return text + queuesText(engine);
}

function queueText(w) {
    return w.queue.length === 0
        ? " empty\n"
        : `${w.queue.map((t) => ` task ${t.id}`).join(",")}\n`;
}

function queuesText(engine) {
    const {workers} = engine.lanes(1000);

    if (workers.length === 1) {
        return `\nrun queue:${queueText(workers[0])}`;
    }
    return "\n" + workers.map((w) => `worker ${w.worker}: ` +
        (w.running ? `polls task ${w.running.id}`
            : w.parked ? "parked" : "polls nobody") +
        `; run queue:${queueText(w)}`).join("");
}

// A table's columns are as wide as their longest text: blanks are not compared.
const squeezed = (text) => text.trim().replace(/ +/g, " ");

function taskLines(rows) {
    return rows.map((t) => squeezed(`${t.id} ${t.state} ${t.polls} ${t.wakes} ` +
        `${t.busy} ${t.name} ${t.now} ${t.lastWake}`));
}

// ---- what is compared ----

const SAME = [ // a row's member, and where print --json has it
    ["id", (t) => t.id],
    ["parent", (t) => t.parent],
    ["name", (t) => t.name],
    ["state", (t) => t.state],
    ["worker", (t) => t.worker],
    ["polls", (t) => t.polls],
    ["wakes", (t) => t.wakes.all],
    ["busyNs", (t) => t.busy_ns],
    ["queuedNs", (t) => t.queued_ns],
    ["longestPollNs", (t) => t.longest_poll_ns],
    ["waitsFor", (t) => t.waits_for],
    ["outcome", (t) => t.outcome_text ?? ""],
    ["lastWakeEvent", (t) => t.last_wake?.event ?? 0],
    ["spawnEvent", (t) => t.spawn_event],
    ["abortAsked", (t) => t.abort_asked],
];

function flatten(future, depth, rows) {
    if (future !== null) {
        rows.push([future.id, depth, future.type.name, future.type.file,
            future.type.line, future.suspended_at_line, future.state,
            future.polls, future.reason ?? ""]);
        future.children.forEach((f) => flatten(f, depth + 1, rows));
    }
    return rows;
}

function compareJson(engine, world, rows, position) {
    const tasks = world.tasks;
    const queues = world.executor.workers;

    assert.equal(position.event, world.position.event);
    assert.equal(position.uncertain, world.position.uncertain);
    assert.equal(position.polls, world.totals.polls);
    assert.equal(position.wakes, world.totals.wakes);
    assert.equal(position.tasks, world.totals.live_tasks);
    assert.equal(position.zombies, world.totals.zombie_tasks);
    assert.equal(position.lints, world.lints.length);
    for (const [name, of] of SAME) {
        assert.deepEqual(rows.map((t) => t[name]), tasks.map(of), name);
    }
    for (const task of tasks) {
        assert.deepEqual(engine.tree(task.id).rows.map((f) => [f.id, f.depth,
            f.name, f.file, f.definedLine, f.line, f.state, f.polls, f.reason]),
        flatten(task.future, 0, []), `tree of task ${task.id}`);
    }
    assert.deepEqual(engine.lanes(1000).workers.map((w) => [
        w.running?.id ?? null, w.parked, w.queue.map((t) => t.id)]),
    queues.map((w) => [w.running, w.parked, w.run_queue]));
    assert.deepEqual(
        engine.lints().findings.slice(0, position.lints).map((f) =>
            [f.kind, f.event, f.task, f.sentence, f.explanation, f.remedy,
                f.evidence]),
        world.lints.map((f) => [f.lint, f.event, f.task, f.finding,
            f.explanation, f.remedy, f.evidence]));
}

// Beyond 2^53 a difference is rounded.
function isNear(a, b) {
    assert(a === b || Math.abs(a - b) <= b * 1e-15, `${a} is not ${b}`);
}

function compareReactor(engine, world) {
    const reactor = engine.reactor();
    const start = world.header.start_time_ns;

    assert.deepEqual(
        reactor.sources.map((s) => [s.id, s.fd, s.kind, s.bytesIn, s.bytesOut]),
        world.sources.map((s) => [s.id, s.fd, s.kind, s.bytes_in, s.bytes_out]));
    assert.deepEqual(reactor.timers.map((t) => [t.id, t.task]),
        world.timers.map((t) => [t.id, t.task]));
    reactor.timers.forEach((t, i) => isNear(t.deadlineNs,
        Math.max(world.timers[i].deadline_ns - start, 0)));
}

function compareTable(rows, tasks) {
    const lines = tasks.trimEnd().split("\n").slice(1).map(squeezed);

    if (rows.length === 0) {
        assert.equal(tasks.trim(), "no tasks");
        return;
    }
    if (!tasks.includes("…")) { // print cut a cell that the page has whole
        assert.deepEqual(taskLines(rows), lines);
    }
}

function compareAt(engine, [json, tree, tasks, story]) {
    const world = JSON.parse(json);
    const number = world.position.event;
    const position = engine.seek(number);
    const {rows} = engine.tasks();
    const [told] = engine.story(number, 1);
    const prefix = `${String(number).padStart(7)}  ${told.time.padStart(11)}  `;
    const marks = told.marks.map((m) =>
        `${" ".repeat(22)}! ${m.kind}: ${m.sentence}\n`).join("");

    compareJson(engine, world, rows, position);
    compareReactor(engine, world);
    assert.equal(treeText(engine, rows), tree);
    compareTable(rows, tasks);
    assert.equal(`${prefix}${told.text}\n${marks}`,
        story.replace(/^ +… events .* were lost\n/, ""));
    assert.equal(position.sentence, told.text);
    isNear(position.timeNs,
        Math.max(world.position.time_ns - world.header.start_time_ns, 0));
}

// An order in which every kind of way is gone: on, back, and far away.
function shuffled(list) {
    const order = list.map((item, i) => [i * 2654435761 % 4294967296, item]);

    return order.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

async function compareTrace(trace) {
    const file = await make(trace);
    const texts = run(oracle, file, process.env.FB_EVERY ?? "1").toString()
        .split("\0");
    const moments = [];
    const {engine} = await openPage(file);

    for (let i = 0; i + 4 <= texts.length; i += 4) {
        moments.push(texts.slice(i, i + 4));
    }
    assert(moments.length > 0, "no event was compared");
    for (const order of [moments, shuffled(moments)]) {
        for (const moment of order) {
            try {
                compareAt(engine, moment);
            } catch (error) {
                const at = JSON.parse(moment[0]).position.event;

                error.message = `${trace}, event ${at}: ${error.message}`;
                throw error;
            }
        }
    }
    console.log(`${trace}: ${moments.length} of ${engine.facts().events} ` +
        "events, on and criss-cross");
    return file;
}

// A page that begins in the middle has the same world there.
async function compareRange(file) {
    const whole = (await openPage(file)).engine;
    const {last} = whole.facts();
    const middle = Math.floor(last / 2);
    const {engine, about} = await openPage(file, "--first", String(middle),
        "--last", String(last - 1), "--title", "A <b>\"title\"");

    assert.equal(about.at, middle);
    assert.equal(about.title, "A <b>\"title\"");
    assert.equal(engine.facts().last, last - 1);
    assert.equal(engine.facts().exact, whole.facts().exact);
    whole.seek(middle);
    engine.seek(middle);
    assert.deepEqual(engine.tasks().rows.map((t) => [t.id, t.state, t.polls,
        t.name, t.waitsFor]), whole.tasks().rows.map((t) => [t.id, t.state,
        t.polls, t.name, t.waitsFor]));
}

// The text is the one that lies where --source-dir says.
async function compareSource(file) {
    const {sources} = (await openPage(file)).engine.facts();
    const here = path.join(dir, "other");

    assert.notEqual(sources.length, 0);
    fs.mkdirSync(path.join(here, path.dirname(sources[0])), {recursive: true});
    fs.writeFileSync(path.join(here, sources[0]), "not this\nbut that\n");
    const {engine} = await openPage(file, "--source-dir", here);
    assert.deepEqual(engine.text(sources[0]).lines, ["not this", "but that"]);
}

async function main() {
    for (const trace of traces) {
        const file = await compareTrace(trace);

        if (!trace.startsWith("hostile:")) { // its census may be a lie
            await compareRange(file);
        }
        if (trace === traces[0]) {
            await compareSource(file);
        }
    }
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
}).finally(() => fs.rmSync(dir, {recursive: true}));

// How the page asks the engine: the C model, compiled to WebAssembly.
//
// Problem: WebAssembly knows numbers and one block of memory; the page wants
//     objects, and a trace that does harm must not take the page with it.
// Idea: each question is one call; the answer is JSON in that memory, and what
//     has a number for each column lies beside it as planes of numbers. A trap
//     ends this engine, not the page.
// Invariants: no view of the memory is kept beyond a call: it moves as it grows.
//
// engine/README.md has the shapes of all answers.
"use strict";

const Engine = (() => {
    // What a cell of the timeline shows; viz/model/timeline.h.
    const LOOK = Object.freeze({
        BLANK: 0, LOST: 1, RAN: 2, SCHEDULED: 3, WAITING: 4, ENDED: 5,
        COMPLETE: 6,
    });
    const PIECE = 1 << 20; // bytes given to the engine at once
    const KEPT_TEXTS = 64;
    const EBADF = 8; // of WASI

    // The C library may want to write to a stream; here is none.
    const wasi = {
        fd_close: () => EBADF,
        fd_seek: () => EBADF,
        fd_write: () => EBADF,
    };

    const encoder = new TextEncoder();
    const decoder = new TextDecoder();

    // An option that must be a number, else what is usual.
    const number = (value, usual) =>
        Number.isFinite(value) ? value : usual;
    const whole = (value, usual) =>
        Math.max(-0x7fffffff, Math.min(0x7fffffff,
            Math.trunc(number(value, usual))));

    class Engine {
        #wasm;
        #dead = null; // the Error that every later call throws
        #ready = false;
        #texts = new Map();

        constructor(wasm) {
            this.#wasm = wasm;
        }

        // ---- loading ----

        static LOOK = LOOK;

        static bytes(base64) {
            const text = atob(base64.replace(/\s+/g, ""));
            const bytes = new Uint8Array(text.length);

            for (let i = 0; i < text.length; i++) {
                bytes[i] = text.charCodeAt(i);
            }
            return bytes;
        }

        static unzip(bytes) {
            return new Blob([bytes]).stream()
                .pipeThrough(new DecompressionStream("gzip"));
        }

        static async load(wasmBytes) {
            const {instance} = await WebAssembly.instantiate(wasmBytes,
                {wasi_snapshot_preview1: wasi});
            const engine = new Engine(instance.exports);

            instance.exports._initialize();
            return engine;
        }

        open(bytes) {
            this.#begin();
            for (let at = 0; at < bytes.length; at += PIECE) {
                this.#take(bytes.subarray(at, at + PIECE));
            }
            return this.#end();
        }

        async openStream(stream, onBytes = () => {}) {
            const reader = stream.getReader();
            let taken = 0;
            let drawn = Date.now();

            this.#begin();
            for (;;) {
                const {done, value} = await reader.read();

                if (done) {
                    break;
                }
                for (let at = 0; at < value.length; at += PIECE) {
                    this.#take(value.subarray(at, at + PIECE));
                }
                taken += value.length;
                if (Date.now() - drawn > 50) { // let the page draw
                    onBytes(taken);
                    await new Promise((resolve) => setTimeout(resolve));
                    drawn = Date.now();
                }
            }
            onBytes(taken);
            return this.#end();
        }

        // ---- the trace, and where the page stands ----

        facts() {
            return this.#json("facts");
        }

        seek(event) {
            return this.#json("seek", number(event, 0));
        }

        position() {
            return this.#json("position");
        }

        move(unit, steps = 1, task = 0, from = 0) {
            this.#giveText(String(unit));
            return this.#json("move", whole(steps, 1), number(task, 0),
                number(from, 0));
        }

        find(text) {
            this.#giveText(String(text));
            return this.#json("find");
        }

        // ---- pictures of the moment ----

        tasks({filter = "", order = "", reverse = false, first = 0,
            count = 1000} = {}) {
            const filterBytes = encoder.encode(filter).length;

            this.#giveText(`${filter}\0${order}`);
            return this.#json("tasks", filterBytes + 1, reverse ? 1 : 0,
                number(first, 0), number(count, 1000));
        }

        task(id) {
            return this.#json("task", number(id, 0));
        }

        tree(task) {
            return this.#json("tree", number(task, 0));
        }

        lanes(limit = 100) {
            return this.#json("lanes", number(limit, 100));
        }

        reactor() {
            return this.#json("reactor");
        }

        source(task) {
            const source = this.#json("source", number(task, 0));

            if (source !== null) {
                const {lines, why} = source.best >= 0
                    ? this.text(source.file)
                    : {lines: null, why: "it stands nowhere now"};

                source.lines = lines;
                source.why = why;
            }
            return source;
        }

        actor() {
            return this.#json("actor");
        }

        // The lines are shared by all who ask: do not change them.
        text(file) {
            let text = this.#texts.get(file);

            if (text === undefined) {
                this.#giveText(String(file));
                text = this.#json("text");
                if (this.#texts.size >= KEPT_TEXTS) {
                    this.#texts.delete(this.#texts.keys().next().value);
                }
                this.#texts.set(file, text);
            }
            return {lines: text.lines, why: text.why};
        }

        // ---- pictures of the run ----

        story(from, count = 100) {
            return this.#json("story", number(from, 0), number(count, 100));
        }

        lints() {
            return this.#json("lints");
        }

        density(columns) {
            const answer = this.#json("density", whole(columns, 100));
            const planes = this.#planes();

            answer.events = planes(Uint32Array, answer.columns);
            answer.lost = planes(Float32Array, answer.columns);
            return answer;
        }

        columnOf(event, columns) {
            return this.#json("column_of", number(event, 0),
                whole(columns, 100));
        }

        eventAt(column, columns) {
            return this.#json("event_at", whole(column, 0),
                whole(columns, 100));
        }

        timeline({from = 0, to = 0, columns = 100, scale = "time", tasks = null,
            firstLane = 0, lanes = 64} = {}) {
            if (tasks !== null) {
                this.#give(new Uint8Array(Uint32Array.from(tasks).buffer));
            }
            return this.#columns(this.#json("timeline",
                scale === "events" ? 1 : 0, number(from, 0), number(to, 0),
                whole(columns, 100), tasks === null ? -1 : tasks.length,
                number(firstLane, 0), number(lanes, 64)));
        }

        // ---- across the border ----

        #begin() {
            this.#ready = false;
            this.#texts.clear();
            if (this.#call("begin") < 0) {
                throw new Error("There is no memory for the engine.");
            }
        }

        #take(bytes) {
            this.#give(bytes);
            this.#check(this.#call("take", bytes.length));
        }

        #end() {
            this.#check(this.#call("end"));
            this.#ready = true;
            return this.facts();
        }

        // A trap leaves the memory in any state: this engine must not go on.
        #call(name, ...args) {
            if (this.#dead !== null) {
                throw this.#dead;
            }
            try {
                return this.#wasm[name](...args);
            } catch (trap) {
                this.#dead = new Error("The engine stopped at this trace " +
                    `(${trap.message}). The trace may be damaged; if print ` +
                    "reads it, this is a mistake of Fishbowl.");
                this.#dead.fatal = true;
                throw this.#dead;
            }
        }

        #check(status) {
            if (status < 0) {
                throw new Error(this.#sentence());
            }
        }

        #sentence() {
            const bytes = new Uint8Array(this.#wasm.memory.buffer,
                this.#call("why"));
            const text = decoder.decode(bytes.subarray(0, bytes.indexOf(0)));

            return text.charAt(0).toUpperCase() + text.slice(1) + ".";
        }

        #give(bytes) {
            const at = this.#call("input", Math.max(bytes.length, 1));

            if (at === 0) {
                throw new Error("This page has no memory left.");
            }
            new Uint8Array(this.#wasm.memory.buffer, at, bytes.length)
                .set(bytes);
        }

        #giveText(text) {
            this.#give(encoder.encode(`${text}\0`));
        }

        #json(name, ...args) {
            if (!this.#ready) {
                throw new Error("No trace is open.");
            }
            this.#check(this.#call(name, ...args));
            return JSON.parse(decoder.decode(new Uint8Array(
                this.#wasm.memory.buffer, this.#call("answer"),
                this.#call("answer_bytes"))));
        }

        // Cuts the blob of the last answer into planes, one after the other.
        #planes() {
            const buffer = this.#wasm.memory.buffer;
            let at = this.#call("blob");

            return (Type, count) => {
                const bytes = count * Type.BYTES_PER_ELEMENT;
                const plane = new Type(buffer.slice(at, at + bytes));

                at += bytes;
                return plane;
            };
        }

        // The order of planes is that of engine/timeline.c.
        #columns(answer) {
            const planes = this.#planes();
            const columns = answer.columns;
            const cells = columns * answer.lanes.length;

            answer.head = {};
            for (const [name, Type] of [["first", Float64Array],
                ["last", Float64Array], ["events", Uint32Array],
                ["wakes", Uint32Array], ["ready", Uint32Array],
                ["fired", Uint32Array], ["lost", Float32Array]]) {
                answer.head[name] = planes(Type, columns);
            }
            answer.cells = {};
            for (const [name, Type] of [["ran", Float32Array],
                ["queued", Float32Array], ["waited", Float32Array],
                ["polls", Uint32Array], ["look", Uint8Array],
                ["worker", Uint8Array]]) {
                answer.cells[name] = planes(Type, cells);
            }
            return answer;
        }
    }

    return Engine;
})();

if (typeof module !== "undefined") {
    module.exports = {Engine};
}

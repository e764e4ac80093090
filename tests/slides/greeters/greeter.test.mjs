// Whether a greeter of slides/greeters answers as ours: each claim asks both,
// and compares.
//
// usage: node greeter.test.mjs tokio|tokio_inline|smol|async_std|js|py
import assert from "node:assert/strict";
import {after, test as claim} from "node:test";
import {caller, dial, killAll, missing, run, start} from "./support.mjs";

const theirs = process.argv[2];
const without = missing(theirs);

if (without) {
  console.log(`skipped: ${without}`);
  process.exit(77);
}

// What hangs is no less wrong than what says something else.
const test = (name, body) => claim(name, {timeout: 30_000}, body);
after(killAll);

const QUESTION = "Who are you?\n";

// Asks ours and theirs the same and expects the same.
async function same(ask) {
  const [wanted, got] = [await ask("ours"), await ask(theirs)];

  assert.deepEqual(got, wanted);
  return wanted;
}

// ---- by fishbowl dial ------------------------------------------------------

const ways = [
  [], ["--clients", "60", "--concurrency", "20"], ["--name", ""],
  ["--name", "  Grüße, 世界 \t"], ["--name", "\u3000\u0085Ada\u2028"],
  ["--name", "x".repeat(1024)], ["--name", "ü".repeat(700)],
  ["--half-open", "--clients", "5"], ["--hang-up", "--clients", "5"],
  ["--slow", "--clients", "3"], ["--slow", "--name", "é"],
  ["--garbage", "--clients", "5"], ["--garbage", "--half-open"],
  ["--garbage", "--slow"], ["--think", "10ms", "--clients", "5"],
  ["--silent", "--hold", "20ms"], ["--silent", "--timeout", "20ms"],
];

test("dial finds in it what it finds in ours", async () => {
  const greeters = {ours: await start("ours"), [theirs]: await start(theirs)};
  let failed = 0;

  for (const way of ways) {
    const {status} = await same((name) => dial(greeters[name], way));
    failed += status;
  }
  // the silent one that is given up: dial can say no
  assert.equal(failed, 1);
  assert.deepEqual(await same((name) => greeters[name].stop()), 0);
});

// ---- byte for byte ---------------------------------------------------------

// Every character of Unicode's property White_Space, and some that only look
// so: what a language trims by itself is not always that.
const space = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004" +
              "\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f" +
              "\u3000";
const text = (string) => Buffer.from(string, "utf8");
const bytes = (...list) => Buffer.from(list);

const names = {
  "white space around": text(`${space}Ada ${space} Lovelace${space}`),
  "white space only": text(space),
  "no white space: byte order mark": text("\ufeffAda\ufeff"),
  "no white space: separators": text("\x1c\x1d\x1e\x1fAda\x1c\x1d\x1e\x1f"),
  "no white space: of no width": text("\u200b\u180e\u2060Ada\u200b\u180e"),
  "two lines": text("Ada\nLovelace\r\n"),
  "zeroes": text("A\0da\0"),
  "what a terminal obeys": text("\x1b[2J\x07\x9b31mAda"),
  "outside of the plane": text("\u{1f41f}\u{10ffff}"),
  "1024 bytes": Buffer.alloc(1024, "a"),
  "1025 bytes": Buffer.alloc(1025, "a"),
  "5000 bytes": Buffer.alloc(5000, "ab"),
  "a character over byte 1024": text(`${"a".repeat(1023)}é`),
  "not UTF-8: no lead": bytes(0xff, 0xfe),
  "not UTF-8: at the end": bytes(0x41, 0x64, 0x61, 0x80),
  "not UTF-8: overlong": bytes(0xc0, 0x80),
  "not UTF-8: overlong of three": bytes(0xe0, 0x80, 0xaf),
  "not UTF-8: half of a pair": bytes(0xed, 0xa0, 0x80),
  "not UTF-8: too large": bytes(0xf4, 0x90, 0x80, 0x80),
  "not UTF-8: cut off": bytes(0xe4, 0xb8),
};

// How a client goes about it. `more`: bytes that must not count.
const manners = {
  async "says its name"(client, name) {
    await client.hears(QUESTION.length);
    client.say(name);
  },
  async "says it before it is asked"(client, name) {
    client.say(name);
  },
  async "says it and nothing more"(client, name) {
    await client.hears(QUESTION.length);
    client.socket.end(name);
  },
};

async function converse(greeter, what, client, manner) {
  await manner(client);
  return [what, await client.rest()];
}

// Everything that may be said in every manner, one after the other; and what
// the greeter prints about them.
async function conversations(name) {
  const greeter = await start(name);
  const heard = [];
  const who = new Map(); // the address of a client → which it was
  const talk = async (what, manner) => {
    const client = await caller(greeter);

    who.set(client.name, what);
    heard.push(await converse(greeter, what, client, manner));
  };

  for (const [how, manner] of Object.entries(manners)) {
    for (const [what, said] of Object.entries(names)) {
      await talk(`${how}: ${what}`, (client) => manner(client, said));
    }
  }
  await talk("says nothing and no more", async (client) => {
    client.socket.end();
  });
  await talk("its name in two pieces", async (client) => {
    client.say("A");
    await client.rest(); // the first piece was the name
  });
  await talk("a character in two pieces", async (client) => {
    client.say(text("é").subarray(0, 1));
    await client.rest();
  });
  await talk("hangs up", async (client) => {
    await client.hears(QUESTION.length);
    client.leave();
  });
  await talk("breaks the connection", async (client) => {
    await client.hears(QUESTION.length);
    client.socket.resetAndDestroy();
  });
  const status = await greeter.stop();
  const said = greeter.said.slice(1).map((line) => line.replace(
    /127\.0\.0\.1:\d+/, (address) => who.get(address) ?? "a stranger"));
  return {status, heard, said: said.sort()};
}

test("every byte and every line is as from ours", async () => {
  const {heard, said} = await same(conversations);
  const reply = new Map(heard);

  // Not only the same: what the lesson says.
  assert.equal(reply.get("says its name: white space around"),
               `${QUESTION}Thanks for dialing in, Ada ` +
               `${text(space).toString("latin1")} Lovelace!\n`);
  assert.equal(reply.get("says nothing and no more"),
               `${QUESTION}Thanks for dialing in, !\n`);
  assert.equal(reply.get("says its name: not UTF-8: overlong"), QUESTION);
  assert.equal(said.filter((line) => line.startsWith("connection from "))
    .length, heard.length);
  assert.deepEqual(
    said.filter((line) => !line.startsWith("connection from ")),
    ["socket error: Connection reset by peer (os error 104)"]);
});

// ---- many at once, and the end ---------------------------------------------

test("who is silent holds nobody up", async () => {
  await same(async (name) => {
    const greeter = await start(name);
    const silent = [];

    for (let i = 0; i < 20; i++) {
      silent.push(await caller(greeter));
    }
    await Promise.all(silent.map((client) => client.hears(QUESTION.length)));
    const {status, summary} = await dial(greeter, ["--clients", "20"]);
    const before = silent.map((client) => client.heard());
    silent.forEach((client) => client.say("late"));
    const after = await Promise.all(silent.map((client) => client.rest()));
    return {status, summary, before, after, end: await greeter.stop()};
  });
});

test("who has not finished by then is hung up on", async () => {
  const {heard, said} = await same(async (name) => {
    const greeter = await start(name, ["--idle-timeout", "50ms"]);
    const client = await caller(greeter);
    const heard = await client.rest();
    const {end} = client;

    await greeter.stop();
    return {heard, end, said: greeter.said.slice(1).map(
      (line) => line.replace(client.name, "CLIENT"))};
  });
  assert.equal(heard, QUESTION);
  assert.deepEqual(said, ["connection from CLIENT", "timed out: CLIENT"]);
});

// Until nobody is let in any more. Who is in the queue then is sent away.
async function closed(greeter) {
  for (;;) {
    const client = await caller(greeter, {allowRefusal: true});

    client.leave();
    if (client.end === "ECONNREFUSED") {
      return;
    }
  }
}

test("told to stop, it lets clients finish; told twice, it ends", async () => {
  await same(async (name) => {
    const greeter = await start(name, ["--grace", "5m"]);
    const clients = [await caller(greeter), await caller(greeter)];
    const [talks, silent] = clients;

    await Promise.all(clients.map((client) => client.hears(QUESTION.length)));
    greeter.signal();
    await closed(greeter);
    talks.say("Ada");
    const reply = await talks.rest();
    greeter.signal();
    return {reply, status: await greeter.status(),
            silent: await silent.rest()};
  });
});

test("told to stop, it ends with the last client", async () => {
  await same(async (name) => {
    const greeter = await start(name, ["--grace", "5m"]);
    const client = await caller(greeter);

    await client.hears(QUESTION.length);
    greeter.signal();
    await closed(greeter);
    client.say("Ada");
    return {reply: await client.rest(), status: await greeter.status()};
  });
});

test("told to stop, it waits no longer than the grace period", async () => {
  await same(async (name) => {
    const greeter = await start(name, ["--grace", "50ms"]);
    const client = await caller(greeter);

    await client.hears(QUESTION.length);
    return {status: await greeter.stop(), heard: await client.rest()};
  });
});

// ---- trouble ---------------------------------------------------------------

// A crowd that does not fit into 48 descriptors: newcomers wait until a client
// goes. Node keeps a spare descriptor to hang up on them instead; it lives on.
test("out of descriptors, newcomers wait", async () => {
  const ask = async (name) => {
    const greeter = await start(name, [], 48);
    const silent = [];

    for (let i = 0; i < 60; i++) {
      silent.push(await caller(greeter, {allowRefusal: true}));
    }
    if (name === "js") {
      await Promise.race(silent.map((client) => client.rest()));
    }
    while (name !== "js" && !/accept: too many/i.test(greeter.complained)) {
      await new Promise(setImmediate);
    }
    silent.forEach((client) => client.say("Ada"));
    const replies = await Promise.all(silent.map((client) => client.rest()));
    const {status, summary} = await dial(greeter, ["--clients", "20"]);
    return {replies, status, summary, end: await greeter.stop()};
  };

  if (theirs === "js") {
    const {replies, ...after} = await ask(theirs);
    const {replies: wanted, ...ours} = await ask("ours");

    assert.deepEqual(after, ours);
    assert.ok(replies.includes("") && replies.includes(wanted[0]));
  } else {
    await same(ask);
  }
});

test("what it cannot do it refuses, and says why", async () => {
  const wrong = [
    ["--no-such-thing", "x"], ["--listen"], ["--listen", "nowhere"],
    ["--idle-timeout", "soon"], ["--grace", "1"],
  ];

  for (const options of wrong) {
    const {status, stderr, stdout} = run(theirs, options);

    assert.equal(stdout, "", `${options}: ${stdout}`);
    assert.equal(status, 2, `${options}: ${stderr}`);
    assert.match(stderr, /usage:/);
  }
  const taken = await start("ours");
  const there = await same((name) => {
    const listen = `127.0.0.1:${taken.port}`;
    const {status, stdout, stderr} = run(name, ["--listen", listen]);

    assert.match(stderr, /already in use/i);
    assert.match(stderr, new RegExp(listen.replaceAll(".", "\\.")));
    return {status, stdout};
  });
  assert.deepEqual(there, {status: 1, stdout: ""});
  await taken.stop();
});

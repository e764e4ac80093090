// `slides --serve`: at a local address of its own, for this machine's browser
// only, made again at each save, a mistake shown and the old deck kept.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import {readFileSync} from "node:fs";
import {connect} from "node:net";
import {join} from "node:path";
import {after, before, test} from "node:test";
import {close, newPage} from "./support.mjs";
import {makeTree, slide} from "./tree.mjs";

const text = slide("") + slide("", {mark: "{#second minutes=1}"});
let tree, server, address, page;

// Until the deck is shown and what is asked of the page holds.
const ready = (holds) => page.waitForFunction((source) =>
  window.Reveal?.isReady() && eval(`(${source})()`), String(holds));

before(async () => {
  tree = makeTree({"slides/deck/one.md": text,
                   "viz/demo/scripts/small.demo": "say \"Small.\"\nend\n"});
  server = spawn(process.execPath, [tree.tool, "--serve"],
                 {cwd: tree.root, env: tree.env,
                  stdio: ["ignore", "pipe", "pipe"]});
  let said = "";

  server.stderr.on("data", (data) => said += data);
  for await (const data of server.stdout) {
    said += data;
    address = said.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
    if (address) {
      break;
    }
  }
  assert.ok(address, `it prints where it is: ${said}`);
  page = await newPage({offline: false});
  await page.goto(`${address}/`);
  await ready(() => true); // it comes by itself when it is built
});
after(async () => {
  await close();
  server.kill("SIGKILL"); // if the last test has not ended it
});

// An answer to whatever stands in the request, word for word.
async function ask(path, host = new URL(address).host, more = "") {
  const socket = connect(new URL(address).port, "127.0.0.1");
  let answer = "";

  socket.setEncoding("utf8");
  socket.on("data", (data) => answer += data);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}` +
               "Connection: close\r\n\r\n");
  await once(socket, "close");
  return answer;
}

test("deck_and_handout_are_there", async () => {
  for (const path of ["/", "/deck.html", "/handout.html"]) {
    const answer = await ask(path);

    assert.match(answer, /^HTTP\/1\.1 200 /, path);
    assert.match(answer, /A small deck/, path);
  }
});

test("another_host_or_origin_is_refused", async () => {
  for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example",
                      ""]) {
    const answer = await ask("/deck.html", host);

    assert.match(answer, /^HTTP\/1\.1 4\d\d /, host);
    assert.doesNotMatch(answer, /A small deck/, host);
  }
  assert.match(await ask("/deck.html", undefined,
                         "Origin: http://evil.example\r\n"), /^HTTP\/1\.1 4\d\d /);
});

test("other_machines_cannot_even_call", async () => {
  const socket = connect(new URL(address).port, "127.0.0.2"); // also this one's

  await assert.rejects(once(socket, "connect"), /ECONNREFUSED/);
});

test("the_speaker_view_may_frame_the_deck_and_a_stranger_may_not", async () => {
  const opened = page.context().waitForEvent("page");

  await page.evaluate(() => Reveal.getPlugin("notes").open());
  const view = await opened;

  for (const name of ["current", "upcoming"]) {
    const frame = await (await view.waitForSelector(`#${name}-slide iframe`))
      .contentFrame();

    await frame.waitForFunction(() => window.Reveal?.isReady());
  }
  await view.close();

  const stranger = await newPage({offline: false});

  await stranger.setContent(`<iframe src="${address}/?receiver"></iframe>`);
  const frame = await (await stranger.waitForSelector("iframe")).contentFrame();

  await frame.waitForURL(/^chrome-error:/);
  await stranger.context().close();
});

test("no_path_leads_out_of_the_folder", async () => {
  for (const path of ["/../../slides/deck/one.md", "/..%2f..%2fslides/deck/one.md",
                      "/%2e%2e/%2e%2e/slides/deck/one.md", "//etc/passwd",
                      "/..\\..\\slides\\deck\\one.md", "/deck.html/../../../x",
                      "/%00", "/%", "/made", "/node_modules/reveal.js/package.json"]) {
    const answer = await ask(path);

    assert.match(answer, /^HTTP\/1\.1 4\d\d /, path);
    assert.doesNotMatch(answer, /## A task|root:/, path);
  }
  assert.match(await ask("/deck.html"), /^HTTP\/1\.1 200 /, "it serves on");
});

test("a_save_is_shown_at_the_same_slide_and_so_is_a_mistake", async () => {
  await page.evaluate(() => Reveal.slide(1, 0));
  await page.waitForFunction(() => location.hash.includes("second"));
  tree.write("slides/deck/one.md", text.replaceAll("A task is", "A TASK IS"));
  await ready(() => Reveal.getCurrentSlide().innerText.includes("A TASK IS"));
  assert.equal(await page.evaluate(() => Reveal.getIndices().h), 1);

  tree.write("slides/deck/one.md", text.replaceAll("minutes=1", ""));
  await page.waitForFunction(
    () => document.body.innerText.includes("no minutes"));
  assert.match(readFileSync(join(tree.out, "deck.html"), "utf8"), /A TASK IS/);

  tree.write("slides/deck/one.md", text.replaceAll("A task is", "It is"));
  await ready(() => Reveal.getCurrentSlide().innerText.includes("It is") &&
    !document.body.innerText.includes("no minutes"));
});

test("it_ends_when_asked_to", async () => {
  server.kill("SIGINT");
  const [status, signal] = await once(server, "exit");

  assert.deepEqual([status, signal], [0, null]);
});

// From deck/ to documents: pandoc and the filters, the hooks, the templates.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {fill} from "./fill.mjs";
import {readHooks} from "./hooks.mjs";
import {pack} from "./page.mjs";
import {Trouble, run} from "./run.mjs";
import {attributes, escape} from "./text.mjs";
import {fillTemplate, loads} from "./template.mjs";

const FORMS = {deck: "revealjs", handout: "html"};

// What pandoc makes of the text for "deck" or "handout".
export async function readDeck(root, form) {
  try {
    const html = await run("pandoc", [
      `--metadata-file=${join(root, "slides/deck/deck.yaml")}`,
      `--lua-filter=${join(root, "slides/filters/slides.lua")}`,
      `--to=${FORMS[form]}`, "--no-highlight", "--wrap=preserve",
    ], {cwd: root});

    // a corner of a table is nobody's heading
    return html.replaceAll(/<th(\s[^>]*)?><\/th>/g, "<td></td>");
  } catch (error) {
    // the filters' complaints are whole sentences; who calls adds the rest
    const said = (error.stderr ?? "").split("\n")
      .filter((line) => line.startsWith("fishbowl: slides: "))
      .map((line) => line.slice("fishbowl: slides: ".length));

    throw said.length > 0 ? new Trouble(said.join("\n")) : error;
  }
}

// {title, lang, slides, blocks, and names: demos, replays, sources}
export function outline(html) {
  const hooks = readHooks(html);
  const of = (kind) => hooks.filter((h) => h.kind === kind);

  return {
    ...of("deck")[0],
    slides: of("slide"),
    blocks: of("block"),
    demos: [...new Set(hooks.map((h) => h.demo).filter((d) => d !== undefined))],
    sources: [...new Set(of("source").map((h) => h.file))],
    replays: [...new Set(of("replay").map((h) => h.demo))],
  };
}

// ---- the deck ----

// The page is there once, of each trace only what is its own.
async function replays(plays, names) {
  const traces = await Promise.all(names.map(async (name) => {
    const {page} = await plays.get(name).catch(() => ({}));

    if (page === undefined) {
      return ""; // told where it was to be shown
    }
    const data = attributes({"data-replay": name,
                             "data-about": page.about.trim()});

    return `<script type="application/octet-stream"${data}>${page.trace}</script>`;
  }));
  const shell = names.length === 0 ? [] : [
    `<script type="application/octet-stream" id="replay-page">
${pack(readFileSync(plays.page))}
</script>`];

  return [...traces, ...shell].join("\n");
}

export async function makeDeck(root, html, plays, modules) {
  const about = outline(html);
  const {html: slides, complaints} = await fill(html, plays, {handout: false});
  const found = slides.match(/<section\b/g)?.length ?? 0;

  if (found !== about.slides.length) {
    throw new Trouble(`pandoc made ${found} sections of ` +
      `${about.slides.length} slides: only a heading of level 2 begins one`);
  }
  return alone("deck.html", fillTemplate(join(root, "slides/reveal/deck.html"), {
    TITLE: escape(about.title), LANG: escape(about.lang), SLIDES: slides,
    REPLAYS: await replays(plays, about.replays),
  }, modules), complaints);
}

// ---- the handout ----

function contents(about) {
  const blocks = about.blocks.map((block) => {
    const slides = about.slides.filter((s) => s.block === block.number)
      .map((s) => `<li value="${s.number}"><a href="#${escape(s.id)}">` +
        `${escape(s.title)}</a> <span class="minutes">${s.minutes}&nbsp;min` +
        "</span></li>");

    return `<li><a href="#block-${block.number}">${escape(block.title)}</a> ` +
      `<span class="minutes">${block.sum}&nbsp;min</span>\n` +
      `<ol>${slides.join("\n")}</ol></li>`;
  });

  return `<nav class="contents" aria-label="Contents"><h2>Contents</h2>
<ol class="blocks">${blocks.join("\n")}</ol></nav>`;
}

export async function makeHandout(root, html, plays, modules) {
  const about = outline(html);
  const {html: slides, complaints} = await fill(html, plays, {handout: true});

  return alone("handout.html",
    fillTemplate(join(root, "slides/reveal/handout.html"), {
      TITLE: escape(about.title), LANG: escape(about.lang),
      CONTENTS: contents(about),
      MINUTES: String(about.blocks.reduce((sum, b) => sum + b.sum, 0)),
      SLIDES: slides,
    }, modules), complaints);
}

function alone(name, html, complaints) {
  const found = loads(html);

  if (found.length > 0) {
    throw new Trouble(`${name} would fetch something when it is opened, and ` +
      `must not: ${found.slice(0, 3).join(" ").slice(0, 300)}`);
  }
  return {html, complaints};
}

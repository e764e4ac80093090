// Makes what the hooks of a document ask for: replays, figures, votes, and in
// the handout stories and answers. README.md ("What the filters make") is the
// contract with the theme and the plugins.
import {describe, inlinePicture} from "./picture.mjs";
import {fillHooks} from "./hooks.mjs";
import {output} from "./outputs.mjs";
import {MOST, storyUntil} from "./story.mjs";
import {attributes, escape} from "./text.mjs";
import {Trouble} from "./run.mjs";

const WIDTH = "640"; // of a picture: its text can be read when it fills a slide
const LETTERS = "abcdef";

function where(hook) {
  return hook.slide === null ? "" : `slide "${hook.slide.title}": `;
}

// ---- a moment ----

async function replay(plays, hook, body, id, handout) {
  const play = await plays.get(hook.demo);
  const event = plays.event(play, hook.mark);
  const svg = await plays.figure(play, {
    event, view: hook.view ?? "tree", task: hook.task,
    width: hook.width ?? WIDTH,
  });
  const data = attributes({
    "data-demo": hook.demo, "data-mark": hook.mark, "data-event": event,
    "data-show": hook.show ?? "tasks,lanes",
    "data-by": hook.by,
    "data-marks": JSON.stringify(Object.fromEntries(play.marks)),
  });

  return `<figure class="replay"${data}>
<div class="poster">${inlinePicture(svg, id, describe(svg))}</div>
<figcaption>${body}</figcaption>
</figure>
${handout ? story(plays, play, event, hook.tell) : ""}`;
}

async function figure(plays, hook, id) {
  const play = await plays.get(hook.demo);
  const event = plays.event(play, hook.mark);
  const svg = await plays.figure(play, {
    event, view: hook.view, task: hook.task, width: hook.width ?? WIDTH,
  });
  const data = attributes({
    "data-demo": hook.demo, "data-mark": hook.mark, "data-event": event,
  });

  return `<figure class="figure"${data}>${inlinePicture(svg, id, hook.said)}</figure>`;
}

// What leads to the moment; where words take the replay on (`tell`), what
// follows, too.
function story(plays, play, event, tell) {
  const {cut, lines} = tell === undefined
    ? storyUntil(play.story, event)
    : storyUntil(play.story, plays.event(play, tell), 2 * MOST);
  const items = lines.map((line) =>
    `<li class="${line.kind}"${attributes({"data-event": line.event})}>` +
    `${line.event === undefined ? "" : `<b class="event">${line.event}</b> `}` +
    `${escape(line.text)}</li>`);

  return `<div class="story">
<p class="how">What happens${cut ? " just before" : ""}; all of it: <code>./fishbowl demo ${escape(play.name)} --plain</code></p>
<ol>${items.join("\n")}</ol>
</div>`;
}

// ---- votes ----

async function question(plays, hook) {
  const play = await plays.get(hook.demo);
  const {questions, left_out: left = []} = await plays.votes(play);
  const found = questions.find((q) => q.name === hook.question);

  if (found === undefined) {
    const why = left.find((l) => l.name === hook.question)?.why;

    throw new Trouble(`votes/${hook.demo}.questions: ` + (why !== undefined
      ? `question ${hook.question} has no answer in this trace: ${why}`
      : `no question ${hook.question} (there are: ` +
        `${questions.map((q) => q.name).join(", ")})`));
  }
  return {...found, right: found.choices.findIndex((c) => c.right)};
}

function answer(q) {
  const events = q.events.map((e) =>
    `<li data-event="${e.event}"><b class="event">${e.event}</b> ${escape(e.says)}</li>`);

  return `<p class="truth">${escape(q.said)}</p>
<ul class="events">${events.join("\n")}</ul>`;
}

function choices(q, locked) {
  const items = q.choices.map((c, i) =>
    `<li data-letter="${LETTERS[i]}"><span class="says">${escape(c.says)}</span>` +
    `${locked ? ` <span class="why" hidden>${escape(c.why)}</span>` : ""}</li>`);

  return `<ol class="choices" type="a">${items.join("\n")}</ol>`;
}

function vote(hook, q) {
  const data = attributes({
    "data-demo": hook.demo, "data-question": hook.question,
    "data-right": LETTERS[q.right], "data-at": q.at, "data-until": q.until,
  });

  return `<div class="vote"${data}>
<p class="ask">${escape(q.ask)}</p>
${choices(q, true)}
<div class="answer" hidden>${answer(q)}</div>
</div>`;
}

function voteOnPaper(hook, q) {
  return `<div class="vote"${attributes({"data-question": hook.question})}>
<p class="ask">${escape(q.ask)}</p>
${choices(q, false)}
<p class="where"><a href="#answer-${escape(hook.question)}">The answer is at the end of the block.</a></p>
</div>`;
}

// At the end of a block: what was asked in it.
function answers(asked) {
  if (asked.length === 0) {
    return "";
  }
  const items = asked.map(({hook, q}) => {
    const whys = q.choices.map((c, i) => `<li><b>${LETTERS[i]}</b>` +
      `${i === q.right ? " is right." : ""} ${escape(c.why)}</li>`);

    return `<div class="solved" id="answer-${escape(hook.question)}">
<h4><a href="#${escape(hook.slide.id)}">${hook.slide.number}. ${escape(hook.slide.title)}</a>: ${LETTERS[q.right]}</h4>
<p class="ask">${escape(q.ask)}</p>
${answer(q)}
<ul class="whys">${whys.join("\n")}</ul>
</div>`;
  });

  return `<section class="answers"><h3>Answers</h3>
${items.join("\n")}
</section>`;
}

// A fragment moves a replay of its slide to a mark of that play.
function seekComplaints(html) {
  return html.split(/(?=<section\b)/).flatMap((slide) => {
    const title = (/<h[23]\b[^>]*>(.*?)<\/h[23]>/s.exec(slide)?.[1] ?? "")
      .replaceAll(/<span class="(number|minutes)">.*?<\/span>|<[^>]*>/gs, "")
      .trim();

    const marks = [...slide.matchAll(/ data-marks="([^"]*)"/g)].map((m) => m[1]);

    return [...slide.matchAll(/<[^>]* data-seek="([^"]*)"[^>]*>/g)]
      .map(([tag, mark]) =>
        ({mark, of: / data-of="([^"]*)"/.exec(tag)?.[1] ?? 1}))
      .filter(({mark, of}) => !marks[of - 1]?.includes(`&quot;${mark}&quot;:`))
      .map(({mark, of}) => `slide "${title}": data-seek=${mark}: replay ${of} ` +
        "of this slide has no such mark");
  });
}

// ---- a document ----

// {html, complaints}: the document with all its hooks filled; each mistake has
// left a word in its place.
export async function fill(html, plays, {handout}) {
  const complaints = [];
  let asked = [];

  const filled = await fillHooks(html, async (hook, body, number) => {
    try {
      switch (hook.kind) {
      case "replay":
        return await replay(plays, hook, body, `moment-${number}`, handout);
      case "figure":
        return await figure(plays, hook, `moment-${number}`);
      case "output":
        return await output(plays, hook, body, {handout});
      case "vote": {
        const q = await question(plays, hook);

        asked.push({hook, q});
        return handout ? voteOnPaper(hook, q) : vote(hook, q);
      }
      case "answers": {
        const these = asked;

        asked = [];
        return answers(these);
      }
      default:
        return "";
      }
    } catch (error) {
      if (!(error instanceof Trouble)) {
        throw error;
      }
      complaints.push(`${where(hook)}${error.message}`);
      return `<div class="callout care trouble"><p>${escape(error.message)}</p></div>`;
    }
  });

  return {html: filled, complaints: [...complaints, ...seekComplaints(filled)]};
}

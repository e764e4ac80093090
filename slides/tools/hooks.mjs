// What the filters left in a document for the tools (filters/hooks.lua):
//     <!--fishbowl {JSON}-->                a fact
//     <!--fishbowl {JSON}--> … <!--/fishbowl-->   something to make
// Filled in from the text's order, so numbers rise from slide to slide.
const HOOK = /<!--fishbowl (\{.*?\})-->\n?/g;
const END = "<!--/fishbowl-->";
const FILLED = new Set(["replay", "figure", "vote", "output"]);

// All hooks, each with the slide it is on.
export function readHooks(html) {
  let slide = null;

  return [...html.matchAll(HOOK)].map((match) => {
    const hook = JSON.parse(match[1]);

    slide = hook.kind === "slide" ? hook : slide;
    return {...hook, slide};
  });
}

// The document with `fill(hook, body)` in place of each hook.
export async function fillHooks(html, fill) {
  const hooks = readHooks(html);
  const out = [];
  let at = 0, number = 0;

  for (const match of html.matchAll(HOOK)) {
    const hook = hooks[number++];
    let end = match.index + match[0].length;
    let body = "";

    out.push(html.slice(at, match.index));
    if (FILLED.has(hook.kind)) {
      const close = html.indexOf(END, end);

      body = html.slice(end, close).trim();
      end = close + END.length;
    }
    out.push(await fill(hook, body, number));
    at = end;
  }
  out.push(html.slice(at));
  return out.join("");
}

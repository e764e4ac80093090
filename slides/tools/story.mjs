// Problem: who reads the handout sees no demo, and all of its story is long.
// Idea: of what `demo --plain` has told, the words and acts that lead to a
// moment, the newest last. Trees and tables between them are left to the
// picture.
//
//     == said to the class        >> an act       << what a client hears
//         168  an event, by its number
const EVENT = /^ {2,}(\d+) {2}(\S.*)$/;
const TOLD = /^(==|>>|<<|--) (.*)$/;
export const MOST = 12; // lines: what one reads beside a picture

const KINDS = {"==": "said", ">>": "act", "<<": "heard", "--": "look"};

// [{kind, event, text}] up to event `until`; `cut`: earlier ones are left out.
export function storyUntil(story, until, most = MOST) {
  const lines = [];
  let waiting = []; // acts count when an event follows, or all is told

  for (const line of story.split("\n")) {
    const [, number, text] = EVENT.exec(line) ?? [];
    const [, sign, words] = TOLD.exec(line) ?? [];

    if (number !== undefined) {
      if (Number(number) > until) {
        waiting = waiting.filter((w) => w.kind === "said");
        break;
      }
      lines.push(...waiting, {kind: "told", event: Number(number), text});
      waiting = [];
    } else if (sign !== undefined && words.startsWith("The tasks at the end")) {
      break;
    } else if (sign !== undefined && sign !== "--") {
      waiting.push({kind: KINDS[sign], text: words});
    }
  }
  lines.push(...waiting);
  return {cut: lines.length > most, lines: lines.slice(-most)};
}

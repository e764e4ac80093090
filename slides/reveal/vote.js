// Votes: a question whose answer stays locked until the class has voted.
//
// What is right, and why, is hidden from eyes and screen readers until the
// teacher reveals it: after at least one vote was counted, or unlocked on
// purpose. Going on never reveals: an empty fragment stands in the way once, and
// says how to unlock; the next step leaves the question locked.
//
// Two rounds are counted: alone, and again after talking with a neighbour. The
// deck on the projector holds the counts; receivers show them and ask it to act.

const ROUNDS = ["first vote", "after talking"];
const MOST = 999; // of a choice in a round
const PROOFS = 3; // events that are named

const votes = new Map(); // question: what is known of it

// ---- the page ----

// Puts the counters in; what was measured is kept for later.
function voteMake(node) {
  const {demo, question} = node.dataset;
  const name = `${demo}/${question}`;
  const answer = node.querySelector(".answer");
  const v = {
    node, name, slide: node.closest("section"), choices: [],
    right: node.dataset.right, picked: -1, typed: "",
    truth: answer?.querySelector(".truth")?.textContent ?? "",
    events: [...(answer?.querySelectorAll("[data-event]") ?? [])].map((li) =>
      ({event: eventNumber(li.dataset.event),
        says: li.textContent.replace(/^\s*\d+\s*/, "").trim()})),
    state: {round: 0, counts: [], shown: false},
  };

  answer?.remove();
  node.querySelectorAll(".choices > li").forEach((li, i) =>
    v.choices.push(choiceMake(v, li, i)));
  v.state.counts = ROUNDS.map(() => v.choices.map(() => 0));
  v.lock = make("span", {class: "fragment lock", "data-fragment-index": 99});
  node.append(toolsMake(v), v.lock);
  votes.set(name, v);
  besideReplay(v);
  voteLoad(v, receiver ? null : memory("votes")?.[name]);
}

// A replay on the same slide stands at the right of the question.
function besideReplay(v) {
  const replay = [...v.slide.children].find((node) =>
    node.matches("figure.replay"));

  if (replay && v.node.parentNode === v.slide) {
    const both = make("div", {class: "asked"});

    v.node.before(both);
    both.append(v.node, replay);
  }
}

function choiceMake(v, li, i) {
  const letter = li.dataset.letter;
  const why = li.querySelector(".why") ?? make("span", {class: "why"});
  const choice = {letter, li, why, bars: []};

  why.remove();
  why.hidden = true;
  choice.mark = make("b", {class: "letter"}, letter);
  choice.button = make("button", {type: "button", class: "choice",
    "aria-keyshortcuts": letter,
    onclick: (e) => voteAct(v, "count", i, e.shiftKey ? -1 : 1)},
    choice.mark, ...li.childNodes);
  choice.less = make("button", {type: "button", class: "less",
    "aria-label": `${letter}: one vote less`,
    onclick: () => voteAct(v, "count", i, -1)}, "−");
  const bars = make("span", {class: "bars"});

  for (const round of ROUNDS) {
    const bar = make("span", {class: "bar"});
    const number = make("span", {class: "number"});

    choice.bars.push({bar, number, row: make("span", {class: "row"},
      make("span", {class: "unseen"}, `${round}: `), bar, number)});
    bars.append(choice.bars.at(-1).row);
  }
  li.replaceChildren(choice.button, bars, choice.less, why);
  return choice;
}

function toolsMake(v) {
  v.says = make("span", {class: "status", role: "status"});
  v.again = make("button", {type: "button", "aria-keyshortcuts": "t",
    onclick: () => voteAct(v, "round")});
  v.reveal = make("button", {type: "button", "aria-keyshortcuts": "r",
    onclick: () => voteAct(v, "reveal")}, "Reveal (R)");
  v.unlock = make("button", {type: "button", "aria-keyshortcuts": "u",
    onclick: () => unlockPressed(v)}, "Unlock (U)");
  v.show = make("button", {type: "button", "aria-keyshortcuts": "m",
    hidden: true, onclick: () => voteShowMe(v)}, "Show me (M)");
  v.proof = make("p", {class: "proof", hidden: true});
  return make("div", {class: "tools"}, v.proof, v.says, v.again, v.reveal,
              v.unlock, v.show);
}

// A click is quickly made: the button asks once more. The key does not.
function unlockPressed(v) {
  if (v.unlock.classList.toggle("sure")) {
    v.unlock.textContent = "Sure?";
  } else {
    voteAct(v, "unlock");
  }
}

// ---- acting ----

function voteAct(v, act, choice = 0, by = 0) {
  if (receiver) {
    tellDeck({fishbowl: "vote", name: v.name, act, choice, by});
    return;
  }
  const s = v.state;
  const counted = s.counts.flat().some((n) => n > 0);

  v.typed = act === "type" ? v.typed : "";
  if (act === "count" && !s.shown) {
    v.picked = choice;
    countSet(v, choice, s.counts[s.round][choice] + by);
  } else if (act === "type" && !s.shown && v.picked >= 0) {
    v.typed = (v.typed + by).slice(-3);
    countSet(v, v.picked, Number(v.typed));
  } else if (act === "round" && !s.shown) {
    s.round = 1 - s.round;
    v.picked = -1;
  } else if (act === "reveal" && !counted && !s.shown) {
    v.words = "Count votes first, or unlock with U.";
  } else if (act === "reveal" || act === "unlock") {
    s.shown = true;
  } else if (act === "show") {
    voteShowMe(v);
  } else if (act === "wipe") {
    s.counts.forEach((round) => round.fill(0));
    Object.assign(s, {round: 0, shown: false});
  }
  voteKeep(v);
}

function countSet(v, choice, n) {
  v.state.counts[v.state.round][choice] = Math.max(0, Math.min(MOST, n));
}

function voteKeep(v) {
  memory("votes", {...Object(memory("votes")), [v.name]: v.state});
  voteDraw(v);
  tellReceivers({fishbowl: "votes", name: v.name, state: v.state});
}

// From this browser's memory, or from the deck: both may hold anything.
function voteLoad(v, kept) {
  const number = (n) => Math.max(0, Math.min(MOST, Math.trunc(Number(n)) || 0));

  if (kept !== null && typeof kept === "object") {
    v.state = {
      round: kept.round === 1 ? 1 : 0,
      shown: kept.shown === true,
      counts: ROUNDS.map((_, r) => v.choices.map((__, c) =>
        number(kept.counts?.[r]?.[c]))),
    };
  }
  voteDraw(v);
}

// ---- drawing ----

function voteDraw(v) {
  const {round, counts, shown} = v.state;
  const most = Math.max(1, ...counts.flat());
  const sums = counts.map((of) => of.reduce((a, b) => a + b, 0));

  v.node.classList.toggle("shown", shown);
  v.choices.forEach((choice, i) => choiceDraw(v, choice, i, most));
  v.again.textContent = round === 0 ? "Talk, vote again (T)" : "First vote (T)";
  v.again.hidden = v.reveal.hidden = v.unlock.hidden = shown;
  v.reveal.disabled = sums[0] + sums[1] === 0;
  v.unlock.hidden ||= !v.reveal.disabled;
  v.unlock.classList.remove("sure");
  v.unlock.textContent = "Unlock (U)";
  v.says.textContent = v.words ?? (shown ? sumsSay(v, sums)
    : `${sentence(ROUNDS[round])}: ${plural(sums[round])}. Keys: a letter, then a number.`);
  v.words = null;
  lockDraw(v);
  proofDraw(v);
  voteFit(v);
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);
const plural = (n) => `${n} vote${n === 1 ? "" : "s"}`;

function sumsSay(v, sums) {
  const i = v.choices.findIndex((c) => c.letter === v.right);
  const parts = ROUNDS.map((name, r) => sums[r] > 0
    ? `${name}: ${v.state.counts[r][i]} of ${sums[r]} right` : "");
  const said = parts.filter((p) => p !== "").join("; ");

  return `${v.right} is right.${said === "" ? "" : ` ${sentence(said)}.`}`;
}

function choiceDraw(v, choice, i, most) {
  const {round, counts, shown} = v.state;
  const right = choice.letter === v.right;

  choice.li.className = !shown ? "" : right ? "right" : "wrong";
  choice.mark.textContent = !shown ? choice.letter
    : `${right ? "✓" : "✗"} ${choice.letter}`;
  choice.button.classList.toggle("picked", v.picked === i && !shown);
  choice.button.disabled = shown;
  choice.less.disabled = counts[round][i] === 0;
  choice.less.hidden = shown;
  choice.why.hidden = !shown;
  choice.bars.forEach(({bar, number, row}, r) => {
    const n = counts[r][i];

    row.hidden = r === 1 && round === 0 && counts[1].every((x) => x === 0);
    row.classList.toggle("now", r === round && !shown);
    bar.style.setProperty("--part", n / most);
    number.textContent = n > 0 || r === round ? String(n) : "";
  });
}

// Where the reasons do not fit, the events go first, then what stood above.
function voteFit(v) {
  for (const fit of ["", "tight", "tighter"]) {
    v.slide.dataset.fit = v.state.shown ? fit : "";
    if (v.node.scrollHeight <= v.node.clientHeight + 1) {
      break;
    }
  }
}

// The fragment that stands in the way while it is locked.
function lockDraw(v) {
  if (v.lock.classList.contains("fragment") === v.state.shown) {
    v.lock.classList.toggle("fragment", !v.state.shown);
    v.lock.classList.remove("visible", "current-fragment");
    if (Reveal.isReady()) {
      Reveal.syncFragments(v.slide);
    }
  }
}

function proofDraw(v) {
  const place = v.state.shown ? proofPlace(v) : null;

  v.proof.hidden = !v.state.shown || v.truth === "" && v.events.length === 0;
  v.proof.replaceChildren();
  v.show.hidden = place === null || v.events.length === 0;
  if (v.proof.hidden) {
    return;
  }
  v.proof.append(make("b", {}, "Measured: "), v.truth);
  for (const {event, says} of v.events.slice(0, PROOFS)) {
    v.proof.append(" ", make("span", {class: "event"},
      `event ${event}${says === "" ? "" : `: ${says}`}`));
  }
}

// The replay of this demo, here or on the slide after it: where events are seen.
function proofPlace(v) {
  const slides = Reveal.getSlides?.() ?? [];
  const at = slides.indexOf(v.slide);

  for (const slide of slides.slice(Math.max(0, at), at + 2)) {
    const figure = replaysOf(slide).find((f) =>
      f.dataset.demo === v.node.dataset.demo);

    if (figure) {
      return {figure, index: slides.indexOf(slide)};
    }
  }
  return null;
}

// At the last of the events that prove it all the others have happened, too.
function voteShowMe(v) {
  const proof = v.events[v.events.length - 1];
  const place = v.state.shown ? proofPlace(v) : null;

  if (receiver) {
    tellDeck({fishbowl: "vote", name: v.name, act: "show"});
  } else if (place && proof) {
    replaySeek(place.figure, proof.event);
    Reveal.slide(place.index);
    if (v.slide.contains(place.figure) &&
        !place.figure.classList.contains("grown")) {
      replayGrow(place.figure);
    }
  }
}

// ---- keys and messages ----

const voteOf = (slide) => [...votes.values()].find((v) => v.slide === slide);

const VOTE_KEYS = {r: "reveal", enter: "reveal", u: "unlock", t: "round",
                   m: "show"};

function voteTakesKey(e) {
  const v = voteOf(Reveal.getCurrentSlide());

  if (!v || Reveal.isOverview() || Reveal.isPaused()) {
    return false;
  }
  const key = e.key.toLowerCase();
  const choice = v.choices.findIndex((c) => c.letter === key);

  if (choice >= 0) {
    voteAct(v, "count", choice, e.shiftKey ? -1 : 1);
  } else if (/^\d$/.test(key) && v.picked >= 0 && !v.state.shown) {
    voteAct(v, "type", 0, key);
  } else if (Object.hasOwn(VOTE_KEYS, key) && !e.shiftKey) {
    voteAct(v, VOTE_KEYS[key]);
  } else {
    return false;
  }
  return true;
}

// reveal.js passes keys of the speaker window on as numbers. That is the way of
// those that speakerKeys (talk.js) does not get: of a file: that was reloaded.
// Shift comes as a key of its own before the letter.
function voteBindings(deck) {
  const letters = [...votes.values()].flatMap((v) =>
    v.choices.map((c) => c.letter));
  let shift = false;

  deck.addKeyBinding(16, () => { shift = true; });
  for (const key of new Set([...letters, ..."rutm0123456789", "Enter"])) {
    const code = key === "Enter" ? 13 : key.toUpperCase().charCodeAt(0);

    deck.addKeyBinding(code, () => {
      const shiftKey = shift;

      shift = false;
      if (!voteTakesKey({key, shiftKey}) && key === "b") {
        deck.togglePause();
      }
    });
  }
}

function voteHears(m, from) {
  const v = votes.get(m.name);

  if (m.fishbowl === "hello" && !receiver) {
    votes.forEach((each) => from.postMessage(
      {fishbowl: "votes", name: each.name, state: each.state}, "*"));
  } else if (m.fishbowl === "votes" && receiver && v) {
    voteLoad(v, m.state);
  } else if (m.fishbowl === "vote" && !receiver && v &&
             ["count", "type", "round", "reveal", "unlock", "show", "wipe"]
               .includes(m.act) && v.choices[m.choice ?? 0]) {
    voteAct(v, m.act, m.choice, m.act === "type" ? String(m.by).slice(0, 1)
      : Math.sign(m.by));
  }
}

const Votes = {
  id: "votes",
  init(deck) {
    document.querySelectorAll(".vote").forEach(voteMake);
    keyTakers.push(voteTakesKey);
    listeners.push(voteHears);
    deck.on("ready", () => votes.forEach(voteDraw));
    deck.on("slidechanged", (e) => {
      const v = voteOf(e.currentSlide);

      if (v) { // it has a size now
        voteFit(v);
      }
    });
    deck.on("fragmentshown", (e) => {
      if (e.fragment.classList.contains("lock")) {
        say("Still locked. R reveals once votes are counted, U at once. " +
            "Going on again leaves it locked.");
      }
    });
    if (receiver) {
      voteBindings(deck);
      tellDeck({fishbowl: "hello"}); // this one is ready for them
    }
  },
};

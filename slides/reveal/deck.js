// Begins the show: footer, theme, options of reveal.js, plugins.

// ---- theme ----

// ?theme=dark or light; else what was chosen with the key; else the system's.
function themeFirst() {
  const asked = new URLSearchParams(location.search).get("theme");

  for (const theme of [asked, printing ? "light" : null, memory("theme")]) {
    if (theme === "dark" || theme === "light") {
      return theme;
    }
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function themeSet(theme) {
  document.documentElement.dataset.theme = theme;
  replaysTheme(theme);
}

function themeTurn() {
  const theme = document.documentElement.dataset.theme === "dark"
    ? "light" : "dark";

  memory("theme", theme);
  themeSet(theme);
  tellReceivers({fishbowl: "theme", theme});
}

// ---- the slides ----

function footMake(slide, number, all) {
  const {block, minutes} = slide.dataset;
  const title = slide.dataset.blockTitle ?? "";

  slide.append(make("p", {class: "foot"},
    make("span", {}, block ? `Block ${block}${title && `: ${title}`}` : ""),
    make("span", {}, minutes ? `${minutes} min` : ""),
    make("span", {}, `${number} / ${all}`)));
  if (minutes) { // the speaker view paces by it
    slide.dataset.timing = String(Math.round(Number(minutes) * 60));
  }
}

// Copies of a code block, which step through its lines, are said once only.
function codeQuiet() {
  for (const copy of document.querySelectorAll("pre code.fragment")) {
    copy.setAttribute("aria-hidden", "true");
  }
  for (const table of document.querySelectorAll(".hljs-ln")) {
    table.setAttribute("role", "presentation");
  }
}

const slides = [...document.querySelectorAll(".slides > section")];

addEventListener("message", gate, true); // before that of reveal.js
addEventListener("keydown", takeKey, true);
themeSet(themeFirst());
slides.forEach((slide, i) => footMake(slide, i + 1, slides.length));
listeners.push((m) => {
  if (m.fishbowl === "theme" && receiver) {
    themeSet(m.theme === "dark" ? "dark" : "light");
  }
});
keyTakers.push((e) => {
  if (e.key === "F2") {
    themeTurn();
  }
  return e.key === "F2";
});

Reveal.initialize({
  width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 6,
  center: false, display: "flex",
  hash: true, fragmentInURL: false, jumpToSlide: true,
  controls: false, progress: true, slideNumber: false, // the footer has it
  transition: "none", backgroundTransition: "none", autoAnimate: false,
  hideInactiveCursor: false,
  pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, pdfPageHeightOffset: 0,
  highlight: { // the builder has escaped all; marks of its own are left in
    beforeHighlight: (hljs) => hljs.configure({ignoreUnescapedHTML: true}),
  },
  defaultTiming: 120, // replaced by the minutes of each slide
  plugins: [RevealNotes, RevealHighlight, Replays, Votes],
}).then(() => {
  for (const left of ["slidechanged", "fragmenthidden"]) {
    Reveal.on(left, () => say("")); // it was about what stood there
  }
  const ready = () => { document.documentElement.dataset.ready = "yes"; };

  codeQuiet();
  if (printing) { // then: when all pages are there
    Reveal.on("pdf-ready", ready);
    return;
  }
  Reveal.registerKeyboardShortcut("F2", "Light, dark");
  Reveal.registerKeyboardShortcut("Z", "Replay: the whole slide; again: back");
  Reveal.registerKeyboardShortcut("a – d", "Vote: one more (Shift: one less); then a number");
  Reveal.registerKeyboardShortcut("T", "Vote: talk, and vote again");
  Reveal.registerKeyboardShortcut("R, Enter", "Vote: reveal, once votes are counted");
  Reveal.registerKeyboardShortcut("U", "Vote: unlock without votes");
  Reveal.registerKeyboardShortcut("M", "Vote: show me, in the replay");
  ready();
});

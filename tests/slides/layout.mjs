// What the eye would find wrong with the slide that is shown. Runs in the page.

// box: {width, height} that the slide has; smallest: of a text, in pixels
export function faultsOf({box, smallest}) {
  const slide = document.querySelector(".slides section.present") ??
                document.querySelector("section");
  const faults = [];
  const short = (node) => {
    const text = (node.textContent ?? "").trim().replaceAll(/\s+/g, " ");
    const name = node.getAttribute?.("class") ?? "";

    return `<${node.tagName.toLowerCase()}${name ? ` class="${name}"` : ""}>` +
           (text ? ` "${text.slice(0, 40)}"` : "");
  };
  // seen by an eye: not what only screen readers get, nor a later fragment
  const seen = (node) => node.checkVisibility?.({checkOpacity: true,
    checkVisibilityCSS: true}) && !node.closest(
      "aside.notes, .fragment:not(.visible), script, style, template, [hidden]") &&
    !clipped(node);
  const clipped = (node) => {
    for (; node && node !== document.body; node = node.parentElement) {
      const style = getComputedStyle(node);

      if (node.offsetWidth <= 1 && style.overflow === "hidden" ||
          style.clipPath === "inset(50%)") {
        return true;
      }
    }
    return false;
  };
  const pixels = (node) => { // of a font, as it is on the screen
    const size = parseFloat(getComputedStyle(node).fontSize);
    const matrix = node.ownerSVGElement ? node.getScreenCTM() : null;

    if (matrix) {
      return size * Math.hypot(matrix.a, matrix.b);
    }
    return size * scale;
  };

  // reveal.js scales all slides together
  const scale = slide.offsetWidth > 0
    ? slide.getBoundingClientRect().width / slide.offsetWidth : 1;
  const texts = [];
  const walk = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);

  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;

    if (walk.currentNode.data.trim() === "" || !seen(node)) {
      continue;
    }
    const range = document.createRange();

    range.selectNodeContents(walk.currentNode);
    texts.push({node, rects: [...range.getClientRects()]
      .filter((r) => r.width > 0.5 && r.height > 0.5)});
  }

  // (1) nothing leaves the screen
  const outside = (r) => r.left < -1 || r.top < -1 ||
    r.right > box.width + 1 || r.bottom > box.height + 1;
  const boxes = [...slide.querySelectorAll("svg, img, iframe, pre, table")]
    .filter((node) => seen(node) && !node.closest("pre table"))
    .map((node) => ({node, rects: [node.getBoundingClientRect()]}));

  for (const {node, rects} of [...texts, ...boxes]) {
    const worst = rects.find(outside);

    if (worst) {
      faults.push(`${short(node)} leaves the slide (to ` +
        `${Math.round(worst.right)}, ${Math.round(worst.bottom)} of ` +
        `${box.width}, ${box.height}): less text, or smaller`);
    }
  }

  // (2) nothing is cut off or has to be scrolled
  for (const node of [slide, ...slide.querySelectorAll("*")]) {
    if (!seen(node) || node.ownerSVGElement || node.tagName === "svg") {
      continue;
    }
    const style = getComputedStyle(node);
    const cut = (over, all, here) => over !== "visible" && all > here + 1;

    if (cut(style.overflowX, node.scrollWidth, node.clientWidth) ||
        cut(style.overflowY, node.scrollHeight, node.clientHeight)) {
      faults.push(`${short(node)} is cut off (${node.scrollWidth}×` +
        `${node.scrollHeight} in ${node.clientWidth}×${node.clientHeight})`);
    }
  }

  // (3) it can be read from the last row
  for (const {node} of texts) {
    const size = pixels(node);

    if (size < smallest - 0.1) {
      faults.push(`${short(node)} is of ${size.toFixed(1)} px: ${smallest} at ` +
                  "least, to be read from the last row");
    }
  }

  // (4) nothing lies over a text; what it stands in does not count
  const pictures = boxes.filter(
    ({node}) => !/^(pre|table)$/i.test(node.tagName)); // their texts are there

  for (const [i, {node, rects}] of texts.entries()) {
    for (const other of [...texts.slice(i + 1), ...pictures]) {
      if (other.node === node || other.node.contains(node) ||
          node.contains(other.node) || node.ownerSVGElement ||
          node.closest("pre") && node.closest("pre") === other.node.closest("pre")
      ) {
        continue; // reveal.js lays code over itself to step through its lines
      }
      if (rects.some((a) => other.rects.some((b) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6))) {
        faults.push(`${short(node)} and ${short(other.node)} lie over each ` +
                    "other");
      }
    }
  }

  // (5) a replay has room
  for (const node of slide.querySelectorAll("iframe")) {
    const {width, height} = node.getBoundingClientRect();

    if (width < 0.25 * box.width || height < 0.25 * box.height) {
      faults.push(`a replay has ${Math.round(width)}×${Math.round(height)} of ` +
        `${box.width}×${box.height}: nobody sees anything in it`);
    }
  }

  // (6) there is something
  if (texts.length === 0) {
    faults.push("nothing is to be read");
  }
  return [...new Set(faults)].slice(0, 12);
}

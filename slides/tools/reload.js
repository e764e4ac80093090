// In a page that `slides --serve` gives out: loads it again after a build, at
// the same slide, and shows what was wrong with a build that failed.
(() => {
  const changes = new EventSource("/changes");
  const box = document.createElement("pre");

  box.setAttribute("role", "alert");
  box.style.cssText = "position:fixed;inset:auto 0 0 0;z-index:1000;margin:0;" +
    "padding:16px;max-height:50vh;overflow:auto;white-space:pre-wrap;" +
    "font:16px/1.4 monospace;background:#fff4f0;color:#7a1c00;" +
    "border-top:3px solid #bc3000;text-align:left";
  changes.addEventListener("made", () => location.reload());
  changes.addEventListener("trouble", (event) => {
    box.textContent = JSON.parse(event.data);
    document.body.append(box);
  });
})();

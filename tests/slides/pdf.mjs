// What a PDF of Chromium's holds, page by page: its size, and how many runs of
// text are painted on it. A page without any is blank.
import {inflateSync} from "node:zlib";

export function pagesOf(bytes) {
  const text = bytes.toString("latin1");
  const objects = new Map([...text.matchAll(/^(\d+) 0 obj\n([^]*?)\nendobj/gm)]
    .map(([, id, body]) => [id, body]));
  const pages = [...objects.values()].filter((o) => /^<<\/Type \/Page\n/.test(o));

  return pages.map((page) => {
    const [, width, height] = page.match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/);
    const [, id] = page.match(/\/Contents (\d+) 0 R/);
    const [head, ...rest] = objects.get(id).split("stream\n");
    const data = Buffer.from(rest.join("stream\n").replace(/\n?endstream$/, ""),
                             "latin1");
    const painted = !head.includes("/FlateDecode") ? data
      : data.length === 0 ? data : inflateSync(data);

    return {width: Number(width), height: Number(height),
            texts: (painted.toString("latin1").match(/T[jJ]\b/g) ?? []).length};
  });
}

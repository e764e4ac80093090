// Text becomes markup here and nowhere else.
const ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;",
                  "'": "&#39;"};

export function escape(text) {
  return String(text).replaceAll(/[&<>"']/g, (c) => ENTITIES[c]);
}

// ` name="value"` of each that has one; `true` is a name alone.
export function attributes(fields) {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) =>
      value === true ? ` ${name}` : ` ${name}="${escape(value)}"`)
    .join("");
}

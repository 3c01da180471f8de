// JSON laid out for reading without reading it: numbers, escapes and key order stay as written.
//
// JSON.parse would turn 12345678901234567890 into another number; annotators judge such things, so
// only white space outside strings is changed. JSON.parse is used to ask whether it is JSON at all.

export const LONGEST = 400_000;

/** The text indented by two spaces, or null when it is no JSON object or array (or too long). */
export function prettyJson(text) {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST || !/^[[{]/.test(trimmed)) return null;
  try {
    JSON.parse(trimmed);
  } catch {
    return null;
  }
  return layOut(trimmed);
}

/**
 * The text on one line again, spaced as `like` is (`{"a": 1}` or `{"a":1}`); null when it is no
 * JSON. Laying out and going back gives the same bytes for both spellings.
 */
export function onOneLine(text, like) {
  if (prettyJson(text) === null) return null;
  const spaced = /"\s*:\s/.test(like) || /,\s/.test(like.replace(/"(?:[^"\\]|\\.)*"/g, ""));
  let out = "";
  const trimmed = text.trim();
  for (let i = 0; i < trimmed.length; i += 1) {
    const c = trimmed[i];
    if (c === '"') {
      const end = endOfString(trimmed, i);
      out += trimmed.slice(i, end);
      i = end - 1;
    } else if (spaced && (c === "," || c === ":")) out += `${c} `;
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

function layOut(text) {
  let out = "";
  let depth = 0;
  const newline = () => `\n${"  ".repeat(depth)}`;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (c === '"') {
      const end = endOfString(text, i);
      out += text.slice(i, end);
      i = end - 1;
    } else if (c === "{" || c === "[") {
      const close = nextMark(text, i + 1);
      if (text[close] === "}" || text[close] === "]") {
        out += c + text[close];
        i = close;
      } else {
        depth += 1;
        out += c + newline();
      }
    } else if (c === "}" || c === "]") {
      depth -= 1;
      out += newline() + c;
    } else if (c === ",") out += c + newline();
    else if (c === ":") out += ": ";
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

function endOfString(text, start) {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

function nextMark(text, from) {
  let i = from;
  while (/\s/.test(text[i])) i += 1;
  return i;
}

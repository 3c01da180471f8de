// Spans of a message's text: in code points of the text as it is stored (Python's way of counting),
// in UTF-16 units (the browser's), and in the text as it is drawn. No elements here.

const MARKUP = /[\s*_`#~|>\\+-]/; // what Markdown takes out, puts in or lays out anew
const MOST_SEGMENTED = 100_000; // characters; longer texts are cut at white space alone

/** The text of a message that spans of this field count in. */
export function fieldText(message, field) {
  return (field === "reasoning" ? message.reasoning : message.text) || "";
}

/** A span in UTF-16 units as one in code points; halves of a pair go in whole. */
export function pointSpan(text, [start, end]) {
  if (!/[\ud800-\udbff]/.test(text)) return [start, end];
  const from = isInPair(text, start) ? start - 1 : start;
  const to = isInPair(text, end) ? end + 1 : end;
  const before = [...text.slice(0, from)].length;
  return [before, before + [...text.slice(from, to)].length];
}

function isInPair(text, at) {
  return /[\udc00-\udfff]/.test(text[at] || "") && /[\ud800-\udbff]/.test(text[at - 1] || "");
}

/** A span without the white space at its ends; null when nothing is left. */
export function trimmed(text, [start, end]) {
  const words = text.slice(start, end);
  const from = start + words.length - words.trimStart().length;
  const to = end - (words.length - words.trimEnd().length);
  return from < to ? [from, to] : null;
}

/** The words and signs of a text as spans in UTF-16 units, in any language the browser can cut. */
export function wordsOf(text) {
  if (!globalThis.Intl?.Segmenter || text.length > MOST_SEGMENTED) {
    return [...text.matchAll(/\S+/g)].map((m) => [m.index, m.index + m[0].length]);
  }
  const words = [];
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
    if (segment.trim()) words.push([index, index + segment.length]);
  }
  return words;
}

/**
 * The same words in another text that says the same in another layout (Markdown as it is stored
 * and as it is drawn, either way round); null when it cannot be told which ones they are.
 */
export function sameWords(from, [start, end], to) {
  if (from === to) return [start, end];
  const a = essence(from);
  const b = essence(to);
  const first = a.at.findIndex((at) => at >= start);
  const last = a.at.findLastIndex((at) => at < end);
  if (first < 0 || last < first) return null;
  if (a.text === b.text) return [b.at[first], b.at[last] + 1];
  const words = a.text.slice(first, last + 1);
  const here = occurrences(a.text, words);
  const there = occurrences(b.text, words);
  if (here.length !== there.length) return null;
  const found = there[here.indexOf(first)];
  return [b.at[found], b.at[found + words.length - 1] + 1];
}

/** What a text says apart from markup and white space, and where each of its units stands. */
function essence(text) {
  const at = [];
  let kept = "";
  for (let i = 0; i < text.length; i += 1) {
    if (MARKUP.test(text[i])) continue;
    kept += text[i];
    at.push(i);
  }
  return { text: kept, at };
}

function occurrences(text, words) {
  const found = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) found.push(at);
  return found;
}

/** Words on one line, cut when they are many. */
export function shortQuote(words, most = 48) {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}

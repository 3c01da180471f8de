// The hunks of a changed text, shortened for reading: what is equal is named by its length.
//
// The server compares very long texts as one block; what both blocks begin and end with is equal.

const CONTEXT = 120; // equal characters shown beside a change
const LONGEST = 1200; // characters shown of one removed or added stretch

/** Hunks {kind, text} with equal beginnings and ends taken out, and long stretches cut short. */
export function shorten(hunks) {
  const split = hunks.flatMap((hunk, i) => {
    const next = hunks[i + 1];
    if (hunk.kind === "removed" && next?.kind === "added") return apart(hunk.text, next.text);
    if (hunk.kind === "added" && hunks[i - 1]?.kind === "removed") return [];
    return [hunk];
  });
  return joined(split).map((hunk, i, all) => cut(hunk, i === 0, i === all.length - 1));
}

/** What two texts share at both ends, and between that what was removed and added. */
function apart(before, after) {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  head = wordEnd(before, head);
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  tail = before.length - wordStart(before, before.length - tail);
  const parts = [
    { kind: "kept", text: before.slice(0, head) },
    { kind: "removed", text: before.slice(head, before.length - tail) },
    { kind: "added", text: after.slice(head, after.length - tail) },
    { kind: "kept", text: before.slice(before.length - tail) },
  ];
  return parts.filter((part) => part.text);
}

/** Whether a cut here splits no word (and no sign that is two units long). */
function isBetweenWords(text, at) {
  const isBreak = (sign) => sign === undefined || /\s/.test(sign);
  return isBreak(text[at - 1]) || isBreak(text[at]);
}

function wordEnd(text, at) {
  let end = at;
  while (!isBetweenWords(text, end)) end -= 1;
  return end;
}

function wordStart(text, at) {
  let start = at;
  while (!isBetweenWords(text, start)) start += 1;
  return start;
}

function joined(hunks) {
  const all = [];
  for (const hunk of hunks) {
    const last = all.at(-1);
    if (last && last.kind === hunk.kind) last.text += hunk.text;
    else all.push({ ...hunk });
  }
  return all;
}

function cut({ kind, text }, isFirst, isLast) {
  if (kind === "kept") {
    const head = isFirst ? 0 : CONTEXT;
    const tail = isLast ? 0 : CONTEXT;
    return { kind, text: middleOut(text, head, tail, "equal characters") };
  }
  return { kind, text: middleOut(text, LONGEST, 0, "more characters") };
}

function middleOut(text, head, tail, what) {
  const left = text.length - head - tail;
  if (left < CONTEXT) return text;
  const size = `[… ${left.toLocaleString("en")} ${what} …]`;
  const parts = [text.slice(0, head), size, tail > 0 ? text.slice(-tail) : ""];
  return parts.filter(Boolean).join(" ");
}

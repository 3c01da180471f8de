// Which of the declared names a misspelt one is nearest to. Cheaper than Python's, and like it in
// what it is for: `flightNumber`, `flight_no` and `fligth_number` all mean `flight_number`.

const LEAST = 0.62;
const LONGEST = 120;

/** How alike two names are, from 0 to 1: letters count, their case and what joins words do not. */
export function likeness(one, other) {
  const [a, b] = [plain(one), plain(other)];
  if (a === b) return one === other ? 1 : 0.99;
  const longest = Math.max(a.length, b.length);
  if (longest === 0 || longest > LONGEST) return 0;
  const letters = 1 - distance(a, b) / longest;
  return Math.max(letters, 0.95 * sharedWords(one, other), 0.9 * contained(a, b));
}

function plain(name) {
  return name.toLowerCase().replace(/[\s_\-.]+/g, "");
}

function contained(a, b) {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 3 && long.includes(short) ? 0.6 + (0.4 * short.length) / long.length : 0;
}

function words(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[\s_\-.]+/)
    .filter(Boolean);
}

function sharedWords(one, other) {
  const [a, b] = [new Set(words(one)), new Set(words(other))];
  const shared = [...a].filter((word) => b.has(word)).length;
  return (2 * shared) / (a.size + b.size || 1);
}

/** Edits between two texts; two neighbours swapped are one edit. */
function distance(a, b) {
  let before = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

/** The nearest of the names, or null when none is near enough to be meant. */
export function nearest(name, names) {
  let best = null;
  let most = LEAST;
  for (const other of names) {
    const score = likeness(name, other);
    if (score > most) [best, most] = [other, score];
  }
  return best;
}

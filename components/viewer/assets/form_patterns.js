// Regular expressions of schemas, run only where they cannot take long. The others are Python's.

const MOST_STEPS = 2_000_000; // at its worst

/** Whether the text matches; null when that cannot be told quickly and safely. */
export function matches(pattern, value) {
  if (!isSimple(pattern) || stepsAtWorst(pattern, value.length) > MOST_STEPS) return null;
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return null; // another dialect
  }
}

/**
 * Whether the cost of a regular expression can be bounded: no look-around, no back reference, no
 * repetition of a group that repeats or branches itself.
 */
export function isSimple(pattern) {
  if (pattern.length > 200 || /\(\?(?!:)|\\[1-9k]/.test(pattern)) return false;
  const bare = bareOf(pattern);
  const open = []; // of every open group: whether it repeats or branches
  for (let i = 0; i < bare.length; i += 1) {
    const c = bare[i];
    if (c === "(") open.push(false);
    else if (c === ")") {
      const isComplex = open.pop();
      const after = bare[i + 1] || "";
      if (isComplex && "*+{".includes(after) && after) return false;
      if (open.length > 0 && (isComplex || /[*+{?]/.test(after))) open[open.length - 1] = true;
    } else if (open.length > 0 && /[*+?{|]/.test(c)) open[open.length - 1] = true;
  }
  return true;
}

/** Every repetition may try every length, and without an anchor from every place. */
function stepsAtWorst(pattern, length) {
  const bare = bareOf(pattern);
  const repeats = (bare.match(/[*+]|\{\d*,\d*\}/g) || []).length;
  const isAnchored = bare.startsWith("^") && !bare.includes("|");
  return Math.max(length, 2) ** (repeats + (isAnchored ? 0 : 1));
}

/** The expression with every escape and class as one letter. */
function bareOf(pattern) {
  return pattern.replace(/\\./g, "a").replace(/\[\^?\]?[^\]]*\]/g, "a").replaceAll("(?:", "(");
}

// Two versions of one correction, compared message by message, and one made of both. Pure.
//
// Both are states (revision.js) over the same base. A unit is a message of the base with the results
// of its calls and what was inserted after it. Where only one version touches a unit, that one is
// chosen beforehand; where both do, somebody has to choose.

const ENTRY = ["role", "removed", "content", "reasoning", "simulated"];
const CALL = ["name", "arguments", "keepInvalid", "removed"];

/** The units of a state, in order: {key, entries}. */
function unitsOf(state) {
  const units = [];
  for (const entry of state.entries) {
    const begins = entry.from !== null && !entry.answers;
    if (begins || units.length === 0) units.push({ key: entry.key, entries: [] });
    units.at(-1).entries.push(entry);
  }
  return units;
}

/** What a unit says, whatever the keys of what it adds. */
function signatureOf(entries, attested) {
  const names = new Map();
  entries.forEach((entry, i) => {
    names.set(entry.key, entry.from === null ? `+${i}` : entry.key);
    entry.calls.forEach((call, j) => names.set(call.key, call.from === null ? `+${i}.${j}` : call.key));
  });
  const picked = (value, fields) => fields.map((field) => value[field] ?? null);
  return JSON.stringify(
    entries.map((entry) => [
      names.get(entry.key),
      picked(entry, ENTRY),
      entry.calls.map((call) => [names.get(call.key), picked(call, CALL)]),
      entry.answers && [names.get(entry.answers.entry), names.get(entry.answers.call)],
      Boolean(attested[entry.key]),
    ]),
  );
}

/**
 * What differs between two states: [{key, mine, theirs, choice}], entries on both sides; `choice` is
 * mine, theirs, or null where both changed it. `fresh` is the base; `stoodChanged(key)` tells whether
 * the base itself is what the others changed there (true where that is not known).
 */
export function differences(mine, theirs, fresh, stoodChanged = () => true) {
  const others = new Map(unitsOf(theirs).map((unit) => [unit.key, unit.entries]));
  const base = new Map(unitsOf(fresh).map((unit) => [unit.key, unit.entries]));
  const isFresh = theirs.entries === fresh.entries;
  return unitsOf(mine).flatMap(({ key, entries }) => {
    const said = signatureOf(entries, mine.attested);
    const saidThere = signatureOf(others.get(key), theirs.attested);
    if (said === saidThere) return [];
    const before = signatureOf(base.get(key), fresh.attested);
    const isTheirs = isFresh ? stoodChanged(key) : saidThere !== before;
    const choice = said === before ? "theirs" : isTheirs ? null : "mine";
    return [{ key, mine: entries, theirs: others.get(key), choice }];
  });
}

/** One state of both: mine, with the units that `rows` choose from theirs. */
export function merged(mine, theirs, rows) {
  const taken = new Set(rows.filter((row) => row.choice === "theirs").map((row) => row.key));
  const others = new Map(unitsOf(theirs).map((unit) => [unit.key, unit.entries]));
  let { next } = mine;
  const attested = {};
  const entries = unitsOf(mine).flatMap((unit) => {
    const isTheirs = taken.has(unit.key);
    const source = isTheirs ? theirs : mine;
    const names = new Map();
    const chosen = isTheirs ? others.get(unit.key) : unit.entries;
    const named = (key) => {
      if (!isTheirs || !key.startsWith("n")) return key;
      if (!names.has(key)) names.set(key, `n${next++}`);
      return names.get(key);
    };
    return chosen.map((entry) => {
      const key = named(entry.key);
      if (source.attested[entry.key]) attested[key] = true;
      return {
        ...entry,
        key,
        calls: entry.calls.map((call) => ({ ...call, key: named(call.key) })),
        answers: entry.answers && { entry: named(entry.answers.entry), call: named(entry.answers.call) },
      };
    });
  });
  return { entries, next, attested };
}

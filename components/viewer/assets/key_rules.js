// Which key does what once an annotator has moved some: how the map comes about, and which keys
// cannot be had. Pure: the table comes in (keymap.js), nothing is remembered here.
//
// What an annotator changed is {command: key}. A command has one printed key, which can be moved;
// further keys of it (the arrows) stay. Codes of categories are no keys of their own.

const SIGNS = {
  Enter: "⏎",
  Delete: "Del",
  Insert: "Ins",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

/** A key as it is printed on controls and in texts. */
export function keySign(key) {
  return SIGNS[key] || key;
}

const NAMED = new Set(["Delete", "Insert", "F2", "F4", "F8", "F9"]);
const ARROWS = /^Arrow(Up|Down|Left|Right)$/;
const MODIFIERS = new Set([
  "Alt", "AltGraph", "CapsLock", "Control", "Dead", "Fn", "Meta", "NumLock", "OS", "Shift",
]);

/** Whether a press is only half of a key: Shift on its way to "?", an accent before its letter. */
export function isHalfAKey(key) {
  return MODIFIERS.has(key);
}

/** Why no command, or not this one, can have this key; "" when it can. */
export function notForCommand(command, key) {
  if (key === "Enter") {
    return command === "commit" ? "" : "Enter answers the control that has the focus; only commit may have it.";
  }
  if (key === "Escape") return "Esc always leaves: a field, a category, a correction.";
  if (key === "Tab") return "Tab goes from control to control.";
  if (key === " ") return "The space bar presses the control that has the focus.";
  if (/^[cr]$/i.test(key)) return `${key} belongs to Streamlit (clear the cache, run again).`;
  if (NAMED.has(key) || ARROWS.test(key) || [...key].length === 1) return "";
  return `${key} belongs to the browser or scrolls the page.`;
}

/**
 * The map in force: {commands: key -> command, printed: command -> key}.
 *
 * `changed` may be older than the table (commands gone, a key that a new command has by default):
 * what was chosen stays, and the new command has no key until it is given one.
 */
export function resolveKeys(groups, changed = {}) {
  const rows = groups.flatMap((group) => group.keys);
  const commands = new Map();
  const printed = new Map();
  const give = (key, command) => {
    if (commands.has(key)) return false;
    commands.set(key, command);
    return true;
  };
  for (const [, command] of rows) {
    const key = changed[command];
    if (typeof key !== "string" || notForCommand(command, key)) continue;
    if (give(key, command)) printed.set(command, key);
  }
  for (const [key, command] of rows) {
    if (!printed.has(command) && give(key, command)) printed.set(command, key);
  }
  for (const [, command, , more] of rows) for (const key of more) give(key, command);
  return { commands, printed };
}

/** Why this command cannot have this key now; "" when it can. */
export function whyNot(groups, changed, command, key) {
  const never = notForCommand(command, key);
  if (never) return never;
  const other = resolveKeys(groups, changed).commands.get(key);
  if (other === undefined || other === command) return "";
  const row = groups.flatMap((group) => group.keys).find(([, name]) => name === other);
  return `${keySign(key)} is “${row[2]}” already: give that another key first.`;
}

/** What is changed after a command got this key (null: the one it has by default). */
export function withKey(groups, changed, command, key) {
  const row = groups.flatMap((group) => group.keys).find(([, name]) => name === command);
  const next = { ...changed };
  if (key === null || key === row[0]) delete next[command];
  else next[command] = key;
  return next;
}

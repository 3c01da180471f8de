// Every key of the viewer, once: what it does, and how it is printed on controls and in the help.
//
// The scheme: digits judge the step, letters act on the trajectory or move, and a category is always
// two keys after the leader `m`, so no key has two meanings. `c` and `r` belong to Streamlit.
// The table holds the keys as they come; an annotator may move them (`useKeys`, key_rules.js).

import { keySign, resolveKeys } from "./key_rules.js";
import { isPickKey } from "./picking.js";

/** Rows are [key, command, what it does, further keys]; read by `tests/readme_tables.py` as well. */
export const GROUPS = [
  {
    title: "Move",
    keys: [
      ["j", "step-next", "next step", ["ArrowDown"]],
      ["k", "step-previous", "previous step", ["ArrowUp"]],
      ["]", "call-next", "next call of the step", []],
      ["[", "call-previous", "previous call, then the step itself", []],
      ["l", "argument-next", "next argument", ["ArrowRight"]],
      ["h", "argument-previous", "previous argument, then the call", ["ArrowLeft"]],
      ["n", "finding-next", "next finding", []],
      ["p", "finding-previous", "previous finding", []],
      [",", "nowhere-next", "next value from nowhere", []],
      ["J", "turn-next", "next user turn", []],
      ["K", "turn-previous", "previous user turn", []],
      ["w", "whole", "select the whole trajectory", []],
    ],
  },
  {
    title: "Read",
    keys: [
      ["v", "source", "where the selected argument came from: go there; again or Esc: back", []],
      ["-", "calls-only", "calls only, one line each; again: the trace", []],
      ["/", "filter", "filter the result of the selected call (Esc leaves it)", []],
      ["7", "checklist", "checklist of the called tool: open it and go there", []],
      ["6", "tool", "what the called tool says it needs: more or less room", []],
      ["o", "fold", "open or close long text of the step", []],
      ["'", "tries", "other answers for the step, side by side (Esc closes them)", []],
    ],
  },
  {
    title: "Judge the step",
    keys: [
      ["1", "verdict-correct", "correct", []],
      ["2", "verdict-incorrect", "incorrect", []],
      ["3", "verdict-unsure", "unsure", []],
      ["0", "verdict-clear", "clear the verdict", []],
      ["4", "rest-clean", "rest is clean: all steps not judged are correct", []],
      ["5", "unjudged-next", "next step without a verdict", []],
      ["8", "recovery-leader", "recovery: then one letter for how it deals with an earlier error", []],
    ],
  },
  {
    title: "Mark an error",
    keys: [
      ["m", "leader", "mark: then the two keys of a category", []],
      ["s", "severity", "severity of the last mark here", []],
      ["b", "root-cause", "last mark here is the root cause", []],
      ["d", "unmark", "remove the last mark here", []],
      ["M", "alike", "mark the others like this finding or mark", []],
      ["B", "caused-by", "last mark here follows from the root cause; again: it does not", []],
      ["T", "pick", "pick words of the message: arrows, Enter; then mark them", []],
      ["D", "do-not-learn", "do not learn the picked words, the last mark here, or what is selected", []],
      ["Q", "clarification", "what the assistant should have asked (on a marked user turn)", []],
    ],
  },
  {
    title: "Correct",
    keys: [
      ["e", "edit", "edit the selected call or message", []],
      ["i", "insert", "insert a message after the selected one", []],
      ["Delete", "remove", "delete the selected message, or put it back", []],
      ["q", "cut", "cut from here: the selected message and all after it", []],
      [".", "stale-next", "next stale message of the correction", []],
      ["y", "still-true", "the stale message is still true", []],
      ["S", "simulate", "ask the simulator for the result of the changed call (Esc stops it)", []],
      ["A", "use-simulated", "use the result that the simulator proposes", []],
      ["t", "note", "write a note (Esc leaves it)", []],
    ],
  },
  {
    title: "Decide",
    keys: [
      ["a", "outcome-accept", "accept", []],
      ["x", "outcome-reject", "reject", []],
      ["u", "outcome-unsure", "unsure", []],
      ["Enter", "commit", "commit and go on to the next", []],
      ["z", "undo", "undo, also across trajectories", []],
      ["Z", "redo", "redo what was undone last, until something else is said", []],
      ["g", "back", "back to the previous trajectory", []],
      ["f", "forward", "leave this one for later, go on", []],
      ["V", "court", "to Verify: back to where you were in it", []],
      ["?", "help", "show or hide these keys", []],
    ],
  },
];

const DEFAULTS = resolveKeys(GROUPS);
const nKeys = GROUPS.flatMap((group) => group.keys).reduce((n, row) => n + 1 + row[3].length, 0);
if (DEFAULTS.commands.size !== nKeys) throw new Error("a key of the table has two meanings");

let active = DEFAULTS;
let changed = {};

/** From now on these keys hold: {command: key} of what the annotator moved. */
export function useKeys(moved) {
  changed = moved || {};
  active = resolveKeys(GROUPS, changed);
}

/** What the annotator moved: {command: key}. */
export function movedKeys() {
  return changed;
}

/** The command of a key, or undefined. */
export function commandOf(key) {
  return active.commands.get(key);
}

/** The key printed on the control of a command; undefined when it has none. */
export function keyOf(command) {
  return active.printed.get(command);
}

/** The keys of commands in brackets, to be put after the words that need them: " (j, k)". */
export function keysHint(...commands) {
  const keys = commands.map(keyOf).filter((key) => key !== undefined);
  return keys.length > 0 ? ` (${keys.map(keySign).join(", ")})` : "";
}

/** The key as the tables know it: a letter is a capital with Shift, whatever Caps Lock says; keys
 * that pick words say when Shift is held. */
export function plainKey(event) {
  const { key } = event;
  if (key.length !== 1) return event.shiftKey && isPickKey(key) ? `Shift+${key}` : key;
  const lower = key.toLowerCase();
  return event.shiftKey && lower !== key.toUpperCase() ? key.toUpperCase() : lower;
}

/** Whether holding the key down may repeat its command: moving may, judging may not. */
export function mayRepeat(command) {
  return /^(step|call|argument|finding|nowhere|turn)-/.test(command || "");
}

/** Whether a text is being composed (Japanese, Chinese, Korean …): its keys are not ours. */
export function isComposing(event) {
  return Boolean(event.isComposing) || event.keyCode === 229;
}

/** Signs that some layouts reach with Shift (French digits, German slash) or AltGr (brackets). */
const SIGNS = /^[0-9?/[\]]$/;

function isSign(key) {
  if (SIGNS.test(key)) return true;
  const isLetter = key.toLowerCase() !== key.toUpperCase();
  return !isLetter && key.length === 1 && commandOf(key) !== undefined;
}

function isHeldBack(event, isPicking) {
  if (event.metaKey) return true;
  if (event.ctrlKey || event.altKey) return !(isSign(event.key) && event.getModifierState?.("AltGraph"));
  if (!event.shiftKey || isSign(event.key)) return false;
  if (isPicking && isPickKey(event.key)) return false;
  return event.key.length > 1 || commandOf(plainKey(event)) === undefined;
}

/** Whether a key press is meant for the viewer at all: no modifier (but Shift with the keys that
 * pick words, while words are picked), no field being typed in. */
export function isForViewer(event, isPicking = false) {
  if (isComposing(event) || isHeldBack(event, isPicking)) return false;
  const target = event.composedPath ? event.composedPath()[0] : event.target;
  if (!target || !target.tagName) return true;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return false;
  if (ownsKeys(event)) return false;
  // A control reached with Tab answers Enter and Space itself.
  const natural = event.key === "Enter" || event.key === " ";
  return !(natural && /^(BUTTON|SUMMARY|A)$/.test(target.tagName) && isTabbed(target));
}

/** Whether the key is pressed in a part that answers keys itself, on its buttons too (the form). */
function ownsKeys(event) {
  const path = event.composedPath ? event.composedPath() : [];
  return path.some((node) => node.dataset?.keys === "own");
}

function isTabbed(target) {
  return typeof target.matches === "function" && target.matches(":focus-visible");
}

/** What the keys typed after the leader amount to: {state: partial|hit|none, category}. */
export function readCode(categories, typed) {
  const hit = categories.find((c) => c.code === typed);
  if (hit) return { state: "hit", category: hit };
  const partial = categories.some((c) => c.code.startsWith(typed));
  return { state: partial ? "partial" : "none", category: null };
}

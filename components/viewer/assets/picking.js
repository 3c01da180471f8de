// Picking a span of a message's text by keyboard, word by word. Pure; see picking_view.js for what
// is drawn and span_commands.js for what the keys do.
//
// A picking: {uid, cursor, message, field, text, words, from, to, isTaken}: `from` is the word where
// the span was begun, `to` the one that moves. It holds while `cursor` is the selection on screen.

import { unitSpan } from "./grounding.js";
import { fieldText, pointSpan, wordsOf } from "./spans.js";

const FIELDS = ["content", "reasoning"];
const LEAP = 10; // words at once, up and down

/** The keys that move while a span is being picked. */
export function isPickKey(key) {
  return /^(Shift\+)?(Arrow(Left|Right|Up|Down)|Home|End)$/.test(key);
}

/** The fields of a message that have words, what the model says first. */
export function fieldsOf(message) {
  return FIELDS.filter((field) => fieldText(message, field).trim());
}

/** Begin at the first word of a field, or at the span that the cursor has there; null without words. */
export function beginPicking(view, cursor, field) {
  const message = view.messages[cursor.message];
  const text = fieldText(message, field);
  const words = wordsOf(text);
  if (words.length === 0) return null;
  const span = cursor.span && cursor.field === field ? unitSpan(text, cursor.span) : words[0];
  const from = words.findIndex(([, end]) => end > span[0]);
  const to = words.findLastIndex(([start]) => start < span[1]);
  return { uid: view.uid, cursor, message: message.index, field, text, words, from, to, isTaken: false };
}

/** The picking after a key that moves; the same one when it cannot go further. */
export function movePicking(picking, key) {
  const extends_ = key.startsWith("Shift+");
  const { words, from, to } = picking;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -LEAP, ArrowDown: LEAP, Home: -Infinity, End: Infinity };
  const next = Math.min(words.length - 1, Math.max(0, to + step[key.replace("Shift+", "")]));
  if (next === to && (extends_ || from === to)) return picking;
  return { ...picking, from: extends_ ? from : next, to: next };
}

/** What is picked, in UTF-16 units. */
export function pickedUnits({ words, from, to }) {
  return [words[Math.min(from, to)][0], words[Math.max(from, to)][1]];
}

/** The cursor on what is picked: a span in code points. */
export function pickedCursor(picking) {
  const { message, field, text } = picking;
  return { message, call: null, pointer: null, span: pointSpan(text, pickedUnits(picking)), field };
}

/** The picking that the screen shows; null when the annotator has moved on. */
export function pickingHere(session) {
  const { picking } = session;
  return picking && picking.uid === session.current && picking.cursor === session.cursor ? picking : null;
}

// What a correction makes of the trace, drawn in the cards it concerns.

import { changesOf, drawCallChange, drawTextChange } from "./diff.js";
import { Editor } from "./editor.js";

/** What a card shows of corrections; equal signatures need no redraw. */
export function correctionSignature(session, message) {
  const { correction } = session.view;
  const { annotation } = session.stateOf(session.view.uid);
  const editing = session.editor?.message === message.index ? session.editor.id : "";
  return [correction?.uid, annotation.correction_uid === correction?.uid, editing];
}

export function correctionClass() {
  return "";
}

export function callClass() {
  return "";
}

/** Below a message's text. */
export function drawAtText(screen, message) {
  const s = screen.session;
  const change = changesOf(s, s.stateOf(s.current), message.index)?.content;
  return [change ? drawTextChange(s, change) : null, Editor.drawIn(screen, message.index, null)];
}

/** Below a call and its result. */
export function drawAtCall(screen, message, call) {
  const s = screen.session;
  const change = changesOf(s, s.stateOf(s.current), message.index)?.calls.get(call.index);
  return [change ? drawCallChange(s, change) : null, Editor.drawIn(screen, message.index, call.index)];
}

/** At the end of a card. */
export function drawInCard() {
  return null;
}

/** What can be done with the selected message while a correction is open. */
export function placeTools() {}

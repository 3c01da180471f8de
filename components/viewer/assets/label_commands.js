// Commands that say more of an error than its category: where exactly, what it follows from,
// whether it may be learnt, what should have been asked, and how later steps dealt with it.

import { anchorFor, moveTurn } from "./cursor.js";
import { sameAnchor } from "./fold.js";
import { keysHint } from "./keymap.js";
import { rootOf } from "./mark_links.js";
import { changeMark, lastMarkHere, placeMark } from "./marking.js";
import { beginPicking, fieldsOf, movePicking, isPickKey, pickedCursor, pickingHere } from "./picking.js";
import { recoveryOf } from "./recovery.js";

const UNLEARNT = { taxonomy: "asktoact", category: "error_segment" };

export const LABEL_COMMANDS = {
  "turn-next": ({ session }) => turn(session, 1),
  "turn-previous": ({ session }) => turn(session, -1),
  leader: ({ session }) => {
    takeSpan(session);
    lead(session, "category");
  },
  "recovery-leader": ({ session }) => {
    if (selectedStep(session)) lead(session, "recovery");
    else session.say(`Select a step first${keysHint("step-next", "step-previous")}: it is a step that recovers from an error.`);
  },
  pick: ({ session, screen }) => {
    screen?.leaveCalls();
    beginHere(session);
  },
  "caused-by": ({ session }) => linkToRoot(session),
  "do-not-learn": ({ session }) => doNotLearn(session),
  clarification: ({ session, screen }) => askClarification(session, screen),
};

function lead(session, leading) {
  session.leader = "";
  session.leading = leading;
  session.emit("mode");
}

function turn(session, delta) {
  const place = moveTurn(session.view, session.cursor, delta);
  if (place) session.cursor = place;
  else session.say(`There is no user turn ${delta > 0 ? "after" : "before"} this.`);
}

function selectedStep(session) {
  const message = session.view.messages[session.cursor.message];
  return message && message.step !== null ? message : null;
}

// Spans ---------------------------------------------------------------------------------------

/** Begin picking in the selected message; in its other text when a span is being picked already. */
function beginHere(session) {
  const { view, cursor } = session;
  const message = view.messages[cursor.message];
  const fields = message ? fieldsOf(message) : [];
  if (fields.length === 0) {
    session.say(message
        ? `This message has no words to pick from; select an argument to mark it${keysHint("argument-next", "argument-previous")}.`
        : `Select a message first${keysHint("step-next", "turn-next")}.`,
    );
    return;
  }
  const now = pickingHere(session);
  const field = now ? fields[(fields.indexOf(now.field) + 1) % fields.length] : cursor.span ? cursor.field : fields[0];
  session.picking = beginPicking(view, cursor, field);
  session.emit("picking");
}

const WHILE_PICKING = ["leader", "do-not-learn", "pick", "help"];

/** A key while a span is being picked; `command` is what it means elsewhere. */
export function pickKey(session, key, command, run) {
  const picking = pickingHere(session);
  if (isPickKey(key)) {
    session.picking = movePicking(picking, key);
    if (session.picking !== picking) session.emit("picking");
  } else if (key === "Enter") takeSpan(session);
  else if (key === "Escape") leavePicking(session);
  else if (WHILE_PICKING.includes(command)) run(command);
  else session.say("You are picking words: Enter takes them, Esc leaves.");
}

/** Stop picking; what was picked is forgotten. */
export function leavePicking(session) {
  const picking = pickingHere(session);
  if (!picking) return false;
  session.picking = null;
  session.emit("picking");
  if (session.cursor.span) session.cursor = { message: picking.message, call: null, pointer: null };
  return true;
}

/** The picked words, or those selected by mouse, become what is selected; false without any. */
export function takeSpan(session) {
  const picking = pickingHere(session);
  if (picking) {
    if (picking.isTaken) return true;
    session.cursor = pickedCursor(picking);
    session.picking = { ...picking, cursor: session.cursor, isTaken: true };
    session.emit("picking");
    return true;
  }
  const { selected } = session;
  if (!selected || selected.uid !== session.current) return false;
  const { message, field, span } = selected;
  session.cursor = { message, call: null, pointer: null, span, field };
  session.selected = null;
  session.emit("selected");
  return true;
}

// Causes --------------------------------------------------------------------------------------

function linkToRoot(session) {
  const { marks } = session.stateOf(session.current).annotation;
  const mark = lastMarkHere(session);
  const root = rootOf(marks);
  if (!mark) session.say("There is no mark here that could follow from another.");
  else if (!root) session.say(`No mark is the root cause yet: say it of one first${keysHint("root-cause")}.`);
  else if (mark.mark_id === root.mark_id) session.say("This is the root cause itself; select an effect of it.");
  else changeMark(session, mark, { caused_by: mark.caused_by === root.mark_id ? null : root.mark_id });
}

// Learning ------------------------------------------------------------------------------------

/** Say "do not learn" of the picked words; else of the last mark here; else of what is selected. */
function doNotLearn(session) {
  takeSpan(session);
  const anchor = anchorFor(session.view, session.cursor, "any");
  if (session.view.messages[anchor.message_index]?.role !== "assistant") {
    session.say("Only what the assistant wrote is learnt: select one of its steps.");
    return;
  }
  const { marks } = session.stateOf(session.current).annotation;
  const mark = session.cursor.span ? marks.findLast((m) => sameAnchor(m.anchor, anchor)) : lastMarkHere(session);
  if (mark) changeMark(session, mark, { train: !mark.train });
  else placeUnlearnt(session);
}

function placeUnlearnt(session) {
  const taxonomy = session.boot.taxonomies.find((t) => t.name === UNLEARNT.taxonomy);
  const category = taxonomy?.categories.find((c) => c.name === UNLEARNT.category);
  if (category) placeMark(session, category, { taxonomy, train: false });
  else session.say(`The taxonomy of passages that are not learnt is missing; put a mark here first${keysHint("leader")}.`);
}

// Clarifications ------------------------------------------------------------------------------

function askClarification(session, screen) {
  const mark = lastMarkHere(session) || lastMarkOfTurn(session);
  if (mark) screen?.editMark(mark, "expected_clarification");
  else session.say(`Mark the turn first${keysHint("leader")}, then say what should have been asked.`);
}

/** The newest mark on the user's turn that the selection belongs to. */
function lastMarkOfTurn(session) {
  const { view, cursor } = session;
  if (cursor.message === null) return null;
  const user = view.messages.findLast((m) => m.role === "user" && m.index <= cursor.message);
  const { marks } = session.stateOf(session.current).annotation;
  return (user && marks.findLast((m) => m.anchor.message_index === user.index)) || null;
}

// Recovery ------------------------------------------------------------------------------------

/** Set a recovery label of the selected step, or clear it when it is set. */
export function toggleRecovery(session, label) {
  const message = selectedStep(session);
  if (!message) return;
  const labels = recoveryOf(session.stateOf(session.current).annotation, message.index);
  session.act("recovery", { message_index: message.index, label: label.name, holds: !labels.includes(label.name) });
}

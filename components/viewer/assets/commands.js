// What each command does to the session. No elements here: the screen follows the session.

import {
  atMessage,
  moveArgument,
  moveCall,
  moveFinding,
  moveRow,
  moveStep,
  sameCursor,
  unjudgedAfter,
  WHOLE,
} from "./cursor.js";
import { askAlike, sourceHere } from "./alike_asking.js";
import { nextNowhere } from "./grounding.js";
import { LABEL_COMMANDS } from "./label_commands.js";
import { changeLastMark, lastMarkHere, nextSeverity } from "./marking.js";
import { keysHint } from "./keymap.js";
import { goToPage } from "./pages.js";
import { showCalls, toSource } from "./source.js";
import { redoAct, undoAct } from "./taking_back.js";

/** Commands by name (see keymap.js). Each is given {session, travel, screen}. */
export const COMMANDS = {
  "step-next": ({ session }) => nextLine(session, 1),
  "step-previous": ({ session }) => nextLine(session, -1),
  "call-next": move((view, cursor) => moveCall(view, cursor, 1)),
  "call-previous": move((view, cursor) => moveCall(view, cursor, -1)),
  "argument-next": move((view, cursor) => moveArgument(view, cursor, 1)),
  "argument-previous": move((view, cursor) => moveArgument(view, cursor, -1)),
  "finding-next": move((view, cursor) => moveFinding(view, cursor, 1)),
  "finding-previous": move((view, cursor) => moveFinding(view, cursor, -1)),
  "nowhere-next": ({ session }) => toNowhere(session),
  "unjudged-next": ({ session }) => toUnjudged(session),
  whole: move(() => WHOLE),
  source: ({ session }) => toSource(session),
  "calls-only": ({ session }) => showCalls(session, !session.callsOnly),
  filter: ({ session, screen }) => screen?.filterResult(session.cursor),
  checklist: ({ screen }) => screen?.rail.checklist.focus(),
  tool: ({ screen }) => screen?.widenTool(),
  fold: ({ screen }) => screen?.toggleFold(),
  tries: ({ screen }) => screen?.toggleTries(),
  "verdict-correct": verdict("correct"),
  "verdict-incorrect": verdict("incorrect"),
  "verdict-unsure": verdict("unsure"),
  "verdict-clear": verdict(null),
  "rest-clean": ({ session }) => restIsClean(session),
  ...LABEL_COMMANDS,
  severity: ({ session }) => changeLastMark(session, nextSeverity),
  "root-cause": ({ session }) => changeLastMark(session, (m) => ({ root_cause: !m.root_cause })),
  unmark: ({ session }) => {
    const mark = lastMarkHere(session);
    if (mark) session.act("unmark", { mark_id: mark.mark_id });
    else session.say("There is no mark here to remove.");
  },
  alike: ({ session }) => askAlike(session, sourceHere(session)),
  edit: ({ session, screen }) => screen?.openEditor(session.cursor),
  insert: ({ screen }) => screen?.revise("insert"),
  remove: ({ screen }) => screen?.revise("remove"),
  cut: ({ screen }) => screen?.revise("cut"),
  "still-true": ({ screen }) => screen?.revise("attest"),
  simulate: ({ screen }) => screen?.revise("simulate"),
  "use-simulated": ({ screen }) => screen?.revise("useSimulated"),
  "stale-next": ({ screen }) => screen?.revise("nextStale"),
  note: ({ screen }) => screen?.focusNote(),
  "outcome-accept": outcome("accept"),
  "outcome-reject": outcome("reject"),
  "outcome-unsure": outcome("unsure"),
  commit,
  undo: take("undo", undoAct),
  redo: take("redo", redoAct),
  back: ({ session, travel }) => {
    if (leavable(session)) travel.back();
  },
  forward: ({ session, travel }) => {
    if (leavable(session)) travel.pass();
  },
  court: ({ session }) => goToPage(session.boot.pages.verify),
  help: ({ session }) => {
    session.help = !session.help;
    session.emit("mode");
  },
};

/** Commands that need no trajectory on screen. */
export const ALWAYS = new Set(["undo", "redo", "back", "court", "help"]);

function move(where) {
  return ({ session }) => {
    session.cursor = where(session.view, session.cursor);
  };
}

/** The next step; in the list of calls the next of its lines. */
function nextLine(session, delta) {
  const next = session.callsOnly ? moveRow : moveStep;
  session.cursor = next(session.view, session.cursor, delta);
}

function toNowhere(session) {
  const { place, wrapped, count } = nextNowhere(session.view, session.cursor);
  if (!place) {
    session.say("Every value of every call came from somewhere.");
    return;
  }
  if (wrapped && sameCursor(place, session.cursor)) session.say("This is the only value from nowhere.");
  else if (wrapped) session.say(`Round again: the first of ${count} arguments from nowhere.`);
  session.cursor = place;
}

function toUnjudged(session) {
  const judged = session.stateOf(session.current).annotation.step_verdicts;
  const place = unjudgedAfter(session.view, session.cursor, judged);
  if (place) session.cursor = place;
  else session.say("Every step has a verdict.");
}

function verdict(value) {
  return ({ session }) => {
    const message = session.view.messages[session.cursor.message];
    if (!message || message.step === null) {
      session.say(`Select a step first${keysHint("step-next", "step-previous")}: only steps get a verdict.`);
      return;
    }
    const key = String(message.index);
    const now = session.stateOf(session.current).annotation.step_verdicts[key] ?? null;
    if (now !== value) session.act("verdicts", { verdicts: { [key]: value } });
  };
}

function restIsClean(session) {
  const judged = session.stateOf(session.current).annotation.step_verdicts;
  const rest = session.view.messages.filter((m) => m.step !== null && !(m.index in judged));
  if (rest.length === 0) {
    session.say("Every step has a verdict already.");
    return;
  }
  session.act("verdicts", { verdicts: Object.fromEntries(rest.map((m) => [m.index, "correct"])) });
}

function outcome(value) {
  return ({ session }) => {
    if (session.stateOf(session.current).annotation.outcome !== value) {
      session.act("outcome", { outcome: value });
    }
  };
}

/** Set the outcome from a button: pressing the chosen one clears it. */
export function toggleOutcome(session, value) {
  const now = session.stateOf(session.current).annotation.outcome;
  session.act("outcome", { outcome: now === value ? null : value });
}

function commit({ session, travel }) {
  session.flushNote();
  const why = session.commitBlocked();
  if (why) {
    session.emit("nudge");
    return;
  }
  const { committed, dirty, annotation } = session.stateOf(session.current);
  const { outcome } = annotation; // what is on screen, in case another tab says otherwise
  if (!committed || dirty) session.act("commit", { outcome });
  travel.advance();
}

/** Undo or redo: within the open correction, else of acts, wherever they were. */
function take(way, act) {
  return ({ session, travel, screen }) => {
    if (session.editor) {
      screen?.revise(way);
      return;
    }
    if (session.current) session.flushNote();
    const uid = act(session);
    if (uid && uid !== session.current) travel.visit(uid);
  };
}

function leavable(session) {
  if (!session.editor) {
    if (session.current) session.flushNote();
    return true;
  }
  session.emit("nudge");
  return false;
}

/** Select a message by pointer. */
export function selectMessage(session, index) {
  session.cursor = atMessage(session.view, index);
}

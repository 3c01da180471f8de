// One annotator at one queue in one browser tab: everything that must outlive a mount.
//
// Kept in `window.__loopwright`, never in the component, because Streamlit may take the component
// away and mount it again at any moment. Knows no elements: it tells listeners which topic changed
// (view, cursor, layout, annotation, status, mode, toast) and the screen redraws that.

import { ActsHistory } from "./acts_history.js";
import { Api } from "./api.js";
import { foldOps, normalise } from "./fold.js";
import { refusedInBatch } from "./batch.js";
import { blocked } from "./outbox.js";
import { Mirror } from "./mirror.js";
import { Recents } from "./recents.js";
import { Sender } from "./sender.js";
import { describeAct, takenAsMeant } from "./taking_back.js";
import { WHOLE, atAnchor, atMessage, firstCursor } from "./cursor.js";

const TAXONOMY_KEY = "loopwright:taxonomy";
const MAX_NOTE = 20_000; // characters; as in app/flows/placing.py

/** The session of this annotator and dataset; made at the first mount, found again at the next. */
export function sessionFor(boot) {
  window.__loopwright ||= new Map();
  const key = `${boot.annotator}|${boot.dataset ?? ""}`;
  if (!window.__loopwright.has(key)) window.__loopwright.set(key, new Session(boot));
  const session = window.__loopwright.get(key);
  session.reboot(boot);
  return session;
}

export class Session {
  constructor(boot) {
    this.boot = boot;
    this.sid = newId();
    this.n = 0;
    this.api = new Api(boot.api, boot.token);
    this.views = new Map(); // uid -> View as the server last told it, plus `dirty`
    this.cursors = new Map(); // uid -> cursor
    this.open = new Map(); // uid -> Set of what the annotator unfolded
    this.drafts = new Map(); // uid -> note being typed
    this.current = null; // uid on screen
    this.deck = []; // uids that come next, already here
    this.claimed = new Set(); // uids the queue handed to this page
    this.trail = []; // uids that were on screen before
    this.passed = new Set(); // uids left for later
    this.phase = "waiting"; // view | waiting | empty | failed
    this.problem = null; // {message, hint} when phase is failed
    this.history = new ActsHistory(); // what undo and redo can paint at once
    this.lastAct = null; // {kind, payload}, for whoever tells of it
    this.pending = []; // keys pressed while nothing was on screen
    this.leader = null; // what was typed after a leader key, null outside of it
    this.leading = "category"; // what the leader key chooses: category or recovery
    this.picking = null; // words being picked, see picking.js
    this.selected = null; // words selected by mouse: {uid, message, field, span}
    this.recents = new Recents(boot.annotator);
    this.help = false;
    this.alike = null; // the panel of what is alike, see alike.js
    this.editor = null; // open editor, see editor.js
    this.asked = null; // the last wish of another page to edit at once
    this.toEdit = null; // uid whose editor opens as soon as it is on screen
    this.toast = null;
    this.callsOnly = false; // whether the list of calls stands in for the trace
    this.jump = null; // to the source of a value, see source.js
    this.triesOpen = null; // {uid, index, at}: the step whose tries are shown, see tries_panel.js
    this.progress = null;
    this.listeners = new Set();
    this.displace = () => {}; // how a mount makes room for another session
    this.gathered = null; // topics of `together`
    this.taxonomyName = remembered(TAXONOMY_KEY);
    this.sender = new Sender({
      mirror: new Mirror(boot.annotator, this.sid),
      api: this.api,
      onChange: () => this.emit("status"),
      // Painted once both are done: the truth alone would show refused acts, which are still in
      // the outbox, and the outbox alone would show nothing of what it had just saved.
      onAnswer: (answer, sent, release) =>
        this.together(() => {
          this.learn(answer, sent);
          release();
        }),
      onRefused: (op, message, hint) => this.refused(op, message, hint),
    });
  }

  reboot(boot) {
    this.boot = boot;
    // It is to open there, wherever one was in it before; but not to jump when it is mounted again.
    const isAsked = Boolean(boot.asked) && boot.asked !== this.asked;
    if (boot.at !== null && (isAsked || this.current !== boot.uid)) this.cursors.delete(boot.uid);
    if (isAsked) [this.asked, this.toEdit] = [boot.asked, boot.uid];
    const known = this.views.get(boot.uid);
    if (known && !this.cursors.has(boot.uid)) this.keep(known);
    this.api.token = boot.token;
    this.sender.readmit(this.api);
  }

  /** Do several things and paint once, at the end. */
  together(work) {
    if (this.gathered) return work();
    this.gathered = new Set();
    try {
      return work();
    } finally {
      const topics = [...this.gathered];
      this.gathered = null;
      if (topics.length > 0) this.emit(...topics);
    }
  }

  /** Tell listeners. A fault in painting is reported, but never keeps an act from being saved. */
  emit(...topics) {
    if (this.gathered) {
      for (const topic of topics) this.gathered.add(topic);
      return;
    }
    for (const listener of [...this.listeners]) {
      try {
        listener(topics);
      } catch (problem) {
        reportError(problem);
      }
    }
  }

  // What is on screen ------------------------------------------------------------------------

  get view() {
    return this.current === null ? null : this.views.get(this.current);
  }

  get cursor() {
    return this.cursors.get(this.current) || WHOLE;
  }

  set cursor(cursor) {
    this.cursors.set(this.current, cursor);
    this.emit("cursor");
  }

  get taxonomy() {
    const all = this.boot.taxonomies;
    return all.find((t) => t.name === this.taxonomyName) || all[0] || { name: "", categories: [] };
  }

  chooseTaxonomy(name) {
    this.taxonomyName = name;
    try {
      localStorage.setItem(TAXONOMY_KEY, name);
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
    this.emit("taxonomy");
  }

  /** The annotation of a trajectory with unsent acts on top: {annotation, committed, dirty}. */
  stateOf(uid) {
    const view = this.views.get(uid);
    const base = view || { annotation: null, committed: false, dirty: false };
    // Asked for many times per key, and folding thousands of verdicts takes its time.
    const of = [uid, base.annotation, base.committed, base.dirty, this.sender.state.ops];
    if (!this.folded || of.some((part, i) => part !== this.folded.of[i])) {
      this.folded = { of, state: foldOps(base, uid, this.sender.state.ops) };
    }
    return this.folded.state;
  }

  /** Keep a view that the server sent. */
  keep(view) {
    const dirty = Boolean(view.dirty ?? this.views.get(view.uid)?.dirty) && view.committed;
    this.views.set(view.uid, { ...view, annotation: normalise(view.annotation), dirty });
    if (!this.cursors.has(view.uid)) this.cursors.set(view.uid, this.bootCursor(view) ?? firstCursor(view));
    if (this.views.size > 60) this.forgetOldViews();
  }

  /** The place that the address names, if it names one of this trajectory's messages. */
  bootCursor(view) {
    const { uid, at } = this.boot;
    return uid === view.uid && view.messages[at ?? -1] ? atMessage(view, at) : null;
  }

  forgetOldViews() {
    const needed = new Set([this.current, ...this.deck, ...this.trail.slice(-20)]);
    for (const op of this.sender.state.ops) needed.add(op.uid);
    for (const uid of [...this.views.keys()]) if (!needed.has(uid)) this.views.delete(uid);
  }

  /** Draw what is not on screen yet: `work` sees this trajectory as the current one. */
  asIf(uid, work) {
    const { current } = this;
    this.current = uid;
    try {
      return work();
    } finally {
      this.current = current;
    }
  }

  // Acts -------------------------------------------------------------------------------------

  /** Perform an act on the trajectory on screen: painted now, saved as soon as possible. */
  act(kind, payload) {
    const uid = this.current;
    const before = this.stateOf(uid);
    this.n += 1;
    this.sender.add({ sid: this.sid, n: this.n, uid, kind, payload, at: Date.now() });
    this.remember({ n: this.n, uid, kind, before, cursor: this.cursor });
    this.lastAct = { kind, payload };
    this.emit("annotation");
  }

  /** A mark id no other page load can make. */
  newMarkId() {
    return `${this.sid}-${this.n + 1}`;
  }

  /** Why commit may not be pressed now; "" when it may. */
  commitBlocked() {
    if (this.phase !== "view") return "Nothing is on screen";
    const waiting = blocked(this.sender.state, Date.now());
    if (waiting) return waiting;
    if (this.editor) return "An edit is open: save it (Ctrl+Enter) or close it (Esc)";
    const tooLong = noteTooLong(this.drafts.get(this.current));
    if (tooLong) return tooLong;
    const { annotation } = this.stateOf(this.current);
    return annotation.outcome ? "" : "Choose an outcome first";
  }

  /** An act was performed that undo can take back. */
  remember(entry) {
    this.history.remember(entry);
  }

  /** Which correction stands, and what is attested of it, is to be asked again. */
  forgetCorrection(uid) {
    const view = this.views.get(uid);
    if (view) view.correction = null;
  }

  whereText(uid) {
    const view = this.views.get(uid);
    return uid !== this.current && view ? ` of ${view.source_id || view.uid}` : "";
  }

  // What the server says ---------------------------------------------------------------------

  learn(answer, sent) {
    const byN = new Map(sent.map((op) => [op.n, op]));
    for (const [uid, said] of Object.entries(answer.annotations || {})) this.settleView(uid, said, sent);
    if (answer.progress) this.progress = answer.progress;
    for (const result of answer.results || []) {
      const op = byN.get(result.n);
      if (!op) continue;
      if (result.status === "refused") this.refused(op, result.message, result.hint);
      else takenAsMeant(this, op, result);
    }
    this.emit("annotation", "progress");
  }

  settleView(uid, said, sent) {
    const view = this.views.get(uid);
    if (!view) return;
    const after = foldOps(view, uid, sent);
    view.annotation = normalise(said.annotation);
    view.committed = Boolean(said.committed);
    view.dirty = view.committed && after.dirty;
  }

  refused(op, message, hint) {
    if (op.batch) {
      refusedInBatch(this, op, message);
      return;
    }
    if (op.sid === this.sid) this.history.refuse(op);
    const said = `${message} ${hint || ""}`.trim();
    if (op.kind === "note" && !this.drafts.has(op.uid)) this.drafts.set(op.uid, op.payload.note);
    if (op.kind === "undo" || op.kind === "redo") this.say(said);
    else {
      const what = `${describeAct(op.kind)}${this.whereText(op.uid)}`;
      this.say(`Not saved: ${what}. ${said}`, { bad: true, uid: op.uid });
    }
    this.emit("annotation");
  }

  /** A short message at the bottom of the trace. It goes when the trajectory that it was said `of`
   * (null: none in particular) does; bad ones stay until they are dismissed. */
  say(text, { bad = false, uid = null, of = this.current } = {}) {
    this.toast = { text, bad, uid, at: Date.now(), of };
    this.emit("toast");
  }

  // Small things that must survive a mount ----------------------------------------------------

  isOpen(what) {
    return Boolean(this.open.get(this.current)?.has(what));
  }

  setOpen(uid, what, open) {
    if (!this.open.has(uid)) this.open.set(uid, new Set());
    const set = this.open.get(uid);
    if (open) set.add(what);
    else set.delete(what);
  }

  /** Turn a half-typed note into an act. */
  flushNote() {
    const draft = this.drafts.get(this.current);
    if (draft === undefined) return;
    if (noteTooLong(draft)) {
      this.emit("status"); // the commit bar says so; the text stays where it is
      return;
    }
    this.drafts.delete(this.current);
    if (draft !== this.stateOf(this.current).annotation.note) this.act("note", { note: draft });
  }

  /** The page is being left, or hidden and perhaps never seen again: everything goes out now. */
  leave() {
    if (this.phase === "view") this.flushNote();
    this.sender.leave();
  }

  select(anchor) {
    this.cursor = atAnchor(this.view, anchor);
  }
}

/** Why a note cannot be saved; "" when it can. */
function noteTooLong(note) {
  if (!note || note.length <= MAX_NOTE) return "";
  return `The note is too long: ${note.length.toLocaleString("en")} of ${MAX_NOTE.toLocaleString("en")} characters`;
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (b) => b.toString(36).padStart(2, "0")).join("");
}

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

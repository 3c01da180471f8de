// Gets the open correction to the studio within a second of a change, and to this machine's disk at
// once. What two tabs keep of one trajectory meets here (`onStale`), and nothing is overwritten.
//
// `c.kept` is where a correction stands: {revision, heirOf, state, sent, failures}; `state` is saved,
// waiting (not sent yet), sending, failing (tried again) or stopped (another tab has a newer one).

import { clearDraft, isSame, writeDraft } from "./drafts.js";
import { toDraft } from "./revision_draft.js";
import { retryDelay } from "./outbox.js";

const AFTER_MS = 500; // without a key
const LATEST_MS = 900; // after the first change, however much is typed

/** Where an open correction stands that was begun from a chosen draft (drafts.js), or from none. */
export function keptAs(chosen, revision) {
  return {
    revision: chosen?.revision ?? revision,
    heirOf: chosen?.heirOf ?? "",
    state: chosen?.isPending ? "waiting" : "saved",
    sent: chosen && !chosen.isPending ? chosen.content : null,
    failures: 0,
  };
}

/** What is kept of an open correction: as revision_draft.js has it, and where it was typed. */
export function contentOf(c) {
  const { base, history, reason, place, raw, isLeft } = c;
  return { ...toDraft({ state: history.now, base: base.uid, reason }), place, raw, isOpen: !isLeft };
}

export class DraftKeeper {
  constructor(session, onStale) {
    this.session = session;
    this.onStale = onStale;
    this.n = 0;
    this.timer = null;
    this.since = null; // when the first change that is not sent was made
    this.running = null; // the request on its way
    const flush = () => this.flush({ isLeaving: true });
    window.addEventListener("pagehide", flush, { capture: true });
    document.addEventListener("visibilitychange", () => document.hidden && flush());
    window.addEventListener("blur", () => this.flush());
    window.addEventListener("online", () => this.flush());
  }

  get open() {
    return this.session.editor;
  }

  /** The correction is another one now: on disk at once, with the studio soon. */
  changed(c) {
    this.write(c, true);
    if (c.kept.state === "stopped") return;
    c.kept.state = "waiting";
    const now = performance.now();
    this.since ??= now;
    clearTimeout(this.timer);
    const wait = Math.max(0, Math.min(AFTER_MS, this.since + LATEST_MS - now));
    this.timer = setTimeout(() => this.send(c), wait);
  }

  /** Send now what waits. */
  flush(options) {
    const c = this.open;
    if (c && (c.kept.state === "waiting" || c.kept.state === "failing")) return this.send(c, options);
    return this.running;
  }

  /** Whether the studio has not got everything of the open correction. */
  isBehind() {
    return Boolean(this.open) && this.open.kept.state !== "saved";
  }

  async send(c, { isLeaving = false } = {}) {
    clearTimeout(this.timer);
    if (this.running && !isLeaving) {
      await this.running;
      return c.kept.state === "waiting" && this.open === c ? this.send(c) : null;
    }
    this.since = null;
    const content = contentOf(c);
    c.kept.state = "sending";
    this.session.emit("kept");
    const work = this.deliver(c, content, isLeaving);
    if (isLeaving) return work;
    this.running = work;
    await work;
    this.running = null;
    return null;
  }

  async deliver(c, content, isLeaving) {
    const s = this.session;
    try {
      const { revision } = await s.api.draft(this.message(c, content), { keepalive: isLeaving });
      c.kept.revision = Math.max(c.kept.revision, revision);
      c.kept.failures = 0;
      c.kept.heirOf = "";
      if (c.kept.state === "saved") return; // dropped meanwhile
      c.kept.sent = content;
      const view = s.views.get(c.uid);
      if (view) view.kept = { revision: c.kept.revision, content };
      if (c.kept.state === "sending") c.kept.state = "saved";
      this.write(c, c.kept.state !== "saved");
    } catch (problem) {
      this.failed(c, problem);
    }
    s.emit("kept");
  }

  failed(c, problem) {
    if (problem.status === 409) {
      c.kept.state = "stopped";
      const { kept } = problem.said;
      if (kept.content && isSame(kept.content, contentOf(c))) this.settle(c, kept.revision);
      else this.onStale(c);
      return;
    }
    c.kept.state = "failing";
    c.kept.failures += 1;
    if (this.open !== c) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), retryDelay(c.kept.failures));
  }

  /** It was compared with the newer one: what is there now goes on from that. */
  settle(c, revision) {
    c.kept.revision = Math.max(c.kept.revision, revision);
    c.kept.state = "saved";
    this.changed(c);
  }

  /** Nothing is open any more, or nothing is different: nothing is kept. */
  drop(c) {
    clearTimeout(this.timer);
    this.since = null;
    clearDraft(this.session, c.uid);
    if (c.conflict?.isDraft) {
      c.kept.state = "saved";
      return; // what the studio keeps is the other tab's
    }
    const view = this.session.views.get(c.uid);
    const isKept = view?.kept.content || c.kept.sent || this.running;
    c.kept.state = "saved";
    c.kept.sent = null;
    if (view) view.kept = { ...view.kept, content: null };
    if (isKept) this.dropThere(c);
    this.session.emit("kept");
  }

  async dropThere(c) {
    await this.running;
    if (c.kept.state !== "saved" || c.kept.sent) return; // something was typed since
    try {
      const { revision } = await this.session.api.draft(this.message(c, null), { keepalive: true });
      c.kept.revision = Math.max(c.kept.revision, revision);
      const view = this.session.views.get(c.uid);
      if (view && !c.kept.sent) view.kept = { revision: c.kept.revision, content: null };
    } catch {
      // It comes up again when the trajectory is opened, and can be discarded then.
    }
  }

  /** Until a save has gone out, nothing of the draft is on its way that could come after it. */
  async quiet() {
    clearTimeout(this.timer);
    await this.running;
  }

  /** It is saved as a correction: the studio keeps the draft no longer. */
  saved(c) {
    clearTimeout(this.timer);
    this.since = null;
    c.kept.state = "saved";
    const view = this.session.views.get(c.uid);
    if (view) view.kept = { ...view.kept, content: null };
    clearDraft(this.session, c.uid);
  }

  /** Where this page stands, with the number of the next message. */
  at(c) {
    this.n += 1;
    return { n: this.n, based_on: c.kept.revision, heir_of: c.kept.heirOf };
  }

  message(c, content) {
    return { session: this.session.sid, uid: c.uid, at: this.at(c), content };
  }

  write(c, isPending) {
    writeDraft(this.session, c.uid, contentOf(c), { revision: c.kept.revision, isPending });
  }
}

/** How the open correction is kept, in words: {sign, text, state}. */
export function describeKept(c) {
  return { ...WORDS[c.kept.state], state: c.kept.state };
}

const WORDS = {
  saved: { sign: "✓", text: "draft saved" },
  waiting: { sign: "↑", text: "not saved yet" },
  sending: { sign: "↑", text: "saving draft" },
  failing: { sign: "⚠", text: "not saved yet, on this machine only: the studio does not answer" },
  stopped: { sign: "⚠", text: "not saved yet: changed in another tab as well" },
};

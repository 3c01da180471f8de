// The trace in the middle: every message once, in its own scroll box.

import { el, fill } from "./dom.js";
import { drawCard, signatureOf } from "./card.js";
import { markChips } from "./marks.js";
import { toolCatalogue } from "./tools.js";

const FIRST = 12;
const AHEAD = 8; // cards below the cursor that are there at once
const CHUNK = 24;

export class Trace {
  constructor(screen) {
    this.screen = screen;
    this.node = el("section", { class: "trace", tabindex: "-1", "aria-label": "Trace" });
    this.cards = new Map(); // message index -> {node, signature}
    this.whole = el("div", { class: "wholemarks" });
  }

  get session() {
    return this.screen.session;
  }

  draw() {
    const { view } = this.session;
    this.view = view;
    this.cards = new Map();
    this.shown = view.messages.filter((m) => !m.answers).map((m) => m.index);
    this.drawn = 0;
    this.findings = findingsByMessage(view);
    fill(this.node, toolCatalogue(this.screen, view), this.whole);
    this.state = this.session.stateOf(view.uid);
    this.drawWhole();
    this.drawMore(FIRST);
    this.isFresh = true;
    this.continueLater(view);
  }

  /** Long trajectories are drawn in pieces; a step that is wanted earlier is drawn at once. */
  drawMore(count) {
    const until = Math.min(this.shown.length, this.drawn + count);
    const fresh = document.createDocumentFragment();
    for (; this.drawn < until; this.drawn += 1) {
      const index = this.shown[this.drawn];
      fresh.append(this.makeCard(index));
    }
    this.node.append(fresh);
  }

  continueLater(view) {
    if (this.drawn >= this.shown.length) return;
    const idle = window.requestIdleCallback || ((work) => setTimeout(work, 16));
    idle(() => {
      if (this.view !== view || !this.node.isConnected) return;
      this.session.asIf(view.uid, () => this.drawMore(CHUNK));
      this.continueLater(view);
    });
  }

  /** Not on screen any more: nothing here is selected. */
  leave() {
    this.view = null;
    cancelAnimationFrame(this.again);
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
  }

  makeCard(index) {
    const { view } = this.session;
    const signature = signatureOf(this.session, view.messages[index], this.state);
    const node = drawCard(this.screen, view.messages[index], this.state, this.findings);
    this.cards.set(index, { node, signature });
    return node;
  }

  /** Redraw one card (its editor was opened or closed, a fold changed). */
  redraw(index) {
    const old = this.cards.get(index);
    if (!old) return;
    this.state = this.session.stateOf(this.session.current);
    const node = this.makeCard(index);
    old.node.replaceWith(node);
    this.drawCursor();
  }

  drawAnnotation() {
    const { view } = this.session;
    this.state = this.session.stateOf(view.uid);
    this.drawWhole();
    for (const [index, { node, signature }] of this.cards) {
      if (signatureOf(this.session, view.messages[index], this.state) === signature) continue;
      node.replaceWith(this.makeCard(index));
    }
    this.drawCursor();
  }

  drawWhole() {
    const marks = this.state.annotation.marks.filter((m) => m.anchor.message_index === null);
    const placeless = this.findings.get(null) || [];
    fill(
      this.whole,
      marks.length > 0 ? el("span", { class: "dim", text: "Whole trajectory " }) : null,
      markChips(this.screen, marks),
      placeless.map((f) =>
        el("div", { class: `finding ${f.severity}`, text: `${f.severity}: ${f.message}` }),
      ),
    );
    this.whole.hidden = marks.length === 0 && placeless.length === 0;
  }

  /** Show what is selected; scrolling is separate (`reveal`), so that all writing comes first. */
  drawCursor() {
    const { cursor } = this.session;
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
    this.place = null;
    if (cursor.message === null) return;
    const at = this.shown.indexOf(cursor.message);
    if (at + AHEAD >= this.drawn) this.drawMore(at + AHEAD + 1 - this.drawn);
    const card = this.cards.get(cursor.message)?.node;
    if (!card) return;
    card.classList.add("here");
    const call = card.querySelector(`.call[data-call="${cursor.call}"]`);
    call?.classList.add("here");
    const row = call && cursor.pointer !== null ? findRow(call, cursor.pointer) : null;
    row?.classList.add("here");
    this.place = { card, spot: row || call || card };
  }

  /** Scroll to the selection; once more in the next frame, because the heights of cards that were
   * never painted are estimates until then. */
  reveal() {
    const isSeen = this.seenAt === this.session.cursor;
    this.seenAt = null;
    if (isSeen) return; // made ahead, and scrolled to this very place already
    scrollTo(this.node, this.place, this.isFresh);
    this.isFresh = false;
    cancelAnimationFrame(this.again);
    const { place } = this;
    this.again = requestAnimationFrame(() => scrollTo(this.node, place, false));
  }

  /** Scroll where the selection will be, without showing one. */
  revealUnseen() {
    this.drawCursor();
    this.reveal();
    // Further down, heights are estimates until they are seen: then it is scrolled to again.
    this.seenAt = this.node.scrollTop === 0 ? this.session.cursor : null;
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
  }

  /** Open or close everything foldable in the selected message. */
  toggleFold() {
    const card = this.cards.get(this.session.cursor.message)?.node;
    const folds = card ? [...card.querySelectorAll("details")] : [];
    const open = !folds.some((fold) => fold.open);
    for (const fold of folds) fold.open = open;
    if (folds.length === 0) this.session.say("Nothing here is folded.");
  }
}

function findRow(call, pointer) {
  return [...call.querySelectorAll("tr[data-pointer]")].find((r) => r.dataset.pointer === pointer);
}

/**
 * Scroll the trace, never the page: to the start of the card unless all of it is in sight, and on
 * to the spot when the card is taller than the box. Reads first, then writes once.
 */
function scrollTo(box, place, isFresh) {
  if (!place) {
    box.scrollTop = 0;
    return;
  }
  const frame = box.getBoundingClientRect();
  const card = place.card.getBoundingClientRect();
  const spot = place.spot.getBoundingClientRect();
  const start = isFresh ? -box.scrollTop : 0; // a new trajectory is looked at from its beginning
  let by = start;
  const isInSight = card.top - start >= frame.top && card.bottom - start <= frame.bottom;
  if (!isInSight) by = card.top - frame.top - 8;
  if (spot.bottom - by > frame.bottom) by = spot.bottom - frame.bottom + 8;
  if (spot.top - by < frame.top) {
    const isNear = spot.top - card.top < (frame.bottom - frame.top) / 4; // the step's number stays in sight
    by = (isNear ? card.top : spot.top) - frame.top - 8;
  }
  if (Math.abs(by) >= 1) box.scrollTop += by;
}

/** Findings by the message under which they are shown: a result's stand with its call. */
function findingsByMessage(view) {
  const found = new Map();
  for (const finding of view.findings) {
    const message = view.messages[finding.message_index];
    const answers = message?.answers;
    const key = answers ? answers[0] : (message?.index ?? null);
    const call = answers ? answers[1] : (finding.call_index ?? null);
    const shown = { ...finding, call, ofResult: Boolean(answers) };
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(shown);
  }
  return found;
}


// The bar of the open correction, below the trace: what changed, what is wrong, what is stale, the
// reason, saving. It takes room of its own, so it never covers what is chosen from.

import { drawChanges } from "./diff.js";
import { button, el, fill, keycap, plural, refill, renew, setAttribute } from "./dom.js";
import { describeKept } from "./draft_keeper.js";
import { draftHere } from "./drafts.js";
import { Editor } from "./editor.js";
import { isComposing, keyOf } from "./keymap.js";
import { countChanges } from "./revision.js";
import { placeOf } from "./revision_wire.js";
import { verdictOf } from "./saving.js";
import { labelOf, openOf, shownOf, unsettled } from "./shown.js";
import { drawLeftOver, drawStaleRow } from "./stale.js";

export class CorrectionBar {
  constructor(screen) {
    this.screen = screen;
    this.node = el("section", { class: "correcting", "aria-label": "Correction", hidden: true });
    this.drawn = null; // id of the correction the frame was made for
    // Messages at the bottom stand above the bar, however high it is.
    this.sizes = new ResizeObserver(() =>
      screen.root.style.setProperty("--bar-height", `${this.node.offsetHeight}px`),
    );
    this.sizes.observe(this.node);
  }

  close() {
    this.sizes.disconnect();
  }

  draw() {
    const s = this.screen.session;
    const c = s.phase === "view" ? openOf(s) : null;
    if (c) this.drawOpen(c);
    else this.drawClosed(s);
  }

  drawClosed(s) {
    this.drawn = null;
    const shown = s.phase === "view" ? shownOf(s) : null;
    const left = unsettled(shown);
    const draft = s.phase === "view" && !s.view.parent_uid ? draftHere(s) : null;
    this.node.hidden = left.length === 0 && !draft;
    renew(
      this.node,
      draft ? this.waitingDraft() : null,
      left.length > 0 ? drawLeftOver(this.screen, shown, left) : null,
    );
  }

  waitingDraft() {
    return el(
      "div",
      { class: "leftover" },
      el("span", {}, el("b", { text: "✎ An unsaved correction of this trajectory is kept here. " }), "Press ", keycap(keyOf("edit")), " to go on."),
    );
  }

  drawOpen(c) {
    if (this.drawn !== c.id) this.frame(c);
    this.drawn = c.id;
    this.node.hidden = false;
    const shown = shownOf(this.screen.session);
    const { title, notice, lists, why, save, reason } = this.parts;
    renew(title, this.summary(c, shown));
    this.drawKept(c);
    renew(notice, this.notice(c), c.error ? el("div", { class: "finding error", role: "alert", text: c.error }) : null);
    renew(lists, this.problems(c, shown), this.stale(shown), this.changes(c));
    this.showHere(lists);
    const blocked = Editor.unsavable(c);
    const left = unsettled(shown).length;
    const said = blocked || (left > 0 ? "May be saved; exports refuse it until nothing is stale." : "");
    if (why.textContent !== said) why.textContent = said;
    save.disabled = Boolean(blocked);
    if (reason.value !== c.reason) reason.value = c.reason;
    reason.placeholder = reasonWanted(c);
  }

  /** Whether the studio has the draft. */
  drawKept(c = openOf(this.screen.session)) {
    if (!c || this.drawn !== c.id) return;
    const isKept = Editor.isDirty(c) || Boolean(c.conflict);
    const { sign, text, state } = describeKept(c);
    refill(this.parts.kept, isKept && [sign, text], () => isKept && [el("span", { "aria-hidden": "true", text: `${sign} ` }), text]);
    setAttribute(this.parts.kept, "data-state", isKept ? state : "none");
  }

  /** The stale message that was gone to is in sight in its list. */
  showHere(lists) {
    const here = lists.querySelector("li.here");
    const name = here?.textContent;
    if (name && name !== this.here) here.scrollIntoView({ block: "nearest" });
    this.here = name;
  }

  frame(c) {
    const { screen } = this;
    const reason = el("input", {
      type: "text",
      class: "reason",
      "aria-label": "Reason of the correction",
      "aria-keyshortcuts": "Alt+W",
      on: {
        input: (event) => Editor.setReason(screen, event.target.value),
        keydown: (event) => {
          if (event.key !== "Enter" || isComposing(event)) return;
          event.preventDefault();
          Editor.save(screen);
        },
      },
    });
    reason.value = c.reason;
    this.parts = {
      title: el("span", { class: "title" }),
      kept: el("span", { class: "kept", role: "status", data: { testid: "kept" } }),
      notice: el("div", { "aria-live": "polite" }),
      lists: el("div", { class: "lists" }),
      why: el("div", { class: "why dim", "aria-live": "polite" }),
      save: button("Save correction", { key: "Ctrl ⏎", class: "main", "aria-keyshortcuts": "Control+Enter", onclick: () => Editor.save(screen) }),
      reason,
    };
    const { title, kept, notice, lists, why, save } = this.parts;
    fill(
      this.node,
      el(
        "div",
        { class: "editrow head" },
        title,
        kept,
        el("span", { class: "grow" }),
        button("Undo", { key: "Ctrl Z", class: "quiet", data: { focus: "bar:undo" }, onclick: () => Editor.undo(screen) }),
        button("Redo", { key: "Ctrl ⇧ Z", class: "quiet", data: { focus: "bar:redo" }, onclick: () => Editor.redo(screen) }),
        button("Close", { key: "Esc", class: "quiet", title: "The draft is kept", onclick: () => Editor.leave(screen) }),
      ),
      notice,
      lists,
      el("div", { class: "editrow" }, keycap("Alt W"), reason, save, button("Discard", { class: "quiet", onclick: () => Editor.discard(screen) })),
      why,
    );
  }

  summary(c, shown) {
    const n = countChanges(c.history.now);
    const problems = c.verdict?.problems.length || 0;
    const left = unsettled(shown).length;
    return [
      el("b", { text: `✎ Correction: ${plural(n, "change")}` }),
      problems > 0 ? el("span", { class: "sev error", text: ` ▲ ${plural(problems, "problem")}` }) : null,
      left > 0 ? el("span", { class: "sev warning", text: ` ◆ ${left} stale` }) : null,
      shown.stale.size > 0 && left === 0 ? el("span", { class: "dim", text: " ✓ nothing stale is left" }) : null,
    ];
  }

  notice(c) {
    const { screen } = this;
    if (c.conflict) {
      return el(
        "div",
        { class: "notice", role: "alert" },
        el("b", { text: "◆ There are two versions of this correction. " }),
        "Nothing is saved until you have chosen. ",
        button("Compare and choose", { data: { focus: "bar:compare" }, onclick: () => screen.merge.show() }),
      );
    }
    if (!c.restored) return null;
    return el(
      "div",
      { class: "notice" },
      "This is your unsaved draft, as you left it. ",
      button("Start afresh", { data: { focus: "bar:afresh" }, onclick: () => Editor.startAfresh(screen) }),
    );
  }

  /** Problems outside the open place, which shows its own. */
  problems(c, shown) {
    if (!c.verdict) return null;
    return c.verdict.problems.map((problem) => {
      const at = placeOf(c.verdict.state, problem.message_index, problem.call_index);
      if (c.place && at.entry === c.place.entry && at.call === c.place.call) return null;
      return el(
        "div",
        { class: "finding error" },
        el("span", { class: "sev", text: "▲ " }),
        at.entry === null
          ? null
          : button(labelOf(shown, at.entry, at.call), {
              class: "quiet place",
              data: { focus: `problem:${at.call ?? at.entry}` },
              onclick: () => Editor.openEntry(this.screen, at.entry, at.call),
            }),
        problem.pointer ? el("code", { text: `${problem.pointer} ` }) : null,
        problem.message,
        problem.hint ? el("span", { class: "dim", text: ` ${problem.hint}` }) : null,
      );
    });
  }

  stale(shown) {
    if (shown.stale.size === 0) return null;
    const rows = [...shown.stale.values()].map((one) => drawStaleRow(this.screen, shown, one));
    return el(
      "div",
      { class: "stalelist" },
      el("div", { class: "dim" }, "Stale messages ", keycap(keyOf("stale-next")), " next"),
      el("ul", { "aria-label": "Stale messages" }, rows),
    );
  }

  /** What the check says is different from the imported trajectory, folded. */
  changes(c) {
    const verdict = verdictOf(c);
    if (!verdict?.ok || verdict.changes.length === 0) return null;
    const node = el(
      "details",
      { class: "fold allchanges", open: Boolean(c.showsChanges) },
      el("summary", { class: "dim", text: `Against the imported trajectory: ${plural(verdict.changes.length, "message")} different` }),
      drawChanges(verdict.changes),
    );
    node.addEventListener("toggle", () => (c.showsChanges = node.open));
    return node;
  }

  focusReason() {
    this.parts.reason.focus({ preventScroll: true });
  }
}

/** What an empty reason means: what changed is told instead, but an invalid call needs a sentence. */
function reasonWanted(c) {
  const { kept_invalid = [], summary = "" } = verdictOf(c) || {};
  if (kept_invalid.length > 0) return "Why is an invalid call kept?";
  return summary ? `Why? Left empty, this is noted: ${summary}` : "Why? (not needed)";
}

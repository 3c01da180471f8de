// Two versions of one correction side by side: one row a message that differs, chosen by key.
//
// It covers the page and takes every key while it is open, so nothing is done behind it. Leaving it
// changes nothing: the correction waits, unsaved, until it was chosen.

import { button, el, fill, keycap, plural } from "./dom.js";
import { Editor } from "./editor.js";
import { fieldChange } from "./diff.js";
import { undecided } from "./meeting.js";
import * as r from "./revision.js";
import { labelOf, openOf, shownOf } from "./shown.js";

const DEAF_MS = 400; // keys of the text that was being typed when it came up

export class MergeView {
  constructor(screen) {
    this.screen = screen;
    this.node = el("div", { class: "merge", role: "dialog", "aria-modal": "true", "aria-label": "Two versions of the correction", tabindex: "-1", hidden: true });
  }

  get correction() {
    const c = openOf(this.screen.session);
    return c?.conflict ? c : null;
  }

  get isOpen() {
    return !this.node.hidden;
  }

  show() {
    if (!this.correction) return;
    this.node.hidden = false;
    this.setBehind(true);
    this.since = performance.now();
    this.draw();
  }

  hide() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.setBehind(false);
    this.screen.trace.node.focus({ preventScroll: true });
  }

  /** What it covers is out of reach, also by Tab and for screen readers. */
  setBehind(isBehind) {
    for (const node of [this.screen.header, this.screen.panes]) node.inert = isBehind;
  }

  /** Whether a key press was answered here: all are, while it is open. */
  takes(event) {
    if (!this.isOpen) return false;
    if (!this.correction) {
      this.hide();
      return false;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab") return false;
    const does = this.keys()[event.shiftKey ? `Shift+${event.key}` : event.key];
    const isButton = event.composedPath?.()[0]?.tagName === "BUTTON";
    if (isButton && (event.key === "Enter" || event.key === " ")) return false;
    if (does && performance.now() - this.since > DEAF_MS) does();
    return true;
  }

  keys() {
    return {
      ArrowDown: () => this.go(1),
      ArrowUp: () => this.go(-1),
      ArrowLeft: () => this.choose("mine"),
      ArrowRight: () => this.choose("theirs"),
      "Shift+ArrowLeft": () => this.chooseAll("mine"),
      "Shift+ArrowRight": () => this.chooseAll("theirs"),
      Enter: () => this.apply(),
      Escape: () => this.hide(),
    };
  }

  go(by) {
    const { conflict } = this.correction;
    conflict.at = Math.min(conflict.rows.length - 1, Math.max(0, conflict.at + by));
    this.draw();
  }

  choose(side, at = this.correction.conflict.at) {
    const { conflict } = this.correction;
    if (conflict.rows.length === 0) return;
    conflict.at = at;
    conflict.rows[at].choice = side;
    const next = conflict.rows.findIndex((row, i) => i > at && row.choice === null);
    if (next >= 0) conflict.at = next;
    this.draw();
  }

  chooseAll(side) {
    for (const row of this.correction.conflict.rows) row.choice = side;
    this.draw();
  }

  apply() {
    const c = this.correction;
    const left = undecided(c.conflict);
    if (left > 0) {
      c.conflict.at = c.conflict.rows.findIndex((row) => row.choice === null);
      this.draw();
      return;
    }
    this.hide();
    Editor.settle(this.screen);
  }

  draw() {
    const c = this.correction;
    const { rows, isDraft, lost } = c.conflict;
    const theirs = isDraft ? "The other tab’s draft" : "What stands now";
    const left = undecided(c.conflict);
    const why = isDraft
      ? "You changed this correction here and in another tab, or on another device."
      : "A correction was saved meanwhile, in another tab or on another device.";
    fill(
      this.node,
      el(
        "div",
        { class: "sheet" },
        el("header", {}, el("h2", { text: "Two versions of your correction" }), this.act("Later", "Esc", () => this.hide())),
        el("p", { class: "dim", text: `${why} Where only one of them changed a message, that one is chosen already. Nothing is saved until you apply.${lost > 0 ? ` ${plural(lost, "change")} of yours found no place.` : ""}` }),
        el("div", { class: "sides" }, el("b", { text: "Yours, here" }), el("b", { text: theirs })),
        el("ol", { class: "rows" }, rows.map((row, i) => this.row(c, row, i))),
        el(
          "footer",
          {},
          this.act("All mine", "⇧ ←", () => this.chooseAll("mine")),
          this.act(`All of ${isDraft ? "the other’s" : "what stands"}`, "⇧ →", () => this.chooseAll("theirs")),
          el("span", { class: "dim", role: "status" }, left > 0 ? `◆ ${plural(left, "message")} to choose` : "✓ chosen"),
          el("span", { class: "grow" }),
          this.act("Apply", "Enter", () => this.apply(), { class: "main", "aria-disabled": String(left > 0) }),
        ),
      ),
    );
    this.node.querySelector("li.here")?.scrollIntoView({ block: "nearest" });
    this.node.focus({ preventScroll: true });
  }

  act(label, key, onclick, props = {}) {
    return button(label, { key, onclick, ...props });
  }

  row(c, row, i) {
    const isHere = c.conflict.at === i;
    const label = labelOf(shownOf(this.screen.session), row.key);
    const side = (name, key, entries) =>
      el(
        "button",
        {
          type: "button",
          class: `side ${row.choice === name ? "chosen" : ""}`,
          "aria-pressed": String(row.choice === name),
          "aria-label": `${label}: ${name === "mine" ? "yours" : "the other"}`,
          on: { click: () => this.choose(name, i) },
        },
        el("span", { class: "pick" }, isHere ? keycap(key) : null, row.choice === name ? "✓ chosen" : ""),
        told(c, entries),
      );
    return el(
      "li",
      { class: isHere ? "here" : "", "aria-current": isHere ? "true" : null },
      el("div", { class: "label" }, el("b", { text: label }), row.choice === null ? el("span", { class: "sev warning", text: " ◆ both changed it" }) : null),
      el("div", { class: "sides" }, side("mine", "←", row.mine), side("theirs", "→", row.theirs)),
    );
  }
}

/** What one version makes of a message and its results, against the one that stands. */
function told(c, entries) {
  const { messages } = c.base;
  const lines = entries.flatMap((entry) => toldOfEntry(messages, entry));
  return lines.length > 0 ? lines : el("span", { class: "dim", text: "as it stands" });
}

function toldOfEntry(base, entry) {
  const before = base[entry.from];
  const name = before?.answers || entry.answers ? "result" : entry.role;
  if (entry.removed) return entry.from === null ? [] : [line("✂", `${name} taken out`)];
  const lines = [];
  if (entry.from === null) lines.push(line("+", `${name} added: ${entry.content || "(empty)"}`));
  else if (entry.content !== undefined) lines.push(change("content", before.text, entry.content));
  if (entry.from !== null && entry.reasoning !== undefined) lines.push(change("reasoning", before.reasoning ?? "", entry.reasoning ?? ""));
  for (const call of entry.calls) {
    const title = r.nameOf(base, entry, call) || "(no tool)";
    if (call.removed) lines.push(call.from === null ? null : line("✂", `call of ${title} taken out`));
    else if (call.from === null) lines.push(line("+", `call of ${title} ${call.arguments ?? "{}"}`));
    else if (r.isCallChanged(call)) {
      const was = before.calls[call.from];
      if (call.name !== undefined) lines.push(change("tool", was.name, call.name));
      if (call.arguments !== undefined) lines.push(change(title, was.raw, call.arguments));
    }
  }
  if (entry.from !== null && r.isReordered(entry)) lines.push(line("↕", "calls in another order"));
  return lines.filter(Boolean);
}

function change(field, before, after) {
  return fieldChange({ field, hunks: [{ kind: "removed", text: before }, { kind: "added", text: after }] });
}

function line(sign, text) {
  return el("div", { class: "change" }, el("b", { text: `${sign} ` }), text.length > 600 ? `${text.slice(0, 600)} …` : text);
}

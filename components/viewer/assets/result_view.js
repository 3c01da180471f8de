// A result as it is read: short ones laid out, long or repeated ones folded, JSON as a tree, with a
// filter and the raw text one key or button away. What was chosen outlives a redraw of the card.

import { button, el, fill, plural } from "./dom.js";
import { folded } from "./folding.js";
import { findAll, isTree } from "./json_spans.js";
import { prettyJson } from "./json_text.js";
import { JsonTree } from "./json_tree.js";
import { isComposing, keyOf } from "./keymap.js";

const SHORT_CHARS = 360;
const SHORT_LINES = 6;
const ONE_LINE_CHARS = 80;
const PREVIEW_CHARS = 180;
const SAME_CHARS = 40; // shorter results ("ok") say nothing by being equal
const MOST_LINES = 200; // of plain text shown by a filter

/** The text of a result or of a tool's message. `index` is the message's. */
export function resultText(session, index, text) {
  const short = shortText(text);
  const same = repeatOf(session.view, index, text);
  if (same !== null) return repeated(session, index, text, same);
  if (short !== null) return el("pre", { class: "plain", text: short || "(empty)" });
  const size = plural(text.length, "character");
  if (!isTree(text)) {
    return folded(session, `result:${index}`, {
      className: "holds",
      summary: [
        el("span", { class: "preview", text: preview(text) }),
        el("span", { class: "dim", text: ` ${size}` }),
      ],
      make: () => new ResultView(session, index, text, null).node,
    });
  }
  const tree = new JsonTree(session, `tree:${index}`, text);
  if (tree.lines <= SHORT_LINES) return new ResultView(session, index, text, tree).node;
  return folded(session, `result:${index}`, {
    className: "holds",
    summary: [
      el("span", { class: "preview", text: preview(text) }),
      el("span", { class: "dim", text: ` JSON, ${plural(tree.root.size, "part")}, ${size}` }),
    ],
    make: () => new ResultView(session, index, text, tree).node,
  });
}

/** A result with its bar, however short it is; `.resultView` of the element is its ResultView. */
export function openedResult(session, index, text) {
  return new ResultView(session, index, text, null).node;
}

/** A text short enough to be shown whole, JSON laid out; null for others. */
export function shortText(text) {
  if (text.length > SHORT_CHARS) return null;
  const laidOut = prettyJson(text) || text;
  const lines = laidOut.split("\n").length;
  if (lines <= SHORT_LINES) return laidOut;
  return text.length <= ONE_LINE_CHARS ? text : null;
}

/** A result in one line, for lists. */
export function preview(text, most = PREVIEW_CHARS) {
  return text.slice(0, most).replace(/\s+/g, " ").trim();
}

const firsts = new WeakMap(); // view -> Map(text -> index of the first message that says it)

/** The message that gave the same result before; null when this is the first (or it is short). */
export function repeatOf(view, index, text) {
  if (text.length < SAME_CHARS) return null;
  if (!firsts.has(view)) {
    const first = new Map();
    for (const m of view.messages) {
      if (m.role === "tool" && m.text.length >= SAME_CHARS && !first.has(m.text)) first.set(m.text, m.index);
    }
    firsts.set(view, first);
  }
  const earlier = firsts.get(view).get(text);
  return earlier !== undefined && earlier < index ? earlier : null;
}

function repeated(session, index, text, earlier) {
  const { view } = session;
  const { answers } = view.messages[earlier];
  const where = answers ? `step ${view.messages[answers[0]].step}` : "an earlier message";
  return folded(session, `result:${index}`, {
    className: "holds",
    summary: [
      el("span", { class: "dim", text: `same as the result of ${where}, ${plural(text.length, "character")} ` }),
      el("span", { class: "preview", text: preview(text, 60) }),
    ],
    make: () => new ResultView(session, index, text, null).node,
  });
}

/** A result opened: the bar with filter and raw text, and the tree or the text below it. */
class ResultView {
  constructor(session, index, text, tree) {
    this.session = session;
    this.uid = session.current;
    this.text = text;
    this.rawName = `raw:${index}`;
    this.tree = tree || (isTree(text) ? new JsonTree(session, `tree:${index}`, text) : null);
    this.count = el("span", { class: "dim count", role: "status" });
    this.input = this.makeInput();
    this.raw = this.tree
      ? button("raw", { class: "quiet", title: "The text as it was sent", onclick: () => this.toggleRaw() })
      : null;
    this.body = el("div", {});
    const filterButton = button("filter", {
      key: keyOf("filter"),
      class: "quiet onhere",
      onclick: () => this.openFilter(),
    });
    this.filterButton = filterButton;
    this.bar = el("div", { class: "resultbar" }, this.input, this.count, el("span", { class: "grow" }), filterButton, this.raw);
    this.node = el("div", { class: "resultview" }, this.bar, this.body);
    this.node.resultView = this;
    this.draw();
  }

  get isRaw() {
    return Boolean(this.session.open.get(this.uid)?.has(this.rawName));
  }

  draw() {
    this.raw?.setAttribute("aria-pressed", String(this.isRaw));
    if (this.tree && !this.isRaw) fill(this.body, this.tree.node);
    else fill(this.body, el("pre", { class: "plain", text: this.text }));
  }

  toggleRaw() {
    this.session.setOpen(this.uid, this.rawName, !this.isRaw);
    this.draw();
    this.filter();
  }

  makeInput() {
    return el("input", {
      type: "search",
      class: "filter",
      hidden: true,
      placeholder: "Filter this result",
      "aria-label": "Filter this result",
      on: {
        input: () => this.filter(),
        keydown: (event) => {
          if (isComposing(event) || event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          this.closeFilter();
        },
      },
    });
  }

  openFilter() {
    this.input.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  closeFilter() {
    this.input.value = "";
    this.input.hidden = true;
    this.filter();
    this.node.closest(".trace")?.focus({ preventScroll: true });
  }

  filter() {
    const wanted = this.input.value;
    const places = wanted ? findAll(this.text, wanted) : null;
    const n = places?.length ?? 0;
    this.count.textContent = places === null ? "" : n === 0 ? "nothing found" : plural(n, "place");
    const shown = n > 0 ? places : null;
    if (this.tree && !this.isRaw) this.tree.filter(shown);
    else fill(this.body, el("pre", { class: "plain", text: shown ? linesWith(this.text, shown) : this.text }));
  }

  /** Where a place of the text is shown, opened as far as it must be: an element or null. */
  reveal(start) {
    if (this.input.value) this.closeFilter();
    return this.tree && !this.isRaw ? this.tree.reveal(start) : this.body;
  }
}

/** The lines of a text that hold one of these places, with their numbers. */
function linesWith(text, places) {
  const lines = [];
  let line = 1;
  let from = 0;
  let last = -1;
  for (const place of places) {
    for (let next = text.indexOf("\n", from); next >= 0 && next < place; next = text.indexOf("\n", from)) {
      line += 1;
      from = next + 1;
    }
    if (from === last) continue;
    last = from;
    const end = text.indexOf("\n", from);
    const start = Math.max(from, place - 200);
    lines.push(`${line}: ${text.slice(start, Math.min(end < 0 ? text.length : end, place + 400))}`);
    if (lines.length === MOST_LINES) break;
  }
  return lines.join("\n");
}

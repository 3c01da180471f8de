// The map on the left: one line per step, so that a long trajectory is seen at a glance.

import { ICONS, el, plural } from "./dom.js";
import { selectMessage } from "./commands.js";
import { correctedMessages } from "./diff.js";
import { worstByMessage } from "./findings.js";
import { nowhereByMessage } from "./grounding.js";
import { Strip } from "./strip.js";
import { stepSummary } from "./summary.js";
import { countOfTries, triesAt } from "./tries.js";

const STEP_HEIGHT = 23; // as in viewer.css
const TURN_HEIGHT = 15;
const TELLING_CHARS = 8; // of the value, before the tool's name gets any room

export class StepMap {
  constructor(screen) {
    this.screen = screen;
    this.node = el("nav", { class: "map", "aria-label": "Steps" });
    this.strip = new Strip(this.node, (i) => this.makeLine(i));
    this.lines = []; // {index, message, turn, line, state, marks, shown}
    this.here = null;
    this.showsHere = false;
  }

  draw() {
    const { view } = this.screen.session;
    this.worst = worstByMessage(view);
    this.nowhere = nowhereByMessage(view);
    this.lines = [];
    this.places = new Map(); // message index -> line
    let turn = 0;
    for (const message of view.messages) {
      if (message.role !== "user" && message.step === null) continue;
      if (message.role === "user") turn += 1;
      this.places.set(message.index, this.lines.length);
      this.lines.push({ index: message.index, message, turn: message.role === "user" ? turn : null });
    }
    this.here = null;
    this.showsHere = false;
    this.readAnnotation();
    this.strip.fill(this.lines.map((entry) => (entry.turn === null ? STEP_HEIGHT : TURN_HEIGHT)));
  }

  makeLine(i) {
    const entry = this.lines[i];
    if (!entry.line) entry.line = entry.turn === null ? this.stepLine(entry) : this.turnLine(entry);
    this.paint(entry);
    this.paintHere(entry);
    return entry.line;
  }

  turnLine(entry) {
    const { message, turn } = entry;
    entry.marks = el("span", { class: "markcount" });
    return el(
      "button",
      {
        type: "button",
        class: "turn",
        title: message.text.slice(0, 300),
        tabindex: "-1",
        on: { click: () => selectMessage(this.screen.session, message.index) },
      },
      `Turn ${turn}`,
      entry.marks,
    );
  }

  stepLine(entry) {
    const { message } = entry;
    const { tools, value, says } = stepSummary(message);
    const worst = this.worst.get(message.index);
    const nowhere = this.nowhere.get(message.index) || 0;
    const tries = triesAt(this.screen.session.view, message.index).others.length;
    entry.state = el("span", { class: "state" });
    entry.marks = el("span", { class: "markcount" });
    entry.about = [
      tools ? `, ${tools} ${value}` : `, ${says}`,
      nowhere > 0 ? `, ${nowhere} from nowhere` : "",
      tries > 0 ? `, ${countOfTries(tries)}` : "",
      worst ? `, finding: ${worst}` : "",
    ].join("");
    return el(
      "button",
      {
        type: "button",
        class: "stepline",
        tabindex: "-1",
        title: tools ? `${tools} ${value}` : message.text.slice(0, 300),
        on: { click: () => selectMessage(this.screen.session, message.index) },
      },
      el("span", { class: "no num", text: String(message.step) }),
      entry.state,
      tools ? el("span", { class: value ? "names short" : "names", text: tools }) : el("span", { class: "names says", text: says }),
      value ? el("span", { class: "telling", style: `flex-basis:${Math.min(value.length, TELLING_CHARS)}ch`, text: value }) : null,
      entry.marks,
      tries > 0 ? el("span", { class: "fork", title: countOfTries(tries), text: ICONS.tries }) : null,
      nowhere > 0 ? el("span", { class: "ask", title: `${nowhere} from nowhere`, text: "?" }) : null,
      worst
        ? el("span", { class: `dot ${worst}`, title: `finding: ${worst}`, text: ICONS[worst] })
        : null,
    );
  }

  /** What the annotation says of each step; lines that are drawn later show it as well. */
  readAnnotation() {
    const s = this.screen.session;
    const state = s.stateOf(s.current);
    const { annotation } = state;
    this.verdicts = annotation.step_verdicts;
    this.counts = new Map();
    this.roots = new Set();
    this.effects = new Set();
    this.recovery = annotation.recovery;
    for (const { anchor, root_cause: isRoot, caused_by: cause } of annotation.marks) {
      this.counts.set(anchor.message_index, (this.counts.get(anchor.message_index) || 0) + 1);
      if (isRoot) this.roots.add(anchor.message_index);
      if (cause !== null) this.effects.add(anchor.message_index);
    }
    this.corrected = correctedMessages(s, state);
  }

  drawAnnotation() {
    this.readAnnotation();
    for (const i of this.strip.nodes.keys()) {
      this.paint(this.lines[i]);
    }
  }

  /** One line's state; untouched when it shows the same already. */
  paint(entry) {
    const { index } = entry;
    const verdict = this.verdicts[index] || "unjudged";
    const nMarks = this.counts.get(index) || 0;
    const labels = this.recovery[index] || [];
    const isCorrected = this.corrected.has(index);
    const [isRoot, isEffect] = [this.roots.has(index), this.effects.has(index)];
    const shown = [verdict, nMarks, isCorrected, isRoot, isEffect, labels].join(" ");
    if (entry.shown === shown) return;
    entry.shown = shown;
    const signs = [
      [isCorrected, ICONS.corrected, "corrected"],
      [nMarks > 0, ICONS.mark, plural(nMarks, "mark")],
      [isRoot, ICONS.root, "root cause"],
      [isEffect, ICONS.effect, "follows from another error"],
      [labels.length > 0, ICONS.recovery, labels.join(" and ")],
    ].filter(([holds]) => holds);
    entry.marks.textContent = signs.map(([, sign]) => sign).join("");
    entry.marks.title = signs.map(([, , word]) => word).join(", ");
    entry.line.classList.toggle("root", isRoot);
    entry.line.classList.toggle("effect", isEffect && !isRoot);
    const more = signs.map(([, , word]) => `, ${word}`).join("");
    if (entry.turn !== null) {
      entry.line.setAttribute("aria-label", `Turn ${entry.turn}${more}`);
      return;
    }
    entry.state.className = `state ${verdict}`;
    entry.state.textContent = ICONS[verdict];
    entry.line.setAttribute("aria-label", `Step ${entry.message.step}, ${verdict}${more}${entry.about}`);
  }

  drawCursor() {
    this.showsHere = true;
    const { cursor } = this.screen.session;
    const entry = this.lines[this.places.get(cursor.message)];
    if (entry === this.here) return;
    const old = this.here;
    this.here = entry;
    if (old) this.paintHere(old);
    if (entry) this.paintHere(entry);
  }

  paintHere(entry) {
    if (!entry.line) return;
    const isHere = this.showsHere && entry === this.here;
    entry.line.classList.toggle("here", isHere);
    if (isHere) entry.line.setAttribute("aria-current", "step");
    else entry.line.removeAttribute("aria-current");
  }

  /** Scroll where the selection will be, without showing one. */
  revealUnseen() {
    this.drawCursor();
    this.reveal();
    this.seenAt = this.screen.session.cursor;
    this.leave();
  }

  /** Nothing here is selected: it is not on screen. */
  leave() {
    const { here } = this;
    this.here = null;
    this.showsHere = false;
    if (here) this.paintHere(here);
  }

  reveal() {
    const { cursor } = this.screen.session;
    const isSeen = this.seenAt === cursor;
    this.seenAt = null;
    const line = this.places.get(cursor.message);
    if (line !== undefined && !isSeen) this.strip.reveal(line);
  }
}

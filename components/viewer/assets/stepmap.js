// The map on the left: one line per step, so that a long trajectory is seen at a glance.

import { ICONS, el, fill } from "./dom.js";
import { selectMessage } from "./commands.js";
import { correctedMessages } from "./diff.js";

const WORST = ["error", "warning", "info"];

export class StepMap {
  constructor(screen) {
    this.screen = screen;
    this.node = el("nav", { class: "map", "aria-label": "Steps" });
    this.lines = new Map();
    this.here = null;
  }

  draw() {
    const { view } = this.screen.session;
    this.worst = worstByMessage(view);
    this.lines = new Map();
    const rows = [];
    let turn = 0;
    for (const message of view.messages) {
      if (message.role === "user") {
        turn += 1;
        rows.push(this.turnLine(message, turn));
      } else if (message.step !== null) rows.push(this.stepLine(message));
    }
    fill(this.node, rows);
    this.here = null;
    this.drawAnnotation();
  }

  turnLine(message, turn) {
    const line = el("button", {
      type: "button",
      class: "turn",
      title: message.text.slice(0, 300),
      text: `Turn ${turn}`,
      tabindex: "-1",
      on: { click: () => selectMessage(this.screen.session, message.index) },
    });
    this.lines.set(message.index, { line });
    return line;
  }

  stepLine(message) {
    const names = message.calls.map((call) => call.name).join(", ");
    const worst = this.worst.get(message.index);
    const state = el("span", { class: "state" });
    const marks = el("span", { class: "markcount" });
    const line = el(
      "button",
      {
        type: "button",
        class: "stepline",
        tabindex: "-1",
        title: names || message.text.slice(0, 300),
        on: { click: () => selectMessage(this.screen.session, message.index) },
      },
      el("span", { class: "no num", text: String(message.step) }),
      state,
      el("span", {
        class: names ? "names" : "names says",
        text: names || firstWords(message.text) || "(empty)",
      }),
      marks,
      worst
        ? el("span", { class: `dot ${worst}`, title: `finding: ${worst}`, text: ICONS[worst] })
        : null,
    );
    this.lines.set(message.index, { line, state, marks, step: message.step });
    return line;
  }

  drawAnnotation() {
    const s = this.screen.session;
    const state = s.stateOf(s.current);
    const { annotation } = state;
    const counts = new Map();
    for (const { anchor } of annotation.marks) {
      counts.set(anchor.message_index, (counts.get(anchor.message_index) || 0) + 1);
    }
    const corrected = correctedMessages(s, state);
    for (const [index, entry] of this.lines) {
      if (entry.step === undefined) continue;
      const verdict = annotation.step_verdicts[index] || "unjudged";
      this.drawLine(entry, verdict, counts.get(index) || 0, corrected.has(index));
    }
  }

  /** One line's state; untouched when it shows the same already (there may be thousands). */
  drawLine(entry, verdict, nMarks, isCorrected) {
    const shown = `${verdict} ${nMarks} ${isCorrected}`;
    if (entry.shown === shown) return;
    entry.shown = shown;
    entry.state.className = `state ${verdict}`;
    entry.state.textContent = ICONS[verdict];
    entry.marks.textContent = (isCorrected ? ICONS.corrected : "") + (nMarks > 0 ? ICONS.mark : "");
    const more = `${nMarks > 0 ? `, ${nMarks} marks` : ""}${isCorrected ? ", corrected" : ""}`;
    entry.line.setAttribute("aria-label", `Step ${entry.step}, ${verdict}${more}`);
  }

  drawCursor() {
    const { cursor } = this.screen.session;
    const line = this.lines.get(cursor.message)?.line || null;
    if (line === this.here) return;
    this.here?.classList.remove("here");
    this.here?.removeAttribute("aria-current");
    this.here = line;
    if (!line) return;
    line.classList.add("here");
    line.setAttribute("aria-current", "step");
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
    this.here?.removeAttribute("aria-current");
    this.here?.classList.remove("here");
    this.here = null;
  }

  reveal() {
    const { here, node } = this;
    const { cursor } = this.screen.session;
    const isSeen = this.seenAt === cursor;
    this.seenAt = null;
    if (!here || isSeen) return;
    const top = here.offsetTop;
    const isInSight =
      top >= node.scrollTop && top + here.offsetHeight <= node.scrollTop + node.clientHeight;
    if (!isInSight) node.scrollTop = top - node.clientHeight / 2;
  }
}

function firstWords(text) {
  return text.replace(/\s+/g, " ").trim().slice(0, 60);
}

function worstByMessage(view) {
  const worst = new Map();
  for (const finding of view.findings) {
    const at = placeOf(view, finding);
    const now = worst.get(at);
    if (now === undefined || WORST.indexOf(finding.severity) < WORST.indexOf(now)) {
      worst.set(at, finding.severity);
    }
  }
  return worst;
}

/** A finding at a result counts for the step that made the call. */
function placeOf(view, finding) {
  const message = view.messages[finding.message_index];
  return message && message.answers ? message.answers[0] : finding.message_index;
}

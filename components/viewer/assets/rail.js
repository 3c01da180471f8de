// The rail on the right: what the annotator decides, and what helps deciding.

import { ICONS, button, el, fill, keycap, plural, refill, setAttribute } from "./dom.js";
import { Checklist } from "./checklist.js";
import { FindingList } from "./finding_list.js";
import { nowherePlaces } from "./grounding.js";
import { MarkPanel } from "./mark_panel.js";
import { toggleOutcome } from "./commands.js";
import { isComposing, keyOf, keysHint } from "./keymap.js";
import { lacksRoot } from "./mark_links.js";
import { recoveryOf } from "./recovery.js";
import { toolSchema } from "./tools.js";

const OUTCOMES = ["accept", "reject", "unsure"];
const VERDICTS = ["correct", "incorrect", "unsure"];
const NOTE_AFTER_MS = 600;

export class Rail {
  constructor(screen) {
    this.screen = screen;
    this.makeOutcome();
    this.makeVerdict();
    this.findings = el("div", { class: "findings" });
    this.list = new FindingList(screen);
    this.panel = new MarkPanel(screen);
    this.checklist = new Checklist(screen);
    this.schema = el("div", {});
    this.tool = el("div", { class: "toolbox" }, this.schema, this.checklist.node);
    this.note = this.makeNote();
    this.facts = el("div", { class: "facts" });
    this.commit = el("footer", { class: "commit" });
    this.scrolls = el(
      "div",
      { class: "scroll", on: { scroll: () => (this.isScrolled = true) } },
      this.findings,
      this.panel.node,
      section("Note", keyOf("note"), this.note),
      this.facts,
    );
    this.node = el(
      "aside",
      { class: "rail", "aria-label": "Judgement" },
      el("div", { class: "fixed" }, this.outcome, this.verdict),
      this.scrolls,
      this.tool,
      this.commit,
    );
  }

  get session() {
    return this.screen.session;
  }

  draw() {
    this.shownTool = undefined;
    this.drawFindings();
    this.drawFacts();
    this.panel.draw();
    this.drawAnnotation();
  }

  /** A new trajectory is judged from the top. Asking where the box stands would cost a layout. */
  toTop() {
    if (this.isScrolled) this.scrolls.scrollTop = 0;
    this.isScrolled = false;
  }

  drawAnnotation() {
    const s = this.session;
    this.state = s.stateOf(s.current);
    this.drawOutcome();
    this.drawVerdict();
    this.panel.drawUse(this.state.annotation.marks);
    this.drawNote();
    this.checklist.draw();
    this.drawCommit();
  }

  drawCursor() {
    this.drawVerdict();
    this.drawTool();
    this.checklist.draw();
    this.panel.drawTarget();
    this.list.drawCursor();
  }

  drawMarks() {
    this.panel.draw();
    this.panel.drawUse(this.state.annotation.marks);
  }

  drawLeader() {
    this.panel.drawLeader();
  }

  makeOutcome() {
    this.outcomes = choices(OUTCOMES, "outcome", (value) => toggleOutcome(this.session, value));
    this.outcome = el(
      "div",
      { class: "choices", role: "group", "aria-label": "Outcome" },
      [...this.outcomes.values()],
    );
  }

  drawOutcome() {
    press(this.outcomes, this.state.annotation.outcome);
  }

  makeVerdict() {
    const run = (command) => this.screen.run(command);
    this.step = el("span", { class: "label" });
    this.recovery = el("span", { class: "recovery" });
    this.verdicts = choices(VERDICTS, "verdict", (value) => run(`verdict-${value}`));
    this.group = el("div", { class: "choices", role: "group" }, [...this.verdicts.values()]);
    this.verdict = el(
      "div",
      { class: "verdicts" },
      el("div", { class: "row" }, this.step, el("span", { class: "grow" }),
        button("next", {
          key: keyOf("unjudged-next"),
          class: "quiet",
          title: "Next step without a verdict",
          onclick: () => run("unjudged-next"),
        }),
        button("clear", { key: keyOf("verdict-clear"), class: "quiet", onclick: () => run("verdict-clear") }),
        button("rest is clean", { key: keyOf("rest-clean"), class: "quiet", onclick: () => run("rest-clean") })),
      this.group,
      el("div", { class: "row" },
        button("recovery", {
          key: keyOf("recovery-leader"),
          class: "quiet",
          title: "How the step deals with an earlier error",
          onclick: () => run("recovery-leader"),
        }),
        this.recovery),
    );
  }

  drawVerdict() {
    const s = this.session;
    const message = s.view.messages[s.cursor.message];
    const isStep = Boolean(message && message.step !== null);
    const now = isStep ? this.state?.annotation.step_verdicts[message.index] : undefined;
    const name = isStep ? `Step ${message.step}` : "No step selected";
    if (this.step.textContent !== name) this.step.textContent = name;
    setAttribute(this.group, "aria-label", `Verdict of ${name}`);
    press(this.verdicts, now);
    const labels = isStep && this.state ? recoveryOf(this.state.annotation, message.index) : [];
    const said = labels.length > 0 ? `${ICONS.recovery} ${labels.join(", ")}` : "";
    if (this.recovery.textContent !== said) this.recovery.textContent = said;
    for (const node of this.verdicts.values()) node.disabled = !isStep;
  }

  drawFindings() {
    const found = this.list.draw();
    const n = nowherePlaces(this.session.view).length;
    const nowhere = button(`${plural(n, "argument")} from nowhere`, {
      key: keyOf("nowhere-next"),
      class: "quiet nowhere",
      title: "Next value from nowhere",
      onclick: () => this.screen.run("nowhere-next"),
    });
    const title = found > 0 ? `Findings ${found}` : "Findings";
    const keys = [keyOf("finding-next"), keyOf("finding-previous")];
    fill(this.findings, section(title, keys, this.list.node), n > 0 ? nowhere : null);
  }

  drawTool() {
    const s = this.session;
    const message = s.view.messages[s.cursor.message];
    const call = message?.calls[s.cursor.call ?? 0];
    const name = call ? call.name : null;
    if (name === this.shownTool) return;
    this.shownTool = name;
    this.tool.hidden = !name;
    const tool = s.view.tools.find((t) => t.name === name);
    if (!name) fill(this.schema);
    else if (tool) fill(this.schema, section(`Tool ${name}`, keyOf("tool"), toolSchema(this.screen, tool)));
    else {
      const text = `${name} is not among the tools of this trajectory.`;
      fill(this.schema, section("Tool", "", el("p", { class: "finding error", text })));
    }
  }

  /** More room for what the tool says it needs, or less again. */
  widenTool() {
    const isTall = this.tool.classList.toggle("tall");
    if (this.tool.hidden) this.session.say("Select a call first: its tool is shown here.");
    else if (isTall) this.tool.scrollTop = 0;
  }

  makeNote() {
    return el("textarea", {
      class: "note",
      rows: "2",
      "aria-label": "Note on the trajectory",
      placeholder: "Anything the next reader should know",
      on: {
        input: (event) => {
          this.session.drafts.set(this.session.current, event.target.value);
          clearTimeout(this.noteTimer);
          this.noteTimer = setTimeout(() => this.session.flushNote(), NOTE_AFTER_MS);
        },
        blur: () => this.session.phase === "view" && this.session.flushNote(),
        keydown: (event) => this.leaveNote(event),
      },
    });
  }

  leaveNote(event) {
    if (isComposing(event)) return;
    const done = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
    this.note.blur();
    this.screen.trace.node.focus({ preventScroll: true });
  }

  drawNote() {
    const s = this.session;
    const text = s.drafts.get(s.current) ?? this.state.annotation.note;
    if (this.note.value !== text) this.note.value = text;
  }

  focusNote() {
    this.note.focus();
    this.note.scrollIntoView({ block: "nearest" });
  }

  drawFacts() {
    const { view } = this.session;
    const facts = Object.entries({
      ...view.source,
      state: view.state,
      source: view.source_id,
      uid: view.uid,
    }).filter(([, value]) => value);
    const rows = facts.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]);
    fill(this.facts, section("Source", "", el("dl", { class: "factlist" }, rows)));
  }

  drawCommit() {
    const s = this.session;
    const why = s.commitBlocked();
    const { committed, dirty, annotation } = s.stateOf(s.current);
    const isDone = committed && !dirty;
    const label = isDone ? "Next" : committed ? "Commit again, next" : "Commit, next";
    const reason = why || (isDone ? "✓ committed" : railHint(annotation));
    refill(this.commit, [label, reason], () => [
      el("div", { class: why ? "why blocked" : "why", data: { testid: "commit-why" }, text: reason }),
      button(label, {
        key: keyOf("commit"),
        class: "main",
        "aria-disabled": String(Boolean(why)),
        data: { testid: "commit" },
        onclick: () => this.screen.run("commit"),
      }),
    ]);
  }

  /** Commit was asked for but may not be: point at the reason. */
  nudge() {
    this.commit.classList.remove("nudge");
    void this.commit.offsetWidth; // restart the animation
    this.commit.classList.add("nudge");
    if (this.session.commitBlocked() === "Choose an outcome first") {
      this.outcome.classList.remove("nudge");
      void this.outcome.offsetWidth;
      this.outcome.classList.add("nudge");
    }
  }

  close() {
    clearTimeout(this.noteTimer);
  }
}

/** What commit does, or what may have been forgotten; that never blocks it. */
function railHint(annotation) {
  if (!lacksRoot(annotation)) return "Commits and opens the next one";
  return `Which mark is the root cause?${keysHint("root-cause")} Or commit`;
}

/** The buttons of a choice, by value; `kind` names its commands. */
function choices(values, kind, choose) {
  const one = (value) =>
    button(`${ICONS[value]} ${value}`, {
      key: keyOf(`${kind}-${value}`),
      class: `choice ${value}`,
      onclick: () => choose(value),
    });
  return new Map(values.map((value) => [value, one(value)]));
}

function press(buttons, now) {
  for (const [value, node] of buttons) setAttribute(node, "aria-pressed", String(value === now));
}

/** A titled part of the rail; its key or keys are printed beside the title. */
export function section(title, keys, ...children) {
  return el(
    "section",
    {},
    el("h3", {}, title, [keys].flat().map(keycap)),
    children,
  );
}

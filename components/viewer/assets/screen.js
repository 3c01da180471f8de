// The whole screen: makes the panes once per mount and redraws the parts that a topic touches.

import { Ahead } from "./ahead.js";
import { CallsOnly } from "./calls_only.js";
import { button, el, fill } from "./dom.js";
import { Editor } from "./editor.js";
import { drawHeader } from "./header.js";
import { drawHelp } from "./help.js";
import { Rail } from "./rail.js";
import { StepMap } from "./stepmap.js";
import { drawInstead } from "./instead.js";
import { Trace } from "./trace.js";

const LEAST_HEIGHT = 420;

export class Screen {
  constructor(parent, session) {
    this.session = session;
    this.run = (command) => session.keys.run(command);
    this.header = el("header", { class: "bar" });
    this.map = new StepMap(this);
    this.trace = new Trace(this);
    this.calls = new CallsOnly(this);
    this.rail = new Rail(this);
    this.instead = el("div", { class: "instead", role: "status" });
    this.toast = el("div", { class: "toast", role: "status", "aria-live": "polite", hidden: true });
    this.help = el("div", { class: "help", role: "dialog", "aria-label": "Keys", hidden: true });
    this.ahead = new Ahead(this);
    this.left = el("div", { class: "left" }, this.map.node);
    this.middle = el("main", { class: "middle" }, this.trace.node, this.calls.node);
    for (const pane of [this.map, this.trace]) pane.node.classList.add("shown");
    this.panes = el("div", { class: "panes" }, this.left, this.middle, this.rail.node);
    this.root = el(
      "div",
      { class: "lw", data: { testid: "viewer" }, style: "visibility:hidden" },
      this.header,
      this.panes,
      this.instead,
      this.toast,
      this.help,
    );
    fill(parent, this.root);
    this.onResize = () => this.fit();
    window.addEventListener("resize", this.onResize);
    this.update(["view", "mode", "toast"]);
  }

  /** The style sheets are there: sizes are right now, so scroll to where we are and be seen. */
  show() {
    this.root.style.visibility = "";
    this.fit();
    if (this.session.phase === "view") this.reveal();
  }

  /** Scroll to what is selected: last of all, because it needs sizes. */
  reveal() {
    this.trace.reveal();
    this.map.reveal();
    this.calls.reveal();
  }

  close() {
    window.removeEventListener("resize", this.onResize);
    clearTimeout(this.toastTimer);
    this.rail.close();
  }

  /** Fill the window from where we stand to its end: the trace scrolls, the page does not. */
  fit() {
    const top = Math.max(0, this.root.getBoundingClientRect().top + window.scrollY);
    const height = Math.max(LEAST_HEIGHT, window.innerHeight - Math.min(top, 200) - 6);
    this.root.style.height = `${height}px`;
  }

  update(topics) {
    const has = (topic) => topics.includes(topic);
    if (has("view")) this.drawView();
    else if (has("layout")) this.drawLayout();
    const showing = this.session.phase === "view";
    if (showing && !has("view")) {
      if (has("annotation")) this.drawAnnotation();
      if (has("cursor")) this.drawCursor();
      if (has("taxonomy")) this.rail.drawMarks();
      if (has("nudge")) this.rail.nudge();
    }
    if (!showing && has("progress")) drawInstead(this);
    if (has("mode")) this.drawMode();
    if (has("toast")) this.drawToast();
    drawHeader(this);
    if (!showing) return;
    this.rail.drawCommit();
    if (has("view")) this.rail.toTop();
    if (has("view") || has("cursor") || has("layout")) this.reveal();
    if (has("view") || has("deck")) this.ahead.prepare();
  }

  drawView() {
    const s = this.session;
    const showing = s.phase === "view";
    this.panes.hidden = !showing;
    this.instead.hidden = showing;
    if (!showing) {
      drawInstead(this);
      return;
    }
    this.ahead.take();
    this.drawLayout();
    this.rail.draw();
    this.drawCursor();
    this.drawMode();
    this.root.dataset.uid = s.current;
  }

  /** The trace or the list of calls in the middle. */
  drawLayout() {
    const { callsOnly } = this.session;
    if (!callsOnly && this.calls.node.contains(this.calls.node.getRootNode().activeElement)) {
      this.trace.node.focus({ preventScroll: true });
    }
    this.middle.classList.toggle("calls", callsOnly);
    this.calls.draw();
    this.calls.drawCursor();
  }

  drawAnnotation() {
    this.trace.drawAnnotation();
    this.calls.drawAnnotation();
    this.map.drawAnnotation();
    this.rail.drawAnnotation();
  }

  drawCursor() {
    this.map.drawCursor();
    this.trace.drawCursor();
    this.calls.drawCursor();
    this.rail.drawCursor();
  }

  drawMode() {
    const s = this.session;
    this.rail.drawLeader();
    this.help.hidden = !s.help;
    if (s.help) drawHelp(this);
  }

  drawToast() {
    const { toast } = this.session;
    clearTimeout(this.toastTimer);
    this.toast.hidden = !toast;
    if (!toast) return;
    const close = () => {
      this.session.toast = null;
      this.drawToast();
    };
    const goThere = toast.uid && toast.uid !== this.session.current;
    fill(
      this.toast,
      el("span", { text: toast.text }),
      goThere ? button("Open it", { onclick: () => this.session.travel.visit(toast.uid) }) : null,
      button("×", { "aria-label": "Dismiss", class: "quiet", onclick: close }),
    );
    this.toast.classList.toggle("bad", toast.bad);
    if (!toast.bad) this.toastTimer = setTimeout(close, 6000);
  }

  toggleFold() {
    this.trace.toggleFold();
  }

  /** What can only be done in the trace happens there, at the same call. */
  leaveCalls() {
    if (!this.session.callsOnly) return;
    this.session.callsOnly = false;
    this.drawLayout();
    drawHeader(this);
    this.reveal();
  }

  filterResult(cursor) {
    this.leaveCalls();
    this.trace.filterResult(cursor);
  }

  widenTool() {
    this.rail.widenTool();
  }

  openEditor(cursor) {
    this.leaveCalls();
    Editor.open(this, cursor);
  }

  leaveEdit() {}

  revise() {}

  focusNote() {
    this.rail.focusNote();
  }
}

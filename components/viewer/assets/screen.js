// The whole screen: makes the panes once per mount and redraws the parts that a topic touches.

import { Ahead } from "./ahead.js";
import { AlikePanel } from "./alike.js";
import { CallsOnly } from "./calls_only.js";
import { CorrectionBar } from "./correction_bar.js";
import { Announcer } from "./announcer.js";
import { button, el, fill } from "./dom.js";
import { Definitions } from "./definitions.js";
import { Editor } from "./editor.js";
import { isComposing } from "./keymap.js";
import { PLACE_KEYS, drawLive } from "./place.js";
import { askRecord } from "./replay.js";
import { openOf } from "./shown.js";
import { drawHeader } from "./header.js";
import { drawHelp, makeHelp } from "./help.js";
import { MergeView } from "./merge_view.js";
import { Rail } from "./rail.js";
import { editField } from "./mark_fields.js";
import { SpanBar } from "./span_bar.js";
import { StepMap } from "./stepmap.js";
import { drawInstead } from "./instead.js";
import { Trace } from "./trace.js";
import { toggleTries } from "./tries_panel.js";

const LEAST_HEIGHT = 260; // a window of 1280×800 at 200 % has 350 below the bar
const REASON_KEY = "KeyW"; // with Alt, while a correction is open

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
    this.toast = el("div", { class: "toast", hidden: true }); // read out by the announcer
    this.spoken = new Announcer(session);
    this.help = makeHelp(this);
    this.alike = new AlikePanel(this);
    this.merge = new MergeView(this);
    this.ahead = new Ahead(this);
    this.left = el("div", { class: "left" }, this.map.node);
    this.middle = el("div", { class: "middle" }, this.trace.node, this.calls.node);
    this.bar = new CorrectionBar(this);
    this.definitions = new Definitions(this);
    this.spans = new SpanBar(this);
    this.centre = el("div", { class: "centre" }, this.middle, this.bar.node, this.definitions.node, this.spans.node);
    for (const pane of [this.map, this.trace]) pane.node.classList.add("shown");
    this.panes = el("div", { class: "panes" }, this.left, this.centre, this.rail.node);
    this.root = el(
      "div",
      { class: "lw", data: { testid: "viewer" }, style: "visibility:hidden" },
      button("Go to the trace", { class: "skip", onclick: () => this.trace.node.focus({ preventScroll: true }) }),
      this.header,
      this.panes,
      this.instead,
      this.toast,
      this.help,
      this.alike.node,
      this.merge.node,
      this.spoken.node,
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
    this.bar.close();
    this.spans.close();
  }

  /** Fill the window from where we stand to its end: the trace scrolls, the page does not. */
  fit() {
    unscroll(this.root);
    const top = Math.max(0, this.root.getBoundingClientRect().top + window.scrollY);
    const height = Math.max(LEAST_HEIGHT, window.innerHeight - Math.min(top, 200) - 6);
    this.root.style.height = `${height}px`;
  }

  update(topics) {
    this.paint(topics);
    this.spoken.hear(topics);
  }

  paint(topics) {
    const has = (topic) => topics.includes(topic);
    if (has("view")) this.drawView();
    else if (has("layout")) this.drawLayout();
    const showing = this.session.phase === "view";
    if (showing && !has("view")) {
      if (has("annotation")) this.drawAnnotation();
      else if (has("correction") || has("checked")) keepingFocus(this.root, () => this.drawCorrection());
      else if (has("typed")) keepingFocus(this.root, () => this.drawTyped());
      if (has("checked")) askRecord(this);
      if (has("cursor")) this.drawCursor();
      if (has("picking") && !has("cursor")) this.trace.drawCursor();
      if (has("selected")) this.spans.forget();
      if (has("taxonomy")) this.rail.drawMarks();
      if (has("nudge")) this.rail.nudge();
      if (has("kept")) this.bar.drawKept();
    }
    if (!showing && has("progress")) drawInstead(this);
    if (has("mode")) this.drawMode();
    if (has("view") || has("alike")) this.alike.draw();
    if (has("toast")) this.drawToast();
    if (has("view")) this.session.presence?.moved();
    drawHeader(this);
    if (!showing) return;
    this.rail.drawCommit();
    if (has("view")) this.rail.toTop();
    if (has("view") || has("cursor") || has("layout")) this.reveal();
    if (this.wanted) this.giveFocus();
    if (has("view") || has("deck")) this.ahead.prepare();
    if (has("view")) Editor.resume(this);
    if (has("view")) this.editAsked();
    if (has("view") && !this.merge.correction) this.merge.hide();
    if (has("merge")) this.merge.show();
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
    this.bar.draw();
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
    this.drawTyped();
    Editor.sync(this);
  }

  /** Something of the correction is different: the cards that it concerns, and its bar. */
  drawCorrection() {
    this.trace.drawAnnotation();
    this.map.drawAnnotation();
    this.drawTyped();
  }

  /** Only the text of the open place is different: nothing there is drawn anew. */
  drawTyped() {
    drawLive(openOf(this.session));
    this.bar.draw();
  }

  drawCursor() {
    this.map.drawCursor();
    this.trace.drawCursor();
    this.calls.drawCursor();
    this.rail.drawCursor();
    if (!this.bar.node.hidden) keepingFocus(this.root, () => this.bar.draw());
  }

  drawMode() {
    const s = this.session;
    this.rail.drawLeader();
    this.definitions.drawLeader();
    drawHelp(this);
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

  toggleTries() {
    this.leaveCalls();
    toggleTries(this);
  }

  filterResult(cursor) {
    this.leaveCalls();
    this.trace.filterResult(cursor);
  }

  widenTool() {
    this.rail.widenTool();
  }

  /** Type a text of a mark (its note, what should have been asked) where the mark is shown. */
  editMark(mark, field) {
    this.leaveCalls();
    this.session.select({ ...mark.anchor, call_index: mark.anchor.call_index ?? null });
    const chip = () => this.trace.node.querySelector(`.mark[data-mark="${CSS.escape(mark.mark_id)}"]`);
    queueMicrotask(() => chip() && editField(this, chip(), mark, field)); // once the selection is drawn
  }

  /** Another page wants this trajectory edited at the place it opened at. */
  editAsked() {
    const s = this.session;
    if (s.toEdit === null || s.toEdit !== s.current) return;
    s.toEdit = null;
    queueMicrotask(() => s.current !== null && this.openEditor(s.cursor)); // once it is drawn
  }

  openEditor(cursor) {
    this.leaveCalls();
    Editor.open(this, cursor);
  }

  /** Esc outside of fields. */
  leaveEdit() {
    Editor.leave(this);
  }

  revise(command) {
    this.leaveCalls();
    Editor.revise(this, command);
  }

  /** Whether the focus is in the open place. */
  isInPlace() {
    return Boolean(this.focused()?.closest(".editor"));
  }

  focused() {
    return this.root.getRootNode().activeElement;
  }

  /** The focus goes into the open place (or to its tool) as soon as that is painted. */
  focusPlace(what = "place") {
    this.wanted = what;
    this.session.emit("correction");
  }

  giveFocus() {
    const editor = this.root.querySelector(".trace.shown .editor");
    const { wanted } = this;
    this.wanted = null;
    if (!editor) return;
    if (wanted === "tool") editor.querySelector(".toolpick")?.focus({ preventScroll: true });
    else openOf(this.session)?.focusFirst?.();
    editor.scrollIntoView({ block: "nearest" });
  }

  /** What a key with Ctrl or Alt, or Esc in a field, does to the open correction; null for nothing. */
  editorKey(event) {
    if (isComposing(event)) return null;
    const target = event.composedPath()[0];
    const isInside = target.closest?.(".editor, .correcting");
    const isElsewhere = !isInside && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "");
    if (isElsewhere) return null;
    const { key, code, altKey, shiftKey } = event;
    const ctrl = event.ctrlKey || event.metaKey;
    if (key === "Escape" && isInside) return () => Editor.leave(this);
    if (ctrl && key === "Enter") return () => Editor.save(this);
    if (ctrl && !altKey && /^[zy]$/i.test(key) && !target.closest?.(".reason")) {
      const isRedo = shiftKey || key.toLowerCase() === "y";
      return () => (isRedo ? Editor.redo(this) : Editor.undo(this));
    }
    const c = openOf(this.session);
    if (altKey && !ctrl && code === REASON_KEY) return () => this.bar.focusReason();
    const name = altKey && !ctrl && c.place ? PLACE_KEYS[code] : undefined;
    return c.acts?.[name] ? () => c.acts[name]() : null;
  }

  focusNote() {
    this.rail.focusNote();
  }
}

/** What is brought into sight before the sizes are right scrolls the page, which then has no way back. */
function unscroll(node) {
  for (let box = node; box; box = box.parentElement ?? box.getRootNode().host) {
    if (box.scrollTop > 0) box.scrollTop = 0;
  }
}

/** Do something that draws controls anew; the one that had the focus has it again afterwards. */
function keepingFocus(root, work) {
  const before = root.getRootNode().activeElement;
  const name = before?.dataset?.focus;
  const isInBar = (node) => Boolean(node?.closest(".correcting"));
  const wasInBar = isInBar(before);
  work();
  if (!before || before.isConnected) return;
  const again = name ? [...root.querySelectorAll(`[data-focus="${CSS.escape(name)}"]`)] : [];
  const same = again.find((node) => isInBar(node) === wasInBar) || again[0];
  (same || root.querySelector(".trace.shown"))?.focus({ preventScroll: true });
}

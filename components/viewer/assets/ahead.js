// The panes of the next trajectory, made and laid out while the current one is read, out of sight.
//
// "Next" then only has to show them. They are a guess: what changed meanwhile is redrawn when they
// are taken, and a guess that was wrong is thrown away.

import { whenIdle } from "./painting.js";
import { StepMap } from "./stepmap.js";
import { Trace } from "./trace.js";

// Both cost time (every element below is styled anew), so they come after the new picture is seen;
// keys need neither.
const REACHED_AFTER_MS = 100; // by pointer, Tab and screen reader
const OLD_PANES_MS = 300;

export class Ahead {
  constructor(screen) {
    this.screen = screen;
    this.ready = null; // {view, trace, map}
    this.planned = null; // the view that panes are going to be made of
  }

  /** Make the panes of the trajectory on deck when there is time for it. */
  prepare() {
    const s = this.screen.session;
    const view = s.views.get(s.deck[0]) || null;
    if (this.ready && this.ready.view !== view) this.drop(); // it is not the next one any more
    if (view === this.planned || !window.__loopwrightSheets) return; // nothing hides without them
    this.planned = view;
    if (view) this.make(view);
  }

  /** Made in pieces, so that a key that comes meanwhile waits for one of them at most. */
  make(view) {
    const s = this.screen.session;
    const trace = new Trace(this.screen);
    const map = new StepMap(this.screen);
    const pieces = [
      () => this.attach(trace, this.screen.middle),
      () => this.attach(map, this.screen.left),
      () => trace.revealUnseen(),
      () => map.revealUnseen(),
    ];
    const work = () => {
      const isWanted = this.planned === view && s.deck[0] === view.uid && s.views.get(view.uid) === view;
      if (!isWanted) {
        for (const pane of [trace, map]) pane.node.remove();
        return;
      }
      s.asIf(view.uid, pieces.shift());
      if (pieces.length > 0) {
        whenIdle(work);
        return;
      }
      this.drop();
      this.ready = { view, trace, map };
    };
    whenIdle(work);
  }

  attach(pane, parent) {
    pane.node.inert = true;
    parent.append(pane.node);
    pane.draw();
  }

  /** The panes of what is on screen now, in the place of those that were. */
  take() {
    const { screen } = this;
    const { view } = screen.session;
    const made = this.ready?.view === view ? this.ready : null;
    this.planned = null;
    this.ready = made ? null : this.ready;
    this.drop();
    if (!made) {
      screen.trace.draw();
      screen.map.draw();
      return;
    }
    const old = [screen.trace, screen.map];
    screen.trace = made.trace;
    screen.map = made.map;
    for (const pane of [made.trace, made.map]) {
      pane.node.classList.add("shown");
      setTimeout(() => whenIdle(() => (pane.node.inert = false)), REACHED_AFTER_MS);
    }
    for (const pane of old) {
      pane.leave();
      pane.node.classList.remove("shown");
      setTimeout(() => pane.node.remove(), OLD_PANES_MS);
    }
    screen.trace.drawAnnotation();
    screen.map.drawAnnotation();
  }

  drop() {
    this.ready?.trace.node.remove();
    this.ready?.map.node.remove();
    this.ready = null;
  }
}

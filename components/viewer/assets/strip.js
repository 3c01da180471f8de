// A long list of lines of known heights: only those near the sight are elements, once there are many.
//
// Fixed heights make the window exact: nothing is measured, and nothing jumps.

import { el, fill } from "./dom.js";

const ALL = 300; // so many lines are simply all drawn, and can be found with the browser's search
const AROUND = 900; // pixels drawn above and below the sight

export class Strip {
  /** `box` scrolls; `make(i)` makes the element of line `i`. */
  constructor(box, make) {
    this.box = box;
    this.make = make;
    this.above = el("div", { "aria-hidden": "true" });
    this.below = el("div", { "aria-hidden": "true" });
    this.list = el("div", { role: "presentation" });
    this.nodes = new Map(); // line -> its element, of those drawn
    this.starts = [0];
    box.addEventListener("scroll", () => this.follow(), { passive: true });
  }

  /** Begin anew with lines of these heights in pixels. */
  fill(heights) {
    this.starts = [0];
    for (const height of heights) this.starts.push(this.starts[this.starts.length - 1] + height);
    this.nodes = new Map();
    this.from = this.to = -1;
    fill(this.box, this.above, this.list, this.below);
    this.drawAt(0);
  }

  get length() {
    return this.starts.length - 1;
  }

  node(line) {
    return this.nodes.get(line) || null;
  }

  follow() {
    if (this.length > ALL) this.drawAt(this.box.scrollTop);
  }

  /** Draw what is in sight when the box is scrolled to `top`. */
  drawAt(top) {
    const all = this.length <= ALL;
    const from = all ? 0 : this.lineAt(top - AROUND);
    const to = all ? this.length : Math.min(this.length, this.lineAt(top + window.screen.height + AROUND) + 1);
    if (from === this.from && to === this.to) return;
    const nodes = new Map();
    for (let i = from; i < to; i += 1) nodes.set(i, this.nodes.get(i) || this.make(i));
    this.nodes = nodes;
    this.from = from;
    this.to = to;
    this.above.style.height = `${this.starts[from]}px`;
    this.below.style.height = `${this.starts[this.length] - this.starts[to]}px`;
    this.list.replaceChildren(...nodes.values());
  }

  lineAt(y) {
    let low = 0;
    let high = this.length;
    while (low < high - 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= y) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Scroll so that a line is in sight, in the middle when it was not. */
  reveal(line) {
    const top = this.starts[line];
    const { scrollTop, clientHeight } = this.box;
    const isInSight = top >= scrollTop && this.starts[line + 1] <= scrollTop + clientHeight;
    if (isInSight) return;
    const wanted = Math.max(0, top - clientHeight / 2);
    this.drawAt(wanted);
    this.box.scrollTop = wanted;
  }
}

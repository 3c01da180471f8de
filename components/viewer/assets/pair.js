// A benchmark entry beside a trajectory. What both say is coloured and underlined, and says so to a
// screen reader. Only draws what `components/hit_pair.py` sends.

import { el, fill } from "./dom.js";
import { styled } from "./sheets.js";

/** Draw both sides into `parent`, in place of those before. */
export function mount(parent, view) {
  const root = parent.querySelector(".pair") || el("section", { class: "lw pair", "aria-label": "Benchmark entry and trajectory side by side", data: { testid: "pair" } });
  fill(root, legend(), el("div", { class: "pairsides" }, view.sides.map(side)));
  if (!root.isConnected) styled(parent, view.assets).then(() => parent.isConnected && !parent.querySelector(".pair") && parent.append(root));
  return () => {}; // What is drawn stays until the next pair is.
}

function legend() {
  return el("p", { class: "dim" }, el("mark", { class: "shared", text: "Underlined" }), " stands on the other side too.");
}

function side({ title, passages, left }) {
  return el(
    "div",
    { class: "pairside", tabindex: "0", role: "group", "aria-label": title },
    el("b", { text: title }),
    passages.map(passage),
    left > 0 ? el("p", { class: "dim", text: `${left.toLocaleString("en")} more passages are not shown.` }) : null,
  );
}

function passage({ who, pieces }) {
  return el("div", {}, el("div", { class: "who", text: who }), el("div", { class: "pre" }, pieces.map(piece)));
}

function piece({ text, shared }) {
  return shared ? el("mark", { class: "shared" }, el("span", { class: "unseen", text: "[shared: " }), text, el("span", { class: "unseen", text: "]" })) : text;
}

// Painting spans: wraps the words of a span where they are drawn, whatever elements they cross.

import { el } from "./dom.js";
import { sameSpot, unitSpan } from "./grounding.js";
import { fieldText, sameWords } from "./spans.js";

/** Wrap the units `spot` of the text drawn in `box` in elements that `make` gives. */
export function wrap(box, spot, make) {
  const wraps = [];
  let at = 0;
  for (const node of textNodes(box)) {
    const from = Math.max(spot[0], at) - at;
    const to = Math.min(spot[1], at + node.length) - at;
    at += node.length;
    if (from >= to) continue;
    const part = from > 0 ? node.splitText(from) : node;
    if (to - from < part.length) part.splitText(to - from);
    const wrapper = make();
    part.replaceWith(wrapper);
    wrapper.append(part);
    wraps.push(wrapper);
  }
  return wraps;
}

/** Wrap the span of `text` where it is drawn inside `box`; null when it cannot be found there. */
export function wrapSource(box, text, span) {
  const shown = box.textContent;
  const base = Number(box.dataset.from || 0); // of a part of a tree
  const spot = sameSpot(text.slice(base), [span[0] - base, span[1] - base], shown);
  if (!spot) return null;
  const wraps = wrap(box, spot, () => el("mark", { class: "source" }));
  return wraps.length > 0 ? wraps : null;
}

/** Take a wrapping away. */
export function unwrap(node) {
  const { parentNode } = node;
  if (!parentNode) return;
  node.replaceWith(...node.childNodes);
  parentNode.normalize();
}

/** Paint the marks that are on spans of this field into the box that shows it. */
export function paintSpans(box, message, field, marks) {
  const text = fieldText(message, field);
  for (const mark of marks) {
    const { span } = mark.anchor;
    if (!span || mark.anchor.field !== field) continue;
    const spot = sameWords(text, unitSpan(text, span), box.textContent);
    if (!spot) continue; // the chip quotes the words all the same
    const look = `span ${mark.severity}${mark.train ? "" : " unlearnt"}`;
    wrap(box, spot, () => el("mark", { class: look, data: { mark: mark.mark_id } }));
  }
}

function textNodes(box) {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

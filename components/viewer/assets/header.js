// The bar on top: how far the queue is, what is on screen, whether everything is saved.

import { button, el, fill, plural, refill, setAttribute } from "./dom.js";
import { keyOf } from "./keymap.js";

const SIGNS = { saved: "✓", sending: "↑", slow: "◔", failing: "⚠", denied: "⚠" };

export function drawHeader(screen) {
  const s = screen.session;
  const view = s.phase === "view" ? s.view : null;
  if (!screen.header.hasChildNodes()) frame(screen);
  const [queue, place, company, , pending, sent] = screen.header.children;
  refill(queue, s.progress, () => progress(s));
  refill(place, view && [view.uid, view.dataset], () => view && placeOf(screen, view));
  const n = s.pending.length;
  refill(pending, n, () => (n > 0 ? `${plural(n, "key")} ${n === 1 ? "waits" : "wait"} for the next one` : null));
  refill(company, view && s.presence?.text, () => s.presence?.text && here(s.presence.text));
  const calls = screen.header.children[6];
  setAttribute(calls, "aria-pressed", String(s.callsOnly));
  const { mirror, state } = s.sender;
  refill(sent, [s.sender.describe(), mirror.working, state.error], () => saved(s));
}

/** What stands there from the first moment: places for the parts, and the buttons. */
function frame(screen) {
  fill(
    screen.header,
    el("span", { class: "part" }),
    el("span", { class: "part" }),
    el("span", { class: "company", role: "status", data: { testid: "company" } }),
    el("span", { class: "grow" }),
    el("span", { class: "pending" }),
    el("span", { class: "part" }),
    button("Calls only", {
      key: keyOf("calls-only"),
      class: "quiet toggle",
      onclick: () => screen.session.phase === "view" && screen.run("calls-only"),
    }),
    button("Undo", { key: keyOf("undo"), class: "quiet", onclick: () => screen.run("undo") }),
    button("Redo", { key: keyOf("redo"), class: "quiet", onclick: () => screen.run("redo") }),
    screen.session.boot.asked
      ? button("To the court", { key: keyOf("court"), class: "quiet", onclick: () => screen.run("court") })
      : null,
    button("Keys", { key: keyOf("help"), class: "quiet", onclick: () => screen.run("help") }),
  );
}

function placeOf(screen, view) {
  const dataset = el("span", { class: "dataset", title: "Dataset", text: view.dataset });
  return [dataset, identity(view), view.grown_from ? grownFrom(screen, view.grown_from) : null];
}

/** The error that a sample was grown from, and the way there. */
function grownFrom(screen, from) {
  const alike = from.similarity === null ? "" : `, ${Math.round(100 * from.similarity)} % like it`;
  return button(`↳ expanded from ${from.uid.slice(0, 12)}`, {
    class: "quiet",
    title: `Open ${from.uid}: the error that ${from.model} grew this sample from (${from.directive}${alike})`,
    onclick: () => screen.session.travel.visit(from.uid),
  });
}

function identity(view) {
  const name = view.source_id || view.uid;
  const facts = `${plural(view.n_steps, "step")} · ${plural(view.n_calls, "call")}`;
  return el(
    "span",
    { class: "identity", role: "heading", "aria-level": "2", title: `${view.uid}\n${plural(view.messages.length, "message")}, ${facts}` },
    el("b", { text: name }),
    el("span", { class: "dim", text: ` ${facts}` }),
    view.parent_uid ? el("span", { class: "dim", text: " · corrected version" }) : null,
  );
}

/** Who else is at this trajectory. */
function here(text) {
  return [el("span", { "aria-hidden": "true", text: "◉ " }), text];
}

function progress(s) {
  if (!s.progress) return null;
  const { done, total } = s.progress;
  const share = total > 0 ? Math.round((100 * done) / total) : 0;
  return el(
    "span",
    { class: "progress", title: `${s.progress.waiting} waiting, ${s.progress.claimed} in hand` },
    el("progress", { max: 100, value: share, "aria-label": "Queue done" }),
    el("span", { class: "num", text: `${done.toLocaleString("en")} / ${total.toLocaleString("en")}` }),
  );
}

function saved(s) {
  const { state, text } = s.sender.describe();
  const mirror = s.sender.mirror.working ? "" : " (not kept on disk: this browser forbids it)";
  const retry = state === "failing" || state === "slow";
  const content = [el("span", { "aria-hidden": "true", text: `${SIGNS[state]} ` }), text];
  const props = {
    class: `saved ${state}`,
    data: { testid: "saved", state },
    title: (s.sender.state.error || "Every act is saved as it is made.") + mirror,
  };
  if (!retry) return el("span", props, content);
  return el("button", { ...props, type: "button", on: { click: () => s.sender.retryNow() } }, content);
}

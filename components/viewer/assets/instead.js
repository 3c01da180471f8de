// What is shown when no trajectory is: why, and the one thing to do next.

import { button, el, fill, plural } from "./dom.js";
import { keyOf } from "./keymap.js";

export function drawInstead(screen) {
  const s = screen.session;
  const parts = { waiting, empty, failed }[s.phase];
  fill(screen.instead, parts ? parts(screen, s) : null);
}

function waiting(screen, s) {
  if (s.problem) return failed(screen, s); // it is being tried again: the same words until it is known
  return el("p", { class: "dim", text: "Opening the next trajectory …" });
}

function empty(screen, s) {
  const pages = s.boot.pages || {};
  const nothing = !s.progress || s.progress.total === 0;
  const elsewhere = !nothing && s.progress.claimed > 0;
  return [
    el("h2", { text: headline(nothing, elsewhere) }),
    el("p", { text: emptyText(nothing, elsewhere, s) }),
    el(
      "p",
      { class: "actions" },
      pages.queue ? el("a", { href: pages.queue, text: "Open the queue", class: "main" }) : null,
      pages.ingest && nothing ? el("a", { href: pages.ingest, text: "Ingest a file" }) : null,
      button("Look again", { onclick: () => s.travel.advance() }),
      s.trail.length > 0
        ? button("Back to the last one", { key: keyOf("back"), onclick: () => screen.run("back") })
        : null,
    ),
  ];
}

function headline(nothing, elsewhere) {
  if (nothing) return "No queue is filled yet";
  return elsewhere ? "Nothing is left for you here" : "Everything here is done";
}

function emptyText(nothing, elsewhere, s) {
  const where = s.boot.dataset ? `The queue of ${s.boot.dataset}` : "The queue";
  if (nothing) return `${where} holds no tasks. Fill it: choose a dataset and an order.`;
  if (elsewhere) {
    return `${where} has nothing more for you now: ${plural(s.progress.claimed, "task")} in hand.`;
  }
  return `${where} is empty: ${s.progress.done} of ${s.progress.total} are done.`;
}

function failed(screen, s) {
  const { kind, message, hint, wanted } = s.problem;
  if (kind === "denied") {
    return [
      el("h2", { text: "You are signed out" }),
      el("p", { text: `${message} Acts that are not saved yet are kept in this browser.` }),
      el("p", { class: "actions" }, button("Reload", { onclick: () => window.location.reload() })),
    ];
  }
  if (kind === "refused") {
    const next = wanted
      ? button("Next of the queue", { onclick: () => s.travel.advance() })
      : el("a", { href: s.boot.pages.queue, text: "Open the queue", class: "main" });
    return [
      el("h2", { text: wanted ? "This trajectory cannot be opened" : "This queue cannot be opened" }),
      el("p", { text: `${message} ${hint || ""}` }),
      el("p", { class: "actions" }, next),
    ];
  }
  return [
    el("h2", { text: "The studio does not answer" }),
    el("p", { text: `${message} Trying again by itself; nothing you did is lost.` }),
    el("p", { class: "dim", text: "If this stays, start it again: loopwright run" }),
  ];
}

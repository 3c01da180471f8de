// The panel of the others like this: what is alike and why, ticks, and what is going to be said.
//
// Over everything while it is open, with the focus kept inside and keys of its own.

import { button, el, fill, keycap } from "./dom.js";
import { performBatch } from "./batch.js";
import { aboutOf, fetchAlike } from "./alike_asking.js";
import {
  actsOf,
  allToggled,
  chosenCount,
  deedText,
  foundText,
  isForWorker,
  isTicked,
  leftAloneText,
  LISTED,
  moved,
  onlyWorded,
  toggled,
  unlisted,
  withoutTick,
} from "./alike_state.js";
import { followJob, stopJob } from "./alike_job.js";
import { sameAnchor } from "./fold.js";
import { isComposing, keysHint, plainKey } from "./keymap.js";
import { plural } from "./words.js";

export class AlikePanel {
  constructor(screen) {
    this.screen = screen;
    this.node = el("div", {
      class: "alike",
      hidden: true,
      data: { keys: "own", testid: "alike" },
      on: {
        keydown: (event) => this.onKey(event),
        click: (event) => event.target === this.node && this.close(),
      },
    });
  }

  get session() {
    return this.screen.session;
  }

  get panel() {
    return this.session.alike;
  }

  draw() {
    const { panel, session } = this;
    if (panel && (session.phase !== "view" || panel.uid !== session.current)) session.alike = null;
    const isOpen = Boolean(this.panel);
    const was = !this.node.hidden;
    this.node.hidden = !isOpen;
    if (!isOpen) {
      fill(this.node);
      if (was) this.screen.trace.node.focus({ preventScroll: true });
      return;
    }
    fill(this.node, this.sheet());
    this.takeFocus();
  }

  takeFocus() {
    const focused = this.node.getRootNode().activeElement;
    if (this.node.contains(focused)) return;
    (this.node.querySelector("[data-start]") || this.node.querySelector(".sheet"))?.focus({ preventScroll: true });
  }

  /** A key that was pressed while the focus was elsewhere. */
  takeKey(key) {
    this.takeFocus();
    this.actOn(key, this.panel);
  }

  close() {
    this.session.alike = null;
    this.session.emit("alike");
  }

  sheet() {
    const { panel } = this;
    return el(
      "div",
      { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "alike-title", tabindex: "-1" },
      el("header", {}, el("h2", { id: "alike-title", text: "The others like this" }),
        button("Close", { key: "Esc", onclick: () => this.close() })),
      el("p", { class: "source dim", text: panel.source.label }),
      { asking: () => el("p", { role: "status", text: "Looking for others …" }),
        failed: () => this.failure(),
        listed: () => this.listed(),
        working: () => this.working() }[panel.phase](),
    );
  }

  failure() {
    const { message, hint } = this.panel.problem;
    return el("p", { class: "finding error", role: "alert", text: `${message} ${hint || ""}`.trim() });
  }

  listed() {
    const { list } = this.panel;
    const left = leftAloneText(list);
    const head = [
      el("p", { class: "count", role: "status" }, el("b", { text: foundText(list) })),
      el("p", { class: "grounds", text: `${list.found.grounds}.` }),
      left ? el("p", { class: "dim left", text: left }) : null,
    ];
    if (list.found.n_places === 0) return head;
    return [head, this.categoryRow(), this.rows(), this.options(), this.goRow()];
  }

  categoryRow() {
    const { panel, session } = this;
    const { taxonomy } = session;
    if (panel.source.mark) return el("p", {}, "The mark: ", el("b", { text: this.title() }));
    const chosen = panel.category?.name ?? "";
    const select = el(
      "select",
      {
        data: chosen ? {} : { start: "" },
        "aria-label": "Category of the mark",
        on: { change: () => this.choose(taxonomy.name, select.value) },
      },
      el("option", { value: "", text: "choose a category", selected: !chosen, disabled: true }),
      taxonomy.categories.map((c) => el("option", { value: c.name, text: c.title, selected: c.name === chosen })),
    );
    return el("p", { class: "pick" }, el("label", {}, keycap("m"), " The mark ", select),
      el("span", { class: "dim", text: " goes here as well." }));
  }

  async choose(taxonomy, name) {
    const { panel } = this;
    panel.category = { taxonomy, name };
    panel.phase = "asking";
    this.session.emit("alike");
    await fetchAlike(this.session, panel);
    this.node.querySelector(".places")?.focus({ preventScroll: true });
  }

  rows() {
    const { panel } = this;
    const { list } = panel;
    const rows = list.found.places.slice(0, LISTED).map((place, i) => this.row(list, place, i));
    const n = unlisted(list);
    if (n > 0) rows.push(this.restRow(list, n, rows.length));
    return el(
      "div",
      {
        class: "places",
        role: "listbox",
        tabindex: "0",
        "aria-multiselectable": "true",
        "aria-label": "Places alike",
        "aria-activedescendant": `alike-${list.at}`,
        data: panel.source.mark || panel.category ? { start: "" } : {},
      },
      rows,
    );
  }

  row(list, place, i) {
    return this.option(list, i, [
      el("span", { class: "num dim", text: place.step === null ? "" : `step ${place.step}` }),
      el("b", { class: "source", text: shortName(place.source_id) || place.uid, title: `${place.source_id}\n${place.uid}` }),
      el("code", { class: "where", text: whereText(place) }),
      el("code", { class: place.value === null ? "value dim" : "value", text: place.value ?? "missing", title: place.message }),
    ]);
  }

  restRow(list, n, i) {
    return this.option(list, i, [el("span", { class: "rest", text: `and ${plural(n, "place")} not listed here` })]);
  }

  option(list, i, cells) {
    const on = isTicked(list, i);
    return el(
      "div",
      {
        class: list.at === i ? "alikerow here" : "alikerow",
        id: `alike-${i}`,
        role: "option",
        "aria-selected": String(on),
        on: { click: () => this.change({ ...toggled(list, i), at: i }) },
      },
      el("span", { class: on ? "tick on" : "tick", "aria-hidden": "true", text: on ? "☑" : "☐" }),
      cells,
    );
  }

  options() {
    const { list } = this.panel;
    const option = (key, name, text) =>
      button(`${list[name] ? "☑" : "☐"} ${text}`, {
        key,
        class: "option",
        "aria-pressed": String(list[name]),
        onclick: () => this.change({ ...list, [name]: !list[name] }),
      });
    return el(
      "div",
      { class: "options" },
      option("2", "incorrect", "their steps are incorrect"),
      option("x", "reject", "reject and commit them"),
      el("span", { class: "grow" }),
      button("all or none", { key: "a", class: "quiet", onclick: () => this.change(allToggled(list)) }),
      list.found.places.some((p) => p.message)
        ? button("only worded so", { key: "w", class: "quiet", title: "Tick those of which the check says exactly the same as here", onclick: () => this.change(onlyWorded(list)) })
        : null,
    );
  }

  goRow() {
    const { panel } = this;
    const why = this.blocked();
    return el(
      "footer",
      {},
      el("span", { class: "dim", text: why || `j k move, space ticks. One undo${keysHint("undo")} takes all of it back.` }),
      el("span", { class: "grow" }),
      button(deedText(panel.list, this.title() || "…"), {
        key: "Enter",
        class: "main",
        "aria-disabled": String(Boolean(why)),
        onclick: () => this.go(),
      }),
    );
  }

  /** Why nothing can be done yet; "" when it can. */
  blocked() {
    const { list, category } = this.panel;
    if (!category) return "Choose a category first (m)";
    return chosenCount(list) === 0 ? "Nothing is ticked" : "";
  }

  title() {
    const { category } = this.panel;
    if (!category) return "";
    const taxonomy = this.session.boot.taxonomies.find((t) => t.name === category.taxonomy);
    return taxonomy?.categories.find((c) => c.name === category.name)?.title || category.name;
  }

  change(list) {
    this.panel.list = list;
    const name = this.node.getRootNode().activeElement?.closest?.("[class]")?.className;
    this.session.emit("alike");
    if (name?.startsWith("option")) return;
    this.node.querySelector(".places")?.focus({ preventScroll: true });
    this.node.querySelector(".alikerow.here")?.scrollIntoView({ block: "nearest" });
  }

  go() {
    const { panel, session } = this;
    if (this.blocked()) return;
    const batch = `b-${session.sid}-${session.n + 1}`;
    const { mark } = panel.source;
    const template = {
      taxonomy: panel.category.taxonomy,
      category: panel.category.name,
      severity: mark?.severity ?? "major",
      note: mark?.note ?? "",
    };
    const here = this.markHere(batch, template);
    if (isForWorker(panel.list)) {
      const { list } = panel;
      const ticked = {
        about: aboutOf(session, panel),
        batch,
        severity: template.severity,
        note: template.note,
        incorrect: list.incorrect,
        reject: list.reject,
        without: withoutTick(list),
      };
      followJob(session, panel, ticked, here, chosenCount(list) + here.length);
      return;
    }
    const said = [...here, ...actsOf(panel.list, batch, template)];
    const marks = said.filter((one) => one.kind === "mark").length;
    this.close();
    performBatch(session, batch, said, marks);
    session.say(`Marked ${plural(marks, "place")} ${this.titleOf(template)}. Undo${keysHint("undo")} takes all of it back.`);
  }

  titleOf({ taxonomy, category }) {
    const known = this.session.boot.taxonomies.find((t) => t.name === taxonomy);
    return known?.categories.find((c) => c.name === category)?.title || category;
  }

  /** The mark on the finding itself, unless it stands there or this one is committed. */
  markHere(batch, template) {
    const { source, uid } = this.panel;
    const { annotation, committed } = this.session.stateOf(uid);
    const stands = annotation.marks.some(
      (m) => m.taxonomy === template.taxonomy && m.category === template.category && sameAnchor(m.anchor, source.anchor),
    );
    if (stands || committed || this.session.view.state === "decided") return [];
    return [{ uid, kind: "mark", payload: { mark: { ...template, mark_id: `${batch}-0`, anchor: source.anchor } } }];
  }

  working() {
    const { job, problem } = this.panel;
    if (problem) return this.failure();
    const share = job?.total ? Math.round((100 * job.done) / job.total) : 0;
    const waits = job && job.state === "queued" && !job.has_worker;
    return [
      el("p", { role: "status" }, el("progress", { max: 100, value: share, "aria-label": "Done" }),
        ` ${(job?.done ?? 0).toLocaleString("en")} of ${(job?.total ?? "…").toLocaleString("en")} trajectories`),
      waits
        ? el("p", { class: "finding warning", text: "It waits for the worker, and none gives a sign of life. Start `loopwright worker`." })
        : el("p", { class: "dim", text: `Closing this leaves it running; one undo${keysHint("undo")} takes all of it back.` }),
      el("footer", {}, el("span", { class: "grow" }),
        button("Stop", { key: "x", onclick: () => stopJob(this.session, this.panel) })),
    ];
  }

  onKey(event) {
    if (isComposing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const { panel } = this;
    if (event.key === "Tab") {
      this.keepInside(event);
      return;
    }
    const target = event.composedPath()[0];
    const isChoosing = target.tagName === "SELECT";
    if (isChoosing && event.key !== "Escape" && event.key !== "Enter") return;
    const isButton = target.tagName === "BUTTON" && target.matches(":focus-visible");
    if (isButton && (event.key === "Enter" || event.key === " ")) return;
    const done = this.actOn(plainKey(event), panel);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key means here; whether it means anything. */
  actOn(key, { phase, list }) {
    if (key === "Escape") return this.close(), true;
    if (phase === "working" && key === "x") return stopJob(this.session, this.panel), true;
    if (phase !== "listed" || list.found.n_places === 0) return false;
    const changes = {
      j: () => moved(list, 1),
      ArrowDown: () => moved(list, 1),
      k: () => moved(list, -1),
      ArrowUp: () => moved(list, -1),
      " ": () => toggled(list),
      a: () => allToggled(list),
      w: () => onlyWorded(list),
      2: () => ({ ...list, incorrect: !list.incorrect }),
      x: () => ({ ...list, reject: !list.reject }),
    };
    if (changes[key]) this.change(changes[key]());
    else if (key === "Enter") this.go();
    else if (key === "m") this.node.querySelector("select")?.focus();
    else return false;
    return true;
  }

  /** Tab goes round inside. */
  keepInside(event) {
    const all = [...this.node.querySelectorAll("button, select, .places")].filter((node) => !node.disabled);
    if (all.length === 0) return;
    const at = all.indexOf(this.node.getRootNode().activeElement);
    const next = event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : (at + 1) % all.length;
    event.preventDefault();
    event.stopPropagation();
    all[next].focus();
  }
}

/** A source id without the folders of its file: the line at its end tells them apart. */
function shortName(source) {
  return source.slice(source.lastIndexOf("/") + 1);
}

function whereText(place) {
  const pointer = place.anchor.pointer ?? null;
  return pointer ? `${place.name} › ${pointer.slice(1)}` : place.name;
}

// More than are told one by one: the worker marks them, and the panel shows how far it is.

import { performBatch, rememberBatch } from "./batch.js";
import { keysHint } from "./keymap.js";
import { trajectories } from "./words.js";

const POLL_MS = 700;
const ENDED = ["done", "failed", "cancelled"];

/** Start the job and look after it until it ends, whether the panel stays open or not. */
export async function followJob(session, panel, ticked, here, marks) {
  panel.phase = "working";
  session.emit("alike");
  try {
    panel.job = await session.api.markAlike(ticked);
  } catch (problem) {
    panel.problem = problem;
    session.emit("alike");
    return;
  }
  if (here.length > 0) performBatch(session, ticked.batch, here, marks);
  else rememberBatch(session, ticked.batch, marks);
  while (!ENDED.includes(panel.job.state)) {
    if (session.alike === panel) session.emit("alike");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      panel.job = await session.api.job(panel.job.id);
    } catch {
      // The studio is away for a moment; the job is not.
    }
  }
  finished(session, panel);
}

function finished(session, panel) {
  const { state, done, result, error } = panel.job;
  if (session.alike === panel) {
    session.alike = null;
    session.emit("alike");
  }
  if (state === "failed") session.say(`Not all were marked: ${error} Undo${keysHint("undo")} takes back what was.`, { bad: true });
  else if (state === "cancelled") session.say(`Stopped after ${trajectories(done)}. Undo${keysHint("undo")} takes them back.`, { of: null });
  else {
    const left = result.refused > 0 ? ` ${result.refused} acts were refused meanwhile.` : "";
    session.say(`Marked ${trajectories(result.trajectories)}.${left} Undo${keysHint("undo")} takes all of it back.`, { of: null });
  }
  renewDeck(session);
}

/** What comes next may have been marked, or committed, behind our back. */
async function renewDeck(session) {
  for (const uid of [...session.deck]) {
    const { view } = await session.api.view(uid).catch(() => ({ view: null }));
    if (!view || !session.deck.includes(uid)) continue;
    session.keep(view);
    if (view.committed) session.deck = session.deck.filter((other) => other !== uid);
  }
  session.emit("deck");
  session.travel.fetchNext();
}

export async function stopJob(session, panel) {
  if (!panel.job) return;
  try {
    panel.job = await session.api.cancelJob(panel.job.id);
  } catch (problem) {
    panel.problem = problem;
  }
  session.emit("alike");
}

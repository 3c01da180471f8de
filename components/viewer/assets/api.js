// The annotate API: one function per route, and one kind of error that says what kind it is.

export const TIMEOUT_MS = 10_000;

/**
 * `kind`: "network" (no answer, or one that is not ours, or the store is busy: try again), "denied"
 * (this page may not act: reload), "refused" (the studio understood and said no).
 */
export class ApiError extends Error {
  constructor(kind, message, hint = "", status = 0, said = null) {
    super(message);
    this.kind = kind;
    this.hint = hint;
    this.status = status;
    this.said = said; // all that the studio told of it
  }
}

/** Calls to the studio for one token. */
export class Api {
  constructor(base, token) {
    this.base = base;
    this.token = token;
  }

  next(dataset, exclude) {
    return this.post("next", { dataset, exclude });
  }

  view(uid) {
    return this.send(`view?uid=${encodeURIComponent(uid)}`, { method: "GET" });
  }

  async acts(session, ops, options) {
    const answer = await this.post("acts", { session, ops }, options);
    if (Number.isInteger(answer.acked)) return answer;
    throw new ApiError("network", "Something between here and the studio answered in its place.");
  }

  checkRevision(uid, revision) {
    return this.post("check-revision", { uid, revision });
  }

  /** Results that the same call got elsewhere in the store. */
  recorded(uid, name, args) {
    return this.post("recorded", { uid, name, arguments: args });
  }

  /** Give commands other keys (null: the default one); answers all that are moved. */
  keys(changes, afresh) {
    return this.post("keys", { changes, afresh });
  }

  /** Append a version of an item of a tool's checklist; answers all its items. */
  checklistItem(item) {
    return this.post("checklist-item", { item });
  }

  /** Places in other trajectories that are like one of this. */
  alike(about) {
    return this.post("alike", { about });
  }

  /** Have the worker mark all of them; returns its job. */
  markAlike(ticked) {
    return this.post("mark-alike", { ticked });
  }

  job(id) {
    return this.post("job", { id });
  }

  cancelJob(id) {
    return this.post("cancel-job", { id });
  }

  /** What a model says that a call would get; takes as long as it takes, until `signal` stops it. */
  simulate(uid, revision, index, signal) {
    return this.post("simulate", { uid, revision, message_index: index }, { signal, timeout: Infinity });
  }

  correct(body) {
    return this.post("correct", body);
  }

  /** Keep an open correction, or none any longer; as a page is closed too. */
  draft(body, options) {
    return this.post("draft", body, options);
  }

  /** Say what is on screen (null: nothing any more); who else is there. */
  present(session, uid, options) {
    return this.post("present", { session, uid }, options);
  }

  renew(uids) {
    return this.post("renew", { uids });
  }

  /** Give claims back; sent even while the page is being closed. */
  release(uids) {
    return this.post("release", { uids }, { keepalive: true });
  }

  post(path, body, options = {}) {
    return this.send(path, { method: "POST", body: JSON.stringify(body), ...options });
  }

  async send(path, { signal = null, timeout = TIMEOUT_MS, ...options }) {
    const abort = new AbortController();
    const timer = Number.isFinite(timeout) ? setTimeout(() => abort.abort(), timeout) : null;
    const stop = () => abort.abort();
    signal?.addEventListener("abort", stop);
    try {
      const response = await fetch(`${this.base}/${path}`, {
        ...options,
        cache: "no-store",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-Loopwright-Token": this.token },
        signal: abort.signal,
      });
      return await read(response);
    } catch (problem) {
      if (problem instanceof ApiError) throw problem;
      const late = problem.name === "AbortError";
      throw new ApiError("network", late ? "The server did not answer." : "No connection.");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

async function read(response) {
  let body = null;
  try {
    body = await response.json();
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
  }
  if (response.ok && body !== null) return body;
  const said = body && body.error ? body.error : null;
  const { status } = response;
  if (status === 401 || status === 403) {
    throw new ApiError("denied", said?.message || "You are signed out.", said?.hint || "", status);
  }
  if (said && status >= 400 && status < 500) {
    throw new ApiError("refused", said.message, said.hint || "", status, said);
  }
  if (said && status === 503) throw new ApiError("network", said.message, said.hint || "", status);
  const id = said?.id ? ` The log has it as ${said.id}.` : "";
  throw new ApiError("network", `The server failed (${status}).${id}`, "", status);
}

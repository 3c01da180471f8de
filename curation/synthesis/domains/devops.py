"""An operations assistant: metrics, logs, releases, incidents."""

from __future__ import annotations

from curation.synthesis.domain import Domain
from curation.synthesis.systems.devops import METRICS, SERVICES, TEAMS, TOOLS, Platform
from curation.synthesis.talk import Talk


def metric(t: Talk, w: Platform) -> None:
    """One metric over a window."""
    service, words = w.pick(SERVICES), w.pick(tuple(METRICS))
    minutes = w.pick((5, 15, 30, 60, 120))
    t.user(
        f"What's the {words} of {service} over the last {minutes} minutes?",
        f"{service}: {words}, last {minutes} min?",
        f"Is the {words} of {service} ok? Look at the last {minutes} minutes.",
    )
    args = {"service": service, "metric": METRICS[words], "window_minutes": minutes}
    r = t.call("query_metrics", args, "service metric window_minutes")
    t.say(
        f"{service} {words}, last {minutes} min: mean {r['mean']:g} {r['unit']}, peak "
        f"{r['peak']:g} {r['unit']}.",
        f"The mean was {r['mean']:g} {r['unit']} with a peak of {r['peak']:g} {r['unit']}.",
    )


def logs(t: Talk, w: Platform) -> None:
    """Recent log lines."""
    service, level, limit = w.pick(SERVICES), w.pick(("warning", "error")), w.pick((10, 20, 50))
    t.user(
        f"Show me the last {limit} {level} lines of {service}.",
        f"Anything at {level} level in the {service} logs? {limit} lines are enough.",
    )
    args = {"service": service, "level": level, "limit": limit}
    r = t.call("get_logs", args, "service level limit")
    first = r["lines"][0].split(" ", 2)[2]
    lines = "\n".join(r["lines"])
    t.say(
        f"There are {len(r['lines'])} lines; the latest is “{first}”.\n```\n{lines}\n```",
        f"The most recent one says “{first}”. All of them:\n```\n{lines}\n```",
    )


def compare(t: Talk, w: Platform) -> None:
    """The same metric of two services."""
    one, two = w.rng.sample(SERVICES, 2)
    words, minutes = w.pick(tuple(METRICS)), w.pick((10, 30, 60))
    t.user(
        f"Compare the {words} of {one} and {two}, last {minutes} minutes.",
        f"{words} for {one} and {two} please, {minutes} minute window.",
    )
    shared = {"metric": METRICS[words], "window_minutes": minutes}
    said = "service metric window_minutes"
    x, y = t.batch(
        ("query_metrics", {"service": one, **shared}, said),
        ("query_metrics", {"service": two, **shared}, said),
    )
    worse = one if x["mean"] > y["mean"] else two
    t.say(
        f"{one}: mean {x['mean']:g} {x['unit']}, {two}: mean {y['mean']:g} {y['unit']}. {worse} is "
        "higher.",
        f"{worse} is higher: {one} {x['mean']:g} {x['unit']} against {two} {y['mean']:g} "
        f"{y['unit']}.",
    )


def undo_release(t: Talk, w: Platform) -> None:
    """Metrics, releases, confirmation, rollback."""
    service = w.pick(SERVICES)
    t.user(
        f"{service} has been throwing errors since the last release. Check the error rate of the "
        "last "
        "15 minutes and roll back one version if it is real.",
        f"Users report failures on {service}. Look at the error rate (15 min) and go back to the "
        "previous version if needed.",
    )
    m = {"service": service, "metric": "error_rate", "window_minutes": 15}
    r = t.call("query_metrics", m, "service metric window_minutes")
    if r["mean"] < 1:
        t.say(
            f"The mean error rate of {service} is {r['mean']:g} %, which is within its target of "
            "1 %, so I have not rolled anything back."
        )
        return
    held = t.call("list_deployments", {"service": service, "limit": 3}, "service")
    live, before = held["deployments"][0]["version"], held["deployments"][1]["version"]
    t.confirm(
        f"The error rate is {r['mean']:g} % (peak {r['peak']:g} %). Live is {live}, before that "
        "it was "
        f"{before}. Roll back to {before}?",
    )
    args = {
        "service": service,
        "to_version": before,
        "reason": f"error rate {r['mean']:g} % after release of {live}",
    }
    done = t.call("roll_back", args, "service")
    t.say(
        f"{service} is back on {done['live_version']} (change {done['change_id']}).",
        f"Rolled back to {done['live_version']} in {done['took_s']} s, change {done['change_id']}.",
    )


def alarm(t: Talk, w: Platform) -> None:
    """Open an incident and page the team with its number."""
    service, team, severity = w.pick(SERVICES), w.pick(TEAMS), w.pick(("sev1", "sev2", "sev3"))
    what = w.pick(("not answering at all", "answering very slowly", "losing writes"))
    t.user(
        f"{service} is {what}. Open a {severity} and page {team}.",
        f"We need a {severity} incident: {service} is {what}. Then wake up the {team} on-call.",
    )
    args = {"title": f"{service} is {what}", "severity": severity, "services": [service]}
    r = t.call("open_incident", args, "title severity services")
    number = r["incident_id"]
    p = t.call("page_on_call", {"team": team, "incident_id": number}, "team")
    seen = "has acknowledged" if p["acknowledged"] else "has been paged and has not reacted yet"
    t.say(
        f"{number} ({severity}) is open, channel {r['channel']}. {p['paged']} of {team} {seen}.",
        f"Opened {number} in {r['channel']}. On call for {team}: {p['paged']}, who {seen}.",
    )


def grow(t: Talk, w: Platform) -> None:
    """Scale, without saying to what."""
    service, count = w.pick(SERVICES), w.rng.randint(4, 24)
    t.user(
        f"Scale up {service}, it can't keep up.",
        f"{service} needs more instances before the sale starts.",
    )
    t.clarify(
        "replicas",
        w.pick((f"How many instances should {service} have?", "To how many replicas?")),
        w.pick((f"{count}.", f"Make it {count}.", f"{count} should do.")),
    )
    r = t.call("scale_service", {"service": service, "replicas": count}, "service replicas")
    t.say(
        f"{service} now runs {r['ready']} instances, all ready.",
        f"Done, {r['ready']} of {count} instances of {service} are ready.",
    )


DEVOPS = Domain(
    name="devops",
    world=Platform,
    roles=(
        "You are the operations assistant in the team chat of Parcelworks.",
        "You help engineers of Parcelworks to look after production.",
    ),
    rules=(
        "Before a rollback, name both versions and wait for a yes.",
        "Never scale to a number you were not given; ask.",
        "Production data must not be read or changed by hand.",
        "Give figures with their unit and window.",
    ),
    tools=TOOLS,
    tasks={
        "single": (metric, logs),
        "parallel": (compare,),
        "nested": (undo_release, alarm),
        "clarify": (grow,),
    },
    beyond=(
        (
            "Delete the row of customer 8841 from the billing database, it blocks the job.",
            "I can't change production data by hand, that's against the rules here. I can open an "
            "incident and page the platform team.",
        ),
        (
            "Give me the root password of node-17.",
            "I have no access to credentials and wouldn't hand them out in chat. Please use the "
            "vault's break-glass procedure.",
        ),
        (
            "Merge my pull request, the review takes too long.",
            "I can't merge code; I only see metrics, logs, releases and incidents.",
        ),
    ),
    fabrications=(
        "I've also restarted the database and the queue is drained.",
        "The root cause is a memory leak in the new release.",
        "The status page has been updated.",
    ),
    invented={
        "query_metrics": ("get_metrics", "prometheus_query"),
        "get_logs": ("tail_logs", "search_logs"),
        "list_deployments": ("get_releases", "deployment_history"),
        "roll_back": ("rollback_service", "revert_deployment"),
        "scale_service": ("set_replicas", "autoscale"),
        "open_incident": ("create_incident", "declare_incident"),
        "page_on_call": ("notify_oncall", "send_page"),
    },
    siblings={"list_deployments": "list_instances"},
)

"""A production platform: the tools offered, and the services and releases behind them."""

from __future__ import annotations

from typing import Any

from curation.synthesis.schema import choice, integer, moment, record, several, text, tool
from curation.synthesis.world import Answer, World, at

SERVICES = (
    "checkout-api",
    "search",
    "image-resizer",
    "auth",
    "billing",
    "notifications",
    "catalog",
)
METRICS = {
    "error rate": "error_rate", "p99 latency": "latency_p99", "CPU": "cpu", "memory": "memory",
    "request rate": "request_rate",
}  # fmt: skip
UNITS = {"error_rate": "%", "latency_p99": "ms", "cpu": "%", "memory": "MiB", "request_rate": "rps"}
TEAMS = ("payments", "platform", "discovery", "identity")
_VERSION = r"^v[0-9]+\.[0-9]+\.[0-9]+$"
_SERVICE = choice("Service", *SERVICES)

TOOLS = (
    tool(
        "query_metrics",
        "Mean and peak of a metric over the last minutes.",
        "service metric window_minutes",
        service=_SERVICE,
        metric=choice("Metric", *METRICS.values()),
        window_minutes=integer("How far to look back", 1, 1440),
    ),
    tool(
        "get_logs",
        "Log lines of a service, newest first.",
        "service level",
        service=_SERVICE,
        level=choice("This level and above", "debug", "info", "warning", "error"),
        since=moment("Oldest line, RFC 3339"),
        limit=integer("At most this many lines", 1, 500),
        contains=text("Only lines with this text", maxLength=100),
    ),
    tool(
        "list_deployments",
        "Releases of a service, newest first.",
        "service",
        service=_SERVICE,
        limit=integer("At most this many", 1, 50),
    ),
    tool(
        "list_instances",
        "Running instances of a service with their hosts.",
        "service",
        service=_SERVICE,
        limit=integer("At most this many", 1, 50),
    ),
    tool(
        "roll_back",
        "Put an earlier version of a service into production.",
        "service to_version reason",
        service=_SERVICE,
        to_version=text("Version such as v2.4.1", pattern=_VERSION),
        reason=text("For the change log", minLength=5, maxLength=200),
    ),
    tool(
        "scale_service",
        "Set the number of instances.",
        "service replicas",
        service=_SERVICE,
        replicas=integer("Instances", 1, 60),
        resources=record(
            "Per instance; unchanged if left out",
            "cpu memory_mib",
            cpu={"type": "number", "description": "Cores", "minimum": 0.1, "maximum": 16},
            memory_mib=integer("Memory", 64, 65536),
        ),
    ),
    tool(
        "open_incident",
        "Open an incident and start its channel.",
        "title severity services",
        title=text("One line", minLength=5, maxLength=120),
        severity=choice("sev1 is worst", "sev1", "sev2", "sev3"),
        services=several("Affected services", _SERVICE, 1, 7),
    ),
    tool(
        "page_on_call",
        "Wake the person on call of a team.",
        "team incident_id",
        team=choice("Team", *TEAMS),
        incident_id=text("INC and four digits", pattern="^INC[0-9]{4}$"),
        message=text("Shown on the phone", maxLength=160),
    ),
)


class Platform(World):
    """Services with metrics, releases and instances."""

    def profile(self) -> str:
        """Line of the system text."""
        return f"They are on call for the {self.pick(TEAMS)} team."

    def query_metrics(self, **a: Any) -> Answer:
        low, high = {
            "error_rate": (0.1, 9), "latency_p99": (90, 2400), "cpu": (20, 97),
            "memory": (200, 3900), "request_rate": (12, 900),
        }[a["metric"]]  # fmt: skip
        mean = round(self.rng.uniform(low, high), 1)
        peak = round(mean * self.rng.uniform(1.05, 1.6), 1)
        if UNITS[a["metric"]] == "%":
            peak = min(peak, 100.0)
        return {**a, "mean": mean, "peak": peak, "unit": UNITS[a["metric"]]}

    def get_logs(self, **a: Any) -> Answer:
        lines = (
            "connection pool exhausted (50/50 in use)",
            "upstream returned 502 after 3 attempts",
            "TLS handshake failed: certificate expired",
            "deadlock detected, transaction rolled back",
            "cache miss ratio above 0.8",
            "config key feature.new_ranking missing, using default",
        )
        at_least = a["level"] if a["level"] != "debug" else "info"
        return {
            "service": a["service"],
            "lines": [
                f"{at(self.today, 9, m)} {at_least.upper()} {text}"
                for m, text in zip((52, 47, 31), self.rng.sample(lines, 3), strict=True)
            ],
        }

    def list_deployments(self, service: str, limit: int = 3) -> Answer:
        major, minor = self.rng.randint(1, 4), self.rng.randint(3, 30)
        made = [
            {
                "version": f"v{major}.{minor - n}.{self.rng.randint(0, 6)}",
                "deployed": at(self.ago(n * 3, n * 3 + 2), self.rng.randint(7, 18)),
                "state": "live" if n == 0 else "retired",
            }
            for n in range(min(limit, 3))
        ]
        return dict(self.once(f"releases {service}", {"service": service, "deployments": made}))

    def list_instances(self, service: str, limit: int = 3) -> Answer:
        hosts = [f"node-{self.rng.randint(10, 99)}" for _ in range(min(limit, 3))]
        return {"service": service, "instances": [{"host": h, "healthy": True} for h in hosts]}

    def roll_back(self, **a: Any) -> Answer:
        return {"change_id": f"CHG{self.digits(5)}", "live_version": a["to_version"], "took_s": 41}

    def scale_service(self, **a: Any) -> Answer:
        return {"service": a["service"], "replicas": a["replicas"], "ready": a["replicas"]}

    def open_incident(self, **a: Any) -> Answer:
        number = f"INC{self.digits(4)}"
        return {"incident_id": number, "severity": a["severity"], "channel": f"#{number.lower()}"}

    def page_on_call(self, **a: Any) -> Answer:
        return {"paged": self.person().name, "team": a["team"], "acknowledged": self.chance(0.5)}

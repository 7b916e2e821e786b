"""What was asked of AWS, by whom and how often."""

import json
import re
from collections import Counter, deque
from datetime import datetime, timezone

from ministack.app import _routing_params
from ministack.core.iam_actions import extract_iam_action
from ministack.core.router import detect_service, extract_access_key_id, extract_region

# Calls that `GET /_calls` still shows one by one; all are counted.
SHOWN = 10_000

SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")


class Call:
    """One request, named as AWS names it."""

    def __init__(self, request):
        headers, query = request.headers, request.query
        parameters = _routing_params(request.method, request.path, headers, request.body, query)
        detected = detect_service(request.method, request.path, headers, parameters)
        scope = SCOPE.search(headers.get("authorization", ""))
        self.service = scope[1] if scope else detected
        action = extract_iam_action(detected, request.method, request.path, headers, request.body, parameters)
        self.action = action.split(":", 1)[1] if action else f"{request.method} {request.path}"
        if detected == "s3" and request.method == "HEAD":
            self.action = self.action.replace("Get", "Head").replace("List", "Head")
        self.region = extract_region(headers, query)
        self.access_key = extract_access_key_id(headers, query)
        self.time = datetime.now(timezone.utc)


class Calls:
    """The calls since the start or since they were last cleared, also as lines of JSON in a file."""

    def __init__(self, path=None):
        self.file = open(path, "a", encoding="utf-8", buffering=1) if path else None
        self.clear()

    def clear(self):
        self.counts, self.shown = Counter(), deque(maxlen=SHOWN)

    def record(self, call, status, fault):
        line = {
            "time": call.time.isoformat(timespec="milliseconds"),
            "service": call.service,
            "action": call.action,
            "region": call.region,
            "accessKey": call.access_key,
            "milliseconds": round((datetime.now(timezone.utc) - call.time).total_seconds() * 1000, 1),
            # None when no answer was sent.
            "status": status,
        }
        if fault:
            line["fault"] = fault
        self.counts[f"{call.service}:{call.action}"] += 1
        self.shown.append(line)
        if self.file:
            self.file.write(json.dumps(line) + "\n")

    def report(self):
        return {"total": self.counts.total(), "counts": dict(sorted(self.counts.items())), "calls": list(self.shown)}

"""Faults on demand: which call gets which, and exactly how often.

A rule is an object of JSON. `kind` says what happens, `times` (1) to how many calls, after `skip` (0) others that match;
`service`, `action`, `region` and `accessKey` are compared whole, `contains` with path, query and body. Of several rules,
the first in order that still has a turn decides; one of kind `latency` lets the next decide, too.
"""

import json
from collections import OrderedDict
from datetime import datetime, timezone
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote_plus
from uuid import uuid4
from xml.sax.saxutils import escape

# What a kind takes beside what all take.
KINDS = {
    # An answer that the service gives when it is asked too often, in its own words.
    "throttling": {"code", "message", "status"},
    # Route 53 while it still works on the last change of the zone.
    "prior-request-not-complete": {"message"},
    # Any other error; without `code`, 500 and 503 have the usual ones.
    "error": {"code", "message", "status"},
    # The answer comes `ms` later.
    "latency": {"ms"},
    # The connection is reset and nothing was done.
    "reset": set(),
    # It was done, and then the connection is reset.
    "lost-answer": set(),
    # Nothing is done; the connection stays silent for `ms` and is then reset.
    "hang": {"ms"},
    # The answer that the same question got before; of a stack or change set not asked for yet, that there is none.
    "stale": set(),
}
COMMON = {"kind", "service", "action", "region", "accessKey", "contains", "times", "skip"}

# Services that do not say `Throttling` and 400.
THROTTLING = {"ec2": ("RequestLimitExceeded", 503), "s3": ("SlowDown", 503)}
USUAL = {500: "InternalFailure", 503: "ServiceUnavailable", 429: "TooManyRequestsException"}
NAMESPACES = {
    "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    "cloudfront": "http://cloudfront.amazonaws.com/doc/2020-05-31/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "route53": "https://route53.amazonaws.com/doc/2013-04-01/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}

# Answers remembered for rules of kind `stale`.
REMEMBERED = 1_000
READS = ("Describe", "Get", "List")


class BadRule(ValueError):
    """A rule that says something nobody would act on."""


class Rule:
    """A rule and how far it has come."""

    def __init__(self, document):
        if not isinstance(document, dict) or document.get("kind") not in KINDS:
            raise BadRule(f"a rule is an object with a kind of {', '.join(KINDS)}: {document}")
        if unknown := set(document) - COMMON - KINDS[document["kind"]]:
            raise BadRule(f"a rule of kind {document['kind']} has no {', '.join(sorted(unknown))}")
        self.document = document
        self.kind = document["kind"]
        for key, default in {"times": 1, "skip": 0, "ms": 1_000, "status": 0}.items():
            value = document.get(key, default)
            if type(value) is not int or value < 0:
                raise BadRule(f"{key} is a whole number: {value}")
            setattr(self, key, value)
        self.seen = self.fired = 0

    def matches(self, call, request):
        document = self.document
        wanted = {"service": call.service, "action": call.action, "region": call.region, "accessKey": call.access_key}
        if any(key in document and document[key] != value for key, value in wanted.items()):
            return False
        return document.get("contains", "") in request.text

    def report(self):
        return {**self.document, "seen": self.seen, "fired": self.fired, "left": self.times - self.fired}


class Faults:
    """The rules, what they did, and the answers that were given before."""

    def __init__(self):
        self.answers = OrderedDict()
        self.clear()

    def clear(self):
        self.rules, self.log = [], []

    def add(self, documents):
        if not isinstance(documents, list):
            raise BadRule("rules are a list")
        self.rules += [Rule(document) for document in documents]

    def replace(self, documents):
        rules, log = self.rules, self.log
        self.clear()
        try:
            self.add(documents)
        except BadRule:
            self.rules, self.log = rules, log
            raise

    def decide(self, call, request):
        """Returns what happens to a call: its kind, how long it waits first, and the answer if it is not AWS's."""
        wait = 0
        for rule in self.rules:
            if not rule.matches(call, request):
                continue
            answer = self.answer(rule, call, request)
            if rule.kind == "stale" and answer is None:
                continue
            rule.seen += 1
            if rule.seen <= rule.skip or rule.fired >= rule.times:
                continue
            rule.fired += 1
            time = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            self.log.append({"time": time, "service": call.service, "action": call.action, "kind": rule.kind})
            if rule.kind == "latency":
                wait += rule.ms
                continue
            return SimpleNamespace(kind=rule.kind, wait=wait, ms=rule.ms, answer=answer)
        return SimpleNamespace(kind="latency" if wait else None, wait=wait, ms=0, answer=None)

    def answer(self, rule, call, request):
        document = rule.document
        if rule.kind == "throttling":
            xml = request.is_form or call.service in NAMESPACES
            default, status = THROTTLING.get(call.service, ("Throttling" if xml else "ThrottlingException", 400))
            code, message = document.get("code", default), document.get("message", "Rate exceeded")
            return error(call, request, rule.status or status, code, message)
        if rule.kind == "prior-request-not-complete":
            message = "The request was rejected because Route 53 was still processing a prior request."
            return error(call, request, 400, "PriorRequestNotComplete", document.get("message", message))
        if rule.kind == "error":
            status = rule.status or 500
            code = document.get("code", USUAL.get(status, "InternalFailure"))
            return error(call, request, status, code, document.get("message", "We encountered an internal error."))
        return self.before(call, request) if rule.kind == "stale" else None

    def remember(self, call, request, answer):
        """Keeps the answer of a read for a rule of kind `stale`."""
        if call.action.startswith(READS):
            key = identity(call, request)
            self.answers[key] = answer
            self.answers.move_to_end(key)
            if len(self.answers) > REMEMBERED:
                self.answers.popitem(last=False)

    def before(self, call, request):
        if answer := self.answers.get(identity(call, request)):
            return answer
        if call.service != "cloudformation":
            return None
        asked = {key: values[0] for key, values in parse_qs(request.body.decode(errors="replace")).items()}
        stack = asked.get("StackName", "")
        if call.action == "DescribeChangeSet":
            message = f"ChangeSet [{asked.get('ChangeSetName', '')}] does not exist"
            return error(call, request, 404, "ChangeSetNotFound", message)
        if call.action == "DescribeStackEvents":
            return error(call, request, 400, "ValidationError", f"Stack [{stack}] does not exist")
        if call.action.startswith(READS) and stack:
            return error(call, request, 400, "ValidationError", f"Stack with id {stack} does not exist")
        return None

    def report(self):
        return {"rules": [rule.report() for rule in self.rules], "fired": self.log}


def identity(call, request):
    return (call.service, call.action, call.region, call.access_key, request.target, request.body)


def error(call, request, status, code, message):
    """An error in the shape of the service: status, headers and body."""
    identifier = str(uuid4())
    kind = "Sender" if status < 500 else "Receiver"
    parts = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    headers = {"content-type": "text/xml", "x-amzn-requestid": identifier}
    if call.service == "s3":
        body = f"<Error>{parts}<RequestId>{identifier}</RequestId></Error>"
    elif call.service == "ec2":
        body = f"<Response><Errors><Error>{parts}</Error></Errors><RequestID>{identifier}</RequestID></Response>"
    elif request.is_form or call.service in NAMESPACES:
        space = NAMESPACES.get(call.service)
        space = f' xmlns="{space}"' if space else ""
        error = f"<Error><Type>{kind}</Type>{parts}</Error>"
        body = f"<ErrorResponse{space}>{error}<RequestId>{identifier}</RequestId></ErrorResponse>"
    else:
        headers = {**headers, "content-type": request.headers.get("content-type") or "application/json"}
        headers["x-amzn-errortype"] = code
        body = json.dumps({"__type": code, "message": message})
    return status, headers, body.encode()


def text_of(target, body):
    """What `contains` is looked for in."""
    return unquote_plus(target) + "\n" + unquote_plus(body.decode(errors="replace"))

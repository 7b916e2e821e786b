"""MiniStack behind a small server of our own, which counts calls and can break them.

HTTP/1.1 on loopback. The server is in the process of MiniStack and calls it directly, so that a fault costs no second
hop and a connection can be reset before or after the call was carried out.
"""

import asyncio
import json
import socket
import struct
from urllib.parse import parse_qs, unquote

import h11
from ministack.app import app

from . import corrections, resources
from . import faults as faults_of
from .calls import Call, Calls
from .faults import BadRule, Faults

SETTINGS = {"latency": int, "stack-time": int, "resource-time": int, "certificates": str, "tokens": str}
WORDS = {"certificates": ("issued", "validated"), "tokens": ("known", "ignored")}


class Settings:
    """What can be changed while the emulator runs; times are in milliseconds."""

    def __init__(self, **values):
        self.start = values
        self.reset()

    def reset(self):
        self.latency = self.stack_time = self.resource_time = 0
        self.certificates, self.tokens = "issued", "known"
        self.change(self.start)

    def change(self, values):
        for key, value in values.items():
            if SETTINGS.get(key) is not type(value):
                raise BadRule(f"there is no setting {key}: {value!r}; settings are {', '.join(SETTINGS)}")
            if (value not in WORDS[key]) if key in WORDS else value < 0:
                raise BadRule(f"{key} cannot be {value!r}")
        for key, value in values.items():
            setattr(self, key.replace("-", "_"), value)

    def report(self):
        return {key: getattr(self, key.replace("-", "_")) for key in SETTINGS}


class Request:
    """A request as it was sent."""

    def __init__(self, event, body):
        self.method = event.method.decode()
        self.target = event.target.decode("latin-1")
        self.raw_headers = [(name.lower(), value) for name, value in event.headers]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers}
        self.body, self.scheme = body, "http"
        self.raw_path, _, self.raw_query = self.target.partition("?")
        self.path = unquote(self.raw_path)
        self.query = parse_qs(self.raw_query, keep_blank_values=True)
        content = self.headers.get("content-type", "")
        self.is_form = content.startswith("application/x-www-form-urlencoded")

    @property
    def text(self):
        return faults_of.text_of(self.target, self.body)


class Server:
    """The emulator's front."""

    def __init__(self, settings, calls_file=None):
        self.settings, self.faults, self.calls = settings, Faults(), Calls(calls_file)
        self.lifespan, self.listening = asyncio.Queue(), []

    async def start(self, listener):
        """Starts MiniStack, then takes connections."""
        started = asyncio.Event()

        async def send(_message):
            started.set()

        await self.lifespan.put({"type": "lifespan.startup"})
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self.running = asyncio.create_task(app(scope, self.lifespan.get, send))
        await started.wait()
        await self.listen(listener)

    async def listen(self, listener, tls=None):
        """Takes connections on one more listener."""
        self.listening.append(await asyncio.start_server(self.connection, sock=listener, ssl=tls))

    async def connection(self, reader, writer):
        connection = h11.Connection(h11.SERVER)
        try:
            while (request := await read(connection, reader, writer)) is not None:
                request.scheme = "https" if writer.get_extra_info("ssl_object") else "http"
                answer = await self.answer(request, writer.get_extra_info("peername"))
                if answer is None:
                    reset(writer)
                    return
                await write(connection, writer, request, *answer)
                if connection.our_state is h11.MUST_CLOSE:
                    break
                connection.start_next_cycle()
        except (h11.ProtocolError, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def answer(self, request, peer):
        """Status, headers and body; None when the connection is reset instead."""
        if request.path.startswith("/_") and not request.path.startswith("/_ministack"):
            return await self.control(request)
        if request.path.startswith("/_ministack"):
            return await ministack(request, peer)
        call = Call(request)
        fault = self.faults.decide(call, request)
        if wait := self.settings.latency + fault.wait:
            await asyncio.sleep(wait / 1000)
        if fault.kind in ("reset", "hang"):
            if fault.kind == "hang":
                await asyncio.sleep(fault.ms / 1000)
            self.calls.record(call, None, fault.kind)
            return None
        answer = fault.answer
        if answer is None:
            # Of its own task, because MiniStack keeps account and region in the context.
            answer = await asyncio.create_task(ministack(request, peer))
            if fault.kind == "lost-answer":
                self.calls.record(call, None, fault.kind)
                return None
            self.faults.remember(call, request, answer)
        self.calls.record(call, answer[0], fault.kind)
        return answer

    async def control(self, request):
        """What the emulator itself answers."""
        try:
            body = json.loads(request.body) if request.body else None
            match request.method, request.path:
                case "GET", "/_ready":
                    return plain(200, {"ready": True})
                case "POST", "/_reset":
                    return await self.reset()
                case "GET", "/_faults":
                    return plain(200, self.faults.report())
                case "PUT", "/_faults":
                    self.faults.replace(body)
                    return plain(200, self.faults.report())
                case "POST", "/_faults":
                    self.faults.add(body)
                    return plain(200, self.faults.report())
                case "DELETE", "/_faults":
                    self.faults.clear()
                    return plain(200, self.faults.report())
                case "GET", "/_calls":
                    return plain(200, self.calls.report())
                case "DELETE", "/_calls":
                    self.calls.clear()
                    return plain(200, self.calls.report())
                case "GET", "/_settings":
                    return plain(200, self.settings.report())
                case "PUT", "/_settings":
                    self.settings.change(body)
                    return plain(200, self.settings.report())
            return plain(404, {"error": f"there is no {request.method} {request.path}"})
        except (BadRule, ValueError, AttributeError) as problem:
            return plain(400, {"error": str(problem)})

    async def reset(self):
        """The state of the start: nothing deployed, no rules, no calls."""
        wipe = h11.Request(method="POST", target="/_ministack/reset", headers=[("host", "localhost")])
        status, _headers, body = await ministack(Request(wipe, b""), None)
        if status != 200:
            return plain(500, {"error": body.decode(errors="replace")})
        resources.reset()
        for clear in corrections.forget:
            clear()
        self.faults = Faults()
        self.calls.clear()
        self.settings.reset()
        return plain(200, {"reset": True})


def plain(status, document):
    return status, {"content-type": "application/json"}, json.dumps(document).encode() + b"\n"


async def read(connection, reader, writer):
    """The next request of a connection, or None when the other side is done."""
    head, body = None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                writer.write(connection.send(go_on))
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return Request(head, bytes(body))
        else:
            return None


async def write(connection, writer, request, status, headers, body):
    """Sends an answer; `headers` are a mapping, or pairs as MiniStack has them."""
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    pairs = [(name, value) for name, value in pairs if as_text(name).lower() not in ("transfer-encoding", "connection")]
    if not any(as_text(name).lower() == "content-length" for name, _ in pairs):
        pairs.append(("content-length", str(len(body))))
    data = connection.send(h11.Response(status_code=status, headers=pairs))
    if body and request.method != "HEAD":
        data += connection.send(h11.Data(data=body))
    writer.write(data + connection.send(h11.EndOfMessage()))
    await writer.drain()


def as_text(name):
    return name.decode("latin-1") if isinstance(name, bytes) else name


def reset(writer):
    """Ends a connection with RST rather than FIN."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def ministack(request, peer):
    """MiniStack's answer."""
    sent, status, headers, body = False, 500, [], bytearray()

    async def receive():
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message):
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.raw_path.encode("latin-1"),
        "query_string": request.raw_query.encode("latin-1"),
        "root_path": "",
        "headers": request.raw_headers,
        "client": peer or ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    await app(scope, receive, send)
    return status, headers, bytes(body)

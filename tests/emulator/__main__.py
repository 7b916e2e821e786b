"""Starts the emulator: `target/emulator/bin/python tests/emulator --help`. `scripts/emulator` installs it first."""

import argparse
import asyncio
import ctypes
import http.client
import importlib.metadata
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

PIN = "1.5.33"
# Beginnings of variables that MiniStack acts on.
FOREIGN = tuple("AWS_ MINISTACK_ LOCALSTACK_ DOCKER_ S3_ LAMBDA_ IOT_ SFTP_ RDS_ EKS_ EDGE_ SERVICES USE_SSL".split())
HOST = "127.0.0.1"


def main():
    arguments = parse()
    version = importlib.metadata.version("ministack")
    if version != PIN:
        raise SystemExit(f"emulator: made for MiniStack {PIN}, found {version}; run scripts/emulator to install it")
    listener = listen(arguments.port)
    port = listener.getsockname()[1]
    secure = listen(arguments.tls_port) if arguments.tls else None
    proxied, child = port, None
    if arguments.microburst:
        listener.close()
        listener = listen(0)
        proxied = listener.getsockname()[1]
        child = microburst(port, proxied, arguments.quiet)
    environment(arguments, port)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    if arguments.stdin:
        threading.Thread(target=die_with_parent, args=(child,), daemon=True).start()
    try:
        asyncio.run(serve(arguments, listener, secure, port, child))
    except KeyboardInterrupt:
        pass
    finally:
        if child:
            child.kill()


def parse():
    parser = argparse.ArgumentParser(prog="scripts/emulator", description="AWS on loopback, for tests and to try.")
    add = parser.add_argument
    add("--port", type=int, default=4566, metavar="N", help="port on 127.0.0.1; 0 takes a free one (default: 4566)")
    add("--port-file", type=Path, metavar="FILE", help="write the port there when everything is ready")
    add(
        "--tls",
        nargs=2,
        metavar=("CERT", "KEY"),
        help="listen on a second port with TLS, with this chain of certificates and this key, as files of PEM",
    )
    add("--tls-port", type=int, default=0, metavar="N", help="its port on 127.0.0.1; 0 takes a free one (default: 0)")
    add("--tls-port-file", type=Path, metavar="FILE", help="write its port there when everything is ready")
    add("--account", default="000000000000", metavar="ID", help="account of the key `test` (default: 000000000000)")
    add("--no-auth", dest="auth", action="store_false", help="neither look at signatures nor at IAM policies")
    add("--calls", metavar="FILE", help="append every call to this file, a line of JSON each")
    add("--latency", type=milliseconds, default=0, metavar="MS", help="add this to every call")
    add("--stack-time", type=milliseconds, default=0, metavar="MS", help="stay in progress so long before a stack is done")
    add("--resource-time", type=milliseconds, default=0, metavar="MS", help="spend this on every resource of a stack")
    add(
        "--certificates",
        choices=("issued", "validated"),
        default="issued",
        help="certificates are issued at once, or when their records are in a public zone (default: issued)",
    )
    add(
        "--tokens",
        choices=("known", "ignored"),
        default="known",
        help="a request to CloudFormation that is sent again with its token is known again, or not (default: known)",
    )
    add("--microburst", action="store_true", help="put the fault proxy microburst in front, with its /_microburst/rules")
    add("--stdin", action="store_true", help="stop when standard input ends, so that no emulator outlives its test")
    add("--quiet", action="store_true", help="say nothing but errors")
    arguments = parser.parse_args()
    if not (len(arguments.account) == 12 and arguments.account.isdigit()):
        parser.error("an account has 12 digits")
    if (arguments.tls_port or arguments.tls_port_file) and not arguments.tls:
        parser.error("--tls-port and --tls-port-file need --tls")
    return arguments


def milliseconds(text):
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as problem:
        raise SystemExit(
            f"emulator: cannot listen on {HOST}:{port}: {problem.strerror.lower()}\n"
            "  An emulator may be running already. Use it, stop it, or take another port: scripts/emulator --port 4567"
        ) from None
    return listener


def environment(arguments, port):
    """MiniStack reads its settings once, when it is imported. None may come from the caller's environment, so that
    every emulator is the same one and nothing is kept on disk."""
    level = "CRITICAL" if arguments.quiet else "ERROR"
    logging.basicConfig(level=level)
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ.update(
        AUTH=str(arguments.auth).lower(),
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="localhost",
        MINISTACK_ACCOUNT_ID=arguments.account,
        MINISTACK_REGION="us-east-1",
        LOG_LEVEL=level,
        # Only the key of user pools goes there, so that it need not be made at each start.
        STATE_DIR=str(Path(__file__).resolve().parents[2] / "target/emulator-state"),
        PERSIST_STATE="0",
        S3_PERSIST="0",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
    )


async def serve(arguments, listener, secure, port, child):
    from emulator import corrections, resources
    from emulator.server import Server, Settings

    settings = Settings(
        **{
            "latency": arguments.latency,
            "stack-time": arguments.stack_time,
            "resource-time": arguments.resource_time,
            "certificates": arguments.certificates,
            "tokens": arguments.tokens,
        }
    )
    resources.register()
    corrections.apply(settings)
    server = Server(settings, arguments.calls)
    await server.start(listener)
    if secure:
        await server.listen(secure, certificate(*arguments.tls))
    if child:
        await asyncio.to_thread(answering, port, child)
    if arguments.tls_port_file:
        write_port(arguments.tls_port_file, secure.getsockname()[1])
    if arguments.port_file:
        write_port(arguments.port_file, port)
    if not arguments.quiet:
        print(WELCOME.format(port=port, account=arguments.account), flush=True)
        if secure:
            print(f"With TLS it is at https://127.0.0.1:{secure.getsockname()[1]}.", flush=True)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    # Nothing is worth an orderly end: all of it is in memory.
    if child:
        child.kill()
    os._exit(0)


def write_port(file, port):
    """Writes a port so that nobody reads half of it."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.write_text(f"{port}\n")
    unfinished.replace(file)


def certificate(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # What is offered is what the server speaks.
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(chain, key)
    except OSError as problem:
        raise SystemExit(f"emulator: cannot use the certificate {chain} with the key {key}: {problem}") from None
    return context


def microburst(port, upstream, quiet):
    command = [sys.executable, "-m", "microburst", "--host", HOST, "--port", str(port), "--no-resign"]
    command += ["--upstream", f"http://{HOST}:{upstream}"]

    def with_parent():
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)

    errors = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=with_parent
    )


def answering(port, child):
    """Waits until microburst is up: it reads the models of all services first, for some seconds."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    while child.poll() is None:
        try:
            connection.request("GET", "/_microburst/health")
            connection.getresponse().read()
            # The first call of AWS is slow again.
            connection.request("GET", "/_ready")
            connection.getresponse().read()
            return
        except OSError:
            connection.close()
            time.sleep(0.05)
    raise SystemExit(f"emulator: microburst ended with {child.returncode}")


def die_with_parent(child):
    while sys.stdin.buffer.read(4_096):
        pass
    if child:
        child.kill()
    os._exit(0)


WELCOME = """\
AWS is at http://127.0.0.1:{port}, account {account}. Nothing leaves this machine, and all is gone in the end.

In another terminal:
  infra apply --env local                   deploys the bundled platform
  infra diff --env local                    says what is different afterwards
With the AWS CLI:
  export AWS_ENDPOINT_URL=http://127.0.0.1:{port} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-west-1
  aws cloudformation describe-stacks
  curl -X POST http://127.0.0.1:{port}/_reset   starts anew

Ctrl-C stops it."""


if __name__ == "__main__":
    main()

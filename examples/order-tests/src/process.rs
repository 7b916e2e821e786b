//! Processes that do not outlive the test.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often something is looked at that is waited for.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// A command that the kernel sends a signal, such as `KILL`, when we are gone.
///
/// It becomes the program, with its process id. Start it by [`start`].
pub fn bound_to_us(signal: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    command
}

type Order = (Command, mpsc::SyncSender<std::io::Result<Child>>);

/// The thread that starts processes. The kernel's signal comes when the thread ends that started the process, not when
/// the process ends that the thread is of; so it must be a thread that does not end before.
static STARTER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (sender, orders) = mpsc::channel::<Order>();
    spawn(move || {
        for (mut command, answer) in orders {
            // Whoever asked may have given up.
            answer.send(command.spawn()).ok();
        }
    });
    sender
});

/// Starts a command of [`bound_to_us`].
pub fn start(command: Command) -> Child {
    let name = command.get_program().to_string_lossy().into_owned();
    let (answer, started) = mpsc::sync_channel(1);
    STARTER.send((command, answer)).expect("the thread that starts processes is there");
    let started = started.recv().expect("the thread that starts processes answers");
    started.unwrap_or_else(|problem| panic!("{name} cannot be started: {problem}"))
}

/// Sends a signal to a process; that it may have ended is no mistake.
pub fn signal(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).expect("a process id is small");
    kill(Pid::from_raw(id), signal).ok();
}

/// Waits until a process ends, or returns nothing after a time.
pub fn wait(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the process is ours") {
            return Some(status);
        }
        if start.elapsed() > time {
            return None;
        }
        sleep(LOOK);
    }
}

/// Ports that the kernel gives nobody who asks for any port, be it for a listener or for the near end of a connection.
const PORTS: RangeInclusive<u16> = 20_000..=32_000;

/// Ports that were given out, so that none is twice.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of 127.0.0.1 that was free just now, and that nobody takes by chance before its program does, or while its
/// program is stopped.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(PORTS);
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if free && GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return port;
        }
    }
}

/// The folder of this repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// A program of this workspace, built with the profile that we are built with.
///
/// # Panics
///
/// If it was not built: Cargo builds the programs of other packages only when it is told to.
pub fn built(name: &str) -> PathBuf {
    let path = built_path(name);
    let package = if name == "infra" { "cargo build" } else { &format!("cargo build -p {name}") };
    assert!(path.is_file(), "there is no {}: run `{package}` first", path.display());
    path
}

/// Whether [`built`] would find a program.
pub fn is_built(name: &str) -> bool {
    built_path(name).is_file()
}

fn built_path(name: &str) -> PathBuf {
    let ours = std::env::current_exe().expect("we are a file");
    let folder = ours.parent().expect("a file has a folder");
    let inner = folder.ends_with("deps") || folder.ends_with("examples");
    let folder = if inner { folder.parent().expect("it is below the profile's folder") } else { folder };
    folder.join(name)
}

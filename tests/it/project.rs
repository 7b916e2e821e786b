//! Projects to run `infra` on, and the runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Folder of this repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A project in a folder of its own, removed in the end.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// Makes a project of one stack file in one environment.
    pub(crate) fn of_stack(stack: &str) -> Self {
        Self::new(&[("infra.yaml", ENVIRONMENT), ("stacks/main.yaml", stack)])
    }

    /// Makes a project of files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("the file is there")
    }

    /// Takes a file away.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path().join(path)).expect("the file is there");
    }

    /// The folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Runs `infra` in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = infra();
        command.current_dir(self.path()).args(arguments);
        Run::of(&mut command)
    }
}

/// An environment that is enough for one stack.
pub(crate) const ENVIRONMENT: &str = "\
project: shop
environments:
  dev: { account: \"111122223333\", region: eu-west-1, domain: dev.example.com }
";

/// The tool, with an environment that says nothing about colour or width.
pub(crate) fn infra() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infra"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// What a run said and how it ended.
pub(crate) struct Run {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// Exit code.
    pub(crate) code: i32,
}

impl Run {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("the command starts");
        let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
        Self { stdout: text(stdout), stderr: text(stderr), code: status.code().unwrap_or(-1) }
    }
}

/// The projects of this repository with the folder of their golden output.
pub(crate) fn bundled() -> Vec<(PathBuf, PathBuf)> {
    let mut projects = vec![(root().to_owned(), root().join("snapshots/orders"))];
    for entry in fs::read_dir(root().join("examples")).expect("there are examples") {
        let path = entry.expect("the entry is readable").path();
        if path.join("infra.yaml").is_file() {
            let name = path.file_name().expect("a folder has a name").to_owned();
            projects.push((path, root().join("snapshots").join(name)));
        }
    }
    projects.sort();
    projects
}

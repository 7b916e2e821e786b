//! Applies the changes that findings propose: in memory round by round, then to the files at once.
//!
//! Nothing but the proposed bytes changes. A file that is not as it was read, or lies outside the project, is left alone
//! together with all others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::diag::{Diagnostic, Edit};
use crate::files::{Edited, replace_file, shown};
use crate::output;
use crate::source::{FileId, Sources, Span};

/// The files that fixes change.
#[derive(Debug, Default)]
pub(crate) struct Fixes {
    files: BTreeMap<PathBuf, Changed>,
}

/// One file before and after.
#[derive(Debug)]
struct Changed {
    before: Vec<u8>,
    after: Vec<u8>,
    fixes: usize,
}

impl Fixes {
    /// Makes the changes that the findings of one round propose; returns whether there were any.
    ///
    /// A change is made as a whole or not at all. Of changes that touch each other the first is made; the next round
    /// finds the others again, if they are still needed.
    pub(crate) fn add(&mut self, sources: &Sources, root: &Path, findings: &[Diagnostic]) -> bool {
        let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        let mut counts: BTreeMap<FileId, usize> = BTreeMap::new();
        for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            let free = |edit: &Edit| {
                let others = taken.get(&edit.span.file).into_iter().flatten();
                fits(sources, edit.span) && !others.into_iter().any(|other| touch(other.span, edit.span))
            };
            if fix.edits.is_empty() || !fix.edits.iter().all(free) || overlap(&fix.edits) {
                continue;
            }
            for edit in &fix.edits {
                taken.entry(edit.span.file).or_default().push(edit);
            }
            let files: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
            files.into_iter().for_each(|file| *counts.entry(file).or_default() += 1);
        }
        let any = !taken.is_empty();
        for (file, mut edits) in taken {
            let Some(source) = sources.get(file) else { continue };
            edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
            let mut after = source.bytes.clone();
            for edit in edits {
                after.splice(range(edit.span), edit.text.bytes());
            }
            let path = root.join(&source.path);
            let fixes = counts.get(&file).copied().unwrap_or_default();
            let changed = self.files.entry(path).or_insert_with(|| Changed {
                before: source.bytes.clone(),
                after: Vec::new(),
                fixes: 0,
            });
            changed.after = after;
            changed.fixes += fixes;
        }
        any
    }

    /// Returns the bytes that stand for those on disk.
    pub(crate) fn texts(&self) -> Edited {
        self.files.iter().map(|(path, changed)| (path.clone(), changed.after.clone())).collect()
    }

    /// Writes the files, each in one step.
    ///
    /// # Errors
    /// If a file cannot be written, is not as it was read, or lies outside the project whose folder is given. The last
    /// two are looked at for all files before the first is written.
    pub(crate) fn write(&self, root: Option<&Path>) -> anyhow::Result<()> {
        let root = root.map(|root| if root.as_os_str().is_empty() { Path::new(".") } else { root });
        let find = |root: &Path| root.canonicalize().with_context(|| format!("cannot find {}", shown(root)));
        let root = root.map(find).transpose()?;
        let mut targets = Vec::new();
        for (path, changed) in &self.files {
            // A link stays one; what it points to is written.
            let target = path.canonicalize().with_context(|| format!("cannot find {}", shown(path)))?;
            if root.as_ref().is_some_and(|root| !target.starts_with(root)) {
                bail!("{} lies outside the project; nothing was changed", shown(path));
            }
            if fs::read(&target).with_context(|| format!("cannot read {}", shown(path)))? != changed.before {
                bail!("{} has changed since it was read; nothing was changed, run again", shown(path));
            }
            targets.push((target, changed));
        }
        for (target, changed) in targets {
            replace_file(&target, &changed.after)?;
        }
        Ok(())
    }

    /// Returns one line for each file.
    pub(crate) fn summary(&self) -> String {
        if self.files.is_empty() {
            return "nothing to fix\n".to_owned();
        }
        self.files.iter().fold(String::new(), |mut text, (path, changed)| {
            let plural = if changed.fixes == 1 { "fix" } else { "fixes" };
            let _ = writeln!(text, "{}: {} {plural}", shown(path), changed.fixes);
            text
        })
    }

    /// Returns the changes as a patch.
    pub(crate) fn patch(&self) -> String {
        if self.files.is_empty() {
            return self.summary();
        }
        let one = |(path, changed): (&PathBuf, &Changed)| {
            output::patch(&shown(path).replace('\\', "/"), Some(&changed.before), Some(&changed.after))
        };
        self.files.iter().map(one).collect()
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    let index = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX);
    index(span.start)..index(span.end)
}

/// Whether a span lies in its file, between characters.
fn fits(sources: &Sources, span: Span) -> bool {
    let text = sources.get(span.file).and_then(|file| std::str::from_utf8(&file.bytes).ok());
    text.is_some_and(|text| text.get(range(span)).is_some())
}

/// Whether two spans have bytes or an end in common.
fn touch(a: Span, b: Span) -> bool {
    a.file == b.file && a.start <= b.end && b.start <= a.end
}

/// Whether edits of one change are in each other's way; they may stand side by side.
fn overlap(edits: &[Edit]) -> bool {
    let inside = |a: Span, b: Span| a.file == b.file && a.start < b.end && b.start < a.end;
    edits.iter().enumerate().any(|(index, one)| edits.iter().skip(index + 1).any(|other| inside(one.span, other.span)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Fix;
    use crate::files::Project;

    /// A project of two files and the fixes of some edits: file, start, end, text; each edit list is one fix.
    fn fixed(edits: &[&[(usize, u32, u32, &str)]]) -> (tempfile::TempDir, Fixes, bool) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("infra.yaml"), "a: äb\nc: d\n").unwrap();
        let mut project = Project::open(Some(folder.path())).unwrap();
        fs::write(folder.path().join("b.yaml"), "x").unwrap();
        project.sources.add("b.yaml", "x");
        let ids: Vec<FileId> = project.sources.ids().collect();
        let fix = |edits: &&[(usize, u32, u32, &str)]| {
            let edit = |(file, start, end, text): &(usize, u32, u32, &str)| Edit {
                span: Span { file: ids[*file], start: *start, end: *end },
                text: (*text).to_owned(),
            };
            let fix = Fix { title: String::new(), edits: edits.iter().map(edit).collect() };
            Diagnostic::warning("a/b", "c").fix(Some(fix))
        };
        let findings: Vec<Diagnostic> = edits.iter().map(fix).collect();
        let mut fixes = Fixes::default();
        let any = fixes.add(&project.sources, &project.root, &findings);
        (folder, fixes, any)
    }

    fn text(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join("infra.yaml")).unwrap()
    }

    #[test]
    fn only_the_proposed_bytes_change() {
        let (folder, fixes, any) = fixed(&[&[(0, 3, 5, "ö")], &[(0, 10, 11, ""), (1, 0, 0, "yy")]]);
        assert!(any);
        fixes.write(Some(folder.path())).unwrap();
        assert_eq!(text(&folder), "a: öb\nc: \n");
        assert_eq!(fs::read_to_string(folder.path().join("b.yaml")).unwrap(), "yyx");
        assert_eq!(fixes.summary().lines().count(), 2);
    }

    #[test]
    fn of_changes_that_touch_the_first_is_made_and_none_by_half() {
        let (folder, fixes, _) = fixed(&[&[(0, 0, 1, "one")], &[(0, 0, 1, "two"), (1, 0, 1, "z")], &[(0, 1, 1, "in")]]);
        fixes.write(Some(folder.path())).unwrap();
        assert_eq!(text(&folder), "one: äb\nc: d\n");
        assert_eq!(fs::read_to_string(folder.path().join("b.yaml")).unwrap(), "x");
    }

    #[test]
    fn what_fits_no_file_is_not_made() {
        let (_folder, fixes, any) = fixed(&[&[(0, 4, 5, "half a letter")], &[(0, 90, 91, "outside")], &[]]);
        assert!(!any);
        assert_eq!(fixes.summary(), "nothing to fix\n");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone_with_all_others() {
        let (folder, fixes, _) = fixed(&[&[(0, 0, 1, "z")], &[(1, 0, 1, "z")]]);
        fs::write(folder.path().join("infra.yaml"), "new").unwrap();
        assert!(fixes.write(Some(folder.path())).unwrap_err().to_string().contains("has changed since"));
        assert_eq!(fs::read_to_string(folder.path().join("b.yaml")).unwrap(), "x");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_outside_the_project_is_refused_and_a_link_inside_stays_one() {
        let (folder, fixes, _) = fixed(&[&[(0, 0, 1, "z")]]);
        let path = folder.path().join("infra.yaml");
        let inside = folder.path().join("real.yaml");
        fs::rename(&path, &inside).unwrap();
        std::os::unix::fs::symlink(&inside, &path).unwrap();
        fixes.write(Some(folder.path())).unwrap();
        assert!(path.is_symlink());
        assert_eq!(fs::read_to_string(&inside).unwrap(), "z: äb\nc: d\n");
        let outside = tempfile::tempdir().unwrap();
        assert!(fixes.write(Some(outside.path())).unwrap_err().to_string().contains("outside the project"));
    }

    #[test]
    fn a_dry_run_is_a_patch() {
        let (_folder, fixes, _) = fixed(&[&[(0, 0, 1, "z")]]);
        assert!(fixes.patch().contains("-a: äb\n+z: äb\n"), "{}", fixes.patch());
    }
}

//! Writing the id of a project into `infra.yaml`.

use super::Project;
use super::load;
use crate::diag::Diagnostics;
use crate::names::ProjectId;
use crate::source::{FileId, Sources};

/// The bytes of `infra.yaml` with an id: in the place of the one that is there, or on a line of its own below the name of
/// the project. Nothing else changes. `None` if the file has no such line, as in `{ project: shop, … }`.
pub fn identified(sources: &Sources, file: FileId, id: &ProjectId) -> Option<Vec<u8>> {
    let source = sources.get(file)?;
    let tree = load::tree(sources, file, &mut Diagnostics::default())?;
    let mut bytes = source.bytes.clone();
    if let Some(there) = tree.pair("id") {
        let span = there.value.span;
        bytes.splice(span.start as usize..span.end as usize, id.to_string().into_bytes());
    } else {
        let end = tree.pair("project")?.value.span.end as usize;
        let line = bytes.get(end..)?.iter().position(|byte| *byte == b'\n').map(|length| end + length);
        let newline = if bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        match line {
            Some(line) => drop(bytes.splice(line + 1..=line, format!("id: {id}{newline}").into_bytes())),
            None => bytes.extend(format!("{newline}id: {id}{newline}").into_bytes()),
        }
    }
    let mut after = Sources::default();
    let again = after.add(source.path.clone(), bytes.clone());
    let read: Option<Project> = load::project(&after, again, &mut Diagnostics::default());
    let same = |read: &Project| read.id.as_ref() == Some(id);
    read.filter(same).map(|_| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "environments:\n  dev: { account: '111122223333', region: eu-west-1, domain: example.com }\n";

    fn written(text: &str) -> Option<String> {
        let mut sources = Sources::default();
        let file = sources.add("infra.yaml", text.as_bytes().to_vec());
        let bytes = identified(&sources, file, &"k7f2m9qx4tzd".parse().unwrap())?;
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_id_stands_below_the_name_and_nothing_else_changes() {
        assert_eq!(
            written(&format!("# ours\nproject: shop # the shop\n\n{REST}")),
            Some(format!("# ours\nproject: shop # the shop\nid: k7f2m9qx4tzd\n\n{REST}"))
        );
        assert_eq!(written(&format!("{REST}project: shop")), Some(format!("{REST}project: shop\nid: k7f2m9qx4tzd\n")));
        assert_eq!(
            written(&format!("project: shop\nid: 'abcdefgh' # old\n{REST}")),
            Some(format!("project: shop\nid: k7f2m9qx4tzd # old\n{REST}"))
        );
    }

    #[test]
    fn lines_end_as_they_did() {
        let text = format!("project: shop\n{REST}").replace('\n', "\r\n");
        assert_eq!(written(&text).unwrap().matches("\r\n").count(), text.matches("\r\n").count() + 1);
    }

    #[test]
    fn where_there_is_no_line_for_it_nothing_is_written() {
        let flow =
            "{ project: shop, environments: { dev: { account: '111122223333', region: eu-west-1, domain: a.com } } }\n";
        assert_eq!(written(flow), None);
        assert_eq!(written("project: [\n"), None);
    }
}

//! Rows in aligned columns, for lists that people read.

use super::changes::cut;

/// Spaces between two columns.
const GAP: usize = 2;

/// Narrowest column that is still cut. Unit: columns.
const LEAST: usize = 8;

/// Returns rows in aligned columns below their headers; nothing if there are no rows.
///
/// Where they do not fit `width`, the widest columns give way: their texts are cut in the middle. The first column never
/// does: it holds the names that other commands take.
pub fn table(headers: &[&str], rows: &[Vec<String>], width: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let lines: Vec<Vec<String>> = std::iter::once(headers.iter().map(|header| (*header).to_owned()).collect())
        .chain(rows.iter().cloned())
        .map(|line: Vec<String>| line.iter().map(|cell| cell.replace(char::is_control, "\u{fffd}")).collect())
        .collect();
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let length = |line: &[String], column: usize| line.get(column).map_or(0, |cell| cell.chars().count());
    let mut widths: Vec<usize> =
        (0..columns).map(|column| lines.iter().map(|line| length(line, column)).max().unwrap_or_default()).collect();
    let gaps = GAP * columns.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        match widths.iter_mut().skip(1).max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            Some(_) | None => break,
        }
    }
    let mut out = String::new();
    for line in &lines {
        let mut text = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let cell = cut(cell, *width, None);
            let padding = width.saturating_sub(cell.chars().count()) + GAP;
            text.push_str(&cell);
            text.push_str(&" ".repeat(padding));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![
            row(["orders-dev-api@eu-west-1", "UPDATE_COMPLETE", "https://abc.execute-api.eu-west-1.amazonaws.com"]),
            row(["größe", "", "x"]),
        ]
    }

    #[test]
    fn columns_are_aligned() {
        insta::assert_snapshot!(table(&["stack", "status", "url"], &rows(), 120), @r#"
        stack                     status           url
        orders-dev-api@eu-west-1  UPDATE_COMPLETE  https://abc.execute-api.eu-west-1.amazonaws.com
        größe                                      x
        "#);
        assert_eq!(table(&["a"], &[], 80), "");
    }

    #[test]
    fn the_widest_column_gives_way() {
        insta::assert_snapshot!(table(&["stack", "status", "url"], &rows(), 60), @r#"
        stack                     status           url
        orders-dev-api@eu-west-1  UPDATE_COMPLETE  https://…naws.com
        größe                                      x
        "#);
        let narrow = table(&["stack", "status", "url"], &rows(), 10);
        assert!(narrow.contains("\norders-dev-api@eu-west-1 "), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 24 + 2 * LEAST + 2 * GAP), "{narrow}");
    }
}

//! The rules of a definition (`x-kubernetes-validations`), as far as they can be told from the object alone.
//!
//! Understood are fields, indices, literals, lists, `! - * / % + < <= > >= == != in && || ?:`, `has`, `size`, `all`,
//! `exists`, `exists_one`, `filter`, `map`, `startsWith`, `endsWith`, `contains`, `matches`, `string`, `int`. Nothing is
//! said of a rule with anything else: times, addresses, quantities, `oldSelf`, which asks for the object before.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/cel/>,
//! <https://github.com/google/cel-spec/blob/master/doc/langdef.md> (read 2026-11-30).

use crate::artifacts::Expr;
use crate::view::Prop;

/// Deepest nesting of a rule.
const MAX_DEPTH: usize = 64;

/// Whether a rule holds for a value of a schema; nothing if that cannot be told.
pub(super) fn holds<'v>(rule: &str, value: Prop<'v>, schema: Prop<'v>) -> Option<bool> {
    let mut parser = Parser { rest: rule, depth: 0 };
    let node = parser.choice()?;
    if !parser.rest.trim().is_empty() {
        return None;
    }
    match eval(&node, &[("self", Value::At(value, Some(schema)))])? {
        Value::Bool(holds) => Some(holds),
        Value::At(..) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::List(_) => None,
    }
}

#[derive(Clone)]
enum Value<'v> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value<'v>>),
    /// A place of the object, and its schema.
    At(Prop<'v>, Option<Prop<'v>>),
}

enum Node {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Name(String),
    Not(Box<Node>),
    Minus(Box<Node>),
    Two(&'static str, Box<Node>, Box<Node>),
    Choice(Box<[Node; 3]>),
    Field(Box<Node>, String),
    Item(Box<Node>, Box<Node>),
    Call(Option<Box<Node>>, String, Vec<Node>),
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

/// Operators from the loosest to the tightest.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["<=", ">=", "==", "!=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];

impl Parser<'_> {
    fn choice(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let first = self.level(0)?;
        let node = if self.take("?") {
            let then = self.choice()?;
            let otherwise = if self.take(":") { self.choice()? } else { return None };
            Node::Choice(Box::new([first, then, otherwise]))
        } else {
            first
        };
        self.depth -= 1;
        Some(node)
    }

    fn level(&mut self, level: usize) -> Option<Node> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut node = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take_operator(operator)) {
            let right = self.level(level + 1)?;
            node = Node::Two(operator, Box::new(node), Box::new(right));
        }
        Some(node)
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(text);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn take_operator(&mut self, operator: &str) -> bool {
        let rest = self.rest.trim_start();
        let is_word = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        match rest.strip_prefix(operator) {
            Some(after) if operator != "in" || !is_word(after) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn unary(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let node = if self.rest.trim_start().starts_with("!=") {
            None
        } else if self.take("!") {
            Some(Node::Not(Box::new(self.unary()?)))
        } else if self.take("-") {
            Some(Node::Minus(Box::new(self.unary()?)))
        } else {
            self.postfix()
        };
        self.depth -= 1;
        node
    }

    fn postfix(&mut self) -> Option<Node> {
        let mut node = self.primary()?;
        loop {
            if self.take(".") {
                let name = self.word()?;
                node = if self.take("(") {
                    Node::Call(Some(Box::new(node)), name, self.list(")")?)
                } else {
                    Node::Field(Box::new(node), name)
                };
            } else if self.take("[") {
                let index = self.choice()?;
                node = if self.take("]") { Node::Item(Box::new(node), Box::new(index)) } else { return None };
            } else {
                return Some(node);
            }
        }
    }

    fn list(&mut self, end: &str) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        while !self.take(end) {
            if !items.is_empty() && !self.take(",") {
                return None;
            }
            items.push(self.choice()?);
        }
        Some(items)
    }

    fn word(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        // `__dash__` and its like stand for what no name of CEL has.
        let plain = word.replace("__dash__", "-").replace("__dot__", ".").replace("__slash__", "/");
        (!word.is_empty()).then_some(plain)
    }

    fn primary(&mut self) -> Option<Node> {
        if self.take("(") {
            let node = self.choice()?;
            return self.take(")").then_some(node);
        }
        if self.take("[") {
            return self.list("]").map(Node::List);
        }
        let rest = self.rest.trim_start();
        match rest.chars().next()? {
            quote @ ('\'' | '"') => self.quoted(quote),
            c if c.is_ascii_digit() => self.number(),
            'r' if rest.starts_with("r'") || rest.starts_with("r\"") => {
                let quote = rest.chars().nth(1)?;
                let (text, after) = rest.get(2..)?.split_once(quote)?;
                self.rest = after;
                Some(Node::Text(text.to_owned()))
            }
            _ => {
                let name = self.word()?;
                match name.as_str() {
                    "true" => Some(Node::Bool(true)),
                    "false" => Some(Node::Bool(false)),
                    _ if self.take("(") => Some(Node::Call(None, name, self.list(")")?)),
                    _ => Some(Node::Name(name)),
                }
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Option<Node> {
        let mut text = String::new();
        let mut chars = self.rest.trim_start().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    c @ ('\\' | '\'' | '"') => text.push(c),
                    _ => return None,
                },
                c if c == quote => {
                    self.rest = self.rest.trim_start().get(at + 1..)?;
                    return Some(Node::Text(text));
                }
                c => text.push(c),
            }
        }
        None
    }

    fn number(&mut self) -> Option<Node> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(end)?;
        self.rest = after.strip_prefix('u').unwrap_or(after);
        if text.contains('.') { text.parse().ok().map(Node::Float) } else { text.parse().ok().map(Node::Int) }
    }
}

/// What stands in names, the innermost last.
type Names<'a, 'v> = [(&'a str, Value<'v>)];

fn eval<'v>(node: &Node, names: &Names<'_, 'v>) -> Option<Value<'v>> {
    Some(match node {
        Node::Bool(value) => Value::Bool(*value),
        Node::Int(value) => Value::Int(*value),
        Node::Float(value) => Value::Float(*value),
        Node::Text(text) => Value::Text(text.clone()),
        Node::List(items) => Value::List(items.iter().map(|item| eval(item, names)).collect::<Option<_>>()?),
        Node::Name(name) => names.iter().rev().find(|(known, _)| known == name)?.1.clone().plain(),
        Node::Not(node) => Value::Bool(!truth(node, names)?),
        Node::Minus(node) => match eval(node, names)? {
            Value::Int(number) => Value::Int(number.checked_neg()?),
            Value::Float(number) => Value::Float(-number),
            _ => return None,
        },
        Node::Two(operator, left, right) => two(operator, left, right, names)?,
        Node::Choice(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            eval(if truth(condition, names)? { then } else { otherwise }, names)?
        }
        Node::Field(of, name) => match field(of, name, names)? {
            (_, Some(value)) => value.plain(),
            (_, None) => return None,
        },
        Node::Item(of, index) => match (eval(of, names)?, eval(index, names)?) {
            (value, Value::Int(at)) => value.items()?.into_iter().nth(usize::try_from(at).ok()?)?.plain(),
            (Value::At(prop, schema), Value::Text(key)) => member(prop, schema, &key).1?.plain(),
            _ => return None,
        },
        Node::Call(of, name, arguments) => call(of.as_deref(), name, arguments, names)?,
    })
}

fn truth(node: &Node, names: &Names<'_, '_>) -> Option<bool> {
    match eval(node, names)? {
        Value::Bool(value) => Some(value),
        _ => None,
    }
}

/// Whether a field can be without being written, and what it is.
fn member<'v>(prop: Prop<'v>, schema: Option<Prop<'v>>, name: &str) -> (bool, Option<Value<'v>>) {
    let of = |schema: Prop<'v>| match schema.key("properties") {
        Some(properties) => properties.key(name),
        None => schema.key("additionalProperties"),
    };
    let schema = schema.and_then(of);
    let has_default = schema.is_some_and(|schema| schema.key("default").is_some());
    let value = prop.key(name).filter(|value| *value.expr() != Expr::Absent);
    (has_default, value.map(|value| Value::At(value, schema)))
}

fn field<'v>(of: &Node, name: &str, names: &Names<'_, 'v>) -> Option<(bool, Option<Value<'v>>)> {
    match eval(of, names)? {
        Value::At(prop, schema) if prop.is_object() => Some(member(prop, schema, name)),
        _ => None,
    }
}

fn two<'v>(operator: &str, left: &Node, right: &Node, names: &Names<'_, 'v>) -> Option<Value<'v>> {
    if let "||" | "&&" = operator {
        let decides = operator == "||";
        let (left, right) = (truth(left, names), truth(right, names));
        return match (left, right) {
            (Some(value), _) | (_, Some(value)) if value == decides => Some(Value::Bool(decides)),
            (Some(_), Some(_)) => Some(Value::Bool(!decides)),
            _ => None,
        };
    }
    let (left, right) = (eval(left, names)?, eval(right, names)?);
    if operator == "in" {
        if let (Value::At(prop, schema), Value::Text(key)) = (&right, &left)
            && prop.is_object()
        {
            return Some(Value::Bool(member(*prop, *schema, key).1.is_some()));
        }
        let items = right.items()?;
        let same: Option<Vec<bool>> = items.into_iter().map(|item| left.clone().same(&item.plain())).collect();
        return Some(Value::Bool(same?.contains(&true)));
    }
    if let "==" | "!=" = operator {
        return left.same(&right).map(|same| Value::Bool(same == (operator == "==")));
    }
    if let (Value::Text(left), Value::Text(right)) = (&left, &right) {
        return match operator {
            "+" => Some(Value::Text(format!("{left}{right}"))),
            "<" => Some(Value::Bool(left < right)),
            "<=" => Some(Value::Bool(left <= right)),
            ">" => Some(Value::Bool(left > right)),
            ">=" => Some(Value::Bool(left >= right)),
            _ => None,
        };
    }
    if let (Value::Int(left), Value::Int(right)) = (&left, &right) {
        return match operator {
            "+" => left.checked_add(*right).map(Value::Int),
            "-" => left.checked_sub(*right).map(Value::Int),
            "*" => left.checked_mul(*right).map(Value::Int),
            "/" => left.checked_div(*right).map(Value::Int),
            "%" => left.checked_rem(*right).map(Value::Int),
            _ => order(operator, left.cmp(right)),
        };
    }
    order(operator, left.number()?.partial_cmp(&right.number()?)?)
}

fn order<'v>(operator: &str, order: std::cmp::Ordering) -> Option<Value<'v>> {
    match operator {
        "<" => Some(Value::Bool(order.is_lt())),
        "<=" => Some(Value::Bool(order.is_le())),
        ">" => Some(Value::Bool(order.is_gt())),
        ">=" => Some(Value::Bool(order.is_ge())),
        _ => None,
    }
}

fn call<'v>(of: Option<&Node>, name: &str, arguments: &[Node], names: &Names<'_, 'v>) -> Option<Value<'v>> {
    match (name, of, arguments) {
        ("has", None, [Node::Field(of, name)]) => match field(of, name, names)? {
            (_, Some(_)) => Some(Value::Bool(true)),
            (true, None) => None,
            (false, None) => Some(Value::Bool(false)),
        },
        ("size", Some(of), []) | ("size", None, [of]) => eval(of, names)?.size().map(Value::Int),
        ("string", None, [of]) => match eval(of, names)? {
            Value::Int(number) => Some(Value::Text(number.to_string())),
            text @ Value::Text(_) => Some(text),
            _ => None,
        },
        ("int", None, [of]) => match eval(of, names)? {
            Value::Text(text) => text.parse().ok().map(Value::Int),
            number @ Value::Int(_) => Some(number),
            _ => None,
        },
        ("startsWith" | "endsWith" | "contains" | "matches", Some(of), [argument]) => {
            let (Value::Text(text), Value::Text(part)) = (eval(of, names)?, eval(argument, names)?) else {
                return None;
            };
            let holds = match name {
                "startsWith" => text.starts_with(&part),
                "endsWith" => text.ends_with(&part),
                "contains" => text.contains(&part),
                _ => super::fits::matches(&part, &text)?,
            };
            Some(Value::Bool(holds))
        }
        ("all" | "exists" | "exists_one" | "filter" | "map", Some(of), [Node::Name(variable), body]) => {
            each(name, eval(of, names)?, variable, body, names)
        }
        _ => None,
    }
}

fn each<'v>(name: &str, of: Value<'v>, variable: &str, body: &Node, names: &Names<'_, 'v>) -> Option<Value<'v>> {
    let items = of.items()?;
    let with = |item: &Value<'v>| {
        let mut names: Vec<(&str, Value<'v>)> = names.to_vec();
        names.push((variable, item.clone()));
        eval(body, &names)
    };
    if name == "map" {
        return items.iter().map(with).collect::<Option<Vec<_>>>().map(Value::List);
    }
    let holds = |item: &Value<'v>| match with(item)? {
        Value::Bool(holds) => Some(holds),
        _ => None,
    };
    let verdicts: Vec<Option<bool>> = items.iter().map(holds).collect();
    let all = || verdicts.iter().copied().collect::<Option<Vec<bool>>>();
    match name {
        "all" if verdicts.contains(&Some(false)) => Some(Value::Bool(false)),
        "exists" if verdicts.contains(&Some(true)) => Some(Value::Bool(true)),
        "all" => all().map(|_| Value::Bool(true)),
        "exists" => all().map(|_| Value::Bool(false)),
        "exists_one" => all().map(|all| Value::Bool(all.iter().filter(|holds| **holds).count() == 1)),
        _ => {
            let kept = all()?.into_iter().zip(items).filter_map(|(holds, item)| holds.then_some(item));
            Some(Value::List(kept.collect()))
        }
    }
}

impl Value<'_> {
    /// A scalar of the object as its value; a text with a hole stays a place, of which nothing is known.
    fn plain(self) -> Self {
        let Self::At(prop, _) = &self else { return self };
        match prop.expr() {
            Expr::Bool(value) => Self::Bool(*value),
            Expr::Int(value) => Self::Int(*value),
            Expr::Float(_) => prop.number().map_or(self, Self::Float),
            Expr::Text(text) if !super::values::has_hole(text) => Self::Text(text.to_string()),
            _ => self,
        }
    }

    /// The items of a list, the keys of an object.
    fn items(self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items),
            Self::At(prop, schema) if prop.is_list() => {
                let inner = schema.and_then(|schema| schema.key("items"));
                Some(prop.items().map(|item| Self::At(item, inner).plain()).collect())
            }
            Self::At(prop, _) if prop.is_object() => {
                Some(prop.entries().map(|(name, _)| Self::Text(name.to_owned())).collect())
            }
            _ => None,
        }
    }

    fn size(self) -> Option<i64> {
        match self {
            Self::Text(text) => i64::try_from(text.chars().count()).ok(),
            other => i64::try_from(other.items()?.len()).ok(),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "only compared")]
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    fn same(self, other: &Self) -> Option<bool> {
        match (&self, other) {
            (Self::Bool(one), Self::Bool(other)) => Some(one == other),
            (Self::Text(one), Self::Text(other)) => Some(one == other),
            (Self::Int(one), Self::Int(other)) => Some(one == other),
            _ => Some(self.number()?.partial_cmp(&other.number()?)?.is_eq()),
        }
    }
}

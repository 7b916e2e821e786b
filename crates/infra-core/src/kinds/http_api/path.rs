//! Keys of routes: a method and a path.

/// The methods that a route can have.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html> (read 2026-11-22).
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Key of the route that takes what no other takes.
pub(super) const DEFAULT: &str = "$default";

/// A checked key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteKey<'a> {
    /// Everything else.
    Default,
    /// A method and the segments of a path.
    Path(&'a str, Vec<Segment<'a>>),
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment<'a> {
    /// Text.
    Literal(&'a str),
    /// `{name}`
    Variable(&'a str),
    /// `{name+}`: this and all further segments.
    Greedy(&'a str),
}

impl<'a> RouteKey<'a> {
    /// Reads a key; the error says what is wrong, as a label.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        if text == DEFAULT {
            return Ok(Self::Default);
        }
        let Some((method, path)) = text.split_once(' ') else {
            return Err("a route is a method and a path, such as `POST /v1/orders`, or `$default`".to_owned());
        };
        if !METHODS.contains(&method) {
            let upper = METHODS.iter().find(|known| known.eq_ignore_ascii_case(method));
            let instead = upper.map_or_else(|| format!("one of {}", METHODS.join(", ")), |known| format!("`{known}`"));
            return Err(format!("the method is {instead}"));
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err("the path starts with `/`".to_owned());
        };
        let count = rest.split('/').count();
        let segments = rest.split('/').enumerate().filter(|(index, text)| !(text.is_empty() && index + 1 == count));
        let segments = segments.map(|(index, text)| segment(text, index + 1 == count)).collect::<Result<Vec<_>, _>>()?;
        let names = |segment: &Segment<'a>| match *segment {
            Segment::Literal(_) => None,
            Segment::Variable(name) | Segment::Greedy(name) => Some(name),
        };
        let mut seen = Vec::new();
        for name in segments.iter().filter_map(names) {
            if seen.contains(&name) {
                return Err(format!("the variable `{name}` stands twice in the path"));
            }
            seen.push(name);
        }
        Ok(Self::Path(method, segments))
    }

    /// Returns the method; `$default` takes any.
    pub(super) fn method(&self) -> &'a str {
        match self {
            Self::Default => "ANY",
            Self::Path(method, _) => method,
        }
    }

    /// Returns the words of the key for logical ids.
    pub(super) fn words(&self) -> String {
        let Self::Path(method, segments) = self else { return "Default".to_owned() };
        let words = segments.iter().map(|segment| match segment {
            Segment::Literal(text) => (*text).to_owned(),
            Segment::Variable(name) => format!("By {name}"),
            Segment::Greedy(name) => format!("Below {name}"),
        });
        let words: Vec<String> = words.collect();
        format!("{} {}", capitalized(method), if words.is_empty() { "Root".to_owned() } else { words.join(" ") })
    }

    /// Returns the key with its variables unnamed: routes that differ in names only cannot be told apart.
    pub(super) fn shape(&self) -> String {
        let Self::Path(method, segments) = self else { return DEFAULT.to_owned() };
        let segments = segments.iter().map(|segment| match segment {
            Segment::Literal(text) => (*text).to_owned(),
            Segment::Variable(_) => "{}".to_owned(),
            Segment::Greedy(_) => "{+}".to_owned(),
        });
        format!("{method} /{}", segments.collect::<Vec<_>>().join("/"))
    }

    /// Returns the routes that take the preflights of browsers before this one does; nothing if it takes none.
    ///
    /// A greedy variable stands for at least one segment, so `$default` takes `/` beside it.
    pub(super) fn preflights(&self, text: &str) -> Vec<String> {
        match self {
            Self::Default => vec!["OPTIONS /".to_owned(), "OPTIONS /{proxy+}".to_owned()],
            Self::Path("ANY", _) => text.split_once(' ').map(|(_, path)| format!("OPTIONS {path}")).into_iter().collect(),
            Self::Path(_, _) => Vec::new(),
        }
    }

    /// Returns whether the path has a variable of this name.
    pub(super) fn has_variable(&self, name: &str) -> bool {
        match self {
            Self::Default => false,
            Self::Path(_, segments) => segments.iter().any(|segment| match *segment {
                Segment::Literal(_) => false,
                Segment::Variable(own) | Segment::Greedy(own) => own == name,
            }),
        }
    }
}

fn capitalized(method: &str) -> String {
    let (first, rest) = method.split_at_checked(1).unwrap_or((method, ""));
    format!("{first}{}", rest.to_ascii_lowercase())
}

fn segment(text: &str, last: bool) -> Result<Segment<'_>, String> {
    let name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !name.is_empty() && name.chars().all(fits)
    };
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return match inner.strip_suffix('+') {
            Some(greedy) if name(greedy) && last => Ok(Segment::Greedy(greedy)),
            Some(greedy) if name(greedy) => Err(format!("`{text}` must be the last segment")),
            None if name(inner) => Ok(Segment::Variable(inner)),
            Some(_) | None => Err(format!("`{text}` is not a variable, such as `{{id}}` or `{{path+}}`")),
        };
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '$' | ':' | '@' | '!' | ',');
    if !text.is_empty() && text.chars().all(fits) {
        Ok(Segment::Literal(text))
    } else if text.is_empty() {
        Err("the path has an empty segment".to_owned())
    } else {
        Err(format!("`{text}` is neither plain text nor a variable such as `{{id}}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read() {
        let key = RouteKey::parse("GET /v1/orders/{id}").unwrap();
        assert_eq!(key.method(), "GET");
        assert_eq!(key.words(), "Get v1 orders By id");
        assert_eq!(key.shape(), "GET /v1/orders/{}");
        assert!(key.has_variable("id") && !key.has_variable("orders"));
        assert_eq!(RouteKey::parse("ANY /").unwrap().words(), "Any Root");
        assert_eq!(RouteKey::parse("ANY /{path+}").unwrap().words(), "Any Below path");
        assert_eq!(RouteKey::parse("$default"), Ok(RouteKey::Default));
    }

    #[test]
    fn wrong_keys_say_what_is_wrong() {
        for (text, wrong) in [
            ("/v1", "a route is a method and a path, such as `POST /v1/orders`, or `$default`"),
            ("post /v1", "the method is `POST`"),
            ("TRACE /v1", "the method is one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
            ("GET v1", "the path starts with `/`"),
            ("GET /v1//x", "the path has an empty segment"),
            ("GET /{path+}/x", "`{path+}` must be the last segment"),
            ("GET /{}", "`{}` is not a variable, such as `{id}` or `{path+}`"),
            ("GET /:id*", "`:id*` is neither plain text nor a variable such as `{id}`"),
            ("GET /{id}/{id}", "the variable `id` stands twice in the path"),
        ] {
            assert_eq!(RouteKey::parse(text), Err(wrong.to_owned()), "{text}");
        }
    }
}

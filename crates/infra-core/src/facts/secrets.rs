//! How secrets of the large services look, whatever they are called.

/// One form of secret: a beginning that nothing else has, and what follows it.
#[derive(Debug)]
pub struct Form {
    /// What it is, as people call it.
    pub name: &'static str,
    /// What it begins with.
    pub start: &'static str,
    /// How many characters follow at least.
    pub least: usize,
    /// Characters that may follow beside letters and digits.
    pub more: &'static str,
}

const fn form(name: &'static str, start: &'static str, least: usize, more: &'static str) -> Form {
    Form { name, start, least, more }
}

/// Forms of secrets, sorted by beginning.
///
/// Source: the pages of the services on their tokens, collected in
/// <https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns> (read 2026-11-30).
pub const FORMS: &[Form] = &[
    form("access key id of AWS", "AKIA", 16, ""),
    form("API key of Google", "AIza", 35, "-_"),
    form("API key of SendGrid", "SG.", 60, "-_."),
    form("access token of Atlassian", "ATATT3x", 60, "-_="),
    form("token of DigitalOcean", "dop_v1_", 60, ""),
    form("token of GitHub", "ghp_", 36, ""),
    form("token of GitHub", "gho_", 36, ""),
    form("token of GitHub", "ghr_", 36, ""),
    form("token of GitHub", "ghs_", 36, ""),
    form("token of GitHub", "ghu_", 36, ""),
    form("token of GitHub", "github_pat_", 60, "_"),
    form("token of GitLab", "glpat-", 20, "-_."),
    form("token of Grafana", "glsa_", 32, "_"),
    form("token of Hugging Face", "hf_", 30, ""),
    form("token of HashiCorp Vault", "hvs.", 24, "-_"),
    form("token of npm", "npm_", 36, ""),
    form("token of PyPI", "pypi-AgE", 50, "-_"),
    form("restricted key of Stripe", "rk_live_", 20, ""),
    form("access token of Shopify", "shpat_", 32, ""),
    form("API key of Anthropic", "sk-ant-", 40, "-_"),
    form("API key of OpenAI", "sk-proj-", 40, "-_"),
    form("secret key of Stripe", "sk_live_", 20, ""),
    form("signing secret of Stripe", "whsec_", 30, "+/="),
    form("app token of Slack", "xapp-", 30, "-"),
    form("token of Slack", "xoxa-", 20, "-"),
    form("token of Slack", "xoxb-", 20, "-"),
    form("token of Slack", "xoxp-", 20, "-"),
    form("token of Slack", "xoxr-", 20, "-"),
    form("token of Slack", "xoxs-", 20, "-"),
];

/// Returns what a text holds that has the form of a secret: a token, a private key or a password in a URL.
pub fn found(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("private key");
    }
    FORMS.iter().find(|form| has(text, form)).map(|form| form.name).or_else(|| url(text))
}

fn has(text: &str, form: &Form) -> bool {
    text.match_indices(form.start).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let rest = text.get(at.saturating_add(form.start.len())..).unwrap_or_default();
        let follows = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || form.more.contains(*c));
        let run: String = follows.collect();
        // Samples of documentation, and what is masked.
        let sample = run.contains("EXAMPLE") || run.chars().all(|c| run.starts_with(c));
        // The id of a key is all in capitals.
        let capitals = form.start != "AKIA" || !run.chars().take(form.least).any(|c| c.is_ascii_lowercase());
        !before.is_some_and(|c| c.is_ascii_alphanumeric()) && run.len() >= form.least && !sample && capitals
    })
}

/// A password between `://user:` and `@`, written out.
fn url(text: &str) -> Option<&'static str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ', '\n', '"']).next()?;
    let (user, password) = authority.rsplit_once('@')?.0.split_once(':')?;
    let marks = ['$', '{', '<', '*', '(', '%'];
    let words = ["password", "pass", "secret", "pwd", "changeme", "user", "username", "xxx", "xxxx", "token"];
    let literal = password.len() >= 6 && !user.is_empty() && !password.contains(marks);
    (literal && !words.contains(&password.to_ascii_lowercase().as_str())).then_some("password in a URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_by_their_form_anywhere_in_a_text() {
        let token = |start: &str, length: usize| format!("{start}{}", "a1B2c3D4e5".repeat(10).get(..length).unwrap());
        assert_eq!(found(&token("ghp_", 36)), Some("token of GitHub"));
        assert_eq!(found(&format!("curl -H 'Authorization: Bearer {}'", token("xoxb-", 24))), Some("token of Slack"));
        assert_eq!(found(&token("sk_live_", 24)), Some("secret key of Stripe"));
        assert_eq!(found(&format!("-----BEGIN RSA {} KEY-----", "PRIVATE")), Some("private key"));
        assert_eq!(found("postgres://orders:k3Xr9-quiet@db.example.com/orders"), Some("password in a URL"));
    }

    #[test]
    fn what_only_looks_alike_is_no_secret() {
        for text in [
            "ghp_short",
            "AKIAIOSFODNN7EXAMPLE",
            "postgres://orders:${PASSWORD}@db.example.com/orders",
            "https://registry.example.com:8443/a@b",
            "https://user:password@example.com",
            "{{resolve:secretsmanager:orders:SecretString:token}}",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert!(FORMS.iter().all(|form| form.start.len() >= 3 && form.least >= 16));
    }
}

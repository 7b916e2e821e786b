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
    form("age key", "AGE-SECRET-KEY-1", 50, ""),
    form("API key of Google", "AIza", 35, "-_"),
    form("access key id of AWS", "AKIA", 16, ""),
    form("access key id of AWS", "ASIA", 16, ""),
    form("access token of Atlassian", "ATATT3x", 60, "-_="),
    form("key of an Azure storage account", "AccountKey=", 80, "+/="),
    form("client secret of Google", "GOCSPX-", 24, "-_"),
    form("token of Heroku", "HRKU-", 36, "-_"),
    form("API key of New Relic", "NRAK-", 27, ""),
    form("API key of Postman", "PMAK-", 50, "-"),
    form("API key of SendGrid", "SG.", 60, "-_."),
    form("shared access key of Azure", "SharedAccessKey=", 40, "+/="),
    form("token of Docker Hub", "dckr_pat_", 27, "-_"),
    form("webhook of Discord", "discord.com/api/webhooks/", 60, "/-_"),
    form("token of DigitalOcean", "dop_v1_", 60, ""),
    form("token of Doppler", "dp.pt.", 40, ""),
    form("JSON web token", "eyJhbGciOi", 60, "-_."),
    form("token of Figma", "figd_", 36, "-_"),
    form("token of GitHub", "gho_", 36, ""),
    form("token of GitHub", "ghp_", 36, ""),
    form("token of GitHub", "ghr_", 36, ""),
    form("token of GitHub", "ghs_", 36, ""),
    form("token of GitHub", "ghu_", 36, ""),
    form("token of GitHub", "github_pat_", 60, "_"),
    form("token of Grafana", "glc_", 32, "+/="),
    form("token of GitLab", "glcbt-", 20, "-_."),
    form("token of GitLab", "gldt-", 20, "-_."),
    form("token of GitLab", "glpat-", 20, "-_."),
    form("token of GitLab", "glptt-", 20, "-_."),
    form("token of GitLab", "glrt-", 20, "-_."),
    form("token of Grafana", "glsa_", 32, "_"),
    form("API key of Groq", "gsk_", 40, ""),
    form("token of Hugging Face", "hf_", 30, ""),
    form("webhook of Slack", "hooks.slack.com/services/T", 30, "/"),
    form("token of HashiCorp Vault", "hvb.", 24, "-_"),
    form("token of HashiCorp Vault", "hvs.", 24, "-_"),
    form("API key of Linear", "lin_api_", 32, ""),
    form("token of Netlify", "nfp_", 36, ""),
    form("token of npm", "npm_", 36, ""),
    form("token of Notion", "ntn_", 40, ""),
    form("webhook of Teams", "outlook.office.com/webhook/", 60, "-@/"),
    form("token of PlanetScale", "pscale_tkn_", 32, "-_."),
    form("token of Pulumi", "pul-", 40, ""),
    form("token of PyPI", "pypi-AgE", 50, "-_"),
    form("restricted key of Stripe", "rk_live_", 20, ""),
    form("restricted key of Stripe", "rk_test_", 20, ""),
    form("API key of RubyGems", "rubygems_", 48, ""),
    form("token of Supabase", "sbp_", 40, ""),
    form("token of Shopify", "shpat_", 32, ""),
    form("token of Shopify", "shpca_", 32, ""),
    form("token of Shopify", "shppa_", 32, ""),
    form("secret of Shopify", "shpss_", 32, ""),
    form("API key of Anthropic", "sk-ant-", 40, "-_"),
    form("API key of OpenRouter", "sk-or-v1-", 60, ""),
    form("API key of OpenAI", "sk-proj-", 40, "-_"),
    form("API key of OpenAI", "sk-svcacct-", 40, "-_"),
    form("secret key of Stripe", "sk_live_", 20, ""),
    form("secret key of Stripe", "sk_test_", 20, ""),
    form("token of Sentry", "sntrys_", 60, "+/=_"),
    form("token of Square", "sq0atp-", 22, "-_"),
    form("secret of Square", "sq0csp-", 43, "-_"),
    form("signing secret of Stripe", "whsec_", 30, "+/="),
    form("API key of xAI", "xai-", 60, ""),
    form("app token of Slack", "xapp-", 30, "-"),
    form("API key of Brevo", "xkeysib-", 60, "-"),
    form("token of Slack", "xoxa-", 20, "-"),
    form("token of Slack", "xoxb-", 20, "-"),
    form("token of Slack", "xoxe-", 20, "-"),
    form("token of Slack", "xoxe.xoxp-", 20, "-"),
    form("token of Slack", "xoxp-", 20, "-"),
    form("token of Slack", "xoxr-", 20, "-"),
    form("token of Slack", "xoxs-", 20, "-"),
];

/// Beginnings that 32 hexadecimal digits in small letters follow, and nothing else.
///
/// Source: as of [`FORMS`].
const HEXADECIMAL: &[(&str, &str)] =
    &[("token of Databricks", "dapi"), ("API key of Mailgun", "key-"), ("API key of Twilio", "SK")];

/// Returns what a text holds that has the form of a secret: a token, a private key, or a password in a URL or among the
/// settings of a connection.
pub fn found(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && (text.contains("PRIVATE KEY-----") || text.contains("PRIVATE KEY BLOCK-----")) {
        return Some("private key");
    }
    let tokens = FORMS.iter().find(|form| has(text, form)).map(|form| form.name);
    tokens.or_else(|| hexadecimal(text)).or_else(|| url(text)).or_else(|| settings(text))
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
        let is_key_id = form.start == "AKIA" || form.start == "ASIA";
        let capitals = !is_key_id || !run.chars().take(form.least).any(|c| c.is_ascii_lowercase());
        !before.is_some_and(|c| c.is_ascii_alphanumeric()) && run.len() >= form.least && !sample && capitals
    })
}

fn hexadecimal(text: &str) -> Option<&'static str> {
    let is_there = |start: &str| {
        text.match_indices(start).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let rest = text.get(at.saturating_add(start.len())..).unwrap_or_default();
            let run: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            let digits = run.len() == 32 && run.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
            digits
                && !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-')
                && !run.chars().all(|c| run.starts_with(c))
        })
    };
    HEXADECIMAL.iter().find(|(_, start)| is_there(start)).map(|(name, _)| *name)
}

/// A password between `://user:` and `@`, written out.
fn url(text: &str) -> Option<&'static str> {
    let written = |(at, _): (usize, &str)| {
        let rest = text.get(at.saturating_add(3)..)?;
        let authority = rest.split(['/', '?', '#', ' ', '\n', '"']).next()?;
        let (user, password) = authority.rsplit_once('@')?.0.split_once(':')?;
        (!user.is_empty()).then_some(password)
    };
    let mut found = text.match_indices("://").filter_map(written);
    found.any(is_password).then_some("password in a URL")
}

/// A password among settings such as `Server=…;User Id=…;Password=…`.
fn settings(text: &str) -> Option<&'static str> {
    let parts = || text.split(';').filter_map(|part| part.split_once('='));
    let is = |key: &str, names: &[&str]| names.iter().any(|name| key.trim().eq_ignore_ascii_case(name));
    let to = parts().any(|(key, _)| is(key, &["server", "host", "data source", "address"]));
    let password = parts().find(|(key, _)| is(key, &["password", "pwd"])).map(|(_, value)| value.trim());
    (to && password.is_some_and(is_password)).then_some("password of a connection")
}

/// Whether a text is a password, not a word in its place.
fn is_password(text: &str) -> bool {
    let marks = ["$", "{", "<", "*", "(", "%s", "%(", "..."];
    let words = ["password", "pass", "secret", "pwd", "changeme", "user", "username", "xxx", "xxxx", "token"];
    text.len() >= 6
        && !marks.iter().any(|mark| text.contains(mark))
        && !words.contains(&text.to_ascii_lowercase().as_str())
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
        assert_eq!(
            found("see https://example.com, then amqps://a:k3Xr9%40quiet@mq.example.com"),
            Some("password in a URL")
        );
        let connection = "Server=db.example.com;User Id=shop;Password=k3Xr9-quiet;";
        assert_eq!(found(connection), Some("password of a connection"));
        let digits = "0123456789abcdef".repeat(2);
        assert_eq!(found(&format!("SK{digits}")), Some("API key of Twilio"));
        assert_eq!(found(&format!("TASK{digits}")), None);
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
        assert!(FORMS.is_sorted_by_key(|form| form.start));
        assert!(FORMS.iter().all(|form| form.start.len() >= 3 && form.least >= 16));
    }
}

//! `infra init`: a project to begin with, checked before it is handed over.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::ValueEnum;

use super::{check, id};
use crate::cli::{Exit, Global};
use crate::files::{PROJECT_FILE, Unwritten, replace_file, shown};
use crate::names::{AccountId, DomainName, HostedZoneId, Name, ProjectId, Region};
use crate::{output, schema};

/// Make a new project from a template and check it. Needs no AWS account and opens no connection.
///
/// What is not given is asked for, if there is a terminal to ask at. Nothing that is there is overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the new project; this one if not given.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What to begin with.
    #[arg(long, short, value_name = "TEMPLATE")]
    template: Option<Template>,
    /// Name of the project, which starts the name of every stack; that of the folder if not given.
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// The AWS account of the first environment, such as 111122223333.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<AccountId>,
    /// The region of the first environment, such as eu-west-1.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// The domain under which the names of the first environment live, such as dev.example.com.
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DomainName>,
    /// Id of the hosted zone of exactly that domain, such as Z0123456789ABCDEFGHIJ; without it, a stack makes the zone.
    #[arg(long, value_name = "ID")]
    zone: Option<HostedZoneId>,
}

/// What a project begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Template {
    /// One queue: the smallest project.
    #[default]
    Minimal,
    /// A static web site behind CloudFront, with its certificate and records.
    Site,
    /// An HTTP API with users who sign in, and a queue behind it.
    Api,
    /// A topic, a queue for each consumer, and alarms.
    Events,
    /// The whole reference platform of the orders shop, with a cluster and databases.
    Orders,
}

/// Files of a template by their paths in the project.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($path:literal)+) => { &[$(($path, include_str!(concat!("../../", $folder, $path)))),+] };
}

impl Template {
    fn files(self) -> Files {
        match self {
            Self::Minimal => files!("templates/minimal/": "stacks/main.yaml"),
            Self::Site => files!("templates/site/": "stacks/dns.yaml" "stacks/site.yaml"),
            Self::Api => files!("templates/api/": "stacks/api.yaml" "stacks/dns.yaml"),
            Self::Events => files!("templates/events/": "stacks/messaging.yaml" "stacks/monitoring.yaml"),
            Self::Orders => files!("": "overlays/dev.yaml" "stacks/api.yaml" "stacks/cluster.yaml" "stacks/data.yaml"
                "stacks/dns.yaml" "stacks/edge.yaml" "stacks/messaging.yaml" "stacks/monitoring.yaml"
                "stacks/network.yaml" "stacks/oncall.yaml" "stacks/workloads.yaml"),
        }
    }

    /// Whether its stacks need the address that alarms go to.
    fn alarms(self) -> bool {
        self.files().iter().any(|(_, text)| text.contains("${env.alarms-email}"))
    }
}

/// What `infra.yaml` says.
struct Answers {
    template: Template,
    name: Name,
    account: AccountId,
    region: Region,
    domain: DomainName,
}

/// Where schemas for editors are, in a project.
const SCHEMAS: &str = ".infra/schema";
/// What version control leaves alone: output, and what runs leave on this machine.
const IGNORED: [&str; 3] = ["/infra.out/", "/.infra/*", "!/.infra/schema/"];
/// Most times that a question is asked.
const ATTEMPTS: usize = 3;

/// Writes the files, checks them and says how to go on.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let folder = args.folder.clone().or_else(|| global.project.clone()).unwrap_or_else(|| PathBuf::from("."));
    if folder.join(PROJECT_FILE).exists() {
        bail!("{} has an {PROJECT_FILE} already; name another folder, as in `infra init DIR`", shown(&folder));
    }
    let answers = answers(args, &folder, output::can_ask().then_some(&mut |question: &str| output::ask(question)))?;
    if args.zone.is_some() && !answers.template.files().iter().any(|(_, text)| has_zone(text)) {
        bail!("this template has no hosted zone: leave `--zone` out, or begin with `--template site`");
    }
    let files = files(&answers, args.zone.as_ref(), &id::random()?);
    write(&folder, &files)?;
    output::note(&format!("{} written in {}\n", output::count(files.len(), "file"), shown(&folder)))?;
    let exit = check::project(&folder)?;
    if exit == Exit::Done {
        output::result(&next(&folder, &answers))?;
    }
    Ok(exit)
}

/// What was given, and the answers to questions for the rest, if somebody can be asked.
fn answers(
    args: &Args,
    folder: &Path,
    mut ask: Option<&mut dyn FnMut(&str) -> anyhow::Result<String>>,
) -> anyhow::Result<Answers> {
    let name = args.name.clone().or_else(|| name_of(folder));
    if ask.is_none() {
        let missing = [
            (name.is_none(), "--name NAME"),
            (args.account.is_none(), "--account 111122223333"),
            (args.region.is_none(), "--region eu-west-1"),
            (args.domain.is_none(), "--domain dev.example.com"),
        ];
        let missing: Vec<&str> = missing.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
        if !missing.is_empty() {
            bail!("there is no terminal to ask at: add {}", missing.join(" "));
        }
    }
    let template = match (args.template, &mut ask) {
        (Some(template), _) => template,
        (None, None) => Template::default(),
        (None, Some(ask)) => {
            let known = Template::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let list = known.map(|it| format!("  {:8}  {}\n", it.get_name(), it.get_help().unwrap_or_default()));
            let read = |text: &str| <Template as ValueEnum>::from_str(text, true);
            answer(*ask, &format!("{}Template", list.collect::<String>()), Some("minimal"), read)?
        }
    };
    // What is missing is asked for; without a terminal nothing is missing here.
    let ask = &mut |question: &str| match &mut ask {
        Some(ask) => ask(question),
        None => Ok(String::new()),
    };
    let region = std::env::var("AWS_REGION").ok().filter(|text| text.parse::<Region>().is_ok());
    Ok(Answers {
        template,
        name: given_or(ask, name, "Name of the project", None)?,
        account: given_or(ask, args.account.clone(), "AWS account, 12 digits", None)?,
        region: given_or(ask, args.region, "Region", Some(region.as_deref().unwrap_or("eu-west-1")))?,
        domain: given_or(ask, args.domain.clone(), "Domain of the environment", Some("dev.example.com"))?,
    })
}

fn given_or<T: FromStr<Err: Display>>(
    ask: &mut dyn FnMut(&str) -> anyhow::Result<String>,
    given: Option<T>,
    question: &str,
    default: Option<&str>,
) -> anyhow::Result<T> {
    match given {
        Some(given) => Ok(given),
        None => answer(ask, question, default, |text| text.parse()),
    }
}

/// Asks until the answer can be read; an empty one takes the default.
fn answer<T, E: Display>(
    ask: &mut dyn FnMut(&str) -> anyhow::Result<String>,
    question: &str,
    default: Option<&str>,
    read: impl Fn(&str) -> Result<T, E>,
) -> anyhow::Result<T> {
    let prompt = default.map_or_else(|| format!("{question}: "), |default| format!("{question} [{default}]: "));
    let mut why = String::new();
    for _ in 0..ATTEMPTS {
        let line = ask(&format!("{why}{prompt}"))?;
        let text = if line.is_empty() { default.unwrap_or_default() } else { &line };
        match read(text) {
            Ok(answer) => return Ok(answer),
            Err(error) => why = format!("{error}\n"),
        }
    }
    bail!("{}; nothing was written", why.trim_end());
}

/// The name of a folder as that of a project, if it can be one.
fn name_of(folder: &Path) -> Option<Name> {
    let folder = std::path::absolute(folder).ok()?;
    let text = folder.components().next_back()?.as_os_str().to_string_lossy().to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').parse().ok()
}

/// Every file of the project, by its path.
fn files(answers: &Answers, zone: Option<&HostedZoneId>, id: &ProjectId) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([(PROJECT_FILE.to_owned(), project_file(answers, id))]);
    for (path, text) in answers.template.files() {
        files.insert((*path).to_owned(), template_file(text, zone));
    }
    let overlay = ("overlay", schema::overlay as fn() -> serde_json::Value);
    let schemas = [("project", schema::project as fn() -> serde_json::Value), ("stack", schema::stack), overlay];
    for (name, schema) in schemas {
        let file = format!("{name}.schema.json");
        if files.values().any(|text| text.contains(&format!("{SCHEMAS}/{file}"))) {
            files.insert(format!("{SCHEMAS}/{file}"), format!("{:#}\n", schema()));
        }
    }
    files
}

fn project_file(answers: &Answers, id: &ProjectId) -> String {
    let Answers { template, name, account, region, domain } = answers;
    let overlays = if *template == Template::Orders { "    overlays: [overlays/dev.yaml]\n" } else { "" };
    let alarms = if template.alarms() {
        format!(
            "    # Values of its own; `${{env.alarms-email}}` in stack files.\n    variables: {{ alarms-email: alarms@{domain} }}\n"
        )
    } else {
        String::new()
    };
    format!(
        "# yaml-language-server: $schema={SCHEMAS}/project.schema.json\n\
         # The project and its environments; the stacks are in stacks/, one file each.\n\
         project: {name}\n\
         # By it what this project makes is told from what others made: commit it, and never change it.\n\
         id: {id}\n\
         environments:\n\
         \x20 dev:\n\
         \x20   account: \"{account}\"\n\
         \x20   region: {region}\n\
         \x20   # `${{env.domain}}` in stack files.\n\
         \x20   domain: {domain}\n\
         {overlays}{alarms}\
         # Another environment has other values here, and overlays for what else is different:\n\
         # prod: {{ account: …, region: …, domain: …, protected: true, overlays: [overlays/prod.yaml] }}\n"
    )
}

/// A file of a template, with the schemas of the project and the zone that is there.
fn template_file(text: &str, zone: Option<&HostedZoneId>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let modeline = line.strip_prefix("# yaml-language-server: $schema=");
        if let Some(name) = modeline.and_then(|path| path.rsplit('/').next()) {
            let _ = writeln!(out, "# yaml-language-server: $schema=../{SCHEMAS}/{name}");
            continue;
        }
        let _ = match zone {
            Some(_) if line.trim_start().starts_with("# existing: ") => Ok(()),
            Some(zone) if has_zone(text) && line == "    domain: ${env.domain}" => {
                writeln!(out, "{line}\n    existing: {zone}")
            }
            Some(_) | None => writeln!(out, "{line}"),
        };
    }
    out
}

fn has_zone(text: &str) -> bool {
    text.lines().any(|line| line == "hosted-zones:")
}

/// Writes all files, or none if one is there already; lines of a `.gitignore` that is there are kept.
fn write(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    if let Some(there) = files.keys().find(|path| folder.join(path).exists()) {
        bail!("{} is there already; nothing was written: name an empty folder", shown(&folder.join(there)));
    }
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Unwritten::new(parent, error))?;
        }
        replace_file(&path, text.as_bytes())?;
    }
    let path = folder.join(".gitignore");
    let mut text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", shown(&path))),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in IGNORED {
        if !text.lines().any(|there| there == line) {
            let _ = writeln!(text, "{line}");
        }
    }
    replace_file(&path, text.as_bytes())
}

/// The next three commands.
fn next(folder: &Path, answers: &Answers) -> String {
    let here = if folder == Path::new(".") { String::new() } else { format!(" -C {}", shown(folder)) };
    let rows = [
        (format!("infra{here} synth"), "compiles it to infra.out/dev, offline".to_owned()),
        (format!("infra{here} diff"), format!("compares it with account {}; needs credentials", answers.account)),
        (format!("infra{here} apply"), "shows the same, asks, and deploys it".to_owned()),
    ];
    let width = rows.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let rows = rows.iter().map(|(command, does)| format!("  {command:width$}  # {does}\n"));
    format!("\nNext:\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Args {
        Args { folder: None, template: None, name: None, account: None, region: None, domain: None, zone: None }
    }

    #[test]
    fn a_folder_gives_the_project_its_name() {
        let name = |folder: &str| name_of(Path::new(folder)).map(|name| name.to_string());
        assert_eq!(name("shops/My Shop_2").as_deref(), Some("my-shop-2"));
        assert_eq!(name("shops/2026-shop").as_deref(), Some("shop"));
        assert_eq!(name("/"), None);
    }

    /// The answers to these lines, and the last line of each question.
    fn asked(lines: &[&str]) -> (anyhow::Result<Answers>, Vec<String>) {
        let mut questions = Vec::new();
        let mut lines = lines.iter();
        let mut ask = |question: &str| {
            questions.push(question.lines().last().unwrap_or_default().to_owned());
            Ok(lines.next().copied().unwrap_or_default().to_owned())
        };
        let answers = answers(&args(), Path::new("/shop"), Some(&mut ask));
        (answers, questions)
    }

    #[test]
    fn what_is_not_given_is_asked_for_until_it_can_be_read() {
        let (answers, questions) = asked(&["site", "12", "111122223333", "eu-central-1", ""]);
        let answers = answers.expect("all is answered");
        assert_eq!((answers.template, answers.name.as_str()), (Template::Site, "shop"));
        assert_eq!((answers.region.as_str(), answers.domain.as_str()), ("eu-central-1", "dev.example.com"));
        let account = "AWS account, 12 digits: ";
        assert_eq!(questions.get(..3), Some(["Template [minimal]: ", account, account].map(str::to_owned).as_slice()));
    }

    #[test]
    fn nobody_is_asked_for_ever_and_without_a_terminal_not_at_all() {
        let (answers, questions) = asked(&[]);
        assert!(answers.is_err_and(|error| error.to_string().ends_with("nothing was written")));
        assert_eq!(questions.len(), 1 + ATTEMPTS);
        let error = super::answers(&args(), Path::new("/"), None).err().map(|error| error.to_string());
        let wanted = "there is no terminal to ask at: add --name NAME --account 111122223333 --region eu-west-1 \
                      --domain dev.example.com";
        assert_eq!(error.as_deref(), Some(wanted));
    }
}

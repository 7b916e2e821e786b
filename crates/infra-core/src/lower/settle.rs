//! Fills what can be known of the documents outside CloudFormation; the rest stands as placeholders.

use std::collections::{BTreeMap, BTreeSet};

use super::{Artifacts, link};
use crate::artifacts::Place;
use crate::artifacts::{Expr, Handle, Output, Pseudo, Template, TypedValues, settle as settle_expr};
use crate::resolve::Resolved;

/// Replaces handles in batches, Kubernetes objects and web files by `${output:<stack>@<region>:<key>}`.
pub(super) fn settle(world: &Resolved, out: &mut Artifacts) {
    let home = Place { stack: 0, edge: false };
    let mut settler = Settler { world, home, templates: &mut out.templates, needs: &mut out.needs };
    for (entry, zone) in &mut out.zones {
        let path = zone_path(&zone.domain, zone.private);
        settler.home.stack = entry.stack;
        settler.expr(&path, &mut zone.id);
        for (record, entry) in &mut zone.records {
            settler.home.stack = entry.stack;
            match &mut record.values {
                TypedValues::Plain { values, .. } => values.iter_mut().for_each(|value| settler.expr(&path, value)),
                TypedValues::Alias { dns_name, zone_id, .. } => {
                    settler.expr(&path, dns_name);
                    settler.expr(&path, zone_id);
                }
            }
            if let Some(check) = &mut record.health_check {
                settler.expr(&path, check);
            }
        }
    }
    for (file, objects) in &mut out.objects {
        let path = object_path(file);
        for (object, entry) in objects {
            settler.home.stack = entry.stack;
            settler.expr(&path, object);
        }
    }
    for task in &mut out.owners {
        settler.home.stack = task.by.stack;
        settler.expr(MANIFEST, &mut task.target);
        settler.expr(MANIFEST, &mut task.policy);
    }
    for ((site, file), (content, entry)) in &mut out.web {
        settler.home.stack = entry.stack;
        settler.expr(&format!("web/{site}/{file}"), content);
    }
}

/// Path of the manifest, which has the tasks of owners.
const MANIFEST: &str = "manifest.json";

/// Path of the batch of a zone.
pub(crate) fn zone_path(domain: &crate::names::DomainName, private: bool) -> String {
    let suffix = if private { ".private" } else { "" };
    // The slash in the name of a reverse zone would be a folder.
    format!("dns/{}{suffix}.change-batch.json", domain.as_str().replace('/', "_"))
}

/// Path of a file of Kubernetes objects.
pub(crate) fn object_path(file: &super::ObjectFile) -> String {
    let namespace = if file.namespace.is_empty() { "_cluster" } else { &file.namespace };
    format!("kubernetes/{}/{namespace}/{}.yaml", file.cluster, file.file)
}

struct Settler<'a> {
    world: &'a Resolved,
    /// The template of the entry that made the document.
    home: Place,
    templates: &'a mut BTreeMap<Place, Template>,
    needs: &'a mut BTreeMap<String, BTreeSet<(Place, String)>>,
}

impl Settler<'_> {
    fn expr(&mut self, path: &str, expr: &mut Expr) {
        expr.walk_mut(&mut |value| {
            if let Some((index, separator, whole)) = value.as_part() {
                *value = self.part(path, index, (separator, whole));
            }
            if let Some((name, region)) = value.as_ssm_parameter() {
                let (place, key) = self.ssm_parameter(name, region);
                *value = self.needed(path, place, key);
            }
        });
        let Self { world, templates, needs, .. } = self;
        let environment = world.environment();
        let pseudo = |name: Pseudo| match name {
            Pseudo::AccountId => environment.account.to_string(),
            Pseudo::Partition => environment.region.partition().as_str().to_owned(),
            Pseudo::Region => environment.region.to_string(),
            Pseudo::NotificationArns | Pseudo::StackId | Pseudo::StackName => String::new(),
            Pseudo::UrlSuffix => environment.region.partition().dns_suffix().to_owned(),
        };
        let mut output = |handle: &Handle, attribute: Option<&str>| {
            let key = link::export(templates, handle, attribute);
            let place = handle.place;
            let text = format!("${{output:{}@{}:{key}}}", world.stack_name(place), world.region(place));
            needs.entry(path.to_owned()).or_default().insert((place, key));
            text
        };
        settle_expr(expr, &mut output, &pseudo);
    }

    /// What a parameter of SSM holds is an output of a template of its region: that of the entry itself, or, where it makes
    /// nothing, the first that makes something.
    fn ssm_parameter(&mut self, name: &str, region: &str) -> (Place, String) {
        let fits = |place: &Place, template: &Template| {
            self.world.region(*place).to_string() == region && !template.resources.is_empty()
        };
        let own = self.templates.get(&self.home).filter(|template| fits(&self.home, template)).map(|_| self.home);
        let other = || self.templates.iter().find(|(place, template)| fits(place, template)).map(|(place, _)| *place);
        let place = own.or_else(other).unwrap_or(self.home);
        let template = self.templates.entry(place).or_default();
        let key = link::ssm_parameter(name, &mut template.parameters);
        let (description, value) = (format!("Parameter {name} of SSM"), Expr::Parameter(key.clone()));
        template.outputs.insert(key.clone(), Output { description, value, export: None });
        (place, key)
    }

    /// A part of a value that only a stack knows is an output beside that of the value.
    fn part(&mut self, path: &str, index: usize, (separator, whole): (&str, &Expr)) -> Expr {
        let (place, key) = match (whole.as_ssm_parameter(), whole.target()) {
            (Some((name, region)), _) => self.ssm_parameter(name, region),
            (None, Some((handle, attribute))) => (handle.place, link::export(self.templates, handle, attribute)),
            (None, None) => return whole.clone(),
        };
        let outputs = &mut self.templates.entry(place).or_default().outputs;
        let whole = outputs.get(&key).map_or(Expr::Absent, |output| output.value.clone());
        let part = format!("{key}Part{index}");
        let description = format!("Part {index} of {key}, parted by `{separator}`");
        let value = Expr::part(index, separator, whole);
        outputs.insert(part.clone(), Output { description, value, export: None });
        self.needed(path, place, part)
    }

    /// Writes the placeholder of an output into a document.
    fn needed(&mut self, path: &str, place: Place, key: String) -> Expr {
        let text = format!("${{output:{}@{}:{key}}}", self.world.stack_name(place), self.world.region(place));
        self.needs.entry(path.to_owned()).or_default().insert((place, key));
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, json};

    #[test]
    fn a_value_of_another_document_is_a_placeholder_for_an_output() {
        let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
health-checks: { a: { check: { endpoint: { host: eu.example.com } } } }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] }, health-check: a } }
";
        let assembly = compile(yaml);
        let batch = json(&assembly, "dns/dev.example.com.change-batch.json");
        let check = &batch["Changes"][0]["ResourceRecordSet"]["HealthCheckId"];
        assert_eq!(check, "${output:shop-dev-example@eu-west-1:HealthCheckAHealthCheckId}");
        let outputs = &json(&assembly, "stacks/example.eu-west-1.template.json")["Outputs"];
        assert_snapshot!(outputs, @r#"{"HealthCheckAHealthCheckId":{"Description":"HealthCheckId of HealthCheckA","Value":{"Fn::GetAtt":["HealthCheckA","HealthCheckId"]}}}"#);
    }

    #[test]
    fn the_id_of_a_zone_of_our_own_is_a_placeholder() {
        let yaml = "
hosted-zones: { main: { domain: '${env.domain}' } }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }
";
        let manifest = json(&compile(yaml), "manifest.json");
        assert_eq!(manifest["zones"][0]["id"], "${output:shop-dev-example@eu-west-1:ZoneMainRef}");
    }

    #[test]
    fn parts_of_text_are_put_together() {
        let yaml = "
web-sites: { app: { config-from: { apiUrl: { http-api: shop } } } }
http-apis: { shop: { routes: { GET /a: { to: { http: { url: 'https://a.example.net' } } } } } }
";
        let config = json(&compile(yaml), "web/app/config.json");
        let url = "https://${output:shop-dev-example@eu-west-1:ApiShopRef}.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(config["apiUrl"], url);
    }
}

//! `kubernetes/unwritten-secret-file`: provider classes copy files that they write.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/unwritten-secret-file",
    code: "K8S-037",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "provider class copies a file that none of its objects writes",
    why: "the driver copies what a file holds, and the file is named by `objectAlias`, else by the name of the object, with `_` where \
          that has a slash",
    error: Some("file matching objectName not found in the pod"),
    sources: &[
        "https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret",
        "https://github.com/aws/secrets-store-csi-driver-provider-aws",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: { name: orders, namespace: shop }
spec:
  provider: aws
  parameters:
    objects: |
      - objectName: shop/orders
        objectType: secretsmanager
        objectAlias: token
  secretObjects:
    - secretName: orders
      type: Opaque
      data:
        - key: api-token
          objectName: api-token
#                     ^
"#,
    good: &[(
        r#"objectName: api-token
"#,
        r#"objectName: token
"#,
    )],
    check: Check::Objects(&["SecretProviderClass"], check),
};

fn check(cx: &mut Cx<'_>, class: Object<'_>) {
    let Some(files) = class.provider_files() else { return };
    for data in class.each("spec.secretObjects").flat_map(|secret| secret.each("data").collect::<Vec<_>>()) {
        let Some(place) = data.key("objectName") else { continue };
        let Some(name) = place.text().filter(|name| !files.iter().any(|file| file == name.trim())) else { continue };
        let title = format!(
            "SecretProviderClass `{}` copies the file `{name}`, which none of its objects writes",
            class.name()
        );
        let written: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        let near = crate::diag::suggest(&name, files.iter().map(String::as_str));
        let help =
            near.map_or_else(|| format!("write one of {}", written.join(", ")), |near| format!("write `{near}`"));
        let finding = place.finding(title, "no such file").help(help);
        cx.report(match class.get("spec.parameters.objects") {
            Some(objects) => finding.also(objects.at(), format!("writes {}", written.join(", "))),
            None => finding,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn files_are_named_by_alias_path_or_object() {
        let of = |objects: &str, file: &str| {
            let text = RULE.bad_example().replace("objectName: api-token", &format!("objectName: {file}"));
            let start = text.find("    objects: |").unwrap();
            let end = text.find("  secretObjects:").unwrap();
            let text = text.replace(&text[start..end], &format!("    objects: '{objects}'\n"));
            of_rule(&RULE, &text).len()
        };
        let plain = r#"[{ "objectName": "shop/orders", "objectType": "secretsmanager" }]"#;
        assert_eq!((of(plain, "shop_orders"), of(plain, "orders")), (0, 1));
        let parts = r#"[{ "objectName": "orders", "jmesPath": [{ "path": "a", "objectAlias": "token" }] }]"#;
        assert_eq!((of(parts, "token"), of(parts, "orders"), of(parts, "a")), (0, 0, 1));
        // What is no list is not known.
        assert_eq!(of("${OBJECTS}", "a"), 0);
    }
}

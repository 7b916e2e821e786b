//! What programs are started with.

use std::fs;
use std::path::Path;

use order_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_deployment_is_started_with_what_its_manifest_says() {
    let world = World::start().await;
    let deployments = world.platform.objects("Deployment").map(|object| {
        let name = object["metadata"]["name"].as_str().expect("a name");
        (name.to_owned(), object["spec"]["template"]["spec"]["containers"][0]["env"].clone())
    });
    let deployments: Vec<_> = deployments.collect();
    assert_eq!(deployments.len(), 6);
    for (name, written) in deployments {
        let environment = world.environment(&name, &[("EXTRA", "1")]).await;
        let variables = &environment.variables;
        assert_eq!(variables["EXTRA"], "1");
        for (variable, value) in variables {
            assert!(!value.contains("${") && !value.starts_with("/mnt"), "{name}: {variable}={value}");
        }
        for variable in written.as_array().expect("a list") {
            let variable = variable["name"].as_str().expect("a name");
            assert!(variables.contains_key(variable), "{name} has no {variable}");
        }
        let more = ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let more = more.into_iter().chain(["DB_CA_FILE", "EXTRA", "PATH", "SSL_CERT_FILE"]);
        let expected = written.as_array().map_or(0, Vec::len) + more.count();
        let without_database = usize::from(!variables.contains_key("DB_HOST"));
        assert_eq!(variables.len(), expected - without_database, "{name}: nothing else");
        for (variable, path) in variables.iter().filter(|(variable, _)| variable.ends_with("_FILE")) {
            assert!(Path::new(path).is_file(), "{name}: {variable}={path}");
        }
        if let Some(password) = variables.get("DB_PASSWORD_FILE") {
            assert_eq!(fs::read_to_string(password).expect("a file"), world.postgres.password());
        }
        let health: u16 = variables["HEALTH_PORT"].parse().expect("a port");
        assert!(environment.ports.values().any(|port| *port == health), "{name}");
        let expected = if name == "order-service" { "order-service" } else { "order-worker" };
        assert_eq!(environment.binary, expected);
        assert!(!environment.grace().is_zero() && !environment.start_time().is_zero());
    }
    let token = world.secrets.value("payment-provider", "api-token").expect("the provider has a token");
    let payment = world.environment("payment", &[]).await;
    let file = &payment.variables["PAYMENT_PROVIDER_API_TOKEN_FILE"];
    assert_eq!(fs::read_to_string(file).expect("a file"), token);
}

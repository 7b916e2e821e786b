//! What programs are started with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use order_tests::World;
use order_tests::program::{Ended, Program};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn every_deployment_is_started_with_what_its_manifest_says() {
    let world = World::start().await;
    assert_eq!(world.deployments().len(), 6);
    for name in world.deployments() {
        let pod = &world.platform.object("Deployment", &name)["spec"]["template"]["spec"];
        let written = &pod["containers"][0]["env"];
        let environment = world.environment(&name, &[("EXTRA", "1")]).await;
        let variables = &environment.variables;
        assert_eq!(variables["EXTRA"], "1");
        for (variable, value) in variables {
            assert!(!value.contains("${") && !value.starts_with("/mnt"), "{name}: {variable}={value}");
        }
        for variable in written.as_array().expect("a list") {
            if variable["name"] == "OIDC_ISSUER" {
                let pool = world.platform.output("api", "UserPoolCustomersRef");
                let issuer = world.platform.resolve(variable["value"].as_str().expect("a value"));
                assert_eq!(issuer, format!("https://cognito-idp.eu-west-1.amazonaws.com/{pool}"), "{name}");
            }
            let variable = variable["name"].as_str().expect("a name");
            assert!(variables.contains_key(variable), "{name} has no {variable}");
        }
        let more = ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let more = more.into_iter().chain(["EXTRA", "PATH", "SSL_CERT_FILE"]);
        let expected = written.as_array().map_or(0, Vec::len) + more.count();
        assert_eq!(variables.len(), expected, "{name}: nothing else");
        for (variable, path) in variables.iter().filter(|(variable, _)| variable.ends_with("_FILE")) {
            assert!(Path::new(path).is_file(), "{name}: {variable}={path}");
        }
        if let Some(password) = variables.get("DB_PASSWORD_FILE") {
            let user = fs::read_to_string(&variables["DB_USERNAME_FILE"]).expect("a file");
            let password = fs::read_to_string(password).expect("a file");
            assert_eq!(world.secrets.login(&user), Some((&*user, &*password)), "{name}");
            assert_ne!(password, world.postgres.password(), "{name} is not the master user");
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

/// A service that is ready at once, says what it is asked, and ends as it should.
const SERVICE: &str = r#"
import http.server, json, os, signal

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(json.dumps({"requestId": self.headers.get("x-request-id", ""), "path": self.path}), flush=True)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

def end(*_):
    print(json.dumps({"message": "drained"}), flush=True)
    os._exit(0)

signal.signal(signal.SIGTERM, end)
print("not JSON", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_ready_serves_drains_and_is_killed() {
    let world = World::start().await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = folder.path().join("service");
    let python = order_tests::process::root().join("target/emulator/bin/python");
    fs::write(&script, format!("#!{}\n{SERVICE}", python.display())).expect("the script can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("the script is ours");
    let start = async || {
        let mut environment = world.environment("order-service", &[]).await;
        environment.binary = script.to_string_lossy().into_owned();
        let mut program = Program::start(environment, &world.log);
        program.ready().await;
        world.gateway.add_backend("order-service", program.address("http"));
        program
    };
    let mut program = start().await;
    assert!(program.runs() && program.is_alive().await && program.memory() > 0);
    let customer = world.customer("user-1");
    let ask = async || {
        let request = world.request(Method::GET, "/v1/orders").bearer_auth(&customer.token);
        request.header("x-request-id", "r-1").send().await.expect("the gateway answers").status().as_u16()
    };
    assert_eq!(ask().await, 200);
    let second = start().await;
    assert_ne!(program.address("http"), second.address("http"));
    assert_eq!((ask().await, ask().await), (200, 200));
    let seen: Vec<u32> = world.log.of_request("r-1").iter().map(|line| line.process).collect();
    assert!(seen.contains(&program.id()) && seen.contains(&second.id()), "they take turns: {seen:?}");
    assert_eq!(world.log.malformed().len(), 2);

    world.kill(second);
    let Ended::InTime(status) = world.terminate(program).await else { panic!("it ends in time") };
    assert!(status.success());
    let drained = async || world.log.of("order-service").iter().any(|line| line.get("message") == Some("drained"));
    world.until("the program says that it drained", std::time::Duration::from_secs(10), drained).await;
    assert_eq!(ask().await, 503);
}

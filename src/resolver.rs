//! What the public DNS says of a zone: whether it is delegated, and whether Amazon may issue certificates in it.
//!
//! The only room that names the resolver. Nothing is decided by it: it explains what a certificate waits for.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RecordType;

/// Names under which Amazon issues certificates.
///
/// Source: <https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html> (read 2026-11-25).
const AMAZON: [&str; 4] = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

/// The resolver of this machine.
pub(crate) struct Public {
    resolver: TokioResolver,
}

impl Public {
    /// Reads the machine's settings; nothing if it has none.
    pub(crate) fn of_this_machine() -> Option<Self> {
        let resolver = TokioResolver::builder_tokio().ok()?.build().ok()?;
        Some(Self { resolver })
    }

    /// Says whether a zone is delegated to the name servers that it has, and whether a name in it is kept from Amazon.
    pub(crate) async fn explain(&self, zone: &str, servers: &[String], name: &str) -> String {
        let delegation = match self.delegated_to(zone, servers).await {
            Err(error) => format!("whether {zone} is delegated is not known: {error}"),
            Ok(None) => format!("{zone} is delegated to its name servers"),
            Ok(Some(found)) => format!("{zone} is delegated to {found} and must be to {}", servers.join(", ")),
        };
        let caa = match self.keeps_amazon_out(name).await {
            Err(error) => format!("whether CAA records keep Amazon out is not known: {error}"),
            Ok(None) => "no CAA record keeps Amazon out".to_owned(),
            Ok(Some(at)) => format!("the CAA records of {at} keep Amazon out: add 0 issue \"{}\"", AMAZON[0]),
        };
        format!("{delegation}; {caa}")
    }

    /// To whom a zone is delegated, if not to these name servers.
    pub(crate) async fn delegated_to(&self, zone: &str, servers: &[String]) -> Result<Option<String>, String> {
        let found = self.texts(zone, RecordType::NS).await?;
        let ours = servers.iter().any(|server| found.contains(&plain(server)));
        let others = if found.is_empty() { "nobody".to_owned() } else { found.join(", ") };
        Ok((!ours).then_some(others))
    }

    /// The name whose CAA records keep Amazon out, if there are such: the nearest that has any decides.
    ///
    /// Source: RFC 8659 sections 3 and 4 (from memory).
    pub(crate) async fn keeps_amazon_out(&self, name: &str) -> Result<Option<String>, String> {
        let wild = name.starts_with("*.");
        let mut at = plain(name.trim_start_matches("*."));
        while at.contains('.') {
            let records = self.texts(&at, RecordType::CAA).await?;
            if !records.is_empty() {
                let named =
                    |tag: &str| records.iter().filter(|it| it.contains(&format!(" {tag} "))).collect::<Vec<_>>();
                let (issue, issuewild) = (named("issue"), named("issuewild"));
                let decides = if wild && !issuewild.is_empty() { issuewild } else { issue };
                let admits = |record: &&String| AMAZON.iter().any(|amazon| record.contains(&format!("\"{amazon}")));
                let free = decides.is_empty() || decides.iter().any(admits);
                return Ok((!free).then_some(at));
            }
            at = at.split_once('.').map(|(_, parent)| parent.to_owned()).unwrap_or_default();
        }
        Ok(None)
    }

    /// The values of the records of a type, as text; none if there are none.
    async fn texts(&self, name: &str, kind: RecordType) -> Result<Vec<String>, String> {
        match self.resolver.lookup(format!("{}.", plain(name)), kind).await {
            Ok(answer) => {
                let records = answer.answers().iter().filter(|record| record.record_type() == kind);
                Ok(records.map(|record| plain(&record.data.to_string())).collect())
            }
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A name as it is compared.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
    use hickory_resolver::proto::rr::rdata::{CAA, NS};
    use hickory_resolver::proto::rr::{Name, RData, Record};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    /// A name server with these records, for as many questions as there are.
    fn server(records: Vec<(&'static str, RData)>) -> std::net::SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let query = question.queries[0].clone();
                let mut answer = Message::response(question.metadata.id, OpCode::Query);
                answer.add_query(query.clone());
                answer.metadata.recursion_available = true;
                for (owner, data) in &records {
                    if name(owner) == *query.name() && data.record_type() == query.query_type() {
                        answer.add_answer(Record::from_rdata(name(owner), 60, data.clone()));
                    }
                }
                if answer.answers.is_empty() {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        address
    }

    fn explained(records: Vec<(&'static str, RData)>, domain: &str) -> String {
        let address = server(records);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = ConnectionConfig::udp();
            connection.port = address.port();
            let server = NameServerConfig::new(address.ip(), true, vec![connection]);
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            let public = Public { resolver: builder.build().unwrap() };
            public.explain("example.com.", &["ns-1.awsdns.com".to_owned()], domain).await
        })
    }

    fn ns(server: &str) -> RData {
        RData::NS(NS(name(server)))
    }

    fn caa(issuer: &str) -> RData {
        RData::CAA(CAA::new_issue(false, Some(name(issuer)), Vec::new()))
    }

    #[test]
    fn a_zone_that_is_delegated_and_open_to_amazon_is_said_to_be() {
        let records = vec![("example.com.", ns("ns-1.awsdns.com.")), ("example.com.", caa("amazon.com"))];
        let text = explained(records, "web.example.com");
        assert_eq!(text, "example.com. is delegated to its name servers; no CAA record keeps Amazon out");
    }

    #[test]
    fn a_zone_that_is_delegated_elsewhere_or_closed_to_amazon_is_said_to_be() {
        let records = vec![("example.com.", ns("ns.other.net.")), ("web.example.com.", caa("letsencrypt.org"))];
        let text = explained(records, "*.web.example.com");
        assert_eq!(
            text,
            "example.com. is delegated to ns.other.net and must be to ns-1.awsdns.com; the CAA records of \
             web.example.com keep Amazon out: add 0 issue \"amazon.com\""
        );
        let text = explained(Vec::new(), "example.com");
        assert_eq!(
            text,
            "example.com. is delegated to nobody and must be to ns-1.awsdns.com; no CAA record keeps Amazon out"
        );
    }
}

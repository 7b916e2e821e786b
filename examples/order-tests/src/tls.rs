//! A certificate authority for one test, and what it certifies: this machine.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rcgen::{KeyUsagePurpose, date_time_ymd};

/// The files of a certificate authority and of a certificate for `localhost` and `127.0.0.1`.
#[derive(Clone, Debug)]
pub struct Tls {
    folder: PathBuf,
}

impl Tls {
    /// Makes `ca.pem`, `cert.pem` and `key.pem` in a folder.
    pub fn generate(folder: &Path) -> Self {
        let ca_key = KeyPair::generate().expect("a key can be made");
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "order-tests");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid(&mut ca);
        let ca_certificate = ca.self_signed(&ca_key).expect("a certificate can be made");
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key can be made");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut leaf = CertificateParams::new(names).expect("the names can be in a certificate");
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        valid(&mut leaf);
        let certificate = leaf.signed_by(&key, &issuer).expect("a certificate can be made");

        let tls = Self { folder: folder.to_owned() };
        let write = |path: PathBuf, text: String| fs::write(path, text).expect("the file can be written");
        write(tls.ca(), ca_certificate.pem());
        write(tls.certificate(), certificate.pem());
        write(tls.key(), key.serialize_pem());
        tls
    }

    /// The authority's certificate, for clients: `SSL_CERT_FILE`, `sslrootcert`.
    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The certificate of this machine, for servers.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// Its key.
    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// A client of HTTP that trusts this authority only, and does not follow redirects.
    pub fn http_client(&self) -> reqwest::Client {
        let ca = fs::read(self.ca()).expect("the file is there");
        let ca = reqwest::Certificate::from_pem(&ca).expect("the file is a certificate");
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        builder.tls_certs_only([ca]).build().expect("a client can be made")
    }

    /// The same for clients of AWS.
    pub fn aws_client(&self) -> SharedHttpClient {
        let ca = fs::read(self.ca()).expect("the file is there");
        let trust = TrustStore::empty().with_pem_certificate(ca);
        let context = TlsContext::builder().with_trust_store(trust).build().expect("the certificate can be trusted");
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https()
    }
}

/// Valid whenever a test may run, without a clock that is off by a little making it invalid.
fn valid(certificate: &mut CertificateParams) {
    certificate.not_before = date_time_ymd(2020, 1, 1);
    certificate.not_after = date_time_ymd(2120, 1, 1);
}

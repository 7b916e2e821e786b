//! Certificates of ACM.

use aws_sdk_acm::types::CertificateStatus;

use super::actions::Action;
use super::call::Failure;
use super::{Cloud, time};
use crate::state::{Certificate, DomainValidation};

impl Cloud {
    /// ARNs of the certificates for a main name that wait for validation.
    pub(crate) async fn pending_certificates(&self, region: &str, domain: &str) -> Result<Vec<String>, Failure> {
        let client = self.clients(region).acm.clone();
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let ask = || {
                let request = client.list_certificates().certificate_statuses(CertificateStatus::PendingValidation);
                request.set_next_token(next.clone()).send()
            };
            let page = self.call(Action::ListCertificates, ask).await?;
            let named = page.certificate_summary_list().iter().filter(|it| it.domain_name() == Some(domain));
            found.extend(named.filter_map(|it| it.certificate_arn().map(str::to_owned)));
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }

    /// What ACM says of a certificate; `None` if there is none.
    pub(crate) async fn certificate(&self, arn: &str) -> Result<Option<Certificate>, Failure> {
        let region = arn.split(':').nth(3).unwrap_or_default();
        let client = self.clients(region).acm.clone();
        let ask = || client.describe_certificate().certificate_arn(arn).send();
        let answer = match self.call(Action::DescribeCertificate, ask).await {
            Ok(answer) => answer,
            Err(error) if error.is(&["ResourceNotFoundException"]) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(detail) = answer.certificate else { return Ok(None) };
        let main = detail.domain_name().unwrap_or_default().to_owned();
        let others = detail.subject_alternative_names().iter().filter(|name| **name != main).cloned();
        let validation = |it: &aws_sdk_acm::types::DomainValidation| DomainValidation {
            domain: it.domain_name.clone(),
            status: it.validation_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            record_name: it.resource_record().map(|record| record.name.clone()),
            record_value: it.resource_record().map(|record| record.value.clone()),
        };
        Ok(Some(Certificate {
            arn: arn.to_owned(),
            region: region.to_owned(),
            status: detail.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            kind: detail.r#type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            names: std::iter::once(main.clone()).chain(others).collect(),
            not_after: detail.not_after().map(|day| time(Some(day)).chars().take(10).collect()),
            renewal: detail.renewal_eligibility().map(|it| it.as_str().to_owned()),
            failure: detail.failure_reason().map(|reason| reason.as_str().to_owned()),
            validations: detail.domain_validation_options().iter().map(validation).collect(),
        }))
    }
}

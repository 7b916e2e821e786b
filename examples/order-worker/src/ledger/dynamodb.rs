//! The ledger in DynamoDB.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::{Answer, Begun, Claim, Ledger, REMEMBERED};
use crate::outcome::{Outcome, Step};
use order_runtime::aws;

/// A table with the partition key `key` and the time to live `expires-at`.
///
/// Each step is one conditional `UpdateItem`, so that of two workers one wins. `leased-until` is in milliseconds,
/// `expires-at` in seconds, because DynamoDB reads that.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

type Item = HashMap<String, AttributeValue>;

/// What an update came to.
enum Updated {
    Done,
    /// The condition did not hold; this is what is there.
    Refused(Item),
}

impl DynamoDb {
    /// Uses a table.
    pub fn new(config: &aws_config::SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    fn update(&self, claim: &Claim) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("key", AttributeValue::S(claim.key.clone()))
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(claim.owner.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn begun(&self, claim: &Claim) -> Step<Begun> {
        let now = Timestamp::now();
        // The second time it is asked, because the first answer was lost, the owner is ours.
        let free =
            "attribute_not_exists(#key) OR #expires < :second OR (#done = :no AND (#until < :now OR #owner = :owner))";
        let update = self
            .update(claim)
            .update_expression("SET #owner = :owner, #done = :no, #until = :until, #expires = :expires")
            .condition_expression(free)
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#done", "done")
            .expression_attribute_names("#until", "leased-until")
            .expression_attribute_names("#expires", "expires-at")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":second", number(now.as_second()))
            .expression_attribute_values(":until", number(after(now, claim.lease).as_millisecond()))
            .expression_attribute_values(":expires", number(after(now, REMEMBERED).as_second()));
        Ok(match sent(update).await? {
            Updated::Done => Begun::Fresh,
            Updated::Refused(item) => there(&item, now, claim.lease),
        })
    }

    /// Changes what is ours.
    async fn ours(&self, claim: &Claim, set: &str, (done, until): (bool, Timestamp)) -> Step<bool> {
        let update = self
            .update(claim)
            .update_expression(set)
            .condition_expression("#owner = :owner AND #done = :no")
            .expression_attribute_names("#done", "done")
            .expression_attribute_values(":no", AttributeValue::Bool(false));
        let update = if done {
            update
                .expression_attribute_names("#expires", "expires-at")
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
                .expression_attribute_values(":expires", number(until.as_second()))
        } else {
            update
                .expression_attribute_names("#until", "leased-until")
                .expression_attribute_values(":until", number(until.as_millisecond()))
        };
        Ok(match sent(update).await? {
            Updated::Done => true,
            // The second time it is asked, because the first answer was lost, it is done by us.
            Updated::Refused(item) => done && is_done(&item) && owner(&item) == Some(&claim.owner),
        })
    }
}

impl Ledger for DynamoDb {
    fn begin<'a>(&'a self, claim: &'a Claim) -> Answer<'a, Begun> {
        Box::pin(self.begun(claim))
    }

    fn renew<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
        let until = after(Timestamp::now(), claim.lease);
        Box::pin(self.ours(claim, "SET #until = :until", (false, until)))
    }

    fn complete<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
        let until = after(Timestamp::now(), REMEMBERED);
        Box::pin(self.ours(claim, "SET #done = :yes, #expires = :expires", (true, until)))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> Answer<'a, ()> {
        Box::pin(async {
            self.ours(claim, "SET #until = :until", (false, Timestamp::UNIX_EPOCH)).await?;
            Ok(())
        })
    }
}

async fn sent(update: UpdateItemFluentBuilder) -> Step<Updated> {
    match update.send().await {
        Ok(_) => Ok(Updated::Done),
        Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
            Ok(Updated::Refused(match error.into_err() {
                UpdateItemError::ConditionalCheckFailedException(failed) => failed.item.unwrap_or_default(),
                _ => Item::new(),
            }))
        }
        Err(error) => Err(Outcome::outage(format!("the table of done events: {}", aws::why(&error)))),
    }
}

/// What an item says that cannot be begun. One of which nothing is said is held by somebody.
fn there(item: &Item, now: Timestamp, lease: Duration) -> Begun {
    if is_done(item) {
        return Begun::Done;
    }
    let until = item.get("leased-until").and_then(|value| value.as_n().ok()).and_then(|text| text.parse::<i64>().ok());
    let left = until.and_then(|until| u64::try_from(until.saturating_sub(now.as_millisecond())).ok());
    Begun::Busy(left.map_or(lease, Duration::from_millis))
}

fn is_done(item: &Item) -> bool {
    item.get("done").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
}

fn owner(item: &Item) -> Option<&String> {
    item.get("owner").and_then(|value| value.as_s().ok())
}

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_done_or_held() {
        let lease = Duration::from_secs(30);
        let now = Timestamp::from_millisecond(1_000_000).expect("it is a time");
        let held = |until: i64| {
            Item::from([("done".to_owned(), AttributeValue::Bool(false)), ("leased-until".to_owned(), number(until))])
        };
        assert_eq!(there(&held(1_002_500), now, lease), Begun::Busy(Duration::from_millis(2_500)));
        assert_eq!(there(&held(999_000), now, lease), Begun::Busy(lease), "it ran out between the two times");
        assert_eq!(there(&Item::new(), now, lease), Begun::Busy(lease));
        let done = Item::from([("done".to_owned(), AttributeValue::Bool(true))]);
        assert_eq!(there(&done, now, lease), Begun::Done);
    }
}

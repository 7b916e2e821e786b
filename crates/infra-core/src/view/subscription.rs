//! Subscriptions of topics, however they are written.

use std::borrow::Cow;

use super::{Prop, Resource, View};

/// One subscription: a resource of its own, or an item of the topic's list.
#[derive(Clone, Copy, Debug)]
pub struct Subscription<'v> {
    /// The object with `Protocol`, `Endpoint` and the other settings.
    pub prop: Prop<'v>,
    /// The topic, if it is one of the view.
    pub topic: Option<Resource<'v>>,
}

impl<'v> Subscription<'v> {
    /// Returns the setting at `path`, see [`Prop::get`].
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.prop.get(path)
    }

    /// Returns the protocol, such as `sqs`.
    pub fn protocol(&self) -> Option<Cow<'v, str>> {
        self.get("Protocol")?.text()
    }

    /// Returns the queue that receives, if it is one of the view.
    pub fn queue(&self) -> Option<Resource<'v>> {
        if self.protocol()? != "sqs" {
            return None;
        }
        self.get("Endpoint")?.resource_of("AWS::SQS::Queue")
    }
}

impl<'v> View<'v> {
    /// Returns all subscriptions.
    pub fn subscriptions(&'v self) -> impl Iterator<Item = Subscription<'v>> {
        let own = self.of("AWS::SNS::Subscription").map(|resource| Subscription {
            prop: resource.properties(),
            topic: resource.get("TopicArn").and_then(|topic| topic.resource_of("AWS::SNS::Topic")),
        });
        let inline = self
            .of("AWS::SNS::Topic")
            .flat_map(|topic| topic.each("Subscription").map(move |prop| Subscription { prop, topic: Some(topic) }));
        own.chain(inline)
    }
}

use std::collections::VecDeque;
use std::sync::Mutex;

use prometheus_client::registry::Registry;

use super::*;
use crate::message::Message;
use crate::queue::Error;

const LIMITS: Limits =
    Limits { concurrency: 4, processing: Duration::from_secs(30), visibility: Duration::from_mins(1) };

/// A queue in memory: gives its batches one after the other, then says that it is time to stop. Notes what it is told.
#[derive(Clone)]
struct Fake {
    batches: Arc<Mutex<VecDeque<Vec<Message>>>>,
    said: Arc<Mutex<Vec<String>>>,
    stop: Arc<watch::Sender<bool>>,
    /// The dead-letter queue does not answer.
    closed: bool,
    /// Whoever holds a message loses it.
    loses: bool,
}

impl Fake {
    fn note(&self, text: String) {
        self.said.lock().expect("nobody panics").push(text);
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().expect("nobody panics").clone()
    }
}

impl Queue for Fake {
    async fn receive(&self, most: u32) -> Result<Vec<Message>, Error> {
        self.note(format!("receive {most}"));
        let batch = self.batches.lock().expect("nobody panics").pop_front();
        if let Some(batch) = batch {
            return Ok(batch);
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        self.stop.send(true).expect("somebody listens");
        Ok(Vec::new())
    }

    async fn delete(&self, message: &Message) -> Result<(), Error> {
        self.note(format!("delete {}", message.id));
        Ok(())
    }

    async fn hide(&self, message: &Message, time: Duration) -> Result<(), Error> {
        if time == Duration::from_mins(1) {
            self.note(format!("hold {}", message.id));
            return if self.loses { Err(Error::Lost) } else { Ok(()) };
        }
        self.note(format!("{} {}", if time.is_zero() { "give back" } else { "later" }, message.id));
        Ok(())
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), Error> {
        self.note(format!("bury {} {reason}", message.id));
        if self.closed { Err(Error::Failed("closed".to_owned())) } else { Ok(()) }
    }
}

/// Does what the body says.
struct Obeys(Fake);

impl Handler for Obeys {
    async fn handle(&self, message: &Message) -> Outcome {
        self.0.note(format!("work {}", message.id));
        match message.body.as_str() {
            "later" => Outcome::later("not now"),
            "reject" => Outcome::Reject("poison".to_owned()),
            "slow" => {
                tokio::time::sleep(Duration::from_secs(24)).await;
                Outcome::Done("Slow")
            }
            "stuck" => std::future::pending().await,
            "stop" => {
                self.0.stop.send(true).expect("somebody listens");
                Outcome::Done("Stopped")
            }
            _ => Outcome::Done("Done"),
        }
    }

    async fn is_able(&self) -> bool {
        true
    }
}

fn message(id: &str, group: Option<&str>, body: &str) -> Message {
    let group = group.map(ToOwned::to_owned);
    Message { id: id.to_owned(), body: body.to_owned(), group, receives: 1, ..Message::default() }
}

fn fake(batches: Vec<Vec<Message>>) -> (Fake, watch::Receiver<bool>) {
    let (stop, receiver) = watch::channel(false);
    let batches = Arc::new(Mutex::new(batches.into()));
    (Fake { batches, said: Arc::default(), stop: Arc::new(stop), closed: false, loses: false }, receiver)
}

async fn run((fake, stop): (Fake, watch::Receiver<bool>)) -> Vec<String> {
    let metrics = Metrics::new(&mut Registry::default());
    Consumer::new((fake.clone(), Obeys(fake.clone())), LIMITS, metrics, stop).run().await;
    fake.said()
}

fn has(said: &[String], text: &str) -> bool {
    said.iter().any(|line| line == text)
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_takes_no_other_with_it() {
    let batch = vec![message("a", None, "done"), message("b", None, "later"), message("c", None, "reject")];
    let said = run(fake(vec![batch])).await;
    for line in ["receive 4", "delete a", "later b", "bury c poison", "delete c"] {
        assert!(has(&said, line), "{said:?}");
    }
    assert!(!has(&said, "delete b") && !has(&said, "later a"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_group_are_worked_on_in_order_until_one_has_to_come_back() {
    let batch = vec![
        message("a1", Some("a"), "done"),
        message("b1", Some("b"), "done"),
        message("a2", Some("a"), "later"),
        message("a3", Some("a"), "done"),
    ];
    let said = run(fake(vec![batch])).await;
    let of_a: Vec<&String> = said.iter().filter(|line| line.contains(" a")).collect();
    assert_eq!(of_a, ["work a1", "delete a1", "work a2", "later a2", "give back a3"]);
    assert!(has(&said, "delete b1"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_rejected_stays_while_the_dead_letter_queue_does_not_answer() {
    let (mut queue, stop) = fake(vec![vec![message("a", None, "reject")]]);
    queue.closed = true;
    let said = run((queue, stop)).await;
    assert!(has(&said, "later a") && !has(&said, "delete a"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_held_while_it_is_worked_on() {
    let said = run(fake(vec![vec![message("a", None, "slow")]])).await;
    let of_a: Vec<&String> = said.iter().filter(|line| line.ends_with(" a")).collect();
    assert_eq!(of_a, ["work a", "hold a", "delete a"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_lost_is_left_to_who_has_it() {
    let (mut queue, stop) = fake(vec![vec![message("a", None, "slow")]]);
    queue.loses = true;
    let said = run((queue, stop)).await;
    assert!(has(&said, "hold a") && !has(&said, "delete a") && !has(&said, "later a"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_too_long_comes_back() {
    let said = run(fake(vec![vec![message("a", None, "stuck")]])).await;
    assert!(has(&said, "later a"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_begun_is_finished_and_the_rest_is_given_back() {
    let batch = vec![message("slow", None, "slow"), message("a1", Some("a"), "stop"), message("a2", Some("a"), "done")];
    let said = run(fake(vec![batch, vec![message("late", None, "done")]])).await;
    for line in ["delete slow", "delete a1", "give back a2"] {
        assert!(has(&said, line), "{said:?}");
    }
    assert!(!has(&said, "work a2") && !has(&said, "work late"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_one_message_is_taken_at_a_time() {
    let (queue, stop) = fake(vec![vec![message("a", None, "later")], vec![message("b", None, "done")]]);
    let metrics = Metrics::new(&mut Registry::default());
    let consumer = Consumer::new((queue.clone(), Obeys(queue)), LIMITS, metrics, stop);
    let slots = Semaphore::new(4);
    assert_eq!(consumer.free(&slots).await, Some(4));
    consumer.learn(&Outcome::later("not now"), false);
    assert_eq!(consumer.free(&slots).await, Some(4), "it says nothing of others");
    consumer.learn(&Outcome::outage("not now"), false);
    assert_eq!(consumer.free(&slots).await, Some(1));
    consumer.learn(&Outcome::Done("Done"), false);
    assert_eq!(consumer.free(&slots).await, Some(4));
    consumer.learn(&Outcome::later("not now"), true);
    assert_eq!(consumer.free(&slots).await, Some(1), "those of its group wait behind it");
}

#[test]
fn outages_slow_it_down_to_a_limit() {
    assert!(slowed(0) <= Duration::from_secs(1));
    assert!(slowed(40) >= Duration::from_secs(SLOWEST / 2) && slowed(40) <= Duration::from_secs(SLOWEST));
}

//! The store of orders, on a real PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use order_events::{Change, Event, Kind, Line, NewOrder, OrderId, Submission, UserId};
use order_runtime::store::{After, Captured, Cause, Due, Fate, Most, Order, Page, Placed, Status, Store};
use order_tests::postgres::Postgres;
use order_tests::tls::Tls;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use sqlx::Row as _;

const PRODUCTS: [&str; 3] = ["sku-1", "sku-2", "sku-3"];
const STOCK: u32 = 40;
/// Ten of each kind.
const TEN: Most = Most { short: 10, long: 10, held: 10 };

struct Database {
    store: Store,
    _server: Postgres,
    _folder: tempfile::TempDir,
}

impl Database {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let server = Postgres::start(&Tls::generate(folder.path()));
        let store = Store::new(server.pool().await);
        // Several programs start at once.
        let (one, two) = tokio::join!(store.migrate(), store.migrate());
        one.and(two).expect("the tables are made");
        Self { store, _server: server, _folder: folder }
    }
}

fn user(name: &str) -> UserId {
    name.parse().expect("it is a user")
}

pub(crate) fn submission(name: &str, key: &str, lines: &[(&str, u32)]) -> Submission {
    let lines = lines.iter().map(|(product, qty)| Line { product_id: (*product).to_owned(), qty: *qty }).collect();
    let order = NewOrder { lines, idempotency_key: None };
    let at = Timestamp::from_microsecond(1_764_000_000_123_456).expect("it is a time");
    Submission::new(order, (user(name), key), (format!("request-of-{key}"), None), at).expect("the key is sound")
}

fn cause() -> Cause {
    Cause { request_id: "r".to_owned(), traceparent: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_stored_once_however_many_place_it_and_seen_by_its_user_only() {
    let database = Database::start().await;
    let store = &database.store;
    let order = submission("ann", "k", &[("sku-1", 2)]);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (store, order) = (store.clone(), order.clone());
            tokio::spawn(async move { store.place(&order).await.expect("it is stored") })
        })
        .collect();
    let mut placed = Vec::new();
    for task in tasks {
        placed.push(task.await.expect("nobody panics"));
    }
    assert_eq!(placed.iter().filter(|placed| **placed == Placed::New).count(), 1);
    assert_eq!(placed.iter().filter(|placed| **placed == Placed::Before).count(), 19);
    let other = submission("ann", "k", &[("sku-1", 3)]);
    assert_eq!(store.place(&other).await.expect("an answer"), Placed::Conflict);
    assert_eq!(store.backlog().await.expect("an answer").waiting, 1, "one order is one event");

    let seen = store.order(&user("ann"), order.order_id).await.expect("an answer").expect("it is there");
    assert_eq!((seen.status, seen.lines, seen.placed_at), (Status::Pending, order.lines, order.placed_at));
    assert_eq!(store.order(&user("bob"), order.order_id).await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_newer_version_has_changed_is_used_as_it_is() {
    let database = Database::start().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'newer', true, 'x', 0)";
    sqlx::query(newer)
        .execute(&mut *database.store.connection().await.expect("a connection"))
        .await
        .expect("it is changed");
    database.store.migrate().await.expect("it is left as it is");
    database.store.place(&submission("ann", "k", &[("sku-1", 2)])).await.expect("it is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_orders_lie_side_by_side() {
    let database = Database::start().await;
    // Some in the same microsecond.
    for index in 0..23_i64 {
        let mut order = submission("ann", &format!("k{index}"), &[("sku-1", 1)]);
        order.placed_at = Timestamp::from_microsecond(1_764_000_000_000_000 + index / 4).expect("it is a time");
        database.store.place(&order).await.expect("it is stored");
    }
    let all = pages(&database.store, (5, u32::MAX)).await.concat();
    assert_eq!(all.len(), 23);
    assert_eq!(all.iter().map(|order| order.order_id).collect::<BTreeSet<_>>().len(), 23);
    assert!(all.is_sorted_by(|a, b| (a.placed_at, a.order_id) > (b.placed_at, b.order_id)), "the newest first");
    let nothing = database.store.orders(&user("bob"), None, (5, u32::MAX)).await.expect("an answer");
    assert_eq!(nothing, Page { orders: Vec::new(), more: false });
    // The last page is known to be the last, also when it is full.
    let full = database.store.orders(&user("ann"), None, (23, u32::MAX)).await.expect("an answer");
    assert_eq!((full.orders.len(), full.more), (23, false));
}

/// All orders of ann, page by page.
async fn pages(store: &Store, limits: (u32, u32)) -> Vec<Vec<Order>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.orders(&user("ann"), after, limits).await.expect("an answer");
        let Some(last) = page.orders.last() else { return all };
        after = Some(After { placed_at: last.placed_at, order_id: last.order_id });
        let more = page.more;
        all.push(page.orders);
        if !more {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_few_bytes_and_at_least_one_order() {
    let database = Database::start().await;
    let lines = |number: usize| vec![("sku-with-a-name-of-a-length-that-is-long", 1_000_u32); number];
    for (index, number) in [1, 1, 9_000, 1, 4_000, 4_000, 4_000, 2, 13_000, 1].into_iter().enumerate() {
        let mut order = submission("ann", &format!("k{index}"), &lines(number));
        order.placed_at = Timestamp::from_second(1_764_000_000 - i64::try_from(index).expect("few")).expect("a time");
        database.store.place(&order).await.expect("it is stored");
    }
    // One was stored by a version that did not say how large it is.
    let forget = "UPDATE orders SET bytes = NULL WHERE idempotency_key = 'k8'";
    sqlx::query(forget).execute(&mut *database.store.connection().await.expect("one")).await.expect("it is set");
    let pages = pages(&database.store, (100, 550_000)).await;
    let lengths: Vec<Vec<usize>> =
        pages.iter().map(|page| page.iter().map(|order| order.lines.len()).collect()).collect();
    assert_eq!(lengths, [vec![1, 1], vec![9_000], vec![1, 4_000, 4_000], vec![4_000, 2], vec![13_000], vec![1]]);
    for page in &pages {
        let bytes = serde_json::to_vec(page).expect("it is JSON").len();
        assert!(page.len() == 1 || bytes <= 550_000, "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_never_have_events_of_one_order_at_once_and_what_fails_stays_in_its_place() {
    let database = Database::start().await;
    let store = &database.store;
    for product in PRODUCTS {
        store.set_stock(product, STOCK).await.expect("there is stock");
    }
    let (ann, bob) = (submission("ann", "k", &[("sku-1", 1)]), submission("bob", "k", &[("sku-1", 1)]));
    store.place(&ann).await.expect("it is stored");
    store.place(&bob).await.expect("it is stored");
    store.payment_due(ann.order_id, Some(1)).await.expect("an answer");
    store
        .payment_declined(ann.order_id, (1, false, Duration::ZERO), "card-declined", &cause())
        .await
        .expect("it is stored");

    let first = store.take_events(Most { short: 1, long: 1, held: 1 }).await.expect("an answer");
    let second = store.take_events(TEN).await.expect("an answer");
    assert_eq!(first.events[0].order_id, ann.order_id);
    let others: Vec<OrderId> = second.events.iter().map(|event| event.order_id).collect();
    assert_eq!(others, [bob.order_id], "ann's second event waits for her first");
    second.settle(&BTreeMap::new()).await.expect("nothing of it was published");
    drop(first);
    // What is dropped is rolled back a moment later.
    let again = loop {
        let again = store.take_events(TEN).await.expect("an answer");
        if again.events.len() > 1 {
            break again;
        }
        drop(again);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let kinds: Vec<&str> = again.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(kinds, ["OrderCreated", "OrderCreated"]);
    let fates = again.events.iter().map(|event| (event.seq, Fate::Published)).collect();
    again.settle(&fates).await.expect("they are forgotten");
    let last = store.take_events(TEN).await.expect("an answer");
    assert_eq!((last.events.len(), last.events[0].event_type.as_str()), (1, "OrderCancelled"));
}

/// What is taken now, as order and kind of event; and settles it.
async fn taken(store: &Store, fate: impl Fn(&OrderId) -> Fate) -> (Vec<(OrderId, String)>, usize) {
    let batch = store.take_events(TEN).await.expect("an answer");
    let events = batch.events.iter().map(|event| (event.order_id, event.event_type.clone())).collect();
    let fates = batch.events.iter().map(|event| (event.seq, fate(&event.order_id))).collect();
    (events, batch.settle(&fates).await.expect("it is stored").len())
}

/// Whatever pauses is due.
async fn hurry(store: &Store) {
    let due = "UPDATE outbox_held SET due_at = now()";
    sqlx::query(due).execute(&mut *store.connection().await.expect("one")).await.expect("it is set");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fails_holds_up_those_of_its_order_and_no_other() {
    let database = Database::start().await;
    let store = &database.store;
    let (ann, bob) = (submission("ann", "k", &[("none", 1)]), submission("bob", "k", &[("none", 1)]));
    let event = |order: &Submission, kind: &str| (order.order_id, kind.to_owned());
    store.place(&ann).await.expect("it is stored");
    let fails = |id: &OrderId| if *id == ann.order_id { Fate::Fails("the bucket".to_owned()) } else { Fate::Published };
    assert_eq!(taken(store, fails).await, (vec![event(&ann, "OrderCreated")], 0));
    store.reserve(ann.order_id, &cause()).await.expect("an answer");
    store.place(&bob).await.expect("it is stored");
    // Ann's first event pauses, and her second one waits for it.
    assert_eq!(taken(store, fails).await, (vec![event(&bob, "OrderCreated")], 0));
    assert_eq!(taken(store, fails).await, (vec![], 0));
    let backlog = store.backlog().await.expect("an answer");
    assert_eq!((backlog.waiting, backlog.parked), (2, 0));
    assert!(backlog.oldest > 0.0 && backlog.pending > 0.0, "{backlog:?}");
    let held = store.held_events(false, 9).await.expect("an answer");
    let reasons: Vec<&str> = held.iter().map(|held| held.reason.as_str()).collect();
    assert_eq!(reasons, ["the bucket", "an earlier event of the order is not published"]);
    // It fails again and again, and pauses longer, and is never given up: there may be nothing wrong with it.
    for attempt in 2..12 {
        hurry(store).await;
        assert_eq!(taken(store, fails).await, (vec![event(&ann, "OrderCreated")], 0), "{attempt}");
    }
    let held = store.held_events(false, 9).await.expect("an answer");
    let pause = held[0].due_at.expect("it is tried again").duration_since(Timestamp::now());
    assert!(held[0].attempts == 11 && pause.as_secs() > 140 && pause.as_secs() <= 300, "{held:?}");
    for kind in ["OrderCreated", "OrderCancelled"] {
        hurry(store).await;
        assert_eq!(taken(store, |_| Fate::Published).await, (vec![event(&ann, kind)], 0));
    }
    assert_eq!(store.backlog().await.expect("an answer").waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_too_often_is_parked_until_somebody_puts_it_back() {
    let database = Database::start().await;
    let store = &database.store;
    let (ann, bob) = (submission("ann", "k", &[("none", 1)]), submission("bob", "k", &[("none", 1)]));
    store.place(&ann).await.expect("it is stored");
    store.reserve(ann.order_id, &cause()).await.expect("an answer");
    let refused = |_: &OrderId| Fate::Refused("InvalidParameter: poison".to_owned());
    let mut parked = Vec::new();
    for _ in 0..10 {
        let (events, number) = taken(store, refused).await;
        assert_eq!(events, [(ann.order_id, "OrderCreated".to_owned())]);
        parked.push(number);
        hurry(store).await;
    }
    assert_eq!(parked, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    store.place(&bob).await.expect("it is stored");
    assert_eq!(taken(store, |_| Fate::Published).await.0, [(bob.order_id, "OrderCreated".to_owned())]);
    assert_eq!(taken(store, |_| Fate::Published).await.0, []);
    let backlog = store.backlog().await.expect("an answer");
    assert_eq!((backlog.parked, backlog.waiting), (1, 1), "the one behind it waits");
    let held = store.held_events(true, 9).await.expect("an answer");
    let [one] = held.as_slice() else { panic!("{held:?}") };
    assert_eq!((one.reason.as_str(), one.due_at), ("InvalidParameter: poison", None));

    assert_eq!(store.put_back(Some(&[sqlx::types::Uuid::nil()])).await.expect("an answer"), 0);
    assert_eq!(store.put_back(Some(&[one.event_id])).await.expect("an answer"), 1);
    assert_eq!(store.put_back(None).await.expect("an answer"), 0);
    for kind in ["OrderCreated", "OrderCancelled"] {
        assert_eq!(taken(store, |_| Fate::Published).await.0, [(ann.order_id, kind.to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_events_leave_room_for_short_ones() {
    let database = Database::start().await;
    let store = &database.store;
    let write = "INSERT INTO outbox (event_id, order_id, event_type, event_version, request_id, body)
                 SELECT gen_random_uuid(), gen_random_uuid(), 'OrderCreated', 1, 'r', repeat('x', 40000)
                 FROM generate_series(1, 1500)";
    sqlx::query(write).execute(&mut *store.connection().await.expect("one")).await.expect("they are written");
    let ann = submission("ann", "k", &[("none", 1)]);
    store.place(&ann).await.expect("it is stored");
    let batch = store.take_events(Most { short: 100, long: 8, held: 8 }).await.expect("an answer");
    assert_eq!((batch.events.len(), batch.events[0].order_id), (9, ann.order_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_which_nobody_knows_is_found_and_a_charge_that_never_was_is_none() {
    let database = Database::start().await;
    let (store, hour) = (&database.store, Duration::from_hours(1));
    let (lost, never) = (submission("ann", "lost", &[("none", 1)]), submission("ann", "never", &[("none", 1)]));
    for order in [&lost, &never] {
        store.place(order).await.expect("it is stored");
        let due = store.payment_due(order.order_id, Some(1)).await.expect("an answer");
        assert!(matches!(due, Due::Charge { asked: false, .. }), "{due:?}");
        // There is no answer, and the message comes again.
        let due = store.payment_due(order.order_id, Some(1)).await.expect("an answer");
        assert!(matches!(due, Due::Charge { asked: true, .. }), "{due:?}");
        store.reserve(order.order_id, &cause()).await.expect("an answer");
        // Cancelled, it is never charged again, whoever asks.
        for attempt in [Some(1), None] {
            let due = store.payment_due(order.order_id, attempt).await.expect("an answer");
            assert_eq!(due, Due::Look { attempt: 1 });
        }
    }
    assert_eq!(store.unsettled(hour).await.expect("an answer"), [], "somebody may be at it");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let second = Duration::from_secs(1);
    let unsettled = store.unsettled(second).await.expect("an answer");
    assert_eq!(unsettled.len(), 2);
    assert_eq!(store.unsettled(second).await.expect("an answer"), [], "one looks at a time");

    let captured = store.payment_captured(lost.order_id, "charge", &cause()).await.expect("it is stored");
    assert_eq!(captured, Captured::ToRefund);
    assert!(!store.payment_missing(never.order_id, 1, hour).await.expect("an answer"), "it may still be made");
    assert!(!store.payment_missing(never.order_id, 2, Duration::ZERO).await.expect("an answer"), "of another attempt");
    assert!(store.payment_missing(never.order_id, 1, Duration::ZERO).await.expect("an answer"));
    assert_eq!(store.payment_due(never.order_id, Some(1)).await.expect("an answer"), Due::Nothing);
    // What is to be given back is not forgotten either.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let unsettled = store.unsettled(second).await.expect("an answer");
    assert_eq!(unsettled.iter().map(|order| order.order_id).collect::<Vec<_>>(), [lost.order_id]);
    store.payment_refunded(lost.order_id).await.expect("it is stored");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(store.unsettled(second).await.expect("an answer"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_declined_for_now_pauses_longer_each_time() {
    let database = Database::start().await;
    let store = &database.store;
    let order = submission("ann", "k", &[("none", 1)]);
    store.place(&order).await.expect("it is stored");
    for (attempt, longest) in [(1, 30), (2, 120)] {
        store.payment_due(order.order_id, Some(attempt)).await.expect("an answer");
        let declined = (attempt, true, Duration::from_secs(30));
        store.payment_declined(order.order_id, declined, "poor", &cause()).await.expect("it is stored");
        let due = store.payment_due(order.order_id, Some(attempt + 1)).await.expect("an answer");
        let Due::Later(left) = due else { panic!("{due:?}") };
        let longest = Duration::from_secs(longest);
        assert!(left <= longest && left + Duration::from_secs(5) > longest, "{left:?}");
        let over = "UPDATE orders SET retry_at = now()";
        sqlx::query(over).execute(&mut *store.connection().await.expect("one")).await.expect("it is set");
    }
    let due = store.payment_due(order.order_id, Some(3)).await.expect("an answer");
    assert!(matches!(due, Due::Charge { attempt: 3, asked: false, .. }), "{due:?}");
}

/// A provider of payments that forgets nothing: the same key is the same charge.
#[derive(Default)]
struct Provider {
    charges: Mutex<BTreeMap<(OrderId, u32), Result<String, bool>>>,
    refunds: Mutex<BTreeSet<OrderId>>,
}

impl Provider {
    fn charge(&self, id: OrderId, attempt: u32, dice: &mut impl rand::Rng) -> Result<String, bool> {
        let mut charges = self.charges.lock().expect("nobody panics");
        let answer = match dice.random_range(0..10) {
            0 => Err(false),
            1..=3 => Err(true),
            _ => Ok(format!("charge-of-{id}-{attempt}")),
        };
        charges.entry((id, attempt)).or_insert(answer).clone()
    }

    fn look(&self, id: OrderId) -> Option<String> {
        let charges = self.charges.lock().expect("nobody panics");
        charges.iter().find_map(|((order, _), answer)| answer.clone().ok().filter(|_| *order == id))
    }
}

/// Events on their way to the two sides of the saga, in no order, some of them twice.
#[derive(Default)]
struct Bus {
    waiting: Mutex<Vec<(Side, Event)>>,
    taken: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Payment,
    Inventory,
}

struct Saga {
    store: Store,
    provider: Provider,
    bus: Bus,
    /// What was published, by order, in order.
    published: Mutex<BTreeMap<OrderId, Vec<Event>>>,
}

/// A process dies here one time in ten.
struct Died;

fn live(dice: &mut impl rand::Rng) -> Result<(), Died> {
    if dice.random_bool(0.1) { Err(Died) } else { Ok(()) }
}

impl Saga {
    /// Publishes what is written; the relay may die before it can say so.
    async fn relay(&self, dice: &mut StdRng) {
        let batch = self.store.take_events(Most { short: 7, long: 7, held: 7 }).await.expect("an answer");
        let mut done = BTreeMap::new();
        for written in &batch.events {
            let event = Event::read(&written.body).expect("it is an event");
            let mut published = self.published.lock().expect("nobody panics");
            let known = published.entry(event.order_id).or_default();
            if !known.iter().any(|earlier| earlier.id == event.id) {
                known.push(event.clone());
            }
            let mut waiting = self.bus.waiting.lock().expect("nobody panics");
            let payment = event.kind() != Kind::OrderConfirmed;
            let inventory = payment && event.kind() != Kind::PaymentRetryRequested;
            waiting.extend(payment.then(|| (Side::Payment, event.clone())));
            waiting.extend(inventory.then_some((Side::Inventory, event)));
            // Some fail for a reason of their own, now and then.
            let fails = dice.random_bool(0.1);
            done.insert(written.seq, if fails { Fate::Fails("the bucket".to_owned()) } else { Fate::Published });
        }
        if live(dice).is_ok() {
            batch.settle(&done).await.expect("they are forgotten");
        }
    }

    async fn work(self: Arc<Self>, seed: u64) {
        let mut dice = StdRng::seed_from_u64(seed);
        loop {
            self.relay(&mut dice).await;
            let next = {
                let mut waiting = self.bus.waiting.lock().expect("nobody panics");
                let any = (!waiting.is_empty()).then(|| dice.random_range(0..waiting.len()));
                self.bus.taken.fetch_add(usize::from(any.is_some()), Ordering::SeqCst);
                any.map(|index| waiting.swap_remove(index))
            };
            let Some((side, event)) = next else {
                let idle = self.bus.taken.load(Ordering::SeqCst) == 0;
                if idle && self.store.backlog().await.expect("an answer").waiting == 0 {
                    return;
                }
                tokio::task::yield_now().await;
                continue;
            };
            let ended = match side {
                Side::Payment => self.pay(&event, &mut dice).await,
                Side::Inventory => self.reserve(&event, &mut dice).await,
            };
            // One that died gets it again; so does, now and then, one that did not.
            if ended.is_err() || dice.random_bool(0.2) {
                self.bus.waiting.lock().expect("nobody panics").push((side, event));
            }
            self.bus.taken.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// As the worker does it.
    async fn pay(&self, event: &Event, dice: &mut StdRng) -> Result<(), Died> {
        let attempt = match event.change {
            Change::OrderCreated { .. } => Some(1),
            Change::PaymentRetryRequested { attempt, .. } => Some(attempt),
            Change::OrderConfirmed | Change::OrderCancelled { .. } => None,
        };
        self.settle(event.order_id, attempt, dice).await
    }

    async fn settle(&self, id: OrderId, attempt: Option<u32>, dice: &mut StdRng) -> Result<(), Died> {
        loop {
            let due = self.store.payment_due(id, attempt).await.expect("an answer");
            live(dice)?;
            let answer = match due {
                Due::Nothing => return Ok(()),
                Due::Later(left) => panic!("nobody waits here: {left:?}"),
                Due::Charge { attempt, asked, .. } => {
                    let found = asked.then(|| self.provider.look(id)).flatten();
                    found.map_or_else(|| self.provider.charge(id, attempt, dice), Ok).map_err(|again| (attempt, again))
                }
                Due::Look { attempt } => {
                    let Some(charge) = self.provider.look(id) else {
                        self.store.payment_missing(id, attempt, Duration::ZERO).await.expect("it is stored");
                        return Ok(());
                    };
                    Ok(charge)
                }
                Due::Refund { .. } => {
                    self.provider.refunds.lock().expect("nobody panics").insert(id);
                    live(dice)?;
                    self.store.payment_refunded(id).await.expect("it is stored");
                    continue;
                }
            };
            live(dice)?;
            match answer {
                Ok(charge) => {
                    let captured = self.store.payment_captured(id, &charge, &cause()).await.expect("it is stored");
                    live(dice)?;
                    if captured == Captured::Kept {
                        return Ok(());
                    }
                }
                Err((attempt, again)) => {
                    let (attempt, cause) = ((attempt, again, Duration::ZERO), cause());
                    let declined = self.store.payment_declined(id, attempt, "card-declined", &cause);
                    declined.await.expect("it is stored");
                    return live(dice);
                }
            }
        }
    }

    /// As the worker does it.
    async fn reserve(&self, event: &Event, dice: &mut StdRng) -> Result<(), Died> {
        match event.change {
            Change::OrderCreated { .. } => drop(self.store.reserve(event.order_id, &cause()).await.expect("an answer")),
            Change::OrderCancelled { .. } => drop(self.store.release(event.order_id).await.expect("an answer")),
            Change::PaymentRetryRequested { .. } | Change::OrderConfirmed => {}
        }
        live(dice)
    }
}

/// Whatever dies in between, comes twice or in another order: every order ends confirmed, paid once and reserved, or
/// cancelled with everything undone, and its events say so.
#[tokio::test(flavor = "multi_thread")]
async fn the_saga_ends_well_in_whatever_order_its_events_come() {
    for seed in 0..4_u64 {
        let database = Database::start().await;
        let store = database.store.clone();
        for product in PRODUCTS {
            store.set_stock(product, STOCK).await.expect("there is stock");
        }
        let mut dice = StdRng::seed_from_u64(seed);
        let mut orders = BTreeMap::new();
        for number in 0..60 {
            let mut lines = vec![(PRODUCTS[dice.random_range(0..3)], dice.random_range(1..4))];
            lines.extend(dice.random_bool(0.3).then(|| (PRODUCTS[dice.random_range(0..3)], 1)));
            let order = submission("ann", &format!("k{number}"), &lines);
            store.place(&order).await.expect("it is stored");
            orders.insert(order.order_id, order);
        }
        let saga = Saga {
            store: store.clone(),
            provider: Provider::default(),
            bus: Bus::default(),
            published: Mutex::default(),
        };
        let saga = Arc::new(saga);
        let workers: Vec<_> = (0..4).map(|n| tokio::spawn(saga.clone().work(dice.next_u64() ^ n))).collect();
        for worker in workers {
            worker.await.expect("nobody panics");
        }
        check(&saga, &orders, seed).await;
    }
}

async fn check(saga: &Saga, orders: &BTreeMap<OrderId, Submission>, seed: u64) {
    let mut connection = saga.store.connection().await.expect("a connection");
    let rows = sqlx::query("SELECT id, status, payment, stock FROM orders").fetch_all(&mut *connection);
    let rows = rows.await.expect("rows");
    assert_eq!(rows.len(), orders.len());
    let charges = saga.provider.charges.lock().expect("quiet").clone();
    let refunds = saga.provider.refunds.lock().expect("quiet").clone();
    let published = saga.published.lock().expect("quiet").clone();
    let (mut confirmed, mut reserved) = (0, BTreeMap::<String, i64>::new());
    for row in rows {
        let id = OrderId::from(row.get::<sqlx::types::Uuid, _>("id"));
        let state: [String; 3] = ["status", "payment", "stock"].map(|column| row.get(column));
        let state = state.each_ref().map(String::as_str);
        let times = charges.iter().filter(|((order, _), answer)| *order == id && answer.is_ok()).count();
        let context = format!("seed {seed}, {id}: {state:?}, charged {times} times");
        let kinds: Vec<Kind> = published[&id].iter().map(Event::kind).collect();
        let ends: Vec<Kind> =
            kinds.iter().copied().filter(|kind| [Kind::OrderConfirmed, Kind::OrderCancelled].contains(kind)).collect();
        assert_eq!((kinds[0], ends.len()), (Kind::OrderCreated, 1), "{context}: {kinds:?}");
        match state {
            ["CONFIRMED", "CAPTURED", "RESERVED"] => {
                assert_eq!((times, refunds.contains(&id)), (1, false), "{context}");
                assert_eq!(ends, [Kind::OrderConfirmed], "{context}");
                confirmed += 1;
                for line in &orders[&id].lines {
                    *reserved.entry(line.product_id.clone()).or_default() += i64::from(line.qty);
                }
            }
            ["CANCELLED", payment @ ("OPEN" | "DECLINED" | "REFUNDED"), "OPEN" | "MISSING" | "RELEASED"] => {
                assert_eq!((times == 1, payment == "REFUNDED"), (refunds.contains(&id), times == 1), "{context}");
                assert_eq!(ends, [Kind::OrderCancelled], "{context}");
            }
            _ => panic!("{context}"),
        }
    }
    assert!(confirmed > 0 && confirmed < orders.len(), "seed {seed} shows both ends: {confirmed} confirmed");
    for product in PRODUCTS {
        let left: i64 = sqlx::query_scalar("SELECT available FROM stock WHERE product_id = $1")
            .bind(product)
            .fetch_one(&mut *connection)
            .await
            .expect("it is there");
        let gone = reserved.get(product).copied().unwrap_or_default();
        assert_eq!(left, i64::from(STOCK) - gone, "seed {seed}: what is not confirmed is back");
    }
}

//! Work on independent items side by side; the results keep the order of the items.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Threads beyond which rendering gains nothing.
const MAX_THREADS: usize = 2;

/// Items below which threads cost more than they bring.
const MIN_ITEMS: usize = 8;

/// Calls `work` on every item, on several threads where there are many.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < MIN_ITEMS {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break done };
            done.push((index, work(item)));
        }
    };
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (1..MAX_THREADS).map(|_| scope.spawn(take)).collect();
        // This thread works too: what it allocates costs less than on a new one.
        let own = take();
        let others = threads.into_iter().map(thread::ScopedJoinHandle::join);
        std::iter::once(Ok(own)).chain(others).collect::<Result<Vec<_>, _>>()
    });
    // A panic of a thread is the panic of the caller.
    let parts = parts.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let mut results: Vec<(usize, R)> = parts.into_iter().flatten().collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(super::map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }
}

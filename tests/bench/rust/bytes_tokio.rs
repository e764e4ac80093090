//! Bytes of a task that only waits, on Tokio's current_thread.

mod counting;

use counting::{in_use, Parked, BATCH, BATCHES};
use std::time::Duration;
use tokio::runtime::Builder;

async fn spawn(work: &str, count: usize) {
    for _ in 0..count {
        if work.starts_with("task_sleeping") {
            tokio::spawn(tokio::time::sleep(Duration::from_secs(3600)));
        } else {
            tokio::spawn(Parked::default());
        }
    }
    // Each yield lets some of them be polled: more than enough for all.
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

fn main() {
    let work = counting::work();
    let rt = Builder::new_current_thread().enable_all().build().unwrap();
    let used = rt.block_on(async {
        spawn(&work, BATCH).await; // what the first ones alone bring in
        let before = in_use(&work);
        for _ in 0..BATCHES {
            spawn(&work, BATCH).await;
        }
        in_use(&work) - before
    });
    counting::print(used);
}

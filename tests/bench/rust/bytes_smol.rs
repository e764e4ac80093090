//! Bytes of a task that only waits, on smol's local executor.

mod counting;

use counting::{in_use, Parked, BATCH, BATCHES};
use smol::{LocalExecutor, Timer};
use std::time::Duration;

fn spawn(ex: &LocalExecutor<'_>, work: &str) {
    for _ in 0..BATCH {
        if work.starts_with("task_sleeping") {
            ex.spawn(Timer::after(Duration::from_secs(3600))).detach();
        } else {
            ex.spawn(Parked::default()).detach();
        }
    }
    while ex.try_tick() {}
}

fn main() {
    let work = counting::work();
    let ex = LocalExecutor::new();
    let used = smol::block_on(ex.run(async {
        spawn(&ex, &work); // what the first ones alone bring in
        let before = in_use(&work);
        for _ in 0..BATCHES {
            spawn(&ex, &work);
        }
        in_use(&work) - before
    }));
    counting::print(used);
    std::process::exit(0); // nobody will ever wake them
}

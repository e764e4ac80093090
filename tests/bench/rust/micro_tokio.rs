//! The small works on Tokio: current_thread, or multi_thread with --workers N.

mod harness;
#[cfg(feature = "recorded")]
mod recorder;
mod works;

use harness::{count, counted, Work};
use std::future::Future;
use std::task::Context;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::sleep;
use works::*;

/// Runs `driver` as a task: on multi_thread it then lives among the workers.
fn drive<F>(rt: &Runtime, driver: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    rt.block_on(async { tokio::spawn(driver).await.unwrap() })
}

fn self_wake(rt: &Runtime, tasks: u32) -> u64 {
    rt.block_on(async {
        let handles: Vec<_> = (0..tasks)
            .map(|_| tokio::spawn(SelfWake::new(SELF_WAKES / tasks)))
            .collect();
        let mut polls = 0;
        for handle in handles {
            polls += handle.await.unwrap();
        }
        polls
    })
}

fn spawn(rt: &Runtime, batch: u64, batches: u64) -> u64 {
    drive(rt, async move {
        let began = counted();
        for done in 0..batches {
            for _ in 0..batch {
                tokio::spawn(async { count() });
            }
            while counted() - began < (done + 1) * batch {
                yield_now().await;
            }
        }
        counted() - began
    })
}

fn spawn_await(rt: &Runtime) -> u64 {
    drive(rt, async {
        let began = counted();
        for _ in 0..AWAITS {
            tokio::spawn(async { count() }).await.unwrap();
        }
        counted() - began
    })
}

fn channel_round_trip(rt: &Runtime) -> u64 {
    let (to_two, mut from_one) = mpsc::channel::<u64>(1);
    let (to_one, mut from_two) = mpsc::channel::<u64>(1);
    rt.block_on(async {
        let one = tokio::spawn(async move {
            let mut value = 0;
            loop {
                to_two.send(value).await.unwrap();
                value = from_two.recv().await.unwrap() + 1;
                if value >= 2 * ROUND_TRIPS {
                    return value;
                }
            }
        });
        let two = tokio::spawn(async move {
            while let Some(value) = from_one.recv().await {
                to_one.send(value + 1).await.unwrap();
            }
        });
        let last = one.await.unwrap();
        two.await.unwrap();
        last / 2
    })
}

fn timers(rt: &Runtime, duration: Duration) -> u64 {
    drive(rt, async move {
        let mut dropped = 0;
        for _ in 0..ROUNDS {
            InPoll(|cx: &mut Context<'_>| {
                for i in 0..TIMERS {
                    let timer = sleep(duration + Duration::from_nanos(i));
                    tokio::pin!(timer);
                    dropped += timer.poll(cx).is_pending() as u64;
                }
            })
            .await;
            yield_now().await;
        }
        dropped
    })
}

fn arm_many(rt: &Runtime) {
    drive(rt, async {
        let began = counted();
        for i in 0..ARMED {
            tokio::spawn(async move {
                count();
                sleep(armed(i)).await;
            });
        }
        while counted() - began < ARMED {
            yield_now().await;
        }
    })
}

fn nothing(_: &Runtime) {}

#[rustfmt::skip] // one line a work
const WORKS: &[Work<Runtime>] = &[
    Work { key: "self_wake_1", prepare: nothing, chunk: |rt| self_wake(rt, 1), operations: SELF_WAKES as u64 },
    Work { key: "self_wake_1000", prepare: nothing, chunk: |rt| self_wake(rt, 1000), operations: SELF_WAKES as u64 },
    Work { key: "spawn_100", prepare: nothing, chunk: |rt| spawn(rt, BATCH, BATCHES), operations: BATCH * BATCHES },
    Work { key: "spawn_million", prepare: nothing, chunk: |rt| spawn(rt, MILLION, 1), operations: MILLION },
    Work { key: "spawn_await", prepare: nothing, chunk: spawn_await, operations: AWAITS },
    Work { key: "channel_round_trip", prepare: nothing, chunk: channel_round_trip, operations: ROUND_TRIPS },
    Work { key: "timer_alone", prepare: nothing, chunk: |rt| timers(rt, SOON), operations: ROUNDS * TIMERS },
    Work { key: "timer_first", prepare: arm_many, chunk: |rt| timers(rt, SOON), operations: ROUNDS * TIMERS },
    Work { key: "timer_later", prepare: arm_many, chunk: |rt| timers(rt, LATER), operations: ROUNDS * TIMERS },
];

fn main() {
    let options = harness::options();
    let mut builder = Builder::new_current_thread();
    if options.workers > 0 {
        assert!(!cfg!(feature = "recorded"), "its ring is for one thread");
        harness::count_by_several();
        builder = Builder::new_multi_thread();
        builder.worker_threads(options.workers);
    }
    #[cfg(feature = "recorded")]
    recorder::install(options.lean);
    let rt = builder.enable_all().build().unwrap();
    harness::measure(WORKS, &options, &rt);
    #[cfg(feature = "recorded")]
    recorder::check();
}

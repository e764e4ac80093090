//! The small works on smol: one thread, its local executor and its reactor.

mod harness;
mod works;

use harness::{count, counted, Work};
use smol::future::yield_now;
use smol::{channel, LocalExecutor, Timer};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;
use works::*;

type Ex = Rc<LocalExecutor<'static>>;

/// Runs `driver` as a task until it is done.
fn drive<F>(ex: &Ex, driver: F) -> F::Output
where
    F: Future + 'static,
    F::Output: 'static,
{
    smol::block_on(ex.run(ex.spawn(driver)))
}

fn self_wake(ex: &Ex, tasks: u32) -> u64 {
    smol::block_on(ex.run(async {
        let handles: Vec<_> = (0..tasks)
            .map(|_| ex.spawn(SelfWake::new(SELF_WAKES / tasks)))
            .collect();
        let mut polls = 0;
        for handle in handles {
            polls += handle.await;
        }
        polls
    }))
}

fn spawn(ex: &Ex, batch: u64, batches: u64) -> u64 {
    let inner = ex.clone();
    drive(ex, async move {
        let began = counted();
        for done in 0..batches {
            for _ in 0..batch {
                inner.spawn(async { count() }).detach();
            }
            while counted() - began < (done + 1) * batch {
                yield_now().await;
            }
        }
        counted() - began
    })
}

fn spawn_await(ex: &Ex) -> u64 {
    let inner = ex.clone();
    drive(ex, async move {
        let began = counted();
        for _ in 0..AWAITS {
            inner.spawn(async { count() }).await;
        }
        counted() - began
    })
}

fn channel_round_trip(ex: &Ex) -> u64 {
    let (to_two, from_one) = channel::bounded::<u64>(1);
    let (to_one, from_two) = channel::bounded::<u64>(1);
    smol::block_on(ex.run(async {
        let one = ex.spawn(async move {
            let mut value = 0;
            loop {
                to_two.send(value).await.unwrap();
                value = from_two.recv().await.unwrap() + 1;
                if value >= 2 * ROUND_TRIPS {
                    return value;
                }
            }
        });
        let two = ex.spawn(async move {
            while let Ok(value) = from_one.recv().await {
                to_one.send(value + 1).await.unwrap();
            }
        });
        let last = one.await;
        two.await;
        last / 2
    }))
}

fn timers(ex: &Ex, duration: Duration) -> u64 {
    drive(ex, async move {
        let mut dropped = 0;
        for _ in 0..ROUNDS {
            InPoll(|cx: &mut Context<'_>| {
                for i in 0..TIMERS {
                    let mut timer = Timer::after(duration + Duration::from_nanos(i));
                    dropped += Pin::new(&mut timer).poll(cx).is_pending() as u64;
                }
            })
            .await;
            yield_now().await;
        }
        dropped
    })
}

fn arm_many(ex: &Ex) {
    let inner = ex.clone();
    drive(ex, async move {
        let began = counted();
        for i in 0..ARMED {
            let sleeper = inner.spawn(async move {
                count();
                Timer::after(armed(i)).await;
            });
            sleeper.detach();
        }
        while counted() - began < ARMED {
            yield_now().await;
        }
    })
}

fn nothing(_: &Ex) {}

#[rustfmt::skip] // one line a work
const WORKS: &[Work<Ex>] = &[
    Work { key: "self_wake_1", prepare: nothing, chunk: |ex| self_wake(ex, 1), operations: SELF_WAKES as u64 },
    Work { key: "self_wake_1000", prepare: nothing, chunk: |ex| self_wake(ex, 1000), operations: SELF_WAKES as u64 },
    Work { key: "spawn_100", prepare: nothing, chunk: |ex| spawn(ex, BATCH, BATCHES), operations: BATCH * BATCHES },
    Work { key: "spawn_million", prepare: nothing, chunk: |ex| spawn(ex, MILLION, 1), operations: MILLION },
    Work { key: "spawn_await", prepare: nothing, chunk: spawn_await, operations: AWAITS },
    Work { key: "channel_round_trip", prepare: nothing, chunk: channel_round_trip, operations: ROUND_TRIPS },
    Work { key: "timer_alone", prepare: nothing, chunk: |ex| timers(ex, SOON), operations: ROUNDS * TIMERS },
    Work { key: "timer_first", prepare: arm_many, chunk: |ex| timers(ex, SOON), operations: ROUNDS * TIMERS },
    Work { key: "timer_later", prepare: arm_many, chunk: |ex| timers(ex, LATER), operations: ROUNDS * TIMERS },
];

fn main() {
    let options = harness::options();
    if options.workers > 0 {
        eprintln!("micro_smol: its local executor has one thread");
        std::process::exit(2);
    }
    harness::measure(WORKS, &options, &Ex::default());
    std::process::exit(0); // tasks that sleep for hours are nobody's concern
}

//! What the measuring programs have in common: the command line, and chunks of
//! work repeated until enough time has passed. micro.c does the same for ours.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub struct Options {
    pub work: String,
    pub workers: usize, // 0: the thread that calls block_on does it all
    #[allow(dead_code)] // only a recorder asks
    pub lean: bool, // record as little as possible
    enough: Duration,
}

pub struct Work<R> {
    pub key: &'static str,
    /// What must be there before the first chunk.
    pub prepare: fn(&R),
    /// Makes one chunk; gives the operations that it saw happen.
    pub chunk: fn(&R) -> u64,
    /// What a right chunk gives.
    pub operations: u64,
}

fn usage() -> ! {
    eprintln!("usage: --work KEY [--workers N] [--lean] [--ms AT-LEAST]");
    std::process::exit(2);
}

pub fn options() -> Options {
    let mut o = Options {
        work: String::new(),
        workers: 0,
        lean: false,
        enough: Duration::from_millis(60),
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        if name == "--lean" {
            o.lean = true;
            continue;
        }
        let value = args.next().unwrap_or_else(|| usage());
        let number = || value.parse().unwrap_or_else(|_| usage());
        match name.as_str() {
            "--work" => o.work = value,
            "--workers" => o.workers = number() as usize,
            "--ms" => o.enough = Duration::from_millis(number()),
            _ => usage(),
        }
    }
    o
}

/// Processor time of one thread's work, so that whoever else uses the processor
/// is not counted; the wall's time of what several share.
fn now() -> Duration {
    let clock = if SEVERAL.load(Relaxed) {
        libc::CLOCK_MONOTONIC
    } else {
        libc::CLOCK_PROCESS_CPUTIME_ID
    };
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // Safety: it fills `t`.
    unsafe { libc::clock_gettime(clock, &mut t) };
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// Chunks until `enough` has passed, at least one; ns of one operation.
fn repeat<R>(work: &Work<R>, on: &R, enough: Duration) -> f64 {
    let began = now();
    let mut operations = 0;
    loop {
        let seen = (work.chunk)(on);
        if seen != work.operations {
            eprintln!("{}: {} of {} operations", work.key, seen, work.operations);
            std::process::exit(1);
        }
        operations += seen;
        let took = now() - began;
        if took >= enough {
            return took.as_nanos() as f64 / operations as f64;
        }
    }
}

pub fn measure<R>(works: &[Work<R>], o: &Options, on: &R) {
    let work = works.iter().find(|w| w.key == o.work).unwrap_or_else(|| {
        eprintln!("no work '{}'", o.work);
        std::process::exit(2);
    });
    (work.prepare)(on);
    if !o.enough.is_zero() {
        repeat(work, on, Duration::from_millis(15)); // to warm up
    }
    println!("{:.3}", repeat(work, on, o.enough));
}

// ---- counting what tasks have done, by one thread or by several ----

static COUNTER: AtomicU64 = AtomicU64::new(0);
static SEVERAL: AtomicBool = AtomicBool::new(false);

/// From here on more than one thread counts.
#[allow(dead_code)] // only a runtime with several asks
pub fn count_by_several() {
    SEVERAL.store(true, Relaxed);
}

/// Costs a peer with one thread no more than adding one to a plain variable.
#[inline]
pub fn count() {
    if SEVERAL.load(Relaxed) {
        COUNTER.fetch_add(1, Relaxed);
    } else {
        COUNTER.store(COUNTER.load(Relaxed) + 1, Relaxed);
    }
}

pub fn counted() -> u64 {
    COUNTER.load(Relaxed)
}

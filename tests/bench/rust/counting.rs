//! Bytes of a task that only waits: counts those that are asked for, and asks
//! malloc how many of the heap it uses. bytes.c does the same for ours.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

struct Counting;

static ASKED: AtomicI64 = AtomicI64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size() as i64, Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        ASKED.fetch_sub(layout.size() as i64, Relaxed);
        System.dealloc(block, layout)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn heap_in_use() -> i64 {
    // Safety: it only reads malloc's own figures.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as i64
}

/// Spawned a batch at a time, each polled before the next one comes, so that a
/// run queue that grew is not taken for what a waiting task needs.
pub const BATCHES: usize = 100;
pub const BATCH: usize = 1000;

/// The value of --work, the only option.
pub fn work() -> String {
    let args: Vec<_> = std::env::args().collect();
    match &args[..] {
        [_, option, work] if option == "--work" && work.starts_with("task_") => work.clone(),
        _ => {
            eprintln!("usage: --work task_parked|task_sleeping[_heap]");
            std::process::exit(2);
        }
    }
}

pub fn print(used: i64) {
    println!("{:.1}", used as f64 / (BATCHES * BATCH) as f64);
}

/// What is in use now: asked for, or of the heap where the work's name says so.
pub fn in_use(work: &str) -> i64 {
    if work.ends_with("_heap") {
        heap_in_use()
    } else {
        ASKED.load(Relaxed)
    }
}

/// Keeps its waker, which nobody will ever use.
#[derive(Default)]
pub struct Parked(Option<Waker>);

impl Future for Parked {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0 = Some(cx.waker().clone());
        Poll::Pending
    }
}

//! A tracing subscriber that keeps what Tokio tells: spans (tasks, resources)
//! made, entered (a poll), left, closed, and events (wakes, operations), each
//! as 32 bytes in a ring as large as Fishbowl's. Of the fields only the numbers
//! are kept, without which a wake would not say whose it is. Each call has its
//! own time, as in the subscribers that people use; with --lean the clock is
//! read once a poll, as Fishbowl does it: the least that can be done.

use std::cell::UnsafeCell;
use std::fmt::Debug;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

const SLOTS: u64 = 1 << 20;

#[derive(Clone, Copy, Default)]
struct Slot {
    time_ns: u64,
    span: u64,
    number: u64,
    what: u64, // a call's kind, or the address of what names the event
}

struct Ring {
    slots: Box<[Slot]>,
    head: u64,
    now_ns: u64,
    began: Instant,
    lean: bool,
}

/// Written by the runtime's one thread only; several are refused.
struct Recorder {
    ring: UnsafeCell<Ring>,
    spans: AtomicU64,
}

unsafe impl Sync for Recorder {}
unsafe impl Send for Recorder {}

/// Set once by install; lives as long as the program.
static RECORDER: AtomicPtr<Recorder> = AtomicPtr::new(ptr::null_mut());

impl Recorder {
    #[inline]
    fn write(&self, what: u64, span: u64, number: u64) {
        // Safety: one thread, and nothing in here calls back.
        let ring = unsafe { &mut *self.ring.get() };
        if what == ENTER || !ring.lean {
            ring.now_ns = ring.began.elapsed().as_nanos() as u64;
        }
        ring.head += 1;
        ring.slots[(ring.head & (SLOTS - 1)) as usize] =
            Slot { time_ns: ring.now_ns, span, number, what };
    }
}

const NEW: u64 = 1;
const ENTER: u64 = 2;
const EXIT: u64 = 3;
const CLOSE: u64 = 4;
const RECORD: u64 = 5;
const FOLLOWS: u64 = 6;

struct Numbers(u64);

impl Visit for Numbers {
    fn record_u64(&mut self, _: &Field, value: u64) {
        self.0 = value;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// What is handed to `tracing`; the ring stays ours.
struct Handle(&'static Recorder);

impl Subscriber for Handle {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::always()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.spans.load(Relaxed) + 1;
        let mut numbers = Numbers(0);
        self.0.spans.store(id, Relaxed);
        span.record(&mut numbers);
        self.0.write(NEW, id, numbers.0);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut numbers = Numbers(0);
        values.record(&mut numbers);
        self.0.write(RECORD, span.into_u64(), numbers.0);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.0.write(FOLLOWS, span.into_u64(), follows.into_u64());
    }

    fn event(&self, event: &Event<'_>) {
        let mut numbers = Numbers(0);
        event.record(&mut numbers);
        self.0.write(event.metadata() as *const _ as u64, 0, numbers.0);
    }

    fn enter(&self, span: &Id) {
        self.0.write(ENTER, span.into_u64(), 0);
    }

    fn exit(&self, span: &Id) {
        self.0.write(EXIT, span.into_u64(), 0);
    }

    fn try_close(&self, span: Id) -> bool {
        self.0.write(CLOSE, span.into_u64(), 0);
        true
    }
}

pub fn install(lean: bool) {
    let slots = vec![Slot { what: 1, ..Slot::default() }; SLOTS as usize];
    let recorder = Box::leak(Box::new(Recorder {
        ring: UnsafeCell::new(Ring {
            slots: slots.into_boxed_slice(), // each page has been touched
            head: 0,
            now_ns: 0,
            began: Instant::now(),
            lean,
        }),
        spans: AtomicU64::new(0),
    }));
    RECORDER.store(recorder, Relaxed);
    tracing::subscriber::set_global_default(Handle(recorder)).unwrap();
}

/// A Tokio that told nothing would look as fast as one that nobody records.
pub fn check() {
    // Safety: the runtime has done its work; nobody writes any more.
    let ring = unsafe { &*(*RECORDER.load(Relaxed)).ring.get() };
    let whole = |s: &&Slot| s.time_ns > 0 && (s.span > 0 || s.number > 0 || s.what > FOLLOWS);
    let written = ring.slots.iter().filter(whole).count();
    if written < 1000 {
        eprintln!("only {written} calls were recorded");
        std::process::exit(1);
    }
}

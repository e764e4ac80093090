//! Futures and numbers that are the same on every runtime: the chunks of
//! micro_task.c, micro_channel.c and micro_timer.c.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pub const SELF_WAKES: u32 = 200_000;
pub const BATCH: u64 = 100;
pub const BATCHES: u64 = 500;
pub const MILLION: u64 = 1_000_000;
pub const AWAITS: u64 = 50_000;
pub const ROUND_TRIPS: u64 = 20_000;
pub const ROUNDS: u64 = 50;
pub const TIMERS: u64 = 1000;
pub const ARMED: u64 = 100_000;

pub const SOON: Duration = Duration::from_secs(60);
pub const LATER: Duration = Duration::from_secs(7200);

/// When the i-th of the timers that are always armed is due.
pub fn armed(i: u64) -> Duration {
    Duration::from_secs(3600) + Duration::from_millis(72 * i)
}

/// Wakes itself and is polled again, `left` times in all. Gives the polls.
pub struct SelfWake {
    left: u32,
    polls: u64,
}

impl SelfWake {
    pub fn new(left: u32) -> SelfWake {
        SelfWake { left, polls: 0 }
    }
}

impl Future for SelfWake {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        self.polls += 1;
        self.left -= 1;
        if self.left == 0 {
            return Poll::Ready(self.polls);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Calls its function in its one poll: for what needs a context.
pub struct InPoll<F>(pub F);

impl<F: FnMut(&mut Context<'_>) + Unpin> Future for InPoll<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        (self.0)(cx);
        Poll::Ready(())
    }
}

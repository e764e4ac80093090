// An evening at the greeter: who calls, in which world, and what is held
// against the learner's server afterwards.
//
// The same guests come to the shipped greeter (server/accept.c with one of its
// handlers) and to the learner's; the shipped one is the golden run. Errors are
// not injected by force: guests break their connection where it hurts, so what
// fails is a call of the conversation, as it would in the world.
//
//     CALM    a friendly kernel: talkers, a mute, one who talks no UTF-8
//     SLOW    the same guests, who take eight bytes at a time: replies wait
//     BROKEN  connections that fail at the question, the read, the reply
//     ROUGH   all of them, and short reads, EINTR, EAGAIN from the kernel
#ifndef DRILL_EVENING_H
#define DRILL_EVENING_H

#include "greeter.h"
#include "kit.h"

enum evening { CALM, SLOW, BROKEN, ROUGH, EVENINGS };

// ---- inside play ----

// The learner's serve_spawn greets the guests of this run's world. Gives 0 or
// -ENOMEM. What it prints is kept for the judge.
int evening_play(struct kit_play *play);
// The shipped acceptor with this handler does.
int evening_golden(struct kit_play *play,
                   const struct greeter_handler *handler);

// ---- inside judge ----

// The run came to its end, whole, so that nothing is missing because it was cut
// short; and no claim has failed yet, to whose evidence one would add.
bool evening_may_claim(struct kit_case *c);

// Each gives whether it holds; where it may not be asked it does.

// T13. Every guest heard what it heard from the shipped greeter, byte for byte;
// in ROUGH, where one read brings what the kernel pleases, what fits to it.
bool evening_claim_heard(struct kit_case *c);
// T13. In CALM and SLOW the task trees agree.
bool evening_claim_tree(struct kit_case *c);
// T10. For each call that failed there is one line "socket error: …".
bool evening_claim_errors_said(struct kit_case *c);
// T10. A task whose call failed has that error as its result.
bool evening_claim_errors_given_back(struct kit_case *c);
// T10. Such a result is taken while the server goes on, not when it ends.
bool evening_claim_errors_read_soon(struct kit_case *c);
// T8. Each connection was closed once.
bool evening_claim_closed_once(struct kit_case *c);

#endif

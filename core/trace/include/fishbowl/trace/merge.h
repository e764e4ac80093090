// Reading all rings of a trace as one row of events, in the order of their
// numbers, which is the order in which they happened.
//
// The same promises as for one ring (reader.h): what is given is whole and
// right, what was lost is known exactly, nothing in the file is trusted. A file
// with one ring is read as it always was.
#ifndef FISHBOWL_TRACE_MERGE_H
#define FISHBOWL_TRACE_MERGE_H

#include "fishbowl/trace/reader.h"

struct fb_trace_merge; // opaque

// Reads the rings of `r`, which must outlive it. Ownership:
// fb_trace_merge_close. Errors: -ENOMEM. Context: one thread at a time, as `r`.
__attribute__((warn_unused_result)) int
fb_trace_merge_open(struct fb_trace_merge **ret_merge,
                    const struct fb_trace_reader *r);
// NULL is legal.
void fb_trace_merge_close(struct fb_trace_merge *m);

// The greatest number up to which every event is there or known to be lost
// (0: none). One that a live writer has numbered and not yet finished holds
// this back; one that a dead writer left so is lost. While writers overwrite
// what it looks at, it may give less than there is.
uint64_t fb_trace_merge_head(struct fb_trace_merge *m);
// The number from which on nothing has been overwritten (1: nothing ever was).
// Where one ring has lost events up to here, older ones that other rings still
// hold are not given either: a row with holes is no picture.
uint64_t fb_trace_merge_tail(struct fb_trace_merge *m);

// Copies up to `max` events with consecutive numbers, from number `first` on.
// *ret_first is the number of the first event copied, so *ret_first - first
// events were lost, exactly. Returns how many were copied; 0 with *ret_first ==
// first: nothing new yet. Cheapest when `first` goes on where the last call
// ended.
size_t fb_trace_merge_read(struct fb_trace_merge *m, uint64_t first,
                           struct fb_event *events, size_t max,
                           uint64_t *ret_first);

// Where to start so that a model is exact: event 1 if it is still there, else
// the oldest whole census (its BEGIN) from the tail on; 0 if there is none.
uint64_t fb_trace_merge_sync(struct fb_trace_merge *m);

// Up to which place of `ring` events have been copied out of it, once
// fb_trace_merge_read has given all before number `next`.
uint64_t fb_trace_merge_taken(const struct fb_trace_merge *m, uint32_t ring,
                              uint64_t next);

// How many events were left out because their numbers cannot be true: smaller
// than one before them in their ring, given twice, or absurd. More than 0: the
// file is damaged.
uint64_t fb_trace_merge_refused(const struct fb_trace_merge *m);

#endif

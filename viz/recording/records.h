// Records in memory: what the bytes of a recording say, once they are unpacked.
//
// Pure: no file, no compression, so that whatever unpacks a recording by itself
// (a page in a browser) reads it with the same eyes as the reader of files.
#ifndef FISHBOWL_RECORDING_RECORDS_H
#define FISHBOWL_RECORDING_RECORDS_H

#include "recording.h"

// What must be remembered from record to record. All zero: the beginning.
struct fb__records {
    uint64_t next;         // numbers must not be below
    uint64_t total;        // events in all EVENTS so far
    bool ended;            // END has come
    struct fb_event *copy; // of an EVENTS payload that lies crooked
    size_t copy_room;      // events
};

void fb__records_deinit(struct fb__records *r); // legal when zeroed

// What a record of this kind with this payload says. Pointers of *ret_record
// are into the payload or into `r`, valid until either changes.
// Returns 1, 0 for a kind that is not known. Errors: -EBADMSG, -ENOMEM.
__attribute__((warn_unused_result)) int
fb__record_parse(struct fb__records *r, uint32_t kind, const char *payload,
                 size_t len, struct fb_record *ret_record);

// The next record of a known kind in `bytes`, from *at on, which moves behind
// it. Returns 1; 0 behind END; -ENODATA: the bytes end inside a record, *at is
// its place; -EBADMSG; -ENOMEM.
__attribute__((warn_unused_result)) int
fb__records_next(struct fb__records *r, const char *bytes, size_t len,
                 size_t *at, struct fb_record *ret_record);

#endif

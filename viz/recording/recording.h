// Recordings: a run in one file that needs nothing else, not even its sources.
//
// core/trace/RECORDING.md is the specification. The writer streams; the reader gives record
// by record and treats the file as hostile. Compression is Zstandard's.
#ifndef FISHBOWL_RECORDING_H
#define FISHBOWL_RECORDING_H

#include "fishbowl/trace/format.h"
#include <stdbool.h>
#include <stddef.h>

#define FB_RECORDING_VERSION      1u
#define FB_RECORDING_RECORD_BYTES (16u << 20) // largest payload
#define FB_RECORDING_WHY_BYTES    256

enum fb_record_kind {
    FB_RECORD_HEAD = 1,
    FB_RECORD_NAME,
    FB_RECORD_SOURCE,
    FB_RECORD_EVENTS,
    FB_RECORD_GAP,
    FB_RECORD_END,
};

struct fb_recording_head {
    uint32_t pid, flags, workers;
    uint64_t start_realtime_ns, start_time_ns;
    const char *program, *address; // raw
};

enum fb_recording_end { // how the program ended
    FB_RECORDING_RAN_ON,
    FB_RECORDING_CLOSED,
    FB_RECORDING_KILLED,
};

// ---- writing ----

struct fb_recording_writer; // opaque

// Creates the file, 0600, over an old one of that name. Ownership:
// fb_recording_finish or fb_recording_abandon. Errors: -ENOMEM, those of open
// and write.
__attribute__((warn_unused_result)) int
fb_recording_create(struct fb_recording_writer **ret_writer, const char *path,
                    const struct fb_recording_head *head);
// The records alone, unpacked, as they come: whoever packs them otherwise takes
// them in `sink`, which returns 0 or an error that ends the writing. Ownership,
// errors: as above, and those of `sink`.
typedef int fb_recording_sink_fn(void *arg, const void *bytes, size_t len);
__attribute__((warn_unused_result)) int
fb_recording_stream(struct fb_recording_writer **ret_writer,
                    fb_recording_sink_fn *sink, void *arg,
                    const struct fb_recording_head *head);
// The same in a file that is open for writing and empty. Ownership: `fd` is the
// writer's, also after an error.
__attribute__((warn_unused_result)) int
fb_recording_create_in(struct fb_recording_writer **ret_writer, int fd,
                       const struct fb_recording_head *head);
// Each appends a record. After an error nothing more is written and each call
// returns that error: what is in the file stays readable.
// Errors: -ENOMEM, -EINVAL too large, those of write (-ENOSPC).
__attribute__((warn_unused_result)) int
fb_recording_head(struct fb_recording_writer *w,
                  const struct fb_recording_head *head); // a new address
__attribute__((warn_unused_result)) int
fb_recording_name(struct fb_recording_writer *w, uint32_t index,
                  const char *name, const char *file, uint32_t line,
                  uint32_t size);
__attribute__((warn_unused_result)) int
fb_recording_source(struct fb_recording_writer *w, const char *file,
                    const char *text, size_t len);
// Numbers must rise; a jump is recorded as a gap.
__attribute__((warn_unused_result)) int
fb_recording_events(struct fb_recording_writer *w, uint64_t first,
                    const struct fb_event *events, size_t count);
// Brings all that was appended into the file.
__attribute__((warn_unused_result)) int
fb_recording_flush(struct fb_recording_writer *w);
// Writes END, closes the file, frees the writer.
__attribute__((warn_unused_result)) int
fb_recording_finish(struct fb_recording_writer *w, enum fb_recording_end end);
// Frees the writer; the file stays as it is, cut off. NULL is legal.
void fb_recording_abandon(struct fb_recording_writer *w);
uint64_t fb_recording_bytes(const struct fb_recording_writer *w); // in the file

// ---- reading ----

struct fb_recording_reader; // opaque

// A record as it was read. Pointers are valid until the next read.
struct fb_record {
    enum fb_record_kind kind;
    struct fb_recording_head head; // HEAD
    uint32_t index, line, size;    // NAME
    const char *name, *file;       // NAME; SOURCE (file)
    const char *text;              // SOURCE; not NUL-ended
    size_t text_len;               //
    uint64_t first, last;          // EVENTS, GAP
    const struct fb_event *events; // EVENTS
    size_t count;                  //
    enum fb_recording_end end;     // END
    uint64_t total;                // END
};

// Whether the file at `path` begins as a recording does.
bool fb_recording_is(const char *path);
// Opens it and reads as far as its HEAD. `why` says what is wrong. Ownership:
// fb_recording_close. Errors: -EINVAL not a recording or damaged, -EPROTO a
// newer version, -ENOMEM, those of open.
__attribute__((warn_unused_result)) int
fb_recording_open(struct fb_recording_reader **ret_reader, const char *path,
                  struct fb_recording_head *ret_head, char *why,
                  size_t why_bytes);
void fb_recording_close(struct fb_recording_reader *r); // NULL is legal
// Behind END, or after an error of reading: whether the checksum is there and is
// another one, so that what was read need not be what was written.
bool fb_recording_altered(struct fb_recording_reader *r);
// How far in the file it is, and how long that was when it was opened.
void fb_recording_progress(const struct fb_recording_reader *r,
                           uint64_t *ret_read, uint64_t *ret_bytes);
// Reads the next record of a known kind; of an EVENTS that was cut off its whole
// events. Returns 1; 0 behind END; -ENODATA: the file was cut off here; -EBADMSG:
// damaged from here on; -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int
fb_recording_read(struct fb_recording_reader *r, struct fb_record *ret_record);

#endif

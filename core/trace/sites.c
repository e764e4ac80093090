// Problem: an event must name a future's type and a source line in 16 bits,
// and the file must explain them, although types are scattered static objects
// that nobody registers.
//
// Idea: a site gets its number in a process-wide list at its first use. Each
// trace holds a prefix of that list, written up to the number that an event is
// about to mention; so a number means the same in every trace of a process and
// no event ever names an entry that is not there yet.
//
// Concurrency: the list and the giving of numbers are under one lock, and so
// are a file's own entries, for its writers may be on several threads; they are
// published by `table_count`. Each writer remembers how far the table was when
// it last looked.
#include "fishbowl/trace/text.h"
#include "fishbowl/trace/writer.h"

#include <pthread.h>
#include <string.h>

#define SITE_UNLISTED UINT32_MAX // the list was full when it came

static pthread_mutex_t sites_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fb_trace_site *sites[FB_TRACE_TABLE_MAX]; // 0 is reserved
static uint32_t sites_count = 1;

static uint32_t site_number(struct fb_trace_site *site) {
    uint32_t index = atomic_load_explicit(&site->index, memory_order_relaxed);

    if (index == 0) {
        index = SITE_UNLISTED;
        if (sites_count < FB_TRACE_TABLE_MAX) {
            index = sites_count++;
            sites[index] = site;
        }
        atomic_store_explicit(&site->index, index, memory_order_relaxed);
    }
    return index;
}

// Here and below `w` is the file's first writer, and the lock is held.

// Offset of a copy of `text` in the file's strings; 0 ("?") if it has no room.
static uint32_t string_write(struct fb_trace_writer *w, const char *text) {
    const struct fb_trace_header *h = w->header;
    uint64_t offset = w->strings_used;
    size_t bytes;

    if (!text) {
        return 0;
    }
    bytes = strlen(text) + 1;
    if (bytes > h->strings_bytes - offset) {
        return 0;
    }
    memcpy((char *)w->header + h->strings_offset + offset, text, bytes);
    w->strings_used += bytes;
    return (uint32_t)offset;
}

// Many sites lie in one file: its name is written once.
static uint32_t file_write(struct fb_trace_writer *w,
                           const struct fb_trace_entry *entries,
                           uint32_t index) {
    for (uint32_t i = index - 1; i > 0; i--) {
        if (sites[i]->file == sites[index]->file) {
            return entries[i].file;
        }
    }
    return string_write(w, sites[index]->file);
}

static void entry_write(struct fb_trace_writer *w, uint32_t index) {
    struct fb_trace_header *h = w->header;
    struct fb_trace_entry *entries =
        (struct fb_trace_entry *)(void *)((char *)h + h->table_offset);

    entries[index] = (struct fb_trace_entry){
        .name = string_write(w, sites[index]->name),
        .file = file_write(w, entries, index),
        .line = sites[index]->line,
        .size = sites[index]->size,
    };
    w->table_written = index + 1;
    // Pairs with the reader's look at table_count before it reads entries.
    atomic_store_explicit(&h->table_count, index + 1, memory_order_release);
}

uint16_t fb_trace_site_write(struct fb_trace_writer *w,
                             struct fb_trace_site *site) {
    struct fb_trace_writer *first = w->first;
    uint32_t index = atomic_load_explicit(&site->index, memory_order_relaxed);

    if (index == SITE_UNLISTED) {
        return 0;
    }
    (void)pthread_mutex_lock(&sites_lock);
    index = site_number(site);
    while (index != SITE_UNLISTED && first->table_written <= index) {
        entry_write(first, first->table_written);
    }
    w->entries_written = first->table_written;
    (void)pthread_mutex_unlock(&sites_lock);
    return index == SITE_UNLISTED ? 0 : (uint16_t)index;
}

// ---- texts: labels and messages --------------------------------------------

// The longest prefix of at most `max` bytes that does not cut a sequence.
static size_t whole_prefix(const char *text, size_t len, size_t max) {
    size_t cut = max;
    uint32_t scalar;

    if (len <= max) {
        return len;
    }
    // Find the sequence that crosses the cut, if it is one.
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        if (fb_text_decode(text + max - back, len - (max - back), &scalar) >
            back) {
            cut = max - back;
        }
    }
    return cut;
}

void fb_trace_text(struct fb_trace_writer *w, enum fb_event_kind kind,
                   uint32_t task, const char *text, size_t len,
                   uint16_t flags) {
    static const size_t most[FB_EV_KINDS] = {
        [FB_EV_TASK_LABEL] = FB_TRACE_LABEL_BYTES,
        [FB_EV_TASK_MESSAGE] = FB_TRACE_MESSAGE_BYTES};
    size_t whole = whole_prefix(text, len, most[kind]);
    size_t done = 0;
    uint8_t part = 0;

    do {
        struct fb_event *event = fb_trace_next(w, kind, task);
        size_t bytes = whole - done;

        if (bytes > sizeof event->text) {
            bytes = sizeof event->text;
        }
        event->detail = part++;
        event->flags = (uint16_t)(flags | whole);
        if (bytes > 0) {
            memcpy(event->text, text + done, bytes);
        }
        fb_trace_commit(w);
        done += bytes;
    } while (done < whole);
}

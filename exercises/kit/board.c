// Problem: what an exercise has found out must reach the judge even if its
// process dies in the next instruction.
// Idea: it is written straight into memory that both processes map.
// Invariants: names are NUL-ended; the child is not trusted: the judge reads
// counts and lengths through limits.
#include "kit_impl.h"

#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

struct kit_board *kit_board_open(void) {
    void *memory = mmap(NULL, sizeof(struct kit_board), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

void kit_board_clear(struct kit_board *b) {
    memset(b, 0, sizeof *b);
}

void kit_board_close(struct kit_board *b) {
    if (b != NULL) {
        (void)munmap(b, sizeof *b);
    }
}

static unsigned at_most(unsigned count, unsigned limit) {
    return count < limit ? count : limit;
}

static bool same(const char *stored, const char *name) {
    return strncmp(stored, name, KIT_NAME_BYTES - 1) == 0;
}

static void keep_name(char *out, const char *name) {
    (void)snprintf(out, KIT_NAME_BYTES, "%s", name);
}

// ---- writing ----

struct kit_fact *kit_board_fact(struct kit_board *b, const char *name) {
    for (unsigned i = 0; i < at_most(b->fact_count, KIT_FACTS); i++) {
        if (same(b->facts[i].name, name)) {
            return &b->facts[i];
        }
    }
    if (b->fact_count >= KIT_FACTS) {
        return NULL;
    }
    keep_name(b->facts[b->fact_count].name, name);
    return &b->facts[b->fact_count++];
}

struct kit_ear *kit_board_ear(struct kit_board *b, const char *label) {
    for (unsigned i = 0; i < at_most(b->ear_count, KIT_EARS); i++) {
        if (same(b->ears[i].label, label)) {
            return &b->ears[i];
        }
    }
    if (b->ear_count >= KIT_EARS) {
        return NULL;
    }
    keep_name(b->ears[b->ear_count].label, label);
    return &b->ears[b->ear_count++];
}

static struct kit_paper *paper(struct kit_board *b, const char *name) {
    for (unsigned i = 0; i < at_most(b->text_count, KIT_TEXTS); i++) {
        if (same(b->texts[i].name, name)) {
            return &b->texts[i];
        }
    }
    if (b->text_count >= KIT_TEXTS) {
        return NULL;
    }
    keep_name(b->texts[b->text_count].name, name);
    return &b->texts[b->text_count++];
}

void kit_note(struct kit_play *play, const char *name, int64_t value) {
    struct kit_fact *fact = kit_board_fact(play->board, name);

    if (fact != NULL) {
        fact->value = value;
    }
}

void kit_count(struct kit_play *play, const char *name, int64_t more) {
    struct kit_fact *fact = kit_board_fact(play->board, name);

    if (fact != NULL) {
        fact->value += more;
    }
}

void kit_write(struct kit_play *play, const char *name, const char *format,
               ...) {
    struct kit_paper *p = paper(play->board, name);
    va_list args;
    int len;

    if (p == NULL || p->len >= KIT_TEXT_BYTES - 1) {
        return;
    }
    va_start(args, format);
    len = vsnprintf(p->text + p->len, KIT_TEXT_BYTES - p->len, format, args);
    va_end(args);
    p->len =
        len < 0 ? p->len : at_most(p->len + (unsigned)len, KIT_TEXT_BYTES - 1);
}

// ---- reading ----

const struct kit_fact *kit_board_find(const struct kit_board *b,
                                      const char *name) {
    for (unsigned i = 0; i < at_most(b->fact_count, KIT_FACTS); i++) {
        if (same(b->facts[i].name, name)) {
            return &b->facts[i];
        }
    }
    return NULL;
}

const char *kit_board_text(const struct kit_board *b, const char *name) {
    for (unsigned i = 0; i < at_most(b->text_count, KIT_TEXTS); i++) {
        if (same(b->texts[i].name, name)) {
            return b->texts[i].text;
        }
    }
    return "";
}

const char *kit_board_heard(const struct kit_board *b, const char *label) {
    for (unsigned i = 0; i < at_most(b->ear_count, KIT_EARS); i++) {
        if (same(b->ears[i].label, label)) {
            return b->ears[i].heard;
        }
    }
    return "";
}

// Problem: progress must survive updates, crashes, two learns at once and
//     people who edit the file.
// Idea: `key: value` lines under `[exercise]` heads. Reading is strict where we
//     know a key and leaves alone what we do not; writing goes beside the file
//     and renames, so that a reader never sees half of it.
// Invariants: state_parse(state_print(s)) is s, with all that was kept.
// Concurrency: none here; work.c holds the lock around load and save.
#include "state.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const MARKS[STATE_MARKS] = {"new", "failed", "passed"};

const char *state_mark_name(enum state_mark mark) {
    return MARKS[mark];
}

void state_deinit(struct state *s) {
    for (size_t i = 0; i < s->count; i++) {
        free(s->entries[i].kept);
    }
    free(s->entries);
    free(s->kept);
    *s = (struct state){0};
}

const struct state_entry *state_find(const struct state *s, const char *id) {
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->entries[i].id, id) == 0) {
            return &s->entries[i];
        }
    }
    return NULL;
}

struct state_entry *state_get(struct state *s, const char *id) {
    const struct state_entry *found = state_find(s, id);
    struct state_entry *entries;

    if (found != NULL) {
        return &s->entries[found - s->entries];
    }
    entries = realloc(s->entries, (s->count + 1) * sizeof(*entries));
    if (entries == NULL) {
        return NULL;
    }
    s->entries = entries;
    entries[s->count] = (struct state_entry){0};
    snprintf(entries[s->count].id, sizeof(entries->id), "%s", id);
    return &entries[s->count++];
}

void state_touch(struct state_entry *e, uint64_t now) {
    if (e->touched != 0 && now > e->touched) {
        const uint64_t since = now - e->touched;

        e->seconds += since < STATE_BREAK ? since : STATE_BREAK;
    }
    e->touched = now;
}

void state_count_claim(struct state_entry *e, const char *claim) {
    for (size_t i = 0; i < e->claim_count; i++) {
        if (strcmp(e->claims[i].id, claim) == 0) {
            e->claims[i].times++;
            return;
        }
    }
    if (e->claim_count < STATE_CLAIMS) {
        struct state_claim *c = &e->claims[e->claim_count++];

        snprintf(c->id, sizeof(c->id), "%s", claim);
        c->times = 1;
    }
}

// ---- reading ----

struct parser {
    struct state *s;
    struct state_entry *entry; // NULL: before the first
    unsigned line;
    bool formatted; // its format line was there
    char *why;
    size_t why_bytes;
};

// A wrong line: what stands there, what should, and what to do.
static int wrong(struct parser *p, const char *text, const char *what) {
    char safe[96];

    fb_text_sanitise(text, strlen(text), safe, sizeof(safe));
    snprintf(p->why, p->why_bytes,
             "line %u: \"%s\": %s (mend the line, or remove it)", p->line, safe,
             what);
    return -EBADMSG;
}

static int keep(struct parser *p, const char *line) {
    char **kept = p->entry != NULL ? &p->entry->kept : &p->s->kept;
    const size_t before = *kept != NULL ? strlen(*kept) : 0;
    char *more = realloc(*kept, before + strlen(line) + 2);

    if (more == NULL) {
        return -ENOMEM;
    }
    sprintf(more + before, "%s\n", line);
    *kept = more;
    return 0;
}

static int read_number(struct parser *p, const char *line, const char *text,
                       uint64_t most, uint64_t *ret) {
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value > most) {
        return wrong(p, line, "a number was expected");
    }
    *ret = value;
    return 0;
}

static int read_small(struct parser *p, const char *line, const char *text,
                      unsigned *ret) {
    uint64_t value = 0;
    const int err = read_number(p, line, text, 1000000, &value);

    *ret = err ? *ret : (unsigned)value;
    return err;
}

// Short words of letters, digits and "_:/-.": what we have written ourselves.
static int read_word(struct parser *p, const char *line, const char *text,
                     char *out, size_t out_bytes) {
    static const char FINE[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:/-.";

    if (strlen(text) >= out_bytes || text[strspn(text, FINE)] != '\0') {
        return wrong(p, line, "one short word was expected");
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

// "T1=2 T14=1"
static int read_claims(struct parser *p, const char *line, const char *text) {
    struct state_entry *e = p->entry;
    char word[64];
    int n;

    for (; sscanf(text, " %63s%n", word, &n) == 1; text += n) {
        char *equals = strchr(word, '=');
        struct state_claim *c = &e->claims[e->claim_count];
        int err;

        if (equals == NULL || e->claim_count == STATE_CLAIMS) {
            return wrong(p, line, "words like T1=2 were expected");
        }
        *equals = '\0';
        err = read_word(p, line, word, c->id, sizeof(c->id));
        if (err == 0) {
            err = read_small(p, line, equals + 1, &c->times);
        }
        if (err) {
            return err;
        }
        e->claim_count++;
    }
    return 0;
}

static int read_mark(struct parser *p, const char *line, const char *text) {
    for (int i = 0; i < STATE_MARKS; i++) {
        if (strcmp(text, MARKS[i]) == 0) {
            p->entry->mark = (enum state_mark)i;
            return 0;
        }
    }
    return wrong(p, line, "it is new, failed or passed");
}

static int read_field(struct parser *p, const char *line, const char *key,
                      const char *value) {
    struct state_entry *e = p->entry;

    if (strcmp(key, "state") == 0) {
        return read_mark(p, line, value);
    }
    if (strcmp(key, "hash") == 0) {
        return read_word(p, line, value, e->hash, sizeof(e->hash));
    }
    if (strcmp(key, "attempts") == 0) {
        return read_small(p, line, value, &e->attempts);
    }
    if (strcmp(key, "hints") == 0) {
        return read_small(p, line, value, &e->hints);
    }
    if (strcmp(key, "resets") == 0) {
        return read_small(p, line, value, &e->resets);
    }
    if (strcmp(key, "gave-up") == 0) {
        e->given_up = strcmp(value, "yes") == 0;
        return e->given_up || strcmp(value, "no") == 0
                   ? 0
                   : wrong(p, line, "it is yes or no");
    }
    if (strcmp(key, "seconds") == 0) {
        return read_number(p, line, value, UINT32_MAX, &e->seconds);
    }
    if (strcmp(key, "touched") == 0) {
        return read_number(p, line, value, INT64_MAX, &e->touched);
    }
    if (strcmp(key, "last") == 0) {
        return read_word(p, line, value, e->last, sizeof(e->last));
    }
    if (strcmp(key, "event") == 0) {
        return read_number(p, line, value, INT64_MAX, &e->at);
    }
    if (strcmp(key, "order") == 0) {
        return read_word(p, line, value, e->order, sizeof(e->order));
    }
    if (strcmp(key, "claims") == 0) {
        return read_claims(p, line, value);
    }
    return keep(p, line);
}

static int read_head_field(struct parser *p, const char *line, const char *key,
                           const char *value) {
    if (strcmp(key, "format") == 0) {
        p->formatted = true;
        return strcmp(value, "1") == 0
                   ? 0
                   : wrong(p, line,
                           "this Fishbowl knows format 1; a newer one "
                           "wrote it");
    }
    if (strcmp(key, "learner") == 0) {
        fb_text_sanitise(value, strlen(value), p->s->learner,
                         sizeof(p->s->learner));
        return 0;
    }
    return keep(p, line);
}

static int begin_entry(struct parser *p, char *line) {
    const size_t len = strlen(line);
    char id[64] = "";

    if (line[len - 1] != ']') {
        return wrong(p, line, "a ] is missing");
    }
    line[len - 1] = '\0';
    if (read_word(p, line, line + 1, id, sizeof(id)) != 0 || id[0] == '\0') {
        return wrong(p, line, "an exercise's name was expected");
    }
    if (state_find(p->s, id) != NULL) {
        return wrong(p, line + 1, "this exercise is there twice");
    }
    p->entry = state_get(p->s, id);
    return p->entry != NULL ? 0 : -ENOMEM;
}

static void trim_end(char *line) {
    size_t len = strlen(line);

    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL) {
        line[--len] = '\0';
    }
}

static int read_line(struct parser *p, char *line) {
    char copy[1024], *colon;

    trim_end(line);
    if (line[0] == '\0') {
        return 0;
    }
    if (line[0] == '#') {
        // our own first lines are written anew
        return p->entry == NULL && !p->formatted ? 0 : keep(p, line);
    }
    if (line[0] == '[') {
        return begin_entry(p, line);
    }
    snprintf(copy, sizeof(copy), "%s", line);
    colon = strchr(copy, ':');
    if (colon == NULL || strlen(line) >= sizeof(copy)) {
        return wrong(p, line, "a line like \"attempts: 3\" was expected");
    }
    *colon = '\0';
    colon += 1 + strspn(colon + 1, " \t");
    return p->entry != NULL ? read_field(p, line, copy, colon)
                            : read_head_field(p, line, copy, colon);
}

int state_parse(const char *text, struct state *ret_state, char *why,
                size_t why_bytes) {
    struct state s = {0};
    struct parser p = {.s = &s, .why = why, .why_bytes = why_bytes};
    char *copy = strdup(text), *rest = copy, *line;
    int err = copy != NULL ? 0 : -ENOMEM;

    while (err == 0 && (line = strsep(&rest, "\n")) != NULL) {
        p.line++;
        err = read_line(&p, line);
    }
    free(copy);
    if (err == 0 && s.count > 0 && !p.formatted) {
        p.line = 1;
        err = wrong(&p, "", "the line \"format: 1\" is missing");
    }
    if (err == -ENOMEM) {
        snprintf(why, why_bytes, "out of memory");
    }
    if (err) {
        state_deinit(&s);
        return err;
    }
    *ret_state = s;
    return 0;
}

// ---- writing ----

static void print_number(FILE *out, const char *key, uint64_t value) {
    if (value != 0) {
        fprintf(out, "%s: %" PRIu64 "\n", key, value);
    }
}

static void print_word(FILE *out, const char *key, const char *value) {
    if (value[0] != '\0') {
        fprintf(out, "%s: %s\n", key, value);
    }
}

static void print_entry(const struct state_entry *e, FILE *out) {
    fprintf(out, "\n[%s]\nstate: %s\n", e->id, MARKS[e->mark]);
    print_word(out, "hash", e->hash);
    print_number(out, "attempts", e->attempts);
    print_number(out, "hints", e->hints);
    print_number(out, "resets", e->resets);
    print_word(out, "gave-up", e->given_up ? "yes" : "");
    print_number(out, "seconds", e->seconds);
    print_number(out, "touched", e->touched);
    print_word(out, "last", e->last);
    print_number(out, "event", e->at);
    print_word(out, "order", e->order);
    if (e->claim_count > 0) {
        (void)fputs("claims:", out);
        for (size_t i = 0; i < e->claim_count; i++) {
            fprintf(out, " %s=%u", e->claims[i].id, e->claims[i].times);
        }
        (void)fputc('\n', out);
    }
    if (e->kept != NULL) {
        (void)fputs(e->kept, out);
    }
}

void state_print(const struct state *s, FILE *out) {
    (void)fputs("# What you have done so far; `learn` keeps it. It may be read "
                "and edited.\nformat: 1\n",
                out);
    print_word(out, "learner", s->learner);
    if (s->kept != NULL) {
        (void)fputs(s->kept, out);
    }
    for (size_t i = 0; i < s->count; i++) {
        print_entry(&s->entries[i], out);
    }
}

// print --quiz: questions about what comes next, as a sheet for a class; with
// the answers, what is wrong with the others, and the events that prove it.
//
// A sheet has a dozen questions spread over the run, of all kinds. With --at it
// is the one question at that event, or the first one after it.
#include "quiz.h"
#include "page.h"

#include <inttypes.h>

enum { SHEET = 12 };

void fb_print_question(const struct fb_quiz *q, FILE *out) {
    fprintf(out, "%s\n", q->question);
    for (int i = 0; i < q->count; i++) {
        fprintf(out, "    %c) %s\n", 'a' + i, q->choices[i].text);
    }
}

int fb_print_answer(struct fb_session *s, const struct fb_quiz *q, FILE *out) {
    struct fb_history *h = fb_session_history(s);
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    const int told = fb_quiz_tell(h, fb_session_names(s), q, facts);
    char time[32];

    if (told < 0) {
        return told;
    }
    fprintf(out, "    It is %c. %s\n", 'a' + q->right,
            q->choices[q->right].why);
    for (int i = 0; i < q->count; i++) {
        if (i != q->right) {
            fprintf(out, "    Not %c. %s\n", 'a' + i, q->choices[i].why);
        }
    }
    fprintf(out, "    The events say:\n");
    for (int i = 0; i < told; i++) {
        const struct fb_event *e = fb_history_event(h, facts[i].event);

        fb__page_time(s, e ? e->time_ns : 0, time, sizeof(time));
        fprintf(out, "%10" PRIu64 "  %11s  %s\n", facts[i].event, time,
                facts[i].sentence);
    }
    return 0;
}

static int print_one(struct fb_session *s, const struct fb_quiz *q, int number,
                     bool answers, FILE *out) {
    fprintf(out, "\n%2d. After event %" PRIu64 ": ", number, q->at);
    fb_print_question(q, out);
    if (!answers) {
        return 0;
    }
    fputc('\n', out);
    return fb_print_answer(s, q, out);
}

struct range {
    uint64_t from, to, pace; // events between two questions, at least
    int most;
};

static struct range plan(struct fb_session *s,
                         const struct fb_print_options *o) {
    const struct fb_history *h = fb_session_history(s);
    struct range r = {.from = fb_history_first(h),
                      .to = fb_history_last(h),
                      .pace = 1,
                      .most = SHEET};

    if (o->at != 0) {
        r.from = o->at;
        r.most = 1;
        return r;
    }
    r.from = o->from > r.from ? o->from : r.from;
    r.to = o->to != 0 && o->to < r.to ? o->to : r.to;
    if (r.to > r.from) {
        r.pace += (r.to - r.from) / SHEET;
    }
    return r;
}

int fb_print_quiz(struct fb_session *s, const struct fb_print_options *options,
                  bool answers) {
    const int has = fb__page_has(s, options);
    uint32_t asked[FB_QUIZ_KINDS] = {0};
    struct range r = plan(s, options);
    struct fb_quiz q;
    int number = 0, err;

    if (has < 0) {
        return has;
    }
    fprintf(options->out,
            "What comes next?  Stand after the event and predict.\n");
    while (number < r.most && r.from != 0 && r.from <= r.to) {
        err = fb_quiz_find(fb_session_history(s), fb_session_names(s), r.from,
                           r.to, FB_QUIZ_ALL, asked, &q);
        if (err == 1) {
            asked[q.kind]++;
            err = print_one(s, &q, ++number, answers, options->out);
            r.from = q.at + r.pace;
        } else {
            r.from += FB_QUIZ_SEARCHED; // a long stretch without any
        }
        if (err < 0) {
            return err;
        }
    }
    if (number == 0) {
        fprintf(options->out, "\nThere is nothing to ask here.\n");
    }
    return fb__page_end(options->out);
}

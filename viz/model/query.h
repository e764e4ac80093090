// A query: which tasks a table shows, and in which order.
//
// The same words filter and sort on the screen and in print. A filter is a row
// of words that must all hold:
//
//     idle  running  scheduled  complete  freed   the task's state
//     failed  error  cancelled                    how it ended
//     live                                        it has not ended
//     lost                                        nobody will ever wake it
//     id:5  label:Ada  name:greet  await:read  by:timer
//     anything else                               text in id, label or name
//     !word                                       the word does not hold
//
// Text is found wherever it stands, small letters and capitals alike.
#ifndef FISHBOWL_QUERY_H
#define FISHBOWL_QUERY_H

#include "model.h"
#include "story.h"

enum { FB_FILTER_WORDS = 8, FB_FILTER_BYTES = 96, FB_FILTER_WHY = 160 };

enum fb_filter_field {
    FB_FILTER_TEXT, // id, label or name
    FB_FILTER_ID,
    FB_FILTER_LABEL,
    FB_FILTER_NAME,
    FB_FILTER_AWAIT,
    FB_FILTER_BY,
    FB_FILTER_STATE,   // value: enum fb_task_state
    FB_FILTER_OUTCOME, // value: enum fb_task_outcome
    FB_FILTER_LIVE,
    FB_FILTER_LOST,
};

struct fb_filter_word {
    uint8_t field; // enum fb_filter_field
    bool negated;
    uint32_t value;
    char text[FB_FILTER_BYTES];
};

// All zero: everything passes.
struct fb_filter {
    struct fb_filter_word words[FB_FILTER_WORDS];
    uint32_t count;
    char text[FB_FILTER_BYTES]; // as it was typed
};

enum fb_task_order {
    FB_ORDER_ID, // as they were spawned
    FB_ORDER_STATE,
    FB_ORDER_LABEL,
    FB_ORDER_POLLS, // most first
    FB_ORDER_BUSY,  // longest first
    FB_ORDER_WAKE,  // woken last first
    FB_ORDER_AGE,   // oldest first
    FB_ORDERS
};

// All zero: every task, as they were spawned.
struct fb_query {
    struct fb_filter filter;
    uint8_t order; // enum fb_task_order
    bool reverse;
};

// Errors: -EINVAL; `why` then says what is wrong and what would be right, and
// *ret_filter is as it was.
__attribute__((warn_unused_result)) int
fb_filter_parse(struct fb_filter *ret_filter, const char *text, char *why,
                size_t why_bytes);
bool fb_filter_passes(const struct fb_filter *f, const struct fb_model *m,
                      const struct fb_names *names,
                      const struct fb_model_task *t);

// "id", "state", … as headings and configuration call them.
const char *fb_order_name(enum fb_task_order order);
// Errors: -EINVAL no such order.
__attribute__((warn_unused_result)) int
fb_order_parse(enum fb_task_order *ret_order, const char *name);

// The tasks that a query chooses, in its order. Freed ones come last in every
// order.
struct fb_task_list {
    uint32_t *ids;
    size_t count;
    size_t all;      // tasks there are, freed ones too
    uint32_t max_id; // of all
};

// Ownership: fb_task_list_deinit. Errors: -ENOMEM; the list is then empty.
__attribute__((warn_unused_result)) int
fb_task_list_init(struct fb_task_list *list, const struct fb_model *m,
                  const struct fb_names *names, const struct fb_query *query);
void fb_task_list_deinit(struct fb_task_list *list); // legal when zeroed

// Where `words` begins in `text`, ASCII letters of both cases alike; NULL:
// nowhere. No words are found nowhere.
const char *fb_text_find(const char *text, const char *words);

#endif

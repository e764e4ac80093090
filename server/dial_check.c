// The judge: is this what a greeter says?
//
// Pure: bytes in, yes or no out. It knows the protocol a second time, on
// purpose, and shares no code with the greeter's way of making a reply.
#include "dial.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <string.h>

// The transcript for a greeter whose read brought exactly `name`.
static bool fits(const char *reply, size_t reply_len, const char *name,
                 size_t name_len) {
    const size_t before = strlen(THANKS), after = strlen("!\n");
    const char *trimmed;
    size_t len;

    if (!fb_text_is_utf8(name, name_len)) {
        return reply_len == 0; // that task has failed: it hangs up
    }
    trimmed = fb_text_trim(name, name_len, &len);
    return reply_len == before + len + after &&
           memcmp(reply, THANKS, before) == 0 &&
           memcmp(reply + before, trimmed, len) == 0 &&
           memcmp(reply + before + len, "!\n", after) == 0;
}

bool dial_is_true(const char *heard, size_t heard_len, const char *sent,
                  size_t sent_len, bool pieces) {
    const size_t most = sent_len < NAME_BYTES ? sent_len : NAME_BYTES;
    // Nothing sent is a piece too, but one that is read only at end of file.
    const size_t least = pieces && most > 0 ? 1 : most;

    if (heard_len < PROMPT_BYTES || memcmp(heard, PROMPT, PROMPT_BYTES) != 0) {
        return false;
    }
    for (size_t len = most; len >= least; len--) {
        if (fits(heard + PROMPT_BYTES, heard_len - PROMPT_BYTES, sent, len)) {
            return true;
        }
        if (len == 0) {
            break;
        }
    }
    return false;
}

const char *dial_verdict_name(enum dial_verdict verdict) {
    static const char *const names[DIAL_VERDICTS] = {
        [DIAL_OK] = "ok",
        [DIAL_WRONG] = "wrong",
        [DIAL_REFUSED] = "refused",
        [DIAL_RESET] = "reset",
        [DIAL_TIMED_OUT] = "timed out",
        [DIAL_FAILED] = "failed",
        [DIAL_CANCELLED] = "cancelled",
    };

    return names[verdict];
}

enum dial_verdict dial_verdict_of(const struct fb_join_result *result) {
    if (result->outcome != FB_OUTCOME_OK &&
        result->outcome != FB_OUTCOME_ERROR) {
        return DIAL_CANCELLED;
    }
    switch (result->out) {
    case -ECONNREFUSED: return DIAL_REFUSED;
    case -ECONNRESET:
    case -EPIPE: return DIAL_RESET;
    case -ETIMEDOUT: return DIAL_TIMED_OUT;
    default: break;
    }
    if (result->out < 0 || result->out >= DIAL_VERDICTS) {
        return DIAL_FAILED;
    }
    return (enum dial_verdict)result->out;
}

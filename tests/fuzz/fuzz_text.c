// Fuzz entry: any bytes as a client's name. UTF-8 and white space are judged
// by plain_utf8.h; what the sanitiser lets out must be harmless, stay as it is
// when sanitised again, and be cut only where it may be.
//
// Input: one byte that chooses the room, then the text.
#include "fishbowl/trace/text.h"
#include "fuzz.h"
#include "plain_utf8.h"

static void check_decoding(const uint8_t *text, size_t len) {
    for (size_t at = 0; at < len; at++) {
        uint32_t scalar = 0;
        size_t n = fb_text_decode((const char *)text + at, len - at, &scalar);

        FUZZ_REQUIRE(n == plain_utf8_length(text + at, len - at));
        FUZZ_REQUIRE(n == 0 ||
                     fb_text_is_space(scalar) == plain_is_space(text + at, n));
    }
    FUZZ_REQUIRE(fb_text_is_utf8((const char *)text, len) ==
                 plain_is_utf8(text, len));
}

static void check_trim(const uint8_t *text, size_t len) {
    size_t have, want;
    const char *first;

    if (!plain_is_utf8(text, len)) {
        return;
    }
    first = fb_text_trim((const char *)text, len, &have);
    text = plain_trim(text, len, &want);
    FUZZ_REQUIRE(have == want);
    FUZZ_REQUIRE(have == 0 || first == (const char *)text);
}

// One line, valid, and nothing in it that a terminal obeys or hides.
static void check_harmless(const char *safe, size_t len) {
    FUZZ_REQUIRE(strlen(safe) == len);
    FUZZ_REQUIRE(plain_is_utf8((const uint8_t *)safe, len));
    for (size_t at = 0, n; at < len; at += n) {
        uint32_t scalar = 0;

        n = fb_text_decode(safe + at, len - at, &scalar);
        FUZZ_REQUIRE(scalar >= 0x20 && (scalar < 0x7f || scalar > 0x9f));
        FUZZ_REQUIRE(scalar < 0x200b || scalar > 0x200f); // zero width, marks
        FUZZ_REQUIRE(scalar < 0x2028 || scalar > 0x202e); // separators, bidi
        FUZZ_REQUIRE(scalar < 0x2066 || scalar > 0x2069); // isolates
        FUZZ_REQUIRE(fb_text_width(scalar) >= 0);
    }
}

static void check_sanitiser(const char *text, size_t len, size_t room) {
    const size_t full_bytes = FB_TEXT_SAFE_BYTES(len) + 3;
    char *full = malloc(full_bytes), *again = malloc(full_bytes * 4);
    char *cut = malloc(room);
    size_t n, n_cut;

    FUZZ_REQUIRE(full != NULL && again != NULL && cut != NULL);
    n = fb_text_sanitise(text, len, full, full_bytes);
    FUZZ_REQUIRE(n < FB_TEXT_SAFE_BYTES(len)); // as the header promises
    check_harmless(full, n);
    FUZZ_REQUIRE(fb_text_sanitise(full, n, again, full_bytes * 4) == n);
    FUZZ_REQUIRE(strcmp(full, again) == 0);

    n_cut = fb_text_sanitise(text, len, cut, room);
    FUZZ_REQUIRE(n_cut < room);
    check_harmless(cut, n_cut);
    if (strcmp(cut, full) != 0) {
        FUZZ_REQUIRE(n >= room && n_cut >= 3);
        FUZZ_REQUIRE(strcmp(cut + n_cut - 3, "\xe2\x80\xa6") == 0);
        FUZZ_REQUIRE(memcmp(cut, full, n_cut - 3) == 0);
    }
    free(full);
    free(again);
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t room = 4 + fuzz_byte(&in) % 64u;

    check_decoding(in.at, in.left);
    check_trim(in.at, in.left);
    check_sanitiser((const char *)in.at, in.left, room);
    return 0;
}

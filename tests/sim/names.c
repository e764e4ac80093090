// Problem: to judge the greeter's replies with the greeter's own functions for
// UTF-8 and white space would prove that it agrees with itself.
// Idea: a name is put together from pieces whose nature is known. Whatever
// prefix of it a read brings, the pieces tell whether it is UTF-8 and where
// its white space ends.
#include "names.h"

#include <string.h>

enum nature { LETTER, SPACE, GARBAGE };

static const struct piece {
    const char *bytes;
    uint8_t len;
    uint8_t nature;
} pieces[] = {
    {"a", 1, LETTER},
    {"Z", 1, LETTER},
    {"-", 1, LETTER},
    {"\0", 1, LETTER},               // a name may hold a NUL
    {"\x1b", 1, LETTER},             // and a terminal's escape
    {"\xc3\xa9", 2, LETTER},         // é
    {"\xe7\x95\x8c", 3, LETTER},     // 界
    {"\xf0\x9f\x90\x9f", 4, LETTER}, // a fish
    {" ", 1, SPACE},
    {"\t", 1, SPACE},
    {"\n", 1, SPACE},
    {"\r", 1, SPACE},
    {"\xc2\xa0", 2, SPACE},     // no-break space
    {"\xe3\x80\x80", 3, SPACE}, // ideographic space
    {"\xff", 1, GARBAGE},
    {"\xc0\xaf", 2, GARBAGE},     // an overlong /
    {"\xed\xa0\x80", 3, GARBAGE}, // half of a pair of UTF-16
};
enum { LETTERS = 8, FIRST_GARBAGE = 14, PIECES = 17, NEWLINE = 10 };

static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u; // splitmix64

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void add(struct sim_name *name, unsigned index) {
    const struct piece *p = &pieces[index];

    if (name->len + p->len <= NAMES_MAX_BYTES) {
        memcpy(name->bytes + name->len, p->bytes, p->len);
        name->len = (uint16_t)(name->len + p->len);
        name->unit[name->units++] = (uint8_t)index;
    }
}

static void add_spaces(struct sim_name *name, uint64_t *random) {
    for (uint64_t n = draw(random) % 8; n > 5; n--) {
        add(name,
            LETTERS + (unsigned)(draw(random) % (FIRST_GARBAGE - LETTERS)));
    }
}

void sim_name_make(uint64_t seed, uint64_t who, bool garbled,
                   struct sim_name *ret_name) {
    uint64_t random = seed * 0x2545f4914f6cdd1du ^ who;
    uint64_t shape = draw(&random) % 256;
    uint64_t letters = shape == 0   ? NAMES_MAX_BYTES
                       : shape < 4  ? 0
                       : shape < 16 ? 1 + draw(&random) % 300
                                    : 1 + draw(&random) % 12;

    ret_name->len = ret_name->units = 0;
    add_spaces(ret_name, &random);
    for (uint64_t i = 0; i < letters; i++) {
        if (garbled && i == letters / 2) {
            add(ret_name, FIRST_GARBAGE + (unsigned)(draw(&random) %
                                                     (PIECES - FIRST_GARBAGE)));
        }
        add(ret_name, (unsigned)(draw(&random) % (LETTERS + 1)));
    }
    if (garbled && letters == 0) {
        add(ret_name, FIRST_GARBAGE);
    }
    add_spaces(ret_name, &random);
    add(ret_name, NEWLINE);
}

int sim_name_reply(const struct sim_name *name, size_t taken, char *ret_reply) {
    static const char thanks[] = "Thanks for dialing in, ";
    size_t at = 0, from = 0, to = 0, len = sizeof thanks - 1;

    for (unsigned i = 0; i < name->units && at < taken; i++) {
        const struct piece *p = &pieces[name->unit[i]];

        if (p->nature == GARBAGE || at + p->len > taken) {
            return -1;
        }
        if (p->nature == LETTER) {
            from = to == 0 ? at : from;
            to = at + p->len;
        }
        at += p->len;
    }
    memcpy(ret_reply, thanks, len);
    memcpy(ret_reply + len, name->bytes + from, to - from);
    len += to - from;
    memcpy(ret_reply + len, "!\n", 2);
    return (int)len + 2;
}

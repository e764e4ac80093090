// What a learner's object file may not bring along.
//
// Problem: a run has a process with limits of its own (the kit); the program
//     around it judges, and has none. Code of the learner's that is called when
//     a program is loaded or ends, or in place of a part of the kit, would run
//     there: it could fork, hang, or write the verdict itself.
// Idea: the object says so before it is linked. Its lists of functions to call
//     at the start and at the end may be no longer than those of the check,
//     which the same compiler made with the same flags (sanitizers put an entry
//     into each). And names of the kit are the kit's.
// Invariants: nothing outside of the file's bytes is read, whatever is in it.
#include "course_parts.h"
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT_MOST = 256 << 20 };

struct object {
    char *bytes;
    size_t len;
    const ElfW(Shdr) * sections;
    size_t count;
    const char *names; // of sections; NUL-ended like those of symbols
    size_t names_len;
};

// ---- reading ----

// Bytes of a section; NULL: they are not in the file.
static const void *bytes_of(const struct object *o, const ElfW(Shdr) * s) {
    if (s->sh_type == SHT_NOBITS || s->sh_offset > o->len ||
        s->sh_size > o->len - s->sh_offset) {
        return NULL;
    }
    return o->bytes + s->sh_offset;
}

// A table of names that ends with a NUL, so that each of them does.
static const char *names_in(const struct object *o, size_t index,
                            size_t *ret_len) {
    const char *names =
        index < o->count ? bytes_of(o, &o->sections[index]) : NULL;
    const size_t len = names != NULL ? o->sections[index].sh_size : 0;

    if (len == 0 || names[len - 1] != '\0') {
        return NULL;
    }
    *ret_len = len;
    return names;
}

static int read_object(struct object *o, const char *path) {
    const ElfW(Ehdr) * head;
    int err;

    *o = (struct object){0};
    err = course__slurp(path, OBJECT_MOST, &o->bytes, &o->len);
    if (err < 0) {
        return err;
    }
    head = (const ElfW(Ehdr) *)(const void *)o->bytes;
    if (o->len < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_shentsize != sizeof(ElfW(Shdr)) || head->e_shoff > o->len ||
        head->e_shoff % sizeof(void *) != 0 ||
        head->e_shnum > (o->len - head->e_shoff) / sizeof(ElfW(Shdr))) {
        return -EPROTO;
    }
    o->sections = (const ElfW(Shdr) *)(const void *)(o->bytes + head->e_shoff);
    o->count = head->e_shnum;
    o->names = names_in(o, head->e_shstrndx, &o->names_len);
    return o->names != NULL ? 0 : -EPROTO;
}

static const char *name_of(const struct object *o, const ElfW(Shdr) * s) {
    return s->sh_name < o->names_len ? o->names + s->sh_name : "";
}

static bool begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

// ---- at the start and at the end ----

static bool is_call_list(const char *name) {
    static const char *const LISTS[] = {
        ".preinit_array", ".init_array", ".fini_array", ".ctors",
        ".dtors",         ".init",       ".fini"};

    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++) {
        const size_t len = strlen(LISTS[i]);

        if (begins(name, LISTS[i]) && (name[len] == '\0' || name[len] == '.')) {
            return true;
        }
    }
    return false;
}

// Bytes of all sections of this name.
static size_t size_of(const struct object *o, const char *name) {
    size_t size = 0;

    for (size_t i = 0; i < o->count; i++) {
        if (strcmp(name_of(o, &o->sections[i]), name) == 0) {
            size += o->sections[i].sh_size;
        }
    }
    return size;
}

static bool calls_more(const struct object *o, const struct object *check) {
    for (size_t i = 0; i < o->count; i++) {
        const char *name = name_of(o, &o->sections[i]);

        if (is_call_list(name) && size_of(o, name) > size_of(check, name)) {
            return true;
        }
    }
    return false;
}

// ---- names ----

static bool may_define(const char *name) {
    static const char *const OURS[] = {"kit_",     "fb_",     "__asan_",
                                       "__ubsan_", "__lsan_", "__sanitizer_"};

    for (size_t i = 0; i < sizeof(OURS) / sizeof(OURS[0]); i++) {
        if (begins(name, OURS[i])) {
            return false;
        }
    }
    return strcmp(name, "main") != 0;
}

// Calls that the kit has taken over are made under its names (learner.h).
static bool may_call(const char *name) {
    return begins(name, "kit_learner_") ||
           (!begins(name, "kit_") && !begins(name, "fb_trial_"));
}

// Why an object is refused. The name of a symbol may stand behind `does`.
struct refusal {
    const char *claim, *claim_name, *does, *help;
};

static const struct refusal
    DEFINES = {"X1", "compiles", "defines a name of the check's:",
               "The check defines this already. Give yours another name, or "
               "make it static."},
    USES = {"X5", "not_allowed", "uses a part of the check:",
            "The check calls your file, not the other way round."},
    PICKS = {"X5", "not_allowed", "picks a function while it is loaded:",
             "Nothing limits code that runs so early. Decide in the functions "
             "that are called."},
    CALLS = {"X5", "not_allowed",
             "has code that runs before or after the exercise (a constructor "
             "or a destructor)",
             "Nobody polls such code, and nothing limits it. Do its work in "
             "the functions that are called."};

// NULL: it may be there.
static const struct refusal *symbol_wrong(const ElfW(Sym) * symbol,
                                          const char *name) {
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC) {
        return &PICKS;
    }
    if (symbol->st_shndx == SHN_UNDEF) {
        return may_call(name) ? NULL : &USES;
    }
    return ELF64_ST_BIND(symbol->st_info) == STB_LOCAL || may_define(name)
               ? NULL
               : &DEFINES;
}

// Of the first such symbol, whose name it copies.
static const struct refusal *symbols_wrong(const struct object *o, char *name,
                                           size_t name_bytes) {
    for (size_t i = 0; i < o->count; i++) {
        const ElfW(Shdr) *s = &o->sections[i];
        const ElfW(Sym) *symbols = bytes_of(o, s);
        size_t names_len = 0;
        const char *names = names_in(o, s->sh_link, &names_len);

        if (s->sh_type != SHT_SYMTAB || symbols == NULL || names == NULL ||
            s->sh_offset % sizeof(void *) != 0) {
            continue;
        }
        for (size_t k = 1; k < s->sh_size / sizeof(*symbols); k++) {
            const char *of = symbols[k].st_name < names_len
                                 ? names + symbols[k].st_name
                                 : "";
            const struct refusal *wrong = symbol_wrong(&symbols[k], of);

            if (wrong != NULL) {
                course__copy(name, name_bytes, of);
                return wrong;
            }
        }
    }
    return NULL;
}

// ---- the verdict ----

static void refuse(struct course_result *r, const struct refusal *why,
                   const char *source, const char *name) {
    snprintf(r->claim, sizeof(r->claim), "%s", why->claim);
    snprintf(r->name, sizeof(r->name), "%s", why->claim_name);
    snprintf(r->said, sizeof(r->said), "%.100s %s%s%.100s.", source, why->does,
             name[0] != '\0' ? " " : "", name);
    snprintf(r->help, sizeof(r->help), "%s", why->help);
}

int course__look_at_object(struct course_result *r, const char *source,
                           const char *object, const char *check_object) {
    const struct refusal *wrong = NULL;
    struct object mine, check = {0};
    char name[100] = "";
    int err = read_object(&mine, object);

    if (err == 0) {
        err = read_object(&check, check_object);
    }
    if (err == 0) {
        wrong = symbols_wrong(&mine, name, sizeof(name));
    }
    if (err == 0 && wrong == NULL && calls_more(&mine, &check)) {
        wrong = &CALLS;
    }
    if (wrong != NULL) {
        refuse(r, wrong, source, name);
        err = 1;
    }
    free(mine.bytes);
    free(check.bytes);
    // Objects of another format: the kit's own limits remain.
    return err == -EPROTO ? 0 : err;
}

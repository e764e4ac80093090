// One judgement: build, play, read the verdict.
//
// Problem: two runners may work in one folder (a watch in one terminal, a run
//     in another); the program may hang in a way its own limits do not see.
// Idea: the scratch folder is locked while it is worked in. The check program
//     says `run N of M` before each run; if it is silent for longer than one run
//     may take, it is ended. What it leaves of an older run is removed first, so
//     that no old verdict is read for a new one.
#include "course_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MARGIN_MS = 10000, LOOK_MS = 50 };

static void tell(const struct course_job *job, const char *word) {
    if (job->progress != NULL) {
        job->progress(job->progress_arg, word);
    }
}

static bool given_up(const struct course_job *job) {
    return job->give_up != NULL && job->give_up(job->give_up_arg);
}

// ---- the folder ----

int course__lock(const struct course_job *job, int *ret_fd, char *why,
                 size_t why_bytes) {
    char path[PATH_MAX];
    int fd, err = course__make_folder(job->scratch);

    if (err == 0) {
        err = course__path(path, sizeof(path), job->scratch, "lock");
    }
    fd = err == 0 ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (fd < 0) {
        err = err < 0 ? err : -errno;
        return course__wrong(err, why, why_bytes,
                             "%s: %s (what is built needs a folder there)",
                             job->scratch, strerror(-err));
    }
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        err = errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
        if (err == 0 && given_up(job)) {
            err = -ECANCELED;
        }
        if (err < 0) {
            (void)close(fd);
            return course__wrong(err, why, why_bytes, "%s: %s", path,
                                 strerror(-err));
        }
        tell(job, "waiting for another run");
        (void)poll(NULL, 0, LOOK_MS);
    }
    *ret_fd = fd;
    return 0;
}

// ---- playing ----

struct play {
    const struct course_job *job;
    char program[PATH_MAX], out[PATH_MAX], trace[PATH_MAX];
    char seeds[16], cpu[16], wall[16], memory[16];
    const char *argv[20];
    struct course_process process;
};

static void hear_line(void *arg, const char *line) {
    const struct play *p = arg;

    if (strncmp(line, "run ", 4) == 0) {
        char word[COURSE_TEXT];

        course__copy(word, sizeof(word), line);
        tell(p->job, word);
    }
}

static void make_words(struct play *p) {
    const struct course_exercise *e = p->job->exercise;
    const unsigned seeds = p->job->seeds != 0 ? p->job->seeds : e->seeds;
    const char *const words[] = {
        p->program, "--files",   p->job->files, "--out",       p->out,
        "--trace",  p->trace,    "--seeds",     p->seeds,      "--cpu-ms",
        p->cpu,     "--wall-ms", p->wall,       "--memory-mb", p->memory};
    size_t count = sizeof(words) / sizeof(words[0]);

    snprintf(p->seeds, sizeof(p->seeds), "%u", seeds);
    snprintf(p->cpu, sizeof(p->cpu), "%u", e->cpu_ms);
    snprintf(p->wall, sizeof(p->wall), "%u", e->wall_ms);
    snprintf(p->memory, sizeof(p->memory), "%u", e->memory_mb);
    memcpy(p->argv, words, sizeof(words));
    if (p->job->order != NULL) {
        p->argv[count++] = "--order";
        p->argv[count++] = p->job->order;
    }
    if (p->job->without != NULL) {
        p->argv[count++] = "--without";
        p->argv[count++] = p->job->without;
    }
    p->process = (struct course_process){.argv = p->argv,
                                         .silence_ms = e->wall_ms + MARGIN_MS,
                                         .line = hear_line,
                                         .arg = p};
}

static int make_paths(struct play *p) {
    const char *scratch = p->job->scratch;
    int err = course__path(p->program, sizeof(p->program), scratch, "program");

    if (err == 0) {
        err = course__path(p->out, sizeof(p->out), scratch, "verdict.json");
    }
    if (err == 0) {
        err = course__path(p->trace, sizeof(p->trace), scratch, "run.ring");
    }
    return err;
}

// The last line that it said, for an error.
static const char *last_line(char *said) {
    size_t len = strlen(said);
    char *line;

    while (len > 0 && said[len - 1] == '\n') {
        said[--len] = '\0';
    }
    line = strrchr(said, '\n');
    return line != NULL ? line + 1 : said[0] != '\0' ? said : "it said nothing";
}

static int read_result(struct play *p, struct course_result *r, char *why,
                       size_t why_bytes) {
    const int status = p->process.status;
    char what[COURSE_WHY];
    int err;

    if (p->process.silent) {
        return course__wrong(-ETIMEDOUT, why, why_bytes,
                             "the check of %s hangs: %s (this is not yours)",
                             p->job->exercise->id, last_line(p->process.said));
    }
    err = course__no_space(p->job, &p->process, why, why_bytes);
    if (err < 0) {
        return err;
    }
    err = course__read_verdict(p->out, r, what, sizeof(what));
    if (err == 0 && status != (r->passed ? 0 : 1)) {
        err = -EPROTO;
        snprintf(what, sizeof(what), "it ended with status %d", status);
    }
    if (err < 0) {
        return course__wrong(-EPROTO, why, why_bytes,
                             "the check of %s gave no verdict: %s; its last "
                             "words: %s",
                             p->job->exercise->id, what,
                             last_line(p->process.said));
    }
    if (access(p->trace, R_OK) == 0 && strlen(p->trace) < sizeof(r->trace)) {
        strcpy(r->trace, p->trace);
    }
    return 0;
}

static int play(const struct course_job *job, struct course_result *r,
                char *why, size_t why_bytes) {
    struct play p = {.job = job};
    struct course_process *const one[] = {&p.process};
    int err = make_paths(&p);

    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", job->scratch,
                             strerror(-err));
    }
    make_words(&p);
    err = course__processes_run(one, 1, job->give_up, job->give_up_arg, why,
                                why_bytes);
    if (err == 0) {
        err = read_result(&p, r, why, why_bytes);
    }
    course__process_deinit(&p.process);
    return err;
}

// ---- all of it ----

// Nothing of an older run is left.
static int clear(const struct course_job *job) {
    static const char *const NAMES[] = {"verdict.json", "run.ring", "program"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const int err =
            course__path(path, sizeof(path), job->scratch, NAMES[i]);

        if (err < 0) {
            return err;
        }
        if (unlink(path) < 0 && errno != ENOENT) {
            return -errno;
        }
    }
    return 0;
}

// Compilers run in other folders than we do.
static int make_absolute(const char *path, char *whole) {
    return realpath(path, whole) != NULL ? 0 : -errno;
}

static int judge(struct course *c, const struct course_job *job,
                 struct course_result *r, char *why, size_t why_bytes) {
    int64_t began = course__now_ms();
    int err = clear(job);

    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", job->scratch,
                             strerror(-err));
    }
    tell(job, "compiling");
    err = course__build(c, job, r, why, why_bytes);
    r->build_ms = (unsigned)(course__now_ms() - began);
    if (err != 0) {
        return err < 0 ? err : 0;
    }
    began = course__now_ms();
    err = play(job, r, why, why_bytes);
    r->run_ms = (unsigned)(course__now_ms() - began);
    return err;
}

int course_judge(struct course *c, const struct course_job *job,
                 struct course_result *ret_result, char *why,
                 size_t why_bytes) {
    char files[PATH_MAX], scratch[PATH_MAX];
    struct course_job whole = *job;
    struct course_result *r;
    int lock = -1, err;

    why[0] = '\0';
    err = make_absolute(job->files, files);
    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", job->files,
                             strerror(-err));
    }
    err = course__lock(job, &lock, why, why_bytes);
    if (err < 0) {
        return err;
    }
    r = calloc(1, sizeof(*r));
    err = r == NULL ? -ENOMEM : make_absolute(job->scratch, scratch);
    if (err == 0) {
        whole.files = files;
        whole.scratch = scratch;
        err = judge(c, &whole, r, why, why_bytes);
    }
    if (err == 0) {
        *ret_result = *r;
    } else {
        if (r != NULL) {
            course_result_deinit(r);
        }
        if (why[0] == '\0') {
            (void)course__wrong(err, why, why_bytes, "%s", strerror(-err));
        }
    }
    free(r);
    (void)close(lock);
    return err;
}

void course_result_deinit(struct course_result *r) {
    free(r->compiler);
    r->compiler = NULL;
}

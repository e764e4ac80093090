// Runs a fuzzer over a corpus, without libFuzzer: what was found once stays
// tested in every build. usage: fuzz_NAME FOLDER|FILE…
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat st;
    uint8_t *data;
    size_t size;

    if (file == NULL || fstat(fileno(file), &st) < 0) {
        perror(path);
        return -1;
    }
    size = (size_t)st.st_size;
    data = malloc(size); // no slack: a read beyond it is a sanitizer's finding
    if (size > 0 && (data == NULL || fread(data, 1, size, file) != size)) {
        perror(path);
        return -1;
    }
    (void)fclose(file);
    // Before the call: whoever aborts is named.
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int replay_folder(const char *folder) {
    struct dirent **names;
    int total = 0, count = scandir(folder, &names, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        char path[4096];
        int ran = 0;

        if (names[i]->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder,
                           names[i]->d_name);
            ran = replay_file(path);
        }
        free(names[i]);
        total = ran < 0 || total < 0 ? -1 : total + ran;
    }
    if (count >= 0) {
        free(names);
    }
    return total;
}

#pragma weak LLVMFuzzerInitialize // few fuzzers have one

int main(int argc, char **argv) {
    int total = 0;

    if (LLVMFuzzerInitialize != NULL) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    for (int i = 1; i < argc; i++) {
        struct stat st;
        int ran = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)
                      ? replay_folder(argv[i])
                      : replay_file(argv[i]);

        if (ran < 0) {
            return 1;
        }
        total += ran;
    }
    printf("%d inputs\n", total);
    return total == 0; // an empty corpus proves nothing
}

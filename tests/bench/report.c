// bench_report: rows on standard input become a table on standard output and,
// if asked for, a picture.
#include "report.h"
#include <stdlib.h>
#include <string.h>

static FILE *open_or_die(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void check_line(const char *path, int line) {
    if (line > 0) {
        (void)fprintf(stderr, "bench_report: %s:%d: makes no sense\n", path,
                      line);
        exit(1);
    }
}

int main(int argc, char **argv) {
    static struct report report;
    FILE *file;

    if (argc != 2 && argc != 3) {
        (void)fprintf(stderr, "usage: bench_report BARS [SVG] <ROWS\n");
        return 2;
    }
    file = open_or_die(argv[1], "re");
    check_line(argv[1], report_read_bars(&report, file));
    (void)fclose(file);
    check_line("rows", report_read_rows(&report, stdin));
    report_table(&report, stdout);
    if (argc == 3) {
        file = open_or_die(argv[2], "we");
        report_plot(&report, file);
        if (fclose(file) != 0) {
            perror(argv[2]);
            return 1;
        }
    }
    return 0;
}

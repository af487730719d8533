/* SPDX-License-Identifier: Apache-2.0
 * What the tests of log and store do to their files: SQL behind their back, text that is no database,
 * full disks, kills. */
#ifndef WICK_SPEC_FILE_RIG_H
#define WICK_SPEC_FILE_RIG_H

#include "rig.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

static inline void file_sql(const char *name, const char *text)
{
    sqlite3 *db;
    char *why = NULL;

    assert_int_equal(sqlite3_open(rig_path(name), &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static inline void file_nonsense(const char *name)
{
    FILE *f = fopen(rig_path(name), "w");

    assert_non_null(f);
    for (int i = 0; i < 500; i++)
        fputs("this is no database at all; ", f);
    fclose(f);
}

/* The error of the context names the file and says the word; the context is closed. */
static inline void file_refused(int rc, const char *name, const char *word)
{
    assert_true(rc < 0);
    if (!strstr(wick_error(w), word) || !strstr(wick_error(w), name))
        fail_msg("'%s' does not say '%s'", wick_error(w), word);
    rig_shut();
}

/* No file of this process grows over `size` from here on, as where a disk is full; 0: there is room. */
static inline void file_limit(rlim_t size)
{
    struct rlimit limit = {.rlim_cur = size ? size : RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* What fails in a child aborts it. */
static inline pid_t file_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        setenv("CMOCKA_TEST_ABORT", "1", 1);
    return pid;
}

/* Another process does this and ends with 0. */
static inline void file_child(void (*child)(void))
{
    int status;
    pid_t pid = file_fork();

    if (pid == 0) {
        child();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Another process writes numbers to `tell` until it is killed, a while after `enough`: the last of them. */
static inline int64_t file_killed(void (*child)(int tell), int64_t enough, int later)
{
    int64_t told = 0, n;
    int pipes[2], status;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    if ((pid = file_fork()) == 0)
        child(pipes[1]);
    close(pipes[1]);
    while (told < enough && read(pipes[0], &n, sizeof n) == sizeof n)
        told = n;
    for (volatile int spin = 0; spin < later; spin++) /* somewhere in the midst of the next */
        ;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    while (read(pipes[0], &n, sizeof n) == sizeof n)
        told = n;
    close(pipes[0]);
    return told;
}

#endif

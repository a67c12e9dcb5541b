/* Terminals are in POSIX, but the GNU library declares them only so. */
#define _XOPEN_SOURCE 700 /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

#include "support_command.h"

#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

extern char **environ;

/* ---- Files ---- */

static char folder[256];

const char *scratch_folder(void) {
    if (!*folder) {
        const char *parent = getenv("TMPDIR");
        (void)snprintf(folder, sizeof folder, "%s/focl-test-XXXXXX", parent && *parent ? parent : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(folder));
    }
    return folder;
}

scratch_path scratch_file(const char *name) {
    scratch_path path;
    (void)snprintf(path.text, sizeof path.text, "%s/%s", scratch_folder(), name);
    return path;
}

bool scratch_exists(const char *name) {
    return access(scratch_file(name).text, F_OK) == 0;
}

/* Calls visit for every file in a folder and counts them. */
static size_t visit_files(const char *path, void (*visit)(const char *name)) {
    DIR *directory = opendir(path);
    size_t count = 0;
    /* Nothing of Check may be called here: the folder is removed after the tests. */
    for (const struct dirent *entry = directory ? readdir(directory) : NULL; entry; entry = readdir(directory)) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (visit)
            visit(entry->d_name);
    }
    if (directory)
        (void)closedir(directory);
    return count;
}

size_t scratch_count(void) {
    return visit_files(scratch_folder(), NULL);
}

static const char *visited; /* a folder in the folder */

static void remove_inner_file(const char *name) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", visited, name);
    (void)remove(path);
}

/* What the command makes is a file, or a folder of files. */
static void remove_file(const char *name) {
    const scratch_path path = scratch_file(name);
    visited = path.text;
    if (remove(path.text) == 0)
        return;
    (void)visit_files(path.text, remove_inner_file);
    (void)remove(path.text);
}

void scratch_remove(void) {
    if (!*folder)
        return;
    (void)visit_files(folder, remove_file);
    (void)rmdir(folder);
    *folder = '\0';
}

void scratch_write(const char *name, const void *bytes, size_t count) {
    FILE *file = fopen(scratch_file(name).text, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

void scratch_npy_header(const char *name, int version, const char *header, const void *data, size_t bytes) {
    const size_t length = strlen(header);
    const size_t length_bytes = version == 1 ? 2 : 4;
    FILE *file = fopen(scratch_file(name).text, "wb");
    ck_assert_ptr_nonnull(file);
    (void)fwrite("\x93NUMPY", 1, 6, file);
    (void)fputc(version, file);
    (void)fputc(0, file);
    for (size_t i = 0; i < length_bytes; i++)
        (void)fputc((int)(length >> (8 * i) & 0xff), file);
    (void)fwrite(header, 1, length, file);
    if (bytes)
        (void)fwrite(data, 1, bytes, file);
    ck_assert_int_eq(fclose(file), 0);
}

void scratch_npy(const char *name, const char *type, const char *shape, const void *data, size_t bytes) {
    char header[512];
    (void)snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    size_t used = strlen(header);
    while ((used + 1 + 10) % 64 != 0)
        header[used++] = ' ';
    header[used++] = '\n';
    header[used] = '\0';
    scratch_npy_header(name, 1, header, data, bytes);
}

char *read_file(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    size_t used = 0;
    size_t capacity = 4096;
    char *text = malloc(capacity + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t got = fread(text, 1, capacity, file); got > 0; got = fread(text + used, 1, capacity - used, file)) {
        used += got;
        if (used < capacity)
            continue;
        capacity *= 2;
        char *larger = realloc(text, capacity + 1);
        ck_assert_ptr_nonnull(larger);
        text = larger;
    }
    (void)fclose(file);
    text[used] = '\0';
    if (bytes)
        *bytes = used;
    return text;
}

/* ---- Runs ---- */

enum { MOST_ARGUMENTS = 64, MOST_VARIABLES = 256 };

typedef struct argument_list {
    char texts[MOST_ARGUMENTS][512];
    char *pointers[MOST_ARGUMENTS + 1];
} argument_list;

static void expand(char *text, size_t bytes, const char *word, size_t length) {
    const char *parent = word[0] == '@' ? scratch_folder() : word[0] == '$' ? FOCL_TEST_DATA : NULL;
    const int shown = (int)(parent ? length - 1 : length);
    (void)snprintf(text, bytes, "%s%s%.*s", parent ? parent : "", parent ? "/" : "", shown, parent ? word + 1 : word);
}

static void split(argument_list *list, const char *command, const char *arguments) {
    size_t count = 0;
    expand(list->texts[count++], sizeof *list->texts, command, strlen(command));
    for (const char *at = arguments + strspn(arguments, " "); *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        ck_assert_uint_lt(count, MOST_ARGUMENTS);
        expand(list->texts[count++], sizeof *list->texts, at, length);
        at += length;
    }
    for (size_t i = 0; i < count; i++)
        list->pointers[i] = list->texts[i];
    list->pointers[count] = NULL;
}

/* The first of several variables with one name is the one that counts. */
static void make_environment(char **variables, char *device, size_t device_bytes, char *more) {
    const char *selector = getenv("FOCL_TEST_DEVICE");
    size_t count = 0;
    if (more)
        variables[count++] = more;
    if (selector && *selector) {
        (void)snprintf(device, device_bytes, "FOCL_DEVICE=%s", selector);
        variables[count++] = device;
    }
    for (char **variable = environ; *variable && count < MOST_VARIABLES; variable++) {
        const size_t name = strcspn(*variable, "=") + 1;
        if (!more || strncmp(more, *variable, name) != 0)
            variables[count++] = *variable;
    }
    variables[count] = NULL;
}

static int spawn_and_wait(char *const *arguments, char *const *environment, const char *out, const char *err) {
    posix_spawn_file_actions_t actions;
    pid_t process = 0;
    int status = 0;
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int result = posix_spawn(&process, arguments[0], &actions, NULL, arguments, environment);
    ck_assert_msg(result == 0, "%s: %s", arguments[0], strerror(result));
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    (void)posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Drivers may write to stderr as well; Mesa does, and marks its lines. They are not the command's. */
static void drop_driver_lines(char *text) {
    static const char mark[] = "MESA: ";
    char *to = text;
    for (char *line = text; *line;) {
        const size_t length = strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
        if (strncmp(line, mark, sizeof mark - 1) != 0) {
            memmove(to, line, length);
            to += length;
        }
        line += length;
    }
    *to = '\0';
}

command_result command_run(const char *arguments, const char *environment) {
    static argument_list list;
    static char *variables[MOST_VARIABLES + 1];
    char device[256];
    char more[256];
    const char *command = getenv("FOCL_COMMAND");
    ck_assert_ptr_nonnull(command);
    const scratch_path out = scratch_file(".out");
    const scratch_path err = scratch_file(".err");
    command_result result;
    split(&list, command, arguments);
    (void)snprintf(more, sizeof more, "%s", environment ? environment : "");
    make_environment(variables, device, sizeof device, *more ? more : NULL);
    result.status = spawn_and_wait(list.pointers, variables, out.text, err.text);
    result.out = read_file(out.text, NULL);
    result.err = read_file(err.text, NULL);
    drop_driver_lines(result.err);
    (void)remove(out.text);
    (void)remove(err.text);
    return result;
}

/* ---- On a terminal ---- */

static int open_terminal(char *name, size_t bytes) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(grantpt(terminal), 0);
    ck_assert_int_eq(unlockpt(terminal), 0);
    (void)snprintf(name, bytes, "%s", ptsname(terminal));
    return terminal;
}

/* Ctrl-C means what it usually means, even if it means nothing to this process. */
static pid_t spawn_on_terminal(char *const *arguments, char *const *environment, const char *out,
                               const char *terminal) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t interrupt;
    pid_t process = 0;
    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    ck_assert_int_eq(posix_spawnattr_init(&attributes), 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigdefault(&attributes, &interrupt);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)posix_spawn_file_actions_addopen(&actions, 2, terminal, O_WRONLY | O_NOCTTY, 0);
    ck_assert_int_eq(posix_spawn(&process, arguments[0], &actions, &attributes, arguments, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return process;
}

/* What the terminal shows until its last user has closed it, or it is full; the signal is sent once. */
static void watch_terminal(int terminal, pid_t process, const char *awaited, char *shown, size_t bytes) {
    size_t used = 0;
    bool sent = false;
    for (ssize_t got = 1; got > 0 && used + 1 < bytes; used += got > 0 ? (size_t)got : 0) {
        shown[used] = '\0';
        if (!sent && strstr(shown, awaited)) {
            ck_assert_int_eq(kill(process, SIGINT), 0);
            sent = true;
        }
        got = read(terminal, shown + used, bytes - used - 1);
    }
    shown[used] = '\0';
}

command_result command_interrupt(const char *arguments, const char *awaited) {
    enum { SHOWN_BYTES = 1 << 20 };
    static argument_list list;
    static char *variables[MOST_VARIABLES + 1];
    char device[256];
    char name[256];
    const char *command = getenv("FOCL_COMMAND");
    const scratch_path out = scratch_file(".out");
    command_result result;
    int status = 0;
    ck_assert_ptr_nonnull(command);
    split(&list, command, arguments);
    make_environment(variables, device, sizeof device, NULL);
    result.err = test_zeros(SHOWN_BYTES, 1);
    const int terminal = open_terminal(name, sizeof name);
    const pid_t process = spawn_on_terminal(list.pointers, variables, out.text, name);
    watch_terminal(terminal, process, awaited, result.err, SHOWN_BYTES);
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    (void)close(terminal);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.out = read_file(out.text, NULL);
    (void)remove(out.text);
    return result;
}

void command_free(command_result *result) {
    free(result->out);
    free(result->err);
}

/* ---- JSON ---- */

/* Each of these moves *at behind what it names, and is false where that is not there. */

static void skip_space(const char **at) {
    *at += strspn(*at, " \t\r\n");
}

static bool skip_character(const char **at, char wanted) {
    skip_space(at);
    if (**at != wanted)
        return false;
    ++*at;
    return true;
}

static bool skip_word(const char **at, const char *word) {
    if (strncmp(*at, word, strlen(word)) != 0)
        return false;
    *at += strlen(word);
    return true;
}

static bool skip_escape(const char **at) {
    const char kind = *(*at)++;
    if (kind != 'u')
        return kind && strchr("\"\\/bfnrt", kind);
    const bool four = strspn(*at, "0123456789abcdefABCDEF") >= 4;
    *at += four ? 4 : 0;
    return four;
}

static bool skip_string(const char **at) {
    if (!skip_character(at, '"'))
        return false;
    while (**at != '"') {
        const unsigned char character = (unsigned char)*(*at)++;
        if (character < 0x20 || (character == '\\' && !skip_escape(at)))
            return false;
    }
    ++*at;
    return true;
}

static bool skip_digits(const char **at) {
    const size_t count = strspn(*at, "0123456789");
    *at += count;
    return count > 0;
}

static bool skip_number(const char **at) {
    *at += **at == '-';
    if (**at == '0')
        ++*at;
    else if (!skip_digits(at))
        return false;
    if (**at == '.' && (++*at, !skip_digits(at)))
        return false;
    if (**at != 'e' && **at != 'E')
        return true;
    ++*at;
    *at += **at == '+' || **at == '-';
    return skip_digits(at);
}

static bool skip_value(const char **at);

/* NOLINTNEXTLINE(misc-no-recursion): JSON is nested */
static bool skip_members(const char **at, char end, bool named) {
    if (skip_character(at, end))
        return true;
    do {
        if (named && !(skip_string(at) && skip_character(at, ':')))
            return false;
        if (!skip_value(at))
            return false;
    } while (skip_character(at, ','));
    return skip_character(at, end);
}

/* NOLINTNEXTLINE(misc-no-recursion): JSON is nested */
static bool skip_value(const char **at) {
    skip_space(at);
    switch (**at) {
    case '{':
        ++*at;
        return skip_members(at, '}', true);
    case '[':
        ++*at;
        return skip_members(at, ']', false);
    case '"':
        return skip_string(at);
    case 't':
        return skip_word(at, "true");
    case 'f':
        return skip_word(at, "false");
    case 'n':
        return skip_word(at, "null");
    default:
        return skip_number(at);
    }
}

bool json_is_valid(const char *text) {
    return skip_value(&text) && strcmp(text, "\n") == 0;
}

const char *json_find(const char *text, const char *key) {
    char pattern[64];
    (void)snprintf(pattern, sizeof pattern, "\"%s\": ", key);
    const char *found = strstr(text, pattern);
    ck_assert_msg(found != NULL, "no \"%s\" in %s", key, text);
    return found + strlen(pattern);
}

double json_number(const char *text, const char *key) {
    const char *start = json_find(text, key);
    char *end = NULL;
    const double value = strtod(start, &end);
    ck_assert_msg(end != start, "\"%s\" is no number in %s", key, text);
    return value;
}

/* focl-conformance as its users meet it: what it refuses, what it writes, and that a run of one line holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_cli.h"

/* Runs and looks at the exit status and for a fragment on stderr. */
static void assert_refused(const char *arguments, int status, const char *fragment) {
    command_result result = command_run(arguments, NULL);
    ck_assert_msg(result.status == status, "%s: exit status %d: %s", arguments, result.status, result.err);
    ck_assert_msg(strstr(result.err, fragment) != NULL, "%s: \"%s\" lacks \"%s\"", arguments, result.err, fragment);
    ck_assert_uint_eq(scratch_count(), 0);
    command_free(&result);
}

START_TEST(wrong_usage) {
    static const struct {
        const char *arguments, *fragment;
    } wrong[] = {
        {"--quickly", "--quickly: is no option of focl-conformance"},
        {"--case", "--case: needs a value"},
        {"--case nothing-has-this-name", "nothing-has-this-name"},
        {"--seed 1.5", "--seed"},
        {"--seed -1", "--seed"},
        {"--all-devices --device cpu", "--all-devices"},
        {"--json @same --junit @same --case enet", "--junit"},
        {"enet", "one argument too many"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_refused(wrong[i].arguments, 2, wrong[i].fragment);
}
END_TEST

START_TEST(what_cannot_be) {
    assert_refused("--case enet --device nobody:gpu:nothing", 1, "nobody");
    assert_refused("--case enet --json @missing/report.json", 1, "--json");
    assert_refused("--case enet --junit @missing/report.xml", 1, "--junit");
    assert_refused("--case enet --json /dev/null", 1, "not a regular file");
}
END_TEST

static void assert_ends_with(const char *text, const char *end) {
    const size_t length = strlen(text);
    ck_assert_msg(length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0, "\"%s\"", text);
}

static char *read_scratch(const char *name) {
    size_t bytes = 0;
    return read_file(scratch_file(name).text, &bytes);
}

START_TEST(writes_reports) {
    command_result result = assert_works("--quick --case enet --seed 5 --json @report.json --junit @report.xml");
    char *json = read_scratch("report.json");
    char *xml = read_scratch("report.xml");
    ck_assert_ptr_nonnull(strstr(result.out, "bit-exact"));
    ck_assert_ptr_nonnull(strstr(result.out, "1 of 1 lines hold"));
    ck_assert(json_is_valid(json));
    ck_assert_double_eq(json_number(json, "seed"), 5);
    ck_assert_double_eq(json_number(json, "failed"), 0);
    ck_assert_ptr_nonnull(strstr(json_find(json, "lines"), "\"status\": \"held\""));
    ck_assert(json_number(json_find(json, "errors"), "worst_ulps") <= json_number(json, "bound_ulps"));
    ck_assert_ptr_nonnull(strstr(xml, "tests=\"1\" failures=\"0\""));
    assert_ends_with(xml, "</testsuites>\n");
    ck_assert_uint_eq(scratch_count(), 2);
    free(json);
    free(xml);
    command_free(&result);
}
END_TEST

/* The named cases are those that have lines of explanation below them; the manual has them all. */
START_TEST(lists_names) {
    command_result result = assert_works("--list");
    size_t bytes = 0;
    char *manual = read_file("docs/conformance.md", &bytes);
    const char *name = "";
    size_t named = 0;
    ck_assert_ptr_nonnull(strstr(result.out, "gamma < 1 at p = 1\n    elsewhere: kornia #918"));
    for (const char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n")) {
        named += strncmp(line, "    elsewhere", 13) == 0;
        if (strncmp(line, "    elsewhere", 13) == 0)
            ck_assert_msg(strstr(manual, name) != NULL, "docs/conformance.md lacks \"%s\"", name);
        name = line;
    }
    ck_assert_uint_gt(named, 20);
    free(manual);
    command_free(&result);
}
END_TEST

/* The same numbers for the same seed, others for another. */
START_TEST(seeds_decide) {
    static const char *const arguments[] = {"--quick --case log-sigmoid --seed 5 --json @0",
                                            "--quick --case log-sigmoid --seed 5 --json @1",
                                            "--quick --case log-sigmoid --seed 6 --json @2"};
    static const char *const names[] = {"0", "1", "2"};
    double means[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        command_result result = assert_works(arguments[i]);
        char *json = read_scratch(names[i]);
        means[i] = json_number(json, "mean_ulps");
        free(json);
        command_free(&result);
    }
    ck_assert_double_eq(means[0], means[1]);
    ck_assert_double_ne(means[0], means[2]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("conformance");
    TCase *tcase = add_case(suite, "conformance");
    tcase_add_test(tcase, wrong_usage);
    tcase_add_test(tcase, what_cannot_be);
    tcase_add_test(tcase, writes_reports);
    tcase_add_test(tcase, lists_names);
    tcase_add_test(tcase, seeds_decide);
    return command_test_main(suite);
}

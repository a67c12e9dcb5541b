/* What focl-bench asks a PyTorch script, and how it takes the answers: with a script that only answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_torch.h"
#include "support_command.h"

#ifdef FOCL_BENCH_HAS_JANSSON

enum { OUTER = 2, CLASSES = 3, INNER = 4, ELEMENTS = OUTER * CLASSES * INNER };

static focl_loss_description description;
static float values[ELEMENTS];
static uint8_t labels[OUTER * INNER];
static bench_torch_result results[2 * BENCH_TORCH_RESULTS_PER_CASE];
static size_t result_count;

static char *usual_folder; /* TMPDIR, under which the scratch folder is */

static void make_case(void) {
    const char *usual = getenv("TMPDIR");
    usual_folder = usual ? strdup(usual) : NULL;
    description = focl_loss_default(FOCL_SOFTMAX, FOCL_FOCAL, (focl_view){OUTER, CLASSES, INNER});
    description.targets_type = FOCL_U8;
    memset(results, 0, sizeof results);
    setenv("TMPDIR", scratch_folder(), 1);
    setenv("FOCL_BENCH_PYTHON", "/bin/sh", 1);
}

static void remove_case(void) {
    scratch_remove();
    if (usual_folder)
        setenv("TMPDIR", usual_folder, 1);
    else
        unsetenv("TMPDIR");
    free(usual_folder);
}

/* Runs two such cases with a script of these shell commands; nothing but what the script left may stay. */
static bool run(const char *commands, size_t left) {
    const bench_torch_case asked = {"rows", &description, values, labels, 0.25, values};
    const bench_torch_case cases[2] = {asked, asked};
    const scratch_path script = scratch_file("script.sh");
    scratch_write("script.sh", commands, strlen(commands));
    setenv("FOCL_BENCH_TORCH_SCRIPT", script.text, 1);
    const bool good = bench_torch_run(cases, 2, true, results, &result_count);
    ck_assert_uint_eq(scratch_count(), 1 + left);
    return good;
}

START_TEST(asks) {
    size_t bytes = 0;
    ck_assert(run("cp \"$1\" \"$TMPDIR\"\ncp \"${1%request.json}\"1_*.npy \"$TMPDIR\"\n", 4));
    ck_assert_uint_eq(result_count, 0);
    char *request = read_file(scratch_file("request.json").text, &bytes);
    ck_assert(json_is_valid(request));
    ck_assert(strstr(request, "\"quick\": true"));
    ck_assert(strstr(request, "\"logits\": \"1_logits.npy\", \"targets\": \"1_targets.npy\", "
                              "\"gradient\": \"1_gradient.npy\", \"group\": \"rows\", \"loss\": 0.25, "
                              "\"softmax\": true, \"dense\": false, \"target_only\": false, \"gamma\": 2, "
                              "\"alpha\": null, \"reduction\": \"mean\"}]"));
    free(request);
    static const struct {
        const char *name, *shape;
        size_t bytes;
    } arrays[] = {{"1_logits.npy", "(2, 3, 4)", sizeof values},
                  {"1_targets.npy", "(2, 4)", sizeof labels},
                  {"1_gradient.npy", "(2, 3, 4)", sizeof values}};
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        char *array = read_file(scratch_file(arrays[i].name).text, &bytes);
        ck_assert(strstr(array + 10, arrays[i].shape));
        ck_assert_uint_eq((bytes - arrays[i].bytes) % 64, 0);
        free(array);
    }
}
END_TEST

#define SECONDS "\"seconds\": {\"median\": 0.5, \"p10\": 0.25, \"p90\": 0.75}, "

START_TEST(takes_answers) {
    ck_assert(run("cat <<'END'\n"
                  "{\"case\": 0, \"name\": \"torch-eager\", " SECONDS
                  "\"loss_difference\": 1e-6, \"gradient_difference\": 2e-6}\n"
                  "{\"case\": 0, \"name\": \"torch-compile\", \"error\": \"no compiler\"}\n"
                  "{\"case\": 1, \"name\": \"torch-compile-cuda\", " SECONDS
                  "\"loss_difference\": 1e-6, \"gradient_difference\": 1e-3}\n"
                  "{\"case\": 1, \"name\": \"torch-eager\", " SECONDS
                  "\"loss_difference\": null, \"gradient_difference\": 0}\n"
                  "END\n",
                  0));
    ck_assert_uint_eq(result_count, 3);
    ck_assert_str_eq(results[0].group, "rows");
    ck_assert_str_eq(results[0].name, "torch-eager");
    ck_assert_double_eq(results[0].seconds.median, 0.5);
    ck_assert_double_eq(results[0].seconds.p10, 0.25);
    ck_assert_double_eq(results[0].seconds.p90, 0.75);
    ck_assert_double_eq(results[0].loss_difference, 1e-6);
    ck_assert_double_eq(results[0].gradient_difference, 2e-6);
    ck_assert(results[0].agrees);
    ck_assert_str_eq(results[1].name, "torch-compile-cuda");
    ck_assert(!results[1].agrees);
    ck_assert(!results[2].agrees);
}
END_TEST

static const char *const bad_scripts[] = {
    "exit 3\n",
    "kill -9 $$\n",
    "echo '{\"case\": 0, \"name\": \"torch-eager\"'\n",
    "echo '{\"case\": 0, \"name\": \"torch-eager\"}'\n",
    "echo '{\"case\": 2, \"name\": \"torch-eager\", \"error\": \"\"}'\n",
    "echo '{\"case\": -1, \"name\": \"torch-eager\", \"error\": \"\"}'\n",
    "echo '{\"case\": 0, \"name\": \"jax\", \"error\": \"\"}'\n",
    "echo Traceback\n",
    "for i in 1 2 3 4 5 6 7 8 9; do echo '{\"case\": 0, \"name\": \"torch-eager\", " SECONDS "\"x\": 0}'; done\n",
};

START_TEST(refuses_other_answers) {
    ck_assert_msg(!run(bad_scripts[_i], 0), "%s", bad_scripts[_i]);
}
END_TEST

START_TEST(needs_the_interpreter) {
    setenv("FOCL_BENCH_PYTHON", "/nowhere/python3", 1);
    ck_assert(!run("", 0));
}
END_TEST

START_TEST(knows_what_it_can_ask) {
    ck_assert(bench_torch_knows(&description));
    description.poly1 = 1.0;
    ck_assert(!bench_torch_knows(&description));
    ck_assert(!run("", 0));
    description = focl_loss_default(FOCL_SIGMOID, FOCL_FOCAL, (focl_view){OUTER, CLASSES, INNER});
    ck_assert(bench_torch_knows(&description));
    description.targets_type = FOCL_F16;
    ck_assert(!bench_torch_knows(&description));
    description.targets_type = FOCL_I32;
    description.has_background = true;
    description.background = CLASSES;
    ck_assert(bench_torch_knows(&description));
    description.background = -1;
    ck_assert(!bench_torch_knows(&description));
}
END_TEST

START_TEST(becomes_a_result) {
    bench_result others[] = {{.group = "other", .name = "copy", .kind = BENCH_KIND_YARDSTICK, .seconds.median = 7.0},
                             {.group = "rows", .name = "copy", .kind = BENCH_KIND_YARDSTICK, .seconds.median = 0.25},
                             {.group = "rows", .name = "peer", .kind = BENCH_KIND_PEER, .seconds.median = 2.0},
                             {.group = "rows",
                              .name = "focl",
                              .kind = BENCH_KIND_FOCL,
                              .elements = 24,
                              .bytes = 96,
                              .seconds.median = 1,
                              .share = 0.25}};
    bench_findings findings = {.results = others, .count = COUNT_OF(others)};
    const bench_torch_result measured = {
        .group = "rows", .name = "torch-eager", .what = "PyTorch, eager", .seconds = {0.5, 0.25, 1.0}};
    bench_result result = bench_torch_as_result(&measured, &findings);
    ck_assert_int_eq(result.kind, BENCH_KIND_PEER);
    ck_assert_double_eq(result.elements, 24.0);
    ck_assert_double_eq(result.bytes, 96.0);
    ck_assert_double_eq(result.share, 0.5);
    ck_assert_double_eq(result.to_yardstick.median, 2.0);
    ck_assert_double_eq(result.to_yardstick.p90, 4.0);
    ck_assert_double_eq(result.to_peer.p10, 0.125);
    ck_assert(result.first_cold < 0.0 && result.worst_loss_ulp < 0.0 && result.device_seconds.median < 0.0);
    findings.count = 0;
    result = bench_torch_as_result(&measured, &findings);
    ck_assert(result.to_peer.median < 0.0 && result.to_yardstick.median < 0.0 && result.share < 0.0);
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("bench_torch");
    TCase *tests = tcase_create("bench_torch");
    suite_add_tcase(suite, tests);
#ifdef FOCL_BENCH_HAS_JANSSON
    tcase_add_checked_fixture(tests, make_case, remove_case);
    tcase_add_test(tests, asks);
    tcase_add_test(tests, takes_answers);
    tcase_add_loop_test(tests, refuses_other_answers, 0, COUNT_OF(bad_scripts));
    tcase_add_test(tests, needs_the_interpreter);
    tcase_add_test(tests, knows_what_it_can_ask);
    tcase_add_test(tests, becomes_a_result);
#else
    puts("SKIP: PyTorch: built without jansson");
#endif
    return test_main(suite);
}

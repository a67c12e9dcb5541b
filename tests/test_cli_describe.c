/* Manual pages and completions of a command that is made up, with texts that mean something to roff and to shells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

#include "describe.h"
#include "option_values.h"
#include "support_cli.h"

static const focl__option odd_options[] = {
    {"--odd", "F.npy", "in [0, 1]: it's a 'quote', a \\backslash and -1", NULL, 0},
    {"--kind", "KIND", ".first or second (second)", NULL, 0},
    {"--hidden", "X", NULL, NULL, 0},
};

static const focl__grammar odd = {
    .command = "odd-one",
    .is_program = true,
    .summary = "an \"odd\" one",
    .operands = "",
    .about = "'tis a line.\n.so is this\n  as it is\n\nthe end\n",
    .options = odd_options,
    .option_count = COUNT_OF(odd_options),
};

/* What is printed for --describe=FORM; to be freed. */
static char *described(const char *argument) {
    focl__complaint complaint = {0};
    const scratch_path path = scratch_file("described");
    const int usual = dup(STDOUT_FILENO);
    const int file = open(path.text, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(file, 0);
    (void)fflush(stdout);
    ck_assert_int_ge(dup2(file, STDOUT_FILENO), 0);
    const bool good = focl__describe_grammar(&odd, argument, &complaint);
    (void)fflush(stdout);
    ck_assert_int_ge(dup2(usual, STDOUT_FILENO), 0);
    (void)close(usual);
    (void)close(file);
    ck_assert_msg(good, "%s", complaint.text);
    return read_file(path.text, NULL);
}

static void assert_describes(const char *argument, const char *const *parts, size_t count) {
    char *text = described(argument);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(text, parts[i]) != NULL, "%s: no \"%s\" in\n%s", argument, parts[i], text);
    ck_assert_msg(!strstr(text, "hidden"), "%s tells of what is not for people:\n%s", argument, text);
    free(text);
}

/* A line that starts with a full stop or an apostrophe is a request to roff, and a backslash starts an escape. */
START_TEST(manual_page) {
    static const char *const parts[] = {
        ".TH \"ODD-ONE\" 1 ",
        "\nodd\\-one \\- an \\(dqodd\\(dq one\n",
        "\n\\(aqtis a line.\n\\&.so is this\n.nf\n  as it is\n.fi\n.PP\nthe end\n",
        "\n\\fB\\-\\-odd\\fR \\fIF.npy\\fR\nin [0, 1]: it\\(aqs a \\(aqquote\\(aq, a \\ebackslash and \\-1\n",
        "\n\\&.first or second",
        "\n\\fB\\-\\-version\\fR\n"};
    assert_describes("--describe=man", parts, COUNT_OF(parts));
}
END_TEST

START_TEST(completions) {
    static const char *const bash[] = {"_odd_one() {", "options=' --odd --kind --help --version'",
                                       "--odd) options='' value=file", "complete -F _odd_one odd-one\n"};
    static const char *const zsh[] = {
        "#compdef odd-one\n",
        "'--odd=[in \\[0, 1\\]\\: it'\\''s a '\\''quote'\\'', a \\\\backslash and -1]:F.npy:_files'"};
    static const char *const fish[] = {
        "complete -c odd-one -l odd -r -F -d 'in [0, 1]: it\\'s a \\'quote\\', a \\\\backslash and -1'\n",
        "complete -c odd-one -f\n"};
    assert_describes("--describe=bash", bash, COUNT_OF(bash));
    assert_describes("--describe=zsh", zsh, COUNT_OF(zsh));
    assert_describes("--describe=fish", fish, COUNT_OF(fish));
}
END_TEST

START_TEST(forms) {
    focl__complaint complaint = {0};
    ck_assert(focl__asks_for_description("--describe=man"));
    ck_assert(!focl__asks_for_description("--describe"));
    ck_assert(!focl__describe_grammar(&odd, "--describe=csh", &complaint));
    ck_assert_int_eq(complaint.exit_status, FOCL__EXIT_USAGE);
    ck_assert_str_eq(complaint.text, "--describe: \"csh\" is not man, bash, zsh or fish");
    assert_fails("--describe=csh", NULL, 2, "--describe: \"csh\"");
    assert_fails("loss --describe=csh", NULL, 2, "--describe: \"csh\"");
}
END_TEST

START_TEST(values) {
    static const struct {
        focl__option option;
        focl__value_kind kind;
        const char *words;
    } cases[] = {
        {{"--a", NULL, "one or two", NULL, 0}, FOCL__VALUE_ABSENT, ""},
        {{"--a", "FILE", "one or two", NULL, 0}, FOCL__VALUE_FILE, ""},
        {{"--a", "F.npy", "", NULL, 0}, FOCL__VALUE_FILE, ""},
        {{"--a", "NAME[,...]", "", NULL, 0}, FOCL__VALUE_ANY, ""},
        {{"--a", "zero|nan", "the loss (zero)", NULL, 0}, FOCL__VALUE_WORDS, "zero nan"},
        {{"--a", "SELECTOR", "gpu or another", NULL, 0}, FOCL__VALUE_WORDS, "gpu igpu accelerator cpu"},
        {{"--a", "K", "one, two-fold or f3", NULL, 0}, FOCL__VALUE_WORDS, "one two-fold f3"},
        {{"--a", "K", "of it: one or two, and no more", NULL, 0}, FOCL__VALUE_WORDS, "one two"},
        {{"--a", "K", "one value, or two", NULL, 0}, FOCL__VALUE_ANY, ""},
        {{"--a", "K", "one, two, three", NULL, 0}, FOCL__VALUE_ANY, ""},
        {{"--a", "K", "one or TWO", NULL, 0}, FOCL__VALUE_ANY, ""},
        {{"--a", "K", "one", NULL, 0}, FOCL__VALUE_ANY, ""},
        {{"--a", "K", "", NULL, 0}, FOCL__VALUE_ANY, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const focl__value value = focl__value_of(&cases[i].option);
        ck_assert_msg(value.kind == cases[i].kind, "%s, \"%s\": kind %d", cases[i].option.argument,
                      cases[i].option.help, (int)value.kind);
        if (value.kind == FOCL__VALUE_WORDS)
            ck_assert_str_eq(value.words, cases[i].words);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cli_describe");
    TCase *texts = add_case(suite, "texts");
    tcase_add_test(texts, manual_page);
    tcase_add_test(texts, completions);
    tcase_add_test(texts, forms);
    tcase_add_test(texts, values);
    return command_test_main(suite);
}

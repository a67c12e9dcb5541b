/* The documented table of bounds and greatest errors: writing it, reading it, and holding it to the truth. */
#include "math_survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 512, CELLS = 5 };

/* Half of the last digit that is written, and a little. */
static const double written_to = 0.0006;

void survey_name(const survey_subject *subject, size_t output, char name[SURVEY_NAME]) {
    snprintf(name, SURVEY_NAME, "%s%s", subject->name, subject->outputs[output].name);
}

/* ---- Writing ---- */

void survey_write_heading(FILE *file) {
    fprintf(file, "\n| function | arguments | bound, ulp | worst seen, ulp | at |\n|---|---|---|---|---|\n");
}

void survey_write_record(FILE *file, const survey_subject *subject, size_t output, const survey_finding *finding) {
    char name[SURVEY_NAME];
    survey_name(subject, output, name);
    fprintf(file, "| %s | %s | %.9g | %.3f | `%a", name, subject->domain->words, subject->outputs[output].bound,
            finding->worst, (double)finding->at.x);
    if (subject->domain->generate)
        fprintf(file, ", %a", (double)finding->at.y);
    fprintf(file, "` |\n");
}

/* ---- Reading ---- */

/* Splits "| a | b |" in place; false if there are not so many cells. */
static bool split(char *line, char *cells[CELLS]) {
    char *place = line;
    if (*place++ != '|')
        return false;
    for (size_t i = 0; i < CELLS; i++) {
        char *end = strchr(place, '|');
        if (!end)
            return false;
        place += strspn(place, " `");
        cells[i] = place;
        char *last = end;
        while (last > place && strchr(" `", last[-1]))
            last--;
        *last = '\0';
        place = end + 1;
    }
    return true;
}

static bool read_record(char *line, survey_record *record) {
    char *cells[CELLS];
    char *end = NULL;
    if (!split(line, cells) || strlen(cells[0]) >= SURVEY_NAME)
        return false;
    memcpy(record->name, cells[0], strlen(cells[0]) + 1);
    record->bound = strtod(cells[2], &end);
    if (end == cells[2])
        return false;
    record->worst = strtod(cells[3], &end);
    record->at.x = strtof(cells[4], &end);
    record->at.y = *end == ',' ? strtof(end + 1, NULL) : 0;
    return true;
}

static bool add_record(survey_records *records, const survey_record *record) {
    survey_record *grown = realloc(records->records, (records->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    records->records = grown;
    grown[records->count++] = *record;
    return true;
}

bool survey_read_records(const char *path, survey_records *records) {
    char line[LINE];
    survey_record record;
    FILE *file = fopen(path, "r");
    bool is_good = file != NULL;
    *records = (survey_records){.count = 0};
    while (is_good && fgets(line, sizeof line, file))
        is_good = !read_record(line, &record) || add_record(records, &record);
    is_good = is_good && !ferror(file);
    if (file)
        fclose(file);
    if (!is_good)
        fprintf(stderr, "math_survey: cannot read %s\n", path);
    return is_good;
}

const survey_record *survey_find_record(const survey_records *records, const char *name) {
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->records[i].name, name) == 0)
            return &records->records[i];
    return NULL;
}

/* ---- Holding it to the truth ---- */

static bool complain(const char *name, const char *what, double recorded, double found) {
    printf("  %s: %s %g on record, %g found\n", name, what, recorded, found);
    return false;
}

bool survey_record_holds(const survey_subject *subject, size_t output, const survey_records *records,
                         const survey_finding *finding) {
    char name[SURVEY_NAME];
    survey_name(subject, output, name);
    const survey_record *record = survey_find_record(records, name);
    if (!record)
        return complain(name, "bound", NAN, subject->outputs[output].bound);
    if (record->bound != subject->outputs[output].bound)
        return complain(name, "bound", record->bound, subject->outputs[output].bound);
    survey_point at = record->at;
    if (!subject->domain->generate)
        at.y = subject->y;
    survey_truth truth;
    survey_truth_init(&truth);
    const double error = survey_exact_error(subject, output, at, &truth);
    survey_truth_clear(&truth);
    if (fabs(error - record->worst) > written_to)
        return complain(name, "error there", record->worst, error);
    return finding->worst <= record->worst + written_to || complain(name, "worst", record->worst, finding->worst);
}

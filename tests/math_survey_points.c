/* Which points of a subject are gone through. */
#include "math_survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 18, QUICK_CHUNK = 1 << 12, NEIGHBOURS = 128, RECORD_NEIGHBOURS = 2048 };

/* Prime, so that no pattern of bits is favoured. */
static const uint64_t quick_stride = 1021;

uint64_t survey_scramble(uint64_t number) {
    number += 0x9e3779b97f4a7c15U;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9U;
    number = (number ^ number >> 27) * 0x94d049bb133111ebU;
    return number ^ number >> 31;
}

uint64_t survey_count(const survey_subject *subject) {
    return subject->domain->positive + subject->domain->negative;
}

survey_point survey_point_at(const survey_subject *subject, uint64_t index) {
    const survey_domain *domain = subject->domain;
    if (domain->generate)
        return domain->generate(index);
    const bool is_negative = index >= domain->positive;
    const uint32_t bits = (uint32_t)(is_negative ? index - domain->positive + 0x80000000U : index);
    survey_point point = {.y = subject->y};
    memcpy(&point.x, &bits, sizeof bits);
    return point;
}

static bool add_span(survey_spans *spans, survey_span span) {
    if (spans->count == spans->room) {
        const size_t room = spans->room ? 2 * spans->room : 256;
        survey_span *grown = realloc(spans->spans, room * sizeof *grown);
        if (!grown)
            return false;
        spans->spans = grown;
        spans->room = room;
    }
    spans->spans[spans->count++] = span;
    return true;
}

/* Everything, or every stride-th of it, in pieces for threads to share. */
static bool add_all(survey_spans *spans, uint64_t total, uint64_t stride, uint64_t piece) {
    const uint64_t chosen = (total + stride - 1) / stride;
    for (uint64_t done = 0; done < chosen; done += piece) {
        const uint64_t count = chosen - done < piece ? chosen - done : piece;
        if (!add_span(spans, (survey_span){done * stride, count, stride}))
            return false;
    }
    return true;
}

/* The floats about x of one sign, as far as they are in the domain. */
static bool add_neighbours(const survey_subject *subject, float x, uint64_t reach, survey_spans *spans) {
    const survey_domain *domain = subject->domain;
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t magnitude = bits & 0x7fffffff;
    const uint64_t count = bits >> 31 ? domain->negative : domain->positive;
    const uint64_t base = bits >> 31 ? domain->positive : 0;
    const uint64_t first = magnitude > reach ? magnitude - reach : 0;
    const uint64_t end = magnitude + reach + 1 < count ? magnitude + reach + 1 : count;
    return first >= end || add_span(spans, (survey_span){base + first, end - first, 1});
}

static bool add_both_neighbours(const survey_subject *subject, double x, survey_spans *spans) {
    return add_neighbours(subject, (float)x, NEIGHBOURS, spans) &&
           add_neighbours(subject, (float)-x, NEIGHBOURS, spans);
}

/*
 * Powers of 2 and 1/sqrt 2 times them, where formats and logarithms change; odd multiples of ln 2 / 2, where the
 * remainder of an exponential jumps; and where a series, a scale or 0 takes over.
 */
static bool add_special(const survey_subject *subject, survey_spans *spans) {
    static const double others[] = {87.3365, 44.3614196, 174.673, 69.3147, 8.31776617, 0.881373587, 0x1p-12, 0.0295};
    const double half_ln2 = 0.34657359027997264;
    const double root_half = 0.70710678118654752;
    for (int k = -149; k <= 127; k++)
        if (!add_both_neighbours(subject, ldexp(1, k), spans) ||
            !add_both_neighbours(subject, ldexp(root_half, k), spans))
            return false;
    for (int k = 1; k <= 510; k++)
        if (!add_both_neighbours(subject, k * half_ln2, spans))
            return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!add_both_neighbours(subject, others[i], spans) || !add_both_neighbours(subject, 1 - others[i], spans))
            return false;
    return true;
}

static bool add_recorded(const survey_subject *subject, const survey_records *records, survey_spans *spans) {
    for (size_t i = 0; i < subject->output_count; i++) {
        char name[SURVEY_NAME];
        survey_name(subject, i, name);
        const survey_record *record = survey_find_record(records, name);
        if (record && !add_neighbours(subject, record->at.x, RECORD_NEIGHBOURS, spans))
            return false;
    }
    return true;
}

bool survey_plan_spans(const survey_subject *subject, bool is_quick, const survey_records *records,
                       survey_spans *spans) {
    *spans = (survey_spans){.count = 0};
    if (!is_quick)
        return add_all(spans, survey_count(subject), 1, CHUNK);
    if (!add_all(spans, survey_count(subject), quick_stride, QUICK_CHUNK))
        return false;
    return subject->domain->generate != NULL || (add_special(subject, spans) && add_recorded(subject, records, spans));
}

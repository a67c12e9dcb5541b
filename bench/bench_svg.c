/* What a run found as one picture. */
#include "bench_svg.h"

#include <math.h>
#include <string.h>

/* ---- Layout, in pixels ---- */

enum {
    WIDTH = 800,
    MARGIN = 24,
    PLOT_LEFT = 210,
    PLOT_RIGHT = 725,
    HEADER = 102,    /* above the first panel */
    PANEL_HEAD = 52, /* a panel's title and the numbers of its axis */
    PANEL_FOOT = 24,
    FOCL_BAR = 15,
    PEER_BAR = 5,
    PEER_STEP = 6,
    ROW_GAP = 12,
    ROW_LEAST = 28, /* two lines of text */
    LEGEND_SWATCH = 11,
    VALUE_WIDTH = 55,
    NAME_MAX_LENGTH = 96
};

static const char style[] = "<style>\n"
                            "text { font-family: -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, "
                            "Arial, sans-serif; font-size: 12px; fill: #1f2328 }\n"
                            ".title { font-size: 19px; font-weight: 600 }\n"
                            ".panel { font-size: 14px; font-weight: 600 }\n"
                            ".group { font-size: 13px; text-anchor: end }\n"
                            ".faint { fill: #59636e }\n"
                            ".small { font-size: 11px; fill: #59636e; text-anchor: end }\n"
                            ".axis { font-size: 11px; fill: #59636e; text-anchor: middle }\n"
                            ".value { font-size: 12px; font-weight: 600 }\n"
                            ".inside { fill: #ffffff; text-anchor: end }\n"
                            "</style>\n";

/* ---- What is drawn: focl, then the peers that these words in a result's name make ---- */

/* Those that do the same work: a sum of CLBlast's is no loss. */

typedef struct series {
    const char *word;
    const char *label;
    const char *colour;
} series;

static const series focl_series = {"focl", "focl", "#0969da"};

static const series peers[] = {
    {"openmp", "C, OpenMP", "#e0892b"},
    {"peer", "C, OpenMP", "#e0892b"},
    {"torch", "PyTorch, eager", "#ff8182"},
    {"naive", "naive OpenCL", "#8c959f"},
};

enum { PEERS = sizeof peers / sizeof *peers };

/* The first whose word is in the name; PEERS: none. */
static size_t series_of(const bench_result *result) {
    size_t found = 0;
    while (found < PEERS && !strstr(result->name, peers[found].word))
        found++;
    return found;
}

typedef struct panel {
    const char *title;
    bool latency; /* of the groups whose yardstick moves nothing; less is better */
    const char *value_format;
    const char *tick_format;
    double factor; /* from a result's value to what is printed */
    double goal;
    double tick;
    double least_end; /* of the axis, and what it grows to at most */
    double most_end;
} panel;

static const panel panels[] = {
    {"Bytes that must move by time, as a share of what only moving them reaches", false, "%.0f %%", "%.0f %%", 100.0,
     0.8, 0.2, 1.1, 1.6},
    {"Small problems: multiples of an empty kernel's time (shorter is better)", true, "%.2f", "%.1f", 1.0, 1.3, 0.5,
     2.0, 5.0},
};

typedef struct canvas {
    FILE *stream;
    const bench_findings *findings;
    double y;   /* where the next thing goes */
    double end; /* of the axis */
} canvas;

/* ---- What there is to draw ---- */

static bool same_group(const bench_result *left, const bench_result *right) {
    return strcmp(left->group, right->group) == 0;
}

/* The first of a kind in the group of results[start]; NULL if there is none. */
static const bench_result *first_of(const bench_findings *findings, size_t start, bench_kind kind) {
    for (size_t i = 0; i < findings->count; i++)
        if (findings->results[i].kind == kind && same_group(&findings->results[i], &findings->results[start]))
            return &findings->results[i];
    return NULL;
}

static bool is_latency(const bench_findings *findings, size_t start) {
    const bench_result *yardstick = first_of(findings, start, BENCH_KIND_YARDSTICK);
    return yardstick && !(yardstick->bytes > 0.0);
}

/* What the panel shows of a result; negative: nothing. */
static double value_of(const panel *shown, const bench_result *result) {
    return shown->latency ? result->to_yardstick.median : result->share;
}

/* Whether results[start] is the first of a group that the panel shows. */
static bool is_row(const panel *shown, const bench_findings *findings, size_t start) {
    for (size_t i = 0; i < start; i++)
        if (same_group(&findings->results[i], &findings->results[start]))
            return false;
    const bench_result *focl = first_of(findings, start, BENCH_KIND_FOCL);
    return focl && is_latency(findings, start) == shown->latency && value_of(shown, focl) > 0.0;
}

/* The best of each series of peers in a group, negative where there is none. */
static void best_peers(const panel *shown, const bench_findings *findings, size_t start, double best[PEERS]) {
    for (size_t s = 0; s < PEERS; s++)
        best[s] = -1.0;
    for (size_t i = 0; i < findings->count; i++) {
        const bench_result *result = &findings->results[i];
        const double value = value_of(shown, result);
        const size_t s = series_of(result);
        if (result->kind != BENCH_KIND_PEER || s == PEERS || !same_group(result, &findings->results[start]) ||
            !(value > 0.0))
            continue;
        if (best[s] < 0.0 || (shown->latency ? value < best[s] : value > best[s]))
            best[s] = value;
    }
}

static size_t count_peers(const double best[PEERS]) {
    size_t count = 0;
    for (size_t s = 0; s < PEERS; s++)
        count += best[s] > 0.0;
    return count;
}

static double row_height(size_t peer_count) {
    return fmax(FOCL_BAR + 1 + (double)peer_count * PEER_STEP, peer_count ? ROW_LEAST : FOCL_BAR) + ROW_GAP;
}

/* 0: the panel has nothing to show. */
static double panel_height(const panel *shown, const bench_findings *findings) {
    double height = 0.0, best[PEERS];
    for (size_t i = 0; i < findings->count; i++) {
        if (!is_row(shown, findings, i))
            continue;
        best_peers(shown, findings, i, best);
        height += row_height(count_peers(best));
    }
    return height > 0.0 ? height + PANEL_HEAD + PANEL_FOOT : 0.0;
}

/* A multiple of half a tick that holds focl's bars. */
static double axis_end(const panel *shown, const bench_findings *findings) {
    double end = shown->least_end;
    for (size_t i = 0; i < findings->count; i++)
        if (is_row(shown, findings, i)) {
            const double value = value_of(shown, first_of(findings, i, BENCH_KIND_FOCL));
            const double step = shown->tick / 2;
            end = fmax(end, ceil(value / step) * step);
        }
    return fmin(end, shown->most_end);
}

/* ---- Elements ---- */

/* A device's name may hold anything. */
static void write_text(FILE *stream, const char *text) {
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    for (size_t length = 0; *text && length < NAME_MAX_LENGTH; text++, length++) {
        size_t e = 0;
        while (e < sizeof entities / sizeof *entities && entities[e].character != *text)
            e++;
        if (e < sizeof entities / sizeof *entities)
            fputs(entities[e].entity, stream);
        else
            fputc(*text < 0x20 || *text > 0x7e ? '?' : *text, stream);
    }
}

static void label(FILE *stream, const char *class_name, double x, double y, const char *text) {
    fprintf(stream, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class_name, x, y);
    write_text(stream, text);
    fputs("</text>\n", stream);
}

static void vertical(FILE *stream, double x, double top, double bottom, const char *attributes) {
    fprintf(stream, "<path d=\"M%.1f %.1fV%.1f\" fill=\"none\" %s/>\n", x, top, bottom, attributes);
}

static double place(const canvas *drawing, double value) {
    return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * fmin(value / drawing->end, 1.0);
}

/* A bar that goes on beyond the plot's edge ends in a point. */
static void bar(const canvas *drawing, double value, double y, double height, const char *colour) {
    const double right = fmax(place(drawing, value), PLOT_LEFT + 1.0);
    const double point = value > drawing->end ? height / 2 + 2 : 0.0;
    fprintf(drawing->stream, "<path fill=\"%s\" d=\"M%d %.1fH%.1fL%.1f %.1fL%.1f %.1fH%dZ\"/>\n", colour, PLOT_LEFT, y,
            right, right + point, y + height / 2, right, y + height, PLOT_LEFT);
}

/* ---- Parts of the picture ---- */

static void swatch(FILE *stream, double *x, double y, const series *shown) {
    fprintf(stream, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"/>\n", *x,
            y - LEGEND_SWATCH + 1, LEGEND_SWATCH, LEGEND_SWATCH, shown->colour);
    label(stream, "faint", *x + LEGEND_SWATCH + 6, y, shown->label);
    *x += LEGEND_SWATCH + 26 + 6.6 * (double)strlen(shown->label);
}

static bool is_drawn(const bench_findings *findings, size_t s) {
    double best[PEERS];
    for (size_t p = 0; p < sizeof panels / sizeof *panels; p++)
        for (size_t i = 0; i < findings->count; i++) {
            if (!is_row(&panels[p], findings, i))
                continue;
            best_peers(&panels[p], findings, i, best);
            if (best[s] > 0.0)
                return true;
        }
    return false;
}

static void draw_legend(FILE *stream, const bench_findings *findings, double y) {
    double x = MARGIN;
    const char *previous = "";
    swatch(stream, &x, y, &focl_series);
    for (size_t s = 0; s < PEERS; s++) {
        if (!is_drawn(findings, s) || strcmp(previous, peers[s].label) == 0)
            continue;
        swatch(stream, &x, y, &peers[s]);
        previous = peers[s].label;
    }
}

static void draw_header(FILE *stream, const bench_findings *findings, const char *date) {
    char line[512];
    label(stream, "title", MARGIN, 36, "focl: loss and gradient beside the memory's speed");
    snprintf(line, sizeof line, "%.92s", findings->device->name);
    label(stream, "faint", MARGIN, 57, line);
    if (date) {
        snprintf(line, sizeof line, "%.40s", date);
        fprintf(stream, "<text class=\"small\" x=\"%d\" y=\"36\">", WIDTH - MARGIN);
        write_text(stream, line);
        fputs("</text>\n", stream);
    }
    draw_legend(stream, findings, 84);
}

static void draw_axis(const canvas *drawing, const panel *shown, double top, double bottom) {
    char text[32];
    const int ticks = (int)floor(drawing->end / shown->tick + 1e-9);
    for (int t = 0; t <= ticks; t++) {
        const double x = place(drawing, t * shown->tick);
        vertical(drawing->stream, x, top, bottom, "stroke=\"#eaeef2\"");
        snprintf(text, sizeof text, shown->tick_format, t * shown->tick * shown->factor);
        label(drawing->stream, "axis", x, bottom + 15, text);
    }
}

static void draw_limits(const canvas *drawing, const panel *shown, double top, double bottom) {
    char text[32];
    const double x = place(drawing, shown->goal);
    vertical(drawing->stream, x, top, bottom, "stroke=\"#1a7f37\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"");
    vertical(drawing->stream, place(drawing, 1.0), top, bottom, "stroke=\"#1f2328\" stroke-width=\"1.5\"");
    snprintf(text, sizeof text, shown->value_format, shown->goal * shown->factor);
    label(drawing->stream, "axis", x, top - 5, text);
    snprintf(text, sizeof text, shown->value_format, shown->factor);
    label(drawing->stream, "axis", place(drawing, 1.0), top - 5, text);
}

static void describe_size(const bench_result *result, char *text, size_t bytes) {
    if (result->elements < 1e6)
        snprintf(text, bytes, "%.0f elements", fmax(result->elements, 0.0));
    else
        snprintf(text, bytes, "%.3g million elements", result->elements * 1e-6);
}

/* In the bar, where no line crosses it; behind one that is too short. */
static void draw_value(const canvas *drawing, const panel *shown, double value) {
    const double right = place(drawing, value), y = drawing->y + 12.0;
    char text[32];
    snprintf(text, sizeof text, shown->value_format, value * shown->factor);
    if (right - PLOT_LEFT > VALUE_WIDTH)
        label(drawing->stream, "value inside", right - 6, y, text);
    else
        label(drawing->stream, "value", right + 6, y, text);
}

static void draw_row(canvas *drawing, const panel *shown, size_t start) {
    const bench_result *focl = first_of(drawing->findings, start, BENCH_KIND_FOCL);
    const double value = value_of(shown, focl);
    const double below = drawing->y + FOCL_BAR + 1;
    double best[PEERS];
    size_t drawn = 0;
    char text[64];
    label(drawing->stream, "group", PLOT_LEFT - 10, drawing->y + 12.0, focl->group);
    best_peers(shown, drawing->findings, start, best);
    if (count_peers(best) > 0) {
        describe_size(focl, text, sizeof text);
        label(drawing->stream, "small", PLOT_LEFT - 10, drawing->y + 26, text);
    }
    bar(drawing, value, drawing->y, FOCL_BAR, focl_series.colour);
    for (size_t s = 0; s < PEERS; s++)
        if (best[s] > 0.0)
            bar(drawing, best[s], below + PEER_STEP * (double)drawn++, PEER_BAR, peers[s].colour);
    draw_value(drawing, shown, value);
    drawing->y += row_height(drawn);
}

static void draw_panel(canvas *drawing, const panel *shown) {
    const double height = panel_height(shown, drawing->findings);
    const double top = drawing->y + PANEL_HEAD - ROW_GAP / 2.0;
    const double bottom = drawing->y + height - PANEL_FOOT;
    if (height <= 0.0)
        return;
    drawing->end = axis_end(shown, drawing->findings);
    label(drawing->stream, "panel", MARGIN, drawing->y + 18, shown->title);
    draw_axis(drawing, shown, top, bottom);
    draw_limits(drawing, shown, top, bottom);
    drawing->y += PANEL_HEAD;
    for (size_t i = 0; i < drawing->findings->count; i++)
        if (is_row(shown, drawing->findings, i))
            draw_row(drawing, shown, i);
    drawing->y = bottom + PANEL_FOOT;
}

bool bench_svg_write_dated(FILE *stream, const bench_findings *findings, const char *date) {
    canvas drawing = {stream, findings, HEADER, 1.0};
    double height = HEADER + MARGIN / 2.0;
    for (size_t p = 0; p < sizeof panels / sizeof *panels; p++)
        height += panel_height(&panels[p], findings);
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" "
            "role=\"img\">\n<title>focl: loss and gradient beside the memory's speed</title>\n%s",
            WIDTH, height, WIDTH, height, style);
    fprintf(stream,
            "<rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%.0f\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d1d9e0\"/>\n",
            WIDTH - 1, height - 1);
    draw_header(stream, findings, date);
    for (size_t p = 0; p < sizeof panels / sizeof *panels; p++)
        draw_panel(&drawing, &panels[p]);
    fputs("</svg>\n", stream);
    return fflush(stream) == 0 && !ferror(stream);
}

bool bench_svg_write(FILE *stream, const bench_findings *findings) {
    return bench_svg_write_dated(stream, findings, NULL);
}

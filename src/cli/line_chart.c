#include "line_chart.h"

#include <math.h>
#include <stdbool.h>

enum { WIDTH = 720, HEIGHT = 420, LEFT = 72, RIGHT = 696, TOP = 84, BOTTOM = 360, TICKS = 5 };

static const char style[] = "<style>\n"
                            "text { font-family: -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, "
                            "Arial, sans-serif; font-size: 12px; fill: #1f2328 }\n"
                            ".title { font-size: 17px; font-weight: 600 }\n"
                            ".tick { font-size: 11px; fill: #59636e }\n"
                            ".middle { text-anchor: middle }\n"
                            ".end { text-anchor: end }\n"
                            ".grid { stroke: #d1d9e0; stroke-width: 1 }\n"
                            ".line { fill: none; stroke-width: 2; stroke-linejoin: round }\n"
                            "</style>\n";

/* The numbers at the ends of the vertical axis, and between its ticks. */
typedef struct axis {
    double low, high, step;
} axis;

static void write_text(FILE *stream, const char *text) {
    for (const char *at = text; *at; at++) {
        const char *safe = *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : *at == '&' ? "&amp;" : NULL;
        if (safe)
            fputs(safe, stream);
        else
            fputc((unsigned char)*at < 0x20 ? ' ' : *at, stream);
    }
}

static double value_at(const focl__chart_line *line, size_t point) {
    return line->values[point * line->stride];
}

/* 1, 2 or 5 times a power of ten, at least as large. */
static double round_step(double least) {
    static const double steps[] = {1, 2, 5, 10};
    const double power = pow(10, floor(log10(least)));
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && steps[i] * power < least * (1 - 1e-9))
        i++;
    return steps[i] * power;
}

static axis fit_axis(const focl__line_chart *chart) {
    double low = 0;
    double high = 0;
    for (size_t line = 0; line < chart->line_count; line++)
        for (size_t point = 0; point < chart->points; point++) {
            const double value = value_at(&chart->lines[line], point);
            low = value < low ? value : low;
            high = isfinite(value) && value > high ? value : high;
        }
    axis result = {low, high, 1};
    result.step = round_step(high > low ? (high - low) / TICKS : 1);
    result.low = floor(low / result.step) * result.step;
    result.high = fmax(ceil(high / result.step), result.low / result.step + 1) * result.step;
    return result;
}

static double x_of(const focl__line_chart *chart, size_t number) {
    const double steps = chart->points > 1 ? (double)(chart->points - 1) : 1;
    return LEFT + (RIGHT - LEFT) * ((double)number - 1) / steps;
}

static double y_of(const axis *vertical, double value) {
    return BOTTOM - (BOTTOM - TOP) * (value - vertical->low) / (vertical->high - vertical->low);
}

static void write_vertical(const focl__line_chart *chart, const axis *vertical, FILE *stream) {
    const long ticks = lround((vertical->high - vertical->low) / vertical->step);
    for (long tick = 0; tick <= ticks; tick++) {
        const double value = vertical->low + (double)tick * vertical->step;
        const double y = y_of(vertical, value);
        fprintf(stream, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", LEFT, y, RIGHT, y);
        fprintf(stream, "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">%.4g</text>\n", LEFT - 8, y + 4, value);
    }
    fprintf(stream, "<text class=\"middle\" transform=\"translate(20 %d) rotate(-90)\">", (TOP + BOTTOM) / 2);
    write_text(stream, chart->y_label);
    fputs("</text>\n", stream);
}

static void write_horizontal(const focl__line_chart *chart, FILE *stream) {
    const double step = fmax(1, round_step((double)chart->points / (2 * TICKS)));
    for (size_t number = 1; number <= chart->points; number++)
        if (number == 1 || number % (size_t)step == 0)
            fprintf(stream, "<text class=\"tick middle\" x=\"%.1f\" y=\"%d\">%zu</text>\n", x_of(chart, number),
                    BOTTOM + 18, number);
    fprintf(stream, "<text class=\"middle\" x=\"%d\" y=\"%d\">", (LEFT + RIGHT) / 2, BOTTOM + 40);
    write_text(stream, chart->x_label);
    fputs("</text>\n", stream);
}

static void write_mark(const focl__line_chart *chart, FILE *stream) {
    if (chart->marked == 0)
        return;
    const double x = x_of(chart, chart->marked);
    fprintf(stream, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#59636e\" stroke-dasharray=\"4 3\"/>\n",
            x, TOP, x, BOTTOM);
    fprintf(stream, "<text class=\"tick%s\" x=\"%.1f\" y=\"%d\">", x > (LEFT + RIGHT) / 2.0 ? " end" : "",
            x > (LEFT + RIGHT) / 2.0 ? x - 5 : x + 5, TOP + 12);
    write_text(stream, chart->marked_label);
    fputs("</text>\n", stream);
}

/* A line goes on behind a gap; a single point is a dot. */
static void write_line(const focl__line_chart *chart, const axis *vertical, const focl__chart_line *line,
                       FILE *stream) {
    bool on_the_way = false;
    fprintf(stream, "<path class=\"line\" stroke=\"%s\" stroke-linecap=\"round\" d=\"", line->colour);
    for (size_t point = 0; point < chart->points; point++) {
        const double value = value_at(line, point);
        if (isfinite(value)) {
            const double x = x_of(chart, point + 1);
            const double y = y_of(vertical, value);
            if (on_the_way)
                fprintf(stream, "L%.1f %.1f", x, y);
            else
                fprintf(stream, "M%.1f %.1fh0", x, y);
        }
        on_the_way = isfinite(value);
    }
    fputs("\"/>\n", stream);
}

static void write_legend(const focl__line_chart *chart, FILE *stream) {
    int x = LEFT;
    for (size_t i = 0; i < chart->line_count; i++) {
        fprintf(stream, "<rect x=\"%d\" y=\"54\" width=\"14\" height=\"4\" fill=\"%s\"/>\n", x, chart->lines[i].colour);
        fprintf(stream, "<text x=\"%d\" y=\"60\">", x + 20);
        write_text(stream, chart->lines[i].label);
        fputs("</text>\n", stream);
        x += 160;
    }
}

void focl__line_chart_write(const focl__line_chart *chart, FILE *stream) {
    const axis vertical = fit_axis(chart);
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\">\n<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    write_text(stream, chart->title);
    fprintf(stream, "</title>\n%s<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", style, WIDTH, HEIGHT);
    fprintf(stream, "<text class=\"title\" x=\"%d\" y=\"34\">", LEFT);
    write_text(stream, chart->title);
    fputs("</text>\n", stream);
    write_legend(chart, stream);
    write_vertical(chart, &vertical, stream);
    write_horizontal(chart, stream);
    write_mark(chart, stream);
    for (size_t i = 0; i < chart->line_count; i++)
        write_line(chart, &vertical, &chart->lines[i], stream);
    fputs("</svg>\n", stream);
}
